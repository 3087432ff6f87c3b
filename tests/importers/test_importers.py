"""The importers, on small corpora in the published formats with every known quirk, and on samples of the corpora if available."""

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slantbank.bank import _article as article
from slantbank.bank import _bank as bank
from slantbank.bank._article import Annotation, Article, Mark
from slantbank.codebook import SpanLayer
from slantbank.frames import _tabulate as frames
from slantbank.importers import IMPORTERS, Report, UnreadableError, describe, run, to_parquet
from slantbank.importers import _shards as shards
from slantbank.importers import _text as text
from slantbank.problem import ContributionError
from slantbank.rules import _check as check
from tests.conftest import ROOT

CORPORA = ROOT / "tests/corpora"
SAMPLES = ROOT.parent / "shared" / "corpora"
PATHS = {
    "basil": CORPORA / "basil",
    "faerber": CORPORA / "faerber",
    "polnear": CORPORA / "polnear",
    "csv": CORPORA / "tables" / "labels.csv",
    "jsonl": CORPORA / "tables" / "lists.jsonl",
}
B1, B2, B3 = (f"basil-11111111-aaaa-4aaa-8aaa-111111111111-{k}" for k in (1, 2, 3))
LIND = "polnear-breitbart-2016-01-02-lind-says-bridge"


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def _remarks(report: Report) -> set[tuple[str, str, str]]:
    return {(remark.where.rpartition("/")[2], remark.kind, remark.message) for remark in report.remarks}


class Imported:
    """A bank made by an importer, and its report."""

    def __init__(self, name: str, path: Path, into: Path) -> None:
        self.folder = into
        self.report = run(name, path, into)
        self.problems = check.check(bank.draft(into))

    def article(self, name: str) -> Article:
        return article.read(self.folder / "articles" / name)

    def annotation(self, name: str, annotator: str) -> Annotation:
        return self.article(name).annotations[annotator]

    @cached_property
    def frames(self) -> dict[str, pl.DataFrame]:
        drafts = bank.draft(self.folder)
        topics = [document.value for document in drafts.topics.values() if document.value]
        return frames.tabulate(topics, [draft.article for draft in drafts.articles.values() if draft.article])


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Imported]:
    """The small corpora, each imported once."""
    banks: dict[str, Imported] = {}

    def get(name: str) -> Imported:
        if name not in banks:
            banks[name] = Imported(name, PATHS[name], tmp_path_factory.mktemp(name) / "bank")
        return banks[name]

    return get


@pytest.mark.parametrize("name", PATHS)
def test_an_imported_bank_is_clean(name: str, imported: Callable[[str], Imported]) -> None:
    assert imported(name).report.written["articles"] > 1
    assert imported(name).problems == []


@pytest.mark.parametrize("name", PATHS)
def test_the_same_input_gives_the_same_bank(name: str, imported: Callable[[str], Imported], tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere"
    shutil.copytree(PATHS[name] if PATHS[name].is_dir() else PATHS[name].parent, copy)
    run(name, copy if PATHS[name].is_dir() else copy / PATHS[name].name, tmp_path / "bank")
    assert _contents(tmp_path / "bank") == _contents(imported(name).folder)


@pytest.mark.parametrize("name", PATHS)
def test_the_counts_of_a_report_match_the_bank(name: str, imported: Callable[[str], Imported]) -> None:
    written, built = imported(name).report.written, imported(name).frames
    spans = Counter(built["annotations"]["spans"].explode(empty_as_null=False).struct.field("layer").to_list())
    assert written["articles"] == built["articles"].height
    assert written["sentences"] == built["sentences"].height
    assert written["annotations"] == built["annotations"].unique(["article_id", "annotator_id"]).height
    assert {layer: count for layer, count in spans.items() if layer not in ("fact", "source", "cue")} == {
        layer: written[f"{layer} spans"] for layer in ("loaded", "informational", "content") if written[f"{layer} spans"]
    }
    assert written["stance labels"] == built["annotations"]["stance"].count()


@pytest.mark.parametrize("name", PATHS)
def test_an_unreadable_part_is_reported_and_raises_if_strict(
    name: str, imported: Callable[[str], Imported], tmp_path: Path
) -> None:
    unread = [remark for remark in imported(name).report.remarks if remark.kind == "unread"]
    assert unread
    with pytest.raises(UnreadableError, match=re.escape(str(unread[0]))):
        run(name, PATHS[name], tmp_path / "bank", strict=True)


@pytest.mark.parametrize("name", PATHS)
def test_every_remark_is_counted_and_summarised(name: str, imported: Callable[[str], Imported]) -> None:
    report = imported(name).report
    assert Counter((remark.kind, remark.message) for remark in report.remarks) == report.counts
    assert len(report.summary) == sum(count > 0 for count in report.written.values()) + len(report.counts)


def test_a_long_report_counts_all_remarks_and_lists_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slantbank.importers._report.LISTED", 2)
    report = Report()
    for n in range(5):
        report.drop(f"a.csv:{n}", "empty sentence")
    assert (len(report.remarks), report.counts["dropped", "empty sentence"]) == (2, 5)


def test_existing_articles_and_topics_are_not_overwritten(tmp_path: Path) -> None:
    run("basil", PATHS["basil"], tmp_path)
    report = run("basil", PATHS["basil"], tmp_path)
    assert (B1, "dropped", "article that is in the bank already") in _remarks(report)
    path = tmp_path / "articles" / B1 / "article.toml"
    path.write_text("mine", encoding="utf-8")
    topic = next((tmp_path / "topics").iterdir())
    named = topic.read_text(encoding="utf-8").replace("Mill bridge reopened", "My own title")
    topic.write_text(named, encoding="utf-8")
    report = run("basil", PATHS["basil"], tmp_path)
    assert (path.read_text(encoding="utf-8"), topic.read_text(encoding="utf-8")) == ("mine", named)
    assert report.written["articles"] == 0
    assert (B1, "unread", "article that is in the bank already, with other content") in _remarks(report)
    assert (B2, "dropped", "article that is in the bank already") in _remarks(report)
    assert (topic.name, "dropped", "topic that is in the bank already, with another content") in _remarks(report)
    topic.write_text("mine", encoding="utf-8")
    shutil.rmtree(tmp_path / "articles")
    report = run("basil", PATHS["basil"], tmp_path)
    assert report.written["articles"] == 0
    assert (topic.name, "unread", "topic that is in the bank already, without parties or facts of this one") in _remarks(report)


def test_progress_is_given_every_file(tmp_path: Path) -> None:
    seen: list[list[Path]] = []

    def progress(paths: list[Path]) -> Iterable[Path]:
        seen.append(paths)
        return paths

    run("faerber", PATHS["faerber"], tmp_path, progress=progress)
    assert [path.name for path in seen[0]] == ["article_0.json", "article_1.json", "article_2.json", "article_3.json"]


def test_an_unknown_importer_is_an_error_that_suggests_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="did you mean 'basil'"):
        run("basl", CORPORA, tmp_path)


