"""The invented events: their texts follow the plans, checked without labels, and the page agrees with the frames."""

import tomllib
from pathlib import Path
from random import Random
from typing import Any

import pytest
from benchmarks import calibration

from tests.conftest import ROOT

PLANS = sorted((ROOT / "data" / "calibration").glob("*-2031.toml"))
KINDS = {"wire", *calibration.MANIPULATIONS}


def read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def lines(article: str) -> list[str]:
    text = (ROOT / "data" / "articles" / article / "article.txt").read_text(encoding="utf-8")
    return [line for line in text.split("\n") if line]


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_the_texts_are_those_of_the_plan_and_have_similar_lengths(path: Path) -> None:
    plan = read(path)
    assert set(plan["accounts"]) == KINDS
    counts = {}
    for kind, account in plan["accounts"].items():
        sentences = lines(f"{plan['topic']}-{kind}")
        assert sentences == [sentence["text"] for sentence in account["sentence"]]
        counts[kind] = sum(len(line.split()) for line in sentences)
    mean = sum(counts.values()) / len(counts)
    assert all(abs(count - mean) <= 0.1 * mean for count in counts.values()), counts


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_loaded_words_quotation_marks_and_speakers_are_where_the_plan_says(path: Path) -> None:
    for account in read(path)["accounts"].values():
        for sentence in account["sentence"]:
            text, quoted = sentence["text"], '"' in sentence["text"]
            assert quoted == (sentence["voice"] in ("direct", "mixed")), text
            assert sentence["speaker"] in text
            outside = "".join(text.split('"')[::2])
            assert all(words in outside for words in sentence["loaded"]), text


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_each_manipulation_changes_only_what_it_should(path: Path) -> None:
    plan = read(path)
    topic = read(ROOT / "data" / "topics" / f"{plan['topic']}.toml")
    facts = {fact["id"]: fact.get("favours", "none") for fact in topic["fact"]}
    rows = {kind: account["sentence"] for kind, account in plan["accounts"].items()}
    reported = {kind: {fact for row in listed for fact in row["facts"]} for kind, listed in rows.items()}
    hurting = {fact for fact, side in facts.items() if side == {"a": "b", "b": "a"}[plan["slant"]]}
    assert reported["wire"] == set(facts)
    assert reported["omission"] == set(facts) - hurting
    assert reported["omission-random"] == set(facts) - set(Random(plan["topic"]).sample(sorted(facts), len(hurting)))
    assert sorted(row["text"] for row in rows["prominence"][1:]) == sorted(row["text"] for row in rows["wire"][1:])
    assert all(not row["loaded"] for kind, listed in rows.items() if kind != "loaded" for row in listed)
    voices = {kind: sum(row["voice"] != "author" for row in listed) for kind, listed in rows.items()}
    assert voices["sourcing"] == voices["wire"] == voices["loaded"] == voices["placebo"]
    assert voices["voice"] < voices["wire"]


def test_every_measure_has_a_predicted_sign_for_every_manipulation() -> None:
    signs = calibration.signs()
    assert set(signs) == set(calibration.MANIPULATIONS)
    assert all(set(row) == set(calibration.MEASURES) and set(row.values()) <= {"+", "-", "0", "free"} for row in signs.values())


def test_the_page_and_the_picture_agree_with_the_frames() -> None:
    import slantbank

    frames = slantbank.load_all(collection="calibration")
    page = calibration.page(frames, slantbank.load_all(collection="basil"))
    assert (ROOT / "docs" / "calibration.md").read_text(encoding="utf-8") == page
    assert (ROOT / "docs" / "calibration.svg").read_text(encoding="utf-8") == calibration.picture(frames)


def test_no_measure_moves_against_the_predicted_sign() -> None:
    import slantbank

    table = calibration.verdicts(calibration.differences(slantbank.load_all(collection="calibration")))
    assert table.filter(table["verdict"].is_in(["moved", "wrong sign"])).is_empty()


def test_the_page_on_labels_agrees_with_the_files() -> None:
    from benchmarks import labels

    assert (ROOT / "docs" / "labels.md").read_text(encoding="utf-8") == labels.page()
