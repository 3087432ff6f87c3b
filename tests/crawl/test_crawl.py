"""Building a crawl shard by shard: every engine gives the same result, also after faults, and every refusal is reported."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import fsspec
import polars as pl
import pytest
from click.testing import CliRunner, Result
from fsspec.core import url_to_fs
from hypothesis import given, settings
from hypothesis import strategies as st

from slantbank import cli
from slantbank.bank import _article as articles
from slantbank.bank import _segment as segment
from slantbank.bank._article import Article, Metadata
from slantbank.bank._topic import Topic
from slantbank.codebook import Origin
from slantbank.crawl import _crawl as crawl
from slantbank.crawl import _engine as engine
from slantbank.crawl import _shard as shard
from slantbank.crawl import _sources as sources
from slantbank.crawl._job import WRITTEN, Job, ShardReport
from slantbank.frames import _schema as schema
from slantbank.frames import _store as store
from slantbank.frames import _tabulate as frames
from tests import faults as _faults  # noqa: F401 - puts its folder on the path, where workers look

sys.path.insert(0, str(Path(__file__).parents[1]))
import faults

TOPIC = Topic(id="bridge", title="The closing of a bridge")
TEXT = "Mr. Hale met the U.S. envoy. “So it is,” he said.\nThen it ended.  Nobody left — not yet."


def _records(name: str, size: int) -> list[dict[str, object]]:
    own = [{"id": f"{name}-{i}", "title": f"Head {i}", "text": TEXT, "topic": "bridge", "seen": 1} for i in range(size)]
    own.append({"id": "everywhere", "text": f"Told by {name}.\n{TEXT}", "topic": "bridge"})
    random.Random(name).shuffle(own)
    return own


def _write(path: Path, records: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")


@pytest.fixture
def crawled(tmp_path: Path) -> Path:
    """A folder of six shards; one id is in all of them."""
    folder = tmp_path / "crawled"
    folder.mkdir()
    for name in "abcde":
        _write(folder / f"{name}.jsonl", _records(name, 12))
    pl.DataFrame(_records("f", 12)).write_parquet(folder / "f.parquet")
    return folder


def _build(folder: Path, into: Path | str, run: engine.Engine = engine.run_in_process) -> crawl.Result:
    return crawl.build(sources.find_shards([str(folder)]), str(into), [TOPIC], run=run)


def _tree(folder: Path) -> dict[str, bytes]:
    """Every file of a result; no file names the folder, so that results in several folders can be compared."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def _memory() -> fsspec.AbstractFileSystem:
    """The file system in memory, emptied."""
    fs = fsspec.filesystem("memory")
    fs.store.clear()
    fs.pseudo_dirs[:] = [""]
    return fs


def _faulty(run: engine.Engine) -> engine.Engine:
    return lambda function, items: run(partial(faults.faulty, function), items)


# one shard


PIECES = st.sampled_from(
    ["\n", "\r\n", "\x1f", "\u2028", " ", "\t", "\xa0", "J\xa0.", "He said “no. Never.” She left.", "U.S. Only", "é!", "大。"]
)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from(["", " ", "Head", "Head \xa0 line"]), st.lists(PIECES, max_size=8)), min_size=1, max_size=5)
)
def test_a_shard_gives_the_same_rows_as_article_folders_with_the_same_texts(texts: list[tuple[str, list[str]]]) -> None:
    fs = _memory()
    records = [
        {"id": f"a-{n}", "title": title, "text": "".join(pieces), "topic": TOPIC.id} for n, (title, pieces) in enumerate(texts)
    ]
    fs.pipe_file("/in.jsonl", "\n".join(map(json.dumps, records)).encode())
    report = shard.build_shard(Job("memory://out", {TOPIC.id: crawl.topic_columns(TOPIC)}), 0, "memory:///in.jsonl")
    kept = []
    for record in records:
        title, text = str(record["title"]), str(record["text"])
        source = f"{title}\n\n{text}" if title.strip() else text
        if text.strip():
            canonical = segment.layout(source, segment.segment(source))
            fields = {"id": record["id"], "topic": TOPIC.id, "title": canonical.split("\n")[0], "origin": Origin.PUBLISHED}
            kept.append(Article(Metadata(**fields, source_sha256=articles.sha256(source)), source, canonical, {}))
    assert report.refused == ({"SB009": len(texts) - len(kept)} if len(kept) < len(texts) else {})
    expected = frames.tabulate([TOPIC], kept)
    for name in WRITTEN:
        if kept:
            file = Job("memory://out", {}).staging_path(report.parts[0][name])
            assert store.read_parquet(file).equals(expected[name])


