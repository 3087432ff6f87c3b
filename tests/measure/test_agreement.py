"""Agreement equals published definitions, undefined coefficients are null, and a bad coder is an outlier."""

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
import scipy.special
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from statsmodels.stats import inter_rater

from slantbank.bank._article import Article
from slantbank.bank._topic import Topic
from slantbank.codebook import ClaimType, Layer
from slantbank.frames import _schema as schema
from slantbank.frames import _tabulate as tables
from slantbank.measure import _agreement as agreement

NAN = float("nan")


def alpha(ratings: Any, metric: Any = "nominal") -> float | None:
    """Alpha of a matrix of units × coders, NaN where a rating is missing."""
    matrix = np.asarray(ratings, float).T
    codes = np.full(matrix.shape, -1, np.int16)
    rated = ~np.isnan(matrix)
    values, codes[rated] = np.unique(matrix[rated], return_inverse=True)
    tables, _ = agreement._coincidences(codes, len(values), np.zeros(codes.shape[1], int), 1)
    result = float(agreement.krippendorff_alpha(tables, metric)[0])
    return None if np.isnan(result) else result


Frames = dict[str, pl.DataFrame]
Labels = dict[str, Any]

MATRICES = arrays.arrays(
    np.float64, st.tuples(st.integers(1, 12), st.integers(2, 5)), elements=st.sampled_from([NAN, 1.0, 2.0, 3.0, 5.0])
)
COMPLETE = arrays.arrays(np.float64, st.tuples(st.integers(1, 12), st.integers(2, 5)), elements=st.sampled_from([1.0, 2.0, 3.0]))


