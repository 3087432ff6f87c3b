"""Agreement is what the published definitions say, undefined is never a number, and a bad coder is named."""

import random
import re
from dataclasses import replace
from itertools import combinations, permutations
from typing import Any

import hypothesis.extra.numpy as arrays
import krippendorff
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from statsmodels.stats import inter_rater

from slantbank.bank._article import Article
from slantbank.bank._topic import Topic
from slantbank.codebook import ClaimType, Layer
from slantbank.frames import _schema as schema
from slantbank.frames import _tabulate as tables
from slantbank.measure import _agreement as agreement
from slantbank.measure._agreement import alpha, cohen, fleiss

NAN = float("nan")
Frames = dict[str, pl.DataFrame]
Labels = dict[str, Any]

MATRICES = arrays.arrays(
    np.float64, st.tuples(st.integers(1, 12), st.integers(2, 5)), elements=st.sampled_from([NAN, 1.0, 2.0, 3.0, 5.0])
)
COMPLETE = arrays.arrays(np.float64, st.tuples(st.integers(1, 12), st.integers(2, 5)), elements=st.sampled_from([1.0, 2.0, 3.0]))


def made(articles: dict[str, dict[str, list[Labels | None]]], topics: dict[str, str] | None = None) -> Frames:
    """Frames of articles, each with the labels of its sentences by coder; None: the coder left the sentence out.

    A coder is of the kind that the name begins with, and gold is adjudicated. The texts are all “one two three four”.
    """
    text = "one two three four"
    sentences, annotations = [], []
    for article, coders in articles.items():
        for n in range(max(map(len, coders.values()))):
            place = {
                "sentence_id": f"{article}:{n}",
                "article_id": article,
                "topic_id": (topics or {}).get(article, "topic"),
                "n": n,
            }
            start = n * (len(text) + 1)
            unit = "body" if n else "headline"
            sentences.append({**place, "unit": unit, "start": start, "end": start + len(text), "text": text, "n_words": 4})
            for coder, rows in coders.items():
                labels = rows[n]
                if labels is not None:
                    kind = "adjudicated" if coder == "gold" else coder.split("-")[0]
                    spans = [
                        {**span, "start": start + span["start"], "end": start + span["end"]} for span in labels.get("spans", [])
                    ]
                    at = loaded_at(text, labels.get("spans", [])) if labels.get("loaded_words") is not None else None
                    who = {"annotator_id": coder, "annotator_kind": kind}
                    annotations.append({**place, **who, **labels, "spans": spans, "loaded_at": at})
    return {
        name: pl.DataFrame(rows, schema.dtypes(name), orient="row")
        for name, rows in (("sentences", sentences), ("annotations", annotations))
    }


def loaded_at(text: str, spans: list[Labels]) -> list[int]:
    """The numbers of the words that share a character with a loaded span."""
    loaded = {at for span in spans if span["layer"] == "loaded" for at in range(span["start"], span["end"])}
    return [i for i, word in enumerate(re.finditer(r"\S+", text)) if loaded & {*range(*word.span())}]


def claims(*labels: str | None) -> list[Labels | None]:
    return [{"claim_type": label} for label in labels]


def random_claims(rng: random.Random, n_articles: int, n_sentences: int, wrong: float = 0.3) -> Frames:
    """Three coders who give the same of three claim types, but for a share of wrong ones, and some who leave sentences out."""
    articles: dict[str, dict[str, list[Labels | None]]] = {}
    types = ["factual", "causal", "normative"]
    for number in range(n_articles):
        truth = [rng.choice(types) for _ in range(n_sentences)]
        articles[f"a{number}"] = {
            coder: claims(*(rng.choice([*types, None]) if rng.random() < wrong else label for label in truth))
            for coder in ("human-1", "human-2", "model-1")
        }
    return made(articles)


def one(found: pl.DataFrame, **where: Any) -> dict[str, Any]:
    """The one row of a result where columns have the values; None is null."""
    rows = found.filter(pl.col(name).eq_missing(pl.lit(value)) for name, value in where.items())
    assert len(rows) == 1, rows
    return rows.row(0, named=True)


