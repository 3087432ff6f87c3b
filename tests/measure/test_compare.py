"""Comparison: measures rank accounts of known slant correctly, and values follow from their definitions."""

import random
import re
from collections.abc import Callable
from datetime import date
from itertools import combinations
from math import prod
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from slantbank.codebook import LABELS
from slantbank.frames import _schema as schema
from slantbank.measure import _compare as compare
from slantbank.measure import _differences as differences
from slantbank.measure._measures import DRAWN, MEASURES
from tests.conftest import ROOT
from tests.measure.made import Frames, annotators, make, value

TOPIC = "free-iran-rally-2017"
SEED, WIRE, STATE = (f"2017-07-free-iran-rally-{name}" for name in ("katiraie", "control-wire", "control-state"))
LABEL_COLUMNS = (
    *("claim_type", "attribution", "source_type", "source_perspective", "perspective_party", "source_party"),
    *("stance", "facts", "loaded_words"),
)


def compared(frames: Frames, *arguments: Any, **options: Any) -> pl.DataFrame:
    """What `compare` gives, without the warnings."""
    return compare.compare(frames, *arguments, **options).filter(pl.col("measure") != "warning")


def unlabelled(frames: Frames, *columns: str) -> Frames:
    """The frames with label columns emptied."""
    empty = [pl.lit(None, schema.dtypes("sentences")[name]).alias(name) for name in columns]
    return {**frames, "sentences": frames["sentences"].with_columns(*empty, spans=pl.lit([], schema.SPANS))}


@pytest.fixture(scope="module")
def whole(frames: Frames) -> pl.DataFrame:
    return compared(frames)


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
        ("facts_left_out", "", (STATE, SEED, WIRE)),
    ],
)
def test_measures_rank_the_controls(whole: pl.DataFrame, measure: str, item: str, order: tuple[str, ...]) -> None:
    values = [value(whole, measure, item, article_id=name) for name in order]
    assert values == sorted(values, reverse=True)
    assert len(set(values)) == len(values)


def test_wire_reports_what_the_seed_leaves_out(frames: Frames) -> None:
    result = compare.coverage(frames)
    left_out = result.filter("left_out", article_id=SEED)["fact_id"].to_list()
    assert left_out == ["mek-popularity", "speaker-fees", "terror-listing"]
    assert result.filter(pl.col("fact_id").is_in(left_out), article_id=WIRE)["reported"].all()


def test_wire_lies_between_the_two_sides(frames: Frames) -> None:
    apart = {
        (a, b): d
        for a, b, d in differences.distances(frames).filter(label="source_perspective").select("a", "b", "distance").rows()
    }
    assert apart[STATE, SEED] > max(apart[STATE, WIRE], apart[WIRE, SEED])


def test_coverage_has_each_articles_wording_of_a_fact(frames: Frames) -> None:
    result = compare.coverage(frames, only=TOPIC).filter(fact_id="attendance").select("article_id", "words").rows()
    assert dict(result) == {STATE: ["Rented Crowd", "more than 100,000"], WIRE: ["more than 100,000"], SEED: ["over 100,000"]}


# the definitions, recomputed by plain loops


def body(frames: Frames, article_id: str) -> list[dict[str, Any]]:
    return frames["sentences"].filter(article_id=article_id, unit="body").to_dicts()


