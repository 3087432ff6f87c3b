"""The changes of a bank since a git revision, label by label, and the data version that they require."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from slantbank import problem
from slantbank.bank import _bank as banks
from slantbank.bank import _version as version
from slantbank.bank._version import RULE, Level, Version
from slantbank.history import _diff as diff
from slantbank.history import _review as review
from slantbank.rules import _check as check
from tests.command import run as run_command
from tests.conftest import ROOT

MINIMAL = ROOT / "tests/articles/valid/minimal"
ARTICLE = "articles/alder-bridge-morning"
GOLD = f"{ARTICLE}/annotations/gold.toml"
HUMAN = f"{ARTICLE}/annotations/human-one.toml"
TOPIC = "topics/alder-bridge.toml"
CHANGELOG = "# Changelog\n\n## 1.2.3 — 2026-11-23\n"

run = partial(run_command, env={"GITHUB_ACTIONS": None})


def git(folder: Path, *arguments: str) -> str:
    """Run git with invented names and no configuration but the repository's."""
    names = {f"GIT_{role}_{field}": "a@example.org" for role in ("AUTHOR", "COMMITTER") for field in ("NAME", "EMAIL")}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment = {**inherited, **names, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    return subprocess.run(["git", *arguments], cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The bank of a new repository in which the minimal bank is committed, at version 1.2.3."""
    folder = tmp_path / "repo" / "data"
    shutil.copytree(MINIMAL, folder)
    (folder / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    git(folder.parent, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=base")
    return folder


def changes(comparison: diff.Diff) -> set[tuple[str, ...]]:
    """The changes as tuples of their fields, without those that are None."""
    fields = ((c.kind, c.action, c.annotator, None if c.n is None else str(c.n), c.key, c.old, c.new) for c in comparison.changes)
    return {tuple(value for value in values if value is not None) for values in fields}


def added_article(bank: Path) -> None:
    shutil.copytree(bank / ARTICLE, bank / "articles/second")
    replace(bank / "articles/second/article.toml", 'id = "alder-bridge-morning"', 'id = "second"')


def added_annotator(bank: Path) -> None:
    shutil.copy(bank / HUMAN, bank / ARTICLE / "annotations/human-two.toml")
    with (bank / ARTICLE / "article.toml").open("a") as file:
        file.write('\n[[annotator]]\nid = "human-two"\nkind = "human"\ncodebook = "1.0"\n')


def added_topic(bank: Path) -> None:
    text = (bank / TOPIC).read_text(encoding="utf-8")
    (bank / "topics/other.toml").write_text(text.replace('id = "alder-bridge"', 'id = "other"'), encoding="utf-8")


def edited(name: str, old: str, new: str) -> Callable[[Path], None]:
    return lambda bank: replace(bank / name, old, new)


def appended(name: str, text: str) -> Callable[[Path], None]:
    def change(bank: Path) -> None:
        with (bank / name).open("a", encoding="utf-8") as file:
            file.write(text)

    return change


def removed_annotator(bank: Path) -> None:
    (bank / HUMAN).unlink()
    meta = bank / ARTICLE / "article.toml"
    meta.write_text(meta.read_text().split('\n[[annotator]]\nid = "human-one"')[0] + "\n", encoding="utf-8")


def another_paragraph(bank: Path) -> None:
    lines = (bank / ARTICLE / "article.txt").read_text(encoding="utf-8").split("\n")
    at = next(i for i, line in enumerate(lines) if line and lines[i - 1] and i)
    (bank / ARTICLE / "article.txt").write_text("\n".join([*lines[:at], "", *lines[at:]]), encoding="utf-8")


def without_last_fact(bank: Path) -> None:
    (bank / TOPIC).write_text((bank / TOPIC).read_text(encoding="utf-8").rpartition("[[fact]]")[0], encoding="utf-8")


LEVELS: dict[str, tuple[Level, Callable[[Path], object]]] = {
    "nothing": (Level.NONE, lambda bank: None),
    "the changelog alone": (Level.NONE, appended("CHANGELOG.md", "- More.\n")),
    "a label": (Level.MAJOR, edited(GOLD, 'claim_type = "factual"', 'claim_type = "causal"')),
    "a label of a coder": (Level.MAJOR, edited(HUMAN, 'claim_type = "factual"', 'claim_type = "causal"')),
    "the headline": (Level.MAJOR, edited(f"{ARTICLE}/article.toml", 'title = "Council', 'title = "The council')),
    "an unknown that is filled in": (Level.MAJOR, edited(f"{ARTICLE}/article.toml", "\nlanguage", '\nauthor = "A."\nlanguage')),
    "a paragraph": (Level.MAJOR, another_paragraph),
    "the codebook of a coder": (Level.MAJOR, edited(f"{ARTICLE}/article.toml", 'codebook = "1.0"', 'codebook = "0.9"')),
    "an article goes": (Level.MAJOR, lambda bank: shutil.rmtree(bank / ARTICLE)),
    "an article that nobody can read now": (Level.MAJOR, lambda bank: (bank / GOLD).write_text("[")),
    "an annotator goes": (Level.MAJOR, removed_annotator),
    "a topic goes": (Level.MAJOR, lambda bank: (bank / TOPIC).unlink()),
    "a party's side": (Level.MAJOR, edited(TOPIC, 'side = "a"', 'side = "other"')),
    "a fact goes": (Level.MAJOR, without_last_fact),
    "an article comes": (Level.MINOR, added_article),
    "an annotator comes": (Level.MINOR, added_annotator),
    "a topic comes": (Level.MINOR, added_topic),
    "a fact comes": (Level.MINOR, appended(TOPIC, '\n[[fact]]\nid = "new"\ntext = "A new fact."\n')),
    "a note of a sentence": (Level.PATCH, edited(GOLD, "n = 0\n", 'n = 0\nnote = "Rule 0.2."\n')),
    "a note of an article": (Level.PATCH, edited(f"{ARTICLE}/article.toml", "\nlanguage", '\nnote = "Seen."\nlanguage')),
    "an accepted warning": (Level.PATCH, edited(f"{ARTICLE}/article.toml", "\nlanguage", '\naccepted = ["SB007"]\nlanguage')),
    "a comment": (Level.PATCH, appended(GOLD, "# Done.\n")),
}


@pytest.mark.parametrize("change", LEVELS)
def test_each_change_has_the_level_of_the_rule_and_requires_its_version(repository: Path, change: str) -> None:
    level, do = LEVELS[change]
    do(repository)
    comparison = diff.diff(repository, "HEAD")
    assert comparison.level is level, comparison.changes
    assert comparison.required == Version(1, 2, 3).after(level)
    too_low = [problem_.code for problem_ in diff.version_problems(comparison, repository)]
    assert too_low == (["SB118"] if level else [])
    (repository / "CHANGELOG.md").write_text(f"# Changelog\n\n## [{comparison.required}] - 2026-12-01\n", encoding="utf-8")
    assert diff.version_problems(diff.diff(repository, "HEAD"), repository) == []


def test_a_lower_version_than_before_is_too_low_though_nothing_changed(repository: Path) -> None:
    (repository / "CHANGELOG.md").write_text("# Changelog\n\n## 1.2.2\n", encoding="utf-8")
    assert [problem_.code for problem_ in diff.version_problems(diff.diff(repository, "HEAD"), repository)] == ["SB118"]


def test_a_bank_that_had_no_changelog_is_not_failed(repository: Path) -> None:
    (repository / "CHANGELOG.md").unlink()
    git(repository, "commit", "--quiet", "--all", "--message=none")
    replace(repository / GOLD, 'claim_type = "factual"', 'claim_type = "causal"')
    result = run("diff", "HEAD", "--bank", repository, "--require-version")
    assert (result.exit_code, "had no version in a CHANGELOG.md there" in result.output) == (0, True)
    result = run("diff", "HEAD~1", "--bank", repository, "--require-version")  # where there was one
    assert (result.exit_code, "the changelog, which states the data version, is gone" in result.output) == (1, True)


def test_a_label_change_has_its_sentence_annotator_and_key(repository: Path) -> None:
    replace(repository / GOLD, 'claim_type = "factual"', 'claim_type = "causal"')
    labels = (repository / HUMAN).read_text(encoding="utf-8")
    first, second = labels.split("[[sentence]]")[1:3]
    assert "stance = {" in second
    (repository / HUMAN).write_text(labels.replace(second, _with(second, "stance", "{ shopkeepers = -1 }")), encoding="utf-8")
    comparison = diff.diff(repository, "HEAD")
    assert ("label", "changed", "gold", "0", "claim_type", '"factual"', '"causal"') in changes(comparison)
    assert any(change[:5] == ("label", "changed", "human-one", "1", "stance.shopkeepers") for change in changes(comparison))
    assert {change.annotator for change in comparison.changes} == {"gold", "human-one"}
    assert first


def _with(sentence: str, key: str, value: str) -> str:
    return "\n".join(f"{key} = {value}" if line.startswith(f"{key} = ") else line for line in sentence.split("\n"))


def test_a_moved_sentence_boundary_is_no_change_of_the_labels_after_it(repository: Path) -> None:
    text = (repository / ARTICLE / "article.txt").read_text(encoding="utf-8")
    lines = [line for line in text.split("\n") if line]
    assert len(lines) >= 4
    joined = text.replace(f"{lines[1]}\n{lines[2]}\n", f"{lines[1]} {lines[2]}\n")
    assert joined != text
    (repository / ARTICLE / "article.txt").write_text(joined, encoding="utf-8")
    for name in (GOLD, HUMAN):
        parts = (repository / name).read_text(encoding="utf-8").split("[[sentence]]")
        kept = [parts[0], parts[1], parts[2].replace(lines[1], f"{lines[1]} {lines[2]}"), *parts[4:]]
        for n, part in enumerate(kept[1:]):
            old = part.split("n = ")[1].split("\n")[0]
            kept[n + 1] = part.replace(f"n = {old}\n", f"n = {n}\n", 1)
        (repository / name).write_text("[[sentence]]".join(kept), encoding="utf-8")
    comparison = diff.diff(repository, "HEAD")
    moved = [change for change in comparison.changes if change.kind == "text"]
    assert [(change.action, change.n, change.old, change.new) for change in moved] == [
        ("boundary moved", 1, f"{lines[1]} | {lines[2]}", f"{lines[1]} {lines[2]}")
    ]
    assert {(change.action, change.n) for change in comparison.changes if change.kind == "label"} <= {
        ("removed", 2),
        ("changed", 1),
    }
    assert "boundary moved" in review.text(comparison, [])


sentences = st.lists(st.text("ab .", min_size=1, max_size=6), max_size=8)


@given(sentences, sentences)
def test_every_sentence_is_aligned_exactly_once_and_in_order(old: list[str], new: list[str]) -> None:
    pairs = diff.align(old, new)
    assert [i for i, _ in pairs if i is not None] == list(range(len(old)))
    assert [j for _, j in pairs if j is not None] == list(range(len(new)))


@given(sentences, st.integers(0, 8))
def test_an_inserted_sentence_leaves_the_others_aligned(old: list[str], at: int) -> None:
    new = [*old[:at], "the new one", *old[at:]]
    assert [(i, old[i]) for i, j in diff.align(old, new) if i is not None and j is not None and old[i] == new[j]] == list(
        enumerate(old)
    )


def test_agreement_is_given_before_and_after(repository: Path) -> None:
    replace(repository / HUMAN, 'claim_type = "factual"', 'claim_type = "causal"')
    added_annotator(repository)
    agreement = diff.diff(repository, "HEAD").agreement
    row = agreement.filter(article_id="alder-bridge-morning", layer="claim_type", measure="alpha").to_dicts()
    assert [(values["before"], values["after"]) for values in row] == [(None, 1.0)]  # one coder has nobody to agree with


def test_an_article_with_errors_is_compared_though_left_out_of_agreement(repository: Path) -> None:
    replace(repository / GOLD, 'source_perspective = "neutral"', 'source_perspective = "nobody"')
    comparison = diff.diff(repository, "HEAD")
    assert ("label", "changed", "gold", "0", "source_perspective", '"neutral"', '"nobody"') in changes(comparison)


# Git


@pytest.mark.parametrize("revision", ["", "-h", "--output=x", "no-such", "HEAD:data", "main..HEAD", "HEAD^{tree}"])
def test_a_revision_that_is_no_commit_is_a_usage_error(repository: Path, revision: str) -> None:
    result = run("diff", "--bank", repository, "--", revision)
    assert result.exit_code == 2, result.output
    assert not (Path.cwd() / "x").exists()


def test_a_folder_in_no_repository_is_a_usage_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    shutil.copytree(MINIMAL, tmp_path / "bank")
    result = run("diff", "HEAD", "--bank", tmp_path / "bank")
    assert (result.exit_code, "is in no git repository" in result.output) == (2, True)


def test_without_git_the_exit_code_is_1(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    result = run("diff", "HEAD", "--bank", repository)
    assert (result.exit_code, "git" in result.output) == (1, True)


def test_a_repository_that_lacks_a_file_of_the_revision_exits_1(repository: Path) -> None:
    blob = git(repository, "rev-parse", f"HEAD:./{GOLD}").strip()
    (repository.parent / ".git/objects" / blob[:2] / blob[2:]).unlink()
    result = run("diff", "HEAD", "--bank", repository)
    assert (result.exit_code, "lacks files of HEAD" in result.output) == (1, True)


def test_everything_in_a_bank_that_the_revision_lacks_is_added(repository: Path) -> None:
    shutil.copytree(MINIMAL, repository.parent / "inner" / "other")
    comparison = diff.diff(repository.parent / "inner" / "other", "HEAD")
    assert {(change.action, change.kind) for change in comparison.changes} == {("added", "article"), ("added", "topic")}


def test_a_bank_reached_through_a_link_is_refused(repository: Path) -> None:
    (repository.parent / "link").symlink_to("data")
    result = run("diff", "HEAD", "--bank", repository.parent / "link")
    assert (result.exit_code, "symbolic link" in result.output) == (2, True)


def test_links_at_the_revision_are_not_followed(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.toml").write_text('id = "secret"\ntitle = "Secret"\n')
    (repository / "topics/secret.toml").symlink_to(tmp_path / "secret.toml")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message=link")
    (repository / "topics/secret.toml").unlink()
    assert diff.diff(repository, "HEAD").changes == []


def test_no_hook_or_filter_of_the_repository_runs(repository: Path, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    for name in ("core.fsmonitor", "filter.x.smudge", "diff.x.textconv", "core.pager"):
        git(repository, "config", name, f"touch {mark}; cat")
    (repository / ".gitattributes").write_text("* filter=x diff=x\n")
    for hook in ("post-index-change", "post-checkout"):
        path = repository.parent / ".git/hooks" / hook
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\ntouch {mark}\n")
        path.chmod(0o755)
    assert run("diff", "HEAD", "--bank", repository).exit_code == 0
    assert not mark.exists()


def test_git_variables_of_the_environment_are_ignored(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nonexistent")
    assert diff.diff(repository, "HEAD").changes == []


def staged(bank: Path, mode: str, path: str) -> None:
    """Put an entry into the index; the file system need not have the file."""
    blob = git(bank, "rev-parse", "HEAD" if mode == "160000" else f"HEAD:./{GOLD}").strip()
    git(bank, "update-index", "--add", "--cacheinfo", f"{mode},{blob},data/{path}")


@pytest.mark.parametrize(
    ("mode", "path", "code"),
    [
        ("100755", GOLD, "SB114"),
        ("120000", f"{ARTICLE}/source.txt", "SB115"),
        ("160000", "articles/elsewhere", "SB114"),
        ("160000", "articles/.elsewhere", "SB114"),
        ("100644", f"{ARTICLE}/annotations/Gold.toml", "SB116"),
        ("100644", "Topics/alder-bridge.toml", "SB116"),
        ("100644", "articles/.hidden/notes", "SB114"),
        ("100644", "parquet/extra.parquet", "SB114"),
        ("100644", "parquet/deep/facts.parquet", "SB114"),
    ],
)
def test_a_new_entry_in_git_that_is_no_plain_file_of_a_bank_is_a_problem(repository: Path, mode: str, path: str, code: str) -> None:
    staged(repository, mode, path)
    assert [(problem_.path, problem_.code) for problem_ in diff.diff(repository, "HEAD").problems] == [(path, code)]
    assert run("diff", "HEAD", "--bank", repository).exit_code == 1


@pytest.mark.parametrize(
    ("mode", "path"),
    [
        ("100644", "parquet/facts.parquet"),
        ("100644", "parquet/facts.test.parquet"),
        ("100644", "parquet/build.json"),
        ("100644", "articles/.gitkeep"),
        ("100755", "run"),
    ],
)
def test_built_files_and_files_outside_the_banks_folders_are_no_problem(repository: Path, mode: str, path: str) -> None:
    staged(repository, mode, path)
    assert diff.diff(repository, "HEAD").problems == []


def test_a_bad_entry_of_the_revision_itself_is_no_problem(repository: Path) -> None:
    staged(repository, "100755", GOLD)
    git(repository, "commit", "--quiet", "--message=mode")
    assert diff.diff(repository, "HEAD").problems == []
    assert diff.diff(repository, "HEAD~1").problems != []


# Pages

NASTY = "::error::x <script>alert(1)</script> [a](http://b) @everyone ![i](j) #1 `c` | | ##[error] \x1b[31m\n\n# Head"


@pytest.fixture
def nasty(repository: Path) -> diff.Diff:
    note = json.dumps(NASTY)
    replace(repository / f"{ARTICLE}/article.toml", '\nlicense = "CC0-1.0"', f"\nlicense = {note}")
    replace(repository / GOLD, "n = 0\n", f"n = 0\nnote = {note}\n")
    return diff.diff(repository, "HEAD")


def test_words_of_the_bank_are_neither_markup_nor_commands_in_markdown(nasty: diff.Diff) -> None:
    page = review.markdown(nasty, [problem.Problem("CHANGELOG.md", 1, 1, "SB118", NASTY, NASTY)])
    html = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(page)
    assert all(bad not in html for bad in ("<script", "<a ", "<img", "<em", "\x1b", "<h1"))
    assert not any(line.lstrip().startswith("::") for line in page.split("\n"))
    outside = re.sub(r"<(code|pre)>.*?</\1>", "", html, flags=re.DOTALL)
    assert "@everyone" not in outside
    assert "@everyone" in html


def test_on_github_the_log_holds_only_workflow_commands_of_ours(repository: Path, nasty: diff.Diff, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    result = run(
        "diff",
        "HEAD",
        "--bank",
        repository,
        "--require-version",
        env={"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)},
    )
    assert nasty.changes
    assert result.exit_code == 1
    assert all(line.startswith("::error file=") for line in result.stdout.splitlines())
    assert len(result.stdout.splitlines()) == 1
    assert "everyone" in summary.read_text(encoding="utf-8")


@pytest.mark.parametrize("most", [400, 1_000, 2_000, 5_000])
def test_a_summary_that_is_too_long_is_cut_at_a_line_and_says_so(repository: Path, most: int) -> None:
    (repository / GOLD).write_text((repository / GOLD).read_text().replace('"author"', '"direct"'), encoding="utf-8")
    comparison = diff.diff(repository, "HEAD")
    whole = review.markdown(comparison, [])
    page = review.markdown(comparison, [], most)
    assert len(page.encode()) <= most
    assert ("more lines left out" in page) == (page != whole)
    assert page.count("<table>") == page.count("</table>")
    assert all(line in whole.split("\n") or "left out" in line for line in page.split("\n"))


def test_the_text_page_has_no_control_character(nasty: diff.Diff) -> None:
    assert "\x1b" not in review.text(nasty, [])


def test_json_has_every_change_under_its_published_keys(nasty: diff.Diff) -> None:
    page = json.loads(review.json_(nasty, []))
    assert (page["level"], page["old"], page["required"], len(page["changes"])) == (
        "major",
        "1.2.3",
        "2.0.0",
        len(nasty.changes),
    )
    keys = ["level", "done", "what", "path", "annotator", "n", "text", "key", "old", "new"]
    assert all(list(change) == keys for change in page["changes"])


# Versions and codebooks


@pytest.mark.parametrize(
    "page", ["", "# Changelog", "## Unreleased", "## 1.2", "## 01.2.3", "## 1.2.3.4", "### 1.2.3", "## 1.2.3x"]
)
def test_a_heading_that_is_no_version_gives_none(page: str) -> None:
    assert version.newest(page)[0] is None


def test_the_version_rule_has_every_level_and_is_in_the_docs() -> None:
    assert set(RULE) == set(Level) - {Level.NONE}
    page = (ROOT / "docs/versions.md").read_text(encoding="utf-8")
    assert all(text in page for text in RULE.values())


@given(st.tuples(*[st.integers(0, 9)] * 3), st.sampled_from(list(Level)))
def test_a_higher_level_of_change_raises_the_version_more(numbers: tuple[int, int, int], level: Level) -> None:
    before = Version(*numbers)
    assert (before.after(level) > before) == (level > Level.NONE)
    assert before.after(Level.PATCH) < before.after(Level.MINOR) < before.after(Level.MAJOR)


def newer_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add a rule of an invented codebook 1.1 that every sentence breaks."""
    rule = problem.Rule(
        "SB201",
        "unknown-claim-type",
        "Invented.",
        lambda run: (row.document.at("SB201", "invented", "sentence", 0, "claim_type") for row in run.labelled if row.i == 0),
        since="1.1",
    )
    monkeypatch.setitem(check.RULES, "SB201", rule)
    monkeypatch.setattr("slantbank.codebook.VERSION", "1.1")


def test_labels_older_than_a_rule_get_a_warning_and_not_an_error(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    newer_rule(monkeypatch)
    replace(repository / f"{ARTICLE}/article.toml", 'kind = "human"\ncodebook = "1.0"', 'kind = "human"\ncodebook = "1.1"')
    problems = check.check(banks.draft(repository))
    assert {problem_.path.split("/")[-1]: (problem_.level, problem_.message) for problem_ in problems} == {
        "gold.toml": ("warning", "invented (coded by codebook 1.0; the rule is of 1.1)"),
        "human-one.toml": ("error", "invented"),
    }
    assert run("check", "--bank", repository).exit_code == 1


def test_labels_of_an_older_codebook_do_not_fail_a_check(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    newer_rule(monkeypatch)
    result = run("check", "--bank", repository)
    assert (result.exit_code, "0 errors and 2 warnings" in result.output) == (0, True)


def test_the_codebook_of_another_scheme_is_neither_older_nor_newer(repository: Path) -> None:
    replace(repository / f"{ARTICLE}/article.toml", 'codebook = "1.0"', 'codebook = "BASIL annotation protocol"')
    assert check.check(banks.draft(repository)) == []
