"""Whose labels speak for an article: gold, else the only coder, else by request what most coders chose, else nobody's."""

from collections.abc import Iterable, Mapping

import polars as pl

from slantbank.codebook import GOLD, AnnotatorKind, Attribution
from slantbank.problem import nearest

Frames = Mapping[str, pl.DataFrame | pl.LazyFrame]

MAJORITY = "majority"

_PLACE = {"sentence_id", "article_id", "topic_id", "n", "note"}
_ADJUDICATED = str(AnnotatorKind.ADJUDICATED)


def annotators(frames: Frames) -> pl.DataFrame:
    """For each article `coders`, a list of ids; whether it has `gold`; and `models`, the names of its coders if all are models."""
    articles = frames["articles"].lazy()
    if "annotators" not in articles.collect_schema():
        articles = articles.with_columns(
            annotators=pl.lit([], pl.List(pl.Struct(dict.fromkeys(("id", "kind", "name"), pl.String))))
        )
    who, one = pl.col("annotators").fill_null([]), pl.element().struct
    coders = who.list.filter(one.field("kind") != _ADJUDICATED)
    models = coders.list.eval(one.field("kind") == AnnotatorKind.MODEL).list.all() & (coders.list.len() > 0)
    return articles.select(
        "article_id",
        coders=coders.list.eval(one.field("id")),
        gold=who.list.eval(one.field("kind") == _ADJUDICATED).list.any(),
        models=pl.when(models).then(coders.list.eval(one.field("name").fill_null("")).list.unique()),
    ).collect()


def speaking(frames: Frames, labels: str | None = None) -> tuple[dict[str, pl.DataFrame | pl.LazyFrame], pl.DataFrame]:
    """The frames whose `sentences` carry the labels that speak for each article, and by article whose `labels` these are.

    The rule: gold; else the only coder; else, with `labels="majority"`, what more than half of the coders chose; else nobody's,
    and then all labels are null. `labels="NAME"` takes those of one annotator wherever there are any, and no others. Articles
    that list no annotators keep the labels that their sentences have. The second frame has `article_id`, `labels` (an annotator's
    id, `majority`, or null), and `coders`, `gold` and `models` as `annotators` gives them. Raises ValueError for a name that no
    article has.
    """
    who = annotators(frames)
    only, several = pl.col("coders").list.len() == 1, pl.col("coders").list.len() > 1
    if labels in (None, MAJORITY):
        rule = pl.when("gold").then(pl.lit(GOLD)).when(only).then(pl.col("coders").list.first())
        who = who.with_columns(labels=rule.when(several).then(pl.lit(labels, pl.String)))
        kept = pl.col("gold") | (pl.col("coders").list.len() == 0)
    else:
        known(labels, [MAJORITY, GOLD, *who["coders"].explode().drop_nulls().unique().sort()])
        has = pl.col("gold") if labels == GOLD else pl.col("coders").list.contains(labels)
        who = who.with_columns(labels=pl.when(has).then(pl.lit(labels)))
        kept = pl.lit(labels == GOLD) & has
    changed = who.filter(~kept)
    if changed.is_empty():
        return dict(frames), who
    return {**frames, "sentences": _relabelled(frames, changed)}, who


def unasked(frames: Frames, who: pl.DataFrame | None = None) -> pl.DataFrame:
    """The facts that were not there to look for when an article was coded: `article_id`, `annotator_id` and `fact_id`.

    Given who speaks for each article, as `speaking` has it, those of them alone (of most coders, what one was not asked), without
    `annotator_id`. A fact that an annotator was not asked about is not coded, and not left out.
    """
    articles, listed = frames["articles"].lazy(), pl.col("annotators").struct
    kind = articles.collect_schema().get("annotators")
    if "facts" not in frames or "facts" not in (field.name for field in getattr(getattr(kind, "inner", None), "fields", ())):
        names = {"article_id": pl.String} | ({"annotator_id": pl.String} if who is None else {}) | {"fact_id": pl.String}
        return pl.DataFrame(schema=names)
    each = articles.select("article_id", "topic_id", "annotators").explode("annotators")
    each = each.select("article_id", "topic_id", annotator_id=listed.field("id"), asked=listed.field("facts")).drop_nulls("asked")
    facts = frames["facts"].lazy().select("topic_id", "fact_id")
    lacking = each.join(facts, on="topic_id").filter(~pl.col("asked").list.contains(pl.col("fact_id")))
    if who is None:
        return lacking.select("article_id", "annotator_id", "fact_id").collect()
    speaks = (pl.col("labels") == pl.col("annotator_id")) | (pl.col("labels") == MAJORITY)
    spoken = lacking.join(who.lazy().select("article_id", "labels"), on="article_id").filter(speaks)
    return spoken.select("article_id", "fact_id").unique().collect()


