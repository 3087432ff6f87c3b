"""Files by path or URL, through fsspec: read whole or in ranges, and written whole or not at all."""

import contextlib
import io
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import fsspec
from fsspec.core import url_to_fs

from slantbank import staged


class OutputError(OSError):
    """The output cannot be written: the data are not at fault, and trying again at once would not help."""


def absolute(place: str) -> str:
    """The place as other processes find it: a URL as it is, a path made absolute.

    >>> absolute("s3://bucket/crawl")
    's3://bucket/crawl'
    """
    return place.rstrip("/") if "://" in place else str(Path(place).absolute())


def stamp(url: str) -> str:
    """A stamp that changes when the file does, without reading it: size and time, or the store's tag. Raises FileNotFoundError."""
    fs, path = file_system(url)
    info = fs.info(path)
    return ":".join(str(info[key]) for key in _TELLING if key in info)


_TELLING = ("size", "ETag", "etag", "md5Hash", "mtime", "created", "LastModified")


def file_system(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the path in it."""
    found: tuple[Any, str] = url_to_fs(url)
    return found


def opened(url: str) -> Any:
    """The file, open to read its bytes as they are stored."""
    return fsspec.open(url, "rb", compression=None).open()


def text(url: str) -> str | None:
    """The text of a small file, None if it is not there."""
    fs, path = file_system(url)
    try:
        data: bytes = fs.cat_file(path)
    except FileNotFoundError:
        return None
    return data.decode("utf-8")


def names(folder: str) -> list[str]:
    """The names of the files in a folder; none if it is not there."""
    fs, path = file_system(folder)
    fs.invalidate_cache(path)
    return sorted(name.rpartition("/")[2] for name in fs.find(path, maxdepth=1)) if fs.exists(path) else []


def exists(url: str) -> bool:
    """Whether the file is there."""
    fs, path = file_system(url)
    fs.invalidate_cache(path)
    return bool(fs.exists(path))


def is_empty(folder: str) -> bool:
    """Whether a folder holds nothing, or is not there; names that start with a dot are the system's."""
    fs, path = file_system(folder)
    return not fs.exists(path) or all(name.rpartition("/")[2].startswith(".") for name in fs.ls(path, detail=False))


def ranges(urls: Sequence[str], starts: Sequence[int], ends: Sequence[int]) -> list[bytes]:
    """The bytes from `starts` to `ends` of each file; of one that is shorter, what it has."""
    if not urls:
        return []
    fs, _ = file_system(urls[0])
    parts: list[bytes] = fs.cat_ranges([file_system(url)[1] for url in urls], list(starts), list(ends), on_error="raise")
    return parts


def write(url: str, data: bytes, root: str | None = None) -> None:
    """Write a file whole or not at all. Raises OutputError if it cannot be. `root` is the folder above it in which it is made.

    On a local disk it gets its name once it is written out; a store of objects shows an object only when it is whole.
    """
    fs, path = file_system(url)
    try:
        if "file" in fs.protocol:
            staged.write(Path(path), data, root=Path(file_system(root)[1]) if root else None)
        else:
            fs.makedirs(path.rpartition("/")[0], exist_ok=True)
            fs.pipe_file(path, data)
    except OSError as error:
        raise OutputError(error.errno, f"{url} cannot be written: {error.strerror or error}") from error


def sweep(folder: str) -> None:
    """Remove what writers that were killed have left in a folder."""
    fs, path = file_system(folder)
    if "file" in fs.protocol:
        staged.sweep(Path(path))


def move(places: dict[str, str]) -> None:
    """Move files to other places of the same store, each whole or not at all. Raises OutputError if one cannot be.

    On a local disk that is another name; a store of objects copies them, many at a time, without a byte of them passing here.
    """
    if not places:
        return
    fs, _ = file_system(next(iter(places)))
    old, new = ([file_system(url)[1] for url in urls] for urls in (places, places.values()))
    try:
        for folder in {path.rpartition("/")[0] for path in new}:
            fs.makedirs(folder, exist_ok=True)
        if "file" in fs.protocol:
            for one, other in zip(old, new, strict=True):
                Path(one).replace(other)
        else:
            fs.copy(old, new)
            fs.rm(old)
    except OSError as error:
        raise OutputError(error.errno, f"what was made cannot be put in its place: {error.strerror or error}") from error


def remove(url: str) -> None:
    """Remove a file, if it is there."""
    fs, path = file_system(url)
    with contextlib.suppress(FileNotFoundError):
        fs.rm_file(path)


@contextlib.contextmanager
def panics_caught(*, quiet: bool = False) -> Iterator[None]:
    """Turn a panic of polars, which no `except Exception` catches, into a PolarsError; `quiet`, without what it prints."""
    import polars as pl

    silent = _silenced() if quiet else contextlib.nullcontext()
    try:
        with silent:
            yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise pl.exceptions.ComputeError(f"polars gave up: {error}") from error


@contextlib.contextmanager
def _silenced() -> Iterator[None]:
    """Without what native code writes to the standard error: it does so to the file itself."""
    sys.stderr.flush()
    kept, nothing = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


def parquet(frame: Any) -> bytes:
    """A polars frame as the bytes of a Parquet file, as every file of frames is written; the same frame, the same bytes.

    Polars' own writer is twice as fast, but stores that strings are Arrow's `large_string`, which `datasets` before 5.2 cannot
    cast to a ClassLabel. Without a stored Arrow schema every reader takes its own string type.
    """
    out = io.BytesIO()
    options = {"store_schema": False}
    frame.write_parquet(
        out, compression="zstd", compression_level=3, row_group_size=100_000, use_pyarrow=True, pyarrow_options=options
    )
    return out.getvalue()


def read_parquet(url: str) -> Any:
    """The polars frame in a Parquet file."""
    import polars as pl

    with opened(url) as file:
        return pl.read_parquet(io.BytesIO(file.read()))
