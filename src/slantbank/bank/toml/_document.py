"""A TOML file of a bank: read tolerantly into a checked model, every fault with its place; and written canonically.

Values are parsed by `tomllib` and checked by pydantic. Neither keeps positions, so a file in which something is wrong is
scanned once more for them; a file without faults pays nothing. A file of plain TOML, as most are, is parsed by `rtoml`, which
is five times faster; what that rejects is left to `tomllib`, so that the verdict on a file is the same.
"""

import os
import re
import shutil
import sys
import tomllib
from bisect import bisect_right
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from functools import cached_property
from itertools import accumulate, islice
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin

import rtoml
from pydantic import BaseModel, ValidationError

from slantbank.problem import MOST, Edit, Problem, closest, more, nearest, quoted

MAX_BYTES = 2_000_000
_DEEPEST = 20
_MOST_FAULTS = 10_000

Model = TypeVar("Model", bound=BaseModel)
Place = tuple[str | int, ...]
Located = Generator[tuple[Place, tuple[int, int, int]], None, int]


@dataclass
class TextFile:
    """A text file as found: where it is shown to be, its bytes, its text (None when not UTF-8), and what is wrong with it."""

    path: str
    data: bytes
    text: str | None
    problems: list[Problem] = field(default_factory=list)

    @cached_property
    def _lines(self) -> list[str]:
        return (self.text or "").split("\n")

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *accumulate(len(line) + 1 for line in self._lines[:-1])]

    def position(self, offset: int) -> tuple[int, int]:
        r"""Line and column, both from 1, of a code-point offset of the text.

        >>> TextFile("", b"", "ab\ncd").position(4)
        (2, 2)
        """
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def edit(self, start: int, end: int, text: str) -> Edit:
        """The edit that puts `text` in place of what stands between two code-point offsets."""
        return Edit(*self.position(start), *self.position(end), text)

    def problem(self, code: str, message: str, offset: int = 0, length: int = 1, fix: Edit | None = None) -> Problem:
        """A problem at a code-point offset of the text; what is at fault ends with its line."""
        line, column = self.position(offset)
        source = self._lines[line - 1]
        length = max(1, min(length, len(source) - column + 1))
        return Problem(self.path, line, column, code, message, source, length, fix=fix)


def read_text(path: Path, shown: str) -> TextFile:
    """The file's bytes and text. A file that is too large, or may not be read, is not; the problems found are in the result."""
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= MAX_BYTES else b""
    except OSError as error:
        return TextFile(shown, b"", None, [Problem(shown, 1, 1, "SB111", f"cannot be read: {error.strerror}")])
    if size > MAX_BYTES:
        message = f"{size:,} bytes; a file of a bank has at most {MAX_BYTES:,}"
        return TextFile(shown, b"", None, [Problem(shown, 1, 1, "SB008", message)])
    try:
        return TextFile(shown, data, data.decode("utf-8"))
    except UnicodeDecodeError as error:
        good = TextFile(shown, data, data[: error.start].decode("utf-8"))
        message = f"byte 0x{data[error.start]:02x} is not UTF-8 ({error.reason}); save the file as UTF-8"
        return TextFile(shown, data, None, [good.problem("SB001", message, len(good.text or ""))])


