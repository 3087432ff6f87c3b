"""The report on a topic: one HTML file that shows how its accounts differ, how sure that is, and the sentences behind it.

Charts are written in Vega-Lite and turned into SVG when the report is made, so that the page needs neither network nor a
drawing library, prints well, and is read by screen readers. Needs the extra `report` (vl-convert, jinja2).
"""

import json
import re
from collections.abc import Mapping, Sequence
from importlib import resources
from importlib.metadata import version
from itertools import pairwise
from typing import Any

import polars as pl

from slantbank import codebook, measure
from slantbank.bank import withheld
from slantbank.codebook import AnnotatorKind, Attribution, ClaimType, Perspective
from slantbank.problem import nearest
from slantbank.show import _terminal as table
from slantbank.show._markdown import markdown_table

Row = dict[str, Any]

_INK, _GREY, _PLAIN = "currentColor", "#8a929c", "#5b8db8"

MARKS: dict[str, str] = {Perspective.SIDE_A: "▲", Perspective.SIDE_B: "▼", Perspective.OTHER: "◆", Perspective.NEUTRAL: "○"}
"""Each perspective has a mark beside its colour, for whoever does not see the colour."""


def report(
    frames: Mapping[str, pl.DataFrame],
    topic_id: str,
    measures: pl.DataFrame | None = None,
    agreement: pl.DataFrame | None = None,
    distances: pl.DataFrame | None = None,
) -> str:
    """The report on the articles of a topic as one HTML page, from the frames that `load_all` gives.

    `measures`, `agreement` and `distances` are what `compare`, `agreement` and `distances` give for the articles; without
    `measures`, all three are computed. Texts are shown as text, whatever is in them. Raises ValueError if the topic has no
    article, ImportError without the extra `report`.

    >>> import slantbank
    >>> page = slantbank.report(slantbank.load_all(), "free-iran-rally-2017")
    >>> page.splitlines()[0]
    '<!doctype html>'
    """
    import jinja2

    if measures is None:
        measures = measure.compare(frames, only=[topic_id])
        agreement, distances = measure.agreement(frames), measure.distances(frames, only=[topic_id])
    rows = _articles(frames, topic_id)
    letters = _letters(rows)
    parties = frames["parties"].filter(pl.col("topic_id") == topic_id).to_dicts()
    sentences = frames["sentences"].filter(pl.col("topic_id") == topic_id)
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
        warnings=[*_warnings(rows), *(one.replace("`", "") for one in table.warned(measures))],
        coding=_coding(rows),
        agreement=_agreement(agreement),
        reliability="" if agreement is None else table.RELIABILITY[str(agreement["reliability"].first() or "agreement")],
        facts=_coverage(frames, topic_id, letters),
        informational=sentences["spans"].explode().struct.field("layer").eq("informational").any(),
        charts=charts(measures, letters) + _map(distances, letters),
        options={"claim_type": list(ClaimType), "attribution": list(Attribution), "source_perspective": list(Perspective)},
    )


def _articles(frames: Mapping[str, pl.DataFrame], topic_id: str) -> list[Row]:
    """The topic's articles in the order in which they are shown."""
    articles = frames["articles"].filter(pl.col("topic_id") == topic_id)
    if articles.is_empty():
        known = frames["articles"]["topic_id"].unique().sort().to_list()
        raise ValueError(f"no article of topic {topic_id!r}; {nearest(topic_id, known)}")
    by_id = {row["article_id"]: row for row in articles.iter_rows(named=True)}
    return [by_id[name] for name in table.order(articles, "article_id", by_id)]


def _letters(rows: Sequence[Row]) -> dict[str, str]:
    return dict(zip((row["article_id"] for row in rows), table.letters(len(rows)), strict=True))


def _asset(name: str) -> str:
    return (resources.files("slantbank.show") / "templates" / name).read_text(encoding="utf-8")


def _badge(article: Row) -> Any:
    from markupsafe import Markup

    kinds = {"constructed": article["origin"] == "constructed", "text withheld": not article["includes_text"]}
    return Markup("").join(Markup('<span class="badge">{}</span>').format(kind) for kind, holds in kinds.items() if holds)


def _side(parties: Sequence[Row], side: str) -> str:
    return "; ".join(party["name"] for party in parties if party["side"] == side) or f"side {side}"


