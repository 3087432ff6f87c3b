"""Compare texts that look alike but differ in characters: typed again, pasted from a word processor, or saved by a Mac.

A letter with its accent may be one character or two (Unicode normalisation), a quotation mark straight or typographic, a space
breaking or not. People cannot see such differences, so messages name them, and words are found in spite of them.
"""

import re
import unicodedata
from collections.abc import Iterator

_MARKS = str.maketrans("“”„‟«»‹›‘’‚‛′–—‐‑−\xa0\u202f\u2009", "\"\"\"\"\"\"'''''''-----   ")
_CLUSTER = re.compile(r".[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u064b-\u065f\u3099\u309a]*", re.DOTALL)
"""A character with its combining marks, which normalisation may join to it."""


def normal(text: str) -> str:
    """Return the text in Unicode normalisation form NFC."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def straight(text: str) -> str:
    r"""Return the text with straight quotation marks and apostrophes, hyphens for dashes, and plain spaces.

    >>> print(straight("“So” – it’s"))
    "So" - it's
    """
    return text if text.isascii() else text.translate(_MARKS).replace("…", "...")


def difference(first: str, second: str) -> str:
    r"""Name the difference between two texts that look alike; empty if they are equal or differ in other ways, too.

    >>> difference("“so”", '"so"'), difference("Cafe\u0301", "Café"), difference("a", "b")
    ('quotation marks, dashes or spaces', 'Unicode normalisation', '')
    """
    if first == second:
        return ""
    if normal(first) == normal(second):
        return "Unicode normalisation"
    if straight(first) == straight(second):
        return "quotation marks, dashes or spaces"
    both = normal(straight(first)) == normal(straight(second))
    return "Unicode normalisation, and quotation marks, dashes or spaces" if both else ""


_QUOTES = str.maketrans("“”„‟«»‹›‘’‚‛′", '"' * 6 + "'" * 7)
_OPENING = r"(?:(?<=[\s(\[{—–/“‘-])|^)"


def variants(text: str) -> Iterator[tuple[str, str]]:
    r"""Yield the texts into which programs turn a text without changing its look, each with its difference from it.

    They are in another Unicode normalisation, with straight quotation marks, dashes and spaces, or with English typographic ones.

    >>> dict(variants('"So" - it is')).keys() == {"“So” - it is"}
    True
    """
    seen = {text}
    for normalised in (text, unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)):
        curled = re.sub(f'{_OPENING}"', "“", normalised, flags=re.MULTILINE).replace('"', "”")
        curled = re.sub(f"{_OPENING}'", "‘", curled, flags=re.MULTILINE).replace("'", "’")
        for variant in (normalised, normalised.translate(_QUOTES), curled, straight(normalised)):
            if variant not in seen:
                seen.add(variant)
                yield variant, difference(text, variant)


def find_words(text: str, words: str) -> list[tuple[int, int]]:
    r"""Find words in a text in spite of differences that cannot be seen; return the half-open offsets of each place.

    >>> find_words("They said “no” at the café.", '"no"'), find_words("At the Cafe\u0301.", "Café")
    ([(10, 14)], [(7, 12)])
    """
    clusters = [match.span() for match in _CLUSTER.finditer(text)]
    folded = [normal(straight(text[start:end])) for start, end in clusters]
    owner = [k for k, part in enumerate(folded) for _ in part]
    plain, needle = "".join(folded), normal(straight(words))
    starts = [match.start() for match in re.finditer(f"(?={re.escape(needle)})", plain)] if needle else []
    return [(clusters[owner[at]][0], clusters[owner[at + len(needle) - 1]][1]) for at in starts]
