"""Accounts of one event side by side: measures of articles and groups, how sure they are, and the sentences behind them.

Wherever a function takes `frames`, it takes the frames by name, eager or lazy: `sentences`, `articles`, `parties` and `facts`,
and `annotations` where the coders' own labels are asked for. `by` is any column of `articles` that is not nested; articles that
have no value there are left out. `only` keeps the named articles or topics. Sentences of the body are measured, or with
`headline=True` the headlines alone. `labels` says whose labels speak (see `speaking`). A name that there is not raises
ValueError, which names the nearest that there is.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from slantbank.codebook import SpanLayer
from slantbank.measure import _intervals as intervals
from slantbank.measure import _warnings as warnings
from slantbank.measure._intervals import SENTENCES, SHOWN, Floats, Ints
from slantbank.measure._labels import Frames
from slantbank.measure._measures import FAMILIES, Measure, chosen, ranked
from slantbank.measure._sums import Asked, Block, Key, Names, ask, blocks, coded, existing
from slantbank.problem import nearest

CELLS = 2_000_000
"""How many sums intervals are made from at a time."""

_WITHHELD = "the text is withheld, and wordings are not known"


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

    - what `by` names: the group; `measure`, `item`: see `MEASURES`; the item of a measure by party or side is that;
    - `value`: null where there is nothing to count; then `reason` says why;
    - `low`, `high`: the 95 % interval, for every value, in closed form: nothing is drawn;
    - `rests_on`: what the interval speaks for. `articles`: others like those of the group. `sentences`: this text alone, had it
      been longer; `attributions`: likewise. `facts`: this text and such facts. With `coders=True` also ` and coders`;
    - `method`: `jackknife` over articles on the logit; `exact`, where that cannot be had; `wilson`, of one article;
    - `too_little`: the interval is honest, and there is too little to say more than it does: `reason` says what is lacking;
    - `n`: what the denominator counts; `n_articles`: in how many articles of the group it counts anything;
    - `labels`: whose labels these are: `gold`, a coder, `majority`, or several of these; `coders`.

    Rows whose `measure` is `warning` say in `reason` what must be known before anything is concluded, and what to do: `item` is
    its kind, and the group is null where it is about all of them. With `coders=True` the labels are the coders' own, pooled, and
    intervals speak for other coders too, as far as so few can show how coders differ.

    >>> import slantbank
    >>> found = slantbank.compare(slantbank.load_all(), measures="loaded", only="2017-07-free-iran-rally-katiraie")
    >>> found.select("measure", "rests_on", "labels").row(0)
    ('loaded', 'sentences', 'gold')
    """
    picked = chosen(measures)
    asked = ask(frames, by, only, headline=headline, labels=labels, coders=coders)
    counts = coded(asked, picked)
    if counts.is_empty():
        raise ValueError(f"no article with sentences has a value in {by!r}")
    parts = [part for block in blocks(asked, picked) for part in _values(asked, block, counts, picked)]
    found = _explained(asked, pl.concat(parts), counts, picked)
    return pl.concat([found, warnings.rows(asked, counts, picked)], how="diagonal").select(by, *_COLUMNS)


_COLUMNS = (
    *("measure", "item", "value", "low", "high", "rests_on", "method", "too_little", "n", "n_articles"),
    *("labels", "coders", "reason"),
)


def _values(asked: Asked, block: Block, counts: pl.DataFrame, measures: Mapping[str, Measure]) -> Iterator[pl.DataFrame]:
    """The values of the measures of a block with their intervals: rows of the result, unsorted and without reasons."""
    rows = block.rows.join(counts.select("article_id", "group", "alone"), on="article_id")
    together = rows.filter(~pl.col("alone")).sort("group", "item", *asked.keys)
    for names in _chunks(block, together.height):
        yield _of_groups(asked, block, names, together)
    single = counts.filter("alone")
    if single.is_empty():
        return
    own = {name: measures[name] for name, _ in block.pairs}
    if "articles" in {measure.over for measure in own.values()}:
        one = rows.filter("alone").sort("group", *asked.keys)
        for names in _chunks(block, one.height):
            yield _of_numbers(asked, block, names, one)
        return
    for each in blocks(asked, own, articles=single, each=True):
        one = each.rows.join(single.select("article_id", "group"), on="article_id").sort("group", "item", "n", *asked.keys)
        for names in _chunks(each, one.height):
            yield _of_sentences(asked, each, names, one)


