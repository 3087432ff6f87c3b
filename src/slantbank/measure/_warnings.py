"""What must be known before anything is concluded from a comparison, and what to do about it: rows of its frame."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from slantbank.codebook import GOLD
from slantbank.measure._labels import MAJORITY
from slantbank.measure._sums import Asked

WARNING = "warning"
MANY = 30
"""Fewer articles of a group are warned about."""

TEXTS = {
    "left out": "{some} of {size} articles have no {who} and are left out; say it in article.toml.",
    "nobody's labels": "{some} of {size} articles have several coders and nothing adjudicated, so that nobody's labels speak for "
    "them: adjudicate them, or take what most coders chose (labels `majority`).",
    "one coder": "The labels of {some} of {size} articles are those of one coder ({who}), and nobody has checked them: have "
    "somebody else label some of the sentences, and see how far you agree.",
    "one model": "The coders of {some} of {size} articles are instances of one model ({who}), which share their biases: have "
    "people label some of the sentences.",
    "partly coded": "{who} is coded in {share:.0f} % of the sentences, of {some} of {size} articles: what is said of it is said "
    "of those alone.",
    "topics": "Several topics are mixed in {who}: take one topic at a time.",
    "mix of topics": "The groups do not write on the same topics in the same proportions, and differ by that too: compare them "
    "within a topic, as `differences` does.",
    "axes": "Side a is not the same on all topics of {who}, so that nothing is said there by side: take the topics of one axis.",
    "languages": "The texts are in several languages ({who}), in which words are counted and loaded differently: compare within "
    "one.",
    "few articles": f"Fewer than {MANY} articles: {{who}}. The intervals say how little they show of what such a group is like.",
    "one article": "One article alone stands for {who}: its interval speaks of this text.",
}
"""The kinds of warnings, each with what is said and what to do."""


def rows(asked: Asked, counts: pl.DataFrame) -> pl.DataFrame:
    """The warnings as rows of `compare`: no group, `measure` is `warning`, `item` its kind, and `reason` says it."""
    said = (*_of_labels(asked, counts), *_of_groups(asked, counts))
    kinds: dict[str, Any] = {asked.by: counts.schema["group"], "measure": pl.String, "item": pl.String, "reason": pl.String}
    found = [(None, WARNING, kind, TEXTS[kind].format(**{"size": counts.height, **values})) for kind, values in said]
    return pl.DataFrame(found, kinds, orient="row")


def _named(names: pl.Series, most: int = 3) -> str:
    listed = sorted(map(str, names.unique()))
    return ", ".join(listed[:most]) + (f" and {len(listed) - most} more" if len(listed) > most else "")


def _of_labels(asked: Asked, counts: pl.DataFrame) -> Iterator[tuple[str, dict[str, Any]]]:
    """Warnings about who labelled, and about layers that no one coded."""
    size, several = counts.height, pl.col("coders").list.len() > 1
    if asked.lost:
        yield "left out", {"some": asked.lost, "size": size + asked.lost, "who": asked.by}
    nobody = counts.filter(several & pl.col("labels").is_null())
    if nobody.height and not asked.coders:
        yield "nobody's labels", {"some": nobody.height}
    single = counts.filter(~several if asked.coders else ~pl.col("labels").is_in([GOLD, MAJORITY])).drop_nulls("labels")
    if single.height:
        yield "one coder", {"some": single.height, "who": _named(single["coders"].explode() if asked.coders else single["labels"])}
    models = counts.filter(pl.col("models").list.len() == 1)
    if models.height:
        yield "one model", {"some": models.height, "who": _named(models["models"].explode())}
    for layer in (name for name in asked.names("sentences") if name in counts.columns and name != "source_type"):
        if counts.schema[layer].is_integer() and 0 < (total := int(counts[layer].sum())) < (every := int(counts["rows"].sum())):
            some = counts.filter(pl.col(layer) > 0).height
            yield "partly coded", {"some": some, "share": 100 * total / every, "who": layer.replace("_", " ")}


def _of_groups(asked: Asked, counts: pl.DataFrame) -> Iterator[tuple[str, dict[str, Any]]]:
    """How the groups are made up."""
    about = counts.group_by("group").agg(pl.col("topic_id", "axis").n_unique(), n=pl.len())
    if asked.by != "topic_id":
        shares = counts.group_by("group", "topic_id").len().with_columns(share=pl.col("len") / pl.col("len").sum().over("group"))
        least = pl.when(pl.len() == about.height).then(pl.col("share").min()).otherwise(0)
        mix = shares.group_by("topic_id").agg(gap=pl.col("share").max() - least)
        if (wide := about.filter(pl.col("topic_id") > 1)).height:
            yield "topics", {"who": _named(wide["group"])}
        if about.height > 1 and mix.filter(pl.col("gap") > 0.1).height:
            yield "mix of topics", {}
    if (wide := about.filter(pl.col("axis") > 1)).height and any(measure.by_side for measure in asked.measures.values()):
        yield "axes", {"who": _named(wide["group"])}
    if "language" in counts.columns and counts["language"].drop_nulls().n_unique() > 1:
        yield "languages", {"who": _named(counts["language"].drop_nulls())}
    if (few := about.filter(pl.col("n").is_between(2, MANY - 1))).height:
        yield "few articles", {"who": _named(few.select(pl.format("{} ({})", "group", "n")).to_series())}
    if asked.by != "article_id" and (single := about.filter(n=1)).height:
        yield "one article", {"who": _named(single["group"])}
