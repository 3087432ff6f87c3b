"""Write the files of a bank in one layout, and let labels follow where sentence boundaries were moved."""

import difflib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from slantbank import staged
from slantbank.bank import Annotation, Bank, Draft, Metadata, Topic, article, toml, topic, without_axis
from slantbank.bank.toml import Document, FileChange
from slantbank.curate import _carry as carry
from slantbank.problem import Problem, internal_fault, printable, quoted


@dataclass
class Formatted:
    """The result of formatting a bank: the number of files looked at, their changes, remarks, and problems."""

    files: int = 0
    changes: list[FileChange] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def fmt(bank: Bank, covers: Callable[[Path], bool] = lambda path: True) -> Formatted:
    """Format the TOML files of a bank, or those whose path `covers` accepts; nothing is written.

    Values stay the same, except the labels of sentences whose boundaries were moved in article.txt. A topic whose axis has to be
    decided gets a comment that says so. A file that is not TOML is a problem, and so are labels of words that article.txt has not.
    """
    result = Formatted()
    undecided = without_axis(bank)
    for path, file, model, draft in _files(bank):
        if covers(path):
            result.files += 1
            try:
                _format(result, path, file, model, draft, axis=model is not Topic or path.stem not in undecided)
            except Exception as error:  # noqa: BLE001 - a fault of ours in one file does not keep the others from being formatted
                result.problems.append(internal_fault(file.path, error))
    return result


_AXIS = "# axis = "
_DECIDE = f'{_AXIS}"none"  # decide what sides a and b mean across topics, as us-left-right, or none; then take the first # away'


def _files(bank: Bank) -> Iterator[tuple[Path, Document[Any], type[BaseModel], Draft | None]]:
    for name, document in bank.topics.items():
        yield bank.folder / "topics" / f"{name}.toml", document, Topic, None
    for draft in bank.articles.values():
        if draft.meta:
            yield draft.folder / "article.toml", draft.meta, Metadata, None
        for name, annotation in draft.annotations.items():
            yield draft.folder / "annotations" / f"{name}.toml", annotation, Annotation, draft


def _format(result: Formatted, path: Path, file: Document[Any], model: type[BaseModel], draft: Draft | None, *, axis: bool) -> None:
    """Format a file and add the change to the result; `axis` is false for a topic that has yet to state one."""
    if not file.parsed or file.text is None:
        result.problems += file.problems
        return
    if axis and file.value and _is_as_written(path, file, draft):
        return
    text = toml.parse(file.text)
    lines = draft.lines if draft else []
    labelled = [sentence.text for sentence in file.value.sentence] if draft and file.value else []
    # the hashes of a withheld text would no longer fit, and a message could quote its words; SB309 and SB310 report it
    if lines and labelled and labelled != lines and not (draft and draft.withheld):
        ours, theirs = (carry.without_spaces("".join(texts)) for texts in (labelled, lines))
        if ours == theirs:
            text, messages = carry.carry(text, lines)
            result.remarks += [f"{file.path}: {message}" for message in messages]
        else:
            result.problems.append(_other_words(file, labelled, ours, theirs))
    schema = toml.schema_line(path).strip()
    if schema and "://" not in text.schema:
        text.schema = schema
    if not axis and "title" in text.tree and _AXIS not in file.text:
        text.of("title").before.append(_DECIDE)
    after = toml.dumps(text, model)
    if after != file.text:
        result.changes.append(FileChange(path, file.data, file.text, after))


def _is_as_written(path: Path, file: Document[Any], draft: Draft | None) -> bool:
    """Whether a file is exactly what would be written for its values, and its labels have the sentences of article.txt.

    Most files that programs wrote are, and this test takes a tenth of the time of formatting them.
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
    """Return the problem that article.txt has other words than the labels, at the first sentence that differs."""
    at = next((i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs)))
    n = 0
    while n < len(labelled) - 1 and at >= len(carry.without_spaces(labelled[n])):
        at -= len(carry.without_spaces(labelled[n]))
        n += 1
    message = (
        f"article.txt has other words than {quoted(labelled[n], 40)}; put them back: labels follow where only boundaries moved"
    )
    return file.at("SB303", message, "sentence", n, "text")


def diff(changes: Iterable[FileChange]) -> str:
    """Return the changes as a unified diff, with control characters escaped."""
    lines: list[str] = []
    for change in changes:
        name = printable(change.path.as_posix())
        texts = (change.before.split("\n"), change.after.split("\n"))
        lines += difflib.unified_diff(*texts, f"{name} (before)", f"{name} (after)", lineterm="", n=2)
    return "".join(f"{printable(line)}\n" for line in lines)


def write(changes: Iterable[FileChange], folder: Path) -> list[FileChange]:
    """Write the changes to files of the bank `folder`; return the changes of files that somebody edited meanwhile, which stay."""
    skipped = []
    for change in changes:
        try:
            staged.write(change.path, change.after, root=folder, expected=change.was)
        except staged.ChangedError:
            skipped.append(change)
    return skipped
