"""Scores equal values worked out by hand, and undecided labels are neither right nor wrong."""

import importlib.util
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

from slantbank import cli
from slantbank.codebook import LABELS, AnnotatorKind
from slantbank.measure import _score as scores
from slantbank.publish import _render
from slantbank.show import terminal
from tests.conftest import PINNED

Frames = dict[str, pl.DataFrame]


def row(result: pl.DataFrame, annotator: str, layer: str, measure: str, item: str | None = None) -> dict[str, Any]:
    (only,) = result.filter(
        (pl.col("annotator_id") == annotator)
        & (pl.col("layer") == layer)
        & (pl.col("measure") == measure)
        & pl.col("item").eq_missing(pl.lit(item, pl.String))
    ).to_dicts()
    return only


def gold(frames: Frames) -> pl.DataFrame:
    return frames["annotations"].filter(pl.col("annotator_id") == "gold")


def predicted(frames: Frames, **columns: pl.Expr) -> pl.DataFrame:
    return gold(frames).select("sentence_id", **columns)


def test_accuracy_and_f1_follow_from_the_confusion_matrix(frames: Frames) -> None:
    result = scores.score(frames)
    for coder in ("model-a", "model-b", "model-c"):
        for layer, labels in LABELS.items():
            table = scores.confusion(frames, coder, layer)
            counts = {(cell["gold"], cell["label"]): cell["n"] for cell in table.to_dicts()}
            total = sum(counts.values())
            right = sum(n for (a, b), n in counts.items() if a == b)
            assert row(result, coder, layer, "accuracy")["value"] == pytest.approx(right / total)
            f1, frequent = {}, []
            for label in map(str, labels):
                support = sum(n for (a, _), n in counts.items() if a == label)
                used = sum(n for (_, b), n in counts.items() if b == label)
                if support:
                    f1[label] = 2 * counts.get((label, label), 0) / (support + used)
                    score = row(result, coder, layer, "f1", label)
                    assert (score["value"], score["n_units"]) == (pytest.approx(f1[label]), support)
                    frequent += [f1[label]] if support >= 20 else []
            macro = row(result, coder, layer, "macro_f1")
            if len(frequent) > 1:
                assert macro["value"] == pytest.approx(sum(frequent) / len(frequent))
            else:
                assert (macro["value"], macro["reason"]) == (None, "gold has fewer than two labels 20 times or more")


def _asked(frames: Frames, coder: str, facts: list[str]) -> Frames:
    """The frames, as if the coder had been asked about these facts alone."""
    annotator = pl.element().struct
    asked = pl.when(annotator.field("id") == coder).then(pl.lit(facts)).otherwise(annotator.field("facts"))
    articles = frames["articles"].with_columns(pl.col("annotators").list.eval(annotator.with_fields(asked.alias("facts"))))
    return {**frames, "articles": articles}


def test_a_fact_that_a_coder_was_not_asked_about_is_not_missed(frames: Frames) -> None:
    facts = frames["facts"]["fact_id"].to_list()
    late = gold(frames)["facts"].explode().drop_nulls().mode().sort()[0]
    coder = pl.col("annotator_id") == "model-b"
    without = pl.col("facts").list.set_difference(pl.lit([late]))
    spans = pl.col("spans").list.filter((pl.element().struct["layer"] != "fact") | (pl.element().struct["ref"] != late))
    notes = frames["annotations"]
    own = {"facts": pl.when(coder).then(without).otherwise("facts"), "spans": pl.when(coder).then(spans).otherwise("spans")}
    before = {**frames, "annotations": notes.with_columns(**own)}
    nowhere = {**frames, "annotations": notes.with_columns(facts=without, spans=spans)}
    result = scores.score(_asked(before, "model-b", [fact for fact in facts if fact != late]))
    expected = scores.score(nowhere)
    for layer, measure in (("facts", "f1"), ("fact words", "exact_f1"), ("fact words", "overlap_f1")):
        assert row(result, "model-b", layer, measure) == row(expected, "model-b", layer, measure)
        assert row(scores.score(before), "model-b", layer, measure) != row(expected, "model-b", layer, measure)


def test_macro_f1_equals_scikit_learn(frames: Frames) -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="the extra `score` is not installed")
    result = scores.score(frames)
    both = gold(frames).join(frames["annotations"].filter(annotator_id="model-b"), on="sentence_id", suffix="_b")
    for layer in LABELS:
        rated = both.drop_nulls([layer, f"{layer}_b"])
        labels = rated[layer].value_counts().filter(pl.col("count") >= 20)[layer].to_list()
        if len(labels) < 2:
            continue
        expected = metrics.f1_score(rated[layer].to_list(), rated[f"{layer}_b"].to_list(), labels=labels, average="macro")
        assert row(result, "model-b", layer, "macro_f1")["value"] == pytest.approx(expected)


