"""TOML is read tolerantly and every fault has its place; what is written is read back the same."""

import tempfile
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import rtoml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from slantbank.bank._article import Annotation, Metadata
from slantbank.bank._topic import Topic
from slantbank.bank.toml import _document as document
from slantbank.bank.toml._document import Document, Place

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
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=10)
TREES = st.dictionaries(KEYS, VALUES, max_size=5)
FUZZ = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read(text: str | bytes, model: type[BaseModel] = Annotation) -> Document[Any]:
    with tempfile.NamedTemporaryFile() as file:
        file.write(text if isinstance(text, bytes) else text.encode())
        file.flush()
        return document.read(Path(file.name), "x.toml", model)


def said(text: str | bytes, model: type[BaseModel] = Annotation) -> list[tuple[int, int, str, str]]:
    return [(one.line, one.column, one.code, one.message) for one in read(text, model).problems]


# Writing


@FUZZ
@given(TEXT | WORDS)
def test_a_quoted_string_is_read_back_the_same(value: str) -> None:
    assert tomllib.loads(f"k = {document.quote(value)}") == {"k": value}
    assert "\n" not in document.quote(value)


@FUZZ
@given(VALUES)
def test_an_inline_value_is_read_back_the_same(value: Any) -> None:
    assert tomllib.loads(f"k = {document.inline(value)}") == {"k": value}


