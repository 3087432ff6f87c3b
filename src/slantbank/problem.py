"""Problems: what is wrong with a contribution, each with its address and a stable code.

Wrong data is a value, a `Problem`; a wrong call is an exception. Printing happens at the edge.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Literal


@dataclass(frozen=True)
class Rule:
    """A rule that contributions must keep: its stable code, its name, why it exists, and how grave a breach is."""

    code: str
    name: str
    why: str
    level: Literal["error", "warning"] = "error"
    since: str = "1.0"
    """The codebook that the rule came with: labels of an older one are warned about, and not failed."""


RULES: dict[str, Rule] = {
    rule.code: rule
    for rule in (
        # SB0: bytes and Unicode
        Rule("SB001", "not-utf-8", "Text is UTF-8; a file in another encoding would be read as other words."),
        Rule("SB002", "byte-order-mark", "UTF-8 needs no byte order mark, and offsets would count it as a character."),
        Rule(
            "SB003",
            "carriage-return",
            "Lines end in LF alone, so that offsets are the same on every system; `slantbank check --fix` writes CR LF so.",
        ),
        Rule("SB004", "control-character", "Control characters and line separators other than LF are invisible and move offsets."),
        Rule("SB005", "bidi-control", "Bidirectional controls can make text read otherwise than it is stored.", "warning"),
        Rule("SB006", "zero-width", "Characters without width hide in words, so that equal words differ.", "warning"),
        Rule("SB007", "mixed-script", "A letter of another script inside a word looks right and matches nothing.", "warning"),
        Rule("SB008", "file-too-large", "A file of a bank has at most 2 MB; more is not an article."),
        Rule("SB009", "empty-file", "A file of a bank holds something."),
        # SB1: TOML and its form; the structure of folders
        Rule("SB101", "toml-syntax", "The file is not valid TOML."),
        Rule("SB102", "duplicate-key", "A key stands once in its table; of two values one would be lost."),
        Rule("SB103", "too-deep", "Nothing in a bank nests deeper than a few levels."),
        Rule("SB104", "wrong-type", "The value has another type than the key calls for."),
        Rule("SB105", "missing-key", "A key that every such table needs is not there."),
        Rule("SB106", "unknown-key", "A key that is not of the form is a spelling fault or would be ignored silently."),
        Rule("SB107", "invalid-value", "The value has the right type, but not the form that the key calls for."),
        Rule("SB111", "missing-file", "An article folder holds article.toml, article.txt and source.txt."),
        Rule("SB112", "missing-annotation", "Each annotator of article.toml has a file in annotations/."),
        Rule("SB113", "unlisted-annotation", "Each file in annotations/ belongs to an annotator of article.toml."),
        Rule("SB114", "unexpected-file", "A bank holds no other files: what is in it is read, checked and published."),
        Rule("SB115", "symbolic-link", "A link could point out of the bank, and is not followed."),
        Rule("SB116", "folder-name", "Ids are file names: lower-case letters, digits and single hyphens, at most 80."),
        Rule("SB117", "id-mismatch", "An id equals the name of its folder or file."),
        Rule("SB118", "data-version", "The newest heading of a bank's CHANGELOG.md is the version that its changes call for."),
        # SB2: labels and references
        Rule("SB201", "unknown-claim-type", "The codebook has no such claim type."),
        Rule("SB202", "unknown-attribution", "The codebook has no such attribution."),
        Rule("SB203", "unknown-source-type", "The codebook has no such source type."),
        Rule("SB204", "unknown-perspective", "A perspective is a party of the topic, or neutral."),
        Rule("SB205", "unknown-party", "The topic has no such party."),
        Rule("SB206", "unknown-fact", "The topic has no such fact."),
        Rule("SB207", "unknown-choice", "The key has a fixed set of values, and this is none of them."),
        Rule("SB208", "stance-value", "Stance is -1, 0 or 1."),
        Rule(
            "SB209", "label-missing", "An annotator decides every layer for every sentence, or states the layers in article.toml."
        ),
        Rule("SB210", "label-empty", "The label has not been decided yet."),
        Rule("SB211", "source-of-author", "A claim in the author's own voice has no source, cue, source type or source party."),
        Rule("SB212", "source-type-missing", "An attributed claim has a source type."),
        Rule("SB213", "unconfirmed", "What a program took from a page is compared with the page by a person before it counts."),
        # SB3: text
        Rule("SB301", "text-differs-from-source", "article.txt holds the words of source.txt, all of them and in order."),
        Rule("SB302", "source-hash", "source_sha256 is the hash of source.txt, which is never edited."),
        Rule(
            "SB303",
            "sentence-differs",
            "A label and its sentence are read together: the text equals the line of article.txt. Where a sentence boundary was "
            "moved there, `slantbank fmt` carries the labels along.",
        ),
        Rule("SB304", "quote-not-found", "Quoted words are copied exactly from the sentence."),
        Rule("SB305", "quote-ambiguous", "Words that occur more than once could mean either place."),
        Rule("SB306", "spans-cross", "Spans of one layer are disjoint or nested."),
        Rule("SB307", "span-offsets", "A span has 0 <= start < end <= length of its sentence, and its text stands there."),
        Rule(
            "SB308", "article-layout", "article.txt: headline, blank line, then a sentence a line, a blank line between paragraphs."
        ),
        Rule(
            "SB309",
            "withheld-text",
            "Where includes_text is false, no word of the text is in the folder; `slantbank strip` makes such a folder.",
        ),
        Rule("SB310", "sentence-hash", "A withheld text has a hash for each sentence, by which a copy of it is verified."),
        # SB4: across files
        Rule("SB401", "duplicate-article", "An article id is used once in a bank."),
        Rule("SB402", "sentences-not-covered", "Every annotator labels every sentence once, in order, numbered from 0."),
        Rule("SB403", "unknown-topic", "An article belongs to a topic of its bank."),
        Rule("SB404", "duplicate-party", "A party id is used once in a topic."),
        Rule("SB405", "duplicate-fact", "A fact id is used once in a topic."),
        Rule("SB406", "duplicate-annotator", "An annotator id is used once in an article."),
        Rule("SB407", "duplicate-text", "One text is one article: two with the same source would be counted twice."),
        Rule("SB408", "adjudicated-id", "Adjudicated labels are those of the annotator called gold, and no other's."),
        Rule("SB409", "unknown-codebook", "Labels by a codebook newer than this slantbank knows cannot be judged by it."),
        # SB5: the built frames
        Rule(
            "SB501",
            "frame-rule",
            "The frames keep every rule of their schema (schema/columns.md). What keeps the rules above does, so that `check` "
            "builds no frames; `check --full` and `build` do, and judge them. A crawl has no files, and is held to it.",
        ),
    )
}
"""Every rule by its code. Codes are stable: a rule that goes leaves its code unused."""


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
        return RULES[self.code]

    @property
    def level(self) -> Literal["error", "warning"]:
        """The level of the rule; a warning where the labels are older than the rule."""
        return "warning" if self.codebook else self.rule.level

    def __str__(self) -> str:
        place = f"{printable(self.path)}:{self.line}:{self.column}"
        fixable = " [fixable]" if self.fix else ""
        return f"{place}: {self.level} {self.code} {self.rule.name}: {printable(self.message)}{fixable}"


MOST = 100
"""How many problems of one rule are told of a file: of more, the last says so."""


def more(problem: Problem, count: int) -> Problem:
    """The problem, saying how many others of its kind are not told."""
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
    """Data that cannot be used, with every `Problem` found in it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))


def printable(text: str) -> str:
    r"""The text with everything that a terminal or a workflow's log would obey, or hide, written as an escape.

    GitHub's runner takes `##[…]` for a command wherever it stands in a line, and `::…::` at its start, which is never a text's.

    >>> printable("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return text if text.isprintable() and "##[" not in text else "".join(_characters(text))


def _characters(text: str) -> list[str]:
    """Each character of the text as `printable` shows it, whatever it is then parted from."""
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