def _chunks(block: Block, height: int) -> Iterator[list[Key]]:
    """The measures and items of a block, some at a time, so that their sums fit well into memory."""
    names, size = list(block.pairs), max(1, CELLS // max(height, 1))
    for first in range(0, len(names) if height else 0, size):
        yield names[first : first + size]


def _starts(rows: pl.DataFrame, *keys: str) -> tuple[Ints, pl.DataFrame]:
    """Where rows of other keys begin in sorted rows, and those keys."""
    firsts = rows.select(pl.struct(keys).rle_id()).to_series()
    starts = np.flatnonzero(np.diff(firsts.to_numpy(), prepend=-1)).astype(np.int64)
    return starts, rows[starts].select(keys)


def _of_groups(asked: Asked, block: Block, names: Sequence[Key], rows: pl.DataFrame) -> pl.DataFrame:
    """Groups of several articles."""
    x, y = block.of(names, rows)
    starts, heads = _starts(rows, "group", "item")
    coders = _between_coders(asked, rows, x, y, starts)
    starts, x, y = _over_coders(asked, rows, starts, x, y, "article_id")
    found = intervals.grouped(starts, x, y, coders)
    ends = found.low, found.high
    return _frame(
        asked,
        block,
        names,
        heads,
        found.value,
        ends,
        "articles",
        np.where(found.exact, "exact", "jackknife"),
        y,
        starts,
        found.shown < SHOWN,
    )


def _of_sentences(asked: Asked, block: Block, names: Sequence[Key], rows: pl.DataFrame) -> pl.DataFrame:
    """Groups of one article, from its sentences."""
    x, y = block.of(names, rows)
    starts, heads = _starts(rows, "group", "item")
    coders = _between_coders(asked, rows, x, y, starts)
    n = rows["n"].to_numpy()[_starts(rows, "group", "item", "n")[0]] if asked.coders else rows["n"].to_numpy()
    starts, x, y = _over_coders(asked, rows, starts, x, y, "n")
    following = np.diff(n, append=-1) == 1
    following[starts[1:] - 1] = False
    p, size, count, _ = intervals.single(starts, x, y, following)
    ends = intervals.wilson(p, size, coders)
    return _frame(asked, block, names, heads, p, ends, "sentences", "wilson", y, starts, count < SENTENCES)


def _of_numbers(asked: Asked, block: Block, names: Sequence[Key], rows: pl.DataFrame) -> pl.DataFrame:
    """Groups of one article, whose numbers are no sums over sentences."""
    x, y = block.of(names, rows)
    starts, heads = _starts(rows, "group", "item")
    size = np.add.reduceat(block.sizes(names, rows), starts, axis=0)
    size = size / np.maximum(np.add.reduceat(y > 0, starts, axis=0, dtype=np.int64), 1)  # each coder's number rests on as much
    coders = _between_coders(asked, rows, x, y, starts)
    with np.errstate(all="ignore"):
        p = np.add.reduceat(x, starts, axis=0) / np.add.reduceat(y, starts, axis=0)
    ends = intervals.wilson(p, size, coders)
    rests = ["facts" if name in FAMILIES["facts"] else "attributions" for name, _ in names]
    return _frame(asked, block, names, heads, p, ends, rests, "wilson", y, starts, np.zeros(p.shape, np.bool_))


def _over_coders(asked: Asked, rows: pl.DataFrame, starts: Ints, x: Floats, y: Floats, unit: str) -> tuple[Ints, Floats, Floats]:
    """The sums of each unit over coders, divided by how many coders units have in the mean, and where groups begin among units."""
    if not asked.coders:
        return starts, x, y
    first, _ = _starts(rows, "group", "item", unit)
    x, y, coders = (np.add.reduceat(sums, first, axis=0, dtype=np.float64) for sums in (x, y, y > 0))
    starts = np.searchsorted(first, starts)
    of = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(first)))
    units = np.add.reduceat(coders > 0, starts, axis=0, dtype=np.float64)
    mean = np.add.reduceat(coders, starts, axis=0) / np.maximum(units, 1)
    return starts, x / np.maximum(mean, 1)[of], y / np.maximum(mean, 1)[of]


