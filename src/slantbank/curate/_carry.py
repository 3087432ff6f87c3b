"""Labels follow their sentences where a sentence boundary was moved in article.txt.

A sentence whose text is unchanged keeps all its labels. Where sentences were split or joined, each quotation goes to the sentence
in which it stands now, the labels become undecided, and the earlier labels are kept in comments. If the boundary is moved back
before anybody changes the new sentences or the comments, the earlier labels come back.
"""

import tomllib
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from pydantic import ValidationError

from slantbank.bank import Annotation, Sentence, listed_at, quotations, quoted_at, toml
from slantbank.bank.toml import Commented, Comments, Place
from slantbank.problem import quoted

NOTICE = "# A sentence boundary was moved here. To decide from, what was labelled before (delete these lines then):"
_GIVEN = ("n", "text", "undecided")
_LABELS = [name for name in Sentence.model_fields if name not in (*_GIVEN, "decided_by", "note")]


def carry(labels: Commented, lines: Sequence[str]) -> tuple[Commented, list[str]]:
    """Return the annotation file for the sentences `lines`, which have the same words, and messages on what changed."""
    before = _rows(labels)
    rows = [row for olds, texts in _aligned(_with_restored(before), lines) for row in _carried(olds, texts)]
    for n, row in enumerate(rows):
        row.values["n"] = n
    carried = _commented(rows)
    others = {place: comments for place, comments in labels.comments.items() if place[:1] != ("sentence",)}
    tree = {**labels.tree, **carried.tree}
    return Commented(tree, {**others, **carried.comments}, labels.schema, labels.foot), list(_messages(before, rows))


def without_spaces(text: str) -> str:
    """Return the text without its white space."""
    return "".join(text.split())


