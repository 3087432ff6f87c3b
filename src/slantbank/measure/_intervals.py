"""95 % intervals of ratios of sums, in closed form: nothing is drawn, and every ratio has one.

All ratios are put on the scale 0 to 1. Of a group of articles the interval is that of the delete-one-article jackknife on the
logit, with Student's t and one degree of freedom fewer than articles (Efron and Stein 1981; Korn and Graubard 1998). Where the
logit is infinite for the ratio or a replicate, nothing varies, or there are but two articles, it is the exact binomial interval
(Clopper and Pearson 1934) of the effective number of units: the units over 1 + rho (Σn²/Σn - 1), rho being the correlation of two
units of one article, pooled over all groups, times the ratio of the normal quantile to that of t (Korn and Graubard take its
square, which held the truth in every case, at almost twice the width). Of fewer than `FEW` articles the limit on the nearer side
is the farther one of the two intervals: with three articles that happen to show a rare event the jackknife alone held the truth in
84 to 90 cases of 100. Of one article it is the interval of Wilson (1927) for the effective number of its sentences.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, expit, logit, stdtrit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

FEW = 5
SHOWN = 3
"""Of a group in which fewer articles show the event, or fewer do not, there is too little to say."""
SENTENCES = 12
"""Of a single article with fewer sentences that count there is too little to say."""

Z = 1.959963984540054
RHO = (0.15, 6.0)
"""The correlation of two units of an article that is presumed, and how many articles' worth of evidence the presumption is."""
LAG = (0.1, 50.0)
"""The correlation of neighbouring sentences that is presumed, and how many sentences' worth of evidence the presumption is."""


class Found(NamedTuple):
    """Ratios with their limits; in how many `units` something counts; whether the interval is exact; how many units show it or not.

    `outer` are the limits of the exact interval, for all.
    """

    value: Floats
    low: Floats
    high: Floats
    units: Floats
    exact: Bools
    shown: Floats
    outer: tuple[Floats, Floats]


def grouped(starts: Ints, x: Floats, y: Floats, coders: Floats | float = 0) -> Found:
    """The ratios Σx / Σy of groups of rows, an article each: `x` and `y` are rows × items, and groups begin at `starts`.

    `coders` is the square of half the width that coders make, as `between_coders` gives it.
    """
    sizes = np.diff(starts, append=len(x))
    of = np.repeat(np.arange(len(starts)), sizes)
    sums, counted = sum_up(starts, x), y > 0
    totals, units = sum_up(starts, y), sum_up(starts, counted)
    with np.errstate(all="ignore"):
        p = sums / totals
        replicates = logit((sums[of] - x) / (totals[of] - y))
        variance = (units - 1) / units * sum_up(starts, np.square(np.where(counted, replicates - logit(p)[of], 0)))
        t = quantile(units - 1)
        rho = correlation(x, y, p[of], units, starts)
        size = totals / (1 + rho * np.maximum(sum_up(starts, y * y) / totals - 1, 0))
        low, high = exact(p, size * quantile(totals - 1) / t)
        smooth = (units >= SHOWN) & (variance > 0) & np.isfinite(variance)
        width = np.sqrt(t * t * variance + coders / np.square(p * (1 - p)))
        lower, upper = expit(logit(p) - width), expit(logit(p) + width)
        few = units < FEW
        lower = np.where(few & (p < 0.5 + 1e-9), np.minimum(lower, low), lower)
        upper = np.where(few & (p > 0.5 - 1e-9), np.maximum(upper, high), upper)
    shown = np.minimum(sum_up(starts, x > 0), sum_up(starts, counted & (x < y)))
    return Found(p, np.where(smooth, lower, low), np.where(smooth, upper, high), units, ~smooth, shown, (low, high))


def replicated(p: float, replicates: Floats) -> tuple[float, float, bool]:
    """The interval of a value from 0 to 1 by its replicates, each without one of the units, and whether these say how it varies."""
    with np.errstate(all="ignore"):
        middle, units = logit(p), len(replicates)
        variance = float((units - 1) / units * np.square(logit(replicates) - middle).sum())
    smooth = units > 1 and variance > 0 and np.isfinite(variance)
    width = float(quantile(np.float64(units - 1)) * np.sqrt(variance)) if smooth else np.nan
    return float(expit(middle - width)), float(expit(middle + width)), smooth


def between_coders(x: Floats, y: Floats) -> Floats:
    """The square of half the width that coders add to intervals, from the sums of each: groups × coders × items.

    It is that of Student's t between coders, to be added to the square of the other half width: each source of variation has its
    own t (Howe 1974). Adding variances, with the degrees of freedom of Satterthwaite, held the truth in 80 to 89 cases of 100
    with two coders who differ and 400 sentences; this holds it in 94, and says how little two coders show.
    """
    totals, coders = y.sum(axis=1), (y > 0).sum(axis=1)
    with np.errstate(all="ignore"):
        rest = (x - (x.sum(axis=1) / totals)[:, None] * y) / totals[:, None]
        square = np.square(quantile(coders - 1)) * coders / (coders - 1) * np.square(rest).sum(axis=1)
    return np.where(coders > 1, square, 0)