REFUSED = {
    b'{"id": "a", "text": 5}': "SB104",
    b'{"id": "a"}': "SB105",
    b'{"text": "No id."}': "SB105",
    b'{"id": "a", "text": "No topic."}': "SB105",
    b'{"id": "Not An Id", "text": "T"}': "SB116",
    b'{"id": "a", "text": "T", "topic": "brigde"}': "SB403",
    b'{"id": "a", "text": " ", "topic": "bridge"}': "SB009",
    b'{"id": "a", "text": "T", "title": "One\\ntwo", "topic": "bridge"}': "SB107",
    b'{"text": "T", "url": "no url", "topic": "bridge"}': "SB107",
    b'{"id": "a", "author": ["A"], "text": ["T"], "topic": "bridge"}': "SB104",
    b'{"id": "b", "text": "T\\u0000", "topic": "bridge"}': "SB004",
    b'{"id": "c", "title": "A\\u0007", "text": "T", "topic": "bridge"}': "SB004",
    b'{"id": "a", "text": "\\ud800", "topic": "bridge"}': "SB104",
    b'{"id": "good", "text": "Twice.", "topic": "bridge"}': "SB401",
    b'{"id": "a", "text": "\xff"}': "SB001",
    b'{"id": "a", "te': "SB104",
    b"[1]": "SB104",
    b'{"id": "a", "text": "' + b"x" * 5_000_001 + b'", "topic": "bridge"}': "SB008",
    b'{"id": "a", "text": "' + b"x" * 45_000_000 + b'", "topic": "bridge"}': "SB008",
}


def test_a_record_that_breaks_a_rule_is_refused_and_the_others_are_built(tmp_path: Path) -> None:
    good = b'{"id": "good", "text": "One.", "topic": "bridge"}'
    path = tmp_path / "in.jsonl"
    path.write_bytes(b"\n".join([good, b"", *REFUSED, b'{"id": "last", "text": "Two.", "topic": "bridge"}']))
    result = _build(tmp_path, tmp_path / "out")
    assert [(problem.path, problem.line, problem.code) for problem in result.problems(str(tmp_path / "out"))] == [
        (str(path), line, code) for line, code in enumerate(REFUSED.values(), 3)
    ]
    assert pl.read_parquet(tmp_path / "out/articles/*.parquet")["article_id"].to_list() == ["good", "last"]


def test_a_record_without_an_id_gets_one_from_its_url(tmp_path: Path) -> None:
    record = {"url": "https://news.example/a", "text": "One.", "topic": "bridge", "published": "2024-05-01T10:00:00Z"}
    _write(tmp_path / "in.jsonl", [record, {**record, "text": "Taken again."}])
    result = _build(tmp_path, tmp_path / "out")
    row = pl.read_parquet(tmp_path / "out/articles/*.parquet").row(0, named=True)
    assert (len(row["article_id"]), str(row["published"])) == (32, "2024-05-01")
    assert result.refused == {"SB401": 1}


@pytest.mark.parametrize("suffix", ["gz", "bz2", "xz"])
def test_a_compressed_shard_gives_the_same_result(tmp_path: Path, crawled: Path, suffix: str) -> None:
    packed = tmp_path / "packed"
    packed.mkdir()
    with fsspec.open(str(packed / f"a.jsonl.{suffix}"), "wb", compression="infer") as file:
        file.write((crawled / "a.jsonl").read_bytes())
    _build(packed, tmp_path / "one")
    crawl.build([str(crawled / "a.jsonl")], str(tmp_path / "two"), [TOPIC])
    for name in WRITTEN:
        assert _tree(tmp_path / "one" / name) == _tree(tmp_path / "two" / name) != {}