@pytest.mark.parametrize("name", IMPORTERS)
def test_a_path_that_is_not_such_a_corpus_is_an_error(name: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run(name, tmp_path / "nothing", tmp_path / "bank")


@pytest.mark.parametrize("name", IMPORTERS)
def test_docs_importers_has_the_head_of_each_importer(name: str) -> None:
    assert describe(name) in (ROOT / "docs" / "importers.md").read_text(encoding="utf-8")


# texts


@given(st.text(st.sampled_from("ab .\t\n\r\xa0\u2028\x1b\x85"), max_size=12))
def test_a_clean_line_is_trimmed_and_maps_its_offsets(raw: str) -> None:
    line = text.clean_line(raw)
    assert line.text == " ".join(raw.replace("\x1b", "").split())
    assert len(line.offsets) == len(raw) + 1
    assert all(a <= b for a, b in pairwise(line.offsets))
    for n, letter in enumerate(raw):
        if letter in "ab.":
            assert line.text[line.offsets[n] : line.offsets[n + 1]] == letter


def test_a_byte_order_mark_at_an_end_is_removed() -> None:
    line = text.clean_line("\ufeff co\ufeffop\ufeff")
    assert (line.text, line.offsets[2], line.offsets[7]) == ("co\ufeffop", 0, 5)


def test_a_lone_surrogate_is_an_error() -> None:
    with pytest.raises(ValueError, match="surrogates not allowed"):
        text.clean_line("\ud800")


@pytest.mark.parametrize(
    ("paragraph", "places", "expected"),
    [
        ("\u201cIt fell,\u201d he said.", [(1, 3), (4, 8)], "direct"),
        ("He called it \u201ca mess\u201d again.", [(10, 12), (14, 15), (23, 28)], "mixed"),
        ("He said that it fell.", [(8, 12), (13, 15)], "indirect"),
        ("\u201cIt fell. It will fall", [(10, 12), (13, 17)], "direct"),
        ("Lind: 'a mess' of a bridge", [(7, 8), (9, 13)], None),
        ("He said \"it is a 'mess'\" twice", [(25, 30)], "indirect"),
        ("Nothing", [], None),
    ],
)
def test_quotation_marks_decide_the_attribution(paragraph: str, places: list[tuple[int, int]], expected: str | None) -> None:
    assert text.attribution_from_quotes(paragraph, places) == expected


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 5), st.sampled_from(["loaded", "informational"])), max_size=6))
def test_marks_without_overlaps_are_disjoint_or_nested(places: list[tuple[int, int, str]]) -> None:
    report = Report()
    marks = [Mark(layer=SpanLayer(layer), start=a, end=a + size, text="x" * size) for a, size, layer in places]
    kept = text.drop_overlaps(marks, "here", report)
    assert len(kept) + len(report.remarks) == len(marks)
    for n, mark in enumerate(kept):
        for other in kept[n + 1 :]:
            apart = other.start >= mark.end or mark.start >= other.end
            nested = mark.start <= other.start and other.end <= mark.end
            assert mark.layer != other.layer or apart or (nested and mark.layer != SpanLayer.LOADED)


