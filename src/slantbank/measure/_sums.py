"""What each article adds to the sums that measures are ratios of: a few grouped passes of polars, no rows kept.

Frames may be lazy: then what is not needed is not read.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from slantbank.codebook import AnnotatorKind, Side, SpanLayer, Unit
from slantbank.measure._intervals import Floats
from slantbank.measure._labels import Frames, speaking
from slantbank.measure._measures import ATTRIBUTED, DRAWN, Measure, Over, chosen
from slantbank.problem import nearest

Names = str | Collection[str] | None
Key = tuple[str, str]

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

    @property
    def keys(self) -> list[str]:
        """What rows are told apart by."""
        return ["article_id", *(["annotator_id"] if self.coders else [])]

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
    if coders and _uncoded(frames):
        raise ValueError("the frame annotations has no coder's labels")
    articles = articles.join(who, on="article_id", maintain_order="left")
    unit = Unit.HEADLINE if headline else Unit.BODY
    every, lost = articles.height == size, asked_for - articles.height
    asked = Asked(frames, articles, by, unit, chosen(measures), coders, every, lost)
    if articles.is_empty():
        raise ValueError(f"no article with sentences has a value in {by!r}")
    return asked


def _uncoded(frames: Frames) -> bool:
    notes = frames["annotations"].lazy().filter(pl.col("annotator_kind") != AnnotatorKind.ADJUDICATED)
    return notes.head(1).collect().is_empty()


def _sides(asked: Asked, name: str) -> pl.LazyFrame:
    return asked.frames["parties"].lazy().select("topic_id", pl.col("party_id").alias(name), "side")


def sentences(asked: Asked, rows: pl.LazyFrame, needed: Collection[str]) -> pl.LazyFrame:
    """The rows with what else measures read of a sentence: its quarter of the body, and the side of its source's party."""
    if "quarter" in needed:
        lengths = asked.articles.lazy().select("article_id", "n_sentences")
        quarter = (pl.col("n") - 1) * 4 // (pl.col("n_sentences") - 1).clip(lower_bound=1) + 1
        rows = rows.join(lengths, on="article_id").with_columns(quarter=pl.when(pl.col("n") > 0).then(quarter))
    if "source_side" in needed:
        sides = _sides(asked, "source_party").rename({"side": "source_side"})
        rows = rows.join(sides, on=["topic_id", "source_party"], how="left")
    return rows.with_columns(item=pl.lit(""))


def mentions(asked: Asked, rows: pl.LazyFrame) -> pl.DataFrame:
    """Each party that a sentence refers to, with its side, whether it is shown in a good or a bad light, and the row's number."""
    keys = [*asked.keys, "n", "topic_id", "loaded_words", "n_words"]
    light = rows.select(*keys, "stance").with_row_index("row").explode("stance").unnest("stance").drop_nulls("party")
    shown = {"good": pl.col("value") == 1, "bad": pl.col("value") == -1}
    return light.join(_sides(asked, "party"), on=["topic_id", "party"]).with_columns(**shown).drop("topic_id", "value").collect()


def by_side(found: pl.DataFrame) -> pl.DataFrame:
    """The mentions by side: each sentence once for each side, in the light in which it shows any of the side's parties."""
    kept = [name for name in found.columns if name not in ("party", "side", "good", "bad", "row")]
    side = pl.col("side").cast(pl.Enum([str(one) for one in Side])).to_physical().cast(pl.UInt64)
    place = (pl.col("row").cast(pl.UInt64) * len(Side) + side).alias("place")
    return found.group_by(place).agg(pl.col("side", *kept).first(), pl.col("good", "bad").any()).drop("place")


