"""A file of a bank as it was read: its text, the tree and model of its TOML, and its problems with their positions."""

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from slantbank.bank.toml._places import Place, locate
from slantbank.bank.toml._write import quote
from slantbank.problem import Edit, Problem

Model = TypeVar("Model", bound=BaseModel)


@dataclass
class TextFile:
    """A text file that was read: the path to show, its bytes, its text, and its problems.

    The text has LF line ends and no byte order mark; all offsets refer to it. It is None if the bytes are not UTF-8.
    """

    path: str
    data: bytes
    text: str | None
    problems: list[Problem] = field(default_factory=list)

    @cached_property
    def _lines(self) -> list[str]:
        return (self.text or "").split("\n")

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *accumulate(len(line) + 1 for line in self._lines[:-1])]

    @property
    def received(self) -> str | None:
        """The text exactly as the bytes have it, with their line ends and byte order mark."""
        return None if self.text is None else self.data.decode("utf-8")

    @property
    def has_lone_returns(self) -> bool:
        """Whether a CR occurs without LF. It may be an old line end or a slip, so that nothing in the file is fixed."""
        return self.data.count(b"\r") != self.data.count(b"\r\n")

    def position(self, offset: int) -> tuple[int, int]:
        r"""Return the line and the column, both from 1, of a code-point offset of the text.

        >>> TextFile("", b"", "ab\ncd").position(4)
        (2, 2)
        """
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def edit(self, start: int, end: int, text: str) -> Edit | None:
        """Return an edit that replaces the text between two code-point offsets; None if the file has lone CRs."""
        return None if self.has_lone_returns else Edit(*self.position(start), *self.position(end), text)

    def problem(self, code: str, message: str, offset: int = 0, length: int = 1, fix: Edit | None = None) -> Problem:
        """Return a problem at a code-point offset of the text; `length` is cut at the end of the line."""
        line, column = self.position(offset)
        source = self._lines[line - 1]
        length = max(1, min(length, len(source) - column + 1))
        return Problem(self.path, line, column, code, message, source, length, fix=fix)


@dataclass
class Document(TextFile, Generic[Model]):
    """A TOML file that was read: its text, the tree of its valid values, and the model made of them.

    `parsed` says whether it is TOML and not blank. `value` is None if the file has an error of encoding, syntax or form; `tree`
    then holds the valid values, and `misspelt` the paths of missing keys for which the file has a key with a similar name.
    """

    tree: dict[str, Any] = field(default_factory=dict)
    value: Model | None = None
    parsed: bool = False
    misspelt: set[Place] = field(default_factory=set)

    @cached_property
    def places(self) -> dict[Place, tuple[int, int, int]]:
        """For each key of the file, the offsets of its start, of the start of its value, and of the end of that."""
        places: dict[Place, tuple[int, int, int]] = {}
        for place, offsets in locate(self.text or "") if self.parsed else ():
            places.setdefault(place, offsets)
        return places

    def unread(self, *place: str | int) -> bool:
        """Whether the file has something at `place` that is invalid, so that rules cannot judge it."""
        value: Any = self.tree
        for part in place:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                return bool(self.problems) and (not self.parsed or place in self.misspelt or place in self.places)
        return False

    def value_edit(self, text: str, *place: str | int) -> Edit | None:
        """Return an edit that makes the string `text` the value at `place`; None if nothing is there."""
        if place not in self.places:
            return None
        _, value, end = self.places[place]
        return self.edit(value, end, quote(text))

    def at(self, code: str, message: str, *place: str | int, key: bool = False, offset: int = 0, length: int = 0) -> Problem:
        """Return a problem at the value (or the `key`) at `place`, or if that is missing, at the table around it."""
        existing = place
        while existing and existing not in self.places:
            existing = existing[:-1]
        start, value, end = self.places.get(existing, (0, 0, 1))
        if key or existing != place:
            return self.problem(code, message, start, max(1, value - start) if key and existing == place else 1)
        return self.problem(code, message, value + offset, length or end - value - offset)
