"""Read the records of a shard in JSON Lines, Parquet or WARC; a record becomes an article or is refused by a rule.

A record is an object in JSON Lines or a row in Parquet, with the keys of `Record`; or a page or text in WARC, from which the
article is extracted as by `slantbank new`.
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
from slantbank.crawl import _warc as warc
from slantbank.crawl._anomalies import CONTROL, OPTIONAL, Anomaly, repair_fields, text_anomalies
from slantbank.crawl._job import Job, ShardReport
from slantbank.crawl._keys import article_key
from slantbank.curate import LargeError, Page
from slantbank.curate import extract as original
from slantbank.frames import store
from slantbank.problem import Problem, nearest, quoted

_LONGEST_LINE = 4 * MAX_BYTES


def _none_if_empty(value: Any) -> Any:
    """None for an empty text and for NaN, which pandas writes for a missing value."""
    return None if value == "" or value != value else value  # noqa: PLR0124


def _id_text(value: Any) -> Any:
    """The digits of an id that is given as a number."""
    return str(value) if type(value) is int else _none_if_empty(value)


def _date_only(value: Any) -> Any:
    """The day of a date that is given with a time."""
    if isinstance(value, datetime):
        return value.date()
    return value[:10] if isinstance(value, str) and re.match(r".{10}[T ]\d", value) else _none_if_empty(value)


_OptionalText = Annotated[StrictStr | None, BeforeValidator(_none_if_empty)]
_OptionalLine = Annotated[Annotated[str, Strict(), Field(pattern=rf"^[^{CONTROL}]*$")] | None, BeforeValidator(_none_if_empty)]


class Record(BaseModel):
    """An article of a crawl. Other keys are counted and ignored.

    An optional field in another form is converted or left out, and `note` says so.

    If `id` is missing, it is the first 32 hexadecimal digits of the SHA-256 of `url`. If `title` is missing, the first line of
    `text` is the headline; every further line is a paragraph.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    id: Annotated[Id | None, BeforeValidator(_id_text)] = Field(None, description="Id of the article, used once.")
    url: Annotated[Annotated[str, Strict(), Field(pattern=r"^https?://[^\s<>\"]+$")] | None, BeforeValidator(_none_if_empty)] = (
        Field(None, description="Address of the text.")
    )
    title: _OptionalText = Field(None, description="The headline.")
    text: StrictStr = Field(description="The text, a paragraph a line.")
    topic: _OptionalText = Field(None, description="Id of the topic; else the one that the command names.")
    outlet: _OptionalLine = Field(None, description="The outlet that published the text.")
    author: _OptionalLine = Field(None, description="The author as named by the outlet.")
    published: Annotated[Annotated[date, Field(ge=FIRST_NEWS)] | None, BeforeValidator(_date_only)] = Field(
        None, description="Day of publication, as 2017-07-03."
    )
    language: Annotated[
        Annotated[str, Strict(), Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] | None, BeforeValidator(_none_if_empty)
    ] = Field(None, description="Language of the text, as a BCP 47 tag; else the one that the command names.")
    license: _OptionalLine = Field(None, description="Licence of the text: an SPDX id, or LicenseRef-….")
    note: _OptionalLine = Field(None, description="What else is known of the text.")


class RefusedError(Exception):
    """A record is refused; the arguments are the code of the rule and a message."""


RawRecord = bytes | dict[str, Any] | Page | RefusedError
"""A record as it is read from a shard: a line, a row, a page, or the reason why it cannot be read."""


class CrawledArticle(NamedTuple):
    """An article of a shard: its line there, its record and anomalies, and its sentences by paragraph."""

    id: str
    line: int
    record: Record
    topic: str
    language: str
    sha256: str
    paragraphs: list[list[str]]
    anomalies: tuple[Anomaly, ...]

    @property
    def note(self) -> str | None:
        """The note of the record, followed by its anomalies."""
        return " ".join(filter(None, [self.record.note, *(anomaly.text for anomaly in self.anomalies)])) or None


class HashingReader(io.RawIOBase):
    """A stream of a file's bytes as they are stored, which hashes and counts them as they are read."""

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
    """The articles of a shard, each id once; adds their keys to `keys`, refusals to `problems`, and counts to the report."""
    rows: Iterator[tuple[int, RawRecord]]
    if url.endswith(".parquet"):
        rows = _rows(content)
    elif url.endswith(warc.SUFFIXES):
        rows = _pages(url, content, report)
    else:
        rows = _lines(url, content)
    for line, row in rows:
        try:
            article = _article(job, line, row)
        except RefusedError as error:
            problems.append(Problem(url, line, 1, *error.args))
            continue
        id_hash = article_key(article.id)
        if id_hash in keys:
            problems.append(Problem(url, line, 1, "SB401", f"article id {article.id!r} is used on line {keys[id_hash]} too"))
            continue
        keys[id_hash] = line
        for name in article.record.model_extra or ():
            report.ignored[name] = report.ignored.get(name, 0) + 1
        for kind in {anomaly.kind for anomaly in article.anomalies}:
            report.remarked[kind] = report.remarked.get(kind, 0) + 1
        yield article


def _decompress(url: str, content: HashingReader) -> Any:
    """A stream of the file's content, decompressed by the suffix of its name."""
    from fsspec.compression import compr
    from fsspec.utils import infer_compression

    compression = infer_compression(url)
    stream = io.BufferedReader(content, 1 << 20)
    return compr[compression](stream, mode="rb") if compression else stream


