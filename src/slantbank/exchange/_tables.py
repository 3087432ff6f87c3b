"""CSV for spreadsheets and JSON Lines for programs: a row is a sentence as one annotator labels it."""

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
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV Injection; ASVS 1.2.10)."""
SEPARATOR = "|"
"""What parts the items of a list in a cell of CSV."""


def rows(frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """A row for each sentence and annotator, or for each sentence that none has labelled; sorted by both.

    `source_perspective` is the party or `neutral`, as in annotation files, and `side` what the frames call so. `source` and
    `cue` are the first words marked so.
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
        joined.with_columns(loaded=pl.when(pl.col("text").is_not_null()).then("loaded"))  # of a withheld text they are not known
        .join(frames["articles"].select("article_id", *_ARTICLE), on="article_id", how="left")
        .join(codebooks, on=["article_id", "annotator_id"], how="left")
        .sort("article_id", "n", "annotator_id")
    )


def csv(frames: Mapping[str, pl.DataFrame], _: Path) -> Iterator[str]:
    """CSV in UTF-8, for spreadsheets: a column for each party's stance, lists joined by `SEPARATOR`, no spans.

    Text that a spreadsheet would take for a formula has an apostrophe before it; numbers are numbers.
    """
    table_ = rows(frames)
    columns = {"stance": _names(table_["stance"], "party"), "scores": _names(table_["scores"], "name")}

    def value(column: str, key: str, name: str) -> pl.Expr:
        of = pl.col(column).list.eval(pl.element().filter(pl.element().struct.field(key) == name).struct.field("value"))
        return of.list.first().alias(f"{column}_{name}")

    table = table_.select(
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
    """The names that a column of lists uses."""
    return column.explode().struct.field(key).drop_nulls().unique().sort().to_list()


def jsonl(frames: Mapping[str, pl.DataFrame], _: Path) -> Iterator[str]:
    """JSON Lines: each line an object, with `article`, `annotator` and `stance` nested in it, and the spans with offsets."""
    for part in rows(frames).iter_slices(_ROWS):
        yield "".join(json.dumps(_record(row), ensure_ascii=False, default=str) + "\n" for row in part.iter_rows(named=True))


def _record(row: dict[str, Any]) -> dict[str, Any]:
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
    """The mapping file by which `import jsonl` reads what `jsonl` writes.

    What has no column is left out: spans but for source, cue and loaded words.
    """
    table_ = rows(frames)
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
    stance = frames["parties"]["party_id"].unique().sort() if table_["stance"].count() else ()
    parts = [
        toml.table({"headline_first": True}),
        "[columns]\n" + toml.table(columns),
        "[stance]\n" + toml.table({name: f"stance.{name}" for name in stance}),
        "[scores]\n" + toml.table({name: f"scores.{name}" for name in _names(table_["scores"], "name")}),
        "[annotator]\n" + toml.table({"codebook": "unknown"}),
    ]
    for topic in table_["topic_id"].unique().sort():
        of_topic = frames["articles"].filter(topic_id=topic).select(*_TOPIC, id="topic_id", title="topic_title")
        parts.append(_table(of_topic.row(0, named=True), "topic"))
        for kind in ("party", "fact"):
            registry = frames["parties" if kind == "party" else "facts"].filter(topic_id=topic)
            own = registry.drop("topic_id", *_TOPIC, strict=False).rename({f"{kind}_id": "id"})
            parts += [_table(row, "topic", kind) for row in own.iter_rows(named=True)]
    return "\n".join(parts)


def _table(row: dict[str, Any], *names: str) -> str:
    """The table of what a row says; what is null, empty or false is not said."""
    return toml.table({name: value for name, value in row.items() if value}, *names)


def within(frames: Mapping[str, pl.DataFrame], articles: Sequence[str], annotators: Sequence[str]) -> dict[str, pl.DataFrame]:
    """The frames with the articles named, or all of them, and the labels of the annotators named.

    Where none is named, those are the adjudicated ones of an article that has them, else those of every annotator. Raises
    ValueError for an article or annotator that there is not.
    """
    names_ = {"article": frames["articles"]["article_id"], "annotator": frames["annotations"]["annotator_id"].unique().sort()}
    for kind, names in (("article", articles), ("annotator", annotators)):
        for name in names:
            if name not in names_[kind]:
                raise ValueError(f"no {kind} {name!r} in the bank; {nearest(name, names_[kind].to_list())}")
    own = pl.col("article_id").is_in(list(articles)) if articles else pl.lit(value=True)
    selected = {name: frame.filter(own) if "article_id" in frame.columns else frame for name, frame in frames.items()}
    gold = pl.col("annotator_id") == GOLD
    by_annotator = pl.col("annotator_id").is_in(list(annotators)) if annotators else gold | ~gold.any().over("article_id")
    return {**selected, "annotations": selected["annotations"].filter(by_annotator)}
