"""The files of a bank in their canonical layout; and labels carried along where sentence boundaries were moved."""

import difflib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from slantbank import staged
from slantbank.bank import Annotation, Bank, Draft, Metadata, Topic, article, toml, topic, without_axis
from slantbank.bank.toml import Change, Document
from slantbank.curate import _carry as carry
from slantbank.problem import Problem, internal_fault, printable, quoted


@dataclass
class Formatted:
    """What formatting a bank comes to: how many files were looked at, changes, what else was done, and what could not be."""

    files: int = 0
    changes: list[Change] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def fmt(found: Bank, wanted: Callable[[Path], bool] = lambda path: True) -> Formatted:
    """The TOML files of a bank as they should be, or those of them that are `wanted`; nothing is written.

    Values stay as they are, but for the labels of sentences whose boundaries were moved in article.txt. A topic whose axis has
    to be decided gets a comment to decide in. A file that is not TOML is a problem, and so are labels of other words than
    article.txt has.
    """
    result = Formatted()
    undecided = without_axis(found)
    for path, file, model, draft in _files(found):
        if wanted(path):
            result.files += 1
            try:
                _format(result, path, file, model, draft, axis=model is not Topic or path.stem not in undecided)
            except Exception as error:  # noqa: BLE001 - whatever it is, the other files are laid out
                result.problems.append(internal_fault(file.path, error))
    return result


_AXIS = "# axis = "
_DECIDE = f'{_AXIS}"none"  # decide what sides a and b mean across topics, as us-left-right, or none; then take the first # away'


def _files(found: Bank) -> Iterator[tuple[Path, Document[Any], type[BaseModel], Draft | None]]:
    for name, document in found.topics.items():
        yield found.folder / "topics" / f"{name}.toml", document, Topic, None
    for draft in found.articles.values():
        if draft.meta:
            yield draft.folder / "article.toml", draft.meta, Metadata, None
        for name, annotation in draft.annotations.items():
            yield draft.folder / "annotations" / f"{name}.toml", annotation, Annotation, draft


def _format(result: Formatted, path: Path, file: Document[Any], model: type[BaseModel], draft: Draft | None, *, axis: bool) -> None:
    """Add what the file should be to the result; `axis` is false of a topic that has yet to state one."""
    if not file.parsed or file.text is None:
        result.problems += file.problems
        return
    if axis and file.value and _is_as_written(path, file, draft):
        return
    text = toml.parse(file.text)
    lines = draft.lines if draft else []
    labelled = [sentence.text for sentence in file.value.sentence] if draft and file.value else []
    # of a text that is withheld the hashes would not follow, and what is told could quote it: SB309 and SB310 say so
    if lines and labelled and labelled != lines and not (draft and draft.withheld):
        ours, theirs = (carry.words("".join(texts)) for texts in (labelled, lines))
        if ours == theirs:
            text, done = carry.carry(text, lines)
            result.remarks += [f"{file.path}: {one}" for one in done]
        else:
            result.problems.append(_other_words(file, labelled, ours, theirs))
    wanted = toml.schema_line(path).strip()
    if wanted and "://" not in text.schema:
        text.schema = wanted
    if not axis and "title" in text.tree and _AXIS not in file.text:
        text.of("title").before.append(_DECIDE)
    after = toml.dumps(text, model)
    if after != file.text:
        result.changes.append(Change(path, file.data, file.text, after))


def _is_as_written(path: Path, file: Document[Any], draft: Draft | None) -> bool:
    """Whether a file is just as its values are written: without comments, labels of the words that stand there now.

    So are most files of a bank that programs have made, and laying them out would take ten times as long.
    """
    value: Topic | Metadata | Annotation | None = file.value
    if isinstance(value, Annotation):
        written = article.dumps(value)
        if draft and [sentence.text for sentence in value.sentence] != draft.lines:
            return False
    else:
        written = topic.dumps(value) if isinstance(value, Topic) else article.metadata(value) if value else ""
    return file.text == toml.schema_line(path) + written


def _other_words(file: Document[Any], labelled: list[str], ours: str, theirs: str) -> Problem:
    """The problem that the words of article.txt are others than those that are labelled."""
    at = next((i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs)))
    n = 0
    while n < len(labelled) - 1 and at >= len(carry.words(labelled[n])):
        at -= len(carry.words(labelled[n]))
        n += 1
    message = (
        f"article.txt has other words than {quoted(labelled[n], 40)}; put them back: labels follow where only boundaries moved"
    )
    return file.at("SB303", message, "sentence", n, "text")


def diff(changes: Iterable[Change]) -> str:
    """The changes as a unified diff, with what a terminal would obey as escapes."""
    lines: list[str] = []
    for change in changes:
        name = printable(change.path.as_posix())
        texts = (change.before.split("\n"), change.after.split("\n"))
        lines += difflib.unified_diff(*texts, f"{name} (before)", f"{name} (after)", lineterm="", n=2)
    return "".join(f"{printable(line)}\n" for line in lines)


def write(changes: Iterable[Change], folder: Path) -> list[Change]:
    """Write each change to its file in the bank `folder`; those of files that somebody changed meanwhile are left, and returned."""
    left = []
    for change in changes:
        try:
            staged.write(change.path, change.after, root=folder, expected=change.was)
        except staged.ChangedError:
            left.append(change)
    return left
