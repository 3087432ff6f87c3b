"""A command that is killed, or finds the disk full, leaves the old or the new state and can be repeated."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from slantbank.bank import _article as article
from slantbank.bank import _topic as topic
from slantbank.bank import _withheld as withheld
from tests.coders.stub import Stub, respond_validly
from tests.conftest import ROOT

MINIMAL = ROOT / "tests" / "articles" / "valid" / "minimal"
TABLES = ROOT / "tests" / "corpora" / "tables"
NAME = "alder-bridge-morning"
FOLDER = Path("bank", "articles", NAME)
GOLD, HUMAN = (FOLDER / "annotations" / f"{name}.toml" for name in ("gold", "human-one"))
Files = dict[str, bytes]


class Done(NamedTuple):
    """The result of a command: exit code (None if it was killed), number of steps, output."""

    code: int | None
    steps: int | None
    output: str


class Runner:
    """Start the program that runs each command in a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def __call__(self, folder: Path, *args: str, **mishap: int) -> Done:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps({"args": args, "folder": str(folder), **mishap}) + "\n")
        self.process.stdin.flush()
        return Done(**json.loads(self.process.stdout.readline()))


@pytest.fixture(scope="module")
def run() -> Iterator[Runner]:
    if not hasattr(os, "fork") or not Path("/dev/fd").exists():
        pytest.skip("processes are not forked here")
    environment = {**os.environ, "OPENAI_API_KEY": "none", "GITHUB_STEP_SUMMARY": ""}
    command = [sys.executable, "-m", "tests.mishaps"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Runner(process)
        assert process.stdin
        process.stdin.close()


# What there is, and what is done


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8", newline="")


def two_coders(folder: Path) -> None:
    """Remove gold, so that two coders who differ are left."""
    shutil.copy(folder / HUMAN, folder / FOLDER / "annotations" / "human-two.toml")
    edit(folder / FOLDER / "annotations" / "human-two.toml", 'claim_type = "factual"', 'claim_type = "causal"')
    (folder / GOLD).unlink()
    meta = folder / FOLDER / "article.toml"
    edit(meta, 'id = "gold"\nkind = "adjudicated"', 'id = "human-two"\nkind = "human"')


def stripped(folder: Path) -> None:
    """Withhold the text in a second bank, `shut`."""
    original, about = article.read(folder / FOLDER), topic.read(folder / "bank" / "topics" / "alder-bridge.toml")
    withheld.write_articles([withheld.strip(original, about).article], folder / "bank", folder / "shut")


def untidy(folder: Path) -> None:
    for path in (folder / GOLD, folder / HUMAN, folder / FOLDER / "article.toml"):
        edit(path, " = ", "   = ")


def returns(folder: Path) -> None:
    for path in (folder / GOLD, folder / FOLDER / "article.toml"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))


def text(folder: Path) -> None:
    (folder / "text.txt").write_text("A bridge opens\nIt opened on Monday. Many came.\n", encoding="utf-8")


def table(folder: Path) -> None:
    for name in ("labels.csv", "labels.toml"):
        shutil.copy(TABLES / name, folder)


def exported(folder: Path) -> None:
    """Write the labels of a second coder as an export of Label Studio."""
    from slantbank import exchange

    two_coders(folder)
    (tasks,) = (
        text for name, text in exchange.tool_files("label-studio", folder / FOLDER, ["human-two"]).items() if "tasks" in name
    )
    parsed = json.loads(tasks)
    for task in parsed:
        task["annotations"] = [{"completed_by": {"id": 1, "email": "ann@x.example"}, "result": task["predictions"][0]["result"]}]
    (folder / "tasks.json").write_text(json.dumps(parsed), encoding="utf-8")


def built(folder: Path) -> None:
    from slantbank import publish

    publish.build(folder / "bank")
    edit(folder / GOLD, 'claim_type = "factual"', 'claim_type = "causal"')


def current(folder: Path) -> None:
    from slantbank import publish

    publish.build(folder / "bank")


class Command(NamedTuple):
    """A command and its preparation; files in `apart` are written one after the other, `grows` is written in steps."""

    args: str
    prepare: Callable[[Path], object] = lambda folder: None
    apart: tuple[str, ...] = ()
    grows: str = "nothing"


COMMANDS = {
    "new": Command("new text.txt --id new-one --topic alder-bridge --annotator me --bank bank", text),
    "sheet": Command(f"sheet {NAME} --annotator me --bank bank", apart=(NAME,)),
    "adjudicate": Command(f"adjudicate {NAME} --bank bank", two_coders, apart=(NAME,)),
    "strip in place": Command(f"strip {NAME} --in-place --bank bank"),
    "strip into": Command(f"strip {NAME} --into public --bank bank"),
    "hydrate": Command(f"hydrate {NAME} --text {FOLDER}/source.txt --bank shut", stripped),
    "fmt": Command("fmt bank", untidy, apart=(NAME,)),
    "fix": Command("check bank --fix", returns, apart=(NAME,)),
    "build": Command("build --bank bank"),
    "build again": Command("build --bank bank --card", built),
    "render": Command("render --schemas --into bank"),
    "import": Command("import csv labels.csv --into taken", table),
    "import parquet": Command("import csv labels.csv --into taken --parquet", table, ("parquet",), grows="manifest.json"),
    "import answers": Command("import label-studio tasks.json --into bank", exported, apart=(NAME,)),
    "export": Command("export jsonl --bank bank -o out/labels.jsonl", current),
    "export tasks": Command(f"export label-studio {NAME} --bank bank --into out"),
    "compare": Command("compare --bank bank --all --format parquet -o out.parquet", current),
    "report": Command("report --bank bank -o out.html", current),
    "code": Command("code --model stub --base-url {url} --jobs 1 --bank bank", apart=(NAME,)),
}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with Stub(respond_validly) as stub:
        yield stub.url


