"""Read Markdown with markdown-it-py, with front matter in any common format."""

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any

from slantbank.curate._blocks import clean_characters, missing_words, paragraphs, remark_on
from slantbank.curate._decode import decode
from slantbank.curate._original import Original, OriginalError, has_heading, make_original, name_and_version

_FRONT = {
    "title": ("title",),
    "author": ("authors", "author"),
    "published": ("published", "date"),
    "url": ("canonical_url", "url"),
    "language": ("lang", "language"),
    "outlet": ("publisher", "outlet"),
}
"""The names in front matter for the keys of article.toml; if several are there, the last one counts."""


def read(content: bytes, charset: str | None, title: str | None) -> Original:
    """Read a Markdown file: CommonMark with tables and strikethrough; footnotes are left out, and a remark says so."""
    import lxml.html

    raw, remarks = decode(content, (charset,))
    text = clean_characters(raw).removeprefix("\ufeff").replace("\r\n", "\n")
    front, body = _front(text)
    metadata = {key: front[name] for key, names in _FRONT.items() for name in names if front.get(name)}
    body, notes = _without_notes(body)
    tree = lxml.html.document_fromstring(f"<body>{_rendered(body)}</body>")
    for item in tree.iter("li"):
        _number(item)
    struck = [element.text_content() for element in tree.iter("s", "del", "strike")]
    remarks += remark_on("struck through, and kept: take it out if it should not be there", struck)
    remarks += remark_on("left out, the footnotes", notes)
    lines = paragraphs(tree)
    seen = [*paragraphs(tree), *(element.text_content() for element in tree.iter("noscript", "template", "title"))]
    remarks += remark_on("left out", missing_words(seen, "\n".join(lines)))
    note = f"Extracted from a Markdown file with {name_and_version('markdown-it-py')}"
    return make_original(lines, metadata, title, note, remarks, headed=has_heading(tree, lines))


def _rendered(body: str) -> str:
    """Return the text as HTML; words in angle brackets that are no HTML tag stay text."""
    from lxml.html import defs
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    tokens = parser.parse(body)
    for token in tokens:
        if token.type == "list_item_open" and token.info:
            token.attrSet("data-number", token.info)
    for token in (child for block in tokens for child in (block.children or ())):
        tag = re.match(r"</?([A-Za-z][A-Za-z0-9-]*)", token.content) if token.type == "html_inline" else None
        if tag and tag[1].lower() not in defs.tags:
            token.type = "text"
    return str(parser.renderer.render(tokens, parser.options, {}))


def _number(item: Any) -> None:
    """Put the number of a list item before its text: it may be that of a paragraph, or a year."""
    if number := item.get("data-number"):
        first = next((child for child in item if child.tag == "p"), None) if not (item.text or "").strip() else None
        holder = item if first is None else first
        holder.text = f"{number}. {(holder.text or '').lstrip()}"


_NOTE = re.compile(r"^\[\^([^\]\s]+)\]:[ \t]*(.*(?:\n(?:[ \t]+\S.*|(?=\n[ \t]+\S)))*)", re.MULTILINE)


def _without_notes(body: str) -> tuple[str, list[str]]:
    """Return the text without footnotes and their marks, and the footnotes."""
    notes = {match[1]: match[2] for match in _NOTE.finditer(body)}
    if not notes:
        return body, []
    marks = "|".join(map(re.escape, notes))
    return re.sub(rf"\[\^(?:{marks})\]", "", _NOTE.sub("", body)), list(notes.values())


def _front(text: str) -> tuple[dict[str, Any], str]:
    """Split off the front matter (YAML, TOML, JSON, Pandoc's title block, or MultiMarkdown); its keys are in lower case."""
    for parse in (_yaml, _toml, _json, _pandoc, _multimarkdown):
        if parts := parse(text):
            front, body = parts
            return {str(key).lower(): value for key, value in front.items()} if isinstance(front, dict) else {}, body
    return {}, text


_Front = tuple[Any, str] | None


def _yaml(text: str) -> _Front:
    import yaml

    head = re.match(r"---[ \t]*\n(.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", text, re.DOTALL)
    try:
        return (yaml.safe_load(head[1]), text[head.end() :]) if head else None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise OriginalError("the block between --- lines at the start is not YAML") from error


def _toml(text: str) -> _Front:
    head = re.match(r"\+\+\+[ \t]*\n(.*?\n)\+\+\+[ \t]*(?:\n|\Z)", text, re.DOTALL)
    try:
        return (tomllib.loads(head[1]), text[head.end() :]) if head else None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise OriginalError("the block between +++ lines at the start is not TOML") from error


def _json(text: str) -> _Front:
    if not re.match(r"\{[ \t]*\n", text):
        return None
    try:
        front, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return None
    return front, text[end:]


def _pandoc(text: str) -> _Front:
    head = re.match(r"%[ \t]*(.*(?:\n[ \t]+.*)*)\n(?:%[ \t]*(.*(?:\n[ \t]+.*)*)\n(?:%[ \t]*(.*)\n)?)?", text)
    if head is None:
        return None
    fields = zip(("title", "author", "date"), head.groups(), strict=True)
    return {name: " ".join(value.split()) for name, value in fields if value}, text[head.end() :]


def _multimarkdown(text: str) -> _Front:
    head = re.match(r"(?:[A-Za-z][A-Za-z0-9 _-]{0,40}:[ \t]+\S.*\n(?:[ \t]+\S.*\n)*)+(?=\n|\Z)", text)
    pairs = [re.match(r"([^:]+):[ \t]+(.*)", line) for line in head[0].split("\n")] if head else []
    front = {pair[1].strip().lower(): pair[2].strip() for pair in pairs if pair}
    allowed = {name for names in _FRONT.values() for name in names}
    return (front, text[head.end() :]) if head and front.keys() <= allowed and "title" in front else None


def signs(text: str) -> Iterator[str]:
    """Yield the signs that a text is Markdown: front matter, or a heading in its first line."""
    if re.match(r"(?:---|\+\+\+)[ \t]*\n(?:.*\n)*?(?:---|\+\+\+|\.\.\.)[ \t]*\n", text[:5_000]):
        yield "front matter"
    if re.match(r"\s*#{1,6} \S", text):
        yield "a heading in its first line"
