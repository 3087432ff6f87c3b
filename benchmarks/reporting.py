"""Benchmark of the report on a topic: making it, with reading its frames as peer, and opening it in a browser."""

import statistics
from html import escape
from pathlib import Path

from benchmarks import corpus
from benchmarks.case import Case, Peer, needs, nothing, process

SENTENCES = 40


def report(folder: Path, _: int) -> float:
    """`slantbank report` on the topic of the shipped bank, in a new process."""
    return process("-m", "slantbank", "report", "free-iran-rally-2017", "-o", str(folder / "report.html"))


def read(_: Path, __: int) -> float:
    """The Parquet files of the shipped bank, read in a new process."""
    return process("-c", "import slantbank; slantbank.load_all()")


def report_many(bank: Path, _: int) -> float:
    """`slantbank report` on the one topic of a bank of long articles, in a new process."""
    return process("-m", "slantbank", "report", "--bank", str(bank), "-o", str(bank / "report.html"))


def read_many(bank: Path, _: int) -> float:
    """The Parquet files of that bank, read in a new process."""
    return process("-c", f"import slantbank; slantbank.load_all({str(bank)!r})")


@needs("selenium")
def opened(folder: Path, size: int) -> float:
    """The report in headless Chromium, from the start of loading until its script has run: the median of five."""
    from slantbank import show

    page = folder / f"opened-{size}.html"
    page.write_text(show.report(corpus.event(size, SENTENCES), corpus.TOPICS[0]), encoding="utf-8")
    return _loaded(page)


@needs("selenium")
def opened_bare(folder: Path, size: int) -> float:
    """The same sentences as plain paragraphs."""
    page = folder / f"bare-{size}.html"
    lines = corpus.event(size, SENTENCES)["sentences"]["text"]
    page.write_text("<!doctype html>" + "".join(f"<p>{escape(line)}</p>" for line in lines), encoding="utf-8")
    return _loaded(page)


def _loaded(page: Path) -> float:
    from selenium.webdriver.support.wait import WebDriverWait
    from tests.browser import browser, show

    def load() -> float:
        show(driver, page)
        complete = "return performance.getEntriesByType('navigation')[0].domComplete / 1000"
        return float(WebDriverWait(driver, 10, 0.01).until(lambda _: driver.execute_script(complete)))

    with browser() as driver:
        load()
        return statistics.median(load() for _ in range(5))


CASES = (
    Case("report of 3 articles", nothing, report, (Peer(read),), (3,), (3,), "articles", seconds=1.5),
    Case(
        "report, 100 sentences an article",
        corpus.topic,
        report_many,
        (Peer(read_many),),
        (3, 10, 30),
        (3,),
        "articles",
        seconds=5,
    ),
    Case(
        f"report opened in a browser, {SENTENCES} sentences an article",
        nothing,
        opened,
        (Peer(opened_bare),),
        (3, 12),
        (3,),
        "articles",
        seconds=1,
    ),
)
