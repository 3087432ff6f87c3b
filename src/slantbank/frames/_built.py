"""Read the files of a built bank, all from the same build.

`build` writes a checksum of each file beside them. A file with this checksum is as it was when pandera validated it. Another file
was edited or damaged since, or is from an older build: its columns and rules are checked here, without pandera.
"""

import io
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from slantbank.bank import fingerprint
from slantbank.frames import _files as files
from slantbank.frames import _schema as schema
from slantbank.frames import _store as store
from slantbank.problem import ContributionError, Problem, limit_per_rule

_TRIES = 20
"""How many times files are read at most, when builds replace them meanwhile."""


class _FilesRead(NamedTuple):
    """The bytes of files by name, and the names of those that differ from the fingerprint or are missing."""

    data: dict[str, bytes]
    differ: set[str]
    missing: set[str]


def read(folder: Path, names: Sequence[str], only: str | None, *, validate: bool = True) -> dict[str, pl.DataFrame]:
    """Read frames from the files of one build in a folder: the rows of the collection `only`, or all rows if it is None.

    Raises FileNotFoundError if a frame has no file there, and ContributionError if a file cannot be read. With `validate`, a file
    that is not as its build wrote it raises ContributionError if it breaks a rule, and else gives a UserWarning.
    """
    read_files = _read_bytes(folder, names, only)
    parts: dict[str, pl.DataFrame] = {}
    unread: list[Problem] = []
    wrong = [_problem(folder / name, "its build wrote this file, and it is not there") for name in sorted(read_files.missing)]
    for name, data in read_files.data.items():
        try:
            with store.panics_caught(quiet=name in read_files.differ):
                parts[name] = pl.read_parquet(io.BytesIO(data))
                wrong += _problems(folder / name, parts[name]) if validate and name in read_files.differ else ()
        except pl.exceptions.PolarsError as error:
            unread.append(_problem(folder / name, f"cannot be read: {str(error).splitlines()[0]}"))
    if unread or (validate and wrong):
        raise ContributionError(limit_per_rule(unread + wrong))
    frames = {frame: _join(parts, frame, only) for frame in names}
    if validate and read_files.differ and len(frames) == len(schema.FRAMES):
        wrong = [_rule_problem(folder / f"{failure.frame}.parquet", failure) for failure in schema.dangling(frames)]
    if validate and wrong:
        raise ContributionError(limit_per_rule(wrong))
    for name in sorted(read_files.differ) if validate else ():
        warnings.warn(f"{folder / name} is not as its build wrote it; it breaks no rule, and is used as it is", stacklevel=4)
    return frames


def _read_bytes(folder: Path, frames: Sequence[str], only: str | None) -> _FilesRead:
    """Read the files of the frames, all of one build: if a build replaces them meanwhile, read them again."""
    for left in reversed(range(_TRIES)):
        origin = fingerprint.read(folder)
        names = sorted(path.name for path in folder.glob("*.parquet"))
        try:
            data = {name: (folder / name).read_bytes() for name in names if _has_rows(name, frames, only)}
        except FileNotFoundError:
            data, names = {}, []
        expected = {name: checksum for name, checksum in origin.files.items() if _has_rows(name, frames, only)} if origin else {}
        differ = {name for name, content in data.items() if expected.get(name) != fingerprint.checksum(content)}
        missing = expected.keys() - data.keys()
        if not (differ or missing) or not left or fingerprint.read(folder) == origin:
            break
    for frame in frames:
        if frame not in map(_frame, names):
            raise FileNotFoundError(folder / f"{frame}.parquet")
    return _FilesRead(data, differ, missing)


def _frame(name: str) -> str:
    return files.frame(name.removesuffix(".parquet"))


def _has_rows(name: str, frames: Sequence[str], only: str | None) -> bool:
    """Whether a file has rows of one of the frames, and of the collection `only` if it is given."""
    return _frame(name) in frames and (only is None or files.collection(name.removesuffix(".parquet")) in (None, only))


def _join(parts: dict[str, pl.DataFrame], frame: str, only: str | None) -> pl.DataFrame:
    tables = [rows for name, rows in parts.items() if _frame(name) == frame]
    if not tables:
        return pl.DataFrame(schema=schema.dtypes(frame))
    rows = pl.concat(tables)
    if only is not None:
        rows = rows.filter(pl.col("collection") == only)
    return rows.sort(schema.KEYS[frame]) if len(tables) > 1 else rows


def _problems(path: Path, rows: pl.DataFrame) -> Iterator[Problem]:
    frame = _frame(path.name)
    try:
        for failure in schema.failures(frame, rows):
            yield _rule_problem(path, failure)
    except pl.exceptions.SchemaError:
        columns = schema.dtypes(frame)
        other = [name for name in {**columns, **rows.schema} if columns.get(name) != rows.schema.get(name)]
        yield _problem(path, f"other columns or types than those of {frame}: {', '.join(other[:5]) or 'their order'}")


def _rule_problem(path: Path, failure: schema.Failure) -> Problem:
    return _problem(path, f"row {failure.row} breaks a rule of {failure.frame}: {failure.rule}")


def _problem(path: Path, message: str) -> Problem:
    return Problem(str(path), 1, 1, "SB501", f"{message}; `slantbank build` makes it anew")
