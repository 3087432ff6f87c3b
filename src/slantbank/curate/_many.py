"""Many originals at once: the files of folders, the rows of lists, the addresses in a file; and which are in a bank already."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from slantbank.bank import Metadata, article, list_entries, toml

READ = (".txt", ".html", ".htm", ".xhtml", ".mhtml", ".mht", ".md", ".markdown", ".docx")
"""How the names of files end that are taken from a folder."""
COLUMNS = ("id", "title", "outlet", "author", "published", "url", "language", "text", "file")
"""The columns of a list; any may be missing, but one of text, file and url."""
_ADDRESS = re.compile(r"https?://\S+")


@dataclass(frozen=True)
class Incoming:
    """An original to take in: where it is named, its file or address or else its text, and what is said of it."""

    where: str
    name: str = ""
    text: str = ""
    details: dict[str, str] = field(default_factory=dict)


def incoming(names: Iterable[str]) -> Iterator[Incoming]:
    """The originals that are named: files and addresses, the files in a folder, what a list or a file of addresses names.

    Raises ValueError for a list without a column that names a text, and OSError for a file that cannot be read.
    """
    for name in names:
        path = Path(name)
        if name == "-" or "://" in name:
            yield Incoming(name, name)
        elif path.is_dir():
            yield from (Incoming(str(one), str(one)) for one in list_entries(path) if one.suffix.lower() in READ)
        elif path.suffix.lower() == ".csv":
            yield from _rows(path)
        elif addresses := _addresses(path):
            yield from (Incoming(f"{name}:{line}", address) for line, address in addresses)
        else:
            yield Incoming(name, name)


def is_many(names: tuple[str, ...]) -> bool:
    """Whether originals are asked for that may be several: then none of them stops the others."""
    return len(names) != 1 or Path(names[0]).is_dir() or names[0].lower().endswith(".csv") or bool(_addresses(Path(names[0])))


def _addresses(path: Path) -> list[tuple[int, str]]:
    """The addresses in a file of nothing else, with their lines; none of any other file."""
    if path.suffix.lower() not in (".txt", ".urls", "") or not path.is_file():
        return []
    lines = path.read_bytes()[:1_000_000].decode("utf-8", "replace").removeprefix("\ufeff").splitlines()
    found = [(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip()]
    return found if all(_ADDRESS.fullmatch(line) for _, line in found) else []


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
    """The day, as 2017-07-03. Raises ValueError for any other form."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no day; write it as 2017-07-03") from error


@dataclass
class Existing:
    """What a bank has already: the articles by the hash of their source and by their address, and who coded them."""

    sources: dict[str, str] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    coders: set[str] = field(default_factory=set)

    def add(self, name: str, meta: Metadata) -> None:
        """Count an article as known."""
        self.ids.add(name)
        self.coders |= {one.id for one in meta.annotator if one.kind == "human"}
        if meta.source_sha256:
            self.sources[meta.source_sha256] = name
        if meta.url:
            self.urls[meta.url] = name

    def has(self, text: str) -> str | None:
        """The article that was made of a text, if there is one."""
        return self.sources.get(article.sha256(text))


def existing(bank: Path) -> Existing:
    """What the bank in a folder has already; an article.toml that cannot be read is passed over."""
    found = Existing()
    for folder in list_entries(bank / "articles"):
        found.ids.add(folder.name)
        path = folder / "article.toml"
        meta = toml.read(path, str(path), Metadata).value if path.is_file() else None
        if meta is not None:
            found.add(folder.name, meta)
    return found