def made(articles: dict[str, dict[str, list[Labels | None]]], topics: dict[str, str] | None = None) -> Frames:
    """Frames of articles, each with the labels of its sentences by coder; None where the coder left a sentence out.

    The name of a coder begins with its kind, and gold is adjudicated. All texts are “one two three four”.
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
                    annotator = {"annotator_id": coder, "annotator_kind": kind}
                    annotations.append({**place, **annotator, **labels, "spans": spans, "loaded_at": at})
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
    """Three coders who agree on one of three claim types, except for a share of wrong or missing labels."""
    articles: dict[str, dict[str, list[Labels | None]]] = {}
    types = ["factual", "causal", "normative"]
    for number in range(n_articles):
        truth = [rng.choice(types) for _ in range(n_sentences)]
        articles[f"a{number}"] = {
            coder: claims(*(rng.choice([*types, None]) if rng.random() < wrong else label for label in truth))
            for coder in ("human-1", "human-2", "model-1")
        }
    return made(articles)


def measured(matrix: np.ndarray, measure: str) -> float | None:
    """A coefficient of a matrix of units × coders, computed from frames of one article; units without a rating are left out."""
    names = [str(label) for label in ClaimType]
    rows = {
        f"human-{c}": [{"claim_type": None if np.isnan(v) else names[int(v)]} for v in column]
        for c, column in enumerate(np.asarray(matrix, float).T)
    }
    return overall(made({"a": rows}), "claim_type", measure)["value"]


def only_row(result: pl.DataFrame, **where: Any) -> dict[str, Any]:
    """The only row of a result where the columns have these values; None is null."""
    rows = result.filter(pl.col(name).eq_missing(pl.lit(value)) for name, value in where.items())
    assert len(rows) == 1, rows
    return rows.row(0, named=True)


def overall(frames: Frames, layer: str, measure: str = "alpha", **options: Any) -> dict[str, Any]:
    result = agreement.agreement(frames, **options)
    return only_row(result, article_id=None, annotator_kind="all", layer=layer, item=None, measure=measure)


def ratings(frames: Frames, column: str) -> np.ndarray:
    """The labels of a column as numbers, units × coders, by a pivot."""
    coders = frames["annotations"].filter(pl.col("annotator_kind") != "adjudicated")
    numbers = coders.with_columns(pl.col(column).rank("dense").cast(pl.Float64))
    return numbers.pivot(on="annotator_id", index="sentence_id", values=column).drop("sentence_id").fill_null(NAN).to_numpy()


# The measures


def test_alpha_equals_krippendorffs_worked_examples() -> None:
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
def test_alpha_equals_the_krippendorff_package(matrix: np.ndarray, metric: Any) -> None:
    paired = matrix[(~np.isnan(matrix)).sum(axis=1) >= 2]
    values = np.unique(paired[~np.isnan(paired)])
    if len(values) < 2:
        assert alpha(matrix, metric) is None
    else:
        theirs = krippendorff.alpha(reliability_data=matrix.T, level_of_measurement=metric)
        assert alpha(matrix, metric) == pytest.approx(theirs, abs=1e-9)


def test_fleiss_kappa_equals_the_usual_worked_example() -> None:
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
    assert measured(np.array(matrix), "fleiss_kappa") == pytest.approx(0.210, abs=0.0005)
    assert measured(np.array(matrix), "fleiss_kappa") == pytest.approx(inter_rater.fleiss_kappa(np.array(table)))


@given(COMPLETE)
@settings(max_examples=30, deadline=None)
def test_fleiss_kappa_equals_statsmodels(matrix: np.ndarray) -> None:
    if len(np.unique(matrix)) == 1:
        assert measured(matrix, "fleiss_kappa") is None
    else:
        table, _ = inter_rater.aggregate_raters(matrix)
        assert measured(matrix, "fleiss_kappa") == pytest.approx(inter_rater.fleiss_kappa(table), abs=1e-9)


@given(MATRICES)
@settings(max_examples=30, deadline=None)
def test_cohen_kappa_equals_the_mean_of_statsmodels_over_pairs(matrix: np.ndarray) -> None:
    kappas = []
    for first, second in combinations(matrix.T, 2):
        both = ~np.isnan(first) & ~np.isnan(second)
        table = [[int(((first == a) & (second == b))[both].sum()) for b in (1, 2, 3, 5)] for a in (1, 2, 3, 5)]
        if len({*first[both], *second[both]}) > 1:
            kappas.append(inter_rater.cohens_kappa(table, return_results=False))
    assert measured(matrix, "cohen_kappa") == (pytest.approx(np.mean(kappas), abs=1e-9) if kappas else None)


def test_alpha_is_none_where_it_is_undefined() -> None:
    assert [alpha(matrix) for matrix in ([[1, 1], [1, 1]], [[1, NAN], [NAN, 2]], [[1], [2]], [[NAN, NAN]])] == [None] * 4


def test_fleiss_kappa_is_none_where_units_have_different_numbers_of_ratings() -> None:
    assert measured(np.array([[1, 1, NAN], [1, 2, 2]]), "fleiss_kappa") is None
    some = measured(np.array([[1, 1, NAN], [1, NAN, 2], [NAN, NAN, NAN]]), "fleiss_kappa")
    assert some == pytest.approx(measured(np.array([[1, 1], [1, 2]]), "fleiss_kappa"))


def test_perfect_agreement_is_exactly_1() -> None:
    matrix = np.array([[value] * 7 for value in (1, 2, 3, 1, 2)], float)
    assert [alpha(matrix), alpha(matrix, "ordinal")] == [1, 1]
    assert [measured(matrix, name) for name in ("percent_agreement", "fleiss_kappa", "cohen_kappa")] == [1, 1, 1]


def test_an_unknown_column_raises_a_value_error() -> None:
    with pytest.raises(ValueError, match="did you mean 'article_id'"):
        agreement.agreement(random_claims(random.Random(0), 1, 3), by="article")
    with pytest.raises(ValueError, match="choose from"):
        agreement.agreement(random_claims(random.Random(0), 1, 3), by="spans")


# The layers


def test_every_layer_of_the_bank_is_measured(frames: Frames) -> None:
    result = agreement.agreement(frames, by="article_id")
    assert set(result["layer"]) == {*Layer, "perspective_party", "mention", "source", "cue", "fact"}
    assert set(result["article_id"]) == {None, *frames["sentences"]["article_id"]}
    assert set(result["annotator_kind"]) == {"all", "model"}
    whole = result.filter(pl.col("article_id").is_null() & pl.col("item").is_null())
    assert whole.filter(pl.col("measure") == "alpha")["value"].is_between(0.85, 1).all()
    assert (result["value"].is_not_null() | result["reason"].is_not_null()).all()
    named = ["low", "high", "rests_on", "method"]
    for name in named:
        assert (result[name].is_null() == result["value"].is_null()).all()


@pytest.mark.parametrize("layer", ["claim_type", "attribution", "source_type", "source_perspective"])
def test_a_label_layer_is_one_matrix_of_sentences_and_coders(frames: Frames, layer: str) -> None:
    matrix = ratings(frames, layer)
    assert overall(frames, layer)["value"] == pytest.approx(alpha(matrix))
    assert overall(frames, layer)["n_units"] == ((~np.isnan(matrix)).sum(axis=1) >= 2).sum()


def coders(frames: Frames) -> dict[str, dict[str, dict[str, Any]]]:
    """The rows of each coder by sentence."""
    result: dict[str, dict[str, dict[str, Any]]] = {}
    for row in frames["annotations"].iter_rows(named=True):
        if row["annotator_kind"] != "adjudicated":
            result.setdefault(row["annotator_id"], {})[row["sentence_id"]] = row
    return result


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
    result = agreement.agreement(frames)
    row = only_row(result, annotator_kind="all", layer="stance", item="ncri", measure="alpha")
    assert row["value"] == pytest.approx(alpha(ncri, "ordinal"))


def test_facts_are_judged_one_by_one_and_together(frames: Frames) -> None:
    by_coder = coders(frames)
    result = agreement.agreement(frames).filter(annotator_kind="all", layer="facts", measure="alpha")
    listed = {fact for rows in by_coder.values() for row in rows.values() for fact in row["facts"]}
    assert set(result["item"]) == {None, *listed}
    together = []
    for fact in listed:
        matrix = [
            [fact in rows[sentence]["facts"] for rows in by_coder.values()] for sentence in frames["sentences"]["sentence_id"]
        ]
        assert only_row(result, item=fact)["value"] == (pytest.approx(value) if (value := alpha(matrix)) is not None else None)
        together += matrix
    assert only_row(result, item=None)["value"] == pytest.approx(alpha(together))


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


def test_spans_match_by_offsets_and_spans_of_facts_by_the_fact_too() -> None:
    twice = [span("loaded", 0, 3, "x"), span("loaded", 0, 3, "y")]
    mine = [span("source", 0, 3, "ncri"), span("cue", 0, 3), span("fact", 0, 3, "f"), *twice, span("loaded", 8, 13)]
    theirs = [span("source", 0, 3), span("cue", 3, 7), span("fact", 0, 3, "g"), span("loaded", 0, 7), span("loaded", 8, 13)]
    uncoded = [span(layer, 0, 3) for layer in ("source", "cue", "fact", "loaded")]
    coded: Labels = {"attribution": "indirect", "loaded_words": 1, "facts": ["f"]}
    frames = made(
        {"a": {"human-1": [{**coded, "spans": mine}], "human-2": [{**coded, "spans": theirs}], "human-3": [{"spans": uncoded}]}}
    )
    result = {
        layer: tuple(overall(frames, layer, measure)["value"] for measure in ("exact_f1", "overlap_f1"))
        for layer in ("source", "cue", "fact", "loaded")
    }
    assert result == {"source": (1, 1), "cue": (0, 0), "fact": (0, 0), "loaded": (0.5, 1)}


def test_neutral_is_not_the_account_of_a_party() -> None:
    neutral, ncri = {"source_perspective": "neutral"}, {"source_perspective": "side_a", "perspective_party": "ncri"}
    frames = made({"a": {"human-1": [neutral, ncri, {}], "human-2": [ncri, ncri, neutral]}})
    row = overall(frames, "perspective_party")
    assert (row["value"], row["n_units"]) == (pytest.approx(alpha([[0, 1], [1, 1]])), 2)


def test_a_fact_of_one_topic_is_not_a_unit_of_another() -> None:
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


def test_a_null_fleiss_kappa_has_its_reason() -> None:
    frames = made(
        {"a": {"human-1": claims("factual", None), "human-2": claims("causal", "factual"), "model-1": claims("causal", "causal")}}
    )
    row = overall(frames, "claim_type", "fleiss_kappa")
    assert (row["value"], row["reason"]) == (None, "units differ in their number of ratings")


def test_empty_frames_have_no_agreement() -> None:
    frames = {name: pl.DataFrame(schema=schema.dtypes(name)) for name in ("sentences", "annotations")}
    result = agreement.agreement(frames, by="article_id")
    assert result["value"].null_count() == len(result) > 0
    assert set(result["reason"]) == {"fewer than two coders"}
    assert agreement.outliers(frames).is_empty()


# Intervals


@pytest.mark.parametrize("measure", ["alpha", "fleiss_kappa", "cohen_kappa", "percent_agreement"])
def test_an_interval_is_the_jackknife_over_articles_on_the_logit(measure: str) -> None:
    frames = random_claims(random.Random(1), 6, 20)
    frames["annotations"] = frames["annotations"].drop_nulls("claim_type")
    complete = frames["annotations"].group_by("sentence_id").len().filter(pl.col("len") == 3)
    frames["annotations"] = frames["annotations"].join(complete, on="sentence_id", how="semi")
    row = overall(frames, "claim_type", measure)
    without = []
    for article in frames["sentences"]["article_id"].unique():
        rest = {name: frame.filter(pl.col("article_id") != article) for name, frame in frames.items()}
        without.append(overall(rest, "claim_type", measure)["value"])
    shift = 1 if measure == "percent_agreement" else 2

    def scaled(agreed: Any) -> Any:
        return scipy.special.logit((1 - np.asarray(agreed)) / shift)

    width = scipy.stats.t.ppf(0.975, 5) * np.sqrt(5 / 6 * ((scaled(without) - scaled(row["value"])) ** 2).sum())
    ends = 1 - shift * scipy.special.expit([scaled(row["value"]) + width, scaled(row["value"]) - width])
    assert (row["low"], row["high"]) == pytest.approx(tuple(ends))
    assert (row["rests_on"], row["method"], row["n_articles"]) == ("articles", "jackknife", 6)


@pytest.mark.parametrize(("n_articles", "rests_on"), [(1, "sentences"), (2, "sentences"), (3, "articles"), (12, "articles")])
def test_an_interval_says_what_it_rests_on(n_articles: int, rests_on: str) -> None:
    row = overall(random_claims(random.Random(n_articles), n_articles, 20), "claim_type")
    assert (row["rests_on"], row["n_articles"]) == (rests_on, n_articles)
    assert row["low"] < row["value"] < row["high"]


@pytest.mark.parametrize(("n_articles", "lowest"), [(1, 0.7), (3, 0.2), (12, 0.8)])
def test_a_perfect_sample_does_not_show_that_agreement_is_perfect(n_articles: int, lowest: float) -> None:
    """The interval was 1.00 to 1.00; but with a true alpha of .98 a sample of 70 units is perfect in 24 % of cases."""
    for layer in ("alpha", "cohen_kappa", "percent_agreement"):
        row = overall(random_claims(random.Random(1), n_articles, 24, wrong=0), "claim_type", layer)
        assert (row["value"], row["high"], row["method"]) == (1, 1, "exact")
        assert lowest < row["low"] < 0.99


def test_an_interval_contains_the_value(frames: Frames) -> None:
    result = agreement.agreement(frames, by="article_id").drop_nulls("value")
    assert len(result) > 100
    assert result.select(((pl.col("low") <= pl.col("value") + 1e-9) & (pl.col("value") <= pl.col("high") + 1e-9)).all()).item()
    assert (result["low"] < result["high"]).all()


@pytest.mark.parametrize(("n_articles", "wrong"), [(3, 0.1), (5, 0.05), (12, 0.1)])
def test_an_interval_covers_the_truth(n_articles: int, wrong: float) -> None:
    """The bootstrap interval covered it in 78 to 89 cases of 100 with 3 to 20 articles."""
    rng = np.random.default_rng(16)
    k, chance = 5, np.array([0.5, 0.2, 0.15, 0.1, 0.05])

    def drawn(size: int) -> tuple[np.ndarray, np.ndarray]:
        """Codes of two coders, and the article of each unit; articles differ in how hard they are and in what they say."""
        lengths = np.clip(np.round(np.exp(rng.normal(3.2, 0.55, size))), 6, 150).astype(int)
        article = np.repeat(np.arange(size), lengths)
        hard = rng.beta(wrong * 9, (1 - wrong) * 9, size)[article]
        true = (
            (rng.random(len(article))[:, None] > rng.dirichlet(chance * 4, size).cumsum(axis=1)[article]).sum(axis=1).clip(0, k - 1)
        )
        coders = [np.where(rng.random(len(true)) < hard, (true + rng.integers(1, k, len(true))) % k, true) for _ in range(2)]
        return np.array(coders, np.int16), article

    codes, article = drawn(20_000)
    truth = float(agreement.krippendorff_alpha(agreement._coincidences(codes, k, np.zeros(len(article), int), 1)[0][0]))
    held = []
    for _ in range(400):
        codes, article = drawn(n_articles)
        units = np.arange(len(article))
        ratings = agreement._Ratings("claim_type", codes, units, 0 * units, labels=tuple("abcde"))
        row = next(row for row in agreement._coefficients(ratings, article) if row["measure"] == "alpha")
        held.append(row["low"] <= truth <= row["high"] if "low" in row else True)
    assert np.mean(held) >= 0.91


def test_a_rare_layer_is_marked_too_little() -> None:
    """The interval reached -1 without a note that this is for lack of data, and not for disagreement."""
    rare = {
        f"x{i}": {coder: claims(*["factual"] * 19, "causal" if i < 2 else "factual") for coder in ("human-1", "human-2")}
        for i in range(8)
    }
    row = overall(made(rare), "claim_type")
    assert (row["value"], row["too_little"]) == (1, True)
    assert row["low"] < 0
    assert row["reason"] == "too little to say: fewer than 3 articles have any value but the commonest"
    assert not overall(made(rare), "claim_type", "percent_agreement")["too_little"]
    common = {name: {coder: claims(*["factual", "causal"] * 10) for coder in coders} for name, coders in rare.items()}
    assert overall(made(common), "claim_type")["too_little"] is False


def test_an_interval_of_width_1_or_more_is_marked_too_little() -> None:
    articles = {
        f"x{i}": {"human-1": claims("factual", "causal"), "human-2": claims("factual", "causal" if i else "factual")}
        for i in range(3)
    }
    row = overall(made(articles), "claim_type")
    assert row["high"] - row["low"] >= 1
    assert row["reason"] == "too little to say: the interval is as wide as from chance to perfect agreement"


# What is compared


def test_only_the_named_coders_are_compared() -> None:
    coders = {"human-1": claims("factual", "causal"), "human-2": claims("factual", "causal"), "model-1": claims("causal", "causal")}
    frames = made(dict.fromkeys("abc", coders))
    result = agreement.agreement(frames, coders=["human-2", "human-1"])
    assert result["n_coders"].max() == 2
    assert result.filter(layer="claim_type", measure="alpha", annotator_kind="all")["value"].item() == 1
    assert set(agreement.outliers(frames, coders=["human-2", "model-1"])["annotator_id"]) == {"human-2", "model-1"}
    for wrong, said in (
        ("human-3", "no labels by 'human-3'; did you mean 'human-"),
        ("human-1", "name two coders or more of human-1, "),
    ):
        with pytest.raises(ValueError, match=said):
            agreement.agreement(frames, coders=wrong)


def facts(coders: dict[str, dict[str, list[list[str]]]]) -> Frames:
    return made(
        {topic: {coder: [{"facts": listed} for listed in rows] for coder, rows in own.items()} for topic, own in coders.items()},
        {t: t for t in coders},
    )


def test_facts_that_only_gold_lists_are_not_units_of_the_coders() -> None:
    """Two coders listed f0 only in topic t2, gold also in t1: alpha rose from .548 to .618, and the units from 10 to 20."""
    first = [["f0"], ["f0"], ["f0"], [], [], [], [], [], [], []]
    second = [["f0"], ["f0"], [], ["f0"], [], [], [], [], [], []]
    none: list[list[str]] = [[]] * 10
    coders = {"t1": {"human-1": none, "human-2": none}, "t2": {"human-1": first, "human-2": second}}
    alone = overall(facts(coders), "facts")
    coders["t1"]["gold"] = [["f0"], *none[1:]]
    beside = overall(facts(coders), "facts")
    assert (alone["value"], alone["n_units"]) == (pytest.approx(0.548, abs=0.001), 10)
    assert (beside["value"], beside["n_units"]) == (alone["value"], 10)


def test_coders_who_list_nothing_agree_that_there_is_nothing() -> None:
    """The reason was: fewer than two coders."""
    frames = facts({"t": {"human-1": [[]] * 10, "human-2": [[]] * 10}})
    assert overall(frames, "facts", "percent_agreement")["value"] == 1
    row = overall(frames, "facts")
    assert (row["value"], row["n_units"], row["n_coders"], row["reason"]) == (None, 10, 2, "only one value occurs")
    assert agreement.agreement(frames).filter(layer="facts")["item"].unique().to_list() == [None]


def test_the_agreement_of_instances_of_one_model_is_called_stability() -> None:
    frames = made({"a": {"model-1": claims("factual", "causal"), "model-2": claims("factual", "causal")}})

    def kinds(*names: str | None) -> dict[str, str]:
        listed = [
            {"id": f"model-{i}", "kind": "model", "name": name, "codebook": "1.0", "coded": None} for i, name in enumerate(names, 1)
        ]
        articles = pl.DataFrame(
            {"article_id": ["a"], "annotators": [listed]}, {"article_id": pl.String, "annotators": schema.ANNOTATORS}
        )
        return dict(agreement.agreement({**frames, "articles": articles}).select("annotator_kind", "reliability").unique().rows())

    assert kinds("M", "M") == {"all": "stability", "model": "stability"}
    assert kinds("M", "N") == kinds(None, None) == {"all": "agreement", "model": "agreement"}


# Who is compared


def test_order_of_rows_does_not_matter(frames: Frames) -> None:
    for data in (frames, random_claims(random.Random(5), 7, 9)):
        shuffled = {name: frame.sample(fraction=1, shuffle=True, seed=7) for name, frame in data.items()}
        for result in (agreement.agreement, agreement.outliers):
            assert_frame_equal(result(data), result(shuffled), check_exact=True)


def test_names_of_coders_do_not_matter(frames: Frames) -> None:
    renamed = {**frames, "annotations": frames["annotations"].with_columns(pl.col("annotator_id").replace("model-a", "zoe"))}
    without = [
        agreement.agreement(data).drop("reliability") for data in (frames, renamed)
    ]  # reliability depends on the names of models, which articles list
    assert_frame_equal(*without, abs_tol=1e-12)


@pytest.mark.parametrize("by", ["article_id", "unit"])
def test_a_group_has_the_agreement_that_it_has_alone(frames: Frames, by: str) -> None:
    result = agreement.agreement(frames, by=by)
    for value in frames["sentences"][by].unique():
        kept = frames["sentences"].filter(pl.col(by) == value)
        alone = {**frames, "sentences": kept, "annotations": frames["annotations"].join(kept, on="sentence_id", how="semi")}
        expected = agreement.agreement(alone).drop("article_id")
        assert_frame_equal(result.filter(pl.col(by) == value).drop(by), expected, check_exact=True)
    assert_frame_equal(result.filter(pl.col(by).is_null()).drop(by), agreement.agreement(frames).drop("article_id"))


def test_sentences_without_a_group_count_only_in_the_whole() -> None:
    frames = random_claims(random.Random(4), 2, 6, wrong=0)
    gold = pl.when(pl.col("n") < 3).then(pl.lit("factual")).alias("claim_type")
    result = agreement.agreement({**frames, "sentences": frames["sentences"].with_columns(gold)}, by="claim_type")
    alphas = result.filter(annotator_kind="all", layer="claim_type", measure="alpha")
    assert alphas.select("claim_type", "n_units").rows() == [(None, 12), ("factual", 6)]


def test_a_kind_of_coders_has_the_agreement_that_it_has_alone() -> None:
    frames = random_claims(random.Random(2), 3, 12)
    result = agreement.agreement(frames)
    assert result["annotator_kind"].unique(maintain_order=True).to_list() == ["all", "human", "model"]
    humans = {**frames, "annotations": frames["annotations"].filter(annotator_kind="human")}
    expected = agreement.agreement(humans).filter(annotator_kind="all").drop("annotator_kind")
    assert_frame_equal(result.filter(annotator_kind="human").drop("annotator_kind"), expected, check_exact=True)
    assert set(result.filter(annotator_kind="model")["reason"]) == {"fewer than two coders"}


def test_adjudicated_labels_are_not_a_coder(frames: Frames) -> None:
    without = {**frames, "annotations": frames["annotations"].filter(pl.col("annotator_kind") != "adjudicated")}
    assert_frame_equal(agreement.agreement(frames), agreement.agreement(without), check_exact=True)
    assert "gold" not in agreement.outliers(frames)["annotator_id"]


# Outliers


def spoiled(article: Article, coder: str, share: float, rng: random.Random) -> Article:
    """The article with a share of a coder's labels replaced at random."""
    perspectives = sorted({sentence.source_perspective or "" for sentence in article.annotations[coder].sentence})

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

    annotation = article.annotations[coder]
    worse = annotation.model_copy(update={"sentence": tuple(map(changed, annotation.sentence))})
    return replace(article, annotations={**article.annotations, coder: worse})