def named(frames: Frames) -> list[str]:
    """The coders who have labelled anything, sorted. Raises ValueError if there are none."""
    coders = frames["annotations"].lazy().filter(pl.col("annotator_kind") != _ADJUDICATED).select("annotator_id").unique()
    if not (names := coders.collect()["annotator_id"].sort().to_list()):
        raise ValueError("the frame annotations has no coder's labels")
    return names


def known(name: str, annotators: Iterable[str]) -> None:
    """Raise ValueError unless there are labels by an annotator of this name; it names the nearest that there is."""
    if name not in (names := list(dict.fromkeys(annotators))):
        raise ValueError(f"no labels by {name!r}; {nearest(name, names)}")


def _relabelled(frames: Frames, changed: pl.DataFrame) -> pl.LazyFrame:
    """The sentences, those of the `changed` articles with the labels of whoever is named there."""
    sentences, notes = frames["sentences"].lazy(), frames["annotations"].lazy()
    names = [name for name in sentences.collect_schema() if name in set(notes.collect_schema()) - _PLACE]
    named = changed.lazy().select("article_id", annotator_id="labels").drop_nulls()
    labels = notes.join(named, on=["article_id", "annotator_id"]).select("article_id", "n", *names)
    crowd = changed.lazy().filter(pl.col("labels") == MAJORITY).select("article_id")
    if (changed["labels"] == MAJORITY).any():
        labels = pl.concat([labels, _majority(notes.join(crowd, on="article_id", how="semi"), names)])
    ids = changed.lazy().select("article_id")
    columns = list(sentences.collect_schema())
    fresh = sentences.join(ids, on="article_id", how="semi").drop(names).join(labels, on=["article_id", "n"], how="left")
    spans = pl.col("spans").fill_null([])
    return pl.concat([sentences.join(ids, on="article_id", how="anti"), fresh.with_columns(spans).select(columns)])


def _majority(notes: pl.LazyFrame, names: list[str]) -> pl.LazyFrame:
    """What more than half of the coders who coded a layer chose, sentence by sentence: null where no choice has so many.

    Of lists, each element is voted on by itself.
    """
    notes = notes.filter(pl.col("annotator_kind") != _ADJUDICATED)
    schema, keys, attributed = notes.collect_schema(), ["article_id", "n"], pl.col("attribution") != Attribution.AUTHOR
    coded = {"source_party": attributed, "perspective_party": pl.col("source_perspective").is_not_null()}  # else null is a choice
    found = notes.select(keys).unique()
    for name in names:
        ballots = notes.filter(coded.get(name, pl.col(name).is_not_null())).select(*keys, name, coders=pl.len().over(keys))
        listed = isinstance(schema[name], pl.List)
        elements = ballots.explode(name).drop_nulls(name) if listed else ballots
        votes = elements.group_by(*keys, name).agg(votes=pl.len(), coders=pl.col("coders").first())
        chosen = votes.filter(2 * pl.col("votes") > pl.col("coders")).select(*keys, name)
        if listed:
            empty = ballots.select(keys).unique()
            chosen = empty.join(chosen.group_by(keys).agg(pl.col(name).sort()), on=keys, how="left").with_columns(
                pl.col(name).fill_null([])
            )
        found = found.join(chosen, on=keys, how="left")
    found = found.with_columns(pl.when(attributed).then(pl.col("source_type", "source_party")))
    words = pl.col("loaded_at").list.len().cast(schema["loaded_words"]) if "loaded_at" in names else "loaded_words"
    return found.with_columns(loaded_words=words).select(*keys, *names)
