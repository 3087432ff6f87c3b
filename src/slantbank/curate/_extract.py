"""Read an original, the file or page from which an article is taken: its text, and what it says about itself.

The content of a file shows its kind, before its name does; a remark says so where they differ. Plain text is kept as it is.
trafilatura (https://trafilatura.readthedocs.io) extracts the article and its metadata from a web page, mammoth reads Word files and
markdown-it-py Markdown; these come with the extra `web`. Remarks report words of the original that are not in the text, as far as
this can be known. Whatever was extracted is listed, so that a person can confirm it.
"""

import email
import email.policy
import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import PurePath

from slantbank.bank import find_garbled
from slantbank.curate import _documents as documents
from slantbank.curate import _language as language
from slantbank.curate import _markdown as markdown
from slantbank.curate import _page as html
from slantbank.curate import _word as word
from slantbank.curate._decode import decode
from slantbank.curate._original import Original, OriginalError
from slantbank.curate._web import Page

MOST = 20_000_000
"""Bytes that a file may have; a Word file with pictures is much larger than its text."""

Read = Callable[[bytes, str | None, str | None], Original]


def read(name: str, content: bytes, *, title: str | None = None, charset: str | None = None) -> Original:
    """Read a file as the kind that its content shows, else that of its suffix, else as plain text.

    `title` replaces the headline that is found, and `charset` goes before the one that the file declares. Raises OriginalError for
    a file that cannot be read, and ImportError if the library for it is not installed.
    """
    suffix = PurePath(name).suffix.lower()
    if len(content) > MOST:
        raise OriginalError(f"{name}: more than {MOST:,} bytes; that is no article")
    try:
        kind = _kind_by_content(content) or _SUFFIXES.get(suffix, "plain text")
        original = _KINDS[kind](content, charset, title)
        covered = documents.check_cover(original.text)
    except OriginalError as error:
        raise OriginalError(f"{name}: {error}", error.code) from error
    named = _SUFFIXES.get(suffix, "plain text" if suffix == ".txt" else "")
    as_named = kind == named or (not named and kind == "plain text")
    return _with_remarks(
        original, (() if as_named else (f"read as {kind}, by its content",)) + covered + _garbled_remark(original.text)
    )


def read_page(page: Page, asked: str, *, title: str | None = None) -> Original:
    """Read a fetched page, as `read`; `asked` is the address that was asked for, before redirects.

    The address of the original is the one that the page names, else the one it was fetched from.
    """
    latest = page.day and min(page.day, date(9999, 12, 30)) + timedelta(days=1)  # in some time zone it was the next day
    declared = {"text/plain": "plain text", "text/markdown": "Markdown", "text/x-markdown": "Markdown"}.get(page.media_type, _HTML)
    try:
        kind = _kind_by_content(page.content) or declared
        make = partial(html.read, url=page.url, latest=latest) if kind == _HTML else _KINDS[kind]
        original = make(page.content, page.charset, title)
    except OriginalError as error:
        raise OriginalError(f"{page.url}: {error}", error.code) from error
    extracted = original.extracted + ("url",) * ("url" not in original.metadata and page.url != asked)
    note = original.note and f"{original.note} Fetched on {page.day or datetime.now(UTC).date()}."
    complete = Original(original.text, {"url": page.url, **original.metadata}, extracted, note, original.remarks)
    remarks = () if kind == declared else (f"read as {kind}, by its content",)
    return _with_remarks(complete, remarks + _garbled_remark(original.text))


def _garbled_remark(text: str) -> tuple[str, ...]:
    """Return a remark on garbled characters in a text, if there are any."""
    places = list(find_garbled(text))
    more = f", and {len(places) - 1} more" if len(places) > 1 else ""
    return (f"the text is garbled: {places[0][2]}{more}; take it from a copy in UTF-8",) if places else ()


def _with_remarks(original: Original, remarks: tuple[str, ...]) -> Original:
    """Return the original with more remarks, which are added to its note, too, if it has one."""
    remarks += original.remarks
    note = original.note and " ".join([original.note, *(f"{remark[:1].upper()}{remark[1:]}." for remark in remarks)])
    return Original(original.text, original.metadata, original.extracted, note, remarks)


def _plain(content: bytes, charset: str | None, title: str | None) -> Original:
    if title is not None:
        raise OriginalError("the headline of a plain text is its first line; put it there")
    try:
        text, remarks = decode(content, (charset,))
    except OriginalError:
        if charset is not None or (guessed := _as_windows_1252(content)) is None:
            raise
        text, remarks = guessed, ("it is not UTF-8, and was read as windows-1252, by a guess; --encoding names another charset",)
    signs = " and ".join(markdown.signs(text))
    if signs:
        remarks += (f"it has {signs}, as Markdown has, and was read as plain text; if it is Markdown, name it .md",)
    return Original(text, {}, remarks=remarks)


_WESTERN = re.compile(r"[\x00-\x7fÀ-ÖØ-öø-ÿŒœŠšŽžŸ“”„‘’‚–—…«»‹›€£§°·¿¡ºª\xa0]*")


def _as_windows_1252(content: bytes) -> str | None:
    """Decode as windows-1252 if the result has the letters and the small words of a known language; else None."""
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        return None
    return text if _WESTERN.fullmatch(text) and "\0" not in text and language.guess(text) is not None else None


