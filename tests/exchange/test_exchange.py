"""Labels survive a round trip through annotation tools, unverifiable answers are refused, and other programs read exports."""

import csv
import io
import json
import re
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slantbank import exchange, importers
from slantbank.bank import _article as article
from slantbank.bank import _topic as topic
from slantbank.bank import toml
from slantbank.bank._article import Annotation, Annotator, Article, Mark, Quote, Sentence
from slantbank.bank._quotes import occurrences
from slantbank.bank._topic import Fact, Party, Topic
from slantbank.codebook import SECTIONS, VERSION, AnnotatorKind, Attribution, ClaimType, SourceType, SpanLayer
from slantbank.curate import _new as new
from slantbank.exchange import _answers as answers
from slantbank.exchange import _label_studio as label_studio
from slantbank.exchange import _offsets as offsets
from slantbank.exchange._answers import SentenceAnswers
from slantbank.frames import _load as shipped
from slantbank.frames import _tabulate as frames
from slantbank.importers import IMPORTERS
from slantbank.importers._report import Report, UnreadableError
from slantbank.importers._tables import Mapping
from tests.command import run
from tests.conftest import PINNED, ROOT, SEED

SAMPLES = ROOT.parent / "shared" / "corpora"
EMOJI = "\N{GRINNING FACE}"
FAMILY = "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}"
TOPIC = Topic(
    id="bridge",
    title="The bridge",
    party=(Party(id="council", name="The council", side="a"), Party(id="shops", name="The shops", side="b")),
    fact=(Fact(id="closed", text="The bridge was closed."), Fact(id="cost", text="It cost something.")),
)


@pytest.fixture
def emoji_bank(tmp_path: Path) -> Path:
    """A bank with one article that has emoji in its sentences, and an annotator who marked words after them."""
    lines = [f"Bridge {EMOJI} closed", f"{EMOJI}{FAMILY} A brave, brave mayor said it was a mess."]
    source = "\n\n".join(lines) + "\n"
    anna = Annotation(
        sentence=(
            Sentence(n=0, text=lines[0], claim_type="factual", attribution="author", source_perspective="neutral").model_copy(
                update={"stance": {}, "loaded": (), "facts": {"closed": Quote(text="closed")}}
            ),
            Sentence(
                n=1,
                text=lines[1],
                claim_type="evaluative",
                attribution="indirect",
                source=Quote(text="mayor"),
                cue=Quote(text=""),
                source_type="person",
                source_perspective="council",
                stance={"council": 1, "shops": -1},
                loaded=(Quote(text="brave", nth=2), Quote(text="mess")),
                facts={"cost": Quote(text="")},
                note="Rule 5.",
            ),
        )
    )
    meta = article.Metadata(
        id="mess",
        topic="bridge",
        title=lines[0],
        origin="constructed",
        source_sha256=article.sha256(source),
        accepted=("SB006",),
        annotator=(Annotator(id="anna", kind=AnnotatorKind.HUMAN, codebook="1.0"),),
    )
    (tmp_path / "topics").mkdir()
    topic.write(TOPIC, tmp_path / "topics")
    article.write(Article(meta, source, source, {"anna": anna}), tmp_path / "articles" / "mess")
    assert run("check", "--bank", tmp_path).exit_code == 0
    return tmp_path


def tasks(folder: Path, annotator: str = "gold") -> list[dict[str, Any]]:
    """An export of Label Studio in which a user has submitted the predictions of an annotator unchanged."""
    files = exchange.tool_files("label-studio", folder, [annotator])
    export = json.loads(files[f"{folder.name}.tasks.json"])
    for k, task in enumerate(export, 1):
        result = task.pop("predictions")[0]["result"]
        task |= {"id": k, "drafts": [], "predictions": []}
        task["annotations"] = [
            {"id": 100 + k, "completed_by": 7, "was_cancelled": False, "updated_at": "2026-11-24T10:00:00Z", "result": result}
        ]
    return export  # type: ignore[no-any-return]


def imported(bank: Path, export: object, name: str = "label-studio", *, strict: bool = False) -> Report:
    path = bank.parent / ("export.json" if name == "label-studio" else "ben.jsonl")
    path.write_text(export if isinstance(export, str) else json.dumps(export), encoding="utf-8")
    return exchange.import_labels(name, path, bank, strict=strict)


def undecided(sentence: Sentence) -> Sentence:
    """The labels without `decided_by`, for which tools have no place."""
    return sentence.model_copy(update={"decided_by": None})


def test_labels_of_every_annotator_survive_a_round_trip(contents: Any) -> None:
    topics, articles = contents
    for original in articles:
        for name, annotation in original.annotations.items():
            for sentence in annotation.sentence:
                report = Report()
                asked = SentenceAnswers(
                    "here", name, original.meta.id, sentence.n, sentence.text, VERSION, answers.to_answers(sentence)
                )
                assert answers.to_sentence(asked, sentence.n, sentence.text, topics[0], report) == undecided(sentence)
                assert report.remarks == []


