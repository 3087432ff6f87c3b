"""Built files are loaded as their build wrote them, or held to the rules; whatever is done to them is told, with the file."""

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


def to(column: str, value: object) -> Change:
    return lambda rows: rows.with_columns(pl.lit(value).cast(rows.schema[column]).alias(column))


def spans_moved(rows: pl.DataFrame) -> pl.DataFrame:
    moved = pl.struct(*(pl.element().struct.field(name) + 10**6 * (name in ("start", "end")) for name in ("start", "end")))
    own = pl.element().struct.with_fields(start=moved.struct.field("start"), end=moved.struct.field("end"))
    return rows.with_columns(pl.col("spans").list.eval(own))


CHANGES: dict[str, tuple[str, Change]] = {
    "label of no codebook": ("sentences", to("claim_type", "banana")),
    "label with a space": ("sentences", to("attribution", "author ")),
    "no article": ("sentences", to("article_id", None)),
    "negative count": ("sentences", to("n_words", -3)),
    "words without end": ("sentences", to("loaded_words", 2**30)),
    "rows twice": ("sentences", lambda rows: pl.concat([rows, rows])),
    "annotations twice": ("annotations", lambda rows: pl.concat([rows, rows])),
    "another order": ("sentences", lambda rows: rows.reverse()),
    "spans out of range": ("sentences", spans_moved),
    "column gone": ("sentences", lambda rows: rows.drop("claim_type")),
    "column more": ("sentences", lambda rows: rows.with_columns(zzz=1)),
    "another type": ("sentences", lambda rows: rows.with_columns(pl.col("n").cast(pl.Float64))),
    "an article less": ("articles", lambda rows: rows.head(1)),
    "no parties": ("parties", lambda rows: rows.clear()),
}


@pytest.mark.parametrize("name", CHANGES)
def test_files_that_are_not_as_their_build_wrote_them_are_held_to_the_rules(bank: Path, name: str) -> None:
    frame, change = CHANGES[name]
    path = bank / "parquet" / f"{frame}.parquet"
    change(pl.read_parquet(path)).write_parquet(path)
    with pytest.raises(ContributionError) as caught:
        load_all(bank)
    assert {one.code for one in caught.value.problems} == {"SB501"}
    result = CliRunner().invoke(cli, ["compare", "--all", "--bank", str(bank)])
    assert result.exit_code == 1
    assert "`slantbank build` makes it anew" in result.output
    load_all(bank, validate=False)


def test_what_keeps_every_rule_is_loaded_though_it_is_not_as_its_build_wrote_it(bank: Path) -> None:
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


def test_a_file_that_is_gone_is_told(bank: Path) -> None:
    (bank / "parquet" / "facts.parquet").unlink()
    with pytest.raises(FileNotFoundError, match=r"facts\.parquet is not there; run `slantbank build"):
        load_all(bank)
    assert load("sentences", bank).height


def test_no_byte_of_a_file_can_be_changed_unseen_and_nothing_panics(bank: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path, draw = bank / "parquet" / "sentences.parquet", random.Random(7)
    whole = path.read_bytes()
    for _ in range(150):
        data = bytearray(whole)
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        path.write_bytes(data)
        # an error, or another value that the rules allow
        with pytest.raises((ContributionError, UserWarning), match=r"sentences\.parquet"):
            load("sentences", bank)
    for cut in (0, 3, 10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(ContributionError, match="cannot be read"):
            load("sentences", bank)
    assert capfd.readouterr().err == ""


def test_a_panic_of_polars_is_an_error_of_polars() -> None:
    class PanicException(BaseException):
        pass

    def panics(error: BaseException) -> None:
        with store.panics_caught():
            raise error

    with pytest.raises(pl.exceptions.ComputeError, match="gave up: assertion"):
        panics(PanicException("assertion failed"))
    with pytest.raises(KeyboardInterrupt):
        panics(KeyboardInterrupt())


def test_frames_are_of_one_build_though_another_comes_while_they_are_read(bank: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, first = bank / "parquet", load_all(bank)
    second = {name: rows.filter(pl.col("topic_id").is_null()) for name, rows in first.items()}
    reading, checksum, turns = threading.Event(), built.fingerprint.checksum, iter(range(4))

    def interrupted(data: bytes) -> str:
        if threading.current_thread() is threading.main_thread() and not reading.is_set() and next(turns) == 2:
            reading.set()
            build.write(second.items(), folder)
        return checksum(data)

    monkeypatch.setattr(built.fingerprint, "checksum", interrupted)
    found = load_all(bank)
    assert reading.is_set()
    assert any(all(found[name].equals(frames[name]) for name in frames) for frames in (first, second))


def test_frames_are_of_one_build_while_builds_come_one_after_another(bank: Path) -> None:
    folder, first = bank / "parquet", load_all(bank)
    second = {name: rows.clear() for name, rows in first.items()}
    done = threading.Event()

    def swap() -> None:
        for turn in range(40):
            build.write((second, first)[turn % 2].items(), folder)
        done.set()

    writer = threading.Thread(target=swap)
    writer.start()
    loads = 0
    while not done.is_set():
        found = load_all(bank)
        assert len({rows.is_empty() for rows in found.values()}) == 1
        loads += 1
    writer.join()
    assert loads
