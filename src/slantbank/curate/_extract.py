"""An original: the file or page that an article is taken from, read to plain text with what it says of itself.

Plain text is kept as it is. From a web page, trafilatura (https://trafilatura.readthedocs.io) takes the article and its
metadata; Word files are read by mammoth, Markdown by markdown-it-py. What they leave out cannot be known here, so all that
was extracted is named as such, and a person confirms it. These libraries come with the extra `web`.
"""

import codecs
import io
import logging
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from html import unescape
from importlib.metadata import version
from pathlib import PurePath
from typing import Any

from slantbank.bank import FIRST_NEWS
from slantbank.curate._web import Page

MOST = 20_000_000
"""Bytes that a file may have; a Word file with pictures is larger than its text."""
MOST_XML = 5_000_000
"""Bytes of text and layout that a Word file may unpack to."""
FEWEST = 200
"""Characters of text that a web page must give: less is a menu, or a notice that the page needs a browser."""
MOST_ELEMENTS = 30_000
"""Elements that a web page may have; trafilatura takes seconds for as many."""
DEEPEST = 250
"""How deep the elements of a web page may nest; libxml2 silently leaves out what is deeper than 255."""


class OriginalError(ValueError):
    """An original that no article can be made of; the message starts with its name or address.

    `code` is that of the rule for text that is broken so. What a person can do about it stands after a semicolon.
    """

    def __init__(self, message: str, code: str = "SB009"):
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Original:
    """What an article is made from: its text, headline first, and what was found of its metadata.

    `extracted` names what was found by a program, and is to be confirmed by a person: keys of article.toml, and `text`.
    """

    text: str
    metadata: dict[str, Any]
    extracted: tuple[str, ...] = ()
    note: str | None = None


def read(name: str, content: bytes, *, title: str | None = None) -> Original:
    """The original in a file, by the end of its name: .html, .htm, .md, .markdown, .docx; anything else is plain text.

    A `title` stands in place of the headline that is found. Raises OriginalError for a file that cannot be read, and
    ImportError where the library for it is not installed.
    """
    make = _KINDS.get(PurePath(name).suffix.lower(), _plain)
    if content.startswith(b"%PDF"):
        raise OriginalError(f"{name}: a PDF is not read; copy its text into a .txt file")
    if len(content) > MOST:
        raise OriginalError(f"{name}: more than {MOST:,} bytes; that is no article")
    try:
        return make(content, None, title)
    except OriginalError as error:
        raise OriginalError(f"{name}: {error}", error.code) from error


def read_page(page: Page, asked: str, *, title: str | None = None) -> Original:
    """The original in a page that was fetched when `asked` for; as `read`. Its address is the one it names, else the page's."""
    latest = page.day and min(page.day, date(9999, 12, 30)) + timedelta(days=1)  # it was the next day somewhere
    make = {"text/plain": _plain, "text/markdown": _markdown, "text/x-markdown": _markdown}.get(
        page.media_type, partial(_html, latest=latest)
    )
    try:
        found = make(page.content, page.charset, title)
    except OriginalError as error:
        raise OriginalError(f"{page.url}: {error}", error.code) from error
    extracted = found.extracted + ("url",) * ("url" not in found.metadata and page.url != asked)
    note = found.note and f"{found.note} Fetched on {page.day or datetime.now(UTC).date()}."
    return Original(found.text, {"url": page.url, **found.metadata}, extracted, note)


def _plain(content: bytes, charset: str | None, title: str | None) -> Original:
    if title is not None:
        raise OriginalError("the headline of a plain text is its first line; put it there")
    return Original(_decode(content, charset), {})


