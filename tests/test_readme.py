"""The documents are correct: snippets run, commands and links exist, versions agree."""

import json
import re
import subprocess
import sys
import tomllib
from hashlib import sha256
from pathlib import Path

import pytest
from benchmarks import picture

from slantbank import cli
from tests.conftest import ROOT

PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("snippet", re.findall(r"```python\n(.*?)```", README, re.DOTALL))
def test_snippets_of_the_readme_run(snippet: str) -> None:
    result = subprocess.run([sys.executable, "-c", snippet], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip()


def test_readme_has_the_two_commands_for_the_set_up() -> None:
    commands = re.findall(r"<!-- command: (\w+) -->\n```sh\n(.*)\n```", README)
    assert [name for name, _ in commands] == ["main", "test"]
    assert all("\n" not in command for _, command in commands)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_the_documents_lead_to_existing_places(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_the_documents_exist(page: Path) -> None:
    named = re.findall(r"`slantbank ([a-z-]+)", page.read_text(encoding="utf-8"))
    assert set(named) <= set(cli.cli.commands)


def test_every_command_is_in_the_readme() -> None:
    commands = README.split("| command |")[1].split("\n\n")[0]
    assert all(f"`{name}`" in commands or f"`slantbank {name}`" in commands for name in cli.cli.commands)


def test_package_changelog_and_citation_have_the_same_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    heading = re.search(r"^## (\S+) — (\S+)$", changelog, re.MULTILINE)
    assert heading is not None
    assert heading[1] == version
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {version}\ndate-released: {heading[2]}\n" in citation


def test_licence_in_the_metadata_is_in_the_repository() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert all((ROOT / name).is_file() for name in project["license-files"])


def test_every_sentence_of_a_control_has_a_basis() -> None:
    page = (ROOT / "docs" / "controls.md").read_text(encoding="utf-8")
    for article in (ROOT / "data" / "articles").glob("*-control-*"):
        count = sum(bool(line) for line in (article / "article.txt").read_text(encoding="utf-8").split("\n"))
        section = page.split(f"## {article.name}\n")[1].split("\n## ")[0]
        assert [int(n) for n in re.findall(r"^- \*\*(\d+)\*\* ", section, re.MULTILINE)] == list(range(count))


def test_the_picture_of_the_report_is_up_to_date() -> None:
    recorded = json.loads(picture.RECORD.read_text(encoding="utf-8"))
    assert recorded["shows"] == picture.contents(), "run python -m benchmarks.picture --write"
    files = {path.name: path.read_bytes() for path in picture.PICTURES.values()}
    assert recorded["pictures"] == {name: sha256(data).hexdigest() for name, data in files.items()}
    assert sum(map(len, files.values())) <= 150_000
    assert all(f"docs/{name}" in README for name in files)
