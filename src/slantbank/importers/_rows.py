"""Read the rows of a table in CSV, JSON Lines or Parquet; a malformed row is a fault at its line and is never guessed at.

Habits of Excel are handled: a first line `sep=;`, empty columns and rows at the end, UTF-16 for “Unicode text”.
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
    """A line that is not a valid row: what is wrong, and the cells that are certain.

    `alone` is true if the line holds no row that could be lost, such as a repeated header.
    """

    message: str
    detail: str = ""
    cells: Cells = field(default_factory=dict)
    alone: bool = False


@dataclass(frozen=True)
class RawTable:
    """A table: its column names (None where each row has its own keys), and its rows by line number, read anew at each call.

    `flat` are the columns that cannot tell "nothing" from "not decided": all of CSV, and text and numbers in Parquet.
    `nested` are the columns that hold objects.
    """

    columns: list[str] | None
    rows: Callable[[], Iterator[tuple[int, Cells | Fault]]]
    flat: Collection[str] = ()
    nested: Collection[str] = ()


class DelimiterError(ValueError):
    """The table names a delimiter in its first line, and the mapping names another."""


def open_table(file: Path, kind: str, delimiter: str | None) -> RawTable:
    """Open the table in a file of `kind` csv, jsonl or parquet; `delimiter` separates CSV cells, None if the mapping has none.

    Raises ValueError if the file is not such a table.
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
    """Open the file as text; a byte that is not UTF-8 becomes a lone surrogate, so that it spoils only its own line."""
    with file.open("rb") as stream:
        start = stream.read(4)
    if advice := next((advice for sign, advice in _FOREIGN.items() if start.startswith(sign)), None):
        raise ValueError(f"is {advice}")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return io.StringIO(decode_text(file.read_bytes()), newline="")
    return file.open(encoding="utf-8-sig", errors="surrogateescape", newline="")


def _csv(file: Path, delimiter: str | None) -> RawTable:
    with _text(file) as stream:
        *_, header = _header(stream, delimiter)
    names = [name.strip() for name in header]

    def rows() -> Iterator[tuple[int, Cells | Fault]]:
        with _text(file) as stream:
            before, separator, header = _header(stream, delimiter)
            reader = csv.reader(stream, delimiter=separator, strict=True)
            try:
                for row in reader:
                    if any(cell.strip() for cell in row):
                        yield before + reader.line_num, _row(row, names, header)
            except csv.Error as error:
                yield before + reader.line_num, Fault("not valid CSV from this line on", str(error))

    return RawTable(names, rows, frozenset(names))


def _header(stream: TextIO, delimiter: str | None) -> tuple[int, str, list[str]]:
    """The number of lines up to the end of the header, the delimiter, and the column names."""
    first = stream.readline()
    stated = re.fullmatch(r"\"?sep=(.)\"?\s*", first)
    if stated and delimiter not in (None, stated[1]):
        raise DelimiterError(f"the first line of the table says that {stated[1]!r} separates its cells")
    separator = stated[1] if stated else delimiter or ","
    reader = csv.reader(stream if stated else chain([first], stream), delimiter=separator, strict=True)
    try:
        header = next(reader, [])
    except csv.Error as error:
        raise ValueError(f"line 1: {error}") from error
    if _has_bad_bytes(header):
        raise ValueError(_UTF8)
    return reader.line_num + bool(stated), separator, header


_HEADER_LINES = 20
"""In how many first lines a header is looked for; above it may be a title, a date, a blank line."""


def find_header(file: Path, names: Collection[str]) -> int | None:
    """The number of the line among the first of a CSV file, line 1 excepted, that holds all of the names; None if none does."""
    if file.suffix.lower() not in (".csv", ".tsv", ".txt"):
        return None
    with _text(file) as stream:
        for number, line in enumerate(islice(stream, _HEADER_LINES), 1):
            cells = {cell.strip(' \t\r\n"') for cell in re.split("[,;\t|]", line)}
            if number > 1 and cells.issuperset(names):
                return number
    return None


def _has_bad_bytes(cells: Iterable[str]) -> bool:
    """Whether a cell holds a byte that is not UTF-8, which `_text` has made a lone surrogate."""
    return any(not cell.isascii() and re.search("[\udc80-\udcff]", cell) for cell in cells)


def _row(row: list[str], names: list[str], header: list[str]) -> Cells | Fault:
    """The cells of a line by column. If there are too few or too many, only the first is certain to be in its column."""
    cells = dict(zip(names, row, strict=False))
    first = {names[0]: row[0]}
    if row == header:
        return Fault("the names of the columns again; remove the line", alone=True)
    if _has_bad_bytes(row):
        return Fault(_UTF8, cells={name: cell for name, cell in cells.items() if not _has_bad_bytes([cell])})
    if len(row) < len(names):
        detail = (
            f"{len(row)} of {len(names)}; Excel leaves out empty cells at the end: let the last column be one that is always filled"
        )
        return Fault("row with fewer cells than there are columns", detail, first)
    if len(row) > len(names):
        detail = f"{len(row)}, not {len(names)}; put a cell that holds the delimiter in quotation marks"
        return Fault("row with more cells than there are columns", detail, first)
    return cells


def duplicate_names(names: Iterable[str]) -> dict[str, int]:
    """The names that several columns have, with their counts."""
    return {name: count for name, count in Counter(names).items() if count > 1}


def _jsonl(file: Path, delimiter: str | None) -> RawTable:
    def rows() -> Iterator[tuple[int, Cells | Fault]]:
        with _text(file) as stream:
            for number, line in enumerate(stream, 1):
                if not line.isspace():
                    yield number, _json_row(line)

    return RawTable(None, rows)


def _json_row(line: str) -> Cells | Fault:
    if _has_bad_bytes([line]):
        return Fault("line that is not UTF-8; save the file as UTF-8")
    try:
        value = parse_json(line)
    except ValueError as error:
        return Fault("line that is not a JSON object", str(error))
    return value if isinstance(value, dict) else Fault("line that is not a JSON object")


def _parquet(file: Path, delimiter: str | None) -> RawTable:
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
    fields = {f"{name}.{part.name}": part.dtype for name, dtype in structs.items() for part in dtype.fields}
    flat = frozenset(name for name, dtype in {**schema, **fields}.items() if not dtype.is_nested())
    return RawTable(list(schema), rows, flat, frozenset(structs))
