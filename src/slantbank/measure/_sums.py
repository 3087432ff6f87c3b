"""The sums by article of which measures are ratios, from a few grouped passes of polars that keep no rows.

Frames may be lazy: then only the columns that are needed are read.
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
from slantbank.measure._labels import Frames, coder_ids, decisive_labels, unasked_facts
from slantbank.measure._measures import ATTRIBUTED, DRAWN, Measure, Over, select_measures
from slantbank.problem import nearest

Names = str | Collection[str] | None
Key = tuple[str, str]

SMALL = 50_000
"""Below so many rows polars is faster without its streaming engine."""

PLACES = 12
"""Sums of fractions are rounded to so many decimals: their last bits depend on the order in which threads add."""

OVERS: tuple[Over, ...] = ("sentences", "parties", "sides", "articles")


@dataclass(frozen=True, eq=False)
class Selection:
    """The articles, groups, unit and measures that a call selects from the frames.

    `articles` is sorted and has for each article its `group` and topic, `axis` (what the topic's sides mean; its own id where it
    does not say), and `labels`, `coders`, `gold`, `models` as `decisive_labels` gives them. With `coders` each coder's own labels
    are measured. `whole` says that all articles are selected; `ungrouped` counts those left out because they have no group.
    """

    frames: Frames
    articles: pl.DataFrame
    by: str
    unit: Unit
    measures: Mapping[str, Measure]
    coders: bool
    whole: bool
    ungrouped: int
    unasked: pl.DataFrame
    """The facts that did not exist yet when an account was coded: the `keys` of the account, and `fact_id`."""

    @property
    def keys(self) -> list[str]:
        """The columns that identify a row."""
        return ["article_id", *(["annotator_id"] if self.coders else [])]

    @cached_property
    def items(self) -> dict[Key, Measure]:
        """Each item with its measure, in order."""
        return {(name, item): measure for name, measure in self.measures.items() for item in measure.items}

    def labelled_rows(self) -> pl.LazyFrame:
        """The labelled rows of all articles, headlines and bodies."""
        sentences = self.frames["sentences"].lazy()
        if not self.coders:
            return sentences
        notes = self.frames["annotations"].lazy().filter(pl.col("annotator_kind") != AnnotatorKind.ADJUDICATED)
        return notes.join(sentences.select("article_id", "n", "unit", "n_words"), on=["article_id", "n"])

    def fact_rows(self) -> pl.LazyFrame:
        """The rows in which facts are looked for, of all articles: headlines count with the bodies."""
        rows = self.labelled_rows()
        return rows.filter(pl.col("unit") == Unit.HEADLINE) if self.unit == Unit.HEADLINE else rows

    def unit_rows(self, articles: pl.DataFrame | None = None) -> pl.LazyFrame:
        """The rows of the unit, of the selected articles or some of them."""
        rows = self.labelled_rows().filter(pl.col("unit") == self.unit)
        if articles is None:
            if self.whole:
                return rows
            articles = self.articles
        return rows.join(articles.lazy().select("article_id"), on="article_id", how="semi")

    def columns(self, frame: str) -> list[str]:
        """The columns of a frame."""
        return list(self.frames[frame].lazy().collect_schema())


def make_selection(
    frames: Frames,
    by: str,
    only: Names,
    *,
    measures: Names = (),
    headline: bool = False,
    labels: str | None = None,
    coders: bool = False,
) -> Selection:
    """The selection of a call. Raises ValueError for an unknown column, article, topic, measure or annotator."""
    listed = frames["articles"].lazy()
    columns = [name for name, kind in listed.collect_schema().items() if not kind.is_nested()]
    if by not in columns:
        raise ValueError(f"articles cannot be grouped by {by!r}; {nearest(by, columns)}")
    topic = pl.col("topic_id")
    axis = pl.when(pl.col("axis") != "none").then("axis").otherwise(topic) if "axis" in columns else topic
    details = [name for name in ("n_sentences", "includes_text", "language", "published") if name in columns]
    articles = listed.select("article_id", "topic_id", *details, group=by, axis=axis).sort("article_id").collect()
    every = articles.height
    if only is not None:
        names = [only] if isinstance(only, str) else list(only)
        ids = {*articles["article_id"], *articles["topic_id"]}
        for name in names:
            if name not in ids:
                raise ValueError(f"no article or topic {name!r}; {nearest(name, sorted(ids))}")
        articles = articles.filter(pl.col("article_id").is_in(names) | pl.col("topic_id").is_in(names))
    named, articles = articles.height, articles.drop_nulls("group")
    frames, by_article = decisive_labels(frames, labels)
    if coders:
        coder_ids(frames)  # raises where there are none
    stated = select_measures(measures)
    if articles.is_empty():
        raise ValueError(f"no article with sentences has a value in {by!r}")
    return Selection(
        frames,
        articles.join(by_article, on="article_id", maintain_order="left"),
        by,
        Unit.HEADLINE if headline else Unit.BODY,
        stated,
        coders,
        whole=articles.height == every,
        ungrouped=named - articles.height,
        unasked=unasked_facts(frames, None if coders else by_article),
    )


def _rows(selection: Selection, over: Over, articles: pl.DataFrame | None, needed: Collection[str]) -> pl.LazyFrame:
    """The rows that are summed, with the columns that their measures need; rows of mentions have an `item`, the party or side."""
    rows = selection.unit_rows(articles)
    sides = selection.frames["parties"].lazy().select("topic_id", "side", party="party_id")
    if over == "sentences":
        if "quarter" in needed:
            lengths = selection.articles.lazy().select("article_id", "n_sentences")
            quarter = (pl.col("n") - 1) * 4 // (pl.col("n_sentences") - 1).clip(lower_bound=1) + 1
            rows = rows.join(lengths, on="article_id").with_columns(quarter=pl.when(pl.col("n") > 0).then(quarter))
        if "source_side" in needed:
            sides = sides.rename({"side": "source_side", "party": "source_party"})
            rows = rows.join(sides, on=["topic_id", "source_party"], how="left")
        return rows
    keys, counts = [*selection.keys, "n"], [name for name in ("loaded_words", "n_words") if name in needed]
    stances = rows.select(*keys, "topic_id", *counts, "stance").explode("stance").unnest("stance")
    stance = {"good": pl.col("value") == 1, "bad": pl.col("value") == -1}
    mentions = stances.drop_nulls("party").join(sides, on=["topic_id", "party"]).with_columns(**stance)
    if over == "parties":
        return mentions.rename({"party": "item"})
    # one row a sentence and side, good or bad where any party of the side is; enums, since so many strings take too much memory
    side = pl.col("side").cast(pl.Enum([str(side) for side in Side]))
    by_side = mentions.with_columns(pl.col("article_id").cast(pl.Categorical), item=side).group_by(*keys, "item")
    return by_side.agg(pl.col(counts).first(), pl.col("good", "bad").any())


@dataclass(frozen=True, eq=False)
class Block:
    """The sums of the measures over one kind of rows: a row for each article and, as `item`, each party or side (else "").

    `pairs` names the columns of numerator and denominator for each measure and item, `scales` the scale of its values. `sized`
    blocks are of measures over articles, with the effective number of units that each number rests on.
    """

    rows: pl.DataFrame
    pairs: Mapping[Key, tuple[str, str]]
    scales: Mapping[Key, tuple[float, float]]
    sized: bool = False

    def scaled_sums(self, keys: Sequence[Key], rows: pl.DataFrame) -> list[Floats]:
        """The numerators and denominators of ratios scaled to 0 to 1, and the sizes of a `sized` block: each rows × keys."""
        parts = [[self.pairs[key][at] for key in keys] for at in (0, 1)]
        parts += [[f"{column}_size" for column in parts[0]]] * self.sized
        columns = list(dict.fromkeys(column for part in parts for column in part))
        values = rows.select(pl.col(columns).cast(pl.Float64).fill_null(0)).to_numpy()
        x, y, *sizes = (values[:, [columns.index(column) for column in part]] for part in parts)
        low, high = np.array([self.scales[key] for key in keys]).T
        return [(x - low * y) / (high - low), y, *sizes]


def blocks(
    selection: Selection, overs: Collection[Over] = OVERS, *, articles: pl.DataFrame | None = None, by_sentence: bool = False
) -> Iterator[Block]:
    """The sums of the measures by article (and coder), a block for each kind of rows; or the terms of each sentence."""
    sentences = selection.frames["sentences"]
    small = isinstance(sentences, pl.DataFrame) and sentences.height < SMALL
    for over in overs:
        measures = {name: measure for name, measure in selection.measures.items() if measure.over == over}
        sums = {(name, item): sums for name, measure in measures.items() for item, sums in measure.items.items()}
        terms = {str(term): term for pair in sums.values() for term in pair}
        needed = {root for term in terms.values() for root in term.meta.root_names()}
        columns = {name: (str(x), str(y)) for name, (x, y) in sums.items()}
        if not measures:
            continue
        if over == "articles":
            columns = {name: (x.meta.root_names()[0], y.meta.root_names()[0]) for name, (x, y) in sums.items()}
            rows = _article_numbers(selection, selection.unit_rows(articles), needed)
        else:
            rows, keys = _rows(selection, over, articles, needed), [*selection.keys, *["item"] * (over != "sentences")]
            if by_sentence:
                rows = rows.select(*keys, "n", *(term.alias(name) for name, term in terms.items()))
            else:
                rows = rows.group_by(keys).agg(term.sum().alias(name) for name, term in terms.items())
        item = pl.lit("") if over in ("sentences", "articles") else pl.col("item").cast(pl.String)
        rows = rows.with_columns(pl.col("article_id").cast(pl.String), item=item)
        scales = {(name, item): measures[name].scale for name, item in sums}
        yield Block(rows.collect(engine="in-memory" if small else "streaming"), columns, scales, sized=over == "articles")


def run_starts(rows: pl.DataFrame, *keys: str) -> Ints:
    """The numbers of the rows at which the keys change, in sorted rows."""
    return rows.select(pl.struct(keys).rle_id().diff().fill_null(1).ne(0).arg_true()).to_series().to_numpy().astype(np.int64)


def count_coded(selection: Selection) -> pl.DataFrame:
    """The selected articles that have rows, with the number of rows in which each layer is coded, under the layer's name.

    `at` numbers the group of the article, and `alone` says whether the group has no other.
    """
    layers = sorted({layer for measure in selection.measures.values() for layer in measure.layers} | {"attribution"})
    counts = [pl.col(layer).is_not_null().sum().alias(layer) for layer in layers]
    rows = selection.unit_rows().group_by("article_id").agg(*counts, attributed=ATTRIBUTED.sum(), rows=pl.len())
    at = pl.col("group").rank("dense").cast(pl.UInt32)
    articles = selection.articles.lazy().join(rows, on="article_id", maintain_order="left")
    return articles.with_columns(alone=pl.len().over("group") == 1, at=at).collect(engine="streaming")


# Measures over articles: one number an article


def _article_numbers(selection: Selection, rows: pl.LazyFrame, needed: set[str]) -> pl.LazyFrame:
    """The numbers of each article (and coder): for each number `x` its denominator `x_of` and `x_size`.

    `x_size` is the effective number of units that the interval of this number rests on.
    """
    parts = [rows.select(selection.keys).unique()]
    if "different_sources" in needed:
        span, with_text = pl.element().struct, selection.articles.filter("includes_text").lazy().select("article_id")
        words = pl.col("spans").list.eval(span.field("text").filter(span.field("layer") == SpanLayer.SOURCE)).list.first()
        sources = _rarefied(selection, rows, "different_sources", words.str.to_lowercase())
        parts.append(sources.join(with_text, on="article_id", how="semi"))
    if "different_source_parties" in needed:
        parts.append(_rarefied(selection, rows, "different_source_parties", pl.col("source_party")))
    if needed & {"reported", "left_out", "beyond", "left_out_a"}:
        parts.append(_fact_sums(selection))
    return reduce(lambda numbers, part: numbers.join(part, on=selection.keys, how="left"), parts)


def _rarefied(selection: Selection, rows: pl.LazyFrame, name: str, source: pl.Expr) -> pl.LazyFrame:
    """The number of different sources by rarefaction: expected among `DRAWN` attributions without replacement (Hurlbert 1971).

    It does not depend on the number of attributions. Its variance is that of the delete-one-attribution jackknife.
    """
    k, n = pl.col("k").cast(pl.Float64), pl.col("n").cast(pl.Float64)

    def drawn_once(n: pl.Expr, k: pl.Expr) -> pl.Expr:
        """The chance that a source with k of n attributions is among those drawn."""
        return 1 - reduce(mul, (((n - k - drawn) / (n - drawn)).clip(0, 1) for drawn in range(DRAWN)))

    times = rows.filter(ATTRIBUTED).group_by(*selection.keys, source=source).agg(k=pl.len()).drop_nulls("source")
    totals = times.group_by(selection.keys).agg(n=pl.col("k").sum()).filter(pl.col("n") >= DRAWN)
    one_less = times.join(totals, on=selection.keys).with_columns(
        chance=drawn_once(n, k), other=drawn_once(n - 1, k), same=drawn_once(n - 1, k - 1)
    )
    change = pl.col("same") - pl.col("other")  # in the number of sources, when one attribution to this source is left out
    terms = {"value": pl.col("chance"), "mean": k * change, "square": k * change * change}
    p = (pl.col("value") - 1) / (DRAWN - 1)
    variance = (n - 1) / n * (pl.col("square") - pl.col("mean") ** 2 / n) / (DRAWN - 1) ** 2
    size = pl.when(n > DRAWN, variance > 1e-12, p < 1 - 1e-12).then(pl.min_horizontal(p * (1 - p) / variance, n)).otherwise(n)
    sums = {name: term.sum().round(PLACES) for name, term in terms.items()}
    columns = pl.col("value").alias(name), pl.lit(1.0).alias(f"{name}_of"), size.alias(f"{name}_size")
    return one_less.group_by(selection.keys).agg(n=pl.col("n").first(), **sums).select(*selection.keys, *columns)


def dated_facts(selection: Selection) -> tuple[pl.DataFrame, pl.Expr]:
    """The facts with their topic, `since` and `favours`, and an expression: whether a fact existed when an article was published.

    The expression is null where the fact has a day and the article has none.
    """
    columns, of_articles = selection.columns("facts"), selection.columns("articles")
    since = pl.col("since") if "since" in columns and "published" in of_articles else pl.lit(None, pl.Date)
    favours = pl.col("favours") if "favours" in columns else pl.lit(None, pl.String)
    facts = selection.frames["facts"].lazy().select("topic_id", "fact_id", since=since, favours=favours).collect()
    return facts, pl.col("since").is_null() | (pl.col("published") >= pl.col("since"))


def _fact_parts(selection: Selection) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The accounts with their length `n`; the parts (accounts × kinds of facts); and the facts that each account reports.

    An account is an article as one coder labelled it. Facts of a topic with the same `since` and `favours` are of one kind, so that
    no table of every account and fact is needed. An account cannot omit a fact that came later than its article, nor one that its
    coder was not asked about, which is a kind of its own: then `existed` is false. Of a reported fact, `k` is the number of
    sentences that report it, and `alone` says whether no other account reports it.
    """
    facts, existed = dated_facts(selection)
    late = pl.when(pl.col("fact_id").is_in(selection.unasked["fact_id"].unique().implode())).then("fact_id")
    facts = facts.with_columns(late=late).with_columns(kind=pl.struct("topic_id", "since", "favours", "late").rank("dense"))
    rows = selection.fact_rows().select(*selection.keys, "topic_id", "facts").filter(pl.col("facts").is_not_null())
    dates = selection.frames["articles"].lazy().select("article_id", *{"published"} & set(selection.columns("articles")))
    lengths = rows.group_by(*selection.keys, "topic_id").agg(n=pl.len())
    accounts = lengths.join(dates, on="article_id").with_row_index("account").collect()
    kinds = facts.group_by("topic_id", "kind").agg(pl.col("since", "favours", "late").first(), n_facts=pl.len())
    unasked = selection.unasked.select(*selection.keys, late="fact_id", unasked=pl.lit(value=True))
    parts = accounts.join(kinds, on="topic_id").join(unasked, on=[*selection.keys, "late"], how="left")
    parts = parts.with_columns(existed=existed.fill_null(value=False) & pl.col("unasked").is_null())
    parts = parts.drop("article_id", "topic_id", "late", "unasked")
    reported = (
        rows.explode("facts")
        .drop_nulls("facts")
        .group_by(*selection.keys, "topic_id", fact_id="facts")
        .agg(k=pl.len())
        .join(accounts.lazy().select(*selection.keys, "account"), on=selection.keys)
        .join(facts.lazy().select("topic_id", "fact_id", "kind"), on=["topic_id", "fact_id"])
        .join(parts.lazy().select("account", "kind", "n", "existed"), on=["account", "kind"])
        .with_columns(alone=pl.len().over("kind", "fact_id", *selection.keys[1:]) == 1)
        .collect()
    )
    return accounts, parts, reported


