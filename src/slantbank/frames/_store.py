"""Read and write files by path or URL, through fsspec; a file is written completely or not at all."""

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
    """The output cannot be written, for a reason that is not in the data; trying again at once would not help."""


def absolute(location: str) -> str:
    """Return a URL unchanged, and a path made absolute, so that other processes find it.

    >>> absolute("s3://bucket/crawl")
    's3://bucket/crawl'
    """
    return location.rstrip("/") if "://" in location else str(Path(location).absolute())


def stamp(url: str) -> str:
    """Return a string that changes when the file does, from its size, time and tag in the store. Raises FileNotFoundError."""
    fs, path = file_system(url)
    info = fs.info(path)
    return ":".join(str(info[key]) for key in _STAMP_KEYS if key in info)


_STAMP_KEYS = ("size", "ETag", "etag", "md5Hash", "mtime", "created", "LastModified")


def file_system(url: str) -> tuple[Any, str]:
    """Return the file system of a URL, and the path in it."""
    system_and_path: tuple[Any, str] = url_to_fs(url)
    return system_and_path


def opened(url: str) -> Any:
    """Open a file to read its bytes as they are stored, without decompression."""
    return fsspec.open(url, "rb", compression=None).open()


def text(url: str) -> str | None:
    """Return the text of a small file; None if it does not exist."""
    fs, path = file_system(url)
    try:
        data: bytes = fs.cat_file(path)
    except FileNotFoundError:
        return None
    return data.decode("utf-8")


def names(folder: str) -> list[str]:
    """Return the names of the files in a folder; an empty list if the folder does not exist."""
    fs, path = file_system(folder)
    fs.invalidate_cache(path)
    return sorted(name.rpartition("/")[2] for name in fs.find(path, maxdepth=1)) if fs.exists(path) else []


def exists(url: str) -> bool:
    """Whether a file exists."""
    fs, path = file_system(url)
    fs.invalidate_cache(path)
    return bool(fs.exists(path))


def is_empty(folder: str) -> bool:
    """Whether a folder is missing or has no files, except those whose names start with a dot."""
    fs, path = file_system(folder)
    return not fs.exists(path) or all(name.rpartition("/")[2].startswith(".") for name in fs.ls(path, detail=False))


def ranges(urls: Sequence[str], starts: Sequence[int], ends: Sequence[int]) -> list[bytes]:
    """Return the bytes from `starts` to `ends` of each file, or fewer if the file is shorter."""
    if not urls:
        return []
    fs, _ = file_system(urls[0])
    parts: list[bytes] = fs.cat_ranges([file_system(url)[1] for url in urls], list(starts), list(ends), on_error="raise")
    return parts


def write(url: str, data: bytes, root: str | None = None) -> None:
    """Write a file completely or not at all. Raises OutputError if it cannot be written.

    A local file is first written in a staging folder below `root`, then renamed. An object store shows an object only when it is
    complete.
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
    """Remove the staging folders that killed commands have left in a folder."""
    fs, path = file_system(folder)
    if "file" in fs.protocol:
        staged.sweep(Path(path))


def move(targets: dict[str, str]) -> None:
    """Move files to new paths or URLs in the same store, each completely or not at all. Raises OutputError if one cannot be moved.

    On a local disk files are renamed; an object store copies many at a time itself, so that no bytes pass through this process.
    """
    if not targets:
        return
    fs, _ = file_system(next(iter(targets)))
    old, new = ([file_system(url)[1] for url in urls] for urls in (targets, targets.values()))
    try:
        for folder in {path.rpartition("/")[0] for path in new}:
            fs.makedirs(folder, exist_ok=True)
        if "file" in fs.protocol:
            for source, target in zip(old, new, strict=True):
                Path(source).replace(target)
        else:
            fs.copy(old, new)
            fs.rm(old)
    except OSError as error:
        raise OutputError(error.errno, f"finished files cannot be moved to their folder: {error.strerror or error}") from error


def remove(url: str) -> None:
    """Remove a file if it exists."""
    fs, path = file_system(url)
    with contextlib.suppress(FileNotFoundError):
        fs.rm_file(path)


@contextlib.contextmanager
def panics_caught(*, quiet: bool = False) -> Iterator[None]:
    """Turn a panic of polars, which no `except Exception` catches, into a PolarsError; with `quiet`, hide what polars prints."""
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
    """Discard what native code writes to standard error, which bypasses `sys.stderr`."""
    sys.stderr.flush()
    stderr, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(null)


def parquet(frame: Any) -> bytes:
    """Return a polars frame as the bytes of a Parquet file; the same frame gives the same bytes.

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
    """Read a Parquet file as a polars frame."""
    import polars as pl

    with opened(url) as file:
        return pl.read_parquet(io.BytesIO(file.read()))
