"""Shards in WARC: every record is built, counted or refused, and no file stops the job. All pages here are invented."""

import contextlib
import gzip
import io
import json
import subprocess
import sys
import time
import zlib
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from slantbank import cli
from slantbank.bank._topic import Topic
from slantbank.crawl import _crawl as crawl
from slantbank.crawl import _engine as engine
from slantbank.crawl import _sources as sources
from slantbank.crawl import _warc as warc
from slantbank.frames import _schema as schema

TOPIC = Topic(id="ferry", title="The fares of a ferry")
DAY = "2024-05-07T23:10:00Z"
BODY = (
    "<p>The harbour council voted on Monday to raise the fares of the ferry in July, by a tenth for those who cross every day.</p>"
    "<p>“We will not sail at a loss,” said Dora Quill, who chairs it. Nobody spoke against it — the hall was empty.</p>"
    "<p>The two boats have carried 4,000 people a day since the spring, as many as before the bridge was opened upstream.</p>"
)
HTML = (
    "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Ferry fares rise</title>"
    "<meta name='author' content='Sam Hart'><meta property='article:published_time' content='2024-05-06'></head>"
    f"<body><article><h1>Ferry fares rise</h1>{BODY}</article></body></html>"
)
SENTENCES = [
    "Ferry fares rise",
    "The harbour council voted on Monday to raise the fares of the ferry in July, by a tenth for those who cross every day.",
    "“We will not sail at a loss,” said Dora Quill, who chairs it.",
    "Nobody spoke against it — the hall was empty.",
    "The two boats have carried 4,000 people a day since the spring, as many as before the bridge was opened upstream.",
]
KIND = ("Content-Type", "text/html; charset=utf-8")


class Archive:
    """A WARC file written by warcio."""

    def __init__(self, *, packed: bool = True) -> None:
        self.out = io.BytesIO()
        self.writer = WARCWriter(self.out, gzip=packed)

    def add(self, kind: str, url: str, content: bytes, media_type: str = "", http: Any = None, **more: str) -> "Archive":
        headers = {"WARC-Date": DAY, **{name.replace("_", "-"): value for name, value in more.items()}}
        record = self.writer.create_warc_record(
            url, kind, io.BytesIO(content), http_headers=http, warc_content_type=media_type, warc_headers_dict=headers
        )
        self.writer.write_record(record)
        return self

    def page(
        self, name: str, content: bytes | str = HTML, *fields: tuple[str, str], status: str = "200 OK", **more: str
    ) -> "Archive":
        data = content.encode() if isinstance(content, str) else content
        http = StatusAndHeaders(status, list(fields or (KIND,)), protocol="HTTP/1.1")
        return self.add("response", f"https://news.example/{name}", data, http=http, **more)

    def text(self, name: str, content: bytes | str) -> "Archive":
        data = content.encode() if isinstance(content, str) else content
        return self.add("conversion", f"https://news.example/{name}", data, "text/plain")

    def save(self, path: Path) -> Path:
        path.write_bytes(self.out.getvalue())
        return path


def _build(folder: Path, into: Path, run: engine.Engine = engine.run_in_process) -> crawl.Result:
    return crawl.build(sources.find_shards([str(folder)]), str(into), [TOPIC], topic=TOPIC.id, run=run)


def _rows(into: Path, frame: str = "articles") -> pl.DataFrame:
    rows = pl.read_parquet(into / frame / "*.parquet")
    schema.validate(frame, rows)
    return rows.sort("url" if frame == "articles" else "sentence_id")


def _texts(into: Path) -> list[str]:
    return pl.read_parquet(into / "sentences" / "*.parquet").sort("article_id", "n")["text"].to_list()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "crawled"
    path.mkdir()
    return path


def _problems(result: crawl.Result, into: Path) -> list[tuple[int, str]]:
    return [(problem.line, problem.code) for problem in result.problems(str(into))]


