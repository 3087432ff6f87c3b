"""The tutorial runs, and the site is built from the pages without warnings and broken links."""

import os
import re
import shlex
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from click.testing import CliRunner

from slantbank.cli import cli
from tests.browser import browser, console, requests, show
from tests.conftest import ROOT

TUTORIAL = ROOT / "docs" / "tutorial.md"
_BLOCK = re.compile(
    r"(?:<!-- (?P<kind>file|edit|replace): (?P<name>\S+) -->\n)?```(?P<language>\w+)\n(?P<text>.*?)```\n", re.DOTALL
)


def run(command: str) -> str:
    """Return the output of a command of the tutorial; commands of the system are run in the clone."""
    words = shlex.split(command)
    match words:
        case ["cat", name]:
            return Path(name).read_text(encoding="utf-8")
        case ["cp", "-r", old, new]:
            assert old.endswith("/.") == Path(new).is_dir(), "cp copies a folder into one that is there, but for folder/."
            shutil.copytree(old.replace("$SLANTBANK", str(ROOT)), new, dirs_exist_ok=True)
        case ["cd", folder]:
            os.chdir(folder)
        case ["slantbank", *rest]:
            result = CliRunner().invoke(cli, rest)
            assert result.exit_code in (0, 1), result.output
            assert result.exception is None or isinstance(result.exception, SystemExit)
            return result.output
        case _:
            raise AssertionError(command)
    return ""


def edit(path: Path, difference: str) -> None:
    """Apply a diff: replace lines with a minus by those with a plus; the lines around them give the place."""
    text = path.read_text(encoding="utf-8")
    for part in re.findall(r"(?:^ .*\n)*(?:^-.*\n)+(?:^\+.*\n)*", difference, re.MULTILINE):
        lines = part.splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if line[0] in " -")
        assert text.count(old) == 1, old
        text = text.replace(old, "".join(line[1:] for line in lines if line[0] in " +"))
    path.write_text(text, encoding="utf-8", newline="\n")


def test_the_commands_of_the_tutorial_print_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)

    def replay(match: re.Match[str]) -> str:
        text = match["text"]
        if match["kind"] == "file":
            Path(match["name"]).write_text(text, encoding="utf-8", newline="\n")
        elif match["kind"] == "edit":
            edit(Path(match["name"]), text)
        elif match["kind"] == "replace":
            old, new = text.strip().split(" → ")
            path = Path(match["name"])
            path.write_bytes(path.read_bytes().replace(old.encode(), new.encode()))
        elif match["language"] == "console":
            commands = re.findall(r"^\$ (.*)$", text, re.MULTILINE)
            shown = "".join(f"$ {command}\n{run(command)}" for command in commands)
            return match[0].replace(text, re.sub(r"[ \t]+$", "", shown, flags=re.MULTILINE))
        return match[0]

    page = TUTORIAL.read_text(encoding="utf-8")
    replayed = _BLOCK.sub(replay, page)
    if "UPDATE_GOLDEN" in os.environ:
        TUTORIAL.write_text(replayed, encoding="utf-8", newline="\n")
        return
    assert replayed == page


# The site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built with warnings as errors."""
    build = pytest.importorskip("sphinx.cmd.build", reason="the extra docs is not installed").build_main
    pytest.importorskip("furo")
    folder = tmp_path_factory.mktemp("site")
    arguments = ["-q", "-W", "--keep-going", "-d", str(folder / "trees"), "-c", str(ROOT / "docs"), str(ROOT), str(folder / "html")]
    assert build(arguments) == 0
    return folder / "html"


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    with browser() as running:
        yield running


class Page(HTMLParser):
    """The links of a page, its anchors, and the resources that it loads."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.ids: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value for name, value in attrs if value is not None}
        self.ids |= {values["id"]} if "id" in values else set()
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        elif tag in ("link", "script", "img", "iframe", "source"):
            self.loads += [values[name] for name in ("href", "src", "srcset") if name in values]


@pytest.mark.filterwarnings("ignore")
def test_every_link_of_the_site_leads_to_an_existing_page_and_anchor(site: Path) -> None:
    pages = {path: Page(path) for path in site.rglob("*.html")}
    assert {path.relative_to(site).as_posix() for path in pages} >= {
        *("index.html", "docs/tutorial.html", "docs/api.html"),
        *("reports/index.html", "reports/free-iran-rally-2017.html", "reports/kelvarn-dock-strike-2031.html"),
    }
    for path, page in pages.items():
        if path.parent.name == "reports":
            assert {"../index.html", "index.html"} - {path.name} <= set(page.links), path.name
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme in ("http", "https", "data"):
                continue
            assert not parts.scheme, (path.name, link)
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.is_file(), (path.name, link)
            if parts.fragment and target in pages:
                assert unquote(parts.fragment) in pages[target].ids, (path.name, link)


@pytest.mark.filterwarnings("ignore")
def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    loads = [load for path in site.rglob("*.html") for load in Page(path).loads]
    assert [load for load in loads if urlsplit(load).scheme not in ("", "data")] == []
    sheets = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.css"))
    assert re.findall(r"@import|url\([\"']?https?:", sheets) == []


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("width", "height", "dark"), [(1300, 900, False), (390, 844, True), (360, 780, False)])
@pytest.mark.parametrize(
    "name",
    [
        *("index", "docs/tutorial", "docs/api", "docs/cli", "docs/measures", "docs/rules", "docs/calibration", "docs/findings"),
        *("schema/codebook", "schema/columns", "SECURITY", "CONTRIBUTING"),
        *("reports/index", "reports/free-iran-rally-2017", "reports/kelvarn-dock-strike-2031"),
    ],
)
def test_pages_fit_their_window_and_log_nothing_to_the_console(
    driver: Any, site: Path, name: str, width: int, height: int, dark: bool
) -> None:
    page = site / f"{name}.html"
    show(driver, page, width, height, dark=dark)
    assert driver.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
    light = driver.execute_script("return getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g)[0] > 127")
    assert light != dark
    assert console(driver) == []
    assert [url for url in requests(driver, page) if not url.startswith("file:")] == []


@pytest.mark.filterwarnings("ignore")
def test_search_finds_a_page_without_a_server(driver: Any, site: Path) -> None:
    from selenium.webdriver.support.wait import WebDriverWait

    show(driver, site / "search.html")
    driver.get(f"{(site / 'search.html').as_uri()}?q=adjudicate")
    titles = "return [...document.querySelectorAll('#search-results li a')].map(one => one.textContent)"
    WebDriverWait(driver, 20).until(lambda running: len(running.execute_script(titles)) > 3)
    assert "Commands" in driver.execute_script(titles)
    assert console(driver) == []


def test_every_test_that_docs_incoming_names_exists() -> None:
    page = (ROOT / "docs" / "incoming.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page)
    assert len(named) > 40
    assert [name for name in named if f"def {name[1]}(" not in (ROOT / name[0]).read_text(encoding="utf-8")] == []
