"""What can be put right without a decision: the fixes that problems carry, written to the files."""

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
    """How many problems were fixed, the changes of files that this took, and the check of what is left.

    `alone` are the files that somebody changed between the check and the fix, which are left alone.
    """

    fixed: int
    changes: list[FileChange]
    left: Checked
    alone: list[Path]


def fix(folder: Path, check: Check = check_folder) -> Fixed:
    """Write the fixes of the problems that `check` finds in the bank at `folder`, and of what then comes to light."""
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
        edited = {path: apply(files[path].text or "", wanted) for path, wanted in edits.items()}
        state = frozenset((path, text) for path, (text, _) in edited.items())
        if not edits or state in seen:  # what comes back would come back for ever
            break
        seen.add(state)
        for path, (text, made) in edited.items():
            try:
                staged.write(folder / path, text, root=folder, expected=files[path].data)
            except staged.ChangedError:
                alone.append(path)
                continue
            before.setdefault(path, files[path])
            after[path] = text
            fixed += made
        checked = check(folder)
    changes = [FileChange(folder / path, file.data, file.received or "", after[path]) for path, file in sorted(before.items())]
    return Fixed(fixed, changes, checked, [folder / path for path in alone])


def rehearse(folder: Path, articles: Collection[str] | None, check: Check = check_folder) -> Fixed:
    """What `fix` would come to, for all articles of the bank or those named; done to a copy, so that nothing is written."""

    def left_out(parent: str, names: list[str]) -> set[str]:
        return set(names) - set(articles) if articles is not None and Path(parent) == folder / "articles" else set()

    with TemporaryDirectory() as name:
        copy = Path(name)
        for part in ("topics", "articles"):
            if (folder / part).is_dir():
                shutil.copytree(folder / part, copy / part, symlinks=True, ignore=left_out)
        for path in (copy, *copy.rglob("*")):
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o755)  # what is copied from a bank that may not be written to can be
        result = fix(copy, check)
    return replace(result, changes=[replace(change, path=folder / change.path.relative_to(copy)) for change in result.changes])


def apply(text: str, edits: Iterable[Edit]) -> tuple[str, int]:
    r"""The text after the edits, and how many were made: of edits that overlap, the first.

    >>> apply("a\nbc\n", [Edit(2, 1, 2, 2, "B"), Edit(2, 1, 2, 3, "")])
    ('a\nBc\n', 1)
    """
    starts = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]

    def offset(line: int, column: int) -> int:
        return starts[line - 1] + column - 1

    places = sorted({(offset(edit.line, edit.column), offset(edit.end_line, edit.end_column), edit.text) for edit in edits})
    parts: list[str] = []
    at = made = 0
    for start, end, new in places:
        if start >= at:
            parts += [text[at:start], new]
            at = end
            made += 1
    return "".join(parts) + text[at:], made