# what is taken


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
def test_a_page_is_extracted_and_its_note_lists_what_was_extracted(tmp_path: Path, folder: Path, name: str) -> None:
    Archive(packed=name.endswith("gz")).page("fares?day=1").save(folder / name)
    result = _build(folder, tmp_path / "out")
    row = _rows(tmp_path / "out").row(0, named=True)
    expected = {"title": "Ferry fares rise", "author": "Sam Hart", "language": "en", "url": "https://news.example/fares?day=1"}
    assert {key: row[key] for key in expected} == expected
    assert str(row["published"]) == "2024-05-06"
    assert _texts(tmp_path / "out") == SENTENCES
    assert row["note"].startswith("Extracted from an HTML page with trafilatura ")
    assert row["note"].endswith("Fetched on 2024-05-07. Found by it: title, text, author, published, language.")
    assert (result.refused, result.failed) == ({}, ())


def test_a_plain_text_of_common_crawl_is_kept_as_it_is(tmp_path: Path, folder: Path) -> None:
    archive = Archive().add("warcinfo", "", b"format: WARC", "application/warc-fields")
    archive.text("a", "Ferry fares rise\nThe council voted. Nobody spoke.\n").save(folder / "a.warc.wet.gz")
    result = _build(folder, tmp_path / "out")
    assert _texts(tmp_path / "out") == ["Ferry fares rise", "The council voted.", "Nobody spoke."]
    assert _rows(tmp_path / "out")["note"].to_list() == ["Doubtful headline: it is the first line of all that the page holds."]
    assert result.remarked == {"doubtful headline": 1}
    assert result.passed_over == {"warcinfo": 1}


def test_the_id_of_a_page_is_made_of_its_url_as_for_any_record(tmp_path: Path, folder: Path) -> None:
    Archive().page("a").save(folder / "a.warc.gz")
    (folder / "b.jsonl").write_text(json.dumps({"url": "https://news.example/a", "text": "The same.", "topic": "ferry"}))
    result = _build(folder, tmp_path / "out")
    assert _rows(tmp_path / "out")["title"].to_list() == ["Ferry fares rise"]
    assert [problem.message.partition(" is used in ")[2] for problem in result.problems(str(tmp_path / "out"))] == [
        f"{folder}/a.warc.gz:1 too"
    ]


def _chunks(data: bytes) -> bytes:
    parts = [data[at : at + 100] for at in range(0, len(data), 100)]
    return b"".join(b"%x;x=y\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


CHUNKED, GZIP = ("Transfer-Encoding", "chunked"), ("Content-Encoding", "gzip")
PACKED = gzip.compress(HTML.encode(), mtime=0)


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        (_chunks(HTML.encode()), [KIND, CHUNKED]),
        (PACKED, [KIND, GZIP]),
        (_chunks(PACKED), [KIND, CHUNKED, GZIP]),
        (HTML.encode(), [KIND, CHUNKED, GZIP, ("Content-Length", "12")]),
        (HTML.replace("utf-8", "windows-1252").encode("cp1252"), [("Content-Type", "text/html")]),
        (HTML.replace("utf-8", "utf-16").encode("utf-16"), [("Content-Type", "text/html")]),
        (HTML.replace("utf-8", "").encode("gb18030"), [("Content-Type", "TEXT/HTML; Charset=GB18030")]),
        (HTML.encode(), [("Content-Type", "application/xhtml+xml")]),
    ],
    ids=["chunks", "packed", "packed in chunks", "unpacked by the crawler", "cp1252", "utf-16", "a charset of HTTP", "xhtml"],
)
def test_transfer_and_content_encodings_give_the_same_page(
    tmp_path: Path, folder: Path, content: bytes, fields: list[tuple[str, str]]
) -> None:
    Archive().page("a", content, *fields).save(folder / "a.warc.gz")
    result = _build(folder, tmp_path / "out")
    assert list(result.problems(str(tmp_path / "out"))) == []
    assert _texts(tmp_path / "out") == SENTENCES


def test_a_status_line_of_http_2_is_accepted(tmp_path: Path, folder: Path) -> None:
    Archive(packed=False).page("a").save(folder / "a.warc")
    data = (folder / "a.warc").read_bytes()
    (folder / "a.warc").write_bytes(data.replace(b"HTTP/1.1 200 OK\r\n", b"HTTP/2 200     \r\n"))
    _build(folder, tmp_path / "out")
    assert _texts(tmp_path / "out") == SENTENCES


def test_a_page_that_was_fetched_on_the_last_day_is_read(tmp_path: Path, folder: Path) -> None:
    Archive().page("a", WARC_Date="9999-12-31T23:59:59Z").save(folder / "a.warc.gz")
    assert _build(folder, tmp_path / "out").total("articles") == 1