@pytest.mark.parametrize(("name", "folder"), [("basil", "basil"), ("faerber", "faerber-ukraine"), ("polnear", "polnear")])
def test_labels_of_imported_corpora_survive_a_round_trip(name: str, folder: str) -> None:
    if not (SAMPLES / folder).is_dir():
        pytest.skip("no ../shared/corpora")
    topics = {}
    for original in IMPORTERS[name].read(SAMPLES / folder, Report()):
        if isinstance(original, Topic):
            topics[original.id] = original
            continue
        for annotator, annotation in original.annotations.items():
            for sentence in annotation.sentence:
                report, given_answers = Report(), answers.to_answers(sentence)
                asked = SentenceAnswers("here", annotator, original.meta.id, sentence.n, sentence.text, VERSION, given_answers)
                back = answers.to_sentence(asked, sentence.n, sentence.text, topics[original.meta.topic], report)
                assert (answers.to_answers(back), report.remarks) == (given_answers, [])


WORDS = st.lists(st.sampled_from(["brave", "mess", "he", "the", EMOJI, FAMILY, "a-b", "“so”", "é"]), min_size=1, max_size=8)


@st.composite
def sentences(draw: st.DrawFn) -> Sentence:
    """Draw a sentence with any labels that the codebook allows."""
    text = " ".join(draw(WORDS))
    bounds = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8, unique=True)))
    pieces = [(a, b) for a, b in zip(bounds[::2], bounds[1::2], strict=False) if text[a:b] == text[a:b].strip()]
    marks = [
        Mark(layer=SpanLayer.CONTENT, start=a, end=b, text=text[a:b], ref=draw(st.sampled_from([None, "E1"]))) for a, b in pieces
    ]
    quotes = {word: len(occurrences(text, word)) for word in text.split()}
    quote = st.sampled_from(sorted(quotes)).flatmap(
        lambda word: st.integers(1, quotes[word]).map(lambda k: Quote(text=word, nth=k if quotes[word] > 1 else None))
    )
    nothing = st.just(Quote(text=""))
    said = draw(st.sampled_from([None, *Attribution]))
    sourced: dict[str, Any] = {}
    if said not in (None, Attribution.AUTHOR):
        sourced = {
            "source": draw(st.none() | nothing | quote),
            "cue": draw(st.none() | nothing | quote),
            "source_type": draw(st.sampled_from([None, *SourceType])),
            "source_party": draw(st.sampled_from([None, "council", "shops"])),
        }
    return Sentence(
        n=3,
        text=text,
        claim_type=draw(st.sampled_from([None, *ClaimType])),
        attribution=said,
        **sourced,
        source_perspective=draw(st.sampled_from([None, "neutral", "council", "shops"])),
        stance=draw(st.none() | st.dictionaries(st.sampled_from(["council", "shops"]), st.integers(-1, 1))),
        loaded=draw(st.none() | quote.map(lambda word: (word,)) | st.just(())),
        facts=draw(st.none() | st.dictionaries(st.sampled_from(["closed", "cost"]), nothing | quote)),
        spans=tuple(marks),
        note=draw(st.sampled_from([None, "Rule 5."])),
    )


def located(sentence: Sentence) -> Any:
    """A sentence with the places of its loaded words, so that `nth = 1` and a first listing are equal."""
    return set(answers.to_answers(sentence).spans), sentence.model_dump(exclude={"loaded"}), sentence.loaded is None


@given(sentences())
def test_answers_and_labels_are_inverse(sentence: Sentence) -> None:
    report = Report()
    asked = SentenceAnswers("here", "anna", "mess", 3, sentence.text, VERSION, answers.to_answers(sentence))
    back = answers.to_sentence(asked, 3, sentence.text, TOPIC, report)
    assert located(back) == located(sentence)
    assert report.remarks == []


@given(st.text(st.sampled_from(["a", " ", "é", EMOJI, "\N{ZERO WIDTH JOINER}", "\n"])))
def test_utf16_offsets_and_code_points_are_inverse(text: str) -> None:
    assert [offsets.to_code_points(text, offsets.utf16_offset(text, at)) for at in range(len(text) + 1)] == list(
        range(len(text) + 1)
    )


def test_an_offset_inside_a_character_or_outside_the_text_is_none() -> None:
    for at in (1, -1, 4):
        with pytest.raises(ValueError, match=r"outside|truncated|decode"):
            offsets.to_code_points(f"{EMOJI}a", at)


