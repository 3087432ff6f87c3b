"""The decorator `rule`, the `Run` of a check that every rule gets, and helpers that several rules share."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from slantbank.bank import Annotation, Bank, Draft, Metadata, segment
from slantbank.bank.toml import Document, TextFile
from slantbank.problem import LIMIT, Example, Level, Problem, Rule

if TYPE_CHECKING:
    import polars as pl

Value = TypeVar("Value")


def rule(
    code: str, example: Example | None = None, *, level: Level = "error", since: str = "1.0", across: bool = False
) -> Callable[[Callable[["Run"], Iterable[Problem]]], Rule]:
    """Decorate the function that finds where a bank breaks the rule of `code`.

    The rule is named after the function, and the function's docstring says why the rule exists.
    """

    def decorate(find: Callable[[Run], Iterable[Problem]]) -> Rule:
        why = " ".join((find.__doc__ or "").split())
        return Rule(code, find.__name__.replace("_", "-"), why, find, example, level, since, across)

    return decorate


class Labelled(NamedTuple):
    """A labelled sentence: its article, annotator, file, position in the file, and the keys that could be read."""

    draft: Draft
    annotator: str
    document: Document[Annotation]
    i: int
    sentence: dict[str, Any]


class Run:
    """A bank in one run of the check, with its frames if any were built.

    Values that several rules need are computed once per run: a bank may change, but not while it is checked.
    """

    def __init__(self, bank: Bank, built: "dict[str, pl.DataFrame] | None" = None) -> None:
        self.bank = bank
        self.built = built or {}
        self._values: dict[Callable[[Run], Any], Any] = {}

    def once(self, compute: Callable[["Run"], Value]) -> Value:
        """Return `compute(run)`, computed once in this run."""
        if compute not in self._values:
            self._values[compute] = compute(self)
        value: Value = self._values[compute]
        return value

    @property
    def drafts(self) -> Iterable[Draft]:
        """The article folders."""
        return self.bank.articles.values()

    @cached_property
    def files(self) -> list[TextFile]:
        """Every file of topics and articles that exists."""
        return [*self.bank.topics.values(), *(file for draft in self.drafts for file in draft.files)]

    @cached_property
    def edited(self) -> list[TextFile]:
        """The files that people write; source.txt is kept as received."""
        return [file for file in self.files if file.text and not file.path.endswith("/source.txt")]

    @cached_property
    def _read(self) -> dict[str, list[Problem]]:
        problems = defaultdict(list)
        places = (self.bank.problems, *(draft.problems for draft in self.drafts), *(file.problems for file in self.bank.files))
        for problem in chain.from_iterable(places):
            problems[problem.code].append(problem)
        return problems

    def read(self, code: str) -> list[Problem]:
        """Return the problems of the rule of `code` that were found while reading the bank."""
        return self._read.get(code, [])

    @cached_property
    def labelled(self) -> list[Labelled]:
        """Every labelled sentence."""
        return [
            Labelled(draft, annotator, document, i, sentence)
            for draft in self.drafts
            for annotator, document in draft.annotations.items()
            for i, sentence in enumerate(tables(document, "sentence"))
        ]

    @cached_property
    def _lines(self) -> dict[str, list[str]]:
        return {draft.shown: segment.sentence_texts(content(draft.text)) for draft in self.drafts}

    def lines(self, draft: Draft) -> list[str]:
        """The sentences of article.txt."""
        return self._lines[draft.shown]


def content(file: TextFile | None) -> str:
    """Return the text of a file; empty if it is blank or could not be read."""
    text = (file.text or "") if file else ""
    return text if text.strip() else ""


def metadata(draft: Draft) -> Document[Metadata]:
    """Return the article.toml of a draft that has one."""
    assert draft.meta is not None
    return draft.meta


def tables(document: Document[Any] | None, kind: str) -> list[dict[str, Any]]:
    """Return the tables of an array, as far as they could be read."""
    return document.tree.get(kind, []) if document else []


def ids(document: Document[Any], kind: str) -> list[str] | None:
    """Return the ids in an array of tables; None if the file or one of the ids could not be read."""
    names = [table["id"] for table in tables(document, kind) if "id" in table]
    complete = len(names) == len(tables(document, kind)) and not document.unread(kind)
    return names if complete else None


def sentence_name(sentence: dict[str, Any], i: int) -> str:
    """Return the name of a sentence for messages: its number, or its position in the file if it has none."""
    return f"sentence {sentence['n']}" if "n" in sentence else f"the sentence at position {i}"


def quoted_words(quote: Any) -> str:
    """Return the words of a quotation, which is a string or a table."""
    text = quote.get("text", "") if isinstance(quote, dict) else quote
    return text if isinstance(text, str) else ""


FEW = 10
"""The maximum number of places of one kind that are reported in a file."""


def few(file: TextFile, code: str, places: Iterable[tuple[int, int, str]]) -> Iterator[Problem]:
    """Yield a problem for each of the first places (offset, length, message); the last says how many more there are."""
    places = iter(places)
    shown = list(islice(places, FEW))
    more = sum(1 for _ in places)
    for i, (offset, length, message) in enumerate(shown, 1):
        yield file.problem(code, message + (f", and {more} more in this file" if more and i == FEW else ""), offset, length)


class Hints:
    """Compute the hints of a rule, which take time, only for the problems of a file that are shown."""

    def __init__(self) -> None:
        self._made: Counter[str] = Counter()

    def __call__(self, document: Document[Any], make: Callable[..., str], *about: Any) -> str:
        self._made[document.path] += 1
        return make(*about) if self._made[document.path] <= LIMIT else ""
