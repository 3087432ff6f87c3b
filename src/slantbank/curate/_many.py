"""List many originals at once: files of folders, rows of lists, addresses in a file; and which articles a bank has already."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from slantbank.bank import Metadata, article, list_entries, toml

READ = (".txt", ".html", ".htm", ".xhtml", ".mhtml", ".mht", ".md", ".markdown", ".docx")
"""The suffixes of the files that are taken from a folder."""
COLUMNS = ("id", "title", "outlet", "author", "published", "url", "language", "text", "file")
"""The columns of a list; only one of text, file and url is required."""
_ADDRESS = re.compile(r"https?://\S+")


@dataclass(frozen=True)
class Incoming:
    """An original to take in: where it is named, its file or address (`name`) or its text, and stated metadata."""

    where: str
    name: str = ""
    text: str = ""
    details: dict[str, str] = field(default_factory=dict)


def incoming(names: Iterable[str]) -> Iterator[Incoming]:
    """Yield the originals that files, addresses, folders, lists and files of addresses name.

    Raises ValueError for a list without a column text, file or url, and OSError for a file that cannot be read.
    """
    for name in names:
        path = Path(name)
        if name == "-" or "://" in name:
            yield Incoming(name, name)
        elif path.is_dir():
            yield from (Incoming(str(file), str(file)) for file in list_entries(path) if file.suffix.lower() in READ)
        elif path.suffix.lower() == ".csv":
            yield from _rows(path)
        elif addresses := _addresses(path):
            yield from (Incoming(f"{name}:{line}", address) for line, address in addresses)
        else:
            yield Incoming(name, name)


def is_many(names: tuple[str, ...]) -> bool:
    """Whether the names may stand for several originals; then a failure of one does not stop the others."""
    return len(names) != 1 or Path(names[0]).is_dir() or names[0].lower().endswith(".csv") or bool(_addresses(Path(names[0])))


def _addresses(path: Path) -> list[tuple[int, str]]:
    """Return the addresses in a file, with their line numbers; empty if the file has anything else."""
    if path.suffix.lower() not in (".txt", ".urls", "") or not path.is_file():
        return []
    lines = path.read_bytes()[:1_000_000].decode("utf-8", "replace").removeprefix("\ufeff").splitlines()
    addresses = [(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip()]
    return addresses if all(_ADDRESS.fullmatch(line) for _, line in addresses) else []


def _rows(path: Path) -> Iterator[Incoming]:
    text = path.read_bytes().decode("utf-8-sig")
    lines = text.splitlines()
    delimiter = max(",;\t", key=(lines[0] if lines else "").count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    columns = [name.strip().casefold() for name in reader.fieldnames or []]
    if not set(columns) & {"text", "file", "url"}:
        raise ValueError(f"{path}: a list has a column text, file or url; it has {', '.join(columns) or 'none'}")
    for row in reader:
        cells = {key.strip().casefold(): value for key, value in row.items() if isinstance(key, str)}
        values = {key: value.strip() for key, value in cells.items() if isinstance(value, str)}
        name = str(path.parent / values["file"]) if values.get("file") else "" if values.get("text") else values.get("url", "")
        details = {key: values[key] for key in COLUMNS[:7] if values.get(key)}
        yield Incoming(f"{path}:{reader.line_num}", name, values.get("text", ""), details)


def iso_day(text: str) -> date:
    """Parse a day written as 2017-07-03. Raises ValueError for any other form."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no day; write it as 2017-07-03") from error


@dataclass
class Existing:
    """The articles that a bank has already, by the hash of their source and by their address; and its human coders."""

    sources: dict[str, str] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    coders: set[str] = field(default_factory=set)

    def add(self, name: str, meta: Metadata) -> None:
        """Add an article."""
        self.ids.add(name)
        self.coders |= {annotator.id for annotator in meta.annotator if annotator.kind == "human"}
        if meta.source_sha256:
            self.sources[meta.source_sha256] = name
        if meta.url:
            self.urls[meta.url] = name

    def has(self, text: str) -> str | None:
        """Return the id of the article that was made from a text, if there is one."""
        return self.sources.get(article.sha256(text))


def existing(bank: Path) -> Existing:
    """Return what the bank in a folder has already; an article.toml that cannot be read is skipped."""
    result = Existing()
    for folder in list_entries(bank / "articles"):
        result.ids.add(folder.name)
        path = folder / "article.toml"
        meta = toml.read(path, str(path), Metadata).value if path.is_file() else None
        if meta is not None:
            result.add(folder.name, meta)
    return result
