"""What a reviewer reads of a `diff`: a page of text, GitHub's Markdown, or JSON.

In the Markdown every word that comes from the bank stands in an HTML block (CommonMark 0.31, 4.6), in which nothing is
Markdown, within <code>, in which GitHub makes neither links nor mentions, and HTML is escaped: it shows as text.
"""

import html
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import groupby

from slantbank.bank import CHANGELOG, Level
from slantbank.codebook import GOLD
from slantbank.history._diff import Change, Diff
from slantbank.problem import Problem, printable, show
from slantbank.show import LAYER_NAMES, number

SUMMARY_BYTES = 1 << 20
"""What GitHub takes as the summary of a step."""


def json_(found: Diff, problems: Sequence[Problem]) -> str:
    """The diff as one JSON object; versions and levels as their names."""
    changes = [{**asdict(change), "level": _level(change.level)} for change in found.changes]
    return (
        json.dumps(
            {
                "revision": found.revision,
                "level": _level(found.level),
                **{name: str(value) if (value := getattr(found, name)) else None for name in ("old", "new", "required")},
                "changes": changes,
                "agreement": found.agreement.to_dicts(),
                "problems": [{**asdict(problem), "level": problem.level} for problem in problems],
            },
            indent=2,
        )
        + "\n"
    )


def _level(level: Level) -> str:
    return level.name.lower()


def verdict(found: Diff) -> str:
    """A sentence: what the version of the data must be, and what it is."""
    if not found.changes:
        return f"Nothing in the bank has changed since {found.revision}."
    gravest = f"The gravest change since {found.revision} is {_level(found.level)}"
    if found.required is None:
        return f"{gravest}; the bank had no version in a {CHANGELOG} there, so none is asked for."
    now = f"is {found.new}" if found.new else "cannot be told"
    return f"{gravest}: from {found.old} the data version must rise to {found.required} at least; it {now}."


def counts(found: Diff) -> list[tuple[str, int]]:
    """How many changes there are of each kind, as "articles added"."""
    kinds = sorted({(-change.level, change.what, change.done) for change in found.changes})
    every = [(change.what, change.done) for change in found.changes]
    numbers = {(what, done): every.count((what, done)) for _, what, done in kinds}
    return [
        (f"{_NAMES.get(what, what)}{'s' * (number > 1 and what in _COUNTED)}, {done}", number)
        for (what, done), number in numbers.items()
    ]


_NAMES = {"text": "sentence", "built": "built file"}
_COUNTED = ("label", "text", "article", "annotator", "built", "topic", "fact")


def text(found: Diff, problems: Sequence[Problem]) -> str:
    """A page of text."""
    lines = [verdict(found), *(f"  {number:>6,}  {what}" for what, number in counts(found))]
    for title, changes in _sections(found.changes):
        lines += ["", title]
        for change in changes:
            lines += [f"  {line}" for line in _lines(change)]
    if measured := list(_agreement_rows(found)):
        lines += ["", f"{'agreement of the coders':<40}{'before':>8}{'after':>8}"]
        for article, rows in groupby(measured, lambda row: row[0]):
            lines.append(article or "all articles")
            lines += [f"  {what:<38}{before:>8}{after:>8}{'' if before == after else '  *'}" for _, what, before, after in rows]
    return "".join(f"{printable(line)}\n" for line in lines)


def _sections(changes: Iterable[Change]) -> Iterator[tuple[str, list[Change]]]:
    """The changes by file, and within it in the order of sentences."""
    for path, group in groupby(sorted(changes, key=_sort_key), lambda change: change.path):
        yield path, list(group)


def _sort_key(change: Change) -> tuple[bool, str, int]:
    return change.path.startswith("parquet/"), change.path, -1 if change.n is None else change.n


def _lines(change: Change) -> list[str]:
    if change.what == "label":
        return [f"{change.n}: {change.key}: {_old_to_new(change)}", f"   {_shorten(change.text or '', 90)}"]
    if change.what == "text" and change.n is not None:
        return [
            f"{change.n}: {change.done}",
            *(f"   {mark} {words}" for mark, words in (("-", change.old), ("+", change.new)) if words),
        ]
    key = f" {change.key}" if change.key else ""
    values = f": {_old_to_new(change)}" if change.old is not None or change.new is not None else ""
    return [f"{change.what}{key} {change.done}{values}"]


def _old_to_new(change: Change) -> str:
    return f"{_shown(change.old)} → {_shown(change.new)}"


def _shown(value: str | None) -> str:
    return "(none)" if value is None else value


