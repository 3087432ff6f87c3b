"""A file of a bank before it is judged: its text, or the tree and model of its TOML, and its faults with their places."""

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
    """A text file that was read: the path to show, its bytes, its text, and its faults.

    The text is in plain lines, as all that is said of places in it; None when the bytes are not UTF-8.
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
        """The text just as the bytes have it, with a byte order mark and the line ends that they have."""
        return None if self.text is None else self.data.decode("utf-8")

    @property
    def has_lone_returns(self) -> bool:
        """Whether a CR stands without LF: a line end of old, or a slip, so that nothing in the file is put right unasked."""
        return self.data.count(b"\r") != self.data.count(b"\r\n")

    def position(self, offset: int) -> tuple[int, int]:
        r"""Line and column, both from 1, of a code-point offset of the text.

        >>> TextFile("", b"", "ab\ncd").position(4)
        (2, 2)
        """
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def edit(self, start: int, end: int, text: str) -> Edit | None:
        """The edit that puts `text` in place of what stands between two code-point offsets; None where CRs stand alone."""
        return None if self.has_lone_returns else Edit(*self.position(start), *self.position(end), text)

    def problem(self, code: str, message: str, offset: int = 0, length: int = 1, fix: Edit | None = None) -> Problem:
        """A problem at a code-point offset of the text; what is at fault ends with its line."""
        line, column = self.position(offset)
        source = self._lines[line - 1]
        length = max(1, min(length, len(source) - column + 1))
        return Problem(self.path, line, column, code, message, source, length, fix=fix)


@dataclass
class Document(TextFile, Generic[Model]):
    """A TOML file that was read: its text, the tree of its sound values, and the model made of them.

    `parsed` says whether it is TOML at all, and not blank. `value` is None when the file has any fault of encoding, syntax
    or form; `tree` then holds what can still be judged, and `misspelt` where a key of nearly the same name stands.
    """

    tree: dict[str, Any] = field(default_factory=dict)
    value: Model | None = None
    parsed: bool = False
    misspelt: set[Place] = field(default_factory=set)

    @cached_property
    def places(self) -> dict[Place, tuple[int, int, int]]:
        """For each key of the file: where it starts, where its value starts, and where that ends."""
        found: dict[Place, tuple[int, int, int]] = {}
        for place, where in locate(self.text or "") if self.parsed else ():
            found.setdefault(place, where)
        return found

    def unread(self, *place: str | int) -> bool:
        """Whether something stands at `place` that could not be read, so that nothing can be said of it."""
        inner: Any = self.tree
        for part in place:
            try:
                inner = inner[part]
            except (KeyError, IndexError, TypeError):
                return bool(self.problems) and (not self.parsed or place in self.misspelt or place in self.places)
        return False

    def value_edit(self, text: str, *place: str | int) -> Edit | None:
        """The edit that gives what stands at `place` the string `text` as its value; None if nothing stands there."""
        if place not in self.places:
            return None
        _, value, end = self.places[place]
        return self.edit(value, end, quote(text))

    def at(self, code: str, message: str, *place: str | int, key: bool = False, offset: int = 0, length: int = 0) -> Problem:
        """A problem at the value (or the `key`) that stands at `place`; where it is missing, at the table around it."""
        known = place
        while known and known not in self.places:
            known = known[:-1]
        start, value, end = self.places.get(known, (0, 0, 1))
        if key or known != place:
            return self.problem(code, message, start, max(1, value - start) if key and known == place else 1)
        return self.problem(code, message, value + offset, length or end - value - offset)
