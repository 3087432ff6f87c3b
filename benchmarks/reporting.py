"""The report on a topic, as one HTML page, beside reading the frames that it is made from."""

from pathlib import Path

from benchmarks import corpus
from benchmarks.case import Beside, Case, nothing, process


def report(folder: Path, _: int) -> float:
    """`slantbank report` on the topic of the shipped bank, in a new process."""
    return process("-m", "slantbank", "report", "free-iran-rally-2017", "-o", str(folder / "report.html"))


def read(_: Path, __: int) -> float:
    """The Parquet files of the shipped bank, read in a new process."""
    return process("-c", "import slantbank; slantbank.load_all()")


def report_many(bank: Path, _: int) -> float:
    """`slantbank report` on the one topic of a bank of long articles, in a new process."""
    return process("-m", "slantbank", "report", "--bank", str(bank), "-o", str(bank / "report.html"))


def read_many(bank: Path, _: int) -> float:
    """The Parquet files of that bank, read in a new process."""
    return process("-c", f"import slantbank; slantbank.load_all({str(bank)!r})")


CASES = (
    Case("report of 3 articles", nothing, report, (Beside(read),), (3,), (3,), "articles", seconds=2),
    Case(
        "report, 100 sentences an article",
        corpus.topic,
        report_many,
        (Beside(read_many),),
        (3, 10, 30),
        (3,),
        "articles",
        seconds=5,
    ),
)
