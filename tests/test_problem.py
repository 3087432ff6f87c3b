"""A problem is shown with its address, and with no character that a terminal obeys."""

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from slantbank.problem import ContributionError, Problem, closest, nearest, printable, quoted, show

ANY = st.text(st.characters(), max_size=200)


def problem(source: str, column: int, length: int = 1, message: str = "wrong", path: str = "a.toml") -> Problem:
    return Problem(path, 3, column, "SB107", message, source, length)


def test_problems_are_sorted_by_address() -> None:
    later, sooner = Problem("a", 12, 1, "SB101", ""), Problem("a", 2, 9, "SB501", "")
    assert ContributionError([later, sooner]).problems == (sooner, later)


def test_a_contribution_error_lists_all_its_problems() -> None:
    assert str(ContributionError([problem("", 1), problem("", 2)])).splitlines() == [
        "a.toml:3:1: error SB107 invalid-value: wrong",
        "a.toml:3:2: error SB107 invalid-value: wrong",
    ]


@pytest.mark.parametrize(
    "text", ["\x1b[2J", "\x00", "\x85", "\xad", "\u061c", "\u200b", "\u202e", "\u2028", "\ufeff", "\ud800", "\U000e0041"]
)
def test_a_character_that_a_terminal_obeys_or_hides_is_escaped(text: str) -> None:
    assert printable(text).isascii()
    assert printable(text).startswith("\\")


@settings(deadline=None)
@given(ANY, ANY, ANY, st.integers(1, 300), st.integers(-5, 300))
def test_no_problem_shows_a_character_that_a_terminal_obeys_or_hides(
    path: str, message: str, source: str, column: int, length: int
) -> None:
    shown = problem(source, column, length, message, path)
    for line in show(shown).split("\n"):
        assert not [character for character in line if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    assert "\n" not in str(shown)


@settings(deadline=None)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=300), st.data())
@example("x" * 300, None)
def test_the_carets_stand_under_the_fault(source: str, data: st.DataObject | None) -> None:
    start = data.draw(st.integers(0, len(source) - 1)) if data else 150
    length = data.draw(st.integers(1, len(source) - start)) if data else 3
    head, line, carets = show(problem(source, start + 1, length)).split("\n")
    assert head == "a.toml:3:" + str(start + 1) + ": error SB107 invalid-value: wrong"
    under = "".join(above for above, caret in zip(line, carets, strict=False) if caret == "^")
    assert source[start : start + length].startswith(under)
    assert len(under) == carets.count("^") >= 1
    assert len(line) <= 80


def test_a_caret_may_stand_after_the_end_of_the_line() -> None:
    assert show(problem("abc", 4)).split("\n")[1:] == ["    3 | abc", "      |    ^"]


@pytest.mark.parametrize(("source", "column", "carets"), [("大桥x", 3, "    ^"), ("e\u0301x", 3, " ^"), ("a\tx", 3, "   ^")])
def test_carets_allow_for_wide_characters_combining_marks_and_escapes(source: str, column: int, carets: str) -> None:
    assert show(problem(source, column)).split("\n")[2] == f"      | {carets}"


def test_carets_are_aligned_under_a_long_line_number() -> None:
    shown = show(Problem("a", 1_234_567, 2, "SB101", "", "abc")).split("\n")
    assert shown[1].index("b") == shown[2].index("^")


def test_a_problem_without_a_line_is_one_line() -> None:
    assert show(problem("", 1)) == "a.toml:3:1: error SB107 invalid-value: wrong"


@pytest.mark.parametrize(
    ("word", "phrase"),
    [
        ("Factual", "did you mean 'factual'?"),
        (" causal ", "did you mean 'causal'?"),
        ("xyz", "choose from factual, causal"),
        ("", "choose from factual, causal"),
    ],
)
def test_nearest_names_the_similar_choice_or_else_all(word: str, phrase: str) -> None:
    assert nearest(word, ["factual", "causal"]) == phrase


def test_nearest_says_if_there_are_no_choices() -> None:
    assert nearest("x", []) == "there are none"
    assert closest("x", []) is None


@settings(deadline=None)
@given(st.text() | st.integers() | st.lists(st.text()), st.integers(2, 80))
def test_a_quoted_value_stays_short(value: object, longest: int) -> None:
    shown = quoted(value, longest)
    assert shown == repr(value) or "…" in shown
    assert printable(shown) == shown or not isinstance(value, str)
