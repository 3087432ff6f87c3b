"""Offsets as tools count them: in code points, as a bank does, or in UTF-16 units, as JavaScript does."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Literal

from slantbank.bank import matches_at

Unit = Literal["code points", "UTF-16 units"]
Place = tuple[int, int]


def code_point(text: str, units: int) -> int:
    r"""The code-point offset of a UTF-16 offset. Raises ValueError if it stands outside the text or inside a character.

    >>> code_point("\N{GRINNING FACE} hello", 3)
    2
    """
    encoded = text.encode("utf-16-le")
    if not 0 <= 2 * units <= len(encoded):
        raise ValueError(f"offset {units} is outside the text")
    return len(encoded[: 2 * units].decode("utf-16-le"))


def units(text: str, at: int) -> int:
    r"""The UTF-16 offset of a code-point offset, the inverse of `code_point`.

    >>> units("\N{GRINNING FACE} hello", 2)
    3
    """
    return len(text[:at].encode("utf-16-le")) // 2


def places(text: str, start: int, end: int, words: str) -> dict[Unit, Place]:
    r"""Where the words stand, in code points, by the unit that the offsets would be counted in; empty if in neither.

    >>> places("\N{GRINNING FACE} hello", 3, 8, "hello")
    {'UTF-16 units': (2, 7)}
    """
    candidates: dict[Unit, Place] = {"code points": (start, end)}
    with suppress(ValueError):
        candidates["UTF-16 units"] = code_point(text, start), code_point(text, end)
    return {unit: (a, b) for unit, (a, b) in candidates.items() if matches_at(text, a, b, words)}


def counted(spans: Iterable[dict[Unit, Place]]) -> set[Unit]:
    """The units that spans of one file show to be its own: those by which alone a span stands where its words do."""
    return {unit for candidates in spans if len(candidates) == 1 for unit in candidates}


def place(candidates: dict[Unit, Place], units: set[Unit]) -> Place:
    """The one place of a span, where both units lead to different ones by the unit that its file shows.

    Raises ValueError if its words stand nowhere, or if nothing shows which place is meant.
    """
    if not candidates:
        raise ValueError("the words do not stand at these offsets, in code points nor in UTF-16 units")
    choices = {where for unit, where in candidates.items() if len(candidates) == 1 or len(units) != 1 or unit in units}
    if len(choices) > 1:
        raise ValueError("the words stand there by code points, and elsewhere by UTF-16 units")
    return choices.pop()