def _mhtml(content: bytes, charset: str | None, title: str | None) -> Original:
    """Read a page that a browser saved as one file (MHTML), in which the page is one of the parts (RFC 2557)."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    root = message.get_param("start") if message.is_multipart() else None
    parts = [part for part in message.walk() if part.get_content_type() in ("text/html", "application/xhtml+xml")]
    page = next((part for part in parts if root and part["Content-ID"] == root), parts[0] if parts else None)
    if page is None:
        raise OriginalError("no page of HTML is among its parts; save its text as a .txt file and take that")
    body = page.get_payload(decode=True)
    url = str(message["Snapshot-Content-Location"] or page["Content-Location"] or "")
    original = html.read(body if isinstance(body, bytes) else b"", page.get_content_charset(), title, url=url)
    address = {"url": url} if re.fullmatch(r"https?://[^\s<>\"]+", url) and "url" not in original.metadata else {}
    extracted = original.extracted + ("url",) * bool(address)
    return Original(original.text, {**address, **original.metadata}, extracted, original.note, original.remarks)


_HTML = "an HTML page"
_KINDS: dict[str, Read] = {
    "plain text": _plain,
    _HTML: html.read,
    "a page saved as one file (MHTML)": _mhtml,
    "Markdown": markdown.read,
    "a Word file": word.read,
}
_SUFFIXES = {
    ".html": _HTML,
    ".htm": _HTML,
    ".xhtml": _HTML,
    ".mhtml": "a page saved as one file (MHTML)",
    ".mht": "a page saved as one file (MHTML)",
    ".md": "Markdown",
    ".markdown": "Markdown",
    ".docx": "a Word file",
}

_FOREIGN = {
    b"%PDF": "a PDF is not read; copy its text into a .txt file",
    b"{\\rtf": "an RTF file is not read; save it as .docx, or as plain text in UTF-8",
    b"\xd0\xcf\x11\xe0": "an old Word file (.doc) is not read; save it as .docx",
    b"bplist00": "a web archive of Safari is not read; save the page as “Page Source”, or its text as a .txt file",
    b"WARC/1.": "a WARC file holds many pages; `slantbank build` reads it",
    b"\x1f\x8b": "it is packed with gzip; unpack it first",
    b"\x89PNG": "a picture is not read; type its text into a .txt file",
    b"\xff\xd8\xff": "a picture is not read; type its text into a .txt file",
    b"GIF8": "a picture is not read; type its text into a .txt file",
}
"""Messages for kinds of files that are not read, by their first bytes."""
_ARCHIVES = {
    "application/vnd.oasis.opendocument.text": "an OpenDocument text (.odt) is not read; save it as .docx",
    "application/epub+zip": "an e-book (.epub) is not read; save the text of the article as a .txt file",
    "xl/workbook.xml": "an Excel workbook is not read as an article; `slantbank import csv` reads a table",
    "ppt/presentation.xml": "a PowerPoint file is not read; copy its text into a .txt file",
    "Index/Document.iwa": "a Pages file is not read; save it as .docx",
}
_PAGE = re.compile(r"(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_CLOSED = re.compile(r"</(?:p|div|h[1-6]|li|table|article|section|blockquote)\s*>|<br\s*/?>", re.IGNORECASE)
_HEADER = re.compile(r"(?:[A-Za-z-]+:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*\r?\n)+")


def _kind_by_content(content: bytes) -> str | None:
    """Return the kind that the content of a file shows; None for plain text and Markdown, which it cannot show.

    Raises OriginalError for a kind that is not read.
    """
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:5_000]
    if refusal := next((message for sign, message in _FOREIGN.items() if start.startswith(sign)), None):
        raise OriginalError(refusal)
    if start.startswith(b"PK\x03\x04"):
        return _kind_of_archive(content)
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    head = content[:10_000].decode("utf-16", "ignore").lstrip() if wide else start.decode("latin-1")
    if _PAGE.match(head):
        return _HTML
    if re.match(r"(?:<\?xml[^>]*>\s*)?<(?:rss|feed|rdf:RDF)\b", head):
        raise OriginalError("a feed is not read; take the page that it leads to")
    fields = _HEADER.match(head)
    if fields and re.search(r"^(?:mime-version|content-type):", fields[0], re.IGNORECASE | re.MULTILINE):
        if re.search(r"multipart/related|text/html|<Saved by", fields[0], re.IGNORECASE):
            return "a page saved as one file (MHTML)"
        raise OriginalError("an e-mail is not read; copy the text of the article into a .txt file")
    if len(_CLOSED.findall(head)) > 2:
        return _HTML
    if head.startswith(("{", "[")) and _is_json(content):
        raise OriginalError(
            "it is JSON, and no article; `slantbank import jsonl` reads a table of sentences, `slantbank build` a crawl"
        )
    return None


def _kind_of_archive(content: bytes) -> str | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
            small = "mimetype" in names and archive.getinfo("mimetype").file_size < 200
            names |= {archive.read("mimetype").decode("latin-1").strip()} if small else set()
    except (zipfile.BadZipFile, ValueError, OSError):
        return None
    if refusal := next((message for sign, message in _ARCHIVES.items() if sign in names), None):
        raise OriginalError(refusal)
    if not any(name.startswith("word/") for name in names):
        raise OriginalError("it is a zip archive; unpack it, and take the file that is the article")
    return "a Word file"


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True