@dataclass(frozen=True, eq=False)
class Block:
    """Sums: a row for each article and item (a party or side; or else ""), a pair of columns for each measure and item.

    `sized` blocks are of numbers that an article has one of, each with the effective number of units that it rests on.
    """

    rows: pl.DataFrame
    pairs: Mapping[Key, tuple[str, str]]
    scales: Mapping[Key, tuple[float, float]]
    sized: bool = False

    def of(self, names: Sequence[Key], rows: pl.DataFrame) -> tuple[Floats, Floats]:
        """Numerators and denominators of some measures, rows × names, numerators such that the ratio is from 0 to 1."""
        columns = list(dict.fromkeys(column for name in names for column in self.pairs[name]))
        values = self._numbers(columns, rows)
        tops, bottoms = (values[:, [columns.index(self.pairs[name][i]) for name in names]] for i in (0, 1))
        low, high = np.array([self.scales[name] for name in names]).T
        return (tops - low * bottoms) / (high - low), bottoms

    def sizes(self, names: Sequence[Key], rows: pl.DataFrame) -> Floats:
        """The effective numbers of units: rows × names."""
        return self._numbers([f"{self.pairs[name][0]}_size" for name in names], rows)

    def _numbers(self, columns: list[str], rows: pl.DataFrame) -> Floats:
        numbers = (pl.col(column).cast(pl.Float64).fill_null(0.0).alias(str(at)) for at, column in enumerate(columns))
        return rows.select(numbers).to_numpy()


def blocks(
    asked: Asked, overs: Collection[Over] = OVERS, *, articles: pl.DataFrame | None = None, each: bool = False
) -> Iterator[Block]:
    """The sums of the measures over some kinds of rows by article (and coder), a block for each kind; or by `each` sentence."""
    for over in overs:
        own = {name: measure for name, measure in asked.measures.items() if measure.over == over}
        terms = {str(term): term for measure in own.values() for sums in measure.items.values() for term in sums}
        needed = {root for term in terms.values() for root in term.meta.root_names()}
        if not own:
            continue
        pairs = {(name, item): sums for name, measure in own.items() for item, sums in measure.items.items()}
        scales = {(name, item): own[name].scale for name, item in pairs}
        rows = asked.measured(articles)
        if over == "articles":
            roots = {name: (x.meta.root_names()[0], y.meta.root_names()[0]) for name, (x, y) in pairs.items()}
            yield Block(_numbers(asked, rows, needed), roots, scales, sized=True)
            continue
        if over == "sentences":
            rows = sentences(asked, rows, needed)
        else:
            found = mentions(asked, rows)
            rows = (found.rename({"party": "item"}) if over == "parties" else by_side(found).rename({"side": "item"})).lazy()
        keys, columns = [*asked.keys, "item"], {name: (str(x), str(y)) for name, (x, y) in pairs.items()}
        if each:
            rows = rows.select(*keys, "n", *(term.alias(name) for name, term in terms.items()))
        else:
            rows = rows.group_by(keys).agg(term.sum().alias(name) for name, term in terms.items())
        yield Block(rows.collect(engine="streaming"), columns, scales)


def coded(asked: Asked) -> pl.DataFrame:
    """The articles asked for that have rows: whether each is `alone` in its group, which has number `at`, and what is coded of it.

    Of each layer the column of its name says in how many rows.
    """
    layers = sorted({layer for measure in asked.measures.values() for layer in measure.layers} | {"attribution"})
    counts = [pl.col(layer).is_not_null().sum().alias(layer) for layer in layers]
    rows = (
        asked.measured().group_by("article_id").agg(*counts, attributed=ATTRIBUTED.sum(), rows=pl.len()).collect(engine="streaming")
    )
    found = asked.articles.join(rows, on="article_id", maintain_order="left")
    return found.with_columns(alone=pl.len().over("group") == 1, at=pl.col("group").rank("dense").cast(pl.UInt32))


# Numbers that an article has one of


def _numbers(asked: Asked, rows: pl.LazyFrame, needed: set[str]) -> pl.DataFrame:
    """For each article (and coder) its numbers: `x`, `x_of`, by which it is divided, and `x_size`.

    The last is the effective number of units that the interval of this one number rests on.
    """
    found = rows.select(asked.keys).unique().with_columns(item=pl.lit("")).collect()
    parts = []
    if "different_sources" in needed:
        parts.append(_different(asked, rows, "different_sources", pl.col("source")))
    if "different_source_parties" in needed:
        parts.append(_different(asked, rows, "different_source_parties", pl.col("source_party")))
    if needed & {"reported", "left_out", "beyond", "left_out_a"}:
        parts.append(_facts(asked))
    for part in parts:
        found = found.join(part, on=asked.keys, how="left")
    return found


