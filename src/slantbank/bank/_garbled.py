"""Words in which a charset was taken for another: mojibake, and the character that stands for one that was lost.

UTF-8 that is read in a charset of one byte gives runs of letters and signs that no language has: `’` becomes `â€™`, `é` `Ã©`. Each
run is told with what it was, where that can be known. Nothing is put right: what the original has, only the original knows.
"""

import re
from collections.abc import Iterator

from slantbank.problem import quoted

LOST = "\ufffd"
_CP1252 = "".join(bytes([byte]).decode("cp1252", "replace") for byte in range(0x80, 0xC0)).replace(LOST, "")
_NEXT = f"[{re.escape(_CP1252)}\x80-\x9f]"
"""What a byte after the first of a character in UTF-8 is in Windows-1252, or in ISO 8859-1."""
_CLOSING = "[‘’“”–—…»«›‹‚„†‡•\xa0]"
"""What of it may stand after a capital letter at the end of a word."""
_SIGNS = {
    "cp1252": [
        rf"(?:Â[¡-¿]|Ã{_NEXT})(?<!{_CLOSING})",
        rf"(?<![^\W\d_a-zß-ÿ])(?:Â[\xa0«»]|Ã{_CLOSING})|(?:Â[\xa0«»]|Ã{_CLOSING})(?=[^\W\d_])",
        rf"â[€‚„†ˆ]{_NEXT}|â„¢|ï»¿|ï¿½|ðŸ{_NEXT}{{2}}",
        rf"(?:[ÄÅ](?!{_CLOSING}){_NEXT})+(?=[^\W\d_])|(?:[ÐÑ]{_NEXT}){{3,}}|(?:[ÎÏ]{_NEXT}){{3,}}|(?:×{_NEXT}){{3,}}",
        rf"(?:[ØÙÚÛ]{_NEXT}){{3,}}|(?:[àáãäåæçèéêëìí]{_NEXT}{{2}}){{2,}}",
    ],
    "mac_roman": ["‚Ä[ìîôöúùò¶¢]", "(?:(?<=[^\\W\\d_])|(?=√.[a-z]))√[©®°±≤≥¥µ∂∑∏π∫ªºΩæø¿¡¬ƒ≈§´]"],
    "cp1251": ["вЂ[™њќќ“”¦ў]"],
    "cp1250": ["Ă[©¨ˇł¶ĽĽ¤±§­]"],
}
_PATTERNS = {charset: re.compile("|".join(signs)) for charset, signs in _SIGNS.items()}
_LEADS = "ÂÃÄÅÎÏÐÑ×ØÙÚÛàáâãäåæçèéêëìíïð"
_FOLLOWING = frozenset(_CP1252) | frozenset(map(chr, range(0x80, 0xA0)))
_OTHERS = "√‚ЂĂ"
_NAMES = {"cp1252": "Windows-1252", "mac_roman": "Mac Roman", "cp1251": "Windows-1251", "cp1250": "Windows-1250"}


def find_garbled(text: str) -> Iterator[tuple[int, int, str]]:
    """Where characters of a text were lost or taken for others: offset, length and what it is, in the order of the text.

    >>> [(text[2], text[:2]) for text in find_garbled("nobodyâ€™s caf\ufffd")][0]
    ("'â€™' is what '’' becomes where UTF-8 is read as Windows-1252", (6, 3))
    """
    if text.isascii():
        return
    found = []
    if LOST in text:
        found += [
            (one.start(), len(one[0]), f"{LOST!r} stands where a character was lost") for one in re.finditer(f"{LOST}+", text)
        ]
    if any(map(text.__contains__, _OTHERS)) or _is_suspect(text):
        for charset, pattern in _PATTERNS.items():
            found += [(one.start(), len(one[0]), _said(one[0], charset)) for one in pattern.finditer(text)]
    yield from sorted(found)


def _is_suspect(text: str) -> bool:
    """Whether a character that may begin a run has one after it that may follow; ten times as fast as a pattern."""
    for lead in _LEADS:
        at = text.find(lead)
        while at >= 0:
            if text[at + 1 : at + 2] in _FOLLOWING:
                return True
            at = text.find(lead, at + 1)
    return False


def _said(words: str, charset: str) -> str:
    """What words are, of a charset; with what they were, if that is a text."""
    raw = b"".join(one.encode("latin-1") if "\x80" <= one <= "\x9f" else one.encode(charset, "replace") for one in words)
    try:
        was = raw.decode("utf-8")
    except UnicodeDecodeError:
        return f"{quoted(words)} is what UTF-8 becomes where it is read as {_NAMES[charset]}"
    return f"{quoted(words)} is what {quoted(was)} becomes where UTF-8 is read as {_NAMES[charset]}"
