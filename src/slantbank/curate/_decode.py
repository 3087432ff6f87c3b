"""Bytes to text, by a byte order mark, as UTF-8, or by the charset that is declared; no charset is guessed."""

import codecs
import re
from collections.abc import Iterable

from slantbank.curate._original import OriginalError

_CHARSET = re.compile(
    r"utf-8|utf-16(-[bl]e)?|iso8859-\d+|cp\d+|koi8-[rut]|mac-\w+|gb\w+|big5\w*|euc_\w+|shift_jis\w*|iso2022_\w+|hz|tis-620"
)


def decode(content: bytes, declared: Iterable[str | None] = ()) -> tuple[str, tuple[str, ...]]:
    """Return the text, and remarks: one if it is not in the first charset that was declared.

    A byte order mark decides first. Bytes beyond ASCII that are valid UTF-8 are UTF-8, whatever was declared: in another encoding
    such bytes are an accident, and servers declare what they were set up with. Then the declared charsets are tried in order, or
    UTF-8 if there are none. Raises OriginalError if none of these fits.
    """
    names = [name for name in declared if name]
    for mark, name in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if content.startswith(mark):
            return _checked(content.decode(name, "strict")) if _is_valid(content, name) else _refuse(content, name), ()
    if not content.isascii() and _is_valid(content, "utf-8"):
        text = _checked(content.decode("utf-8"))
        other = names and _codec(names[0]) != "utf-8"
        return text, (f"it says that it is in {names[0]}, and its bytes are UTF-8; read so",) if other else ()
    for i, name in enumerate(names or ["utf-8"]):
        if (codec := _codec(name)) and _is_valid(content, codec):
            text = _checked(content.decode(codec))
            return text, (f"it says that it is in {names[0]}, which its bytes are not, and in {name}; read so",) if i else ()
    return _refuse(content, names[0] if names else None), ()


def _codec(charset: str) -> str:
    """Return Python's name for a charset of texts; empty if there is none."""
    try:
        name = codecs.lookup(charset).name
    except LookupError:
        return ""
    # the web's standard reads these two as windows-1252, which pages nearly always mean (https://encoding.spec.whatwg.org/)
    name = "cp1252" if name in ("iso8859-1", "ascii") else name
    return name if _CHARSET.fullmatch(name) else ""


def _is_valid(content: bytes, charset: str) -> bool:
    try:
        content.decode(charset)
    except UnicodeDecodeError:
        return False
    return True


def _checked(text: str) -> str:
    if "\0" in text:
        raise OriginalError("it holds null characters, so it is no text", "SB004")
    return text


def _refuse(content: bytes, charset: str | None) -> str:
    """Raise OriginalError, saying why the bytes are not text in the charset."""
    codec = _codec(charset or "utf-8")
    if not codec:
        raise OriginalError(f"its charset {charset!r} is not known; save it in UTF-8", "SB001")
    try:
        return content.decode(codec)
    except UnicodeDecodeError as error:
        message = (
            f"it says it is in {charset}, and byte {error.start} is not; save it in UTF-8"
            if charset
            else f"it names no charset and is not UTF-8 (byte {error.start}); save it in UTF-8, or name its charset"
        )
        raise OriginalError(message, "SB001") from error


def declared_charset(content: bytes) -> str | None:
    """Return the charset that a page declares in its first bytes."""
    match = re.search(rb"""<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", content[:4096], re.IGNORECASE)
    return match[1].decode("ascii", "replace") if match else None
