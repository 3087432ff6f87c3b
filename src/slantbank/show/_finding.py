"""What a comparison found, in two to four sentences of plain words: computed, in a fixed order, and said only if sure enough.

The order is: whose account, own voice, stance, loaded words, facts left out. Of each, the two accounts are named that differ most
of those that differ surely: the interval of their difference, corrected for all pairs of accounts and all of these measures
(Bonferroni), leaves out zero, and in neither is there too little to say. The correction is exact for intervals of Wilson, which
all values of single articles have; the interval of a difference is that of MOVER (Zou and Donner 2008).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import hypot, sqrt
from statistics import NormalDist
from typing import Any
from urllib.parse import urlencode

import polars as pl

from slantbank.show._names import percent

Row = dict[str, Any]
Key = tuple[str, str]

MEASURES = (
    *("source_perspective", "perspective_balance", "attribution", "attributed"),
    *("side_stance", "side_stance_good", "side_stance_bad", "loaded", "facts_reported", "facts_left_out"),
)
"""The measures that the picture and the finding need."""

MOST = 4
_ALPHA = 0.05
_SCALES = {"perspective_balance": (-1.0, 1.0), "side_stance": (-1.0, 1.0), "loaded": (0.0, 100.0)}


@dataclass(frozen=True)
class Found:
    """A sentence, the chart that shows it, and the doors to the sentences behind it: each a name and what to filter by."""

    text: str
    chart: str = ""
    doors: tuple[tuple[str, str], ...] = ()


class Values:
    """The values of a comparison by measure, item and article."""

    def __init__(self, measures: pl.DataFrame) -> None:
        self._rows: dict[tuple[str, str, str], Row] = {
            (row["measure"], row["item"] or "", row["article_id"]): row for row in measures.iter_rows(named=True)
        }

    def row(self, measure: str, item: str, article: str) -> Row | None:
        """The row of a value, or None where it has none."""
        row = self._rows.get((measure, item, article))
        return row if row is not None and row["value"] is not None else None

    def reason(self, measure: str, item: str, article: str) -> str:
        """Why there is no value."""
        row = self._rows.get((measure, item, article))
        return (row and row["reason"]) or "not coded"

    def value(self, measure: str, item: str, article: str) -> float | None:
        """The value, or None."""
        row = self.row(measure, item, article)
        return None if row is None else float(row["value"])

    def percent(self, measure: str, item: str, article: str) -> str:
        """The share in percent; a label of a coded layer that never occurs has no row, and is 0."""
        return percent(self.value(measure, item, article) or 0.0)


def widened(row: Row, tests: int) -> tuple[float, float]:
    """The limits of a value corrected for a number of tests.

    A limit x of Wilson's interval solves (x - p)² = q x(1 - x), where q = z²/n: so q follows from a limit, and for another z the
    limits from q.

    >>> low, high = widened({"measure": "attributed", "value": 0.5, "low": 0.2985, "high": 0.7015}, 20)
    >>> round(low, 2), round(high, 2)
    (0.22, 0.78)
    """
    least, most = _SCALES.get(row["measure"], (0.0, 1.0))
    p, low, high = ((row[name] - least) / (most - least) for name in ("value", "low", "high"))
    x = low if p - low > high - p else high
    if not 0 < x < 1:
        return float(row["low"]), float(row["high"])
    normal = NormalDist()
    q = (x - p) ** 2 / (x * (1 - x)) * (normal.inv_cdf(1 - _ALPHA / 2 / tests) / normal.inv_cdf(1 - _ALPHA / 2)) ** 2
    middle, width = (p + q / 2) / (1 + q), sqrt(q * p * (1 - p) + q * q / 4) / (1 + q)
    return least + (most - least) * max(middle - width, 0), least + (most - least) * min(middle + width, 1)


def differs(a: Row, b: Row, tests: int) -> bool:
    """Whether two values differ, corrected for so many tests: the interval of their difference leaves out zero."""
    if a["too_little"] or b["too_little"] or None in (a["low"], b["low"]):
        return False
    (low_a, high_a), (low_b, high_b) = widened(a, tests), widened(b, tests)
    gap = a["value"] - b["value"]
    if gap > 0:
        return bool(gap > hypot(a["value"] - low_a, high_b - b["value"]))
    return bool(-gap > hypot(high_a - a["value"], b["value"] - low_b))


def parted(row: Row, point: float, tests: int) -> bool:
    """Whether a value differs from a point, corrected for so many tests."""
    if row["too_little"] or row["low"] is None:
        return False
    low, high = widened(row, tests)
    return bool(low > point or high < point)


TOPICS: dict[Key, str] = {
    ("perspective_balance", ""): "whose account they give",
    ("attributed", ""): "own voice",
    ("side_stance", "a"): "the light on {a}",
    ("side_stance", "b"): "the light on {b}",
    ("loaded", ""): "loaded words",
    ("facts_left_out", ""): "facts left out",
}
"""What is tested, in the order in which it is said."""

NOTHING = "The accounts differ too little to say."


def finding(measures: pl.DataFrame, names: Mapping[str, str], sides: Mapping[str, str]) -> list[Found]:
    """The finding on the accounts that `names` names, in their order, from what `compare` gives for `MEASURES`."""
    values, articles = Values(measures), list(names)
    sided = {key: topic.format(**sides) for key, topic in TOPICS.items()}
    known = [key for key in TOPICS if any(values.row(*key, one) for one in articles)]
    if not known:
        return [Found("Nothing can be said yet: no labels speak for these accounts.")]
    if len(articles) == 1:
        return _of_one(values, articles[0], names, sides)
    tests = max(1, len(articles) * (len(articles) - 1) // 2 * len(TOPICS))
    said, unsaid = [], []
    for key in known:
        if sum(values.row(*key, one) is not None for one in articles) < 2:
            continue
        pair = _apart(values, key, articles, tests)
        if pair is None:
            unsaid.append(sided[key])
        else:
            said.append(_of_two(key, values, pair, articles, names, sides, tests))
    if not said:
        return [Found(f"{NOTHING}{_short(values, articles)}")]
    said = said[:MOST]
    if unsaid and len(said) < MOST:
        said.append(Found(f"In {listed(unsaid)}, they differ too little to say."))
    return said


def _short(values: Values, articles: Sequence[str]) -> str:
    """What too little to say means for texts of these lengths."""
    rows = [values.row("attributed", "", one) or values.row("perspective_balance", "", one) for one in articles]
    lengths = [int(row["n"]) for row in rows if row is not None]
    if not lengths:
        return ""
    least, most = min(lengths), max(lengths)
    sentences = f"{least} sentences each" if least == most else f"{least} to {most} sentences each"
    return f" With {sentences}, differences like those below can be chance."


def listed(words: Sequence[str]) -> str:
    """Several words as one phrase.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _apart(values: Values, key: Key, articles: Sequence[str], tests: int) -> tuple[str, str] | None:
    """The two accounts that differ most of those that surely differ, the greater value first."""

    def pairs() -> Iterator[tuple[float, str, str]]:
        for one, other in combinations(articles, 2):
            a, b = values.row(*key, one), values.row(*key, other)
            if a is not None and b is not None and differs(a, b, tests):
                yield (a["value"] - b["value"], one, other) if a["value"] > b["value"] else (b["value"] - a["value"], other, one)

    best = max(pairs(), key=lambda pair: pair[0], default=None)
    return None if best is None else best[1:]


