"""The decisive labels of an article: gold, else the only coder's, else by request those of most coders, else none."""

from collections.abc import Iterable, Mapping

import polars as pl

from slantbank.codebook import GOLD, AnnotatorKind, Attribution
from slantbank.problem import nearest

Frames = Mapping[str, pl.DataFrame | pl.LazyFrame]

MAJORITY = "majority"

_NO_LABELS = {"sentence_id", "article_id", "topic_id", "n", "note"}
"""The columns that sentences and annotations share and that are no labels."""
_ADJUDICATED = str(AnnotatorKind.ADJUDICATED)


def annotators(frames: Frames) -> pl.DataFrame:
    """For each article `coders`, a list of ids; whether it has `gold`; and `models`, the names of its coders if all are models."""
    articles = frames["articles"].lazy()
    if "annotators" not in articles.collect_schema():
        articles = articles.with_columns(
            annotators=pl.lit([], pl.List(pl.Struct(dict.fromkeys(("id", "kind", "name"), pl.String))))
        )
    listed, annotator = pl.col("annotators").fill_null([]), pl.element().struct
    coders = listed.list.filter(annotator.field("kind") != _ADJUDICATED)
    models = coders.list.eval(annotator.field("kind") == AnnotatorKind.MODEL).list.all() & (coders.list.len() > 0)
    return articles.select(
        "article_id",
        coders=coders.list.eval(annotator.field("id")),
        gold=listed.list.eval(annotator.field("kind") == _ADJUDICATED).list.any(),
        models=pl.when(models).then(coders.list.eval(annotator.field("name").fill_null("")).list.unique()),
    ).collect()


def decisive_labels(frames: Frames, labels: str | None = None) -> tuple[dict[str, pl.DataFrame | pl.LazyFrame], pl.DataFrame]:
    """The frames with the decisive labels of each article in `sentences`, and a frame that says by article whose they are.

    They are gold; else those of the only coder; else, with `labels="majority"`, what more than half of the coders chose; else all
    are null. `labels="NAME"` takes those of one annotator wherever there are any, and no others. Articles that list no annotators
    keep the labels that their sentences have. The second frame has `article_id`, `labels` (an annotator's id, `majority`, or null),
    and `coders`, `gold` and `models` as `annotators` gives them. Raises ValueError for a name that no article has.
    """
    by_article = annotators(frames)
    single, several = pl.col("coders").list.len() == 1, pl.col("coders").list.len() > 1
    if labels in (None, MAJORITY):
        rule = pl.when("gold").then(pl.lit(GOLD)).when(single).then(pl.col("coders").list.first())
        by_article = by_article.with_columns(labels=rule.when(several).then(pl.lit(labels, pl.String)))
        unchanged = pl.col("gold") | (pl.col("coders").list.len() == 0)
    else:
        require_annotator(labels, [MAJORITY, GOLD, *by_article["coders"].explode().drop_nulls().unique().sort()])
        labelled = pl.col("gold") if labels == GOLD else pl.col("coders").list.contains(labels)
        by_article = by_article.with_columns(labels=pl.when(labelled).then(pl.lit(labels)))
        unchanged = pl.lit(labels == GOLD) & labelled
    changed = by_article.filter(~unchanged)
    if changed.is_empty():
        return dict(frames), by_article
    return {**frames, "sentences": _replace_labels(frames, changed)}, by_article


def unasked_facts(frames: Frames, by_article: pl.DataFrame | None = None) -> pl.DataFrame:
    """The facts that did not exist yet when an annotator coded an article: `article_id`, `annotator_id` and `fact_id`.

    With `by_article`, the second frame of `decisive_labels`, only those of the decisive annotators (of a majority: of any coder),
    without `annotator_id`. A fact that an annotator was not asked about is not coded, and not left out.
    """
    articles, listed = frames["articles"].lazy(), pl.col("annotators").struct
    kind = articles.collect_schema().get("annotators")
    if "facts" not in frames or "facts" not in (field.name for field in getattr(getattr(kind, "inner", None), "fields", ())):
        names = ("article_id", *(["annotator_id"] if by_article is None else []), "fact_id")
        return pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    asked = articles.select("article_id", "topic_id", "annotators").explode("annotators")
    asked = asked.select("article_id", "topic_id", annotator_id=listed.field("id"), asked=listed.field("facts"))
    facts = frames["facts"].lazy().select("topic_id", "fact_id")
    unasked = asked.drop_nulls("asked").join(facts, on="topic_id").filter(~pl.col("asked").list.contains(pl.col("fact_id")))
    if by_article is None:
        return unasked.select("article_id", "annotator_id", "fact_id").collect()
    decisive = (pl.col("labels") == pl.col("annotator_id")) | (pl.col("labels") == MAJORITY)
    unasked = unasked.join(by_article.lazy().select("article_id", "labels"), on="article_id").filter(decisive)
    return unasked.select("article_id", "fact_id").unique().collect()


