"""Measures of all articles are those of one collection, and a bank of many topics is listed before it is compared."""

import json
from pathlib import Path

import pytest

from tests.cli.test_cli import run
from tests.frames.test_files import make

TOPICS = {
    "first": "",
    "second": "",
    "made-1": 'collection = "made"\n',
    "made-2": 'collection = "made"\nsplit = "test"\n',
}


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("topics"), TOPICS)


def test_compare_without_a_topic_lists_the_topics_and_says_how_to_compare_one(bank: Path) -> None:
    result = run("compare", "--bank", bank)
    assert (result.exit_code, result.stdout) == (
        0,
        """\
4 topics, 4 articles

core
  first   The Morning Example [constructed]
  second  The Morning Example [constructed]

made
  made-1  The Morning Example [constructed]
  made-2  The Morning Example [constructed]

The accounts of one, side by side: slantbank compare first
""",
    )
    only = run("compare", "--collection", "made", "--bank", bank).stdout
    assert only.startswith("2 topics, 2 articles\n\nmade\n")
    assert only.endswith("slantbank compare made-1\n")


def test_a_topic_is_found_in_whatever_collection_it_is(bank: Path) -> None:
    result = run("compare", "made-2", "--bank", bank)
    assert result.exit_code == 0
    assert "A  made-2-morning [constructed]" in result.stdout


@pytest.mark.parametrize(
    ("asked", "articles"),
    [
        ((), {"first-morning", "second-morning"}),
        (("--collection", "made"), {"made-1-morning", "made-2-morning"}),
        (("--collection", "all"), {f"{name}-morning" for name in TOPICS}),
        (("made-1", "first"), {"made-1-morning", "first-morning"}),
    ],
)
def test_articles_of_other_collections_are_compared_only_on_request(bank: Path, asked: tuple[str, ...], articles: set[str]) -> None:
    rows = json.loads(run("compare", *asked, "--measure", "loaded", "--format", "json", "--bank", bank).stdout)
    assert {row["article_id"] for row in rows if row["measure"] == "loaded"} == articles


def test_agreement_is_measured_in_one_collection_unless_all_are_asked_for(bank: Path) -> None:
    def articles(*asked: str) -> set[str]:
        rows = json.loads(run("agreement", "--by-article", *asked, "--format", "json", "--bank", bank).stdout)
        return {row["article_id"] for row in rows if row["article_id"]}

    assert articles() == {"first-morning", "second-morning"}
    assert articles("--collection", "made") == {"made-1-morning", "made-2-morning"}
    assert articles("--collection", "all") == {f"{name}-morning" for name in TOPICS}


def test_agreement_of_an_unknown_annotator_is_wrong_usage(bank: Path) -> None:
    result = run("agreement", "--labels", "nobody", "--bank", bank)
    assert (result.exit_code, "no labels by 'nobody'" in result.output) == (2, True)


def test_an_unknown_collection_is_wrong_usage(bank: Path, tmp_path: Path) -> None:
    result = run("agreement", "--collection", "mad", "--bank", bank)
    assert (result.exit_code, "no collection 'mad'; did you mean 'made'?" in result.output) == (2, True)
    other = make(tmp_path, {"a": 'collection = "mine"\n', "b": 'collection = "yours"\n'})
    result = run("agreement", "--bank", other)
    assert (result.exit_code, "name a --collection: mine, yours, or all" in result.output) == (2, True)