def _pages(url: str, content: HashingReader, report: ShardReport) -> Iterator[tuple[int, RawRecord]]:
    """The pages and texts of a WARC file by the numbers of their records, or why one cannot be read; others are counted."""
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
    """The numbered lines of a file without blank ones; one that is too long for an article is cut, and refused later."""
    text = _decompress(url, content)
    start = text.peek(_MOST_SPACE)[:_MOST_SPACE] if hasattr(text, "peek") else b""
    if advice := next((advice for sign, advice in _FOREIGN if sign.match(start)), None):
        raise ValueError(advice)
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
        "its objects span several lines; write each on one, as `jq -c .` does",
    ),
)
"""Patterns of the first bytes of files that are not JSON Lines, each with a message that says what to do."""


def _rows(content: HashingReader) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        with store.panics_caught():
            batches = pl.scan_parquet(io.BytesIO(content.read())).collect_batches(chunk_size=10_000, maintain_order=True, lazy=True)
            yield from enumerate((row for batch in batches for row in batch.iter_rows(named=True)), 1)
    except pl.exceptions.PolarsError as error:
        raise ValueError(str(error)) from error


def _article(job: Job, line: int, row: RawRecord) -> CrawledArticle:
    record, anomalies = _record(row)
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
        paragraphs = segment.split_sentences(source, language)
    except ValueError as error:
        raise RefusedError("SB001", f"article {name!r}: {error}") from error
    if len(data) > MAX_BYTES:
        raise RefusedError("SB008", f"article {name!r}: {len(data):,} bytes; an article has at most {MAX_BYTES:,}")
    first = None if record.title or isinstance(row, Page) else paragraphs[0][0]
    reported = {anomaly.kind for anomaly in anomalies}
    anomalies += (anomaly for anomaly in text_anomalies(source, first) if anomaly.kind not in reported)
    return CrawledArticle(name, line, record, topic, language, hashlib.sha256(data).hexdigest(), paragraphs, tuple(anomalies))


def _record(row: RawRecord) -> tuple[Record, list[Anomaly]]:
    """Validate a raw record, and return it with its anomalies. Raises RefusedError if it is refused."""
    if isinstance(row, RefusedError):
        raise row
    anomalies: list[Anomaly] = []
    if isinstance(row, Page):
        row, anomalies = _extract(row)
    try:
        return (Record.model_validate(row) if isinstance(row, dict) else Record.model_validate_json(row)), anomalies
    except ValidationError as error:
        faulty = {str(fault["loc"][0]) for fault in error.errors() if fault["loc"]}
        if not faulty or not faulty <= {*OPTIONAL}:
            raise _refusal(error, row) from error
        values = row if isinstance(row, dict) else from_json(row)
        if "url" in faulty and not values.get("id"):
            raise _refusal(error, row) from error
    values, more = repair_fields(values, [name for name in Record.model_fields if name in faulty])
    return Record.model_validate(values), anomalies + more


def _extract(page: Page) -> tuple[dict[str, Any], list[Anomaly]]:
    """The fields of the article in a web page, a note of what a program extracted, and anomalies; plain text stays as it is."""
    try:
        extracted = original.read_page(page, page.url)
    except original.OriginalError as error:
        why, _, _ = str(error).removeprefix(f"{page.url}: ").partition(";")
        raise RefusedError(error.code, f"{quoted(page.url)}: {why}") from error
    metadata = {name: value for name, value in extracted.metadata.items() if name != "url"}
    names = ", ".join(name for name in ("title", "text", *metadata) if name in extracted.extracted)
    note = extracted.note and f"{extracted.note} Found by it: {names}."
    values = {**metadata, "url": page.url, "text": extracted.text, "note": note}
    if not extracted.extracted:
        return values, [Anomaly("doubtful headline", "Doubtful headline: it is the first line of all that the page holds.")]
    kinds = {kind for remark in extracted.remarks for start, kind in _REPORTED_BY_NOTE.items() if remark.startswith(start)}
    return values, [Anomaly(kind, "") for kind in sorted(kinds)]


_REPORTED_BY_NOTE = {"doubtful headline": "doubtful headline", "the text is garbled": "garbled text"}
"""The kinds of anomalies that the note of an extracted page reports already, by the start of its remarks."""


def _refusal(error: ValidationError, row: bytes | dict[str, Any]) -> RefusedError:
    """The refusal for a validation error, by its first fault in a required field, else its first fault."""
    faults = error.errors(include_url=False)
    fault = next((fault_ for fault_ in faults if not fault_["loc"] or fault_["loc"][0] not in OPTIONAL), faults[0])
    kind, value = fault["type"], fault["input"]
    if kind in ("json_invalid", "model_type", "model_attributes_type") and isinstance(row, bytes):
        if len(row) == _LONGEST_LINE:
            return RefusedError("SB008", f"a line of more than {_LONGEST_LINE:,} bytes")
        try:
            row.decode("utf-8")
        except UnicodeDecodeError as wrong:
            return RefusedError("SB001", f"byte 0x{row[wrong.start]:02x} of the line, number {wrong.start}, is not UTF-8")
        return RefusedError("SB104", f"the line is not a JSON object: {fault.get('ctx', {}).get('error', quoted(value))}")
    key = str(fault["loc"][0])
    if kind == "missing":
        return RefusedError("SB105", f"missing key {key!r}")
    if key == "id" and kind in ("string_pattern_mismatch", "string_too_long"):
        return RefusedError(
            "SB116", f"article id {quoted(value)}: use lower-case letters a-z, digits and single hyphens, at most {LONGEST_ID}"
        )
    if kind.endswith("_type"):
        return RefusedError("SB104", f"{key!r} is {quoted(value)}, which is not text")
    reason = "which is not a web address such as https://…" if key == "url" else fault["msg"]
    return RefusedError("SB107", f"{key!r} is {quoted(value)}, {reason}")
