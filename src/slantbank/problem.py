"""Problems: what is wrong with a contribution, each with its address and a stable code.

Wrong data is a value, a `Problem`; a wrong call is an exception. Only the command line prints.
"""

import os
import re
import traceback
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from importlib import import_module
from typing import Any, Literal

Level = Literal["error", "warning", "unfinished"]
"""How serious a problem is. Unfinished labels wait for a person, and are no error."""


@dataclass(frozen=True)
class Example:
    """Wrong data that breaks a rule: in `file` of the small bank in `rules`, the text `right` is replaced by `wrong`.

    A new file holds only `wrong`. None means that there is no such file, `-> x` a link to x. A lone surrogate stands for a byte
    that is not UTF-8, as in Python's `surrogateescape`.
    """

    file: str
    right: str | None
    wrong: str | None


@dataclass(frozen=True)
class Rule:
    """A rule for contributions: its stable code and name, why it exists, and `find`, the function that yields its problems."""

    code: str
    name: str
    why: str
    find: Callable[[Any], Iterable["Problem"]]
    example: Example | None = None
    level: Level = "error"
    since: str = "1.0"
    """The codebook version that introduced the rule. Labels of an older version get a warning instead of an error."""
    across: bool = False
    """Whether the rule compares articles: it sees all of them at once, without their labels."""


@dataclass(frozen=True)
class Edit:
    """A replacement for the text between two positions of a file; lines and columns count from 1, as in a `Problem`."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


@dataclass(frozen=True, order=True)
class Problem:
    """A breach of a rule at `path:line:column` (both from 1, columns in code points).

    `source` is the line itself, and `length` the number of code points at fault, to show them. `fix` corrects the problem if
    that changes no words and needs no decision.

    >>> str(Problem("a.toml", 3, 1, "SB106", "unknown key 'titel'; did you mean 'title'?"))
    "a.toml:3:1: error SB106 unknown-key: unknown key 'titel'; did you mean 'title'?"
    """

    path: str
    line: int
    column: int
    code: str
    message: str
    source: str = ""
    length: int = 1
    codebook: str = ""
    """The codebook version of the labels at fault, if the rule is newer."""
    fix: Edit | None = field(default=None, compare=False)

    @property
    def rule(self) -> Rule:
        """The rule that is broken."""
        # the rules are in a higher room, which may not be imported at the top
        rule: Rule = import_module("slantbank.rules").RULES[self.code]
        return rule

    @property
    def level(self) -> Level:
        """The level of the rule; a warning if the labels are older than the rule."""
        return "warning" if self.codebook else self.rule.level

    def __str__(self) -> str:
        place = f"{printable(self.path)}:{self.line}:{self.column}"
        fixable = " [fixable]" if self.fix else ""
        return f"{place}: {self.level} {self.code} {self.rule.name}: {printable(self.message)}{fixable}"


LIMIT = 100
"""The maximum number of problems of one rule in one file; the last one says how many more there are."""


def add_count(problem: Problem, count: int) -> Problem:
    """Add to a problem the number of others of its kind that are not listed."""
    return replace(problem, message=f"{problem.message}; and {count:,} more in this file")


def limit_per_rule(problems: Iterable[Problem]) -> Iterator[Problem]:
    """Yield at most `LIMIT` problems of a rule in a file, so that a file full of errors does not fill the memory."""
    counts: Counter[tuple[str, str]] = Counter()
    last: dict[tuple[str, str], Problem] = {}
    for problem in problems:
        kind = (problem.path, problem.code)
        counts[kind] += 1
        if counts[kind] < LIMIT:
            yield problem
        elif counts[kind] == LIMIT:
            last[kind] = problem
    for kind, problem in last.items():
        yield add_count(problem, counts[kind] - LIMIT) if counts[kind] > LIMIT else problem


class ContributionError(ValueError):
    """Data that cannot be used; `problems` holds every `Problem` in it, and `str` gives a line for each.

    >>> from slantbank import ContributionError, Problem
    >>> try:
    ...     raise ContributionError([Problem("topics/a.toml", 1, 1, "SB009", "the file is empty")])
    ... except ContributionError as error:
    ...     print(error.problems[0].code, error)
    SB009 topics/a.toml:1:1: error SB009 empty-file: the file is empty
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))


