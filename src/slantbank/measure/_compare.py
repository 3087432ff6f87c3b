"""Comparison of accounts of one event: measures of articles and groups with intervals, and the sentences behind them.

`frames` are the frames by name, eager or lazy: `sentences`, `articles`, `parties` and `facts`, and `annotations` where coders' own
labels are needed. `by` is any column of `articles` that is not nested; articles without a value there are left out. `only` keeps
the named articles or topics. Sentences of the body are measured, or with `headline=True` the headlines alone. `labels` says whose
labels are used (see `decisive_labels`). An unknown name raises ValueError, which gives the nearest one.
"""

from collections.abc import Iterator

import numpy as np
import polars as pl

from slantbank.codebook import SpanLayer
from slantbank.measure import _intervals as intervals
from slantbank.measure import _warnings as warnings
from slantbank.measure._intervals import MIN_SENTENCES, MIN_UNITS, Floats, Ints, group_sums
from slantbank.measure._labels import Frames, coder_ids
from slantbank.measure._measures import FAMILIES
from slantbank.measure._sums import OVERS, Block, Names, Selection, blocks, count_coded, dated_facts, make_selection, run_starts
from slantbank.problem import nearest

CELLS = 200_000
"""Intervals are computed from at most so many sums at a time."""


def compare(
    frames: Frames,
    by: str = "article_id",
    *,
    measures: Names = None,
    only: Names = None,
    headline: bool = False,
    labels: str | None = None,
    coders: bool = False,
) -> pl.DataFrame:
    """Every measure (or those named) of every group, with a 95 % interval: one row a group, measure and item, then the warnings.

    - the column that `by` names: the group; `measure`, `item`: see `MEASURES`; a measure by party or side has that as its item;
    - `value`: null where there is nothing to count; then `reason` says why;
    - `low`, `high`: the 95 % interval of every value, in closed form: nothing is resampled;
    - `rests_on`: what the interval generalizes to. `articles`: others like those of the group. `sentences`, `attributions`: this
      text alone, had it been longer. `facts`: this text and such facts. With `coders=True` also ` and coders`;
    - `method`: `jackknife` over articles on the logit; `exact`, where the jackknife fails; `wilson`, for one article;
    - `too_little`: the interval holds, and there are too few data to conclude more than it shows; `reason` says what is lacking;
    - `n`: what the denominator counts; `n_articles`: the articles of the group in which it is not 0;
    - `labels`: whose labels these are: `gold`, a coder, `majority`, or several of these; `coders`: as in the call.

    Rows whose `measure` is `warning` say in `reason` what a reader must know before concluding anything, and what to do; `item` is
    the kind of warning, and the group is null. With `coders=True` the labels are the coders' own, pooled, and intervals hold for
    other coders, too, as far as so few can show how coders differ.

    >>> import slantbank
    >>> found = slantbank.compare(slantbank.load_all(), measures="loaded", only="2017-07-free-iran-rally-katiraie")
    >>> found.select("measure", "rests_on", "labels").row(0)
    ('loaded', 'sentences', 'gold')
    """
    selection = make_selection(frames, by, only, measures=measures, headline=headline, labels=labels, coders=coders)
    counts = count_coded(selection)
    values = pl.concat(_values(selection, counts))
    if any(measure.over in ("parties", "sides") for measure in selection.measures.values()):
        unmentioned = _mentionable(selection, counts).join(values, on=_KEYS, how="anti")
        values = pl.concat([values, unmentioned], how="diagonal")
    rows = _explain(selection, values.sort(_KEYS), counts)
    return pl.concat([rows, warnings.rows(selection, counts)], how="diagonal").select(by, *_COLUMNS)


_COLUMNS = (
    *("measure", "item", "value", "low", "high", "rests_on", "method", "too_little", "n", "n_articles"),
    *("labels", "coders", "reason"),
)
_KEYS = ["at", "key", "item"]
"""The number of a group, the number of a measure and item, and the party or side."""


