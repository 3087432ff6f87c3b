"""How groups differ: differences of measures and distances of label shares, within topics, tested by permutation.

The groups of articles are permuted within each topic: one set of permutations for all measures of two groups. So what is compared
is what both make of the same topics, weighted as Mantel and Haenszel (1959) do. Within one topic articles vary: the statistic is
Welch's, a difference of logits over its standard error, as a tail probability of Student's t with Welch's degrees of freedom, so
that groups that differ in spread alone do not seem to differ in kind (Janssen 1997); and the interval is that of MOVER (Zou and
Donner 2008), from the intervals of both. Over several topics it is topics that vary: both are those of Student's t, topic by
topic. Tests are corrected by the step-down minimum of p over all tests of two groups (Westfall and Young 1993), times the number
of pairs of groups. Two single articles are compared by their sentences.
"""

from collections.abc import Iterator, Mapping
from itertools import combinations, product
from math import comb, prod
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from scipy.special import logit, stdtr

from slantbank.codebook import LABELS
from slantbank.measure import _intervals as intervals
from slantbank.measure._intervals import SENTENCES, SHOWN, Bools, Floats, Ints
from slantbank.measure._labels import Frames
from slantbank.measure._measures import MEASURES, Measure, ranked
from slantbank.measure._sums import OVERS, Asked, Block, Key, Names, ask, blocks, coded

SEED = 20171
PERMUTATIONS = 1999
UNITS = 40_000_000
"""How many units are assigned to groups in all permutations of a pair: of very many units there are fewer permutations."""


class Pair(NamedTuple):
    """Two groups as units (articles, or sentences of two texts) × keys; `a` says which units are of the first group.

    `head` holds the columns of the result that are the same for all keys. `topic` numbers the topic of each unit. `low` and `high`
    are the limits of both groups, `few` the keys of which there is too little in one, `lack` why a key has no difference; `lag` is
    the correlation of neighbouring sentences, 0 for articles. `reason` says why nothing is tested.
    """

    head: dict[str, Any]
    keys: list[Key]
    lack: list[str | None]
    x: Floats
    y: Floats
    a: Bools
    topic: Ints
    low: Floats
    high: Floats
    few: Bools
    lag: Floats
    reason: str | None


def differences(
    frames: Frames,
    by: str,
    *,
    measures: Names = None,
    only: Names = None,
    headline: bool = False,
    labels: str | None = None,
    within: str | None = "topic_id",
    permutations: int = PERMUTATIONS,
    seed: int = SEED,
) -> pl.DataFrame:
    """How far the groups differ, pair by pair, and whether more than if their articles were exchanged within each topic.

    One row a pair `a`, `b`, measure and item:

    - `value_a`, `value_b`: the values on the topics that both have, weighted alike; `difference`: the first less the second;
    - `low`, `high`: its 95 % interval, and `rests_on` what it speaks for: other `articles` of that topic; other `topics`, where
      the groups share several; or, of two single articles, `sentences`, `facts` or `attributions`: these two texts alone;
    - `p`: of all permutations, or of `permutations` of them, the share in which they differ as much; `p_corrected`: the same for
      all tests of this call, so name the `measures` before you look;
    - `too_little`: there is too little to say more than the interval does; `n_a`, `n_b`: articles compared; `n_topics`: on how
      many topics;
    - `reason`: why there is no difference, no p, or none that can be 0.05 or less.

    `within=None` compares all articles with all, whatever their topics: then what differs may be the topics.

    >>> import slantbank
    >>> found = slantbank.differences(slantbank.load_all(), "origin", measures="loaded", only="free-iran-rally-2017")
    >>> found.select("a", "b", "measure").row(0)
    ('constructed', 'published', 'loaded')
    """
    asked = ask(frames, by, only, measures=measures, headline=headline, labels=labels)
    pairs = list(_pairs(asked, within))
    tests = sum(pair.reason is None for pair in pairs)
    parts = [_differences(pair, asked.measures, tests, permutations, np.random.default_rng(seed)) for pair in pairs]
    own: dict[str, Any] = dict.fromkeys(("measure", "item"), pl.String)
    own |= dict.fromkeys(("value_a", "value_b", "difference", "low", "high"), pl.Float64) | {"too_little": pl.Boolean}
    schema = _schema(asked, own)
    found = pl.concat([pl.DataFrame(schema=schema), *parts], how="diagonal_relaxed")
    return ranked(found, asked.measures, "a", "b").select(*schema, seed=pl.lit(seed))


