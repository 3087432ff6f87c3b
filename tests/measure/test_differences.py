"""Differences and distances: within topics, with intervals and corrected permutation tests, and fair to short texts."""

import random
from itertools import product
from typing import Any

import numpy as np
import polars as pl
import pytest
import scipy.spatial.distance
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from slantbank.codebook import LABELS
from slantbank.measure import _compare as compare
from slantbank.measure import _differences as differences
from tests.measure.made import Frames, make, outlets

SEED, WIRE, STATE = (f"2017-07-free-iran-rally-{name}" for name in ("katiraie", "control-wire", "control-state"))
SMALL = [(1, 8), (3, 10), (0, 6), (5, 9), (2, 12), (4, 7), (1, 5), (6, 11), (2, 9), (3, 8), (0, 7), (4, 10)]


def welch(a: list[tuple[int, int]], b: list[tuple[int, int]]) -> float:
    """Welch's statistic as a tail probability, small where the groups differ, by its definition."""
    parts = []
    for pairs in (a, b):
        x, y = np.array(pairs, float).T
        p, q = x.sum() / y.sum(), (x.sum() + 0.5) / (y.sum() + 1)
        parts.append(
            (np.log(q / (1 - q)), len(x) / (len(x) - 1) * ((x - p * y) ** 2).sum() / (y.sum() * q * (1 - q)) ** 2, len(x) - 1)
        )
    (x, v, n), (y, w, m) = parts
    return float(scipy.stats.t.sf(abs(x - y) / np.sqrt(v + w), (v + w) ** 2 / (v * v / n + w * w / m)))


def test_p_is_the_share_of_all_permutations_that_differ_as_much() -> None:
    a, b = SMALL[:5], SMALL[5:11]
    result = differences.differences(outlets({"a": a, "b": b}), "outlet", measures="attributed").row(0, named=True)
    theirs = scipy.stats.permutation_test(
        (np.arange(5), np.arange(5, 11)),
        lambda i, j: -welch([SMALL[n] for n in i], [SMALL[n] for n in j]),
        permutation_type="independent",
        alternative="greater",
        n_resamples=np.inf,
    )
    assert result["p"] == pytest.approx(theirs.pvalue)
    assert (result["permutations"], result["rests_on"], result["n_topics"]) == (462, "articles", 1)
    values = [sum(x for x, _ in pairs) / sum(y for _, y in pairs) for pairs in (a, b)]
    assert result["difference"] == pytest.approx(values[0] - values[1])


def test_p_of_random_permutations_is_near_the_exact_p() -> None:
    frames = outlets({"a": SMALL[:6], "b": SMALL[6:]})
    every = differences.differences(frames, "outlet", measures="attributed")["p"].item()
    some = differences.differences(frames, "outlet", measures="attributed", permutations=800)["p"].item()
    assert some == pytest.approx(every, abs=0.06)


def test_interval_of_a_difference_is_mover() -> None:
    frames = outlets({"a": SMALL[:5], "b": SMALL[5:]})
    result = differences.differences(frames, "outlet", measures="attributed").row(0, named=True)
    a, b = compare.compare(frames, "outlet", measures="attributed").filter(measure="attributed").to_dicts()
    low = result["difference"] - np.hypot(a["value"] - a["low"], b["high"] - b["value"])
    high = result["difference"] + np.hypot(a["high"] - a["value"], b["value"] - b["low"])
    assert (result["low"], result["high"]) == pytest.approx((low, high), abs=0.01)  # rho is that of these two


def test_groups_are_compared_within_topics() -> None:
    """Two outlets, alike within each topic but with different mixes of topics, differed by -.30 (p = .003) without a warning."""
    draw = random.Random(16)

    def rows(share: float) -> list[dict[str, Any]]:
        return [{}, *({"attribution": "direct" if draw.random() < share else "author"} for _ in range(24))]

    mix = {("a", "t"): 9, ("a", "u"): 3, ("b", "t"): 3, ("b", "u"): 9}
    articles = [
        {"id": f"{outlet}{topic}{i}", "outlet": outlet, "topic": topic, "sentences": rows(0.2 if topic == "t" else 0.8)}
        for (outlet, topic), size in mix.items()
        for i in range(size)
    ]
    within = differences.differences(make(articles), "outlet", measures="attributed").row(0, named=True)
    across = differences.differences(make(articles), "outlet", measures="attributed", within=None).row(0, named=True)
    assert abs(across["difference"]) > 0.25
    assert across["p"] < 0.02
    assert abs(within["difference"]) < 0.06
    assert within["p"] > 0.1
    assert within["low"] < 0 < within["high"]
    assert (within["rests_on"], within["n_topics"]) == ("topics", 2)
    assert within["too_little"]


