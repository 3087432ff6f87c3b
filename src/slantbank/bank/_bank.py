"""Read a bank, which is a folder with `topics/` and `articles/`. Rules are applied elsewhere."""

import gc
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from slantbank.bank import _article as article
from slantbank.bank import _topic as topic
from slantbank.bank._topic import ID_PATTERN, LONGEST_ID, RESERVED, Topic
from slantbank.bank._version import CHANGELOG, Version, newest
from slantbank.bank.toml import Document, TextFile, read_text
from slantbank.codebook import Side
from slantbank.problem import ContributionError, Problem, quoted

BUILT = "parquet"
RECORDS = "records"
"""The folder of a bank with the requests to models and their answers; it must not exist in a bank with withheld texts."""
PORTION = 400
"""The number of articles and annotations in memory at a time if a bank is read in portions."""
Progress = Callable[[list[Path]], Iterable[Path]]
"""A function that yields the paths of a list and may show the progress of the work on them."""


@contextmanager
def _without_gc() -> Iterator[None]:
    """Switch off Python's cyclic garbage collector, which would traverse the many objects of a bank again and again for no cycle.

    Reading 200 articles then takes a fifth less time, 2,000 nearly half; checking them takes as long as before.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            if not gc.get_freeze_count():
                gc.freeze()  # freeze and unfreeze make all objects old, so that the collector does not traverse them at once
                gc.unfreeze()
            gc.enable()


@dataclass(eq=False)
class Bank:
    """A bank as it was read: topics and articles by the names of their files and folders, and problems of its layout.

    A portion of a bank holds some of the articles; its `outline` is the bank without articles, which has the topics.
    """

    folder: Path
    topics: dict[str, Document[Topic]] = field(default_factory=dict)
    articles: dict[str, article.Draft] = field(default_factory=dict)
    changelog: TextFile | None = None
    problems: list[Problem] = field(default_factory=list)
    outline: "Bank | None" = None

    @property
    def all_topics(self) -> dict[str, Document[Topic]]:
        """The topics that articles may belong to."""
        return (self.outline or self).topics

    @property
    def size(self) -> dict[str, int]:
        """The number of articles, annotations and topics."""
        annotations = sum(len(draft.annotations) for draft in self.articles.values())
        return {"article": len(self.articles), "annotation": annotations, "topic": len(self.topics)}

    @property
    def files(self) -> Iterator[TextFile]:
        """Every file that was read."""
        yield from self.topics.values()
        yield from (file for draft in self.articles.values() for file in draft.files)
        yield from (self.changelog,) if self.changelog else ()

    @property
    def version(self) -> Version | None:
        """The version of the data; None if no changelog states it."""
        return newest(self.changelog.text or "")[0] if self.changelog else None


@_without_gc()
def draft(folder: Path, only: Collection[str] | None = None, progress: Progress = list) -> Bank:
    """Read the bank in `folder`, with all articles or `only` some by id; problems are in the result. Links are not followed.

    Paths of problems are relative to `folder`. Raises NotADirectoryError if it is no bank.
    """
    outline, portion = portions(folder, only, progress, size=sys.maxsize)
    return replace(outline, articles=portion.articles, problems=outline.problems + portion.problems)


def portions(
    folder: Path, only: Collection[str] | None = None, progress: Progress = list, *, size: int = PORTION
) -> Iterator[Bank]:
    """Read a bank in portions: first everything but the articles, then about `size` articles and annotations at a time."""
    outline = _outline(folder)
    yield outline
    portion, left = Bank(folder, outline=outline), size
    for path in progress(list_entries(folder / "articles")) if not (folder / "articles").is_symlink() else ():
        if only is None or path.name in only:
            with _without_gc():
                left -= _article(portion, path)
        if left <= 0:
            yield portion
            portion, left = Bank(folder, outline=outline), size
    yield portion


def _outline(folder: Path) -> Bank:
    """Read a bank without its articles."""
    if not (folder / "topics").is_dir() and not (folder / "articles").is_dir():
        raise NotADirectoryError(f"{folder} is no bank: it has neither topics/ nor articles/")
    bank = Bank(folder)
    for name in ("topics", "articles"):
        if (folder / name).is_symlink():
            bank.problems.append(_problem(name, "SB115", "a symbolic link; put the folder itself here"))
        elif (folder / name).is_file():
            bank.problems.append(_problem(name, "SB114", f"a bank has a folder {name}/, and no file of this name"))
    if not (folder / "topics").is_symlink():
        bank.problems += article.hidden_links(folder / "topics", "topics")
        _topics(bank)
    if not (folder / "articles").is_symlink():
        bank.problems += article.hidden_links(folder / "articles", "articles")
    bank.changelog = changelog(folder)
    return bank


def topics(folder: Path) -> dict[str, Topic]:
    """Read the topics of the bank in `folder`, by id. Raises ContributionError with every problem of their files' form."""
    documents = _outline(folder).topics.values()
    if problems := [problem for document in documents for problem in document.problems]:
        raise ContributionError(problems)
    return {document.value.id: document.value for document in documents if document.value is not None}


