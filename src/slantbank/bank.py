"""A bank: a folder with `topics/` and `articles/`, read as found."""

import gc
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from slantbank import article, topic
from slantbank.document import Document
from slantbank.problem import Problem, quoted
from slantbank.topic import ID_PATTERN, LONGEST_ID, Topic

BUILT = "parquet"
Progress = Callable[[list[Path]], Iterable[Path]]
"""What a caller may put around a list of paths to see how far the work on them is."""


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the collector of cycles, which else would walk the many objects of a bank, that are no cycles, again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@dataclass(eq=False)
class Bank:
    """A bank as found: topics and article drafts by the name of their file or folder, and what is wrong with its layout."""

    folder: Path
    topics: dict[str, Document[Topic]] = field(default_factory=dict)
    articles: dict[str, article.Draft] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


@uncollected()
def draft(folder: Path, only: Collection[str] | None = None, progress: Progress = list) -> Bank:
    """The bank in `folder` as found, with all of its articles or `only` those named. Links are not followed.

    Paths of problems are relative to `folder`. Raises NotADirectoryError if it is no bank.
    """
    if not (folder / "topics").is_dir() and not (folder / "articles").is_dir():
        raise NotADirectoryError(f"{folder} is no bank: it has neither topics/ nor articles/")
    found = Bank(folder)
    for name in ("topics", "articles"):
        if (folder / name).is_symlink():
            found.problems.append(_problem(name, "SB115", "a symbolic link; put the folder itself here"))
        elif (folder / name).is_file():
            found.problems.append(_problem(name, "SB114", f"a bank has a folder {name}/, and no file of this name"))
    if not (folder / "topics").is_symlink():
        _topics(found)
    if not (folder / "articles").is_symlink():
        _articles(found, only, progress)
    return found


def _topics(found: Bank) -> None:
    for path in listed(found.folder / "topics"):
        shown = f"topics/{path.name}"
        if path.is_symlink():
            found.problems.append(_problem(shown, "SB115", "a symbolic link; put the file itself here"))
        elif path.suffix != ".toml" or not path.is_file():
            found.problems.append(_problem(shown, "SB114", "a topics folder holds topic files (.toml) only"))
        else:
            _name(found, path.stem, shown, "file")
            found.topics[path.stem] = topic.draft(path, shown)


def _articles(found: Bank, only: Collection[str] | None, progress: Progress) -> None:
    for path in progress(listed(found.folder / "articles")):
        shown = f"articles/{path.name}"
        if only is not None and path.name not in only:
            continue
        if path.is_symlink():
            found.problems.append(_problem(shown, "SB115", "a symbolic link; put the folder itself here"))
        elif not path.is_dir():
            found.problems.append(_problem(shown, "SB114", "an articles folder holds article folders only"))
        else:
            _name(found, path.name, shown, "folder")
            found.articles[path.name] = article.draft(path, shown)


def listed(folder: Path) -> list[Path]:
    """What the folder holds, but for names that start with a dot, which are the file system's and the editor's."""
    return sorted(path for path in folder.iterdir() if not path.name.startswith(".")) if folder.is_dir() else []


def is_id(name: str) -> bool:
    """Whether a name has the form of an id, so that it can be a folder's on every system."""
    return re.fullmatch(ID_PATTERN, name) is not None and len(name) <= LONGEST_ID


def _name(found: Bank, name: str, shown: str, what: str) -> None:
    if not is_id(name):
        message = f"{what} name {quoted(name)}: use lower-case letters a-z, digits and single hyphens, at most {LONGEST_ID}"
        found.problems.append(_problem(shown, "SB116", message))


def _problem(shown: str, code: str, message: str) -> Problem:
    return Problem(shown, 1, 1, code, message)