@pytest.mark.parametrize("name", PINNED)
def test_labels_survive_a_round_trip_through_label_studio(bank: Path, name: str) -> None:
    report = imported(bank, tasks(bank / "articles" / name))
    assert report.remarks == []
    original = article.read(bank / "articles" / name)
    assert original.annotations["user-7"].sentence == tuple(map(undecided, original.annotations["gold"].sentence))
    assert original.meta.annotator[-1].model_dump(exclude_none=True) == {
        "id": "user-7",
        "kind": "human",
        "codebook": VERSION,
        "coded": original.meta.annotator[-1].coded,
        "facts": tuple(fact.id for fact in topic.read(bank / "topics" / f"{original.meta.topic}.toml").fact),
    }
    assert str(original.meta.annotator[-1].coded) == "2026-11-24"
    assert run("check", name, "--bank", bank).exit_code == 0


def test_annotators_are_kept_separate_and_named_by_their_email_address(bank: Path) -> None:
    export = tasks(bank / "articles" / SEED)
    for task in export:
        other = deepcopy(task["annotations"][0]) | {
            "id": 900 + task["id"],
            "completed_by": {"id": 8, "email": "Anna.B@example.org"},
        }
        task["annotations"].append(other)
    imported(bank, export)
    assert {"user-7", "anna-b-example-org"} <= set(article.read(bank / "articles" / SEED).annotations)


def counted_in_utf16(export: list[dict[str, Any]]) -> list[dict[str, Any]]:
    export = deepcopy(export)
    for task in export:
        for result in task["annotations"][0]["result"]:
            if result["type"] == "labels":
                for name in ("start", "end"):
                    result["value"][name] = offsets.utf16_offset(task["data"]["text"], result["value"][name])
    return export


def test_offsets_in_utf16_units_are_converted(emoji_bank: Path) -> None:
    export = tasks(emoji_bank / "articles" / "mess", "anna")
    assert counted_in_utf16(export) != export
    assert imported(emoji_bank, counted_in_utf16(export)).remarks == []
    original = article.read(emoji_bank / "articles" / "mess")
    assert original.annotations["user-7"] == original.annotations["anna"]


def test_a_span_that_fits_both_units_is_read_in_the_unit_of_the_other_spans() -> None:
    text = f"{EMOJI} ha ha ha {EMOJI}x"
    both = offsets.possible_places(text, 5, 7, "ha")
    assert both == {"code points": (5, 7)}
    text = f"{EMOJI}hahaha"
    both = offsets.possible_places(f"{EMOJI}{EMOJI}hahahaha", 4, 6, "ha")
    assert both == {"code points": (4, 6), "UTF-16 units": (2, 4)}
    assert offsets.choose_place(both, {"UTF-16 units"}) == (2, 4)
    assert offsets.choose_place(both, {"code points"}) == (4, 6)
    for unknown in (set(), {"code points", "UTF-16 units"}):
        with pytest.raises(ValueError, match="elsewhere by UTF-16"):
            offsets.choose_place(both, unknown)  # type: ignore[arg-type]
    assert offsets.units_used([both, {"UTF-16 units": (0, 1)}]) == {"UTF-16 units"}


def change(export: list[dict[str, Any]], **values: object) -> dict[str, Any]:
    """Change the loaded span `plight` of sentence 2, which is the third task."""
    result = next(candidate for candidate in export[2]["annotations"][0]["result"] if candidate["value"].get("text") == "plight")
    result["value"] |= values
    return result


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"start": 177}, "loaded: the words do not stand at these offsets, in code points nor in UTF-16 units"),
        ({"text": "Plight"}, "loaded: the words do not stand at these offsets, in code points nor in UTF-16 units"),
        ({"start": -5}, "loaded: the words do not stand"),
        ({"start": 330, "end": 999, "text": "aths."}, "loaded: the words do not stand"),
        ({"end": None}, "loaded: the words do not stand"),
        ({"labels": ["loadedd"]}, "loadedd: unknown layer 'loadedd'; did you mean 'loaded'?"),
    ],
)
def test_a_span_that_cannot_be_verified_is_refused_with_its_address_and_its_layer_is_not_coded(
    bank: Path, values: dict[str, object], message: str
) -> None:
    export = tasks(bank / "articles" / SEED)
    result = change(export, **values)
    report = imported(bank, export)
    assert [str(remark).split(": unread")[0] for remark in report.remarks] == [
        f"export.json: task 3: annotation 103: result {result['id']}"
    ]
    assert f"span that cannot be verified: {message}" in str(report.remarks[0])
    original = article.read(bank / "articles" / SEED)
    assert original.annotations["user-7"].sentence[2].loaded is None
    assert [layer.value for layer in original.meta.annotator[-1].layers or ()].count("loaded") == 0
    assert run("check", SEED, "--bank", bank).exit_code == 0


def test_strict_stops_at_the_first_refusal(bank: Path) -> None:
    export = tasks(bank / "articles" / SEED)
    change(export, start=0)
    with pytest.raises(UnreadableError, match=r"export\.json: task 3: annotation 103: result"):
        imported(bank, export, strict=True)


def results(task: dict[str, Any]) -> list[dict[str, Any]]:
    return task["annotations"][0]["result"]  # type: ignore[no-any-return]