def _markdown(content: bytes, charset: str | None, title: str | None) -> Original:
    import lxml.html
    import yaml
    from markdown_it import MarkdownIt

    text = _characters(_decode(content, charset)).removeprefix("\ufeff").replace("\r\n", "\n")
    head = re.match(r"---[ \t]*\n(.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", text, re.DOTALL)
    try:
        front = yaml.safe_load(head[1]) if head else {}
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise OriginalError("the block between --- lines at the start is not YAML") from error
    front = {str(key).lower(): value for key, value in front.items()} if isinstance(front, dict) else {}
    html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text[head.end() :] if head else text)
    found = {key: front[name] for key, names in _FRONT.items() for name in names if front.get(name)}
    tree = lxml.html.document_fromstring(f"<body>{html}</body>")
    return _original(tree, found, title, f"Extracted from a Markdown file with {_made_by('markdown-it-py')}")


_FRONT = {
    "title": ("title",),
    "author": ("authors", "author"),
    "published": ("published", "date"),
    "url": ("canonical_url", "url"),
    "language": ("lang", "language"),
    "outlet": ("publisher", "outlet"),
}
"""The names that the front matter of Markdown files gives to the keys of article.toml; the last that is there counts."""


def _word(content: bytes, charset: str | None, title: str | None) -> Original:
    """A .docx file. Its properties name who made the file, and when, which need not be the author and the day."""
    import lxml.etree
    import lxml.html
    import mammoth

    def read_archive() -> tuple[str, bytes]:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(one.file_size for one in archive.infolist() if one.filename.lower().endswith((".xml", ".rels")))
            if size > MOST_XML:
                raise OriginalError(f"unpacks to {size:,} bytes of text; an article has at most {MOST_XML:,}")
            named = "docProps/core.xml" in archive.namelist()
            core = archive.read("docProps/core.xml") if named else b""
        made = mammoth.convert_to_html(io.BytesIO(content), convert_image=lambda image: [], include_embedded_style_map=False)
        return made.value, core

    html, core = _guarded(read_archive, "is not a Word file (.docx) that can be read")
    tree = lxml.html.document_fromstring(f"<body>{html}</body>")
    for note in tree.xpath('//*[starts-with(@id, "footnote-") or starts-with(@id, "endnote-")]'):
        note.drop_tree()
    parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    properties = lxml.etree.fromstring(core, parser) if core else None
    purl = "{http://purl.org/dc/elements/1.1/}"
    names = {"author": "creator", "language": "language"}
    found = {key: properties.findtext(f"{purl}{name}") for key, name in names.items()} if properties is not None else {}
    return _original(tree, found, title, f"Extracted from a Word file with {_made_by('mammoth')}")


def _html(content: bytes, charset: str | None, title: str | None, latest: date | None = None) -> Original:
    import trafilatura

    for name in ("trafilatura", "htmldate"):  # what they cannot read is told in the place of a log
        logging.getLogger(name).setLevel(logging.CRITICAL)
    text = _characters(_decode(content, charset or _declared(content)))

    def extract() -> tuple[Any, Any, str | None]:
        tree = trafilatura.load_html(re.sub(r"\A\s*<\?xml.*?\?>", "", text, count=1, flags=re.DOTALL))
        if tree is None:
            raise OriginalError("is not an HTML page")
        _judge_size(tree)
        for quotation in list(tree.iter("q")):  # browsers show the marks; trafilatura makes a paragraph of it
            quotation.text = "“" + (quotation.text or "")
            quotation.tail = "”" + (quotation.tail or "")
            quotation.drop_tag()
        # a day that stands anywhere need not be the article's
        dates = {"extensive_search": False, "original_date": True, "max_date": latest and latest.isoformat()}
        language = tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or tree.get("xml:lang")
        headings = [_line(heading.text_content()) for heading in tree.iter("h1")]
        made: Any = trafilatura.bare_extraction(tree, include_comments=False, with_metadata=True, date_extraction_params=dates)
        title = made.title if made is not None else None
        # a title often has the outlet's name after the headline, which stands alone in the page
        return made, language, next((one for one in headings if one and title and one in _line(title)), title)

    made, language, page_title = _guarded(extract, "is not an HTML page that can be read")
    paragraphs = _paragraphs(made.body) if made is not None and made.body is not None else []
    if sum(map(len, paragraphs)) < FEWEST:
        raise OriginalError("no article was found in the page; save its text as a .txt file and take that")
    if not (title or page_title or _has_heading(made.body, paragraphs)):
        raise OriginalError("no headline was found in the page; give it as --title", "SB105")
    found = {
        "title": page_title,
        "outlet": made.sitename if made.sitename != made.hostname else None,
        "author": made.author,
        "published": made.date,
        "url": made.url,
        "language": language,
    }
    return _original(made.body, found, title, f"Extracted from an HTML page with {_made_by('trafilatura')}")