def overall(frames: Frames, layer: str, measure: str = "alpha", **options: Any) -> dict[str, Any]:
    found = agreement.agreement(frames, **{"replicates": 0, **options})
    return one(found, article_id=None, annotator_kind="all", layer=layer, item=None, measure=measure)


def ratings(frames: Frames, column: str) -> np.ndarray:
    """The labels of a column as numbers, units × coders, by a pivot."""
    coders = frames["annotations"].filter(pl.col("annotator_kind") != "adjudicated")
    numbers = coders.with_columns(pl.col(column).rank("dense").cast(pl.Float64))
    return numbers.pivot(on="annotator_id", index="sentence_id", values=column).drop("sentence_id").fill_null(NAN).to_numpy()


# The measures


def test_alpha_of_krippendorffs_worked_examples() -> None:
    binary = [[0, 1], [1, 1], [0, 1], [0, 0], [0, 0], [0, 1], [0, 0], [0, 0], [1, 0], [0, 0]]
    assert alpha(binary) == pytest.approx(0.095, abs=0.0005)
    nominal = [["abcde".index(label) for label in pair] for pair in zip("aabbdcccedda", "babbbccceddd", strict=True)]
    assert alpha(nominal) == pytest.approx(0.692, abs=0.0005)
    missing = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
        [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
    ]
    assert alpha(np.transpose(missing)) == pytest.approx(0.743, abs=0.0005)
    assert alpha(np.transpose(missing), "ordinal") == pytest.approx(0.815, abs=0.0005)


@given(MATRICES, st.sampled_from(["nominal", "ordinal"]))
def test_alpha_is_that_of_an_independent_implementation(matrix: np.ndarray, metric: Any) -> None:
    paired = matrix[(~np.isnan(matrix)).sum(axis=1) >= 2]
    values = np.unique(paired[~np.isnan(paired)])
    if len(values) < 2:
        assert alpha(matrix, metric) is None
    else:
        theirs = krippendorff.alpha(reliability_data=matrix.T, level_of_measurement=metric)
        assert alpha(matrix, metric) == pytest.approx(theirs, abs=1e-9)


def test_fleiss_of_the_usual_worked_example() -> None:
    table = [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ]
    matrix = [np.repeat(range(5), counts) for counts in table]
    assert fleiss(matrix) == pytest.approx(0.210, abs=0.0005)
    assert fleiss(matrix) == pytest.approx(inter_rater.fleiss_kappa(np.array(table)))


@given(COMPLETE)
def test_fleiss_is_that_of_an_independent_implementation(matrix: np.ndarray) -> None:
    if len(np.unique(matrix)) == 1:
        assert fleiss(matrix) is None
    else:
        table, _ = inter_rater.aggregate_raters(matrix)
        assert fleiss(matrix) == pytest.approx(inter_rater.fleiss_kappa(table), abs=1e-9)


@given(MATRICES)
def test_cohen_is_the_mean_of_an_independent_implementation_over_pairs(matrix: np.ndarray) -> None:
    kappas = []
    for first, second in combinations(matrix.T, 2):
        both = ~np.isnan(first) & ~np.isnan(second)
        table = [[int(((first == a) & (second == b))[both].sum()) for b in (1, 2, 3, 5)] for a in (1, 2, 3, 5)]
        if len({*first[both], *second[both]}) > 1:
            kappas.append(inter_rater.cohens_kappa(table, return_results=False))
    assert cohen(matrix) == (pytest.approx(np.mean(kappas), abs=1e-9) if kappas else None)


@pytest.mark.parametrize("measure", [alpha, fleiss, cohen])
def test_a_measure_is_none_where_it_is_undefined(measure: Any) -> None:
    assert measure([[1, 1], [1, 1]]) is None
    assert measure([[1, NAN], [NAN, 2]]) is None
    assert measure([[1], [2]]) is None
    assert measure([[NAN, NAN]]) is None


def test_fleiss_is_none_where_units_differ_in_their_number_of_ratings() -> None:
    assert fleiss([[1, 1, NAN], [1, 2, 2]]) is None
    assert fleiss([[1, 1, NAN], [1, NAN, 2], [NAN, NAN, NAN]]) == pytest.approx(fleiss([[1, 1], [1, 2]]))


