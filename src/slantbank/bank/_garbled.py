"""Find garbled words: text decoded with the wrong charset (mojibake), and the replacement character U+FFFD.

UTF-8 that is decoded in a charset of one byte gives sequences that no language has: `’` becomes `â€™`, `é` `Ã©`. Each is reported
with what it was, if that can be known. Nothing is corrected: only the original shows what was there.
"""

import re
from collections.abc import Iterator

from slantbank.problem import quoted

LOST = "\ufffd"
_CP1252 = "".join(bytes([byte]).decode("cp1252", "replace") for byte in range(0x80, 0xC0)).replace(LOST, "")
_NEXT = f"[{re.escape(_CP1252)}\x80-\x9f]"
"""The characters of Windows-1252 and ISO 8859-1 for bytes that in UTF-8 continue a character."""
_CLOSING = "[‘’“”–—…»«›‹‚„†‡•\xa0]"
"""Those of them that may follow a capital letter at the end of a word."""
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
    """Yield the garbled places of a text in order: offset, length and an explanation.

    >>> [(text[2], text[:2]) for text in find_garbled("nobodyâ€™s caf\ufffd")][0]
    ("'â€™' is what '’' becomes where UTF-8 is read as Windows-1252", (6, 3))
    """
    if text.isascii():
        return
    places = []
    if LOST in text:
        runs = re.finditer(f"{LOST}+", text)
        places += [(run.start(), len(run[0]), f"{LOST!r} stands where a character was lost") for run in runs]
    if any(map(text.__contains__, _OTHERS)) or _is_suspect(text):
        for charset, pattern in _PATTERNS.items():
            places += [(run.start(), len(run[0]), _explain(run[0], charset)) for run in pattern.finditer(text)]
    yield from sorted(places)


def _is_suspect(text: str) -> bool:
    """Whether a character that may begin a garbled run is followed by one that may continue it; ten times as fast as a pattern."""
    for lead in _LEADS:
        at = text.find(lead)
        while at >= 0:
            if text[at + 1 : at + 2] in _FOLLOWING:
                return True
            at = text.find(lead, at + 1)
    return False


def _explain(words: str, charset: str) -> str:
    """Say which charset garbled the words, and what they were, if they can be decoded."""
    raw = b"".join(char.encode("latin-1") if "\x80" <= char <= "\x9f" else char.encode(charset, "replace") for char in words)
    try:
        was = raw.decode("utf-8")
    except UnicodeDecodeError:
        return f"{quoted(words)} is what UTF-8 becomes where it is read as {_NAMES[charset]}"
    return f"{quoted(words)} is what {quoted(was)} becomes where UTF-8 is read as {_NAMES[charset]}"
