"""Segmentation of running text, and of text whose every quotation is left open, for which sentencex alone is quadratic."""

import random
from pathlib import Path

from benchmarks import corpus
from benchmarks.case import Beside, Case, nothing, timed


def _text(size: int, mark: str = "") -> str:
    draw, found, length = random.Random(1), ["Headline\n"], 0
    while length < size:
        text = corpus.sentence(draw)["text"]
        found.append(mark + (text.replace("”", "") if mark else text))
        length += len(text) + 1
    return " ".join(found)[:size]


def _segment(text: str) -> float:
    from slantbank.bank import segment

    return timed(lambda: segment.segment(text))


def _sentencex(text: str) -> float:
    from sentencex import get_sentence_boundaries  # type: ignore[attr-defined]

    return timed(lambda: get_sentence_boundaries("en", text))


def ours(_: Path, size: int) -> float:
    """`segment` of one paragraph of running text."""
    return _segment(_text(size))


def sentencex(_: Path, size: int) -> float:
    """`sentencex` alone on that paragraph."""
    return _sentencex(_text(size))


def ours_open(_: Path, size: int) -> float:
    """`segment` of one paragraph in which every sentence opens a quotation that is never closed."""
    return _segment(_text(size, "“"))


def sentencex_open(_: Path, size: int) -> float:
    """`sentencex` alone on that paragraph."""
    return _sentencex(_text(size, "“"))


_SIZES = (10_000, 100_000, 1_000_000)

CASES = (
    Case("segmentation of running text", nothing, ours, (Beside(sentencex),), (*_SIZES, 10_000_000), _SIZES, "characters"),
    Case(
        "segmentation of quotations left open",
        nothing,
        ours_open,
        (Beside(sentencex_open, largest=1_000_000),),
        sizes=(*_SIZES, 10_000_000),
        quick=_SIZES[:2],
        unit="characters",
    ),
)
