"""What is written as TOML is read back the same."""

import tomllib
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slantbank.bank.toml import inline, table
from slantbank.bank.toml._write import quote
from tests.bank.toml.odd import FUZZ, TEXT, TREES, VALUES, WORDS


@FUZZ
@given(TEXT | WORDS)
def test_a_quoted_string_is_read_back_the_same(value: str) -> None:
    assert tomllib.loads(f"k = {quote(value)}") == {"k": value}
    assert "\n" not in quote(value)


@FUZZ
@given(VALUES)
def test_an_inline_value_is_read_back_the_same(value: Any) -> None:
    assert tomllib.loads(f"k = {inline(value)}") == {"k": value}


@FUZZ
@given(TREES, st.lists(TREES, max_size=3))
def test_tables_are_read_back_the_same(head: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    head.pop("row", None)
    text = "\n".join([table(head), *(table(row, "row") for row in rows)])
    assert tomllib.loads(text) == {**head, **({"row": rows} if rows else {})}


@pytest.mark.parametrize("day", [date(2017, 7, 3), date(1, 1, 1)])
def test_dates_and_times_are_written_as_in_toml(day: date) -> None:
    assert tomllib.loads(f"a = {inline(day)}") == {"a": day}
    assert inline([time(8, 30), datetime(2017, 7, 3, tzinfo=UTC)]) == "[08:30:00, 2017-07-03 00:00:00+00:00]"