def _warnings(articles: Sequence[Row]) -> list[str]:
    found = []
    constructed = sum(row["origin"] == "constructed" for row in articles)
    if constructed:
        found.append(
            f"{_are(len(articles), constructed)} constructed: written for the dataset, published nowhere. "
            "What is constructed is marked, and stands for no outlet."
        )
    withheld = sum(not row["includes_text"] for row in articles)
    if withheld:
        found.append(
            f"{withheld} of {len(articles)} accounts are shown without their words, which may not be redistributed: a bar for each "
            "sentence, as long as it is. Labels and places are those of the text."
        )
    if not any(row["annotators"] for row in articles):
        found.append("No account has labels.")
    if len(articles) < 5:
        found.append(f"{_are(len(articles))} too few to say anything about outlets or the press.")
    return found


def _are(every: int, some: int | None = None) -> str:
    """The subject and verb of a sentence on so many of the accounts, or on every one.

    >>> _are(3, 1), _are(1)
    ('1 of 3 accounts is', '1 account is')
    """
    verb = "is" if (every if some is None else some) == 1 else "are"
    return f"{'' if some is None else f'{some} of '}{every} account{'s' * (every != 1)} {verb}"


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
        "facts_coded": any(sentence["facts"] is not None for sentence in sentences),
    }


def _anchor(letter: str, n: int) -> str:
    return f"{letter}{n}"


def _said(count: int) -> str:
    """What stands for a sentence of so many words where its mask would be read out block by block."""
    return f"withheld, {count} word{'s' * (count != 1)}"


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
        "said": _said(row["n_words"]) if row["text"] is None else "",
        "doubts": _doubts(row, coders),
    }


