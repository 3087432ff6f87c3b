"""Differences and distances: within topics, tested by permutation, corrected, with intervals, and fair to short texts."""

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
    """The statistic, small where the two differ, by its definition."""
    parts = []
    for pairs in (a, b):
        x, y = np.array(pairs, float).T
        p, q = x.sum() / y.sum(), (x.sum() + 0.5) / (y.sum() + 1)
        parts.append(
            (np.log(q / (1 - q)), len(x) / (len(x) - 1) * ((x - p * y) ** 2).sum() / (y.sum() * q * (1 - q)) ** 2, len(x) - 1)
        )
    (one, v, n), (other, w, m) = parts
    return float(scipy.stats.t.sf(abs(one - other) / np.sqrt(v + w), (v + w) ** 2 / (v * v / n + w * w / m)))


def test_p_is_the_share_of_all_permutations_that_differ_as_much() -> None:
    a, b = SMALL[:5], SMALL[5:11]
    found = differences.differences(outlets({"a": a, "b": b}), "outlet", measures="attributed").row(0, named=True)
    theirs = scipy.stats.permutation_test(
        (np.arange(5), np.arange(5, 11)),
        lambda i, j: -welch([SMALL[n] for n in i], [SMALL[n] for n in j]),
        permutation_type="independent",
        alternative="greater",
        n_resamples=np.inf,
    )
    assert found["p"] == pytest.approx(theirs.pvalue)
    assert (found["permutations"], found["rests_on"], found["n_topics"]) == (462, "articles", 1)
    values = [sum(x for x, _ in pairs) / sum(y for _, y in pairs) for pairs in (a, b)]
    assert found["difference"] == pytest.approx(values[0] - values[1])


def test_p_of_some_permutations_is_near_that_of_all() -> None:
    frames = outlets({"a": SMALL[:6], "b": SMALL[6:]})
    every = differences.differences(frames, "outlet", measures="attributed")["p"].item()
    some = differences.differences(frames, "outlet", measures="attributed", permutations=800)["p"].item()
    assert some == pytest.approx(every, abs=0.06)


def test_interval_of_a_difference_is_made_of_those_of_both_groups() -> None:
    frames = outlets({"a": SMALL[:5], "b": SMALL[5:]})
    found = differences.differences(frames, "outlet", measures="attributed").row(0, named=True)
    a, b = compare.compare(frames, "outlet", measures="attributed").filter(measure="attributed").to_dicts()
    low = found["difference"] - np.hypot(a["value"] - a["low"], b["high"] - b["value"])
    high = found["difference"] + np.hypot(a["high"] - a["value"], b["value"] - b["low"])
    assert (found["low"], found["high"]) == pytest.approx((low, high), abs=0.01)  # rho is that of these two


def test_topics_are_compared_with_themselves() -> None:
    """Two outlets, alike within each topic, with another mix of topics: difference -.30, p = .003, no warning."""
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


def test_triplets_are_compared_topic_by_topic() -> None:
    """One article of each outlet on each topic: the difference is the mean of those of topics, by Student's t over topics."""
    a, b = [(8, 20), (12, 20), (15, 20), (4, 20), (9, 20), (18, 20)], [(5, 20), (10, 20), (11, 20), (3, 20), (7, 20), (13, 20)]
    found = differences.differences(outlets({"a": a, "b": b}, "t"), "outlet", measures="attributed").row(0, named=True)
    gaps = [(x - z) / 20 for (x, _), (z, _) in zip(a, b, strict=True)]
    mean, error = np.mean(gaps), scipy.stats.sem(gaps)
    width = scipy.stats.t.ppf(0.975, 5) * error
    assert (found["difference"], found["low"], found["high"]) == pytest.approx((mean, mean - width, mean + width))
    signs = [
        abs(np.mean(swapped) / scipy.stats.sem(swapped)) for swapped in (np.array(s) * gaps for s in product([1, -1], repeat=6))
    ]
    assert found["p"] == pytest.approx(np.mean([one >= mean / error - 1e-9 for one in signs]))
    assert (found["rests_on"], found["n_topics"], found["permutations"], found["too_little"]) == ("topics", 6, 64, False)


