"""Everything in a TOML text has its place, in whatever layout."""

import tomllib
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from slantbank.bank.toml import Place, escapes, table
from slantbank.bank.toml._parse import _SHALLOW
from slantbank.bank.toml._places import locate
from tests.bank.toml.odd import FUZZ, TREES, odd_texts, read


def leaves(tree: Any, place: Place = ()) -> Iterator[Place]:
    """The place of every value that holds no other."""
    items: Any = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    yield from (inside for key, item in items for inside in leaves(item, (*place, key)))
    if not items and place:
        yield place


def inside(tree: Any, place: Place) -> Any:
    for part in place:
        tree = tree[part]
    return tree


def named(path: Any) -> list[str]:
    """The keys that a header or dotted key names, in order."""
    keys = []
    while isinstance(path, (dict, list)) and path:
        keys += list(path) if isinstance(path, dict) else []
        path = next(iter(path.values())) if isinstance(path, dict) else path[0]
    return keys


def is_value(text: str, value: Any) -> bool:
    try:
        return bool(tomllib.loads(f"k = {text}") == {"k": value})
    except tomllib.TOMLDecodeError:
        return False


def passes_through(text: str, place: Place) -> bool:
    """Whether a header or dotted key leads to the place, or further."""
    keys = named(tomllib.loads(text if text.startswith("[") else f"{text} = 0"))
    expected = [part for part in place if isinstance(part, str)]
    return any(expected[-n:] == keys[:n] for n in range(1, len(keys) + 1))


@FUZZ
@given(odd_texts())
def test_every_position_is_that_of_its_value_in_any_layout(case: tuple[dict[str, Any], str]) -> None:
    tree, text = case
    assert tomllib.loads(text) == tree
    assert _SHALLOW.fullmatch(text)
    result = list(locate(text))
    for place, (start, value, end) in result:
        slice_ = text[value:end]
        assert start <= value < end
        assert is_value(slice_, inside(tree, place)) or passes_through(slice_, place)
    assert set(leaves(tree)) <= {place for place, _ in result}


@FUZZ
@given(TREES)
def test_every_position_is_that_of_its_value_as_written_by_this_package(tree: dict[str, Any]) -> None:
    text = table(tree)
    result = dict(locate(text))
    for key, item in tree.items():
        start, value, end = result[(key,)]
        assert is_value(text[value:end], item)
        assert tomllib.loads(text[start:end]) == {key: item}


@FUZZ
@given(odd_texts(), st.sampled_from(["\r\n", "\r"]))
def test_positions_do_not_depend_on_line_ends(case: tuple[dict[str, Any], str], end: str) -> None:
    _, text = case
    if '"""' in text or "'''" in text:
        return
    other = text.replace("\n", end)
    shift = len(end) - 1

    def moved(offset: int) -> int:
        return offset + shift * text.count("\n", 0, offset)

    there = [(place, tuple(map(moved, where))) for place, where in locate(text)]
    assert list(locate(other)) == there


def test_a_header_gives_a_position_to_every_table_on_its_path() -> None:
    text = "[[a.b]]\n[a.b.c]\nd = 1\n[[a.b]]\n"
    result = read(text)
    result.parsed = True
    assert {place: where[0] for place, where in result.places.items()} == {
        ("a",): 0,
        ("a", "b"): 0,
        ("a", "b", 0): 0,
        ("a", "b", 0, "c"): 8,
        ("a", "b", 0, "c", "d"): 16,
        ("a", "b", 1): 22,
    }


@FUZZ
@given(odd_texts())
def test_escapes_are_those_of_basic_strings(case: tuple[dict[str, Any], str]) -> None:
    _, text = case
    for offset, length, character in escapes(text):
        assert text[offset] == "\\"
        if length > 2 or character in "\b\t\n\f\r":
            assert tomllib.loads(f'k = "{text[offset : offset + length]}"') == {"k": character}


def test_literal_strings_and_comments_have_no_escapes() -> None:
    assert list(escapes("a = 'C:\\u0007' # \\f\nb = '''\\f'''\n\"\\b\".'\\b' = 1")) == [(34, 2, "\b")]
