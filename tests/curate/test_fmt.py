"""`slantbank fmt` writes whole files or none, reports what it did, and leaves a file alone where it is uncertain."""

import shutil
from pathlib import Path

import pytest

import slantbank
from slantbank import cli
from slantbank.bank import _article as article
from slantbank.bank import toml
from slantbank.problem import printable
from slantbank.rules import _example as example
from tests.cli.test_cli import run
from tests.conftest import ROOT

NAME = "articles/bridge-closed"
LABELS = f"{NAME}/annotations/ada.toml"
TEXT = f"{NAME}/article.txt"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The bank of the examples, with the schemas beside it."""
    for name, text in example.BANK.items():
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / "schema", tmp_path / "schema")
    assert run("fmt", tmp_path / "data").exit_code == 0
    return tmp_path / "data"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_files_of_the_shipped_bank_are_formatted() -> None:
    assert run("fmt", "--check", ROOT / "data").exit_code == 0


def test_check_and_diff_write_nothing_and_exit_1_where_something_would_change(small: Path) -> None:
    (small / LABELS).write_text(
        (small / LABELS).read_text(encoding="utf-8").replace('"', "'").replace("n = 0", "n=0"), encoding="utf-8"
    )
    before = files(small)
    checked = run("fmt", "--check", small)
    assert (checked.exit_code, checked.stdout) == (1, f"would change: {small / LABELS}\n")
    shown = run("fmt", "--diff", small)
    assert shown.exit_code == 1
    assert "\n-n=0\n" in shown.stdout
    assert "\n+n = 0\n" in shown.stdout
    assert files(small) == before
    assert run("fmt", small).exit_code == 0
    assert run("fmt", "--check", small).exit_code == 0
    assert run("check", small).exit_code == 0


def test_a_file_that_is_no_toml_is_reported_and_the_others_are_formatted(small: Path) -> None:
    edit(small / LABELS, 'claim_type = "factual"', "claim_type = factual")
    edit(small / f"{NAME}/article.toml", "title = ", "title    =  ")
    broken = (small / LABELS).read_bytes()
    result = run("fmt", small)
    assert result.exit_code == 1
    assert "ada.toml:6:14: error SB101 toml-syntax" in result.output
    assert (small / LABELS).read_bytes() == broken
    assert 'title = "Bridge closed"' in (small / f"{NAME}/article.toml").read_text(encoding="utf-8")


def test_only_the_files_that_are_named_are_changed(small: Path) -> None:
    for name in (LABELS, f"{NAME}/article.toml", "topics/harbour-bridge.toml"):
        edit(small / name, " = ", "  =  ")
    assert run("fmt", small / LABELS).exit_code == 0
    assert f"would change: {small / LABELS}" not in run("fmt", "--check", small).output
    assert run("fmt", small / "topics" / "harbour-bridge.toml").exit_code == 0
    assert run("fmt", "--check", small).stdout == f"would change: {small / NAME / 'article.toml'}\n"
    edit(small / "topics" / "harbour-bridge.toml", " = ", "  =  ")
    assert run("fmt", "bridge-closed", "--bank", small).exit_code == 0
    assert run("fmt", "--check", small).stdout == f"would change: {small / 'topics' / 'harbour-bridge.toml'}\n"


def test_a_file_outside_the_bank_is_a_usage_error(small: Path, tmp_path: Path) -> None:
    assert run("fmt", tmp_path / "nowhere.toml").exit_code == 2
    assert "is not in the bank" in run("fmt", small / LABELS, "--bank", ROOT / "data").output


def test_a_diff_shows_no_control_characters(small: Path) -> None:
    edit(small / LABELS, 'text = "Bridge closed"', "note = 'a\u202eb'\ntext = \"Bridge closed\"")
    shown = run("fmt", "--diff", small).stdout
    assert "a\\u202eb" in shown
    assert all(printable(line) == line for line in shown.split("\n"))


def test_a_file_that_cannot_be_written_is_reported_with_its_name(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(small / LABELS, " = ", "  =  ")

    def denied(path: Path, text: str, **_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("slantbank.staged.write", denied)
    monkeypatch.setattr("sys.argv", ["slantbank", "fmt", str(small)])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 1
    assert f"Permission denied: '{small / LABELS}'" in capsys.readouterr().err


# Boundaries


def test_labels_follow_a_moved_boundary_and_back_in_every_file(small: Path) -> None:
    shutil.copy(small / LABELS, small / NAME / "annotations" / "bob.toml")
    edit(
        small / NAME / "article.toml",
        "\n[[annotator]]",
        '\n[[annotator]]\nid = "bob"\nkind = "human"\ncodebook = "1.0"\n\n[[annotator]]',
    )
    run("fmt", small)
    before = files(small)
    edit(small / TEXT, "triumph, and", "triumph,\nand")
    checked = run("check", small)
    assert checked.output.count("error SB") == 2, "one for each file"
    assert "sentence boundaries were moved in article.txt; `slantbank fmt bridge-closed` carries the labels along" in checked.output
    result = run("fmt", small)
    assert result.exit_code == 0
    for name in ("ada", "bob"):
        assert f"{NAME}/annotations/{name}.toml: sentence 1 → sentences 1 to 2: to be decided; carried: " in result.output
    incomplete = run("check", small, "--complete")
    assert incomplete.exit_code == 1
    assert incomplete.output.count("SB210") == 4
    assert incomplete.output.count(": unfinished ") == 4
    edit(small / TEXT, "triumph,\nand", "triumph, and")
    result = run("fmt", small)
    assert "sentences 1 to 2 → sentence 1: labels as they were before" in result.output
    assert files(small) == before


def test_edited_words_are_refused_with_an_address(small: Path) -> None:
    edit(small / TEXT, "triumph, and traders", "triumph.\nTraders")
    before = (small / LABELS).read_bytes()
    result = run("fmt", small)
    assert result.exit_code == 1
    assert f"{LABELS}:15:8: error SB303 sentence-differs: " in result.output
    assert (small / LABELS).read_bytes() == before


# The line with which editors find the schema


def test_every_command_that_makes_a_file_writes_the_schema_line(small: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Head\n\nOne. Two.\n", encoding="utf-8")
    new = ("new", tmp_path / "a.txt", "--id", "new", "--topic", "harbour-bridge", "--annotator", "ann", "--bank", small)
    assert run(*new).exit_code == 0
    assert run("sheet", "new", "--annotator", "bob", "--bank", small).exit_code == 0
    assert run("sheet", "bridge-closed", "--annotator", "eve", "--bank", small).exit_code == 0
    shutil.copy(small / LABELS, small / NAME / "annotations" / "eve.toml")
    run("adjudicate", "bridge-closed", "--bank", small)
    heads = {path: path.read_text(encoding="utf-8").split("\n")[0] for path in small.rglob("*.toml")}
    assert len(heads) == 8
    for path, line in heads.items():
        named, target = line.split(" ")
        assert named == "#:schema"
        assert (path.parent / target).resolve().parent == tmp_path / "schema"
    assert run("fmt", "--check", small).exit_code == 0


def test_the_schemas_may_be_in_the_bank_itself(small: Path) -> None:
    shutil.rmtree(small.parent / "schema")
    assert toml.schema_line(small / LABELS) == ""
    assert run("render", "--schemas", "--into", small).exit_code == 0
    assert {path.name for path in small.iterdir()} == {"articles", "topics", "schema"}
    assert toml.schema_line(small / LABELS) == "#:schema ../../../schema/annotation.schema.json\n\n"
    assert run("fmt", small).exit_code == 0
    assert (small / LABELS).read_text(encoding="utf-8").startswith("#:schema ../../../schema/annotation.schema.json\n\n[[")


def test_a_schema_line_with_a_web_address_is_kept(small: Path) -> None:
    edit(small / LABELS, "../../../../schema/", "https://example.org/")
    assert run("fmt", "--check", small).exit_code == 0


def test_an_article_is_read_the_same_with_the_schema_line(small: Path) -> None:
    original = article.read(small / NAME)
    copy = small / "articles" / "copy"
    article.write(original, copy)
    assert article.read(copy) == original
    assert (copy / "article.toml").read_text(encoding="utf-8").startswith("#:schema ../../../schema/article.schema.json\n")


def test_a_bank_of_layout_1_0_is_upgraded_and_its_axes_stay_undecided(small: Path) -> None:
    first = small / "topics" / "harbour-bridge.toml"
    edit(first, 'axis = "none"\n', "")
    assert run("check", small).output.count("SB410") == 0  # of one topic with sides, nothing is compared with others
    second = first.with_name("mill-road.toml")
    second.write_text(first.read_text(encoding="utf-8").replace("harbour-bridge", "mill-road"), encoding="utf-8")
    checked = run("check", small)
    assert (checked.exit_code, checked.output.count("warning SB410 axis-missing")) == (1, 2)
    assert run("build", "--bank", small).exit_code == 0
    assert set(slantbank.load("articles", small)["axis"]) == {None}
    assert run("fmt", small).exit_code == 0
    assert run("fmt", "--check", small).exit_code == 0
    assert run("check", small).output.count("SB410 axis-missing") == 2  # a comment decides nothing
    for path in (first, second):
        edit(path, '# axis = "none"', 'axis = "us-left-right"')
    assert run("fmt", small).exit_code == 0
    assert run("check", small).output.count("SB410") == 0
    assert 'axis = "us-left-right"  # decide' in first.read_text(encoding="utf-8")