def test_a_large_shard_has_several_valid_parts(tmp_path: Path, crawled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard, "BATCH", 5)
    result = _build(crawled, tmp_path / "out")
    assert [len(report.parts) for report in result.reports] == [3] * 6
    for name in WRITTEN:
        parts = sorted((tmp_path / "out" / name).iterdir())
        assert len(parts) == 18
        for path in parts:
            schema.validate(name, pl.read_parquet(path))
    assert result.total("articles") == 6 * 12 + 1


# across shards


def test_an_id_in_several_shards_is_kept_in_the_first_and_refused_in_the_others(tmp_path: Path, crawled: Path) -> None:
    result = _build(crawled, tmp_path / "out")
    rows = pl.read_parquet(tmp_path / "out/articles/*.parquet")
    assert rows["article_id"].is_unique().all()
    assert rows.filter(article_id="everywhere")["title"].to_list() == ["Told by a."]
    sentences = pl.read_parquet(tmp_path / "out/sentences/*.parquet")
    assert (rows["n_sentences"].sum(), rows.height) == (sentences.height, result.total("articles"))
    assert (result.total("sentences"), result.total("words")) == (sentences.height, sentences["n_words"].sum())
    first = next(n for n, record in enumerate(_records("a", 12), 1) if record["id"] == "everywhere")
    named = list(result.problems(str(tmp_path / "out")))
    assert [problem.code for problem in named] == ["SB401"] * 5
    assert all(problem.message.endswith(f"is used in {crawled}/a.jsonl:{first} too") for problem in named)


def test_duplicates_are_the_same_with_one_range_of_keys_and_with_many(
    tmp_path: Path, crawled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _build(crawled, tmp_path / "one")
    monkeypatch.setattr("slantbank.crawl._duplicates._KEYS_PER_TASK", 3)
    _build(crawled, tmp_path / "many")
    assert len(list((tmp_path / "many/_job/made/duplicates").iterdir())) > 8
    for folder in (*WRITTEN, "refused"):
        assert _tree(tmp_path / "one" / folder) == _tree(tmp_path / "many" / folder)


def test_the_same_call_again_changes_no_file_and_reads_no_shard(tmp_path: Path, crawled: Path) -> None:
    _build(crawled, tmp_path / "out")
    before = _tree(tmp_path / "out")
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "out/sentences").iterdir()}
    _build(crawled, tmp_path / "out")
    assert _tree(tmp_path / "out") == before
    assert times == {path: path.stat().st_mtime_ns for path in (tmp_path / "out/sentences").iterdir()}


def test_a_changed_shard_is_built_again_and_duplicates_removed_because_of_it_are_restored(tmp_path: Path, crawled: Path) -> None:
    _build(crawled, tmp_path / "out")
    _write(crawled / "a.jsonl", [{"id": "other", "text": TEXT, "topic": "bridge"}])
    _build(crawled, tmp_path / "out")
    _build(crawled, tmp_path / "anew")
    assert _tree(tmp_path / "out") == _tree(tmp_path / "anew")
    rows = pl.read_parquet(tmp_path / "out/articles/*.parquet").filter(article_id="everywhere")
    assert rows["title"].to_list() == ["Told by b."]


def test_an_unreadable_shard_is_reported_and_the_others_are_built(tmp_path: Path, crawled: Path) -> None:
    _build(crawled, tmp_path / "good")
    (crawled / "zz.jsonl.gz").write_bytes(b"no gzip")
    result = _build(crawled, tmp_path / "out")
    assert [(problem.path, problem.code) for problem in result.failed] == [(str(crawled / "zz.jsonl.gz"), "SB111")]
    for folder in (*WRITTEN, "refused"):
        assert _tree(tmp_path / "good" / folder) == _tree(tmp_path / "out" / folder)
    assert json.loads((tmp_path / "out/manifest.json").read_text())["complete"] is False
    (crawled / "zz.jsonl.gz").unlink()
    (crawled / "zz.jsonl.gz").write_bytes(__import__("gzip").compress(b""))
    assert _build(crawled, tmp_path / "out").failed == ()


