"""Differences of measures and distances of label shares between groups, within topics, tested by permutation.

- Permutation: articles are exchanged between two groups within each topic, with one set of permutations for all measures. So the
  groups are compared on the same topics, weighted as by Mantel and Haenszel (1959). Of two single articles sentences are permuted.
- Within one topic articles vary. The test statistic is Welch's: a difference of logits over its standard error, as a tail
  probability of Student's t with Welch's degrees of freedom, so that groups that differ in spread alone rarely seem to differ in
  mean (Janssen 1997). The interval is that of MOVER (Zou and Donner 2008), from the intervals of both groups.
- Over several topics the topics vary: statistic and interval are those of Student's t over the differences of topics.
- Correction: step-down minimum p over all tests of two groups (Westfall and Young 1993), times the number of pairs of groups.
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
from slantbank.measure._intervals import MIN_SENTENCES, MIN_UNITS, Bools, Floats, Ints
from slantbank.measure._labels import Frames
from slantbank.measure._measures import MEASURES, Measure, sort_by_measure
from slantbank.measure._sums import OVERS, Block, Key, Names, Selection, blocks, count_coded, make_selection

SEED = 20171
PERMUTATIONS = 1999
UNITS = 40_000_000
"""The most assignments of units to groups in all permutations of a pair together: with very many units, fewer permutations."""


class Pair(NamedTuple):
    """Two groups as sums `x` and `y` of units (articles, or sentences of two texts) × keys (measures with their items).

    `a` marks the units of the first group, `topic` numbers their topics. `head` holds the columns of the result that keys share.
    `low` and `high` are the limits of the values of both groups; `few` marks keys with too few data in one group; `lack` is the
    reason why a key has no difference. `lag` is the correlation of neighbouring sentences, 0 for articles. `reason` says why
    nothing is tested.
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
    """The difference between each two groups in each measure, with an interval and a permutation test within topics.

    One row a pair `a`, `b`, measure and item:

    - `value_a`, `value_b`: the values on the topics that both have, weighted alike; `difference`: the first less the second;
    - `low`, `high`: its 95 % interval; `rests_on`: what it generalizes to. Other `articles` of that topic; other `topics`, where
      the groups share several; or, for two single articles, `sentences`, `facts` or `attributions`: these two texts alone;
    - `p`: the share of all permutations, or of `permutations` random ones, in which the groups differ as much; `p_corrected`: the
      same, corrected for all tests of this call, so choose the `measures` before you look;
    - `too_little`: there are too few data to conclude more than the interval shows; `n_a`, `n_b`: articles compared; `n_topics`:
      the number of topics;
    - `reason`: why there is no difference, no p, or no p that can be 0.05 or less.

    `within=None` permutes all articles, whatever their topics: then a difference may be one of topics.

    >>> import slantbank
    >>> found = slantbank.differences(slantbank.load_all(), "origin", measures="loaded", only="free-iran-rally-2017")
    >>> found.select("a", "b", "measure").row(0)
    ('constructed', 'published', 'loaded')
    """
    selection = make_selection(frames, by, only, measures=measures, headline=headline, labels=labels)
    pairs = list(_pairs(selection, within))
    tests = sum(pair.reason is None for pair in pairs)
    parts = [_differences(pair, selection.measures, tests, permutations, np.random.default_rng(seed)) for pair in pairs]
    columns: dict[str, Any] = dict.fromkeys(("measure", "item"), pl.String)
    columns |= dict.fromkeys(("value_a", "value_b", "difference", "low", "high"), pl.Float64) | {"too_little": pl.Boolean}
    schema = _schema(selection, columns)
    rows = pl.concat([pl.DataFrame(schema=schema), *parts], how="diagonal_relaxed")
    return sort_by_measure(rows, selection.measures, "a", "b").select(*schema, seed=pl.lit(seed))


