"""The finding of a comparison in two to four plain sentences, in a fixed order, with significant differences only.

The order is: whose account, own voice, stance, loaded words, facts left out. For each, the finding names the two accounts that
differ most among those that differ significantly: the interval of their difference, corrected for all pairs of accounts and all of
these measures (Bonferroni), excludes zero, and neither value is marked `too_little`. The correction is exact for Wilson's
intervals, which all values of single articles have; the interval of a difference is that of MOVER (Zou and Donner 2008).
"""

from collections.abc import Mapping, Sequence
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
"""The measures that the charts and the finding need."""

MOST = 4
"""The most sentences of a finding."""
_ALPHA = 0.05
_SCALES = {"perspective_balance": (-1.0, 1.0), "side_stance": (-1.0, 1.0), "loaded": (0.0, 100.0)}


@dataclass(frozen=True)
class Finding:
    """A sentence of the finding, the key of the chart that shows it, and links to its evidence: a name and a query each."""

    text: str
    chart: str = ""
    links: tuple[tuple[str, str], ...] = ()


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
        """The reason for a missing value."""
        row = self._rows.get((measure, item, article))
        return (row and row["reason"]) or "not coded"

    def value(self, measure: str, item: str, article: str) -> float | None:
        """The value, or None."""
        row = self.row(measure, item, article)
        return None if row is None else float(row["value"])

    def percent(self, measure: str, item: str, article: str) -> str:
        """The share in percent; 0 where there is no row, since a label that never occurs has none."""
        return percent(self.value(measure, item, article) or 0.0)


def widened(row: Row, tests: int) -> tuple[float, float]:
    """The Wilson limits of a value, widened for a number of tests by Bonferroni's correction.

    A limit x of Wilson's interval solves (x - p)² = q x(1 - x), where q = z²/n. So q follows from a limit, and the limits for
    another z follow from q.

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


def differ(a: Row, b: Row, tests: int) -> bool:
    """Whether two values differ significantly, corrected for so many tests: the interval of their difference excludes zero."""
    if a["too_little"] or b["too_little"] or None in (a["low"], b["low"]):
        return False
    (low_a, high_a), (low_b, high_b) = widened(a, tests), widened(b, tests)
    gap = a["value"] - b["value"]
    if gap > 0:
        return bool(gap > hypot(a["value"] - low_a, high_b - b["value"]))
    return bool(-gap > hypot(high_a - a["value"], b["value"] - low_b))


def differs_from(row: Row, point: float, tests: int) -> bool:
    """Whether a value differs significantly from a point, corrected for so many tests."""
    if row["too_little"] or row["low"] is None:
        return False
    low, high = widened(row, tests)
    return bool(low > point or high < point)


TESTED: dict[Key, str] = {
    ("perspective_balance", ""): "whose account they give",
    ("attributed", ""): "own voice",
    ("side_stance", "a"): "how they show {a}",
    ("side_stance", "b"): "how they show {b}",
    ("loaded", ""): "loaded words",
    ("facts_left_out", ""): "facts left out",
}
"""The tests in the order of the finding: measure and item, and their name where no difference is certain."""

NOTHING = "No difference between the accounts is certain."


def finding(measures: pl.DataFrame, names: Mapping[str, str], sides: Mapping[str, str]) -> list[Finding]:
    """The finding on the accounts, from the rows of `compare` for `MEASURES`; `names` has their names by article, in order."""
    values, articles = Values(measures), list(names)
    measured = [key for key in TESTED if any(values.row(*key, article) for article in articles)]
    if not measured:
        return [Finding("Nothing can be said yet: no labels are decided for these accounts.")]
    if len(articles) == 1:
        return _on_one(values, articles[0], names, sides)
    tests = max(1, len(articles) * (len(articles) - 1) // 2 * len(TESTED))
    findings, alike = [], []
    for key in measured:
        if sum(values.row(*key, article) is not None for article in articles) < 2:
            continue
        pair = _most_different(values, key, articles, tests)
        if pair is None:
            alike.append(TESTED[key].format(**sides))
        else:
            findings.append(_on_two(key, values, pair, articles, names, sides, tests))
    if not findings:
        return [Finding(f"{NOTHING}{_lengths(values, articles)}")]
    findings = findings[:MOST]
    if alike and len(findings) < MOST:
        findings.append(Finding(f"In {enumerated(alike)}, no difference is certain."))
    return findings


def _lengths(values: Values, articles: Sequence[str]) -> str:
    """A sentence that explains by the lengths of the texts why they do not differ."""
    rows = [values.row("attributed", "", article) or values.row("perspective_balance", "", article) for article in articles]
    lengths = [int(row["n"]) for row in rows if row is not None]
    if not lengths:
        return ""
    least, most = min(lengths), max(lengths)
    sentences = f"{least} sentences each" if least == most else f"{least} to {most} sentences each"
    return f" With {sentences}, differences like those below can be chance, even large ones."


def enumerated(words: Sequence[str]) -> str:
    """Several words as one phrase.

    >>> enumerated(["a", "b", "c"])
    'a, b and c'
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _most_different(values: Values, key: Key, articles: Sequence[str], tests: int) -> tuple[str, str] | None:
    """The two accounts with the largest of the significant differences, the one with the greater value first, or None."""
    rows = {article: row for article in articles if (row := values.row(*key, article)) is not None}
    pairs = [(x, y) for x, y in combinations(rows, 2) if differ(rows[x], rows[y], tests)]
    pairs = [(x, y) if rows[x]["value"] > rows[y]["value"] else (y, x) for x, y in pairs]
    return max(pairs, key=lambda pair: rows[pair[0]]["value"] - rows[pair[1]]["value"], default=None)


