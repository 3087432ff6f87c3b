"""What each article adds to the sums that measures are ratios of: a few grouped passes of polars, no rows kept.

Frames may be lazy: then what is not needed is not read.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from scipy.special import gammaln

from slantbank.codebook import AnnotatorKind, Favours, Side, SpanLayer, Unit
from slantbank.measure._intervals import Bools, Floats, Ints, sum_up
from slantbank.measure._labels import Frames, speaking, unasked
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
    unasked: pl.DataFrame
    """Facts that were not there to look for: the `keys` of an account, and `fact_id`."""

    @property
    def keys(self) -> list[str]:
        """What rows are told apart by."""
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
    if coders and _uncoded(frames):
        raise ValueError("the frame annotations has no coder's labels")
    articles = articles.join(who, on="article_id", maintain_order="left")
    unit = Unit.HEADLINE if headline else Unit.BODY
    every, lost = articles.height == size, asked_for - articles.height
    asked = Asked(frames, articles, by, unit, chosen(measures), coders, every, lost, unasked(frames, None if coders else who))
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
        return rows.select(columns).cast(pl.Float64).fill_null(0.0).to_numpy()


def blocks(
    asked: Asked, overs: Collection[Over] = OVERS, *, articles: pl.DataFrame | None = None, each: bool = False
) -> Iterator[Block]:
    """The sums of the measures over some kinds of rows by article (and coder), a block for each kind; or by `each` sentence."""
    found: pl.DataFrame | None = None
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
            found = mentions(asked, rows) if found is None else found
            rows = (found.rename({"party": "item"}) if over == "parties" else by_side(found).rename({"side": "item"})).lazy()
        keys, columns = [*asked.keys, "item"], {name: (str(x), str(y)) for name, (x, y) in pairs.items()}
        if each:
            rows = rows.select(*keys, "n", *(term.alias(name) for name, term in terms.items()))
        else:
            rows = rows.group_by(keys).agg(term.sum().alias(name) for name, term in terms.items())
        yield Block(rows.collect(engine="streaming"), columns, scales)


def begun(rows: pl.DataFrame, *keys: str) -> Ints:
    """Where rows of other keys begin in sorted rows."""
    return rows.select(pl.struct(keys).rle_id().diff().fill_null(1).ne(0).arg_true()).to_series().to_numpy().astype(np.int64)


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
        span, with_text = pl.element().struct, asked.articles.filter("includes_text").lazy().select("article_id")
        words = pl.col("spans").list.eval(span.field("text").filter(span.field("layer") == SpanLayer.SOURCE)).list.first()
        texts = rows.join(with_text, on="article_id", how="semi")
        parts.append(_different(asked, texts, "different_sources", words.str.to_lowercase()))
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
    times = rows.filter(ATTRIBUTED).group_by(*asked.keys, source=source).agg(k=pl.len()).drop_nulls("source")
    found = times.sort(*asked.keys, "k").collect()
    starts = begun(found, *asked.keys)
    k = found["k"].to_numpy().astype(np.float64)
    every = sum_up(starts, k)
    n = np.repeat(every, np.diff(starts, append=len(k)))

    def seen(n: Floats, k: Floats) -> Floats:
        missed: Floats = np.prod([np.clip((n - k - drawn) / (n - drawn), 0, 1) for drawn in range(DRAWN)], axis=0)
        return 1 - missed

    with np.errstate(all="ignore"):
        value = sum_up(starts, seen(n, k))
        without = np.repeat(sum_up(starts, seen(n - 1, k)), np.diff(starts, append=len(k))) - seen(n - 1, k) + seen(n - 1, k - 1)
        spread = (every - 1) / every * (sum_up(starts, k * without**2) - sum_up(starts, k * without) ** 2 / every)
        p, spread = (value - 1) / (DRAWN - 1), spread / (DRAWN - 1) ** 2
        size = np.where((every > DRAWN) & (spread > 1e-12) & (p < 1 - 1e-12), np.minimum(p * (1 - p) / spread, every), every)
    numbers = {name: value, f"{name}_of": np.ones(len(value)), f"{name}_size": size}
    rows_ = found[starts].select(asked.keys).with_columns(pl.Series(key, one) for key, one in numbers.items())
    return rows_.filter(every >= DRAWN)


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

    An account is an article, by a coder. Facts of a topic that have one `since` and `favours` are of one kind, so that no table of
    every account and fact is made: a *part* is an account with a kind. A fact that came later than an article is not known to it,
    unless it reports it, and so is one that its coder was not asked about, which is a kind of its own.
    """
    facts, existed = existing(asked)
    late = pl.when(pl.col("fact_id").is_in(asked.unasked["fact_id"].unique().implode())).then("fact_id")
    alike = pl.struct("topic_id", "since", "favours", "late").rank("dense").cast(pl.Int64) - 1
    facts = facts.with_columns(late=late).with_columns(kind=alike).with_row_index("fact")
    rows = asked.accounts().select(*asked.keys, "topic_id", "facts").filter(pl.col("facts").is_not_null())
    dates = asked.frames["articles"].lazy().select("article_id", *{"published"} & set(asked.names("articles")))
    counted = rows.group_by(*asked.keys, "topic_id").agg(n=pl.len()).join(dates, on="article_id")
    accounts = (
        counted.with_columns(coder=pl.col(asked.keys[-1]).rank("dense") if asked.coders else 1).collect().with_row_index("account")
    )
    kinds = facts.group_by("topic_id", "kind").agg(pl.col("since", "favours", "late").first(), known=pl.len())
    unknown = asked.unasked.select(*asked.keys, late="fact_id", unasked=pl.lit(value=True))
    parts = accounts.join(kinds, on="topic_id").join(unknown, on=[*asked.keys, "late"], how="left")
    parts = parts.with_columns(existed=existed.fill_null(value=False) & pl.col("unasked").is_null()).with_row_index("part")
    told = (
        rows.explode("facts")
        .group_by(*asked.keys, "topic_id", fact_id="facts")
        .agg(k=pl.len())
        .join(accounts.lazy().select(*asked.keys, "account"), on=asked.keys)
        .join(facts.lazy().select("topic_id", "fact_id", "fact", "kind"), on=["topic_id", "fact_id"])
        .join(parts.lazy().select("account", "kind", "part"), on=["account", "kind"])
        .collect()
    )
    account, n, kind, known, coder = (
        parts[name].to_numpy().astype(np.int64) for name in ("account", "n", "kind", "known", "coder")
    )
    part, fact, k = (told[name].to_numpy().astype(np.int64) for name in ("part", "fact", "k"))
    there, favours, coders = parts["existed"].to_numpy(), parts["favours"].to_numpy(), int(coder.max(initial=0)) + 1
    cell, group, timely = fact * coders + coder[part], kind * coders + coder, there[part]
    alone, (_, firsts) = np.bincount(cell)[cell] == 1, np.unique(cell[timely], return_index=True)
    anywhere = np.bincount(group[part[timely][firsts]], minlength=int(group.max(initial=0)) + 1)[group]
    own, sole = (np.bincount(part[timely & some], minlength=len(parts)) for some in (True, alone))
    beyond, others = _beyond(group, n, there, part[timely], k[timely])
    left_out = {"": anywhere - own, "_of": anywhere - sole}
    sums: dict[str, Any] = {"reported": own, "reported_of": known, **{f"left_out{end}": one for end, one in left_out.items()}}
    sums |= {f"left_out_{side}{end}": one * (favours == str(side)) for side in Favours for end, one in left_out.items()}
    sums |= {"beyond": beyond, "beyond_of": anywhere * (others > 0)}
    found = {name: np.bincount(account, one * there, accounts.height) for name, one in sums.items()}
    early = np.bincount(account[part[~timely]], minlength=accounts.height)
    found |= {name: found[name] + early for name in ("reported", "reported_of")}
    found |= {f"{name[:-3]}_size": one for name, one in found.items() if name.endswith("_of")}
    return accounts.select(asked.keys).with_columns(pl.Series(name, one) for name, one in found.items())