@FUZZ
@given(TREES, st.lists(TREES, max_size=3))
def test_tables_are_read_back_the_same(head: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    head.pop("row", None)
    text = "\n".join([document.table(head), *(document.table(row, "row") for row in rows)])
    assert tomllib.loads(text) == {**head, **({"row": rows} if rows else {})}


# Locating


class Odd:
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
        plain = document._key(key)
        literal = f"'{key}'" if "'" not in key and key.isprintable() else plain
        return self.pick(plain, document.quote(key), literal)

    def string(self, value: str) -> str:
        inner = document.quote(value)[1:-1]
        choices = [f'"{inner}"', f'"""\n{inner}"""']
        if "\\" not in value:
            choices.append('"""\n' + inner.replace("\\n", "\n") + '"""')
        if value[:1].strip():
            choices.append(f'"""\\\n   {inner}"""')
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
                return document.inline(value)

    def pair(self, key: str, value: Any) -> str:
        keys = [key]
        while isinstance(value, dict) and len(value) == 1 and self.draw(st.booleans()):
            ((inner, value),) = value.items()
            keys.append(inner)
        dot = f"{self.space()}.{self.space()}"
        return f"{dot.join(map(self.key, keys))}{self.space()}={self.space()}{self.value(value)}"

    def body(self, tree: dict[str, Any], path: tuple[str, ...] = ()) -> str:
        tables: list[tuple[str, Any]] = []
        out = ""
        for key, value in tree.items():
            array = isinstance(value, list) and value and all(isinstance(one, dict) for one in value)
            if (isinstance(value, dict) or array) and self.draw(st.booleans()):
                tables.append((key, value))
            else:
                out += f"{self.gap()}{self.space()}{self.pair(key, value)}{self.space()}{self.pick('', '# end')}\n"
        for key, value in tables:
            inner = (*path, key)
            name = f"{self.space()}.{self.space()}".join(map(self.key, inner))
            for one in value if isinstance(value, list) else [value]:
                header = f"[[{self.space()}{name}{self.space()}]]" if isinstance(value, list) else f"[{name}]"
                out += f"{self.space()}{header}{self.space()}{self.pick('', '# table')}\n{self.body(one, inner)}"
        return out


@st.composite
def odd_texts(draw: Callable[..., Any]) -> tuple[dict[str, Any], str]:
    tree = draw(TREES)
    return tree, Odd(draw).body(tree)


def leaves(tree: Any, place: Place = ()) -> Iterator[Place]:
    """The place of every value that holds no other."""
    items: Any = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    yield from (inner for key, item in items for inner in leaves(item, (*place, key)))
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
    wanted = [part for part in place if isinstance(part, str)]
    return any(wanted[-n:] == keys[:n] for n in range(1, len(keys) + 1))


@FUZZ
@given(odd_texts())
def test_every_place_holds_its_value_in_any_layout(made: tuple[dict[str, Any], str]) -> None:
    tree, text = made
    assert tomllib.loads(text) == tree
    assert document._SHALLOW.fullmatch(text)
    found = list(document.locate(text))
    for place, (start, value, end) in found:
        slice_ = text[value:end]
        assert start <= value < end
        assert is_value(slice_, inside(tree, place)) or passes_through(slice_, place)
    assert set(leaves(tree)) <= {place for place, _ in found}


@FUZZ
@given(TREES)
def test_every_place_holds_its_value_as_written_by_this_package(tree: dict[str, Any]) -> None:
    text = document.table(tree)
    found = dict(document.locate(text))
    for key, item in tree.items():
        start, value, end = found[(key,)]
        assert is_value(text[value:end], item)
        assert tomllib.loads(text[start:end]) == {key: item}


@FUZZ
@given(odd_texts(), st.sampled_from(["\r\n", "\r"]))
def test_places_do_not_depend_on_the_kind_of_line_end(made: tuple[dict[str, Any], str], end: str) -> None:
    _, text = made
    if '"""' in text or "'''" in text:
        return
    other = text.replace("\n", end)
    shift = len(end) - 1

    def moved(offset: int) -> int:
        return offset + shift * text.count("\n", 0, offset)

    there = [(place, tuple(map(moved, where))) for place, where in document.locate(text)]
    assert list(document.locate(other)) == there


def test_a_header_gives_a_place_to_all_that_it_passes_through() -> None:
    text = "[[a.b]]\n[a.b.c]\nd = 1\n[[a.b]]\n"
    found = read(text)
    found.parsed = True
    assert {place: where[0] for place, where in found.places.items()} == {
        ("a",): 0,
        ("a", "b"): 0,
        ("a", "b", 0): 0,
        ("a", "b", 0, "c"): 8,
        ("a", "b", 0, "c", "d"): 16,
        ("a", "b", 1): 22,
    }


@FUZZ
@given(odd_texts())
def test_escapes_are_those_of_basic_strings(made: tuple[dict[str, Any], str]) -> None:
    _, text = made
    for offset, length, character in document.escapes(text):
        assert text[offset] == "\\"
        if length > 2 or character in "\b\t\n\f\r":
            assert tomllib.loads(f'k = "{text[offset : offset + length]}"') == {"k": character}


def test_no_escape_is_seen_in_literal_strings_and_comments() -> None:
    assert list(document.escapes("a = 'C:\\u0007' # \\f\nb = '''\\f'''\n\"\\b\".'\\b' = 1")) == [(34, 2, "\b")]


# Reading


@settings(FUZZ, max_examples=200)
@given(st.binary(max_size=80) | TEXT.map(str.encode) | WORDS.map(str.encode), st.sampled_from([Annotation, Metadata, Topic]))
def test_any_bytes_are_read_without_an_exception(data: bytes, model: type[BaseModel]) -> None:
    found = read(data, model)
    assert (found.value is None) == bool(found.problems)


@FUZZ
@given(TREES, st.sampled_from([Annotation, Metadata, Topic]))
def test_any_toml_is_judged_key_by_key(tree: dict[str, Any], model: type[BaseModel]) -> None:
    found = read(document.table(tree), model)
    unknown = {one.source for one in found.problems if one.code == "SB106"}
    assert len(unknown) == len(tree.keys() - model.model_fields.keys())


@FUZZ
@given(odd_texts(), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans(), st.data())
def test_a_repeated_key_is_found_where_it_is_and_where_it_was(
    made: tuple[dict[str, Any], str], end: str, mark: bool, data: st.DataObject
) -> None:
    _, text = made
    key = data.draw(st.sampled_from(["same", "'same'", '"s\\u0061me"']))
    head = f"# first\nsame = 1\n{key} = "
    problems = read(("\ufeff" if mark else "") + (head + "2\n" + text).replace("\n", end)).problems
    assert [(one.code, one.message) for one in problems] == [("SB102", "'same' stands in line 2 already")] or end == "\r"
    if end != "\r":
        assert (problems[0].line, problems[0].column) == (3, 1)


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("a = 1\na = 2", 2, 1, "'a' stands in line 1 already"),
        ("a = 1\n  b = 1\n  a = [1, 2]\n", 3, 3, "'a' stands in line 1 already"),
        ("[a]\nb = 1\n[ a ]\n", 3, 1, "'a' stands in line 1 already"),
        ("[[a]]\nb = 1\n[a]\n", 3, 1, "'a' stands in line 1 already"),
        ("a = []\n[[a]]\n", 2, 1, "'a' stands in line 1 already"),
        ("a.b = 1\na = 2\n", 2, 1, "'a' stands in line 1 already"),
        ("a = 1\na.b = 2\n", 2, 1, "'a.b' was given a value before"),
        ("a = { b = 1, c = { b = 1 }, b = 2 }", 1, 29, "'a.b' stands in line 1 already"),
        ("[[a]]\n[[a]]\nb = 1\nb = 1\n", 4, 1, "'a.b' stands in line 3 already"),
        ("[a.b]\n[a]\nb.c = 1\n", 3, 1, "'a.b.c' was given a value before"),
    ],
)
def test_what_is_defined_twice_is_found_at_its_second_place(text: str, line: int, column: int, message: str) -> None:
    assert said(text) == [(line, column, "SB102", message)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_faults_of_syntax_are_at_their_place_whatever_the_line_end(end: str, mark: str) -> None:
    text = mark + 'note = "x"\n\nn = x1\n'.replace("\n", end)
    (problem,) = read(text).problems
    offset = text.index("x1")
    assert (problem.line, problem.column) == read(text).position(offset)
    first = mark + "n = x1\n"
    assert said(first)[0][:2] == (1, 5 + len(mark))


@pytest.mark.parametrize("opening", ["'", '"', "'''", '"""', '"\\"'])
@pytest.mark.parametrize("rest", ["", '\nb = "x"\nc = ""\n'])
def test_an_open_string_is_found_where_it_opens_or_where_its_line_ends(opening: str, rest: str) -> None:
    text = f"a = ['', \"\", {opening}abc"
    ((line, column, code, message),) = said(text + rest)
    assert (line, code, message.removesuffix(" on its line")) == (1, "SB101", "the string is not closed")
    assert column in (text.index(opening + "abc") + 1, len(text) + 1)


DEEP = 2_000
COSTLY = {
    "escaped quotes in an open string": 'k = "' + '\\"' * 100_000,
    "an open long string": 'k = """' + '\\"""' * 100_000,
    "an open literal string": "k = '''" + "''a" * 100_000,
    "one bare word": "a" * 300_000,
    "many dots": "a." * 100_000,
    "many quoted parts": '"a".' * 100_000,
    "parts with escapes": '"\\"".' * 100_000,
    "open arrays": "k = " + "[" * 100_000,
    "open tables": "k = " + "{ a = " * DEEP,
    "nested arrays": "k = " + "[" * DEEP + "]" * DEEP,
    "arrays a little too deep": "k = " + "[" * 21 + "]" * 21,
    "a long header": "[" + ".".join("a" * 50_000) + "]",
    "digits": "k = " + "9" * 100_000,
    "hexadecimal digits": "k = 0x" + "f" * 100_000,
    "quotes": '"' * 100_000,
    "white space": "a" + " " * 100_000 + "b",
    "wrong items": "sentence = [" + "1, " * 5_000 + "]",
    "unknown keys": "".join(f"k{n} = 1\n" for n in range(5_000)),
    "a key again and again": "a = 1\n" * 50_000,
}


@pytest.mark.parametrize("name", COSTLY)
def test_what_would_cost_too_much_is_a_problem(name: str) -> None:
    found = read(COSTLY[name])
    assert found.value is None
    assert {one.code for one in found.problems} <= {"SB101", "SB102", "SB103", "SB104", "SB106"}


@pytest.mark.parametrize("text", ["k = " + "[" * 20 + "]" * 20, ".".join("a" * 20) + " = 1", "k = 9223372036854775807"])
def test_what_is_long_or_deep_but_bearable_is_read(text: str) -> None:
    assert {one.code for one in read(text).problems} == {"SB106"}


@pytest.mark.parametrize(
    "text", ['k = "' + "9" * 30 + '"', "# " + "9" * 30, "k = 1." + "9" * 30, "k = 2017-07-03T00:00:00." + "9" * 30]
)
def test_only_integers_may_be_too_long(text: str) -> None:
    assert {one.code for one in read(text).problems} <= {"SB106"}


def test_a_file_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "MAX_BYTES", 10)
    assert said("# 23456789") == []
    assert said("# 234567890") == [(1, 1, "SB008", "11 bytes; a file of a bank has at most 10")]


