"""The run record: every request with its response, one JSON line each, keyed by the hash of the request."""

import json
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from slantbank import bank, staged

if TYPE_CHECKING:
    from slantbank.coders._client import Settings

Entry = dict[str, Any]


class RunRecord:
    """A JSON Lines file of requests and responses; a request that it holds is replayed and not sent again.

    A last line without a line end is from a run that was killed: it is ignored, and overwritten by the next entry. Any other line
    that is no entry raises ValueError. For a record in a bank, `root` is the bank's folder.
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
        """The entry of the request with this hash; None if there is none, or it records an error."""
        entry = self.entries.get(key)
        return entry if entry is not None and "error" not in entry else None

    def settings(self) -> "Settings":
        """The settings of the recorded requests. Raises ValueError if there are none, or several."""
        from slantbank.coders._client import Settings

        distinct = {json.dumps(entry.get("settings"), sort_keys=True) for entry in self.entries.values()}
        if len(distinct) != 1:
            raise ValueError(
                f"{self.path}: the record has {len(distinct)} different settings of a model, and a replay needs exactly one"
            )
        try:
            return Settings(**json.loads(distinct.pop()))
        except TypeError as error:
            raise ValueError(f"{self.path}: the settings of the record are not known to this version ({error})") from error

    def add(self, entry: Entry) -> None:
        """Append an entry; it is on the disk when this returns."""
        line = json.dumps(entry, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
        with self._lock:
            self.entries[entry["key"]] = entry
            if self.path is None:
                return
            staged.append(self.path, line, root=self._root, size=self._whole if self.torn else None)
            self.torn = False


def record_path(folder: Path, annotator: str) -> Path:
    """The path of an annotator's run record in a bank."""
    return folder / bank.RECORDS / f"{annotator}.jsonl"


def ensure_record_allowed(record: RunRecord, folder: Path) -> None:
    """Raise ValueError if the record lies in a bank that withholds a text, since a record contains texts."""
    if record.path is None or not record.path.resolve().is_relative_to(folder.resolve()):
        return
    article_id = next((name for name, draft in bank.draft(folder).articles.items() if draft.withheld), None)
    if article_id is not None:
        raise ValueError(f"a record holds texts, and the bank withholds that of {article_id}: keep it elsewhere, with --record")
