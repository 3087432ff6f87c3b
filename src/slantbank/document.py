"""A TOML file of a bank: read tolerantly into a checked model, every fault with its place; and written canonically.

Values are parsed by `tomllib` and checked by pydantic. Neither keeps positions, so a file in which something is wrong is
scanned once more for them; a file without faults pays nothing.
"""

import re
import tomllib
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from slantbank.codebook import Code
from slantbank.problem import Problem, nearest

MAX_BYTES = 5_000_000
_DEEPEST = 20

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

    def problem(self, code: str, message: str, offset: int = 0, length: int = 1) -> Problem:
        """A problem at a code-point offset of the text."""
        line, column, source = position(self.text or "", offset)
        return Problem(self.path, line, column, code, message, source, min(length, max(1, len(source) - column + 1)))


def position(text: str, offset: int) -> tuple[int, int, str]:
    r"""Line and column (from 1) of an offset, and the line itself.

    >>> position("ab\ncd", 4)
    (2, 2, 'cd')
    """
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    return text.count("\n", 0, offset) + 1, offset - start + 1, text[start : end if end >= 0 else len(text)]


def read_text(path: Path, shown: str) -> TextFile:
    """The file's bytes and text. A file that is too large is not read; the problems found are in the result."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        file = TextFile(shown, b"", None)
        file.problems.append(Problem(shown, 1, 1, "SB008", f"{size:,} bytes; the limit is {MAX_BYTES:,}"))
        return file
    data = path.read_bytes()
    try:
        return TextFile(shown, data, data.decode("utf-8"))
    except UnicodeDecodeError as error:
        file = TextFile(shown, data, None)
        good = data[: error.start].decode("utf-8")
        line, column, source = position(good, len(good))
        wrong = data[error.start]
        message = f"byte 0x{wrong:02x} is not UTF-8 ({error.reason}); save the file as UTF-8"
        file.problems.append(Problem(shown, line, column, "SB001", message, source))
        return file


@dataclass
class Document(TextFile, Generic[Model]):
    """A TOML file as found: besides its text, the tree of its values, faulty ones taken out, and the model of them.

    `value` is None when the file has any fault of encoding, syntax or form; `tree` then holds what can still be judged.
    """

    tree: dict[str, Any] = field(default_factory=dict)
    value: Model | None = None

    @cached_property
    def places(self) -> dict[Place, tuple[int, int, int]]:
        """For each key of the file: where it starts, where its value starts, and where that ends."""
        return dict(locate(self.text)) if self.text is not None else {}

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
    text = document.text.removeprefix("\ufeff").replace("\r\n", "\n")
    too_deep = _too_deep(text)
    if too_deep is not None:
        document.problems.append(document.problem("SB103", f"nested deeper than {_DEEPEST} levels", too_deep))
        return document
    try:
        document.tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        document.problems.append(_syntax(document, error))
        return document
    try:
        document.value = model.model_validate(document.tree)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=True)
        document.problems += [_fault(document, fault, model) for fault in faults]
        for fault in faults:
            if fault["type"] != "missing":
                _take_out(document.tree, fault["loc"])
    return document


def _too_deep(text: str) -> int | None:
    """The offset at which brackets outside strings and comments, or the parts of a key, go too deep."""
    depth = 0
    for match in _DEPTH.finditer(text):
        part = match[0]
        if part in "[{":
            depth += 1
            if depth > _DEEPEST:
                return match.start()
        elif part in "]}":
            depth = max(0, depth - 1)
        elif match.lastgroup == "dotted" and part.count(".") >= _DEEPEST:
            return match.start()
    return None


def _syntax(document: TextFile, error: tomllib.TOMLDecodeError) -> Problem:
    message = str(error)
    found = re.search(r" \(at line (\d+), column (\d+)\)$", message)
    text = document.text or ""
    if found:
        message = message[: found.start()]
        lines = text.split("\n")
        line, column = int(found[1]), int(found[2])
        offset = sum(len(one) + 1 for one in lines[: line - 1]) + column - 1
    else:
        message = message.removesuffix(" (at end of document)")
        offset = len(text.rstrip("\n"))
    duplicate = re.search(r"twice|overwrite|[Dd]uplicate|redefine|mutate immutable", message)
    return document.problem("SB102" if duplicate else "SB101", message[:1].lower() + message[1:], offset)


_ENUM_CODES = {"claim_type": "SB201", "attribution": "SB202", "source_type": "SB203"}


def _fault(document: Document[Any], fault: Any, model: type[BaseModel]) -> Problem:
    kind, place, value = fault["type"], tuple(fault["loc"]), fault["input"]
    name = str(place[-1]) if place else ""
    if kind == "missing":
        return document.at("SB105", f"missing key {name!r}", *place[:-1], key=True)
    if kind == "extra_forbidden":
        return document.at("SB106", f"unknown key {name!r}; {nearest(name, _keys(model, place[:-1]))}", *place, key=True)
    if kind == "enum":
        choices = [str(choice) for choice in _choices(model, place)]
        what = next((str(part) for part in reversed(place) if isinstance(part, str)), name).replace("_", " ")
        code = _ENUM_CODES.get(name, "SB207")
        return document.at(code, f"unknown {what} {value!r}; {nearest(str(value), choices)}", *place)
    if kind.endswith(("_type", "_type_strict")) or kind == "int_from_float":
        wanted = fault["msg"].removeprefix("Input should be ")
        return document.at("SB104", f"{name!r} should be {wanted}", *place)
    code = "SB208" if "stance" in place[:-1] else "SB107"
    message = fault["msg"].removeprefix("Value error, ")
    return document.at(code, f"{name!r}: {message[:1].lower() + message[1:]}", *place)


def _keys(model: type[BaseModel], place: Place) -> list[str]:
    inner = _inner(model, place)
    if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
        return []
    return [info.alias or name for name, info in inner.model_fields.items()]


def _choices(model: type[BaseModel], place: Place) -> list[Code]:
    inner = _inner(model, place)
    return list(inner) if isinstance(inner, type) and issubclass(inner, Code) else []


def _inner(model: Any, place: Place) -> Any:
    """The type that the form gives to what stands at `place`."""
    for part in place:
        if isinstance(part, int) or not (isinstance(model, type) and issubclass(model, BaseModel)):
            continue
        fields = {info.alias or name: info for name, info in model.model_fields.items()}
        if part not in fields:
            return None
        model = fields[part].annotation
        while args := [arg for arg in get_args(model) if arg is not type(None) and arg is not Ellipsis]:
            model = args[-1]
    return model


def _take_out(tree: Any, place: Place) -> None:
    """Remove a faulty value; in a list an empty table takes its place, so that the others keep theirs."""
    for part in place[:-1]:
        try:
            tree = tree[part]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(tree, dict):
        tree.pop(place[-1], None)
    elif isinstance(tree, list) and isinstance(place[-1], int) and place[-1] < len(tree):
        tree[place[-1]] = {}


_STRING = r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}|\'\'\'(?:[^\']|\'(?!\'\'))*\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\''
_DEPTH = re.compile(rf"(?s:{_STRING})|#[^\n]*|(?P<dotted>[A-Za-z0-9_-]+(?:[ \t]*\.[ \t]*[A-Za-z0-9_-]+)+)|[\[\]{{}}]")
_KEY = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'|[A-Za-z0-9_-]+")
_SCALAR = re.compile(rf"(?s:{_STRING})|\d{{4}}-\d\d-\d\d \d\d:[^\s,\]}}#]*|[^\s,\]}}#]+")
_SPACE = re.compile(r"[ \t]*")
_BLANK = re.compile(r"(?:[\s\ufeff]|#[^\n]*)*")


def locate(text: str) -> Iterator[tuple[Place, tuple[int, int, int]]]:
    r"""Where everything stands in a valid TOML text: its path, then the offsets of its key, its value and the value's end.

    >>> dict(locate('[[a]]\nb = [1, "x"]\n'))[("a", 0, "b", 1)]
    (14, 14, 17)
    """
    tables: dict[Place, int] = {}
    prefix: Place = ()
    at = _skip(_BLANK, text, 0)
    while at < len(text):
        start = at
        if text.startswith("[", at):
            array = text.startswith("[[", at)
            keys, at = _keys_at(text, _skip(_SPACE, text, at + 1 + array))
            prefix = ()
            for key in keys[:-1]:
                prefix = (*prefix, key)
                if prefix in tables:
                    prefix = (*prefix, tables[prefix])
            prefix = (*prefix, keys[-1])
            at = _skip(_SPACE, text, at) + 1 + array
            if array:
                tables[prefix] = tables.get(prefix, -1) + 1
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


def table(values: dict[str, Any], header: str = "") -> str:
    """A table: its header, then a line for each key."""
    head = f"[[{header}]]\n" if header else ""
    return head + "".join(f"{_key(key)} = {inline(value)}\n" for key, value in values.items())


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else quote(key)
