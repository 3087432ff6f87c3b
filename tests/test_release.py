"""Workflows are pinned and have only the rights that they need; versions agree; a release is complete."""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from slantbank import codebook
from slantbank.frames import _schema as schema
from tests.conftest import ROOT, posix

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))

PINNED = {
    "actions/checkout": ("3d3c42e5aac5ba805825da76410c181273ba90b1", "v7.0.1"),
    "actions/setup-python": ("5fda3b95a4ea91299a34e894583c3862153e4b97", "v7.0.0"),
    "actions/upload-pages-artifact": ("fc324d3547104276b827a68afc52ff2a11cc49c9", "v5.0.0"),
    "actions/deploy-pages": ("cd2ce8fcbc39b97be8ca5fce6e763baed58fa128", "v5.0.0"),
}
"""Actions whose commit somebody has looked up. One that is not here is used by its tag, and says so."""

MAY = {
    ("ci.yml", "*"): {"contents": "read"},
    ("site.yml", "build"): {"contents": "read"},
    ("site.yml", "deploy"): {"pages": "write", "id-token": "write"},
    ("release.yml", "build"): {"contents": "read"},
    ("release.yml", "smoke"): {"contents": "read"},
    ("release.yml", "package"): {"id-token": "write"},
    ("release.yml", "data"): {"contents": "read", "id-token": "write"},
}


