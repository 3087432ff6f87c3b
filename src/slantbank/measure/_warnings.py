"""The warnings of a comparison: what a reader must know before concluding anything from it, and what to do about it."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from slantbank.codebook import GOLD
from slantbank.measure._labels import MAJORITY
from slantbank.measure._sums import Selection

WARNING = "warning"
MANY = 30
"""A group with fewer articles gets a warning."""

TEXTS = {
    "left out": "{some} of {size} articles have no {about} and are left out; say it in article.toml.",
    "nobody's labels": "{some} of {size} articles have several coders and nothing adjudicated, so that no labels are "
    "decided for them: adjudicate them, or take what most coders chose (labels `majority`).",
    "one coder": "The labels of {some} of {size} articles are those of one coder ({about}), and nobody has checked them: have "
    "somebody else label some of the sentences, and see how far you agree.",
    "one model": "The coders of {some} of {size} articles are instances of one model ({about}), which share their biases: have "
    "people label some of the sentences.",
    "partly coded": "{about} is coded in {share:.0f} % of the sentences, of {some} of {size} articles: its "
    "measures are of those sentences alone.",
    "topics": "Several topics are mixed in {about}: take one topic at a time.",
    "mix of topics": "The groups do not write on the same topics in the same proportions, which is a difference of its own: "
    "compare them within a topic, as `differences` does.",
    "axes": "Side a is not the same on all topics of {about}, so that measures by side have no value there: take the "
    "topics of one axis.",
    "languages": "The texts are in several languages ({about}), in which words are counted and loaded differently: compare within "
    "one language.",
    "few articles": f"Fewer than {MANY} articles: {{about}}. The intervals show how little can be said of such small groups.",
    "one article": "One article alone stands for {about}: its interval speaks of this text.",
}
"""The kinds of warnings, each with its message."""


def rows(selection: Selection, counts: pl.DataFrame) -> pl.DataFrame:
    """The warnings as rows of `compare`: without a group; `measure` is `warning`, `item` its kind, and `reason` its message."""
    values_by_kind = (*_about_labels(selection, counts), *_about_groups(selection, counts))
    schema: dict[str, Any] = {selection.by: counts.schema["group"], "measure": pl.String, "item": pl.String, "reason": pl.String}
    warnings = [(None, WARNING, kind, TEXTS[kind].format(**{"size": counts.height, **values})) for kind, values in values_by_kind]
    return pl.DataFrame(warnings, schema, orient="row")


def _names(names: pl.Series, most: int = 3) -> str:
    """The first of the names, sorted, and how many more there are."""
    listed = sorted(map(str, names.unique()))
    return ", ".join(listed[:most]) + (f" and {len(listed) - most} more" if len(listed) > most else "")


def _about_labels(selection: Selection, counts: pl.DataFrame) -> Iterator[tuple[str, dict[str, Any]]]:
    """Warnings about who labelled, and about layers that are coded in part."""
    size, several = counts.height, pl.col("coders").list.len() > 1
    if selection.ungrouped:
        yield "left out", {"some": selection.ungrouped, "size": size + selection.ungrouped, "about": selection.by}
    nobody = counts.filter(several & pl.col("labels").is_null())
    if nobody.height and not selection.coders:
        yield "nobody's labels", {"some": nobody.height}
    single = counts.filter(~several if selection.coders else ~pl.col("labels").is_in([GOLD, MAJORITY])).drop_nulls("labels")
    if single.height:
        coders = single["coders"].explode() if selection.coders else single["labels"]
        yield "one coder", {"some": single.height, "about": _names(coders)}
    models = counts.filter(pl.col("models").list.len() == 1)
    if models.height:
        yield "one model", {"some": models.height, "about": _names(models["models"].explode())}
    for layer in (name for name in selection.columns("sentences") if name in counts.columns and name != "source_type"):
        if counts.schema[layer].is_integer() and 0 < (total := int(counts[layer].sum())) < (every := int(counts["rows"].sum())):
            some = counts.filter(pl.col(layer) > 0).height
            yield "partly coded", {"some": some, "share": 100 * total / every, "about": layer.replace("_", " ")}


def _about_groups(selection: Selection, counts: pl.DataFrame) -> Iterator[tuple[str, dict[str, Any]]]:
    """Warnings about the size of the groups, and about mixed topics, axes and languages."""
    groups = counts.group_by("group").agg(pl.col("topic_id", "axis").n_unique(), n=pl.len())
    if selection.by != "topic_id":
        shares = counts.group_by("group", "topic_id").len().with_columns(share=pl.col("len") / pl.col("len").sum().over("group"))
        least = pl.when(pl.len() == groups.height).then(pl.col("share").min()).otherwise(0)
        mix = shares.group_by("topic_id").agg(gap=pl.col("share").max() - least)
        if (wide := groups.filter(pl.col("topic_id") > 1)).height:
            yield "topics", {"about": _names(wide["group"])}
        if groups.height > 1 and mix.filter(pl.col("gap") > 0.1).height:
            yield "mix of topics", {}
    if (wide := groups.filter(pl.col("axis") > 1)).height and any(measure.by_side for measure in selection.measures.values()):
        yield "axes", {"about": _names(wide["group"])}
    if "language" in counts.columns and counts["language"].drop_nulls().n_unique() > 1:
        yield "languages", {"about": _names(counts["language"].drop_nulls())}
    if (few := groups.filter(pl.col("n").is_between(2, MANY - 1))).height:
        yield "few articles", {"about": _names(few.select(pl.format("{} ({})", "group", "n")).to_series())}
    if selection.by != "article_id" and (single := groups.filter(n=1)).height:
        yield "one article", {"about": _names(single["group"])}