def _schema(selection: Selection, columns: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a frame of pairs with these columns."""
    schema = {**dict.fromkeys(("a", "b"), selection.articles.schema["group"]), **columns, "rests_on": pl.String}
    schema |= dict.fromkeys(("p", "p_corrected"), pl.Float64)
    return schema | dict.fromkeys(("permutations", "n_a", "n_b", "n_topics"), pl.Int64) | {"reason": pl.String}


def _differences(pair: Pair, measures: Mapping[str, Measure], tests: int, limit: int, rng: np.random.Generator) -> pl.DataFrame:
    """The differences of one pair."""
    least, most = np.array([measures[name].scale for name, _ in pair.keys]).reshape(-1, 2).T
    drawn = _permute(pair, limit, rng)
    a, b, statistic, error, topics = _statistics(pair, drawn.assigned)
    difference, several = a[0] - b[0], pair.topic.max() > 0
    with np.errstate(all="ignore"):
        width = np.where(several & (topics > 1) & (error > 0), intervals.t_quantile(topics - 1) * error, np.nan)
        down = np.where(np.isnan(width), np.hypot(a[0] - pair.low[0], pair.high[1] - b[0]), width)
        up = np.where(np.isnan(width), np.hypot(pair.high[0] - a[0], b[0] - pair.low[1]), width)
    ends = difference, np.maximum(difference - down, -1), np.minimum(difference + up, 1)
    numbers = {"value_a": least + (most - least) * a[0], "value_b": least + (most - least) * b[0]}
    numbers |= {name: (most - least) * end for name, end in zip(("difference", "low", "high"), ends, strict=True)}
    reason = pair.reason
    if reason is None:
        p = _permutation_p(statistic)
        numbers |= {"p": p[0], "p_corrected": np.minimum(tests * _step_down(p), 1)}
        reason = drawn.reason(tests)
    lacking = np.array([lack is not None for lack in pair.lack], np.bool_)
    columns = {name: pl.Series(np.where(lacking, np.nan, column), nan_to_null=True) for name, column in numbers.items()}
    columns |= {name: pl.Series([key[at] for key in pair.keys], dtype=pl.String) for at, name in enumerate(("measure", "item"))}
    columns["too_little"] = pl.Series((topics < MIN_UNITS) if several else pair.few)
    columns["reason"] = pl.Series([lack or reason for lack in pair.lack], dtype=pl.String)
    columns["rests_on"] = pl.Series([pair.head["rests_on"] or measures[name].rests_on for name, _ in pair.keys], dtype=pl.String)
    head = {name: pl.lit(value) for name, value in pair.head.items() if name != "rests_on"}
    permutations = pl.lit(drawn.number if pair.reason is None else None, pl.Int64)
    return pl.DataFrame(columns).with_columns(**head, permutations=permutations)


_DISJOINT = "they share no topic, so that what differs may be the topics; within=None tests it all the same"


def _pairs(selection: Selection, within: str | None) -> Iterator[Pair]:
    """Each two groups, in order; two single articles give first a pair of sentences, then one of the measures over articles."""
    members = count_coded(selection)
    by_article = list(blocks(selection))
    single = members.filter("alone")
    by_sentence = list(blocks(selection, OVERS[:3], articles=single, by_sentence=True)) if single.height > 1 else []
    numbers = [block for block in by_article if block.sized]
    for groups in combinations(members["group"].unique().sort(), 2):
        articles = members.filter(pl.col("group").is_in(groups)).with_columns(a=pl.col("group") == groups[0])
        shared = articles.filter((pl.col("a").n_unique() == 2).over("topic_id"))
        disjoint = within is not None and shared.is_empty()
        articles = articles if within is None or disjoint else shared
        topic = pl.col("topic_id").rank("dense").cast(pl.Int64) - 1 if within and not disjoint else pl.lit(0, pl.Int64)
        articles = articles.with_columns(topic=topic)
        reason = _DISJOINT if disjoint else None
        if not articles["alone"].all():
            yield _pair(groups, articles, by_article, "articles", reason)
            continue
        if by_sentence:
            yield _pair(groups, articles, by_sentence, "sentences", reason)
        if numbers:
            yield _pair(groups, articles, numbers, "", "an article has one such number: there is nothing to permute")


def _pair(groups: tuple[Any, ...], articles: pl.DataFrame, sums: list[Block], unit: str, reason: str | None) -> Pair:
    """The sums of the units for every measure and item that either group has, with the limits of both groups."""
    on = ["article_id", "n"] if unit == "sentences" else ["article_id"]
    units = articles
    if unit == "sentences":
        units = articles.join(pl.concat([block.rows.select(on) for block in sums]).unique(), on="article_id")
    units = units.sort("a", *on, descending=[True, *[False] * len(on)]).with_row_index("unit")
    keys: list[Key] = []
    parts: list[Floats] = []
    for block in sums:
        names, rows = list(block.pairs), block.rows.join(units.select(*on, "unit"), on=on)
        values = block.scaled_sums(names, rows)[: 2 if unit else 3]
        for item in rows["item"].unique().sort():
            of_item = (rows["item"] == item).to_numpy()
            dense = np.zeros((len(values), units.height, len(names)))
            dense[:, rows["unit"].to_numpy()[of_item]] = [part[of_item] for part in values]
            keys += [(name, label + item) for name, label in names]
            parts.append(dense)
    x, y, *size = np.concatenate(parts, axis=2) if parts else np.zeros((2, units.height, 0))
    a, topics = units["a"].to_numpy(), units["topic"].to_numpy()
    starts = np.array([0, int(a.sum())])
    lag: Floats = np.zeros(len(keys))
    few: Bools = np.zeros(len(keys), np.bool_)
    if unit == "articles":
        ratios = intervals.jackknife_ratios(starts, x, y)
        low, high, few = ratios.low, ratios.high, np.asarray((ratios.minority < MIN_UNITS).any(axis=0))
    elif unit == "sentences":
        p, sizes, count, lags = intervals.effective_sizes(starts, x, y, np.diff(units["n"].to_numpy(), append=-1) == 1)
        (low, high), few, lag = intervals.wilson(p, sizes), np.asarray((count < MIN_SENTENCES).any(axis=0)), lags.mean(axis=0)
    else:
        low, high = intervals.wilson(intervals.divide(x, y), size[0])
    several_axes = articles["axis"].n_unique() > 1
    lack: list[str | None] = []
    for (name, _), counted in zip(keys, intervals.group_sums(starts, y > 0).T, strict=True):
        empty = " and ".join(str(group) for group, count in zip(groups, counted, strict=True) if not count)
        text = f"nothing to count in {empty}" if empty else None
        lack.append("side a is not the same on all of their topics" if several_axes and MEASURES[name].by_side else text)
    group_sizes = articles.group_by("a").len().sort("a", descending=True)["len"]
    head = {"a": groups[0], "b": groups[1], "rests_on": "topics" if topics.max() > 0 else unit}
    head |= {"n_a": group_sizes[0], "n_b": group_sizes[1], "n_topics": int(topics.max()) + 1}
    return Pair(head, keys, lack, x, y, a, topics, low, high, few, lag, reason)


class Permutations(NamedTuple):
    """Permutations × units, the observed one first: `assigned` marks the units of the first group.

    `ways` is the number of possible permutations. `mirrored` says that both groups have the same size on each topic, so that each
    permutation has a mirror image with the same difference.
    """

    assigned: Bools
    ways: int
    mirrored: bool

    @property
    def number(self) -> int:
        """The number of permutations; where they are drawn at random, without the observed one."""
        return self.ways if self.ways == len(self.assigned) else len(self.assigned) - 1

    def reason(self, tests: int) -> str | None:
        """Why no corrected p can be 0.05 or less, or None if one can."""
        least = (1 + self.mirrored) / min(self.ways, len(self.assigned))
        text = f"no corrected p can be 0.05 or less: the units can be permuted in {self.ways} ways only"
        return None if least * tests <= 0.05 else text + (f", and {tests} pairs of groups are tested" if tests > 1 else "")


def _permute(pair: Pair, limit: int, rng: np.random.Generator) -> Permutations:
    """The permutations of the groups within each topic: all if they are no more than the limit, else so many at random."""
    topics = [np.flatnonzero(pair.topic == topic) for topic in range(int(pair.topic.max(initial=0)) + 1)]
    sizes = [int(pair.a[units].sum()) for units in topics]
    ways = prod(comb(len(units), size) for units, size in zip(topics, sizes, strict=True))
    mirrored = all(2 * size == len(units) for units, size in zip(topics, sizes, strict=True))
    if pair.reason is not None:
        return Permutations(pair.a[None], 1, mirrored)
    limit = min(limit, max(199, UNITS // len(pair.a)))
    if ways <= limit:
        choices = product(*(combinations(units, size) for units, size in zip(topics, sizes, strict=True)))
        assigned = np.zeros((ways, len(pair.a)), np.bool_)
        for row, choice in enumerate(choices):
            assigned[row, np.concatenate([np.array(units, int) for units in choice])] = True
        observed = int(np.flatnonzero((assigned == pair.a).all(axis=1))[0])
        assigned[[0, observed]] = assigned[[observed, 0]]
        return Permutations(assigned, ways, mirrored)
    assigned = np.zeros((limit + 1, len(pair.a)), np.bool_)
    for units, size in zip(topics, sizes, strict=True):
        order = rng.random((limit + 1, len(units))).argsort(axis=1)
        assigned[:, units] = order < size
    assigned[0] = pair.a
    return Permutations(assigned, ways, mirrored)


def _statistics(pair: Pair, assigned: Bools) -> tuple[Floats, Floats, Floats, Floats, Ints]:
    """The values of both groups and the test statistic, small where they differ: permutations × keys.

    Then for the observed groups the standard error over topics, and the number of topics that count, by key.
    """
    x, y, size = pair.x, pair.y, pair.x.shape[1]
    moments = np.concatenate([x, y, x * x, x * y, y * y, y > 0], axis=1)
    sums = np.zeros((9, len(assigned), size))
    with np.errstate(all="ignore"):
        for topic in range(int(pair.topic.max(initial=0)) + 1):
            units = pair.topic == topic
            first = assigned[:, units].astype(np.float64) @ moments[units]
            groups = [group.reshape(len(assigned), 6, size) for group in (first, moments[units].sum(axis=0) - first)]
            (xa, ya), (xb, yb) = ((group[:, 0], group[:, 1]) for group in groups)
            weight = np.where((ya > 0) & (yb > 0), ya * yb / (ya + yb), 0)  # Mantel and Haenszel's
            a, b = (np.where(weight > 0, value, 0) for value in (xa / ya, xb / yb))
            gap = weight * (a - b)
            sums += [weight, weight * a, weight * b, gap, gap * gap, gap * weight, weight * weight, weight > 0, ya + yb]
        total, a, b, gap, squares, mixed, weights, topics, _ = sums
        a, b, gap = a / total, b / total, gap / total
        variance = topics / (topics - 1) * np.maximum(squares - 2 * gap * mixed + gap * gap * weights, 0) / total**2
        if pair.topic.max(initial=0) > 0:
            statistic = stdtr(topics - 1, -np.abs(gap) / np.sqrt(variance))
        else:
            statistic = _welch(groups, pair.lag)
    no_variance = np.isnan(statistic[0])  # one group has a single article: the difference itself is the statistic
    statistic = np.where(no_variance, -np.abs(gap).round(12), np.nan_to_num(statistic, nan=0.5))
    return a, b, statistic, np.sqrt(variance[0]), topics[0].astype(np.int64)


def _welch(groups: list[Floats], lag: Floats) -> Floats:
    """Welch's test of two logits: the tail probability of Student's t, by permutation and key.

    `lag`, the correlation of neighbouring sentences, raises the variance of the observed groups; permuting removes it.
    """
    logits = []
    for x, y, xx, xy, yy, n in (np.moveaxis(group, 1, 0) for group in groups):
        p, q = x / y, (x + 0.5) / (y + 1)
        spread = np.maximum(xx - 2 * p * xy + p * p * yy, 0) * n / (n - 1) / np.square(y * q * (1 - q))
        spread[0] *= (1 + lag) / (1 - lag)
        logits.append((logit(q), spread, n - 1))
    (a, va, na), (b, vb, nb) = logits
    df = np.square(va + vb) / (va * va / na + vb * vb / nb)
    tail: Floats = stdtr(df, -np.abs(a - b) / np.sqrt(va + vb))
    return np.where((va + vb == 0) & (na > 0) & (nb > 0), np.where(a == b, 0.5, 0), tail)


def _permutation_p(statistic: Floats) -> Floats:
    """The p of each permutation and key: the share of permutations whose statistic is as small or smaller."""
    p = np.empty_like(statistic)
    for key, values in enumerate(statistic.T):
        p[:, key] = np.searchsorted(np.sort(values), values + np.abs(values) * 1e-9, side="right") / len(values)
    return p


def _step_down(p: Floats) -> Floats:
    """The p of the observed groups (the first row), corrected for all keys: step-down minimum p (Westfall and Young 1993)."""
    order = np.argsort(p[0], kind="stable")
    least = np.minimum.accumulate(p[:, order[::-1]], axis=1)[:, ::-1]
    corrected = np.empty(p.shape[1])
    corrected[order] = np.maximum.accumulate((least <= p[0, order] + 1e-12).mean(axis=0))
    return corrected


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
    """The distance between the label shares of each two groups, with the distance that chance gives and a permutation test.

    One row a pair `a`, `b` and label column, and one for their `mean`:

    - `distance`: the Jensen-Shannon distance, the square root of the divergence to base 2: a metric from 0 (same shares) to 1 (no
      label in common) (Lin 1991; Endres and Schindelin 2003);
    - `chance`: the mean distance of the permutations, as in `differences`, since small samples always differ somewhat;
    - `excess`: the distance beyond chance, the root of the difference of squares, or 0; `p` and `p_corrected` test it.

    Of two single articles sentences are permuted, and chance is raised for the correlation of neighbours (Rao and Scott 1981).

    >>> import slantbank
    >>> found = slantbank.distances(slantbank.load_all(), only="free-iran-rally-2017")
    >>> found["label"].unique(maintain_order=True).to_list()
    ['claim_type', 'attribution', 'source_type', 'source_perspective', 'mean']
    """
    selection = make_selection(frames, by, only, measures=LABELS, headline=headline, labels=labels)
    pairs = list(_pairs(selection, within))
    tests = sum(pair.reason is None for pair in pairs)
    rows = [row for pair in pairs for row in _distances(pair, tests, permutations, np.random.default_rng(seed))]
    columns = {"label": pl.String, **dict.fromkeys(("distance", "chance", "excess"), pl.Float64)}
    return pl.DataFrame(rows, _schema(selection, columns)).with_columns(seed=pl.lit(seed))


def _distances(pair: Pair, tests: int, limit: int, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """The distances of one pair."""
    drawn = _permute(pair, limit, rng)
    a, b, *_ = _statistics(pair, drawn.assigned)
    squares, lacks = np.zeros((len(a), len(LABELS) + 1)), ["no label column is coded in both"] * (len(LABELS) + 1)
    for at, column in enumerate(LABELS):
        keys = [key for key, (name, _) in enumerate(pair.keys) if name == column]
        lacks[at] = next((lack for key in keys if (lack := pair.lack[key])), "" if keys else "no sentence has such a label")
        if not lacks[at]:
            lag = pair.lag[keys].mean()
            squares[:, at] = np.nan_to_num(_divergence(a[:, keys], b[:, keys]))
            squares[1:, at] *= (1 + lag) / (1 - lag)
            lacks[-1] = ""
    measured = np.array([not lack for lack in lacks])
    squares[:, -1] = squares[:, :-1][:, measured[:-1]].mean(axis=1) if measured.any() else 0
    p, corrected = np.ones((2, squares.shape[1]))
    if pair.reason is None:
        tails = _permutation_p(-squares[:, measured])
        p[measured], corrected[measured] = tails[0], np.minimum(tests * _step_down(tails), 1) if measured.any() else 1
    for at, label in enumerate((*LABELS, "mean")):
        row: dict[str, Any] = {**pair.head, "label": label, "permutations": drawn.number}
        if lacks[at]:
            yield row | {"reason": lacks[at]}
        elif pair.reason is not None:
            yield row | {"distance": squares[0, at] ** 0.5, "reason": pair.reason}
        else:
            chance = squares[1:, at].mean()
            row |= {"distance": squares[0, at] ** 0.5, "chance": chance**0.5, "excess": max(squares[0, at] - chance, 0) ** 0.5}
            yield row | {"p": p[at], "p_corrected": corrected[at], "reason": drawn.reason(tests)}


def _divergence(a: Floats, b: Floats) -> Floats:
    """The Jensen-Shannon divergence to base 2, 0 to 1, between the shares in the rows of two matrices; NaN where a row is empty.

    >>> _divergence(np.array([[0.5, 0.5, 0.0]]), np.array([[0.0, 0.0, 1.0]])).tolist()
    [1.0]
    """
    with np.errstate(all="ignore"):
        p, q = (counts / counts.sum(axis=1, keepdims=True) for counts in (a, b))
        middle = (p + q) / 2
        kullback_leibler = [np.where(share > 0, share * np.log2(share / middle), 0).sum(axis=1) for share in (p, q)]
    divergence: Floats = np.where(np.isnan(middle).any(axis=1), np.nan, np.clip(sum(kullback_leibler) / 2, 0, 1))
    return divergence
