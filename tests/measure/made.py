"""Frames for tests: a few articles with given labels."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from slantbank.frames import _schema as schema

Frames = dict[str, pl.DataFrame]

PARTIES = (("p", "a"), ("q", "b"), ("r", "other"), ("s", "a"))


def make(
    articles: Sequence[Mapping[str, Any]], facts: Sequence[Any] = ("f1", "f2", "f3"), axes: Mapping[str, str] | None = None
) -> Frames:
    """Frames of articles, each with `id`, other columns of articles, and the labels of its `sentences`, the headline first.

    Parties are p and s of side a, q of side b, r of neither; a fact is an id, or a dict of columns.
    """
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in schema.FRAMES}
    for article in articles:
        ids = {"article_id": article["id"], "topic_id": article.get("topic", "t")}
        labels = article["sentences"]
        more = {name: value for name, value in article.items() if name not in ("id", "topic", "sentences", "coders")}
        rows["articles"].append({"language": "en", "includes_text": True, **ids, **more, "n_sentences": len(labels)})
        for n, label in enumerate(labels):
            unit = "body" if n else "headline"
            place = {**ids, "sentence_id": f"{article['id']}:{n}", "n": n, "unit": unit, "n_words": 10, "spans": []}
            rows["sentences"].append({**place, **label})
            for coder, own in article.get("coders", {}).items():
                kind = "adjudicated" if coder == "gold" else coder.split("-")[0]
                named = {"annotator_id": coder, "annotator_kind": kind, "spans": []}
                rows["annotations"].append({**place, **named, **own[n]})
    for topic in {row["topic_id"] for row in rows["articles"]}:
        rows["parties"] += [{"topic_id": topic, "party_id": p, "side": s} for p, s in PARTIES]
        rows["facts"] += [
            {"topic_id": topic, "text": "", **({"fact_id": fact} if isinstance(fact, str) else fact)} for fact in facts
        ]
    blank = {name: dict.fromkeys(schema.FRAMES[name]) for name in rows}
    dtypes = {name: schema.dtypes(name) for name in rows}
    if facts and isinstance(facts[0], dict):
        dtypes["facts"] = pl.Schema({**dtypes["facts"], "since": pl.Date, "favours": pl.String})
    frames = {
        name: pl.DataFrame(
            [{key: {**blank[name], **row}.get(key) for key in dtypes[name]} for row in rows[name]],
            dtypes[name],
            orient="row",
        )
        for name in rows
    }
    if axes is not None:
        axis = pl.col("topic_id").replace_strict(axes, default=None, return_dtype=pl.String)
        frames["articles"] = frames["articles"].with_columns(axis=axis)
    return frames


def annotators(*ids: str, name: str | None = None) -> list[dict[str, Any]]:
    """The annotators of an article; each is of the kind that its id begins with, and gold is adjudicated."""
    return [
        {"id": id_, "kind": "adjudicated" if id_ == "gold" else id_.split("-")[0], "name": name, "codebook": "1.0", "coded": None}
        for id_ in ids
    ]


def outlets(counts: Mapping[str, Sequence[tuple[int, int]]], topic: str | None = None) -> Frames:
    """Frames of outlets by counts (attributed sentences, all sentences) of their articles; on one topic, or one topic a number."""
    return make(
        [
            {
                "id": f"{outlet}-{i:03}",
                "outlet": outlet,
                "topic": "t" if topic is None else f"{topic}{i}",
                "sentences": [{}, *({"attribution": "direct" if j < x else "author"} for j in range(y))],
            }
            for outlet, articles in counts.items()
            for i, (x, y) in enumerate(articles)
        ]
    )


def value(result: pl.DataFrame, measure: str, item: str = "", **group: Any) -> float:
    """The only value of a measure; fails if it is null."""
    (number,) = result.filter(measure=measure, item=item, **group)["value"]
    assert number is not None
    return float(number)
