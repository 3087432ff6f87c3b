"""Read a web page: trafilatura extracts the article and its metadata; what it would lose is saved before, or reported."""

import logging
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from slantbank.curate import _documents as documents
from slantbank.curate import _headline as headlines
from slantbank.curate import _notices as notices
from slantbank.curate._blocks import clean_characters, missing_words, paragraphs, remark_on, single_line, words
from slantbank.curate._decode import declared_charset, decode
from slantbank.curate._original import Original, OriginalError, guard, has_heading, make_original, name_and_version

FEWEST = 200
"""Characters of text that a web page must give: less is a menu, or a notice that the page needs a browser."""
MOST_ELEMENTS = 30_000
"""Elements that a web page may have; trafilatura needs seconds for that many."""
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
    """Read the article in a page; `url` is where it came from, and `latest` the last day on which it can have been published."""
    import trafilatura

    for name in ("trafilatura", "htmldate"):  # what they cannot read becomes an error or a remark here
        logging.getLogger(name).setLevel(logging.CRITICAL)
    raw, odd = decode(content, (charset, declared_charset(content)))
    text = clean_characters(raw)
    notes: list[str] = []

    def run_trafilatura() -> tuple[Any, str | None, headlines.Headline | None, list[str], list[str]]:
        tree = trafilatura.load_html(re.sub(r"\A\s*<\?xml.*?\?>", "", text, count=1, flags=re.DOTALL))
        if tree is None:
            raise OriginalError("is not an HTML page")
        _check_size(tree)
        documents.tidy_google_docs(tree, notes)
        for quotation in list(tree.iter("q")):  # browsers show the marks; trafilatura makes a paragraph of it
            quotation.text = "“" + (quotation.text or "")
            quotation.tail = "”" + (quotation.tail or "")
            quotation.drop_tag()
        captions = [*_captions(tree)]
        for element in [*tree.iter(*_IN_LINE)]:
            if any(above.tag in _BLOCKS for above in element.iterancestors()):
                element.drop_tag()
        visible = paragraphs(_body(tree))
        language = tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or tree.get("xml:lang")
        # without the extensive search: a day anywhere on the page need not be the article's
        dates = {"extensive_search": False, "original_date": True, "max_date": latest and latest.isoformat()}
        extraction: Any = trafilatura.bare_extraction(
            tree, include_comments=False, with_metadata=True, date_extraction_params=dates
        )
        if extraction is None:
            return None, language, None, visible, captions
        body = paragraphs(extraction.body) if extraction.body is not None else []
        first = body[0] if extraction.body is not None and has_heading(extraction.body, body) else None
        site = extraction.sitename if extraction.sitename != extraction.hostname else None
        return extraction, language, headlines.find(tree, extraction.url or url, site, extraction.title, first), visible, captions

    extraction, language, headline, visible, captions = guard(run_trafilatura, "is not an HTML page that can be read")
    lines = paragraphs(extraction.body) if extraction is not None and extraction.body is not None else []
    if sum(map(len, lines)) < FEWEST:
        raise OriginalError("no article was found in the page; save its text as a .txt file and take that")
    if not title and headline is None:
        raise OriginalError("no headline was found in the page; give it as --title", "SB105")
    metadata = {
        "outlet": extraction.sitename if extraction.sitename != extraction.hostname else None,
        "author": extraction.author,
        "published": extraction.date,
        "url": extraction.url,
        "language": language,
    }
    heading = single_line(title or "") or headline.text
    headed = has_heading(extraction.body, lines)
    remarks += odd
    if not title and headline.doubt:
        remarks += (f"doubtful headline: {headline.doubt}",)
    lines, others = notices.separate(lines, heading, str(extraction.author or ""), headed=headed)
    for kind, texts in others.items():
        remarks += remark_on(f"left out, {kind}", texts)
    if not metadata["author"] and (by := notices.byline_names(others.get("the byline", ()))):
        metadata["author"] = by
    remarks += remark_on("left out, captions", captions)
    remarks += remark_on("left out, footnotes", notes)
    if _PAID.search(text):
        remarks += ("the page says that it is not free to read: its text may be the start of the article alone",)
    kept = "\n".join([heading, *lines, *(paragraph for texts in others.values() for paragraph in texts)])
    remarks += remark_on("left out between its paragraphs", missing_words(_article_blocks(visible, lines), kept))
    note = f"Extracted from an HTML page with {name_and_version('trafilatura')}"
    return make_original(lines, metadata, heading, note, remarks, headed=headed)


_PAID = re.compile(r"\"isAccessibleForFree\"\s*:\s*\"?false", re.IGNORECASE)
"""How a page says to search engines that readers pay for it (https://schema.org/isAccessibleForFree)."""


def _body(tree: Any) -> Any:
    body = tree.find("body")
    return tree if body is None else body


def _captions(tree: Any) -> Iterator[str]:
    """Take captions and credits of pictures out of a page, and yield their texts."""
    for element in [*tree.iter("figcaption", "p", "div", "span", "small")]:
        marked = element.tag == "figcaption" or _CAPTION.search(element.get("class") or "")
        if marked and element.getparent() is not None and len(text := single_line(element.text_content())) <= 500:
            if text:
                yield text
            element.drop_tree()


def _article_blocks(visible: list[str], lines: list[str]) -> list[str]:
    """Return the visible blocks of a page from the first to the last that shares a line or five words with the article."""

    def runs(tokens: tuple[str, ...]) -> set[tuple[str, ...]]:
        return {tuple(tokens[i : i + 5]) for i in range(len(tokens) - 4)}

    article = {tuple(words(line)) for line in lines}
    article_runs = {run for tokens in article for run in runs(tokens)}

    def is_kept(block: str) -> bool:
        tokens = tuple(words(block))
        return tokens in article or not article_runs.isdisjoint(runs(tokens))

    kept = [i for i, block in enumerate(visible) if is_kept(block)]
    return visible[kept[0] : kept[-1] + 1] if kept else []


def _check_size(tree: Any) -> None:
    """Raise OriginalError for a page that is too large, or so deeply nested that libxml2 would lose parts."""
    from lxml.etree import iterwalk

    depth = count = 0
    for event, _ in iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        count += event == "start"
        if depth > DEEPEST or count > MOST_ELEMENTS:
            excess = f"more than {MOST_ELEMENTS:,} elements" if count > MOST_ELEMENTS else f"elements nested deeper than {DEEPEST}"
            raise OriginalError(f"has {excess}, and cannot be read whole; save its text as a .txt file and take that", "SB008")
