"""The text of a tree of HTML, or of what trafilatura makes of it, by blocks; and which words of one text another lacks."""

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
    """The text of a tree by blocks; the cells of a table row are one."""
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
    return [found for part in "".join(parts).split("\n") if (found := line(part))]


def characters(text: str) -> str:
    r"""The text without control characters, and with references to such read as browsers do, for which &#146; is ’.

    >>> characters("Don&#146;t&#1; <b>")
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


def line(text: str) -> str:
    """The text on one line, its white space single, without control characters and those of layout."""
    return _GAP.sub(" ", _LAYOUT.sub("", text)).strip()


_WORD = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """The words of a text, without regard to case and to what parts them."""
    return _WORD.findall(_LAYOUT.sub("", text).casefold())


def missing(visible: Iterable[str], kept: str) -> list[str]:
    """What of the visible blocks of an original is not in the text that was kept, block by block, as its words stand there.

    A word is kept where it follows the last one that is, or stands before the next: so its order counts, not its count alone.

    >>> missing(["The vote was close.", "Members only"], "The vote was close.")
    ['Members only']
    >>> missing(["It rose on 4 March again."], "It rose on again.")
    ['4 March']
    """
    lines = [found for one in kept.split("\n") if (found := words(one))]
    starts, known = {one[0] for one in lines}, {word for one in lines for word in one}
    pairs = {pair for one in lines for pair in pairwise(one)}
    return [gap for block in visible for gap in _gaps(block, known, starts, pairs)]


def _gaps(block: str, known: set[str], starts: set[str], pairs: set[tuple[str, str]]) -> Iterator[str]:
    """The runs of words of a block that are not kept."""
    block = _LAYOUT.sub("", block)
    places = list(_WORD.finditer(block))
    own = [match[0].casefold() for match in places]
    before: str | None = None
    start: int | None = None
    for i, word in enumerate(own):
        follows = word in starts if before is None else (before, word) in pairs
        if follows or (i + 1 < len(own) and (word, own[i + 1]) in pairs) or (len(own) == 1 and word in known):
            if start is not None:
                yield block[places[start].start() : places[i - 1].end()]
                start = None
            before = word
        elif start is None:
            start = i
    if start is not None:
        yield block[places[start].start() : places[-1].end()]


_SHOWN = 3


def told(what: str, lost: Sequence[str]) -> tuple[str, ...]:
    """A remark on words that were left out: how many, and the first of them; none where there are none.

    >>> told("left out", ["4 March", "Members only"])
    ('left out: 4 words: “4 March”, “Members only”',)
    """
    lost = [found for one in lost if (found := line(one))]
    count = sum(len(words(one)) for one in lost)
    if not count:
        return ()
    first = ", ".join(f"“{one if len(one) <= 60 else one[:59] + '…'}”" for one in lost[:_SHOWN]) + (
        " …" if len(lost) > _SHOWN else ""
    )
    return (f"{what}: {count:,} word{'s' * (count != 1)}: {first}",)
