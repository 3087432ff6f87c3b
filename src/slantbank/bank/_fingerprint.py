"""The fingerprint of a build: checksums of its Parquet files and of everything that they were made from.

`build` writes it beside the files. It shows a reader whether they were changed, whether the bank has changed since, and whether
they hold a text that is now withheld. Modification times would not do: a clone sets them anew.
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
"""The name of the file, in the folder of the Parquet files."""


@dataclass(frozen=True)
class Fingerprint:
    """The checksum of each file of a build, by name, and the hash of each article folder and topic file, by path in the bank.

    `withheld` holds the ids of the articles whose text was withheld.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    withheld: tuple[str, ...] = ()

    def dumps(self) -> str:
        """Return the text of the file."""
        return json.dumps(asdict(self), indent=1, sort_keys=True) + "\n"


def read(folder: Path) -> Fingerprint | None:
    """Read the fingerprint in a folder of Parquet files; None if it is missing or cannot be read."""
    try:
        data = json.loads((folder / NAME).read_text(encoding="utf-8"))
        files, inputs = (dict(data[name]) for name in ("files", "inputs"))
        return Fingerprint(files, inputs, tuple(data["withheld"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def make(bank: Bank) -> Fingerprint:
    """Make the fingerprint of a build from the bank that was read; the checksums of its files come later."""
    inputs = {f"topics/{name}.toml": checksum(toml.plain_bytes(document.data)) for name, document in bank.topics.items()}
    for name, draft in bank.articles.items():
        inputs[f"articles/{name}"] = _folder((file.path.removeprefix(f"{draft.shown}/"), file.data) for file in draft.files)
    return Fingerprint({}, inputs, tuple(sorted(name for name, draft in bank.articles.items() if draft.withheld)))


def joined(portions: Iterable[Fingerprint]) -> Fingerprint:
    """The fingerprint of a bank from those of its portions."""
    portions = list(portions)
    inputs = {path: checksum for portion in portions for path, checksum in portion.inputs.items()}
    return Fingerprint({}, inputs, tuple(sorted(name for portion in portions for name in portion.withheld)))


def changed_inputs(bank: Path, built: Fingerprint) -> list[str]:
    """Return the article folders and topic files of a bank that were changed, removed or added since the build."""
    current = dict(_current_inputs(bank))
    return sorted(path for path in built.inputs.keys() | current.keys() if built.inputs.get(path) != current.get(path))


def withheld_now(bank: Path, names: Iterable[str]) -> list[str]:
    """Return the articles among `names` whose text is withheld now."""
    return [name for name in names if _is_withheld(bank / "articles" / name / "article.toml")]


def checksum(data: bytes) -> str:
    """Return the SHA-256 checksum of the bytes of a file."""
    return hashlib.sha256(data).hexdigest()


def _is_withheld(path: Path) -> bool:
    try:
        data = path.read_bytes()
    except OSError:
        return False
    if b"includes_text" not in data or b"false" not in data:  # most files need not be parsed
        return False
    document = toml.read(path, "", Metadata)
    return not document.parsed or document.tree.get("includes_text") is False


def _current_inputs(bank: Path) -> Iterator[tuple[str, str]]:
    for path in _plain(bank / "topics", "*.toml"):
        yield f"topics/{path.name}", checksum(toml.plain_bytes(path.read_bytes()))
    for folder in _plain(bank / "articles", "*"):
        names = ["article.toml", "article.txt", "source.txt"]
        names += [f"annotations/{path.name}" for path in _plain(folder / "annotations", "*.toml")]
        paths = {name: folder / name for name in names}
        files = {name: path.read_bytes() for name, path in paths.items() if path.is_file() and not path.is_symlink()}
        yield f"articles/{folder.name}", _folder(files.items())


def _plain(folder: Path, pattern: str) -> Iterator[Path]:
    """Yield the entries of a folder that are read: no links, and no names that start with a dot."""
    if not folder.is_symlink():
        yield from sorted(path for path in folder.glob(pattern) if not path.name.startswith(".") and not path.is_symlink())


def _folder(files: Iterable[tuple[str, bytes]]) -> str:
    """Return the hash of an article folder: of the name, length and bytes of each file, in plain lines."""
    digest = hashlib.sha256()
    for name, data in sorted((name, toml.plain_bytes(data)) for name, data in files):
        digest.update(f"{name} {len(data)}\n".encode() + data)
    return digest.hexdigest()