def choose(task: dict[str, Any], name: str, *values: str) -> None:
    own = [other for other in results(task) if other["from_name"] != name]
    own.append({"id": "new", "from_name": name, "type": "choices", "value": {"choices": list(values)}})
    task["annotations"][0]["result"] = own


def test_an_unanswered_question_is_not_coded(bank: Path) -> None:
    export = tasks(bank / "articles" / SEED)
    for task in export:
        task["annotations"][0]["result"] = [
            answer for answer in results(task) if answer["from_name"] in ("claim_type", "attribution")
        ]
    export[4]["annotations"] = []
    assert imported(bank, export).remarks == []
    original = article.read(bank / "articles" / SEED)
    first, unanswered = (original.annotations["user-7"].sentence[n] for n in (1, 4))
    assert (first.stance, first.loaded, first.facts, first.source_perspective) == (None, None, None, None)
    assert unanswered == Sentence(n=4, text=unanswered.text)
    assert original.meta.annotator[-1].layers == ()
    assert run("check", SEED, "--bank", bank).exit_code == 0


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("claim_type", ["Factual"], "unread: unknown claim type: 'Factual'; did you mean 'factual'?"),
        ("claim_type", ["factual", "causal"], "unread: more than one claim type: factual, causal"),
        ("source_perspective", ["nrci"], "unread: unknown source perspective: 'nrci'; did you mean 'ncri'?"),
        ("stance-ncrii", ["1"], "unread: unknown question: 'stance-ncrii'; did you mean 'stance-ncri'?"),
        ("stance-ncri", ["2"], "unread: unknown stance-ncri: '2'"),
        ("facts", ["rally-hold"], "unread: unknown facts: 'rally-hold'; did you mean 'rally-held'?"),
        ("none", ["loaded"], "unread: both marked and said to be none: loaded"),
        ("none", ["stance"], "unread: both marked and said to be none: stance"),
        ("source_type", ["person"], "unread: source type of the author's own voice"),
    ],
)
def test_unknown_or_contradictory_answers_are_reported_and_not_taken(
    bank: Path, name: str, values: list[str], message: str
) -> None:
    export = tasks(bank / "articles" / SEED)
    choose(export[2], name, *values)
    report = imported(bank, export)
    assert [str(remark) for remark in report.remarks if message in str(remark)], report.remarks
    assert str(report.remarks[0]).startswith("export.json: task 3: annotation 103: ")
    layer = {"none": values[0]}.get(name, name.partition("-")[0])
    assert getattr(article.read(bank / "articles" / SEED).annotations["user-7"].sentence[2], layer) is None


def test_skipped_draft_and_second_annotations_are_reported(bank: Path) -> None:
    export = tasks(bank / "articles" / SEED)
    export[0]["annotations"][0]["was_cancelled"] = True
    export[1]["drafts"] = [{}]
    export[2]["annotations"].append(deepcopy(export[2]["annotations"][0]))
    export[3]["annotations"][0]["completed_by"] = None
    export[4]["data"]["text"] += " "
    export[5]["data"]["n"] = 500
    export[6]["data"]["article"] = "../../elsewhere"
    export[7] = {"id": 8}
    results(export[8]).append({"id": "x", "from_name": "stars", "type": "rating", "value": {}})
    remarks = [str(remark) for remark in imported(bank, export).remarks]
    for start, message in (
        ("export.json: task 1: annotation 101", "dropped: annotation that was skipped"),
        ("export.json: task 2", "dropped: draft that was not submitted"),
        ("export.json: task 3: annotation 103", "unread: second annotation of a sentence by one annotator"),
        ("export.json: task 4: annotation 104", "unread: cannot be read: completed_by names nobody"),
        ("export.json: task 5: annotation 105", "unread: sentence that the article does not have, or has with other words"),
        ("export.json: task 6: annotation 106", "unread: sentence that the article does not have, or has with other words"),
        ("export.json: task 7: annotation 107", "unread: article that is not in the bank"),
        ("export.json: task 8", "unread: cannot be read: there is no data"),
        ("export.json: task 9: annotation 109: result x", "unread: result that the configuration does not ask for"),
    ):
        assert any(remark.startswith(f"{start}: {message}") for remark in remarks), (start, remarks)


@pytest.mark.parametrize("text", ["", "{}", "nonsense", "[1]", '[{"id": 1, "annotations": [{}]}]'])
def test_a_file_that_is_no_export_is_reported_and_changes_nothing(bank: Path, text: str) -> None:
    before = {path: path.read_bytes() for path in bank.rglob("*.toml")}
    assert [remark.kind for remark in imported(bank, text).remarks] == ["unread"]
    assert {path: path.read_bytes() for path in bank.rglob("*.toml")} == before


