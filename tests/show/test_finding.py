"""The sentences of a finding agree with the measures, and state only significant differences after correction."""

import re
from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest

from slantbank import measure
from slantbank.measure._intervals import wilson
from slantbank.show import _finding as finding
from slantbank.show import _names as names

SIDES = {"a": "Party A", "b": "Party B"}
TESTS = [
    *(("perspective_balance", ""), ("attributed", ""), ("side_stance", "a"), ("side_stance", "b")),
    *(("loaded", ""), ("facts_left_out", "")),
]


def _row(article: str, name: str, item: str, share: float, n: int = 60, **other: Any) -> dict[str, Any]:
    least, most = {"perspective_balance": (-1, 1), "side_stance": (-1, 1), "loaded": (0, 100)}.get(name, (0, 1))
    low, high = (float(limit[0]) for limit in wilson(np.array([share]), np.array([float(n)])))
    ends = {key: least + (most - least) * end for key, end in zip(("value", "low", "high"), (share, low, high), strict=True)}
    return {"article_id": article, "measure": name, "item": item, **ends, "too_little": False, "n": n, "reason": None, **other}


def _frame(shares: dict[str, float], n: int = 60, **other: Any) -> pl.DataFrame:
    """Every measure of every account at the same share of its scale."""
    rows = []
    for article, share in shares.items():
        rows += [_row(article, name, item, share, n, **other) for name, item in TESTS]
        rows += [_row(article, "source_perspective", f"side_{side}", p, n) for side, p in (("a", share), ("b", 1 - share))]
        rows += [
            _row(article, f"side_stance_{label}", side, p, n) for side in "ab" for label, p in (("good", share), ("bad", 1 - share))
        ]
    return pl.DataFrame(rows, infer_schema_length=None)


def _said(frame: pl.DataFrame, *articles: str) -> list[str]:
    return [sentence.text for sentence in finding.finding(frame, {name: f"The {name}" for name in articles}, SIDES)]


def test_differences_are_stated_in_a_fixed_order() -> None:
    said = _said(_frame({"X": 0.9, "Y": 0.1}), "X", "Y")
    assert said == [
        (
            "The X gives the account of Party A more often than that of Party B (90 % of its sentences against 10 %); The Y does "
            "the opposite (10 % against 90 %)."
        ),
        "The Y speaks in its own voice in 90 % of its sentences, The X in 10 %.",
        *(
            f"Where they refer to Party {side}, The Y shows it in a bad light in 90 % of the sentences (in a good light: 10 %), "
            "The X in 10 % (good: 90 %)."
            for side in "AB"
        ),
    ]


def test_loaded_words_and_facts_are_stated_where_nothing_else_is_significant() -> None:
    frame = _frame({"X": 0.9, "Y": 0.1})
    even = pl.col("measure").is_in(["perspective_balance", "attributed", "side_stance"])
    said = _said(frame.with_columns(too_little=even), "X", "Y")
    assert said == [
        "The X has 90.0 loaded words in every 100, The Y 10.0.",
        "The X leaves out 90 % of the facts that others report, The Y 10 %.",
        "In whose account they give, own voice, how they show Party A and how they show Party B, no difference is certain.",
    ]


def test_of_many_accounts_the_two_that_differ_most_are_named() -> None:
    shares = dict.fromkeys("ABCDEFGHIJ", 0.5) | {"K": 0.97, "L": 0.03}
    assert "The K" in (said := _said(_frame(shares), *shares))[0]
    assert "The L" in said[0]
    assert len(said) <= finding.MOST


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        (
            {"X": 0.97, "Y": 0.75},
            (
                "The X and The Y give the account of Party A more often than that of Party B: in 97 % of the sentences against "
                "3 %, and in 75 % against 25 %."
            ),
        ),
        (
            {"X": 0.25, "Y": 0.03},
            (
                "The Y and The X give the account of Party B more often than that of Party A: in 97 % of the sentences against "
                "3 %, and in 75 % against 25 %."
            ),
        ),
        (
            {"X": 0.9, "Y": 0.5},
            "The X gives the account of Party A in 90 % of its sentences and that of Party B in 10 %; The Y, in 50 % and 50 %.",
        ),
    ],
)
def test_the_more_frequent_side_is_stated_only_where_significant(shares: dict[str, float], said: str) -> None:
    assert _said(_frame(shares, 200), *shares)[0] == said


@pytest.mark.parametrize(
    ("frame", "n"),
    [
        (_frame({"X": 0.52, "Y": 0.48}), 60),
        (_frame({"X": 0.9, "Y": 0.1}, too_little=True), 60),
        (_frame({"X": 0.7, "Y": 0.3}, 8), 8),
    ],
)
def test_without_significant_differences_the_finding_says_only_why(frame: pl.DataFrame, n: int) -> None:
    assert _said(frame, "X", "Y") == [
        f"{finding.NOTHING} With {n} sentences each, differences like those below can be chance, even large ones."
    ]


