"""The files of a built bank, read as one build wrote them.

`build` leaves a checksum of each file beside them. A file that fits it is as it was when pandera judged it. One that does not was
edited or damaged since, or is of an older build: its columns and rules are judged here, without pandera.
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
"""So many times in a row can a build put others in the place of files that are being read."""


class _Taken(NamedTuple):
    """The bytes of files by their names, and what does not fit the fingerprint: files that differ, and names that are not there."""

    data: dict[str, bytes]
    differ: set[str]
    missing: set[str]


def read(folder: Path, names: Sequence[str], only: str | None, *, validate: bool = True) -> dict[str, pl.DataFrame]:
    """Frames from the files in a folder, all of one build: their rows of one collection, or all where `only` is None.

    Raises FileNotFoundError if a frame has no file there, and ContributionError if a file cannot be read, or is not as its build
    wrote it and breaks a rule; the latter only if they are to be validated. Of one that breaks none a UserWarning tells.
    """
    taken = _take(folder, names, only)
    parts: dict[str, pl.DataFrame] = {}
    unread: list[Problem] = []
    wrong = [_problem(folder / name, "its build wrote this file, and it is not there") for name in sorted(taken.missing)]
    for name, data in taken.data.items():
        try:
            with store.panics_caught(quiet=name in taken.differ):
                parts[name] = pl.read_parquet(io.BytesIO(data))
                wrong += _judged(folder / name, parts[name]) if validate and name in taken.differ else ()
        except pl.exceptions.PolarsError as error:
            unread.append(_problem(folder / name, f"cannot be read: {str(error).splitlines()[0]}"))
    if unread or (validate and wrong):
        raise ContributionError(limit_per_rule(unread + wrong))
    frames = {frame: _joined(parts, frame, only) for frame in names}
    if validate and taken.differ and len(frames) == len(schema.FRAMES):
        wrong = [_broken(folder / f"{failure.frame}.parquet", failure) for failure in schema.dangling(frames)]
    if validate and wrong:
        raise ContributionError(limit_per_rule(wrong))
    for name in sorted(taken.differ) if validate else ():
        warnings.warn(f"{folder / name} is not as its build wrote it; it keeps the rules, and is taken as it is", stacklevel=4)
    return frames


def _take(folder: Path, wanted: Sequence[str], only: str | None) -> _Taken:
    """The files of the frames, all of one build: if a build put others in their place while they were read, they are read again."""
    for left in reversed(range(_TRIES)):
        origin = fingerprint.read(folder)
        names = sorted(path.name for path in folder.glob("*.parquet"))
        try:
            data = {name: (folder / name).read_bytes() for name in names if _is_of(name, wanted, only)}
        except FileNotFoundError:
            data, names = {}, []
        checksums = {name: sum_ for name, sum_ in origin.files.items() if _is_of(name, wanted, only)} if origin else {}
        differ = {name for name, content in data.items() if checksums.get(name) != fingerprint.checksum(content)}
        missing = checksums.keys() - data.keys()
        if not (differ or missing) or not left or fingerprint.read(folder) == origin:
            break
    for frame in wanted:
        if frame not in map(_frame, names):
            raise FileNotFoundError(folder / f"{frame}.parquet")
    return _Taken(data, differ, missing)


def _frame(name: str) -> str:
    return files.frame(name.removesuffix(".parquet"))


def _is_of(name: str, wanted: Sequence[str], only: str | None) -> bool:
    """Whether a file has rows of one of the frames, and of the collection if only one is asked for."""
    return _frame(name) in wanted and (only is None or files.collection(name.removesuffix(".parquet")) in (None, only))


def _joined(parts: dict[str, pl.DataFrame], frame: str, only: str | None) -> pl.DataFrame:
    own = [rows for name, rows in parts.items() if _frame(name) == frame]
    if not own:
        return pl.DataFrame(schema=schema.dtypes(frame))
    found = pl.concat(own)
    rows = found if only is None else found.filter(pl.col("collection") == only)
    return rows.sort(schema.KEYS[frame]) if len(own) > 1 else rows


def _judged(path: Path, rows: pl.DataFrame) -> Iterator[Problem]:
    frame = _frame(path.name)
    try:
        for failure in schema.failures(frame, rows):
            yield _broken(path, failure)
    except pl.exceptions.SchemaError:
        columns = schema.dtypes(frame)
        other = [name for name in {**columns, **rows.schema} if columns.get(name) != rows.schema.get(name)]
        yield _problem(path, f"other columns or types than those of {frame}: {', '.join(other[:5]) or 'their order'}")


def _broken(path: Path, failure: schema.Failure) -> Problem:
    return _problem(path, f"row {failure.row} breaks a rule of {failure.frame}: {failure.rule}")


def _problem(path: Path, message: str) -> Problem:
    return Problem(str(path), 1, 1, "SB501", f"{message}; `slantbank build` makes it anew")
