"""Wrong data: each case is an edit of one small bank, with every problem that the check finds then; a file a group of rules.

The bank is `valid/minimal`, coded by gold alone. A problem is written as `SB201 annotations/gold.toml 38:14-24`, with its end
where it is longer than a character, and `fixable` where it carries a fix; without the file where that is the first that was edited.
"""

import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from slantbank.bank import _article as article
from slantbank.bank import _topic as topic
from slantbank.bank import _withheld as withheld
from slantbank.bank._article import sha256
from slantbank.problem import Problem
from slantbank.rules._example import edited, write
from tests.conftest import ROOT

MORNING = "articles/alder-bridge-morning"
NOON = "articles/alder-bridge-noon"
GOLD, HUMAN = f"{MORNING}/annotations/gold.toml", f"{MORNING}/annotations/human-one.toml"
META, TEXT, SOURCE = f"{MORNING}/article.toml", f"{MORNING}/article.txt", f"{MORNING}/source.txt"
TOPIC = "topics/alder-bridge.toml"

Files = dict[str, str]
Edit = tuple[str, str | None, str | None]
"""A file, what stands in it (None: all), and what stands there instead (None: there is no such file)."""


def read(folder: Path) -> Files:
    """The text of each file of a bank."""
    return {path.relative_to(folder).as_posix(): path.read_bytes().decode() for path in sorted(folder.rglob("*")) if path.is_file()}


def _stripped(folder: Path) -> Files:
    """A bank whose text is withheld."""
    one = withheld.strip(article.read(folder / MORNING), topic.read(folder / TOPIC)).article
    with TemporaryDirectory() as name:
        article.write(one, Path(name) / MORNING)
        return {TOPIC: (folder / TOPIC).read_text(encoding="utf-8"), **read(Path(name))}


def twin(files: Files) -> Files:
    """The article in a second folder."""
    return {name.replace(MORNING, NOON): text for name, text in files.items() if name.startswith(MORNING)}


MINIMAL = read(ROOT / "tests/articles/valid/minimal")
BANK = {name: text for name, text in MINIMAL.items() if name != HUMAN}
BANK[META] = MINIMAL[META].partition('\n[[annotator]]\nid = "human-one"')[0]
TWINS = {**BANK, **twin(BANK)}
STRIPPED = _stripped(ROOT / "tests/articles/valid/minimal")
SENTENCES = BANK[GOLD].split("\n\n")
SOURCE_SHA256 = sha256(BANK[SOURCE])


def resigned(old: str, new: str) -> Edit:
    """The edit that an edit of source.txt calls for."""
    return (META, SOURCE_SHA256, sha256(BANK[SOURCE].replace(old, new)))


class Case(NamedTuple):
    """Edits of a bank, or what is done to its folder, and the problems then; where a rule says something new, what it says."""

    edits: tuple[Edit, ...]
    problems: tuple[str, ...]
    says: str = ""
    base: Files = BANK
    do: Callable[[Path], object] = lambda folder: None

    def make(self, folder: Path) -> Path:
        """Write the bank to the folder."""
        files: Mapping[str, str | None] = self.base
        for file, old, new in self.edits:
            files = edited(files, file, old, new)
        write(files, folder)
        self.do(folder)
        return folder

    def shown(self, problem: Problem) -> str:
        """The problem, as `problems` has it."""
        file = "" if self.edits and problem.path == self.edits[0][0] else problem.path.removeprefix(f"{MORNING}/") + " "
        end = f"-{problem.column + problem.length}" if problem.length > 1 else ""
        return f"{problem.code} {file}{problem.line}:{problem.column}{end}{' fixable' if problem.fix else ''}"


def case(
    file: str | tuple[str, ...],
    old: str | None,
    new: str | None,
    *problems: str,
    says: str = "",
    base: Files = BANK,
    also: Iterable[Edit] = (),
) -> Case:
    """A case of one edit, in one or several files, and perhaps others."""
    files = (file,) if isinstance(file, str) else file
    return Case((*((one, old, new) for one in files), *also), problems, says, base)


def recipe(do: Callable[[Path], object], *problems: str, says: str = "") -> Case:
    """A case of what git or some file systems would not keep."""
    return Case((), problems, says, MINIMAL, do)


def linked(name: str) -> Callable[[Path], object]:
    """A file or folder put elsewhere, with a link in its place."""

    def do(folder: Path) -> None:
        shutil.move(folder / name, folder / "elsewhere")
        (folder / name).symlink_to(folder / "elsewhere")

    return do


def renamed(name: str) -> Callable[[Path], object]:
    """The article's folder under another name."""
    return lambda folder: (folder / MORNING).rename(folder / "articles" / name)
