"""Explain syntax errors of TOML to people who do not know TOML well, with their positions."""

import re

from slantbank.bank.toml._places import TOKEN, locate
from slantbank.problem import quoted


class NotTomlError(Exception):
    """The text is not TOML; the arguments are the code of the rule, a message, the offset, and perhaps the length."""


_SYNTAX = {
    "Illegal character '\\n'": "the string is not closed on its line",
    "Found invalid character '\\n'": "the string is not closed on its line",
    "Unterminated string": "the string is not closed",
    'Expected "\'"': "the string is not closed",
    "Expected \"'''\"": "the string is not closed",
    "Unclosed array": "a comma or ] is missing here",
    "Unclosed inline table": "a comma or } is missing here",
    "Invalid value": 'here should be a value: text in quotes "…", a date without them, as 2017-07-03',
    "Invalid statement": 'here should be a key with its value, as title = "…", or a header, as [[sentence]]',
    "Invalid initial character for a key part": "a key is missing here; an inline table { … } stands on one line",
    "Expected newline or end of document after a statement": 'the value ends before this; inside "…" a quotation mark is \\"',
    "Unescaped '\\' in a string": "a backslash is written \\\\",
    "Escaped character is not a Unicode scalar value": "the escape is half of a surrogate pair or beyond U+10FFFF, so no character",
    "Invalid hex value": "\\u takes four hexadecimal digits, \\U eight",
}
"""Better messages for some of tomllib."""


def explain_error(text: str, original: str) -> NotTomlError:
    """Return the error for a text that tomllib rejects with the message `original`."""
    place = re.search(r" \(at line (\d+), column (\d+)\)$", original)
    message = original[: place.start()] if place else original.removesuffix(" (at end of document)")
    offset = _offset(text, int(place[1]), int(place[2])) if place else len(text.rstrip())
    if re.search(r"twice|overwrite|[Dd]uplicate|redefine|immutable", message):
        return _duplicate(text, offset if place else len(text))
    if "scape" in message or "hex" in message:
        offset = text.rfind("\\", 0, offset)
    elif not place and _SYNTAX.get(message) == "the string is not closed":
        strings = (match for match in TOKEN.finditer(text) if match[0][0] in "\"'")
        offset = next((string.start() for string in strings if not _is_closed(string[0])), offset)
    line = text.rfind("\n", 0, offset) + 1
    if text.startswith(_MERGE, line):
        return NotTomlError(
            "SB101", "git left a merge to finish here: choose one side, and delete its three marks", line, len(_MERGE[0])
        )
    if like := _LIKE_DATE.search(text[line:].split("\n", 1)[0]):
        date_ = text[line + like.start(1) : line + like.end(4)]
        message = f"there is no day {date_}" if ISO_DATE.fullmatch(date_) else _DATE
        return NotTomlError("SB101", message, line + like.start(1), len(date_))
    return NotTomlError("SB101", _SYNTAX.get(message, message[:1].lower() + message[1:]), offset)


_MERGE = ("<<<<<<<", "=======", ">>>>>>>")


def _is_closed(string: str) -> bool:
    mark = string[:3] if string[:3] in ('"""', "'''") else string[0]
    return len(string) >= 2 * len(mark) and string.endswith(mark)


def _offset(text: str, line: int, column: int) -> int:
    """Return the offset of a line and a column, both from 1."""
    return sum(len(row) + 1 for row in text.split("\n")[: line - 1]) + column - 1


def _duplicate(text: str, end: int) -> NotTomlError:
    """Return the error for the key or table just before `end`, which the text has already."""
    located = list(locate(text[:end]))
    place, (start, value, _) = max(
        (item for item in located if item[1][2] >= end), key=lambda item: item[1][0], default=located[-1]
    )
    before = next((offsets[0] for other, offsets in located if other == place and offsets[0] < start), None)
    names = ".".join(part for part in place if isinstance(part, str))
    there = f"stands in line {text.count(chr(10), 0, before) + 1} already" if before is not None else "was given a value before"
    return NotTomlError("SB102", f"{quoted(names)} {there}", start, max(1, value - start))


ISO_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_LIKE_DATE = re.compile(r"=[ \t]*(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})[ \t]*(?:#[^\n]*)?$")
_DATE = "a date is written as 2017-07-03 (year-month-day), without quotation marks"
