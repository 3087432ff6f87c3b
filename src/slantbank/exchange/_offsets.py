"""Convert offsets of tools: they count in code points, as a bank does, or in UTF-16 units, as JavaScript does."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Literal

from slantbank.bank import matches_at

Unit = Literal["code points", "UTF-16 units"]
Place = tuple[int, int]


def to_code_points(text: str, units: int) -> int:
    r"""Convert a UTF-16 offset to code points. Raises ValueError if it is outside the text or inside a character.

    >>> to_code_points("\N{GRINNING FACE} hello", 3)
    2
    """
    encoded = text.encode("utf-16-le")
    if not 0 <= 2 * units <= len(encoded):
        raise ValueError(f"offset {units} is outside the text")
    return len(encoded[: 2 * units].decode("utf-16-le"))


def utf16_offset(text: str, at: int) -> int:
    r"""Convert a code-point offset to UTF-16, the inverse of `to_code_points`.

    >>> utf16_offset("\N{GRINNING FACE} hello", 2)
    3
    """
    return len(text[:at].encode("utf-16-le")) // 2


def possible_places(text: str, start: int, end: int, words: str) -> dict[Unit, Place]:
    r"""Return the place of the words in code points, by each unit that fits the offsets; empty if none fits.

    >>> possible_places("\N{GRINNING FACE} hello", 3, 8, "hello")
    {'UTF-16 units': (2, 7)}
    """
    candidates: dict[Unit, Place] = {"code points": (start, end)}
    with suppress(ValueError):
        candidates["UTF-16 units"] = to_code_points(text, start), to_code_points(text, end)
    return {unit: (a, b) for unit, (a, b) in candidates.items() if matches_at(text, a, b, words)}


def units_used(spans: Iterable[dict[Unit, Place]]) -> set[Unit]:
    """Return the units that a file uses, as its spans show: a span shows its unit if only that one fits its words."""
    return {unit for candidates in spans if len(candidates) == 1 for unit in candidates}


def choose_place(candidates: dict[Unit, Place], units: set[Unit]) -> Place:
    """Return the place of a span; where two units fit with different places, the unit that the file uses decides.

    Raises ValueError if no unit fits, or if nothing shows which one is meant.
    """
    if not candidates:
        raise ValueError("the words do not stand at these offsets, in code points nor in UTF-16 units")
    choices = {where for unit, where in candidates.items() if len(candidates) == 1 or len(units) != 1 or unit in units}
    if len(choices) > 1:
        raise ValueError("the words stand there by code points, and elsewhere by UTF-16 units")
    return choices.pop()
