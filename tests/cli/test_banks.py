"""A command works on the bank that is named, else on the nearest one, and on its current files, not on the last build."""

import shutil
from pathlib import Path

import pytest

from slantbank import frames
from slantbank.rules._example import BANK, LABELS, META, write
from tests.command import run

COMMANDS = {
    "new": ("new", "text.txt", "--id", "x", "--topic", "harbour-bridge", "--annotator", "ada"),
    "sheet": ("sheet", "bridge-closed", "--annotator", "bob"),
    "adjudicate": ("adjudicate", "bridge-closed"),
    "build": ("build",),
    "fmt": ("fmt",),
    "check --fix": ("check", "--fix"),
    "strip": ("strip", "bridge-closed", "--in-place"),
    "hydrate": ("hydrate", "bridge-closed", "--text", "text.txt"),
}
"""Commands that write to a bank."""


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small bank of the examples, alone in a folder."""
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    write(BANK, tmp_path / "my-bank")
    (tmp_path / "text.txt").write_text("Head\n\nOne sentence.\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "my-bank"


@pytest.mark.parametrize("inside", [".", "articles", "articles/bridge-closed/annotations"])
def test_a_bank_is_searched_upwards_and_its_path_is_printed(bank: Path, monkeypatch: pytest.MonkeyPatch, inside: str) -> None:
    monkeypatch.chdir(bank / inside)
    result = run("check")
    assert result.exit_code == 0
    assert result.output == f"bank: {bank if inside != '.' else '.'}\n1 article, 1 annotation, 1 topic: no problems\n"


def test_the_data_folder_of_a_clone_is_found_like_any_bank(bank: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bank.rename(bank.parent / "data")
    assert run("check").output.startswith("bank: data\n")
    (bank.parent / "docs").mkdir()
    monkeypatch.chdir(bank.parent / "docs")
    assert run("sheet", "bridge-closed", "--annotator", "bob").output.startswith(f"bank: {bank.parent / 'data'}\n")
    assert (bank.parent / "data/articles/bridge-closed/annotations/bob.toml").exists()


def test_a_bank_that_the_user_names_is_not_printed(bank: Path) -> None:
    assert "bank: " not in run("check", "--bank", bank).output
    assert "bank: " not in run("check", bank / "articles" / "bridge-closed").output


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_writes_needs_a_bank_and_refuses_the_shipped_one(
    bank: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = run(*COMMANDS[name]) if name not in ("fmt", "check --fix") else None
    if result:
        assert result.exit_code == 2
        assert "`slantbank init my-bank` makes one" in result.output
    package = bank.parent / "slantbank"
    (package / "hub_data").mkdir(parents=True)
    bank.rename(package / "hub_data" / "data")
    monkeypatch.setattr("slantbank.cli._shared.__file__", str(package / "cli" / "_shared.py"))
    before = {path: path.read_bytes() for path in package.rglob("*") if path.is_file()}
    result = run(*COMMANDS[name], "--bank", package / "hub_data" / "data")
    assert result.exit_code == 2
    assert "read-only" in result.output
    assert {path: path.read_bytes() for path in package.rglob("*") if path.is_file()} == before


def test_measures_use_the_current_files_and_not_the_last_build(bank: Path) -> None:
    compare = ("compare", "bridge-closed", "--measure", "claim_type", "--format", "csv", "--bank", bank)
    assert "bridge-closed,claim_type,evaluative,1.0" in run(*compare).output  # never built
    run("build", "--bank", bank)
    assert "changed" not in run(*compare).output
    labels = bank / LABELS
    labels.write_text(labels.read_text(encoding="utf-8").replace('"evaluative"', '"causal"'), encoding="utf-8")
    result = run(*compare)
    assert "bridge-closed,claim_type,causal,1.0" in result.output
    assert "articles/bridge-closed changed since the last build: read from the bank's files" in result.output
    assert "bridge-closed,claim_type,evaluative,1.0" in run(*compare, "--built").output
    assert frames.outdated(bank) == ["articles/bridge-closed"], "nothing was written"


def test_an_article_that_was_added_is_measured(bank: Path) -> None:
    run("build", "--bank", bank)
    shutil.copytree(bank / "articles/bridge-closed", bank / "articles/bridge-shut")
    for name in ("article.toml", "article.txt", "source.txt", "annotations/ada.toml"):
        path = bank / "articles/bridge-shut" / name
        path.write_text(path.read_text(encoding="utf-8").replace("Bridge closed", "Bridge shut"), encoding="utf-8")
    meta = bank / "articles/bridge-shut/article.toml"
    from slantbank.bank import sha256

    old, new = (
        BANK[META].split('source_sha256 = "')[1][:64],
        sha256(BANK["articles/bridge-closed/source.txt"].replace("closed\n", "shut\n", 1)),
    )
    meta.write_text(
        meta.read_text(encoding="utf-8").replace(old, new).replace('id = "bridge-closed"', 'id = "bridge-shut"'), encoding="utf-8"
    )
    result = run("compare", "harbour-bridge", "--bank", bank)
    assert result.exit_code == 0, result.output
    assert "bridge-shut" in result.output


def test_a_bank_with_errors_is_not_measured_from_its_last_build(bank: Path) -> None:
    run("build", "--bank", bank)
    labels = bank / LABELS
    labels.write_text(labels.read_text(encoding="utf-8").replace('"evaluative"', '"evaluation"'), encoding="utf-8")
    result = run("compare", "--bank", bank)
    assert result.exit_code == 1
    assert "SB201" in result.output