def _values(selection: Selection, counts: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The values of the measures with their intervals: rows of the result, unsorted and without reasons."""
    groups = counts.select("article_id", "at", "alone")
    together, single = groups.filter(~pl.col("alone")), groups.filter("alone")
    for block in blocks(selection, OVERS if together.height else OVERS[3:]):
        yield from _block_values(selection, block, together)
        if block.sized:
            yield from _block_values(selection, block, single)
    for block in blocks(selection, OVERS[:3], articles=single, by_sentence=True) if single.height else ():
        yield from _block_values(selection, block, single)


def _block_values(selection: Selection, block: Block, articles: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The values of a block, a few measures and items at a time, so that their sums stay in the processor's cache."""
    alone, unit = articles["alone"].any(), "n" if "n" in block.rows.columns else "article_id"
    rows = block.rows.lazy().join(articles.lazy(), on="article_id").sort("at", "item", unit, *selection.keys[1:]).collect()
    groups = run_starts(rows, "at", "item")
    units = run_starts(rows, "at", "item", unit) if selection.coders else np.arange(len(rows))
    starts = np.searchsorted(units, groups)
    following = np.zeros(len(units), np.bool_)
    if unit == "n":
        following = np.diff(rows["n"].to_numpy()[units], append=-1) == 1
        following[starts[1:] - 1] = False
    keys, of_block = list(selection.items), list(block.pairs)
    size = max(1, CELLS // max(len(rows), 1))
    for names in (of_block[first : first + size] for first in range(0, len(of_block) if len(rows) else 0, size)):
        x, y, *sizes = block.scaled_sums(names, rows)
        coders: Floats | float = 0
        if selection.coders:
            coders = _between_coders(rows, x, y, groups)
            x, y, *sizes = _mean_over_coders([x, y, *sizes], units, starts)
        n_articles = np.ones((len(groups), len(names)))
        exact = too_little = n_articles < 1
        if not alone:
            p, low, high, n_articles, exact, minority, _ = intervals.jackknife_ratios(starts, x, y, coders)
            too_little, rests_on = minority < MIN_UNITS, "articles"
        elif sizes:
            p, effective, rests_on = intervals.divide(x, y), sizes[0], None
        else:
            p, effective, counted, _ = intervals.effective_sizes(starts, x, y, following)
            too_little, rests_on = counted < MIN_SENTENCES, "sentences"
        if alone:
            low, high = intervals.wilson(p, effective, coders)
        least, most = np.array([selection.measures[name].scale for name, _ in names]).T
        numbers = {name: least + (most - least) * end for name, end in (("value", p), ("low", low), ("high", high))}
        numbers |= {"exact": exact, "too_little": too_little, "n": group_sums(starts, y).round().astype(np.int64)}
        numbers |= {
            "n_articles": n_articles.astype(np.int64),
            "key": np.tile([keys.index(name) for name in names], (len(groups), 1)),
        }
        columns = [pl.Series(name, values.ravel(), nan_to_null=True) for name, values in numbers.items()]
        first_rows = np.repeat(groups, len(names))
        yield pl.DataFrame(
            [
                rows["at"].gather(first_rows),
                rows["item"].gather(first_rows),
                pl.repeat(rests_on, len(first_rows), dtype=pl.String, eager=True).alias("rests_on"),
                *columns,
            ]
        )


def _mean_over_coders(sums: list[Floats], units: Ints, starts: Ints) -> list[Floats]:
    """The sums of each unit over its coders, divided by the mean number of coders of a unit in the group."""
    coders = group_sums(units, sums[1] > 0)
    mean = np.maximum(group_sums(starts, coders) / np.maximum(group_sums(starts, coders > 0), 1), 1)
    of_unit = np.repeat(mean, np.diff(starts, append=len(units)), axis=0)
    return [group_sums(units, values) / of_unit for values in sums]


def _between_coders(rows: pl.DataFrame, x: Floats, y: Floats, starts: Ints) -> Floats:
    """The square of the half width that coders add to the intervals: groups × items."""
    coder = rows["annotator_id"].rank("dense").to_numpy().astype(np.int64) - 1
    group = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(rows)))
    sums = np.zeros((2, len(starts), int(coder.max()) + 1, x.shape[1]))
    for total, values in zip(sums, (x, y), strict=True):
        np.add.at(total, (group, coder), values)
    return intervals.between_coders(*sums)