def correlation(x: Floats, y: Floats, p: Floats, units: Floats, starts: Ints) -> Floats:
    """The correlation of two units of one article, for each item: by analysis of variance over all groups, and what is presumed."""
    with np.errstate(all="ignore"):
        own, totals = np.where(y > 0, x / y, 0), sum_up(starts, y)
        free = np.maximum(units - 1, 0).sum(axis=0)
        size = np.nansum(totals - sum_up(starts, y * y) / totals, axis=0) / free
        between = np.nansum(y * np.square(own - p), axis=0) / free
        within = (y * own * (1 - own)).sum(axis=0) / np.maximum(y - 1, 0).sum(axis=0)
        found = (between - within) / (between + (size - 1) * within)
    free = np.where(np.isfinite(found), free, 0)
    presumed, weight = RHO
    rho: Floats = (free * np.nan_to_num(found).clip(0, 1) + weight * presumed) / (free + weight)
    return rho


def exact(p: Floats, size: Floats) -> tuple[Floats, Floats]:
    """The limits of Clopper and Pearson for a share of a number of units, which need not be whole."""
    with np.errstate(all="ignore"):
        low = np.where(p > 0, betaincinv(p * size, (1 - p) * size + 1, 0.025), 0)
        high = np.where(p < 1, betaincinv(p * size + 1, (1 - p) * size, 0.975), 1)
    return low, high


def wilson(p: Floats, size: Floats, coders: Floats | float = 0) -> tuple[Floats, Floats]:
    """The limits of Wilson for a share of a number of units; `coders` as in `grouped`.

    >>> low, high = wilson(np.array([0.0]), np.array([23.0]))
    >>> round(float(high[0]), 3)
    0.143
    """
    with np.errstate(all="ignore"):
        even = p * (1 - p)
        size = np.where(even > 0, even / (even / size + coders / Z**2), size)
        square = Z**2 / size
        middle, width = (p + square / 2) / (1 + square), Z * np.sqrt(even / size + square / size / 4) / (1 + square)
    return np.maximum(middle - width, 0), np.minimum(middle + width, 1)


def single(starts: Ints, x: Floats, y: Floats, following: Bools) -> tuple[Floats, Floats, Floats, Floats]:
    """The ratios of single articles from their sentences: the ratio, the effective size, how many sentences count, and their lag.

    Rows are sentences in order; `following` says of which the next row is the next sentence of the same article. The effective
    size is in the units of `y`, n (1 - r) / (1 + r), r being the correlation of neighbouring sentences, which is shrunk toward
    that of all articles here and what is presumed; where a sentence is several units (words), it is divided by their clustering.
    """
    of = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(x)))
    sums, totals = sum_up(starts, x), sum_up(starts, y)
    counted = sum_up(starts, y > 0)
    with np.errstate(all="ignore"):
        p = sums / totals
        rest = np.where(y > 0, x - p[of] * y, 0)
        square, even = sum_up(starts, rest * rest), p * (1 - p) * totals
        near = sum_up(starts, rest * np.where(following[:, None], np.roll(rest, -1, axis=0), 0))
        lag = np.where(square > 0, near / square + 1 / counted, 0)  # which is 1 / n too small
        said = np.where(square > 0, counted, 0)
        presumed, weight = LAG
        common = ((said * lag).sum(axis=0) + weight * presumed) / (said.sum(axis=0) + weight)
        lag = np.clip((said * lag + weight * common) / (said + weight), 0, 0.7)
        spread = square.sum(axis=0) / np.nansum(even, axis=0)
        spread = (weight + np.where(np.isfinite(spread), said.sum(axis=0) * spread, 0)) / (weight + said.sum(axis=0))
        own = np.where(square > 0, square / even, 0)
        spread = (said * own + weight * spread) / (said + weight)
        size = totals / np.where(square > 0, spread, np.maximum(spread, 1)) * (1 - lag) / (1 + lag)
    return p, size, counted, lag


def ratio(x: Floats, y: Floats) -> Floats:
    """Each x over its y, NaN where that is 0."""
    with np.errstate(all="ignore"):
        return x / y


def quantile(free: Any) -> Floats:
    """The 97.5 % point of Student's t."""
    found: Floats = stdtrit(np.maximum(free, 1.0), 0.975)
    return found


def sum_up(starts: Ints, rows: NDArray[Any]) -> Floats:
    """The sums of groups of rows that begin at `starts`."""
    found: Floats = np.add.reduceat(rows, starts, axis=0, dtype=np.float64)
    return found
