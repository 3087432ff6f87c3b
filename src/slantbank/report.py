"""The report on a topic: one HTML file that shows how its accounts differ, how sure that is, and the sentences behind it.

Charts are drawn by Altair and turned into SVG when the report is made, so that the page needs neither network nor a
drawing library, prints well, and is read by screen readers. Needs the extra `report` (altair, vl-convert, jinja2).
"""

from collections.abc import Mapping, Sequence
from importlib import resources
from importlib.metadata import version
from string import ascii_uppercase
from typing import Any

import polars as pl

from slantbank import codebook
from slantbank.codebook import GOLD, AnnotatorKind, Attribution, ClaimType, Layer, Perspective

Row = dict[str, Any]

MARKS = {Perspective.SIDE_A: "▲", Perspective.SIDE_B: "▼", Perspective.OTHER: "◆", Perspective.NEUTRAL: "○"}
"""Each perspective has a mark beside its colour, for whoever does not see the colour."""


def report(
    frames: Mapping[str, pl.DataFrame], topic_id: str, measures: pl.DataFrame, agreement: pl.DataFrame | None = None
) -> str:
    """The report on the articles of a topic as one HTML page.

    `measures` is what `compare` gives for these articles, `agreement` what `agreement` gives. Texts are shown as text,
    whatever is in them. Raises ValueError if the topic has no article, ImportError without the extra `report`.
    """
    import jinja2

    articles = frames["articles"].filter(pl.col("topic_id") == topic_id)
    if articles.is_empty():
        raise ValueError(f"no article of topic {topic_id!r}")
    rows = articles.to_dicts()
    letters = dict(zip((row["article_id"] for row in rows), _letters(len(rows)), strict=True))
    parties = frames["parties"].filter(pl.col("topic_id") == topic_id).to_dicts()
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=False)
    environment.globals["badge"] = _badge
    return environment.from_string(_asset("report.html.j2")).render(
        version=version("slantbank"),
        codebook=codebook.VERSION,
        style=_asset("report.css"),
        script=_asset("report.js"),
        topic={"id": topic_id, "title": rows[0]["topic_title"]},
        articles=[_article(row, letters, frames) for row in rows],
        parties=parties,
        sides={side: _side(parties, side) for side in ("a", "b")},
        warnings=_warnings(rows),
        coding=_coding(rows),
        agreement=_agreement(agreement),
        facts=_coverage(frames, topic_id, letters),
        charts=charts(measures, letters, parties),
        seed=measures["seed"].first() if "seed" in measures.columns else "",
        replicates=measures["replicates"].first() if "replicates" in measures.columns else "",
        options={"claim_type": list(ClaimType), "attribution": list(Attribution), "source_perspective": list(Perspective)},
    )


def _asset(name: str) -> str:
    return (resources.files("slantbank") / "templates" / name).read_text(encoding="utf-8")


def _letters(count: int) -> list[str]:
    return [ascii_uppercase[i] if i < 26 else f"{ascii_uppercase[i // 26 - 1]}{ascii_uppercase[i % 26]}" for i in range(count)]


def _badge(article: Row) -> Any:
    from markupsafe import Markup

    return Markup('<span class="badge">constructed</span>') if article["origin"] == "constructed" else ""


def _side(parties: Sequence[Row], side: str) -> str:
    return "; ".join(party["name"] for party in parties if party["side"] == side) or f"side {side}"


def _warnings(articles: Sequence[Row]) -> list[str]:
    found = []
    constructed = sum(row["origin"] == "constructed" for row in articles)
    if constructed:
        found.append(
            f"{constructed} of {len(articles)} accounts are constructed: written for the dataset as controls whose slant is known. "
            "They are marked, and stand for no outlet."
        )
    coders = [annotator for row in articles for annotator in row["annotators"] if annotator["kind"] != AnnotatorKind.ADJUDICATED]
    if coders and all(one["kind"] == AnnotatorKind.MODEL for one in coders):
        found.append(
            "All labels were made by a language model. Its instances share their biases, so their agreement is an upper "
            "bound, not a human figure."
        )
    if any(annotator["id"] == GOLD for row in articles for annotator in row["annotators"]) is False:
        found.append("No account has adjudicated labels.")
    if len(articles) < 5:
        found.append(f"{len(articles)} accounts are too few to say anything about outlets or the press.")
    return found


def _coding(articles: Sequence[Row]) -> list[str]:
    coders = {
        (one["kind"], one["name"], one["codebook"], one["coded"])
        for row in articles
        for one in row["annotators"]
        if one["kind"] != AnnotatorKind.ADJUDICATED
    }
    return [
        f"Kind of coder: {kind}{f' — {name}' if name else ''}; codebook {book}{f', {coded}' if coded else ''}."
        for kind, name, book, coded in sorted(coders, key=str)
    ]