def _ints(numbers: pl.Series) -> Ints:
    return numbers.cast(pl.Int64).to_numpy()


def _beyond(group: Ints, n: Ints, there: Bools, part: Ints, k: Ints) -> tuple[Floats, Ints]:
    """How many more facts of a kind the others report than each account, in the mean, both cut to the length of the shorter.

    An account of n sentences, of which k report a fact, reports it in m sentences drawn at random with the hypergeometric chance
    1 - C(n - k, m) / C(n, m). Only different (n, k) and m are reckoned with, group by group, so that accounts may be many.
    """
    theirs, ours, others = np.zeros(len(group)), np.zeros(len(group)), np.zeros(len(group), np.int64)
    order, told = np.flatnonzero(there), np.argsort(group[part], kind="stable")
    order = order[np.argsort(group[order], kind="stable")]
    groups, groups_told = group[order], group[part][told]
    for one in np.unique(groups):
        own = order[slice(*np.searchsorted(groups, [one, one + 1]))]
        its = told[slice(*np.searchsorted(groups_told, [one, one + 1]))]
        lengths, at, times = np.unique(n[own], return_inverse=True, return_counts=True)
        pairs, which, number = np.unique(np.stack([n[part[its]], k[its]]), axis=1, return_inverse=True, return_counts=True)
        most, few = pairs[:, :, None]
        m = np.minimum(most, lengths)
        with np.errstate(all="ignore"):
            missed = gammaln(most - few + 1) - gammaln(most - few - m + 1) - gammaln(most + 1) + gammaln(most - m + 1)
        chance = 1 - np.where(most - few >= m, np.exp(np.minimum(missed, 0)), 0)
        theirs[own], others[own] = (number @ chance)[at], len(own) - 1
        ours += np.bincount(part[its], (chance @ times)[which.ravel()], len(group))
    return (theirs - ours) / np.maximum(others, 1) * (others > 0), others
