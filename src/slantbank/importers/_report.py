"""The report of an import: what was written, and a remark for whatever was left out, changed or could not be read."""

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
"""Wraps a list of paths and yields them, as a progress bar does."""

LISTED = 10_000
"""How many remarks of one kind and message a report lists; it counts all of them."""


class UnreadableError(ValueError):
    """A part of a corpus cannot be read, and the import is strict."""


@dataclass(frozen=True)
class Remark:
    """A part of a corpus that a bank does not hold as it stands there: its address (`path:line`, or path and id) and why.

    `unread`: it breaks the corpus's format and is left out. `dropped`: a bank has no place for it, and it is left out.
    `changed`: it is kept in another form.
    """

    where: str
    kind: Kind
    message: str
    detail: str = ""

    def __str__(self) -> str:
        return printable(f"{self.where}: {self.kind}: {self.message}{': ' if self.detail else ''}{self.detail}")


@dataclass
class Report:
    """What an import did: `written` counts what was written to the bank, `counts` the remarks by kind and message.

    If `strict`, the first `unread` remark raises UnreadableError.
    """

    strict: bool = False
    progress: Progress = list
    written: Counter[str] = field(default_factory=Counter)
    counts: Counter[tuple[Kind, str]] = field(default_factory=Counter)
    remarks: list[Remark] = field(default_factory=list)

    def fail(self, where: str, message: str, detail: object = "") -> None:
        """Remark that something cannot be read. Raises UnreadableError if strict."""
        self._remark(Remark(where, "unread", message, str(detail)))
        if self.strict:
            raise UnreadableError(str(self.remarks[-1]))

    def drop(self, where: str, message: str, detail: object = "") -> None:
        """Remark that something is left out."""
        self._remark(Remark(where, "dropped", message, str(detail)))

    def change(self, where: str, message: str, detail: object = "") -> None:
        """Remark that something is kept in another form."""
        self._remark(Remark(where, "changed", message, str(detail)))

    def _remark(self, remark: Remark) -> None:
        self.counts[remark.kind, remark.message] += 1
        if self.counts[remark.kind, remark.message] <= LISTED or self.strict:
            self.remarks.append(remark)

    @contextmanager
    def reading(self, where: str) -> Iterator[None]:
        """Run a block that reads what is at `where`; an OSError or ValueError ends the block and becomes a remark.

        A ContributionError is raised further: it concerns the mapping file, which is the caller's and no part of the corpus.
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
        """A line for each count of what was written, and one for each message with its count and first address."""
        first = {(remark.kind, remark.message): remark for remark in reversed(self.remarks)}
        return [
            *(f"{count:>9,} {name if count > 1 else name.removesuffix('s')}" for name, count in self.written.items() if count),
            *(
                printable(f"{count:>9,} {kind}: {message}; first {first[kind, message].where}")
                for (kind, message), count in sorted(self.counts.items())
            ),
        ]


def error_message(error: Exception) -> str:
    """The message of an error on one line, in words for the author of the file."""
    if isinstance(error, ValidationError):
        fault = error.errors(include_url=False)[0]
        name = ".".join(map(str, fault["loc"]))
        if fault["type"] == "missing":
            return f"there is no {name}"
        message = next(
            (words for kind, words in _PYDANTIC_MESSAGES.items() if fault["type"].startswith(kind)), "is in the wrong form"
        )
        return " ".join(filter(None, [name, f"{message}:", json_excerpt(fault["input"])]))
    return " ".join(str(error).split())


def json_excerpt(value: object) -> str:
    """A value as JSON, cut after 60 characters.

    >>> json_excerpt({"a": None})
    '{"a": null}'
    """
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:59]}…"


_PYDANTIC_MESSAGES = {
    "string_type": "is not text",
    "int": "is not a whole number",
    "list": "is not a list",
    "dict": "is not an object",
    "model": "is not an object",
    "bool": "is neither true nor false",
    "enum": "is not an allowed value",
}
"""Messages for pydantic's error types, by the start of the type."""