@pytest.mark.parametrize("article_id", [SEED, WIRE, STATE])
def test_measures_equal_plain_loops(frames: Frames, whole: pl.DataFrame, article_id: str) -> None:
    rows = body(frames, article_id)
    result = whole.filter(article_id=article_id)

    sides = [row["source_perspective"] for row in rows]
    a, b = sides.count("side_a"), sides.count("side_b")
    assert value(result, "perspective_balance") == pytest.approx((a - b) / (a + b))

    assert value(result, "loaded") == pytest.approx(
        100 * sum(row["loaded_words"] for row in rows) / sum(row["n_words"] for row in rows)
    )
    for quarter in (1, 2, 3, 4):
        part = [row for i, row in enumerate(rows) if i * 4 // len(rows) + 1 == quarter]
        loaded = 100 * sum(row["loaded_words"] for row in part) / sum(row["n_words"] for row in part)
        assert value(result, "loaded_by_quarter", str(quarter)) == pytest.approx(loaded)

    for party in ("ncri", "iran-gov"):
        stances = [stance["value"] for row in rows for stance in row["stance"] if stance["party"] == party]
        assert value(result, "stance", party) == pytest.approx(sum(stances) / len(stances))
        assert value(result, "stance_bad", party) == pytest.approx(stances.count(-1) / len(stances))

    own = [row for row in rows if row["attribution"] == "author"]
    factual = [row for row in rows if row["claim_type"] == "factual"]
    assert value(result, "claim_type_by_attribution", "author/factual") == pytest.approx(
        sum(row["claim_type"] == "factual" for row in own) / len(own)
    )
    assert value(result, "own_voice", "factual") == pytest.approx(sum(row in own for row in factual) / len(factual))

    names = [span["text"].casefold() for row in rows for span in row["spans"] if span["layer"] == "source"]
    drawn = [len(set(five)) for five in combinations(names, DRAWN)]
    sources = result.filter(measure="different_sources")["value"].item()
    assert sources == (pytest.approx(sum(drawn) / len(drawn)) if drawn else None)


def test_facts_equal_plain_loops(frames: Frames, whole: pl.DataFrame) -> None:
    reported: dict[str, set[str]] = {}
    for row in frames["sentences"].to_dicts():
        reported.setdefault(row["article_id"], set()).update(row["facts"])
    for name, own in reported.items():
        elsewhere = set().union(*(facts for other, facts in reported.items() if other != name))
        assert value(whole, "facts_left_out", article_id=name) == pytest.approx(len(elsewhere - own) / len(elsewhere))
        assert value(whole, "facts_reported", article_id=name) == pytest.approx(len(own) / frames["facts"].height)


def test_group_is_the_ratio_of_its_sums(frames: Frames) -> None:
    result = compared(frames, "origin", measures="loaded").filter(origin="constructed")
    rows = body(frames, WIRE) + body(frames, STATE)
    assert result["value"].item() == pytest.approx(
        100 * sum(row["loaded_words"] for row in rows) / sum(row["n_words"] for row in rows)
    )
    assert result["n_articles"].item() == 2


def test_headlines_are_measured_separately(frames: Frames) -> None:
    result = compared(frames, measures="perspective_balance", headline=True)
    assert dict(result.select("article_id", "value").rows()) == {SEED: None, WIRE: 1.0, STATE: -1.0}
    assert result["n"].to_list() == [1, 1, 0]


def test_every_measure_is_stated_once() -> None:
    for name, measure in MEASURES.items():
        assert measure.meaning.endswith("."), name
        assert measure.items, name
        assert set(measure.layers) <= set(LABEL_COLUMNS), name


# nulls


def test_layers_that_are_not_coded_give_null_and_the_reason(frames: Frames) -> None:
    result = compared(unlabelled(frames, *LABEL_COLUMNS))
    assert result["value"].null_count() == result["low"].null_count() == result.height
    assert result["reason"].str.starts_with("not coded: ").all()
    assert set(result["measure"]) == set(MEASURES)
    apart = differences.distances(unlabelled(frames, *LABEL_COLUMNS))
    assert apart["distance"].null_count() == apart.height == apart["reason"].count()
    assert compare.coverage(unlabelled(frames, *LABEL_COLUMNS)).select("reported", "left_out").null_count().row(0) == (48, 48)


@pytest.mark.parametrize("layer", ["claim_type", "attribution", "source_perspective", "stance", "loaded_words", "facts"])
def test_one_missing_layer_does_not_change_measures_of_other_layers(frames: Frames, whole: pl.DataFrame, layer: str) -> None:
    result = compared(
        {**frames, "sentences": frames["sentences"].with_columns(pl.lit(None, frames["sentences"].schema[layer]).alias(layer))}
    )
    others = pl.col("measure").is_in([name for name, stated in MEASURES.items() if layer not in stated.layers])
    assert_frame_equal(result.filter(others), whole.filter(others))
    missing = result.filter(~others & (pl.col("measure") != "source_side"))
    assert missing["value"].null_count() == missing.height > 0
    assert missing["reason"].str.contains("not coded: ").all()


def test_source_type_is_not_coded_only_if_something_is_attributed() -> None:
    own = make([{"id": "x", "sentences": [{}, {"attribution": "author"}]}])
    left = make([{"id": "x", "sentences": [{}, {"attribution": "direct"}, {"attribution": "author"}]}])
    reasons = [compared(frames, measures="unnamed")["reason"].item() for frames in (own, left)]
    assert reasons == ["no sentence is attributed", "not coded: source_type"]


def test_nulls_never_count_in_a_denominator() -> None:
    some = [{}, {"claim_type": "factual"}, {"claim_type": None}, {"claim_type": "causal"}, {}]
    result = compared(make([{"id": "x", "sentences": some}]))
    assert value(result, "claim_type", "factual") == 0.5
    assert result.filter(measure="claim_type")["n"].unique().to_list() == [2]


def test_balance_without_either_side_is_null_and_not_zero() -> None:
    result = compared(make([{"id": "x", "sentences": [{}, {"source_perspective": "neutral"}]}]), measures="perspective_balance")
    assert result.select("value", "reason").row(0) == (None, "no sentence gives either side's account")


def test_every_null_value_has_its_reason_and_every_value_its_interval(whole: pl.DataFrame) -> None:
    null = pl.col("value").is_null()
    assert whole.filter(null)["reason"].null_count() == 0
    assert (
        whole.filter(null).select("low", "high", "rests_on", "method", "too_little").null_count().row(0)
        == (whole.filter(null).height,) * 5
    )
    rows = whole.filter(~null)
    assert rows.select("low", "high", "rests_on", "method", "too_little").null_count().row(0) == (0,) * 5
    assert (rows["high"] > rows["low"]).all()
    assert (rows["reason"].is_not_null() == rows["too_little"]).all()


def test_party_that_nobody_mentions_is_listed_without_a_value(whole: pl.DataFrame) -> None:
    result = whole.filter(article_id=STATE, measure="stance", item="us-trump")
    assert result.select("value", "n", "reason").row(0) == (None, 0, "no sentence refers to the party")


def test_different_sources_have_a_value_where_enough_are_marked() -> None:
    def named(*sources: str) -> list[dict[str, Any]]:
        span = {"layer": "source", "start": 0, "end": 1, "ref": None}
        return [{}, *({"attribution": "direct", "spans": [{**span, "text": source}]} for source in sources)]

    articles = {"few": named(*"abcd"), "two": named(*"aaaabb"), "all": named(*"abcdef"), "long": named(*("ab" * 40))}
    result = compared(make([{"id": name, "sentences": rows} for name, rows in articles.items()]), measures="different_sources")
    values = dict(result.select("article_id", "value").rows())
    assert values["few"] is None
    assert values["two"] == pytest.approx(2)  # of six, one of which is left out, five always have both
    assert values["all"] == 5
    assert values["long"] == pytest.approx(2 - 2 * prod((40 - i) / (80 - i) for i in range(5)))
    withheld = compared(make([{"id": "x", "includes_text": False, "sentences": articles["all"]}]), measures="different_sources")
    assert withheld.select("value", "reason").row(0) == (None, "the text is withheld, and wordings are not known")


def test_different_sources_do_not_grow_with_the_length_of_a_text() -> None:
    """The effective number of sources, truly 8.0, was 3.7, 5.3, 6.6 and 7.3 with 5, 10, 20 and 40 attributions."""
    draw = random.Random(16)
    span = {"layer": "source", "start": 0, "end": 1, "ref": None}
    lengths = {length: [f"{length}-{i}" for i in range(300)] for length in (5, 10, 40)}
    articles = [
        {
            "id": name,
            "outlet": str(length),
            "sentences": [
                {},
                *({"attribution": "direct", "spans": [{**span, "text": draw.choice("abcdefgh")}]} for _ in range(length)),
            ],
        }
        for length, names in lengths.items()
        for name in names
    ]
    result = compared(make(articles), "outlet", measures="different_sources")
    true = 8 * (1 - (7 / 8) ** 5)
    assert result["value"].to_list() == pytest.approx([true] * 3, abs=0.1)
    assert result.select(((pl.col("low") < true) & (true < pl.col("high"))).all()).item()


def test_groups_of_different_sources_have_one_denominator() -> None:
    """The number of sources and their effective number were means over different articles."""
    span = {"layer": "source", "start": 0, "end": 1, "ref": None, "text": "a"}
    some = [{}, *[{"attribution": "direct", "source_party": "p", "spans": [span]}] * 6]
    frames = make(
        [{"id": "x", "outlet": "o", "sentences": some}, {"id": "y", "outlet": "o", "sentences": [{}, {"attribution": "author"}]}]
    )
    result = compared(frames, "outlet", measures=["different_sources", "different_source_parties"])
    assert result.select("value", "n", "n_articles").rows() == [(1, 1, 1)] * 2


def test_a_side_is_counted_by_sentence_and_not_by_mention() -> None:
    """The share of bad was .60 of 5 mentions."""
    stances = [{"p": 0, "s": -1}, {"p": 1}, {"p": 1, "s": -1}]
    stances[0] = {"p": -1, "s": -1}
    rows = [
        {"loaded_words": 1, "stance": [{"party": party, "value": number} for party, number in stance.items()]} for stance in stances
    ]
    result = compared(make([{"id": "x", "sentences": [{}, *rows]}])).filter(item="a")
    assert [value(result, name, "a") for name in ("side_stance_bad", "side_stance_good", "side_stance_neither", "side_stance")] == [
        pytest.approx(share) for share in (2 / 3, 2 / 3, 0, 0)
    ]
    assert result.filter(measure="side_stance_bad")["n"].item() == 3
    assert result.filter(measure="side_loaded_against").select("value", "n").row(0) == (pytest.approx(10), 20)


def test_sides_of_different_axes_are_never_pooled() -> None:
    rows = [{}, *[{"source_perspective": "side_a", "stance": [{"party": "p", "value": 1}]}] * 3]
    articles = [{"id": f"x{topic}", "topic": topic, "outlet": "o", "sentences": rows} for topic in "tuv"]
    for axes, pooled in (
        ({"t": "us-left-right", "u": "us-left-right", "v": "us-left-right"}, True),
        ({"t": "us-left-right", "u": "x", "v": "x"}, False),
        ({"t": "none", "u": "none", "v": "none"}, False),
        ({}, False),
    ):
        result = compared(make(articles, axes=axes), "outlet")
        by_side = result.filter(pl.col("measure").is_in([name for name, stated in MEASURES.items() if stated.by_side]))
        assert by_side["value"].is_not_null().any() == pooled
        assert value(result, "stance", "p") == 1
        if not pooled:
            assert by_side["reason"].str.starts_with("side a is not the same on all topics of the group").all()


# facts

FACTS = [
    {"fact_id": "early", "favours": "a"},
    {"fact_id": "late", "since": date(2020, 6, 1), "favours": "b"},
    {"fact_id": "known", "favours": "none"},
    {"fact_id": "nobody's", "favours": "a"},
]


def accounts(**reported: list[list[str]]) -> Frames:
    days = {"before": date(2020, 5, 1), "after": date(2020, 7, 1), "later": date(2020, 8, 1), "undated": None}
    return make(
        [
            {"id": name, "published": days[name], "sentences": [{"facts": listed} for listed in facts]}
            for name, facts in reported.items()
        ],
        FACTS,
    )


def test_a_fact_that_came_later_is_not_left_out() -> None:
    frames = accounts(before=[[], ["early"]], after=[["early"], ["late", "known"]], later=[[], []], undated=[[], []])
    result = compared(frames, measures=["facts_reported", "facts_left_out"])
    reported, left_out = (
        {row["article_id"]: row for row in result.filter(measure=name).to_dicts()} for name in ("facts_reported", "facts_left_out")
    )
    assert {name: (row["value"], row["n"]) for name, row in reported.items()} == {
        "before": (pytest.approx(1 / 3), 3),
        "after": (pytest.approx(3 / 4), 4),
        "later": (0, 4),
        "undated": (0, 3),
    }
    assert {name: (row["value"], row["n"]) for name, row in left_out.items()} == {
        "before": (0.5, 2),  # early, which after reports too, and known; not late
        "after": (0, 1),  # only early is reported by others
        "later": (1, 3),
        "undated": (1, 2),
    }
    facts = compare.coverage(frames).filter(fact_id="late").select("article_id", "left_out").rows()
    assert dict(facts) == {"before": None, "after": False, "later": True, "undated": None}


def test_omissions_are_counted_by_the_side_that_the_fact_helps() -> None:
    frames = accounts(after=[["early"], ["late"]], later=[[], ["early", "known"]])
    result = compared(frames, measures="facts_left_out_favouring")
    assert result.select("article_id", "item", "value").rows() == [
        *(("after", "a", 0), ("after", "b", None), ("after", "none", 1)),
        *(("later", "a", 0), ("later", "b", 1), ("later", "none", None)),
    ]


def test_omission_beyond_length_does_not_favour_longer_texts() -> None:
    """Each sentence reports a fact with the same probability, so that longer texts leave out fewer facts by construction."""
    draw = random.Random(16)
    names = [f"f{i}" for i in range(12)]
    articles = [
        {
            "id": f"{length}-{i}",
            "outlet": str(length),
            "sentences": [{"facts": [draw.choice(names)] if draw.random() < 0.4 else []} for _ in range(length)],
        }
        for length in (8, 40)
        for i in range(60)
    ]
    result = compared(make(articles, names), "outlet", measures=["facts_left_out", "facts_left_out_beyond_length"])
    plain, beyond = (
        {row["outlet"]: row["value"] for row in result.filter(measure=name).to_dicts()}
        for name in ("facts_left_out", "facts_left_out_beyond_length")
    )
    assert plain["8"] > plain["40"] + 0.3
    assert abs(beyond["8"]) < 0.03
    assert abs(beyond["40"]) < 0.03


def test_omission_beyond_length_is_the_mean_over_all_cuts() -> None:
    texts = {"x": [["f1"], ["f1", "f2"], [], ["f3"]], "y": [["f1"], []], "z": [["f2"], [], ["f2"]]}
    frames = make([{"id": name, "sentences": [{"facts": listed} for listed in rows]} for name, rows in texts.items()])

    def expected(rows: list[list[str]], length: int) -> float:
        cuts = [len(set().union(*some)) for some in combinations(rows, length)]
        return sum(cuts) / len(cuts)

    result = compared(frames, measures="facts_left_out_beyond_length")
    for name, rows in texts.items():
        gaps = []
        for other, theirs in texts.items():
            length = min(len(rows), len(theirs))
            gaps += [(expected(theirs, length) - expected(rows, length)) / 3] if other != name else []
        assert value(result, "facts_left_out_beyond_length", article_id=name) == pytest.approx(sum(gaps) / 2)


labels = st.fixed_dictionaries(
    {column: st.one_of(st.none(), st.sampled_from([str(label) for label in members])) for column, members in LABELS.items()}
)
texts = st.lists(labels, min_size=2, max_size=12)


@given(st.lists(texts, min_size=1, max_size=3))
@settings(max_examples=15, deadline=None)
def test_shares_sum_to_one_or_are_all_null(articles: list[list[dict[str, Any]]]) -> None:
    frames = make([{"id": f"x{i}", "sentences": sentences} for i, sentences in enumerate(articles)])
    shares = compared(frames, measures=list(LABELS))
    sums = shares.group_by("article_id", "measure").agg(pl.col("value").sum(), count=pl.col("value").count(), n=pl.col("n").first())
    for total, count, n in sums.select("value", "count", "n").rows():
        assert (total, count) == ((0, 0) if n == 0 else (pytest.approx(1), count))
    assert compared(frames, measures="perspective_balance")["value"].drop_nulls().is_between(-1, 1).all()


# nothing depends on order or company


def test_order_of_rows_does_not_matter(frames: Frames, whole: pl.DataFrame) -> None:
    mixed = {name: frame.sample(fraction=1, shuffle=True, seed=3) for name, frame in frames.items()}
    assert_frame_equal(compared(mixed), whole, check_exact=True)
    functions: tuple[Callable[[Any], pl.DataFrame], ...] = (
        lambda result: compare.compare(result, "topic_id"),
        lambda result: compare.compare(result, coders=True, measures="stance"),
        lambda result: differences.distances(result, permutations=99),
        lambda result: differences.differences(result, "article_id", measures=["loaded", "stance"], permutations=99),
        lambda result: compare.evidence(result, SEED, "loaded"),
        *(compare.coverage, compare.by_coder),
    )
    for function in functions:
        assert_frame_equal(function(mixed), function(frames), check_exact=True)


def test_frames_may_be_lazy(frames: Frames, whole: pl.DataFrame) -> None:
    lazy: Any = {name: frame.lazy() for name, frame in frames.items()}
    assert_frame_equal(compared(lazy), whole, check_exact=True)
    assert_frame_equal(compare.coverage(lazy), compare.coverage(frames))


@pytest.mark.parametrize("cells", [1, 50])
def test_the_size_of_batches_does_not_change_values(
    frames: Frames, whole: pl.DataFrame, cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    topics = compare.compare(frames, "topic_id")
    monkeypatch.setattr(compare, "CELLS", cells)
    assert_frame_equal(compared(frames), whole)
    assert_frame_equal(compare.compare(frames, "topic_id"), topics)


def test_other_articles_and_measures_do_not_change_a_value(frames: Frames, whole: pl.DataFrame) -> None:
    values = ["article_id", "measure", "item", "value", "n"]
    two = whole.filter(pl.col("article_id") != STATE)
    assert_frame_equal(compared(frames, only=[SEED, WIRE]).select(values), two.select(values), check_exact=True)
    assert_frame_equal(compared(frames, only=TOPIC), whole, check_exact=True)
    names = ["loaded", "different_sources"]
    assert_frame_equal(compared(frames, measures=names), whole.filter(pl.col("measure").is_in(names)), check_exact=True)


def test_sentences_of_articles_that_are_not_in_the_frame_are_not_measured(frames: Frames, whole: pl.DataFrame) -> None:
    for name in (SEED, WIRE, STATE):
        fewer = {**frames, "articles": frames["articles"].filter(pl.col("article_id") != name)}
        values = ["article_id", "measure", "item", "value", "n"]
        # facts reported by an article that is not in the frame do not count on the topic
        kept = whole.filter((pl.col("article_id") != name) & ~pl.col("measure").str.starts_with("facts_left_out"))
        result = compared(fewer).filter(~pl.col("measure").str.starts_with("facts_left_out"))
        assert_frame_equal(result.select(values), kept.select(values), check_exact=True)


def test_a_single_article_can_be_measured(frames: Frames) -> None:
    alone = {
        name: frame.filter(pl.col("article_id") == SEED) if "article_id" in frame.columns else frame
        for name, frame in frames.items()
    }
    result = compared(alone)
    assert value(result, "perspective_balance") == 1
    assert result.filter(measure="facts_left_out").select("value", "reason").row(0) == (
        None,
        "no other article on the topic reports a fact",
    )
    assert compare.coverage(alone).height == frames["facts"].height
    assert differences.distances(alone).is_empty()
    assert differences.differences(alone, "article_id").is_empty()


def test_an_error_about_an_unknown_name_gives_the_nearest(frames: Frames) -> None:
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


# coders


def coded(frames: Frames, annotator: str) -> Frames:
    """The frames with the labels of one coder in place of the adjudicated ones."""
    labels = frames["annotations"].filter(annotator_id=annotator).select("sentence_id", *LABEL_COLUMNS, "spans")
    return {**frames, "sentences": frames["sentences"].drop(*LABEL_COLUMNS, "spans").join(labels, on="sentence_id")}


def test_by_coder_equals_compare_on_each_coder_in_turn(frames: Frames, whole: pl.DataFrame) -> None:
    result = compare.by_coder(frames)
    turns = [compared(coded(frames, name))["value"] for name in ("model-a", "model-b", "model-c")]
    values = pl.DataFrame({str(i): turn for i, turn in enumerate(turns)})
    expected = values.select(lowest=pl.min_horizontal(pl.all()), highest=pl.max_horizontal(pl.all()))
    assert_frame_equal(result.select("lowest", "highest"), expected)
    assert_frame_equal(result.select("value"), whole.select("value"))
    assert result["coders"].is_between(0, 3).all()


@pytest.mark.parametrize("coders", [2, 3, 5])
def test_between_is_the_chance_that_one_more_coder_lies_in_the_range(coders: int) -> None:
    """The range of coders was said not to depend on who coded; but one more coder lies in it in 33, 50, 67 % of cases."""
    draw = random.Random(coders)
    trials = 4000
    inside = sum(
        min(others) <= new <= max(others) for _ in range(trials) for new, *others in [[draw.random() for _ in range(coders + 1)]]
    )
    own = {f"human-{i}": [{}, {"attribution": "author"}] for i in range(coders)}
    frames = make(
        [{"id": "x", "sentences": [{}, {"attribution": "author"}], "coders": own, "annotators": annotators(*own, "gold")}]
    )
    between = compare.by_coder(frames, measures="attributed")["between"].item()
    assert between == (coders - 1) / (coders + 1) == pytest.approx(inside / trials, abs=0.03)


def test_coders_who_differ_widen_the_interval(frames: Frames) -> None:
    notes = frames["annotations"]
    harsh = pl.when(annotator_id="model-a").then(10).otherwise(pl.col("loaded_words")).cast(pl.Int32)
    differing = {**frames, "annotations": notes.with_columns(loaded_words=harsh)}
    width = {}
    for name, given_ in (("alike", frames), ("differing", differing)):
        result = compared(given_, measures="loaded", coders=True)
        assert result["rests_on"].unique().to_list() == ["sentences and coders"]
        width[name] = (result["high"] - result["low"]).to_list()
    assert all(wide > 2 * narrow for wide, narrow in zip(width["differing"], width["alike"], strict=True))


def test_coders_who_agree_leave_value_and_interval_as_they_are(frames: Frames) -> None:
    alike = pl.concat(
        [frames["annotations"].filter(annotator_id="model-a").with_columns(annotator_id=pl.lit(name)) for name in "abc"]
    )
    for by in ("article_id", "topic_id"):
        together = compared({**frames, "annotations": alike}, by, measures=["loaded", "attributed"], coders=True)
        alone = compared(coded(frames, "model-a"), by, measures=["loaded", "attributed"])
        assert_frame_equal(together.select("value"), alone.select("value"))
        assert_frame_equal(together.select("low", "high"), alone.select("low", "high"), abs_tol=0.02, rel_tol=0.05)


# explanations


@pytest.mark.parametrize("measure", [name for name, stated in MEASURES.items() if stated.over != "articles"])
def test_contributions_add_up_to_the_value(frames: Frames, whole: pl.DataFrame, measure: str) -> None:
    for name in (SEED, WIRE, STATE):
        result = compare.evidence(frames, name, measure, n=100).group_by("item").agg(pl.col("contribution").sum())
        values = whole.filter(article_id=name, measure=measure).drop_nulls("value").select("item", "value")
        sums = values.join(result, on="item", how="left").fill_null(0)
        assert sums["contribution"].to_list() == pytest.approx(sums["value"].to_list())
        assert set(result["item"]) <= set(values["item"])
        assert not compare.evidence(frames, name, measure, n=100).select("n", "item").is_duplicated().any()


def test_sentences_with_the_largest_contributions_come_first(frames: Frames) -> None:
    result = compare.evidence(frames, SEED, "loaded", n=4)
    assert result["n"].to_list() == [8, 18, 9, 17]
    stances = compare.evidence(frames, SEED, "stance", "ncri", n=100)["contribution"].to_list()
    assert stances == sorted(stances, reverse=True)
    against = compare.evidence(frames, STATE, "stance", "ncri", n=3)
    assert against["contribution"].max() < 0
    assert set(against["article_id"]) == {STATE}


def test_items_of_evidence_are_always_in_the_same_order(frames: Frames) -> None:
    """The order depended on threads."""
    for measure in ("stance_neither", "side_stance"):
        items = compare.evidence(frames, WIRE, measure, n=100)["item"].to_list()
        assert items == sorted(items)


def test_evidence_of_omission_is_the_sentences_of_other_articles(frames: Frames) -> None:
    result = compare.evidence(frames, SEED, "facts_left_out")
    assert SEED not in result["article_id"]
    assert result["item"].unique(maintain_order=True).to_list() == ["mek-popularity", "speaker-fees", "terror-listing"]
    own = compare.evidence(frames, SEED, "facts_reported", "attendance")
    assert own.select("article_id", "n").rows() == [(SEED, 1)]


def test_evidence_of_sources_is_the_sentences_that_name_them(frames: Frames) -> None:
    result = compare.evidence(frames, SEED, "different_sources")
    named = [row["n"] for row in body(frames, SEED) if any(span["layer"] == "source" for span in row["spans"])]
    assert result["n"].to_list() == named
    assert result["contribution"].null_count() == len(named)


# the recipes


def test_recipes_give_what_compare_gives(frames: Frames, whole: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    import slantbank

    monkeypatch.setattr(slantbank, "load", lambda frame="sentences": frames[frame], raising=False)
    page = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
    snippets = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    result: dict[str, Any] = {}
    for snippet in snippets:
        exec(compile(snippet, "docs/recipes.md", "exec"), result)

    for name, share in (("attribution", "share"), ("voice", "own_voice")):
        measure, item = ("attribution", "attribution") if name == "attribution" else ("own_voice", "claim_type")
        for row in result[name].to_dicts():
            assert row[share] == pytest.approx(value(whole, measure, row[item], article_id=row["article_id"]))
    origins = compared(frames, "origin")
    for row in result["by_origin"].to_dicts():
        assert row["share"] == pytest.approx(value(origins, "claim_type", row["claim_type"], origin=row["origin"]))
    for name, column, measure in (
        ("balance", "balance", "perspective_balance"),
        ("loaded", "per_100", "loaded"),
        ("sources", "of_five", "different_sources"),
    ):
        assert result[name].height == (2 if name == "sources" else 3)
        for row in result[name].to_dicts():
            assert row[column] == pytest.approx(value(whole, measure, article_id=row["article_id"]))
    for name, measure, item in (("stance", "stance", "party"), ("stance_by_side", "side_stance", "side")):
        for row in result[name].to_dicts():
            assert row["value"] == pytest.approx(value(whole, measure, row[item], article_id=row["article_id"]))
    left_out = compare.coverage(frames).filter("left_out").select("article_id", "fact_id")
    assert sorted(left_out.rows()) == result["left_out"].select("article_id", "fact_id").rows()
    assert result["words"].filter(fact_id="attendance")[SEED].item() == "over 100,000"
    assert result["loaded_words"].height > 0
    row = compared(frames, "topic_id", measures="attributed").row(0, named=True)
    assert result["low"] >= row["low"]  # of fewer than five articles the nearer limit is moved out
    assert result["high"] == pytest.approx(row["high"])
    assert_frame_equal(result["everything"], compare.compare(frames))
    assert not any(result[name].is_empty() for name in ("origins", "gaps", "sides", "moved", "why"))
    assert list(result["meanings"]) == list(MEASURES)