def _fact_sums(selection: Selection) -> pl.LazyFrame:
    """The numbers of facts that each account reports and leaves out, by itself and compared with the others on its topic."""
    accounts, parts, reported = _fact_parts(selection)
    timely, group = reported.filter("existed"), ["kind", *selection.keys[1:]]
    chances = _report_chances(parts.filter("existed"), timely, group)
    of_others = chances.group_by(*group, n="m").agg(of_others=(pl.col("number") * pl.col("chance")).sum())
    of_own = chances.group_by(*group, "n", "k").agg(of_own=(pl.col("times") * pl.col("chance")).sum())
    by_part = timely.lazy().join(of_own, on=[*group, "n", "k"]).group_by("account", "kind")
    counts = by_part.agg(n_reported=pl.len(), n_alone=pl.col("alone").sum(), of_own=pl.col("of_own").sum())
    anywhere = timely.lazy().group_by(group).agg(n_anywhere=pl.col("fact_id").n_unique())
    n_others = (pl.len().over(group) - 1).cast(pl.Int64)
    by_any, by_others = pl.col("n_anywhere").cast(pl.Int64), pl.col("n_anywhere") - pl.col("n_alone")
    left_out = by_any - pl.col("n_reported")
    beyond = (pl.col("of_others") - pl.col("of_own")) / pl.col("n_others").clip(lower_bound=1)
    sums = {"left_out": left_out, "left_out_of": by_others, "beyond": beyond, "beyond_of": by_any * (pl.col("n_others") > 0)}
    for side in map(str, Favours):
        helps = pl.col("favours").eq_missing(pl.lit(side))
        sums |= {f"left_out_{side}": left_out * helps, f"left_out_{side}_of": by_others * helps}
    sums |= {"reported": pl.col("n_reported"), "reported_of": pl.col("n_facts")}
    by_account = (
        parts.lazy()
        .filter("existed")
        .with_columns(n_others=n_others)
        .join(anywhere, on=group, how="left")
        .join(counts, on=["account", "kind"], how="left")
        .join(of_others, on=[*group, "n"], how="left")
        .with_columns(pl.col("n_anywhere", "n_reported", "n_alone", "of_own", "of_others").fill_null(0))
        .group_by("account")
        .agg(term.sum().round(PLACES).alias(name) for name, term in sums.items())
    )
    early = reported.lazy().filter(~pl.col("existed")).group_by("account").agg(early=pl.len())
    numbers = accounts.lazy().join(by_account, on="account", how="left").join(early, on="account", how="left")
    with_early = [pl.col(name).fill_null(0) + pl.col("early").fill_null(0) for name in ("reported", "reported_of")]
    sizes = [pl.col(f"{name}_of").alias(f"{name}_size") for name in sums if f"{name}_of" in sums]
    names = [name for name in sums if not name.endswith("_of")]
    return numbers.with_columns(with_early).with_columns(sizes).select(*selection.keys, pl.col("^.*_(of|size)$"), *names)


def _report_chances(parts: pl.DataFrame, reported: pl.DataFrame, group: list[str]) -> pl.LazyFrame:
    """The hypergeometric chances that an account, cut at random to the length of a shorter one, still reports a fact.

    A fact is reported by `k` of the `n` sentences of an account; of `m` drawn without replacement, one or more report it with the
    chance 1 - C(n - k, m) / C(n, m). In each group `number` facts have these n and k, and `times` accounts are `m` long.
    """
    facts = reported.group_by(*group, "n", "k").agg(number=pl.len())
    pairs = facts.join(parts.group_by(*group, m="n").agg(times=pl.len()), on=group)
    n, k, m = (pairs[name].to_numpy().astype(np.float64) for name in ("n", "k", "m"))
    m = np.minimum(n, m)
    with np.errstate(all="ignore"):
        missed = gammaln(n - k + 1) - gammaln(n - k - m + 1) - gammaln(n + 1) + gammaln(n - m + 1)
    return pairs.lazy().with_columns(chance=pl.Series(1 - np.where(n - k >= m, np.exp(np.minimum(missed, 0)), 0)))
