"""Accounts of one event side by side: measures of articles and groups, how sure they are, and the sentences behind them.

Wherever a function takes `frames`, it takes the frames by name, eager or lazy: `sentences`, `articles`, `parties` and `facts`,
and `annotations` where the coders' own labels are asked for. `by` is any column of `articles` that is not nested; articles that
have no value there are left out. `only` keeps the named articles or topics. Sentences of the body are measured, or with
`headline=True` the headlines alone. `labels` says whose labels speak (see `speaking`). A name that there is not raises
ValueError, which names the nearest that there is.
"""

from collections.abc import Iterator

import numpy as np
import polars as pl

from slantbank.codebook import SpanLayer
from slantbank.measure import _intervals as intervals
from slantbank.measure import _warnings as warnings
from slantbank.measure._intervals import SENTENCES, SHOWN, Floats, Ints, sum_up
from slantbank.measure._labels import Frames, named
from slantbank.measure._measures import FAMILIES
from slantbank.measure._sums import OVERS, Asked, Block, Names, ask, begun, blocks, coded, existing
from slantbank.problem import nearest

CELLS = 200_000
"""How many sums intervals are made from at a time."""


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
    asked = ask(frames, by, only, measures=measures, headline=headline, labels=labels, coders=coders)
    counts = coded(asked)
    if counts.is_empty():
        raise ValueError(f"no article with sentences has a value in {by!r}")
    found = pl.concat(_values(asked, counts))
    if any(one.over in ("parties", "sides") for one in asked.measures.values()):
        silent = _unmentioned(asked, counts).join(found, on=_KEYS, how="anti")
        found = pl.concat([found, silent], how="diagonal")
    rows = _explained(asked, found.sort(_KEYS), counts)
    return pl.concat([rows, warnings.rows(asked, counts)], how="diagonal").select(by, *_COLUMNS)


_COLUMNS = (
    *("measure", "item", "value", "low", "high", "rests_on", "method", "too_little", "n", "n_articles"),
    *("labels", "coders", "reason"),
)
_KEYS = ["at", "key", "item"]
"""The numbers of a group and of a measure's item, and the party or side."""


def _values(asked: Asked, counts: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The values of the measures with their intervals: rows of the result, unsorted and without reasons."""
    groups = counts.select("article_id", "at", "alone")
    together, single = groups.filter(~pl.col("alone")), groups.filter("alone")
    for block in blocks(asked, OVERS if together.height else OVERS[3:]):
        yield from _taken(asked, block, together)
        if block.sized:
            yield from _taken(asked, block, single)
    for block in blocks(asked, OVERS[:3], articles=single, each=True) if single.height else ():
        yield from _taken(asked, block, single)


def _taken(asked: Asked, block: Block, articles: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The values of a block, some measures and items at a time, so that their sums stay in the processor's cache."""
    alone, unit = articles["alone"].any(), "n" if "n" in block.rows.columns else "article_id"
    rows = block.rows.lazy().join(articles.lazy(), on="article_id").sort("at", "item", unit, *asked.keys[1:]).collect()
    heads = begun(rows, "at", "item")
    units = begun(rows, "at", "item", unit) if asked.coders else np.arange(len(rows))
    starts = np.searchsorted(units, heads)
    following = np.zeros(len(units), np.bool_)
    if unit == "n":
        following = np.diff(rows["n"].to_numpy()[units], append=-1) == 1
        following[starts[1:] - 1] = False
    every, whole = list(asked.items), list(block.pairs)
    size = max(1, CELLS // max(len(rows), 1))
    for names in (whole[first : first + size] for first in range(0, len(whole) if len(rows) else 0, size)):
        x, y, *sizes = block.of(names, rows)
        coders: Floats | float = 0
        if asked.coders:
            coders = _between_coders(rows, x, y, heads)
            x, y, *sizes = _over_coders([x, y, *sizes], units, starts)
        n_articles = np.ones((len(heads), len(names)))
        exact = too_little = n_articles < 1
        if not alone:
            p, low, high, n_articles, exact, shown, _ = intervals.grouped(starts, x, y, coders)
            too_little, rests_on = shown < SHOWN, "articles"
        elif sizes:
            p, effective, rests_on = intervals.ratio(x, y), sizes[0], None
        else:
            p, effective, counted, _ = intervals.single(starts, x, y, following)
            too_little, rests_on = counted < SENTENCES, "sentences"
        if alone:
            low, high = intervals.wilson(p, effective, coders)
        least, most = np.array([asked.measures[name].scale for name, _ in names]).T
        numbers = {name: least + (most - least) * end for name, end in (("value", p), ("low", low), ("high", high))}
        numbers |= {"exact": exact, "too_little": too_little, "n": sum_up(starts, y).round().astype(np.int64)}
        numbers |= {
            "n_articles": n_articles.astype(np.int64),
            "key": np.tile([every.index(name) for name in names], (len(heads), 1)),
        }
        columns = [pl.Series(name, values.ravel(), nan_to_null=True) for name, values in numbers.items()]
        of = np.repeat(heads, len(names))
        yield pl.DataFrame(
            [
                rows["at"].gather(of),
                rows["item"].gather(of),
                pl.repeat(rests_on, len(of), dtype=pl.String, eager=True).alias("rests_on"),
                *columns,
            ]
        )


def _over_coders(sums: list[Floats], units: Ints, starts: Ints) -> list[Floats]:
    """The sums of each unit over coders, divided by how many coders the units of its group have in the mean."""
    coders = sum_up(units, sums[1] > 0)
    mean = np.maximum(sum_up(starts, coders) / np.maximum(sum_up(starts, coders > 0), 1), 1)
    of = np.repeat(mean, np.diff(starts, append=len(units)), axis=0)
    return [sum_up(units, one) / of for one in sums]


def _between_coders(rows: pl.DataFrame, x: Floats, y: Floats, starts: Ints) -> Floats:
    """What coders add to the intervals of the groups: groups × items."""
    coder = rows["annotator_id"].rank("dense").to_numpy().astype(np.int64) - 1
    group = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(rows)))
    sums = np.zeros((2, len(starts), int(coder.max()) + 1, x.shape[1]))
    for of, values in zip(sums, (x, y), strict=True):
        np.add.at(of, (group, coder), values)
    return intervals.between_coders(*sums)


