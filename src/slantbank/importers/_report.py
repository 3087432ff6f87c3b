"""The report of an import: what was written, and every remark on what was left out, changed or could not be read."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from slantbank.bank import Article
from slantbank.codebook import Layer
from slantbank.problem import ContributionError, printable

Kind = Literal["unread", "dropped", "changed"]
Progress = Callable[[list[Path]], Iterable[Path]]
"""What a caller may put around a list of paths to see how far the work on them is."""

LISTED = 10_000
"""How many remarks of one kind and wording a report lists; it counts them all."""


class UnreadableError(ValueError):
    """Something of a corpus cannot be read, and the import is strict."""


@dataclass(frozen=True)
class Remark:
    """What happened to one thing of a corpus: its address (`path:line`, or path and id), and in which way it differs.

    `unread`: it is not as the corpus's format says, and is left out. `dropped`: it is left out, for a bank has no place for
    it. `changed`: it is kept, but not as it stands in the corpus.
    """

    where: str
    kind: Kind
    what: str
    detail: str = ""

    def __str__(self) -> str:
        return printable(f"{self.where}: {self.kind}: {self.what}{': ' if self.detail else ''}{self.detail}")


@dataclass
class Report:
    """What an import did. `written` counts what is now in the bank, `counts` the remarks by kind and wording.

    When `strict`, the first thing that cannot be read raises UnreadableError.
    """

    strict: bool = False
    progress: Progress = list
    written: Counter[str] = field(default_factory=Counter)
    counts: Counter[tuple[Kind, str]] = field(default_factory=Counter)
    remarks: list[Remark] = field(default_factory=list)

    def fail(self, where: str, what: str, detail: object = "") -> None:
        """Remark that something cannot be read. Raises UnreadableError when strict."""
        self._remark(Remark(where, "unread", what, str(detail)))
        if self.strict:
            raise UnreadableError(str(self.remarks[-1]))

    def drop(self, where: str, what: str, detail: object = "") -> None:
        """Remark that something is left out."""
        self._remark(Remark(where, "dropped", what, str(detail)))

    def change(self, where: str, what: str, detail: object = "") -> None:
        """Remark that something is not kept as it stands."""
        self._remark(Remark(where, "changed", what, str(detail)))

    def _remark(self, remark: Remark) -> None:
        self.counts[remark.kind, remark.what] += 1
        if self.counts[remark.kind, remark.what] <= LISTED or self.strict:
            self.remarks.append(remark)

    @contextmanager
    def reading(self, where: str) -> Iterator[None]:
        """Turn an error of reading what stands at `where` into a remark; what is left of the block is not done.

        A faulty mapping file is a wrong call, not something of the corpus: its ContributionError goes on.
        """
        try:
            yield
        except (UnreadableError, ContributionError):
            raise
        except (OSError, ValueError) as error:
            self.fail(where, "cannot be read", error_message(error))

    def count_written(self, article: Article) -> None:
        """Count an article, its sentences, and the labels and spans of each annotation."""
        self.written["articles"] += 1
        self.written["sentences"] += len(article.sentences)
        self.written["annotations"] += len(article.annotations)
        for annotation in article.annotations.values():
            for sentence in annotation.sentence:
                for layer in Layer:
                    self.written[f"{layer} labels"] += getattr(sentence, layer) is not None
                for mark in sentence.spans:
                    self.written[f"{mark.layer} spans"] += 1
                for name in sentence.scores:
                    self.written[f"{name} scores"] += 1

    @property
    def summary(self) -> list[str]:
        """A line for each thing that was counted, and for each kind of remark one with its first address."""
        first = {(remark.kind, remark.what): remark for remark in reversed(self.remarks)}
        return [
            *(f"{count:>9,} {what if count > 1 else what.removesuffix('s')}" for what, count in self.written.items() if count),
            *(
                printable(f"{count:>9,} {kind}: {what}; first {first[kind, what].where}")
                for (kind, what), count in sorted(self.counts.items())
            ),
        ]


def error_message(error: Exception) -> str:
    """What an error says, on one line, in words for those who made the file."""
    if isinstance(error, ValidationError):
        fault = error.errors(include_url=False)[0]
        name = ".".join(map(str, fault["loc"]))
        if fault["type"] == "missing":
            return f"there is no {name}"
        said = next((words for kind, words in _PYDANTIC_MESSAGES.items() if fault["type"].startswith(kind)), "has not its form")
        return " ".join(filter(None, [name, f"{said}:", json_excerpt(fault["input"])]))
    return " ".join(str(error).split())


def json_excerpt(value: object) -> str:
    """A value of a file as JSON has it, a long one cut.

    >>> json_excerpt({"a": None})
    '{"a": null}'
    """
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:59]}…"


_PYDANTIC_MESSAGES = {
    "string_type": "is no text",
    "int": "is no whole number",
    "list": "is no list",
    "dict": "is no object",
    "model": "is no object",
    "bool": "is neither true nor false",
    "enum": "is none of its values",
}
"""What pydantic's kinds of faults are, in plain words."""