def _pieces(row: Row) -> list[Row]:
    """The sentence cut where any span starts or ends, each piece with the layers that it lies in."""
    start = row["start"]
    shown = [
        (span["start"] - start, span["end"] - start, span["layer"])
        for span in row["spans"]
        if span["layer"] in ("source", "cue", "loaded", "informational")
    ]
    text = withheld.MASK * (row["end"] - start) if row["text"] is None else row["text"]
    cuts = sorted({0, len(text), *(span[0] for span in shown), *(span[1] for span in shown)})
    return [
        {"text": text[a:b], "kinds": sorted({layer for first, last, layer in shown if first <= a and b <= last})}
        for a, b in pairwise(cuts)
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
            found.append(
                f"stance {party}: " + ", ".join("none" if value is None else f"{value:+d}" if value else "0" for value in values)
            )
    return found


def _coverage(frames: Mapping[str, pl.DataFrame], topic_id: str, letters: Mapping[str, str]) -> list[Row]:
    told: dict[tuple[str, str], list[Row]] = {}
    for row in frames["sentences"].filter(pl.col("topic_id") == topic_id).sort("article_id", "n").iter_rows(named=True):
        words = {span["ref"]: span["text"] for span in row["spans"] if span["layer"] == "fact"}
        for fact in row["facts"] or []:
            anchor = _anchor(letters[row["article_id"]], row["n"])
            shown = words.get(fact) or f"(sentence {row['n']})"
            quote = {"anchor": anchor, "words": shown}
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
    return [
        {
            "name": table.MEANINGS.get(row["layer"], row["layer"]),
            "value": table.number(row["alpha"]),
            "interval": f"{table.number(row['low'])} to {table.number(row['high'])}" if row["low"] is not None else "",
            "remark": row["reason"] or "",
        }
        for row in table.alphas(agreement).iter_rows(named=True)
    ]


CHARTS: dict[str, tuple[str, str]] = {
    "claim_type": ("What kinds of claim", "Share of sentences by what would settle their claim."),
    "attribution": ("In whose voice", "Share of sentences in the author's own voice, quoted, paraphrased, or both."),
    "source_perspective": ("Whose account", "Share of sentences by the side that would gladly publish them."),
    "stance": ("In what light each party stands", "Mean over the sentences that refer to the party: −1 bad, 1 good."),
    "loaded_by_quarter": ("Loaded language through the text", "Loaded words in every 100 words, by quarter of the body."),
    "facts_reported": ("How much of the event is told", "Share of the topic's facts that the account reports."),
}
"""The measures that are drawn, each with the chart's title and text."""

_NAMES: dict[str, str] = {
    label.value: f"{MARKS[label]} {label.value.replace('_', ' ')}"
    for label in (Perspective.SIDE_A, Perspective.SIDE_B, Perspective.OTHER, Perspective.NEUTRAL)
}
_COLOURS = dict(zip(_NAMES.values(), ("#3a8fd6", "#e0751a", "#2f9e6b", _GREY), strict=True))


def charts(measures: pl.DataFrame, letters: Mapping[str, str]) -> list[Row]:
    """For each of `CHARTS` its title, text, SVG, and the same numbers as a table; those without a value are left out."""
    found = []
    for name, (title, text) in CHARTS.items():
        rows = _rows(measures, name, letters)
        if rows["value"].is_not_null().any():
            found.append({"title": title, "text": text, "svg": svg(rows, name), "rows": _numbers(rows, letters)})
    return found


def _rows(measures: pl.DataFrame, name: str, letters: Mapping[str, str]) -> pl.DataFrame:
    found = measures.filter((pl.col("measure") == name) & pl.col("article_id").is_in(list(letters)))
    return found.with_columns(letter=pl.col("article_id").replace_strict(letters, return_dtype=pl.String))


def _numbers(rows: pl.DataFrame, letters: Mapping[str, str]) -> list[Row]:
    cells = {(row["item"], row["letter"]): row for row in rows.iter_rows(named=True)}
    return [
        {"item": item or "all", "cells": [table.cell(cells.get((item, letter))) for letter in letters.values()]}
        for item in rows["item"].unique(maintain_order=True)
    ]


def chart(rows: pl.DataFrame, name: str) -> Row:
    """The chart of one measure, in Vega-Lite: small multiples, an account each, with intervals. `rows` have a column `letter`."""
    rows = rows.sort("letter", maintain_order=True)
    rows = rows.with_columns(pl.col("item").replace(_NAMES)) if name == "source_perspective" else rows
    items = rows["item"].unique(maintain_order=True).to_list()
    shown = rows.select("letter", "item", "value", "low", "high").filter(pl.col("value").is_not_null())
    many = shown["letter"].n_unique()
    point = name == "stance"
    scale = {"domain": [-1, 1]} if point else {"domainMin": 0, "nice": True}
    ticks = {"tickCount": 2, "labelOverlap": "greedy", "labelSeparation": 8}
    value = {"field": "value", "type": "quantitative", "title": None, "scale": scale, "axis": ticks}
    axis = {"labels": items != [""], "ticks": False, "domain": False}
    y = {"field": "item", "type": "nominal", "title": None, "sort": items, "axis": axis}
    colour: Row = {"value": _PLAIN}
    if name == "source_perspective":
        fills = {"domain": list(_COLOURS), "range": list(_COLOURS.values())}
        colour = {"field": "item", "type": "nominal", "legend": None, "scale": fills}
    mark = {"type": "point", "filled": True, "size": 60, "opacity": 1} if point else {"type": "bar", "opacity": 0.8}
    interval = {"x": {"field": "low", "type": "quantitative"}, "x2": {"field": "high"}, "y": y}
    layers: list[Row] = [
        {"mark": mark, "encoding": {"x": value, "y": y, "color": colour}},
        {"mark": {"type": "rule", "strokeWidth": 1.5, "color": _INK}, "encoding": interval},
    ]
    if point:
        zero = {"type": "rule", "strokeDash": [3, 3], "color": _GREY}
        layers.insert(0, {"mark": zero, "encoding": {"x": {"datum": 0}}})
    return {
        "data": {"values": shown.to_dicts()},
        "facet": {
            "field": "letter",
            "type": "nominal",
            "title": None,
            "sort": None,
            "header": {"labelFontWeight": "bold", "labelAnchor": "start"},
        },
        "columns": min(many, 3),
        "spec": {"width": 120 if many > 2 else 180, "height": {"step": 20}, "layer": layers},
        "config": {
            "background": "transparent",
            "font": "sans-serif",
            "padding": {"left": 16, "right": 12, "top": 5, "bottom": 5},
            "view": {"stroke": None},
            "axis": {
                "labelColor": _INK,
                "gridColor": f"{_GREY}44",
                "domainColor": _GREY,
                "tickColor": _GREY,
                "labelFontSize": 12,
                "labelLimit": 220,
            },
            "header": {"labelColor": _INK, "labelFontSize": 13},
        },
    }


def svg(rows: pl.DataFrame, name: str) -> str:
    """The chart of a measure as SVG: to a screen reader one image with its title, the numbers being in the table below it."""
    import vl_convert

    drawn: str = vl_convert.vegalite_to_svg(chart(rows, name))
    return _image(drawn, CHARTS[name][0])


def _image(drawn: str, title: str) -> str:
    plain = re.sub(r' (?:role|aria-[a-z]+)="[^"]*"', "", drawn)
    return plain.replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1)


