"""What each article adds to the sums that measures are ratios of: a few grouped passes of polars, no rows kept.

Frames may be lazy: then what is not needed is not read.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import mul

import numpy as np
import polars as pl
from scipy.special import gammaln

from slantbank.codebook import AnnotatorKind, Favours, Side, SpanLayer, Unit
from slantbank.measure._intervals import Floats, Ints
from slantbank.measure._labels import Frames, named, speaking, unasked
from slantbank.measure._measures import ATTRIBUTED, DRAWN, Measure, Over, chosen
from slantbank.problem import nearest

Names = str | Collection[str] | None
Key = tuple[str, str]

SMALL = 50_000
"""Fewer rows are summed faster without polars' streaming engine."""

PLACES = 12
"""Sums of fractions are rounded so, for their last bits hang on the order in which threads add."""

OVERS: tuple[Over, ...] = ("sentences", "parties", "sides", "articles")


@dataclass(frozen=True, eq=False)
class Asked:
    """What is asked of some frames: which `articles`, in which groups, and of which `unit`.

    `articles` are those chosen, sorted: their `group` and topic, `axis` (what the topic's sides mean: its own id where it does
    not say), and `labels`, `coders`, `gold`, `models` as `speaking` gives them. With `coders` each coder's own labels are measured;
    with `every` all articles are chosen; `lost` articles have no group.
    """

    frames: Frames
    articles: pl.DataFrame
    by: str
    unit: Unit
    measures: Mapping[str, Measure]
    coders: bool
    every: bool
    lost: int
    unasked: pl.DataFrame
    """Facts that were not there to look for: the `keys` of an account, and `fact_id`."""

    @property
    def keys(self) -> list[str]:
        """The columns that identify a row."""
        return ["article_id", *(["annotator_id"] if self.coders else [])]

    @cached_property
    def items(self) -> dict[Key, Measure]:
        """Each item with its measure, in order."""
        return {(name, item): measure for name, measure in self.measures.items() for item in measure.items}

    def labelled(self) -> pl.LazyFrame:
        """The labelled rows of all articles, headlines and bodies."""
        sentences = self.frames["sentences"].lazy()
        if not self.coders:
            return sentences
        notes = self.frames["annotations"].lazy().filter(pl.col("annotator_kind") != AnnotatorKind.ADJUDICATED)
        return notes.join(sentences.select("article_id", "n", "unit", "n_words"), on=["article_id", "n"])

    def accounts(self) -> pl.LazyFrame:
        """The rows that report facts, of all articles: headlines count with the bodies."""
        rows = self.labelled()
        return rows.filter(pl.col("unit") == Unit.HEADLINE) if self.unit == Unit.HEADLINE else rows

    def measured(self, articles: pl.DataFrame | None = None) -> pl.LazyFrame:
        """The rows of the unit, of the chosen articles or some of them."""
        rows = self.labelled().filter(pl.col("unit") == self.unit)
        if articles is None and self.every:
            return rows
        some = self.articles if articles is None else articles
        return rows.join(some.lazy().select("article_id"), on="article_id", how="semi")

    def names(self, frame: str) -> list[str]:
        """The columns of a frame."""
        return list(self.frames[frame].lazy().collect_schema())