_KINDS: dict[str, Callable[[bytes, str | None, str | None], Original]] = {
    ".html": _html,
    ".htm": _html,
    ".xhtml": _html,
    ".md": _markdown,
    ".markdown": _markdown,
    ".docx": _word,
}


def _judge_size(tree: Any) -> None:
    """Raise OriginalError for a page that would take too long, or of which a part would be lost."""
    from lxml.etree import iterwalk

    depth = count = 0
    for event, _ in iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        count += event == "start"
        if depth > DEEPEST or count > MOST_ELEMENTS:
            what = f"more than {MOST_ELEMENTS:,} elements" if count > MOST_ELEMENTS else f"elements nested deeper than {DEEPEST}"
            raise OriginalError(f"has {what}, and cannot be read whole; save its text as a .txt file and take that", "SB008")


def _guarded(function: Callable[[], Any], message: str) -> Any:
    """What the function returns; whatever else it raises for hostile input, the original cannot be read."""
    try:
        return function()
    except (OriginalError, ImportError):
        raise
    except Exception as error:  # what these readers may raise is written nowhere
        raise OriginalError(message) from error


@cache  # the version is read from disk
def _made_by(library: str) -> str:
    return f"{library} {version(library)}"


def _original(tree: Any, found: dict[str, Any], title: str | None, note: str) -> Original:
    """The text of a tree, headline first, and the metadata that have their form."""
    paragraphs = _paragraphs(tree)
    if not paragraphs:
        raise OriginalError("there is no text in it")
    first = paragraphs[0]
    has_heading = _has_heading(tree, paragraphs)
    headline = _line(title or "") or (first if has_heading else _line(str(found.get("title") or ""))) or first
    if has_heading or headline == first:
        del paragraphs[0]
    text = "\n\n".join([headline, *paragraphs]) + "\n"
    metadata = {key: value for key in _FORMS if (value := _FORMS[key](found.get(key))) is not None}
    extracted = ("title", "text", *metadata, *(() if "language" in metadata else ("language",)))  # else it is only assumed
    return Original(text, metadata, extracted, f"{note}; the original is not kept.")


def _has_heading(tree: Any, paragraphs: list[str]) -> bool:
    """Whether the text starts with a heading of the first rank, in HTML or as trafilatura has it."""
    heading = next(tree.iter("h1", "head"), None)
    return heading is not None and heading.get("rend", "h1") == "h1" and _paragraphs(heading)[:1] == paragraphs[:1]


_INLINE = re.compile(
    "a|abbr|acronym|b|bdi|bdo|big|cite|code|data|del|dfn|em|font|hi|i|ins|kbd|mark|ref|s|samp|small|span|strike|strong|sub|sup|time"
    "|tt|u|var|wbr"
)
_SILENT = ("graphic", "img", "noscript", "script", "style", "template", "title")


