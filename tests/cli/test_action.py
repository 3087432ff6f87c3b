"""The GitHub action and the pre-commit hook: bash runs the action's own steps on pull requests to a local remote.

The validator is installed from a copy of this repository, as on a runner. The step that installs its dependencies is left out: it
needs the package index, and the tests have the dependencies.
"""

import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT, posix
from tests.history.test_diff import ARTICLE, CHANGELOG, GOLD, HUMAN, MINIMAL, NASTY, git, replace

pytestmark = posix
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
LOCKED, INSTALL, *STEPS = [step for step in ACTION["runs"]["steps"] if "run" in step]


@pytest.fixture(scope="session")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a runner: `base` holds the validator's repository at the base branch, `temp` its installation."""
    folder = tmp_path_factory.mktemp("runner")
    (folder / "base").mkdir()
    for name in ("src", "data", "schema", "README.md", "LICENSE", "LICENSE-ANNOTATIONS", "pyproject.toml"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / "base" / name)
    (folder / "temp").mkdir()
    venv.create(folder / "temp/slantbank", with_pip=True)
    result = step(folder, folder / "temp", INSTALL, {})
    assert result.returncode == 0, result.stderr
    return folder


def step(runner: Path, workspace: Path, definition: dict[str, Any], inputs: dict[str, str], summary: Path | None = None) -> Any:
    """Run a step of the action as the runner does: its expressions replaced, in its folder, with its variables."""
    values = {"runner.temp": runner / "temp", "github.action_path": runner / "base", "github.workspace": workspace}
    values |= {f"inputs.{name}": value for name, value in inputs.items()}

    def filled(text: str) -> str:
        return re.sub(r"\$\{\{ (\S+) \}\}", lambda match: str(values[match[1]]), text)

    site = [path for path in sys.path if path.endswith("site-packages")]
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        "PYTHONPATH": os.pathsep.join(site),
        "PIP_NO_INDEX": "1",
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(summary or os.devnull),
        "RUNNER_TEMP": str(runner / "temp"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        **{name: filled(value) for name, value in definition["env"].items()},
    }
    assert "${{" not in definition["run"]  # an input in a script would be code
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", definition["run"]]
    folder = filled(definition["working-directory"])
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@dataclass
class Outcome:
    """The result of a pull request: exit codes of the steps that fetch, check and compare, their log, and the summary."""

    codes: list[int]
    log: str
    summary: str


