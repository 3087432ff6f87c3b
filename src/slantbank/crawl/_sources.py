"""Find the shards of a crawl by path, URL, pattern or folder."""

from collections.abc import Iterable

from slantbank.crawl import _warc as warc
from slantbank.frames import store

SUFFIXES = (".jsonl", ".jsonl.gz", ".jsonl.bz2", ".jsonl.xz", ".jsonl.zst", ".parquet", *warc.SUFFIXES)
"""The suffixes of shards."""


def find_shards(places: Iterable[str]) -> list[str]:
    """The shards that paths, URLs, patterns and folders name, each once, sorted by name.

    Raises FileNotFoundError for a place without a shard, ValueError for a file with another suffix.
    """
    urls: set[str] = set()
    for place in map(store.absolute, places):
        fs, path = store.file_system(place)
        if fs.isdir(path):
            names = [name for name in fs.find(path, maxdepth=1) if name.endswith(SUFFIXES)]
        elif fs.exists(path):
            names = [path]
        else:
            names = fs.glob(path) if any(mark in path for mark in "*?[") else []
        if not names:
            raise FileNotFoundError(f"no shard {place}")
        urls |= {fs.unstrip_protocol(name) if "://" in place else name for name in names}
    other = next((name for name in sorted(urls) if not name.endswith(SUFFIXES)), None)
    if other:
        raise ValueError(f"{other} is not a shard; the names of shards end with {', '.join(SUFFIXES)}")
    return sorted(urls)
