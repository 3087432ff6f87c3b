"""The site: `sphinx-build -W -b html -c docs . build/site`. Its pages are the Markdown files of the repository, as they stand."""

import re
import shutil
import tomllib
from pathlib import Path

from docutils import nodes

ROOT = Path(__file__).parents[1]

project = "slantbank"
author = "The slantbank contributors"
copyright = author  # noqa: A001 - Sphinx's name for it
version = release = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

extensions = ["myst_parser"]
templates_path = ["."]
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
html_sidebars = {
    "**": [f"sidebar/{name}.html" for name in ("brand", "search", "scroll-start")]
    + ["sidebar.html"]
    + [f"sidebar/{name}.html" for name in ("navigation", "scroll-end")]
}
html_theme_options = {
    "light_css_variables": {"font-stack": "system-ui, sans-serif", "font-stack--monospace": "ui-monospace, monospace"},
}

CONTENTS = {
    "Start": [
        "Tutorial: from texts to a report <docs/tutorial>",
        "Recipes <docs/recipes>",
        "Import a corpus or a table <docs/importers>",
        "Exchange with other tools <docs/exchange>",
        "Let a model code <docs/coders>",
        "Large collections <docs/scale>",
    ],
    "The data": [
        "Findings <docs/findings>",
        "How the labels were made <docs/labels>",
        "Calibration <docs/calibration>",
        "Validity: beside people's labels <docs/validity>",
        "A kit for people <docs/people>",
        "The events from BASIL <docs/basil>",
        "The constructed controls <docs/controls>",
        "Data statement <docs/datasheet>",
        "Versions of the data <docs/versions>",
        "Changes of the data <data/CHANGELOG>",
    ],
    "Reference": [
        "Codebook <schema/codebook>",
        "Measures <docs/measures>",
        "Frames and columns <schema/columns>",
        "Rules of check <docs/rules>",
        "Commands <docs/cli>",
        "Python <docs/api>",
    ],
    "Project": [
        "Contributing <CONTRIBUTING>",
        "Security <SECURITY>",
        "Input: what was tried <docs/incoming>",
        "Speed <docs/speed>",
        "Releasing <RELEASING>",
        "Changes of the package <CHANGELOG>",
    ],
}

REPORTS = (
    '<p>Reports to read here: <a href="reports/free-iran-rally-2017.html">this one</a>, '
    '<a href="reports/kelvarn-dock-strike-2031.html">one on an invented event</a>, '
    '<a href="reports/index.html">all events</a>.</p>'
)
SHORT, NAME, LONG = 12, 32, 40
"""Characters: columns of cells up to SHORT, or of single words up to NAME, are not broken; those with many over LONG get room."""


def setup(app):
    app.connect("source-read", _add_contents)
    app.connect("doctree-read", _size_columns)
    app.connect("html-page-context", _keep_words_whole)
    app.connect("build-finished", _name_first_page)
    app.connect("build-finished", _add_reports)


def _add_contents(app, name: str, source: list[str]) -> None:
    """The way to the reports, and the list of pages, on the first page: on GitHub neither would help. Addresses become links."""
    source[0] = re.sub(r"(?m)^(- \*\*(?:Cite|Obtain)\*\* .*)(https://\S+)$", r"\1<\2>", source[0])
    if name == root_doc:
        source[0] = source[0].replace("</picture>", f"</picture>\n{REPORTS}", 1)
        for caption, pages in CONTENTS.items():
            source[0] += f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n" + "\n".join(pages) + "\n```\n"


def _size_columns(app, tree: nodes.document) -> None:
    """Cells get a class by the longest text of their column, by which site.css gives them room."""
    for body in tree.findall(nodes.tbody):
        for column in zip(*(row.children for row in body.children), strict=False):
            texts = [cell.astext() for cell in column]
            limit = SHORT if any(" " in text for text in texts) else NAME
            short = max(map(len, texts)) <= limit
            long = 4 * sum(len(text) > LONG for text in texts) > len(texts)
            for cell in column:
                cell["classes"] += ["short"] if short else ["long"] if long else []


def _keep_words_whole(app, name: str, template: str, context: dict, tree: nodes.document | None) -> None:
    """Commands break at spaces alone: a browser would also break `--into` at its hyphens."""
    if "body" in context:
        block = r'(?s)<div class="highlight-(?:sh|powershell|console).*?</pre>'
        tag_or_word = r"(<[^>]*>)|([^\s<>]*-[^\s<>]*)"

        def wrap(match: re.Match[str]) -> str:
            return match[1] or f'<span class="word">{match[2]}</span>'

        context["body"] = re.sub(block, lambda match: re.sub(tag_or_word, wrap, match[0]), context["body"])


def _name_first_page(app, exception: Exception | None) -> None:
    """The first page is the site's index, too."""
    if exception is None and app.builder.name == "html":
        shutil.copy(Path(app.outdir) / f"{root_doc}.html", Path(app.outdir) / "index.html")


def _add_reports(app, exception: Exception | None) -> None:
    """The reports on all events, with an index and a way back to the site, and the pictures that the first page shows as HTML."""
    if exception is None and app.builder.name == "html":
        from slantbank.cli import cli

        out = Path(app.outdir)
        cli(["report", "all", "--bank", str(ROOT / "data"), "-o", str(out / "reports")], standalone_mode=False)
        for page in (out / "reports").glob("*.html"):
            up = '<a href="../index.html">slantbank</a>' + (
                "" if page.stem == "index" else ' › <a href="index.html">All events</a>'
            )
            html = page.read_text(encoding="utf-8")
            html = re.sub("(<header.*?>)", rf'\1\n<p class="kicker">{up}</p>', html, count=1)
            page.write_text(html, encoding="utf-8", newline="\n")
        for picture in (ROOT / "docs").glob("report-*.webp"):
            shutil.copy(picture, out / "docs" / picture.name)
