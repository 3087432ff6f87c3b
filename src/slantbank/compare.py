"""Accounts of one event side by side: measures of articles and groups, how sure they are, and the sentences behind them.

Every measure is a ratio of two sums over rows: sentences, mentions of a party in a sentence, or articles. `MEASURES` states
them all. So an article enters a group's measure as a pair of numbers, and a resample of articles (or of one article's
sentences) needs only how often each distinct pair was drawn: a multinomial draw, exact, and cheap for millions of sentences.

Wherever a function takes `frames`, it takes the frames of `schema.FRAMES` by name: `sentences`, `articles`, `parties` and
`facts`, and `annotations` where the coders' own labels are asked for. `by` is any column of `articles` that is not nested;
articles that have no value there are left out. `only` keeps the named articles or topics. Sentences of the body are measured,
or with `headline=True` the headlines alone. A name that there is not raises ValueError, which names the nearest that there is.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Any, Literal
from zlib import crc32

import numpy as np
import polars as pl
from numpy.typing import NDArray

from slantbank import schema
from slantbank.codebook import LABELS, AnnotatorKind, Attribution, Perspective, Side, SourceType, SpanLayer, Unit
from slantbank.problem import nearest

Frames = Mapping[str, pl.DataFrame]
Tables = Mapping[str, pl.LazyFrame]
Only = str | Collection[str] | None
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SEED = 20171
FEW = 5
"""With fewer articles, or fewer sentences that count, there is no interval.

Four units have C(7, 3) = 35 distinct resamples, so that the outer 2.5 % are less than one of them; five have 126. And where
five of many units count, fewer than one resample in a hundred (e⁻⁵) has none of them.
"""


# The measures


@dataclass(frozen=True)
class Measure:
    """A measure: what it means, and for each item its numerator and its denominator, expressions to be summed over `rows`.

    `rows` are sentences, or the parties that they refer to or those parties' sides (which are then the items), or articles
    (then a group has their mean). `layers` are the columns that must be coded, `counts` says what the denominator counts, and
    `empty` why there is no value where all is coded. For articles, `evidence` is how much of it stands in a sentence.
    """

    meaning: str
    layers: tuple[str, ...]
    items: Mapping[str, tuple[pl.Expr, pl.Expr]]
    rows: Literal["sentences", "parties", "sides", "articles"] = "sentences"
    counts: str = "sentences"
    empty: str = "no sentence counts"
    evidence: pl.Expr | None = None


def _one(numerator: pl.Expr, denominator: pl.Expr) -> dict[str, tuple[pl.Expr, pl.Expr]]:
    return {"": (numerator, denominator)}


def _shares(column: str) -> dict[str, tuple[pl.Expr, pl.Expr]]:
    return {label.value: (pl.col(column) == label, pl.col(column).is_not_null()) for label in LABELS[column]}


def _where(condition: pl.Expr, value: str) -> pl.Expr:
    return pl.when(condition).then(pl.col(value))


def _balance(among: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    a, b = (
        ((pl.col("source_perspective") == side) & among).cast(pl.Int32) for side in (Perspective.SIDE_A, Perspective.SIDE_B)
    )
    return a - b, a + b


_OWN = pl.col("attribution") == Attribution.AUTHOR
_ATTRIBUTED = pl.col("attribution") != Attribution.AUTHOR
_CLAIM, _SOURCE_SIDE, _VALUE = pl.col("claim_type"), pl.col("source_side"), pl.col("value")
_LOADED = 100 * pl.col("loaded_words")
_WORDS = _where(pl.col("loaded_words").is_not_null(), "n_words")

_SHARES = {
    "claim_type": Measure("Share of sentences whose claim is of the type.", ("claim_type",), _shares("claim_type")),
    "attribution": Measure("Share of sentences whose claim is so sourced.", ("attribution",), _shares("attribution")),
    "source_type": Measure(
        "Share of attributed sentences whose source is of the type.",
        ("attribution", "source_type"),
        _shares("source_type"),
        empty="no sentence is attributed",
    ),
    "source_perspective": Measure(
        "Share of sentences that give the account of the side.", ("source_perspective",), _shares("source_perspective")
    ),
    "claim_type_by_attribution": Measure(
        "Among the sentences so sourced, the share whose claim is of the type.",
        ("claim_type", "attribution"),
        {
            f"{how}/{claim}": ((_CLAIM == claim) & (pl.col("attribution") == how), _CLAIM.is_not_null() & (pl.col("attribution") == how))
            for how in Attribution
            for claim in LABELS["claim_type"]
        },
        empty="no sentence is so sourced",
    ),
    "own_voice": Measure(
        "Among the claims of the type, the share that the article states in its own voice.",
        ("claim_type", "attribution"),
        {claim.value: (_OWN & (_CLAIM == claim), _OWN.is_not_null() & (_CLAIM == claim)) for claim in LABELS["claim_type"]},
        empty="no claim is of the type",
    ),
}
_BALANCE = {
    "perspective_balance": Measure(
        "Sentences that give side a's account less those that give side b's, over both: from -1 (all b) to 1 (all a).",
        ("source_perspective", "attribution"),
        {"overall": _balance(pl.lit(value=True)), "author": _balance(_OWN), "sources": _balance(_ATTRIBUTED)},
        empty="neither side's account occurs",
    ),
}
_STANCE = {
    f"{prefix}{name}": Measure(
        f"{meaning} the {of}.",
        layers,
        _one(numerator, denominator),
        rows,
        counts,
        empty=f"no sentence {'shows' if counts == 'words' else 'refers to'} the {of}{' in a bad light' if counts == 'words' else ''}",
    )
    for rows, prefix, of in (("parties", "", "party"), ("sides", "side_", "side"))
    for name, meaning, layers, numerator, denominator, counts in (
        ("stance", "x", ("stance",), _VALUE, _VALUE.is_not_null(), "sentences"),
    )
}