@pytest.mark.parametrize("name", ["", "мост", "x" * 81])
def test_no_id_is_made_of_a_name_without_letters_or_too_long(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be made an id"):
        text.slug(name)


# BASIL


def test_basil_outlet_date_and_details_are_imported(imported: Callable[[str], Imported]) -> None:
    bank_ = imported("basil")
    metas = [bank_.article(name).meta for name in (B1, B2, B3)]
    assert [meta.outlet for meta in metas] == ["The New York Times", "Fox News", "Huffington Post"]
    assert [meta.published for meta in metas] == [date(2012, 5, 7), None, None]
    assert metas[0].details == {
        "main-event": "Mill bridge reopened",
        "keywords": "bridges,towns",
        "word-count": "40",
        "relative_stance": "left",
        "author_feeling_Ana_Ruiz": "pos",
        "you_feeling_Bo_Lind": "neu",
    }
    assert [meta.details["relative_stance"] for meta in metas] == ["left", "right", "center"]
    assert "word-count" not in metas[1].details
    assert {
        (f"{B1[6:42]}_1.json", "changed", "relative stance liberal read as left"),
        (f"{B1[6:42]}_2.json", "unread", "not a web address"),
        (f"{B1[6:42]}_3.json", "unread", "not a date"),
    } <= _remarks(bank_.report)


def test_a_basil_triplet_becomes_a_topic_with_the_entities_of_its_three_articles(imported: Callable[[str], Imported]) -> None:
    topics = bank.draft(imported("basil").folder).topics
    assert list(topics) == ["basil-11111111-aaaa-4aaa-8aaa-111111111111"]
    topic = next(iter(topics.values())).value
    assert topic is not None
    assert topic.title == "Mill bridge reopened"
    assert [(party.id, party.side) for party in topic.party] == [
        ("ana-ruiz", "other"),
        ("bo-lind", "other"),
        ("town-council", "other"),
    ]
    assert topic.party[0].aliases == ("ana ruiz",)


def test_basil_sentence_ids_count_across_paragraphs_and_include_empty_sentences(imported: Callable[[str], Imported]) -> None:
    bank_ = imported("basil")
    lines = bank_.article(B1).text.splitlines()
    assert lines[:5] == ["Ruiz opens bridge amid grumbling", "", "Mayor Ana Ruiz reopened the mill bridge on Monday.", "", lines[4]]
    assert lines[4] == "Her shameless rival, Bo Lind, stayed away."
    spans = [
        (sentence.n, mark.layer, mark.text, mark.ref)
        for sentence in bank_.annotation(B1, "gold").sentence
        for mark in sentence.spans
    ]
    assert spans == [
        (0, "loaded", "grumbling", "ana-ruiz"),
        (2, "loaded", "shameless rival", "bo-lind"),
        (2, "informational", "rival, Bo Lind, stayed", "ana-ruiz"),
        (3, "informational", "The bridge is a disgrace", "ana-ruiz"),
        (3, "content", "The bridge is a disgrace", "bo-lind"),
        (3, "informational", "who once praised it", "ana-ruiz"),
        (5, "informational", "It will fall soon.\u201d", "The Mill"),
        (5, "content", "It will fall soon.\u201d", "other anti"),
    ]
    assert (f"{B1[6:42]}_1.json p1", "dropped", "empty sentence") in _remarks(bank_.report)
    assert (f"{B1[6:42]}_1.json p2", "dropped", "loaded span that overlaps another") in _remarks(bank_.report)


def test_basil_polarity_of_a_span_becomes_stance(imported: Callable[[str], Imported]) -> None:
    sentences = imported("basil").annotation(B1, "gold").sentence
    assert [sentence.stance for sentence in sentences] == [
        {"ana-ruiz": -1},
        None,
        {"bo-lind": -1, "ana-ruiz": 1},
        {"ana-ruiz": 0},
        None,
        None,
    ]
    assert all(sentence.loaded == () for sentence in sentences)
    assert all(
        sentence.claim_type is sentence.source_perspective is sentence.source_type is sentence.facts is None
        for sentence in sentences
    )


def test_a_basil_quotation_has_a_speaker_and_a_whole_one_an_attribution(imported: Callable[[str], Imported]) -> None:
    sentences = imported("basil").annotation(B1, "gold").sentence
    assert [sentence.source_party for sentence in sentences] == [None, None, None, "bo-lind", None, None]
    assert [sentence.attribution for sentence in sentences] == [None, None, None, None, None, "direct"]


def test_further_annotations_of_a_basil_span_go_to_the_note(imported: Callable[[str], Imported]) -> None:
    note = imported("basil").annotation(B1, "gold").sentence[2].note or ""
    assert note.startswith("'shameless', bias lex, target Bo_Lind, polarity neg, quote no, aim dir; 'shameless rival', ")
    assert note.endswith("aim ind_anti, indirect-ally-opponent-sentiment neg, indirect-target-name the rival, notes unsure")


def test_basil_spans_that_do_not_fit_the_text_are_reported(imported: Callable[[str], Imported]) -> None:
    bank_, file = imported("basil"), f"{B1[6:42]}_2.json"
    assert {
        (f"{file} p0 span 1", "unread", "span whose words do not stand at its offsets"),
        (f"{file} p7 span 3", "unread", "span in a sentence that does not exist"),
        (f"{file} p1 span 4", "unread", "span of an unknown bias"),
        (f"{file} p1", "unread", "unknown polarity"),
    } <= _remarks(bank_.report)
    doubtful = bank_.annotation(B2, "gold").sentence[2]
    assert (doubtful.loaded, doubtful.spans, doubtful.stance) == (None, (), None)


def test_an_article_without_headline_gets_the_placeholder(imported: Callable[[str], Imported]) -> None:
    article_ = imported("basil").article(B2)
    assert article_.meta.title == article_.text.splitlines()[0] == text.NO_HEADLINE
    assert article_.source.startswith(f"{text.NO_HEADLINE}\n")


def test_basil_article_and_annotation_files_are_paired_by_name(imported: Callable[[str], Imported]) -> None:
    other = "22222222-bbbb-4bbb-8bbb-222222222222"
    assert {
        (f"{other}_1.json", "unread", "cannot be read"),
        (f"{other}_2.json", "unread", "cannot be read"),
        (f"{other}_3_ann.json", "unread", "annotations without an article"),
    } <= _remarks(imported("basil").report)
    assert imported("basil").report.written["articles"] == 3


# PolNeAR


def test_polnear_annotators_are_separate_and_in_the_order_of_the_metadata(imported: Callable[[str], Imported]) -> None:
    meta = imported("polnear").article(LIND).meta
    assert [annotator.id for annotator in meta.annotator] == ["ef2d", "4b22"]
    assert all(annotator.layers == () for annotator in meta.annotator)
    assert (meta.outlet, meta.author, meta.published) == ("Breitbart", "Cy Dahl", date(2016, 1, 2))
    assert meta.title == "Lind Says Bridge Will Fall"
    assert meta.details == {"compartment": "train", "level": "3", "wire": "AP", "trump_count": "0", "clinton_count": "1"}


def test_polnear_paragraphs_are_cut_into_sentences(imported: Callable[[str], Imported]) -> None:
    assert imported("polnear").article(LIND).text == (
        "Lind says bridge will fall.\n\n"
        "The co\xadoperative \u2014 a mill \u2014 reopened.\n"
        "Bo Lind said Monday that \u201cit will fall,\u201d and he warned the town.\n\n"
        "\u201cIt is a trap. It is a lie,\u201d Ana Ruiz said.\n\n"
        "The plan was said to be dead.\n\n"
        "He wrote: first this.\n\n"
        "Then that.\n"
    )


def _attributions(annotation: Annotation) -> dict[str | None, list[tuple[int, str, str]]]:
    attributions: dict[str | None, list[tuple[int, str, str]]] = {}
    for sentence in annotation.sentence:
        for mark in sentence.spans:
            attributions.setdefault(mark.ref, []).append((sentence.n, mark.layer.value, mark.text))
    return attributions


def test_the_marks_of_a_polnear_attribution_share_one_ref(imported: Callable[[str], Imported]) -> None:
    assert _attributions(imported("polnear").annotation(LIND, "4b22")) == {
        "E1": [(0, "source", "Lind"), (0, "cue", "says"), (0, "content", "bridge will fall")],
        "E2": [(2, "source", "Bo Lind"), (2, "cue", "said"), (2, "content", "that"), (2, "content", "\u201cit will fall,\u201d")],
        "E3": [(2, "source", "Bo Lind"), (2, "cue", "warned"), (2, "content", "the town")],
        "E4": [(3, "content", "\u201cIt is a trap. It is a lie,\u201d"), (3, "source", "Ana Ruiz"), (3, "cue", "said")],
        "E5": [(4, "cue", "was said"), (4, "content", "to be dead")],
        "E7": [(5, "source", "He"), (5, "cue", "wrote"), (5, "content", "first this"), (6, "content", "that.")],
    }


def test_polnear_spans_are_cut_at_sentence_boundaries_and_broken_lines_joined(imported: Callable[[str], Imported]) -> None:
    bank_ = imported("polnear")
    second = _attributions(bank_.annotation(LIND, "ef2d"))["E2"]
    assert [mark for mark in second if mark[2] in ("first this.", "Then that.")] == [
        (5, "content", "first this."),
        (6, "content", "Then that."),
    ]
    file = "breitbart_2016-01-02_lind-says-bridge-_ef2d.ann"
    assert {
        (f"{file}:6", "changed", "span cut at a sentence boundary"),
        (f"{file}:7", "changed", "line joined with the record before it"),
        (f"{file}:9", "changed", "span whose role in the attribution is not its type; the type is taken"),
    } <= _remarks(bank_.report)


def test_polnear_attribution_is_set_only_where_marks_hold_all_words_or_none(imported: Callable[[str], Imported]) -> None:
    attributions = [sentence.attribution for sentence in imported("polnear").annotation(LIND, "4b22").sentence]
    assert attributions == ["indirect", None, None, "direct", None, "indirect", None]  # of 1, something was marked as content


def test_polnear_flags_and_notes_go_to_the_note_of_the_sentence(imported: Callable[[str], Imported]) -> None:
    notes = [sentence.note for sentence in imported("polnear").annotation(LIND, "4b22").sentence]
    assert notes == [None, "Discard: mill \u2014", "Discuss: Monday; Is he a source here?", None, None, None, None]


def test_inconsistent_polnear_annotations_are_reported(imported: Callable[[str], Imported]) -> None:
    first, second = (f"breitbart_2016-01-02_lind-says-bridge-_{annotator}.ann" for annotator in ("4b22", "ef2d"))
    assert {
        (f"{first} E6", "dropped", "attribution without source, cue and content"),
        (f"{first}:34", "dropped", "span that belongs to no attribution"),
        (f"{second}:10", "dropped", "attribution span that differs from its cue"),
        (f"{second}:12", "unread", "span whose words do not stand at its offsets"),
        (f"{second}:14", "unread", "line that is not an annotation of a known kind"),
        (f"{second} E9", "unread", "attribution with a span that does not exist"),
        (f"{second}:16", "unread", "line with the id of an earlier one"),
        (second, "unread", "note on a span that does not exist"),
        ("politico_2016-02-03_bad-file_4b22.ann", "unread", "cannot be read"),
        ("usa-today_2016-02-03_no-annotation.txt", "unread", "cannot be read"),
        ("wsj_0001", "dropped", "annotations without a text"),
        ("metadata.tsv", "dropped", "articles without a text"),
    } <= _remarks(imported("polnear").report)


def test_a_polnear_annotator_without_marks_codes_every_sentence_as_author(imported: Callable[[str], Imported]) -> None:
    sentences = imported("polnear").annotation("polnear-nyt-2016-02-03-nothing-was-cited", "4b22").sentence
    assert [(sentence.attribution, sentence.spans) for sentence in sentences] == [("author", ()), ("author", ())]


def test_warnings_of_odd_characters_are_accepted_and_control_characters_removed(imported: Callable[[str], Imported]) -> None:
    bank_ = imported("polnear")
    article_ = bank_.article(LIND)
    assert article_.meta.accepted == ("SB006",)
    assert "\x1b" not in article_.source
    assert "\x1b" not in article_.text
    assert bank_.article("polnear-nyt-2016-02-03-nothing-was-cited").meta.accepted == ()
    file = "breitbart_2016-01-02_lind-says-bridge-.txt"
    assert {
        (file, "changed", "control characters removed from the text"),
        (file, "changed", "odd characters in the text, warning SB006 accepted"),
    } <= _remarks(bank_.report)


# Färber et al.


def test_the_first_faerber_sentence_is_the_headline(imported: Callable[[str], Imported]) -> None:
    article_ = imported("faerber").article("faerber-article-0")
    assert article_.text == "Envoys meet in Riga\n\nMoscow praised the talks.\nThey go on.\n"
    assert imported("faerber").article("faerber-article-1").text == "A headline alone\n"


def test_faerber_judgements_become_annotators_by_position(imported: Callable[[str], Imported]) -> None:
    article_ = imported("faerber").article("faerber-article-0")
    assert list(article_.annotations) == [f"judge-{k}" for k in range(1, 11)]
    layers = {annotator.id: annotator.layers for annotator in article_.meta.annotator}
    assert (layers["judge-1"], layers["judge-3"], layers["judge-4"]) == (
        ("source_perspective", "stance"),
        ("source_perspective",),
        (),
    )
    assert [sentence.scores.get("subjectivity") for sentence in article_.annotations["judge-2"].sentence] == [3, 1, 1]
    assert [sentence.scores.get("subjectivity") for sentence in article_.annotations["judge-7"].sentence] == [None, None, 2]
    assert "a position, no person" in (article_.meta.annotator[0].note or "")
    assert "bias USA." in (article_.meta.annotator[0].note or "")


def test_the_sign_of_faerber_framing_is_the_stance(imported: Callable[[str], Imported]) -> None:
    first = imported("faerber").annotation("faerber-article-0", "judge-1").sentence[1]
    assert first.stance == {"west": -1, "russia": 1, "ukraine": -1}
    assert (first.scores["framing-west"], first.scores["framing-russia"]) == (-2, 1)


def test_a_single_faerber_tendency_is_the_perspective(imported: Callable[[str], Imported]) -> None:
    article_ = imported("faerber").article("faerber-article-0")
    perspectives = [article_.annotations[f"judge-{k}"].sentence[1].source_perspective for k in (1, 2, 3, 4)]
    assert perspectives == ["russia", "neutral", "west", None]
    assert [article_.annotations[f"judge-{k}"].sentence[0].source_perspective for k in (1, 2, 3)] == [
        "neutral",
        "neutral",
        "russia",
    ]


def test_faerber_judgements_off_the_scale_are_reported(imported: Callable[[str], Imported]) -> None:
    bank_ = imported("faerber")
    assert {
        ("article_0.json sentence 2", "dropped", "empty sentence"),
        ("article_1.json sentence 0", "unread", "subjectivity: judgement that is not on the scale"),
        ("article_1.json sentence 0", "unread", "subjectivity: not as many judgements as workers"),
        ("article_2.json", "unread", "cannot be read"),
        ("article_3.json", "unread", "cannot be read"),
    } <= _remarks(bank_.report)
    scores = [annotation.sentence[0].scores for annotation in bank_.article("faerber-article-1").annotations.values()]
    assert [("subjectivity" in by_name, "hidden_assumptions" in by_name) for by_name in scores] == [(True, False), (False, True)]


# tables


def test_a_table_becomes_articles_with_an_annotation_for_each_coder(imported: Callable[[str], Imported]) -> None:
    article_ = imported("csv").article("doc-1")
    assert article_.text == 'Bridge opens\n\nBo Lind said the "grim" bridge, a grim one, will fall.\n\nIt opened on Monday.\n'
    assert (article_.meta.outlet, article_.meta.published, article_.meta.license) == (
        "The New York Times",
        date(2012, 5, 7),
        "LicenseRef-own",
    )
    assert article_.meta.details == {"sheet": "Doc_1", "id": "Doc_1"}
    assert [annotator.id for annotator in article_.meta.annotator] == ["ann", "bea"]
    assert [annotator.kind for annotator in imported("csv").article("doc-5").meta.annotator] == ["adjudicated"]


def test_labels_of_a_table_are_read_by_its_mapping(imported: Callable[[str], Imported]) -> None:
    headline, first, second = imported("csv").annotation("doc-1", "ann").sentence
    assert headline.attribution is headline.loaded is headline.stance is None
    assert (first.claim_type, first.attribution, first.source_perspective) == ("predictive", "mixed", "lind")
    assert first.source is not None
    assert (first.source.text, first.source.nth, first.stance, first.scores) == ("Bo Lind", None, {"lind": -1}, {"certainty": 0.5})
    assert [(mark.text, mark.start) for mark in first.spans] == [("grim", 18), ("grim", 34)]
    assert list(first.facts or ()) == ["opened"]
    assert (second.attribution, second.source, second.stance, second.loaded) == ("author", None, {"ruiz": 1}, ())


def test_invalid_labels_of_a_table_are_reported_with_their_lines(imported: Callable[[str], Imported]) -> None:
    assert _remarks(imported("csv").report) == {
        ("labels.csv:3", "unread", "source that is not in its sentence"),
        ("labels.csv:3", "unread", "not a number in column 'sure'"),
        ("labels.csv:3", "unread", "stance that is not -1, 0 or 1, or not toward a party of the topic"),
        ("labels.csv:3", "unread", "loaded words that are not in their sentence, or not that often"),
        ("labels.csv:3", "unread", "unknown fact"),
        ("labels.csv:4", "unread", "source of the author's own voice"),
        ("labels.csv:5", "unread", "unknown claim type"),
        ("labels.csv:5", "unread", "unknown source perspective"),
        ("labels.csv:6", "dropped", "empty sentence"),
        ("labels.csv:7", "changed", "headline that differs between rows of an article; the first is taken"),
        ("labels.csv:7", "changed", "source that is more than once in its sentence; the first is taken"),
        ("labels.csv:7", "unread", "not a date"),
        ("labels.csv:9", "unread", "second row of a sentence by one annotator"),
        ("labels.csv:10", "unread", "cannot be read"),
        ("labels.csv:12", "unread", "row with more cells than there are columns"),
    }


def test_a_date_before_the_first_newspaper_is_left_out_with_a_remark() -> None:
    report = Report()
    assert [text.parse_day(day, "a", report) for day in ("1605-01-01", "1604-12-31", "")] == [date(1605, 1, 1), None, None]
    assert _remarks(report) == {("a", "unread", "date before there was any news")}


def test_a_json_lines_table_may_hold_lists_and_headlines_as_sentences(imported: Callable[[str], Imported]) -> None:
    bank_ = imported("jsonl")
    headline, first = bank_.annotation("a-1", "gold").sentence
    assert (bank_.article("a-1").text, bank_.article("a-2").text) == ("A grim, grim day\n\nIt rained.\n", "Just a headline\n")
    assert (headline.claim_type, [mark.start for mark in headline.spans]) == ("evaluative", [2, 8])
    assert (first.claim_type, first.loaded) == (None, ())
    assert [annotator.layers for annotator in bank_.article("a-1").meta.annotator] == [("loaded",)]
    assert _remarks(bank_.report) == {
        ("lists.jsonl:4", "unread", "article left out, since a line that cannot be read belongs or may belong to it"),
        ("lists.jsonl:5", "unread", "line that is not a JSON object"),
        ("lists.jsonl:6", "unread", "line that is not a JSON object"),
        ("lists.jsonl:7", "unread", "row without an article id"),
    }


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A CSV file without faults, with its mapping, to change."""
    shutil.copy(CORPORA / "tables" / "labels.toml", tmp_path)
    lines = PATHS["csv"].read_text(encoding="utf-8").splitlines(keepends=True)
    path = tmp_path / "labels.csv"
    path.write_text(lines[0] + lines[1] + lines[3] + lines[12], encoding="utf-8")
    return path


def test_a_parquet_table_gives_the_bank_of_the_same_csv(table: Path) -> None:
    pl.read_csv(table, schema_overrides={"sure": pl.Float64}, try_parse_dates=True).write_parquet(table.with_suffix(".parquet"))
    report = run("parquet", table.with_suffix(".parquet"), table.parent / "bank")
    run("csv", table, table.parent / "other")
    ours, theirs = (_contents(table.parent / name) for name in ("bank", "other"))
    assert report.written["articles"] == 2
    assert {name: data.replace(b"labels.parquet", b"labels.csv") for name, data in ours.items()} == theirs


def test_a_mapping_may_name_its_table(table: Path) -> None:
    mapping = table.with_name("mapping.toml")
    mapping.write_text('file = "labels.csv"\n' + table.with_suffix(".toml").read_text(encoding="utf-8"), encoding="utf-8")
    table.with_suffix(".toml").unlink()
    assert run("csv", mapping, table.parent / "bank").written["articles"] == 2
    with pytest.raises(FileNotFoundError, match="no mapping"):
        run("csv", table, table.parent / "other")


def test_a_faulty_mapping_is_reported_with_its_place(table: Path) -> None:
    mapping = table.with_suffix(".toml")
    good = mapping.read_text(encoding="utf-8")
    mapping.write_text(good.replace('text = "sentence"', 'text = "sentense"'), encoding="utf-8")
    with pytest.raises(ContributionError, match=r"labels.toml:7:8: .*no column 'sentense'; did you mean 'sentence'"):
        run("csv", table, table.parent / "bank")
    mapping.write_text(good.replace('text = "sentence"', 'txt = "sentence"'), encoding="utf-8")
    with pytest.raises(ContributionError, match=r"labels.toml:7:1: .*unknown key 'txt'; did you mean 'text'"):
        run("csv", table, table.parent / "bank")
    mapping.write_text(good + '\n[[topic]]\nid = "second"\ntitle = "A second"\n', encoding="utf-8")
    with pytest.raises(ContributionError, match="several topics"):
        run("csv", table, table.parent / "bank")


def test_an_invalid_csv_or_parquet_file_is_reported(table: Path) -> None:
    good = table.read_text(encoding="utf-8")
    table.write_text(f'{good}Doc_9,"open', encoding="utf-8")
    assert ("labels.csv:5", "unread", "not valid CSV from this line on") in _remarks(run("csv", table, table.parent / "other"))
    table.with_suffix(".parquet").write_bytes(b"no parquet")
    assert ("labels.parquet", "unread", "cannot be read") in _remarks(
        run("parquet", table.with_suffix(".parquet"), table.parent / "more")
    )


def test_the_second_article_with_the_same_text_is_left_out(table: Path) -> None:
    table.write_text(
        table.read_text(encoding="utf-8") + table.read_text(encoding="utf-8").splitlines()[-1].replace("Doc_5", "Doc_6")
    )
    report = run("csv", table, table.parent / "bank")
    assert ("article doc-6", "unread", "article with the text of an earlier one") in _remarks(report)
    assert check.check(bank.draft(table.parent / "bank")) == []


# Parquet


def _rows(folder: Path) -> dict[str, list[dict[str, object]]]:
    order = {"annotations": ["sentence_id", "annotator_id"], "sentences": ["article_id", "n"], "parties": ["topic_id", "party_id"]}
    names = ("sentences", "annotations", "articles", "parties", "facts")
    read = {name: pl.concat([pl.read_parquet(path) for path in sorted((folder / name).glob("part-*.parquet"))]) for name in names}
    return {name: frame.sort(order.get(name, frame.columns[:1])).to_dicts() for name, frame in read.items()}


@pytest.mark.parametrize("name", PATHS)
def test_an_import_to_parquet_has_the_same_frames_as_the_bank(
    name: str, imported: Callable[[str], Imported], tmp_path: Path
) -> None:
    report = to_parquet(name, PATHS[name], tmp_path, shard=1)
    expected = imported(name).frames
    built = _rows(tmp_path / "parquet")
    order = {"annotations": ["sentence_id", "annotator_id"], "sentences": ["article_id", "n"], "parties": ["topic_id", "party_id"]}
    assert built == {key: frame.sort(order.get(key, frame.columns[:1])).to_dicts() for key, frame in expected.items()}
    assert report.written == imported(name).report.written
    assert report.remarks == imported(name).report.remarks


class KilledError(Exception):
    """The process ends here."""


@pytest.mark.parametrize("step", [0, 1, 4, 6, 7, 11, 13])
def test_an_import_to_parquet_that_was_killed_continues(step: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    to_parquet("basil", PATHS["basil"], tmp_path / "whole", shard=2)
    steps = iter(range(100))
    replace = Path.replace

    def fatal(self: Path, target: Path) -> Path:
        if next(steps) == step:
            raise KilledError
        return replace(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", fatal)
        if step < 13:
            with pytest.raises(KilledError):
                to_parquet("basil", PATHS["basil"], tmp_path / "killed", shard=2)
        else:
            to_parquet("basil", PATHS["basil"], tmp_path / "killed", shard=2)
    to_parquet("basil", PATHS["basil"], tmp_path / "killed", shard=2)
    assert _contents(tmp_path / "killed") == _contents(tmp_path / "whole")


def test_finished_parts_are_not_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    to_parquet("basil", PATHS["basil"], tmp_path)
    monkeypatch.setattr(shards, "_write_parts", None)
    assert to_parquet("basil", PATHS["basil"], tmp_path).written["articles"] == 3


def test_an_import_does_not_continue_with_another_corpus_or_shard_size(tmp_path: Path) -> None:
    to_parquet("basil", PATHS["basil"], tmp_path, shard=2)
    with pytest.raises(ValueError, match="begun with other articles"):
        to_parquet("faerber", PATHS["faerber"], tmp_path, shard=2)
    with pytest.raises(ValueError, match="begun with 2 articles a shard"):
        to_parquet("basil", PATHS["basil"], tmp_path, shard=3)
    shutil.copytree(PATHS["basil"], tmp_path / "basil")
    for path in (tmp_path / "basil" / "articles").glob("*/*_3.json"):
        path.unlink()
    with pytest.raises(ValueError, match="begun with other articles"):
        to_parquet("basil", tmp_path / "basil", tmp_path, shard=2)


def test_an_import_to_parquet_refuses_a_folder_with_other_files(tmp_path: Path) -> None:
    (tmp_path / "parquet").mkdir()
    (tmp_path / "parquet" / "sentences.parquet").write_bytes(b"")
    with pytest.raises(FileExistsError, match="something else"):
        to_parquet("basil", PATHS["basil"], tmp_path)


# the samples, counted by reading the raw files


def _sample(name: str, folder: str, into: Path) -> Imported:
    if not (SAMPLES / folder).is_dir():
        pytest.skip(f"the sample of {name} is not at hand; it may not be published")
    return Imported(name, SAMPLES / folder, into)


@pytest.fixture(scope="module")
def basil_sample(tmp_path_factory: pytest.TempPathFactory) -> Imported:
    return _sample("basil", "basil", tmp_path_factory.mktemp("basil-sample"))


@pytest.fixture(scope="module")
def polnear_sample(tmp_path_factory: pytest.TempPathFactory) -> Imported:
    return _sample("polnear", "polnear", tmp_path_factory.mktemp("polnear-sample"))


@pytest.fixture(scope="module")
def faerber_sample(tmp_path_factory: pytest.TempPathFactory) -> Imported:
    return _sample("faerber", "faerber-ukraine", tmp_path_factory.mktemp("faerber-sample"))


def test_basil_sample_counts(basil_sample: Imported) -> None:
    raw = [json.loads(path.read_bytes()) for path in sorted((SAMPLES / "basil").glob("articles/*/*.json"))]
    sentences = [sentence for article_ in raw for paragraph in article_["body-paragraphs"] for sentence in paragraph]
    annotated = [json.loads(path.read_bytes()) for path in (SAMPLES / "basil").glob("annotations/*/*.json")]
    spans = [span for annotations in annotated for span in annotations["phrase-level-annotations"]]
    bias = Counter(span["bias"] for span in spans)
    empty = sum(not sentence.strip() for sentence in sentences)
    assert (len(raw), len(sentences), empty, bias["inf"], bias["lex"]) == (150, 3765, 1, 510, 240)

    report = basil_sample.report
    assert basil_sample.problems == []
    assert report.written["articles"] == len(raw)
    assert report.written["sentences"] == len(raw) + len(sentences) - empty
    assert report.counts["dropped", "empty sentence"] == empty
    assert (report.written["informational spans"], report.written["loaded spans"]) == (bias["inf"], bias["lex"])
    assert report.written["content spans"] == sum(span["quote"] == "yes" for span in spans)
    assert not [remark for remark in report.remarks if remark.kind == "unread"]
    built = basil_sample.frames
    outlets = Counter(article_["source"].casefold() for article_ in raw)
    assert sorted(Counter(built["articles"]["outlet"]).values()) == sorted(outlets.values())
    stances = built["sentences"]["stance"].explode(empty_as_null=False).struct.field("value").value_counts()
    assert dict(stances.iter_rows())[-1] > dict(stances.iter_rows())[1]


def _standoff_files() -> Iterator[tuple[str, list[tuple[str, list[str]]]]]:
    """Each annotation file's name with its spans by type, and its events as roles, by plain reading of lines."""
    for path in sorted((SAMPLES / "polnear" / "data" / "train" / "attributions").iterdir()):
        lines = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if re.match(r"[TE]\d+\t", line)]
        yield path.stem, [(fields[0], fields[1].split()) for fields in lines]


