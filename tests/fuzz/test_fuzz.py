"""A short run of the fuzzer, always with the same inputs, and the inputs that once broke a promise."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slantbank.bank import Bank

from .strategies import anything
from .target import CORPUS, TARGETS, bank, judge


@pytest.fixture(scope="module")
def whole() -> Iterator[Bank]:
    with bank() as found:
        yield found


@pytest.mark.parametrize("target", TARGETS)
def test_whatever_a_file_holds_check_gives_problems_and_no_exception(whole: Bank, target: str) -> None:
    @settings(max_examples=120, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(anything(target), st.booleans())
    def run(data: bytes, told: bool) -> None:
        judge(whole, target, data, told=told)

    run()


@pytest.mark.parametrize("path", sorted(CORPUS.iterdir()), ids=lambda path: path.name)
def test_an_input_that_once_broke_a_promise_breaks_none(whole: Bank, path: Path) -> None:
    judge(whole, path.name.split("-")[0], path.read_bytes())