def test_a_very_long_media_type_is_read_quickly() -> None:
    archive = Archive(packed=False)
    for number in range(100):
        archive.page(f"{number}", HTML, ("Content-Type", "text/html" + ';"' * 30_000))
    start = time.process_time()
    payloads = [warc.payload(record) for record in warc.read_records(io.BytesIO(archive.out.getvalue()))]
    assert payloads == ["response of no known type"] * 100
    assert time.process_time() - start < 5


def test_a_publication_date_after_the_fetch_is_not_taken(tmp_path: Path, folder: Path) -> None:
    Archive().page("a", HTML.replace("2024-05-06", "2024-06-06")).page("b", HTML.replace("2024-05-06", "2024-05-08")).save(
        folder / "a.warc.gz"
    )
    _build(folder, tmp_path / "out")
    assert list(map(str, _rows(tmp_path / "out")["published"])) == ["None", "2024-05-08"]  # it was the 8th further east


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["conversion", "metadata", "resource"]), st.binary(max_size=300) | st.just(b"\r\n\r\nWARC/1.0\r\n")
        ),
        max_size=6,
    ),
    st.booleans(),
)
def test_records_are_the_same_as_those_read_by_warcio(blocks: list[tuple[str, bytes]], packed: bool) -> None:
    archive = Archive(packed=packed)
    for number, (kind, content) in enumerate(blocks):
        archive.add(kind, f"https://news.example/{number}", content, "text/plain")
    data = archive.out.getvalue()
    file: Any = gzip.GzipFile(fileobj=io.BytesIO(data)) if packed else io.BytesIO(data)
    ours = [
        (record.headers["warc-type"], record.headers["warc-target-uri"], record.block.readall())
        for record in warc.read_records(file)
    ]
    other = [
        (record.rec_type, record.rec_headers.get_header("WARC-Target-URI"), record.raw_stream.read())
        for record in ArchiveIterator(io.BytesIO(data))
    ]
    assert ours == other


# what is counted, and what is named


def test_records_without_a_page_are_counted_by_type(tmp_path: Path, folder: Path) -> None:
    archive = Archive().add("warcinfo", "", b"software: none", "application/warc-fields").page("a")
    archive.add("request", "https://news.example/a", b"GET / HTTP/1.1\r\n\r\n", "application/http; msgtype=request")
    archive.page("gone", "Gone.", status="404 Not Found").page("moved", "", status="301 Moved")
    archive.page("picture", b"\x89PNG", ("Content-Type", "image/png")).page("data", "{}", ("Content-Type", "application/json"))
    archive.page("bare", "x", ("X-Other", "y")).page("odd", "x", ("Content-Type", "\x1b[31m/x"))
    archive.add("response", "dns:news.example", b"news.example 1 IN A", "text/dns")
    archive.add("metadata", "https://news.example/a", b"fetchTimeMs: 5", "application/warc-fields")
    archive.add("conversion", "https://news.example/a", b"{}", "application/json").add(
        "archive-up", "https://news.example/a", b"", "x/y"
    )
    archive.save(folder / "a.warc.gz")
    result = _build(folder, tmp_path / "out")
    assert result.passed_over == {
        "warcinfo": 1,
        "request": 1,
        "response 404": 1,
        "response 301": 1,
        "response image/*": 1,
        "response application/*": 1,
        "response of no known type": 2,
        "response not of HTTP": 1,
        "metadata": 1,
        "conversion not to text": 1,
        "of no known type": 1,
    }
    assert (result.total("articles"), result.refused, result.failed) == (1, {}, ())
    assert json.loads((tmp_path / "out/manifest.json").read_text())["passed_over"] == result.passed_over