def coder_ids(frames: Frames) -> list[str]:
    """The coders who have labelled anything, sorted. Raises ValueError if there are none."""
    coders = frames["annotations"].lazy().filter(pl.col("annotator_kind") != _ADJUDICATED).select("annotator_id").unique()
    if not (names := coders.collect()["annotator_id"].sort().to_list()):
        raise ValueError("the frame annotations has no coder's labels")
    return names


def require_annotator(name: str, annotators: Iterable[str]) -> None:
    """Raise ValueError, with the nearest name, unless an annotator of this name has labels."""
    if name not in (names := list(dict.fromkeys(annotators))):
        raise ValueError(f"no labels by {name!r}; {nearest(name, names)}")


def _replace_labels(frames: Frames, changed: pl.DataFrame) -> pl.LazyFrame:
    """The sentences, those of the `changed` articles with the labels of the annotator in `labels`."""
    sentences, notes = frames["sentences"].lazy(), frames["annotations"].lazy()
    names = [name for name in sentences.collect_schema() if name in set(notes.collect_schema()) - _NO_LABELS]
    named = changed.lazy().select("article_id", annotator_id="labels").drop_nulls()
    labels = notes.join(named, on=["article_id", "annotator_id"]).select("article_id", "n", *names)
    majority = changed.lazy().filter(pl.col("labels") == MAJORITY).select("article_id")
    if (changed["labels"] == MAJORITY).any():
        labels = pl.concat([labels, _majority(notes.join(majority, on="article_id", how="semi"), names)])
    ids = changed.lazy().select("article_id")
    columns = list(sentences.collect_schema())
    relabelled = sentences.join(ids, on="article_id", how="semi").drop(names).join(labels, on=["article_id", "n"], how="left")
    spans = pl.col("spans").fill_null([])
    return pl.concat([sentences.join(ids, on="article_id", how="anti"), relabelled.with_columns(spans).select(columns)])


def _majority(notes: pl.LazyFrame, names: list[str]) -> pl.LazyFrame:
    """The label that more than half of the coders of a layer chose, sentence by sentence; null where none has so many votes.

    Each element of a list is voted on separately.
    """
    notes = notes.filter(pl.col("annotator_kind") != _ADJUDICATED)
    schema, keys, attributed = notes.collect_schema(), ["article_id", "n"], pl.col("attribution") != Attribution.AUTHOR
    coded = {"source_party": attributed, "perspective_party": pl.col("source_perspective").is_not_null()}  # else null is a choice
    labels = notes.select(keys).unique()
    for name in names:
        ballots = notes.filter(coded.get(name, pl.col(name).is_not_null())).select(*keys, name, coders=pl.len().over(keys))
        listed = isinstance(schema[name], pl.List)
        elements = ballots.explode(name).drop_nulls(name) if listed else ballots
        votes = elements.group_by(*keys, name).agg(votes=pl.len(), coders=pl.col("coders").first())
        winners = votes.filter(2 * pl.col("votes") > pl.col("coders")).select(*keys, name)
        if listed:
            winners = winners.group_by(keys).agg(pl.col(name).sort())
            winners = ballots.select(keys).unique().join(winners, on=keys, how="left").with_columns(pl.col(name).fill_null([]))
        labels = labels.join(winners, on=keys, how="left")
    labels = labels.with_columns(pl.when(attributed).then(pl.col("source_type", "source_party")))
    words = pl.col("loaded_at").list.len().cast(schema["loaded_words"]) if "loaded_at" in names else "loaded_words"
    return labels.with_columns(loaded_words=words).select(*keys, *names)
