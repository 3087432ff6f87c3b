"""The records of a shard, read from JSON Lines, Parquet or WARC: what each holds, or the rule by which it is refused.

A record is an object in JSON Lines, or a row in Parquet, with the keys of `Record`; or a page or a text in WARC, of which is made
what `slantbank new` makes of a page.
"""

import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any, NamedTuple

import polars as pl
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, StrictStr, ValidationError
from pydantic_core import from_json

from slantbank.bank import FIRST_NEWS, LONGEST_ID, Id, segment
from slantbank.bank.toml import MAX_BYTES
from slantbank.crawl import _anomalies as anomalies
from slantbank.crawl import _warc as warc
from slantbank.crawl._anomalies import Anomaly
from slantbank.crawl._job import Job, ShardReport
from slantbank.crawl._keys import article_key
from slantbank.curate import LargeError, Page
from slantbank.curate import extract as original
from slantbank.frames import store
from slantbank.problem import Problem, nearest, quoted

_LONGEST_LINE = 4 * MAX_BYTES


def _none_if_empty(value: Any) -> Any:
    """An empty text says nothing, nor does the NaN that pandas writes for it."""
    return None if value == "" or value != value else value  # noqa: PLR0124


def _id_text(value: Any) -> Any:
    """A number that is a name is its figures."""
    return str(value) if type(value) is int else _none_if_empty(value)


def _date_only(value: Any) -> Any:
    """A day that is given with a time is the day."""
    if isinstance(value, datetime):
        return value.date()
    return value[:10] if isinstance(value, str) and re.match(r".{10}[T ]\d", value) else _none_if_empty(value)


_Maybe = Annotated[StrictStr | None, BeforeValidator(_none_if_empty)]
_Line = Annotated[Annotated[str, Strict(), Field(pattern=rf"^[^{anomalies.CONTROL}]*$")] | None, BeforeValidator(_none_if_empty)]