@pytest.mark.parametrize("text", ["", "\n \n", "\ufeff"])
def test_an_empty_file_is_empty_and_nothing_else(text: str) -> None:
    assert said(text, Metadata) == [(1, 1, "SB009", "the file is empty")]


def test_no_sentence_is_an_annotation_all_the_same() -> None:
    assert read("").value == Annotation()


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("sentence = 3", (1, 12), "'sentence' should be an array of tables, each under a header [[sentence]], not an integer"),
        ("[sentence]\nn = 0", (1, 1), "'sentence' should be an array of tables, each under a header [[sentence]], not a table"),
        ("sentence = [[]]", (1, 13), "item 1 of 'sentence' should be a table, not an array"),
        ('[[sentence]]\nn = "0"\ntext = ""', (2, 5), "'n' should be an integer, not a string"),
        ('[[sentence]]\nn = 0.0\ntext = ""', (2, 5), "'n' should be an integer, not a float"),
        ('[[sentence]]\nn = nan\ntext = ""', (2, 5), "'n' should be an integer, not a float"),
        ('[[sentence]]\nn = true\ntext = ""', (2, 5), "'n' should be an integer, not true"),
        ("[[sentence]]\nn = 0\ntext = 00:00:00", (3, 8), "'text' should be a string \"…\", not a time"),
        ('[[sentence]]\nn = 0\ntext = ""\ncue = []', (4, 7), "'cue' should be a string, or a table { text, nth }, not an array"),
        ('[[sentence]]\nn = 0\ntext = ""\nfacts = []', (4, 9), "'facts' should be a table { … }, not an array"),
        (
            '[[sentence]]\nn = 0\ntext = ""\nfacts.x = 1',
            (4, 11),
            "'x' should be a string, or a table { text, nth }, not an integer",
        ),
        ('[[sentence]]\nn = 0\ntext = ""\nstance.x = "1"', (4, 12), "stance toward 'x' should be -1, 0 or 1, not a string"),
        ('[[sentence]]\nn = 0\ntext = ""\nscores.x = true', (4, 12), "'x' should be a number, not true"),
        ('[[sentence]]\nn = 0\ntext = ""\nspans = [1]', (4, 10), "item 1 of 'spans' should be a table, not an integer"),
        (
            '[[sentence]]\nn = 0\ntext = ""\nloaded = [1, ""]',
            (4, 11),
            "item 1 of 'loaded' should be a string, or a table { text, nth }, not an integer",
        ),
    ],
)
def test_a_wrong_type_is_said_in_the_words_of_toml(text: str, place: tuple[int, int], message: str) -> None:
    assert said(text) == [(*place, "SB104", message)]