@dataclass
class _Row:
    """A labelled sentence: its values as in TOML, and the comments on its keys, those on the table under the key ()."""

    values: dict[str, Any]
    comments: dict[Place, Comments] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The sentence."""
        return str(self.values["text"])


def _rows(labels: Commented) -> list[_Row]:
    rows = [_Row(dict(values)) for values in labels.tree["sentence"]]
    for (kind, *rest), comments in (item for item in labels.comments.items() if len(item[0]) > 1):
        if kind == "sentence" and isinstance(rest[0], int) and comments != Comments():
            rows[rest[0]].comments[tuple(rest[1:])] = comments
    return rows


def _commented(rows: Sequence[_Row]) -> Commented:
    comments = {("sentence", i, *place): lines for i, row in enumerate(rows) for place, lines in row.comments.items()}
    return Commented({"sentence": [row.values for row in rows]}, comments)


def _aligned(rows: Sequence[_Row], lines: Sequence[str]) -> Iterator[tuple[list[_Row], list[str]]]:
    """Pair labelled sentences with lines that have the same words, in the smallest groups between common boundaries."""
    olds, news = _ends([row.text for row in rows]), _ends(lines)
    i = j = 0
    for end in sorted(set(olds) & set(news)):
        to, upto = bisect_right(olds, end), bisect_right(news, end)
        yield list(rows[i:to]), list(lines[j:upto])
        i, j = to, upto


def _ends(texts: Sequence[str]) -> list[int]:
    return list(accumulate(len(without_spaces(text)) for text in texts))


def _carried(olds: list[_Row], texts: list[str]) -> list[_Row]:
    """Return the labels of `olds` for the sentences `texts`, which have the same words."""
    if len(olds) == len(texts) == 1:
        return olds
    if all(_is_blank(row) for row in olds) and not any(row.comments for row in olds[1:]):
        return [_Row({**olds[0].values, "text": text}, olds[0].comments if i == 0 else {}) for i, text in enumerate(texts)]
    open_ = [name for name in _LABELS if any(name in row.values or name in row.values.get("undecided", ()) for row in olds)]
    rows = [_Row({"n": j, "text": text, **_quotations(olds, texts, j), "undecided": open_}) for j, text in enumerate(texts)]
    earlier = toml.dumps(_commented(olds), Annotation).removesuffix("\n").split("\n")
    rows[0].comments[()] = Comments(after=[NOTICE, *(f"#| {line}".rstrip() for line in earlier)])
    return rows


def _is_blank(row: _Row) -> bool:
    """Whether nothing is decided in a sentence: an empty value counts as a decision, except "" and what `undecided` lists."""
    open_ = row.values.get("undecided", ())
    return all(not value and (value == "" or name in open_) for name, value in row.values.items() if name not in _GIVEN)


def _quotations(olds: list[_Row], texts: list[str], j: int) -> dict[str, Any]:
    """Return the quotations of `olds` that stand in the sentence `texts[j]`, under the keys of a sentence."""
    text = texts[j]
    labels: dict[str, Any] = {}
    single: dict[tuple[str, str], list[Any]] = defaultdict(list)
    loaded: list[tuple[int, int]] = []
    for (key, item), span, (start, end) in _located(olds, texts, j):
        quote = quoted_at(text, start, end)
        if key == "spans":
            labels.setdefault("spans", []).append({**span, "start": start, "end": end, "text": text[start:end]})
        elif key == "loaded":
            loaded.append((start, end))
        elif quote:
            single[key, item].append(quote.plain())
    for (key, item), quotes in single.items():
        if len(quotes) == 1:
            labels |= {key: {**labels.get(key, {}), item: quotes[0]} if item else quotes[0]}
    listed = [quote.plain() for quote in listed_at(text, loaded)]
    return {**labels, **({"loaded": listed} if listed else {})}


_Located = tuple[tuple[str, str], dict[str, Any], tuple[int, int]]


def _located(olds: list[_Row], texts: list[str], j: int) -> Iterator[_Located]:
    """Yield the quotations of `olds` that stand in `texts[j]`: key and item, the values of a span, and its place there."""
    start_of = [0, *_ends([row.text for row in olds])]
    first = [0, *_ends(texts)][j]
    new_positions = _positions(texts[j])
    for row, base in zip(olds, start_of, strict=False):
        old_positions = _positions(row.text)
        for name, quote, place in _places(row):
            if place is not None:
                low, high = (base + bisect_left(old_positions, at) - first for at in place)
                if 0 <= low < high <= len(new_positions):
                    yield name, quote, (new_positions[low], new_positions[high - 1] + 1)


def _positions(text: str) -> list[int]:
    return [i for i, character in enumerate(text) if not character.isspace()]


def _places(row: _Row) -> Iterator[tuple[tuple[str, str], dict[str, Any], tuple[int, int] | None]]:
    """Yield each quotation of a labelled sentence: key and item, the values of a span, and its place (None: uncertain)."""
    for quote in quotations(row.values):
        yield (quote.key, str(quote.item or "") if quote.key == "facts" else ""), {}, None if quote.is_ambiguous else quote.place
    for mark in row.values.get("spans", []):
        there = row.text[mark["start"] : mark["end"]] == mark["text"]
        yield ("spans", mark["text"]), mark, (mark["start"], mark["end"]) if there else None


def _with_restored(rows: list[_Row]) -> list[_Row]:
    """Return the labelled sentences; earlier labels are restored unless somebody has changed the sentences that came of them."""
    i = 0
    while i < len(rows):
        olds = _earlier(rows[i])
        count = (
            bisect_right(_ends([row.text for row in rows[i:]]), sum(len(without_spaces(row.text)) for row in olds)) if olds else 0
        )
        new_rows = rows[i : i + count]
        if olds and without_spaces("".join(row.text for row in new_rows)) == without_spaces("".join(row.text for row in olds)):
            again = _carried(olds, [row.text for row in new_rows])
            if [_without_n(row) for row in again] == [_without_n(row) for row in new_rows]:
                rows = [*rows[:i], *olds, *rows[i + count :]]
                continue
        i += 1
    return rows


def _without_n(row: _Row) -> tuple[dict[str, Any], dict[Place, Comments]]:
    return {**row.values, "n": 0}, row.comments


def _earlier(row: _Row) -> list[_Row]:
    """Return the earlier labelled sentences that are kept in a row's comments, if any."""
    after = row.comments.get((), Comments()).after
    if NOTICE not in after:
        return []
    lines = [line[3:] for line in after[after.index(NOTICE) + 1 :] if line.startswith("#|")]
    try:
        labels = toml.parse("\n".join(lines))
        Annotation.model_validate(labels.tree)
    except (tomllib.TOMLDecodeError, ValidationError):
        return []
    rows = _rows(labels) if "sentence" in labels.tree else []
    if rows and labels.of().apart:
        first = rows[0].comments.setdefault((), Comments())
        first.apart = [*labels.of().apart, *first.apart]
    return rows


def _messages(before: list[_Row], rows: list[_Row]) -> Iterator[str]:
    """Yield a message for each group of sentences that was split or joined."""
    i = j = 0
    for olds, texts in _aligned(before, [row.text for row in rows]):
        new_rows = rows[j : j + len(texts)]
        if not len(olds) == len(texts) == 1:
            move = f"{_numbers(i, len(olds))} → {_numbers(j, len(texts))}"
            if NOTICE in new_rows[0].comments.get((), Comments()).after:
                quotes = [quoted(name[1] or name[0], 30) for row in new_rows for name, _, place in _places(row) if place]
                yield f"{move}: to be decided{'; carried: ' + ', '.join(quotes) if quotes else ''}"
            else:
                yield f"{move}: {'not labelled yet' if all(map(_is_blank, new_rows)) else 'labels as they were before'}"
        i, j = i + len(olds), j + len(texts)


def _numbers(first: int, count: int) -> str:
    return f"sentence {first}" if count == 1 else f"sentences {first} to {first + count - 1}"