def _between_coders(asked: Asked, rows: pl.DataFrame, x: Floats, y: Floats, starts: Ints) -> Floats | float:
    """What coders add to the intervals of the groups: groups × items."""
    if not asked.coders:
        return 0
    names = rows["annotator_id"].unique().sort()
    coder = rows["annotator_id"].cast(pl.Enum(names)).to_physical().to_numpy().astype(np.int64)
    group = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(rows)))
    sums = np.zeros((2, len(starts), len(names), x.shape[1]))
    for of, values in zip(sums, (x, y), strict=True):
        np.add.at(of, (group, coder), values)
    return intervals.between_coders(*sums)


def _frame(
    asked: Asked,
    block: Block,
    names: Sequence[Key],
    heads: pl.DataFrame,
    p: Floats,
    ends: tuple[Floats, Floats],
    rests_on: str | list[str],
    method: Any,
    y: Floats,
    starts: Ints,
    too_little: Any,
) -> pl.DataFrame:
    """Values and limits on the scales of their measures: a row for each group and item."""
    low, high = np.array([block.scales[name] for name in names]).T
    shape = p.shape
    columns = {end: (low + (high - low) * values).ravel() for end, values in zip(("value", "low", "high"), (p, *ends), strict=True)}
    at = np.tile(np.arange(len(names)), shape[0])
    return (
        heads[np.repeat(np.arange(shape[0]), shape[1])]
        .with_columns(
            measure=pl.Series([name for name, _ in names], dtype=pl.String).gather(at),
            item=pl.Series([item for _, item in names], dtype=pl.String).gather(at) + pl.col("item"),
            **{name: pl.Series(values) for name, values in columns.items()},
            rests_on=pl.Series(rests_on if isinstance(rests_on, list) else [rests_on] * len(names), dtype=pl.String).gather(at),
            method=pl.Series(np.broadcast_to(method, shape).ravel()),
            too_little=pl.Series(np.broadcast_to(too_little, shape).ravel()),
            n=pl.Series(np.add.reduceat(y, starts, axis=0).ravel()).round().cast(pl.Int64),
            units=pl.Series(np.add.reduceat(y > 0, starts, axis=0, dtype=np.int64).ravel()),
        )
        .with_columns(pl.col("value", "low", "high").fill_nan(None))
    )