@pytest.mark.parametrize("coder", ["model-a", "model-b", "model-c"])
def test_a_coder_with_a_fifth_of_labels_at_random_lowers_alpha_and_is_named(
    contents: tuple[list[Topic], list[Article]], frames: Frames, coder: str
) -> None:
    topics, articles = contents
    rng = random.Random(20171)
    worse = tables.tabulate(topics, [spoiled(article, coder, 0.2, rng) for article in articles])
    result = agreement.outliers(worse)
    for layer in ("claim_type", "source_perspective", "stance"):
        assert overall(worse, layer)["value"] < overall(frames, layer)["value"]
        named = result.filter(layer=layer).row(0, named=True)
        assert named["annotator_id"] == coder
        assert named["gain"] == pytest.approx(named["alpha_without"] - named["alpha"])
        assert named["percent_agreement"] == result.filter(layer=layer)["percent_agreement"].min()
    assert result.select("layer", "annotator_id").row(0) == (None, coder)
    assert result["layer"].is_null().sum() == 3


def test_alpha_without_a_coder_is_that_of_the_others(frames: Frames) -> None:
    others = {**frames, "annotations": frames["annotations"].filter(pl.col("annotator_id") != "model-b")}
    result = agreement.outliers(frames)
    for layer in Layer:
        row = only_row(result, layer=layer.value, annotator_id="model-b")
        assert row["alpha_without"] == overall(others, layer.value)["value"]
        assert row["alpha"] == overall(frames, layer.value)["value"]


def test_neither_of_two_coders_is_an_outlier() -> None:
    result = agreement.outliers(made({"a": {"human-1": claims("factual", "causal"), "human-2": claims("factual", "factual")}}))
    assert set(result["percent_agreement"]) == {0.5}
    assert set(result["gain"]) == {None}
    assert set(result["reason"]) == {"alpha is undefined with or without the coder"}