def internal_fault(path: str, error: Exception) -> Problem:
    """Return a problem that says slantbank itself failed on a file or article folder. It quotes nothing of the content."""
    if os.environ.get("SLANTBANK_TRACEBACK"):
        traceback.print_exception(error)
    message = f"slantbank itself failed here ({type(error).__name__}); please report it, SLANTBANK_TRACEBACK=1 shows where"
    return Problem(path, 1, 1, "SB121", message)


def printable(text: str) -> str:
    r"""Escape every character of the text that a terminal or the log of a workflow would obey or hide.

    GitHub's runner obeys `##[…]` anywhere in a line, and `::…::` only at its start, where no text of a user is printed.

    >>> printable("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return text if text.isprintable() and "##[" not in text else "".join(_characters(text))


def _characters(text: str) -> list[str]:
    """Return the characters of the text, each as `printable` writes it."""
    characters = list(map(_escape, text))
    for command in re.finditer(r"##\[", text):
        characters[command.start() + 1] = r"\x23"
    return characters


def _escape(character: str) -> str:
    hidden = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    return character.encode("unicode_escape").decode("ascii") if hidden else character


def _columns(text: str) -> int:
    """Count the columns of a terminal that the text fills: none for a combining mark, two for a wide character."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.category(char) in ("Mn", "Me") else 1 + (unicodedata.east_asian_width(char) in ("W", "F")) for char in text
    )


def quoted(value: object, longest: int = 60) -> str:
    """Return the value as Python writes it, shortened to about `longest` characters.

    >>> quoted("abcdefgh", 5)
    "'abcd…'"
    """
    if isinstance(value, str):
        return repr(value if len(value) <= longest else value[: longest - 1] + "…")
    text = repr(value)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def show(problem: Problem, width: int = 80) -> str:
    """Return the problem with its line and carets under the fault; a long line is cut to `width` columns."""
    if not problem.source:
        return str(problem)
    start = problem.column - 1
    room = width - 12
    left = max(0, min(start - room // 2, len(problem.source) - room))
    excerpt = _characters(problem.source[left : left + room])
    cut, end = start - left, start - left + max(1, problem.length)
    before, fault, after = ("".join(part) for part in (excerpt[:cut], excerpt[cut:end], excerpt[end:]))
    before = "…" * bool(left) + before
    after += "…" * (left + room < len(problem.source))
    number = f"{problem.line:>5}"
    carets = " " * _columns(before) + "^" * max(1, _columns(fault))
    return f"{problem}\n{number} | {before}{fault}{after}\n{' ' * len(number)} | {carets}"


_MOST_CHOICES = 200
_LISTED = 30


def closest(word: str, choices: Sequence[str]) -> str | None:
    """Return the choice most similar to `word`, or None if none is similar; only the first 200 choices are compared."""
    folded = {choice.casefold(): str(choice) for choice in reversed(choices[:_MOST_CHOICES])}
    close = get_close_matches(word.strip().casefold(), folded, n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def nearest(word: str, choices: Iterable[str]) -> str:
    """Return a phrase that names the choice most similar to `word`, or all choices if none is similar.

    >>> nearest("Factual", ["factual", "causal"])
    "did you mean 'factual'?"
    """
    choices = list(choices)
    close = closest(word, choices)
    if close is not None:
        return f"did you mean {close!r}?"
    more = f" and {len(choices) - _LISTED:,} more" if len(choices) > _LISTED else ""
    return "choose from " + ", ".join(choices[:_LISTED]) + more if choices else "there are none"
