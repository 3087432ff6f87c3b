"""Benchmarks of `check` and `build`. Peers of `check`: a bare parse of the TOML files, and the validator of UD (udtools)."""

import tomllib
from pathlib import Path

from benchmarks import corpus
from benchmarks.case import Case, Peer, needs, timed


def ours(bank: Path, _: int) -> float:
    """Every rule about files, on every file of the bank."""
    from slantbank.rules import check

    def run() -> None:
        assert check(bank) == []

    return timed(run)


def build(bank: Path, _: int) -> float:
    """`slantbank build` of the bank: every rule, the frames, pandera, Parquet."""
    from slantbank import publish

    return timed(lambda: publish.build(bank))


def bare_tomllib(bank: Path, _: int) -> float:
    """`tomllib.loads` of the same TOML files, and no more."""
    return timed(lambda: [tomllib.loads(path.read_text(encoding="utf-8")) for path in bank.rglob("*.toml")])


@needs("udtools")
def udtools(bank: Path, size: int) -> float:
    """`udtools` at its level 2 on as many sentences of CoNLL-U."""
    from udtools import Validator

    path = corpus.conllu(bank.parent, size)

    def run() -> None:
        assert Validator(lang="en", level=2).validate_files([str(path)]).passed()

    return timed(run)


CASES = (
    Case(
        "check of a bank, 25 sentences an article",
        corpus.bank,
        ours,
        (Peer(bare_tomllib, aim=2), Peer(udtools, aim=1 / 5)),
        sizes=(10, 100, 1_000, 5_000),
        quick=(10, 100),
        unit="articles",
        megabytes=600,
    ),
    Case(
        "build of a bank, 25 sentences an article",
        corpus.bank,
        build,
        (),
        sizes=(100, 1_000, 5_000),
        quick=(100,),
        unit="articles",
        megabytes=1_000,
    ),
)