def _explain(selection: Selection, values: pl.DataFrame, counts: pl.DataFrame) -> pl.DataFrame:
    """The rows with measure, item, labels and method, and the reason for a missing or uncertain value."""
    axes = pl.col("axis").unique().sort()
    groups = (
        counts.lazy()
        .group_by("at", maintain_order=True)
        .agg(
            pl.col("group").first().alias(selection.by),
            axes=pl.when(axes.len() > 1).then(axes.str.join(", ")).first(),
            hidden=~pl.col("includes_text").fill_null(value=False).any() if "includes_text" in counts else pl.lit(value=False),
            labels=pl.col("labels").drop_nulls().unique().sort().str.join(", "),
        )
    )
    stated = pl.DataFrame(
        [
            (key, name, item, measure.empty, measure.by_side, measure.withheld, measure.rests_on)
            for key, ((name, item), measure) in enumerate(selection.items.items())
        ],
        ["key", "measure", "label", "empty", "by_side", "withheld", "counted"],
        orient="row",
    )
    none, mixed = pl.col("value").is_null(), pl.col("axes").is_not_null() & pl.col("by_side")
    few_articles = f"fewer than {MIN_UNITS} articles show it, or fewer than {MIN_UNITS} anything else"
    few_sentences = pl.lit(f"fewer than {MIN_SENTENCES} sentences count")
    lack = pl.when(rests_on="sentences").then(few_sentences).otherwise(pl.lit(few_articles))
    reason = (
        pl.when(mixed)
        .then(pl.format("side a is not the same on all topics of the group ({}): take those of one axis", "axes"))
        .when(none & pl.col("uncoded").is_not_null())
        .then(pl.format("not coded: {}", "uncoded"))
        .when(none & pl.col("hidden") & pl.col("withheld"))
        .then(pl.lit("the text is withheld, and wordings are not known"))
        .when(none)
        .then("empty")
        .when("too_little")
        .then(pl.format("too little to say: {}", lack))
    )
    rests_on, coders = pl.col("rests_on").fill_null(pl.col("counted")), pl.lit(selection.coders)
    method = pl.when("exact").then(pl.lit("exact")).when(rests_on="articles").then(pl.lit("jackknife")).otherwise(pl.lit("wilson"))
    kept = {name: pl.when(~mixed & ~none).then(name) for name in ("value", "low", "high", "too_little", "method", "rests_on")}
    return (
        values.lazy()
        .join(groups, on="at", maintain_order="left")
        .join(stated.lazy(), on="key", maintain_order="left")
        .join(_uncoded(selection, counts), on=["at", "measure"], how="left", maintain_order="left")
        .with_columns(reason=reason, item=pl.col("label") + pl.col("item"), method=method, coders=coders)
        .with_columns(rests_on=pl.when(coders).then(rests_on + " and coders").otherwise(rests_on))
        .with_columns(**kept, n=pl.when(~mixed).then("n"), labels=pl.when(pl.col("labels") != "").then("labels"))
        .collect()
    )


def _mentionable(selection: Selection, counts: pl.DataFrame) -> pl.DataFrame:
    """An empty row for each party and side of a group's topics and each measure over parties or sides."""
    measures = [(key, stated.over) for key, stated in enumerate(selection.items.values()) if stated.over in ("parties", "sides")]
    keys = pl.DataFrame(measures, {"key": pl.Int64, "over": pl.String}, orient="row").lazy()
    parties = selection.frames["parties"].lazy().select("topic_id", parties="party_id", sides="side")
    items = counts.lazy().select("at", "topic_id").unique().join(parties, on="topic_id").unpivot(["parties", "sides"], index="at")
    items = items.unique().rename({"variable": "over", "value": "item"}).join(keys, on="over")
    return items.select("at", "key", "item", n=pl.lit(0, pl.Int64), n_articles=pl.lit(0, pl.Int64)).collect()


def _uncoded(selection: Selection, counts: pl.DataFrame) -> pl.LazyFrame:
    """For each group and measure the layers that no row has coded, if any; only an attributed sentence has a source type."""
    layers = sorted({layer for measure in selection.measures.values() for layer in measure.layers})
    coded = counts.lazy().group_by("at").agg(pl.col(*layers, "attribution", "attributed").sum())
    if "source_type" in layers:
        coded = coded.with_columns(source_type=pl.col("source_type") + ((pl.col("attribution") > 0) & (pl.col("attributed") == 0)))
    uncoded = coded.unpivot(layers, index="at", variable_name="layer", value_name="rows").filter(rows=0)
    needed = [(name, layer) for name, measure in selection.measures.items() for layer in sorted(measure.layers)]
    needs = pl.DataFrame(needed, {"measure": pl.String, "layer": pl.String}, orient="row").lazy()
    return (
        needs.join(uncoded, on="layer", maintain_order="left")
        .group_by("at", "measure", maintain_order=True)
        .agg(uncoded=pl.col("layer").str.join(", "))
    )


