"""The canonical layout of a TOML file, which keeps every value and every comment.

A comment at the end of a line belongs to that line; a comment on its own line belongs to what follows. Between tables it belongs to
the table above if it stands directly below that, and a blank line below it. A comment moves with what it belongs to.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, get_args

from pydantic import BaseModel

from slantbank.bank.toml._form import bare, is_table
from slantbank.bank.toml._places import Place, comments, locate
from slantbank.bank.toml._write import header, inline, pair

_DIRECTIVE = "#:schema "


@dataclass
class Comments:
    """The comments of a table, a key or an item: `before`, `beside` and `after` it; and groups `apart`, above a blank line."""

    apart: list[list[str]] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    beside: str = ""
    after: list[str] = field(default_factory=list)


@dataclass
class Commented:
    """The values of a TOML file, and its comments by the place that they belong to.

    A place is a top-level key, a table of an array, a key of such a table, or an item of an array that is the value of a key; the
    empty place is the file. `schema` is the line that names the JSON Schema, `foot` holds the comments at the end of the file.
    """

    tree: dict[str, Any]
    comments: dict[Place, Comments] = field(default_factory=dict)
    schema: str = ""
    foot: list[list[str]] = field(default_factory=list)

    def of(self, *place: str | int) -> Comments:
        """Return the comments at a place, which a caller may change."""
        return self.comments.setdefault(place, Comments())


def parse(text: str) -> Commented:
    """Return the values and comments of a valid TOML text in plain lines."""
    parsed = Commented(tomllib.loads(text))
    located = list(locate(text))
    before: _Statement | None = None
    for statement in [*_statements(parsed.tree, located), None]:
        _assign_between(text, before, statement, parsed)
        if statement and "#" in (raw := text[statement.start : statement.end]) and "\n" in raw:
            _assign_within(text, statement, located, parsed)
        before = statement
    _move_directive(parsed)
    return parsed


@dataclass(frozen=True)
class _Statement:
    """A header, or a key with its value: its offsets, its place, and the `owner`, the place that its comments belong to."""

    start: int
    end: int
    place: Place
    owner: Place

    @property
    def table(self) -> Place:
        """The place of its table."""
        return self.owner[:2] if len(self.owner) > 1 else ()


_Located = list[tuple[Place, tuple[int, int, int]]]


def _statements(tree: dict[str, Any], located: _Located) -> Iterator[_Statement]:
    reach = 0
    for place, (start, _, end) in sorted(located, key=lambda item: (item[1][0], -item[1][2], -len(item[0]))):
        if start >= reach:
            owner = place[:1]
            if is_tables(tree[str(place[0])]):
                owner = place[:3] if len(place) > 1 else (place[0], 0)
            yield _Statement(start, end, place, owner)
            reach = end


def is_tables(value: Any) -> bool:
    """Whether a value is an array of tables, each of which gets a header."""
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _assign_between(text: str, before: _Statement | None, after: _Statement | None, parsed: Commented) -> None:
    """Assign the comments between two statements to their owners."""
    lines = text[before.end if before else 0 : after.start if after else len(text)].split("\n")
    if before and (beside := lines.pop(0).strip(" \t")):
        _add_beside(parsed.of(*before.owner), beside)
    if after and lines:
        lines.pop()
    groups: list[list[str]] = [[]]
    for line in lines:
        if line.strip(" \t"):
            groups[-1].append(line.strip(" \t"))
        elif groups[-1]:
            groups.append([])
    follows = bool(before and lines and lines[0].strip(" \t"))
    if before and follows and (after is None or (_is_header(after) and len(groups) > 1)):
        parsed.of(*before.table).after += groups.pop(0)
    if after is None:
        (parsed.foot if before else parsed.of().apart).extend(group for group in groups if group)
    elif before is None:
        parsed.of().apart += groups[:-1]
        parsed.of(*after.owner).before += groups[-1]
    elif groups and _is_header(after):
        parsed.of(*after.owner).apart += groups[:-1]
        parsed.of(*after.owner).before += groups[-1]
    else:
        parsed.of(*after.owner).before += [line for group in groups for line in group]


def _is_header(statement: _Statement) -> bool:
    return len(statement.owner) == 2


def _add_beside(comments: Comments, comment: str) -> None:
    """Put a comment beside a line, or before it if there is one beside it already."""
    if comments.beside:
        comments.before.append(comment)
    else:
        comments.beside = comment


def _assign_within(text: str, statement: _Statement, located: _Located, parsed: Commented) -> None:
    """Assign the comments inside a value to the items of the array, or to the key if the value is no array."""
    parent = statement.place
    items = sorted((start, end, place) for place, (start, _, end) in located if place[:-1] == parent and isinstance(place[-1], int))
    value: Any = parsed.tree
    for part in parent:
        value = value[part]
    direct = isinstance(value, list) and (parent == statement.owner or len(parent) == 1)
    for at, comment in comments(text, statement.start, statement.end):
        earlier = next((item for item in reversed(items) if item[0] < at), None)
        later = next((item for item in items if item[0] > at), None)
        if not direct or not items:
            owner = parsed.of(*statement.owner)
            (owner.after if direct else owner.before).append(comment)
        elif earlier and at < earlier[1]:
            parsed.of(*earlier[2]).before.append(comment)
        elif earlier and "\n" not in text[earlier[1] : at]:
            _add_beside(parsed.of(*earlier[2]), comment)
        elif later:
            parsed.of(*later[2]).before.append(comment)
        else:
            parsed.of(*(statement.owner if len(statement.owner) != 2 else (parent[0], len(items) - 1))).after.append(comment)


def _move_directive(parsed: Commented) -> None:
    """Move the line that names the schema from the comments before the first statement to `schema`."""
    first = [comments.before for place, comments in parsed.comments.items() if place][:1]
    for group in [*parsed.of().apart, *first]:
        for line in group:
            if line.startswith(_DIRECTIVE) and not parsed.schema:
                parsed.schema = line
                group.remove(line)
                break
    parsed.of().apart = [group for group in parsed.of().apart if group]


def dumps(parsed: Commented, model: type[BaseModel] | None = None) -> str:
    """Return the canonical text, the inverse of `parse`: keys in the order of the `model`, then all other keys."""
    tree = _ordered(parsed.tree, model)
    blocks = [[parsed.schema]] if parsed.schema else []
    blocks += parsed.of().apart
    keys = [key for key, value in tree.items() if not is_tables(value)]
    blocks.append([*(line for key in keys for line in _lines(tree[key], parsed, (key,))), *parsed.of().after])
    for kind in (key for key in tree if key not in keys):
        for i, row in enumerate(tree[kind]):
            table = parsed.of(kind, i)
            blocks += table.apart
            head = _with(header(kind), table.beside)
            rows = [line for key in row for line in _lines(row[key], parsed, (kind, i, key))]
            blocks.append([*table.before, head, *rows, *table.after])
    return "\n".join("".join(f"{line}\n" for line in block) for block in [*blocks, *parsed.foot] if block)


def _lines(value: Any, parsed: Commented, place: Place) -> list[str]:
    """Return the lines of a key with its value and comments; an array with comments inside gets a line for each item."""
    key, own = str(place[-1]), parsed.comments.get(place, Comments())
    items = [parsed.comments.get((*place, i), Comments()) for i in range(len(value))] if isinstance(value, list) else []
    if not own.after and not any(item.before or item.beside or item.after for item in items):
        return [*own.before, _with(pair(key, value), own.beside)]
    lines = []
    for item, around in zip(value, items, strict=True):
        lines += [*around.before, _with(f"{inline(item)},", around.beside), *around.after]
    opening = pair(key, []).removesuffix("]")
    return [*own.before, opening, *(f"    {line}" for line in [*lines, *own.after]), _with("]", own.beside)]


def _with(line: str, comment: str) -> str:
    return f"{line}  {comment}" if comment else line


def _ordered(value: Any, form: Any) -> Any:
    """Return the value with the keys of its tables in the order of the model."""
    form = bare(form)
    if isinstance(value, list):
        item_form = (get_args(form) or (None,))[0]
        return [_ordered(item, item_form) for item in value]
    if not isinstance(value, dict):
        return value
    if is_table(form):
        first = [name for name in form.model_fields if name in value]
        return {
            name: _ordered(value[name], form.model_fields[name].annotation if name in form.model_fields else None)
            for name in [*first, *(name for name in value if name not in form.model_fields)]
        }
    item_form = (get_args(form) or (None,))[-1]
    return {name: _ordered(item, item_form) for name, item in value.items()}