def door(article: int, **wanted: str) -> str:
    """What to filter by, as the page's script reads it."""
    return urlencode({"account": str(article), **wanted})


def _of_two(
    key: Key,
    values: Values,
    pair: tuple[str, str],
    articles: Sequence[str],
    names: Mapping[str, str],
    sides: Mapping[str, str],
    tests: int,
) -> Found:
    measure, item = key
    x, y = pair
    first, second = names[x], names[y]

    def doors(**wanted: str) -> tuple[tuple[str, str], ...]:
        return tuple((names[one], door(articles.index(one), part="body", **wanted)) for one in pair)

    def share(name: str, label: str, one: str) -> str:
        return values.percent(name, label, one)

    if measure == "perspective_balance":
        return Found(_whose(values, pair, names, sides, tests), "account", doors(side="side_a side_b"))
    if measure == "attributed":
        own = [percent(1 - (values.value("attributed", "", one) or 0.0)) for one in (y, x)]
        text = f"{second} speaks in its own voice in {own[0]} of its sentences, {first} in {own[1]}."
        return Found(text, "voice", tuple(reversed(doors(voice="author"))))
    if measure == "side_stance":
        good, bad = ([share(f"side_stance_{light}", item, one) for one in (y, x)] for light in ("good", "bad"))
        text = (
            f"Where they refer to {sides[item]}, {second} shows it in a bad light in {bad[0]} of the sentences (in a good light: "
            f"{good[0]}), {first} in {bad[1]} (good: {good[1]})."
        )
        return Found(text, f"light-{item}", tuple(reversed(doors(light=item))))
    if measure == "loaded":
        rate = [f"{values.value('loaded', '', one):.1f}" for one in pair]
        return Found(f"{first} has {rate[0]} loaded words in every 100, {second} {rate[1]}.", "loaded", doors(loaded="1"))
    text = f"{first} leaves out {share('facts_left_out', '', x)} of the facts that others report, {second} "
    return Found(text + f"{share('facts_left_out', '', y)}.", "facts")


