"""A comparison warns of everything that a reader must know before concluding anything, with what to do."""

from typing import Any

import polars as pl
import pytest

from slantbank.measure import _compare as compare
from tests.measure.made import Frames, annotators, make

ROWS: list[dict[str, Any]] = [{}, *[{"attribution": "author", "source_perspective": "side_a"}] * 12]


def said(frames: Frames, by: str = "outlet", **options: Any) -> dict[str, str]:
    result = compare.compare(frames, by, **{"measures": ["attributed", "perspective_balance"], **options})
    rows = result.filter(measure="warning")
    assert rows.drop("measure", "item", "reason", "coders").select(pl.all().is_null().all()).row(0) == (True,) * (rows.width - 4)
    return dict(rows.select("item", "reason").rows())


def article(name: str, outlet: str | None = "o", topic: str = "t", **more: Any) -> dict[str, Any]:
    return {"id": name, "outlet": outlet, "topic": topic, "sentences": ROWS, "annotators": annotators("gold"), **more}


def plain(size: int = 30, **more: Any) -> list[dict[str, Any]]:
    return [article(f"{outlet}{i:02}", outlet, **more) for outlet in "op" for i in range(size)]


def test_there_is_no_warning_without_reason() -> None:
    assert said(make(plain())) == {}


@pytest.mark.parametrize(
    ("articles", "kind", "part"),
    [
        ([*plain(), *(article(f"u{i}", o, "u") for i, o in enumerate("op"))], "topics", "mixed in o, p: take one topic"),
        ([*plain(), *(article(f"u{i}", "o", "u") for i in range(9))], "mix of topics", "compare them within a topic"),
        ([*plain(), article("x", language="de")], "languages", "(de, en)"),
        (plain(29), "few articles", "Fewer than 30 articles: o (29), p (29)"),
        ([*plain(), article("x", "q")], "one article", "One article alone stands for q"),
        ([*plain(), article("x", None)], "left out", "1 of 61 articles have no outlet and are left out"),
        ([*plain(), article("x", sentences=[{}, {"attribution": "author"}] * 2)], "partly coded", "source perspective is coded in"),
        (plain(annotators=annotators("model-a", "model-b", "gold", name="M")), "one model", "instances of one model (M)"),
        (plain(annotators=annotators("human-a"), coders={"human-a": ROWS}), "one coder", "one coder (human-a)"),
        (plain(annotators=annotators("human-a", "human-b")), "nobody's labels", "60 of 60 articles have several coders"),
    ],
)
def test_each_warning_names_its_subject(articles: list[dict[str, Any]], kind: str, part: str) -> None:
    result = said(make(articles))
    assert part in result[kind]
    assert result[kind].endswith(".")


def test_models_of_several_names_and_people_are_not_one_model() -> None:
    both = annotators("model-a", "model-b", name="M")
    mixed = [{**annotator, "kind": "human"} if annotator["id"] == "model-b" else annotator for annotator in both]
    two = [*annotators("model-a", name="M"), *annotators("model-b", name="N"), *annotators("gold")]
    for listed in ([*mixed, *annotators("gold")], two):
        assert "one model" not in said(make(plain(annotators=listed)))


def test_axes_are_warned_about_where_sides_are_measured() -> None:
    articles = [*plain(), *(article(f"u{i}", o, "u") for i, o in enumerate("op"))]
    axes = {"t": "us-left-right", "u": "none"}
    assert "take the topics of one axis" in said(make(articles, axes=axes))["axes"]
    assert "axes" not in said(make(articles, axes=axes), measures="attributed")
    assert "axes" not in said(make(articles, axes=dict.fromkeys("tu", "us-left-right")))


def test_groups_with_a_different_mix_of_topics_are_warned_about() -> None:
    """Two outlets, alike within each topic, differed by .30 (p = .003) without a word."""
    many = [{}, *[{"attribution": "direct"}] * 8, *[{"attribution": "author"}] * 4]
    few = [{}, *[{"attribution": "direct"}] * 2, *[{"attribution": "author"}] * 10]
    mix = {("o", "t"): 8, ("o", "u"): 2, ("p", "t"): 2, ("p", "u"): 8}
    frames = make(
        [
            article(f"{outlet}{topic}{i}", outlet, topic, sentences=many if topic == "t" else few)
            for (outlet, topic), size in mix.items()
            for i in range(size)
        ]
    )
    assert "mix of topics" in said(frames)