REFUSED: dict[str, tuple[str, Any]] = {
    "the same address": ("SB401", lambda archive: archive.page("good", HTML)),
    "no article": ("SB009", lambda archive: archive.page("a;x=1", "<html><body><p>Enable JavaScript.</p></body></html>")),
    "an empty page": ("SB009", lambda archive: archive.page("b", "")),
    "an empty text": ("SB009", lambda archive: archive.text("c", " \n")),
    "no headline": ("SB105", lambda archive: archive.page("d", f"<html><body><article>{BODY}</article></body></html>")),
    "another charset than is said": ("SB001", lambda archive: archive.page("e", HTML.encode("cp1252"))),
    "no known charset": (
        "SB001",
        lambda archive: archive.page("f", HTML.encode("cp1252"), ("Content-Type", "text/html; charset=x-mine")),
    ),
    "a text not in UTF-8": ("SB001", lambda archive: archive.text("g", b"\xff\xfe\xfa")),
    "an address with a space": ("SB107", lambda archive: archive.page("h h", HTML)),
    "no address": ("SB105", lambda archive: archive.add("conversion", "", b"A text.", "text/plain")),
    "packed in an unknown way": ("SB107", lambda archive: archive.page("i", HTML, KIND, ("Content-Encoding", "br"))),
    "packed and cut": ("SB107", lambda archive: archive.page("j", PACKED[:-20], KIND, GZIP)),
    "packed and broken": ("SB107", lambda archive: archive.page("k", PACKED[:40] + b"\xff" * 40, KIND, GZIP)),
    "chunks that are cut": ("SB107", lambda archive: archive.page("l", _chunks(HTML.encode())[:200], KIND, CHUNKED)),
    "chunks without a size": ("SB107", lambda archive: archive.page("m", b"abcxyz\r\n" + HTML.encode(), KIND, CHUNKED)),
    "chunks without a size, packed": ("SB107", lambda archive: archive.page("mm", b"abcxyz\r\n" + PACKED, KIND, CHUNKED, GZIP)),
    "cut by the crawler": ("SB107", lambda archive: archive.page("n", HTML, WARC_Truncated="length")),
    "no day": ("SB107", lambda archive: archive.page("o", HTML, WARC_Date="soon")),
    "no HTTP": (
        "SB107",
        lambda archive: archive.add("response", "https://news.example/p", b"", http=StatusAndHeaders("x", [], "SMTP")),
    ),
    "thousands of headers": ("SB107", lambda archive: archive.page("q", HTML, KIND, *((f"X-{n}", "y") for n in range(5_000)))),
    "a header without end": ("SB107", lambda archive: archive.page("r", HTML, KIND, ("X", "y" * 100_000))),
    "a large page": ("SB008", lambda archive: archive.page("s", f"<!--{'x' * 5_000_000}-->{HTML}")),
    "a page that unpacks to a large one": (
        "SB008",
        lambda archive: archive.page("t", gzip.compress(bytes(300_000_000), 1), KIND, GZIP),
    ),
    "a large text": ("SB008", lambda archive: archive.text("u", "word " * 600_000)),
    "a text larger than is read": ("SB008", lambda archive: archive.text("v", "word " * 1_200_000)),
    "elements without end": ("SB008", lambda archive: archive.page("w", HTML.replace("<p>", "<b></b>" * 31_000 + "<p>", 1))),
    "deep elements": ("SB008", lambda archive: archive.page("x", HTML.replace("<p>", "<div>" * 300 + "<p>", 1))),
    "a null character": ("SB004", lambda archive: archive.page("y", HTML.replace("Monday", "Mon\0day"))),
}


def test_a_record_without_a_valid_article_is_refused_by_number_and_the_others_are_built(tmp_path: Path, folder: Path) -> None:
    archive = Archive().page("good")
    for _, add in REFUSED.values():
        add(archive)
    archive.page("last").save(folder / "a.warc.gz")
    result = _build(folder, tmp_path / "out")
    assert result.failed == ()
    problems = dict(zip(REFUSED, _problems(result, tmp_path / "out"), strict=True))
    assert problems == {name: (line, code) for line, (name, (code, _)) in enumerate(REFUSED.items(), 2)}
    assert _rows(tmp_path / "out")["url"].to_list() == ["https://news.example/good", "https://news.example/last"]
    messages = [problem.message for problem in result.problems(str(tmp_path / "out"))]
    assert not any("--title" in message or "save" in message for message in messages)  # what nobody can do here
    assert "'https://news.example/a;x=1': no article was found in the page" in messages


# files that are broken