def test_triplets_are_compared_by_students_t_over_topics() -> None:
    """With an article of each outlet on each topic the difference is the mean over topics, with Student's t."""
    a, b = [(8, 20), (12, 20), (15, 20), (4, 20), (9, 20), (18, 20)], [(5, 20), (10, 20), (11, 20), (3, 20), (7, 20), (13, 20)]
    result = differences.differences(outlets({"a": a, "b": b}, "t"), "outlet", measures="attributed").row(0, named=True)
    gaps = [(x - z) / 20 for (x, _), (z, _) in zip(a, b, strict=True)]
    mean, error = np.mean(gaps), scipy.stats.sem(gaps)
    width = scipy.stats.t.ppf(0.975, 5) * error
    assert (result["difference"], result["low"], result["high"]) == pytest.approx((mean, mean - width, mean + width))
    signs = [
        abs(np.mean(swapped) / scipy.stats.sem(swapped)) for swapped in (np.array(s) * gaps for s in product([1, -1], repeat=6))
    ]
    assert result["p"] == pytest.approx(np.mean([statistic >= mean / error - 1e-9 for statistic in signs]))
    assert (result["rests_on"], result["n_topics"], result["permutations"], result["too_little"]) == ("topics", 6, 64, False)


def test_groups_that_share_no_topic_are_not_tested() -> None:
    rows = [
        {
            "id": f"{outlet}{i}",
            "outlet": outlet,
            "topic": topic,
            "sentences": [{}, *[{"attribution": "direct"}] * (i + 1), {"attribution": "author"}],
        }
        for outlet, topic in (("a", "t"), ("b", "u"))
        for i in range(6)
    ]
    result = differences.differences(make(rows), "outlet", measures=["attributed", "perspective_balance"])
    assert result.filter(measure="attributed").select("p", "p_corrected").row(0) == (None, None)
    assert result.filter(measure="attributed")["difference"].item() == 0
    assert (
        result.filter(measure="attributed")["reason"]
        .item()
        .startswith("they share no topic, so that what differs may be the topics")
    )
    assert differences.differences(make(rows), "outlet", measures="attributed", within=None)["p"].item() == 1


def test_sides_of_different_axes_are_not_compared() -> None:
    rows = [{}, *[{"source_perspective": "side_a"}, {"source_perspective": "side_b"}] * 4]
    articles = [{"id": f"{o}{t}{i}", "outlet": o, "topic": t, "sentences": rows} for o in "ab" for t in "tu" for i in range(3)]
    for axes, compared in ((dict.fromkeys("tu", "us-left-right"), True), ({"t": "us-left-right", "u": "none"}, False)):
        result = differences.differences(make(articles, axes=axes), "outlet", measures="perspective_balance").row(0, named=True)
        assert (result["difference"] is not None) == compared
        assert (result["reason"] == "side a is not the same on all of their topics") == (not compared)


def test_correction_counts_all_tests_of_the_call_and_loses_less_than_holm() -> None:
    """Holm's correction over 24 tests made significance impossible: the best p of outlets of 5 articles, fully apart, was .19."""
    low, high = [(1, 10), (2, 10), (1, 12), (2, 14), (1, 11)], [(8, 10), (9, 10), (9, 12), (12, 14), (8, 11)]
    frames = outlets({"a": low, "b": high})
    result = differences.differences(frames, "outlet", measures=["attribution", "attributed", "own_voice"])
    apart = result.filter(measure="attributed").row(0, named=True)
    assert apart["p"] == pytest.approx(2 / 252)
    assert apart["p"] <= apart["p_corrected"] <= 0.05
    assert (result["p_corrected"] >= result["p"]).all()


def test_a_reason_says_that_no_p_can_be_small() -> None:
    result = differences.differences(outlets({"a": SMALL[:3], "b": SMALL[3:6]}), "outlet", measures="attributed").row(0, named=True)
    assert result["difference"] is not None
    assert result["reason"] == "no corrected p can be 0.05 or less: the units can be permuted in 20 ways only"
    three = differences.differences(outlets({"a": SMALL[:4], "b": SMALL[4:8], "c": SMALL[8:]}), "outlet", measures="attributed")
    assert set(three["reason"]) == {
        "no corrected p can be 0.05 or less: the units can be permuted in 70 ways only, and 3 pairs of groups are tested"
    }
    enough = differences.differences(outlets({"a": SMALL[:6], "b": SMALL[6:]}), "outlet", measures="attributed")
    assert enough["reason"].item() is None