def _view(into: Path | str) -> dict[str, bytes]:
    """The files that a reader of the result sees: all but those below `_job/`."""
    fs, root = url_to_fs(str(into))
    own = {name.removeprefix(root + "/"): fs.cat_file(name) for name in fs.find(root)}
    return {name: data for name, data in own.items() if not name.startswith("_job/")}


class _LateWorker:
    """A worker, in a thread, that stops before its `n`-th write and continues after `wake`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, work: Callable[[], object], n: int) -> None:
        self.stopped, self.resume = threading.Event(), threading.Event()
        self.wrote: list[str] = []
        write = store.write

        def slow(url: str, data: bytes, root: str | None = None) -> None:
            if threading.current_thread() is self.thread:
                if len(self.wrote) == n:
                    self.stopped.set()
                    assert self.resume.wait(60)
                self.wrote.append(url)
            write(url, data, root)

        monkeypatch.setattr(store, "write", slow)
        self.thread = threading.Thread(target=work)
        self.thread.start()
        assert self.stopped.wait(60)

    def wake(self) -> None:
        self.resume.set()
        self.thread.join()


@pytest.mark.parametrize("store_of_objects", [False, True], ids=["disk", "objects"])
@pytest.mark.parametrize("n", range(5), ids=["first part", "second part", "refusals", "keys", "report"])
def test_a_worker_that_writes_after_the_end_changes_no_file_of_the_result(
    tmp_path: Path, crawled: Path, monkeypatch: pytest.MonkeyPatch, n: int, store_of_objects: bool
) -> None:
    _memory()
    with (crawled / "b.jsonl").open("a") as file:
        file.write('{"text": "No id."}\n')
    into = "memory://out" if store_of_objects else str(tmp_path / "out")
    shards = sources.find_shards([str(crawled)])
    job = Job(into, {TOPIC.id: crawl.topic_columns(TOPIC)})
    crawl._start_job(job, shards)
    late = _LateWorker(monkeypatch, lambda: shard.build_shard(job, 1, shards[1]), n)  # it has looked, and found the shard not done
    _build(crawled, into)
    before = _view(into)
    late.wake()
    assert len(late.wrote) == 5
    assert _view(into) == before
    # what it wrote is the shard before what others have was taken out of it; the same call does that again, and nothing else
    read: list[str] = []
    opened = store.opened
    monkeypatch.setattr(store, "opened", lambda url: read.append(url) or opened(url))
    result = _build(crawled, into)
    assert _view(into) == before
    assert [url for url in read if url in shards] == ([shards[1]] if n > 0 else [])  # the end of the job had removed some of it
    assert result.total("articles") == 6 * 12 + 1
    anew = _build(crawled, tmp_path / "anew")
    assert anew == result
    if not store_of_objects:
        assert _tree(tmp_path / "out") == _tree(tmp_path / "anew")


@pytest.mark.parametrize("n", range(4), ids=["first part", "second part", "refusals", "report"])
def test_a_late_worker_that_removes_outdated_duplicates_changes_nothing(
    tmp_path: Path, crawled: Path, monkeypatch: pytest.MonkeyPatch, n: int
) -> None:
    late: list[_LateWorker] = []

    def stopped(function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        if items and isinstance(items[0][0], ShardReport):
            late.append(_LateWorker(monkeypatch, partial(function, items[0]), n))
        yield from engine.run_in_process(function, items)

    _build(crawled, tmp_path / "out", stopped)
    _write(crawled / "a.jsonl", [{"id": "other", "text": TEXT, "topic": "bridge"}])
    _build(crawled, tmp_path / "out")
    before = _tree(tmp_path / "out")
    late[0].wake()
    assert len(late[0].wrote) == 4
    assert _view(tmp_path / "out") == {name: data for name, data in before.items() if not name.startswith("_job/")}
    _build(crawled, tmp_path / "out")
    assert _tree(tmp_path / "out") == before


@pytest.mark.parametrize("store_of_objects", [False, True], ids=["disk", "objects"])
def test_a_job_that_is_killed_while_moving_files_continues(
    tmp_path: Path, crawled: Path, monkeypatch: pytest.MonkeyPatch, store_of_objects: bool
) -> None:
    _memory()
    into = "memory://out" if store_of_objects else str(tmp_path / "out")
    move = store.move

    def broken(places: dict[str, str]) -> None:
        if store_of_objects:  # copied, and not yet removed where they were
            fs = fsspec.filesystem("memory")
            for old, new in list(places.items())[:5]:
                fs.cp_file(old, new)
        else:
            move(dict(list(places.items())[:5]))
        raise store.OutputError(5, "the power is gone")

    with monkeypatch.context() as patch:
        patch.setattr(store, "move", broken)
        with pytest.raises(OSError, match="power"):
            _build(crawled, into)
    view = _view(into)
    assert len([name for name in view if name.startswith((*WRITTEN, "refused"))]) == 5
    assert "manifest.json" not in view
    with monkeypatch.context() as patch:
        patch.setattr(shard, "read_articles", lambda *_: pytest.fail("a shard is read again"))
        result = _build(crawled, into)
    assert result == _build(crawled, tmp_path / "anew")
    assert {name: data for name, data in _view(into).items() if name != "manifest.json"} == {
        name: data for name, data in _view(tmp_path / "anew").items() if name != "manifest.json"
    }


def test_a_removed_file_is_built_again(tmp_path: Path, crawled: Path) -> None:
    _build(crawled, tmp_path / "out")
    before = _tree(tmp_path / "out")
    next((tmp_path / "out/sentences").iterdir()).unlink()
    _build(crawled, tmp_path / "out")
    assert _tree(tmp_path / "out") == before


def test_a_folder_with_another_job_or_other_files_is_refused(tmp_path: Path, crawled: Path) -> None:
    _build(crawled, tmp_path / "out")
    before = _tree(tmp_path / "out")
    with pytest.raises(ValueError, match="was begun with other shards"):
        crawl.build(sources.find_shards([str(crawled)])[:2], str(tmp_path / "out"), [TOPIC])
    assert _tree(tmp_path / "out") == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes").touch()
    with pytest.raises(FileExistsError):
        _build(crawled, tmp_path / "mine")
    with pytest.raises(FileNotFoundError):
        sources.find_shards([str(tmp_path / "none*.jsonl")])


def test_the_result_in_object_storage_is_the_same_as_on_disk(tmp_path: Path, crawled: Path) -> None:
    fs = _memory()
    for path in crawled.iterdir():
        fs.pipe_file(f"/crawled/{path.name}", path.read_bytes())
    crawl.build(sources.find_shards(["memory://crawled/*"]), "memory://out", [TOPIC])
    _build(crawled, f"file://{tmp_path}/out")
    for name, data in _tree(tmp_path / "out").items():
        if name.startswith(WRITTEN):
            assert fs.cat_file(f"/out/{name}") == data


# the command


def _command(tmp_path: Path, *arguments: str) -> Result:
    (tmp_path / "bank" / "topics").mkdir(parents=True, exist_ok=True)
    (tmp_path / "bank" / "topics" / "bridge.toml").write_text(f'id = "bridge"\ntitle = "{TOPIC.title}"\n', encoding="utf-8")
    return CliRunner().invoke(cli.cli, ["build", *arguments, "--bank", str(tmp_path / "bank"), "--workers", "1"])


def test_the_command_builds_shards_and_reports_refused_records(tmp_path: Path) -> None:
    _write(tmp_path / "a.jsonl", [{"id": "one", "text": "One.", "topic": "bridge", "seen": 1}])
    into = ["--into", str(tmp_path / "out")]
    result = _command(tmp_path, str(tmp_path / "*.jsonl"), *into)
    assert (result.exit_code, result.stdout) == (0, f"{tmp_path}/out: 1 article, 1 sentence of 1 shard\nkeys ignored: seen (1)\n")
    _write(tmp_path / "a.jsonl", [{"id": "one", "text": "One."}])
    result = _command(tmp_path, str(tmp_path / "*.jsonl"), *into)
    assert result.exit_code == 1
    assert f"{tmp_path}/a.jsonl:1:1: error SB105 missing-key: article 'one': missing key 'topic'" in result.stderr
    assert f"1 record refused (1 SB105); {tmp_path}/out/refused/ names each" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["a.jsonl"], 2, "--into"),
        (["--topic", "bridge"], 2, "--topic is for shards"),
        (["a.jsonl", "--into", "out", "--topic", "brigde"], 2, "did you mean 'bridge'"),
        (["a.jsonl", "--into", "out", "--address", "tcp://127.0.0.1:1"], 2, "--engine dask"),
        (["none.jsonl", "--into", "out"], 1, "no shard"),
        (["a.txt", "--into", "out"], 2, "is not a shard"),
        (["a.jsonl", "--into", "bank"], 1, "holds something else"),
    ],
)
def test_a_wrong_call_exits_2_and_an_unwritable_place_exits_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.jsonl").touch()
    (tmp_path / "a.txt").touch()
    result = _command(tmp_path, *arguments)
    if arguments == ["--topic", "bridge"]:
        result = CliRunner().invoke(cli.cli, ["build", *arguments])
    assert (result.exit_code, message in result.stderr) == (code, True), result.stderr


# engines, and what happens to them


@pytest.fixture
def expected(tmp_path: Path, crawled: Path) -> dict[str, bytes]:
    """The result of one process without faults."""
    _build(crawled, tmp_path / "here")
    return _tree(tmp_path / "here")


def _same(folder: Path, expected: dict[str, bytes]) -> None:
    files = _tree(folder)
    assert files.keys() == expected.keys()
    assert [name for name in expected if files[name] != expected[name]] == []


@pytest.mark.cluster
def test_a_process_pool_gives_the_same_bytes_and_reports_a_shard_that_kills_its_worker(tmp_path: Path, crawled: Path) -> None:
    (crawled / "killer.jsonl").touch()
    with engine.process_pool(2) as run:
        result = _build(crawled, tmp_path / "out", _faulty(run))
    assert [problem.message for problem in result.failed] == [f"cannot be read: {engine.WORKER_LOST.reason}"]
    result = _build(crawled, tmp_path / "out")
    assert result.failed == ()
    _build(crawled, tmp_path / "here")
    _same(tmp_path / "out", _tree(tmp_path / "here"))


@pytest.mark.cluster
def test_a_full_disk_leaves_no_incomplete_file_and_the_job_can_continue(
    tmp_path: Path, crawled: Path, expected: dict[str, bytes]
) -> None:
    resource = pytest.importorskip("resource", reason="Windows limits no file")
    bank = tmp_path / "bank"
    (bank / "topics").mkdir(parents=True)
    (bank / "topics" / "bridge.toml").write_text(f'id = "bridge"\ntitle = "{TOPIC.title}"\n', encoding="utf-8")
    command = [sys.executable, "-m", "slantbank", "build", str(crawled), "--into", str(tmp_path / "out"), "--bank", str(bank)]
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))  # noqa: E731
    full = subprocess.run([*command, "--workers", "2"], preexec_fn=limit, capture_output=True, text=True, check=False)
    assert full.returncode == 1, full.stderr
    assert "the same call continues" in full.stderr
    assert not (tmp_path / "out/manifest.json").exists()
    for path in (tmp_path / "out").rglob("*.parquet"):
        pl.read_parquet(path)
    assert [path for path in (tmp_path / "out").rglob(".*") if path.is_file()] == []
    again = subprocess.run([*command, "--workers", "2"], capture_output=True, text=True, check=False)
    assert again.returncode == 1, again.stderr  # the ids that are there twice
    _same(tmp_path / "out", expected)


class _Cluster:
    """A scheduler and workers, each a process of its own, over TCP."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.file = folder / "scheduler.json"
        paths = os.pathsep.join(filter(None, [faults.path(), os.environ.get("PYTHONPATH")]))
        self.environment = {**os.environ, "PYTHONPATH": paths, **settings}
        self.scheduler = self._start("dask_scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(self.file))
        deadline = time.monotonic() + 60
        while not (self.file.exists() and self.file.read_text().endswith("}")) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.address: str = json.loads(self.file.read_text())["address"]
        self.workers = [self.worker() for _ in range(2)]

    def _start(self, name: str, *arguments: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{name}", *arguments],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def worker(self) -> "subprocess.Popen[bytes]":
        return self._start("dask_worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--death-timeout", "30")

    def stop(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Callable[..., _Cluster]]:
    with contextlib.ExitStack() as stack:

        def start(**settings: str) -> _Cluster:
            folder = tmp_path / f"cluster-{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            started = _Cluster(folder, **settings)
            stack.callback(started.stop)
            return started

        yield start


def _during(crawled: Path, act: Callable[[int], None]) -> Callable[[], None]:
    """Start a thread that acts on the first process that waits on the shard `waits`, and lets others pass; returns its `join`."""

    def watch() -> None:
        deadline = time.monotonic() + 60
        while not (crawled / "pids").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.1)
        act(int((crawled / "pids").read_text().split()[0]))
        (crawled / "go").touch()

    thread = threading.Thread(target=watch)
    thread.start()
    return thread.join


def _waiting(crawled: Path) -> None:
    (crawled / "b.jsonl").rename(crawled / "waits.jsonl")


@pytest.mark.cluster
@pytest.mark.parametrize("stopped", [False, True], ids=["killed", "stopped for longer than the scheduler waits"])
def test_a_lost_worker_loses_no_result(tmp_path: Path, crawled: Path, cluster: Callable[..., _Cluster], stopped: bool) -> None:
    _waiting(crawled)
    (crawled / "c.jsonl").rename(crawled / "slow.jsonl")
    cluster_ = cluster(DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL="3s")
    pids: list[int] = []

    def act(pid: int) -> None:
        pids.append(pid)
        os.kill(pid, signal.SIGSTOP if stopped else signal.SIGKILL)

    join = _during(crawled, act)
    with engine.dask(cluster_.address, 2) as run:
        _build(crawled, tmp_path / "out", _faulty(run))
    join()
    (crawled / "pids").unlink()
    _build(crawled, tmp_path / "here")
    _same(tmp_path / "out", _tree(tmp_path / "here"))
    if stopped:  # it wakes up, and ends its work too late
        os.kill(pids[0], signal.SIGCONT)
        time.sleep(1)
        assert _view(tmp_path / "out") == _view(tmp_path / "here")


@pytest.mark.cluster
def test_a_killed_scheduler_ends_the_job_and_another_scheduler_continues_it(
    tmp_path: Path, crawled: Path, cluster: Callable[..., _Cluster]
) -> None:
    (crawled / "f.parquet").unlink()
    (crawled / "e.jsonl").rename(crawled / "waits.jsonl")
    cluster_ = cluster()
    join = _during(crawled, lambda _: cluster_.scheduler.send_signal(signal.SIGKILL))
    with pytest.raises(OSError, match="the same call continues"), engine.dask(cluster_.address, 2) as run:
        _build(crawled, tmp_path / "out", _faulty(run))
    join()
    assert not (tmp_path / "out/manifest.json").exists()
    finished = {path: path.stat().st_mtime_ns for path in (tmp_path / "out/_job/done").iterdir()}
    assert finished
    other = cluster()
    with engine.dask(other.address, 2) as run:
        _build(crawled, tmp_path / "out", run)
    (crawled / "pids").unlink()
    _build(crawled, tmp_path / "here")
    _same(tmp_path / "out", _tree(tmp_path / "here"))


@pytest.mark.cluster
def test_a_cluster_reports_a_shard_that_kills_its_workers_and_builds_the_others(
    tmp_path: Path, crawled: Path, expected: dict[str, bytes]
) -> None:
    (crawled / "killer.jsonl").touch()
    with engine.dask(None, 2) as run:
        result = _build(crawled, tmp_path / "out", _faulty(run))
    assert [problem.path for problem in result.failed] == [str(crawled / "killer.jsonl")]
    files = _tree(tmp_path / "out")
    assert [name for name in expected if name.startswith((*WRITTEN, "refused")) and files[name] != expected[name]] == []