def test_existing_annotations_are_not_overwritten_and_an_empty_sheet_is_filled(bank: Path) -> None:
    folder = bank / "articles" / SEED
    export = tasks(folder)
    imported(bank, export)
    written = (folder / "annotations" / "user-7.toml").read_bytes()
    listed = (folder / "article.toml").read_bytes()
    assert imported(bank, export).remarks == []
    choose(export[2], "claim_type", "causal")
    assert [remark.message for remark in imported(bank, export).remarks] == [
        "annotation that is in the bank already, with other labels"
    ]
    assert (folder / "annotations" / "user-7.toml").read_bytes() == written
    assert (folder / "article.toml").read_bytes() == listed
    new.add_annotator(folder, "user-9", AnnotatorKind.HUMAN)
    for task in export:
        task["annotations"][0]["completed_by"] = 9
    assert imported(bank, export).remarks == []
    assert article.read(folder).annotations["user-9"].sentence[2].claim_type == "causal"
    assert run("check", SEED, "--bank", bank).exit_code == 0


def test_an_empty_sheet_is_exported_without_labels(bank: Path) -> None:
    folder = bank / "articles" / SEED
    new.add_annotator(folder, "anna", AnnotatorKind.HUMAN)
    export = json.loads(exchange.tool_files("label-studio", folder, ["anna"])[f"{SEED}.tasks.json"])
    assert [task["predictions"] for task in export] == [[]] * 24
    assert json.loads(exchange.tool_files("label-studio", folder, [])[f"{SEED}.tasks.json"])[0]["predictions"] == []


def test_an_article_with_an_error_is_not_exported(bank: Path) -> None:
    gold = bank / "articles" / SEED / "annotations" / "gold.toml"
    gold.write_text(gold.read_text(encoding="utf-8").replace('["plight", ', '["plightful", '), encoding="utf-8")
    result = run("export", "label-studio", SEED, "--bank", bank, "--into", bank)
    assert (result.exit_code, "error SB304 quote-not-found" in result.output) == (1, True)
    assert not list(bank.glob("*.xml"))


def test_the_configuration_asks_every_question_with_codebook_hints_and_unique_hotkeys() -> None:
    root = ElementTree.fromstring(label_studio.config(TOPIC))
    hints = " ".join(element.get("hint", "") for element in root.iter())
    codes = [code for section in SECTIONS for labels in section.labels for code in labels]
    for code in codes:
        if type(code).__name__ != "Perspective":
            assert code.definition in hints
    assert all(fact.text in hints for fact in TOPIC.fact)
    keys = [element.get("hotkey") for element in root.iter() if element.get("hotkey")]
    assert len(keys) == len(set(keys))
    assert {element.get("name") for element in root.iter("Choices")} == {question.name for question in answers.questions(TOPIC)}
    assert {element.get("toName") for element in root.iter() if element.get("toName")} == {"text"}


def test_labels_survive_a_round_trip_through_doccano(bank: Path) -> None:
    folder = bank / "articles" / SEED
    text = exchange.tool_files("doccano", folder, ["gold"])[f"{SEED}.gold.jsonl"]
    lines = [json.loads(line) for line in text.splitlines()]
    back = "".join(json.dumps({"id": k, **line, "Comments": ["Unsure."]}) + "\n" for k, line in enumerate(lines))
    assert imported(bank, back, "doccano").remarks == []
    original = article.read(folder)
    assert original.annotations["ben"].sentence == tuple(
        undecided(sentence).model_copy(update={"note": "Unsure."}) for sentence in original.annotations["gold"].sentence
    )


def test_ambiguous_offsets_of_doccano_are_refused(emoji_bank: Path) -> None:
    text = exchange.tool_files("doccano", emoji_bank / "articles" / "mess", ["anna"])["mess.anna.jsonl"]
    example = json.loads(text.splitlines()[1])
    mess = next(entity for entity in example["entities"] if entity[0] == max(start for start, _, _ in example["entities"]))
    assert example["text"].encode("utf-16-le")[2 * mess[0] : 2 * mess[1]].decode("utf-16-le") == "mess"
    report = imported(emoji_bank, text, "doccano")
    assert {remark.message for remark in report.remarks} == {"span that cannot be verified"}
    assert str(report.remarks[0]).startswith("ben.jsonl:1: entity ")
    ben = article.read(emoji_bank / "articles" / "mess").annotations["ben"].sentence
    assert (ben[1].loaded, ben[1].source, ben[1].claim_type) == (None, None, "evaluative")
    assert ben[1].facts == {"cost": Quote(text="")}


def test_doccano_gets_every_label_to_upload(bank: Path) -> None:
    files = exchange.tool_files("doccano", bank / "articles" / SEED, ["gold"])
    cats, spans = ({label["text"] for label in json.loads(files[f"{SEED}.{kind}.json"])} for kind in ("categories", "spans"))
    for line in files[f"{SEED}.gold.jsonl"].splitlines():
        assert set(json.loads(line)["cats"]) <= cats
        assert {label for _, _, label in json.loads(line)["entities"]} <= spans


