"""Format a `Diff` for a reviewer: as text, GitHub's Markdown, or JSON.

The Markdown shows every word from the bank as plain text: it is escaped and put in <code>, in which GitHub makes no links or
mentions, within an HTML block (CommonMark 0.31, 4.6), in which nothing is Markdown.
"""

import html
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import groupby

from slantbank.bank import CHANGELOG, Level
from slantbank.codebook import GOLD
from slantbank.history._diff import Change, Diff
from slantbank.problem import Problem, printable, show
from slantbank.show import LAYER_NAMES, number

SUMMARY_BYTES = 1 << 20
"""The most bytes that GitHub accepts as the summary of a step."""


def json_(diff: Diff, problems: Sequence[Problem]) -> str:
    """The diff as one JSON object; versions and levels as their names."""
    changes = [
        {_JSON_KEYS.get(name, name): value for name, value in {**asdict(change), "level": _level(change.level)}.items()}
        for change in diff.changes
    ]
    return (
        json.dumps(
            {
                "revision": diff.revision,
                "level": _level(diff.level),
                **{name: str(value) if (value := getattr(diff, name)) else None for name in ("old", "new", "required")},
                "changes": changes,
                "agreement": diff.agreement.to_dicts(),
                "problems": [{**asdict(problem), "level": problem.level} for problem in problems],
            },
            indent=2,
        )
        + "\n"
    )


_JSON_KEYS = {"action": "done", "kind": "what"}
"""The keys of a change that are not the names of its fields: users depend on them."""


def _level(level: Level) -> str:
    return level.name.lower()


def verdict(diff: Diff) -> str:
    """A sentence that says what the data version must be, and what it is."""
    if not diff.changes:
        return f"Nothing in the bank has changed since {diff.revision}."
    gravest = f"The gravest change since {diff.revision} is {_level(diff.level)}"
    if diff.required is None:
        return f"{gravest}; the bank had no version in a {CHANGELOG} there, so none is asked for."
    now = f"is {diff.new}" if diff.new else "cannot be read"
    return f"{gravest}: from {diff.old} the data version must rise to {diff.required} at least; it {now}."


def counts(diff: Diff) -> list[tuple[str, int]]:
    """The number of changes of each kind and action, named as "articles, added"; the highest levels first."""
    order = sorted({(-change.level, change.kind, change.action) for change in diff.changes})
    totals = Counter((change.kind, change.action) for change in diff.changes)
    return [
        (f"{_NAMES.get(kind, kind)}{'s' * (totals[kind, action] > 1 and kind in _COUNTED)}, {action}", totals[kind, action])
        for kind, action in dict.fromkeys((kind, action) for _, kind, action in order)
    ]


_NAMES = {"text": "sentence", "built": "built file"}
_COUNTED = ("label", "text", "article", "annotator", "built", "topic", "fact")


def text(diff: Diff, problems: Sequence[Problem]) -> str:
    """The diff as text for a terminal."""
    lines = [verdict(diff), *(f"  {number:>6,}  {name}" for name, number in counts(diff))]
    for title, changes in _sections(diff.changes):
        lines += ["", title]
        for change in changes:
            lines += [f"  {line}" for line in _lines(change)]
    if measured := list(_agreement_rows(diff)):
        lines += ["", f"{'agreement of the coders':<40}{'before':>8}{'after':>8}"]
        for article, rows in groupby(measured, lambda row: row[0]):
            lines.append(article or "all articles")
            lines += [f"  {name:<38}{before:>8}{after:>8}{'' if before == after else '  *'}" for _, name, before, after in rows]
    return "".join(f"{printable(line)}\n" for line in lines)


def _sections(changes: Iterable[Change]) -> Iterator[tuple[str, list[Change]]]:
    """The changes by file, in the order of sentences."""
    for path, group in groupby(sorted(changes, key=_sort_key), lambda change: change.path):
        yield path, list(group)


def _sort_key(change: Change) -> tuple[bool, str, int]:
    return change.path.startswith("parquet/"), change.path, -1 if change.n is None else change.n


def _lines(change: Change) -> list[str]:
    if change.kind == "label":
        return [f"{change.n}: {change.key}: {_old_to_new(change)}", f"   {_shorten(change.text or '', 90)}"]
    if change.kind == "text" and change.n is not None:
        return [
            f"{change.n}: {change.action}",
            *(f"   {mark} {words}" for mark, words in (("-", change.old), ("+", change.new)) if words),
        ]
    key = f" {change.key}" if change.key else ""
    values = f": {_old_to_new(change)}" if change.old is not None or change.new is not None else ""
    return [f"{change.kind}{key} {change.action}{values}"]


