"""A shard of a crawl to Parquet: its plain articles segmented, laid out as the schema says, validated; what breaks a rule is named.

`build` is a function of a shard and nothing else, which any engine can run anywhere: the same shard gives the same files. It
writes them under `<into>/_job/made/`, each named by its content, so that whoever writes, however late, changes no file that is
there: the parts of the frames, what it refused, the keys; and last of all the report, which says that the shard is done.
A record is an object in JSON Lines, or a row in Parquet, with the keys of `Record`; or a page or a text in WARC, of which is made
what `slantbank new` makes of a page.
"""

import gzip
import hashlib
import importlib.metadata
import io
import json
import re
import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from itertools import chain, islice
from typing import Annotated, Any, NamedTuple

import numpy as np
import polars as pl
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, StrictStr, ValidationError

from slantbank.bank import LONGEST_ID, Id, segment, uncollected
from slantbank.bank.toml import MAX_BYTES
from slantbank.codebook import Layer, Origin, Unit
from slantbank.crawl import _warc as warc
from slantbank.curate import LargeError, Page
from slantbank.curate import extract as original
from slantbank.frames import schema, store
from slantbank.problem import Problem, nearest, quoted

VERSION = importlib.metadata.version("slantbank")
WRITTEN = ("sentences", "articles")
"""The frames that a shard gives."""
BATCH = 25_000
"""How many articles a part has at most; memory holds one part."""
_LONGEST_LINE = 4 * MAX_BYTES
KEY = np.dtype([("high", "<u8"), ("low", "<u8"), ("line", "<u4")])
"""An article's key: the hash of its id, and the line of the shard that it stands on."""
SLOTS = 256
"""Keys are sorted, and found by the first byte of the hash."""


def _empty(value: Any) -> Any:
    return None if value == "" else value


def _day(value: Any) -> Any:
    """A day that is given with a time is the day."""
    if isinstance(value, datetime):
        return value.date()
    return value[:10] if isinstance(value, str) and re.match(r".{10}[T ]\d", value) else _empty(value)


_Maybe = Annotated[StrictStr | None, BeforeValidator(_empty)]


@dataclass(frozen=True)
class Job:
    """What all shards of a crawl share: where the result goes, the topics by id with their titles, and what records leave out."""

    into: str
    topics: dict[str, str]
    topic: str | None = None
    language: str = "en"
    version: str = VERSION

    def made(self, name: str) -> str:
        """Where a file is made, before the end of the job puts it in its place."""
        return f"{self.into}/_job/made/{name}"

    def make(self, stem: str, suffix: str, data: bytes) -> str:
        """Make a file, and return its name, which tells its content."""
        name = f"{stem}-{hashlib.sha256(data).hexdigest()[:16]}{suffix}"
        store.write(self.made(name), data)
        return name

    def find(self, name: str) -> str | None:
        """Where a file is, in its place or where it was made; None if it is gone."""
        return next(filter(store.exists, (f"{self.into}/{name}", self.made(name))), None)

    def report(self, number: int) -> str:
        """Where the report on a shard is."""
        return f"{self.into}/_job/done/{number:05}.json"

    def done(self, number: int) -> "Report | None":
        """The report on a shard, if it is done; half of one counts for nothing."""
        try:
            return Report(**json.loads(store.text(self.report(number)) or "null"))
        except (TypeError, ValueError):
            return None


