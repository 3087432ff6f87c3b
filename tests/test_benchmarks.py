"""The synthetic bank of the benchmarks keeps the rules, so that the benchmarks of `check` run."""

from pathlib import Path

from benchmarks import corpus

from slantbank import bank, rules


def test_the_synthetic_bank_has_no_problems(tmp_path: Path) -> None:
    """Its topics had no axis, about which rule SB410 warns: `check` of it failed, and the benchmark with it."""
    assert rules.check(bank.draft(corpus.bank(tmp_path, 2))) == []