def _old_to_new(change: Change) -> str:
    return f"{_shown(change.old)} → {_shown(change.new)}"


def _shown(value: str | None) -> str:
    return "(none)" if value is None else value


def _shorten(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"


def _agreement_rows(diff: Diff) -> Iterator[tuple[str | None, str, str, str]]:
    """Rows of article (None for all), measure, before and after: all measures over all articles, changed ones of each article."""
    if all(change.level is Level.PATCH for change in diff.changes):
        return
    for row in diff.agreement.iter_rows(named=True):
        before, after = number(row["before"]), number(row["after"])
        if row["article_id"] is None or before != after:
            measure = "alpha" if row["measure"] == "alpha" else "F1"
            yield row["article_id"], f"{LAYER_NAMES.get(row['layer'], row['layer'])}, {measure}", before, after


def markdown(diff: Diff, problems: Sequence[Problem], most: int = SUMMARY_BYTES) -> str:
    """The diff as GitHub-flavoured Markdown of at most `most` bytes; a longer page is cut at a line, and says so."""
    page = _Page(most)
    page.lines(f"### slantbank diff: {_level(diff.level)}", "")
    page.block("<p>", [_escape(verdict(diff))], "</p>")
    if problems:
        page.lines("#### Not as it should be", "")
    for problem in problems:
        page.lines(f"<pre>{html.escape(show(problem), quote=False)}</pre>", "")
    page.table("#### What changed", ("what", "changes"), ((_escape(name), f"{number:,}") for name, number in counts(diff)))
    entries = (
        (_escape(f"{change.kind} {change.action}"), _code(change.path), _code(change.key), *_old_and_new(change))
        for change in _changes_of(diff, *_ENTRIES)
    )
    page.table("#### Entries", ("what", "file", "key", "old", "new"), entries)
    for path, group in groupby(sorted(_changes_of(diff, "label"), key=_path), _path):
        labels = list(group)
        title = "Adjudicated labels" if labels[0].annotator == GOLD else "Labels"
        head = f"<h4>{title} of {_code(labels[0].annotator)} in {_code(path.split('/')[1])}: {len(labels):,}</h4>"
        rows = (
            (str(change.n), _code(_shorten(change.text or "", 160)), _code(change.key), *_old_and_new(change)) for change in labels
        )
        page.table(head, ("n", "sentence", "label", "old", "new"), rows)
    others = (
        (_code(change.path), _escape(change.action), _code(_place_in_file(change)), *_old_and_new(change))
        for change in _changes_of(diff, *_FILES)
    )
    page.table("#### Texts, metadata and files", ("file", "", "place", "old", "new"), others)
    measured = ((_code(article) or "all", _escape(name), before, after) for article, name, before, after in _agreement_rows(diff))
    page.table("#### Agreement of the coders", ("article", "layer", "before", "after"), measured)
    return page.text(most)


_ENTRIES = ("article", "topic", "annotator", "party", "fact")
_FILES = ("text", "metadata", "layout", "built")


def _changes_of(diff: Diff, *kinds: str) -> list[Change]:
    return [change for change in diff.changes if change.kind in kinds]


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
    """A page of limited size: HTML blocks are always closed, and lines that do not fit are left out and counted."""

    def __init__(self, most: int) -> None:
        self._lines: list[str] = []
        self._room = most - 100  # for the last line
        self._left = 0

    def _add(self, line: str, reserved: int = 0) -> None:
        size = len(line.encode()) + 1
        if self._left or size + reserved > self._room:
            self._left += 1
        else:
            self._room -= size
            self._lines.append(line)

    def lines(self, *lines: str) -> None:
        for line in lines:
            self._add(line)

    def block(self, head: str, rows: Iterable[str], tail: str) -> None:
        """Add an HTML block; it may hold no blank line, which would end it."""
        reserved = len(tail) + 2
        self._add(head, reserved)
        is_open = not self._left
        for row in rows:
            self._add(row, reserved)
        if is_open:
            self._lines += [tail, ""]
            self._room -= reserved

    def table(self, title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        cells = [_row("td", row) for row in rows]
        if cells:
            self.lines(title, "")
            self.block(f"<table>{_row('th', head)}", cells, "</table>")

    def text(self, most: int) -> str:
        last = [f"{self._left:,} more lines left out: a summary on GitHub has at most {most:,} bytes.", ""] if self._left else []
        return "\n".join([*self._lines, *last])


def _row(cell: str, values: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<{cell}>{value}</{cell}>" for value in values) + "</tr>"


FORMATS: dict[str, Callable[[Diff, Sequence[Problem]], str]] = {"text": text, "markdown": markdown, "json": json_}
"""The functions that format a diff and its problems, by the name of the format."""
