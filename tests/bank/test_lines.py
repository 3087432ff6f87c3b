"""A bank is the same bank whatever Windows, git or an editor make of the ends of its lines."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from slantbank import cli
from slantbank.bank import _article as article
from slantbank.bank import _bank as bank
from slantbank.codebook import AnnotatorKind
from slantbank.curate import ATTRIBUTES
from slantbank.curate import _fmt as fmt
from slantbank.curate import _new as new
from slantbank.history import _diff as history
from slantbank.publish import _build as builder
from slantbank.rules import _fix as fixes
from slantbank.rules import check
from tests.conftest import ROOT, SEED

WAYS: dict[str, Callable[[bytes], bytes]] = {
    "CR LF": lambda data: data.replace(b"\n", b"\r\n"),
    "CR": lambda data: data.replace(b"\n", b"\r"),
    "a byte order mark": lambda data: b"\xef\xbb\xbf" + data,
    "CR LF and a mark": lambda data: b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n"),
}


def files(folder: Path) -> list[Path]:
    return sorted(path for part in ("topics", "articles") for path in (folder / part).rglob("*.t*"))


def changed(folder: Path, change: Callable[[bytes], bytes], *, source: bool = False) -> Path:
    """The bank with the lines of its files changed; of source.txt only where asked."""
    for path in files(folder):
        if source or path.name != "source.txt":
            path.write_bytes(change(path.read_bytes()))
    return folder


@pytest.mark.parametrize("way", WAYS)
def test_a_bank_is_read_the_same_with_any_line_ends(pinned: Path, bank: Path, way: str) -> None:
    read = _draft(changed(bank, WAYS[way], source=way == "CR LF"))
    whole = _draft(pinned)
    assert [draft.article for draft in read.articles.values()] == [draft.article for draft in whole.articles.values()]
    codes = {problem.code for problem in check(read)}
    assert codes == {code for code, mark in (("SB002", "mark"), ("SB003", "CR")) if mark in way}


def _draft(folder: Path) -> bank.Bank:
    return bank.draft(folder)


@pytest.mark.parametrize("way", WAYS)
def test_fmt_moves_no_label_because_of_line_ends(bank: Path, way: str) -> None:
    result = fmt.fmt(_draft(changed(bank, WAYS[way])))
    assert (result.changes, result.remarks, result.problems) == ([], [], [])


@pytest.mark.parametrize("way", WAYS)
def test_sentences_in_a_sheet_have_no_line_ends(bank: Path, tmp_path: Path, way: str) -> None:
    shutil.copytree(bank, tmp_path / "same")
    copies = [
        new.add_annotator(folder / "articles" / SEED, "ben", AnnotatorKind.HUMAN).read_bytes()
        for folder in (tmp_path / "same", changed(bank, WAYS[way]))
    ]
    assert copies[0] == copies[1]


@pytest.mark.parametrize("way", [way for way in WAYS if way != "CR"])
def test_check_fix_restores_files_with_other_line_ends(pinned: Path, bank: Path, way: str) -> None:
    result = fixes.fix(changed(bank, WAYS[way]))
    assert result.left.problems == []
    assert {path.relative_to(bank): path.read_bytes() for path in files(bank)} == {
        path.relative_to(pinned): path.read_bytes() for path in files(pinned)
    }
    assert all("\r\n" in change.before or change.before.startswith("\ufeff") for change in result.changes)


def test_a_file_with_a_lone_carriage_return_is_not_fixed(bank: Path) -> None:
    path = bank / "articles" / SEED / "annotations" / "gold.toml"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r", 1).replace(b'"factual"', b'"Factual"'))
    before = path.read_bytes()
    result = fixes.fix(bank)
    assert (result.fixed, path.read_bytes()) == (0, before)


def test_a_source_with_other_line_ends_still_has_its_hash(bank: Path) -> None:
    path = bank / "articles" / SEED / "source.txt"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert check(_draft(bank)) == []
    assert "\r" not in article.read(path.parent).source
    path.write_bytes(path.read_bytes().replace(b"the", b"a", 1))
    assert "SB302" in {problem.code for problem in check(_draft(bank))}


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.email=a@x", "-c", "user.name=a", "-c", "init.defaultBranch=main", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def clone(bank: Path, into: Path) -> Path:
    """The bank as a clone on Windows has it, unless something keeps git from it."""
    git(bank.parent, "init", "-q")
    git(bank.parent, "add", "-A")
    git(bank.parent, "commit", "-qm", "x")
    git(into, "clone", "-q", "-c", "core.autocrlf=true", str(bank.parent), "win")
    return into / "win" / bank.name


def test_diff_shows_no_changes_in_a_fresh_clone_on_windows(bank: Path, tmp_path: Path) -> None:
    cloned = clone(bank, tmp_path)
    assert b"\r\n" in (cloned / "articles" / SEED / "article.txt").read_bytes()
    assert history.diff(cloned, "HEAD").changes == []
    assert builder.stale(cloned) == []
    result = CliRunner().invoke(cli.cli, ["check", "--bank", str(cloned), "--fix"])
    assert result.exit_code == 0, result.output
    git(cloned, "add", "-A")
    assert git(cloned, "diff", "--cached", "--name-only") == ""


def test_gitattributes_of_a_bank_keep_git_from_changing_a_byte(bank: Path, tmp_path: Path) -> None:
    source = bank / "articles" / SEED / "source.txt"
    source.write_bytes(source.read_bytes() + b"one\r\ntwo\nthree\r\n")
    (bank / ".gitattributes").write_text(ATTRIBUTES, encoding="utf-8")
    cloned = clone(bank, tmp_path)
    assert {path.relative_to(cloned): path.read_bytes() for path in files(cloned)} == {
        path.relative_to(bank): path.read_bytes() for path in files(bank)
    }
    assert (cloned / "parquet" / "sentences.parquet").read_bytes() == (bank / "parquet" / "sentences.parquet").read_bytes()


def test_the_repository_has_the_gitattributes_of_a_bank() -> None:
    ours = (ROOT / ".gitattributes").read_text(encoding="utf-8").splitlines()
    assert set(ATTRIBUTES.splitlines()) <= set(ours)