def test_perfect_agreement_is_exactly_1() -> None:
    matrix = [[value] * 7 for value in (1, 2, 3, 1, 2)]
    assert [alpha(matrix), alpha(matrix, "ordinal"), fleiss(matrix), cohen(matrix)] == [1, 1, 1, 1]


def test_a_wrong_call_raises() -> None:
    with pytest.raises(ValueError, match="metric"):
        alpha([[1, 2]], "interval")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="units × coders"):
        alpha([1, 2])
    with pytest.raises(ValueError, match="did you mean 'article_id'"):
        agreement.agreement(random_claims(random.Random(0), 1, 3), by="article")
    with pytest.raises(ValueError, match="choose from"):
        agreement.agreement(random_claims(random.Random(0), 1, 3), by="spans")


# The layers


def test_every_layer_of_the_bank_is_measured(frames: Frames) -> None:
    found = agreement.agreement(frames, by="article_id")
    assert set(found["layer"]) == {*Layer, "perspective_party", "mention", "source", "cue", "fact"}
    assert set(found["article_id"]) == {None, *frames["sentences"]["article_id"]}
    assert set(found["annotator_kind"]) == {"all", "model"}
    whole = found.filter(pl.col("article_id").is_null() & pl.col("item").is_null())
    assert whole.filter(pl.col("measure") == "alpha")["value"].is_between(0.85, 1).all()
    assert (found["value"].is_not_null() | found["reason"].is_not_null()).all()
    assert found.select(pl.col("low", "high", "interval").is_null().n_unique()).row(0) == (2, 2, 2)
    assert (found["low"].is_null() == found["interval"].is_null()).all()


@pytest.mark.parametrize("layer", ["claim_type", "attribution", "source_type", "source_perspective"])
def test_a_label_layer_is_one_matrix_of_sentences_and_coders(frames: Frames, layer: str) -> None:
    matrix = ratings(frames, layer)
    assert overall(frames, layer)["value"] == pytest.approx(alpha(matrix))
    assert overall(frames, layer, "cohen_kappa")["value"] == pytest.approx(cohen(matrix))
    assert overall(frames, layer, "fleiss_kappa")["value"] == (pytest.approx(kappa) if (kappa := fleiss(matrix)) else None)
    assert overall(frames, layer)["n_units"] == ((~np.isnan(matrix)).sum(axis=1) >= 2).sum()