def test_conll_has_each_token_with_offsets_and_span_tags(emoji_bank: Path) -> None:
    text = exchange.tool_files("conll", emoji_bank / "articles" / "mess", ["anna"])["mess.anna.conllup"]
    canonical = (emoji_bank / "articles" / "mess" / "article.txt").read_text(encoding="utf-8")
    head, *lines = text.splitlines()
    columns = head.removeprefix("# global.columns = ").split()
    rows = [dict(zip(columns, line.split("\t"), strict=True)) for line in lines if line and not line.startswith("#")]
    assert all(canonical[int(row["START"]) : int(row["END"])] == row["FORM"] for row in rows)
    assert "".join(row["FORM"] for row in rows) == "".join(canonical.split())
    assert [row["FORM"] for row in rows][3:5] == [EMOJI, FAMILY]
    assert [(row["FORM"], row["SLANTBANK:LOADED"]) for row in rows if row["SLANTBANK:LOADED"] != "O"] == [
        ("brave", "B"),
        ("mess", "B"),
    ]
    assert "# stance-shops = -1" in lines


def test_text_that_a_spreadsheet_would_take_for_a_formula_is_neutralised_in_csv_and_numbers_stay(emoji_bank: Path) -> None:
    topics, original = [TOPIC], article.read(emoji_bank / "articles" / "mess")
    built = frames.tabulate(topics, [original])
    for evil in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1", "＝1", "＋1", "－1", "＠x"):
        changed = {**built, "sentences": built["sentences"].with_columns(text=pl.lit(evil))}
        parts = exchange.export("csv", changed, emoji_bank)[""]
        rows = list(csv.DictReader(io.StringIO("".join(parts), newline="")))
        assert {row["text"] for row in rows} == {"'" + evil}
    assert [row["stance_shops"] for row in rows] == ["", "-1"]
    assert [row["loaded"] for row in rows] == ["", "brave|mess"]
    assert "'" + "=1+1" not in "".join(exchange.export("jsonl", built, emoji_bank)[""])


def test_csv_has_a_row_for_each_sentence_and_annotator(pinned: Path) -> None:
    built = shipped.load_all(pinned)
    rows = list(csv.DictReader(io.StringIO("".join(exchange.export("csv", built, pinned)[""]))))
    assert [(row["sentence_id"], row["annotator_id"]) for row in rows] == [
        (name, "gold") for name in built["sentences"]["sentence_id"]
    ]
    assert [row["text"] for row in rows] == built["sentences"]["text"].to_list()
    assert [row["claim_type"] for row in rows] == built["sentences"]["claim_type"].to_list()
    every = exchange.export("csv", built, pinned, [SEED], ["model-a", "gold"])[""]
    assert len(list(csv.DictReader(io.StringIO("".join(every))))) == 48


SAME = ("n", "text", "claim_type", "attribution", "source_type", "source_party", "source_perspective", "stance", "note")


def test_json_lines_are_imported_with_their_mapping_file(pinned: Path, tmp_path: Path) -> None:
    table, into = tmp_path / "all.jsonl", tmp_path / "bank"
    arguments = [item for name in ("gold", "model-a", "model-b") for item in ("--annotator", name)]
    assert run("export", "jsonl", "--bank", pinned, "-o", table, *arguments).exit_code == 0
    result = run("import", "jsonl", table, "--into", into)
    assert result.exit_code == 0, result.output
    assert run("check", "--bank", into, "--full").exit_code == 0
    for name in PINNED:
        before, after = (article.read(folder / "articles" / name) for folder in (pinned, into))
        assert after.text == before.text
        for annotator in ("gold", "model-a", "model-b"):
            for old, back in zip(before.annotations[annotator].sentence, after.annotations[annotator].sentence, strict=True):
                assert [getattr(back, key) for key in SAME] == [getattr(old, key) for key in SAME]
                assert set(back.facts or {}) == set(old.facts or {})
                words = {SpanLayer.LOADED, SpanLayer.SOURCE, SpanLayer.CUE}
                spans = [{span for span in answers.to_answers(labels).spans if span.layer in words} for labels in (old, back)]
                assert spans[0] == spans[1] or len(occurrences(old.text, (old.source or Quote(text="")).text)) > 1
        kinds = {annotator.id: (annotator.kind, annotator.codebook) for annotator in before.meta.annotator}
        assert {annotator.id: (annotator.kind, annotator.codebook) for annotator in after.meta.annotator}.items() <= kinds.items()
        for key in ("origin", "license", "annotations_license", "author", "language"):
            assert getattr(after.meta, key) == getattr(before.meta, key)