def _different(asked: Asked, rows: pl.LazyFrame, name: str, source: pl.Expr) -> pl.DataFrame:
    """The number of different sources expected among `DRAWN` attributions, drawn without replacement (Hurlbert 1971).

    It does not depend on how many attributions there are. Its variance is that of the jackknife over attributions.
    """
    rows = rows.filter(ATTRIBUTED)
    if name == "different_sources":
        with_text = asked.articles.filter(pl.col("includes_text").fill_null(value=False)).lazy().select("article_id")
        span = pl.element().struct
        words = pl.col("spans").list.eval(span.field("text").filter(span.field("layer") == SpanLayer.SOURCE)).list.first()
        rows = rows.join(with_text, on="article_id", how="semi").with_columns(source=words.str.to_lowercase())
    times = rows.group_by(*asked.keys, source=source).agg(k=pl.len().cast(pl.Float64)).drop_nulls("source")

    def seen(n: pl.Expr, k: pl.Expr) -> pl.Expr:
        chance = pl.lit(1.0)
        for drawn in range(DRAWN):
            chance = chance * ((n - k - drawn) / (n - drawn)).clip(lower_bound=0)
        return 1 - chance

    n, k, without = pl.col("n"), pl.col("k"), pl.col("without")
    spread = (n - 1) / n * (pl.col("square") - pl.col("total") ** 2 / n) / (DRAWN - 1) ** 2
    p = (pl.col(name) - 1) / (DRAWN - 1)
    size = pl.when(n > DRAWN, spread > 1e-12, p < 1 - 1e-12).then(pl.min_horizontal(p * (1 - p) / spread, n)).otherwise(n)
    return (
        times.sort(*asked.keys, "k")
        .with_columns(n=k.sum().over(asked.keys))
        .filter(n >= DRAWN)
        .with_columns(without=seen(n - 1, k).sum().over(asked.keys) - seen(n - 1, k) + seen(n - 1, k - 1))
        .group_by(asked.keys, maintain_order=True)
        .agg(seen(n, k).sum().alias(name), n.first(), total=(k * without).sum(), square=(k * without**2).sum())
        .select(*asked.keys, name, size.alias(f"{name}_size"), pl.lit(1).alias(f"{name}_of"))
        .collect()
    )