def _article(row: Row, letters: Mapping[str, str], frames: Mapping[str, pl.DataFrame]) -> Row:
    sentences = frames["sentences"].filter(pl.col("article_id") == row["article_id"]).sort("n").to_dicts()
    labels = frames["annotations"].filter(pl.col("article_id") == row["article_id"]).to_dicts()
    coders: dict[int, list[Row]] = {}
    for label in labels:
        if label["annotator_kind"] != AnnotatorKind.ADJUDICATED:
            coders.setdefault(label["n"], []).append(label)
    letter = letters[row["article_id"]]
    paragraphs: dict[int, list[Row]] = {}
    for sentence in sentences:
        paragraphs.setdefault(sentence["paragraph"], []).append(_sentence(sentence, coders.get(sentence["n"], []), letter))
    return {
        **row,
        "letter": letter,
        "coders": sum(one["kind"] != AnnotatorKind.ADJUDICATED for one in row["annotators"]),
        "paragraphs": list(paragraphs.values()),
    }


def _anchor(letter: str, n: int) -> str:
    return f"{letter}{n}"


def _sentence(row: Row, coders: Sequence[Row], letter: str) -> Row:
    stance = row["stance"] or []
    source = next((span["text"] for span in row["spans"] if span["layer"] == "source"), "")
    voice = row["attribution"] or "voice not coded"
    if row["attribution"] not in (None, Attribution.AUTHOR):
        voice += f": {source or row['source_type'] or 'source not named'}"
    perspective = row["source_perspective"] or ""
    return {
        **row,
        "anchor": _anchor(letter, row["n"]),
        "perspective": perspective,
        "mark": MARKS.get(perspective, "·"),
        "parties": [one["party"] for one in stance],
        "facts": row["facts"] or [],
        "has_loaded": any(span["layer"] == "loaded" for span in row["spans"]),
        "stance": ", ".join(f"{one['party']} {one['value']:+d}" if one["value"] else f"{one['party']} 0" for one in stance),
        "voice": voice,
        "account": f"account of {row['perspective_party']}" if row["perspective_party"] else perspective or "perspective not coded",
        "pieces": _pieces(row),
        "doubts": _doubts(row, coders),
    }


def _pieces(row: Row) -> list[Row]:
    """The sentence cut where any span starts or ends, each piece with the layers that it lies in."""
    shown = [span for span in row["spans"] if span["layer"] in ("source", "cue", "loaded")]
    bounds = {0, len(row["text"])} | {span[end] - row["start"] for span in shown for end in ("start", "end")}
    cuts = sorted(bounds)
    return [
        {
            "text": row["text"][a:b],
            "kinds": sorted({span["layer"] for span in shown if span["start"] - row["start"] <= a and b <= span["end"] - row["start"]}),
        }
        for a, b in zip(cuts, cuts[1:], strict=False)
    ]


def _doubts(row: Row, coders: Sequence[Row]) -> list[str]:
    """The label layers in which some coder differs from gold, with what each chose."""
    found = []
    for name in ("claim_type", "attribution", "source_type", "source_perspective"):
        choices = [coder["perspective_party"] or coder[name] if name == "source_perspective" else coder[name] for coder in coders]
        if len(set(choices)) > 1:
            found.append(f"{name.replace('_', ' ')}: " + ", ".join(str(choice or "none") for choice in choices))
    stances = [{one["party"]: one["value"] for one in coder["stance"] or []} for coder in coders]
    for party in sorted({party for stance in stances for party in stance}):
        values = [stance.get(party) for stance in stances]
        if len(set(values)) > 1:
            found.append(f"stance {party}: " + ", ".join("none" if value is None else f"{value:+d}" for value in values))
    return found


def _coverage(frames: Mapping[str, pl.DataFrame], topic_id: str, letters: Mapping[str, str]) -> list[Row]:
    told: dict[tuple[str, str], list[Row]] = {}
    for row in frames["sentences"].filter(pl.col("topic_id") == topic_id).sort("article_id", "n").iter_rows(named=True):
        words = {span["ref"]: span["text"] for span in row["spans"] if span["layer"] == "fact"}
        for fact in row["facts"] or []:
            anchor = _anchor(letters[row["article_id"]], row["n"])
            quote = {"anchor": anchor, "words": words.get(fact) or f"(sentence {row['n']})"}
            told.setdefault((fact, row["article_id"]), []).append(quote)
    facts = frames["facts"].filter(pl.col("topic_id") == topic_id).to_dicts()
    rows = [
        {"id": fact["fact_id"], "text": fact["text"], "cells": [told.get((fact["fact_id"], one), []) for one in letters]}
        for fact in facts
    ]
    return sorted(rows, key=lambda row: -sum(map(bool, row["cells"])))


def _agreement(agreement: pl.DataFrame | None) -> list[Row]:
    if agreement is None:
        return []
    wanted = agreement.filter(
        (pl.col("measure") == "alpha") & pl.col("article_id").is_null() & pl.col("item").is_null() & (pl.col("annotator_kind") == "all")
    )
    names = {layer.value: layer.value.replace("_", " ") for layer in Layer}
    return [
        {
            "name": names.get(row["layer"], row["layer"]),
            "value": _number(row["value"]),
            "interval": f"{_number(row['low'])} to {_number(row['high'])}" if row["low"] is not None else "",
            "remark": row["reason"] or "",
        }
        for row in wanted.iter_rows(named=True)
    ]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
