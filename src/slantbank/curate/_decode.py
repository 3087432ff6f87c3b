"""Bytes to text, in the charset that they mark, are, or are said to be in; none is guessed."""

import codecs
import re
from collections.abc import Iterable

from slantbank.curate._original import OriginalError

_CHARSET = re.compile(
    r"utf-8|utf-16(-[bl]e)?|iso8859-\d+|cp\d+|koi8-[rut]|mac-\w+|gb\w+|big5\w*|euc_\w+|shift_jis\w*|iso2022_\w+|hz|tis-620"
)


def decode(content: bytes, declared: Iterable[str | None] = ()) -> tuple[str, tuple[str, ...]]:
    """The text, and a remark where it is not in the first charset that it was declared to be in.

    A mark at the start counts before all. Bytes beyond ASCII that are valid UTF-8 are UTF-8, whatever was declared: another
    encoding gives such bytes by accident only, and servers declare what they were set up with. Then what was declared, in that
    order; where nothing was, UTF-8. Raises OriginalError for what is none of these.
    """
    names = [name for name in declared if name]
    for mark, name in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if content.startswith(mark):
            return _text(content.decode(name, "strict")) if _is(content, name) else _refuse(content, name), ()
    if not content.isascii() and _is(content, "utf-8"):
        text = _text(content.decode("utf-8"))
        other = names and _known(names[0]) != "utf-8"
        return text, (f"it says that it is in {names[0]}, and its bytes are UTF-8; read so",) if other else ()
    for i, name in enumerate(names or ["utf-8"]):
        if (known := _known(name)) and _is(content, known):
            text = _text(content.decode(known))
            return text, (f"it says that it is in {names[0]}, which its bytes are not, and in {name}; read so",) if i else ()
    return _refuse(content, names[0] if names else None), ()


def _known(charset: str) -> str:
    """The name by which Python knows a charset of texts; empty for another."""
    try:
        name = codecs.lookup(charset).name
    except LookupError:
        return ""
    # the web's standard reads these two as what they are nearly always meant for (https://encoding.spec.whatwg.org/)
    name = "cp1252" if name in ("iso8859-1", "ascii") else name
    return name if _CHARSET.fullmatch(name) else ""


def _is(content: bytes, charset: str) -> bool:
    try:
        content.decode(charset)
    except UnicodeDecodeError:
        return False
    return True


def _text(text: str) -> str:
    if "\0" in text:
        raise OriginalError("it holds null characters, so it is no text", "SB004")
    return text


def _refuse(content: bytes, charset: str | None) -> str:
    """Raises OriginalError with what is wrong with bytes that are not in a charset."""
    known = _known(charset or "utf-8")
    if not known:
        raise OriginalError(f"its charset {charset!r} is not known; save it in UTF-8", "SB001")
    try:
        return content.decode(known)
    except UnicodeDecodeError as error:
        message = (
            f"it says it is in {charset}, and byte {error.start} is not; save it in UTF-8"
            if charset
            else f"it names no charset and is not UTF-8 (byte {error.start}); save it in UTF-8, or name its charset"
        )
        raise OriginalError(message, "SB001") from error


def named(content: bytes) -> str | None:
    """The charset that a page names in its first bytes."""
    found = re.search(rb"""<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", content[:4096], re.IGNORECASE)
    return found[1].decode("ascii", "replace") if found else None