def test_not_coded_and_none_stay_different_in_a_round_trip(emoji_bank: Path) -> None:
    original = article.read(emoji_bank / "articles" / "mess")
    first, second = original.annotations["anna"].sentence
    annotation = Annotation(sentence=(first.model_copy(update={"loaded": None, "stance": None, "facts": {}}), second))
    built = frames.tabulate([TOPIC], [Article(original.meta, original.source, original.text, {"anna": annotation})])
    for suffix, parts in exchange.export("jsonl", built, emoji_bank).items():
        exchange.write_text(parts, emoji_bank / f"all{suffix or '.jsonl'}")
    mapping = toml.read(emoji_bank / "all.toml", "all.toml", Mapping).value
    assert mapping is not None
    assert mapping.topic[0].model_dump(exclude_none=True) == TOPIC.model_dump(exclude_none=True)
    assert importers.run("jsonl", emoji_bank / "all.jsonl", emoji_bank / "back").remarks == []
    back = article.read(emoji_bank / "back" / "articles" / "mess").annotations["anna"].sentence
    assert [(labels.loaded is None, labels.stance, labels.facts) for labels in back] == [
        (True, None, {}),
        (False, second.stance, {"cost": Quote(text="")}),
    ]


MODEL = {
    "type": "object",
    "required": ["@context", "id", "type", "first", "total"],
    "properties": {
        "@context": {"const": "http://www.w3.org/ns/anno.jsonld"},
        "type": {"const": "AnnotationCollection"},
        "total": {"type": "integer", "minimum": 0},
        "first": {
            "type": "object",
            "required": ["id", "type", "items"],
            "properties": {
                "type": {"const": "AnnotationPage"},
                "startIndex": {"type": "integer"},
                "items": {"type": "array", "items": {"$ref": "#/$defs/annotation"}},
            },
        },
    },
    "$defs": {
        "iri": {"type": "string", "pattern": r"^[a-z][a-z0-9+.-]*:[^\s<>\"{}|\\^`]+$"},
        "annotation": {
            "type": "object",
            "required": ["id", "type", "target"],
            "properties": {
                "id": {"$ref": "#/$defs/iri"},
                "type": {"const": "Annotation"},
                "motivation": {"enum": ["classifying", "commenting", "tagging"]},
                "rights": {"$ref": "#/$defs/iri"},
                "creator": {"type": "object", "required": ["id"], "properties": {"id": {"$ref": "#/$defs/iri"}}},
                "body": {"type": "array", "items": {"$ref": "#/$defs/body"}},
                "target": {
                    "type": "object",
                    "required": ["source", "selector"],
                    "properties": {
                        "type": {"const": "SpecificResource"},
                        "source": {"type": "object", "required": ["id"], "properties": {"id": {"$ref": "#/$defs/iri"}}},
                        "selector": {"type": "array", "items": {"$ref": "#/$defs/selector"}, "minItems": 2},
                    },
                },
            },
            "additionalProperties": False,
        },
        "body": {
            "type": "object",
            "required": ["type", "value"],
            "properties": {
                "type": {"const": "TextualBody"},
                "value": {"type": "string"},
                "format": {"const": "text/plain"},
                "purpose": {"enum": ["classifying", "commenting"]},
            },
            "additionalProperties": False,
        },
        "selector": {
            "oneOf": [
                {
                    "required": ["type", "exact"],
                    "properties": {
                        "type": {"const": "TextQuoteSelector"},
                        **{name: {"type": "string"} for name in ("exact", "prefix", "suffix")},
                    },
                    "additionalProperties": False,
                },
                {
                    "required": ["type", "start", "end"],
                    "properties": {
                        "type": {"const": "TextPositionSelector"},
                        **{name: {"type": "integer", "minimum": 0} for name in ("start", "end")},
                    },
                    "additionalProperties": False,
                },
            ]
        },
    },
}
"""What the W3C model requires of the classes in use (https://www.w3.org/TR/annotation-model/, sections 3 to 5)."""


@pytest.mark.parametrize("annotators", [[], ["anna"]])
def test_web_annotations_follow_the_model_and_their_selectors_find_the_words(emoji_bank: Path, annotators: list[str]) -> None:
    canonical = (emoji_bank / "articles" / "mess" / "article.txt").read_text(encoding="utf-8")
    built = frames.tabulate([TOPIC], [article.read(emoji_bank / "articles" / "mess")])
    collection = json.loads("".join(exchange.export("web-annotation", built, emoji_bank, [], annotators)[""]))
    jsonschema.validate(collection, MODEL)
    items = collection["first"]["items"]
    assert collection["total"] == len(items) == 2 + 4
    assert len({annotation["id"] for annotation in items}) == len(items)
    for annotation in items:
        position, quote = annotation["target"]["selector"]
        start, end = position["start"], position["end"]
        assert canonical[start:end] == quote["exact"]
        assert canonical[:start].endswith(quote["prefix"])
        assert canonical[end:].startswith(quote["suffix"].rstrip("\n"))
    bodies = [body["value"] for annotation in items for body in annotation["body"]]
    assert {"claim_type: evaluative", "stance: shops -1", "fact: cost", "loaded", "Rule 5."} <= set(bodies)
    words = [annotation["target"]["selector"][1]["exact"] for annotation in items if annotation["body"][0]["value"] == "loaded"]
    assert words == ["brave", "mess"]