def _map(distances: pl.DataFrame | None, letters: Mapping[str, str]) -> list[Row]:
    """The overall map of the accounts, as an entry of `charts`; none for fewer than three."""
    if distances is None or len(letters) < 3:
        return []
    import vl_convert

    points = measure.layout(distances).filter(pl.col("x").is_not_null())
    if points.height < 3:
        return []
    points = points.with_columns(letter=pl.col("group").replace_strict(letters, return_dtype=pl.String))
    reach = float(points.select(pl.max_horizontal(pl.col("x", "y").abs().max()))[0, 0]) * 1.2 or 1.0
    encoding = {
        axis: {"field": axis, "type": "quantitative", "title": None, "scale": {"domain": [-reach, reach]}} for axis in ("x", "y")
    }
    letter = {"type": "text", "dx": 10, "fontSize": 13, "color": _INK}
    spec = {
        "data": {"values": points.select("x", "y", "letter").to_dicts()},
        "width": 260,
        "height": 260,
        "layer": [
            {"mark": {"type": "point", "filled": True, "size": 70, "opacity": 1, "color": _PLAIN}, "encoding": encoding},
            {"mark": letter, "encoding": {**encoding, "text": {"field": "letter", "type": "nominal"}}},
        ],
        "config": {
            "background": "transparent",
            "font": "sans-serif",
            "view": {"stroke": _GREY},
            "axis": {"labelColor": _INK, "gridColor": f"{_GREY}44", "domainColor": _GREY, "tickColor": _GREY},
        },
    }
    pairs = distances.filter(pl.col("label") == "mean").iter_rows(named=True)
    between = {frozenset((row["a"], row["b"])): row["excess"] for row in pairs}
    rows = [
        {"item": letters[a], "cells": ["" if a == b else table.number(between.get(frozenset((a, b)))) for b in letters]}
        for a in letters
    ]
    title = "How far apart the accounts are"
    text = (
        "Near each other: alike in claims, voices, sources and perspective. The axes have no meaning of their own. "
        "The numbers are mean Jensen–Shannon distances beyond what chance gives texts of these lengths, 0 to 1."
    )
    return [{"title": title, "text": text, "svg": _image(vl_convert.vegalite_to_svg(spec), title), "rows": rows}]


def image(frames: Mapping[str, pl.DataFrame], topic_id: str, measures: pl.DataFrame, name: str, style: str) -> bytes:
    """One chart as a file of its own, `svg` or `png`. Raises ValueError for a measure that is not drawn."""
    import vl_convert

    if name not in CHARTS:
        raise ValueError(f"no chart {name!r}; {nearest(name, list(CHARTS))}" if name else f"--chart is needed: {', '.join(CHARTS)}")
    letters = _letters(_articles(frames, topic_id))
    rows = _rows(measures, name, letters)
    spec = json.dumps(chart(rows, name) | {"title": CHARTS[name][0], "background": "white"}).replace(_INK, "#1b1f24")
    return bytes(vl_convert.vegalite_to_png(spec, scale=2)) if style == "png" else vl_convert.vegalite_to_svg(spec).encode("utf-8")


def markdown(frames: Mapping[str, pl.DataFrame], topic_id: str, measures: pl.DataFrame) -> str:
    """The report in short as Markdown, for a pull request: who is compared, the main measures, and who reports what."""
    rows = _articles(frames, topic_id)
    letters = _letters(rows)
    head = [
        f"- **{letters[row['article_id']]}** {table.escaped(row['title'])}{' *(constructed)*' * (row['origin'] == 'constructed')}"
        f"{'' if row['includes_text'] else ' *(text withheld)*'}"
        for row in rows
    ]
    main = measures.filter(pl.col("measure").is_in(table.MAIN))
    cells = {(row["measure"], row["item"], row["article_id"]): row for row in main.iter_rows(named=True)}
    keys = dict.fromkeys((measure, item) for measure, item, _ in cells)
    values = [
        [f"{measure} {item}".strip(), *(table.cell(cells.get((measure, item, one))) for one in letters)] for measure, item in keys
    ]
    coded = set(frames["sentences"].filter(pl.col("facts").is_not_null())["article_id"])
    none = ["–" if one in coded else "not coded" for one in letters]
    facts = [
        [
            fact["text"],
            *("; ".join(quote["words"] for quote in cell) or other for cell, other in zip(fact["cells"], none, strict=True)),
        ]
        for fact in _coverage(frames, topic_id, letters)
    ]
    names = list(letters.values())
    parts = [
        f"# {table.escaped(rows[0]['topic_title'])}",
        "\n".join(head),
        *(f"> {one}" for one in (*_warnings(rows), *table.warned(measures))),
    ]
    parts += ["## Measures", _grid(["", *names], values), "## Who reports what", _grid(["fact", *names], facts)]
    return "\n\n".join(parts) + "\n"


def _grid(head: list[str], rows: list[list[str]]) -> str:
    return markdown_table([name or "measure" for name in head], (map(table.escaped, row) for row in rows))