def test_a_difference_significant_between_two_is_not_among_twelve() -> None:
    pair = {"X": 0.65, "Y": 0.35}
    assert not _said(_frame(pair), "X", "Y")[0].startswith(finding.NOTHING)
    many = pair | dict.fromkeys("ABCDEFGHIJ", 0.5)
    assert _said(_frame(many), *many)[0].startswith(finding.NOTHING)


def test_without_decisive_labels_there_is_no_finding() -> None:
    frame = _frame({"X": 0.9, "Y": 0.1}).with_columns(value=pl.lit(None, pl.Float64))
    assert _said(frame, "X", "Y") == ["Nothing can be said yet: no labels are decided for these accounts."]


def test_a_single_account_is_described() -> None:
    assert _said(_frame({"X": 0.9}), "X")[0] == "There is one account here, The X, and nothing to compare it with."
    assert _said(_frame({"X": 0.9}), "X")[1:] == [
        "It gives the account of Party A in 90 % of its sentences and that of Party B in 10 %.",
        "It speaks in its own voice in 10 % of its sentences.",
        "Where it refers to Party A, it shows it in a bad light in 10 % of the sentences and in a good light in 90 %.",
    ]
    assert _said(_frame({"X": 0.5}), "X")[1:] == ["It is not certain that it leans to either side."]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("n", [5, 23, 400])
def test_corrected_limits_are_wilsons_at_the_bonferroni_level(share: float, n: int) -> None:
    row = _row("X", "attributed", "", share, n)
    assert finding.widened(row, 1) == pytest.approx((row["low"], row["high"]), abs=1e-4)
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(share * n, n, alpha=0.05 / 18, method="wilson")
    assert finding.widened(row, 18) == pytest.approx((low, high), abs=1e-4)


def test_equal_accounts_are_said_to_differ_in_fewer_than_one_of_twenty_cases() -> None:
    rng = np.random.default_rng(1)
    wrong = 0
    for _ in range(400):
        shares = {name: rng.binomial(30, 0.3) / 30 for name in "XYZ"}
        rows = [_row(name, "attributed", "", share, 30) for name, share in shares.items()]
        wrong += not _said(pl.DataFrame(rows), *shares)[0].startswith(finding.NOTHING)
    assert wrong / 400 < 0.05


def test_numbers_in_the_finding_equal_the_measures(frames: dict[str, pl.DataFrame]) -> None:
    result = measure.compare(frames, measures=finding.MEASURES)
    rows = frames["articles"].sort("article_id").to_dicts()
    called = names.accounts(rows)
    said = finding.finding(result, called, names.sides(frames["parties"].to_dicts()))
    first = said[0].text
    shares = {(row["article_id"], row["item"]): row["value"] for row in result.filter(measure="source_perspective").to_dicts()}
    for article, name in called.items():
        if name in first:
            after = first.split(name)[1]
            assert re.findall(r"\d+ %", after)[:2] == [names.percent(shares[article, f"side_{side}"]) for side in "ab"]


def test_two_accounts_never_have_one_name() -> None:
    row = {"article_id": "1", "outlet": "The Herald", "author": None, "published": None, "title": "Rally", "origin": "published"}
    rows = [row, {**row, "article_id": "2"}, {**row, "article_id": "3", "title": "Another day"}]
    called = names.accounts(rows)
    assert len(set(called.values())) == 3
    assert all("The Herald" in name for name in called.values())
    assert names.accounts([{**row, "origin": "constructed"}])["1"] == "“Rally” (constructed)"


def test_accounts_of_one_outlet_are_distinguished_by_their_days() -> None:
    row = {"outlet": "The Herald", "author": None, "title": "The Herald on the campaign", "origin": "published"}
    days = {"1": date(2016, 1, 29), "2": date(2016, 3, 2), "3": date(2016, 3, 2), "4": None}
    called = names.accounts([{**row, "article_id": article, "published": day} for article, day in days.items()])
    assert [*called.values()] == [
        "The Herald (29 January 2016)",
        *("The Herald, “The Herald on the campaign”", "The Herald, “The Herald on the campaign” [2]"),
        "The Herald, “The Herald on the campaign” [3]",
    ]


def test_constructed_accounts_with_like_titles_are_named_by_the_parts_of_ids_that_differ() -> None:
    row = {"outlet": None, "author": "A model", "published": None, "title": "Dockers begin a strike", "origin": "constructed"}
    rows = [row | {"article_id": f"strike-2031-{end}"} for end in ("wire", "omission", "omission-random")]
    assert [*names.accounts(rows).values()] == [f"“{end}” (constructed)" for end in ("wire", "omission", "omission random")]
    alone = [*rows[:1], row | {"article_id": "strike-2031"}]
    assert len(set(names.accounts(alone).values())) == 2