@pytest.fixture
def prepared(request: pytest.FixtureRequest, tmp_path: Path, url: str) -> tuple[Command, Path, list[str]]:
    command = COMMANDS[request.param]
    folder = tmp_path / "before"
    shutil.copytree(MINIMAL, folder / "bank")
    command.prepare(folder)
    return command, folder, command.args.format(url=url).split()


def files(folder: Path) -> Files:
    """Return the files of a folder, without staging folders of killed commands and run records."""
    paths = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {name: path.read_bytes() for name, path in paths.items() if "/.slantbank-" not in f"/{name}" and "records/" not in name}


def units(files_: Files, apart: tuple[str, ...]) -> dict[str, Files]:
    """Group files by what must be written as a whole: an article, the frames, or a single file."""
    whole: dict[str, Files] = {}
    for name, data in files_.items():
        parts = name.split("/")
        at = next((i for i, part in enumerate(parts) if part in ("articles", "parquet")), None)
        end = None if at is None else at + 1 + (parts[at] == "articles")
        unit = name if end is None or parts[end - 1] in apart else "/".join(parts[:end])
        whole.setdefault(unit, {})[name] = data
    return whole


def left(folder: Path) -> list[Path]:
    return [path for path in folder.rglob(".slantbank-*") if path.is_dir()]


def hold(folder: Path, before: Files, after: Files, command: Command) -> None:
    """Check that each unit is in the old or the new state, and that git ignores what is left of the work."""
    now, old, new = (units(state, command.apart) for state in (files(folder), before, after))
    for unit in {*now, *old, *new}:
        if unit.endswith(command.grows):
            assert all(map(json.loads, now.get(unit, {}).values()))
            continue
        assert now.get(unit) in (old.get(unit), new.get(unit)), unit
    for staging in left(folder):
        others = [path for path in staging.rglob("*") if path.name != ".gitignore"]
        assert not others or (staging / ".gitignore").read_bytes().startswith(b"*"), staging
    for record in folder.rglob("records/*.jsonl"):
        assert all(json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()[:-1])


def goes_on(run: Runner, folder: Path, args: list[str], after: Files) -> None:
    """Check that repeating the command gives the new state and leaves nothing else."""
    again = run(folder, *args)
    assert again.code in (0, 1, 2), again.output
    assert files(folder) == after, again.output
    assert left(folder) == []


@pytest.mark.parametrize("prepared", COMMANDS, indirect=True)
def test_a_killed_command_leaves_the_old_or_the_new_state_and_can_be_repeated(
    run: Runner, prepared: tuple[Command, Path, list[str]], tmp_path: Path
) -> None:
    command, folder, args = prepared
    before = files(folder)
    whole = run(shutil.copytree(folder, tmp_path / "after"), *args)
    assert whole.code in (0, 1), whole.output
    assert whole.steps
    after = files(tmp_path / "after")
    assert left(tmp_path / "after") == []
    assert after != before
    for step in range(1, whole.steps + 1):
        torn = shutil.copytree(folder, tmp_path / f"killed-{step}")
        assert run(torn, *args, step=step).code is None
        hold(torn, before, after, command)
        goes_on(run, torn, args, after)
        shutil.rmtree(torn)


def full(run: Runner, folder: Path, args: list[str], before: Files, after: Files, command: Command, **mishap: Any) -> None:
    result = run(folder, *args, **mishap)
    hold(folder, before, after, command)
    assert "Traceback" not in result.output
    if files(folder) != after:
        assert result.code == 1, result.output
    assert left(folder) == []


@pytest.mark.parametrize("prepared", COMMANDS, indirect=True)
def test_a_command_on_a_full_disk_leaves_the_old_state_says_so_and_can_be_repeated(
    run: Runner, prepared: tuple[Command, Path, list[str]], tmp_path: Path
) -> None:
    command, folder, args = prepared
    before = files(folder)
    run(shutil.copytree(folder, tmp_path / "after"), *args)
    after = files(tmp_path / "after")
    largest = max(len(data) for name, data in after.items() if before.get(name) != data)
    for room in (0, 1, 100, largest - 1):
        cramped = shutil.copytree(folder, tmp_path / f"room-{room}")
        full(run, cramped, args, before, after, command, room=room)
        goes_on(run, cramped, args, after)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk in memory."""
    (tmp_path / "disk").mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", tmp_path / "disk"], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.decode().strip()}")
    yield tmp_path / "disk"
    subprocess.run(["umount", tmp_path / "disk"], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="tmpfs is of Linux")
@pytest.mark.parametrize("prepared", COMMANDS, indirect=True)
def test_a_full_disk_is_reported_and_nothing_is_lost(
    run: Runner, prepared: tuple[Command, Path, list[str]], tmp_path: Path, disk: Path
) -> None:
    command, folder, args = prepared
    before = files(folder)
    run(shutil.copytree(folder, tmp_path / "after"), *args)
    shutil.copytree(folder, disk / "here")
    with suppress(OSError), (disk / "filled").open("wb", buffering=0) as filled:
        while filled.write(b"x" * 4096):
            pass
    full(run, disk / "here", args, before, files(tmp_path / "after"), command)
    (disk / "filled").unlink()
    goes_on(run, disk / "here", args, files(tmp_path / "after"))
