"""Export to CSV for spreadsheets and JSON Lines for programs, with a row for each sentence and annotator."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from slantbank.bank import toml
from slantbank.codebook import GOLD, NEUTRAL, SpanLayer
from slantbank.problem import nearest

_ROWS = 10_000
_PLACE = ("sentence_id", "article_id", "topic_id", "n", "unit", "paragraph", "start", "end", "text")
_ARTICLE = ("title", "outlet", "author", "published", "url", "language", "origin", "license", "annotations_license")
_LABELS = ("claim_type", "attribution", "source", "cue", "source_type", "source_party", "source_perspective", "loaded", "facts")
_TOPIC = ("axis", "collection", "split")
_FORMULA = r"\A[=+\-@\t\r\n\x00＝＋－＠]"
"""Characters with which a formula starts in a spreadsheet (OWASP, CSV Injection; ASVS 1.2.10)."""
SEPARATOR = "|"
"""The separator between the items of a list in a cell of CSV."""


def rows(frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return a row for each sentence and annotator, sorted by both; a sentence without labels has one row.

    `source_perspective` is the party or `neutral`, as in annotation files; `side` is the column `source_perspective` of the frames.
    `source` and `cue` are the first spans of these layers.
    """
    party = pl.col("perspective_party")
    perspective = pl.when(pl.col("source_perspective") == NEUTRAL).then(pl.lit(NEUTRAL)).otherwise(party)
    spans = pl.col("spans")

    def words(layer: SpanLayer) -> pl.Expr:
        return spans.list.filter(pl.element().struct.field("layer") == layer.value).list.eval(pl.element().struct.field("text"))

    labels = frames["annotations"].with_columns(
        side="source_perspective",
        source_perspective=perspective,
        source=words(SpanLayer.SOURCE).list.first(),
        cue=words(SpanLayer.CUE).list.first(),
        loaded=pl.when(pl.col("loaded_words").is_not_null()).then(words(SpanLayer.LOADED)),
    )
    place = frames["sentences"].select(_PLACE)
    joined = place.join(labels.drop("article_id", "topic_id", "n"), on="sentence_id", how="left")
    coders = frames["articles"].select("article_id", "annotators").explode("annotators").unnest("annotators")
    codebooks = coders.select("article_id", annotator_id="id", codebook="codebook")
    return (
        joined.with_columns(loaded=pl.when(pl.col("text").is_not_null()).then("loaded"))  # words of a withheld text are unknown
        .join(frames["articles"].select("article_id", *_ARTICLE), on="article_id", how="left")
        .join(codebooks, on=["article_id", "annotator_id"], how="left")
        .sort("article_id", "n", "annotator_id")
    )