def changelog(folder: Path) -> TextFile | None:
    """Read the changelog of a bank; None if it has none or a link."""
    path = folder / CHANGELOG
    return read_text(path, CHANGELOG) if path.is_file() and not path.is_symlink() else None


def without_axis(bank: Bank) -> list[str]:
    """Return the topics without an axis, if several topics have a side a or b."""
    sided = {
        name: topic
        for name, topic in bank.topics.items()
        if any(party.get("side") in (Side.A, Side.B) for party in topic.tree.get("party", []))
    }
    return [name for name, topic in sided.items() if len(sided) > 1 and "axis" not in topic.tree and not topic.unread("axis")]


def _topics(bank: Bank) -> None:
    """Read the topic files into the bank."""
    for path in list_entries(bank.folder / "topics"):
        shown = f"topics/{path.name}"
        if path.is_symlink():
            bank.problems.append(_problem(shown, "SB115", "a symbolic link; put the file itself here"))
        elif path.suffix != ".toml" or not path.is_file():
            bank.problems.append(_problem(shown, "SB114", "a topics folder holds topic files (.toml) only"))
        else:
            _check_name(bank, path.stem, shown, "file")
            bank.topics[path.stem] = topic.draft(path, shown)


def _article(bank: Bank, path: Path) -> int:
    """Read an article folder into the bank; return the number of articles and annotations in it."""
    shown = f"articles/{path.name}"
    if path.is_symlink():
        bank.problems.append(_problem(shown, "SB115", "a symbolic link; put the folder itself here"))
    elif not path.is_dir():
        bank.problems.append(_problem(shown, "SB114", "an articles folder holds article folders only"))
    else:
        _check_name(bank, path.name, shown, "folder")
        try:
            draft = article.draft(path, shown)
        except OSError as error:
            bank.problems.append(_problem(shown, "SB111", f"cannot be read: {error.strerror}"))
            return 0
        bank.articles[path.name] = draft
        for name in draft.annotations:
            _reserved(bank, name, f"{shown}/annotations/{name}.toml")
        return 1 + len(draft.annotations)
    return 0


def list_entries(folder: Path) -> list[Path]:
    """Return the entries of a folder, without names that start with a dot, which belong to the system or an editor."""
    return sorted(path for path in folder.iterdir() if not path.name.startswith(".")) if folder.is_dir() else []


def is_id(name: str) -> bool:
    """Whether a name has the form of an id, which can be the name of a folder on every system."""
    return re.fullmatch(ID_PATTERN, name) is not None and len(name) <= LONGEST_ID and name not in RESERVED


def _check_name(bank: Bank, name: str, shown: str, kind: str) -> None:
    """Add a problem to the bank if the name of a file or folder is no id."""
    if not _reserved(bank, name, shown) and not is_id(name):
        message = f"{kind} name {quoted(name)}: use lower-case letters a-z, digits and single hyphens, at most {LONGEST_ID}"
        bank.problems.append(_problem(shown, "SB116", message))


def _reserved(bank: Bank, name: str, shown: str) -> bool:
    """Whether Windows reserves the name, with any suffix, for a device; if so, add a problem to the bank."""
    reserved = name.partition(".")[0].lower() in RESERVED
    if reserved:
        message = f"{quoted(name)} is the name of a device on Windows, where no file can have it; choose another"
        bank.problems.append(_problem(shown, "SB116", message))
    return reserved


def _problem(shown: str, code: str, message: str) -> Problem:
    return Problem(shown, 1, 1, code, message)
