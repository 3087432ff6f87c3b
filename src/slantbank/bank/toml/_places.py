"""Find the positions of keys, values, comments and escapes in a TOML text, and how deeply it is nested."""

import re
import sys
import tomllib
from collections.abc import Generator, Iterator

Place = tuple[str | int, ...]
Located = Generator[tuple[Place, tuple[int, int, int]], None, int]
DEEPEST = 20
LONG_STRING = r'''"""(?:[^"\\]++|\\.|"(?!""))*+(?:"{3,5}+)?+|\'{3}(?:[^\']++|\'(?!\'\'))*+(?:\'{3,5}+)?+'''
KEY_PART = r""""(?:[^"\\\n]++|\\[^\n])*+"?+|\'[^\'\n]*+\'?+|[A-Za-z0-9_-]++"""
TOKEN = re.compile(rf"(?s:{LONG_STRING})|{KEY_PART}|#[^\r\n]*+|[\[\]{{}}]")
_KEY = re.compile(KEY_PART)
_SCALAR = re.compile(rf"(?s:{LONG_STRING})|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'|\d{{4}}-\d\d-\d\d \d\d:[^\s,\]}}#]*|[^\s,\]}}#]+")
_SPACE = re.compile(r"[ \t]*")
_BLANK = re.compile(r"(?:[\s\ufeff]|#[^\r\n]*)*")


def escapes(text: str) -> Iterator[tuple[int, int, str]]:
    r"""Yield the escapes in the strings of a TOML text: offset, length, and the character that it stands for.

    >>> list(escapes('a = "\\u200b\\\\b"  # \\f'))
    [(5, 6, '\u200b'), (11, 2, '\\')]
    """
    for token in TOKEN.finditer(text):
        if token[0][0] == '"':
            for match in _ESCAPE.finditer(token[0]):
                number = int(match[1][1:], 16) if len(match[1]) > 1 else ord(_CHARACTERS.get(match[1], match[1]))
                yield token.start() + match.start(), len(match[0]), chr(min(number, 0x10FFFF))


def comments(text: str, start: int = 0, end: int = sys.maxsize) -> Iterator[tuple[int, str]]:
    """Yield the comments in a TOML text, or in a part of it, each with its offset.

    >>> list(comments('a = "#"  # why'))
    [(9, '# why')]
    """
    for token in TOKEN.finditer(text, start, end):
        if token[0][0] == "#":
            yield token.start(), token[0].rstrip(" \t")


_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)")
_CHARACTERS = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}


def locate(text: str) -> Iterator[tuple[Place, tuple[int, int, int]]]:
    r"""Yield the position of every value in a valid TOML text: its path; the offsets of its key, its value and the end of that.

    The tables that a header or a dotted key passes through are yielded too, each time, with the offsets of the header or key.

    >>> dict(locate('[[a]]\nb = [1, "x"]\n'))[("a", 0, "b", 1)]
    (14, 14, 17)
    """
    tables: dict[Place, int] = {}
    prefix: Place = ()
    at = _skip(_BLANK, text, 0)
    while at < len(text):
        if text.startswith("[", at):
            start, array = at, text.startswith("[[", at)
            keys, at = _keys_at(text, _skip(_SPACE, text, at + 1 + array))
            at = _skip(_SPACE, text, at) + 1 + array
            prefix = ()
            for i, key in enumerate(keys):
                prefix = (*prefix, key)
                last = i == len(keys) - 1
                if last and array:
                    tables[prefix] = tables.get(prefix, -1) + 1
                if (not last or array) and prefix in tables:
                    yield prefix, (start, start, at)
                    prefix = (*prefix, tables[prefix])
                yield prefix, (start, start, at)
        else:
            at = yield from _pair(text, at, prefix)
        at = _skip(_BLANK, text, at)


def _skip(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def _keys_at(text: str, at: int) -> tuple[list[str], int]:
    keys: list[str] = []
    while match := _KEY.match(text, at):
        raw = match[0]
        keys.append(tomllib.loads(f"k={raw}")["k"] if raw[0] in "\"'" else raw)
        at = match.end()
        after = _skip(_SPACE, text, at)
        if not text.startswith(".", after):
            break
        at = _skip(_SPACE, text, after + 1)
    return keys, at


def _pair(text: str, at: int, prefix: Place) -> Located:
    start = at
    keys, at = _keys_at(text, at)
    for depth in range(1, len(keys)):
        yield (*prefix, *keys[:depth]), (start, start, at)
    value = _skip(_SPACE, text, _skip(_SPACE, text, at) + 1)
    end = yield from _value(text, value, (*prefix, *keys))
    yield (*prefix, *keys), (start, value, end)
    return end


def _value(text: str, at: int, place: Place) -> Located:
    opening = text[at : at + 1]
    if opening not in ("[", "{"):
        return _skip(_SCALAR, text, at)
    at = _skip(_BLANK, text, at + 1)
    number = 0
    while at < len(text) and text[at] not in "]}":
        if opening == "[":
            start = at
            at = yield from _value(text, at, (*place, number))
            yield (*place, number), (start, start, at)
            number += 1
        else:
            at = yield from _pair(text, at, place)
        at = _skip(_BLANK, text, at)
        if text.startswith(",", at):
            at = _skip(_BLANK, text, at + 1)
    return at + 1


def find_too_deep(text: str) -> int | None:
    """Return the offset of the first bracket, outside strings and comments, that is nested too deeply; None if none is."""
    depth = 0
    for match in TOKEN.finditer(text):
        if match[0] in ("[", "{"):
            depth += 1
            if depth > DEEPEST:
                return match.start()
        elif match[0] in ("]", "}"):
            depth = max(0, depth - 1)
    return None
