"""Comparison: measures put accounts of known slant in the right order, and the numbers are what their definitions say."""

import re
from collections.abc import Callable, Mapping, Sequence
from math import exp, log
from typing import Any

import numpy as np
import polars as pl
import pytest
import scipy.spatial.distance
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from statsmodels.stats.multitest import multipletests

from slantbank.codebook import LABELS
from slantbank.frames import _schema as schema
from slantbank.measure import _compare as compare
from slantbank.measure import _tally as tally
from slantbank.measure._compare import FAMILIES, FEW, MEASURES
from tests.conftest import ROOT

Frames = dict[str, pl.DataFrame]

TOPIC = "free-iran-rally-2017"
SEED, WIRE, STATE = (f"2017-07-free-iran-rally-{name}" for name in ("katiraie", "control-wire", "control-state"))
LABEL_COLUMNS = (
    *("claim_type", "attribution", "source_type", "source_perspective", "perspective_party", "source_party"),
    *("stance", "facts", "loaded_words"),
)


def make(articles: Sequence[Mapping[str, Any]], facts: Sequence[str] = ("f1", "f2", "f3")) -> Frames:
    """Frames of articles, each with `id`, perhaps `topic` and `outlet`, and the labels of its `sentences`, the headline first."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in schema.FRAMES}
    for article in articles:
        one = {"article_id": article["id"], "topic_id": article.get("topic", "t")}
        labels = article["sentences"]
        rows["articles"].append({**one, "outlet": article.get("outlet"), "n_sentences": len(labels)})
        for n, label in enumerate(labels):
            unit = "body" if n else "headline"
            place = {**one, "sentence_id": f"{article['id']}:{n}", "n": n, "unit": unit, "n_words": 10, "spans": []}
            rows["sentences"].append({**place, **label})
    for topic in {row["topic_id"] for row in rows["articles"]}:
        rows["parties"] += [{"topic_id": topic, "party_id": p, "side": s} for p, s in (("p", "a"), ("q", "b"), ("r", "other"))]
        rows["facts"] += [{"topic_id": topic, "fact_id": fact, "text": fact} for fact in facts]
    blank = {name: dict.fromkeys(schema.FRAMES[name]) for name in rows}
    return {name: pl.DataFrame([blank[name] | row for row in rows[name]], schema.dtypes(name)) for name in rows}


def value(found: pl.DataFrame, measure: str, item: str = "", **group: str) -> float:
    """The one value of a measure, which must be there."""
    (number,) = found.filter(measure=measure, item=item, **group)["value"]
    assert number is not None
    return float(number)


def unlabelled(frames: Frames, *columns: str) -> Frames:
    """The frames with label columns emptied."""
    empty = [pl.lit(None, schema.dtypes("sentences")[name]).alias(name) for name in columns]
    return {**frames, "sentences": frames["sentences"].with_columns(*empty, spans=pl.lit([], schema.SPANS))}


@pytest.fixture(scope="module")
def whole(frames: Frames) -> pl.DataFrame:
    return compare.compare(frames)


# the controls


@pytest.mark.parametrize(
    ("measure", "item", "order"),
    [
        ("perspective_balance", "", (SEED, WIRE, STATE)),
        ("perspective_balance_by_voice", "sources", (SEED, WIRE, STATE)),
        ("source_perspective", "side_a", (SEED, WIRE, STATE)),
        ("source_perspective", "side_b", (STATE, WIRE, SEED)),
        ("stance", "ncri", (SEED, WIRE, STATE)),
        ("stance", "iran-gov", (STATE, WIRE, SEED)),
        ("side_stance", "a", (SEED, WIRE, STATE)),
        ("side_stance", "b", (STATE, WIRE, SEED)),
        ("loaded", "", (STATE, SEED, WIRE)),
        ("loaded_against", "ncri", (STATE, WIRE)),
        ("loaded_against", "iran-gov", (SEED, WIRE)),
        ("attributed", "", (WIRE, STATE, SEED)),
        ("sources", "", (WIRE, STATE, SEED)),
        ("facts_left_out", "", (STATE, SEED, WIRE)),
    ],
)
def test_measures_order_the_controls(whole: pl.DataFrame, measure: str, item: str, order: tuple[str, ...]) -> None:
    values = [value(whole, measure, item, article_id=name) for name in order]
    assert values == sorted(values, reverse=True)
    assert len(set(values)) == len(values)


def test_wire_reports_what_the_seed_leaves_out(frames: Frames) -> None:
    found = compare.coverage(frames)
    left_out = found.filter("left_out", article_id=SEED)["fact_id"].to_list()
    assert left_out == ["mek-popularity", "speaker-fees", "terror-listing"]
    assert found.filter(pl.col("fact_id").is_in(left_out), article_id=WIRE)["reported"].all()


def test_wire_lies_between_the_two_sides(frames: Frames) -> None:
    apart = {
        (a, b): d for a, b, d in compare.distances(frames).filter(label="source_perspective").select("a", "b", "distance").rows()
    }
    assert apart[STATE, SEED] > max(apart[STATE, WIRE], apart[WIRE, SEED])


def test_wordings_of_a_fact_stand_side_by_side(frames: Frames) -> None:
    found = compare.coverage(frames, only=TOPIC).filter(fact_id="attendance").select("article_id", "words").rows()
    assert dict(found) == {STATE: ["Rented Crowd", "more than 100,000"], WIRE: ["more than 100,000"], SEED: ["over 100,000"]}


# the definitions, recomputed by plain loops


def body(frames: Frames, article_id: str) -> list[dict[str, Any]]:
    return frames["sentences"].filter(article_id=article_id, unit="body").to_dicts()


@pytest.mark.parametrize("article_id", [SEED, WIRE, STATE])
def test_measures_equal_plain_loops(frames: Frames, whole: pl.DataFrame, article_id: str) -> None:
    rows = body(frames, article_id)
    found = whole.filter(article_id=article_id)

    sides = [row["source_perspective"] for row in rows]
    a, b = sides.count("side_a"), sides.count("side_b")
    assert value(found, "perspective_balance") == pytest.approx((a - b) / (a + b))

    assert value(found, "loaded") == pytest.approx(
        100 * sum(row["loaded_words"] for row in rows) / sum(row["n_words"] for row in rows)
    )
    for quarter in (1, 2, 3, 4):
        part = [row for i, row in enumerate(rows) if i * 4 // len(rows) + 1 == quarter]
        loaded = 100 * sum(row["loaded_words"] for row in part) / sum(row["n_words"] for row in part)
        assert value(found, "loaded_by_quarter", str(quarter)) == pytest.approx(loaded)

    for party in ("ncri", "iran-gov"):
        light = [one["value"] for row in rows for one in row["stance"] if one["party"] == party]
        assert value(found, "stance", party) == pytest.approx(sum(light) / len(light))
        assert value(found, "stance_bad", party) == pytest.approx(light.count(-1) / len(light))

    own = [row for row in rows if row["attribution"] == "author"]
    factual = [row for row in rows if row["claim_type"] == "factual"]
    assert value(found, "claim_type_by_attribution", "author/factual") == pytest.approx(
        sum(row["claim_type"] == "factual" for row in own) / len(own)
    )
    assert value(found, "own_voice", "factual") == pytest.approx(sum(row in own for row in factual) / len(factual))

    names = [span["text"].casefold() for row in rows for span in row["spans"] if span["layer"] == "source"]
    shares = [names.count(name) / len(names) for name in set(names)]
    assert value(found, "sources") == len(shares)
    assert value(found, "effective_sources") == pytest.approx(exp(-sum(p * log(p) for p in shares)))


def test_jaccard_and_facts_equal_plain_loops(frames: Frames, whole: pl.DataFrame) -> None:
    told: dict[str, set[str]] = {}
    for row in frames["sentences"].to_dicts():
        told.setdefault(row["article_id"], set()).update(row["facts"])
    for row in compare.jaccard(frames).to_dicts():
        assert row["value"] == len(told[row["a"]] & told[row["b"]]) / len(told[row["a"]] | told[row["b"]])
    for name, own in told.items():
        elsewhere = set().union(*(facts for other, facts in told.items() if other != name))
        assert value(whole, "facts_left_out", article_id=name) == pytest.approx(len(elsewhere - own) / len(elsewhere))
        assert value(whole, "facts_reported", article_id=name) == pytest.approx(len(own) / frames["facts"].height)


def test_group_is_the_ratio_of_its_sums(frames: Frames) -> None:
    found = compare.loaded(frames, "origin").filter(measure="loaded", origin="constructed")
    rows = body(frames, WIRE) + body(frames, STATE)
    assert found["value"].item() == pytest.approx(
        100 * sum(row["loaded_words"] for row in rows) / sum(row["n_words"] for row in rows)
    )
    assert found["n_articles"].item() == 2


def test_number_of_a_group_is_the_mean_of_its_articles(frames: Frames, whole: pl.DataFrame) -> None:
    of_topic = compare.sourcing(frames, "topic_id")
    articles = whole.filter(measure="effective_sources")["value"]
    assert value(of_topic, "effective_sources") == pytest.approx(articles.mean())


def test_families_give_what_compare_gives(frames: Frames, whole: pl.DataFrame) -> None:
    functions: tuple[Callable[[Frames], pl.DataFrame], ...] = (
        *(compare.shares, compare.balance, compare.stance, compare.loaded, compare.sourcing),
    )
    for function in functions:
        found = function(frames)
        expected = whole.filter(pl.col("measure").is_in([*FAMILIES[function.__name__]]))
        assert_frame_equal(found.drop("reason"), expected.select(found.columns).drop("reason"))


def test_headline_is_measured_apart(frames: Frames) -> None:
    found = compare.compare(frames, measures="perspective_balance", headline=True)
    assert dict(found.select("article_id", "value").rows()) == {SEED: None, WIRE: 1.0, STATE: -1.0}
    assert found["n"].to_list() == [1, 1, 0]


def test_every_measure_is_stated_once() -> None:
    assert len(MEASURES) == sum(len(family) for family in FAMILIES.values())
    for name, measure in MEASURES.items():
        assert measure.meaning.endswith("."), name
        assert measure.items, name
        assert set(measure.layers) <= set(LABEL_COLUMNS), name


# nulls


def test_layers_that_are_not_coded_give_null_and_the_reason(frames: Frames) -> None:
    found = compare.compare(unlabelled(frames, *LABEL_COLUMNS))
    assert found["value"].null_count() == found["low"].null_count() == found.height
    assert found["reason"].str.starts_with("not coded: ").all()
    assert set(found["measure"]) == set(MEASURES)
    apart = compare.distances(unlabelled(frames, *LABEL_COLUMNS))
    assert apart["distance"].null_count() == apart.height == apart["reason"].count()
    assert compare.coverage(unlabelled(frames, *LABEL_COLUMNS)).select("reported", "left_out").null_count().row(0) == (48, 48)
    assert compare.jaccard(unlabelled(frames, *LABEL_COLUMNS)).is_empty()


@pytest.mark.parametrize("layer", ["claim_type", "attribution", "source_perspective", "stance", "loaded_words", "facts"])
def test_one_missing_layer_leaves_the_others(frames: Frames, whole: pl.DataFrame, layer: str) -> None:
    found = compare.compare(
        {**frames, "sentences": frames["sentences"].with_columns(pl.lit(None, frames["sentences"].schema[layer]).alias(layer))}
    )
    others = pl.col("measure").is_in([name for name, one in MEASURES.items() if layer not in one.layers])
    assert_frame_equal(found.filter(others), whole.filter(others))
    # a marked source tells that a claim is attributed, also where attribution itself is not coded
    told = {"source_side", *(name for name, one in MEASURES.items() if one.evidence is not None)}
    missing = found.filter(~others & ~pl.col("measure").is_in(told))
    assert missing["value"].null_count() == missing.height > 0
    assert missing["reason"].str.contains(layer).all()


def test_source_type_is_not_coded_only_if_something_is_attributed() -> None:
    own = make([{"id": "x", "sentences": [{}, {"attribution": "author"}]}])
    left = make([{"id": "x", "sentences": [{}, {"attribution": "direct"}, {"attribution": "author"}]}])
    reasons = [compare.compare(frames, measures="unnamed")["reason"].item() for frames in (own, left)]
    assert reasons == ["no sentence is attributed", "not coded: source_type"]


def test_nulls_never_count_in_a_denominator() -> None:
    some = [{}, {"claim_type": "factual"}, {"claim_type": None}, {"claim_type": "causal"}, {}]
    found = compare.shares(make([{"id": "x", "sentences": some}]))
    assert value(found, "claim_type", "factual") == 0.5
    assert found.filter(measure="claim_type")["n"].unique().to_list() == [2]


def test_balance_without_either_side_is_null_and_not_zero() -> None:
    found = compare.balance(make([{"id": "x", "sentences": [{}, {"source_perspective": "neutral"}]}])).filter(
        measure="perspective_balance"
    )
    assert found.select("value", "reason").row(0) == (None, "no sentence gives either side's account")


def test_every_null_value_has_its_reason(whole: pl.DataFrame) -> None:
    assert whole.filter(pl.col("value").is_null() | pl.col("low").is_null())["reason"].null_count() == 0
    assert whole.filter(pl.col("low").is_not_null())["reason"].count() == 0


def test_party_that_nobody_mentions_is_listed_without_a_value(whole: pl.DataFrame) -> None:
    found = whole.filter(article_id=STATE, measure="stance", item="us-trump")
    assert found.select("value", "n", "reason").row(0) == (None, 0, "no sentence refers to the party")


def test_no_source_is_zero_and_an_unmarked_one_unknown() -> None:
    own = make([{"id": "x", "sentences": [{}, {"attribution": "author"}]}])
    unmarked = make([{"id": "x", "sentences": [{}, {"attribution": "direct"}]}])
    assert [compare.sourcing(frames).filter(measure="sources")["value"].item() for frames in (own, unmarked)] == [0, None]


labels = st.fixed_dictionaries(
    {column: st.one_of(st.none(), st.sampled_from([str(one) for one in members])) for column, members in LABELS.items()}
)
texts = st.lists(labels, min_size=2, max_size=12)


@given(st.lists(texts, min_size=1, max_size=3))
@settings(max_examples=15, deadline=None)
def test_shares_sum_to_one_or_are_all_null(found: list[list[dict[str, Any]]]) -> None:
    frames = make([{"id": f"x{i}", "sentences": sentences} for i, sentences in enumerate(found)])
    shares = compare.shares(frames).filter(pl.col("measure").is_in(list(LABELS)))
    sums = shares.group_by("article_id", "measure").agg(pl.col("value").sum(), known=pl.col("value").count(), n=pl.col("n").first())
    for total, known, n in sums.select("value", "known", "n").rows():
        assert (total, known) == ((0, 0) if n == 0 else (pytest.approx(1), known))
    assert compare.balance(frames)["value"].drop_nulls().is_between(-1, 1).all()


# nothing depends on order or company


@pytest.mark.parametrize("rows", [1, 7, 40])
def test_how_many_rows_are_counted_at_a_time_does_not_matter(
    frames: Frames, whole: pl.DataFrame, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    functions: tuple[Callable[[Frames], pl.DataFrame], ...] = (
        *(lambda found: compare.compare(found, "topic_id"), lambda found: compare.compare(found, headline=True)),
        *(lambda found: compare.compare(found, coders=True, replicates=99), compare.distances),
    )
    expected = [function(frames) for function in functions]
    mixed = {name: frame.sample(fraction=1, shuffle=True, seed=rows) for name, frame in frames.items()}
    monkeypatch.setattr(tally, "ROWS", rows)
    assert_frame_equal(compare.compare(frames), whole, check_exact=True)
    assert_frame_equal(compare.compare(mixed), whole, check_exact=True)
    for function, one in zip(functions, expected, strict=True):
        assert_frame_equal(function(frames), one, check_exact=True)


def test_order_of_rows_does_not_matter(frames: Frames, whole: pl.DataFrame) -> None:
    mixed = {name: frame.sample(fraction=1, shuffle=True, seed=3) for name, frame in frames.items()}
    assert_frame_equal(compare.compare(mixed), whole, check_exact=True)
    assert_frame_equal(
        compare.compare(mixed, coders=True, measures="stance"), compare.compare(frames, coders=True, measures="stance")
    )
    functions: tuple[Callable[[Frames], pl.DataFrame], ...] = (
        *(compare.coverage, compare.jaccard, compare.distances, compare.by_coder),
        lambda found: compare.layout(compare.distances(found)),
        lambda found: compare.differences(found, "article_id", measures=["loaded", "stance"], replicates=99),
        lambda found: compare.evidence(found, SEED, "loaded"),
    )
    for function in functions:
        assert_frame_equal(function(mixed), function(frames), check_exact=True)


def test_what_else_is_compared_does_not_matter(frames: Frames, whole: pl.DataFrame) -> None:
    assert_frame_equal(compare.compare(frames, only=[SEED, WIRE]), whole.filter(pl.col("article_id") != STATE), check_exact=True)
    assert_frame_equal(compare.compare(frames, only=TOPIC), whole, check_exact=True)
    chosen = ["loaded", "sources"]
    assert_frame_equal(compare.compare(frames, measures=chosen), whole.filter(pl.col("measure").is_in(chosen)), check_exact=True)


def test_sentences_of_articles_that_are_not_given_are_not_measured(frames: Frames, whole: pl.DataFrame) -> None:
    for name in (SEED, WIRE, STATE):
        fewer = {**frames, "articles": frames["articles"].filter(pl.col("article_id") != name)}
        assert_frame_equal(compare.compare(fewer), whole.filter(pl.col("article_id") != name), check_exact=True)


def test_seed_is_shown_and_decides(frames: Frames) -> None:
    one, again, other = (compare.compare(frames, measures="loaded", seed=seed) for seed in (1, 1, 2))
    assert_frame_equal(one, again, check_exact=True)
    assert not one.drop("seed").equals(other.drop("seed"))
    assert one["seed"].unique().to_list() == [1]


def test_single_article_works(frames: Frames) -> None:
    alone = {
        name: frame.filter(pl.col("article_id") == SEED) if "article_id" in frame.columns else frame
        for name, frame in frames.items()
    }
    found = compare.compare(alone)
    assert value(found, "perspective_balance") == 1
    assert found.filter(measure="facts_left_out").select("value", "reason").row(0) == (
        None,
        "no other article on the topic reports a fact",
    )
    assert compare.coverage(alone).height == frames["facts"].height
    empty = (
        compare.jaccard(alone),
        compare.distances(alone),
        compare.differences(alone, "article_id"),
        compare.layout(compare.distances(alone)),
    )
    assert all(one.is_empty() for one in empty)


def test_unknown_names_are_named_with_the_nearest(frames: Frames) -> None:
    for call, message in (
        (lambda: compare.compare(frames, "outlets"), "did you mean 'outlet'"),
        (lambda: compare.compare(frames, "annotators"), "articles cannot be grouped by 'annotators'"),
        (lambda: compare.compare(frames, only="2017-07-free-iran-rally-katirai"), f"did you mean {SEED!r}"),
        (lambda: compare.compare(frames, measures="load"), "did you mean 'loaded'"),
        (lambda: compare.evidence(frames, "2017-07-free-iran-rally-katirai", "loaded"), f"did you mean {SEED!r}"),
        (lambda: compare.evidence(frames, TOPIC, "loaded"), "no article"),
        (lambda: compare.evidence(frames, SEED, "stance", "ncry"), "did you mean 'ncri'"),
        (lambda: compare.compare(frames, "outlet"), "no article with sentences has a value in 'outlet'"),
        (lambda: compare.by_coder({**frames, "annotations": frames["annotations"].clear()}), "no coder"),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            call()


# intervals


def outlets(counts: Mapping[str, Sequence[tuple[int, int]]]) -> Frames:
    """Outlets, of whose articles so many of so many sentences are attributed."""
    return make(
        [
            {
                "id": f"{outlet}-{i}",
                "outlet": outlet,
                "sentences": [{}, *({"attribution": "direct" if j < x else "author"} for j in range(y))],
            }
            for outlet, articles in counts.items()
            for i, (x, y) in enumerate(articles)
        ]
    )


SMALL = [(1, 8), (3, 10), (0, 6), (5, 9), (2, 12), (4, 7), (1, 5), (6, 11), (2, 9), (3, 8), (0, 7), (4, 10)]


def ratio(x: Any, y: Any, axis: int = -1) -> Any:
    return np.sum(x, axis=axis) / np.sum(y, axis=axis)


def test_interval_of_articles_agrees_with_scipy() -> None:
    found = compare.compare(outlets({"o": SMALL}), "outlet", measures="attributed", replicates=9999)
    x, y = np.array(SMALL).T
    theirs = scipy.stats.bootstrap(
        (x, y), ratio, paired=True, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    assert found.select("low", "high").row(0) == pytest.approx((theirs.low, theirs.high), abs=0.01)
    assert found.select("interval", "n", "n_articles").row(0) == ("articles", 102, 12)


def test_interval_of_sentences_agrees_with_scipy(frames: Frames) -> None:
    found = compare.compare(frames, measures="loaded", only=SEED, replicates=9999)
    rows = body(frames, SEED)
    x, y = ([row[name] for row in rows] for name in ("loaded_words", "n_words"))
    theirs = scipy.stats.bootstrap(
        (x, y), lambda x, y, axis=-1: 100 * ratio(x, y, axis), paired=True, method="percentile", rng=np.random.default_rng(1)
    )
    assert found.select("low", "high").row(0) == pytest.approx(tuple(theirs.confidence_interval), abs=0.1)
    assert found["interval"].item() == "sentences"


@pytest.mark.parametrize(("articles", "sentences"), [(30, 10), (1, 60)])
def test_interval_covers_the_truth_as_often_as_it_says(articles: int, sentences: int) -> None:
    rng = np.random.default_rng(7)
    spread = rng.beta(4, 6, size=(200, articles)) if articles > 1 else np.full((200, 1), 0.4)
    counts = rng.binomial(sentences, spread)
    frames = outlets({f"o{i}": [(int(x), sentences) for x in row] for i, row in enumerate(counts)})
    found = compare.compare(frames, "outlet", measures="attributed")
    assert found["interval"].unique().to_list() == ["articles" if articles > 1 else "sentences"]
    assert 0.90 <= ((found["low"] <= 0.4) & (found["high"] >= 0.4)).mean() <= 0.99


@pytest.mark.parametrize(("units", "share"), [(400, 0.4), (3000, 0.05), (3000, 0.9)])
def test_many_units_are_resampled_as_a_normal_and_as_if_drawn_one_by_one(
    units: int, share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(1)
    y = rng.integers(8, 43, units)
    x, y = (one[:, None].astype(float) for one in (rng.binomial(y, share), y))
    assert compare._is_normal(x.T, y.T)
    resamples = compare._Resamples(20_000, 2)
    quick = np.divide(*resamples._many(x, y, ("one",))).ravel()
    monkeypatch.setattr(compare, "_is_normal", lambda x, y: False)
    drawn = np.divide(*resamples._many(x, y, ("one",))).ravel()
    points = [2.5, 25, 50, 75, 97.5]
    assert np.abs(np.percentile(quick, points) - np.percentile(drawn, points)).max() < 0.08 * drawn.std()
    assert scipy.stats.ks_2samp(quick, drawn).pvalue > 0.001


def test_rare_or_equal_units_are_drawn_one_by_one() -> None:
    rare = np.array([[0.0] * 4990 + [1.0] * 10]), np.full((1, 5000), 20.0)
    equal = np.array([[2.0] * 2500 + [5.0] * 2500]), np.array([[4.0] * 2500 + [10.0] * 2500])
    assert not compare._is_normal(*rare)
    assert not compare._is_normal(*equal)


def test_articles_are_resampled_whole() -> None:
    """Articles that differ much from each other make the interval far wider than their sentences alone would."""
    frames = outlets({"alike": [(5, 10)] * 9 + [(4, 10)], "unlike": [(10, 10), (0, 10)] * 5})
    found = compare.compare(frames, "outlet", measures="attributed")
    alike, unlike = found["high"] - found["low"]
    assert unlike > 5 * alike


@pytest.mark.parametrize("articles", [2, FEW - 1, FEW])
def test_few_articles_get_a_reason_for_want_of_an_interval(articles: int) -> None:
    found = compare.compare(outlets({"o": SMALL[:articles]}), "outlet", measures="attributed")
    low, reason = found.select("low", "reason").row(0)
    assert (low is None, reason) == (
        (False, None) if articles == FEW else (True, f"an interval needs {FEW} articles that count, and has {articles}")
    )


def test_units_that_agree_get_no_interval_of_no_width() -> None:
    found = compare.compare(outlets({"o": [(10, 10)] * 8}), "outlet", measures="attributed")
    assert found.select("value", "low", "reason").row(0) == (
        1,
        None,
        "all articles agree: resampling them cannot show how far it might vary",
    )


# coders


def coded(frames: Frames, annotator: str) -> Frames:
    """The frames with the labels of one coder in place of the adjudicated ones."""
    labels = frames["annotations"].filter(annotator_id=annotator).select("sentence_id", *LABEL_COLUMNS, "spans")
    return {**frames, "sentences": frames["sentences"].drop(*LABEL_COLUMNS, "spans").join(labels, on="sentence_id")}


def test_by_coder_is_compare_on_each_coder_in_turn(frames: Frames, whole: pl.DataFrame) -> None:
    found = compare.by_coder(frames)
    turns = [compare.compare(coded(frames, name), replicates=0)["value"] for name in ("model-a", "model-b", "model-c")]
    each = pl.DataFrame({str(i): turn for i, turn in enumerate(turns)})
    expected = each.select(lowest=pl.min_horizontal(pl.all()), highest=pl.max_horizontal(pl.all()))
    assert_frame_equal(found.select("lowest", "highest"), expected)
    assert_frame_equal(found.select(value="gold"), whole.select("value"))
    assert found["coders"].is_between(0, 3).all()


def test_resampling_coders_widens_the_interval_when_they_differ(frames: Frames) -> None:
    notes = frames["annotations"]
    harsh = pl.when(annotator_id="model-a").then(10).otherwise(pl.col("loaded_words")).cast(pl.Int32)
    differing = {**frames, "annotations": notes.with_columns(loaded_words=harsh)}
    width = {
        (name, coders): (found["high"] - found["low"]).to_list()
        for name, given in (("alike", frames), ("differing", differing))
        for coders in (False, True)
        for found in [compare.compare(given, measures="loaded", coders=coders)]
    }
    assert all(wide > 2 * narrow for wide, narrow in zip(width["differing", True], width["alike", True], strict=True))
    assert width["differing", False] == width["alike", False]


def test_coders_who_agree_leave_the_interval_as_it_is(frames: Frames) -> None:
    same = pl.concat(
        [frames["annotations"].filter(annotator_id="model-a").with_columns(annotator_id=pl.lit(name)) for name in "abc"]
    )
    with_coders = compare.compare({**frames, "annotations": same}, measures="loaded", coders=True, replicates=4000)
    without = compare.compare(coded(frames, "model-a"), measures="loaded", replicates=4000)
    assert_frame_equal(with_coders.select("value"), without.select("value"))
    assert_frame_equal(with_coders.select("low", "high"), without.select("low", "high"), abs_tol=0.3)
    assert with_coders["interval"].unique().to_list() == ["sentences and coders"]


# differences


def test_exact_p_agrees_with_scipy() -> None:
    a, b = SMALL[:5], SMALL[5:11]
    found = compare.differences(outlets({"a": a, "b": b}), "outlet", measures="attributed")
    x, y = np.array(a + b).T
    theirs = scipy.stats.permutation_test(
        (np.arange(5), np.arange(5, 11)),
        lambda i, j: ratio(x[i], y[i]) - ratio(x[j], y[j]),
        permutation_type="independent",
        n_resamples=np.inf,
    )
    assert found.select("difference", "p", "exact", "dealt").row(0) == (
        pytest.approx(theirs.statistic),
        pytest.approx(theirs.pvalue),
        True,
        "articles",
    )


def test_p_of_random_deals_agrees_with_all_deals() -> None:
    frames = outlets({"a": SMALL[:6], "b": SMALL[6:]})
    exact = compare.differences(frames, "outlet", measures="attributed")
    drawn = compare.differences(frames, "outlet", measures="attributed", replicates=900)
    assert (exact["exact"].item(), drawn["exact"].item()) == (True, False)
    assert drawn["p"].item() == pytest.approx(exact["p"].item(), abs=0.05)


def test_p_is_small_only_for_groups_that_differ() -> None:
    low, high = [(1, 10), (2, 10)] * 4, [(8, 10), (9, 10)] * 4
    found = compare.differences(outlets({"a": low, "b": low, "c": high}), "outlet", measures="attributed")
    p = {(a, b): p for a, b, p in found.select("a", "b", "p").rows()}
    assert p["a", "b"] == 1
    assert max(p["a", "c"], p["b", "c"]) < 0.001


def test_p_values_are_corrected_by_holm() -> None:
    frames = outlets({"a": SMALL[:4], "b": SMALL[4:8], "c": SMALL[8:]})
    found = compare.differences(frames, "outlet", measures=["attribution", "attributed", "stance"]).drop_nulls("p")
    _, expected, *_ = multipletests(found["p"], method="holm")
    assert found["p_holm"].to_list() == pytest.approx(list(expected))


def test_too_few_articles_are_not_tested() -> None:
    found = compare.differences(outlets({"a": SMALL[:3], "b": SMALL[3:6]}), "outlet", measures="attributed")
    assert found.select("p", "p_holm", "reason").row(0) == (
        None,
        None,
        "the units can be dealt in 20 ways: no p could be 0.05 or less",
    )
    assert found["difference"].item() is not None


def test_single_articles_are_compared_as_texts(frames: Frames) -> None:
    found = compare.differences(frames, "article_id", measures=["loaded", "sources", "perspective_balance_by_voice"])
    dealt = dict(found.select("measure", "dealt").unique().rows())
    assert dealt == {"loaded": "sentences", "sources": "articles", "perspective_balance_by_voice": "sentences"}
    wire = found.filter(pl.col("b") == SEED, measure="loaded", a=WIRE)
    assert wire["p_holm"].item() < 0.05
    lacking = found.filter(item="author", a=WIRE)["reason"].item()
    assert lacking == f"{WIRE}: no sentence in that voice gives either side's account"


# distances

counts = st.lists(st.integers(0, 30), min_size=4, max_size=4).filter(any)


@given(counts, counts, counts)
@settings(max_examples=100, deadline=None)
def test_distance_is_a_bounded_metric_and_scipy_s(a: list[int], b: list[int], c: list[int]) -> None:
    def distance(x: list[int], y: list[int]) -> float:
        return float(compare._jensen_shannon(np.array(x, float), np.array(y, float)))

    assert 0 <= distance(a, b) <= 1
    assert distance(a, b) == distance(b, a)
    assert distance(a, [3 * n for n in a]) == pytest.approx(0, abs=1e-7)
    assert distance(a, c) <= distance(a, b) + distance(b, c) + 1e-9
    assert distance(a, b) == pytest.approx(scipy.spatial.distance.jensenshannon(a, b, base=2), abs=1e-7)


def test_distances_are_those_of_the_shares(frames: Frames, whole: pl.DataFrame) -> None:
    for row in compare.distances(frames).filter(pl.col("label") != "mean").to_dicts():
        p, q = (whole.filter(article_id=row[side], measure=row["label"])["value"].to_numpy() for side in "ab")
        assert row["distance"] == pytest.approx(scipy.spatial.distance.jensenshannon(p, q, base=2))


def test_no_deals_give_distances_without_chance(frames: Frames) -> None:
    found = compare.distances(frames, replicates=0)
    assert_frame_equal(found.drop("chance", "p", "reason"), compare.distances(frames).drop("chance", "p", "reason"))
    assert found["chance"].null_count() == found.height


def test_mean_distance_is_the_mean_of_the_labels(frames: Frames) -> None:
    found = compare.distances(frames, replicates=0)
    for pair in found.partition_by("a", "b"):
        assert pair.filter(label="mean")["distance"].item() == pytest.approx(
            pair.filter(pl.col("label") != "mean")["distance"].mean()
        )
    assert found["p"].null_count() == found.height == found["reason"].null_count()


def test_chance_is_the_distance_of_accounts_that_do_not_differ() -> None:
    rng = np.random.default_rng(5)
    types = [str(one) for one in LABELS["claim_type"]]
    articles = [{"id": f"x{i}", "sentences": [{"claim_type": one} for one in rng.choice(types, 26)]} for i in range(30)]
    found = compare.distances(make(articles), replicates=50).filter(label="claim_type")
    assert found["distance"].mean() == pytest.approx(found["chance"].mean(), abs=0.03)
    assert found["chance"].min() > 0.2
    assert (found["p"] <= 0.05).mean() < 0.1


def test_map_keeps_the_distances_of_three(frames: Frames) -> None:
    distances = compare.distances(frames)
    found = compare.layout(distances)
    assert found["fit"].unique().to_list() == [pytest.approx(1)]
    places = dict(zip(found["group"], found.select("x", "y").to_numpy(), strict=True))
    for a, b, distance in distances.filter(label="mean").select("a", "b", "distance").rows():
        assert np.linalg.norm(places[a] - places[b]) == pytest.approx(distance)


def test_map_leaves_out_what_has_no_distance(frames: Frames) -> None:
    names = [pl.when(pl.col("article_id") == STATE).then(None).otherwise(pl.col(name)).alias(name) for name in LABELS]
    found = compare.layout(compare.distances({**frames, "sentences": frames["sentences"].with_columns(names)}))
    lost = found.filter(group=STATE)
    assert lost.select("x", "y", "fit").row(0) == (None, None, None)
    assert lost["reason"].item() == "no distance to some other group"
    assert found.filter(pl.col("group") != STATE)["reason"].null_count() == 2


# explanations


@pytest.mark.parametrize("measure", [name for name, one in MEASURES.items() if one.rows != "articles"])
def test_contributions_add_up_to_the_value(frames: Frames, whole: pl.DataFrame, measure: str) -> None:
    for name in (SEED, WIRE, STATE):
        found = compare.evidence(frames, name, measure, n=100).group_by("item").agg(pl.col("contribution").sum())
        values = whole.filter(article_id=name, measure=measure).drop_nulls("value").select("item", "value")
        sums = values.join(found, on="item", how="left").fill_null(0)
        assert sums["contribution"].to_list() == pytest.approx(sums["value"].to_list())
        assert set(found["item"]) <= set(values["item"])
        assert not compare.evidence(frames, name, measure, n=100).select("n", "item").is_duplicated().any()


def test_most_telling_sentences_stand_first(frames: Frames) -> None:
    found = compare.evidence(frames, SEED, "loaded", n=4)
    assert found["n"].to_list() == [8, 18, 9, 17]
    light = compare.evidence(frames, SEED, "stance", "ncri", n=100)["contribution"].to_list()
    assert light == sorted(light, reverse=True)
    against = compare.evidence(frames, STATE, "stance", "ncri", n=3)
    assert against["contribution"].max() < 0
    assert set(against["article_id"]) == {STATE}


def test_behind_what_is_left_out_stand_the_others(frames: Frames) -> None:
    found = compare.evidence(frames, SEED, "facts_left_out")
    assert SEED not in found["article_id"]
    assert found["item"].unique(maintain_order=True).to_list() == ["mek-popularity", "speaker-fees", "terror-listing"]
    own = compare.evidence(frames, SEED, "facts_reported", "attendance")
    assert own.select("article_id", "n").rows() == [(SEED, 1)]


def test_behind_sources_stand_the_sentences_that_name_them(frames: Frames) -> None:
    found = compare.evidence(frames, SEED, "sources")
    named = [row["n"] for row in body(frames, SEED) if any(span["layer"] == "source" for span in row["spans"])]
    assert found["n"].to_list() == named
    assert found["contribution"].null_count() == len(named)


# the recipes


def test_recipes_give_what_compare_gives(frames: Frames, whole: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    import slantbank

    monkeypatch.setattr(slantbank, "load", lambda frame="sentences": frames[frame], raising=False)
    page = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
    snippets = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    found: dict[str, Any] = {}
    for snippet in snippets:
        exec(compile(snippet, "docs/recipes.md", "exec"), found)

    for name, share in (("attribution", "share"), ("voice", "own_voice")):
        measure, item = ("attribution", "attribution") if name == "attribution" else ("own_voice", "claim_type")
        for row in found[name].to_dicts():
            assert row[share] == pytest.approx(value(whole, measure, row[item], article_id=row["article_id"]))
    for row in found["by_origin"].to_dicts():
        assert row["share"] == pytest.approx(
            value(compare.shares(frames, "origin"), "claim_type", row["claim_type"], origin=row["origin"])
        )
    for name, column, measure in (
        *(("balance", "balance", "perspective_balance"), ("loaded", "per_100", "loaded")),
        *(("sources", "sources", "sources"), ("sources", "effective", "effective_sources")),
    ):
        assert found[name].height == 3
        for row in found[name].to_dicts():
            assert row[column] == pytest.approx(value(whole, measure, article_id=row["article_id"]))
    for name, measure, item in (("light", "stance", "party"), ("light_by_side", "side_stance", "side")):
        for row in found[name].to_dicts():
            assert row["value"] == pytest.approx(value(whole, measure, row[item], article_id=row["article_id"]))
    left_out = compare.coverage(frames).filter("left_out").select("article_id", "fact_id")
    assert sorted(left_out.rows()) == found["left_out"].select("article_id", "fact_id").rows()
    assert found["words"].filter(fact_id="attendance")[SEED].item() == "over 100,000"
    assert found["loaded_words"].height > 0
    low, high = whole.filter(article_id=SEED, measure="loaded").select("low", "high").row(0)
    assert (found["low"], found["high"]) == pytest.approx((low, high), abs=0.3)
    assert_frame_equal(found["everything"], whole)
    assert not any(found[name].is_empty() for name in ("origins", "sides", "chart", "moved", "why"))
    assert list(found["meanings"]) == list(MEASURES)