def _explained(asked: Asked, found: pl.DataFrame, counts: pl.DataFrame, measures: Mapping[str, Measure]) -> pl.DataFrame:
    """The rows in order, with what is said of each: no value, and why; or too little; and whose labels it is by."""
    stated = pl.DataFrame(
        [(name, one.empty, one.withheld, one.by_side) for name, one in measures.items()],
        {"measure": pl.String, "empty": pl.String, "worded": pl.Boolean, "by_side": pl.Boolean},
        orient="row",
    )
    axes = pl.col("axis").unique().sort()
    groups = counts.group_by("group").agg(
        axes=pl.when(axes.len() > 1).then(axes.str.join(", ")).first(),
        hidden=~pl.col("includes_text").fill_null(value=False).any() if "includes_text" in counts else pl.lit(value=False),
        labels=pl.col("labels").drop_nulls().unique().sort().str.join(", "),
    )
    mixed, none = pl.col("axes").is_not_null() & pl.col("by_side"), pl.col("value").is_null()
    few = (
        pl.when(pl.col("rests_on").str.starts_with("sentences"))
        .then(pl.lit(f"too little to say: fewer than {SENTENCES} sentences count"))
        .otherwise(pl.lit(f"too little to say: fewer than {SHOWN} articles show it, or fewer than {SHOWN} show anything else"))
    )
    reason = (
        pl.when(mixed)
        .then(pl.format("side a is not the same on all topics of the group ({}): take those of one axis", "axes"))
        .when(none & pl.col("uncoded").is_not_null())
        .then(pl.format("not coded: {}", "uncoded"))
        .when(none & pl.col("hidden") & pl.col("worded"))
        .then(pl.lit(_WITHHELD))
        .when(none)
        .then("empty")
        .when("too_little")
        .then(few)
    )
    kept = {name: pl.when(~mixed & ~none).then(name) for name in ("value", "low", "high", "rests_on", "method", "too_little")}
    return (
        ranked(pl.concat([found, _unmentioned(asked, found, counts, measures)], how="diagonal"), measures, "group")
        .join(stated, on="measure", maintain_order="left")
        .join(groups, on="group", maintain_order="left")
        .join(_uncoded(counts, measures), on=["group", "measure"], how="left", maintain_order="left")
        .with_columns(
            reason=reason, coders=pl.lit(asked.coders), n_articles=pl.when(rests_on="articles").then("units").otherwise(1)
        )
        .with_columns(**kept, labels=pl.when(pl.col("labels") != "").then("labels"), n=pl.when(~mixed).then("n"))
        .with_columns(rests_on=pl.when("coders").then(pl.col("rests_on") + " and coders").otherwise("rests_on"))
        .rename({"group": asked.by})
    )


def _unmentioned(asked: Asked, found: pl.DataFrame, counts: pl.DataFrame, measures: Mapping[str, Measure]) -> pl.DataFrame:
    """A row for each party and side of a group's topics to which no sentence refers."""
    topics = counts.select("group", "topic_id").unique().lazy()
    known = topics.join(
        asked.frames["parties"].lazy().select("topic_id", parties="party_id", sides="side"), on="topic_id"
    ).collect()
    rows = [
        known.select("group", item=measure.over)
        .unique()
        .with_columns(measure=pl.lit(name), n=pl.lit(0, pl.Int64), units=pl.lit(0, pl.Int64))
        for name, measure in measures.items()
        if measure.over in ("parties", "sides")
    ]
    return pl.concat(rows).join(found, on=["group", "measure", "item"], how="anti") if rows else found.clear()


