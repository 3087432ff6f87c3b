"""The record of a run: every request and answer, a line each, keyed by the hash of the request."""

import json
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from slantbank import bank, staged

if TYPE_CHECKING:
    from slantbank.coders._client import Settings

Entry = dict[str, Any]


class RunRecord:
    """A JSON Lines file of what was asked and answered, to which entries are added; what is in it is not asked again.

    A last line without an end is what a run was killed in: it is passed over, and goes when the next entry is written. Raises
    ValueError for any other line that is no entry. Of a record that is in a bank, `root` is the bank's folder.
    """

    def __init__(self, path: Path | None, root: Path | None = None) -> None:
        self.path = path
        self._root = root
        self.entries: dict[str, Entry] = {}
        self.torn = False
        self._lock = Lock()
        self._whole = 0
        data = path.read_bytes() if path is not None and path.exists() else b""
        self._whole = data.rfind(b"\n") + 1
        self.torn = self._whole < len(data)
        for number, line in enumerate(data[: self._whole].splitlines(), 1):
            try:
                entry = json.loads(line)
                self.entries[entry["key"]] = entry
            except (ValueError, TypeError, KeyError) as error:
                raise ValueError(f"{path}:{number}: no entry of a record ({error})") from error

    def get(self, key: str) -> Entry | None:
        """The answer to the request with this hash; an entry that records an error is no answer."""
        entry = self.entries.get(key)
        return entry if entry is not None and "error" not in entry else None

    def settings(self) -> "Settings":
        """How the model was asked. Raises ValueError if nothing was, or in several ways."""
        from slantbank.coders._client import Settings

        ways = {json.dumps(entry.get("settings"), sort_keys=True) for entry in self.entries.values()}
        if len(ways) != 1:
            raise ValueError(f"{self.path}: a record of {len(ways)} ways to ask a model; one is wanted")
        try:
            return Settings(**json.loads(ways.pop()))
        except TypeError as error:
            raise ValueError(f"{self.path}: no settings that are known ({error})") from error

    def add(self, entry: Entry) -> None:
        """Add an entry; it is on the disk when this returns."""
        line = json.dumps(entry, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
        with self._lock:
            self.entries[entry["key"]] = entry
            if self.path is None:
                return
            staged.append(self.path, line, root=self._root, size=self._whole if self.torn else None)
            self.torn = False


def record_path(folder: Path, annotator: str) -> Path:
    """Where a bank keeps the record of an annotator."""
    return folder / bank.RECORDS / f"{annotator}.jsonl"


def ensure_record_allowed(record: RunRecord, folder: Path) -> None:
    """Raise ValueError if the record would stand in a bank that withholds a text: it would hold texts in the open."""
    if record.path is None or not record.path.resolve().is_relative_to(folder.resolve()):
        return
    named = next((name for name, draft in bank.draft(folder).articles.items() if draft.withheld), None)
    if named is not None:
        raise ValueError(f"a record holds texts, and the bank withholds that of {named}: keep it elsewhere, with --record")
