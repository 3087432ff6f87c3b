"""No file of the repository has four consecutive words of a withheld corpus."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

CORPORA = ROOT.parent / "shared" / "corpora"
SAMPLE = CORPORA / "basil"
RUN = 4
NAMES = """
American Federation of Teachers; Arizona legislature; Associated General Contractors of America; Center for Arizona Policy;
Chick-fil-A; Children's Defense Fund; Conference of Catholic Bishops; Democratic National Committee; Deutsche Bank; House of
Representatives; House Ways and Means Committee; Justice Department; Kansas City; lame-duck session; members of Congress;
Michael Steele; National Association for the Advancement of Colored People; National Committee to Preserve Social Security and
Medicare; National Organization for Marriage; National Rifle Association; National Organization for Women; New York Times;
Obama; Office of Special Counsel; Republican National Committee; Republican nomination; Republican Party; Republicans; same-sex;
Sandy Hook Elementary School; Social Security; St. Louis; State Department; Super Bowl; tax-exempt status; Tea Party; United
States; U.S. Chamber of Commerce; Wall Street Journal; White House
"""
"""Names of persons, organizations, places, laws and titles, which are public and no words of an author."""
EVERYDAY = """
a supporter of abortion; and how many of; at the same time; blood on their hands; do not want to; for the bill; goes back to
the; if it does not; in the same way; inside the Democratic Party; of the bill; on the day when; remains to be seen; report
that set off; said on Monday that; seek a second term; that set off the; that you were given; to see how; veto the bill; with
a young man
"""
"""Everyday phrases, which were not taken from a text."""
COMMON = """
a about after all an and are as at be been before but by for from had has have he her his in into is it its more no not of on one or
out over she than that the their there they this three to two up was we were what which who whom will with would s
"""


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


_PHRASES = sorted((" ".join(words(phrase)) for phrase in f"{NAMES};{EVERYDAY}".split(";")), key=len, reverse=True)
_SKIPPED = re.compile(rf"\b(?:{'|'.join(_PHRASES)})\b")
_COMMON = frozenset(COMMON.split())


def runs(text: str) -> Iterator[tuple[str, ...]]:
    """Yield every four consecutive words with at least two uncommon ones, and without names and everyday phrases."""
    for part in _SKIPPED.split(" ".join(words(text))):
        parts = part.split()
        for run in zip(*(parts[i:] for i in range(RUN)), strict=False):
            if sum(word not in _COMMON for word in run) > 1:
                yield run


@pytest.fixture(scope="module")
def secret() -> set[tuple[str, ...]]:
    if not SAMPLE.is_dir():
        pytest.skip("no ../shared/corpora/basil")
    secrets = set()
    for file in SAMPLE.glob("articles/*/*.json"):
        text = json.loads(file.read_text(encoding="utf-8"))
        for sentence in [text["title"], *(sentence for paragraph in text["body-paragraphs"] for sentence in paragraph)]:
            secrets |= set(runs(sentence))
    for file in (CORPORA / "polnear").glob("data/*/text/*.txt"):
        for line in file.read_text(encoding="utf-8").splitlines():
            secrets |= set(runs(line))
    assert len(secrets) > 10_000
    return secrets


WITHHELD = [path for path in sorted((ROOT / "data/articles").iterdir()) if not (path / "source.txt").exists()]
TOPICS = [
    path
    for path in (ROOT / "data/topics").glob("*.toml")
    if re.search(r'^collection = "(?:basil|polnear)"', path.read_text(encoding="utf-8"), re.MULTILINE)
]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("data/*.md"), *ROOT.glob("data/coding/*")]


@pytest.mark.parametrize(
    "files",
    [
        pytest.param([path for folder in WITHHELD for path in folder.rglob("*.t*")], id="articles"),
        pytest.param(TOPICS, id="topics"),
        pytest.param(PAGES, id="pages"),
    ],
)
def test_no_published_file_has_four_consecutive_words_of_a_withheld_text(files: list[Path], secret: set[tuple[str, ...]]) -> None:
    assert len(files) > 5
    leaks = {}
    for path in files:
        for line in path.read_text(encoding="utf-8").splitlines():
            for run in secret & set(runs("" if line.startswith("url = ") else line)):
                leaks[" ".join(run)] = str(path.relative_to(ROOT))
    assert leaks == {}


def test_the_search_finds_a_copied_sentence(secret: set[tuple[str, ...]]) -> None:
    for file in list(SAMPLE.glob("articles/*/*.json"))[:20]:
        text = json.loads(file.read_text(encoding="utf-8"))
        copied = max((sentence for paragraph in text["body-paragraphs"] for sentence in paragraph), key=len)
        assert secret & set(runs(f"As the report has it: {copied}"))
