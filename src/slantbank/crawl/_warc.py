"""The records of a WARC file (ISO 28500), one after another, and the page or the text that one holds.

The form is plain, so the standard library reads it, with a bound on everything that a file could make long. The libraries for
it, warcio 1.8 and FastWARC 2.0, take a file that was cut short for a whole one, and articles would be lost without a word.
"""

import io
import re
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from slantbank.curate import MOST, LargeError, Page, web

SUFFIXES = (".warc", ".warc.gz", ".warc.wet", ".warc.wet.gz")
"""What the name of a WARC file may end with; Common Crawl's texts (WET) are one of another name."""
_KINDS = ("warcinfo", "response", "resource", "request", "metadata", "revisit", "conversion", "continuation")
_LONGEST_HEAD = 1_000_000
"""Bytes that the head of a record may have."""


class WarcRecord(NamedTuple):
    """A record: its headers, by their names in small letters, and its block, to be read before the next record is asked for."""

    headers: dict[str, str]
    block: "_Block"


class _Block(io.RawIOBase):
    """So many bytes of a file. Raises EOFError if the file has fewer."""

    def __init__(self, file: Any, left: int) -> None:
        self.file = file
        self.left = left

    def readable(self) -> bool:
        return True

    def take(self, most: int) -> bytes:
        """The next bytes, at most so many; none at the end."""
        data: bytes = self.file.read(min(most, self.left))
        if not data and self.left:
            raise EOFError("the file ends within a record")
        self.left -= len(data)
        return data

    def readinto(self, buffer: Any) -> int:
        data = self.take(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def read_records(file: Any) -> Iterator[WarcRecord]:
    """The records of a file that is open to read its bytes, unpacked.

    Raises EOFError for a file that was cut short, and ValueError for one that is no WARC, or in which a length is wrong: where a
    record does not end as it says, nobody knows where the next one starts.
    """
    while start := _start(file):
        if not re.fullmatch(rb"WARC/1\.\d\r?\n", start):
            raise ValueError("no record starts where one should")
        headers = _headers(file)
        length = headers.get("content-length", "")
        if not re.fullmatch(r"[0-9]{1,15}", length):
            raise ValueError("a record does not say how long it is")
        block = _Block(file, int(length))
        yield WarcRecord(headers, block)
        while block.take(1 << 20):
            pass


def _start(file: Any) -> bytes:
    """The next line that is not blank, or no more of it than tells that it starts no record."""
    while (line := file.readline(100)) in (b"\r\n", b"\n"):
        pass
    return bytes(line)


def _headers(file: Any) -> dict[str, str]:
    head = bytearray()
    while (line := file.readline(_LONGEST_HEAD)) not in (b"\r\n", b"\n"):
        head += line
        if len(head) > _LONGEST_HEAD:
            raise ValueError(f"the head of a record has more than {_LONGEST_HEAD:,} bytes")
        if not line.endswith(b"\n"):
            raise EOFError("the file ends within a record")
    lines = re.sub(r"\r?\n[ \t]+", " ", head.decode("utf-8", "replace")).split("\n")  # WARC 1.0 allows a line to go on
    found: dict[str, str] = {}
    for name, _, value in (line.partition(":") for line in lines):
        found.setdefault(name.strip().lower(), value.strip())
    return found


def payload(record: WarcRecord) -> Page | str:
    """The page or text of a record, as it was fetched; of a record that holds none, what it is, in a few words.

    Pages are answers of HTTP, 200, in HTML; texts are conversions to plain text. Raises ValueError for one that is not whole or
    cannot be unpacked, LargeError for one that is larger than an article may be.
    """
    kind = record.headers.get("warc-type", "").lower()
    media_type, _, rest = record.headers.get("content-type", "").lower().partition(";")
    if kind == "conversion" and media_type.strip() == "text/plain":
        charset = re.search(r"charset\s*=\s*\"?([\w.:-]+)", rest)
        return _text(record, charset[1] if charset else None)
    if kind == "response" and media_type.strip() == "application/http":
        found = web.read_response(io.BufferedReader(record.block))
        return found if isinstance(found, str) else _page(record, *found)
    extra = {"conversion": " not to text", "response": " not of HTTP"}.get(kind, "")
    return kind + extra if kind in _KINDS else "of no known type"


def _text(record: WarcRecord, charset: str | None) -> Page:
    """The text of a record."""
    if record.block.left > MOST:
        raise LargeError(f"more than {MOST:,} bytes; that is no article")
    return _page(record, "text/plain", charset, record.block.readall())


def _page(record: WarcRecord, media_type: str, charset: str | None, content: bytes) -> Page:
    if "warc-truncated" in record.headers or "warc-segment-number" in record.headers:
        raise ValueError("the crawler kept a part of it")
    try:
        day = date.fromisoformat(record.headers.get("warc-date", "")[:10])
    except ValueError as error:
        raise ValueError("it does not say when it was fetched") from error
    return Page(record.headers.get("warc-target-uri", "").strip("<>"), media_type, charset, content, day)