def test_gold_as_predictions_scores_1_and_has_no_error(frames: Frames) -> None:
    same = gold(frames).select("sentence_id", *LABELS, "stance", "facts", "loaded_words", "spans")
    result = scores.score(frames, predictions=same).filter(annotator_id="predictions")
    best = {"ordinal_error": 0.0, "error": 0.0, "absolute_error": 0.0}
    for score in result.drop_nulls("value").to_dicts():
        assert score["value"] == pytest.approx(best.get(score["measure"], 1.0)), score
    assert {score["item"] for score in result.filter(layer="compare").to_dicts()} >= {"own voice", "perspective balance", "loaded"}


def test_every_interval_contains_its_value_and_has_width(frames: Frames) -> None:
    result = scores.score(frames)
    for score in result.drop_nulls("low").to_dicts():
        assert score["low"] <= score["value"] <= score["high"], score
        assert score["low"] < score["high"], score
        assert score["low"] >= (-1 if score["measure"] == "alpha" else 0) or score["measure"] == "error", score
    assert result.filter(pl.col("value").is_null() & pl.col("reason").is_null()).is_empty()
    assert result.filter(pl.col("low").is_null() & pl.col("reason").is_null()).is_empty()


def test_undecided_labels_lower_only_coverage(frames: Frames) -> None:
    half = pl.int_range(pl.len()) % 2 == 0
    predictions = predicted(frames, claim_type=pl.when(half).then("claim_type"))
    result = scores.score(frames, predictions=predictions)
    n = len(predictions)
    assert row(result, "predictions", "claim_type", "coverage")["value"] == pytest.approx(((n + 1) // 2) / n)
    assert row(result, "predictions", "claim_type", "accuracy")["value"] == 1
    assert row(result, "predictions", "attribution", "coverage")["value"] == 0
    assert result.filter(annotator_id="predictions", layer="attribution", measure="accuracy").is_empty()
    assert row(result, "predictions", "compare", "error", "attribution")["reason"] == "not labelled"


def test_the_error_of_a_comparison_is_signed(frames: Frames) -> None:
    predictions = predicted(frames, attribution=pl.lit("author"))
    score = row(scores.score(frames, predictions=predictions), "predictions", "compare", "error", "own voice")
    body = frames["sentences"].filter(pl.col("unit") == "body")
    shares = body.group_by("article_id").agg((pl.col("attribution") == "author").mean())["attribution"]
    assert score["value"] == pytest.approx((1 - shares).mean())
    assert score["low"] < score["value"] < score["high"]


def test_stance_errors_count_by_their_distance(frames: Frames) -> None:
    party = pl.element().struct.field("party")
    turned = pl.col("stance").list.eval(pl.struct(party=party, value=-pl.element().struct.field("value")))
    result = scores.score(frames, predictions=predicted(frames, stance=turned))
    values = gold(frames).explode("stance").unnest("stance").drop_nulls("party")["value"].cast(pl.Int64)
    assert row(result, "predictions", "stance", "ordinal_error")["value"] == pytest.approx((2 * values.abs()).mean())
    assert row(result, "predictions", "mention", "f1")["value"] == 1


def test_overlapping_spans_count_only_in_overlap_f1(frames: Frames) -> None:
    field = pl.element().struct.field
    shorter = pl.col("spans").list.eval(
        pl.struct(layer=field("layer"), start=field("start"), end=field("end") - 1, text=field("text"), ref=field("ref"))
    )
    predictions = gold(frames).select("sentence_id", "loaded_words", spans=shorter)
    result = scores.score(frames, predictions=predictions)
    assert row(result, "predictions", "loaded words", "exact_f1")["value"] == 0
    assert row(result, "predictions", "loaded words", "overlap_f1")["value"] == pytest.approx(1, abs=0.02)


def test_the_ceiling_scores_coders_against_each_other_and_counts_a_sentence_once(frames: Frames) -> None:
    result = scores.score(frames)
    ceiling = row(result, scores.CEILING, "claim_type", "accuracy")
    notes = frames["annotations"].filter(pl.col("annotator_kind") != str(AnnotatorKind.ADJUDICATED))
    pairs = notes.join(notes, on="sentence_id", suffix="_b").filter(pl.col("annotator_id") != pl.col("annotator_id_b"))
    assert ceiling["value"] == pytest.approx((pairs["claim_type"] == pairs["claim_type_b"]).mean())
    assert ceiling["n_units"] == notes["sentence_id"].n_unique()


def test_a_baseline_that_cannot_be_computed_has_a_reason(frames: Frames) -> None:
    result = scores.score(frames)
    reasons = result.filter(annotator_id=scores.WORDS)["reason"].to_list()
    assert reasons == ["there is no other topic to learn from"]
    hidden = {**frames, "sentences": frames["sentences"].with_columns(text=pl.lit(None, pl.String))}
    assert scores.score(hidden).filter(annotator_id=scores.QUOTES)["reason"].to_list() == ["texts are withheld"]
    assert row(result, scores.MAJORITY, "claim_type", "accuracy")["value"] == pytest.approx(
        frames["sentences"]["claim_type"].value_counts()["count"].max() / len(frames["sentences"])
    )


@pytest.mark.skipif(importlib.util.find_spec("sklearn") is None, reason="the extra `score` is not installed")
def test_a_baseline_learns_only_from_other_topics(frames: Frames) -> None:
    place = {name: f"topic-{k}" for k, name in enumerate(PINNED)}
    parted = {
        name: frame.with_columns(topic_id=pl.col("article_id").replace_strict(place)) if "article_id" in frame.columns else frame
        for name, frame in frames.items()
    }
    marked = pl.concat_str(pl.lit("zebra"), pl.col("claim_type").cast(pl.String))
    shown = parted["sentences"].with_columns(text=pl.when(topic_id="topic-0").then(marked).otherwise("text"))
    gold_ = scores._labels(gold({"annotations": scores._with_unasked(parted)}))
    (result,) = [labels for name, labels, _ in scores._baselines({**parted, "sentences": shown}, gold_) if name == scores.WORDS]
    guessed = result.filter(topic_id="topic-0")["claim_type"].n_unique()
    assert guessed == 1  # words that do not occur in other topics carry no information


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("He left.", "author"),
        ("“It is safe and will stay so,” she said.", "direct"),
        ("The mayor called the old bridge “safe”.", "mixed"),
    ],
)
def test_quotation_marks_suggest_an_attribution(text: str, label: str) -> None:
    assert scores._by_quotes(text) == label