def query(article: int, **filters: str) -> str:
    """The query string of an account and filters, as the page's script reads it."""
    return urlencode({"account": str(article), **filters})


def _on_two(
    key: Key,
    values: Values,
    pair: tuple[str, str],
    articles: Sequence[str],
    names: Mapping[str, str],
    sides: Mapping[str, str],
    tests: int,
) -> Finding:
    """The sentence on the two accounts that differ most in a measure and item."""
    measure, item = key
    x, y = pair
    first, second = names[x], names[y]

    def links(**filters: str) -> tuple[tuple[str, str], ...]:
        return tuple((names[article], query(articles.index(article), part="body", **filters)) for article in pair)

    if measure == "perspective_balance":
        return Finding(_perspective(values, pair, names, sides, tests), "account", links(side="side_a side_b"))
    if measure == "attributed":
        own = [percent(1 - (values.value("attributed", "", article) or 0.0)) for article in (y, x)]
        text = f"{second} speaks in its own voice in {own[0]} of its sentences, {first} in {own[1]}."
        return Finding(text, "voice", tuple(reversed(links(voice="author"))))
    if measure == "side_stance":
        good, bad = ([values.percent(f"side_stance_{label}", item, article) for article in (y, x)] for label in ("good", "bad"))
        text = (
            f"Where they refer to {sides[item]}, {second} shows it in a bad light in {bad[0]} of the sentences (in a good light: "
            f"{good[0]}), {first} in {bad[1]} (good: {good[1]})."
        )
        return Finding(text, f"light-{item}", tuple(reversed(links(stance=item))))
    if measure == "loaded":
        rate = [f"{values.value('loaded', '', article):.1f}" for article in pair]
        return Finding(f"{first} has {rate[0]} loaded words in every 100, {second} {rate[1]}.", "loaded", links(loaded="1"))
    left_out = [values.percent("facts_left_out", "", article) for article in pair]
    return Finding(f"{first} leaves out {left_out[0]} of the facts that others report, {second} {left_out[1]}.", "facts")


def _perspective(values: Values, pair: tuple[str, str], names: Mapping[str, str], sides: Mapping[str, str], tests: int) -> str:
    """The sentence on whose account two articles give; it names a side as the more frequent one only where that is significant."""
    (first, second), (a, b) = (names[article] for article in pair), (sides["a"], sides["b"])
    (a1, b1), (a2, b2) = ([values.percent("source_perspective", f"side_{side}", article) for side in "ab"] for article in pair)
    rows = [values.row("perspective_balance", "", article) for article in pair]
    leans = [0 if row is None or not differs_from(row, 0, tests) else 1 if row["value"] > 0 else -1 for row in rows]
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


def _on_one(values: Values, article: str, names: Mapping[str, str], sides: Mapping[str, str]) -> list[Finding]:
    """The finding on a single account: which side's account it gives more often, and so on."""
    findings = [Finding(f"There is one account here, {names[article]}, and nothing to compare it with.")]
    tests = 4
    row = values.row("perspective_balance", "", article)
    if row and differs_from(row, 0, tests):
        a, b = (values.percent("source_perspective", f"side_{side}", article) for side in "ab")
        text = f"It gives the account of {sides['a']} in {a} of its sentences and that of {sides['b']} in {b}."
        findings.append(Finding(text, "account", (("its sentences", query(0, part="body", side="side_a side_b")),)))
    row = values.row("attributed", "", article)
    if row and differs_from(row, 0.5, tests):
        text = f"It speaks in its own voice in {percent(1 - row['value'])} of its sentences."
        findings.append(Finding(text, "voice", (("its sentences", query(0, part="body", voice="author")),)))
    for side in ("a", "b"):
        row = values.row("side_stance", side, article)
        if row and differs_from(row, 0, tests):
            good, bad = (values.percent(f"side_stance_{label}", side, article) for label in ("good", "bad"))
            where = f"Where it refers to {sides[side]}, it shows it"
            text = f"{where} in a bad light in {bad} of the sentences and in a good light in {good}."
            findings.append(Finding(text, f"light-{side}", (("its sentences", query(0, part="body", stance=side)),)))
    if len(findings) == 1:
        findings.append(Finding("It is not certain that it leans to either side."))
    return findings[:MOST]
