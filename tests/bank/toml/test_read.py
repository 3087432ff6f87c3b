"""TOML is read tolerantly, and every fault has its place."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from slantbank.bank._article import Annotation, Metadata
from slantbank.bank._topic import Topic
from slantbank.bank.toml import read_text, table
from tests.bank.toml.odd import FUZZ, TEXT, TREES, WORDS, odd_texts, read, said


@settings(FUZZ, max_examples=200)
@given(st.binary(max_size=80) | TEXT.map(str.encode) | WORDS.map(str.encode), st.sampled_from([Annotation, Metadata, Topic]))
def test_any_bytes_are_read_without_an_exception(data: bytes, model: type[BaseModel]) -> None:
    result = read(data, model)
    assert (result.value is None) == bool(result.problems)


@FUZZ
@given(TREES, st.sampled_from([Annotation, Metadata, Topic]))
def test_every_unknown_key_is_a_problem(tree: dict[str, Any], model: type[BaseModel]) -> None:
    result = read(table(tree), model)
    unknown = {problem.source for problem in result.problems if problem.code == "SB106"}
    assert len(unknown) == len(tree.keys() - model.model_fields.keys())


@FUZZ
@given(odd_texts(), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans(), st.data())
def test_a_repeated_key_is_reported_with_both_positions(
    case: tuple[dict[str, Any], str], end: str, mark: bool, data: st.DataObject
) -> None:
    _, text = case
    key = data.draw(st.sampled_from(["same", "'same'", '"s\\u0061me"']))
    head = f"# first\nsame = 1\n{key} = "
    problems = read(("\ufeff" if mark else "") + (head + "2\n" + text).replace("\n", end)).problems
    assert [(problem.code, problem.message) for problem in problems] == [
        ("SB102", "'same' stands in line 2 already")
    ] or end == "\r"
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
def test_a_duplicate_definition_is_reported_at_the_second_position(text: str, line: int, column: int, message: str) -> None:
    assert said(text) == [(line, column, "SB102", message)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_syntax_error_has_the_same_position_with_any_line_ends(end: str, mark: str) -> None:
    (problem,) = read(mark + 'note = "x"\n\nn = x1\n'.replace("\n", end)).problems
    assert (problem.line, problem.column) == (3, 5)
    assert said(f"{mark}n = x1{end}")[0][:2] == (1, 5)


@pytest.mark.parametrize("opening", ["'", '"', "'''", '"""', '"\\"'])
@pytest.mark.parametrize("rest", ["", '\nb = "x"\nc = ""\n'])
def test_an_unclosed_string_is_reported_at_its_start_or_the_end_of_its_line(opening: str, rest: str) -> None:
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
def test_a_text_that_takes_too_long_to_parse_is_a_problem(name: str) -> None:
    result = read(COSTLY[name])
    assert result.value is None
    assert {problem.code for problem in result.problems} <= {"SB101", "SB102", "SB103", "SB104", "SB106"}


@pytest.mark.parametrize("text", ["k = " + "[" * 20 + "]" * 20, ".".join("a" * 20) + " = 1", "k = 9223372036854775807"])
def test_a_long_or_deep_text_within_the_limits_is_read(text: str) -> None:
    assert {problem.code for problem in read(text).problems} == {"SB106"}


@pytest.mark.parametrize(
    "text", ['k = "' + "9" * 30 + '"', "# " + "9" * 30, "k = 1." + "9" * 30, "k = 2017-07-03T00:00:00." + "9" * 30]
)
def test_only_integers_have_a_length_limit(text: str) -> None:
    assert {problem.code for problem in read(text).problems} <= {"SB106"}


def test_a_file_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slantbank.bank.toml._read.MAX_BYTES", 10)
    assert said("# 23456789") == []
    assert said("# 234567890") == [(1, 1, "SB008", "11 bytes; a file of a bank has at most 10")]


@pytest.mark.parametrize("text", ["", "\n \n", "\ufeff"])
def test_an_empty_file_has_only_the_problem_that_it_is_empty(text: str) -> None:
    assert said(text, Metadata) == [(1, 1, "SB009", "the file is empty")]


def test_an_annotation_may_have_no_sentence() -> None:
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
def test_a_wrong_type_is_named_in_terms_of_toml(text: str, place: tuple[int, int], message: str) -> None:
    assert said(text) == [(*place, "SB104", message)]


def test_a_misspelt_key_is_not_also_reported_as_missing() -> None:
    assert said('[[sentence]]\nn = 0\ntxt = ""\n[[sentence]]\nn = 1') == [
        (3, 1, "SB106", "unknown key 'txt'; did you mean 'text'?"),
        (4, 1, "SB105", "missing key 'text'"),
    ]


def test_a_wrong_value_and_a_misspelt_key_are_both_reported() -> None:
    assert {problem[2] for problem in said('[[sentence]]\nn = "0"\nnn = 0\ntext = ""')} == {"SB104", "SB106"}


def test_invalid_values_are_removed_and_the_others_kept() -> None:
    result = read('[[sentence]]\nn = 0\ntext = 1\nloaded = ["a", 2]\nstance = { x = 9, y = 1 }\nspan = 1')
    assert result.tree == {"sentence": [{"n": 0, "loaded": ["a", {}], "stance": {"y": 1}}]}
    assert result.unread("sentence", 0, "text")
    assert result.unread("sentence", 0, "spans")
    assert result.unread("sentence", 0, "stance", "x")
    assert not result.unread("sentence", 0, "stance", "y")
    assert not result.unread("sentence", 0, "cue")


def test_the_problem_of_a_missing_key_is_at_its_table() -> None:
    result = read('# note\n\n[[sentence]]\nn = 0\ntext = ""\n')
    assert (result.at("SB209", "", "sentence", 0, "stance").line, result.at("SB105", "", "title").line) == (3, 1)


def test_a_file_that_cannot_be_opened_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.toml"
    path.write_text("a = 1\n")

    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    (problem,) = read_text(path, "a.toml").problems
    assert str(problem) == "a.toml:1:1: error SB111 missing-file: cannot be read: Permission denied"
