"""Values and texts of TOML, in every odd but valid way."""

import tempfile
from collections.abc import Callable
from datetime import UTC, timedelta, timezone
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from slantbank.bank import toml
from slantbank.bank._article import Annotation
from slantbank.bank.toml import Document, inline
from slantbank.bank.toml._write import _key, quote

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
WORDS = st.text(st.sampled_from("ab .,#=[]{}\"'\\\n\t\r\x00\x7f\u200b\u0301é大🚢"), max_size=12)
ZONES = st.sampled_from([None, UTC, timezone(timedelta(hours=-5, minutes=-30))])
SCALARS = (
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | TEXT
    | WORDS
    | st.dates()
    | st.times()
    | st.builds(lambda when, zone: when.replace(tzinfo=zone), st.datetimes(), ZONES)
)
KEYS = TEXT | WORDS | st.text(st.sampled_from("abn-_01"), min_size=1, max_size=4)
VALUES = st.recursive(SCALARS, lambda value: st.lists(value, max_size=4) | st.dictionaries(KEYS, value, max_size=4), max_leaves=10)
TREES = st.dictionaries(KEYS, VALUES, max_size=5)
FUZZ = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read(text: str | bytes, model: type[BaseModel] = Annotation) -> Document[Any]:
    with tempfile.NamedTemporaryFile() as file:
        file.write(text if isinstance(text, bytes) else text.encode())
        file.flush()
        return toml.read(Path(file.name), "x.toml", model)


def said(text: str | bytes, model: type[BaseModel] = Annotation) -> list[tuple[int, int, str, str]]:
    return [(problem.line, problem.column, problem.code, problem.message) for problem in read(text, model).problems]


class _Odd:
    """Writes a tree in odd but valid ways: every kind of key, string, array, table, comment and space."""

    def __init__(self, draw: Callable[..., Any]) -> None:
        self.draw = draw

    def pick(self, *choices: str) -> str:
        return str(self.draw(st.sampled_from(choices)))

    def space(self) -> str:
        return self.pick("", " ", "\t ")

    def gap(self) -> str:
        """What may stand between the lines, and within an array."""
        return self.pick("", "\n", " \n\n", '# a "comment" [x] = 1\n', "\t# '''\n")

    def key(self, key: str) -> str:
        plain = _key(key)
        literal = f"'{key}'" if "'" not in key and key.isprintable() else plain
        return self.pick(plain, quote(key), literal)

    def string(self, value: str) -> str:
        part = quote(value)[1:-1]
        choices = [f'"{part}"', f'"""\n{part}"""']
        if "\\" not in value:
            choices.append('"""\n' + part.replace("\\n", "\n") + '"""')
        if value[:1].strip():
            choices.append(f'"""\\\n   {part}"""')
        if value.isprintable():
            choices += [f"'{value}'"] * ("'" not in value)
            choices += [f"'''\n{value}'''"] * ("'''" not in value and not value.endswith("'"))
        return self.pick(*choices)

    def value(self, value: Any) -> str:
        match value:
            case str():
                return self.string(value)
            case list():
                items = ",".join(f"{self.gap()}{self.space()}{self.value(item)}{self.gap()}" for item in value)
                return f"[{items}{self.pick('', ',' if value else '')}{self.gap()}]"
            case dict():
                pairs = f"{self.space()},".join(self.space() + self.pair(key, item) for key, item in value.items())
                return f"{{{pairs}{self.space()}}}"
            case _:
                return inline(value)

    def pair(self, key: str, value: Any) -> str:
        keys = [key]
        while isinstance(value, dict) and len(value) == 1 and self.draw(st.booleans()):
            ((key, value),) = value.items()
            keys.append(key)
        dot = f"{self.space()}.{self.space()}"
        return f"{dot.join(map(self.key, keys))}{self.space()}={self.space()}{self.value(value)}"

    def body(self, tree: dict[str, Any], path: tuple[str, ...] = ()) -> str:
        tables: list[tuple[str, Any]] = []
        out = ""
        for key, value in tree.items():
            array = isinstance(value, list) and value and all(isinstance(item, dict) for item in value)
            if (isinstance(value, dict) or array) and self.draw(st.booleans()):
                tables.append((key, value))
            else:
                out += f"{self.gap()}{self.space()}{self.pair(key, value)}{self.space()}{self.pick('', '# end')}\n"
        for key, value in tables:
            place = (*path, key)
            name = f"{self.space()}.{self.space()}".join(map(self.key, place))
            for item in value if isinstance(value, list) else [value]:
                header = f"[[{self.space()}{name}{self.space()}]]" if isinstance(value, list) else f"[{name}]"
                out += f"{self.space()}{header}{self.space()}{self.pick('', '# table')}\n{self.body(item, place)}"
        return out


@st.composite
def odd_texts(draw: Callable[..., Any]) -> tuple[dict[str, Any], str]:
    tree = draw(TREES)
    return tree, _Odd(draw).body(tree)
