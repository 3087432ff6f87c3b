"""Malformed input from corpora and tables: refused labels are not coded, malformed tables are refused, no ids are merged."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from slantbank.bank import Sentence
from slantbank.bank import _article as article
from slantbank.bank import _bank as bank
from slantbank.importers import Report, run
from slantbank.problem import ContributionError
from slantbank.rules import _check as check

TOPIC = """
[[topic]]
id = "quay-toll"
title = "The toll at the north quay in Marlow Sands, March 2025"
[[topic.party]]
id = "harbour-board"
name = "Harbour board and its officials"
side = "a"
[[topic.party]]
id = "fishers"
name = "Fishers' union and its members"
side = "b"
[[topic.fact]]
id = "toll-raised"
text = "The board raised the toll."
[[topic.fact]]
id = "boats-left"
text = "Boats left the quay."
"""
COLUMNS = """\
[columns]
article = "doc_id"
text = "sentence"
headline = "title"
annotator = "coder"
claim_type = "type"
attribution = "attr"
loaded = "words"
facts = "facts"
published = "day"
[stance]
harbour-board = "st_board"
fishers = "st_fish"
[annotator]
codebook = "1.0"
"""
HEADER = "doc_id,title,sentence,coder,type,attr,words,facts,day,st_board,st_fish"
ROW = "d1,Toll doubles,The board doubled the toll on Tuesday.,ada,factual,author,,toll-raised,2025-03-04,0,"
OTHER = "d1,Toll doubles,The union called it a robbery.,ada,evaluative,indirect,robbery,,2025-03-04,-1,0"


def table(folder: Path, *lines: str, header: str = HEADER, mapping: str = "", columns: str = COLUMNS) -> Path:
    """A CSV file of these lines, with its mapping."""
    path = folder / "table.csv"
    path.write_text("\n".join([*([header] if header else []), *lines]) + "\n", encoding="utf-8")
    path.with_suffix(".toml").write_text(f"{mapping}{columns}{TOPIC}", encoding="utf-8")
    return path


def remark_lines(report: Report) -> list[str]:
    return [str(remark) for remark in report.remarks]


def labels(folder: Path, name: str = "d1", coder: str = "ada") -> tuple[Sentence, ...]:
    return article.read(folder / "articles" / name).annotations[coder].sentence


# a refused label is not a decided one


TEXT = "Quay toll doubles\nReed says boats will leave.\nThe board met on Tuesday.\n"
STANDOFF = (
    "T1\tSource 18 22\tReed\nT2\tCue 23 27\tsays\nT3\tContent 28 44\tboats will leave\nT4\tAttribution 23 27\tsays\n"
    "E1\tAttribution:T4 Source:T1 Cue:T2 Content:T3\n"
)


def polnear(folder: Path, text: str = TEXT, standoff: str = STANDOFF) -> list[str | None]:
    """The attributions imported from a corpus of one text."""
    name = "politico_2016-02-03_quay-toll"
    header = "compartment\tfilename\tpublisher\tpublication_date\tauthor\ttitle\tannotators"
    files = {
        f"data/train/text/{name}.txt": text,
        f"data/train/attributions/{name}_ab12.ann": standoff,
        "data/metadata.tsv": f"{header}\ntrain\t{name}\tpolitico\t2016-02-03\tOrla Finch\tQuay toll doubles\tab12\n",
    }
    for file, content in files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(content.encode())
    run("polnear", folder, folder / "bank")
    imported = article.read(folder / "bank" / "articles" / "polnear-politico-2016-02-03-quay-toll")
    return [sentence.attribution for annotation in imported.annotations.values() for sentence in annotation.sentence]


def test_offsets_count_a_line_end_as_one_character_also_with_cr_lf(tmp_path: Path) -> None:
    assert polnear(tmp_path / "a") == ["author", "indirect", "author"]
    windows = polnear(tmp_path / "b", TEXT.replace("\n", "\r\n"), STANDOFF.replace("\n", "\r\n"))
    assert windows == ["author", "indirect", "author"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("18 22", "19 23", ["author", None, "author"]),
        ("28 44\tboats will leave", "45 99\tThe board met on Tuesday.\n", ["author", None, None]),
        ("18 22", "58 62", ["author", None, None]),
        ("Content 28 44", "Contents 28 44", ["author", None, "author"]),
        ("28 44\tboats will leave", "28 x\tboats will leave", ["author", None, "author"]),
        ("Source 18 22\tReed", "Source\t", []),
        ("Source:T1", "Source:T9", ["author", None, "author"]),
        ("E1\tAttribution:T4 ", "E1\tAttribution=T4 ", ["author", None, "author"]),
        ("E1\tAttribution:T4 Source:T1 Cue:T2 Content:T3", "", ["author", None, "author"]),
    ],
)
def test_a_sentence_with_a_refused_mark_is_not_attributed_to_the_author(
    tmp_path: Path, old: str, new: str, expected: list[str | None]
) -> None:
    assert polnear(tmp_path, standoff=STANDOFF.replace(old, new)) == expected


def basil(folder: Path, *spans: dict[str, object]) -> tuple[Sentence, ...]:
    """The labels imported from an article of three sentences with these spans."""
    text = {
        "title": "Quay toll doubles",
        "source": "NYT",
        "main-entities": ["Tomas Reed"],
        "main-event": "Quay toll doubled",
        "body-paragraphs": [["The shameless Reed doubled the toll, the grim toll.", "Boats left."]],
    }
    name = "33333333-cccc-4ccc-8ccc-333333333333_1"
    for file, content in (
        (f"articles/2012/{name}.json", text),
        (f"annotations/2012/{name}_ann.json", {"phrase-level-annotations": spans}),
    ):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(json.dumps(content), encoding="utf-8")
    run("basil", folder, folder / "bank")
    assert check.check(bank.draft(folder / "bank")) == []
    return labels(folder / "bank", f"basil-{name.replace('_', '-')}", "gold")


SPAN = {"bias": "lex", "id": "p0", "start": 4, "end": 13, "txt": "shameless", "polarity": "neg", "quote": "no", "speaker": ""}
SPAN |= {"target": "Tomas Reed", "aim": "dir", "notes": ""}
GRIM = SPAN | {"start": 41, "end": 45, "txt": "grim"}


@pytest.mark.parametrize(
    ("change", "loaded", "stance"),
    [
        ({}, [(), (), ()], {"tomas-reed": -1}),
        ({"start": 5, "end": 14}, [(), None, ()], None),
        ({"start": 41, "end": 99, "txt": "grim toll."}, [(), None, ()], None),
        ({"id": "p1"}, [(), None, None], None),
        ({"id": "p7"}, [(), None, ()], None),
        ({"id": 7}, [(), None, ()], None),
        ({"txt": "shame"}, [(), None, ()], None),
        ({"bias": "lexical"}, [(), None, ()], None),
        ({"bias": "inf", "start": 0}, [(), (), ()], None),
        ({"polarity": "negative"}, [(), (), ()], None),
        ({"polarity": None}, [(), None, ()], None),
    ],
)
def test_a_refused_span_leaves_its_layers_of_the_sentence_not_coded(
    tmp_path: Path, change: dict[str, object], loaded: list[tuple[()] | None], stance: dict[str, int] | None
) -> None:
    sentences = basil(tmp_path, SPAN | change, GRIM)
    assert [sentence.loaded for sentence in sentences] == loaded
    assert sentences[1].stance == stance
    left = 2 if (loaded[1] == () and not change) or change.get("polarity") else 1 if loaded[1] == () else 0
    assert len(sentences[1].spans) == left


def test_no_part_of_a_refused_label_of_a_row_is_kept(tmp_path: Path) -> None:
    row = "d1,Toll doubles,The board's grim toll is a robbery.,ada,evaluative,author,grim|robery,toll-raised|boats,2025-03-04,1,bad"
    report = run("csv", table(tmp_path, row, OTHER), tmp_path / "bank")
    _, first, second = labels(tmp_path / "bank")
    assert (first.claim_type, first.loaded, first.facts, first.stance, first.spans) == ("evaluative", None, None, None, ())
    assert (second.loaded, second.facts, second.stance) == ((), {}, {"harbour-board": -1, "fishers": 0})
    assert len([remark for remark in remark_lines(report) if remark.startswith("table.csv:2: unread")]) == 3
    assert check.check(bank.draft(tmp_path / "bank")) == []


def test_a_row_without_any_label_is_not_coded(tmp_path: Path) -> None:
    run("csv", table(tmp_path, ROW, "d1,Toll doubles,It rose.,ada,,,,,2025-03-04,,"), tmp_path / "bank")
    assert labels(tmp_path / "bank")[2] == Sentence(n=2, text="It rose.")


def test_null_is_not_decided_and_an_empty_list_means_that_there_is_nothing(tmp_path: Path) -> None:
    path = table(tmp_path, ROW)
    rows = [
        {"doc_id": "d1", "sentence": f"So {k}.", "coder": "ada", "type": "factual", "words": words, "facts": facts}
        for k, (words, facts) in enumerate([(None, None), ([], []), (["So"], ["boats-left"])])
    ]
    lines = [json.dumps({**row, "st_board": None, "st_fish": None, "title": "T", "attr": None, "day": None}) for row in rows]
    path.with_suffix(".jsonl").write_text("\n".join(lines), encoding="utf-8")
    pl.DataFrame([{**row, "st_board": 1, "st_fish": None, "title": "T", "attr": "", "day": ""} for row in rows]).write_parquet(
        path.with_suffix(".parquet")
    )
    for kind, stance in (("jsonl", None), ("parquet", {"harbour-board": 1})):
        assert run(kind, path.with_suffix(f".{kind}"), tmp_path / kind).remarks == []
        sentences = labels(tmp_path / kind)[1:]
        assert [(sentence.loaded, sentence.facts is None, sentence.stance) for sentence in sentences] == [
            (None, True, stance),
            ((), False, stance),
            ((), False, stance),
        ]
        assert [mark.text for mark in sentences[2].spans] == ["So"]


def test_an_annotator_of_an_unknown_kind_is_left_out_and_not_taken_for_a_human(tmp_path: Path) -> None:
    columns = COLUMNS.replace("[stance]", 'kind = "title"\n[stance]')
    report = run("csv", table(tmp_path, ROW.replace("Toll doubles", "robot"), columns=columns), tmp_path / "bank")
    assert article.read(tmp_path / "bank" / "articles" / "d1").annotations == {}
    assert "unknown kind" in remark_lines(report)[0]


# a malformed table is refused


@pytest.mark.parametrize(
    ("header", "named"),
    [(f"{HEADER},type", "2 columns 'type'"), (f"type,{HEADER},type", "3 columns 'type'"), (f"{HEADER},st_board ", "'st_board'")],
)
def test_a_duplicate_column_that_the_mapping_uses_is_an_error_at_its_place_in_the_mapping(
    tmp_path: Path, header: str, named: str
) -> None:
    extra = header.count(",") - HEADER.count(",")
    with pytest.raises(ContributionError, match=r"table\.toml:\d+:\d+: .*give each a name of its own") as caught:
        run("csv", table(tmp_path, f"{'x,' * (extra - 1)}{ROW},none", header=header), tmp_path / "bank")
    assert named in str(caught.value)
    assert not (tmp_path / "bank").exists()


def test_a_duplicate_column_that_the_mapping_does_not_use_is_ignored(tmp_path: Path) -> None:
    assert run("csv", table(tmp_path, f"{ROW},x,y", header=f"{HEADER},remark,remark"), tmp_path / "bank").remarks == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (f"{OTHER},", "more cells"),
        (OTHER.replace(",ada", ", a,ada"), "more cells"),
        (OTHER.rpartition(",")[0], "fewer cells"),
        (OTHER.replace("robbery.,", "robbery."), "fewer cells"),
        ("d1", "fewer cells"),
        ('d1,Toll doubles,"The union', "not valid CSV"),
    ],
)
def test_a_row_with_too_few_or_too_many_cells_refuses_only_its_article(tmp_path: Path, line: str, message: str) -> None:
    report = run("csv", table(tmp_path, ROW.replace("d1", "d0"), ROW.replace("Tuesday", "Monday"), line), tmp_path / "bank")
    assert any(message in remark for remark in remark_lines(report)), remark_lines(report)
    assert [path.name for path in (tmp_path / "bank" / "articles").iterdir()] == ["d0"]


def test_a_row_without_an_article_id_refuses_the_articles_before_and_after_it(tmp_path: Path) -> None:
    rows = [ROW.replace("d1", name).replace("Tuesday", day) for name, day in (("d0", "Sunday"), ("d1", "Monday"), ("d2", "Friday"))]
    lost = OTHER.replace("d1", "")
    report = run("csv", table(tmp_path, rows[0], rows[1], lost, rows[2]), tmp_path / "bank")
    assert [path.name for path in (tmp_path / "bank" / "articles").iterdir()] == ["d0"]
    assert sorted(remark_lines(report))[1:] == [
        "table.csv:4: unread: row without an article id: where cells were merged, fill each in again",
        "table.csv:5: unread: article left out, since a line that cannot be read belongs or may belong to it: d2",
    ]


def test_a_repeated_header_is_not_a_row(tmp_path: Path) -> None:
    report = run("csv", table(tmp_path, ROW, HEADER, OTHER), tmp_path / "bank")
    assert remark_lines(report) == ["table.csv:3: unread: the names of the columns again; remove the line"]
    assert len(labels(tmp_path / "bank")) == 3


def test_the_rows_of_an_article_need_not_follow_each_other(tmp_path: Path) -> None:
    other = ROW.replace("d1", "d2").replace("Tuesday", "Friday")
    scattered = [ROW, other, OTHER, ROW.replace("ada", "ben"), other.replace("ada", "ben"), OTHER.replace("ada", "ben")]
    assert run("csv", table(tmp_path, *scattered), tmp_path / "bank").remarks == []
    assert run("csv", table(tmp_path, *sorted(scattered)), tmp_path / "sorted").written == {**_written(tmp_path / "bank")}
    imported = article.read(tmp_path / "bank" / "articles" / "d1")
    assert [len(annotation.sentence) for annotation in imported.annotations.values()] == [3, 3]


def _written(folder: Path) -> dict[str, int]:
    report = Report()
    for path in sorted((folder / "articles").iterdir()):
        report.count_written(article.read(path))
    return {"topics": 1, **report.written}


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "sep=;\r"])
def test_the_delimiter_in_excels_first_line_is_read(tmp_path: Path, first: str) -> None:
    lines = [first, *(line.replace(",", ";") for line in (HEADER, ROW))]
    path = table(tmp_path, *lines, header="")
    assert run("csv", path, tmp_path / "bank").remarks == []
    assert labels(tmp_path / "bank")[1].claim_type == "factual"
    table(tmp_path, *lines, header="", mapping='delimiter = "\\t"\n')
    with pytest.raises(
        ContributionError, match=r"table\.toml:1:13: .*the first line of the table says that ';' separates its cells"
    ):
        run("csv", path, tmp_path / "other")


def test_another_delimiter_is_suggested(tmp_path: Path) -> None:
    with pytest.raises(ContributionError, match="if ';' separates its cells, set it as `delimiter`"):
        run("csv", table(tmp_path, ROW.replace(",", ";"), header=HEADER.replace(",", ";")), tmp_path / "bank")


def test_empty_columns_and_rows_at_the_end_are_ignored(tmp_path: Path) -> None:
    path = table(tmp_path, f"{ROW},,", "," * (HEADER.count(",") + 2), "", header=f"{HEADER},,")
    assert run("csv", path, tmp_path / "bank").remarks == []


def test_utf16_as_excel_saves_it_is_read(tmp_path: Path) -> None:
    path = table(tmp_path, mapping='delimiter = "\\t"\n')
    path.write_bytes("\r\n".join([HEADER, ROW.replace("board", "bo\u00e4rd")]).replace(",", "\t").encode("utf-16"))
    assert run("csv", path, tmp_path / "bank").remarks == []
    assert labels(tmp_path / "bank")[1].text == "The bo\u00e4rd doubled the toll on Tuesday."


def test_a_byte_that_is_not_utf8_refuses_only_its_article(tmp_path: Path) -> None:
    path = table(tmp_path, ROW, OTHER.replace("d1", "d2").replace("union", "uni\u00f6n"))
    path.write_bytes(path.read_text(encoding="utf-8").encode("latin-1"))
    report = run("csv", path, tmp_path / "bank")
    assert remark_lines(report) == ["table.csv:3: unread: line that is not UTF-8; save the table as “CSV UTF-8”"]
    assert [path_.name for path_ in (tmp_path / "bank" / "articles").iterdir()] == ["d1"]


@pytest.mark.parametrize(
    ("content", "message"), [(b"PK\x03\x04rest", "Excel workbook"), (b"PAR1rest", "Parquet"), (b"\x1f\x8b\x08\x00", "gzip")]
)
def test_a_file_of_another_format_is_refused_by_name(tmp_path: Path, content: bytes, message: str) -> None:
    path = table(tmp_path, ROW)
    path.write_bytes(content)
    assert message in remark_lines(run("csv", path, tmp_path / "bank"))[0]


def test_merged_annotator_cells_are_reported_and_no_annotator_is_invented(tmp_path: Path) -> None:
    report = run("csv", table(tmp_path, ROW, OTHER.replace("ada", "")), tmp_path / "bank")
    assert "labels without an annotator; where cells were merged, fill each in again" in remark_lines(report)[0]
    assert not (tmp_path / "bank" / "articles").exists()


def test_a_sentence_that_nobody_labelled_needs_no_annotator(tmp_path: Path) -> None:
    path = table(tmp_path, ROW, "d2,Other,Nobody read this.,,,,,,,,")
    assert run("csv", path, tmp_path / "bank").remarks == []
    assert article.read(tmp_path / "bank" / "articles" / "d2").annotations == {}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("The union called it a robbery.", "=Sheet1!C4", "instead of a sentence: '=Sheet1!C4'"),
        ("The union called it a robbery.", "#NAME?", "instead of a sentence: '#NAME?'"),
        ("robbery,,", "#REF!,,", "loaded words that are not in their sentence"),
        ("2025-03-04", "########", "published: a formula or an error of the spreadsheet: '########'"),
        ("2025-03-04", "45720", "not a date: '45720'; write it as 2017-07-03"),
        ("2025-03-04", "4/3/2025", "not a date: '4/3/2025'; write it as 2017-07-03"),
        ("ada", "#N/A", "an annotator of whose name no id can be made"),
    ],
)
def test_formulas_and_errors_of_a_spreadsheet_are_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    report = run("csv", table(tmp_path, OTHER.replace(old, new)), tmp_path / "bank")
    assert any(message in remark for remark in remark_lines(report)), remark_lines(report)


def test_an_object_with_a_duplicate_key_is_refused(tmp_path: Path) -> None:
    path = table(tmp_path, ROW).with_suffix(".jsonl")
    row = '{"doc_id": "d1", "sentence": "So.", "type": "factual", "type": "none"}'
    path.write_text(row, encoding="utf-8")
    columns = '[columns]\narticle = "doc_id"\ntext = "sentence"\nclaim_type = "type"\n[annotator]\ncodebook = "1.0"\n'
    path.with_suffix(".toml").write_text(columns + TOPIC, encoding="utf-8")
    report = run("jsonl", path, tmp_path / "bank")
    assert remark_lines(report) == ["table.jsonl:1: unread: line that is not a JSON object: the key 'type' is twice in one object"]


def test_a_column_that_no_json_object_has_is_an_error(tmp_path: Path) -> None:
    path = table(tmp_path, ROW).with_suffix(".jsonl")
    path.write_text('{"doc_id": "d1", "sentence": "So.", "typ": "factual"}', encoding="utf-8")
    with pytest.raises(ContributionError, match="has no column 'type'; did you mean 'typ'"):
        run("jsonl", path, tmp_path / "bank")


def test_a_lost_label_is_reported_as_unread_and_not_as_dropped(tmp_path: Path) -> None:
    rows = [
        ROW,
        "d1,Toll doubles,,ada,factual,author,,,2025-03-04,,",
        OTHER.replace("robbery,", "robbery|a robbery,"),
        ROW.replace("d1", "d2").replace("factual", "causal"),
    ]
    report = run("csv", table(tmp_path, *rows), tmp_path / "bank")
    assert [remark.message for remark in report.remarks if remark.kind == "unread"] == [
        "labels of an empty sentence",
        "loaded span that overlaps another",
    ]
    assert labels(tmp_path / "bank")[2].loaded is None
    again = run("csv", table(tmp_path, ROW.replace("factual", "causal")), tmp_path / "bank")
    assert [remark.message for remark in again.remarks] == ["article that is in the bank already, with other content"]


# two people never become one coder, two articles never one id, silently


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["Ann Lee", "ann.lee"], "annotators 'Ann Lee' and 'ann.lee' would both be 'ann-lee'"),
        (["Zoë", "zoe"], "annotators 'Zoë' and 'zoe' would both be 'zoe'"),
    ],
)
def test_annotators_whose_names_give_the_same_id_are_an_error(tmp_path: Path, rows: list[str], message: str) -> None:
    lines = [ROW.replace("ada", name).replace("d1", f"d{k}") for k, name in enumerate(rows)]
    with pytest.raises(ContributionError, match=message):
        run("csv", table(tmp_path, *lines), tmp_path / "bank")
    assert not (tmp_path / "bank").exists()
    lines[1] = lines[1].replace("Tuesday", "Friday")
    path = table(tmp_path, *lines, columns=f"{COLUMNS}[values.annotator]\n'{rows[1]}' = \"second\"\n")
    assert run("csv", path, tmp_path / "bank").written["articles"] == 2


def test_articles_whose_names_give_the_same_id_are_an_error(tmp_path: Path) -> None:
    lines = [ROW.replace("d1", "A-1"), ROW.replace("d1", "a_1").replace("Tuesday", "Friday")]
    with pytest.raises(ContributionError, match=r"table\.toml:2:11: .*articles 'A-1' and 'a_1' would both be 'a-1'"):
        run("csv", table(tmp_path, *lines), tmp_path / "bank")


def test_annotators_of_a_corpus_with_the_same_id_are_reported(tmp_path: Path) -> None:
    polnear(tmp_path)
    folder = tmp_path / "data" / "train" / "attributions"
    shutil.copy(folder / "politico_2016-02-03_quay-toll_ab12.ann", folder / "politico_2016-02-03_quay-toll_AB12.ann")
    report = run("polnear", tmp_path, tmp_path / "other")
    assert any("two annotators would both be 'ab12'; rename one" in remark for remark in remark_lines(report))


def test_a_coder_without_a_label_is_left_out(tmp_path: Path) -> None:
    report = run(
        "csv",
        table(tmp_path, ROW, ROW.replace("ada,factual,author,,toll-raised", "ben,,,,").replace("-04,0,", "-04,,")),
        tmp_path / "bank",
    )
    assert list(article.read(tmp_path / "bank" / "articles" / "d1").annotations) == ["ada"]
    assert [remark.message for remark in report.remarks] == ["annotator without a label"]


def test_two_differing_rows_of_an_annotator_decide_nothing(tmp_path: Path) -> None:
    columns = COLUMNS.replace("[stance]", 'n = "day"\n[stance]').replace('published = "day"\n', "")
    rows = [row.replace("2025-03-04", "1") for row in (ROW, ROW.replace("factual", "causal"))]
    report = run("csv", table(tmp_path, *rows, OTHER.replace("2025-03-04", "2"), columns=columns), tmp_path / "bank")
    assert [sentence.claim_type for sentence in labels(tmp_path / "bank")] == [None, None, "evaluative"]
    assert "second row of a sentence by one annotator" in remark_lines(report)[0]


# messages


def test_messages_show_no_python_names(tmp_path: Path) -> None:
    rows = [OTHER.replace("evaluative", "Evaluative").replace("indirect", "Direct").replace("robbery,,", "robbery,toll,"), "d2,"]
    messages = "\n".join(remark_lines(run("csv", table(tmp_path, *rows), tmp_path / "bank")))
    assert "did you mean 'evaluative'?" in messages
    assert not [word for word in ("ClaimType", "codec", "NoneType", "Traceback", "<", "Errno") if word in messages]


@pytest.mark.parametrize("mark", [",", ";"])
def test_lines_above_the_header_are_reported_in_one_message(tmp_path: Path, mark: str) -> None:
    above = [f"Toll study{mark * 10}", mark * 10]
    path = table(tmp_path, *(line.replace(",", mark) for line in (HEADER, ROW, OTHER)), header="\n".join(above))
    with pytest.raises(ContributionError) as caught:
        run("csv", path, tmp_path / "bank")
    (problem,) = caught.value.problems
    assert problem.message == "table.csv has the names of its columns in line 3; remove the lines above it"


def test_a_table_with_another_delimiter_gives_one_message(tmp_path: Path) -> None:
    path = table(tmp_path, ROW.replace(",", ";"), header=HEADER.replace(",", ";"))
    with pytest.raises(ContributionError) as caught:
        run("csv", path, tmp_path / "bank")
    (problem,) = caught.value.problems
    assert "if ';' separates its cells, set it as `delimiter`" in problem.message


def test_garbled_characters_of_a_table_are_reported_and_their_warning_accepted(tmp_path: Path) -> None:
    report = run("csv", table(tmp_path, ROW.replace("The board", "The boardâ€™s chair"), OTHER), tmp_path / "bank")
    assert "odd characters in the text, warning SB010 accepted" in " ".join(remark_lines(report))
    assert check.check(bank.draft(tmp_path / "bank")) == []
