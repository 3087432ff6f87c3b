"""The site: `sphinx-build -W -b html -c docs . build/site`. Its pages are the Markdown files of the repository, as they stand."""

import shutil
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]

project = "slantbank"
author = "The slantbank contributors"
copyright = author  # noqa: A001 - Sphinx's name for it
version = release = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

extensions = ["myst_parser"]
root_doc = "README"
include_patterns = ["*.md", "data/*.md", "docs/*.md", "schema/*.md"]
myst_heading_anchors = 4
smartquotes = False  # it would turn the hyphens of options into dashes
pygments_style = "default"
pygments_dark_style = "github-dark"

html_theme = "furo"
html_title = "slantbank"
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_search_summary = False  # it would fetch pages, which a browser refuses for files
html_permalinks_icon = "#"
html_theme_options = {
    "light_css_variables": {"font-stack": "system-ui, sans-serif", "font-stack--monospace": "ui-monospace, monospace"},
}

CONTENTS = {
    "Use": [
        "docs/tutorial",
        "docs/measures",
        "docs/recipes",
        "docs/importers",
        "docs/exchange",
        "docs/coders",
        "docs/scale",
        "docs/incoming",
        "docs/speed",
    ],
    "The data": [
        "docs/findings",
        "docs/validity",
        "docs/labels",
        "docs/calibration",
        "docs/basil",
        "docs/controls",
        "docs/people",
        "docs/datasheet",
    ],
    "Reference": ["schema/codebook", "schema/columns", "docs/rules", "docs/cli", "docs/api", "docs/versions"],
    "Project": ["CONTRIBUTING", "RELEASING", "SECURITY", "CHANGELOG", "data/CHANGELOG"],
}


REPORTS = '<p><a href="reports/index.html">The reports on all events of this bank</a></p>'


def setup(app):
    app.connect("source-read", _add_contents)
    app.connect("build-finished", _name_first_page)
    app.connect("build-finished", _add_reports)


def _add_contents(app, name: str, source: list[str]) -> None:
    """The way to the reports, and the list of pages, on the first page: on GitHub neither would help."""
    if name == root_doc:
        source[0] = source[0].replace("</picture>", f"</picture>\n{REPORTS}", 1)
        for caption, pages in CONTENTS.items():
            source[0] += f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n" + "\n".join(pages) + "\n```\n"


def _name_first_page(app, exception: Exception | None) -> None:
    """The first page is the site's index, too."""
    if exception is None and app.builder.name == "html":
        shutil.copy(Path(app.outdir) / f"{root_doc}.html", Path(app.outdir) / "index.html")


def _add_reports(app, exception: Exception | None) -> None:
    """The reports on the events of the bank, and an index of them; and the pictures of one, which the first page shows as HTML."""
    if exception is None and app.builder.name == "html":
        from slantbank.cli import cli

        out = Path(app.outdir)
        cli(["report", "all", "--bank", str(ROOT / "data"), "-o", str(out / "reports")], standalone_mode=False)
        for picture in (ROOT / "docs").glob("report-*.webp"):
            shutil.copy(picture, out / "docs" / picture.name)