def tool(name: str) -> Any:
    """Import a script of `.ci` as a module."""
    spec = spec_from_file_location(name, ROOT / ".ci" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def workflow(name: str) -> dict[Any, Any]:
    loaded: dict[Any, Any] = yaml.safe_load((ROOT / ".github/workflows" / name).read_text(encoding="utf-8"))
    return loaded


# Where it comes from


@pytest.mark.parametrize("path", [*WORKFLOWS, ROOT / "action.yml"], ids=lambda path: path.name)
def test_an_action_is_pinned_by_commit_with_its_version_or_by_a_marked_tag(path: Path) -> None:
    uses = re.findall(r"^\s*(?:- )?uses: (\S+)(?:  # (.*))?$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(uses) == path.read_text(encoding="utf-8").count("uses:")
    for action, comment in uses:
        name, _, revision = action.partition("@")
        if name in PINNED:
            assert (revision, comment) == PINNED[name]
        elif not name.startswith("./"):
            assert re.fullmatch(r"v\d+(\.\d+)*", revision), f"{action}: no hash but one that was looked up"
            assert comment == "by tag"


def test_what_the_action_installs_is_locked_by_hash() -> None:
    lock = (ROOT / ".ci/action.txt").read_text(encoding="utf-8")
    entries = re.findall(r"^([\w.-]+)==(\S+)(?: ;[^\\\n]*)? \\\n((?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", lock, re.MULTILINE)
    assert len(entries) == len(re.findall(r"^[\w.-]+", lock, re.MULTILINE))
    locked = {name: Version(version) for name, version, _ in entries}
    for text in (*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"]):
        requirement = Requirement(text)
        assert locked[requirement.name] in requirement.specifier, f"{text}: run .ci/lock"


def test_the_lock_names_no_host() -> None:
    lines = (ROOT / ".ci/action.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if re.search(r"://|index-url|find-links", line)] == []


def test_dependabot_moves_the_actions() -> None:
    updates = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text(encoding="utf-8"))["updates"]
    assert {"github-actions", "pip"} == {update["package-ecosystem"] for update in updates}


# What it may do


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_job_has_only_the_rights_that_it_needs(path: Path) -> None:
    loaded = workflow(path.name)
    assert loaded["permissions"] == {}
    for name, job in loaded["jobs"].items():
        assert job["permissions"] == MAY.get((path.name, name), MAY.get((path.name, "*"))), name
        assert "timeout-minutes" in job
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False
    assert "secrets." not in path.read_text(encoding="utf-8")


# The oldest versions


def test_the_oldest_versions_are_the_lower_bounds_of_every_dependency_of_the_tests() -> None:
    bounds = tool("oldest").constraints(
        {
            "name": "ours",
            "dependencies": ["a>=1.2", "b[x]==2"],
            "optional-dependencies": {
                "test": ["ours[more,web]", "a>=1.2", "d"],
                "more": ["e>=5.0.1"],
                "web": [],
                "bench": ["f==6"],
            },
        },
        "test",
    )
    assert bounds == {"a": "1.2", "b": "2", "e": "5.0.1"}


@pytest.mark.parametrize("requirement", ["a<2", "a>=1,<2", "a>=1; python_version<'3.12'", "a~=1.0"])
def test_a_bound_in_an_unknown_form_is_refused(requirement: str) -> None:
    with pytest.raises(ValueError, match="a requirement here is NAME"):
        tool("oldest").constraints({"name": "ours", "dependencies": [requirement], "optional-dependencies": {"test": []}}, "test")


def test_two_lower_bounds_of_one_package_are_refused() -> None:
    project = {"name": "ours", "dependencies": ["a>=1"], "optional-dependencies": {"test": ["a>=2"]}}
    with pytest.raises(ValueError, match="a has two oldest versions"):
        tool("oldest").constraints(project, "test")


def test_every_dependency_has_a_lower_bound() -> None:
    oldest = tool("oldest").constraints(PROJECT["project"], "test")
    assert {Requirement(text).name for text in PROJECT["project"]["dependencies"]} <= set(oldest)


# The versions that are stated


def test_the_table_of_versions_agrees_with_the_changelogs() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = readme.split("<!-- rendered: versions -->")[1].split("<!-- end -->")[0]
    table = dict(re.findall(r"^\| ([\w ]+) \| ([\d.]+) \|", rows, re.MULTILINE))
    assert table == tool("versions").versions()
    assert table["package"] == PROJECT["project"]["version"]
    assert table["codebook"] == codebook.VERSION
    assert table["layout of files and frames"] == schema.VERSION


def test_the_supported_python_versions_are_those_tested_in_ci() -> None:
    classifiers = "\n".join(PROJECT["project"]["classifiers"])
    promised = re.findall(r"Python :: (3\.\d+)$", classifiers, re.MULTILINE)
    assert promised == workflow("ci.yml")["jobs"]["check"]["strategy"]["matrix"]["python"]
    assert PROJECT["project"]["requires-python"] == f">={promised[0]}"


# What a release does


def test_only_a_tag_releases_and_publication_follows_the_smoke_test() -> None:
    release = workflow("release.yml")
    assert release[True] == {"push": {"tags": ["v*"]}}  # YAML 1.1 reads `on` so
    jobs = release["jobs"]
    assert {name: job.get("environment") for name, job in jobs.items()} == {
        "build": None,
        "smoke": None,
        "package": "pypi",
        "data": "hub",
    }
    assert (jobs["smoke"]["needs"], jobs["package"]["needs"], jobs["data"]["needs"]) == ("build", "smoke", "package")
    assert all("if" not in job and "continue-on-error" not in job for job in jobs.values())


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A repository that is ready to release 0.2.0 with the data 1.0.0."""
    (tmp_path / "data").mkdir()
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "0.2.0"\n', encoding="utf-8")
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## 0.2.0 — 2026-12-01\n", encoding="utf-8")
    (tmp_path / "data/CHANGELOG.md").write_text("# Data\n\n## 1.0.0 — 2026-12-01\n", encoding="utf-8")
    return tmp_path


def test_a_complete_release_is_allowed(release: Path) -> None:
    assert tool("versions").hindrances("v0.2.0", release) == []


@pytest.mark.parametrize(
    ("tag", "file", "old", "new", "why"),
    [
        ("v0.2.1", "CHANGELOG.md", "", "", "the tag is v0.2.1"),
        ("v0.2.0", "CHANGELOG.md", "0.2.0 — 2026-12-01", "Unreleased (0.2.0)", "of CHANGELOG.md has no version and day"),
        ("v0.2.0", "CHANGELOG.md", "0.2.0 —", "0.1.0 —", "the newest version in CHANGELOG.md is 0.1.0"),
        ("v0.2.0", "data/CHANGELOG.md", "2026-12-01", "not yet released", "of data/CHANGELOG.md has no version and day"),
    ],
)
def test_an_incomplete_release_is_refused(release: Path, tag: str, file: str, old: str, new: str, why: str) -> None:
    text = (release / file).read_text(encoding="utf-8")
    (release / file).write_text(text.replace(old, new) if old else text, encoding="utf-8")
    assert why in "\n".join(tool("versions").hindrances(tag, release))


HF = """#!/usr/bin/env bash
echo "$*" >> "$CALLS"
[ "$1 $2 $3" != "repos tag list" ] || echo "$TAGS"
"""


def put_on_the_hub(tmp_path: Path, tags: str) -> list[list[str]]:
    """Return the commands with which `.ci/hub` uploads the data to a Hub with these tags; a fake `hf` records them."""
    (tmp_path / "hf").write_text(HF, encoding="utf-8")
    (tmp_path / "hf").chmod(0o755)
    path = os.pathsep.join([str(tmp_path), str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "CALLS": str(tmp_path / "calls"), "TAGS": tags}
    subprocess.run(["bash", str(ROOT / ".ci/hub"), "ORG/slantbank"], env=environment, check=True, capture_output=True)
    return [shlex.split(line) for line in (tmp_path / "calls").read_text(encoding="utf-8").splitlines()]


@posix
def test_the_data_are_uploaded_once_as_the_revision_of_their_version(tmp_path: Path) -> None:
    version = tool("versions").versions()["data"]
    listed, uploaded, tagged = put_on_the_hub(tmp_path, "0.0.1")
    assert listed[:3] == ["repos", "tag", "list"]
    assert uploaded[:2] == ["upload", "ORG/slantbank"]
    assert tagged == ["repos", "tag", "create", "ORG/slantbank", version, "--repo-type", "dataset"]
    (tmp_path / "calls").unlink()
    assert len(put_on_the_hub(tmp_path, f"0.0.1\n{version}")) == 1


def test_the_upload_has_exactly_the_pages_and_files_that_the_card_names() -> None:
    included = re.findall(r"--include (?:'([^']+)'|(\S+))", (ROOT / ".ci/hub").read_text(encoding="utf-8"))
    patterns = [quoted or plain for quoted, plain in included]
    card = (ROOT / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", card)
    for name in (*links, *re.findall(r"path: (\S+)", card)):
        assert any(fnmatch(name, pattern) for pattern in patterns), name
    assert {pattern.partition("/")[0] for pattern in patterns if "/" in pattern} == {"data", "schema", "docs"}
    assert all((ROOT / pattern).is_file() for pattern in patterns if "*" not in pattern)


def test_the_commands_for_windows_are_those_of_the_readme() -> None:
    commands = {mark: tool("readme").command(mark) for mark in ("main", "windows")}
    assert len({command.rpartition("slantbank ")[2] for command in commands.values()}) == 1
    assert "Activate" not in commands["windows"]  # a fresh Windows runs no script