def by_coder(
    frames: Frames,
    by: str = "article_id",
    *,
    measures: Names = None,
    only: Names = None,
    headline: bool = False,
    labels: str | None = None,
) -> pl.DataFrame:
    """Every measure by the labels of each coder in turn: `value` by the decisive labels, `lowest` and `highest` of the coders.

    One row a group, measure and item; `coders` counts the coders whose labels give a value. `between` is the chance that the value
    of one more such coder lies between the lowest and the highest: (C - 1) / (C + 1) with C coders, a third with two of them.
    """
    names = coder_ids(frames)

    def values(labels: str | None) -> pl.DataFrame:
        rows = compare(frames, by, measures=measures, only=only, headline=headline, labels=labels)
        return rows.filter(pl.col("measure") != warnings.WARNING).select(by, "measure", "item", "value")

    keys, value, c = [by, "measure", "item"], pl.col("value"), pl.col("coders")
    by_coder = pl.concat([values(name) for name in names]).drop_nulls("value").group_by(keys)
    ranges = by_coder.agg(lowest=value.min(), highest=value.max(), coders=pl.len().cast(pl.Int64))
    rows = values(labels).join(ranges, on=keys, how="left", maintain_order="left").with_columns(c.fill_null(0))
    return rows.with_columns(between=pl.when(c > 1).then((c - 1) / (c + 1)))


def coverage(frames: Frames, *, only: Names = None, labels: str | None = None) -> pl.DataFrame:
    """Which article reports and which leaves out each fact of its topic: one row a fact and article.

    - `reported`: null where facts were not coded, or this one was added later;
    - `sentences`, `words`: the sentences that report it (by number, 0 the headline), and the words, where they are marked;
    - `others`: how many other articles report it;
    - `left_out`: whether others report it and this article does not (D'Alessio and Allen 2000); null where the fact came after the
      article was published, or may have;
    - `favours`: the side that its report helps, as the topic says.

    >>> import slantbank
    >>> found = slantbank.coverage(slantbank.load_all(), only="free-iran-rally-2017")
    >>> found.filter(article_id="2017-07-free-iran-rally-katiraie", fact_id="albania-relocation")["reported"].item()
    True
    """
    return _coverage(make_selection(frames, "article_id", only, labels=labels))


def _coverage(selection: Selection) -> pl.DataFrame:
    facts, existed = dated_facts(selection)
    rows = selection.fact_rows().select("topic_id", "article_id", "n", "facts", "spans")
    reports = (
        rows.explode("facts")
        .drop_nulls("facts")
        .group_by("topic_id", "article_id", fact_id="facts")
        .agg(sentences=pl.col("n").sort())
    )
    words = (
        rows.select("article_id", "n", "spans")
        .explode("spans")
        .unnest("spans")
        .filter(pl.col("layer") == SpanLayer.FACT)
        .sort("n", "start")
        .group_by("article_id", fact_id="ref", maintain_order=True)
        .agg(words=pl.col("text").drop_nulls())
    )
    reporters = reports.group_by("topic_id", "fact_id").agg(reporters=pl.len().cast(pl.Int64))
    articles = rows.group_by("article_id").agg(coded=pl.col("facts").is_not_null().any())
    reported, coded = pl.col("sentences").is_not_null(), pl.col("coded") & pl.col("unasked").is_null()
    others = pl.col("reporters").fill_null(0) - reported.cast(pl.Int64)
    unasked = selection.unasked.lazy().with_columns(unasked=pl.lit(value=True))
    texts = selection.frames["facts"].lazy().select("topic_id", "fact_id", "text")
    dates = [name for name in ("published",) if name in selection.articles.columns]
    return (
        facts.lazy()
        .join(texts, on=["topic_id", "fact_id"])
        .join(selection.articles.lazy().select("topic_id", "article_id", *dates), on="topic_id")
        .join(articles, on="article_id")
        .join(reports.drop("topic_id"), on=["article_id", "fact_id"], how="left")
        .join(reporters, on=["topic_id", "fact_id"], how="left")
        .join(words, on=["article_id", "fact_id"], how="left")
        .join(unasked, on=["article_id", "fact_id"], how="left")
        .with_columns(
            pl.col("sentences", "words").fill_null([]),
            reported=pl.when(coded | reported).then(reported),
            others=others,
            left_out=pl.when(coded & (existed | reported)).then(~reported & (others > 0)),
        )
        .select("topic_id", "fact_id", "text", "favours", "article_id", "reported", "others", "left_out", "sentences", "words")
        .sort("topic_id", "fact_id", "article_id")
        .collect()
    )