@dataclass
class Document(TextFile, Generic[Model]):
    """A TOML file as found: besides its text, the tree of its values, faulty ones taken out, and the model of them.

    `parsed` says whether it is TOML at all, and not blank. `value` is None when the file has any fault of encoding, syntax
    or form; `tree` then holds what can still be judged, and `misspelt` where a key of nearly the same name stands.
    """

    tree: dict[str, Any] = field(default_factory=dict)
    value: Model | None = None
    parsed: bool = False
    misspelt: set[Place] = field(default_factory=set)

    @cached_property
    def places(self) -> dict[Place, tuple[int, int, int]]:
        """For each key of the file: where it starts, where its value starts, and where that ends."""
        found: dict[Place, tuple[int, int, int]] = {}
        for place, where in locate(self.text or "") if self.parsed else ():
            found.setdefault(place, where)
        return found

    def unread(self, *place: str | int) -> bool:
        """Whether something stands at `place` that could not be read, so that nothing can be said of it."""
        inner: Any = self.tree
        for part in place:
            try:
                inner = inner[part]
            except (KeyError, IndexError, TypeError):
                return bool(self.problems) and (not self.parsed or place in self.misspelt or place in self.places)
        return False

    def value_edit(self, text: str, *place: str | int) -> Edit | None:
        """The edit that gives what stands at `place` the string `text` as its value; None if nothing stands there."""
        if place not in self.places:
            return None
        _, value, end = self.places[place]
        return self.edit(value, end, quote(text))

    def at(self, code: str, message: str, *place: str | int, key: bool = False, offset: int = 0, length: int = 0) -> Problem:
        """A problem at the value (or the `key`) that stands at `place`; where it is missing, at the table around it."""
        known = place
        while known and known not in self.places:
            known = known[:-1]
        start, value, end = self.places.get(known, (0, 0, 1))
        if key or known != place:
            return self.problem(code, message, start, max(1, value - start) if key and known == place else 1)
        return self.problem(code, message, value + offset, length or end - value - offset)


def read(path: Path, shown: str, model: type[Model]) -> Document[Model]:
    """The TOML file at `path`, checked against `model`; all faults of its form are found in one go."""
    file = read_text(path, shown)
    document: Document[Model] = Document(file.path, file.data, file.text, file.problems)
    if document.text is None:
        return document
    try:
        document.tree = _parse(document.text)
    except _ReadError as error:
        document.problems.append(document.problem(*error.args))
        return document
    document.parsed = bool(document.text.removeprefix("\ufeff").strip())
    try:
        document.value = model.model_validate(document.tree)
    except ValidationError as error:
        deep = _too_deep(document.text)
        if not document.parsed:
            document.problems.append(document.problem("SB009", EMPTY))
        elif deep is not None:
            document.problems.append(document.problem("SB103", _TOO_DEEP, deep))
            document.tree, document.parsed = {}, False
        elif error.error_count() > _MOST_FAULTS:
            document.problems.append(document.problem("SB107", f"{error.error_count():,} faults; is this the right kind of file?"))
            document.tree, document.parsed = {}, False
        else:
            _judge(document, error, model)
    return document


def _judge(document: Document[Any], error: ValidationError, model: type[BaseModel]) -> None:
    """Add what pydantic found to the document's problems, and take the faulty values out of its tree."""
    faults = {_place(document.tree, fault): fault for fault in error.errors(include_url=False)}
    told = dict(islice(faults.items(), MOST))
    for place, fault in told.items():
        if fault["type"] == "extra_forbidden":
            meant = closest(str(place[-1]), _keys(model, place[:-1]))
            document.misspelt |= {(*place[:-1], meant)} if meant else set()
    for place, fault in faults.items():
        if place in told and (fault["type"] != "missing" or place not in document.misspelt):
            document.problems.append(_fault(document, place, fault, model))
        if fault["type"] != "missing":
            _take_out(document.tree, place, model)
    if len(faults) > MOST:
        document.problems[-1] = more(document.problems[-1], len(faults) - MOST)


EMPTY = "the file is empty"
_TOO_DEEP = f"nested deeper than {_DEEPEST} levels"


class _ReadError(Exception):
    """The text is no TOML: the code of the rule, a message, and the offset."""


def _parse(text: str) -> dict[str, Any]:
    """The values of a TOML text. A byte order mark and carriage returns, which have rules of their own, do no harm."""
    clean = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if _PLAIN.match(clean):
        with suppress(rtoml.TomlParsingError):
            return rtoml.loads(clean)
    shallow = _SHALLOW.match(text)
    stop = shallow.end() if shallow else 0
    if stop < len(text):
        long = _LONG.match(text, stop)
        raise _ReadError("SB101", "an integer has at most 64 bits", stop) if long else _ReadError("SB103", _TOO_DEEP, stop)
    try:
        return tomllib.loads(clean)
    except tomllib.TOMLDecodeError as error:
        raise _syntax(text, str(error)) from error
    except RecursionError as error:
        raise _ReadError("SB103", _TOO_DEEP, _too_deep(text) or 0) from error


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
"""What to say instead of what tomllib says, where that does not help those who are not at home in TOML."""


