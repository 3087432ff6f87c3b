"""A short run of the fuzzer, always with the same inputs, and the inputs that once failed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slantbank.bank import _bank as banks
from slantbank.bank._bank import Bank
from slantbank.frames import _schema as schema
from slantbank.frames import _tabulate as frames
from slantbank.rules import _check as check
from tests.fuzz.strategies import LIKELY_PUTS, anything, changed, nearly_right
from tests.fuzz.target import CORPUS, TARGETS, bank, judge


@pytest.fixture(scope="module")
def whole() -> Iterator[Bank]:
    with bank() as minimal:
        yield minimal


@pytest.mark.parametrize("target", TARGETS)
def test_check_gives_problems_and_no_exception_for_any_content_of_a_file(whole: Bank, target: str) -> None:
    @settings(max_examples=120, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(anything(target), st.booleans())
    def run(data: bytes, formats_too: bool) -> None:
        judge(whole, target, data, formats_too=formats_too)

    run()


def sound(folder: Path, files: dict[str, bytes]) -> int:
    """Return how many articles of a bank of these files pass the check, and assert that none breaks a rule of the frames."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    draft = banks.draft(folder)
    topics, articles = check.sound(draft, check.check(draft))
    built = frames.tabulate(topics, articles)
    assert [failure for name, frame in built.items() for failure in schema.failures(name, frame)] == []
    assert schema.dangling(built) == []
    return len(articles)


def test_no_value_that_passes_the_rules_of_files_breaks_a_rule_of_the_frames(tmp_path: Path) -> None:
    assert sum(sound(tmp_path, changed(puts=[put])) for put in LIKELY_PUTS) > len(LIKELY_PUTS) / 4


def test_no_article_that_passes_the_rules_of_files_breaks_a_rule_of_the_frames(tmp_path: Path) -> None:
    passed = 0

    @settings(max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(nearly_right)
    def run(files: dict[str, bytes]) -> None:
        nonlocal passed
        passed += sound(tmp_path, files)

    run()
    assert passed > 20  # otherwise hardly anything is tested


@pytest.mark.parametrize("path", sorted(CORPUS.iterdir()), ids=lambda path: path.name)
def test_an_input_that_once_failed_passes(whole: Bank, path: Path) -> None:
    judge(whole, path.name.split("-")[0], path.read_bytes())