def evidence(
    frames: Frames,
    article_id: str,
    measure: str,
    item: str | None = None,
    n: int = 10,
    *,
    headline: bool = False,
    labels: str | None = None,
) -> pl.DataFrame:
    """The sentences behind a measure of an article, those that contribute most first, at most `n` for each item (or for `item`).

    `contribution` is the part of the value that the sentence adds: all of them sum to the value. Those with the sign of the value
    come first, the largest before. Measures over articles have no such sum, and null there: their sentences are those that name a
    source; or those that report a fact, which then is the item; or, for facts left out, the sentences of other articles.

    >>> import slantbank
    >>> found = slantbank.evidence(slantbank.load_all(), "2017-07-free-iran-rally-katiraie", "loaded", n=3)
    >>> found.columns, found.height
    (['sentence_id', 'article_id', 'n', 'item', 'contribution', 'text'], 3)
    """
    ids = frames["articles"].lazy().select("article_id").collect()["article_id"]
    if article_id not in ids:
        raise ValueError(f"no article {article_id!r}; {nearest(article_id, ids.to_list())}")
    selection = make_selection(frames, "article_id", article_id, measures=measure, headline=headline, labels=labels)
    stated = selection.measures[measure]
    if measure in FAMILIES["facts"]:
        rows = _behind_facts(selection, article_id, measure)
    elif stated.evidence is not None:
        rows = selection.unit_rows().select("article_id", "n", x=stated.evidence.cast(pl.Float64), y=0.0, item=pl.lit("")).collect()
    else:
        rows = _behind_sums(selection)
    items = list(stated.items) if stated.over == "sentences" else rows["item"].unique().sort().to_list()
    if item is not None and item not in items:
        names = list(filter(None, items))
        hint = nearest(item, names) if names else "the measure has one number alone: give '' as ITEM"
        raise ValueError(f"no item {item!r} of {measure!r} here; {hint}")
    x, total = pl.col("x"), pl.col("y").sum().over("item")
    texts = selection.frames["sentences"].lazy().select("sentence_id", "article_id", "n", "text")
    return (
        rows.with_columns(
            contribution=pl.when(total > 0).then(x / total),
            weight=x * x.sum().over("item").sign(),
            rank=pl.col("item").replace_strict(items, range(len(items)), return_dtype=pl.Int64),
        )
        .filter(x != 0, pl.col("item").is_in(items if item is None else [item]))
        .sort("rank", -pl.col("weight"), "article_id", "n")
        .group_by("item", maintain_order=True)
        .head(n)
        .lazy()
        .join(texts, on=["article_id", "n"], maintain_order="left")
        .select("sentence_id", "article_id", "n", "item", "contribution", "text")
        .collect()
    )


def _behind_facts(selection: Selection, article_id: str, measure: str) -> pl.DataFrame:
    """The sentences of the article that report a fact, or those of other articles that report the facts it leaves out."""
    own = measure == "facts_reported"
    facts = _coverage(selection).filter("reported" if own else "left_out").lazy().select("topic_id", item="fact_id")
    texts = selection.fact_rows().filter((pl.col("article_id") == article_id) == own).explode("facts")
    rows = texts.select("topic_id", "article_id", "n", item="facts").join(facts, on=["topic_id", "item"])
    return rows.select("article_id", "n", "item", x=1.0, y=0.0).sort("item", "article_id", "n").collect()


def _behind_sums(selection: Selection) -> pl.DataFrame:
    """The terms of each sentence in the numerator and the denominator of each item."""
    parts = []
    for block in blocks(selection, OVERS[:3], articles=selection.articles, by_sentence=True):
        for (_name, item), (x, y) in block.pairs.items():
            terms = pl.col(x).cast(pl.Float64).fill_null(0).alias("x"), pl.col(y).cast(pl.Float64).fill_null(0).alias("y")
            parts.append(block.rows.select("article_id", "n", *terms, item=pl.lit(item) + pl.col("item")))
    return pl.concat(parts).filter((pl.col("x") != 0) | (pl.col("y") != 0))