def _syntax(text: str, said: str) -> _ReadError:
    place = re.search(r" \(at line (\d+), column (\d+)\)$", said)
    message = said[: place.start()] if place else said.removesuffix(" (at end of document)")
    offset = _offset(text, int(place[1]), int(place[2])) if place else len(text.rstrip())
    if re.search(r"twice|overwrite|[Dd]uplicate|redefine|immutable", message):
        return _duplicate(text, offset if place else len(text))
    if "scape" in message or "hex" in message:
        offset = text.rfind("\\", 0, offset)
    elif not place and _SYNTAX.get(message) == "the string is not closed":
        strings = (match for match in _TOKEN.finditer(text) if match[0][0] in "\"'")
        offset = next((one.start() for one in strings if not _is_closed(one[0])), offset)
    line = text.rfind("\n", 0, offset) + 1
    if like := _LIKE_DATE.search(text[line:].split("\n", 1)[0]):
        date_ = text[line + like.start(1) : line + like.end(4)]
        said = f"there is no day {date_}" if _ISO_DATE.fullmatch(date_) else _DATE
        return _ReadError("SB101", said, line + like.start(1), len(date_))
    return _ReadError("SB101", _SYNTAX.get(message, message[:1].lower() + message[1:]), offset)


def _is_closed(string: str) -> bool:
    mark = string[:3] if string[:3] in ('"""', "'''") else string[0]
    return len(string) >= 2 * len(mark) and string.endswith(mark)


def _offset(text: str, line: int, column: int) -> int:
    """The offset of a place that was counted without a byte order mark, and with every line end as LF."""
    at = 0
    for _ in range(line - 1):
        end = _LINE_END.search(text, at)
        at = end.end() if end else at
    return at + column - 1 + (line == 1 and text.startswith("\ufeff"))


def _duplicate(text: str, end: int) -> _ReadError:
    """What stands just before `end` names something that is there already."""
    found = list(locate(text[:end]))
    place, (start, value, _) = max((one for one in found if one[1][2] >= end), key=lambda one: one[1][0], default=found[-1])
    before = next((where[0] for other, where in found if other == place and where[0] < start), None)
    names = ".".join(part for part in place if isinstance(part, str))
    there = f"stands in line {text.count(chr(10), 0, before) + 1} already" if before is not None else "was given a value before"
    return _ReadError("SB102", f"{quoted(names)} {there}", start, max(1, value - start))


def _too_deep(text: str) -> int | None:
    """The offset at which brackets outside strings and comments go too deep."""
    depth = 0
    for match in _TOKEN.finditer(text):
        if match[0] in ("[", "{"):
            depth += 1
            if depth > _DEEPEST:
                return match.start()
        elif match[0] in ("]", "}"):
            depth = max(0, depth - 1)
    return None


_ISO_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_LIKE_DATE = re.compile(r"=[ \t]*(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})[ \t]*(?:#[^\n]*)?\r?$")
_DATE = "a date is written as 2017-07-03 (year-month-day), without quotation marks"


_ENUM_CODES = {"claim_type": "SB201", "attribution": "SB202", "source_type": "SB203"}
_FORMS = {
    "id": "lower-case letters a-z, digits and single hyphens",
    "topic": "lower-case letters a-z, digits and single hyphens",
    "url": "an address that starts with https:// or http://, without spaces",
    "language": "a language tag, as en or pt-BR",
    **dict.fromkeys(("source_sha256", "source_check", "text_check"), "64 hexadecimal digits, lower-case"),
    "accepted": "a code of a warning, as SB006",
}
"""What the pattern of a key asks for, in words."""


def _place(tree: Any, fault: Any) -> Place:
    """Where a fault is; without the names of types that pydantic appends where several are allowed."""
    place: Place = tuple(fault["loc"])
    if fault["type"] != "missing":
        for depth, part in enumerate(place):
            try:
                tree = tree[part]
            except (KeyError, IndexError, TypeError):
                return place[:depth]
    return place