def _paragraphs(tree: Any) -> list[str]:
    """The text of a tree of HTML, or of what trafilatura makes of it, by blocks; the cells of a table row are one."""
    from copy import deepcopy

    import lxml.etree

    tree = deepcopy(tree)
    lxml.etree.strip_elements(tree, *_SILENT, lxml.etree.Comment, lxml.etree.ProcessingInstruction, with_tail=False)
    parts: list[str] = []
    for event, node in lxml.etree.iterwalk(tree, events=("start", "end")):
        text = node.text if event == "start" else node.tail if node is not tree else None
        if not _INLINE.fullmatch(node.tag):
            parts.append(" " if node.tag in ("cell", "td", "th") else "\n")
        parts.append(_GAP.sub(" ", text or ""))
    return [line for part in "".join(parts).split("\n") if (line := _line(part))]


def _characters(text: str) -> str:
    r"""The text without control characters, and with references to such read as browsers do, for which &#146; is ’.

    >>> _characters("Don&#146;t&#1; <b>")
    'Don’t <b>'
    """
    return _CONTROL.sub(" ", _REFERENCE.sub(lambda match: unescape(match[0]), text))


_REFERENCE = re.compile(
    r"&#0*(?:\d|[12]\d|3[01]|12[7-9]|1[345]\d)(?!\d);?|&#x0*(?:[01]?[\da-f]|7f|[89][\da-f])(?![\da-f]);?", re.IGNORECASE
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_GAP = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_LAYOUT = re.compile(r"[\xad\u180e\u200b\u2060-\u2064\ufeff]")
"""What a page holds for its layout alone: soft hyphens, and characters that allow or forbid a line break."""


def _line(text: str) -> str:
    """The text on one line, its white space single, without control characters and those of layout."""
    return _GAP.sub(" ", _LAYOUT.sub("", text)).strip()


def _name(value: Any) -> str | None:
    values = value if isinstance(value, list) else [value]
    line = _line("; ".join(one for one in values if isinstance(one, str)))
    return line if 0 < len(line) <= 300 else None


def _day(value: Any) -> date | None:
    try:
        found = date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
    return found if found >= FIRST_NEWS else None


def _form(pattern: str) -> Callable[[Any], str | None]:
    return lambda value: value if isinstance(value, str) and re.fullmatch(pattern, value) else None


_FORMS: dict[str, Callable[[Any], Any]] = {
    "outlet": _name,
    "author": _name,
    "published": _day,
    "url": _form(r"https?://[^\s<>\"]+"),
    "language": _form(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*"),
}
"""What is taken of each key that was found; None where it has not the form that article.toml asks for."""


def _declared(content: bytes) -> str | None:
    """The charset that a page names in its first bytes."""
    found = re.search(rb"""<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", content[:4096], re.IGNORECASE)
    return found[1].decode("ascii", "replace") if found else None


_CHARSET = re.compile(
    r"utf-8|utf-16(-[bl]e)?|iso8859-\d+|cp\d+|koi8-[rut]|mac-\w+|gb\w+|big5\w*|euc_\w+|shift_jis\w*|iso2022_\w+|hz|tis-620"
)


def _decode(content: bytes, charset: str | None) -> str:
    """The bytes as text, in the charset that they mark or declare, else in UTF-8; no other is guessed."""
    for mark, name in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if content.startswith(mark):
            charset = name
    try:
        name = codecs.lookup(charset or "utf-8").name
    except LookupError:
        name = ""
    # the web's standard reads these two as what they are nearly always meant for (https://encoding.spec.whatwg.org/)
    name = "cp1252" if name in ("iso8859-1", "ascii") else name
    if not _CHARSET.fullmatch(name):
        raise OriginalError(f"its charset {charset!r} is not known; save it in UTF-8", "SB001")
    try:
        text = content.decode(name)
    except UnicodeDecodeError as error:
        message = (
            f"it says it is in {charset}, and byte {error.start} is not; save it in UTF-8"
            if charset
            else f"it names no charset and is not UTF-8 (byte {error.start}); save it in UTF-8, or name its charset"
        )
        raise OriginalError(message, "SB001") from error
    if "\0" in text:
        raise OriginalError("it holds null characters, so it is no text", "SB004")
    return text
