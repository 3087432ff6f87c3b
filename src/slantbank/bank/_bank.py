"""A bank: a folder with `topics/` and `articles/`. It is read here and judged elsewhere."""

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
"""The folder of a bank for what was asked of models, and answered; where a text is withheld, it must not be there."""
PORTION = 400
"""How many articles and annotations are in memory at a time where a bank is read in portions."""
Progress = Callable[[list[Path]], Iterable[Path]]
"""What a caller may put around a list of paths to see how far the work on them is."""


@contextmanager
def _uncollected() -> Iterator[None]:
    """Switch off Python's cyclic garbage collector: it would walk the many objects of a bank again and again, and find no cycle.

    Reading 200 articles takes a fifth less time so, 2,000 nearly half less; judging them gains nothing.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            if not gc.get_freeze_count():
                gc.freeze()  # there and back, all that was made is old, and not walked as soon as the collector is back
                gc.unfreeze()
            gc.enable()


@dataclass(eq=False)
class Bank:
    """A bank before it is judged: topics and article drafts by the names of their files and folders, and faults of its layout.

    A portion of a bank has some of its articles, and as `outline` the bank without articles, which has the topics.
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
        """How many articles, annotations and topics were found."""
        annotations = sum(len(draft.annotations) for draft in self.articles.values())
        return {"article": len(self.articles), "annotation": annotations, "topic": len(self.topics)}

    @property
    def files(self) -> Iterator[TextFile]:
        """Every file that was found."""
        yield from self.topics.values()
        yield from (file for draft in self.articles.values() for file in draft.files)
        yield from (self.changelog,) if self.changelog else ()

    @property
    def version(self) -> Version | None:
        """The version of the data; None where no changelog tells it."""
        return newest(self.changelog.text or "")[0] if self.changelog else None


@_uncollected()
def draft(folder: Path, only: Collection[str] | None = None, progress: Progress = list) -> Bank:
    """Read the bank in `folder` without judging it, with all of its articles or `only` those named. Links are not followed.

    Paths of problems are relative to `folder`. Raises NotADirectoryError if it is no bank.
    """
    outline, portion = portions(folder, only, progress, size=sys.maxsize)
    return replace(outline, articles=portion.articles, problems=outline.problems + portion.problems)


def portions(
    folder: Path, only: Collection[str] | None = None, progress: Progress = list, *, size: int = PORTION
) -> Iterator[Bank]:
    """Read the bank as `draft` does, in portions: first all but the articles, then `size` articles and annotations at a time."""
    outline = _outline(folder)
    yield outline
    portion, left = Bank(folder, outline=outline), size
    for path in progress(list_entries(folder / "articles")) if not (folder / "articles").is_symlink() else ():
        if only is None or path.name in only:
            with _uncollected():
                left -= _article(portion, path)
        if left <= 0:
            yield portion
            portion, left = Bank(folder, outline=outline), size
    yield portion


def _outline(folder: Path) -> Bank:
    """The bank without its articles."""
    if not (folder / "topics").is_dir() and not (folder / "articles").is_dir():
        raise NotADirectoryError(f"{folder} is no bank: it has neither topics/ nor articles/")
    found = Bank(folder)
    for name in ("topics", "articles"):
        if (folder / name).is_symlink():
            found.problems.append(_problem(name, "SB115", "a symbolic link; put the folder itself here"))
        elif (folder / name).is_file():
            found.problems.append(_problem(name, "SB114", f"a bank has a folder {name}/, and no file of this name"))
    if not (folder / "topics").is_symlink():
        found.problems += article.hidden_links(folder / "topics", "topics")
        _topics(found)
    if not (folder / "articles").is_symlink():
        found.problems += article.hidden_links(folder / "articles", "articles")
    found.changelog = changelog(folder)
    return found


def topics(folder: Path) -> dict[str, Topic]:
    """The topics of the bank in `folder`, by id. Raises ContributionError with every fault of their files' form."""
    found = _outline(folder).topics.values()
    if problems := [problem for document in found for problem in document.problems]:
        raise ContributionError(problems)
    return {document.value.id: document.value for document in found if document.value is not None}


def changelog(folder: Path) -> TextFile | None:
    """The bank's changelog, if it has one; a link is none."""
    path = folder / CHANGELOG
    return read_text(path, CHANGELOG) if path.is_file() and not path.is_symlink() else None


def without_axis(found: Bank) -> list[str]:
    """The topics that do not say what their sides mean across topics, where several topics have a side a or b."""
    sided = {
        name: topic
        for name, topic in found.topics.items()
        if any(party.get("side") in (Side.A, Side.B) for party in topic.tree.get("party", []))
    }
    return [name for name, topic in sided.items() if len(sided) > 1 and "axis" not in topic.tree and not topic.unread("axis")]


def _topics(found: Bank) -> None:
    for path in list_entries(found.folder / "topics"):
        shown = f"topics/{path.name}"
        if path.is_symlink():
            found.problems.append(_problem(shown, "SB115", "a symbolic link; put the file itself here"))
        elif path.suffix != ".toml" or not path.is_file():
            found.problems.append(_problem(shown, "SB114", "a topics folder holds topic files (.toml) only"))
        else:
            _name(found, path.stem, shown, "file")
            found.topics[path.stem] = topic.draft(path, shown)


def _article(found: Bank, path: Path) -> int:
    """Read an article folder into the bank; returns how many articles and annotations it held."""
    shown = f"articles/{path.name}"
    if path.is_symlink():
        found.problems.append(_problem(shown, "SB115", "a symbolic link; put the folder itself here"))
    elif not path.is_dir():
        found.problems.append(_problem(shown, "SB114", "an articles folder holds article folders only"))
    else:
        _name(found, path.name, shown, "folder")
        try:
            draft = article.draft(path, shown)
        except OSError as error:
            found.problems.append(_problem(shown, "SB111", f"cannot be read: {error.strerror}"))
            return 0
        found.articles[path.name] = draft
        for name in draft.annotations:
            _reserved(found, name, f"{shown}/annotations/{name}.toml")
        return 1 + len(draft.annotations)
    return 0


def list_entries(folder: Path) -> list[Path]:
    """The entries of a folder, except names that start with a dot: those belong to file systems and editors."""
    return sorted(path for path in folder.iterdir() if not path.name.startswith(".")) if folder.is_dir() else []


def is_id(name: str) -> bool:
    """Whether a name has the form of an id, so that it can be a folder's on every system."""
    return re.fullmatch(ID_PATTERN, name) is not None and len(name) <= LONGEST_ID and name not in RESERVED


def _name(found: Bank, name: str, shown: str, what: str) -> None:
    if not _reserved(found, name, shown) and not is_id(name):
        message = f"{what} name {quoted(name)}: use lower-case letters a-z, digits and single hyphens, at most {LONGEST_ID}"
        found.problems.append(_problem(shown, "SB116", message))


def _reserved(found: Bank, name: str, shown: str) -> bool:
    """Whether Windows reserves the name, with any ending, for a device; if so, report it."""
    kept = name.partition(".")[0].lower() in RESERVED
    if kept:
        message = f"{quoted(name)} is the name of a device on Windows, where no file can have it; choose another"
        found.problems.append(_problem(shown, "SB116", message))
    return kept


def _problem(shown: str, code: str, message: str) -> Problem:
    return Problem(shown, 1, 1, code, message)