class Record(BaseModel):
    """An article of a crawl. Keys beyond these are counted and ignored.

    What is odd in a field without which it is an article all the same is read, or left out, and said in `note`.

    Where `id` is missing, it is made of the `url`: the first 32 hexadecimal digits of its SHA-256. Where `title` is missing,
    the first line of `text` is the headline; every further line is a paragraph.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    id: Annotated[Id | None, BeforeValidator(_id_text)] = Field(None, description="Id of the article, used once.")
    url: Annotated[Annotated[str, Strict(), Field(pattern=r"^https?://[^\s<>\"]+$")] | None, BeforeValidator(_none_if_empty)] = (
        Field(None, description="Address of the text.")
    )
    title: _Maybe = Field(None, description="The headline.")
    text: StrictStr = Field(description="The text, a paragraph a line.")
    topic: _Maybe = Field(None, description="Id of the topic; else the one that the command names.")
    outlet: _Line = Field(None, description="The outlet that published the text.")
    author: _Line = Field(None, description="The author as named by the outlet.")
    published: Annotated[Annotated[date, Field(ge=FIRST_NEWS)] | None, BeforeValidator(_date_only)] = Field(
        None, description="Day of publication, as 2017-07-03."
    )
    language: Annotated[
        Annotated[str, Strict(), Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] | None, BeforeValidator(_none_if_empty)
    ] = Field(None, description="Language of the text, as a BCP 47 tag; else the one that the command names.")
    license: _Line = Field(None, description="Licence of the text: an SPDX id, or LicenseRef-….")
    note: _Line = Field(None, description="What else is known of the text.")


class RefusedError(Exception):
    """A record that breaks a rule: the code of the rule, and a message."""


RawRecord = bytes | dict[str, Any] | Page | RefusedError
"""What a shard gives for a record: a line, a row, a page, or why there is none."""


class CrawledArticle(NamedTuple):
    """An article, ready to be laid out: its line in the shard, what is known of it and odd in it, its sentences by paragraph."""

    id: str
    line: int
    record: Record
    topic: str
    language: str
    sha256: str
    paragraphs: list[list[str]]
    remarks: tuple[Anomaly, ...]

    @property
    def note(self) -> str | None:
        """The note of the record, with what is odd in it."""
        return " ".join(filter(None, [self.record.note, *(one.said for one in self.remarks)])) or None


class HashingReader(io.RawIOBase):
    """The bytes of a file as they are stored, hashed as they are read."""

    def __init__(self, url: str) -> None:
        self.file = store.opened(url)
        self.digest = hashlib.sha256()
        self.size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.file.read(len(buffer))
        self.digest.update(data)
        self.size += len(data)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self.file.close()
        super().close()


def read_articles(
    job: Job, url: str, content: HashingReader, report: ShardReport, keys: dict[tuple[int, int], int], problems: list[Problem]
) -> Iterator[CrawledArticle]:
    """The articles of a shard, each id once; what keeps them from being one goes to `problems`, their keys to `keys`."""
    rows: Iterator[tuple[int, RawRecord]]
    if url.endswith(".parquet"):
        rows = _rows(content)
    elif url.endswith(warc.SUFFIXES):
        rows = _pages(url, content, report)
    else:
        rows = _lines(url, content)
    for line, row in rows:
        try:
            one = _article(job, line, row)
        except RefusedError as error:
            problems.append(Problem(url, line, 1, *error.args))
            continue
        own = article_key(one.id)
        if own in keys:
            problems.append(Problem(url, line, 1, "SB401", f"article id {one.id!r} is used on line {keys[own]} too"))
            continue
        keys[own] = line
        for name in one.record.model_extra or ():
            report.ignored[name] = report.ignored.get(name, 0) + 1
        for kind in {remark.kind for remark in one.remarks}:
            report.remarked[kind] = report.remarked.get(kind, 0) + 1
        yield one


def _decompress(url: str, content: HashingReader) -> Any:
    """The content of a file, unpacked as its name says, to read on."""
    from fsspec.compression import compr
    from fsspec.utils import infer_compression

    packed = infer_compression(url)
    stream = io.BufferedReader(content, 1 << 20)
    return compr[packed](stream, mode="rb") if packed else stream


def _pages(url: str, content: HashingReader, report: ShardReport) -> Iterator[tuple[int, RawRecord]]:
    """The records of a WARC that hold a page or a text, by their numbers; what they hold, or why it cannot be had."""
    number = 0
    try:
        for number, record in enumerate(warc.read_records(_decompress(url, content)), 1):
            try:
                page = warc.payload(record)
            except ValueError as error:
                name = quoted(record.headers.get("warc-target-uri", ""))
                yield number, RefusedError("SB008" if isinstance(error, LargeError) else "SB107", f"{name}: {error}")
                continue
            if isinstance(page, str):
                report.passed_over[page] = report.passed_over.get(page, 0) + 1
            else:
                yield number, page
    except (EOFError, ValueError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"from record {number or 1} on: {error}") from error


def _lines(url: str, content: HashingReader) -> Iterator[tuple[int, bytes]]:
    """The lines of a text, numbered; blank ones left out. One that is too long for an article is cut, and is no record then."""
    text = _decompress(url, content)
    start = text.peek(_MOST_SPACE)[:_MOST_SPACE] if hasattr(text, "peek") else b""
    if what := next((what for sign, what in _FOREIGN if sign.match(start)), None):
        raise ValueError(what)
    number = 0
    while line := text.readline(_LONGEST_LINE):
        number += 1
        rest = line
        while not rest.endswith(b"\n") and len(rest) == _LONGEST_LINE:
            rest = text.readline(_LONGEST_LINE)
        if not line.isspace():
            yield number, line


_MOST_SPACE = 4096
_FOREIGN = (
    (re.compile(rb"\xff\xfe|\xfe\xff"), "it is in UTF-16, as `>` in PowerShell writes; save it as UTF-8"),
    (re.compile(rb"\x1f\x8b"), "it is packed with gzip; let its name end with .gz"),
    (re.compile(rb"(?:\xef\xbb\xbf)?\s*\["), "it is one array; write an object a line, as `jq -c '.[]'` does"),
    (
        re.compile(rb"(?:\xef\xbb\xbf)?\s*\{[ \t]*\r?\n"),
        "its objects stand over several lines; write each on one, as `jq -c .` does",
    ),
)
"""What the first bytes show a file to be that is no JSON Lines, and what to do about it."""


def _rows(content: HashingReader) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        with store.panics_caught():
            batches = pl.scan_parquet(io.BytesIO(content.read())).collect_batches(chunk_size=10_000, maintain_order=True, lazy=True)
            yield from enumerate((row for batch in batches for row in batch.iter_rows(named=True)), 1)
    except pl.exceptions.PolarsError as error:
        raise ValueError(str(error)) from error


def _article(job: Job, line: int, row: RawRecord) -> CrawledArticle:
    record, remarks = _record(row)
    name = record.id or (record.url and hashlib.sha256(record.url.encode()).hexdigest()[:32])
    if not name:
        raise RefusedError("SB105", "missing key 'id' or 'url'")
    topic = record.topic or job.topic
    if topic is None:
        raise RefusedError("SB105", f"article {name!r}: missing key 'topic', and the job names none")
    if topic not in job.topics:
        raise RefusedError("SB403", f"article {name!r}: unknown topic {quoted(topic)}; {nearest(topic, sorted(job.topics))}")
    if record.title and len(record.title.splitlines()) > 1:
        raise RefusedError("SB107", f"article {name!r}: the title is more than one line")
    if not record.text.strip():
        raise RefusedError("SB009", f"article {name!r}: the text is empty")
    source = f"{record.title}\n\n{record.text}" if record.title and record.title.strip() else record.text
    language = record.language or job.language
    try:
        data = source.encode("utf-8")
        paragraphs = segment.split(source, language)
    except ValueError as error:
        raise RefusedError("SB001", f"article {name!r}: {error}") from error
    if len(data) > MAX_BYTES:
        raise RefusedError("SB008", f"article {name!r}: {len(data):,} bytes; an article has at most {MAX_BYTES:,}")
    first = None if record.title or isinstance(row, Page) else paragraphs[0][0]
    told = {one.kind for one in remarks}
    remarks += (one for one in anomalies.text_anomalies(source, first) if one.kind not in told)
    return CrawledArticle(name, line, record, topic, language, hashlib.sha256(data).hexdigest(), paragraphs, tuple(remarks))


def _record(row: RawRecord) -> tuple[Record, list[Anomaly]]:
    """The record of a row, and what is odd in it. Raises RefusedError where it is none."""
    if isinstance(row, RefusedError):
        raise row
    remarks: list[Anomaly] = []
    if isinstance(row, Page):
        row, remarks = _extract(row)
    try:
        return (Record.model_validate(row) if isinstance(row, dict) else Record.model_validate_json(row)), remarks
    except ValidationError as error:
        faulty = {str(fault["loc"][0]) for fault in error.errors() if fault["loc"]}
        if not faulty or not faulty <= {*anomalies.OPTIONAL}:
            raise _refusal(error, row) from error
        values = row if isinstance(row, dict) else from_json(row)
        if "url" in faulty and not values.get("id"):
            raise _refusal(error, row) from error
    values, more = anomalies.repair_fields(values, [name for name in Record.model_fields if name in faulty])
    return Record.model_validate(values), remarks + more


def _extract(page: Page) -> tuple[dict[str, Any], list[Anomaly]]:
    """A record of the article in a web page, with a note on what a program extracted; a plain text is kept as it is."""
    try:
        found = original.read_page(page, page.url)
    except original.OriginalError as error:
        why, _, _ = str(error).removeprefix(f"{page.url}: ").partition(";")
        raise RefusedError(error.code, f"{quoted(page.url)}: {why}") from error
    own = {name: value for name, value in found.metadata.items() if name != "url"}
    names = ", ".join(name for name in ("title", "text", *own) if name in found.extracted)
    values = {**own, "url": page.url, "text": found.text, "note": found.note and f"{found.note} Found by it: {names}."}
    if not found.extracted:
        return values, [Anomaly("doubtful headline", "Doubtful headline: it is the first line of all that the page holds.")]
    said = {kind for one in found.remarks for start, kind in _REPORTED_BY_NOTE.items() if one.startswith(start)}
    return values, [Anomaly(kind, "") for kind in sorted(said)]


_REPORTED_BY_NOTE = {"doubtful headline": "doubtful headline", "the text is garbled": "garbled text"}
"""Remarks on a page that its note says already, by their start, and the kind that each is counted as."""


def _refusal(error: ValidationError, row: bytes | dict[str, Any]) -> RefusedError:
    """What pydantic finds first, as the rule that it breaks."""
    faults = error.errors(include_url=False)
    fault = next((one for one in faults if not one["loc"] or one["loc"][0] not in anomalies.OPTIONAL), faults[0])
    kind, value = fault["type"], fault["input"]
    if kind in ("json_invalid", "model_type", "model_attributes_type") and isinstance(row, bytes):
        if len(row) == _LONGEST_LINE:
            return RefusedError("SB008", f"a line of more than {_LONGEST_LINE:,} bytes")
        try:
            row.decode("utf-8")
        except UnicodeDecodeError as wrong:
            return RefusedError("SB001", f"byte 0x{row[wrong.start]:02x} of the line, number {wrong.start}, is not UTF-8")
        return RefusedError("SB104", f"the line is no JSON object: {fault.get('ctx', {}).get('error', quoted(value))}")
    key = str(fault["loc"][0])
    if kind == "missing":
        return RefusedError("SB105", f"missing key {key!r}")
    if key == "id" and kind in ("string_pattern_mismatch", "string_too_long"):
        return RefusedError(
            "SB116", f"article id {quoted(value)}: use lower-case letters a-z, digits and single hyphens, at most {LONGEST_ID}"
        )
    if kind.endswith("_type"):
        return RefusedError("SB104", f"{key!r} is {quoted(value)}, which is no text")
    what = "which is no address, as https://…" if key == "url" else fault["msg"]
    return RefusedError("SB107", f"{key!r} is {quoted(value)}, {what}")
