"""The frames agree with the files of the bank: offsets with the text, labels with the annotations."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slantbank.bank._article import Annotation, Annotator, Article, Metadata, sha256
from slantbank.bank._topic import Topic
from slantbank.codebook import GOLD, Layer, Split
from slantbank.frames import _schema as schema
from slantbank.frames import _tabulate as tables
from tests.conftest import ROOT, SEED

Frames = dict[str, pl.DataFrame]


def test_the_offsets_of_every_sentence_and_span_give_its_text(frames: Frames) -> None:
    texts = {path.parent.name: path.read_text(encoding="utf-8") for path in (ROOT / "data" / "articles").glob("*/article.txt")}
    spans = 0
    for row in frames["sentences"].iter_rows(named=True):
        assert texts[row["article_id"]][row["start"] : row["end"]] == row["text"]
    for row in frames["annotations"].iter_rows(named=True):
        for span in row["spans"]:
            assert texts[row["article_id"]][span["start"] : span["end"]] == span["text"]
            spans += 1
    assert spans > 100


def test_the_seed_has_a_headline_and_23_sentences_split_after_the_us(frames: Frames) -> None:
    seed = frames["sentences"].filter(article_id=SEED)
    assert seed["unit"].to_list() == ["headline"] + ["body"] * 23
    assert seed["text"][20].endswith("such as the U.S.")
    assert seed["text"][21].startswith("Only then")
    assert seed["paragraph"][20] == seed["paragraph"][21]


def test_labels_of_sentences_are_those_of_the_annotator_gold(frames: Frames) -> None:
    gold = frames["annotations"].filter(annotator_id=GOLD)
    shared = [name for name in frames["sentences"].columns if name in gold.columns]
    assert frames["sentences"].select(shared).equals(gold.select(shared))


def test_reliability_is_the_share_of_coders_that_agree_with_gold(frames: Frames) -> None:
    labels = {(row["sentence_id"], row["annotator_id"]): row for row in frames["annotations"].iter_rows(named=True)}
    coders = sorted({name for _, name in labels} - {GOLD})
    shares: Counter[float] = Counter()
    for row in frames["sentences"].iter_rows(named=True):
        for layer in ("claim_type", "attribution", "perspective_party", "stance", "facts"):
            gold = labels[row["sentence_id"], GOLD][layer]
            agreeing = sum(labels[row["sentence_id"], coder][layer] == gold for coder in coders)
            key = "source_perspective" if layer == "perspective_party" else layer
            assert row["reliability"][key] == pytest.approx(agreeing / len(coders))
            shares[agreeing / len(coders)] += 1
    assert len(shares) > 1


def test_reliability_counts_only_facts_that_both_the_coder_and_gold_were_asked_about() -> None:
    topic = {"id": "t", "title": "T", "party": [{"id": "p", "name": "P", "side": "b"}]}
    facts = [{"id": "early", "text": "E."}, {"id": "late", "text": "L."}]
    people = [
        {"id": GOLD, "kind": "adjudicated", "codebook": "1.1"},
        {"id": "before", "kind": "human", "codebook": "1.1", "facts": ["early"]},
        {"id": "wrong", "kind": "human", "codebook": "1.1", "facts": ["early"]},
        {"id": "after", "kind": "human", "codebook": "1.1"},
    ]
    text = "He left.\n"
    meta = {"id": "a", "topic": "t", "title": "He left.", "origin": "published", "source_sha256": sha256(text), "annotator": people}
    reported = {GOLD: {"early": "He", "late": "left"}, "before": {"early": "He"}, "wrong": {}, "after": {"early": "He"}}
    annotations = {
        name: Annotation.model_validate({"sentence": [{"n": 0, "text": "He left.", "facts": quotes}]})
        for name, quotes in reported.items()
    }
    article = Article(Metadata.model_validate(meta), text, text, annotations)
    built = tables.tabulate([Topic.model_validate(topic | {"fact": facts})], [article])
    assert built["sentences"]["reliability"][0]["facts"] == pytest.approx(1 / 3)


def _sentence_rows(labels: dict[str, Any]) -> pl.DataFrame:
    return _frames(labels)["sentences"]


def _frames(labels: dict[str, Any]) -> Frames:
    topic = Topic.model_validate(
        {"id": "t", "title": "T", "party": [{"id": "p", "name": "P", "side": "b"}], "fact": [{"id": "f", "text": "F."}]}
    )
    text = "Head\n\nHe said he left.\n"
    meta = Metadata.model_validate(
        {
            "id": "a",
            "topic": "t",
            "title": "Head",
            "origin": "published",
            "source_sha256": sha256(text),
            "annotator": [Annotator.model_validate({"id": GOLD, "kind": "adjudicated", "codebook": "1.0"})],
        }
    )
    sentences = [{"n": 0, "text": "Head"}, {"n": 1, "text": "He said he left.", **labels}]
    article = Article(meta, text, text, {GOLD: Annotation.model_validate({"sentence": sentences})})
    return tables.tabulate([topic], [article])


def test_a_layer_that_was_not_coded_is_null_everywhere() -> None:
    row = _sentence_rows({}).row(1, named=True)
    assert all(row[layer.value] is None for layer in Layer if layer != Layer.LOADED)
    assert row["loaded_words"] is None
    assert row["spans"] == []
    assert set(row["reliability"].values()) == {None}


def test_a_layer_that_was_coded_with_nothing_to_mark_is_empty_and_not_null() -> None:
    row = _sentence_rows({"stance": {}, "facts": {}, "loaded": []}).row(1, named=True)
    assert (row["stance"], row["facts"], row["loaded_words"]) == ([], [], 0)


def test_a_perspective_is_the_side_of_its_party() -> None:
    row = _sentence_rows({"source_perspective": "p"}).row(1, named=True)
    assert (row["source_perspective"], row["perspective_party"]) == ("side_b", "p")
    row = _sentence_rows({"source_perspective": "neutral"}).row(1, named=True)
    assert (row["source_perspective"], row["perspective_party"]) == ("neutral", None)


def test_repeats_headline_is_null_unless_somebody_looked_for_repeated_headlines(
    contents: tuple[list[Topic], list[Article]],
) -> None:
    topics, articles = contents
    article = articles[0]
    columns = {
        repeats: tables.tabulate(
            topics,
            [
                Article(
                    article.meta.model_copy(update={"repeats_headline": repeats}), article.source, article.text, article.annotations
                )
            ],
        )["sentences"]["repeats_headline"].to_list()[:3]
        for repeats in (None, (), (1,))
    }
    assert columns == {None: [None] * 3, (): [False] * 3, (1,): [False, True, False]}


def test_the_rules_that_decided_are_listed_by_layer() -> None:
    built = _frames({"decided_by": {"stance": "4.3", "facts": ["6.1", "6.2"]}})
    expected = [{"layer": "stance", "rule": "4.3"}, {"layer": "facts", "rule": "6.1"}, {"layer": "facts", "rule": "6.2"}]
    assert built["sentences"]["decided_by"].to_list() == [None, expected] == built["annotations"]["decided_by"].to_list()


def test_every_frame_has_the_collection_and_split_of_each_row(contents: tuple[list[Topic], list[Article]]) -> None:
    topics, articles = contents
    other = topics[0].model_copy(update={"collection": "other", "split": Split.TEST, "axis": "us-left-right"})
    built = tables.tabulate([other], articles)
    for frame in built.values():
        assert frame.select("collection", "split").unique().row(0) == ("other", "test")
    assert all(set(built[name]["axis"]) == {"us-left-right"} for name in ("articles", "parties"))


def test_scores_may_mix_integers_and_decimals() -> None:
    built = _frames({"scores": {"b": 0.5, "a": 1}})["annotations"]
    assert built["scores"].to_list()[1] == [{"name": "a", "value": 1.0}, {"name": "b", "value": 0.5}]


def test_an_occurrence_is_counted_in_whole_words() -> None:
    spans = _sentence_rows({"cue": "said", "facts": {"f": {"text": "he", "nth": 1}}}).row(1, named=True)["spans"]
    assert [(span["layer"], span["start"], span["ref"]) for span in spans] == [("cue", 9, None), ("fact", 14, "f")]


def test_an_article_without_annotations_has_rows_and_no_labels(contents: tuple[list[Topic], list[Article]]) -> None:
    topics, articles = contents
    bare = Article(articles[0].meta.model_copy(update={"annotator": ()}), articles[0].source, articles[0].text, {})
    built = tables.tabulate(topics, [bare])
    assert built["sentences"].height == len(bare.sentences)
    assert built["annotations"].is_empty()
    assert built["sentences"]["claim_type"].null_count() == len(bare.sentences)
    assert schema.failures("sentences", built["sentences"]) == []


def test_rows_do_not_depend_on_the_order_in_which_articles_come(
    contents: tuple[list[Topic], list[Article]], frames: Frames
) -> None:
    topics, articles = contents
    again = tables.tabulate(reversed(topics), reversed(articles))
    assert all(again[name].equals(frame) for name, frame in frames.items())


Change = Callable[[pl.DataFrame], pl.DataFrame]
_STRUCT = pl.element().struct


def _set(column: str, value: Any) -> Change:
    return lambda frame: frame.with_columns(
        pl.when(pl.int_range(pl.len()) == 5).then(pl.lit(value, frame.schema[column])).otherwise(pl.col(column)).alias(column)
    )


def _map(column: str, value: pl.Expr) -> Change:
    return lambda frame: frame.with_columns(
        pl.when(pl.int_range(pl.len()) == 5).then(value.cast(frame.schema[column])).otherwise(pl.col(column)).alias(column)
    )


def _chain(first: Change, second: Change) -> Change:
    return lambda frame: second(first(frame))


SPAN = {"layer": "cue", "start": 0, "end": 3, "text": "abc", "ref": None}
BROKEN: dict[tuple[str, str], Change] = {
    ("sentences", "rows are in order, none twice"): lambda frame: frame[[*range(6), *range(5, frame.height)]],
    ("sentences", "numbers run from 0"): lambda frame: frame[[*range(5), *range(6, frame.height)]],
    ("sentences", "sentence 0 is the headline"): _set("unit", "headline"),
    ("sentences", "paragraphs run from 0"): _set("paragraph", 9),
    ("sentences", "sentences do not overlap"): _map("start", pl.col("start") - 3),
    ("sentences", "end - start is the length of the text"): _map("end", pl.col("end") + 1),
    ("sentences", "text is one line, not blank"): _map("text", pl.col("text") + " "),
    ("sentences", "a sentence has words"): _set("n_words", 0),
    ("sentences", "sentence_id is article_id:n"): _set("sentence_id", "x:1"),
    ("sentences", "the author's own voice has no source type"): _chain(
        _set("attribution", "author"), _set("source_type", "person")
    ),
    ("sentences", "the author's own voice has no source party"): _chain(
        _set("attribution", "author"), _set("source_party", "ncri")
    ),
    ("sentences", "a perspective that is not neutral has a party"): _chain(
        _set("source_perspective", "side_a"), _set("perspective_party", None)
    ),
    ("sentences", "stance is -1, 0 or 1"): _set("stance", [{"party": "ncri", "value": 2}]),
    ("sentences", "stance names a party once"): _set("stance", [{"party": "ncri", "value": 1}, {"party": "ncri", "value": 0}]),
    ("sentences", "facts are named once"): _set("facts", ["attendance", "attendance"]),
    ("sentences", "loaded_words counts loaded_at"): _set("loaded_words", 9),
    ("sentences", "loaded_at rises from 0"): _chain(_set("loaded_words", 2), _set("loaded_at", [1, 1])),
    ("sentences", "loaded_at numbers words of the sentence"): _chain(_set("loaded_words", 1), _set("loaded_at", [99])),
    ("sentences", "a span is of a known layer"): _set("spans", [{**SPAN, "layer": "cues"}]),
    ("sentences", "a span has as many code points as its text"): _set("spans", [{**SPAN, "text": "abcd"}]),
    ("sentences", "a span lies in its sentence"): _set("spans", [SPAN]),
    ("sentences", "n_annotators is not negative"): _set("n_annotators", -1),
    ("sentences", "reliability is a share"): _set("reliability", {layer.value: 1.5 for layer in Layer}),
    ("annotations", "n is not negative"): _set("n", -1),
    ("articles", "article_id is an id"): lambda frame: frame.with_columns(article_id=pl.col("article_id").str.to_uppercase()),
    ("articles", "published is a day that news can have"): lambda frame: frame.with_columns(published=pl.date(217, 7, 3)),
    ("articles", "source_sha256 is a hash, where the text is here"): lambda frame: frame.with_columns(source_sha256=pl.lit("x")),
    ("articles", "an article has sentences and words"): lambda frame: frame.with_columns(n_words=pl.lit(0, pl.Int32)),
    ("parties", "party_id is an id"): lambda frame: frame.with_columns(party_id=pl.lit("The Party ") + pl.col("party_id")),
    ("facts", "fact_id is an id"): lambda frame: frame.with_columns(fact_id=pl.lit("The Fact ") + pl.col("fact_id")),
    ("facts", "since is a day that news can have"): lambda frame: frame.with_columns(since=pl.date(217, 7, 3)),
    ("facts", "what is disputed is claimed by a party"): lambda frame: frame.with_columns(disputed=~pl.col("disputed")),
}


def _breaking(frame: str, rule: str) -> Change:
    if rule.endswith(" is a label"):
        return lambda data: data.with_columns(pl.lit("nolabel").alias(rule.removesuffix(" is a label")))
    if frame != "sentences" and rule.startswith("rows are in order"):
        return lambda data: data[list(reversed(range(data.height)))]  # `reverse` loses the type of a list that is null everywhere
    return BROKEN.get((frame, rule)) or BROKEN["sentences", rule]


@pytest.mark.parametrize(("frame", "rule"), [(frame, rule) for frame, rules in schema.RULES.items() for rule in rules])
def test_each_rule_of_a_frame_finds_the_row_that_breaks_it(frames: Frames, frame: str, rule: str) -> None:
    broken = _breaking(frame, rule)(frames[frame])
    assert rule in {failure.rule for failure in schema.failures(frame, broken)}


WHITE = [chr(code) for code in range(0x3001) if re.fullmatch(r"\s", chr(code)) and not 0x1C <= code <= 0x1F]
"""White space in Unicode. Python also counts the four separators of ASCII as white space; they are left out."""


@given(st.text(st.sampled_from(["a", "é", "\u200b", *WHITE]), max_size=4))
def test_a_sentence_is_one_line_that_neither_starts_nor_ends_with_white_space(text: str) -> None:
    rule = schema.RULES["sentences"]["text is one line, not blank"]
    kept = bool(text) and text[0] not in WHITE and text[-1] not in WHITE and "\n" not in text
    assert pl.DataFrame({"text": [text]}).select(rule.holds).item() == kept


def test_a_reference_to_a_missing_fact_is_found(frames: Frames) -> None:
    without_fact = {**frames, "facts": frames["facts"].filter(pl.col("fact_id") != "speaker-fees")}
    failures = schema.dangling(without_fact)
    assert {failure.rule for failure in failures} == {"facts is in facts"}
    cited = frames["sentences"].filter(pl.col("facts").list.contains("speaker-fees")).height
    assert sum(failure.frame == "sentences" for failure in failures) == cited
    assert schema.dangling(frames) == []


def test_a_frame_with_other_columns_is_a_schema_error(frames: Frames) -> None:
    with pytest.raises(pl.exceptions.SchemaError, match="other columns or types"):
        schema.failures("facts", frames["parties"])


def test_layout_of_the_bank_is_as_designed() -> None:
    expected = {"article.toml", "article.txt", "source.txt", "annotations"}
    for folder in (ROOT / "data" / "articles").iterdir():
        withheld = "includes_text = false" in (folder / "article.toml").read_text(encoding="utf-8")
        assert {path.name for path in folder.iterdir()} == expected - ({"source.txt"} if withheld else set())
    assert (ROOT / "data" / "articles" / SEED).is_dir()
    seed = ROOT.parent / "shared" / "seed" / "article.txt"
    if not seed.is_file():
        pytest.skip("the seed is not beside this checkout")
    assert Path(ROOT / "data" / "articles" / SEED / "source.txt").read_bytes() == seed.read_bytes()


@pytest.mark.parametrize("rows", [1, 2, 7, 1000])
def test_a_file_read_in_batches_has_the_same_failures_as_the_frame(frames: Frames, tmp_path: Path, rows: int) -> None:
    at = pl.int_range(pl.len())
    broken = frames["sentences"].with_columns(
        n=pl.col("n") + (at == 30).cast(pl.Int32), claim_type=pl.when(at % 9 != 0).then("claim_type").otherwise(pl.lit("opinion"))
    )
    broken.write_parquet(tmp_path / "a.parquet", row_group_size=10)
    whole = schema.failures("sentences", broken)
    assert len({failure.row for failure in whole}) > 9
    assert list(schema.failures_in("sentences", tmp_path / "a.parquet", rows)) == sorted(whole, key=lambda failure: failure.row)
    frames["sentences"].clear().write_parquet(tmp_path / "none.parquet")
    assert list(schema.failures_in("sentences", tmp_path / "none.parquet")) == []
    with pytest.raises(pl.exceptions.SchemaError, match="other columns"):
        list(schema.failures_in("facts", tmp_path / "a.parquet"))
