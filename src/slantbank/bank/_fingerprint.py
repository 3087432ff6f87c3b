"""The fingerprint of a build: what went into its Parquet files, by content, and a checksum of each of them.

`build` writes it beside the files. By it a reader knows whether they are as they were written, whether the bank has changed since,
and whether they hold a text that has been withheld: files' times say nothing after a clone.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from slantbank.bank import toml
from slantbank.bank._article import Metadata
from slantbank.bank._bank import Bank

NAME = "build.json"
"""The file's name, in the folder of the Parquet files."""


@dataclass(frozen=True)
class Fingerprint:
    """A checksum of each file that a build wrote, by its name; and of what it was made.

    That is a hash for each article folder and topic file, by its path in the bank, and the articles whose text was withheld.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    withheld: tuple[str, ...] = ()

    def dumps(self) -> str:
        """The file's text."""
        return json.dumps(asdict(self), indent=1, sort_keys=True) + "\n"


def read(folder: Path) -> Fingerprint | None:
    """The fingerprint of the build in a folder of Parquet files; None where none is there that can be read."""
    try:
        data = json.loads((folder / NAME).read_text(encoding="utf-8"))
        files, inputs = (dict(data[name]) for name in ("files", "inputs"))
        return Fingerprint(files, inputs, tuple(data["withheld"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def make(found: Bank) -> Fingerprint:
    """The fingerprint of a build of a bank as it was read, before any file is written."""
    inputs = {f"topics/{name}.toml": checksum(toml.plain_bytes(one.data)) for name, one in found.topics.items()}
    for name, draft in found.articles.items():
        inputs[f"articles/{name}"] = _folder((one.path.removeprefix(f"{draft.shown}/"), one.data) for one in draft.files)
    return Fingerprint({}, inputs, tuple(sorted(name for name, draft in found.articles.items() if draft.withheld)))


def changed_inputs(bank: Path, built: Fingerprint) -> list[str]:
    """The article folders and topic files of a bank that are not those of the build, gone or added since."""
    now = dict(_now(bank))
    return sorted(path for path in built.inputs.keys() | now.keys() if built.inputs.get(path) != now.get(path))


def withheld_now(bank: Path, names: Iterable[str]) -> list[str]:
    """Those of some articles whose text is withheld now."""
    return [name for name in names if _is_withheld(bank / "articles" / name / "article.toml")]


def checksum(data: bytes) -> str:
    """The checksum of a file."""
    return hashlib.sha256(data).hexdigest()


def _is_withheld(path: Path) -> bool:
    try:
        data = path.read_bytes()
    except OSError:
        return False
    if b"includes_text" not in data or b"false" not in data:  # which spares reading the TOML of most
        return False
    found = toml.read(path, "", Metadata)
    return not found.parsed or found.tree.get("includes_text") is False


def _now(bank: Path) -> Iterator[tuple[str, str]]:
    for path in _plain(bank / "topics", "*.toml"):
        yield f"topics/{path.name}", checksum(toml.plain_bytes(path.read_bytes()))
    for folder in _plain(bank / "articles", "*"):
        names = ["article.toml", "article.txt", "source.txt"]
        names += [f"annotations/{path.name}" for path in _plain(folder / "annotations", "*.toml")]
        paths = {name: folder / name for name in names}
        files = {name: path.read_bytes() for name, path in paths.items() if path.is_file() and not path.is_symlink()}
        yield f"articles/{folder.name}", _folder(files.items())


def _plain(folder: Path, pattern: str) -> Iterator[Path]:
    """What of a folder is read: no links, nor what starts with a dot."""
    if not folder.is_symlink():
        yield from sorted(path for path in folder.glob(pattern) if not path.name.startswith(".") and not path.is_symlink())


def _folder(files: Iterable[tuple[str, bytes]]) -> str:
    """The hash of an article folder: of the name, length and bytes of each of its files, in plain lines."""
    found = hashlib.sha256()
    for name, data in sorted((name, toml.plain_bytes(data)) for name, data in files):
        found.update(f"{name} {len(data)}\n".encode() + data)
    return found.hexdigest()