@dataclass
class Report:
    """What became of a shard: its content as it was read, what was made of it, and what was refused (by code) or ignored (by key).

    `parts` are the names of the files of each part, by frame, `refusals` of those with the problems, `keys` of that with the keys.
    Records of a WARC that hold no page are `passed_over` (by what they are). Articles with ids of earlier shards were taken out;
    `duplicates` is the hash of their keys.
    """

    number: int
    url: str
    stamp: str
    sha256: str = ""
    bytes: int = 0
    parts: list[dict[str, str]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    keys: str = ""
    articles: int = 0
    sentences: int = 0
    words: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    ignored: dict[str, int] = field(default_factory=dict)
    passed_over: dict[str, int] = field(default_factory=dict)
    duplicates: str = ""

    @property
    def files(self) -> list[str]:
        """The files that count of the shard, which the end of the job puts in their places."""
        return [*chain.from_iterable(part.values() for part in self.parts), *self.refusals]

    def write(self, job: Job) -> None:
        """Write the report, which is what makes the shard done."""
        store.write(job.report(self.number), (json.dumps(asdict(self)) + "\n").encode())


class Record(BaseModel):
    """An article of a crawl. Keys beyond these are counted and ignored.

    Where `id` is missing, it is made of the `url`: the first 32 hexadecimal digits of its SHA-256. Where `title` is missing,
    the first line of `text` is the headline; every further line is a paragraph.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    id: Annotated[Id | None, BeforeValidator(_empty)] = Field(None, description="Id of the article, used once.")
    url: Annotated[Annotated[str, Strict(), Field(pattern=r"^https?://[^\s<>\"]+$")] | None, BeforeValidator(_empty)] = Field(
        None, description="Address of the text."
    )
    title: _Maybe = Field(None, description="The headline.")
    text: StrictStr = Field(description="The text, a paragraph a line.")
    topic: _Maybe = Field(None, description="Id of the topic; else the one that the command names.")
    outlet: _Maybe = Field(None, description="The outlet that published the text.")
    author: _Maybe = Field(None, description="The author as named by the outlet.")
    published: Annotated[date | None, BeforeValidator(_day)] = Field(None, description="Day of publication, as 2017-07-03.")
    language: Annotated[str, Strict(), Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] | None = Field(
        None, description="Language of the text, as a BCP 47 tag; else the one that the command names."
    )
    license: _Maybe = Field(None, description="Licence of the text: an SPDX id, or LicenseRef-….")
    note: _Maybe = Field(None, description="What else is known of the text.")


class _RefusedError(Exception):
    """A record that breaks a rule: the code of the rule, and a message."""


_Row = bytes | dict[str, Any] | Page | _RefusedError
"""What a shard gives for a record: a line, a row, a page, or why there is none."""


class _Text(NamedTuple):
    """An article, ready to be laid out: its line in the shard, what is known of it, and its sentences by paragraph."""

    id: str
    line: int
    record: Record
    topic: str
    language: str
    sha256: str
    paragraphs: list[list[str]]


def build(job: Job, number: int, url: str, *, anew: bool = False) -> Report:
    """Build the shard at `url`, the `number`-th of the job, and report.

    A shard that is done and has not changed since is kept, unless it is to be built `anew`.

    Raises OSError, EOFError or ValueError for a shard that cannot be read, store.OutputError for a result that cannot be
    written; then the shard is not done.
    """
    if job.version != VERSION:
        raise store.OutputError(f"this worker runs slantbank {VERSION}, the job {job.version}")
    report = Report(number, url, store.stamp(url))
    if not anew and (done := _done(job, report)):
        return done
    problems: list[Problem] = []
    keys: dict[tuple[int, int], int] = {}
    content = _Content(url)
    with content, uncollected():
        texts = _texts(job, url, content, report, keys, problems)
        while batch := list(islice(texts, BATCH)):
            frames = _frames(job, batch)
            frames = _without(frames, _judge(frames), batch, keys, url, problems)
            report.parts.append(made(job, number, len(report.parts), frames))
            report.articles += frames["articles"].height
            report.sentences += frames["sentences"].height
            report.words += int(frames["articles"]["n_words"].sum())
    report.sha256, report.bytes = content.digest.hexdigest(), content.size
    report.refused = dict(sorted(Counter(problem.code for problem in problems).items()))
    report.ignored = dict(sorted(report.ignored.items()))
    report.passed_over = dict(sorted(report.passed_over.items()))
    if problems:
        report.refusals.append(refused(job, number, "part", problems))
    report.keys = job.make(f"keys/{number:05}", ".bin", slotted(_keys(keys)))
    report.write(job)
    return report


def _done(job: Job, report: Report) -> Report | None:
    """The report on the same shard with the same content, if it is done; not that of a late worker whose files were removed."""
    found = job.done(report.number)
    if found is None or (found.url, found.stamp) != (report.url, report.stamp):
        return None
    return found if all(map(job.find, [*found.files, found.keys])) else None


def made(job: Job, number: int, count: int, frames: dict[str, pl.DataFrame]) -> dict[str, str]:
    """Make the files of a part of a shard, and return the name of each by its frame."""
    stem = f"part-{number:05}-{count:03}"
    return {name: job.make(f"{name}/{stem}", ".parquet", store.parquet(frame)) for name, frame in frames.items()}


def refused(job: Job, number: int, why: str, problems: list[Problem]) -> str:
    """Make the file of the problems for which records were refused, a JSON object a line, and return its name."""
    rows = [
        {"path": one.path, "line": one.line, "code": one.code, "name": one.rule.name, "message": one.message}
        for one in sorted(problems)
    ]
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return job.make(f"refused/{why}-{number:05}", ".jsonl", text.encode("utf-8", "backslashreplace"))


class _Content(io.RawIOBase):
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


def _texts(
    job: Job, url: str, content: _Content, report: Report, keys: dict[tuple[int, int], int], problems: list[Problem]
) -> Iterator[_Text]:
    """The articles of a shard, each id once; what keeps them from being one goes to `problems`, their keys to `keys`."""
    rows: Iterator[tuple[int, _Row]]
    if url.endswith(".parquet"):
        rows = _rows(content)
    elif url.endswith(warc.SUFFIXES):
        rows = _pages(url, content, report)
    else:
        rows = _lines(url, content)
    for line, row in rows:
        try:
            one = _text(job, line, row)
        except _RefusedError as error:
            problems.append(Problem(url, line, 1, *error.args))
            continue
        own = key(one.id)
        if own in keys:
            problems.append(Problem(url, line, 1, "SB401", f"article id {one.id!r} is used on line {keys[own]} too"))
            continue
        keys[own] = line
        for name in one.record.model_extra or ():
            report.ignored[name] = report.ignored.get(name, 0) + 1
        yield one


def _unpacked(url: str, content: _Content) -> Any:
    """The content of a file, unpacked as its name says, to read on."""
    from fsspec.compression import compr
    from fsspec.utils import infer_compression

    packed = infer_compression(url)
    stream = io.BufferedReader(content, 1 << 20)
    return compr[packed](stream, mode="rb") if packed else stream


def _pages(url: str, content: _Content, report: Report) -> Iterator[tuple[int, _Row]]:
    """The records of a WARC that hold a page or a text, by their numbers; what they hold, or why it cannot be had."""
    number = 0
    try:
        for number, record in enumerate(warc.records(_unpacked(url, content)), 1):
            try:
                page = warc.page(record)
            except ValueError as error:
                name = quoted(record.headers.get("warc-target-uri", ""))
                yield number, _RefusedError("SB008" if isinstance(error, LargeError) else "SB107", f"{name}: {error}")
                continue
            if isinstance(page, str):
                report.passed_over[page] = report.passed_over.get(page, 0) + 1
            else:
                yield number, page
    except (EOFError, ValueError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"from record {number or 1} on: {error}") from error


def _lines(url: str, content: _Content) -> Iterator[tuple[int, bytes]]:
    """The lines of a text, numbered; blank ones left out. One that is too long for an article is cut, and is no record then."""
    text = _unpacked(url, content)
    number = 0
    while line := text.readline(_LONGEST_LINE):
        number += 1
        rest = line
        while not rest.endswith(b"\n") and len(rest) == _LONGEST_LINE:
            rest = text.readline(_LONGEST_LINE)
        if not line.isspace():
            yield number, line


def _rows(content: _Content) -> Iterator[tuple[int, dict[str, Any]]]:
    frame = pl.scan_parquet(io.BytesIO(content.read()))
    try:
        batches = frame.collect_batches(chunk_size=10_000, maintain_order=True, lazy=True)
        yield from enumerate((row for batch in batches for row in batch.iter_rows(named=True)), 1)
    except pl.exceptions.PolarsError as error:
        raise ValueError(str(error)) from error


def _text(job: Job, line: int, row: _Row) -> _Text:
    record = _record(row)
    name = record.id or (record.url and hashlib.sha256(record.url.encode()).hexdigest()[:32])
    if not name:
        raise _RefusedError("SB105", "missing key 'id' or 'url'")
    topic = record.topic or job.topic
    if topic is None:
        raise _RefusedError("SB105", f"article {name!r}: missing key 'topic', and the job names none")
    if topic not in job.topics:
        raise _RefusedError("SB403", f"article {name!r}: unknown topic {quoted(topic)}; {nearest(topic, sorted(job.topics))}")
    if record.title and len(record.title.splitlines()) > 1:
        raise _RefusedError("SB107", f"article {name!r}: the title is more than one line")
    if not record.text.strip():
        raise _RefusedError("SB009", f"article {name!r}: the text is empty")
    source = f"{record.title}\n\n{record.text}" if record.title and record.title.strip() else record.text
    language = record.language or job.language
    try:
        data = source.encode("utf-8")
        paragraphs = segment.pieces(source, language)
    except ValueError as error:
        raise _RefusedError("SB001", f"article {name!r}: {error}") from error
    if len(data) > MAX_BYTES:
        raise _RefusedError("SB008", f"article {name!r}: {len(data):,} bytes; an article has at most {MAX_BYTES:,}")
    return _Text(name, line, record, topic, language, hashlib.sha256(data).hexdigest(), paragraphs)


def _record(row: _Row) -> Record:
    if isinstance(row, _RefusedError):
        raise row
    if isinstance(row, Page):
        row = _extracted(row)
    try:
        if isinstance(row, dict):
            return Record.model_validate(row)
        return Record.model_validate_json(row)
    except ValidationError as error:
        raise _refusal(error, row) from error


def _extracted(page: Page) -> dict[str, Any]:
    """A record of the article in a page, with a note of what a program found there; of a text, as it is."""
    try:
        found = original.read_page(page, page.url)
    except original.OriginalError as error:
        why, _, _ = str(error).removeprefix(f"{page.url}: ").partition(";")
        raise _RefusedError(error.code, f"{quoted(page.url)}: {why}") from error
    own = {name: value for name, value in found.metadata.items() if name != "url"}
    names = ", ".join(name for name in ("title", "text", *own) if name in found.extracted)
    return {**own, "url": page.url, "text": found.text, "note": found.note and f"{found.note} Found by it: {names}."}


def _refusal(error: ValidationError, row: bytes | dict[str, Any]) -> _RefusedError:
    """What pydantic finds first, as the rule that it breaks."""
    fault = error.errors(include_url=False)[0]
    kind, value = fault["type"], fault["input"]
    if kind in ("json_invalid", "model_type", "model_attributes_type") and isinstance(row, bytes):
        if len(row) == _LONGEST_LINE:
            return _RefusedError("SB008", f"a line of more than {_LONGEST_LINE:,} bytes")
        try:
            row.decode("utf-8")
        except UnicodeDecodeError as wrong:
            return _RefusedError("SB001", f"byte 0x{row[wrong.start]:02x} of the line, number {wrong.start}, is not UTF-8")
        return _RefusedError("SB104", f"the line is no JSON object: {fault.get('ctx', {}).get('error', quoted(value))}")
    key = str(fault["loc"][0])
    if kind == "missing":
        return _RefusedError("SB105", f"missing key {key!r}")
    if key == "id" and kind in ("string_pattern_mismatch", "string_too_long"):
        return _RefusedError(
            "SB116", f"article id {quoted(value)}: use lower-case letters a-z, digits and single hyphens, at most {LONGEST_ID}"
        )
    code = "SB104" if kind.endswith("_type") else "SB107"
    return _RefusedError(code, f"{key!r} is {quoted(value)}: {fault['msg']}")


def key(name: str) -> tuple[int, int]:
    """The hash of an id, 128 bits in two halves: two ids that share one are not to be expected."""
    high, low = struct.unpack("<QQ", hashlib.blake2b(name.encode(), digest_size=16).digest())
    return high, low


def _keys(keys: dict[tuple[int, int], int]) -> np.ndarray[Any, Any]:
    return np.array([(*halves, line) for halves, line in keys.items()], KEY)


def slotted(keys: np.ndarray[Any, Any], slots: np.ndarray[Any, Any] | None = None, count: int = SLOTS) -> bytes:
    """Records as bytes, sorted by the slot of each (for keys, the first byte of the hash), after the places of the slots.

    The head is `count + 1` numbers of 4 bytes: the record with which each slot starts, and how many there are.
    """
    own = (keys["high"] >> np.uint64(56)).astype(np.int64) if slots is None else slots
    order = np.argsort(own, kind="stable")
    head = np.searchsorted(own[order], np.arange(count + 1)).astype("<u4")
    return head.tobytes() + keys[order].tobytes()


def _frames(job: Job, batch: list[_Text]) -> dict[str, pl.DataFrame]:
    """The two frames of a batch, laid out in whole columns; the columns of labels are null."""
    batch = sorted(batch, key=lambda one: one.id)
    paragraphs = [paragraph for one in batch for paragraph in one.paragraphs]
    raw = pl.Series(list(chain.from_iterable(paragraphs)), dtype=pl.String).str.strip_chars(" \t")
    numbers = np.concatenate([np.arange(len(one.paragraphs), dtype=np.int32) for one in batch])
    pieces = np.array([len(paragraph) for paragraph in paragraphs])
    paragraph = np.repeat(numbers, pieces)
    of_article = np.repeat(np.arange(len(batch)), [sum(map(len, one.paragraphs)) for one in batch])
    filled = (raw != "").to_numpy()
    if not filled.all():
        raw, paragraph, of_article = raw.filter(filled), paragraph[filled], of_article[filled]
    uneven = any(raw.str.contains(white, literal=True).any() for white in ("  ", "\t"))
    text = raw.str.replace_all("[ \t]+", " ") if uneven else raw
    counts = np.bincount(of_article, minlength=len(batch))
    first = np.cumsum(counts) - counts
    n = np.arange(len(text)) - first[of_article]
    lengths = text.str.len_chars().to_numpy().astype(np.int64)
    before = np.cumsum(lengths + 1) - lengths - 1  # characters of all lines before, each with its line end
    start = before - before[first][of_article] + paragraph
    words = text.str.count_matches(" ", literal=True) + 1
    ids = pl.Series([one.id for one in batch])
    topics = pl.Series([one.topic for one in batch])
    own = {
        "article_id": ids.gather(of_article),
        "topic_id": topics.gather(of_article),
        "n": n,
        "unit": pl.Series([Unit.BODY.value, Unit.HEADLINE.value]).gather((n == 0).astype(np.uint32)),
        "paragraph": paragraph,
        "start": start,
        "end": start + lengths,
        "text": text,
        "n_words": words,
    }
    sentences = pl.DataFrame(own).select(
        pl.format("{}:{}", "article_id", "n").alias(name)
        if name == "sentence_id"
        else (pl.col(name) if name in own else _NOTHING.get(name, pl.lit(None))).cast(dtype).alias(name)
        for name, dtype in schema.dtypes("sentences").items()
    )
    records = [one.record for one in batch]
    known: dict[str, Any] = {
        "article_id": ids,
        "topic_id": topics,
        "topic_title": [job.topics[one.topic] for one in batch],
        "title": text.gather(first),
        **{name: [getattr(one, name) for one in records] for name in ("outlet", "author", "published", "url", "license", "note")},
        "language": [one.language for one in batch],
        "origin": [Origin.PUBLISHED.value] * len(batch),
        "includes_text": [True] * len(batch),
        "source_sha256": [one.sha256 for one in batch],
        "n_sentences": counts,
        "n_words": np.add.reduceat(words.to_numpy(), first),
    }
    articles = pl.DataFrame([pl.Series(name, values, _ARTICLE[name]) for name, values in known.items()]).select(
        (pl.col(name) if name in known else pl.lit(None if schema.FRAMES["articles"][name].nullable else [], dtype)).alias(name)
        for name, dtype in _ARTICLE.items()
    )
    return {"sentences": sentences, "articles": articles}


_ARTICLE = schema.dtypes("articles")
_NOTHING = {
    "spans": pl.lit([], schema.SPANS),
    "n_annotators": pl.lit(0),
    "reliability": pl.struct(pl.lit(None, pl.Float32).alias(layer.value) for layer in Layer),
}
"""What stands in the columns of a sentence without labels that are never null."""

_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\x{2028}\x{2029}]"


def _judge(frames: dict[str, pl.DataFrame]) -> dict[str, tuple[str, str]]:
    """The articles that break a rule of the frames or of characters: for each the code and a message.

    The rules of the frames are those of pandera's models; what is left out with an article breaks none for the others.
    """
    found: dict[str, tuple[str, str]] = {}
    for name, frame in frames.items():
        shown = ["text"] if name == "sentences" else ["title", "outlet", "author", "license", "note"]
        odd = frame.filter(pl.any_horizontal(pl.col(shown).str.contains(_CONTROL)))
        found |= dict.fromkeys(odd["article_id"].to_list(), ("SB004", "a control character"))
        for failure in schema.failures(name, frame):
            found.setdefault(frame["article_id"][failure.row], ("SB501", f"{name}, {failure.column}: {failure.rule}"))
    return found


def _without(
    frames: dict[str, pl.DataFrame],
    bad: dict[str, tuple[str, str]],
    batch: list[_Text],
    keys: dict[tuple[int, int], int],
    url: str,
    problems: list[Problem],
) -> dict[str, pl.DataFrame]:
    """The frames without the articles that break a rule, which go to `problems`."""
    if not bad:
        return frames
    for one in batch:
        if one.id in bad:
            code, message = bad[one.id]
            problems.append(Problem(url, one.line, 1, code, f"article {one.id!r}: {message}"))
            del keys[key(one.id)]
    return {name: frame.filter(~pl.col("article_id").is_in(list(bad))) for name, frame in frames.items()}