def test_coders_of_the_adjudicators_model_family_are_listed(frames: Frames) -> None:
    def named(**names: str) -> Frames:
        listed = [{"id": id_, "kind": "adjudicated" if id_ == "gold" else "model", "name": name} for id_, name in names.items()]
        return {"articles": pl.DataFrame({"annotators": [listed]})}

    assert scores.related_models(named(gold="Claude 5", a="claude-x (Anthropic)", b="GPT-7")) == ["a"]
    assert scores.related_models(named(gold="a panel", a="claude")) == []


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"id": ["x"]}, "need a column sentence_id"),
        ({"sentence_id": ["x:1"]}, "not in the bank"),
        ({"sentence_id": [f"{PINNED[0]}:1"] * 2}, "is predicted twice"),
        ({"sentence_id": [f"{PINNED[0]}:1"], "claim": ["factual"]}, "have a column 'claim'; did you mean 'claim_type'"),
        ({"sentence_id": [f"{PINNED[0]}:1"], "claim_type": ["opinion"]}, "claim_type 'opinion' is no label"),
        ({"sentence_id": [f"{PINNED[0]}:1"], "stance": ["x"]}, "have not the types"),
    ],
)
def test_unusable_predictions_raise_a_clear_error(frames: Frames, columns: dict[str, list[str]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        scores.score(frames, predictions=pl.DataFrame(columns))


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_the_command_reads_predictions(frames: Frames, bank: Path, tmp_path: Path, kind: str) -> None:
    predictions = predicted(frames, claim_type=pl.col("claim_type"), attribution=pl.when(pl.col("n") > 0).then("attribution"))
    path = tmp_path / f"p.{kind}"
    {"jsonl": predictions.write_ndjson, "csv": predictions.write_csv, "parquet": predictions.write_parquet}[kind](path)
    result = CliRunner().invoke(cli.cli, ["score", str(path), "--bank", str(bank), "--format", "csv"])
    assert result.exit_code == 0, result.output
    assert "predictions,claim_type,,accuracy,1.0," in result.output
    for style in ("table", "markdown"):
        assert CliRunner().invoke(cli.cli, ["score", "model-a", "--bank", str(bank), "--format", style]).exit_code == 0
    assert CliRunner().invoke(cli.cli, ["score", "model-z", "--bank", str(bank)]).exit_code == 2


def test_a_table_of_scores_gives_reasons_for_missing_rows_and_has_no_negative_zero() -> None:
    none = {"low": None, "high": None, "item": None, "measure": "macro_f1", "rests_on": None, "n_units": None, "n_clusters": None}
    rows = [
        {**none, "annotator_id": "ada", "layer": "claim_type", "value": 0.5, "reason": None},
        {**none, "annotator_id": "ada", "layer": "compare", "item": "loaded", "measure": "error", "value": -0.001, "reason": None},
        {**none, "annotator_id": "baseline: words", "layer": None, "value": None, "reason": "texts are withheld"},
    ]
    text = terminal.score_markdown(pl.DataFrame(rows, infer_schema_length=None))
    assert "| ada | 0.50 |" in text
    assert "-0.00" not in text
    assert text.endswith("\n\nBaseline: words: texts are withheld.")


def test_the_card_has_the_scores_without_the_learned_baseline(frames: Frames) -> None:
    text = _render._scores(frames)
    assert "| baseline: majority label |" in text
    assert "TF-IDF" not in text
