"""Import of tools' exports: a bad part affects nothing else, coders stay separate, and messages say what to do."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from slantbank import exchange
from slantbank.bank import _article as article
from slantbank.bank import _bank as bank
from slantbank.bank import _topic as topic
from slantbank.bank._article import Article, Metadata, Sentence
from slantbank.codebook import AnnotatorKind
from slantbank.curate import _new as new
from slantbank.importers import Report
from slantbank.rules import _check as check
from tests.fuzz.corrupt import TOPIC

LINES = ["Toll at north quay doubles", "The board doubled the grim toll on Tuesday.", "Boats left the quay, a grim sight."]
TEXT = f"{LINES[0]}\n\n{LINES[1]}\n{LINES[2]}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A bank with one article that nobody has labelled."""
    (tmp_path / "topics").mkdir()
    topic.write(TOPIC, tmp_path / "topics")
    meta = Metadata(id="toll", topic=TOPIC.id, title=LINES[0], origin="constructed", source_sha256=article.sha256(TEXT))
    article.write(Article(meta, TEXT, TEXT, {}), tmp_path / "articles" / "toll")
    return tmp_path


def result(name: str, *choices: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "from_name": name, "to_name": "text", "type": "choices", "value": {"choices": list(choices)}, **more}


def span(label: str, n: int, words: str, **more: Any) -> dict[str, Any]:
    start = LINES[n].index(words)
    value = {"start": start, "end": start + len(words), "text": words, "labels": [label], **more}
    return {"id": words, "from_name": "spans", "to_name": "text", "type": "labels", "value": value}


FULL = [
    result("claim_type", "factual"),
    result("attribution", "author"),
    result("stance-board", "-1"),
    result("stance-fishers", "0"),
]


def tasks(*results: list[dict[str, Any]], user: object = None, **more: Any) -> list[dict[str, Any]]:
    """An export of Label Studio: the results of each sentence by one user."""
    user = user or {"id": 1, "email": "ann.lee@x.example"}
    return [
        {
            "id": 100 + n,
            "data": {"article": "toll", "n": n, "codebook": "1.0", "text": LINES[n]},
            "annotations": [{"id": 1000 + n, "completed_by": user, "was_cancelled": False, "result": sentence_results}],
            **more,
        }
        for n, sentence_results in enumerate(results)
    ]


