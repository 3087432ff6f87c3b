"""The two parsers of TOML mean the same."""

import tomllib
from pathlib import Path

import pytest
import rtoml
from hypothesis import given
from hypothesis import strategies as st

from slantbank.bank import toml
from slantbank.bank._topic import Topic
from slantbank.bank.toml._parse import _PLAIN

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
def test_both_parsers_give_the_same_values(text: str) -> None:
    if _PLAIN.match(text):
        try:
            fast = rtoml.loads(text)
        except rtoml.TomlParsingError:
            return  # tomllib is asked then
        assert repr(fast) == repr(tomllib.loads(text))


@pytest.mark.parametrize(
    "text", ["a = { b = 1, }", "a = {\nb = 1 }", 'a = "\\e"', 'a = "\\x41"', "a = 07:32", "a = 1979-05-27 07:32"]
)
def test_syntax_of_toml_1_1_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(text)
    assert [problem.code for problem in toml.read(tmp_path / "a.toml", "a.toml", Topic).problems] == ["SB101"]