def test_groups_that_differ_only_in_spread_are_rarely_significant() -> None:
    """With an ICC of .3 in 5 articles and of .02 in 20, and equal shares, the size of the test was .24."""
    rng = np.random.default_rng(16)
    rejected: list[bool] = []
    for _ in range(25):
        sums = []
        for size, icc in ((5, 0.3), (20, 0.02)):
            y = np.clip(np.round(np.exp(rng.normal(3.2, 0.55, (size, 20)))), 6, 150)
            sums.append((rng.binomial(y.astype(int), rng.beta(0.2 * (1 / icc - 1), 0.8 * (1 / icc - 1), y.shape)), y))
        x, y = (np.vstack([pair[at] for pair in sums]).astype(float) for at in (0, 1))
        pair = differences.Pair({}, [], [], x, y, np.arange(25) < 5, np.zeros(25, int), *[np.zeros(1)] * 3, np.zeros(20), None)
        drawn = differences._permute(pair, 299, rng)
        rejected += (differences._permutation_p(differences._statistics(pair, drawn.assigned)[2])[0] <= 0.05).tolist()
    assert np.mean(rejected) < 0.12


def test_single_articles_are_compared_by_their_sentences(frames: Frames) -> None:
    result = differences.differences(frames, "article_id", measures=["loaded", "facts_reported", "perspective_balance_by_voice"])
    assert dict(result.select("measure", "rests_on").unique().rows()) == {
        "loaded": "sentences",
        "facts_reported": "facts",
        "perspective_balance_by_voice": "sentences",
    }
    assert result.filter(pl.col("b") == WIRE, measure="loaded", a=STATE)["p_corrected"].item() < 0.05
    lacking = result.filter(item="author", a=WIRE)["reason"].item()
    assert lacking == f"nothing to count in {WIRE}"
    facts = result.filter(measure="facts_reported")
    assert facts["p"].null_count() == facts.height == facts["low"].count()
    assert facts["reason"].str.contains("nothing to permute").all()


def test_the_seed_fixes_the_permutations_and_is_in_the_result(frames: Frames) -> None:
    first, again, other = (differences.differences(frames, "article_id", measures="loaded", seed=seed) for seed in (1, 1, 2))
    assert first.equals(again)
    assert first["p"].to_list() != other["p"].to_list()
    assert set(first["seed"]) == {1}


# distances

shares = st.lists(st.integers(0, 30), min_size=4, max_size=4).filter(any)


@given(shares, shares, shares)
@settings(max_examples=100, deadline=None)
def test_distance_is_a_bounded_metric_and_equals_scipy(a: list[int], b: list[int], c: list[int]) -> None:
    def distance(x: list[int], y: list[int]) -> float:
        return float(differences._divergence(np.array([x], float), np.array([y], float))[0] ** 0.5)

    assert 0 <= distance(a, b) <= 1
    assert distance(a, b) == distance(b, a)
    assert distance(a, [3 * n for n in a]) == pytest.approx(0, abs=1e-7)
    assert distance(a, c) <= distance(a, b) + distance(b, c) + 1e-9
    assert distance(a, b) == pytest.approx(scipy.spatial.distance.jensenshannon(a, b, base=2), abs=1e-7)


def test_distances_are_computed_from_the_shares(frames: Frames) -> None:
    whole = compare.compare(frames)
    for row in differences.distances(frames, permutations=9).filter(pl.col("label") != "mean").to_dicts():
        p, q = (whole.filter(article_id=row[side], measure=row["label"])["value"].to_numpy() for side in "ab")
        assert row["distance"] == pytest.approx(scipy.spatial.distance.jensenshannon(p, q, base=2))


def test_mean_and_excess_are_computed_from_squares(frames: Frames) -> None:
    result = differences.distances(frames, permutations=99)
    for pair in result.partition_by("a", "b"):
        own = pair.filter(pl.col("label") != "mean")
        assert pair.filter(label="mean")["distance"].item() ** 2 == pytest.approx((own["distance"] ** 2).mean())
    excess = (result["distance"] ** 2 - result["chance"] ** 2).clip(lower_bound=0).sqrt()
    assert result["excess"].to_list() == pytest.approx(excess.to_list())
    assert (result["p_corrected"] >= result["p"]).all()


def texts(rng: np.random.Generator, lengths: tuple[int, ...]) -> Frames:
    types = [str(label) for label in LABELS["claim_type"]]
    return make(
        [{"id": f"x{i}", "sentences": [{"claim_type": label} for label in rng.choice(types, n)]} for i, n in enumerate(lengths)]
    )


def test_excess_of_accounts_that_do_not_differ_is_small_and_rarely_significant() -> None:
    result = differences.distances(texts(np.random.default_rng(5), (26,) * 20), permutations=60).filter(label="claim_type")
    assert result["distance"].mean() == pytest.approx(result["chance"].mean(), abs=0.04)
    assert result["chance"].min() > 0.2
    assert (result["p"] <= 0.05).mean() < 0.1
    assert (result["p_corrected"] <= 0.05).sum() == 0
