"""Texts that look alike and are not the same: typed anew, pasted from a word processor, or saved by a Mac.

A letter with its accent may be one character or two (Unicode normalisation), a quotation mark straight or typographic, a space one
that does not break. People cannot see it, so a message must tell it, and what was copied is found all the same.
"""

import re
import unicodedata
from collections.abc import Iterator

_MARKS = str.maketrans("“”„‟«»‹›‘’‚‛′–—‐‑−\xa0\u202f\u2009", "\"\"\"\"\"\"'''''''-----   ")
_CLUSTER = re.compile(r".[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u064b-\u065f\u3099\u309a]*", re.DOTALL)
"""A character with the marks that may be joined to it in one."""


def normal(text: str) -> str:
    """The text in one Unicode normalisation (NFC)."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def straight(text: str) -> str:
    r"""The text with straight quotation marks and apostrophes, hyphens for dashes, and plain spaces.

    >>> print(straight("“So” – it’s"))
    "So" - it's
    """
    return text if text.isascii() else text.translate(_MARKS).replace("…", "...")


def difference(one: str, other: str) -> str:
    r"""In what alone two texts differ that look alike; empty if they are the same, or differ in more.

    >>> difference("“so”", '"so"'), difference("Cafe\u0301", "Café"), difference("a", "b")
    ('quotation marks, dashes or spaces', 'Unicode normalisation', '')
    """
    if one == other:
        return ""
    if normal(one) == normal(other):
        return "Unicode normalisation"
    if straight(one) == straight(other):
        return "quotation marks, dashes or spaces"
    both = normal(straight(one)) == normal(straight(other))
    return "Unicode normalisation, and quotation marks, dashes or spaces" if both else ""


_QUOTES = str.maketrans("“”„‟«»‹›‘’‚‛′", '"' * 6 + "'" * 7)
_OPENING = r"(?:(?<=[\s(\[{—–/“‘-])|^)"


def variants(text: str) -> Iterator[tuple[str, str]]:
    r"""The texts that look like this one as programs make them, each once, and in what alone they differ from it.

    Normalised in another way; with straight quotation marks, and dashes and spaces, or typographic quotation marks, as in English.

    >>> dict(variants('"So" - it is')).keys() == {"“So” - it is"}
    True
    """
    seen = {text}
    for normalised in (text, unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)):
        curled = re.sub(f'{_OPENING}"', "“", normalised, flags=re.MULTILINE).replace('"', "”")
        curled = re.sub(f"{_OPENING}'", "‘", curled, flags=re.MULTILINE).replace("'", "’")
        for one in (normalised, normalised.translate(_QUOTES), curled, straight(normalised)):
            if one not in seen:
                seen.add(one)
                yield one, difference(text, one)


def find_words(text: str, words: str) -> list[tuple[int, int]]:
    r"""Where words stand in a text that look alike, as offsets in it.

    >>> find_words("They said “no” at the café.", '"no"'), find_words("At the Cafe\u0301.", "Café")
    ([(10, 14)], [(7, 12)])
    """
    clusters = [match.span() for match in _CLUSTER.finditer(text)]
    folded = [normal(straight(text[start:end])) for start, end in clusters]
    owner = [k for k, part in enumerate(folded) for _ in part]
    plain, wanted = "".join(folded), normal(straight(words))
    found = [match.start() for match in re.finditer(f"(?={re.escape(wanted)})", plain)] if wanted else []
    return [(clusters[owner[at]][0], clusters[owner[at + len(wanted) - 1]][1]) for at in found]
