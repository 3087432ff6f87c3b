"""Normalise line ends, so that a file is read the same on every system. No other module does this.

Windows ends a line with CR LF, and git writes that into files there unless told otherwise (`core.autocrlf`); some editors put a
byte order mark at the start of a file. Neither belongs to the text: all offsets and comparisons use the result of `plain_lines`.
The rules SB002 and SB003 report both.
"""

import codecs


def plain_lines(text: str) -> str:
    r"""Return the text with LF at the end of each line, and without a byte order mark.

    >>> plain_lines("\ufeffa\r\nb\rc\n")
    'a\nb\nc\n'
    """
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def plain_bytes(data: bytes) -> bytes:
    """Do the same for bytes, which need not be UTF-8; if they are, the result is `plain_lines` of their text."""
    return data.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
