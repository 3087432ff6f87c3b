"""A short run of the oracle: one field of an input is corrupted, and no label that depends on it is read."""

from pathlib import Path

import pytest

from tests.fuzz.corrupt import READERS, judge


@pytest.mark.parametrize("name", READERS)
def test_no_label_rests_on_a_corrupted_field(name: str, tmp_path: Path) -> None:
    results = [(k, *judge(READERS[name], f"{name}-test-{k}", tmp_path)) for k in range(60)]
    assert [result for result in results if result[2]] == []