def test_a_misspelt_key_is_not_missing_too() -> None:
    assert said('[[sentence]]\nn = 0\ntxt = ""\n[[sentence]]\nn = 1') == [
        (3, 1, "SB106", "unknown key 'txt'; did you mean 'text'?"),
        (4, 1, "SB105", "missing key 'text'"),
    ]


def test_a_wrong_value_is_found_beside_a_misspelling_of_its_key() -> None:
    assert {one[2] for one in said('[[sentence]]\nn = "0"\nnn = 0\ntext = ""')} == {"SB104", "SB106"}


def test_faulty_values_are_taken_out_and_the_rest_stays() -> None:
    found = read('[[sentence]]\nn = 0\ntext = 1\nloaded = ["a", 2]\nstance = { x = 9, y = 1 }\nspan = 1')
    assert found.tree == {"sentence": [{"n": 0, "loaded": ["a", {}], "stance": {"y": 1}}]}
    assert found.unread("sentence", 0, "text")
    assert found.unread("sentence", 0, "spans")
    assert found.unread("sentence", 0, "stance", "x")
    assert not found.unread("sentence", 0, "stance", "y")
    assert not found.unread("sentence", 0, "cue")


def test_a_problem_of_what_is_missing_stands_at_the_table_around_it() -> None:
    found = read('# note\n\n[[sentence]]\nn = 0\ntext = ""\n')
    assert (found.at("SB209", "", "sentence", 0, "stance").line, found.at("SB105", "", "title").line) == (3, 1)


