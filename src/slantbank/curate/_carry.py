"""Labels carried along where a sentence boundary was moved in article.txt, to the sentences that stand there now.

A sentence whose text is as it was keeps all of its labels. Of one that was split or joined, quotations go to the sentence
that they stand in now, the labels are undecided, and what was is kept beside them in comments. While nobody has changed what
came of it, moving the boundary back gives everything back.
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


def carry(found: Commented, lines: Sequence[str]) -> tuple[Commented, list[str]]:
    """The annotation file for the sentences `lines`, whose words are those that it labels; and what was done, in words."""
    before = _rows(found)
    rows = [row for olds, texts in _groups(_recalled(before), lines) for row in _moved(olds, texts)]
    for n, row in enumerate(rows):
        row.values["n"] = n
    carried = _commented(rows)
    others = {place: comments for place, comments in found.comments.items() if place[:1] != ("sentence",)}
    tree = {**found.tree, **carried.tree}
    return Commented(tree, {**others, **carried.comments}, found.schema, found.foot), list(_told(before, rows))


def words(text: str) -> str:
    """The text without its white space."""
    return "".join(text.split())


@dataclass
class _Row:
    """A labelled sentence: its values as in TOML, and the comments of the table (at the empty place) and of its keys."""

    values: dict[str, Any]
    comments: dict[Place, Comments] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The sentence."""
        return str(self.values["text"])


def _rows(found: Commented) -> list[_Row]:
    rows = [_Row(dict(values)) for values in found.tree["sentence"]]
    for (kind, *rest), comments in ((place, one) for place, one in found.comments.items() if len(place) > 1):
        if kind == "sentence" and isinstance(rest[0], int) and comments != Comments():
            rows[rest[0]].comments[tuple(rest[1:])] = comments
    return rows


def _commented(rows: Sequence[_Row]) -> Commented:
    comments = {("sentence", i, *place): one for i, row in enumerate(rows) for place, one in row.comments.items()}
    return Commented({"sentence": [row.values for row in rows]}, comments)


def _groups(rows: Sequence[_Row], lines: Sequence[str]) -> Iterator[tuple[list[_Row], list[str]]]:
    """The labelled sentences and the lines between each two boundaries that both have."""
    olds, news = _ends([row.text for row in rows]), _ends(lines)
    i = j = 0
    for end in sorted(set(olds) & set(news)):
        to, upto = bisect_right(olds, end), bisect_right(news, end)
        yield list(rows[i:to]), list(lines[j:upto])
        i, j = to, upto


def _ends(texts: Sequence[str]) -> list[int]:
    return list(accumulate(len(words(text)) for text in texts))


def _moved(olds: list[_Row], texts: list[str]) -> list[_Row]:
    """The labels of `olds` for the sentences `texts`, which have their words."""
    if len(olds) == len(texts) == 1:
        return olds
    if all(_is_blank(row) for row in olds) and not any(row.comments for row in olds[1:]):
        return [_Row({**olds[0].values, "text": text}, olds[0].comments if i == 0 else {}) for i, text in enumerate(texts)]
    open_ = [name for name in _LABELS if any(name in row.values or name in row.values.get("undecided", ()) for row in olds)]
    rows = [_Row({"n": j, "text": text, **_quotations(olds, texts, j), "undecided": open_}) for j, text in enumerate(texts)]
    kept = toml.dumps(_commented(olds), Annotation).removesuffix("\n").split("\n")
    rows[0].comments[()] = Comments(after=[NOTICE, *(f"#| {line}".rstrip() for line in kept)])
    return rows


def _is_blank(row: _Row) -> bool:
    """Whether nothing of a sheet is filled in. An empty value is a decision, but for "" and what is listed as undecided."""
    open_ = row.values.get("undecided", ())
    return all(not value and (value == "" or name in open_) for name, value in row.values.items() if name not in _GIVEN)


def _quotations(olds: list[_Row], texts: list[str], j: int) -> dict[str, Any]:
    """What `olds` quote from within the sentence `texts[j]`, as its keys."""
    text = texts[j]
    found: dict[str, Any] = {}
    single: dict[tuple[str, str], list[Any]] = defaultdict(list)
    loaded: list[tuple[int, int]] = []
    for (key, item), span, (start, end) in _located(olds, texts, j):
        quote = quoted_at(text, start, end)
        if key == "spans":
            found.setdefault("spans", []).append({**span, "start": start, "end": end, "text": text[start:end]})
        elif key == "loaded":
            loaded.append((start, end))
        elif quote:
            single[key, item].append(quote.plain())
    for (key, item), quotes in single.items():
        if len(quotes) == 1:
            found |= {key: {**found.get(key, {}), item: quotes[0]} if item else quotes[0]}
    words = [quote.plain() for quote in listed_at(text, loaded)]
    return {**found, **({"loaded": words} if words else {})}