def coders(frames: Frames) -> dict[str, dict[str, dict[str, Any]]]:
    """The rows of each coder by sentence."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in frames["annotations"].iter_rows(named=True):
        if row["annotator_kind"] != "adjudicated":
            found.setdefault(row["annotator_id"], {})[row["sentence_id"]] = row
    return found


def test_a_party_that_a_coder_leaves_out_has_no_stance_and_is_not_mentioned(frames: Frames) -> None:
    by_coder = coders(frames)
    stances = {
        (coder, sentence, stance["party"]): stance["value"]
        for coder, rows in by_coder.items()
        for sentence, row in rows.items()
        for stance in row["stance"]
    }
    referred = {(sentence, party) for _, sentence, party in stances}
    matrix = [[stances.get((coder, *unit), NAN) for coder in by_coder] for unit in sorted(referred)]
    theirs = krippendorff.alpha(reliability_data=np.transpose(matrix), level_of_measurement="ordinal")
    assert overall(frames, "stance")["value"] == pytest.approx(theirs)
    every = [(sentence, party) for sentence in frames["sentences"]["sentence_id"] for party in {party for _, party in referred}]
    mentions = [[(coder, *unit) in stances for coder in by_coder] for unit in every]
    assert overall(frames, "mention")["value"] == pytest.approx(alpha(mentions))
    assert overall(frames, "mention")["n_units"] == len(every)
    ncri = [[stances.get((coder, sentence, "ncri"), NAN) for coder in by_coder] for sentence in frames["sentences"]["sentence_id"]]
    found = agreement.agreement(frames, replicates=0)
    row = one(found, annotator_kind="all", layer="stance", item="ncri", measure="alpha")
    assert row["value"] == pytest.approx(alpha(ncri, "ordinal"))


def test_facts_are_judged_one_by_one_and_together(frames: Frames) -> None:
    by_coder = coders(frames)
    found = agreement.agreement(frames, replicates=0).filter(annotator_kind="all", layer="facts", measure="alpha")
    listed = {fact for rows in by_coder.values() for row in rows.values() for fact in row["facts"]}
    assert set(found["item"]) == {None, *listed}
    together = []
    for fact in listed:
        matrix = [
            [fact in rows[sentence]["facts"] for rows in by_coder.values()] for sentence in frames["sentences"]["sentence_id"]
        ]
        assert one(found, item=fact)["value"] == (pytest.approx(value) if (value := alpha(matrix)) is not None else None)
        together += matrix
    assert one(found, item=None)["value"] == pytest.approx(alpha(together))


def test_loaded_language_is_compared_token_by_token(frames: Frames) -> None:
    by_coder = coders(frames)
    matrix = []
    for sentence in frames["sentences"].iter_rows(named=True):
        for token in re.finditer(r"\S+", sentence["text"]):
            start, end = sentence["start"] + token.start(), sentence["start"] + token.end()
            matrix.append(
                [
                    any(
                        span["layer"] == "loaded" and span["start"] < end and start < span["end"]
                        for span in rows[sentence["sentence_id"]]["spans"]
                    )
                    for rows in by_coder.values()
                ]
            )
    assert overall(frames, "loaded")["value"] == pytest.approx(alpha(matrix))
    assert overall(frames, "loaded")["n_units"] == len(matrix) == frames["sentences"]["n_words"].sum()


@pytest.mark.parametrize("layer", ["loaded", "source", "cue", "fact"])
def test_span_f1_counts_the_spans_that_the_other_coder_has_too(frames: Frames, layer: str) -> None:
    exact = overlap = total = 0
    for mine, theirs in permutations(coders(frames).values(), 2):
        for sentence, row in mine.items():
            others = [span for span in theirs[sentence]["spans"] if span["layer"] == layer]
            for span in row["spans"]:
                if span["layer"] == layer:
                    alike = [other for other in others if layer != "fact" or other["ref"] == span["ref"]]
                    exact += any((other["start"], other["end"]) == (span["start"], span["end"]) for other in alike)
                    overlap += any(other["start"] < span["end"] and span["start"] < other["end"] for other in alike)
                    total += 1
    assert overall(frames, layer, "exact_f1")["value"] == pytest.approx(exact / total)
    assert overall(frames, layer, "overlap_f1")["value"] == pytest.approx(overlap / total)


def span(layer: str, start: int, end: int, ref: str | None = None) -> Labels:
    return {"layer": layer, "start": start, "end": end, "text": "one two three four"[start:end], "ref": ref}


def test_a_token_is_loaded_if_it_shares_a_character_with_a_span() -> None:
    spaced: Labels = {"loaded_words": 1, "spans": [span("loaded", 3, 8)]}
    partial: Labels = {"loaded_words": 2, "spans": [span("loaded", 5, 6), span("loaded", 11, 13)]}
    row = overall(made({"a": {"human-1": [spaced], "human-2": [partial]}}), "loaded")
    assert row["value"] == pytest.approx(alpha([[0, 0], [1, 1], [0, 1], [0, 0]]))


def test_spans_are_alike_by_their_words_and_those_of_facts_by_the_fact_too() -> None:
    twice = [span("loaded", 0, 3, "x"), span("loaded", 0, 3, "y")]
    mine = [span("source", 0, 3, "ncri"), span("cue", 0, 3), span("fact", 0, 3, "f"), *twice, span("loaded", 8, 13)]
    theirs = [span("source", 0, 3), span("cue", 3, 7), span("fact", 0, 3, "g"), span("loaded", 0, 7), span("loaded", 8, 13)]
    uncoded = [span(layer, 0, 3) for layer in ("source", "cue", "fact", "loaded")]
    coded: Labels = {"attribution": "indirect", "loaded_words": 1, "facts": ["f"]}
    frames = made(
        {"a": {"human-1": [{**coded, "spans": mine}], "human-2": [{**coded, "spans": theirs}], "human-3": [{"spans": uncoded}]}}
    )
    found = {
        layer: tuple(overall(frames, layer, measure)["value"] for measure in ("exact_f1", "overlap_f1"))
        for layer in ("source", "cue", "fact", "loaded")
    }
    assert found == {"source": (1, 1), "cue": (0, 0), "fact": (0, 0), "loaded": (0.5, 1)}


def test_neutral_is_not_the_account_of_a_party() -> None:
    neutral, ncri = {"source_perspective": "neutral"}, {"source_perspective": "side_a", "perspective_party": "ncri"}
    frames = made({"a": {"human-1": [neutral, ncri, {}], "human-2": [ncri, ncri, neutral]}})
    row = overall(frames, "perspective_party")
    assert (row["value"], row["n_units"]) == (pytest.approx(alpha([[0, 1], [1, 1]])), 2)


def test_a_fact_of_one_topic_is_no_unit_of_another() -> None:
    listed, unlisted = {"facts": ["f"]}, {"facts": []}
    both = {"human-1": [listed, unlisted], "human-2": [listed, listed]}
    neither = {"human-1": [unlisted, unlisted], "human-2": [unlisted, unlisted]}
    same_topic = made({"a": both, "b": neither}, {"a": "t", "b": "t"})
    assert overall(same_topic, "facts")["n_units"] == 4
    assert overall(made({"a": both, "b": neither}, {"a": "t", "b": "u"}), "facts")["n_units"] == 2
    assert overall(same_topic, "facts")["value"] == pytest.approx(alpha([[1, 1], [0, 1], [0, 0], [0, 0]]))


def test_a_coder_who_did_not_code_a_layer_is_missing_and_not_zero() -> None:
    loaded = {"loaded_words": 1, "spans": [{"layer": "loaded", "start": 0, "end": 3, "text": "one", "ref": None}], "facts": ["f"]}
    plain: Labels = {"loaded_words": 0, "facts": [], "stance": []}
    uncoded: Labels = {}
    frames = made({"a": {"human-1": [loaded, plain], "human-2": [loaded, plain], "human-3": [uncoded, uncoded]}})
    for layer in ("loaded", "facts"):
        row = overall(frames, layer)
        assert (row["value"], row["n_coders"]) == (1, 2)
    assert overall(frames, "loaded", "exact_f1")["value"] == 1


# What is undefined


def test_undefined_is_null_with_the_reason() -> None:
    same = overall(made({"a": {"human-1": claims(*["factual"] * 3), "human-2": claims(*["factual"] * 3)}}), "claim_type")
    assert (same["value"], same["reason"], same["n_units"]) == (None, "only one value occurs", 3)
    single = overall(made({"a": {"human-1": claims("factual", "causal")}}), "claim_type")
    assert (single["value"], single["reason"], single["n_coders"]) == (None, "fewer than two coders", 1)
    apart = overall(made({"a": {"human-1": claims("factual", None), "human-2": claims(None, "causal")}}), "claim_type")
    assert (apart["value"], apart["reason"], apart["n_units"]) == (None, "no unit has two ratings", 0)
    uncoded = overall(made({"a": {"human-1": claims("factual"), "human-2": claims("factual")}}), "facts")
    assert (uncoded["value"], uncoded["reason"], uncoded["n_coders"]) == (None, "fewer than two coders", 0)


def test_a_perfect_but_constant_layer_agrees_in_percent_only() -> None:
    frames = made({"a": {"human-1": claims(*["factual"] * 3), "human-2": claims(*["factual"] * 3)}})
    values = {measure: overall(frames, "claim_type", measure)["value"] for measure in ("alpha", "fleiss_kappa", "cohen_kappa")}
    assert set(values.values()) == {None}
    assert overall(frames, "claim_type", "percent_agreement")["value"] == 1


def test_spans_that_nobody_marks_have_no_f1() -> None:
    plain: Labels = {"loaded_words": 0}
    row = overall(made({"a": {"human-1": [plain], "human-2": [plain]}}), "loaded", "exact_f1")
    assert (row["value"], row["reason"]) == (None, "no span is marked")


def test_fleiss_says_why_it_is_null() -> None:
    frames = made(
        {"a": {"human-1": claims("factual", None), "human-2": claims("causal", "factual"), "model-1": claims("causal", "causal")}}
    )
    row = overall(frames, "claim_type", "fleiss_kappa")
    assert (row["value"], row["reason"]) == (None, "units differ in their number of ratings")


def test_empty_frames_have_no_agreement() -> None:
    frames = {name: pl.DataFrame(schema=schema.dtypes(name)) for name in ("sentences", "annotations")}
    found = agreement.agreement(frames, by="article_id")
    assert found["value"].null_count() == len(found) > 0
    assert set(found["reason"]) == {"fewer than two coders"}
    assert [len(result(frames)) for result in (agreement.scores, agreement.confusion, agreement.outliers)] == [0, 0, 0]


# Intervals


@pytest.mark.parametrize(("n_articles", "resampled"), [(1, "sentences"), (4, "sentences"), (5, "articles"), (12, "articles")])
def test_an_interval_says_what_was_resampled_and_is_that_of_a_plain_loop(n_articles: int, resampled: str) -> None:
    frames = random_claims(random.Random(n_articles), n_articles, 20)
    row = overall(frames, "claim_type", replicates=4000)
    matrix = ratings(frames, "claim_type")
    article = np.repeat(range(n_articles), 20)
    kept = (~np.isnan(matrix)).sum(axis=1) >= 2  # other units add nothing
    matrix, cluster = matrix[kept], (article if resampled == "articles" else np.arange(len(article)))[kept]
    blocks = [matrix[cluster == name] for name in np.unique(cluster)]
    rng = np.random.default_rng(1)
    values = [alpha(np.concatenate([blocks[i] for i in rng.integers(len(blocks), size=len(blocks))])) for _ in range(1500)]
    low, high = np.percentile([value for value in values if value is not None], (2.5, 97.5))
    assert row["interval"] == resampled
    assert row["low"] == pytest.approx(low, abs=0.03)
    assert row["high"] == pytest.approx(high, abs=0.03)
    assert row["low"] < row["value"] < row["high"]


def test_an_interval_contains_the_value(frames: Frames) -> None:
    found = agreement.agreement(frames, by="article_id").drop_nulls("interval")
    assert len(found) > 100
    assert found.select(((pl.col("low") <= pl.col("value")) & (pl.col("value") <= pl.col("high"))).all()).item()


def test_the_seed_decides_the_interval_and_not_the_value() -> None:
    frames = random_claims(random.Random(3), 6, 10)
    first, again, other = (overall(frames, "claim_type", replicates=200, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first["value"] == other["value"]
    assert (first["low"], first["high"]) != (other["low"], other["high"])


def test_without_replicates_there_is_no_interval(frames: Frames) -> None:
    found = agreement.agreement(frames, replicates=0)
    assert found.select(pl.col("low", "high", "interval").is_null().all()).row(0) == (True, True, True)
    assert found.filter(pl.col("value").is_not_null())["reason"].is_null().all()


def test_few_sentences_have_no_interval_and_say_so() -> None:
    labels = claims("factual", "factual", "causal", "causal")
    frames = made({"a": {"human-1": [*labels, *claims("factual", "factual")], "human-2": [*labels, None, None]}})
    row = overall(frames, "claim_type", replicates=100)
    assert row["value"] == 1
    assert (row["low"], row["interval"], row["reason"]) == (None, None, "no interval: fewer than 5 sentences")


def test_a_value_that_few_resamples_have_has_no_interval() -> None:
    labels = claims("causal", *["factual"] * 19)
    row = overall(made({"a": {"human-1": labels, "human-2": labels}}), "claim_type", replicates=500)
    assert (row["value"], row["low"]) == (1, None)
    assert row["reason"] == "no interval: undefined in more than one resample of twenty"


# Who is compared


def test_order_of_rows_does_not_matter(frames: Frames) -> None:
    for data in (frames, random_claims(random.Random(5), 7, 9)):
        shuffled = {name: frame.sample(fraction=1, shuffle=True, seed=7) for name, frame in data.items()}
        for result in (agreement.agreement, agreement.scores, agreement.confusion, agreement.outliers):
            assert_frame_equal(result(data), result(shuffled), check_exact=True)


def test_names_of_coders_do_not_matter(frames: Frames) -> None:
    renamed = {**frames, "annotations": frames["annotations"].with_columns(pl.col("annotator_id").replace("model-a", "zoe"))}
    assert_frame_equal(agreement.agreement(frames), agreement.agreement(renamed), abs_tol=1e-12)


@pytest.mark.parametrize("by", ["article_id", "unit"])
def test_a_group_is_measured_as_if_it_were_alone(frames: Frames, by: str) -> None:
    found = agreement.agreement(frames, by=by, replicates=100)
    for value in frames["sentences"][by].unique():
        kept = frames["sentences"].filter(pl.col(by) == value)
        alone = {"sentences": kept, "annotations": frames["annotations"].join(kept, on="sentence_id", how="semi")}
        expected = agreement.agreement(alone, replicates=100).drop("article_id")
        assert_frame_equal(found.filter(pl.col(by) == value).drop(by), expected, check_exact=True)
    assert_frame_equal(found.filter(pl.col(by).is_null()).drop(by), agreement.agreement(frames, replicates=100).drop("article_id"))


def test_sentences_without_a_group_count_in_the_whole_only() -> None:
    frames = random_claims(random.Random(4), 2, 6, wrong=0)
    gold = pl.when(pl.col("n") < 3).then(pl.lit("factual")).alias("claim_type")
    found = agreement.agreement({**frames, "sentences": frames["sentences"].with_columns(gold)}, by="claim_type", replicates=0)
    alphas = found.filter(annotator_kind="all", layer="claim_type", measure="alpha")
    assert alphas.select("claim_type", "n_units").rows() == [(None, 12), ("factual", 6)]


def test_a_kind_of_coders_is_measured_as_if_it_were_alone() -> None:
    frames = random_claims(random.Random(2), 3, 12)
    found = agreement.agreement(frames)
    assert found["annotator_kind"].unique(maintain_order=True).to_list() == ["all", "human", "model"]
    humans = {**frames, "annotations": frames["annotations"].filter(annotator_kind="human")}
    expected = agreement.agreement(humans).filter(annotator_kind="all").drop("annotator_kind")
    assert_frame_equal(found.filter(annotator_kind="human").drop("annotator_kind"), expected, check_exact=True)
    assert set(found.filter(annotator_kind="model")["reason"]) == {"fewer than two coders"}


def test_adjudicated_labels_are_no_coder(frames: Frames) -> None:
    without = {**frames, "annotations": frames["annotations"].filter(pl.col("annotator_kind") != "adjudicated")}
    assert_frame_equal(agreement.agreement(frames), agreement.agreement(without), check_exact=True)
    assert "gold" not in agreement.outliers(frames)["annotator_id"]


# Scores, confusions, outliers


def test_scores_are_precision_recall_and_f1_against_gold() -> None:
    gold = claims("factual", "factual", "factual", "causal", None)
    coder = claims("factual", "factual", "causal", "normative", "factual")
    found = agreement.scores(made({"a": {"gold": gold, "human-1": coder}}))
    columns = ["label", "precision", "recall", "f1", "support", "reason"]
    assert found.filter(layer="claim_type").select(columns).rows() == [
        ("normative", 0, None, 0, 0, "gold never gives it"),
        ("causal", 0, 0, 0, 1, None),
        ("factual", 1, pytest.approx(2 / 3), pytest.approx(0.8), 3, None),
    ]
    assert found.select("annotator_id", "annotator_kind").unique().rows() == [("human-1", "human")]


def test_scores_of_facts_and_loaded_tokens_are_those_of_yes(frames: Frames) -> None:
    found = agreement.scores(frames)
    assert set(found.filter(layer="loaded")["label"]) == {"loaded"}
    gold = frames["annotations"].filter(annotator_id="gold").explode("facts").select("sentence_id", "facts").drop_nulls()
    mine = frames["annotations"].filter(annotator_id="model-a").explode("facts").select("sentence_id", "facts").drop_nulls()
    for fact in gold["facts"].unique():
        a, b = ({*of.filter(facts=fact)["sentence_id"]} for of in (mine, gold))
        row = one(found, layer="facts", label=fact, annotator_id="model-a")
        assert (row["support"], row["f1"]) == (len(b), pytest.approx(2 * len(a & b) / (len(a) + len(b))))


def test_confusion_counts_pairs_of_labels_of_coders_and_of_coder_and_gold() -> None:
    frames = made(
        {
            "a": {
                "gold": claims("factual", "factual", "causal"),
                "human-1": claims("factual", "causal", "causal"),
                "model-1": claims("factual", "factual", None),
            }
        }
    )
    assert agreement.confusion(frames).rows() == [
        ("claim_type", "human-1", "model-1", "causal", "factual", 1),
        ("claim_type", "human-1", "model-1", "factual", "factual", 1),
        ("claim_type", "human-1", "gold", "causal", "causal", 1),
        ("claim_type", "human-1", "gold", "causal", "factual", 1),
        ("claim_type", "human-1", "gold", "factual", "factual", 1),
        ("claim_type", "model-1", "gold", "factual", "factual", 2),
    ]


def spoiled(one: Article, coder: str, share: float, rng: random.Random) -> Article:
    """The article with a share of a coder's labels replaced at random."""
    perspectives = sorted({sentence.source_perspective or "" for sentence in one.annotations[coder].sentence})

    def changed(sentence: Any) -> Any:
        update: Labels = {}
        if rng.random() < share:
            update["claim_type"] = rng.choice(list(ClaimType))
        if rng.random() < share:
            update["source_perspective"] = rng.choice(perspectives)
        update["stance"] = {
            party: rng.randint(-1, 1) if rng.random() < share else value for party, value in sentence.stance.items()
        }
        return sentence.model_copy(update=update)

    annotation = one.annotations[coder]
    worse = annotation.model_copy(update={"sentence": tuple(map(changed, annotation.sentence))})
    return replace(one, annotations={**one.annotations, coder: worse})


