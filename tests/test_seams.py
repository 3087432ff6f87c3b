"""Features that combine several rooms: withheld texts in diffs and builds, imported sheets, many fixes."""

import json
import re
import shutil
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from slantbank import cli, rules
from slantbank.bank import _article as article
from slantbank.bank import _bank as banks
from slantbank.bank import toml
from tests.command import run as run_command
from tests.conftest import ROOT
from tests.history.test_diff import git

MINIMAL = ROOT / "tests/articles/valid/minimal"
NAME = "alder-bridge-morning"

run = partial(run_command, env={"GITHUB_ACTIONS": None})


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A formatted bank beside schema/, in a git repository of its own."""
    folder = tmp_path / "repo" / "data"
    shutil.copytree(MINIMAL, folder)
    shutil.copytree(ROOT / "schema", folder.parent / "schema")
    assert run("fmt", "--bank", folder).exit_code == 0
    git(folder.parent, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=base")
    return folder


def words(text: str) -> list[str]:
    return re.findall(r"\w{6,}", text)


def test_withholding_a_text_is_one_change_in_diff_without_its_words(small: Path) -> None:
    before = article.read(small / "articles" / NAME)
    assert run("strip", NAME, "--in-place", "--bank", small).exit_code == 0
    result = run("diff", "HEAD", "--bank", small)
    assert "text withheld" in result.output
    assert "label" not in result.output
    title = set(words(before.meta.title))
    assert not [word for word in words(before.text) if word in result.output and word not in title]
    git(small, "commit", "--quiet", "--all", "--message=withheld")
    (small / "articles" / NAME / "annotations" / "gold.toml").write_text(
        article.dumps(before.annotations["gold"]), encoding="utf-8", newline="\n"
    )
    for style in ("text", "markdown", "json"):
        result = run("diff", "HEAD", "--bank", small, "--format", style)
        assert "not shown" in result.output
        assert not [word for word in words(before.text) if word in result.output and word not in title]
    result = run("fmt", "--check", "--bank", small)
    assert not [word for word in words(before.text) if word in result.output and word not in title]


def test_no_command_uses_a_build_from_before_a_text_was_withheld(small: Path) -> None:
    text = (small / "articles" / NAME / "article.txt").read_text(encoding="utf-8")
    lines = [line for line in text.split("\n") if line][1:]  # the headline is the title, which stays
    assert run("build", "--bank", small).exit_code == 0
    assert run("strip", NAME, "--in-place", "--bank", small).exit_code == 0
    page = small.parent / "page.md"
    for command in (("export", "csv"), ("compare",), ("agreement",), ("report", "--format", "md", "-o", page)):
        result = run(*command, "--bank", small)
        assert result.exit_code == 0, result.output
        assert not [line for line in lines if line in result.output]
    assert not [line for line in lines if line in page.read_text(encoding="utf-8")]
    for command in (("compare",), ("agreement",)):
        result = run(*command, "--built", "--bank", small)
        assert result.exit_code == 1
        assert f"the text of {NAME} is withheld" in result.output
    assert run("build", "--bank", small).exit_code == 0
    assert run("compare", "--bank", small).exit_code == 0


def test_a_mask_in_an_article_that_is_not_withheld_is_an_error(small: Path) -> None:
    assert run("strip", NAME, "--in-place", "--bank", small).exit_code == 0
    meta = small / "articles" / NAME / "article.toml"
    text = meta.read_text(encoding="utf-8").replace("includes_text = false", "includes_text = true")
    meta.write_text(text, encoding="utf-8")
    problems = rules.check(banks.draft(small))
    assert any(problem.code == "SB309" and "a mask instead of the text" in problem.message for problem in problems)


@pytest.mark.parametrize(("name", "line"), [("article.toml", '# "words of it"\n'), ("annotations/gold.toml", "#: words of it\n")])
def test_comments_in_a_withheld_article_are_an_error(small: Path, name: str, line: str) -> None:
    assert run("strip", NAME, "--in-place", "--bank", small).exit_code == 0
    assert rules.check(banks.draft(small)) == []
    path = small / "articles" / NAME / name
    path.write_text(path.read_text(encoding="utf-8") + line, encoding="utf-8")
    assert {problem.code for problem in rules.check(banks.draft(small))} == {"SB309"}


def test_imported_annotations_replace_their_empty_sheet_and_have_the_layout(small: Path, tmp_path: Path) -> None:
    assert run("export", "doccano", NAME, "--into", tmp_path / "out", "--bank", small).exit_code == 0
    assert run("sheet", NAME, "--annotator", "zoe", "--bank", small).exit_code == 0
    file = min((tmp_path / "out").glob(f"{NAME}.*.jsonl"))
    shutil.copy(file, tmp_path / "zoe.jsonl")
    result = run("import", "doccano", tmp_path / "zoe.jsonl", "--into", small)
    assert result.exit_code == 0, result.output
    assert run("fmt", "--check", small).exit_code == 0
    again = run("import", "doccano", tmp_path / "zoe.jsonl", "--into", small)
    assert "other labels" not in again.output


def test_a_withheld_article_is_not_exported_to_annotation_tools(small: Path, tmp_path: Path) -> None:
    assert run("strip", NAME, "--in-place", "--bank", small).exit_code == 0
    for tool in ("label-studio", "doccano"):
        result = run("export", tool, NAME, "--into", tmp_path / tool, "--bank", small)
        assert result.exit_code == 2
        assert "hydrate" in result.output
        assert not (tmp_path / tool).exists()


@pytest.mark.parametrize("path", [ROOT / "README.md", ROOT / "src", Path("../topics")])
def test_a_path_that_is_no_article_is_wrong_usage(path: Path) -> None:
    for command in (("check",), ("fmt", "--check")):
        result = run(*command, path, "--bank", ROOT / "data")
        assert result.exit_code == 2


def test_fix_corrects_more_problems_than_are_listed_at_once(small: Path) -> None:
    gold = small / "articles" / NAME / "annotations" / "gold.toml"
    sentence = '[[sentence]]\nn = 0\ntext = "x"\nclaim_type = "Factual"\n\n'
    gold.write_text(sentence * 1_500, encoding="utf-8")
    fixed = rules.fix(small)
    assert fixed.fixed == 1_500
    assert gold.read_text(encoding="utf-8").count('"factual"') == 1_500
    assert toml.parse(gold.read_text(encoding="utf-8"))


def test_fix_with_diff_prints_valid_json(small: Path) -> None:
    gold = small / "articles" / NAME / "annotations" / "gold.toml"
    gold.write_text(gold.read_text(encoding="utf-8").replace('"factual"', '"Factual"', 1), encoding="utf-8")
    result = CliRunner(env={"GITHUB_ACTIONS": None}).invoke(
        cli.cli, ["check", "--fix", "--diff", "--format", "json", "--bank", str(small)]
    )
    assert json.loads(result.stdout) == []


def test_diff_of_a_bank_without_a_complete_article_finds_no_change(small: Path) -> None:
    shutil.rmtree(small / "articles" / NAME / "annotations")
    meta = small / "articles" / NAME / "article.toml"
    meta.write_text(meta.read_text(encoding="utf-8").partition("\n[[annotator]]")[0] + "\n", encoding="utf-8")
    git(small, "add", "--all")
    git(small, "commit", "--quiet", "--message=bare")
    result = run("diff", "HEAD", "--bank", small)
    assert result.exit_code == 0
    assert "Nothing in the bank has changed" in result.output