def test_croissant_metadata_are_valid_and_their_records_are_the_rows(pinned: Path) -> None:
    path = pinned / "croissant.json"
    assert run("export", "croissant", "--bank", pinned, "-o", path).exit_code == 0
    code = (
        "import json, sys, mlcroissant as mlc\n"
        "found = mlc.Dataset(sys.argv[1])\n"
        "print(json.dumps({one.id: sum(1 for _ in found.records(one.id)) for one in found.metadata.record_sets}))"
    )
    process = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    assert json.loads(process.stdout) == {name: frame.height for name, frame in shipped.load_all(pinned).items()}
    metadata = json.loads(path.read_text(encoding="utf-8"))
    assert metadata["name"] == "slantbank"
    assert metadata["rai:dataLimitations"] == "2 of 3 articles were written for the dataset."
    assert metadata["rai:annotationsPerItem"].startswith("3 coders a sentence")


def test_the_croissant_metadata_of_the_shipped_bank_are_not_stale(tmp_path: Path) -> None:
    assert run("export", "croissant", "--bank", ROOT / "data", "-o", tmp_path / "croissant.json").exit_code == 0
    committed = (ROOT / "data" / "croissant.json").read_text(encoding="utf-8")
    assert committed == (tmp_path / "croissant.json").read_text(encoding="utf-8"), (
        "slantbank export croissant --bank data -o data/croissant.json"
    )
    stated = json.loads(committed)
    assert {"citeAs", "version", "datePublished", "rai:dataBiases", "rai:personalSensitiveInformation"} <= stated.keys()
    process = subprocess.run(
        [sys.executable, "-c", "import sys, mlcroissant; mlcroissant.Dataset(sys.argv[1])", str(ROOT / "data" / "croissant.json")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr


def withheld(article_: Article) -> Article:
    """The article with its words masked, as a bank holds a text that may not be redistributed."""
    mask = re.compile(r"[^\s]")
    annotations = {
        name: Annotation(
            sentence=tuple(sentence.model_copy(update={"text": mask.sub("█", sentence.text)}) for sentence in annotation.sentence)
        )
        for name, annotation in article_.annotations.items()
    }
    return Article(article_.meta, mask.sub("█", article_.source), mask.sub("█", article_.text), annotations)


@pytest.mark.parametrize("name", [*exchange.TOOLS])
def test_an_article_with_withheld_text_is_exported(contents: Any, name: str) -> None:
    topics, articles = contents
    assert exchange.TOOLS[name].files(withheld(articles[0]), topics[0], ["gold"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["export", "label-studo", SEED], "did you mean 'label-studio'?"),
        (["export", "label-studio"], "give label-studio one ARTICLE"),
        (["export", "label-studio", "nothing"], "no article 'nothing'"),
        (["export", "label-studio", SEED, "--annotator", "glod"], "did you mean 'gold'?"),
        (["export", "label-studio", SEED, "--annotator", "gold", "--blind"], "only one of --blind and --annotator"),
        (["export", "csv", "--blind"], "--blind and --into are for annotation tools"),
        (["export", "csv", SEED[:-1]], f"did you mean '{SEED}'?"),
        (["export", "jsonl", "--annotator", "glod"], "did you mean 'gold'?"),
        (["export", "croissant", SEED], "whole bank"),
        (["import", "label-studo", "README.md", "--into", "x"], "did you mean 'label-studio'?"),
        (["import", "conll", "README.md", "--into", "x"], "no importer 'conll'"),
        (["import", "doccano", "README.md", "--into", "x", "--parquet"], "leave out --parquet"),
    ],
)
def test_wrong_usage_exits_2_and_says_what_is_right(monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str) -> None:
    monkeypatch.chdir(ROOT)
    result = run(*arguments)
    assert (result.exit_code, message in result.output) == (2, True), result.output


def test_export_writes_the_files_of_a_tool_and_import_reads_them_back(bank: Path, tmp_path: Path) -> None:
    result = run("export", "label-studio", SEED, "--bank", bank, "--annotator", "gold", "--into", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [f"{SEED}.config.xml", f"{SEED}.tasks.json"]
    path = tmp_path / "export.json"
    path.write_text(json.dumps(tasks(bank / "articles" / SEED)), encoding="utf-8")
    result = run("import", "label-studio", path, "--into", bank)
    assert (result.exit_code, "24 sentences" in result.output) == (0, True), result.output


@pytest.mark.parametrize("name", [*exchange.TOOLS, *exchange.FORMATS])
def test_the_documentation_names_every_format(name: str) -> None:
    assert f"`{name}`" in (ROOT / "docs" / "exchange.md").read_text(encoding="utf-8")