@pytest.fixture
def propose(tmp_path: Path, runner: Path) -> Callable[..., Outcome]:
    """Simulate a pull request with a change to a bank, from the base's remote to the exit codes of the steps."""

    def proposed(change: Callable[[Path], object], *, bank: str = "data", base: str = "") -> Outcome:
        work, remote, workspace = tmp_path / "work", tmp_path / "remote.git", tmp_path / "workspace"
        shutil.copytree(MINIMAL, work / "data")
        (work / "data/CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
        shutil.copytree(ROOT / "src", work / "src", ignore=shutil.ignore_patterns("__pycache__"))
        git(work, "init", "--quiet", "--initial-branch=main")
        git(work, "add", "--all")
        git(work, "commit", "--quiet", "--message=base")
        git(tmp_path, "clone", "--quiet", "--bare", str(work), str(remote))
        commit = git(work, "rev-parse", "HEAD").strip()
        git(work, "checkout", "--quiet", "-b", "change")
        change(work / "data")
        git(work, "add", "--all")
        git(work, "commit", "--quiet", "--allow-empty", "--message=change")
        git(work, "checkout", "--quiet", "main")
        git(work, "merge", "--quiet", "--no-ff", "--message=merge", "change")  # as refs/pull/1/merge is
        git(work, "push", "--quiet", str(remote), "HEAD:refs/pull/1/merge")
        workspace.mkdir()
        git(workspace, "init", "--quiet")
        git(workspace, "remote", "add", "origin", f"file://{remote}")
        git(workspace, "fetch", "--quiet", "--depth=1", "origin", "refs/pull/1/merge")
        git(workspace, "checkout", "--quiet", "FETCH_HEAD")
        summary = tmp_path / "summary.md"
        inputs = {"bank": bank, "base": base or commit}
        codes, log = [], ""
        for definition in STEPS:
            if codes and codes[0]:
                break  # the last step has an `if` that says so
            result = step(runner, workspace, definition, inputs, summary)
            codes.append(result.returncode)
            log += result.stdout
        return Outcome(codes, log, summary.read_text(encoding="utf-8") if summary.is_file() else "")

    return proposed


def add_article(bank: Path) -> None:
    """Add a second correct article, with another text."""
    from slantbank.bank import _article as article

    original = article.read(bank / ARTICLE)
    source, text = (words.replace("Alder", "Birch") for words in (original.source, original.text))
    meta = original.meta.model_copy(update={"id": "birch", "source_sha256": article.sha256(source)})
    article.write(article.Article(meta, source, text, original.annotations), bank / "articles/birch")
    for path in (bank / "articles/birch/annotations").iterdir():
        path.write_text(path.read_text(encoding="utf-8").replace("Alder", "Birch"), encoding="utf-8")


def set_version(bank: Path, to: str) -> None:
    (bank / "CHANGELOG.md").write_text(f"# Changelog\n\n## {to}\n", encoding="utf-8")


def relabel(bank: Path) -> None:
    replace(bank / GOLD, 'claim_type = "factual"', 'claim_type = "causal"')


def test_a_correct_article_passes_and_is_in_the_summary(propose: Callable[..., Outcome]) -> None:
    def change(bank: Path) -> None:
        add_article(bank)
        set_version(bank, "1.3.0")

    outcome = propose(change)
    assert outcome.codes == [0, 0, 0], outcome.log
    assert "<code>articles/birch</code>" in outcome.summary
    assert "from 1.2.3 the data version must rise to 1.3.0 at least; it is 1.3.0." in outcome.summary
    assert outcome.log.startswith("2 articles")


def test_a_faulty_article_fails_with_annotations_and_is_still_compared(propose: Callable[..., Outcome]) -> None:
    def change(bank: Path) -> None:
        replace(bank / GOLD, 'claim_type = "factual"', 'claim_type = "Factual"')
        set_version(bank, "2.0.0")

    outcome = propose(change)
    assert outcome.codes == [0, 1, 0]
    assert f"::error file=data/{GOLD}," in outcome.log
    assert "SB201 unknown-claim-type" in outcome.summary
    assert "slantbank diff: major" in outcome.summary


def test_relabelling_without_a_higher_version_fails_at_the_changelog(propose: Callable[..., Outcome]) -> None:
    outcome = propose(relabel)
    assert outcome.codes == [0, 0, 1]
    assert "::error file=data/CHANGELOG.md,line=3,col=4," in outcome.log
    assert '<code>"factual"</code></td><td><code>"causal"</code>' in outcome.summary


def test_a_pull_request_that_edits_the_validator_is_checked_by_the_base_version(
    propose: Callable[..., Outcome], tmp_path: Path
) -> None:
    mark = tmp_path / "ran"

    def change(bank: Path) -> None:
        code = f"open({str(mark)!r}, 'w')\nraise SystemExit(0)\n"
        for name in (
            "src/slantbank/check.py",
            "src/slantbank/__init__.py",
            "slantbank.py",
            "sitecustomize.py",
            "click.py",
            "json.py",
        ):
            (bank.parent / name).write_text(code, encoding="utf-8")
        (bank.parent / "pyproject.toml").write_text("[build-system]\nrequires = []\n", encoding="utf-8")
        (bank.parent / ".gitattributes").write_text("* filter=x diff=x export-ignore\n", encoding="utf-8")
        relabel(bank)

    outcome = propose(change)
    assert outcome.codes == [0, 0, 1]
    assert not mark.exists()


def test_the_text_of_an_article_is_never_a_command_or_markup(propose: Callable[..., Outcome]) -> None:
    def change(bank: Path) -> None:
        words = NASTY.replace("\x1b", "").replace("\n", " ").replace("\\", "").replace('"', "")
        meta = bank / ARTICLE / "article.toml"
        meta.write_text(f"title2 = '{words}'\n" + meta.read_text(encoding="utf-8"), encoding="utf-8")  # an error that quotes it
        replace(bank / HUMAN, "n = 0\n", f"n = 0\nnote = '{words}'\n")
        replace(bank / GOLD, "n = 0\n", f"n = 0\nnote = '{words}'\n")
        set_version(bank, "2.0.0")

    outcome = propose(change)
    assert outcome.codes == [0, 1, 0]
    commands = [line for line in outcome.log.splitlines() if "::" in line]
    assert commands
    assert all(line.startswith(("::error file=data/", "::warning file=data/", "::notice title=slantbank::")) for line in commands)
    assert "<script>" not in outcome.summary
    assert "@everyone" not in re.sub(r"<(code|pre)>.*?</\1>", "", outcome.summary, flags=re.DOTALL)


def link_source(bank: Path) -> None:
    (bank / ARTICLE / "source.txt").unlink()
    (bank / ARTICLE / "source.txt").symlink_to("/etc/passwd")


def add_parquet(bank: Path) -> None:
    (bank / ARTICLE / "rows.parquet").write_bytes(b"PAR1")


def add_built_parquet(bank: Path) -> None:
    (bank / "parquet").mkdir()
    (bank / "parquet/more.parquet").write_bytes(b"PAR1")


def add_submodule(bank: Path) -> None:
    (bank / "articles/elsewhere").mkdir()
    git(bank / "articles/elsewhere", "init", "--quiet")
    git(bank / "articles/elsewhere", "commit", "--quiet", "--allow-empty", "--message=x")


def make_executable(bank: Path) -> None:
    (bank / GOLD).chmod(0o755)


@pytest.mark.parametrize(
    ("change", "codes", "message"),
    [
        (link_source, [0, 1, 1], "SB115 symbolic-link"),
        (add_parquet, [0, 1, 0], "SB114 unexpected-file"),
        (add_built_parquet, [0, 0, 1], "SB114 unexpected-file"),
        (add_submodule, [0, 1, 1], "a submodule"),
        (make_executable, [0, 0, 1], "is executable"),
    ],
)
def test_files_that_do_not_belong_in_a_bank_fail(
    propose: Callable[..., Outcome], change: Callable[[Path], None], codes: list[int], message: str
) -> None:
    def also(bank: Path) -> None:
        change(bank)
        set_version(bank, "2.0.0")

    outcome = propose(also)
    assert outcome.codes == codes, outcome.log
    assert message in outcome.log
    assert "root:" not in outcome.log + outcome.summary


def test_a_bank_replaced_by_a_link_is_not_read(propose: Callable[..., Outcome]) -> None:
    def change(bank: Path) -> None:
        bank.rename(bank.parent / "moved")
        bank.symlink_to("moved")

    outcome = propose(change)
    assert (outcome.codes, outcome.log, outcome.summary) == ([1], "", "")


@pytest.mark.parametrize("base", ["--upload-pack=touch x", "-x", "$(touch x)", "a b", "`x`", "a;b"])
def test_a_base_that_is_no_commit_reaches_no_command(propose: Callable[..., Outcome], base: str, tmp_path: Path) -> None:
    assert propose(lambda bank: None, base=base).codes == [2]
    assert not list(tmp_path.rglob("x"))


def test_the_action_installs_only_its_own_folder_and_the_lock_in_it() -> None:
    assert set(ACTION["inputs"]) == {"bank", "base"}
    assert LOCKED["run"].splitlines()[-1].endswith('-m pip install --quiet --require-hashes --requirement "$ACTION/.ci/action.txt"')
    assert INSTALL["run"].endswith('-m pip install --quiet --no-deps --no-build-isolation "$ACTION"\n')


def test_the_workflow_has_no_rights_and_no_secrets_and_takes_the_validator_from_the_base() -> None:
    text = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {}
    assert workflow["jobs"]["bank"]["permissions"] == {"contents": "read"}
    assert "pull_request_target" not in text
    assert "secrets." not in text
    assert "pull_request" in workflow[True]  # YAML 1.1 reads `on` so
    steps = workflow["jobs"]["bank"]["steps"]
    assert steps[-1] == {"uses": "./.base", "with": {"bank": "data"}}
    assert steps[-2]["with"]["ref"] == "${{ github.event.pull_request.base.sha }}"
    assert all(step["with"]["persist-credentials"] is False for step in steps if "checkout" in step.get("uses", ""))


YAML = [
    ("github-actions", "action.yml"),
    ("dependabot", ".github/dependabot.yml"),
    *(("github-workflows", path.relative_to(ROOT).as_posix()) for path in sorted((ROOT / ".github/workflows").glob("*.yml"))),
]


@pytest.mark.parametrize(("kind", "path"), YAML)
def test_the_yaml_fits_the_published_schema(kind: str, path: str) -> None:
    tool = shutil.which("check-jsonschema")
    if tool is None:
        pytest.skip("check-jsonschema is not installed")
    result = subprocess.run([tool, "--builtin-schema", f"vendor.{kind}", ROOT / path], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_the_pre_commit_hook_stops_a_faulty_commit(tmp_path: Path) -> None:
    tool = shutil.which("pre-commit")
    if tool is None:
        pytest.skip("pre-commit is not installed")
    hooks, bank = tmp_path / "hooks", tmp_path / "own" / "data"
    hooks.mkdir()
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks)
    shutil.copytree(MINIMAL, bank)
    for folder in (hooks, bank.parent):
        git(folder, "init", "--quiet")
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message=x")
    # `language: system` takes the slantbank under test; a user's hook makes an environment of its own
    config = {
        "repos": [
            {
                "repo": str(hooks),
                "rev": git(hooks, "rev-parse", "HEAD").strip(),
                "hooks": [{"id": "slantbank-check", "language": "system", "args": ["--bank=data"]}],
            }
        ]
    }
    (bank.parent / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    git(bank.parent, "add", "--all")
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PRE_COMMIT_HOME": str(tmp_path / "cache"),
    }

    def hooked() -> Any:
        command = [tool, "run", "--all-files"]
        return subprocess.run(command, cwd=bank.parent, env=environment, capture_output=True, text=True, check=False)

    assert hooked().returncode == 0
    replace(bank / GOLD, 'claim_type = "factual"', 'claim_type = "Factual"')
    result = hooked()
    assert result.returncode == 1
    assert f"{GOLD}:" in result.stdout
