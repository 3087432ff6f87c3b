"""Write values as TOML."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
_ESCAPED = re.compile(r"[\x00-\x1f\x7f\"\\]")


def quote(value: str) -> str:
    r"""Return the TOML basic string of a text.

    >>> print(quote("tab\there"))
    "tab\there"
    """
    return '"' + _ESCAPED.sub(lambda m: _ESCAPES.get(m[0]) or f"\\u{ord(m[0]):04X}", value) + '"'


def inline(value: Any) -> str:
    """Return a value as TOML on one line; mappings become inline tables."""
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
"""The maximum width of an array on one line."""


def pair(key: str, value: Any) -> str:
    """Return a key with its value on one line; an array wider than `WIDTH` gets a line for each item."""
    line = f"{_key(key)} = {inline(value)}"
    if len(line) <= WIDTH or not isinstance(value, (list, tuple)):
        return line
    return "\n".join([f"{_key(key)} = [", *(f"    {inline(item)}," for item in value), "]"])


def header(*names: str) -> str:
    """Return the header of a table of an array; `names` are those of the tables around it and its own."""
    return f"[[{'.'.join(map(_key, names))}]]"


def table(values: dict[str, Any], *names: str) -> str:
    """Return the text of a table: its header, then a line for each key."""
    head = f"{header(*names)}\n" if names else ""
    return head + "".join(f"{pair(key, value)}\n" for key, value in values.items())


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else quote(key)


def schema_line(path: Path) -> str:
    """Return the first line of the TOML file at `path`, which names its JSON Schema for editors; empty if the bank has none.

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
class FileChange:
    """A new text for a file of a bank: the bytes it had, its text in plain lines, and its new text."""

    path: Path
    was: bytes
    before: str
    after: str
