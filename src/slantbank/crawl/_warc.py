"""Read the records of a WARC file (ISO 28500) one by one, and the page or text of a record.

The format is simple, so it is read with the standard library, with a limit on everything that a file could make long. The
libraries warcio 1.8 and FastWARC 2.0 do not notice a truncated file, so articles would be lost silently.
"""

import io
import re
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from slantbank.curate import MOST, LargeError, Page, web

SUFFIXES = (".warc", ".warc.gz", ".warc.wet", ".warc.wet.gz")
"""The suffixes of WARC files; Common Crawl's text files (WET) are WARC files, too."""
_KINDS = ("warcinfo", "response", "resource", "request", "metadata", "revisit", "conversion", "continuation")
_LONGEST_HEAD = 1_000_000
"""The most bytes of a record's head."""


class WarcRecord(NamedTuple):
    """A record: its headers by lower-case names, and its block, which must be read before the next record."""

    headers: dict[str, str]
    block: "_Block"


class _Block(io.RawIOBase):
    """A stream of the next `left` bytes of a file. Raises EOFError if the file has fewer."""

    def __init__(self, file: Any, left: int) -> None:
        self.file = file
        self.left = left

    def readable(self) -> bool:
        return True

    def take(self, most: int) -> bytes:
        """Read at most `most` bytes; none at the end of the block."""
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
    """The records of an open, decompressed file.

    Raises EOFError if the file is truncated, and ValueError if it is no WARC file or a record has a wrong length: then the
    start of the next record is unknown.
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
    """The next line that is not blank, cut after 100 bytes, which is enough to see whether it starts a record."""
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
    headers: dict[str, str] = {}
    for name, _, value in (line.partition(":") for line in lines):
        headers.setdefault(name.strip().lower(), value.strip())
    return headers


def payload(record: WarcRecord) -> Page | str:
    """The page or text of a record as it was fetched; for other records a short description of what they are.

    Pages are HTTP responses with status 200 and HTML; texts are conversions to plain text. Raises ValueError if the page is
    incomplete or cannot be decompressed, LargeError if it is larger than an article may be.
    """
    kind = record.headers.get("warc-type", "").lower()
    media_type, _, rest = record.headers.get("content-type", "").lower().partition(";")
    if kind == "conversion" and media_type.strip() == "text/plain":
        charset = re.search(r"charset\s*=\s*\"?([\w.:-]+)", rest)
        return _text(record, charset[1] if charset else None)
    if kind == "response" and media_type.strip() == "application/http":
        response = web.read_response(io.BufferedReader(record.block))
        return response if isinstance(response, str) else _page(record, *response)
    extra = {"conversion": " not to text", "response": " not of HTTP"}.get(kind, "")
    return kind + extra if kind in _KINDS else "of no known type"


def _text(record: WarcRecord, charset: str | None) -> Page:
    """The page of a record that holds plain text."""
    if record.block.left > MOST:
        raise LargeError(f"more than {MOST:,} bytes; that is no article")
    return _page(record, "text/plain", charset, record.block.readall())


def _page(record: WarcRecord, media_type: str, charset: str | None, content: bytes) -> Page:
    if "warc-truncated" in record.headers or "warc-segment-number" in record.headers:
        raise ValueError("the crawler stored only a part of it")
    try:
        day = date.fromisoformat(record.headers.get("warc-date", "")[:10])
    except ValueError as error:
        raise ValueError("it does not say when it was fetched") from error
    return Page(record.headers.get("warc-target-uri", "").strip("<>"), media_type, charset, content, day)
