"""Text to sentences: where the headline, the paragraphs and the sentences of a text stand.

Segmentation runs once, when an article is taken in; from then on `article.txt` is the truth and people correct it.
The boundaries are found by sentencex (https://pypi.org/project/sentencex/), whose cost is quadratic in an unclosed
quotation, so that no more than `LONGEST` characters are handed to it at a time.
"""

import re
from dataclasses import dataclass

import sentencex

LONGEST = 20_000
_LINE = re.compile(r"[^\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
_GAP = re.compile(r"\s+")
_WIDE = {ord(white): " " for white in map(chr, (0x1F, *range(0x80, 0x3001))) if white.isspace()}
"""White space that other libraries do not take for it, or cannot bear (sentencex 1.0, in “J\xa0.”): a space for each."""
_WIDES = tuple(map(chr, _WIDE))


@dataclass(frozen=True)
class SentenceSpan:
    """A sentence's place: half-open code-point offsets into the text, and the number of its paragraph (headline 0)."""

    start: int
    end: int
    paragraph: int


def segment(text: str, language: str = "en", *, wrapped: bool = False) -> list[SentenceSpan]:
    r"""The headline and the sentences of a text, in order and disjoint; all that they leave out is white space.

    The first line that is not blank is the headline, a sentence by itself. Every further line is a paragraph, or, in a
    `wrapped` text, every run of lines without a blank one between them. Raises ValueError for a lone surrogate,
    which is no character.

    >>> text = "A headline\n\nHe spoke of the U.S. Only then did it end."
    >>> [text[s.start : s.end] for s in segment(text)]
    ['A headline', 'He spoke of the U.S.', 'Only then did it end.']
    """
    bad = re.search(r"[\ud800-\udfff]", text)
    if bad:
        raise ValueError(f"lone surrogate U+{ord(bad[0]):04X} at offset {bad.start()}")
    sentences: list[SentenceSpan] = []
    for number, (start, end) in enumerate(_paragraphs(text, wrapped)):
        bounds = [(start, end)] if number == 0 else _sentences(text, start, end, language)
        for a, b in bounds:
            stripped = _strip(text, a, b)
            if stripped[0] < stripped[1]:
                sentences.append(SentenceSpan(*stripped, number))
    return sentences


def layout(text: str, sentences: list[SentenceSpan]) -> str:
    r"""The canonical form, as in `article.txt`: a sentence a line, a blank line between paragraphs, white space single.

    >>> layout("Head\nOne.  Two\tis.", segment("Head\nOne.  Two\tis."))
    'Head\n\nOne.\nTwo is.\n'
    """
    lines: list[str] = []
    paragraph = 0
    for sentence in sentences:
        if sentence.paragraph != paragraph:
            lines.append("")
            paragraph = sentence.paragraph
        lines.append(_GAP.sub(" ", text[sentence.start : sentence.end]))
    return "".join(line + "\n" for line in lines)


def split(text: str, language: str = "en") -> list[list[str]]:
    r"""The headline and the paragraphs, each cut into its sentences with the white space around them: `segment` for many texts.

    Stripped, and with white space made single, they are the lines of the canonical form; spaces and tabs are all of it that is
    left. Raises ValueError for a lone surrogate.

    >>> split("Head\nOne.  Two\tis.")
    [['Head'], ['One.  ', 'Two\tis.']]
    """
    paragraphs = [line for line in text.splitlines() if line and not line.isspace()]
    if _narrow(text) is not text:
        paragraphs = list(map(_narrow, paragraphs))
    return [[line] for line in paragraphs[:1]] + [
        sentencex.segment(language, line) if len(line) <= LONGEST else _pieces(line, language) for line in paragraphs[1:]
    ]


def _narrow(text: str) -> str:
    """The text with spaces for wide white space: the same if there is none, as long in any case."""
    plain = text.isascii() and "\x1f" not in text
    return text if plain or not any(map(text.__contains__, _WIDES)) else text.translate(_WIDE)


def sentence_spans(text: str) -> list[SentenceSpan]:
    r"""The sentences of a canonical text: one a line, a new paragraph after each blank line.

    >>> sentence_spans("Head\n\nOne.\nTwo.\n")[-1]
    SentenceSpan(start=11, end=15, paragraph=1)
    """
    found: list[SentenceSpan] = []
    start = paragraph = 0
    blank = False
    for line in text.split("\n"):
        if line:
            paragraph += bool(blank and found)
            found.append(SentenceSpan(start, start + len(line), paragraph))
        blank = not line
        start += len(line) + 1
    return found


def sentence_texts(text: str) -> list[str]:
    r"""The sentences of a canonical text themselves; `sentence_spans` says where they stand.

    >>> sentence_texts("Head\n\nOne.\nTwo.\n")
    ['Head', 'One.', 'Two.']
    """
    return [line for line in text.split("\n") if line]


def _paragraphs(text: str, wrapped: bool) -> list[tuple[int, int]]:
    """Headline and paragraphs as offsets, none of them blank."""
    found = [m.span() for m in _LINE.finditer(text) if not m[0].isspace()]
    if not wrapped or not found:
        return found
    joined = [found[0], *found[1:2]]
    for start, end in found[2:]:
        gap = text[joined[-1][1] : start]
        if len(gap.replace("\r\n", "\n").strip(" \t")) > 1:
            joined.append((start, end))
        else:
            joined[-1] = (joined[-1][0], end)
    return joined


def _sentences(text: str, start: int, end: int, language: str) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for piece in _pieces(text[start:end], language):
        found.append((start, start + len(piece)))
        start += len(piece)
    return found


def _pieces(paragraph: str, language: str) -> list[str]:
    """The sentences of a paragraph with the white space after each: joined, they are as long as the paragraph.

    Raises ValueError if they are not.
    """
    text = _narrow(paragraph)
    if len(text) <= LONGEST:
        found: list[str] = sentencex.segment(language, text)
    else:
        found, start = [], 0
        while start < len(text):
            stop = len(text)
            if stop - start > LONGEST:
                gap = max(text.rfind(white, start, start + LONGEST) for white in " \t\n")
                stop = gap + 1 if gap > start else start + LONGEST
            pieces = sentencex.segment(language, text[start:stop]) or [text[start:stop]]
            if stop < len(text) and len(pieces) > 1:
                pieces.pop()  # that sentence may go on; the next piece starts with it
            found += pieces
            start += sum(map(len, pieces))
    if sum(map(len, found)) != len(text):
        raise ValueError(f"text was lost between the sentences of {text[:40]!r}")
    return found


def _strip(text: str, start: int, end: int) -> tuple[int, int]:
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), start + len(part.rstrip())