@pytest.mark.parametrize("coder", ["model-a", "model-b", "model-c"])
def test_a_coder_with_a_fifth_of_labels_at_random_lowers_alpha_and_is_named(
    contents: tuple[list[Topic], list[Article]], frames: Frames, coder: str
) -> None:
    topics, articles = contents
    rng = random.Random(20171)
    worse = tables.tabulate(topics, [spoiled(one, coder, 0.2, rng) for one in articles])
    found = agreement.outliers(worse)
    for layer in ("claim_type", "source_perspective", "stance"):
        assert overall(worse, layer)["value"] < overall(frames, layer)["value"]
        named = found.filter(layer=layer).row(0, named=True)
        assert named["annotator_id"] == coder
        assert named["gain"] == pytest.approx(named["alpha_without"] - named["alpha"])
        assert named["percent_agreement"] == found.filter(layer=layer)["percent_agreement"].min()
    assert found.select("layer", "annotator_id").row(0) == (None, coder)
    assert found["layer"].is_null().sum() == 3


def test_alpha_without_a_coder_is_that_of_the_others(frames: Frames) -> None:
    others = {**frames, "annotations": frames["annotations"].filter(pl.col("annotator_id") != "model-b")}
    found = agreement.outliers(frames)
    for layer in Layer:
        row = one(found, layer=layer.value, annotator_id="model-b")
        assert row["alpha_without"] == overall(others, layer.value)["value"]
        assert row["alpha"] == overall(frames, layer.value)["value"]


def test_of_two_coders_neither_can_be_named() -> None:
    found = agreement.outliers(made({"a": {"human-1": claims("factual", "causal"), "human-2": claims("factual", "factual")}}))
    assert set(found["percent_agreement"]) == {0.5}
    assert set(found["gain"]) == {None}
    assert set(found["reason"]) == {"alpha is undefined with or without the coder"}