def csv(frames: Mapping[str, pl.DataFrame], _: Path) -> Iterator[str]:
    """Yield CSV in UTF-8 for spreadsheets: a column for each party's stance, lists joined by `SEPARATOR`, no spans.

    Text that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    labelled = rows(frames)
    columns = {"stance": _names(labelled["stance"], "party"), "scores": _names(labelled["scores"], "name")}

    def value(column: str, key: str, name: str) -> pl.Expr:
        values = pl.col(column).list.eval(pl.element().filter(pl.element().struct.field(key) == name).struct.field("value"))
        return values.list.first().alias(f"{column}_{name}")

    table = labelled.select(
        *_PLACE,
        *_ARTICLE,
        "annotator_id",
        "annotator_kind",
        "codebook",
        *(pl.col(name).list.join(SEPARATOR) if name in ("loaded", "facts") else pl.col(name) for name in _LABELS),
        "side",
        *(value("stance", "party", name) for name in columns["stance"]),
        *(value("scores", "name", name) for name in columns["scores"]),
        "note",
    )
    text = [name for name, dtype in table.schema.items() if dtype == pl.String]
    safe = table.with_columns(
        pl.when(pl.col(name).str.contains(_FORMULA)).then(pl.lit("'") + pl.col(name)).otherwise(name).alias(name) for name in text
    )
    yield safe.clear().write_csv()
    for part in safe.iter_slices(_ROWS):
        yield part.write_csv(include_header=False, quote_style="non_numeric")


def _names(column: pl.Series, key: str) -> list[str]:
    """Return the different names in a column of lists of structs."""
    return column.explode().struct.field(key).drop_nulls().unique().sort().to_list()


def jsonl(frames: Mapping[str, pl.DataFrame], _: Path) -> Iterator[str]:
    """Yield JSON Lines: an object a line, with the nested objects `article`, `annotator` and `stance`, and spans with offsets."""
    for part in rows(frames).iter_slices(_ROWS):
        yield "".join(json.dumps(_json_object(row), ensure_ascii=False, default=str) + "\n" for row in part.iter_rows(named=True))


def _json_object(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "sentence_id": row["sentence_id"],
        "article": {"id": row["article_id"], "topic": row["topic_id"], **{name: row[name] for name in _ARTICLE}},
        **{name: row[name] for name in ("n", "unit", "paragraph", "start", "end", "text")},
        "annotator": {"id": row["annotator_id"], "kind": row["annotator_kind"], "codebook": row["codebook"]},
        **{name: row[name] for name in _LABELS},
        "side": row["side"],
        "stance": None if row["stance"] is None else {stance["party"]: stance["value"] for stance in row["stance"]},
        "spans": row["spans"],
        "scores": {score["name"]: score["value"] for score in row["scores"] or ()},
        "note": row["note"],
    }


def mapping(frames: Mapping[str, pl.DataFrame]) -> str:
    """Return the mapping file with which `import jsonl` reads what `jsonl` writes.

    Spans of layers other than source, cue and loaded have no column, and are left out.
    """
    labelled = rows(frames)
    columns = {
        "article": "article.id",
        "topic": "article.topic",
        "text": "text",
        "n": "n",
        "paragraph": "paragraph",
        **{name: f"article.{name}" for name in _ARTICLE if name != "title"},
        "annotator": "annotator.id",
        "kind": "annotator.kind",
        "codebook": "annotator.codebook",
        **{name: name for name in _LABELS},
        "note": "note",
    }
    stance = frames["parties"]["party_id"].unique().sort() if labelled["stance"].count() else ()
    parts = [
        toml.table({"headline_first": True}),
        "[columns]\n" + toml.table(columns),
        "[stance]\n" + toml.table({name: f"stance.{name}" for name in stance}),
        "[scores]\n" + toml.table({name: f"scores.{name}" for name in _names(labelled["scores"], "name")}),
        "[annotator]\n" + toml.table({"codebook": "unknown"}),
    ]
    for topic in labelled["topic_id"].unique().sort():
        of_topic = frames["articles"].filter(topic_id=topic).select(*_TOPIC, id="topic_id", title="topic_title")
        parts.append(_table(of_topic.row(0, named=True), "topic"))
        for kind in ("party", "fact"):
            registry = frames["parties" if kind == "party" else "facts"].filter(topic_id=topic)
            of_topic_rows = registry.drop("topic_id", *_TOPIC, strict=False).rename({f"{kind}_id": "id"})
            parts += [_table(row, "topic", kind) for row in of_topic_rows.iter_rows(named=True)]
    return "\n".join(parts)


def _table(row: dict[str, Any], *names: str) -> str:
    """Return a row as a TOML table, without values that are null, empty or false."""
    return toml.table({name: value for name, value in row.items() if value}, *names)


def select(frames: Mapping[str, pl.DataFrame], articles: Sequence[str], annotators: Sequence[str]) -> dict[str, pl.DataFrame]:
    """Return the frames with some articles (none named: all) and the labels of some annotators.

    If no annotator is named, an article has its adjudicated labels, or those of every annotator if it has none. Raises ValueError
    for an unknown article or annotator.
    """
    choices = {"article": frames["articles"]["article_id"], "annotator": frames["annotations"]["annotator_id"].unique().sort()}
    for kind, names in (("article", articles), ("annotator", annotators)):
        for name in names:
            if name not in choices[kind]:
                raise ValueError(f"no {kind} {name!r} in the bank; {nearest(name, choices[kind].to_list())}")
    by_article = pl.col("article_id").is_in(list(articles)) if articles else pl.lit(value=True)
    selected = {name: frame.filter(by_article) if "article_id" in frame.columns else frame for name, frame in frames.items()}
    gold = pl.col("annotator_id") == GOLD
    by_annotator = pl.col("annotator_id").is_in(list(annotators)) if annotators else gold | ~gold.any().over("article_id")
    return {**selected, "annotations": selected["annotations"].filter(by_annotator)}
