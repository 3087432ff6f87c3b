"""The targets of the fuzzer: a file of a small bank is replaced by any bytes and read, then the whole bank is checked."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from slantbank.bank import _article as article
from slantbank.bank import _bank as banks
from slantbank.bank import _topic as topic
from slantbank.bank import toml
from slantbank.bank._article import Annotation, Metadata
from slantbank.bank._bank import Bank
from slantbank.bank._topic import Topic
from slantbank.problem import show
from slantbank.rules import _check as check
from slantbank.rules import _formats as formats

MINIMAL = Path(__file__).parents[1] / "articles" / "valid" / "minimal"
CORPUS = Path(__file__).parent / "corpus"
TOPIC, ARTICLE = "alder-bridge", "alder-bridge-morning"
TARGETS = {
    "topic": f"topics/{TOPIC}.toml",
    "article": f"articles/{ARTICLE}/article.toml",
    "annotation": f"articles/{ARTICLE}/annotations/gold.toml",
    "text": f"articles/{ARTICLE}/article.txt",
}
"""The file that each target replaces, by its path in the bank."""

_FORMS: dict[str, tuple[Any, Callable[[Any], str]]] = {
    "topic": (Topic, topic.dumps),
    "article": (Metadata, lambda meta: article.files(article.Article(meta, "", "", {}))["article.toml"]),
    "annotation": (Annotation, article.dumps),
}
"""The model of each TOML file, and the function that writes it."""


@contextmanager
def bank() -> Iterator[Bank]:
    """Yield a copy of the minimal bank in a temporary folder, in memory if the system has such a place."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield banks.draft(shutil.copytree(MINIMAL, Path(folder) / "bank"))


def judge(whole: Bank, target: str, data: bytes, *, formats_too: bool = True) -> float:
    """Check the bank with `data` as the file of the target; return the seconds of processor time.

    Raises AssertionError unless each problem has a place and is shown on one line, nothing that is shown controls a terminal, and
    what was read is the same when it is written and read again. Any other exception is a fault, too.
    """
    path = whole.folder / TARGETS[target]
    path.write_bytes(data)
    start = time.process_time()
    changed_bank, changed = _with(whole, target, path)
    problems = check.check(changed_bank)
    for problem in problems:
        shown = show(problem)
        assert problem.rule
        assert problem.line >= 1
        assert problem.column >= 1
        assert shown.count("\n") in (0, 2)
        assert not _CONTROLS & set(shown)
        assert "##[" not in shown
    if formats_too:
        for form in formats.FORMATS.values():
            form(problems).encode()
        formats.summary(problems).encode()
    if changed is not None:
        _assert_round_trip(changed, path, *_FORMS[target])
    return time.process_time() - start


_CONTROLS = {*map(chr, range(10)), *map(chr, range(11, 32)), *map(chr, range(127, 160)), *"\u2028\u2029\u202e\u2066\ufeff"}


def _with(whole: Bank, target: str, path: Path) -> tuple[Bank, Any]:
    """Return the bank with the target's file read again, and the value of the file, if it could be read."""
    shown = TARGETS[target]
    if target == "topic":
        read: Any = topic.draft(path, shown)
        return replace(whole, topics={TOPIC: read}), read.value
    draft = whole.articles[ARTICLE]
    if target == "text":
        return replace(whole, articles={ARTICLE: replace(draft, text=toml.read_text(path, shown))}), None
    read = toml.read(path, shown, _FORMS[target][0])
    if target == "article":
        return replace(whole, articles={ARTICLE: replace(draft, meta=read)}), read.value
    return replace(whole, articles={ARTICLE: replace(draft, annotations={**draft.annotations, "gold": read})}), read.value


def _assert_round_trip(value: Any, path: Path, form: Any, dumps: Callable[[Any], str]) -> None:
    """Assert that a value is the same when it is written and read again."""
    text = dumps(value)
    path.write_text(text, encoding="utf-8", newline="")
    again = toml.read(path, "", form).value
    assert again is not None or not text.strip()
    assert again is None or dumps(again) == text  # compared as text: a rating may be no number, which equals nothing
