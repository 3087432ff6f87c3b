"""The parts of rules: the decorator `rule`, the `Run` of a check that a rule looks at, and helpers that several rules share."""

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

Looked = TypeVar("Looked")


def rule(
    code: str, example: Example | None = None, *, level: Level = "error", since: str = "1.0", across: bool = False
) -> Callable[[Callable[["Run"], Iterable[Problem]]], Rule]:
    """Decorate the function that finds where a bank breaks the rule of `code`.

    The rule is named after the function, and the function's docstring says why the rule exists.
    """

    def stated(find: Callable[[Run], Iterable[Problem]]) -> Rule:
        why = " ".join((find.__doc__ or "").split())
        return Rule(code, find.__name__.replace("_", "-"), why, find, example, level, since, across)

    return stated


class Labelled(NamedTuple):
    """A labelled sentence: its article, annotator, file, position in the file, and what of it could be read."""

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
        self._looked: dict[Callable[[Run], Any], Any] = {}

    def once(self, look: Callable[["Run"], Looked]) -> Looked:
        """Return `look(run)`, computed once in this run."""
        if look not in self._looked:
            self._looked[look] = look(self)
        result: Looked = self._looked[look]
        return result

    @property
    def drafts(self) -> Iterable[Draft]:
        """The article folders."""
        return self.bank.articles.values()

    @cached_property
    def files(self) -> list[TextFile]:
        """Every file of topics and articles that could be found."""
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
    """The text; empty if blank or unread."""
    text = (file.text or "") if file else ""
    return text if text.strip() else ""


def metadata(draft: Draft) -> Document[Metadata]:
    """The article.toml of a draft that has one."""
    assert draft.meta is not None
    return draft.meta


def tables(document: Document[Any] | None, kind: str) -> list[dict[str, Any]]:
    """The tables of an array, as far as they could be read."""
    return document.tree.get(kind, []) if document else []


def ids(document: Document[Any], kind: str) -> list[str] | None:
    """The ids in an array of tables; None if the file or one of the ids could not be read."""
    known = [one["id"] for one in tables(document, kind) if "id" in one]
    whole = len(known) == len(tables(document, kind)) and not document.unread(kind)
    return known if whole else None


def called(sentence: dict[str, Any], i: int) -> str:
    """What to call a sentence: by its number, else by its position in the file."""
    return f"sentence {sentence['n']}" if "n" in sentence else f"the sentence at position {i}"


def quoted_words(quote: Any) -> str:
    """The words of a quotation, given as a string or as a table."""
    text = quote.get("text", "") if isinstance(quote, dict) else quote
    return text if isinstance(text, str) else ""


FEW = 10
"""How many places of one kind are shown in a file, where there may be very many."""


def few(file: TextFile, code: str, places: Iterable[tuple[int, int, str]]) -> Iterator[Problem]:
    """A problem for each of the first places (offset, length, message); the last of them says how many more there are."""
    places = iter(places)
    shown = list(islice(places, FEW))
    more = sum(1 for _ in places)
    for i, (offset, length, message) in enumerate(shown, 1):
        yield file.problem(code, message + (f", and {more} more in this file" if more and i == FEW else ""), offset, length)


class Hints:
    """Makes the hints of a rule, which take time, for no more problems of a file than are shown."""

    def __init__(self) -> None:
        self._made: Counter[str] = Counter()

    def __call__(self, document: Document[Any], make: Callable[..., str], *about: Any) -> str:
        self._made[document.path] += 1
        return make(*about) if self._made[document.path] <= LIMIT else ""
