"""A built file that is not as its build wrote it is checked against the rules when it is loaded, and the message names it."""

import random
import threading
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from slantbank import load, load_all
from slantbank.cli import cli
from slantbank.frames import _built as built
from slantbank.frames import _store as store
from slantbank.problem import ContributionError
from slantbank.publish import _build as build

Change = Callable[[pl.DataFrame], pl.DataFrame]


def set_to(column: str, value: object) -> Change:
    return lambda rows: rows.with_columns(pl.lit(value).cast(rows.schema[column]).alias(column))


def spans_moved(rows: pl.DataFrame) -> pl.DataFrame:
    moved = pl.struct(*(pl.element().struct.field(name) + 10**6 * (name in ("start", "end")) for name in ("start", "end")))
    span = pl.element().struct.with_fields(start=moved.struct.field("start"), end=moved.struct.field("end"))
    return rows.with_columns(pl.col("spans").list.eval(span))


CHANGES: dict[str, tuple[str, Change]] = {
    "unknown label": ("sentences", set_to("claim_type", "banana")),
    "label with a space": ("sentences", set_to("attribution", "author ")),
    "no article": ("sentences", set_to("article_id", None)),
    "negative count": ("sentences", set_to("n_words", -3)),
    "too many loaded words": ("sentences", set_to("loaded_words", 2**30)),
    "rows twice": ("sentences", lambda rows: pl.concat([rows, rows])),
    "annotations twice": ("annotations", lambda rows: pl.concat([rows, rows])),
    "another order": ("sentences", lambda rows: rows.reverse()),
    "spans out of range": ("sentences", spans_moved),
    "column missing": ("sentences", lambda rows: rows.drop("claim_type")),
    "extra column": ("sentences", lambda rows: rows.with_columns(zzz=1)),
    "another type": ("sentences", lambda rows: rows.with_columns(pl.col("n").cast(pl.Float64))),
    "article missing": ("articles", lambda rows: rows.head(1)),
    "no parties": ("parties", lambda rows: rows.clear()),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_file_that_breaks_a_rule_is_refused(bank: Path, name: str) -> None:
    frame, change = CHANGES[name]
    path = bank / "parquet" / f"{frame}.parquet"
    change(pl.read_parquet(path)).write_parquet(path)
    with pytest.raises(ContributionError) as caught:
        load_all(bank)
    assert {problem.code for problem in caught.value.problems} == {"SB501"}
    result = CliRunner().invoke(cli, ["compare", "--all", "--bank", str(bank)])
    assert result.exit_code == 1
    assert "`slantbank build` makes it anew" in result.output
    load_all(bank, validate=False)


def test_a_changed_file_that_breaks_no_rule_is_loaded_with_a_warning(bank: Path) -> None:
    path = bank / "parquet" / "sentences.parquet"
    edited = pl.read_parquet(path).with_columns(claim_type=pl.lit("factual"))
    edited.write_parquet(path)
    with pytest.warns(UserWarning, match=r"sentences\.parquet is not as its build wrote it"):
        assert load_all(bank)["sentences"].equals(edited)
    result = CliRunner().invoke(cli, ["compare", "--all", "--bank", str(bank)])
    assert result.exit_code == 0
    assert "sentences.parquet is not as its build wrote it" in result.stderr
    (bank / "parquet" / "build.json").unlink()
    with pytest.warns(UserWarning, match="is not as its build wrote it"):
        assert load("sentences", bank).equals(edited)


def test_a_missing_file_is_an_error_that_names_it(bank: Path) -> None:
    (bank / "parquet" / "facts.parquet").unlink()
    with pytest.raises(FileNotFoundError, match=r"facts\.parquet is not there; run `slantbank build"):
        load_all(bank)
    assert load("sentences", bank).height


def test_every_change_of_a_byte_is_noticed_and_polars_prints_no_panic(bank: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path, draw = bank / "parquet" / "sentences.parquet", random.Random(7)
    original = path.read_bytes()
    for _ in range(150):
        data = bytearray(original)
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        path.write_bytes(data)
        # an error, or a warning if the rules allow the new value
        with pytest.raises((ContributionError, UserWarning), match=r"sentences\.parquet"):
            load("sentences", bank)
    for cut in (0, 3, 10, len(original) // 2, len(original) - 1):
        path.write_bytes(original[:cut])
        with pytest.raises(ContributionError, match="cannot be read"):
            load("sentences", bank)
    assert capfd.readouterr().err == ""


def test_a_panic_of_polars_becomes_a_polars_error() -> None:
    class PanicException(BaseException):
        pass

    def panic(error: BaseException) -> None:
        with store.panics_caught():
            raise error

    with pytest.raises(pl.exceptions.ComputeError, match="gave up: assertion"):
        panic(PanicException("assertion failed"))
    with pytest.raises(KeyboardInterrupt):
        panic(KeyboardInterrupt())


def test_frames_come_from_one_build_if_another_build_replaces_them_during_reading(
    bank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, first = bank / "parquet", load_all(bank)
    second = {name: rows.filter(pl.col("topic_id").is_null()) for name, rows in first.items()}
    replaced, checksum, calls = threading.Event(), built.fingerprint.checksum, iter(range(4))

    def checksum_after_a_build(data: bytes) -> str:
        if threading.current_thread() is threading.main_thread() and not replaced.is_set() and next(calls) == 2:
            replaced.set()
            build.write(second.items(), folder)
        return checksum(data)

    monkeypatch.setattr(built.fingerprint, "checksum", checksum_after_a_build)
    loaded = load_all(bank)
    assert replaced.is_set()
    assert any(all(loaded[name].equals(frames[name]) for name in frames) for frames in (first, second))


def test_frames_come_from_one_build_while_many_builds_follow_each_other(bank: Path) -> None:
    folder, first = bank / "parquet", load_all(bank)
    second = {name: rows.clear() for name, rows in first.items()}
    finished = threading.Event()

    def swap() -> None:
        for turn in range(40):
            build.write((second, first)[turn % 2].items(), folder)
        finished.set()

    writer = threading.Thread(target=swap)
    writer.start()
    loads = 0
    while not finished.is_set():
        loaded = load_all(bank)
        assert len({rows.is_empty() for rows in loaded.values()}) == 1
        loads += 1
    writer.join()
    assert loads