def ask(
    frames: Frames,
    by: str,
    only: Names,
    *,
    measures: Names = (),
    headline: bool = False,
    labels: str | None = None,
    coders: bool = False,
) -> Asked:
    """What is asked; raises ValueError for a column, an article, a topic, a measure or an annotator that there is not."""
    listed = frames["articles"].lazy()
    columns = [name for name, kind in listed.collect_schema().items() if not kind.is_nested()]
    if by not in columns:
        raise ValueError(f"articles cannot be grouped by {by!r}; {nearest(by, columns)}")
    own = pl.col("topic_id")
    axis = pl.when(pl.col("axis") != "none").then("axis").otherwise(own) if "axis" in columns else own
    wanted = [name for name in ("n_sentences", "includes_text", "language", "published") if name in columns]
    articles = listed.select("article_id", "topic_id", *wanted, group=by, axis=axis).sort("article_id").collect()
    size = articles.height
    if only is not None:
        names = [only] if isinstance(only, str) else list(only)
        known = {*articles["article_id"], *articles["topic_id"]}
        for name in names:
            if name not in known:
                raise ValueError(f"no article or topic {name!r}; {nearest(name, sorted(known))}")
        articles = articles.filter(pl.col("article_id").is_in(names) | pl.col("topic_id").is_in(names))
    asked_for, articles = articles.height, articles.drop_nulls("group")
    frames, who = speaking(frames, labels)
    if coders:
        named(frames)
    articles = articles.join(who, on="article_id", maintain_order="left")
    unit = Unit.HEADLINE if headline else Unit.BODY
    every, lost = articles.height == size, asked_for - articles.height
    asked = Asked(frames, articles, by, unit, chosen(measures), coders, every, lost, unasked(frames, None if coders else who))
    if articles.is_empty():
        raise ValueError(f"no article with sentences has a value in {by!r}")
    return asked


def _rows(asked: Asked, over: Over, articles: pl.DataFrame | None, needed: Collection[str]) -> pl.LazyFrame:
    """The rows that are summed, with what their measures read of a sentence or mention; the latter have an `item`."""
    rows = asked.measured(articles)
    sides = asked.frames["parties"].lazy().select("topic_id", "side", party="party_id")
    if over == "sentences":
        if "quarter" in needed:
            lengths = asked.articles.lazy().select("article_id", "n_sentences")
            quarter = (pl.col("n") - 1) * 4 // (pl.col("n_sentences") - 1).clip(lower_bound=1) + 1
            rows = rows.join(lengths, on="article_id").with_columns(quarter=pl.when(pl.col("n") > 0).then(quarter))
        if "source_side" in needed:
            sides = sides.rename({"side": "source_side", "party": "source_party"})
            rows = rows.join(sides, on=["topic_id", "source_party"], how="left")
        return rows
    keys, counts = [*asked.keys, "n"], [name for name in ("loaded_words", "n_words") if name in needed]
    stances = rows.select(*keys, "topic_id", *counts, "stance").explode("stance").unnest("stance")
    light = {"good": pl.col("value") == 1, "bad": pl.col("value") == -1}
    mentions = stances.drop_nulls("party").join(sides, on=["topic_id", "party"]).with_columns(**light)
    if over == "parties":
        return mentions.rename({"party": "item"})
    # each sentence once for each side, in the light in which it shows any of its parties; of strings there would be too many
    side = pl.col("side").cast(pl.Enum([str(one) for one in Side]))
    once = mentions.with_columns(pl.col("article_id").cast(pl.Categorical), item=side).group_by(*keys, "item")
    return once.agg(pl.col(counts).first(), pl.col("good", "bad").any())


@dataclass(frozen=True, eq=False)
class Block:
    """Sums: a row for each article and item (a party or side; or else ""), a pair of columns for each measure and item.

    `sized` blocks are of numbers that an article has one of, each with the effective number of units that it rests on.
    """

    rows: pl.DataFrame
    pairs: Mapping[Key, tuple[str, str]]
    scales: Mapping[Key, tuple[float, float]]
    sized: bool = False

    def of(self, names: Sequence[Key], rows: pl.DataFrame) -> list[Floats]:
        """Numerators and denominators of some measures, for ratios from 0 to 1, and sizes of `sized` ones: rows × names."""
        sides = [[self.pairs[name][at] for name in names] for at in (0, 1)]
        sides += [[f"{column}_size" for column in sides[0]]] * self.sized
        columns = list(dict.fromkeys(column for side in sides for column in side))
        values = rows.select(pl.col(columns).cast(pl.Float64).fill_null(0)).to_numpy()
        tops, bottoms, *sizes = (values[:, [columns.index(column) for column in side]] for side in sides)
        low, high = np.array([self.scales[name] for name in names]).T
        return [(tops - low * bottoms) / (high - low), bottoms, *sizes]