def _explained(asked: Asked, found: pl.DataFrame, counts: pl.DataFrame) -> pl.DataFrame:
    """The rows, with what is said of each: no value, and why; or too little; and whose labels it is by."""
    axes = pl.col("axis").unique().sort()
    groups = (
        counts.lazy()
        .group_by("at", maintain_order=True)
        .agg(
            pl.col("group").first().alias(asked.by),
            axes=pl.when(axes.len() > 1).then(axes.str.join(", ")).first(),
            hidden=~pl.col("includes_text").fill_null(value=False).any() if "includes_text" in counts else pl.lit(value=False),
            labels=pl.col("labels").drop_nulls().unique().sort().str.join(", "),
        )
    )
    stated = pl.DataFrame(
        [
            (at, name, item, one.empty, one.by_side, one.withheld, "facts" if one.counts == "facts" else "attributions")
            for at, ((name, item), one) in enumerate(asked.items.items())
        ],
        ["key", "measure", "label", "empty", "by_side", "withheld", "one"],
        orient="row",
    )
    none, mixed = pl.col("value").is_null(), pl.col("axes").is_not_null() & pl.col("by_side")
    lack = f"fewer than {SENTENCES} sentences count", f"fewer than {SHOWN} articles show it, or fewer than {SHOWN} anything else"
    little = pl.when(rests_on="sentences").then(pl.lit(lack[0])).otherwise(pl.lit(lack[1]))
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
        .then(pl.format("too little to say: {}", little))
    )
    rests_on, coders = pl.col("rests_on").fill_null(pl.col("one")), pl.lit(asked.coders)
    method = pl.when("exact").then(pl.lit("exact")).when(rests_on="articles").then(pl.lit("jackknife")).otherwise(pl.lit("wilson"))
    kept = {name: pl.when(~mixed & ~none).then(name) for name in ("value", "low", "high", "too_little", "method", "rests_on")}
    return (
        found.lazy()
        .join(groups, on="at", maintain_order="left")
        .join(stated.lazy(), on="key", maintain_order="left")
        .join(_uncoded(asked, counts), on=["at", "measure"], how="left", maintain_order="left")
        .with_columns(reason=reason, item=pl.col("label") + pl.col("item"), method=method, coders=coders)
        .with_columns(rests_on=pl.when(coders).then(rests_on + " and coders").otherwise(rests_on))
        .with_columns(**kept, n=pl.when(~mixed).then("n"), labels=pl.when(pl.col("labels") != "").then("labels"))
        .collect()
    )


def _unmentioned(asked: Asked, counts: pl.DataFrame) -> pl.DataFrame:
    """A row for each party and side of a group's topics, for each measure over such."""
    measures = [(key, one.over) for key, one in enumerate(asked.items.values()) if one.over in ("parties", "sides")]
    keys = pl.DataFrame(measures, {"key": pl.Int64, "over": pl.String}, orient="row").lazy()
    named = asked.frames["parties"].lazy().select("topic_id", parties="party_id", sides="side")
    known = counts.lazy().select("at", "topic_id").unique().join(named, on="topic_id").unpivot(["parties", "sides"], index="at")
    items = known.unique().rename({"variable": "over", "value": "item"}).join(keys, on="over")
    return items.select("at", "key", "item", n=pl.lit(0, pl.Int64), n_articles=pl.lit(0, pl.Int64)).collect()