def taken(folder: Path, content: object, name: str = "ls.json") -> Report:
    """Import an export and return the report."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return exchange.import_labels("label-studio" if name.endswith(".json") else "doccano", path, folder)


def labels(folder: Path, coder: str) -> tuple[Sentence, ...]:
    return article.read(folder / "articles" / "toll").annotations[coder].sentence


ANN = "ann-lee-x-example"


@pytest.mark.parametrize(
    ("odd", "kind", "open_"),
    [
        ({"from_id": "a", "to_id": "b", "type": "relation", "direction": "right"}, "dropped", ()),
        ({"id": "s", "from_name": "sure", "to_name": "text", "type": "rating", "value": {"rating": 3}}, "unread", ()),
        (result("sure", "very"), "unread", ("stance", "facts")),
        (result("stance-bored", "1"), "unread", ("stance",)),
        (result("facts", "raised") | {"value": None}, "unread", ("facts",)),
        (
            {"id": "x", "from_name": "spans", "type": "labels", "value": {"start": 0, "end": 4, "text": "Toll", "labels": []}},
            "unread",
            ("loaded", "facts"),
        ),
        (span("loaded", 0, "north") | {"from_name": "words"}, "unread", ("loaded", "facts")),
        (span("loaded", 0, "north", text="south"), "unread", ("loaded",)),
        (None, "unread", ("stance", "loaded", "facts")),
        (result("none", "cue") | {"value": {"choices": ["cue", 5]}}, "unread", ()),
    ],
)
def test_an_unknown_result_is_reported_and_only_its_possible_layers_are_not_coded(
    folder: Path, odd: dict[str, Any], kind: str, open_: tuple[str, ...]
) -> None:
    whole = [*FULL, result("facts", "met"), span("loaded", 0, "doubles")]
    report = taken(folder, tasks([*whole, odd], whole[:4], whole[:4]))
    assert [remark.kind for remark in report.remarks] == [kind]
    first = labels(folder, ANN)[0]
    assert (first.claim_type, first.attribution) == ("factual", "author")
    assert [name for name in ("stance", "loaded", "facts") if getattr(first, name) is None] == list(open_)
    assert check.check(bank.draft(folder)) == []


def test_optional_parts_that_are_null_or_odd_do_not_lose_a_task(folder: Path) -> None:
    export = tasks(FULL, FULL, FULL, drafts=None, id=None)
    export[0] |= {"id": "a1", "drafts": 7}
    export[1]["annotations"][0] |= {"was_cancelled": None, "updated_at": "on Monday", "id": "one"}
    export[2]["annotations"][0] |= {"updated_at": "2026-11-24T10:00:00Z"}
    report = taken(folder, export)
    assert sorted(remark.message for remark in report.remarks) == [
        "drafts in the wrong form",
        "id in the wrong form",
        "not a date",
    ]
    assert [sentence.claim_type for sentence in labels(folder, ANN)] == ["factual"] * 3
    (entry,) = article.read(folder / "articles" / "toll").meta.annotator
    assert str(entry.coded) == "2026-11-24"


def test_users_who_would_share_an_id_are_named_and_not_taken(folder: Path) -> None:
    export = tasks(FULL, FULL, FULL)
    export[1]["annotations"][0]["completed_by"] = {"id": 2, "email": "ann-lee@x.example"}
    report = taken(folder, export)
    assert "'ann.lee@x.example' and 'ann-lee@x.example' would both be 'ann-lee-x-example'" in str(report.remarks[0])
    assert article.read(folder / "articles" / "toll").annotations == {}


def test_two_annotations_of_a_sentence_by_one_user_that_differ_decide_nothing(folder: Path) -> None:
    export = tasks(FULL, FULL, FULL)
    export[1]["annotations"].append(export[1]["annotations"][0] | {"result": [result("claim_type", "causal")]})
    export[2]["annotations"].append(export[2]["annotations"][0])
    report = taken(folder, export)
    assert [remark.message for remark in report.remarks] == ["second annotation of a sentence by one annotator"] * 2
    assert [sentence.claim_type for sentence in labels(folder, ANN)] == ["factual", None, "factual"]


def example(n: int, *cats: str, **more: Any) -> bytes:
    fields = {"text": LINES[n], "entities": [], "cats": list(cats), "article": "toll", "n": n, "codebook": "1.0", "id": n, **more}
    return json.dumps(fields).encode() + b"\n"


CATS = ("claim_type: factual", "attribution: author", "none: loaded")


@pytest.mark.parametrize("name", ["ls.json", "ann.jsonl"])
def test_white_space_at_the_edge_of_a_span_is_dropped(folder: Path, name: str) -> None:
    start = LINES[1].index(" grim ")
    if name == "ls.json":
        taken(folder, tasks(FULL, [*FULL, span("loaded", 1, " grim ")], FULL), name)
    else:
        taken(folder, example(1, *CATS[:2], entities=[[start, start + 6, "loaded"]]), name)
    (coder,) = article.read(folder / "articles" / "toll").annotations
    assert [quote.text for quote in labels(folder, coder)[1].loaded or ()] == ["grim"]


@pytest.mark.parametrize("name", ["unknown.jsonl", "ls.json"])
def test_a_coder_without_a_label_is_left_out(folder: Path, name: str) -> None:
    empty = b"".join(map(example, range(3))) if name == "unknown.jsonl" else tasks([], [], [])
    report = taken(folder, empty, name)
    assert [(remark.kind, remark.message) for remark in report.remarks] == [("dropped", "annotator without a label")]
    assert article.read(folder / "articles" / "toll").meta.annotator == ()


def test_the_zip_archive_of_doccano_is_read(folder: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("ann.jsonl", b"".join(example(n, *CATS) for n in range(3)))
        archive.writestr("bea.jsonl", b"".join(example(n, *CATS) for n in range(2)) + b"{\n")
        archive.writestr("Bea.jsonl", example(0, *CATS))
        archive.writestr("cy.json", b"[]")
    said = [str(remark) for remark in taken(folder, out.getvalue(), "project.zip").remarks]
    assert list(article.read(folder / "articles" / "toll").annotations) == ["ann"]
    assert said == [
        "project.zip:cy.json: unread: file that is no JSONL; export the project as JSONL",
        (
            "project.zip: unread: annotators who would get the same id; rename one, or export them one by one: "
            "'Bea' and 'bea' would both be 'bea'"
        ),
    ]


@pytest.mark.parametrize(
    ("entity", "loaded", "facts"),
    [
        ([0, 4, "loaded"], True, True),
        ([0, 99, "loaded"], False, True),
        ([0, 4, "Loaded"], False, False),
        ([0, 4], False, False),
        (None, False, False),
        ([0, 4, "fact: raisd"], True, False),
    ],
)
def test_only_the_possible_layers_of_an_unreadable_entity_are_not_coded(
    folder: Path, entity: Any, loaded: bool, facts: bool
) -> None:
    cats = ("claim_type: factual", "facts: met")
    taken(folder, example(0, *cats, entities=[[5, 7, "loaded"], entity]), "ann.jsonl")
    first = labels(folder, "ann")[0]
    assert first.claim_type == "factual"
    assert (first.loaded is not None, first.facts is not None) == (loaded, facts)


def test_an_import_over_an_empty_sheet_updates_the_entry_of_the_annotator(folder: Path) -> None:
    new.add_annotator(folder / "articles" / "toll", "ann", AnnotatorKind.HUMAN)
    path = folder / "articles" / "toll" / "article.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('id = "ann"', 'id = "ann"  # our second reader\nname = "Ann Lee"'))
    assert taken(folder, b"".join(example(n, *CATS) for n in range(3)), "ann.jsonl").remarks == []
    (entry,) = article.read(folder / "articles" / "toll").meta.annotator
    assert (entry.name, entry.layers) == ("Ann Lee", ("claim_type", "attribution", "source_type", "loaded"))
    assert "# our second reader" in path.read_text(encoding="utf-8")
    assert check.check(bank.draft(folder)) == []


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        ([{"id": 1, "text": "x", "claim_type": "factual"}], "ls.json", "as in JSON-MIN; export the project as JSON"),
        ({"tasks": []}, "ls.json", "no list of tasks; export the project as JSON"),
        (
            b"id,text\n1,x\n",
            "ls.json",
            "not valid JSON from line 1, column 1 on; export the project as JSON, and not as CSV or the like",
        ),
        (b'{"id": 1}\n{"id": 2}\n', "ls.json", "not valid JSON from line 2, column 1 on; export the project as JSON"),
        (
            [
                {
                    "id": 1,
                    "data": {"article": "toll", "n": 0, "codebook": "1.0", "text": LINES[0]},
                    "annotations": [],
                    "predictions": [{"result": FULL}],
                }
            ],
            "ls.json",
            "it has no annotation that was submitted; predictions are not taken as answers",
        ),
        (b'[{"id": 1,', "ls.json", "not valid JSON from line 1, column 11 on"),
        (json.dumps(tasks(FULL)).replace('"n": 0', '"n": "first"').encode(), "ls.json", "data.n is not a whole number"),
        (b'{"id": 1, "text": "x", "label": [[0, 1, "PER"]]}', "a.jsonl", "make one for intent detection and slot filling"),
        (b'{"id": 1, "text": "x"}', "a.jsonl", "there is no entities"),
        (b'{"id": 1, "text": "x", "entities": [], "relations": []}', "a.jsonl", "make one for intent detection and slot filling"),
        ("Zoë".encode("latin-1"), "a.jsonl", "not UTF-8, from byte 2, 0xeb, of line 1 on; save the file as UTF-8"),
    ],
)
def test_a_file_that_is_no_export_gets_a_clear_message(folder: Path, content: object, name: str, said: str) -> None:
    report = taken(folder, content, name)
    assert said in str(report.remarks[0]), report.remarks
    assert report.remarks[0].kind == "unread"


def test_an_export_with_byte_order_mark_or_crlf_is_read_the_same(folder: Path) -> None:
    content = "\ufeff" + json.dumps(tasks(FULL, FULL, FULL), indent=1).replace("\n", "\r\n")
    assert taken(folder, content.encode()).remarks == []


def test_spans_of_a_project_with_relations_are_read_and_the_relations_dropped(folder: Path) -> None:
    line = json.loads(example(0, "claim_type: factual"))
    line["entities"] = [
        {"id": 7, "label": "loaded", "start_offset": 5, "end_offset": 7},
        {"id": 8, "label": "loaded", "start_offset": 9},
    ]
    line["relations"] = [{"id": 1, "from_id": 7, "to_id": 8, "type": "of"}]
    report = taken(folder, json.dumps(line).encode(), "ann.jsonl")
    assert [(remark.kind, remark.message) for remark in report.remarks] == [
        ("unread", "span that cannot be verified"),
        ("dropped", "relation, for which a bank has no place"),
    ]
    assert labels(folder, "ann")[0].loaded is None


def test_hypertext_labels_decide_nothing(folder: Path) -> None:
    hyper = {
        "start": "/p[1]/text()[1]",
        "end": "/p[1]/text()[1]",
        "startOffset": 0,
        "endOffset": 4,
        "text": "Toll",
        "hypertextlabels": ["loaded"],
    }
    results = [*FULL, {"id": "h", "from_name": "spans", "to_name": "text", "type": "hypertextlabels", "value": hyper}]
    report = taken(folder, tasks(results, [*FULL, span("loaded", 1, "grim")], FULL))
    assert [remark.kind for remark in report.remarks] == ["unread"]
    assert labels(folder, ANN)[0].loaded is None
    assert labels(folder, ANN)[1].loaded is not None
