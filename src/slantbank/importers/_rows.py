"""The rows of a table in CSV, JSON Lines or Parquet; a row that does not fit is a fault at its line, never a guess.

Excel's ways are known: a first line `sep=;`, columns and rows that are empty to the end, UTF-16 for “Unicode text”.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any, TextIO

from slantbank.frames import store
from slantbank.importers._json import parse_json
from slantbank.importers._text import decode_text

Cells = dict[str, Any]
_BATCH = 10_000


@dataclass(frozen=True)
class Fault:
    """A line that is no row: its fault, and its cells that are certain; `alone` if no row is lost."""

    what: str
    detail: str = ""
    cells: Cells = field(default_factory=dict)
    alone: bool = False


@dataclass(frozen=True)
class Table:
    """A table: the names of its columns (None where each row has its own), and its rows, read anew each time, by their lines.

    `flat` are the columns that cannot tell "nothing" from "not decided": those of CSV, and of text and numbers in Parquet;
    `nested` are those that hold objects.
    """

    columns: list[str] | None
    rows: Callable[[], Iterator[tuple[int, Cells | Fault]]]
    flat: Collection[str] = ()
    nested: Collection[str] = ()


class DelimiterError(ValueError):
    """The table says what parts its cells, and the mapping says otherwise."""


def opened(file: Path, kind: str, delimiter: str | None) -> Table:
    """The table in a file: csv, jsonl or parquet; `delimiter` is what the mapping says that parts cells of CSV.

    Raises ValueError for a file that is no such table.
    """
    return {"csv": _csv, "jsonl": _jsonl, "parquet": _parquet}[kind](file, delimiter)


_FOREIGN = {
    b"PK\x03\x04": "an Excel workbook (or another zip archive); save the sheet as “CSV UTF-8”",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save the sheet as “CSV UTF-8”",
    b"PAR1": "a Parquet file; import it as parquet",
    b"\x1f\x8b": "packed with gzip; unpack it first",
}
_UTF8 = "line that is not UTF-8; save the table as “CSV UTF-8”"


def _text(file: Path) -> TextIO:
    """The file, open as text; a byte that is not UTF-8 is a lone surrogate, so that it spoils its line alone."""
    with file.open("rb") as stream:
        start = stream.read(4)
    if what := next((what for sign, what in _FOREIGN.items() if start.startswith(sign)), None):
        raise ValueError(f"is {what}")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return io.StringIO(decode_text(file.read_bytes()), newline="")
    return file.open(encoding="utf-8-sig", errors="surrogateescape", newline="")


def _csv(file: Path, delimiter: str | None) -> Table:
    with _text(file) as stream:
        *_, header = _header(stream, delimiter)
    names = [name.strip() for name in header]

    def rows() -> Iterator[tuple[int, Cells | Fault]]:
        with _text(file) as stream:
            before, given, header = _header(stream, delimiter)
            reader = csv.reader(stream, delimiter=given, strict=True)
            try:
                for row in reader:
                    if any(cell.strip() for cell in row):
                        yield before + reader.line_num, _row(row, names, header)
            except csv.Error as error:
                yield before + reader.line_num, Fault("line from which on the table is no CSV", str(error))

    return Table(names, rows, frozenset(names))


def _header(stream: TextIO, delimiter: str | None) -> tuple[int, str, list[str]]:
    """How many lines the names of the columns and what stands before them take, what parts cells, and the names."""
    first = stream.readline()
    said = re.fullmatch(r"\"?sep=(.)\"?\s*", first)
    if said and delimiter not in (None, said[1]):
        raise DelimiterError(f"the table says in its first line that {said[1]!r} parts its cells")
    given = said[1] if said else delimiter or ","
    reader = csv.reader(stream if said else chain([first], stream), delimiter=given, strict=True)
    try:
        header = next(reader, [])
    except csv.Error as error:
        raise ValueError(f"line 1: {error}") from error
    if _odd(header):
        raise ValueError(_UTF8)
    return reader.line_num + bool(said), given, header


_ABOVE = 20
"""How many lines may stand above the names of the columns: a title, a day, a blank line."""


def named_later(file: Path, names: Collection[str]) -> int | None:
    """The line of a table in CSV, not far below the first, that holds all of the names; None if none does."""
    if file.suffix.lower() not in (".csv", ".tsv", ".txt"):
        return None
    with _text(file) as stream:
        for number, line in enumerate(islice(stream, _ABOVE), 1):
            cells = {cell.strip(' \t\r\n"') for cell in re.split("[,;\t|]", line)}
            if number > 1 and cells.issuperset(names):
                return number
    return None


def _odd(cells: Iterable[str]) -> bool:
    return any(not cell.isascii() and re.search("[\udc80-\udcff]", cell) for cell in cells)


def _row(row: list[str], names: list[str], header: list[str]) -> Cells | Fault:
    """The cells of a line by their columns. Where there are too few or too many, the first alone is sure to stand in its place."""
    cells = dict(zip(names, row, strict=False))
    first = {names[0]: row[0]}
    if row == header:
        return Fault("the names of the columns once more; take the line out", alone=True)
    if _odd(row):
        return Fault(_UTF8, cells={name: cell for name, cell in cells.items() if not _odd([cell])})
    if len(row) < len(names):
        detail = (
            f"{len(row)} of {len(names)}; Excel leaves out empty cells at the end: let the last column be one that is always filled"
        )
        return Fault("row with fewer cells than there are columns", detail, first)
    if len(row) > len(names):
        detail = f"{len(row)}, not {len(names)}; a cell that holds what parts cells stands in quotation marks"
        return Fault("row with more cells than there are columns", detail, first)
    return cells


def doubled(names: Iterable[str]) -> Counter[str]:
    """The names that several columns have, with how many."""
    return Counter({name: count for name, count in Counter(names).items() if count > 1})


def _jsonl(file: Path, delimiter: str | None) -> Table:
    def rows() -> Iterator[tuple[int, Cells | Fault]]:
        with _text(file) as stream:
            for number, line in enumerate(stream, 1):
                if not line.isspace():
                    yield number, _object(line)

    return Table(None, rows)


def _object(line: str) -> Cells | Fault:
    if _odd([line]):
        return Fault("line that is not UTF-8; save the file as UTF-8")
    try:
        found = parse_json(line)
    except ValueError as error:
        return Fault("line that is no JSON object", str(error))
    return found if isinstance(found, dict) else Fault("line that is no JSON object")


def _parquet(file: Path, delimiter: str | None) -> Table:
    import polars as pl

    try:
        with store.panics_caught():
            schema = pl.read_parquet_schema(file)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise ValueError(str(error)) from error

    def rows() -> Iterator[tuple[int, Cells | Fault]]:
        try:
            with store.panics_caught():
                batches = pl.scan_parquet(file).collect_batches(chunk_size=_BATCH, maintain_order=True, lazy=True)
                yield from enumerate((cells for batch in batches for cells in batch.iter_rows(named=True)), 1)
        except pl.exceptions.PolarsError as error:
            raise ValueError(str(error)) from error

    structs = {name: dtype for name, dtype in schema.items() if isinstance(dtype, pl.Struct)}
    inner = {f"{name}.{part.name}": part.dtype for name, dtype in structs.items() for part in dtype.fields}
    flat = frozenset(name for name, dtype in {**schema, **inner}.items() if not dtype.is_nested())
    return Table(list(schema), rows, flat, frozenset(structs))