def blocks(
    asked: Asked, overs: Collection[Over] = OVERS, *, articles: pl.DataFrame | None = None, each: bool = False
) -> Iterator[Block]:
    """The sums of the measures over some kinds of rows by article (and coder), a block for each kind; or by `each` sentence."""
    whole = asked.frames["sentences"]
    small = isinstance(whole, pl.DataFrame) and whole.height < SMALL
    for over in overs:
        own = {name: measure for name, measure in asked.measures.items() if measure.over == over}
        sums = {(name, item): sums for name, measure in own.items() for item, sums in measure.items.items()}
        terms = {str(term): term for pair in sums.values() for term in pair}
        needed = {root for term in terms.values() for root in term.meta.root_names()}
        columns = {name: (str(x), str(y)) for name, (x, y) in sums.items()}
        if not own:
            continue
        if over == "articles":
            columns = {name: (x.meta.root_names()[0], y.meta.root_names()[0]) for name, (x, y) in sums.items()}
            rows = _numbers(asked, asked.measured(articles), needed)
        else:
            rows, keys = _rows(asked, over, articles, needed), [*asked.keys, *["item"] * (over != "sentences")]
            if each:
                rows = rows.select(*keys, "n", *(term.alias(name) for name, term in terms.items()))
            else:
                rows = rows.group_by(keys).agg(term.sum().alias(name) for name, term in terms.items())
        item = pl.lit("") if over in ("sentences", "articles") else pl.col("item").cast(pl.String)
        rows = rows.with_columns(pl.col("article_id").cast(pl.String), item=item)
        scales = {(name, item): own[name].scale for name, item in sums}
        yield Block(rows.collect(engine="in-memory" if small else "streaming"), columns, scales, sized=over == "articles")


def begun(rows: pl.DataFrame, *keys: str) -> Ints:
    """Where rows of other keys begin in sorted rows."""
    return rows.select(pl.struct(keys).rle_id().diff().fill_null(1).ne(0).arg_true()).to_series().to_numpy().astype(np.int64)


def coded(asked: Asked) -> pl.DataFrame:
    """The articles asked for that have rows: whether each is `alone` in its group, which has number `at`, and what is coded of it.

    Of each layer the column of its name says in how many rows.
    """
    layers = sorted({layer for measure in asked.measures.values() for layer in measure.layers} | {"attribution"})
    counts = [pl.col(layer).is_not_null().sum().alias(layer) for layer in layers]
    rows = asked.measured().group_by("article_id").agg(*counts, attributed=ATTRIBUTED.sum(), rows=pl.len())
    at = pl.col("group").rank("dense").cast(pl.UInt32)
    found = asked.articles.lazy().join(rows, on="article_id", maintain_order="left")
    return found.with_columns(alone=pl.len().over("group") == 1, at=at).collect(engine="streaming")


# Numbers that an article has one of


def _numbers(asked: Asked, rows: pl.LazyFrame, needed: set[str]) -> pl.LazyFrame:
    """For each article (and coder) its numbers: `x`, `x_of`, by which it is divided, and `x_size`.

    The last is the effective number of units that the interval of this one number rests on.
    """
    parts = [rows.select(asked.keys).unique()]
    if "different_sources" in needed:
        span, with_text = pl.element().struct, asked.articles.filter("includes_text").lazy().select("article_id")
        words = pl.col("spans").list.eval(span.field("text").filter(span.field("layer") == SpanLayer.SOURCE)).list.first()
        sources = _different(asked, rows, "different_sources", words.str.to_lowercase())
        parts.append(sources.join(with_text, on="article_id", how="semi"))
    if "different_source_parties" in needed:
        parts.append(_different(asked, rows, "different_source_parties", pl.col("source_party")))
    if needed & {"reported", "left_out", "beyond", "left_out_a"}:
        parts.append(_facts(asked))
    return reduce(lambda found, part: found.join(part, on=asked.keys, how="left"), parts)


