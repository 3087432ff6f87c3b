"""What must be known before anything is concluded from a comparison, and what to do about it: rows of its frame."""

from collections.abc import Iterable, Iterator, Mapping

import polars as pl

from slantbank.codebook import GOLD
from slantbank.measure._labels import MAJORITY
from slantbank.measure._measures import Measure
from slantbank.measure._sums import Asked

MANY = 30
"""Fewer articles of a group are warned about."""

WARNING = "warning"


def rows(asked: Asked, counts: pl.DataFrame, measures: Mapping[str, Measure]) -> pl.DataFrame:
    """The warnings as rows of `compare`: no group, `measure` is `warning`, `item` its kind, and `reason` says it."""
    found = [(None, WARNING, *one) for one in (*_of_labels(asked, counts), *_of_groups(asked, counts, measures))]
    kinds = {asked.by: counts.schema["group"], "measure": pl.String, "item": pl.String, "reason": pl.String}
    return pl.DataFrame(found, kinds, orient="row")


def _named(names: Iterable[object], most: int = 3) -> str:
    listed = sorted(map(str, names))
    return ", ".join(listed[:most]) + (f" and {len(listed) - most} more" if len(listed) > most else "")


def _of_labels(asked: Asked, counts: pl.DataFrame) -> Iterator[tuple[str, str]]:
    """Who has labelled, and what nobody has."""
    size = counts.height
    if asked.lost:
        yield "left out", f"{asked.lost} of {size + asked.lost} articles have no {asked.by} and are left out; name it in article.toml."
    several = counts.filter(pl.col("labels").is_null() & (pl.col("coders").list.len() > 1))
    if several.height and not asked.coders:
        yield (
            "nobody's labels",
            f"{several.height} of {size} articles have several coders and no adjudicated labels, so that nobody's labels speak for "
            'them: adjudicate them, or take what most coders chose (labels "majority").',
        )
    single = counts.filter(pl.col("labels").is_in([GOLD, MAJORITY]).not_() | (pl.col("labels").is_not_null() & asked.coders))
    single = single.filter(pl.col("coders").list.len() == 1) if asked.coders else single
    if single.height:
        who = _named(single["coders"].explode().unique() if asked.coders else single["labels"].unique())
        yield (
            "one coder",
            f"The labels of {single.height} of {size} articles are those of one coder ({who}), and nobody has checked them: have "
            "somebody else label some of the sentences, and see how far you agree.",
        )
    models = counts.filter(pl.col("models").list.len() == 1)
    if models.height:
        yield (
            "one model",
            f"The coders of {models.height} of {size} articles are instances of one model ({_named(models['models'].explode().unique())}), "
            "which share their biases: have people label some of the sentences.",
        )
    layers = [name for name in counts.columns if name in asked.names("sentences") and counts.schema[name].is_integer()]
    for layer in layers:
        some = counts.filter(pl.col(layer) > 0).height
        share = int(counts[layer].sum()) / max(1, int(counts["rows"].sum()))
        if layer != "source_type" and 0 < share < 1:
            yield (
                "partly coded",
                f"{layer.replace('_', ' ')} is coded in {100 * share:.0f} % of the sentences, of {some} of {size} articles: what is "
                "said of it is said of those alone.",
            )


def _of_groups(asked: Asked, counts: pl.DataFrame, measures: Mapping[str, Measure]) -> Iterator[tuple[str, str]]:
    """How the groups are made up."""
    if asked.by == "topic_id":
        about = counts.group_by("group").agg(n=pl.len())
    else:
        about = counts.group_by("group").agg(pl.col("topic_id", "axis").n_unique(), n=pl.len())
        shares = counts.group_by("group", "topic_id").len().with_columns(pl.col("len") / pl.col("len").sum().over("group"))
        mixes = shares.group_by("topic_id").agg(low=pl.when(pl.len() == about.height).then(pl.col("len").min()).otherwise(0), high=pl.col("len").max())
        wide = about.filter(pl.col("topic_id") > 1)
        if wide.height:
            yield "topics", f"Several topics are mixed in {_named(wide['group'])}: take one topic at a time."
        if about.height > 1 and (mixes["high"] - mixes["low"]).max() > 0.1:
            yield (
                "mix of topics",
                "The groups do not write on the same topics in the same proportions, and differ by that too: compare them within a "
                "topic, as `differences` does.",
            )
        axes = about.filter(pl.col("axis") > 1)
        if axes.height and any(measure.by_side for measure in measures.values()):
            yield (
                "axes",
                f"Side a is not the same on all topics of {_named(axes['group'])}, so that nothing by side is said of "
                f"{'them' if axes.height > 1 else 'it'}: take the topics of one axis.",
            )
    if "language" in counts and (languages := counts["language"].drop_nulls().unique()).len() > 1:
        yield (
            "languages",
            f"The texts are in several languages ({_named(languages)}), in which words are counted and loaded differently: compare "
            "within one.",
        )
    few = about.filter(pl.col("n").is_between(2, MANY - 1))
    if few.height:
        named = _named(f"{group} ({n})" for group, n in few.select("group", "n").iter_rows())
        yield (
            "few articles",
            f"Fewer than {MANY} articles: {named}. The intervals say how little such numbers show of what the group is like.",
        )
    if asked.by != "article_id" and (single := about.filter(n=1)).height:
        yield "one article", f"One article alone stands for {_named(single['group'])}: its interval speaks of this text."