def _fault(document: Document[Any], place: Place, fault: Any, model: type[BaseModel]) -> Problem:
    """What pydantic finds, in the words of TOML."""
    kind, value = fault["type"], fault["input"]
    key = next((str(part) for part in reversed(place) if isinstance(part, str)), "")
    name = f"item {place[-1] + 1} of {quoted(key)}" if isinstance(place[-1], int) else quoted(key)
    if kind == "missing":
        return document.at("SB105", f"missing key {name}", *place[:-1], key=True)
    if kind == "extra_forbidden":
        return document.at("SB106", f"unknown key {quoted(key)}; {nearest(key, _keys(model, place[:-1]))}", *place, key=True)
    if kind == "enum" and isinstance(value, str):
        choices = [str(choice) for choice in _type(model, place)]
        message = f"unknown {key.replace('_', ' ')} {quoted(value)}; {nearest(value, choices)}"
        meant = [choice for choice in choices if choice.casefold() == value.strip().casefold()]
        fix = document.value_edit(meant[0], *place) if len(meant) == 1 else None
        return replace(document.at(_ENUM_CODES.get(key, "SB207"), message, *place), fix=fix)
    if kind == "enum" or kind.endswith("_type") or kind == "int_from_float":
        if "stance" in place[:-1]:
            return document.at("SB104", f"stance toward {name} should be -1, 0 or 1, not {_toml_type(value)}", *place)
        if _type(model, place) is date and isinstance(value, str):
            written = (
                f"write {value}, without" if _ISO_DATE.fullmatch(value) else "write it as 2017-07-03 (year-month-day), without"
            )
            return document.at("SB104", f"{name} should be a date, not a string: {written} quotation marks", *place)
        return document.at("SB104", f"{name} should be {_wanted(model, place)}, not {_toml_type(value)}", *place)
    limits = fault.get("ctx", {})
    message = {
        "string_pattern_mismatch": f"should be {_FORMS.get(key, limits.get('pattern'))}",
        "string_too_short": "is empty; leave the key out where nothing is known",
        "string_too_long": f"has {len(str(value))} characters; at most {limits.get('max_length')}",
        "greater_than_equal": f"should be at least {limits.get('ge')}, not {value}",
        "less_than_equal": f"should be at most {limits.get('le')}, not {value}",
    }.get(kind, fault["msg"])
    if "stance" in place[:-1]:
        return document.at("SB208", f"stance toward {name} should be -1, 0 or 1, not {value}", *place)
    return document.at("SB107", f"{name} {message}", *place)


def _keys(model: type[BaseModel], place: Place) -> list[str]:
    return list(_type(model, place).model_fields)


def _type(form: Any, place: Place) -> Any:
    """The type that a form gives to what stands at `place`, without None."""
    for part in place:
        form = bare(form)
        is_model = isinstance(form, type) and issubclass(form, BaseModel)
        form = form.model_fields[part].annotation if is_model else get_args(form)[isinstance(part, str)]
    return bare(form)


def bare(form: Any) -> Any:
    """The type without None and constraints."""
    while get_origin(form) in (Annotated, Union, UnionType):
        args = get_args(form)
        others = args[:1] if get_origin(form) is Annotated else [arg for arg in args if arg is not NoneType]
        if len(others) > 1:
            break
        form = others[0]
    return form


def _wanted(model: type[BaseModel], place: Place) -> str:
    """The type that the form calls for, as those who write TOML know it."""
    form = _type(model, place)
    if get_origin(form) is tuple:
        tables = is_table(bare(get_args(form)[0]))
        return f"an array of tables, each under a header [[{place[-1]}]]" if tables and len(place) == 1 else "an array [ … ]"
    if is_table(form):
        either = "a string, or " if "text" in form.model_fields and "nth" in form.model_fields else ""
        return f"{either}a table {{ {', '.join(name for name in form.model_fields)} }}" if either else "a table"
    if isinstance(form, type) and issubclass(form, str):
        return 'a string "…"'
    names = {int: "an integer", bool: "true or false", date: "a date without quotes, as 2017-07-03"}
    return names.get(form, "a table { … }" if get_origin(form) is dict else "a number")