def _whose(values: Values, pair: tuple[str, str], names: Mapping[str, str], sides: Mapping[str, str], tests: int) -> str:
    """Whose account two articles give. Which side an article gives more often is said only where that is sure, too."""
    (first, second), (a, b) = (names[one] for one in pair), (sides["a"], sides["b"])
    (a1, b1), (a2, b2) = ([values.percent("source_perspective", f"side_{side}", one) for side in "ab"] for one in pair)
    rows = [values.row("perspective_balance", "", one) for one in pair]
    leans = [0 if row is None or not parted(row, 0, tests) else 1 if row["value"] > 0 else -1 for row in rows]
    if leans == [1, -1]:
        return (
            f"{first} gives the account of {a} more often than that of {b} ({a1} of its sentences against {b1}); "
            f"{second} does the opposite ({a2} against {b2})."
        )
    if leans == [1, 1]:
        return (
            f"{first} and {second} give the account of {a} more often than that of {b}: in {a1} of the sentences against {b1}, "
            f"and in {a2} against {b2}."
        )
    if leans == [-1, -1]:
        return (
            f"{second} and {first} give the account of {b} more often than that of {a}: in {b2} of the sentences against {a2}, "
            f"and in {b1} against {a1}."
        )
    return f"{first} gives the account of {a} in {a1} of its sentences and that of {b} in {b1}; {second}, in {a2} and {b2}."


def _of_one(values: Values, article: str, names: Mapping[str, str], sides: Mapping[str, str]) -> list[Found]:
    """What one text shows by itself: more of one side's account than of the other's, more bad light than good, and so on."""
    said = [Found(f"There is one account here, {names[article]}, and nothing to compare it with.")]
    tests = 4
    row = values.row("perspective_balance", "", article)
    if row and parted(row, 0, tests):
        a, b = (values.percent("source_perspective", f"side_{side}", article) for side in "ab")
        text = f"It gives the account of {sides['a']} in {a} of its sentences and that of {sides['b']} in {b}."
        said.append(Found(text, "account", (("its sentences", door(0, part="body", side="side_a side_b")),)))
    row = values.row("attributed", "", article)
    if row and parted(row, 0.5, tests):
        text = f"It speaks in its own voice in {percent(1 - row['value'])} of its sentences."
        said.append(Found(text, "voice", (("its sentences", door(0, part="body", voice="author")),)))
    for side in ("a", "b"):
        row = values.row("side_stance", side, article)
        if row and parted(row, 0, tests):
            good, bad = (values.percent(f"side_stance_{light}", side, article) for light in ("good", "bad"))
            where = f"Where it refers to {sides[side]}, it shows it"
            text = f"{where} in a bad light in {bad} of the sentences and in a good light in {good}."
            said.append(Found(text, f"light-{side}", (("its sentences", door(0, part="body", light=side)),)))
    if len(said) == 1:
        said.append(Found("It leans too little to say."))
    return said[:MOST]