def _different(asked: Asked, rows: pl.LazyFrame, name: str, source: pl.Expr) -> pl.LazyFrame:
    """The number of different sources expected among `DRAWN` attributions, drawn without replacement (Hurlbert 1971).

    It does not depend on how many attributions there are. Its variance is that of the jackknife over attributions.
    """
    k, n = pl.col("k").cast(pl.Float64), pl.col("n").cast(pl.Float64)

    def seen(n: pl.Expr, k: pl.Expr) -> pl.Expr:
        return 1 - reduce(mul, (((n - k - drawn) / (n - drawn)).clip(0, 1) for drawn in range(DRAWN)))

    times = rows.filter(ATTRIBUTED).group_by(*asked.keys, source=source).agg(k=pl.len()).drop_nulls("source")
    totals = times.group_by(asked.keys).agg(n=pl.col("k").sum()).filter(pl.col("n") >= DRAWN)
    one_less = times.join(totals, on=asked.keys).with_columns(seen=seen(n, k), all=seen(n - 1, k), fewer=seen(n - 1, k - 1))
    change = pl.col("fewer") - pl.col("all")  # which leaving out one of the attributions to a source makes
    terms = {"value": pl.col("seen"), "mean": k * change, "square": k * change * change}
    p, every = (pl.col("value") - 1) / (DRAWN - 1), n
    spread = (every - 1) / every * (pl.col("square") - pl.col("mean") ** 2 / every) / (DRAWN - 1) ** 2
    size = (
        pl.when(every > DRAWN, spread > 1e-12, p < 1 - 1e-12).then(pl.min_horizontal(p * (1 - p) / spread, every)).otherwise(every)
    )
    found = one_less.group_by(asked.keys).agg(
        n=pl.col("n").first(), **{term: one.sum().round(PLACES) for term, one in terms.items()}
    )
    return found.select(*asked.keys, pl.col("value").alias(name), pl.lit(1.0).alias(f"{name}_of"), size.alias(f"{name}_size"))


def existing(asked: Asked) -> tuple[pl.DataFrame, pl.Expr]:
    """The facts with their topic, `since` and `favours`, and a test of whether one existed when an article was published.

    It is null where the fact has a day and the article has none.
    """
    have, dates = asked.names("facts"), asked.names("articles")
    since = pl.col("since") if "since" in have and "published" in dates else pl.lit(None, pl.Date)
    favours = pl.col("favours") if "favours" in have else pl.lit(None, pl.String)
    facts = asked.frames["facts"].lazy().select("topic_id", "fact_id", since=since, favours=favours).collect()
    return facts, pl.col("since").is_null() | (pl.col("published") >= pl.col("since"))