def _schema(asked: Asked, own: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a frame of pairs, `own` among them."""
    found = {**dict.fromkeys(("a", "b"), asked.articles.schema["group"]), **own, "rests_on": pl.String}
    found |= dict.fromkeys(("p", "p_corrected"), pl.Float64)
    return found | dict.fromkeys(("permutations", "n_a", "n_b", "n_topics"), pl.Int64) | {"reason": pl.String}


def _differences(pair: Pair, measures: Mapping[str, Measure], tests: int, limit: int, rng: np.random.Generator) -> pl.DataFrame:
    """The rows of one pair."""
    least, most = np.array([measures[name].scale for name, _ in pair.keys]).reshape(-1, 2).T
    drawn = _drawn(pair, limit, rng)
    a, b, statistic, error, topics = _outcomes(pair, drawn.assigned)
    difference, several = a[0] - b[0], pair.topic.max() > 0
    with np.errstate(all="ignore"):
        width = np.where(several & (topics > 1) & (error > 0), intervals.quantile(topics - 1) * error, np.nan)
        down = np.where(np.isnan(width), np.hypot(a[0] - pair.low[0], pair.high[1] - b[0]), width)
        up = np.where(np.isnan(width), np.hypot(pair.high[0] - a[0], b[0] - pair.low[1]), width)
    ends = difference, np.maximum(difference - down, -1), np.minimum(difference + up, 1)
    numbers = {"value_a": least + (most - least) * a[0], "value_b": least + (most - least) * b[0]}
    numbers |= {name: (most - least) * end for name, end in zip(("difference", "low", "high"), ends, strict=True)}
    reason = pair.reason
    if reason is None:
        p = _tails(statistic)
        numbers |= {"p": p[0], "p_corrected": np.minimum(tests * _corrected(p), 1)}
        reason = drawn.reason(tests)
    lack = np.array([one is not None for one in pair.lack], np.bool_)
    columns = {name: pl.Series(np.where(lack, np.nan, column), nan_to_null=True) for name, column in numbers.items()}
    columns |= {name: pl.Series([key[at] for key in pair.keys], dtype=pl.String) for at, name in enumerate(("measure", "item"))}
    columns["too_little"] = pl.Series((topics < SHOWN) if several else pair.few)
    columns["reason"] = pl.Series([one or reason for one in pair.lack], dtype=pl.String)
    columns["rests_on"] = pl.Series(
        [pair.head["rests_on"] or _ONE[measures[name].counts] for name, _ in pair.keys], dtype=pl.String
    )
    head = {name: pl.lit(value) for name, value in pair.head.items() if name != "rests_on"}
    made = pl.lit(drawn.made if pair.reason is None else None, pl.Int64)
    return pl.DataFrame(columns).with_columns(**head, permutations=made)


_ONE = {"facts": "facts", "articles": "attributions"}
"""What the interval of an article's one number rests on, by what the measure counts."""


def _pairs(asked: Asked, within: str | None) -> Iterator[Pair]:
    """Each two groups, in order; of two single articles first the sentences, then the numbers that an article has one of."""
    members = coded(asked)
    whole = list(blocks(asked))
    single = members.filter("alone")
    each = list(blocks(asked, OVERS[:3], articles=single, each=True)) if single.height > 1 else []
    numbers = [block for block in whole if block.sized]
    for groups in combinations(members["group"].unique().sort(), 2):
        own = members.filter(pl.col("group").is_in(groups)).with_columns(a=pl.col("group") == groups[0])
        both = own.filter((pl.col("a").n_unique() == 2).over("topic_id"))
        apart = within is not None and both.is_empty()
        own = own if within is None or apart else both
        topic = pl.col("topic_id").rank("dense").cast(pl.Int64) - 1 if within and not apart else pl.lit(0, pl.Int64)
        own = own.with_columns(topic=topic)
        reason = "they share no topic, so that what differs may be the topics; within=None tests it all the same" if apart else None
        if not own["alone"].all():
            yield _pair(groups, own, whole, "articles", reason)
            continue
        if each:
            yield _pair(groups, own, each, "sentences", reason)
        if numbers:
            yield _pair(groups, own, numbers, "", "an article has one such number: there is nothing to permute")


def _pair(groups: tuple[Any, ...], own: pl.DataFrame, whole: list[Block], unit: str, reason: str | None) -> Pair:
    """The sums of the units for every measure and item that either group has, with the limits of both groups."""
    on = ["article_id", "n"] if unit == "sentences" else ["article_id"]
    units = own
    if unit == "sentences":
        units = own.join(pl.concat([block.rows.select(on) for block in whole]).unique(), on="article_id")
    units = units.sort("a", *on, descending=[True, *[False] * len(on)]).with_row_index("unit")
    keys: list[Key] = []
    parts: list[Floats] = []
    for block in whole:
        names, rows = list(block.pairs), block.rows.join(units.select(*on, "unit"), on=on)
        values = block.of(names, rows)[: 2 if unit else 3]
        for item in rows["item"].unique().sort():
            its = (rows["item"] == item).to_numpy()
            dense = np.zeros((len(values), units.height, len(names)))
            dense[:, rows["unit"].to_numpy()[its]] = [one[its] for one in values]
            keys += [(name, label + item) for name, label in names]
            parts.append(dense)
    x, y, *size = np.concatenate(parts, axis=2) if parts else np.zeros((2, units.height, 0))
    a, topics = units["a"].to_numpy(), units["topic"].to_numpy()
    starts = np.array([0, int(a.sum())])
    lag: Floats = np.zeros(len(keys))
    few: Bools = np.zeros(len(keys), np.bool_)
    if unit == "articles":
        found = intervals.grouped(starts, x, y)
        low, high, few = found.low, found.high, np.asarray((found.shown < SHOWN).any(axis=0))
    elif unit == "sentences":
        p, sizes, count, lags = intervals.single(starts, x, y, np.diff(units["n"].to_numpy(), append=-1) == 1)
        (low, high), few, lag = intervals.wilson(p, sizes), np.asarray((count < SENTENCES).any(axis=0)), lags.mean(axis=0)
    else:
        low, high = intervals.wilson(intervals.ratio(x, y), size[0])
    several = own["axis"].n_unique() > 1
    lack: list[str | None] = []
    for (name, _), counted in zip(keys, intervals.sum_up(starts, y > 0).T, strict=True):
        none = " and ".join(str(group) for group, count in zip(groups, counted, strict=True) if not count)
        text = f"nothing to count in {none}" if none else None
        lack.append("side a is not the same on all of their topics" if several and MEASURES[name].by_side else text)
    sizes_of = own.group_by("a").len().sort("a", descending=True)["len"]
    head = {"a": groups[0], "b": groups[1], "rests_on": "topics" if topics.max() > 0 else unit}
    head |= {"n_a": sizes_of[0], "n_b": sizes_of[1], "n_topics": int(topics.max()) + 1}
    return Pair(head, keys, lack, x, y, a, topics, low, high, few, lag, reason)


class Drawn(NamedTuple):
    """Permutations, what is observed first: which units fall to the first group; in how many ways they could; and all, if so."""

    assigned: Bools
    ways: int
    mirrored: bool

    @property
    def made(self) -> int:
        """How many permutations there are, what is observed not counted where they are drawn."""
        return self.ways if self.ways == len(self.assigned) else len(self.assigned) - 1

    def reason(self, tests: int) -> str | None:
        """Why no corrected p can be 0.05 or less, if so."""
        least = (1 + self.mirrored) / min(self.ways, len(self.assigned))
        text = f"no corrected p can be 0.05 or less: the units can be permuted in {self.ways} ways only"
        return None if least * tests <= 0.05 else text + (f", and {tests} pairs of groups are tested" if tests > 1 else "")


def _drawn(pair: Pair, limit: int, rng: np.random.Generator) -> Drawn:
    """The permutations of the groups within each topic: all if they are no more than the limit, or else so many at random."""
    own = [np.flatnonzero(pair.topic == topic) for topic in range(int(pair.topic.max(initial=0)) + 1)]
    sizes = [int(pair.a[units].sum()) for units in own]
    ways = prod(comb(len(units), size) for units, size in zip(own, sizes, strict=True))
    mirrored = all(2 * size == len(units) for units, size in zip(own, sizes, strict=True))
    if pair.reason is not None:
        return Drawn(pair.a[None], 1, mirrored)
    limit = min(limit, max(199, UNITS // len(pair.a)))
    if ways <= limit:
        choices = product(*(combinations(units, size) for units, size in zip(own, sizes, strict=True)))
        assigned = np.zeros((ways, len(pair.a)), np.bool_)
        for row, choice in enumerate(choices):
            assigned[row, np.concatenate([np.array(one, int) for one in choice])] = True
        seen = int(np.flatnonzero((assigned == pair.a).all(axis=1))[0])
        assigned[[0, seen]] = assigned[[seen, 0]]
        return Drawn(assigned, ways, mirrored)
    assigned = np.zeros((limit + 1, len(pair.a)), np.bool_)
    for units, size in zip(own, sizes, strict=True):
        order = rng.random((limit + 1, len(units))).argsort(axis=1)
        assigned[:, units] = order < size
    assigned[0] = pair.a
    return Drawn(assigned, ways, mirrored)


def _outcomes(pair: Pair, assigned: Bools) -> tuple[Floats, Floats, Floats, Floats, Ints]:
    """The values of both groups and a statistic that is small where they differ: permutations × keys; and of what is observed.

    Of the last, the standard error over topics, and how many topics count.
    """
    x, y, size = pair.x, pair.y, pair.x.shape[1]
    moments = np.concatenate([x, y, x * x, x * y, y * y, y > 0], axis=1)
    sums = np.zeros((9, len(assigned), size))
    with np.errstate(all="ignore"):
        for topic in range(int(pair.topic.max(initial=0)) + 1):
            own = pair.topic == topic
            first = assigned[:, own].astype(np.float64) @ moments[own]
            sides = [side.reshape(len(assigned), 6, size) for side in (first, moments[own].sum(axis=0) - first)]
            (xa, ya), (xb, yb) = ((side[:, 0], side[:, 1]) for side in sides)
            weight = np.where((ya > 0) & (yb > 0), ya * yb / (ya + yb), 0)
            a, b = (np.where(weight > 0, one, 0) for one in (xa / ya, xb / yb))
            gap = weight * (a - b)
            sums += [weight, weight * a, weight * b, gap, gap * gap, gap * weight, weight * weight, weight > 0, ya + yb]
        total, a, b, gap, squares, mixed, weights, topics, _ = sums
        a, b, gap = a / total, b / total, gap / total
        variance = topics / (topics - 1) * np.maximum(squares - 2 * gap * mixed + gap * gap * weights, 0) / total**2
        if pair.topic.max(initial=0) > 0:
            statistic = stdtr(topics - 1, -np.abs(gap) / np.sqrt(variance))
        else:
            statistic = _welch(sides, pair.lag)
    plain = np.isnan(statistic[0])  # one article on a side: nothing shows how much it varies
    statistic = np.where(plain, -np.abs(gap).round(12), np.nan_to_num(statistic, nan=0.5))
    return a, b, statistic, np.sqrt(variance[0]), topics[0].astype(np.int64)


def _welch(sides: list[Floats], lag: Floats) -> Floats:
    """The tail probability of the difference of two logits by Welch's t; of what is observed, neighbours being correlated so."""
    found = []
    for x, y, xx, xy, yy, n in (np.moveaxis(side, 1, 0) for side in sides):
        p, q = x / y, (x + 0.5) / (y + 1)
        spread = np.maximum(xx - 2 * p * xy + p * p * yy, 0) * n / (n - 1) / np.square(y * q * (1 - q))
        spread[0] *= (1 + lag) / (1 - lag)
        found.append((logit(q), spread, n - 1))
    (a, va, na), (b, vb, nb) = found
    free = np.square(va + vb) / (va * va / na + vb * vb / nb)
    tail: Floats = stdtr(free, -np.abs(a - b) / np.sqrt(va + vb))
    return np.where((va + vb == 0) & (na > 0) & (nb > 0), np.where(a == b, 0.5, 0), tail)


def _tails(statistic: Floats) -> Floats:
    """For each permutation and key, the share of permutations whose statistic is as small or smaller."""
    found = np.empty_like(statistic)
    for key, values in enumerate(statistic.T):
        found[:, key] = np.searchsorted(np.sort(values), values + np.abs(values) * 1e-9, side="right") / len(values)
    return found


def _corrected(p: Floats) -> Floats:
    """The p of what is observed (the first row), corrected for all keys: step-down minimum of p (Westfall and Young 1993)."""
    order = np.argsort(p[0], kind="stable")
    least = np.minimum.accumulate(p[:, order[::-1]], axis=1)[:, ::-1]
    found = np.empty(p.shape[1])
    found[order] = np.maximum.accumulate((least <= p[0, order] + 1e-12).mean(axis=0))
    return found


def distances(
    frames: Frames,
    by: str = "article_id",
    *,
    only: Names = None,
    headline: bool = False,
    labels: str | None = None,
    within: str | None = "topic_id",
    permutations: int = PERMUTATIONS,
    seed: int = SEED,
) -> pl.DataFrame:
    """How far apart the accounts of each two groups are: one row a pair `a`, `b` and label column, and one for their `mean`.

    `distance` is that of Jensen and Shannon between the shares of the labels, the square root of the divergence to base 2: a
    metric from 0 (same shares) to 1 (no label in common) (Lin 1991; Endres and Schindelin 2003). Small samples are never quite
    alike: `chance` is the distance that permutations give in the mean, as in `differences`; `excess` is what is beyond it, the
    root of the difference of squares, 0 where there is none; `p` and `p_corrected` say whether there is any. Of two single articles
    sentences are permuted, and chance is raised by how much neighbours resemble each other (Rao and Scott 1981).

    >>> import slantbank
    >>> found = slantbank.distances(slantbank.load_all(), only="free-iran-rally-2017")
    >>> found["label"].unique(maintain_order=True).to_list()
    ['claim_type', 'attribution', 'source_type', 'source_perspective', 'mean']
    """
    asked = ask(frames, by, only, measures=LABELS, headline=headline, labels=labels)
    pairs = list(_pairs(asked, within))
    tests = sum(pair.reason is None for pair in pairs)
    rows = [row for pair in pairs for row in _apart(pair, tests, permutations, np.random.default_rng(seed))]
    own = {"label": pl.String, **dict.fromkeys(("distance", "chance", "excess"), pl.Float64)}
    return pl.DataFrame(rows, _schema(asked, own)).with_columns(seed=pl.lit(seed))


def _apart(pair: Pair, tests: int, limit: int, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """The distances of one pair."""
    drawn = _drawn(pair, limit, rng)
    a, b, *_ = _outcomes(pair, drawn.assigned)
    squares, lacks = np.zeros((len(a), len(LABELS) + 1)), ["no label column is coded in both"] * (len(LABELS) + 1)
    for at, column in enumerate(LABELS):
        its = [key for key, (name, _) in enumerate(pair.keys) if name == column]
        lacks[at] = next((lack for key in its if (lack := pair.lack[key])), "" if its else "no sentence has such a label")
        if not lacks[at]:
            lag = pair.lag[its].mean()
            squares[:, at] = np.nan_to_num(_divergence(a[:, its], b[:, its]))
            squares[1:, at] *= (1 + lag) / (1 - lag)
            lacks[-1] = ""
    there = np.array([not lack for lack in lacks])
    squares[:, -1] = squares[:, :-1][:, there[:-1]].mean(axis=1) if there.any() else 0
    p, corrected = np.ones((2, squares.shape[1]))
    if pair.reason is None:
        tails = _tails(-squares[:, there])
        p[there], corrected[there] = tails[0], np.minimum(tests * _corrected(tails), 1) if there.any() else 1
    for at, label in enumerate((*LABELS, "mean")):
        row: dict[str, Any] = {**pair.head, "label": label, "permutations": drawn.made}
        if lacks[at]:
            yield row | {"reason": lacks[at]}
        elif pair.reason is not None:
            yield row | {"distance": squares[0, at] ** 0.5, "reason": pair.reason}
        else:
            chance = squares[1:, at].mean()
            row |= {"distance": squares[0, at] ** 0.5, "chance": chance**0.5, "excess": max(squares[0, at] - chance, 0) ** 0.5}
            yield row | {"p": p[at], "p_corrected": corrected[at], "reason": drawn.reason(tests)}


def _divergence(a: Floats, b: Floats) -> Floats:
    """The divergence of Jensen and Shannon, 0 to 1, between shares in rows of two matrices; nan where one has none.

    >>> _divergence(np.array([[0.5, 0.5, 0.0]]), np.array([[0.0, 0.0, 1.0]])).tolist()
    [1.0]
    """
    with np.errstate(all="ignore"):
        p, q = (one / one.sum(axis=1, keepdims=True) for one in (a, b))
        middle = (p + q) / 2
        surprise = [np.where(one > 0, one * np.log2(one / middle), 0).sum(axis=1) for one in (p, q)]
    found: Floats = np.where(np.isnan(middle).any(axis=1), np.nan, np.clip(sum(surprise) / 2, 0, 1))
    return found