def _broken() -> dict[str, bytes]:
    packed, plain = (Archive(packed=packed_).page("a").page("b").out.getvalue() for packed_ in (True, False))
    head, _, rest = plain.partition(b"Content-Length: ")
    digits, _, tail = rest.partition(b"\r\n")
    length = lambda value: head + b"Content-Length: " + value + b"\r\n" + tail  # noqa: E731
    return {
        "cut": packed[:-200],
        "cut in the last check sum": packed[:-4],
        "cut, not packed": plain[:-200],
        "cut in a head": plain[: len(plain) // 2 + 100],
        "packed, garbage between records": packed + b"garbage" + packed,
        "garbage between records": plain + b"garbage\r\n" + plain,
        "no WARC": b"<html>",
        "no gzip": b"WARC/1.0\r\n",
        "bytes that changed": packed[:300] + bytes([packed[300] ^ 255]) + packed[301:],
        "a length that is too short": length(b"%d" % (int(digits) - 50)),
        "a length that is too long": length(b"%d" % (int(digits) + 50)),
        "a length beyond the file": length(b"999999999999"),
        "a length that is none": length(b"-5"),
        "a length of many digits": length(b"9" * 10_000),
        "no length": head + tail,
        "a head without end": b"WARC/1.0\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(200_000)) + b"\r\n",
        "a line without end": b"WARC/1.0\r\nX: " + b"y" * 3_000_000,
        "a version that is not known": plain.replace(b"WARC/1.", b"WARC/7."),
    }


@pytest.mark.parametrize("name", _broken())
def test_a_broken_warc_file_is_reported_and_the_others_are_built(tmp_path: Path, folder: Path, name: str) -> None:
    data = _broken()[name]
    packed = data.startswith(b"\x1f\x8b") or name == "no gzip"
    (folder / ("b.warc.gz" if packed else "b.warc")).write_bytes(data)
    Archive().page("good").save(folder / "a.warc.gz")
    result = _build(folder, tmp_path / "out")
    assert [(Path(problem.path).name[0], problem.code) for problem in result.failed] == [("b", "SB111")]
    assert "from record" in result.failed[0].message
    assert _rows(tmp_path / "out")["url"].to_list() == ["https://news.example/good"]
    assert json.loads((tmp_path / "out/manifest.json").read_text())["complete"] is False


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_any_bytes_give_records_or_a_refusal(data: st.DataObject) -> None:
    archive = bytearray(Archive(packed=False).page("a").text("b", "A text.").page("c", PACKED, KIND, GZIP).out.getvalue())
    for _ in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.integers(0, len(archive)))
        archive[at : at + data.draw(st.integers(0, 30))] = data.draw(
            st.binary(max_size=30) | st.sampled_from([b"\r\n", b"WARC/1.0\r\n"])
        )
    with contextlib.suppress(ValueError, EOFError):
        for record in warc.read_records(io.BytesIO(bytes(archive))):
            with contextlib.suppress(ValueError):
                warc.payload(record)


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is told by /proc")
def test_a_decompression_bomb_is_read_in_little_memory(tmp_path: Path, folder: Path) -> None:
    # 800 MB of one record, packed to less than 4 MB
    size = 800_000_000
    pack = zlib.compressobj(1, wbits=31)
    head = f"WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Date: {DAY}\r\nContent-Type: text/plain\r\nContent-Length: {size}\r\n\r\n"
    with (folder / "a.warc.gz").open("wb") as file:
        file.write(pack.compress(head.encode()))
        for _ in range(size // 10_000_000):
            file.write(pack.compress(bytes(10_000_000)))
        file.write(pack.compress(b"\r\n\r\n") + pack.flush() + Archive().page("after").out.getvalue())
    program = (
        "import re, sys; from pathlib import Path; from slantbank.crawl import _job, _shard as shard\n"
        "ferry = {'topic_title': 'Ferry', 'axis': None, 'collection': 'core', 'split': 'train'}\n"
        "job = _job.Job(sys.argv[2], {'ferry': ferry}, 'ferry')\n"
        "report = shard.build_shard(job, 0, sys.argv[1])\n"
        "print(report.articles, report.refused, re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1])"
    )
    arguments = [sys.executable, "-c", program, str(folder / "a.warc.gz"), str(tmp_path / "out")]
    result = subprocess.run(arguments, capture_output=True, text=True, check=True)
    articles, refused, peak = result.stdout.replace("{'SB008': 1}", "SB008").split()
    assert (articles, refused) == ("1", "SB008")
    assert int(peak) < 400_000  # of them 200,000 for what is imported


# the job


def test_a_finished_warc_shard_is_kept_and_a_changed_one_is_built_again(tmp_path: Path, folder: Path) -> None:
    Archive().page("a").page("b").save(folder / "a.warc.gz")
    Archive().page("b").page("c").save(folder / "b.warc.gz")
    first = _build(folder, tmp_path / "out")
    assert (first.total("articles"), first.refused) == (3, {"SB401": 1})
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "out/articles").iterdir()}
    assert _build(folder, tmp_path / "out") == first
    assert times == {path: path.stat().st_mtime_ns for path in (tmp_path / "out/articles").iterdir()}
    Archive().page("a").save(folder / "a.warc.gz")
    assert _build(folder, tmp_path / "out").refused == {}


