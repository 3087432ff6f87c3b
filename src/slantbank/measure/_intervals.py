"""95 % intervals of ratios of sums, in closed form: no resampling, no seed, and an interval for every ratio.

All ratios are put on the scale 0 to 1.

- A group of articles: the delete-one-article jackknife on the logit, with Student's t and one degree of freedom fewer than articles
  (Efron and Stein 1981; Korn and Graubard 1998).
- The same, where the logit of the ratio or of a replicate is infinite, nothing varies, or there are only two articles: the exact
  binomial interval (Clopper and Pearson 1934) of the effective number of units. That is the number of units over
  1 + rho (Σn²/Σn - 1), where rho is the correlation of two units of one article, pooled over all groups; times the ratio of the
  normal quantile to that of t. (Korn and Graubard take the square of that ratio, which covered the truth in every simulated case,
  at almost twice the width.)
- Fewer than `SMALL_GROUP` articles: the limit on the nearer side is the farther one of these two intervals. With three articles
  that happen to show a rare event the jackknife alone covered the truth in 84 to 90 cases of 100.
- One article: the interval of Wilson (1927) for the effective number of its sentences.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, expit, logit, stdtrit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SMALL_GROUP = 5
MIN_UNITS = 3
"""There is too little to say of a group in which fewer articles show the event, or fewer do not."""
MIN_SENTENCES = 12
"""There is too little to say of a single article in which fewer sentences count."""

Z = 1.959963984540054
RHO = (0.15, 6.0)
"""The prior for the correlation of two units of an article: its value, and its weight in articles."""
LAG = (0.1, 50.0)
"""The prior for the correlation of neighbouring sentences: its value, and its weight in sentences."""


class Estimates(NamedTuple):
    """Ratios with their limits, each an array of groups × items.

    `units` counts the articles in which the denominator is not 0; `minority` those of them that show the event or those that show
    anything else, whichever are fewer. `exact` says which intervals are exact; `exact_limits` are the exact limits of all.
    """

    value: Floats
    low: Floats
    high: Floats
    units: Floats
    exact: Bools
    minority: Floats
    exact_limits: tuple[Floats, Floats]


def jackknife_ratios(starts: Ints, x: Floats, y: Floats, coders: Floats | float = 0) -> Estimates:
    """The ratios Σx / Σy of groups of articles, with intervals of the delete-one-article jackknife or exact ones.

    `x` and `y` are articles × items, and groups begin at the rows `starts`. `coders` is the square of the half width that coders
    add, as `between_coders` gives it.
    """
    sizes = np.diff(starts, append=len(x))
    group = np.repeat(np.arange(len(starts)), sizes)
    sums, counted = group_sums(starts, x), y > 0
    totals, units = group_sums(starts, y), group_sums(starts, counted)
    with np.errstate(all="ignore"):
        p = sums / totals
        replicates = logit((sums[group] - x) / (totals[group] - y))
        variance = (units - 1) / units * group_sums(starts, np.square(np.where(counted, replicates - logit(p)[group], 0)))
        t = t_quantile(units - 1)
        rho = intraclass_correlation(x, y, p[group], units, starts)
        size = totals / (1 + rho * np.maximum(group_sums(starts, y * y) / totals - 1, 0))
        low, high = clopper_pearson(p, size * t_quantile(totals - 1) / t)
        smooth = (units >= MIN_UNITS) & (variance > 0) & np.isfinite(variance)
        width = np.sqrt(t * t * variance + coders / np.square(p * (1 - p)))
        lower, upper = expit(logit(p) - width), expit(logit(p) + width)
        small = units < SMALL_GROUP
        lower = np.where(small & (p < 0.5 + 1e-9), np.minimum(lower, low), lower)
        upper = np.where(small & (p > 0.5 - 1e-9), np.maximum(upper, high), upper)
    minority = np.minimum(group_sums(starts, x > 0), group_sums(starts, counted & (x < y)))
    return Estimates(p, np.where(smooth, lower, low), np.where(smooth, upper, high), units, ~smooth, minority, (low, high))


def jackknife(value: float, replicates: Floats, scale: tuple[float, float] = (0, 1)) -> tuple[float, float, bool]:
    """The jackknife interval of a value from its replicates, each without one unit, on the logit of the scale.

    The third value says whether the replicates vary, and by a finite amount; if not, the limits mean nothing.
    """
    least, most = scale
    with np.errstate(all="ignore"):
        middle, units = logit((value - least) / (most - least)), len(replicates)
        variance = float((units - 1) / units * np.square(logit((replicates - least) / (most - least)) - middle).sum())
    smooth = units > 1 and variance > 0 and np.isfinite(variance)
    width = float(t_quantile(np.float64(units - 1)) * np.sqrt(variance)) if smooth else np.nan
    low, high = (least + (most - least) * float(expit(end)) for end in (middle - width, middle + width))
    return low, high, smooth


def between_coders(x: Floats, y: Floats) -> Floats:
    """The square of the half width that coders add to intervals, from the sums of each coder: groups × coders × items.

    It is that of Student's t between coders, to be added to the square of the other half width: each source of variation has its
    own t (Howe 1974). Adding variances, with the degrees of freedom of Satterthwaite, covered the truth in 80 to 89 cases of 100
    with two coders who differ and 400 sentences; this covers it in 94, and shows how little two coders can say.
    """
    totals, coders = y.sum(axis=1), (y > 0).sum(axis=1)
    with np.errstate(all="ignore"):
        residuals = (x - (x.sum(axis=1) / totals)[:, None] * y) / totals[:, None]
        square = np.square(t_quantile(coders - 1)) * coders / (coders - 1) * np.square(residuals).sum(axis=1)
    return np.where(coders > 1, square, 0)


def intraclass_correlation(x: Floats, y: Floats, p: Floats, units: Floats, starts: Ints) -> Floats:
    """The correlation of two units of one article, for each item: by analysis of variance over all groups, shrunk to `RHO`."""
    with np.errstate(all="ignore"):
        shares, totals = np.where(y > 0, x / y, 0), group_sums(starts, y)
        df = np.maximum(units - 1, 0).sum(axis=0)
        size = np.nansum(totals - group_sums(starts, y * y) / totals, axis=0) / df
        between = np.nansum(y * np.square(shares - p), axis=0) / df
        within = (y * shares * (1 - shares)).sum(axis=0) / np.maximum(y - 1, 0).sum(axis=0)
        estimate = (between - within) / (between + (size - 1) * within)
    df = np.where(np.isfinite(estimate), df, 0)
    prior, weight = RHO
    rho: Floats = (df * np.nan_to_num(estimate).clip(0, 1) + weight * prior) / (df + weight)
    return rho


def clopper_pearson(p: Floats, size: Floats) -> tuple[Floats, Floats]:
    """The exact binomial limits of Clopper and Pearson (1934) for a share of a number of units, which need not be whole."""
    with np.errstate(all="ignore"):
        low = np.where(p > 0, betaincinv(p * size, (1 - p) * size + 1, 0.025), 0)
        high = np.where(p < 1, betaincinv(p * size + 1, (1 - p) * size, 0.975), 1)
    return low, high


def wilson(p: Floats, size: Floats, coders: Floats | float = 0) -> tuple[Floats, Floats]:
    """The limits of Wilson (1927) for a share of a number of units; `coders` as in `jackknife_ratios`.

    >>> low, high = wilson(np.array([0.0]), np.array([23.0]))
    >>> round(float(high[0]), 3)
    0.143
    """
    with np.errstate(all="ignore"):
        variance = p * (1 - p)
        size = np.where(variance > 0, variance / (variance / size + coders / Z**2), size)
        square = Z**2 / size
        middle, width = (p + square / 2) / (1 + square), Z * np.sqrt(variance / size + square / size / 4) / (1 + square)
    return np.maximum(middle - width, 0), np.minimum(middle + width, 1)


def effective_sizes(starts: Ints, x: Floats, y: Floats, following: Bools) -> tuple[Floats, Floats, Floats, Floats]:
    """The ratios of single articles, their effective sizes, how many sentences count, and the correlation of neighbours.

    `x` and `y` are sentences in order × items; `following` says whether the next row is the next sentence of the same article. The
    effective size is in the units of `y`: n (1 - r) / (1 + r), where r is the correlation of neighbouring sentences, shrunk toward
    that of all articles here and `LAG`. Where a sentence is several units (words), it is divided by their clustering, too.
    """
    article = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(x)))
    sums, totals = group_sums(starts, x), group_sums(starts, y)
    counted = group_sums(starts, y > 0)
    with np.errstate(all="ignore"):
        p = sums / totals
        residuals = np.where(y > 0, x - p[article] * y, 0)
        square, binomial = group_sums(starts, residuals * residuals), p * (1 - p) * totals
        products = group_sums(starts, residuals * np.where(following[:, None], np.roll(residuals, -1, axis=0), 0))
        lag = np.where(square > 0, products / square + 1 / counted, 0)  # the estimate itself is 1 / n too small
        informative = np.where(square > 0, counted, 0)
        prior, weight = LAG
        pooled = ((informative * lag).sum(axis=0) + weight * prior) / (informative.sum(axis=0) + weight)
        lag = np.clip((informative * lag + weight * pooled) / (informative + weight), 0, 0.7)
        spread = square.sum(axis=0) / np.nansum(binomial, axis=0)
        spread = (weight + np.where(np.isfinite(spread), informative.sum(axis=0) * spread, 0)) / (weight + informative.sum(axis=0))
        of_article = np.where(square > 0, square / binomial, 0)
        spread = (informative * of_article + weight * spread) / (informative + weight)
        size = totals / np.where(square > 0, spread, np.maximum(spread, 1)) * (1 - lag) / (1 + lag)
    return p, size, counted, lag


def divide(x: Floats, y: Floats) -> Floats:
    """Each x over its y, NaN or infinite where y is 0."""
    with np.errstate(all="ignore"):
        return x / y


def t_quantile(df: Any) -> Floats:
    """The 97.5 % point of Student's t with these degrees of freedom, at least 1."""
    quantile: Floats = stdtrit(np.maximum(df, 1.0), 0.975)
    return quantile


def group_sums(starts: Ints, rows: NDArray[Any]) -> Floats:
    """The sums of groups of rows that begin at `starts`."""
    sums: Floats = np.add.reduceat(rows, starts, axis=0, dtype=np.float64)
    return sums
