"""Problems: what is wrong with a contribution, each with its address and a stable code.

Wrong data is a value, a `Problem`; a wrong call is an exception. Printing happens at the edge.
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
"""How grave a problem is; unfinished is what waits for a person, and no fault."""


@dataclass(frozen=True)
class Example:
    """Wrong data: in a small bank (`rules` has it), in `file`, `wrong` stands in place of `right`.

    A file that the bank has not holds nothing else. None is no such file, `-> x` a link to x, and a lone surrogate a byte
    that is not UTF-8, as Python's `surrogateescape` has it.
    """

    file: str
    right: str | None
    wrong: str | None


@dataclass(frozen=True)
class Rule:
    """A rule that contributions must keep: its code and name, which are stable, why it is there, and what finds its breaches."""

    code: str
    name: str
    why: str
    find: Callable[[Any], Iterable["Problem"]]
    example: Example | None = None
    level: Level = "error"
    since: str = "1.0"
    """The codebook that the rule came with: labels of an older one are warned about, and not failed."""
    across: bool = False
    """Whether the rule compares articles: it sees all of them at once, without their labels."""


@dataclass(frozen=True)
class Edit:
    """Text in place of that from one place of a file up to another; lines and columns from 1, as those of a `Problem`."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


@dataclass(frozen=True, order=True)
class Problem:
    """A breach of a rule at `path:line:column` (both from 1, columns in code points).

    `source` is the line itself, and `length` the number of code points at fault, for showing them. `fix` puts it right
    where that is safe: it changes no words and leaves nothing to be decided.

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
    """The codebook of the labels at fault, where the rule is newer than it."""
    fix: Edit | None = field(default=None, compare=False)

    @property
    def rule(self) -> Rule:
        """The rule that is broken."""
        # the rules stand in a higher room, which is not imported here but opened when a problem is shown or weighed
        found: Rule = import_module("slantbank.rules").RULES[self.code]
        return found

    @property
    def level(self) -> Level:
        """The level of the rule; a warning where the labels are older than the rule."""
        return "warning" if self.codebook else self.rule.level

    def __str__(self) -> str:
        place = f"{printable(self.path)}:{self.line}:{self.column}"
        fixable = " [fixable]" if self.fix else ""
        return f"{place}: {self.level} {self.code} {self.rule.name}: {printable(self.message)}{fixable}"


MOST = 100
"""How many problems of one rule are told of a file: of more, the last says so."""


def more(problem: Problem, count: int) -> Problem:
    """The problem, with the number of others of its kind that are not listed."""
    return replace(problem, message=f"{problem.message}; and {count:,} more in this file")


def first(problems: Iterable[Problem]) -> Iterator[Problem]:
    """The problems, no more than `MOST` of a rule in a file: a file of nothing but faults must not fill the memory."""
    counts: Counter[tuple[str, str]] = Counter()
    last: dict[tuple[str, str], Problem] = {}
    for problem in problems:
        kind = (problem.path, problem.code)
        counts[kind] += 1
        if counts[kind] < MOST:
            yield problem
        elif counts[kind] == MOST:
            last[kind] = problem
    for kind, problem in last.items():
        yield more(problem, counts[kind] - MOST) if counts[kind] > MOST else problem


class ContributionError(ValueError):
    """Data that cannot be used; `problems` has every `Problem` found in it, and `str` a line for each.

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


def fault(path: str, error: Exception) -> Problem:
    """The problem that slantbank itself failed over a file or an article folder. What is in it is not quoted."""
    if os.environ.get("SLANTBANK_TRACEBACK"):
        traceback.print_exception(error)
    message = f"slantbank itself failed here ({type(error).__name__}); please report it, SLANTBANK_TRACEBACK=1 shows where"
    return Problem(path, 1, 1, "SB121", message)


def printable(text: str) -> str:
    r"""The text with everything that a terminal or a workflow's log would obey, or hide, written as an escape.

    GitHub's runner takes `##[…]` for a command wherever it stands in a line, and `::…::` at its start, which is never a text's.

    >>> printable("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return text if text.isprintable() and "##[" not in text else "".join(_characters(text))


def _characters(text: str) -> list[str]:
    """Each character of the text as `printable` shows it, one by one."""
    shown = list(map(_visible, text))
    for command in re.finditer(r"##\[", text):
        shown[command.start() + 1] = r"\x23"
    return shown


def _visible(character: str) -> str:
    hidden = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    return character.encode("unicode_escape").decode("ascii") if hidden else character


def _columns(text: str) -> int:
    """How many columns of a terminal the text takes: none for a combining mark, two for a wide character."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.category(one) in ("Mn", "Me") else 1 + (unicodedata.east_asian_width(one) in ("W", "F")) for one in text
    )


def quoted(value: object, longest: int = 60) -> str:
    """The value as Python writes it, a long one cut.

    >>> quoted("abcdefgh", 5)
    "'abcd…'"
    """
    if isinstance(value, str):
        return repr(value if len(value) <= longest else value[: longest - 1] + "…")
    text = repr(value)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def show(problem: Problem, width: int = 80) -> str:
    """The problem with its line and a caret under the fault, cut to `width` columns around it."""
    if not problem.source:
        return str(problem)
    start = problem.column - 1
    room = width - 12
    first = max(0, min(start - room // 2, len(problem.source) - room))
    shown = _characters(problem.source[first : first + room])
    cut, end = start - first, start - first + max(1, problem.length)
    before, fault, after = ("".join(part) for part in (shown[:cut], shown[cut:end], shown[end:]))
    before = "…" * bool(first) + before
    after += "…" * (first + room < len(problem.source))
    number = f"{problem.line:>5}"
    carets = " " * _columns(before) + "^" * max(1, _columns(fault))
    return f"{problem}\n{number} | {before}{fault}{after}\n{' ' * len(number)} | {carets}"


_MOST_CHOICES = 200
_LISTED = 30


def closest(word: str, choices: Sequence[str]) -> str | None:
    """The choice nearest to `word`, if one is near; the first 200 choices are looked at."""
    folded = {choice.casefold(): str(choice) for choice in reversed(choices[:_MOST_CHOICES])}
    close = get_close_matches(word.strip().casefold(), folded, n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def nearest(word: str, choices: Iterable[str]) -> str:
    """A phrase that names the choice nearest to `word`, or all choices when none is near.

    >>> nearest("Factual", ["factual", "causal"])
    "did you mean 'factual'?"
    """
    choices = list(choices)
    close = closest(word, choices)
    if close is not None:
        return f"did you mean {close!r}?"
    more = f" and {len(choices) - _LISTED:,} more" if len(choices) > _LISTED else ""
    return "choose from " + ", ".join(choices[:_LISTED]) + more if choices else "there are none"