@pytest.mark.cluster
def test_a_process_pool_gives_the_same_bytes_for_warc_shards(tmp_path: Path, folder: Path) -> None:
    for name in "abcd":
        archive = Archive()
        for number in range(20):
            archive.page(f"{name}-{number}", HTML.replace("4,000", str(number)), KIND).page("everywhere")
        archive.save(folder / f"{name}.warc.gz")
    (folder / "e.warc.gz").write_bytes((folder / "a.warc.gz").read_bytes()[:-100])
    serial = _build(folder, tmp_path / "one")
    with engine.process_pool(2) as run:
        assert _build(folder, tmp_path / "two", run) == serial
    tree = lambda into: {str(path.relative_to(into)): path.read_bytes() for path in into.rglob("*") if path.is_file()}  # noqa: E731
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    assert serial.total("articles") == 81


def _command(tmp_path: Path, *arguments: str) -> Any:
    (tmp_path / "bank" / "topics").mkdir(parents=True, exist_ok=True)
    (tmp_path / "bank" / "topics" / "ferry.toml").write_text(f'id = "ferry"\ntitle = "{TOPIC.title}"\n', encoding="utf-8")
    command = ["build", "--into", str(tmp_path / "out"), *arguments, "--bank", str(tmp_path / "bank"), "--topic", "ferry"]
    return CliRunner().invoke(cli.cli, [*command, "--workers", "1"])


def test_the_command_reports_records_that_were_passed_over(tmp_path: Path, folder: Path) -> None:
    Archive().page("a").page("b", "", status="404 Not Found").page("c", "", status="404 Not Found").save(folder / "a.warc.gz")
    (folder / "a.warc.wat.gz").touch()
    result = _command(tmp_path, str(folder))
    assert (result.exit_code, result.stdout.splitlines()[1:]) == (0, ["records without a page passed over: response 404 (2)"])


def test_the_missing_extra_for_extraction_is_named(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    Archive().text("a", "A text needs none.").save(folder / "a.warc.wet.gz")
    assert _command(tmp_path, str(folder)).exit_code == 0
    Archive().page("a").save(folder / "b.warc.gz")
    result = _command(tmp_path, str(folder / "b.warc.gz"), "--into", str(tmp_path / "other"))
    assert result.exit_code == 2
    assert "trafilatura is missing; it comes with the extra web: pip install 'slantbank[web]'" in result.stderr
    assert not (tmp_path / "other/manifest.json").exists()


def test_a_doubtful_headline_of_a_page_is_noted_and_counted(tmp_path: Path, folder: Path) -> None:
    odd = HTML.replace("<h1>Ferry fares rise</h1>", "<h1>The Quay Post</h1>").replace(
        "<title>Ferry fares rise<", "<title>News | Ferries | Quay<"
    )
    Archive().page("a").page("b", odd).save(folder / "a.warc.gz")
    result = _build(folder, tmp_path / "out")
    sure, doubtful = _rows(tmp_path / "out").sort("url")["note"]
    assert ("Doubtful headline: " in sure, "Doubtful headline: " in doubtful) == (False, True)
    assert result.remarked == {"doubtful headline": 1}


def test_garbled_text_of_a_page_is_noted_and_counted(tmp_path: Path, folder: Path) -> None:
    Archive().page("a", HTML.replace("Nobody spoke", "No caf\ufffd spoke")).save(folder / "a.warc.gz")
    result = _build(folder, tmp_path / "out")
    assert (result.remarked, _rows(tmp_path / "out")["note"][0].count("garbled")) == ({"garbled text": 1}, 1)
