"""Comparison with bootstrap intervals, beside single passes over the same rows and what is written for it with pandas."""

from pathlib import Path
from typing import Any

from benchmarks import corpus
from benchmarks.case import Beside, Case, needs, timed

SHARES = ("claim_type", "attribution", "source_type", "source_perspective")


def _frames(bank: Path) -> Any:
    from slantbank import shipped

    return shipped.load_all(bank)


def shares(bank: Path, _: int) -> float:
    """`compare` of the labels' shares by topic: 1,000 replicates, articles resampled."""
    from slantbank import compare

    frames = _frames(bank)
    return timed(lambda: compare.compare(frames, "topic_id", measures=SHARES))


def everything(bank: Path, _: int) -> float:
    """`compare` of all measures by topic: 1,000 replicates, articles resampled."""
    from slantbank import compare

    frames = _frames(bank)
    return timed(lambda: compare.compare(frames, "topic_id"))


def by_outlet(bank: Path, _: int) -> float:
    """`compare` of all measures by outlet: 1,000 replicates, articles resampled."""
    from slantbank import compare

    frames = _frames(bank)
    return timed(lambda: compare.compare(frames, "outlet"))


def alone(bank: Path, _: int) -> float:
    """`compare` of the labels' shares by outlet, each of one article: 1,000 replicates, sentences resampled."""
    from slantbank import compare

    frames = _frames(bank)
    return timed(lambda: compare.compare(frames, "outlet", measures=SHARES))


def single_pass(bank: Path, _: int) -> float:
    """One streaming pass over the Parquet file: boolean sums of the same labels by article, no intervals."""
    import polars as pl

    from slantbank.codebook import LABELS

    labels = {f"{column} {label}": (pl.col(column) == label).sum() for column in SHARES for label in LABELS[column]}
    coded = {f"{column} coded": pl.col(column).is_not_null().sum() for column in SHARES}
    body = pl.scan_parquet(bank / "parquet" / "sentences.parquet").filter(pl.col("unit") == "body")
    return timed(lambda: body.group_by("topic_id", "article_id").agg(**labels, **coded).collect(engine="streaming"))


def _pandas(bank: Path) -> Any:
    import pandas as pd

    columns = ["topic_id", "article_id", "unit", *SHARES]
    return pd.read_parquet(bank / "parquet" / "sentences.parquet", columns=columns).query("unit == 'body'")


@needs("pandas")
def pandas(bank: Path, _: int) -> float:
    """`pandas`, `groupby` and `value_counts` of the same shares by topic, no intervals."""
    rows = _pandas(bank)
    return timed(lambda: [rows.groupby("topic_id")[column].value_counts(normalize=True) for column in SHARES])


@needs("pandas")
def pandas_bootstrap(bank: Path, _: int) -> float:
    """`pandas` with intervals: articles drawn by index with numpy, rows gathered and counted; 2 replicates timed, times 500."""
    import numpy as np

    rows = _pandas(bank).reset_index(drop=True)
    places = rows.groupby("article_id").indices
    names, rng = list(places), np.random.default_rng(1)

    def replicate() -> None:
        drawn = rng.integers(0, len(names), len(names))
        some = rows.iloc[np.concatenate([places[names[at]] for at in drawn])]
        for column in SHARES:
            some.groupby("topic_id")[column].value_counts(normalize=True)

    return 500 * timed(lambda: [replicate() for _ in range(2)])


_SIZES = (10_000, 100_000, 1_000_000, 10_000_000)

CASES = (
    Case(
        "comparison of shares by topic",
        corpus.frames,
        shares,
        (
            Beside(single_pass, aim=3),
            Beside(pandas, aim=1 / 8, largest=10_000_000),
            Beside(pandas_bootstrap, aim=1 / 100, largest=1_000_000),
        ),
        _SIZES,
        _SIZES[:2],
    ),
    Case("comparison of all measures by topic", corpus.frames, everything, (Beside(single_pass, aim=3),), _SIZES, _SIZES[:1]),
    Case("comparison of all measures by outlet", corpus.frames, by_outlet, (Beside(single_pass),), _SIZES[:3], _SIZES[:1]),
    Case("comparison of outlets of one article", corpus.single_frames, alone, (Beside(single_pass),), _SIZES[:2], _SIZES[:1]),
)