def _shorten(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"


def _agreement_rows(found: Diff) -> Iterator[tuple[str | None, str, str, str]]:
    """Article (None for all), measure, before and after: of all articles each measure, of one what has changed."""
    if all(change.level is Level.PATCH for change in found.changes):
        return
    for row in found.agreement.iter_rows(named=True):
        before, after = number(row["before"]), number(row["after"])
        if row["article_id"] is None or before != after:
            what = "alpha" if row["measure"] == "alpha" else "F1"
            yield row["article_id"], f"{LAYER_NAMES.get(row['layer'], row['layer'])}, {what}", before, after


def markdown(found: Diff, problems: Sequence[Problem], most: int = SUMMARY_BYTES) -> str:
    """GitHub-flavoured Markdown for the summary of a step, in `most` bytes; else it is cut at a line, and says so."""
    page = _Page(most)
    page.lines(f"### slantbank diff: {_level(found.level)}", "")
    page.block("<p>", [_escape(verdict(found))], "</p>")
    if problems:
        page.lines("#### Not as it should be", "")
    for problem in problems:
        page.lines(f"<pre>{html.escape(show(problem), quote=False)}</pre>", "")
    page.table("#### What changed", ("what", "changes"), ((_escape(what), f"{number:,}") for what, number in counts(found)))
    entries = (
        (_escape(f"{one.what} {one.done}"), _code(one.path), _code(one.key), *_old_and_new(one))
        for one in _changes_of(found, *_ENTRIES)
    )
    page.table("#### Entries", ("what", "file", "key", "old", "new"), entries)
    for path, group in groupby(sorted(_changes_of(found, "label"), key=_path), _path):
        labels = list(group)
        title = "Adjudicated labels" if labels[0].annotator == GOLD else "Labels"
        head = f"<h4>{title} of {_code(labels[0].annotator)} in {_code(path.split('/')[1])}: {len(labels):,}</h4>"
        each = ((str(one.n), _code(_shorten(one.text or "", 160)), _code(one.key), *_old_and_new(one)) for one in labels)
        page.table(head, ("n", "sentence", "label", "old", "new"), each)
    others = (
        (_code(one.path), _escape(one.done), _code(_place_in_file(one)), *_old_and_new(one)) for one in _changes_of(found, *_FILES)
    )
    page.table("#### Texts, metadata and files", ("file", "", "place", "old", "new"), others)
    measured = ((_code(article) or "all", _escape(what), before, after) for article, what, before, after in _agreement_rows(found))
    page.table("#### Agreement of the coders", ("article", "layer", "before", "after"), measured)
    return page.text(most)


_ENTRIES = ("article", "topic", "annotator", "party", "fact")
_FILES = ("text", "metadata", "layout", "built")


def _changes_of(found: Diff, *what: str) -> list[Change]:
    return [change for change in found.changes if change.what in what]


def _path(change: Change) -> str:
    return change.path


def _place_in_file(change: Change) -> str | None:
    return change.key if change.n is None else str(change.n)


def _old_and_new(change: Change) -> tuple[str, str]:
    return _code(change.old), _code(change.new)


def _escape(words: str) -> str:
    return html.escape(printable(words), quote=False)


def _code(words: str | None) -> str:
    return f"<code>{_escape(words)}</code>" if words else ""


class _Page:
    """A page of lines, each block of HTML whole, that ends before its room does; the lines left out are counted."""

    def __init__(self, most: int) -> None:
        self._lines: list[str] = []
        self._room = most - 100  # for the last line
        self._left = 0

    def _put(self, line: str, kept: int = 0) -> None:
        size = len(line.encode()) + 1
        if self._left or size + kept > self._room:
            self._left += 1
        else:
            self._room -= size
            self._lines.append(line)

    def lines(self, *lines: str) -> None:
        for line in lines:
            self._put(line)

    def block(self, head: str, rows: Iterable[str], tail: str) -> None:
        """Lines without a blank one between, which would end the block."""
        kept = len(tail) + 2
        self._put(head, kept)
        begun = not self._left
        for row in rows:
            self._put(row, kept)
        if begun:
            self._lines += [tail, ""]
            self._room -= kept

    def table(self, title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        made = [_row("td", row) for row in rows]
        if made:
            self.lines(title, "")
            self.block(f"<table>{_row('th', head)}", made, "</table>")

    def text(self, most: int) -> str:
        last = [f"{self._left:,} more lines left out: a summary on GitHub has at most {most:,} bytes.", ""] if self._left else []
        return "\n".join([*self._lines, *last])


def _row(cell: str, values: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<{cell}>{value}</{cell}>" for value in values) + "</tr>"


FORMATS: dict[str, Callable[[Diff, Sequence[Problem]], str]] = {"text": text, "markdown": markdown, "json": json_}
"""What makes a page of a diff and of the problems found with it, by the name of the format."""