def is_table(form: Any) -> bool:
    """Whether a form is that of a table with keys of its own."""
    return isinstance(form, type) and issubclass(form, BaseModel)


def _toml_type(value: Any) -> str:
    if isinstance(value, bool):
        return inline(value)
    return _TYPES[type(value)]


_TYPES: dict[type, str] = {
    str: "a string",
    int: "an integer",
    float: "a float",
    date: "a date",
    time: "a time",
    datetime: "a date and time",
    list: "an array",
    dict: "a table",
}


def _take_out(tree: Any, place: Place, model: type[BaseModel]) -> None:
    """Remove a faulty value; in a list an empty one takes its place, so that the others keep theirs."""
    for part in place[:-1]:
        tree = tree[part]
    if isinstance(tree, dict):
        del tree[place[-1]]
    else:
        tree[place[-1]] = {} if is_table(_type(model, place)) else ""


_LONG_STRING = r'''"""(?:[^"\\]++|\\.|"(?!""))*+(?:"{3,5}+)?+|\'{3}(?:[^\']++|\'(?!\'\'))*+(?:\'{3,5}+)?+'''
_KEY_PART = r""""(?:[^"\\\n]++|\\[^\n])*+"?+|\'[^\'\n]*+\'?+|[A-Za-z0-9_-]++"""
_TOKEN = re.compile(rf"(?s:{_LONG_STRING})|{_KEY_PART}|#[^\r\n]*+|[\[\]{{}}]")
_KEY = re.compile(_KEY_PART)
_LONG = re.compile(r"-?(?:0x[0-9A-Fa-f_]{17,}|0o[0-7_]{22,}|0b[01_]{65,}|[0-9_]{20,})(?![A-Za-z0-9_.:-])")
_SHALLOW = re.compile(
    rf"(?:(?s:{_LONG_STRING})|#[^\r\n]*+|[^\"'#A-Za-z0-9_-]++|(?!{_LONG.pattern})"
    rf"(?:{_KEY_PART})(?:[ \t]*+\.[ \t]*+(?:{_KEY_PART})){{0,{_DEEPEST - 1}}}+(?![ \t]*+\.))*+"
)
"""Matches a whole TOML text, but stops before a key of too many parts and before an integer that is too long.

These, and too many brackets, would cost tomllib and Python more than a file is worth. Linear in any text, TOML or not.
"""
_ATOM = (
    r'"(?!"")(?:[^"\\\n]++|\\[btnfru"\\])*+"|\'(?!\'\')[^\'\n]*+\'|[A-Za-z_][A-Za-z0-9_-]*+'
    r"|(?:\d{4}-\d\d-\d\d|[+-]?\d{1,18}+(?:\.\d{1,17}+)?+)(?![\w.:+-])"
)
_FLAT = r"\{{(?:{0}|[ \t=\[\]]++|,(?![ \t]*+\}}))*+\}}"
_PLAIN = re.compile(rf"(?:{_ATOM}|[ \t\n=\[\],]++|{_FLAT.format(f'{_ATOM}|{_FLAT.format(_ATOM)}')}|#[^\n]*+)*+\Z")
"""Matches TOML that means the same in versions 1.0, which is asked for here, and 1.1, which `rtoml` reads.

That is: inline tables on one line without a comma at the end, only the older escapes, no times of day; nor anything
that `_SHALLOW` stops at, nor dotted keys.
"""
_SCALAR = re.compile(rf"(?s:{_LONG_STRING})|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'|\d{{4}}-\d\d-\d\d \d\d:[^\s,\]}}#]*|[^\s,\]}}#]+")
_SPACE = re.compile(r"[ \t]*")
_BLANK = re.compile(r"(?:[\s\ufeff]|#[^\r\n]*)*")
_LINE_END = re.compile(r"\r\n|\r|\n")


