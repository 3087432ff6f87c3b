"""The decisive labels of an article: gold, else the only coder's, else by request those of most coders, else none."""

from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from slantbank.measure import _agreement as agreement
from slantbank.measure import _compare as compare
from slantbank.measure import _differences as differences
from slantbank.measure._labels import decisive_labels
from tests.measure.made import Frames, annotators, make

OWN: dict[str, Any] = {"attribution": "author"}
LEFT: dict[str, Any] = {"attribution": "direct", "source_type": "person", "source_party": "p"}


def bank() -> Frames:
    """Four articles: with gold, by one coder, by three, and by two who differ; only the first has labels in `sentences`."""
    coders: dict[str, dict[str, list[dict[str, Any]]]] = {
        "gold": {"gold": [{}, OWN, OWN], "human-a": [{}, LEFT, LEFT], "human-b": [{}, LEFT, LEFT]},
        "only": {"human-a": [{}, LEFT, OWN]},
        "three": {"human-a": [{}, LEFT, OWN], "human-b": [{}, LEFT, LEFT], "human-c": [{}, OWN, LEFT]},
        "two": {"human-a": [{}, LEFT, OWN], "human-b": [{}, OWN, OWN]},
    }
    return make(
        [
            {"id": name, "coders": own, "annotators": annotators(*own), "sentences": own.get("gold", [{}] * 3)}
            for name, own in coders.items()
        ]
    )


def attributed(labels: str | None = None) -> dict[str, float | None]:
    result = compare.compare(bank(), measures="attributed", labels=labels)
    return dict(result.filter(measure="attributed").select("article_id", "value").rows())


def test_decisive_labels_are_gold_else_the_only_coders_else_none() -> None:
    assert attributed() == {"gold": 0, "only": 0.5, "three": None, "two": None}
    _, by_article = decisive_labels(bank())
    assert dict(by_article.select("article_id", "labels").rows()) == {"gold": "gold", "only": "human-a", "three": None, "two": None}


def test_majority_labels_are_null_where_no_choice_has_a_majority() -> None:
    assert attributed("majority") == {"gold": 0, "only": 0.5, "three": 1, "two": 0}
    rows, _ = decisive_labels(bank(), "majority")
    two = rows["sentences"].lazy().filter(article_id="two").sort("n").collect()
    assert two["attribution"].to_list() == [None, None, "author"]
    assert two["source_type"].to_list() == two["source_party"].to_list() == [None] * 3
    three = rows["sentences"].lazy().filter(article_id="three").sort("n").collect()
    assert three["source_party"].to_list() == [None, "p", "p"]


def test_lists_are_voted_on_element_by_element() -> None:
    def spans(*words: str) -> list[dict[str, Any]]:
        return [{"layer": "loaded", "start": 0, "end": len(run), "text": run, "ref": None} for run in words]

    coders = {
        "human-a": [
            {},
            {
                "facts": ["f1", "f2"],
                "stance": [{"party": "p", "value": 1}],
                "loaded_words": 3,
                "loaded_at": [0, 1, 2],
                "spans": spans("so mean", "bad"),
            },
        ],
        "human-b": [
            {},
            {
                "facts": ["f1"],
                "stance": [{"party": "p", "value": 1}, {"party": "q", "value": 0}],
                "loaded_words": 2,
                "loaded_at": [0, 1],
                "spans": spans("so mean"),
            },
        ],
        "human-c": [{}, {"facts": [], "stance": [{"party": "p", "value": -1}], "loaded_words": 0, "loaded_at": []}],
    }
    frames = make([{"id": "x", "coders": coders, "annotators": annotators(*coders), "sentences": [{}, {}]}])
    row = decisive_labels(frames, "majority")[0]["sentences"].lazy().filter(n=1).collect().row(0, named=True)
    assert row["facts"] == ["f1"]
    assert row["stance"] == [{"party": "p", "value": 1}]
    assert ([span["text"] for span in row["spans"]], row["loaded_words"]) == (["so mean"], 2)


def test_labels_of_a_named_annotator_are_used_where_there_are_any() -> None:
    assert attributed("human-a") == {"gold": 1, "only": 0.5, "three": 0.5, "two": 0.5}
    assert attributed("human-b") == {"gold": 1, "only": None, "three": 1, "two": 0}
    assert attributed("gold") == {"gold": 0, "only": None, "three": None, "two": None}
    with pytest.raises(ValueError, match="did you mean 'human-"):
        attributed("human")


def test_decisive_labels_are_used_by_all_functions() -> None:
    frames = bank()
    assert compare.evidence(frames, "only", "attributed")["n"].to_list() == [1]
    result = differences.differences(frames, "article_id", measures="attributed").filter(a="gold", b="only")
    assert result["difference"].item() == -0.5
    by = agreement.agreement(frames, by="attribution", labels="majority")["attribution"]
    assert set(by) == {None, "author", "direct"}


def test_the_result_says_whose_labels_are_used_and_warns_if_unchecked() -> None:
    result = compare.compare(bank(), measures="attributed")
    assert dict(result.filter(measure="attributed").select("article_id", "labels").rows()) == {
        "gold": "gold",
        "only": "human-a",
        "three": None,
        "two": None,
    }
    said = dict(result.filter(measure="warning").select("item", "reason").rows())
    assert said["one coder"].startswith(
        "The labels of 1 of 4 articles are those of one coder (human-a), and nobody has checked them"
    )
    assert said["nobody's labels"].startswith("2 of 4 articles have several coders and nothing adjudicated")


def test_frames_with_gold_for_every_article_stay_unchanged(frames: Frames) -> None:
    same, by_article = decisive_labels(frames)
    assert same["sentences"] is frames["sentences"]
    assert set(by_article["labels"]) == {"gold"}


def test_articles_that_list_no_annotators_keep_the_labels_they_have() -> None:
    frames = make([{"id": "x", "sentences": [{}, LEFT]}])
    same, by_article = decisive_labels(frames)
    assert_frame_equal(same["sentences"].lazy().collect(), frames["sentences"])
    assert by_article["labels"].to_list() == [None]
    assert compare.compare(frames, measures="attributed").filter(pl.col("value") == 1).height == 1