_Located = tuple[tuple[str, str], dict[str, Any], tuple[int, int]]


def _located(olds: list[_Row], texts: list[str], j: int) -> Iterator[_Located]:
    """The quotations of `olds` that stand in `texts[j]`: key and item, the values of a span, and where it stands there."""
    start_of = [0, *_ends([row.text for row in olds])]
    first = [0, *_ends(texts)][j]
    there = _positions(texts[j])
    for row, base in zip(olds, start_of, strict=False):
        here = _positions(row.text)
        for name, quote, place in _places(row):
            if place is not None:
                low, high = (base + bisect_left(here, at) - first for at in place)
                if 0 <= low < high <= len(there):
                    yield name, quote, (there[low], there[high - 1] + 1)


def _positions(text: str) -> list[int]:
    return [i for i, character in enumerate(text) if not character.isspace()]


def _places(row: _Row) -> Iterator[tuple[tuple[str, str], dict[str, Any], tuple[int, int] | None]]:
    """Every quotation of a labelled sentence: its key and item, the values of a span, and where it stands, if that is certain."""
    for quote in quotations(row.values):
        yield (quote.key, str(quote.item or "") if quote.key == "facts" else ""), {}, None if quote.is_ambiguous else quote.place
    for mark in row.values.get("spans", []):
        there = row.text[mark["start"] : mark["end"]] == mark["text"]
        yield ("spans", mark["text"]), mark, (mark["start"], mark["end"]) if there else None


def _recalled(rows: list[_Row]) -> list[_Row]:
    """The labelled sentences, with earlier labels put back, unless somebody has changed what replaced them."""
    i = 0
    while i < len(rows):
        olds = _kept(rows[i])
        count = bisect_right(_ends([row.text for row in rows[i:]]), sum(len(words(row.text)) for row in olds)) if olds else 0
        came = rows[i : i + count]
        if olds and words("".join(row.text for row in came)) == words("".join(row.text for row in olds)):
            again = _moved(olds, [row.text for row in came])
            if [_without_n(row) for row in again] == [_without_n(row) for row in came]:
                rows = [*rows[:i], *olds, *rows[i + count :]]
                continue
        i += 1
    return rows


def _without_n(row: _Row) -> tuple[dict[str, Any], dict[Place, Comments]]:
    return {**row.values, "n": 0}, row.comments


def _kept(row: _Row) -> list[_Row]:
    """The labelled sentences that a row's comments keep; none where there are no such comments."""
    after = row.comments.get((), Comments()).after
    if NOTICE not in after:
        return []
    kept = [line[3:] for line in after[after.index(NOTICE) + 1 :] if line.startswith("#|")]
    try:
        found = toml.parse("\n".join(kept))
        Annotation.model_validate(found.tree)
    except (tomllib.TOMLDecodeError, ValidationError):
        return []
    rows = _rows(found) if "sentence" in found.tree else []
    if rows and found.of().apart:
        first = rows[0].comments.setdefault((), Comments())
        first.apart = [*found.of().apart, *first.apart]
    return rows


def _told(before: list[_Row], rows: list[_Row]) -> Iterator[str]:
    """What became of the sentences that were split or joined."""
    i = j = 0
    for olds, texts in _groups(before, [row.text for row in rows]):
        came = rows[j : j + len(texts)]
        if not len(olds) == len(texts) == 1:
            what = f"{_numbers(i, len(olds))} → {_numbers(j, len(texts))}"
            if NOTICE in came[0].comments.get((), Comments()).after:
                quotes = [quoted(name[1] or name[0], 30) for row in came for name, _, place in _places(row) if place]
                yield f"{what}: to be decided{'; carried: ' + ', '.join(quotes) if quotes else ''}"
            else:
                yield f"{what}: {'not labelled yet' if all(map(_is_blank, came)) else 'labels as they were before'}"
        i, j = i + len(olds), j + len(texts)


def _numbers(first: int, count: int) -> str:
    return f"sentence {first}" if count == 1 else f"sentences {first} to {first + count - 1}"