def escapes(text: str) -> Iterator[tuple[int, int, str]]:
    r"""The escapes in the strings of a TOML text, each with its offset, its length and the character it stands for.

    >>> list(escapes('a = "\\u200b\\\\b"  # \\f'))
    [(5, 6, '\u200b'), (11, 2, '\\')]
    """
    for token in _TOKEN.finditer(text):
        if token[0][0] == '"':
            for match in _ESCAPE.finditer(token[0]):
                number = int(match[1][1:], 16) if len(match[1]) > 1 else ord(_CHARACTERS.get(match[1], match[1]))
                yield token.start() + match.start(), len(match[0]), chr(min(number, 0x10FFFF))


def comments(text: str, start: int = 0, end: int = sys.maxsize) -> Iterator[tuple[int, str]]:
    """The comments in a TOML text, or in a part of it, each with its offset.

    >>> list(comments('a = "#"  # why'))
    [(9, '# why')]
    """
    for token in _TOKEN.finditer(text, start, end):
        if token[0][0] == "#":
            yield token.start(), token[0].rstrip(" \t")


_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)")
_CHARACTERS = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}


def locate(text: str) -> Iterator[tuple[Place, tuple[int, int, int]]]:
    r"""Where everything stands in a valid TOML text: its path, then the offsets of its key, its value and the value's end.

    What a header or a dotted key only passes through is given too, each time, with the place of the whole header or key.

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


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
_ESCAPED = re.compile(r"[\x00-\x1f\x7f\"\\]")


def quote(value: str) -> str:
    r"""A TOML basic string.

    >>> print(quote("tab\there"))
    "tab\there"
    """
    return '"' + _ESCAPED.sub(lambda m: _ESCAPES.get(m[0]) or f"\\u{ord(m[0]):04X}", value) + '"'


def inline(value: Any) -> str:
    """A value as TOML on one line; mappings become inline tables."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, dict):
        pairs = ", ".join(f"{_key(key)} = {inline(item)}" for key, item in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(inline, value)) + "]"
    return str(value)


WIDTH = 132
"""The width up to which an array stands on one line."""


def pair(key: str, value: Any) -> str:
    """A key with its value on one line; an array that is wider than `WIDTH` has an item a line."""
    line = f"{_key(key)} = {inline(value)}"
    if len(line) <= WIDTH or not isinstance(value, (list, tuple)):
        return line
    return "\n".join([f"{_key(key)} = [", *(f"    {inline(item)}," for item in value), "]"])


def header(*names: str) -> str:
    """The header of a table of an array, by its name and those of the tables around it."""
    return f"[[{'.'.join(map(_key, names))}]]"


def table(values: dict[str, Any], *names: str) -> str:
    """A table: its header, then a line for each key."""
    head = f"{header(*names)}\n" if names else ""
    return head + "".join(f"{pair(key, value)}\n" for key, value in values.items())


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else quote(key)


def schema_line(path: Path) -> str:
    """The first line of the bank's TOML file at `path`, by which editors find its JSON Schema; empty if the bank has none.

    The schema is in the folder `schema/` of the bank or beside it.
    Source: https://taplo.tamasfe.dev/configuration/directives.html
    """
    kind, up = "topic", 1
    if path.parent.name == "annotations":
        kind, up = "annotation", 3
    elif path.name == "article.toml":
        kind, up = "article", 2
    above = path.parent.resolve()
    folders = [above, *above.parents]
    for steps in (up, up + 1):
        if steps < len(folders) and (folders[steps] / "schema" / f"{kind}.schema.json").is_file():
            return f"#:schema {'../' * steps}schema/{kind}.schema.json\n\n"
    return ""


@dataclass(frozen=True)
class Change:
    """A file of a bank that should have another text."""

    path: Path
    before: str
    after: str


def overwrite(path: Path, text: str | Iterable[str]) -> None:
    """Put a text, or the parts of one, into the file in place of what it held, whole or not at all."""
    staging = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with staging.open("w", encoding="utf-8", newline="") as file:
            file.writelines([text] if isinstance(text, str) else text)
        if path.exists():
            shutil.copymode(path, staging)
        staging.replace(path)
    finally:
        staging.unlink(missing_ok=True)
