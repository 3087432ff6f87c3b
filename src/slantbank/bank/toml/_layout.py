"""The canonical layout of a TOML file, in which every value and every comment of the file is kept.

A comment belongs to what it stands beside or, on a line of its own, to what comes next. Between tables it belongs to the
table above where only a blank line parts it from the next. What moves takes its comments along.
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
    """The comments of a table, a key or an item: in groups that stand `apart` before it, `before`, `beside` and `after` it."""

    apart: list[list[str]] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    beside: str = ""
    after: list[str] = field(default_factory=list)


@dataclass
class Commented:
    """The values of a TOML file, and its comments by the place of what they belong to.

    The places are those of top-level keys, of the tables of an array, of their keys, and of the items of an array that is the
    value of such a key; and the empty one, of the file. `schema` is the line that names the JSON Schema, `foot` what ends the file.
    """

    tree: dict[str, Any]
    comments: dict[Place, Comments] = field(default_factory=dict)
    schema: str = ""
    foot: list[list[str]] = field(default_factory=list)

    def of(self, *place: str | int) -> Comments:
        """The comments at a place, to add to."""
        return self.comments.setdefault(place, Comments())


def parse(text: str) -> Commented:
    """The values and comments of a valid TOML text in plain lines."""
    found = Commented(tomllib.loads(text))
    located = list(locate(text))
    before: _Statement | None = None
    for statement in [*_statements(found.tree, located), None]:
        _between(text, before, statement, found)
        if statement and "#" in (raw := text[statement.start : statement.end]) and "\n" in raw:
            _within(text, statement, located, found)
        before = statement
    _take_directive(found)
    return found


@dataclass(frozen=True)
class _Statement:
    """A header, or a key with its value: where it stands, its place, and the place that its comments belong to."""

    start: int
    end: int
    place: Place
    owner: Place

    @property
    def table(self) -> Place:
        """The place of the table that it is of."""
        return self.owner[:2] if len(self.owner) > 1 else ()


_Located = list[tuple[Place, tuple[int, int, int]]]


def _statements(tree: dict[str, Any], located: _Located) -> Iterator[_Statement]:
    reach = 0
    for place, (start, _, end) in sorted(located, key=lambda one: (one[1][0], -one[1][2], -len(one[0]))):
        if start >= reach:
            owner = place[:1]
            if is_tables(tree[str(place[0])]):
                owner = place[:3] if len(place) > 1 else (place[0], 0)
            yield _Statement(start, end, place, owner)
            reach = end


def is_tables(value: Any) -> bool:
    """Whether a value is an array of tables, each of which gets a header."""
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _between(text: str, before: _Statement | None, after: _Statement | None, found: Commented) -> None:
    """Give the comments between two statements to what they belong to."""
    lines = text[before.end if before else 0 : after.start if after else len(text)].split("\n")
    if before and (beside := lines.pop(0).strip(" \t")):
        _beside(found.of(*before.owner), beside)
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
        found.of(*before.table).after += groups.pop(0)
    if after is None:
        (found.foot if before else found.of().apart).extend(group for group in groups if group)
    elif before is None:
        found.of().apart += groups[:-1]
        found.of(*after.owner).before += groups[-1]
    elif groups and _is_header(after):
        found.of(*after.owner).apart += groups[:-1]
        found.of(*after.owner).before += groups[-1]
    else:
        found.of(*after.owner).before += [line for group in groups for line in group]


def _is_header(statement: _Statement) -> bool:
    return len(statement.owner) == 2


def _beside(comments: Comments, comment: str) -> None:
    """A line has room for one comment; another stands before it."""
    if comments.beside:
        comments.before.append(comment)
    else:
        comments.beside = comment


def _within(text: str, statement: _Statement, located: _Located, found: Commented) -> None:
    """Give the comments inside a value to the items of the array that it is; to its key, where it is none."""
    parent = statement.place
    items = sorted((start, end, place) for place, (start, _, end) in located if place[:-1] == parent and isinstance(place[-1], int))
    value: Any = found.tree
    for part in parent:
        value = value[part]
    direct = isinstance(value, list) and (parent == statement.owner or len(parent) == 1)
    for at, comment in comments(text, statement.start, statement.end):
        earlier = next((one for one in reversed(items) if one[0] < at), None)
        later = next((one for one in items if one[0] > at), None)
        if not direct or not items:
            owner = found.of(*statement.owner)
            (owner.after if direct else owner.before).append(comment)
        elif earlier and at < earlier[1]:
            found.of(*earlier[2]).before.append(comment)
        elif earlier and "\n" not in text[earlier[1] : at]:
            _beside(found.of(*earlier[2]), comment)
        elif later:
            found.of(*later[2]).before.append(comment)
        else:
            found.of(*(statement.owner if len(statement.owner) != 2 else (parent[0], len(items) - 1))).after.append(comment)


def _take_directive(found: Commented) -> None:
    """Take the line that names the schema out of the comments before the first statement."""
    first = [comments.before for place, comments in found.comments.items() if place][:1]
    for group in [*found.of().apart, *first]:
        for line in group:
            if line.startswith(_DIRECTIVE) and not found.schema:
                found.schema = line
                group.remove(line)
                break
    found.of().apart = [group for group in found.of().apart if group]


def dumps(found: Commented, model: type[BaseModel] | None = None) -> str:
    """The canonical text: the keys in the order of the `model`, others after them as they come. The inverse of `parse`."""
    tree = _ordered(found.tree, model)
    blocks = [[found.schema]] if found.schema else []
    blocks += found.of().apart
    keys = [key for key, value in tree.items() if not is_tables(value)]
    blocks.append([*(line for key in keys for line in _lines(tree[key], found, (key,))), *found.of().after])
    for kind in (key for key in tree if key not in keys):
        for i, row in enumerate(tree[kind]):
            table = found.of(kind, i)
            blocks += table.apart
            head = _with(header(kind), table.beside)
            rows = [line for key in row for line in _lines(row[key], found, (kind, i, key))]
            blocks.append([*table.before, head, *rows, *table.after])
    return "\n".join("".join(f"{line}\n" for line in block) for block in [*blocks, *found.foot] if block)


def _lines(value: Any, found: Commented, place: Place) -> list[str]:
    """The lines of a key with its value and its comments; an array with comments of its own has an item a line."""
    key, own = str(place[-1]), found.comments.get(place, Comments())
    items = [found.comments.get((*place, i), Comments()) for i in range(len(value))] if isinstance(value, list) else []
    if not own.after and not any(one.before or one.beside or one.after for one in items):
        return [*own.before, _with(pair(key, value), own.beside)]
    lines = []
    for item, one in zip(value, items, strict=True):
        lines += [*one.before, _with(f"{inline(item)},", one.beside), *one.after]
    opening = pair(key, []).removesuffix("]")
    return [*own.before, opening, *(f"    {line}" for line in [*lines, *own.after]), _with("]", own.beside)]


def _with(line: str, comment: str) -> str:
    return f"{line}  {comment}" if comment else line


def _ordered(value: Any, form: Any) -> Any:
    """The value with the keys of its tables in the order of the form."""
    form = bare(form)
    if isinstance(value, list):
        inner = (get_args(form) or (None,))[0]
        return [_ordered(item, inner) for item in value]
    if not isinstance(value, dict):
        return value
    if is_table(form):
        known = [name for name in form.model_fields if name in value]
        return {
            name: _ordered(value[name], form.model_fields[name].annotation if name in form.model_fields else None)
            for name in [*known, *(name for name in value if name not in form.model_fields)]
        }
    inner = (get_args(form) or (None,))[-1]
    return {name: _ordered(item, inner) for name, item in value.items()}
