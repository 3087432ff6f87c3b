"""Lines are read the same on every system: here, and nowhere else.

Windows has CR LF at the end of a line, and git gives it to every file there that nobody keeps from it (`core.autocrlf`); editors
put a byte order mark at the start of a file. Neither is a character of the text: whatever is counted, compared, laid out or
labelled, is so in what `plain_lines` gives. That a file has them, two rules say (SB002, SB003).
"""

import codecs


def plain_lines(text: str) -> str:
    r"""The text with LF at the end of each line, and without a byte order mark at its start.

    >>> plain_lines("\ufeffa\r\nb\rc\n")
    'a\nb\nc\n'
    """
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def plain_bytes(data: bytes) -> bytes:
    """The same of bytes, that need not be a text; as long as they are one, `plain_lines` gives its characters."""
    return data.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
