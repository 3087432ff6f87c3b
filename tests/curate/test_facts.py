"""A fact that was added to a topic after an annotator had coded is not coded for this annotator until they answer."""

import csv
import tomllib
from pathlib import Path

import pytest

from slantbank import measure, rules
from slantbank.bank import article
from slantbank.publish import tabulate
from slantbank.rules._example import BANK, LABELS, META, TOPIC, write
from tests.command import run

LATER = '\n[[fact]]\nid = "disaster-feared"\ntext = "Traders called the closing a disaster."\n'


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    """The small bank, coded by Ada when its topic had two facts; then a third was added."""
    asked = BANK[META] + 'facts = ["bridge-closed", "detour"]\n'
    write({**BANK, META: asked, TOPIC: BANK[TOPIC] + LATER}, tmp_path)
    return tmp_path


def reported(bank: Path) -> dict[str, bool | None]:
    return dict(measure.coverage(tabulate(bank)).select("fact_id", "reported").iter_rows())


def test_a_fact_added_later_is_not_coded_rather_than_omitted(bank: Path) -> None:
    frames = tabulate(bank)
    assert reported(bank) == {"bridge-closed": True, "detour": False, "disaster-feared": None}
    share = measure.compare(frames, measures=["facts_reported"]).filter(article_id="bridge-closed")
    assert share["value"].item() == 0.5


def test_an_annotator_without_a_list_of_facts_was_asked_about_all(bank: Path) -> None:
    (bank / META).write_text(BANK[META], encoding="utf-8")
    assert reported(bank) == {"bridge-closed": True, "detour": False, "disaster-feared": False}
    assert rules.check(bank) == []


def test_check_warns_and_says_where_to_look(bank: Path) -> None:
    (problem,) = rules.check(bank)
    assert (problem.code, problem.level) == ("SB411", "warning")
    assert "'disaster-feared' was added after ada had coded" in problem.message
    assert "words of it stand in sentences 1;" in problem.message


def test_sheet_asks_for_facts_added_later_and_writes_the_answers(bank: Path) -> None:
    before = (bank / LABELS).read_text(encoding="utf-8")
    answers = "1\ntraders called it a disaster\n"
    result = run("sheet", "bridge-closed", "--annotator", "ada", "--facts", "--bank", bank, input=answers)
    assert result.exit_code == 0, result.output
    assert "[1] Mayor Zoë Hall called" in result.output
    assert "bridge-closed: 1 fact coded by ada" in result.output
    after = tomllib.loads((bank / LABELS).read_text(encoding="utf-8"))["sentence"]
    assert after[1]["facts"] == {"bridge-closed": "the closing", "disaster-feared": "traders called it a disaster"}
    assert after[0] == tomllib.loads(before)["sentence"][0]
    assert article.read(bank / "articles/bridge-closed").meta.annotator[0].facts == ("bridge-closed", "detour", "disaster-feared")
    assert rules.check(bank) == []
    assert reported(bank)["disaster-feared"] is True


def test_none_is_an_answer_too(bank: Path) -> None:
    before = (bank / LABELS).read_bytes()
    assert run("sheet", "bridge-closed", "--annotator", "ada", "--facts", "--bank", bank, input="\n").exit_code == 0
    assert (bank / LABELS).read_bytes() == before
    assert reported(bank)["disaster-feared"] is False


@pytest.mark.parametrize(
    ("answers", "message"), [("7\n\n", "no sentence 7"), ("1\ngone\n", "'gone' is not in"), ("one\n", "numbers")]
)
def test_an_answer_that_does_not_fit_changes_nothing(bank: Path, answers: str, message: str) -> None:
    before = {path: path.read_bytes() for path in bank.rglob("*.toml")}
    result = run("sheet", "bridge-closed", "--annotator", "ada", "--facts", "--bank", bank, input=answers)
    assert result.exit_code == 2
    assert message in result.output
    assert {path: path.read_bytes() for path in bank.rglob("*.toml")} == before


def test_coders_who_were_not_asked_about_a_fact_neither_vote_on_it_nor_count_in_its_agreement(bank: Path) -> None:
    ben = BANK[LABELS].replace(
        '{ bridge-closed = "the closing" }', '{ bridge-closed = "the closing", disaster-feared = "a disaster" }'
    )
    (bank / LABELS).with_name("ben.toml").write_text(ben, encoding="utf-8")
    meta = (bank / META).read_text(encoding="utf-8")
    (bank / META).write_text(meta + '\n[[annotator]]\nid = "ben"\nkind = "human"\ncodebook = "1.0"\n', encoding="utf-8")
    agreed = measure.agreement(tabulate(bank)).filter(layer="facts")
    assert agreed["value"].drop_nulls().to_list() == [1.0] * agreed["value"].drop_nulls().len()
    result = run("adjudicate", "bridge-closed", "--bank", bank)
    assert "disaster-feared" not in result.output
    assert "0 disputes" in result.output


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_fact_added_before_coding_starts_is_asked_and_can_be_omitted(tmp_path: Path, form: str) -> None:
    write(BANK, tmp_path / "bank")
    bank = tmp_path / "bank"
    assert run("sheet", "bridge-closed", "--annotator", "bob", "--bank", bank).exit_code == 0
    with (bank / TOPIC).open("a", encoding="utf-8") as file:
        file.write(LATER)
    assert "SB411" not in {problem.code for problem in rules.check(bank)}
    sheets = tmp_path / "sheets"
    written = run("sheet", "bridge-closed", "--annotator", "bob", "--format", form, "--into", sheets, "--bank", bank)
    assert written.exit_code == 0
    (sheet,) = sheets.iterdir()
    fill_in(sheet)
    assert run("import", "sheet", sheet, "--into", bank).exit_code == 0
    coded = article.read(bank / "articles/bridge-closed")
    bob = next(annotator for annotator in coded.meta.annotator if annotator.id == "bob")
    assert bob.facts == ("bridge-closed", "detour", "disaster-feared")
    assert [list(sentence.facts or ()) for sentence in coded.annotations["bob"].sentence] == [["bridge-closed"], []]
    assert "SB411" not in {problem.code for problem in rules.check(bank)}


def fill_in(sheet: Path) -> None:
    """Mark every sentence as done, and the first as reporting that the bridge is closed."""
    if sheet.suffix == ".csv":
        with sheet.open(encoding="utf-8-sig", newline="") as file:
            header, *rows = list(csv.reader(file))
        for n, row in enumerate(rows):
            row[header.index("done")] = "x"
            row[header.index("fact bridge-closed")] = "" if n else "x"
        with sheet.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        return
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.load_workbook(sheet)
    labels = book["labels"]
    columns = {cell.value: cell.column for cell in labels[1]}
    for row in range(2, labels.max_row + 1):
        labels.cell(row, columns["done"]).value = "x"
    labels.cell(2, columns["fact bridge-closed"]).value = "x"
    book.save(sheet)


def test_the_question_about_a_later_fact_stands_on_a_line_of_its_own(bank: Path) -> None:
    result = run("sheet", "bridge-closed", "--annotator", "ada", "--facts", "--bank", bank, input="\n")
    assert "\ndisaster-feared: Traders called" in result.output
    assert "\\n" not in result.output