def test_groups_that_share_no_topic_are_not_tested() -> None:
    one, other = ({"t": name, "counts": SMALL[:6]} for name in ("t", "u"))
    rows = [
        {
            "id": f"{outlet}{i}",
            "outlet": outlet,
            "topic": of["t"],
            "sentences": [{}, *[{"attribution": "direct"}] * (i + 1), {"attribution": "author"}],
        }
        for outlet, of in (("a", one), ("b", other))
        for i in range(6)
    ]
    found = differences.differences(make(rows), "outlet", measures=["attributed", "perspective_balance"])
    assert found.filter(measure="attributed").select("p", "p_corrected").row(0) == (None, None)
    assert found.filter(measure="attributed")["difference"].item() == 0
    assert (
        found.filter(measure="attributed")["reason"]
        .item()
        .startswith("they share no topic, so that what differs may be the topics")
    )
    assert differences.differences(make(rows), "outlet", measures="attributed", within=None)["p"].item() == 1


def test_sides_of_different_axes_are_not_compared() -> None:
    rows = [{}, *[{"source_perspective": "side_a"}, {"source_perspective": "side_b"}] * 4]
    articles = [{"id": f"{o}{t}{i}", "outlet": o, "topic": t, "sentences": rows} for o in "ab" for t in "tu" for i in range(3)]
    for axes, compared in ((dict.fromkeys("tu", "us-left-right"), True), ({"t": "us-left-right", "u": "none"}, False)):
        found = differences.differences(make(articles, axes=axes), "outlet", measures="perspective_balance").row(0, named=True)
        assert (found["difference"] is not None) == compared
        assert (found["reason"] == "side a is not the same on all of their topics") == (not compared)


def test_correction_counts_all_tests_of_the_call_and_loses_less_than_holm() -> None:
    """Holm over 24 tests made significance impossible without a word: outlets of 5 articles, fully apart, had a best p of .19."""
    low, high = [(1, 10), (2, 10), (1, 12), (2, 14), (1, 11)], [(8, 10), (9, 10), (9, 12), (12, 14), (8, 11)]
    frames = outlets({"a": low, "b": high})
    found = differences.differences(frames, "outlet", measures=["attribution", "attributed", "own_voice"])
    apart = found.filter(measure="attributed").row(0, named=True)
    assert apart["p"] == pytest.approx(2 / 252)
    assert apart["p"] <= apart["p_corrected"] <= 0.05
    assert (found["p_corrected"] >= found["p"]).all()


def test_it_is_said_where_no_p_can_be_small() -> None:
    found = differences.differences(outlets({"a": SMALL[:3], "b": SMALL[3:6]}), "outlet", measures="attributed").row(0, named=True)
    assert found["difference"] is not None
    assert found["reason"] == "no corrected p can be 0.05 or less: the units can be permuted in 20 ways only"
    three = differences.differences(outlets({"a": SMALL[:4], "b": SMALL[4:8], "c": SMALL[8:]}), "outlet", measures="attributed")
    assert set(three["reason"]) == {
        "no corrected p can be 0.05 or less: the units can be permuted in 70 ways only, and 3 pairs of groups are tested"
    }
    enough = differences.differences(outlets({"a": SMALL[:6], "b": SMALL[6:]}), "outlet", measures="attributed")
    assert enough["reason"].item() is None


def test_groups_that_differ_in_spread_alone_rarely_seem_to_differ() -> None:
    """With an ICC of .3 in 5 articles and of .02 in 20, and equal shares, the size of the test was .24."""
    rng = np.random.default_rng(16)
    seen = []
    for _ in range(25):
        sums = []
        for size, icc in ((5, 0.3), (20, 0.02)):
            y = np.clip(np.round(np.exp(rng.normal(3.2, 0.55, (size, 20)))), 6, 150)
            sums.append((rng.binomial(y.astype(int), rng.beta(0.2 * (1 / icc - 1), 0.8 * (1 / icc - 1), y.shape)), y))
        x, y = (np.vstack([one[at] for one in sums]).astype(float) for at in (0, 1))
        pair = differences.Pair({}, [], [], x, y, np.arange(25) < 5, np.zeros(25, int), *[np.zeros(1)] * 3, np.zeros(20), None)
        drawn = differences._permute(pair, 299, rng)
        seen += (differences._permutation_p(differences._statistics(pair, drawn.assigned)[2])[0] <= 0.05).tolist()
    assert np.mean(seen) < 0.12