def test_polnear_sample_counts(polnear_sample: Imported) -> None:
    files = dict(_standoff_files())
    articles = Counter(name.rpartition("_")[0] for name in files)
    assert (len(articles), len(files), sum(count > 1 for count in articles.values())) == (120, 169, 10)
    report = polnear_sample.report
    assert polnear_sample.problems == []
    assert (report.written["articles"], report.written["annotations"]) == (len(articles), len(files))
    assert not [remark for remark in report.remarks if remark.kind == "unread"]
    events = [fields for records in files.values() for record, fields in records if record.startswith("E")]
    nothing = report.counts["dropped", "attribution without source, cue and content"]
    assert nothing == sum(len(fields) == 1 for fields in events)
    refs = polnear_sample.frames["annotations"].select("article_id", "annotator_id", pl.col("spans")).explode("spans").drop_nulls()
    refs = refs.with_columns(ref=pl.col("spans").struct.field("ref")).unique(["article_id", "annotator_id", "ref"])
    assert refs.height == len(events) - nothing


def test_polnear_sample_attributions_without_a_source_by_publisher(polnear_sample: Imported) -> None:
    files = dict(_standoff_files())
    header, *rows = [
        line.split("\t") for line in (SAMPLES / "polnear" / "data" / "metadata.tsv").read_text(encoding="utf-8").splitlines()
    ]
    expected: dict[str, list[bool]] = {}
    for values in rows:
        row = dict(zip(header, values, strict=False))
        records = files.get(f"{row['filename']}_{row['annotators'].split('|')[0]}")
        for record, roles in records or ():
            if record.startswith("E") and len(roles) > 1:
                expected.setdefault(row["publisher"], []).append(not any(role.startswith("Source") for role in roles))
    built = polnear_sample.frames
    first = built["articles"].select("article_id", "outlet", annotator_id=pl.col("annotators").list.first().struct.field("id"))
    shares_without_source = (
        built["annotations"]
        .join(first, on=["article_id", "annotator_id"])
        .explode("spans")
        .drop_nulls("spans")
        .unnest("spans", separator="_")
        .group_by("article_id", "outlet", "spans_ref")
        .agg(none=(pl.col("spans_layer") != "source").all())
        .group_by("outlet")
        .agg(share=pl.col("none").mean())
    )
    shares = sorted(sum(values) / len(values) for values in expected.values())
    assert sorted(shares_without_source["share"].to_list()) == pytest.approx(shares)


