"""Simulate the coverage and width of the 95 % intervals, and the size and power of the tests of differences.

`python -m benchmarks.coverage` simulates all cells, a few minutes on two cores, and prints the tables that docs/measures.md shows;
`--write` keeps the results in benchmarks/coverage.json and renders them into the page. Every cell has its own seed, so that it can
be simulated alone. The lengths of articles are lognormal, with a mean of about 28 sentences; the share of an article is beta
distributed, with the intraclass correlation (ICC) of the cell.
"""

import argparse
import json
from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from slantbank.measure import _agreement as agreement
from slantbank.measure import _differences as differences
from slantbank.measure import _intervals as intervals
from slantbank.show import markdown_table

HERE = Path(__file__).parent
RESULTS = HERE / "coverage.json"
PAGE = HERE.parent / "docs" / "measures.md"
MARKS = "<!-- rendered: coverage -->\n", "<!-- end -->"
Floats = NDArray[np.float64]
Row = dict[str, float]


def _random(name: str, cell: Mapping[str, float]) -> np.random.Generator:
    return np.random.default_rng(crc32(f"{name} {sorted(cell.items())}".encode()))


def _lengths(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    return np.clip(np.round(np.exp(rng.normal(3.2, 0.55, shape))), 6, 150)


def _events(rng: np.random.Generator, y: Floats, share: float, icc: float) -> Floats:
    """The number of sentences of each article in which the event occurs, from a beta-binomial distribution."""
    size = 1 / icc - 1
    return rng.binomial(y.astype(int), rng.beta(share * size, (1 - share) * size, y.shape)).astype(float)


def _covers(low: Floats, high: Floats, truth: float) -> NDArray[np.bool_]:
    return (low <= truth) & (truth <= high)


def of_groups(articles: int, share: float, icc: float, banks: int = 4000) -> Row:
    """Coverage for a share of a group of articles: our interval, with 2, 5 and 50 such groups in the bank, and alternatives."""
    rng = _random("groups", {"articles": articles, "share": share, "icc": icc})
    row = dict.fromkeys(("ours, 2 groups", "ours, 5 groups", "ours, 50 groups"), np.nan)
    for groups in (2, 50, 5):  # the other figures are of the last
        y = _lengths(rng, (groups * articles, banks if groups < 50 else banks // 20))
        x = _events(rng, y, share, icc)
        ours = intervals.jackknife_ratios(np.arange(groups) * articles, x, y)
        covers, enough = _covers(ours.low, ours.high, share), ours.minority >= intervals.MIN_UNITS
        row[f"ours, {groups} groups"] = covers.mean()
    row |= {"ours, where said": covers[enough].mean() if enough.mean() > 0.02 else np.nan, "too little": 1 - enough.mean()}
    row |= {"width": np.median(ours.high - ours.low), "wider than .9": (ours.high - ours.low > 0.9).mean()}
    x, y = x[:articles], y[:articles]
    p = x.sum(axis=0) / y.sum(axis=0)
    drawn = rng.multinomial(articles, np.full(articles, 1 / articles), 999)
    boot = np.sort((drawn @ x) / (drawn @ y), axis=0)
    ends = np.quantile(boot, 0.025, axis=0), np.quantile(boot, 0.975, axis=0)
    row |= {"bootstrap": _covers(*ends, share).mean(), "bootstrap width": np.median(ends[1] - ends[0])}
    row["Wilson"] = _covers(*intervals.wilson(p, y.sum(axis=0)), share).mean()
    row["BCa"] = _covers(*_bca(boot, p, (x.sum(axis=0) - x) / (y.sum(axis=0) - y)), share).mean()
    return row


def _bca(boot: Floats, p: Floats, jackknife: Floats) -> tuple[Floats, Floats]:
    """Efron's BCa limits (bias-corrected and accelerated, 1987), from sorted bootstrap replicates."""
    with np.errstate(all="ignore"):
        gap = jackknife.mean(axis=0) - jackknife
        skew = np.nan_to_num((gap**3).sum(axis=0) / (6 * (gap**2).sum(axis=0) ** 1.5))
    bias = ndtri(((boot < p).mean(axis=0) + (boot <= p).mean(axis=0)).clip(0.002, 1.998) / 2)
    z = [bias + ndtri(level) for level in (0.025, 0.975)]
    levels = [ndtr(bias + point / (1 - skew * point)) for point in z]
    low, high = ((level * (len(boot) - 1)).round().astype(int) for level in levels)
    column = np.arange(boot.shape[1])
    return boot[low, column], boot[high, column]


def of_texts(sentences: int, share: float, lag: float, texts: int = 4000) -> Row:
    """Coverage for a share of one text, whose neighbouring sentences are correlated."""
    rng = _random("texts", {"sentences": sentences, "share": share, "lag": lag})
    x = (rng.random((sentences, texts)) < share).astype(float)
    for n in range(1, sentences):
        x[n] = np.where(rng.random(texts) < lag, x[n - 1], x[n])
    p, size, _, _ = intervals.effective_sizes(np.array([0]), x, np.ones_like(x), np.arange(sentences) < sentences - 1)
    low, high = intervals.wilson(p, size)
    plain = intervals.wilson(p, np.full(p.shape, float(sentences)))
    count = rng.binomial(sentences, np.broadcast_to(p[0], (999, texts))) / sentences
    boot = np.quantile(count, 0.025, axis=0), np.quantile(count, 0.975, axis=0)
    row = {"ours": _covers(low, high, share).mean(), "width": np.median(high - low), "wider than .9": (high - low > 0.9).mean()}
    return row | {"Wilson": _covers(*plain, share).mean(), "bootstrap": _covers(*boot, share).mean()}


def of_agreement(articles: int, wrong: float, samples: int = 600) -> Row:
    """Coverage for alpha of two coders over five labels, where articles differ in difficulty and in their labels."""
    rng, k, chance = _random("agreement", {"articles": articles, "wrong": wrong}), 5, np.array([0.5, 0.2, 0.15, 0.1, 0.05])

    def drawn(size: int) -> tuple[Any, Any]:
        article = np.repeat(np.arange(size), _lengths(rng, (size,)).astype(int))
        hard = rng.beta(wrong * 9, (1 - wrong) * 9, size)[article]
        bounds = rng.dirichlet(chance * 4, size).cumsum(axis=1)[article]
        true = (rng.random(len(article))[:, None] > bounds).sum(axis=1).clip(0, k - 1)
        coders = [np.where(rng.random(len(true)) < hard, (true + rng.integers(1, k, len(true))) % k, true) for _ in range(2)]
        return np.array(coders, np.int16), article

    codes, article = drawn(8_000)
    truth = float(agreement.krippendorff_alpha(agreement._coincidences(codes, k, 0 * article, 1)[0])[0])
    covers, widths, boot = [], [], []
    for _ in range(samples):
        codes, article = drawn(articles)
        units = np.arange(len(article))
        ratings = agreement._Ratings("claim_type", codes, units, 0 * units, labels=tuple("abcde"))
        row = next(row for row in agreement._coefficients(ratings, article) if row["measure"] == "alpha")
        if "low" in row:
            covers.append(row["low"] <= truth <= row["high"])
            widths.append(row["high"] - row["low"])
            tables = agreement._coincidences(codes, k, article, articles)[0].reshape(articles, -1)
            replicates = rng.multinomial(articles, np.full(articles, 1 / articles), 499) @ tables
            ends = np.nanquantile(agreement.krippendorff_alpha(replicates.reshape(-1, k, k)), (0.025, 0.975))
            boot.append(ends[0] <= truth <= ends[1])
    return {"alpha": truth, "ours": np.mean(covers), "width": np.median(widths), "bootstrap": np.mean(boot)}


def of_tests(a: int, b: int, icc_a: float, icc_b: float, gap: float, topics: int, banks: int = 100) -> Row:
    """The rejection rates at .05 for groups of `a` and `b` articles with shares of .2 and .2 + `gap`, with forty measures each.

    With several `topics` each has as many articles of both groups, and a different share.
    """
    cell = {"a": a, "b": b, "icc_a": icc_a, "icc_b": icc_b, "gap": gap, "topics": topics}
    rng, rejected = _random("tests", cell), np.zeros((3, 0))
    for _ in range(banks):
        parts: list[tuple[Floats, Floats]] = []
        for size, icc, share in ((a, icc_a, 0.2), (b, icc_b, 0.2 + gap)):
            y = _lengths(rng, (topics * size, 40))
            shift = 0.12 * np.repeat(np.sin(np.arange(topics)) * (topics > 1), size)[:, None]
            spread = 1 / icc - 1
            mean = share + shift
            parts.append((rng.binomial(y.astype(int), rng.beta(mean * spread, (1 - mean) * spread, y.shape)).astype(float), y))
        x, y = (np.vstack([part[at] for part in parts]) for at in (0, 1))
        first = np.arange(len(x)) < topics * a
        topic = np.concatenate([np.repeat(np.arange(topics), size) for size in (a, b)])
        none = np.zeros(0)
        pair = differences.Pair({}, [], [], x, y, first, topic, none, none, none > 0, np.zeros(40), None)
        tails = differences._permutation_p(differences._statistics(pair, differences._permute(pair, 999, rng).assigned)[2])
        p = tails[0], differences._step_down(tails)
        with np.errstate(all="ignore"):
            shares = x / y
            means, spreads = zip(
                *((shares[side].mean(axis=0), shares[side].var(axis=0, ddof=1)) for side in (first, ~first)), strict=True
            )
        error = sum(spread / side.sum() for spread, side in zip(spreads, (first, ~first), strict=True))
        z_test = 2 * ndtr(-np.abs(means[0] - means[1]) / np.sqrt(error))
        rejected = np.hstack([rejected, [p[0] <= 0.05, p[1] <= 0.05, z_test <= 0.05]])
    plain, corrected, z = rejected.mean(axis=1)
    any_ = rejected[1].reshape(banks, 40).any(axis=1).mean()
    return {"ours": plain, "ours, corrected": corrected, "any of 40": any_, "z test of means": z}


class Table(NamedTuple):
    """A table of the page: title, text above it, simulation, and its arguments in each cell."""

    title: str
    about: str
    simulate: Callable[..., Row]
    cells: list[dict[str, Any]]


def _cells(**values: tuple[Any, ...]) -> list[dict[str, Any]]:
    return [dict(zip(values, combination, strict=True)) for combination in product(*values.values())]


_TESTS = [(5, 5, 0.1, 0.1), (5, 20, 0.1, 0.1), (5, 20, 0.3, 0.02), (20, 20, 0.1, 0.1)]
TABLES = {
    "groups": Table(
        "A share of a group of articles",
        "`ours, where said` is of the values that are not marked too little; like all after it, with 5 groups in the bank.",
        of_groups,
        _cells(articles=(3, 5, 8, 12, 30), share=(0.05, 0.2, 0.5), icc=(0.1, 0.3)),
    ),
    "texts": Table(
        "A share of one text",
        "`lag` is the correlation of neighbouring sentences. Wilson's is without it; the bootstrap is of sentences.",
        of_texts,
        _cells(sentences=(12, 23, 60), share=(0.05, 0.2, 0.5), lag=(0.0, 0.2)),
    ),
    "agreement": Table(
        "Alpha of two coders",
        "`wrong` is how often a coder errs; the bootstrap is the percentile one, of articles.",
        of_agreement,
        _cells(articles=(3, 5, 12, 20), wrong=(0.02, 0.1)),
    ),
    "tests": Table(
        "Tests of differences at .05",
        "With a gap of 0 the figures are the size, else the power. `any of 40`: in how many calls that test forty measures any "
        "corrected p is .05 or less. With several topics there is one article of each group on each.",
        of_tests,
        [
            {**dict(zip(("a", "b", "icc_a", "icc_b"), groups, strict=True)), "gap": gap, "topics": 1}
            for gap in (0.0, 0.2)
            for groups in _TESTS
        ]
        + _cells(a=(1,), b=(1,), icc_a=(0.1,), icc_b=(0.1,), gap=(0.0, 0.2), topics=(6, 12)),
    ),
}


def simulated(name: str, cell: Mapping[str, Any]) -> Row:
    """A cell of a table with its figures, to three decimals or null."""
    figures = TABLES[name].simulate(**cell)
    return {**cell, **{key: None if np.isnan(value) else round(float(value), 3) for key, value in figures.items()}}


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:g}".removeprefix("0") or "0" if abs(value) < 1 else f"{value:g}"


def rendered(results: Mapping[str, list[Row]]) -> str:
    """The tables as they stand on the page."""
    parts = []
    for name, table in TABLES.items():
        rows = results[name]
        cells = [[_figure(value) for value in row.values()] for row in rows]
        parts += [f"### {table.title}", table.about, markdown_table([key.replace("_", " ") for key in rows[0]], cells)]
    return "\n\n".join(parts)


def placed(page: str, results: Mapping[str, list[Row]]) -> str:
    """The page with the tables between its marks."""
    before, rest = page.split(MARKS[0])
    return f"{before}{MARKS[0]}{rendered(results)}\n{rest[rest.index(MARKS[1]) :]}"


def main() -> None:
    """Simulate all; print the tables, or write them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coverage", description=__doc__)
    parser.add_argument("--write", action="store_true")
    write = parser.parse_args().write
    results = {name: [simulated(name, cell) for cell in table.cells] for name, table in TABLES.items()}
    if write:
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        PAGE.write_text(placed(PAGE.read_text(encoding="utf-8"), results), encoding="utf-8")
    else:
        print(rendered(results))


if __name__ == "__main__":
    main()
