"""Benchmark of start-up: imports, `--help`, `check` of one article, the first row of the bank."""

from pathlib import Path

from benchmarks import corpus
from benchmarks.case import Case, Peer, needs, nothing, process

INSTANT = 0.1
"""The seconds that people perceive as instant: Miller, Response time in man-computer conversational transactions (1968)."""


def python(_: Path, __: int) -> float:
    """Bare Python."""
    return process("-c", "pass")


def import_slantbank(_: Path, __: int) -> float:
    """`import slantbank`."""
    return process("-c", "import slantbank")


def help_(_: Path, __: int) -> float:
    """`slantbank --help`."""
    return process("-m", "slantbank", "--help")


def import_click(_: Path, __: int) -> float:
    """`import click`."""
    return process("-c", "import click")


def import_polars(_: Path, __: int) -> float:
    """`import polars`."""
    return process("-c", "import polars")


def check(bank: Path, _: int) -> float:
    """`slantbank check` of one article of 25 sentences."""
    return process("-m", "slantbank", "check", "--bank", str(bank), "article-000000")


def load(_: Path, __: int) -> float:
    """`slantbank.load("sentences")` and its first row, in a new process."""
    return process("-c", "import slantbank; slantbank.load('sentences').row(0)")


@needs("datasets")
def load_dataset(folder: Path, __: int) -> float:
    """`datasets.load_dataset` of the same files and the first row, in a new process, its cache being filled."""
    options = f"split='train', cache_dir={str(folder / 'datasets')!r}"
    return process("-c", f"import datasets, slantbank; datasets.load_dataset(slantbank.path(), {options})[0]")


CASES = (
    Case("import slantbank", nothing, import_slantbank, (Peer(python, aim=1.5),), (1,), (1,), "processes"),
    Case("slantbank --help", nothing, help_, (Peer(import_click), Peer(python)), (1,), (1,), "processes", seconds=INSTANT),
    Case("check of one article", corpus.bank, check, (Peer(import_polars, aim=1.3), Peer(python)), (1,), (1,), "articles"),
    Case("load and first row", nothing, load, (Peer(load_dataset, aim=1 / 4),), (1,), (1,), "processes"),
)
