"""Split a text into headline, paragraphs and sentences.

Segmentation runs once, when an article is taken in; from then on `article.txt` is the truth, and people correct it. sentencex
(https://pypi.org/project/sentencex/) finds the boundaries. Its time is quadratic in the length of an unclosed quotation, so it gets
at most `LONGEST` characters at once.
"""

import re
from dataclasses import dataclass

import sentencex

LONGEST = 20_000
_LINE = re.compile(r"[^\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
_GAP = re.compile(r"\s+")
_WIDE = {ord(white): " " for white in map(chr, (0x1F, *range(0x80, 0x3001))) if white.isspace()}
"""White space that other libraries do not know or fail on (sentencex 1.0 on “J\xa0.”), each with a space to replace it."""
_WIDES = tuple(map(chr, _WIDE))


@dataclass(frozen=True)
class SentenceSpan:
    """The position of a sentence: half-open code-point offsets in the text, and the number of its paragraph (headline: 0)."""

    start: int
    end: int
    paragraph: int


def segment(text: str, language: str = "en", *, wrapped: bool = False) -> list[SentenceSpan]:
    r"""Return the positions of headline and sentences in a text, in order; only white space lies between them.

    The first line that is not blank is the headline, a sentence by itself. Every further line is a paragraph; in a `wrapped` text,
    blank lines separate paragraphs. Raises ValueError for a lone surrogate, which is no character.

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
    r"""Return the canonical text, as in `article.txt`: a sentence a line, a blank line between paragraphs, single spaces.

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


def split_sentences(text: str, language: str = "en") -> list[list[str]]:
    r"""Return the headline and the paragraphs, each as a list of sentences with their white space; a faster `segment`.

    Stripped and with single spaces, the sentences are the lines of the canonical text. Other white space than spaces and tabs is
    replaced. Raises ValueError for a lone surrogate.

    >>> split_sentences("Head\nOne.  Two\tis.")
    [['Head'], ['One.  ', 'Two\tis.']]
    """
    paragraphs = [line for line in text.splitlines() if line and not line.isspace()]
    if _narrow(text) is not text:
        paragraphs = list(map(_narrow, paragraphs))
    return [[line] for line in paragraphs[:1]] + [
        sentencex.segment(language, line) if len(line) <= LONGEST else _split_paragraph(line, language) for line in paragraphs[1:]
    ]


def _narrow(text: str) -> str:
    """Return the text with spaces for unusual white space, of the same length; the same object if there is none."""
    plain = text.isascii() and "\x1f" not in text
    return text if plain or not any(map(text.__contains__, _WIDES)) else text.translate(_WIDE)


def sentence_spans(text: str) -> list[SentenceSpan]:
    r"""Return the positions of the sentences of a canonical text: a sentence a line, paragraphs separated by blank lines.

    >>> sentence_spans("Head\n\nOne.\nTwo.\n")[-1]
    SentenceSpan(start=11, end=15, paragraph=1)
    """
    spans: list[SentenceSpan] = []
    start = paragraph = 0
    blank = False
    for line in text.split("\n"):
        if line:
            paragraph += bool(blank and spans)
            spans.append(SentenceSpan(start, start + len(line), paragraph))
        blank = not line
        start += len(line) + 1
    return spans


def sentence_texts(text: str) -> list[str]:
    r"""Return the sentences of a canonical text; `sentence_spans` returns their positions.

    >>> sentence_texts("Head\n\nOne.\nTwo.\n")
    ['Head', 'One.', 'Two.']
    """
    return [line for line in text.split("\n") if line]


def _paragraphs(text: str, wrapped: bool) -> list[tuple[int, int]]:
    """Return the offsets of the headline and the paragraphs that are not blank."""
    lines = [m.span() for m in _LINE.finditer(text) if not m[0].isspace()]
    if not wrapped or not lines:
        return lines
    joined = [lines[0], *lines[1:2]]
    for start, end in lines[2:]:
        gap = text[joined[-1][1] : start]
        if len(gap.replace("\r\n", "\n").strip(" \t")) > 1:
            joined.append((start, end))
        else:
            joined[-1] = (joined[-1][0], end)
    return joined


def _sentences(text: str, start: int, end: int, language: str) -> list[tuple[int, int]]:
    bounds: list[tuple[int, int]] = []
    for sentence in _split_paragraph(text[start:end], language):
        bounds.append((start, start + len(sentence)))
        start += len(sentence)
    return bounds


def _split_paragraph(paragraph: str, language: str) -> list[str]:
    """Return the sentences of a paragraph with the white space after each.

    Raises ValueError if together they are not as long as the paragraph.
    """
    text = _narrow(paragraph)
    if len(text) <= LONGEST:
        sentences: list[str] = sentencex.segment(language, text)
    else:
        sentences, start = [], 0
        while start < len(text):
            stop = len(text)
            if stop - start > LONGEST:
                gap = max(text.rfind(white, start, start + LONGEST) for white in " \t\n")
                stop = gap + 1 if gap > start else start + LONGEST
            part = sentencex.segment(language, text[start:stop]) or [text[start:stop]]
            if stop < len(text) and len(part) > 1:
                part.pop()  # this sentence may be cut off; the next part starts with it
            sentences += part
            start += sum(map(len, part))
    if sum(map(len, sentences)) != len(text):
        raise ValueError(f"text was lost between the sentences of {text[:40]!r}")
    return sentences


def _strip(text: str, start: int, end: int) -> tuple[int, int]:
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), start + len(part.rstrip())