def _uncoded(asked: Asked, counts: pl.DataFrame) -> pl.LazyFrame:
    """For each group and measure the layers that no row has coded, if any; only what is attributed has a source type."""
    layers = sorted({layer for measure in asked.measures.values() for layer in measure.layers})
    own = counts.lazy().group_by("at").agg(pl.col(*layers, "attribution", "attributed").sum())
    if "source_type" in layers:
        own = own.with_columns(source_type=pl.col("source_type") + ((pl.col("attribution") > 0) & (pl.col("attributed") == 0)))
    lost = own.unpivot(layers, index="at", variable_name="layer", value_name="rows").filter(rows=0)
    wanted = [(name, layer) for name, measure in asked.measures.items() for layer in sorted(measure.layers)]
    needs = pl.DataFrame(wanted, {"measure": pl.String, "layer": pl.String}, orient="row").lazy()
    found = needs.join(lost, on="layer", maintain_order="left")
    return found.group_by("at", "measure", maintain_order=True).agg(uncoded=pl.col("layer").str.join(", "))


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
    names = named(frames)

    def values(labels: str | None) -> pl.DataFrame:
        found = compare(frames, by, measures=measures, only=only, headline=headline, labels=labels)
        return found.filter(pl.col("measure") != warnings.WARNING).select(by, "measure", "item", "value")

    keys, value, c = [by, "measure", "item"], pl.col("value"), pl.col("coders")
    each = pl.concat([values(name) for name in names]).drop_nulls("value").group_by(keys)
    found = each.agg(lowest=value.min(), highest=value.max(), coders=pl.len().cast(pl.Int64))
    rows = values(labels).join(found, on=keys, how="left", maintain_order="left").with_columns(c.fill_null(0))
    return rows.with_columns(between=pl.when(c > 1).then((c - 1) / (c + 1)))


def coverage(frames: Frames, *, only: Names = None, labels: str | None = None) -> pl.DataFrame:
    """What each article makes of each fact of its topic: one row a fact and article, side by side.

    `reported` (null: facts not coded, or this one added later), in which `sentences` (by number, 0 the headline) and in which
    `words`, where such are marked; how many `others` report it; and `left_out`, when others do and this article does not
    (D'Alessio and Allen 2000): null where the fact came `since` the article was published. `favours` is the side that its report
    helps, as the topic says.

    >>> import slantbank
    >>> found = slantbank.coverage(slantbank.load_all(), only="free-iran-rally-2017")
    >>> found.filter(article_id="2017-07-free-iran-rally-katiraie", fact_id="albania-relocation")["reported"].item()
    True
    """
    return _coverage(ask(frames, "article_id", only, labels=labels))


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
    tells, coded_ = pl.col("sentences").is_not_null(), pl.col("coded") & pl.col("unasked").is_null()
    unknown = asked.unasked.lazy().with_columns(unasked=pl.lit(value=True))
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
        .join(unknown, on=["article_id", "fact_id"], how="left")
        .with_columns(reported=pl.when(coded_ | tells).then(tells), others=pl.col("tellers").fill_null(0) - tells.cast(pl.Int64))
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
    ids = frames["articles"].lazy().select("article_id").collect()["article_id"]
    if article_id not in ids:
        raise ValueError(f"no article {article_id!r}; {nearest(article_id, ids.to_list())}")
    asked = ask(frames, "article_id", article_id, measures=measure, headline=headline, labels=labels)
    stated = asked.measures[measure]
    if measure in FAMILIES["facts"]:
        rows = _behind_facts(asked, article_id, measure)
    elif stated.evidence is not None:
        rows = asked.measured().select("article_id", "n", x=stated.evidence.cast(pl.Float64), y=0.0, item=pl.lit("")).collect()
    else:
        rows = _behind_sums(asked)
    items = list(stated.items) if stated.over == "sentences" else rows["item"].unique().sort().to_list()
    if item is not None and item not in items:
        named = [one for one in items if one]
        hint = nearest(item, named) if named else "the measure has one number alone: give '' as ITEM"
        raise ValueError(f"no item {item!r} of {measure!r} here; {hint}")
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


def _behind_sums(asked: Asked) -> pl.DataFrame:
    """What each sentence adds to the numerator and the denominator of each item."""
    parts = []
    for block in blocks(asked, OVERS[:3], articles=asked.articles, each=True):
        for (_name, item), (x, y) in block.pairs.items():
            added = pl.col(x).cast(pl.Float64).fill_null(0).alias("x"), pl.col(y).cast(pl.Float64).fill_null(0).alias("y")
            parts.append(block.rows.select("article_id", "n", *added, item=pl.lit(item) + pl.col("item")))
    return pl.concat(parts).filter((pl.col("x") != 0) | (pl.col("y") != 0))
