"""Benchmark of segmentation: of running text, and of text with unclosed quotations, on which sentencex alone is quadratic."""

import random
from pathlib import Path

from benchmarks import corpus
from benchmarks.case import Case, Peer, nothing, timed


def _text(size: int, mark: str = "") -> str:
    draw, sentences, length = random.Random(1), ["Headline\n"], 0
    while length < size:
        text = corpus.sentence(draw)["text"]
        sentences.append(mark + (text.replace("”", "") if mark else text))
        length += len(text) + 1
    return " ".join(sentences)[:size]


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
    Case("segmentation of running text", nothing, ours, (Peer(sentencex),), (*_SIZES, 10_000_000), _SIZES, "characters"),
    Case(
        "segmentation of quotations left open",
        nothing,
        ours_open,
        (Peer(sentencex_open, largest=1_000_000),),
        sizes=(*_SIZES, 10_000_000),
        quick=_SIZES[:2],
        unit="characters",
    ),
)