def test_faerber_sample_counts(faerber_sample: Imported) -> None:
    raw = [json.loads(path.read_bytes()) for path in (SAMPLES / "faerber-ukraine").glob("*.json")]
    sentences = [sentence for article_ in raw for sentence in article_["sentences"]]
    report = faerber_sample.report
    assert faerber_sample.problems == []
    assert (report.written["articles"], report.written["sentences"]) == (40, len(sentences))
    assert not report.remarks
    for name in ("subjectivity", "hidden_assumptions"):
        assert report.written[f"{name} scores"] == sum(len(sentence[name]["judgements"]) for sentence in sentences)
    framed = [sentence["framing"]["judgements"] for sentence in sentences]
    stances = faerber_sample.frames["annotations"]["stance"].explode(empty_as_null=False).drop_nulls().struct.unnest()
    negative = dict(stances.filter(value=-1).group_by("party").len().iter_rows())
    assert negative == {
        party: count
        for party in ("russia", "ukraine", "west")
        if (count := sum(value < 0 for judgements in framed for value in judgements[party]))
    }
    biased = [sentence["bias"]["judgements"] for sentence in sentences]
    pairs = Counter(
        "side_b" if russia > 1 >= west else "side_a" if west > 1 >= russia else "neutral"
        for judgements in biased
        for russia, west in zip(judgements["pro-russia"], judgements["pro-west"], strict=True)
    )
    assert Counter(faerber_sample.frames["annotations"]["source_perspective"].drop_nulls()) == pairs


def test_several_imports_at_once_into_one_bank_give_the_same_bank(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "slantbank", "import", "basil", str(PATHS["basil"]), "--into", str(tmp_path / "both")]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for _ in range(3)]
    outputs = [process.communicate()[0] for process in started]
    run("basil", PATHS["basil"], tmp_path / "one")
    assert not any("internal fault" in output or "Errno" in output for output in outputs), outputs
    assert _contents(tmp_path / "both") == _contents(tmp_path / "one")
