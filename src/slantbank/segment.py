"""Text to sentences: where the headline, the paragraphs and the sentences of a text stand.

Segmentation runs once, when an article is taken in; from then on `article.txt` is the truth and people correct it.
The boundaries are found by sentencex (https://pypi.org/project/sentencex/), whose cost is quadratic in an unclosed
quotation, so that no more than `LONGEST` characters are handed to it at a time.
"""

import re
from dataclasses import dataclass

from sentencex import get_sentence_boundaries  # type: ignore[attr-defined]

LONGEST = 20_000
_LINE = re.compile(r"[^\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
_GAP = re.compile(r"\s+")


@dataclass(frozen=True)
class Sentence:
    """A sentence's place: half-open code-point offsets into the text, and the number of its paragraph (headline 0)."""

    start: int
    end: int
    paragraph: int


def segment(text: str, language: str = "en", *, wrapped: bool = False) -> list[Sentence]:
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
    sentences: list[Sentence] = []
    for number, (start, end) in enumerate(_paragraphs(text, wrapped)):
        bounds = [(start, end)] if number == 0 else _sentences(text, start, end, language)
        for a, b in bounds:
            stripped = _strip(text, a, b)
            if stripped[0] < stripped[1]:
                sentences.append(Sentence(*stripped, number))
    return sentences


def layout(text: str, sentences: list[Sentence]) -> str:
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


def lines(text: str) -> list[Sentence]:
    r"""The sentences of a canonical text: one a line, a new paragraph after each blank line.

    >>> lines("Head\n\nOne.\nTwo.\n")[-1]
    Sentence(start=11, end=15, paragraph=1)
    """
    found: list[Sentence] = []
    start = paragraph = 0
    blank = False
    for line in text.split("\n"):
        if line:
            paragraph += bool(blank and found)
            found.append(Sentence(start, start + len(line), paragraph))
        blank = not line
        start += len(line) + 1
    return found


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
    while start < end:
        stop = end
        if end - start > LONGEST:
            gap = max(text.rfind(white, start, start + LONGEST) for white in " \t\n\u3000\xa0")
            stop = gap + 1 if gap > start else start + LONGEST
        # what a boundary leaves out is not lost: it goes with the sentence that follows
        ends = [start + boundary["end_index"] for boundary in get_sentence_boundaries(language, text[start:stop])]
        if stop < end and len(ends) > 1 and ends[-2] > start:
            ends.pop()  # that sentence may go on; the next piece starts with it
            stop = ends[-1]
        for at in (*ends, stop):
            if at > start:
                found.append((start, at))
                start = at
    return found


def _strip(text: str, start: int, end: int) -> tuple[int, int]:
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), start + len(part.rstrip())
