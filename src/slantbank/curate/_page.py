"""A web page: trafilatura extracts the article and its metadata; what it would lose is saved first, or reported."""

import logging
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from slantbank.curate import _documents as documents
from slantbank.curate import _headline as headlines
from slantbank.curate import _notices as notices
from slantbank.curate._blocks import characters, line, missing, paragraphs, told, words
from slantbank.curate._decode import decode, named
from slantbank.curate._original import Original, OriginalError, guarded, has_heading, made, made_by

FEWEST = 200
"""Characters of text that a web page must give: less is a menu, or a notice that the page needs a browser."""
MOST_ELEMENTS = 30_000
"""Elements that a web page may have; trafilatura takes seconds for as many."""
DEEPEST = 250
"""How deep the elements of a web page may nest; libxml2 silently leaves out what is deeper than 255."""
_IN_LINE = ("time", "label", "output", "data", "nobr", "wbr", "button", "math", "legend")
"""Elements that trafilatura leaves out with their words, though they may stand in the middle of a sentence."""
_BLOCKS = ("p", "li", "blockquote", "td", "th", "dd", "dt", "h1", "h2", "h3", "h4", "h5", "h6")
_CAPTION = re.compile(r"(?:^|[\s_-])(?:caption|credits?|byline-photo|photographer)(?:$|[\s_-])|caption-text", re.IGNORECASE)


def read(
    content: bytes,
    charset: str | None,
    title: str | None,
    *,
    url: str = "",
    latest: date | None = None,
    remarks: tuple[str, ...] = (),
) -> Original:
    """The article in a page, which came from an address, and is not newer than a day."""
    import trafilatura

    for name in ("trafilatura", "htmldate"):  # what they cannot read is told in the place of a log
        logging.getLogger(name).setLevel(logging.CRITICAL)
    raw, odd = decode(content, (charset, named(content)))
    text = characters(raw)
    notes: list[str] = []

    def extract() -> tuple[Any, str | None, headlines.Headline | None, list[str], list[str]]:
        tree = trafilatura.load_html(re.sub(r"\A\s*<\?xml.*?\?>", "", text, count=1, flags=re.DOTALL))
        if tree is None:
            raise OriginalError("is not an HTML page")
        _judge_size(tree)
        documents.tidy(tree, notes)
        for quotation in list(tree.iter("q")):  # browsers show the marks; trafilatura makes a paragraph of it
            quotation.text = "“" + (quotation.text or "")
            quotation.tail = "”" + (quotation.tail or "")
            quotation.drop_tag()
        captions = [*_captions(tree)]
        for one in [*tree.iter(*_IN_LINE)]:
            if any(above.tag in _BLOCKS for above in one.iterancestors()):
                one.drop_tag()
        visible = paragraphs(_body(tree))
        language = tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or tree.get("xml:lang")
        # a day that stands anywhere need not be the article's
        dates = {"extensive_search": False, "original_date": True, "max_date": latest and latest.isoformat()}
        made: Any = trafilatura.bare_extraction(tree, include_comments=False, with_metadata=True, date_extraction_params=dates)
        if made is None:
            return None, language, None, visible, captions
        body = paragraphs(made.body) if made.body is not None else []
        first = body[0] if made.body is not None and has_heading(made.body, body) else None
        site = made.sitename if made.sitename != made.hostname else None
        return made, language, headlines.find(tree, made.url or url, site, made.title, first), visible, captions

    made_, language, headline, visible, captions = guarded(extract, "is not an HTML page that can be read")
    lines = paragraphs(made_.body) if made_ is not None and made_.body is not None else []
    if sum(map(len, lines)) < FEWEST:
        raise OriginalError("no article was found in the page; save its text as a .txt file and take that")
    if not title and headline is None:
        raise OriginalError("no headline was found in the page; give it as --title", "SB105")
    found = {
        "outlet": made_.sitename if made_.sitename != made_.hostname else None,
        "author": made_.author,
        "published": made_.date,
        "url": made_.url,
        "language": language,
    }
    chosen = line(title or "") or headline.text
    headed = has_heading(made_.body, lines)
    remarks += odd
    if not title and headline.doubt:
        remarks += (f"doubtful headline: {headline.doubt}",)
    lines, others = notices.apart(lines, chosen, str(made_.author or ""), headed=headed)
    for what, texts in others.items():
        remarks += told(f"left out, {what}", texts)
    if not found["author"] and (by := notices.names(others)):
        found["author"] = by
    remarks += told("left out, captions", captions)
    remarks += told("left out, footnotes", notes)
    if _PAID.search(text):
        remarks += ("the page says that it is not free to read: its text may be the start of the article alone",)
    kept = "\n".join([chosen, *lines, *(one for texts in others.values() for one in texts)])
    remarks += told("left out between its paragraphs", missing(_between(visible, lines), kept))
    note = f"Extracted from an HTML page with {made_by('trafilatura')}"
    return made(lines, found, chosen, note, remarks, headed=headed)


_PAID = re.compile(r"\"isAccessibleForFree\"\s*:\s*\"?false", re.IGNORECASE)
"""How a page says to search engines that readers pay for it (https://schema.org/isAccessibleForFree)."""


def _body(tree: Any) -> Any:
    body = tree.find("body")
    return tree if body is None else body


def _captions(tree: Any) -> Iterator[str]:
    """Take captions and credits of pictures out of a page; what they say."""
    for one in [*tree.iter("figcaption", "p", "div", "span", "small")]:
        marked = one.tag == "figcaption" or _CAPTION.search(one.get("class") or "")
        if marked and one.getparent() is not None and len(text := line(one.text_content())) <= 500:
            if text:
                yield text
            one.drop_tree()


def _between(visible: list[str], lines: list[str]) -> list[str]:
    """The blocks of a page from the first to the last of which words are in the article's paragraphs."""
    known = {" ".join(words(one)) for one in lines}
    long = {tuple(own[i : i + 5]) for one in lines for own in (words(one),) for i in range(len(own) - 4)}

    def is_kept(block: str) -> bool:
        own = words(block)
        return " ".join(own) in known or any(tuple(own[i : i + 5]) in long for i in range(len(own) - 4))

    kept = [i for i, block in enumerate(visible) if is_kept(block)]
    return visible[kept[0] : kept[-1] + 1] if kept else []


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
