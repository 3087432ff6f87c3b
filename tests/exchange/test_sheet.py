"""Spreadsheets are written, filled in step by step, and read back with verification; a blank cell is not decided."""

import csv
import io
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from slantbank import rules
from slantbank.bank import article, decided
from slantbank.rules._example import BANK, LABELS, write
from tests.command import run

NAME = "bridge-closed"
Row = dict[str, Any]


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small bank, coded by Ada."""
    write(BANK, tmp_path / "my-bank")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "my-bank"


def rows_of(path: Path) -> list[Row]:
    if path.suffix == ".csv":
        return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
    openpyxl = pytest.importorskip("openpyxl")
    head, *rest = openpyxl.load_workbook(path)["labels"].iter_rows(values_only=True)
    return [{name: "" if cell is None else cell for name, cell in zip(head, cells, strict=True)} for cells in rest]


def fill(path: Path, *filled: Row) -> None:
    """Fill in cells of the first rows, as a person would."""
    if path.suffix == ".csv":
        rows = rows_of(path)
        for row, cells in zip(rows, filled, strict=False):
            row.update(cells)
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return
    book = pytest.importorskip("openpyxl").load_workbook(path)
    page = book["labels"]
    columns = {cell.value: cell.column for cell in page[1]}
    for number, cells in enumerate(filled, 2):
        for name, value in cells.items():
            page.cell(number, columns[name]).value = value
    book.save(path)


HEADLINE: Row = {
    "done": "x",
    "claim_type": "factual",
    "attribution": "author",
    "source_perspective": "neutral",
    "fact bridge-closed": "Bridge closed",
}
BODY: Row = {
    "done": "x",
    "claim_type": "evaluative",
    "attribution": "indirect",
    "source": "Mayor Zoë Hall",
    "cue": "called #1",
    "source_type": "person",
    "source_party": "city",
    "source_perspective": "city",
    "stance city": 1,
    "loaded": "triumph | disaster",
    "fact bridge-closed": "the closing",
}


def labels(bank: Path, annotator: str) -> tuple[Any, ...]:
    return article.read(bank / "articles" / NAME).annotations[annotator].sentence


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_filled_in_sheet_gives_the_same_labels_as_an_annotation_file(bank: Path, form: str) -> None:
    if form == "xlsx":
        pytest.importorskip("openpyxl")
    result = run("sheet", NAME, "--annotator", "ben", "--format", form, "--bank", bank)
    assert result.output == f"written: {NAME}-ben.{form}\nFill in, then: slantbank import sheet {NAME}-ben.{form}\n"
    path = Path(f"{NAME}-ben.{form}")
    assert [row["text"] for row in rows_of(path)] == [sentence.text for sentence in labels(bank, "ada")]
    fill(path, HEADLINE, BODY)
    result = run("import", "sheet", path, "--into", bank)
    assert result.exit_code == 0, result.output
    ada = [sentence.model_copy(update={"spans": ()}) for sentence in labels(bank, "ada")]
    assert list(labels(bank, "ben")) == ada
    assert rules.check(bank) == []


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_labels_survive_a_round_trip_through_a_sheet(bank: Path, form: str) -> None:
    if form == "xlsx":
        pytest.importorskip("openpyxl")
    run("sheet", NAME, "--annotator", "ada", "--format", form, "--bank", bank)
    before = (bank / LABELS).read_bytes()
    result = run("import", "sheet", f"{NAME}-ada.{form}", "--into", bank)
    assert result.exit_code == 0, result.output
    assert (bank / LABELS).read_bytes() == before


def test_blank_is_not_decided_and_can_be_filled_in_later(bank: Path) -> None:
    run("sheet", NAME, "--annotator", "ben", "--format", "csv", "--bank", bank)
    path = Path(f"{NAME}-ben.csv")
    fill(path, {"claim_type": "factual", "fact bridge-closed": "Bridge closed"})
    assert run("import", "sheet", path, "--into", bank).exit_code == 0
    first = labels(bank, "ben")[0]
    assert (first.claim_type, first.attribution, first.stance, first.loaded) == ("factual", None, None, None)
    assert {key: str(quote.text) for key, quote in first.facts.items()} == {"bridge-closed": "Bridge closed"}
    assert "0 of 2 sentences decided by ben" in run("check", "--bank", bank).output
    fill(path, HEADLINE)
    assert run("import", "sheet", path, "--into", bank).exit_code == 0
    assert labels(bank, "ben")[0].loaded == ()
    assert "1 of 2 sentences decided by ben" in run("check", "--bank", bank).output


def test_an_existing_label_that_differs_stays_and_is_reported(bank: Path) -> None:
    run("sheet", NAME, "--annotator", "ada", "--format", "csv", "--bank", bank)
    fill(Path(f"{NAME}-ada.csv"), {"claim_type": "causal", "loaded": "closed"})
    result = run("import", "sheet", f"{NAME}-ada.csv", "--into", bank)
    assert result.exit_code == 1
    assert "label that differs from the one in the bank, which stays: sentence 0, claim_type: causal" in result.output
    assert "sentence 0, loaded" in result.output
    assert labels(bank, "ada")[0].claim_type == "factual"


@pytest.mark.parametrize(
    ("cells", "message", "key"),
    [
        ({"claim_type": "factul"}, "unknown claim type: 'factul'; did you mean 'factual'?", "claim_type"),
        ({"source": "Mayor Zoe Hill"}, "words that are not in the sentence (source): 'Mayor Zoe Hill'; copy the words", "source"),
        ({"stance city": 2}, "unknown stance-city: '2'", "stance"),
        ({"loaded": "triumph | triumph"}, "(it has them less often)", "loaded"),
        ({"attribution": "author"}, "source of the author's own voice", "source"),
        ({"fact bridge-closed": "the opening"}, "words that are not in the sentence (bridge-closed)", "facts"),
    ],
)
def test_an_unverifiable_cell_is_reported_with_its_row_and_not_taken(bank: Path, cells: Row, message: str, key: str) -> None:
    run("sheet", NAME, "--annotator", "ben", "--format", "csv", "--bank", bank)
    fill(Path(f"{NAME}-ben.csv"), HEADLINE, {**BODY, **cells})
    result = run("import", "sheet", f"{NAME}-ben.csv", "--into", bank)
    assert result.exit_code == 1
    assert message in result.output, result.output
    assert f"{NAME}-ben.csv:3: unread" in result.output
    assert getattr(labels(bank, "ben")[1], key) is None


def test_words_with_quotation_marks_changed_by_a_spreadsheet_are_found(bank: Path) -> None:
    place = bank / "articles" / NAME
    for name in ("article.txt", "source.txt", "annotations/ada.toml", "article.toml"):
        text = (place / name).read_text(encoding="utf-8").replace("a triumph,", "“a triumph”,")
        (place / name).write_text(text, encoding="utf-8")
    run("sheet", NAME, "--annotator", "ben", "--format", "csv", "--bank", bank)
    meta = (place / "article.toml").read_text(encoding="utf-8")
    new = article.sha256((place / "source.txt").read_text(encoding="utf-8"))
    old = meta.split('source_sha256 = "')[1][:64]
    (place / "article.toml").write_text(meta.replace(old, new), encoding="utf-8")
    (place / "annotations/ada.toml").write_text(
        (place / "annotations/ada.toml").read_text(encoding="utf-8").split("\nspans")[0] + "\n", encoding="utf-8"
    )
    assert run("sheet", NAME, "--annotator", "ben", "--format", "csv", "--bank", bank).exit_code == 0
    fill(Path(f"{NAME}-ben.csv"), HEADLINE, {**BODY, "loaded": '"a triumph"'})
    result = run("import", "sheet", f"{NAME}-ben.csv", "--into", bank)
    assert "changed: words that differ from the sentence in quotation marks" in result.output
    assert labels(bank, "ben")[1].loaded[0].text == "“a triumph”"


def test_an_existing_spreadsheet_is_not_overwritten(bank: Path) -> None:
    run("sheet", NAME, "--annotator", "ben", "--format", "csv", "--bank", bank)
    fill(Path(f"{NAME}-ben.csv"), HEADLINE)
    before = Path(f"{NAME}-ben.csv").read_bytes()
    result = run("sheet", NAME, "--annotator", "ben", "--format", "csv", "--bank", bank)
    assert (result.exit_code, "may be filled in" in result.output) == (1, True)
    assert Path(f"{NAME}-ben.csv").read_bytes() == before


@pytest.mark.parametrize("first", ["=1+1 closed", "+ closed", "@closed", "-closed"])
def test_no_sentence_is_a_formula_to_a_spreadsheet(bank: Path, first: str) -> None:
    shutil.rmtree(bank / "articles" / NAME)
    Path("a.txt").write_text(f"{first}\n\nIt is shut.\n", encoding="utf-8")
    run("new", "a.txt", "--id", NAME, "--annotator", "ben", "--bank", bank)
    run("sheet", NAME, "--annotator", "ben", "--format", "csv", "--bank", bank)
    path = Path(f"{NAME}-ben.csv")
    assert rows_of(path)[0]["text"] == f"'{first}"
    fill(path, {**HEADLINE, "fact bridge-closed": ""})
    assert run("import", "sheet", path, "--into", bank).exit_code == 0
    if pytest.importorskip("openpyxl"):
        run("sheet", NAME, "--annotator", "ben", "--format", "xlsx", "--bank", bank)
        book = pytest.importorskip("openpyxl").load_workbook(f"{NAME}-ben.xlsx")
        assert book["labels"].cell(2, 2).data_type == "s"
        assert run("import", "sheet", f"{NAME}-ben.xlsx", "--into", bank).exit_code == 0


def test_labels_are_drop_downs_with_their_definitions(bank: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    run("sheet", NAME, "--annotator", "ben", "--format", "xlsx", "--bank", bank)
    book = openpyxl.load_workbook(f"{NAME}-ben.xlsx")
    page, meanings = book["labels"], book["definitions"]
    columns = {cell.value: cell for cell in page[1]}
    lists = {str(validation.sqref): validation.formula1 for validation in page.data_validations.dataValidation}
    letter = columns["claim_type"].column_letter
    span = lists[f"{letter}2:{letter}3"].removeprefix("definitions!").replace("$", "")
    choices = [row[0].value for row in meanings[span]]
    assert choices == ["normative", "predictive", "causal", "statistical", "evaluative", "factual", "none"]
    assert "The bridge was closed on 6 May 2024." in columns["fact bridge-closed"].comment.text


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04nonsense", b"caf\xe9;b\n", b"a,b\n1,2\n", b"\xff\xfe\x00"])
def test_a_file_that_is_no_sheet_is_reported_and_changes_nothing(bank: Path, content: bytes) -> None:
    Path("odd.csv").write_bytes(content)
    before = {path: path.read_bytes() for path in bank.rglob("*") if path.is_file()}
    assert run("import", "sheet", "odd.csv", "--into", bank).exit_code in (0, 1)
    assert {path: path.read_bytes() for path in bank.rglob("*") if path.is_file()} == before


def test_a_spreadsheet_that_unpacks_to_gigabytes_is_not_read(bank: Path) -> None:
    with zipfile.ZipFile("bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/worksheets/sheet1.xml", "w") as part:
        for _ in range(60):
            part.write(b" " * 1_000_000)
    result = run("import", "sheet", "bomb.xlsx", "--into", bank)
    assert "unpacks to more than 50,000,000 bytes" in result.output
    assert result.exit_code == 1


def test_progress_counts_imported_sentences(bank: Path) -> None:
    run("sheet", NAME, "--annotator", "ben", "--format", "csv", "--bank", bank)
    fill(Path(f"{NAME}-ben.csv"), HEADLINE, BODY)
    run("import", "sheet", f"{NAME}-ben.csv", "--into", bank)
    progress = decided.progress(article.draft(bank / "articles" / NAME, NAME))
    assert progress["ben"].is_whole