@pytest.mark.parametrize("day", [date(2017, 7, 3), date(1, 1, 1)])
def test_days_and_times_are_written_as_toml_has_them(day: date) -> None:
    assert tomllib.loads(f"a = {document.inline(day)}") == {"a": day}
    assert document.inline([time(8, 30), datetime(2017, 7, 3, tzinfo=UTC)]) == "[08:30:00, 2017-07-03 00:00:00+00:00]"


def test_a_file_that_may_not_be_read_is_a_problem_and_not_a_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.toml"
    path.write_text("a = 1\n")

    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    (problem,) = document.read_text(path, "a.toml").problems
    assert str(problem) == "a.toml:1:1: error SB111 missing-file: cannot be read: Permission denied"


_PIECES = st.sampled_from(
    [
        *(
            "a",
            "b.c",
            "é",
            '"q"',
            "''",
            '"""',
            "[",
            "]",
            "[[",
            "]]",
            "{",
            "}",
            ",",
            "=",
            "\n",
            " ",
            "\t",
            "#c",
            "-",
            "_",
            "\\",
            '"',
        ),
        *("1", "-1", "01", "1.5", "1e3", "0x1", "1_0", ".5", "9" * 18, "9" * 19, "true", "nan", "2017-07-03", "2017-02-30"),
        *('"\\u00e9"', '"\\ud800"', '"\\e"', '"\\x41"', "\x7f", "\u2028", "x = 1\n", "[t]\n", "[[u]]\n", "[1,\n2,]", "07:32", "'"),
        *('k = { a = 1, b = "x" }\n', "k = { a = 1, }\n", "k = { a = { b = 1 } }\n", "k = {\na = 1 }\n"),
    ]
)


@given(st.lists(_PIECES, max_size=9).map("".join))
def test_the_fast_parser_reads_only_what_the_standard_one_reads_alike(text: str) -> None:
    if document._PLAIN.match(text):
        try:
            fast = rtoml.loads(text)
        except rtoml.TomlParsingError:
            return  # tomllib is asked then
        assert repr(fast) == repr(tomllib.loads(text))


@pytest.mark.parametrize(
    "text", ["a = { b = 1, }", "a = {\nb = 1 }", 'a = "\\e"', 'a = "\\x41"', "a = 07:32", "a = 1979-05-27 07:32"]
)
def test_what_only_a_newer_toml_allows_is_no_toml_here(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(text)
    assert [one.code for one in document.read(tmp_path / "a.toml", "a.toml", Topic).problems] == ["SB101"]
