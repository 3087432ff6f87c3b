"""Write the fixes of problems that need no decision to the files."""

import shutil
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory

from slantbank import staged
from slantbank.bank.toml import FileChange, TextFile
from slantbank.problem import Edit
from slantbank.rules._checked import Checked, check_folder

Check = Callable[[Path], Checked]


@dataclass(frozen=True)
class Fixed:
    """The result of a fix: the number of problems fixed, the changes of files, and a check of the bank afterwards.

    `alone` lists the files that were not fixed, because somebody changed them between the check and the fix.
    """

    fixed: int
    changes: list[FileChange]
    left: Checked
    alone: list[Path]


def fix(folder: Path, check: Check = check_folder) -> Fixed:
    """Write the fixes of the problems that `check` finds in the bank at `folder`, and repeat until it finds no more fixes."""
    before: dict[str, TextFile] = {}
    after: dict[str, str] = {}
    alone: list[str] = []
    fixed = 0
    checked = check(folder)
    seen: set[frozenset[tuple[str, str]]] = set()
    while True:
        edits: dict[str, list[Edit]] = {}
        for problem in checked.problems:
            if problem.fix is not None and problem.path not in alone:
                edits.setdefault(problem.path, []).append(problem.fix)
        files = checked.fixable
        edited = {path: apply(files[path].text or "", file_edits) for path, file_edits in edits.items()}
        state = frozenset((path, text) for path, (text, _) in edited.items())
        if not edits or state in seen:  # fixes that undo each other would never end
            break
        seen.add(state)
        for path, (text, count) in edited.items():
            try:
                staged.write(folder / path, text, root=folder, expected=files[path].data)
            except staged.ChangedError:
                alone.append(path)
                continue
            before.setdefault(path, files[path])
            after[path] = text
            fixed += count
        checked = check(folder)
    changes = [FileChange(folder / path, file.data, file.received or "", after[path]) for path, file in sorted(before.items())]
    return Fixed(fixed, changes, checked, [folder / path for path in alone])


def rehearse(folder: Path, articles: Collection[str] | None, check: Check = check_folder) -> Fixed:
    """Return what `fix` would do to all articles of the bank, or to those named, by trying it on a copy."""

    def other_articles(parent: str, names: list[str]) -> set[str]:
        return set(names) - set(articles) if articles is not None and Path(parent) == folder / "articles" else set()

    with TemporaryDirectory() as name:
        copy = Path(name)
        for part in ("topics", "articles"):
            if (folder / part).is_dir():
                shutil.copytree(folder / part, copy / part, symlinks=True, ignore=other_articles)
        for path in (copy, *copy.rglob("*")):
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o755)  # so that the copy of a read-only bank can be written
        result = fix(copy, check)
    return replace(result, changes=[replace(change, path=folder / change.path.relative_to(copy)) for change in result.changes])


def apply(text: str, edits: Iterable[Edit]) -> tuple[str, int]:
    r"""Return the text after the edits, and the number of edits made; of edits that overlap, only the first is made.

    >>> apply("a\nbc\n", [Edit(2, 1, 2, 2, "B"), Edit(2, 1, 2, 3, "")])
    ('a\nBc\n', 1)
    """
    starts = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]

    def offset(line: int, column: int) -> int:
        return starts[line - 1] + column - 1

    places = sorted({(offset(edit.line, edit.column), offset(edit.end_line, edit.end_column), edit.text) for edit in edits})
    parts: list[str] = []
    at = count = 0
    for start, end, new in places:
        if start >= at:
            parts += [text[at:start], new]
            at = end
            count += 1
    return "".join(parts) + text[at:], count
