"""What is fuzzed: one file of a small bank is replaced by any bytes, and the whole bank is read, checked and told about."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from slantbank import article, check, formats, topic
from slantbank import bank as banks
from slantbank.bank import Bank
from slantbank.problem import show

MINIMAL = Path(__file__).parents[1] / "articles" / "valid" / "minimal"
CORPUS = Path(__file__).parent / "corpus"
MORNING = "articles/alder-bridge-morning"
TARGETS = {
    "topic": "topics/alder-bridge.toml",
    "article": f"{MORNING}/article.toml",
    "annotation": f"{MORNING}/annotations/gold.toml",
    "text": f"{MORNING}/article.txt",
}
"""The file that each target replaces, by its path in the bank."""


@contextmanager
def bank() -> Iterator[Path]:
    """A copy of the minimal bank, in memory where the system has a folder for that."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of one's own is made in it
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(shutil.copytree(MINIMAL, Path(folder) / "bank"))


def judge(folder: Path, target: str, data: bytes, *, told: bool = True) -> float:
    """Check the bank with `data` as the file of the target; the seconds of processor time that it took.

    Raises AssertionError where a promise is broken: each problem has a place and stays on its line when shown, nothing shown
    moves a terminal's cursor, and what was read is written and read back the same. Any other exception is a fault, too.
    """
    path = folder / TARGETS[target]
    whole = path.read_bytes()
    path.write_bytes(data)
    start = time.process_time()
    try:
        found = banks.draft(folder)
        problems = check.check(found)
        for problem in problems:
            shown = show(problem)
            assert problem.rule
            assert problem.line >= 1
            assert problem.column >= 1
            assert shown.count("\n") in (0, 2)
            assert shown.replace("\n", "").isprintable() or not any(mark in shown for mark in "\x1b\r\x07\x9b\u202e\u2028")
        if told:
            for form in formats.FORMATS.values():
                form(problems).encode()
            formats.summary(problems).encode()
        _returns(found, folder)
        return time.process_time() - start
    finally:
        path.write_bytes(whole)


def _returns(found: Bank, folder: Path) -> None:
    """What could be read comes back the same when it is written and read again."""
    again = folder.parent / "again.toml"
    for document in found.topics.values():
        if document.value is not None:
            again.write_text(topic.dumps(document.value), encoding="utf-8", newline="")
            assert topic.draft(again, "").value == document.value
    for draft in found.articles.values():
        for labels in draft.annotations.values():
            if labels.value is not None:
                text = article.dumps(labels.value)
                again.write_text(text, encoding="utf-8", newline="")
                read = article.document.read(again, "", article.Annotation).value
                assert read is not None
                assert article.dumps(read) == text  # compared as text: a rating may be no number, which equals nothing
