"""The text of an HTML tree, or of trafilatura's XML, by blocks; and the words of one text that another lacks."""

import re
from collections.abc import Iterable, Iterator, Sequence
from html import unescape
from itertools import pairwise
from typing import Any

_INLINE = re.compile(
    "a|abbr|acronym|b|bdi|bdo|big|cite|code|data|del|dfn|em|font|hi|i|ins|kbd|label|mark|nobr|output|q|ref|ruby|s|samp|small|span|strike"
    "|strong|sub|sup|time|tt|u|var|wbr"
)
_SILENT = ("graphic", "img", "noscript", "script", "style", "template", "title")


def paragraphs(tree: Any) -> list[str]:
    """Return the text of a tree, a string for each block; the cells of a table row are one block."""
    from copy import deepcopy

    import lxml.etree

    tree = deepcopy(tree)
    lxml.etree.strip_elements(tree, *_SILENT, lxml.etree.Comment, lxml.etree.ProcessingInstruction, with_tail=False)
    parts: list[str] = []
    for event, node in lxml.etree.iterwalk(tree, events=("start", "end")):
        text = node.text if event == "start" else node.tail if node is not tree else None
        if not isinstance(node.tag, str) or not _INLINE.fullmatch(node.tag):
            parts.append(" " if node.tag in ("cell", "td", "th") else "\n")
        parts.append(_GAP.sub(" ", text or ""))
    return [block for part in "".join(parts).split("\n") if (block := single_line(part))]


def clean_characters(text: str) -> str:
    r"""Replace control characters by spaces, and read references to them as browsers do: &#146; is ’.

    >>> clean_characters("Don&#146;t&#1; <b>")
    'Don’t <b>'
    """
    return _CONTROL.sub(" ", _REFERENCE.sub(lambda match: unescape(match[0]), text))


_REFERENCE = re.compile(
    r"&#0*(?:\d|[12]\d|3[01]|12[7-9]|1[345]\d)(?!\d);?|&#x0*(?:[01]?[\da-f]|7f|[89][\da-f])(?![\da-f]);?", re.IGNORECASE
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_GAP = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_LAYOUT = re.compile(r"[\xad\u180e\u200b\u2060-\u2064\ufeff]")
"""Characters that serve layout alone: soft hyphens, and those that allow or forbid a line break."""


def single_line(text: str) -> str:
    """Put a text on one line: white space single, no control characters, none that serve layout alone."""
    return _GAP.sub(" ", _LAYOUT.sub("", text)).strip()


_WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """Return the words of a text, casefolded and without punctuation."""
    return _WORD.findall(_LAYOUT.sub("", text).casefold())


def missing_words(visible: Iterable[str], kept: str) -> list[str]:
    """Return the runs of words in the visible blocks of an original that are not in the text that was kept.

    A word counts as kept only beside the same neighbour as in the kept text, so that the order of words matters.

    >>> missing_words(["The vote was close.", "Members only"], "The vote was close.")
    ['Members only']
    >>> missing_words(["It rose on 4 March again."], "It rose on again.")
    ['4 March']
    """
    lines = [line for text in kept.split("\n") if (line := words(text))]
    starts, known_words = {line[0] for line in lines}, {word for line in lines for word in line}
    pairs = {pair for line in lines for pair in pairwise(line)}
    return [gap for block in visible for gap in _gaps(block, known_words, starts, pairs)]


def _gaps(block: str, known_words: set[str], starts: set[str], pairs: set[tuple[str, str]]) -> Iterator[str]:
    """The runs of words of a block that are not kept."""
    block = _LAYOUT.sub("", block)
    places = list(_WORD.finditer(block))
    tokens = [match[0].casefold() for match in places]
    before: str | None = None
    start: int | None = None
    for i, word in enumerate(tokens):
        follows = word in starts if before is None else (before, word) in pairs
        if follows or (i + 1 < len(tokens) and (word, tokens[i + 1]) in pairs) or (len(tokens) == 1 and word in known_words):
            if start is not None:
                yield block[places[start].start() : places[i - 1].end()]
                start = None
            before = word
        elif start is None:
            start = i
    if start is not None:
        yield block[places[start].start() : places[-1].end()]


_SHOWN = 3


def remark_on(heading: str, lost: Sequence[str]) -> tuple[str, ...]:
    """Return a remark on words that were left out, as a tuple: how many, and the first of them; empty if none were.

    >>> remark_on("left out", ["4 March", "Members only"])
    ('left out: 4 words: “4 March”, “Members only”',)
    """
    lost = [line for text in lost if (line := single_line(text))]
    count = sum(len(words(line)) for line in lost)
    if not count:
        return ()
    first = ", ".join(f"“{line if len(line) <= 60 else line[:59] + '…'}”" for line in lost[:_SHOWN]) + (
        " …" if len(lost) > _SHOWN else ""
    )
    return (f"{heading}: {count:,} word{'s' * (count != 1)}: {first}",)