def test_single_articles_are_compared_as_texts(frames: Frames) -> None:
    found = differences.differences(frames, "article_id", measures=["loaded", "facts_reported", "perspective_balance_by_voice"])
    assert dict(found.select("measure", "rests_on").unique().rows()) == {
        "loaded": "sentences",
        "facts_reported": "facts",
        "perspective_balance_by_voice": "sentences",
    }
    assert found.filter(pl.col("b") == WIRE, measure="loaded", a=STATE)["p_corrected"].item() < 0.05
    lacking = found.filter(item="author", a=WIRE)["reason"].item()
    assert lacking == f"nothing to count in {WIRE}"
    facts = found.filter(measure="facts_reported")
    assert facts["p"].null_count() == facts.height == facts["low"].count()
    assert facts["reason"].str.contains("nothing to permute").all()


def test_the_seed_decides_which_permutations_are_made_and_is_shown(frames: Frames) -> None:
    first, again, other = (differences.differences(frames, "article_id", measures="loaded", seed=seed) for seed in (1, 1, 2))
    assert first.equals(again)
    assert first["p"].to_list() != other["p"].to_list()
    assert set(first["seed"]) == {1}


# distances

shares = st.lists(st.integers(0, 30), min_size=4, max_size=4).filter(any)


@given(shares, shares, shares)
@settings(max_examples=100, deadline=None)
def test_distance_is_a_bounded_metric_and_scipy_s(a: list[int], b: list[int], c: list[int]) -> None:
    def distance(x: list[int], y: list[int]) -> float:
        return float(differences._divergence(np.array([x], float), np.array([y], float))[0] ** 0.5)

    assert 0 <= distance(a, b) <= 1
    assert distance(a, b) == distance(b, a)
    assert distance(a, [3 * n for n in a]) == pytest.approx(0, abs=1e-7)
    assert distance(a, c) <= distance(a, b) + distance(b, c) + 1e-9
    assert distance(a, b) == pytest.approx(scipy.spatial.distance.jensenshannon(a, b, base=2), abs=1e-7)


def test_distances_are_those_of_the_shares(frames: Frames) -> None:
    whole = compare.compare(frames)
    for row in differences.distances(frames, permutations=9).filter(pl.col("label") != "mean").to_dicts():
        p, q = (whole.filter(article_id=row[side], measure=row["label"])["value"].to_numpy() for side in "ab")
        assert row["distance"] == pytest.approx(scipy.spatial.distance.jensenshannon(p, q, base=2))


def test_mean_and_excess_are_those_of_the_squares(frames: Frames) -> None:
    found = differences.distances(frames, permutations=99)
    for pair in found.partition_by("a", "b"):
        own = pair.filter(pl.col("label") != "mean")
        assert pair.filter(label="mean")["distance"].item() ** 2 == pytest.approx((own["distance"] ** 2).mean())
    excess = (found["distance"] ** 2 - found["chance"] ** 2).clip(lower_bound=0).sqrt()
    assert found["excess"].to_list() == pytest.approx(excess.to_list())
    assert (found["p_corrected"] >= found["p"]).all()


def texts(rng: np.random.Generator, lengths: tuple[int, ...]) -> Frames:
    types = [str(one) for one in LABELS["claim_type"]]
    return make(
        [{"id": f"x{i}", "sentences": [{"claim_type": one} for one in rng.choice(types, n)]} for i, n in enumerate(lengths)]
    )


def test_excess_of_accounts_that_do_not_differ_is_small_and_rarely_significant() -> None:
    found = differences.distances(texts(np.random.default_rng(5), (26,) * 20), permutations=60).filter(label="claim_type")
    assert found["distance"].mean() == pytest.approx(found["chance"].mean(), abs=0.04)
    assert found["chance"].min() > 0.2
    assert (found["p"] <= 0.05).mean() < 0.1
    assert (found["p_corrected"] <= 0.05).sum() == 0