def _facts(asked: Asked) -> pl.LazyFrame:
    """How many facts each account reports and leaves out, alone or beside the others on its topic.

    An account is an article, by a coder. Facts of a topic that have one `since` and `favours` are of one kind, so that no table of
    every account and fact is made: a *part* is an account with a kind. A fact that came later than an article is not known to it,
    unless it reports it, and so is one that its coder was not asked about, which is a kind of its own.
    """
    facts, existed = existing(asked)
    late = pl.when(pl.col("fact_id").is_in(asked.unasked["fact_id"].unique().implode())).then("fact_id")
    facts = facts.with_columns(late=late).with_columns(kind=pl.struct("topic_id", "since", "favours", "late").rank("dense"))
    rows = asked.accounts().select(*asked.keys, "topic_id", "facts").filter(pl.col("facts").is_not_null())
    dates = asked.frames["articles"].lazy().select("article_id", *{"published"} & set(asked.names("articles")))
    accounts = (
        rows.group_by(*asked.keys, "topic_id").agg(n=pl.len()).join(dates, on="article_id").with_row_index("account").collect()
    )
    coder = asked.keys[1:]
    kinds = facts.group_by("topic_id", "kind").agg(pl.col("since", "favours", "late").first(), known=pl.len())
    unknown = asked.unasked.select(*asked.keys, late="fact_id", unasked=pl.lit(value=True))
    parts = accounts.join(kinds, on="topic_id").join(unknown, on=[*asked.keys, "late"], how="left")
    parts = parts.with_columns(existed=existed.fill_null(value=False) & pl.col("unasked").is_null())
    parts = parts.drop("article_id", "topic_id", "late", "unasked")
    told = (
        rows.explode("facts")
        .drop_nulls("facts")
        .group_by(*asked.keys, "topic_id", fact_id="facts")
        .agg(k=pl.len())
        .join(accounts.lazy().select(*asked.keys, "account"), on=asked.keys)
        .join(facts.lazy().select("topic_id", "fact_id", "kind"), on=["topic_id", "fact_id"])
        .join(parts.lazy().select("account", "kind", "n", "existed"), on=["account", "kind"])
        .with_columns(alone=pl.len().over("kind", "fact_id", *coder) == 1)
        .collect()
    )
    timely, group = told.filter("existed"), ["kind", *coder]
    chances = _chances(parts.filter("existed"), timely, group)
    theirs = chances.group_by(*group, n="m").agg(theirs=(pl.col("number") * pl.col("chance")).sum())
    ours = chances.group_by(*group, "n", "k").agg(ours=(pl.col("times") * pl.col("chance")).sum())
    tellings = timely.lazy().join(ours, on=[*group, "n", "k"]).group_by("account", "kind")
    counts = tellings.agg(own=pl.len(), sole=pl.col("alone").sum(), ours=pl.col("ours").sum())
    anywhere = timely.lazy().group_by(group).agg(anywhere=pl.col("fact_id").n_unique())
    others = (pl.len().over(group) - 1).cast(pl.Int64)
    own, known, of = pl.col("own"), pl.col("anywhere").cast(pl.Int64), pl.col("anywhere") - pl.col("sole")
    beyond = (pl.col("theirs") - pl.col("ours")) / pl.col("others").clip(lower_bound=1)
    sums = {"left_out": known - own, "left_out_of": of, "beyond": beyond, "beyond_of": known * (pl.col("others") > 0)}
    for side in map(str, Favours):
        helps = pl.col("favours").eq_missing(pl.lit(side))
        sums |= {f"left_out_{side}": (known - own) * helps, f"left_out_{side}_of": of * helps}
    sums |= {"reported": own, "reported_of": pl.col("known")}
    found = (
        parts.lazy()
        .filter("existed")
        .with_columns(others=others)
        .join(anywhere, on=group, how="left")
        .join(counts, on=["account", "kind"], how="left")
        .join(theirs, on=[*group, "n"], how="left")
        .with_columns(pl.col("anywhere", "own", "sole", "ours", "theirs").fill_null(0))
        .group_by("account")
        .agg(one.sum().round(PLACES).alias(name) for name, one in sums.items())
    )
    early = told.lazy().filter(~pl.col("existed")).group_by("account").agg(early=pl.len())
    both = accounts.lazy().join(found, on="account", how="left").join(early, on="account", how="left")
    more = [pl.col(name).fill_null(0) + pl.col("early").fill_null(0) for name in ("reported", "reported_of")]
    sizes = [pl.col(f"{name}_of").alias(f"{name}_size") for name in sums if f"{name}_of" in sums]
    return (
        both.with_columns(more)
        .with_columns(sizes)
        .select(*asked.keys, pl.col("^.*_(of|size)$"), *(n for n in sums if n[-3:] != "_of"))
    )


def _chances(parts: pl.DataFrame, told: pl.DataFrame, group: list[str]) -> pl.LazyFrame:
    """For each account length `n` and number `k` of sentences that report a fact, the chance that one of `m` drawn reports it.

    The sentences are drawn at random, as many as the shorter of this and another account has: the chance is hypergeometric,
    1 - C(n - k, m) / C(n, m). `number` facts are so reported, and `times` accounts are `m` long, group by group.
    """
    facts = told.group_by(*group, "n", "k").agg(number=pl.len())
    found = facts.join(parts.group_by(*group, m="n").agg(times=pl.len()), on=group)
    n, k, m = (found[name].to_numpy().astype(np.float64) for name in ("n", "k", "m"))
    m = np.minimum(n, m)
    with np.errstate(all="ignore"):
        missed = gammaln(n - k + 1) - gammaln(n - k - m + 1) - gammaln(n + 1) + gammaln(n - m + 1)
    return found.lazy().with_columns(chance=pl.Series(1 - np.where(n - k >= m, np.exp(np.minimum(missed, 0)), 0)))