def _uncoded(counts: pl.DataFrame, measures: Mapping[str, Measure]) -> pl.DataFrame:
    """For each group and measure the layers that no row has coded, if any; only what is attributed has a source type."""
    layers = sorted({layer for measure in measures.values() for layer in measure.layers})
    own = counts.group_by("group").agg(pl.col(*layers, "attribution", "attributed").sum())
    if "source_type" in layers:
        own = own.with_columns(source_type=pl.col("source_type") + ((pl.col("attribution") > 0) & (pl.col("attributed") == 0)))
    lost = own.unpivot(layers, index="group", variable_name="layer", value_name="rows").filter(rows=0)
    wanted = [(name, layer) for name, measure in measures.items() for layer in sorted(measure.layers)]
    needs = pl.DataFrame(wanted, {"measure": pl.String, "layer": pl.String}, orient="row")
    return (
        needs.join(lost, on="layer", maintain_order="left")
        .group_by("group", "measure", maintain_order=True)
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
    """Every measure by the labels of each coder in turn: the `value` that speaks, and the `lowest` and `highest` of the coders.

    One row a group, measure and item; `coders` counts those whose labels give a value. The value of one more such coder lies
    between the lowest and the highest in `between` of all cases, (C - 1) / (C + 1) with C coders: in a third with two of them.
    """
    picked = chosen(measures)
    asked = ask(frames, by, only, headline=headline, coders=True)
    spoken = compare(frames, by, measures=list(picked), only=only, headline=headline, labels=labels)
    groups = asked.articles.select("article_id", "group")
    parts = []
    for block in blocks(asked, picked):
        names = list(block.pairs)
        x, y = block.of(names)
        keys = block.rows.select("article_id", "annotator_id", "item").join(groups, on="article_id", maintain_order="left")
        for at, (measure, item) in enumerate(names):
            low, high = block.scales[measure, item]
            sums = (
                keys.with_columns(x=pl.Series(x[:, at]), y=pl.Series(y[:, at]))
                .group_by("group", "item", "annotator_id")
                .agg(pl.col("x", "y").sum())
            )
            value = pl.when(pl.col("y") > 0).then(low + (high - low) * pl.col("x") / pl.col("y"))
            own = sums.group_by("group", "item").agg(lowest=value.min(), highest=value.max(), coders=value.count().cast(pl.Int64))
            parts.append(own.with_columns(measure=pl.lit(measure), item=pl.lit(item) + pl.col("item")))
    found = pl.concat(parts).rename({"group": by})
    c = pl.col("coders")
    return (
        spoken.filter(pl.col("measure") != warnings.WARNING)
        .select(by, "measure", "item", "value")
        .join(found, on=[by, "measure", "item"], how="left", maintain_order="left")
        .with_columns(c.fill_null(0), between=pl.when(c > 1).then((c - 1) / (c + 1)))
    )


def coverage(frames: Frames, *, only: Names = None, labels: str | None = None) -> pl.DataFrame:
    """What each article makes of each fact of its topic: one row a fact and article, side by side.

    `reported` (null: facts not coded), in which `sentences` (by number, 0 the headline) and in which `words`, where such are
    marked; how many `others` report it; and `left_out`, when others do and this article does not (D'Alessio and Allen 2000):
    null where the fact came `since` the article was published. `favours` is the side that its report helps, as the topic says.

    >>> import slantbank
    >>> found = slantbank.coverage(slantbank.load_all(), only="free-iran-rally-2017")
    >>> found.filter(article_id="2017-07-free-iran-rally-katiraie", fact_id="albania-relocation")["reported"].item()
    True
    """
    return _coverage(ask(frames, "article_id", only, headline=False, labels=labels))


def _coverage(asked: Asked) -> pl.DataFrame:
    facts, existed = existing(asked)
    rows = asked.accounts().select("topic_id", "article_id", "n", "facts", "spans")
    told = (
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
    tellers = told.group_by("topic_id", "fact_id").agg(tellers=pl.len().cast(pl.Int64))
    articles = rows.group_by("article_id").agg(coded=pl.col("facts").is_not_null().any())
    tells, coded_ = pl.col("sentences").is_not_null(), pl.col("coded")
    texts = asked.frames["facts"].lazy().select("topic_id", "fact_id", "text")
    dates = [name for name in ("published",) if name in asked.articles.columns]
    return (
        facts.lazy()
        .join(texts, on=["topic_id", "fact_id"])
        .join(asked.articles.lazy().select("topic_id", "article_id", *dates), on="topic_id")
        .join(articles, on="article_id")
        .join(told.drop("topic_id"), on=["article_id", "fact_id"], how="left")
        .join(tellers, on=["topic_id", "fact_id"], how="left")
        .join(words, on=["article_id", "fact_id"], how="left")
        .with_columns(reported=pl.when(coded_).then(tells), others=pl.col("tellers").fill_null(0) - tells.cast(pl.Int64))
        .with_columns(
            pl.col("sentences", "words").fill_null([]),
            left_out=pl.when(coded_ & (existed | tells)).then(~tells & (pl.col("others") > 0)),
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
    """The sentences behind a measure of an article, most telling first, at most `n` for each item (or for the one named).

    `contribution` is what the sentence adds to the value, so that all of them together make it up; those of the value's sign
    stand first, the greatest before. Numbers that are no such sums have null there: behind them stand the sentences that name a
    source, or those that report a fact, which then is the item; behind facts left out, the sentences of other articles.

    >>> import slantbank
    >>> found = slantbank.evidence(slantbank.load_all(), "2017-07-free-iran-rally-katiraie", "loaded", n=3)
    >>> found.columns, found.height
    (['sentence_id', 'article_id', 'n', 'item', 'contribution', 'text'], 3)
    """
    picked = chosen(measure)
    stated = picked[measure]
    ids = frames["articles"].lazy().select("article_id").collect()["article_id"]
    if article_id not in ids:
        raise ValueError(f"no article {article_id!r}; {nearest(article_id, ids.to_list())}")
    asked = ask(frames, "article_id", article_id, headline=headline, labels=labels)
    if measure in FAMILIES["facts"]:
        rows = _behind_facts(asked, article_id, measure)
    elif stated.evidence is not None:
        rows = asked.measured().select("article_id", "n", x=stated.evidence.cast(pl.Float64), y=0.0, item=pl.lit("")).collect()
    else:
        rows = _behind_sums(asked, picked)
    items = list(stated.items) if stated.over == "sentences" else rows["item"].unique(maintain_order=True).to_list()
    if item is not None and item not in items:
        raise ValueError(f"no item {item!r} of {measure!r} here; {nearest(item, items)}")
    x, total = pl.col("x"), pl.col("y").sum().over("item")
    texts = asked.frames["sentences"].lazy().select("sentence_id", "article_id", "n", "text")
    return (
        rows.with_columns(
            contribution=pl.when(total > 0).then(x / total),
            weight=x * x.sum().over("item").sign(),
            place=pl.col("item").replace_strict(items, range(len(items)), return_dtype=pl.Int64),
        )
        .filter(x != 0, pl.col("item").is_in(items if item is None else [item]))
        .sort("place", -pl.col("weight"), "article_id", "n")
        .group_by("item", maintain_order=True)
        .head(n)
        .lazy()
        .join(texts, on=["article_id", "n"], maintain_order="left")
        .select("sentence_id", "article_id", "n", "item", "contribution", "text")
        .collect()
    )


def _behind_facts(asked: Asked, article_id: str, measure: str) -> pl.DataFrame:
    """The sentences that report a fact: the article's own; or, of facts that it leaves out, those of others."""
    own = measure == "facts_reported"
    facts = _coverage(asked).filter("reported" if own else "left_out").lazy().select("topic_id", item="fact_id")
    texts = asked.accounts().filter((pl.col("article_id") == article_id) == own).explode("facts")
    rows = texts.select("topic_id", "article_id", "n", item="facts").join(facts, on=["topic_id", "item"])
    return rows.select("article_id", "n", "item", x=1.0, y=0.0).sort("item", "article_id", "n").collect()


def _behind_sums(asked: Asked, picked: Mapping[str, Measure]) -> pl.DataFrame:
    """What each sentence adds to the numerator and the denominator of each item."""
    parts = []
    for block in blocks(asked, picked, articles=asked.articles, each=True):
        for (_name, item), (x, y) in block.pairs.items():
            added = pl.col(x).cast(pl.Float64).fill_null(0).alias("x"), pl.col(y).cast(pl.Float64).fill_null(0).alias("y")
            parts.append(block.rows.select("article_id", "n", *added, item=pl.lit(item) + pl.col("item")))
    return pl.concat(parts).filter((pl.col("x") != 0) | (pl.col("y") != 0))