def reported(asked: Asked) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Which articles (by which coder) have facts coded, in `n` sentences; and which facts each reports, in `k` of them."""
    rows = asked.accounts().select(*asked.keys, "topic_id", "facts").filter(pl.col("facts").is_not_null())
    accounts = rows.group_by(*asked.keys, "topic_id").agg(n=pl.len().cast(pl.Int64))
    facts = rows.explode("facts").drop_nulls("facts").group_by(*asked.keys, fact_id="facts").agg(k=pl.len().cast(pl.Int64))
    return tuple(pl.collect_all([accounts, facts]))  # type: ignore[return-value]


def existing(asked: Asked) -> tuple[pl.DataFrame, pl.Expr]:
    """The facts with their topic, `since` and `favours`, and a test of whether one existed when an article was published.

    It is null where the fact has a day and the article has none.
    """
    have, dates = asked.names("facts"), asked.names("articles")
    since = pl.col("since") if "since" in have and "published" in dates else pl.lit(None, pl.Date)
    favours = pl.col("favours") if "favours" in have else pl.lit(None, pl.String)
    facts = asked.frames["facts"].lazy().select("topic_id", "fact_id", since=since, favours=favours).collect()
    return facts, pl.col("since").is_null() | (pl.col("published") >= pl.col("since"))


def _facts(asked: Asked) -> pl.DataFrame:
    """How many facts each account reports and leaves out, alone or beside the others on its topic.

    An account is an article, by a coder. Facts of a topic that have one `since` and `favours` are a class, so that no table of
    every account and fact is made. A fact that came later than an article is not known to it, unless it reports it.
    """
    accounts, told = reported(asked)
    facts, existed = existing(asked)
    coder, of = asked.keys[1:], ["topic_id", "since", "favours"]
    listed = ["article_id", *(["published"] if "published" in asked.names("articles") else [])]
    accounts = accounts.join(asked.frames["articles"].lazy().select(listed).collect(), on="article_id")
    classes = facts.group_by(of).agg(known=pl.len().cast(pl.Int64))
    eligible = accounts.join(classes, on="topic_id").filter(existed)
    told = told.join(accounts, on=asked.keys).join(facts, on=["topic_id", "fact_id"])
    told = told.with_columns(tellers=pl.len().over("topic_id", "fact_id", *coder).cast(pl.Int64))
    early = told.filter(~existed.fill_null(value=False))
    told = told.filter(existed.fill_null(value=False))
    alone = pl.col("tellers") == 1
    by_class = told.group_by(*asked.keys, *of).agg(own=pl.len().cast(pl.Int64), sole=alone.sum().cast(pl.Int64))
    somewhere = told.group_by(*of, *coder).agg(anywhere=pl.col("fact_id").n_unique().cast(pl.Int64))
    counts = (
        eligible.join(by_class, on=[*asked.keys, *of], how="left", nulls_equal=True)
        .join(somewhere, on=[*of, *coder], how="left", nulls_equal=True)
        .join(_beyond(eligible, told, of, coder), on=[*asked.keys, *of], how="left", nulls_equal=True)
        .with_columns(pl.col("own", "sole", "anywhere").fill_null(0))
        .with_columns(left_out_of=pl.col("anywhere") - pl.col("sole"), left_out=pl.col("anywhere") - pl.col("own"))
    )
    sums = {"reported": pl.col("own").sum(), "reported_of": pl.col("known").sum()}
    sums |= {name: pl.col(name).sum() for name in ("left_out", "left_out_of", "beyond", "beyond_of")}
    for side in ("a", "b", "none"):
        its = pl.col("favours") == side
        sums |= {f"left_out_{side}{end}": pl.col(f"left_out{end}").filter(its).sum() for end in ("", "_of")}
    found = counts.group_by(asked.keys).agg(**sums)
    early = early.group_by(asked.keys).agg(early=pl.len().cast(pl.Int64))
    found = found.join(early, on=asked.keys, how="left").with_columns(
        pl.col("reported", "reported_of") + pl.col("early").fill_null(0)
    )
    sizes = [pl.col(name).alias(f"{name.removesuffix('_of')}_size") for name in sums if name.endswith("_of")]
    return found.drop("early").with_columns(sizes)


def _beyond(accounts: pl.DataFrame, told: pl.DataFrame, of: list[str], coder: list[str]) -> pl.DataFrame:
    """How many more facts of each class the others report than each account, summed, both cut to the length of the shorter.

    An account of n sentences, of which k report a fact, reports it in m sentences drawn at random with the hypergeometric chance
    1 - C(n - k, m) / C(n, m). Only different (n, k) and m are reckoned with, so that the table is small for any number of accounts.
    """
    from scipy.special import gammaln

    group = [*of, *coder]
    lengths = accounts.group_by(*group, m="n").agg(times=pl.len())
    kinds = told.group_by(*group, "n", "k").agg(number=pl.len())
    pairs = kinds.join(lengths, on=group, nulls_equal=True)
    n, k, m = (pairs.select(one).to_series().to_numpy().astype(float) for one in ("n", "k", pl.min_horizontal("n", "m")))
    with np.errstate(all="ignore"):
        missed = np.exp(gammaln(n - k + 1) - gammaln(n - k - m + 1) - gammaln(n + 1) + gammaln(n - m + 1))
    pairs = pairs.with_columns(chance=pl.Series(1 - np.where(n - k >= m, missed, 0)))
    others = pairs.group_by(*group, n="m").agg(theirs=(pl.col("number") * pl.col("chance")).sum())
    cut = pairs.group_by(*group, "n", "k").agg(ours=(pl.col("times") * pl.col("chance")).sum())
    size = accounts.group_by(group).agg(others=pl.len().cast(pl.Int64) - 1)
    anywhere = told.group_by(group).agg(facts=pl.col("fact_id").n_unique().cast(pl.Int64))
    keys = [name for name in accounts.columns if name in ("article_id", "annotator_id")]
    own = told.join(cut, on=[*group, "n", "k"], nulls_equal=True).group_by(*keys, *of).agg(pl.col("ours").sum())
    return (
        accounts.select(*keys, *of, "n")
        .join(size, on=group, nulls_equal=True)
        .join(anywhere, on=group, nulls_equal=True)
        .join(others, on=[*group, "n"], how="left", nulls_equal=True)
        .join(own, on=[*keys, *of], how="left", nulls_equal=True)
        .filter(pl.col("others") > 0)
        .select(
            *keys, *of, beyond=(pl.col("theirs").fill_null(0) - pl.col("ours").fill_null(0)) / pl.col("others"), beyond_of="facts"
        )
    )
