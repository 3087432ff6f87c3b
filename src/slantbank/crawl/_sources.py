"""The shards that a crawl reads, found by path, URL, pattern or folder."""

from collections.abc import Iterable

from slantbank.crawl import _warc as warc
from slantbank.frames import store

SUFFIXES = (".jsonl", ".jsonl.gz", ".jsonl.bz2", ".jsonl.xz", ".jsonl.zst", ".parquet", *warc.SUFFIXES)
"""What the name of a shard may end with."""


def find_shards(places: Iterable[str]) -> list[str]:
    """The shards that paths, URLs, patterns and folders name, each once, in the order of their names.

    Raises FileNotFoundError for a place that names none, ValueError for a file of a kind that is not read.
    """
    found: set[str] = set()
    for place in map(store.absolute, places):
        fs, path = store.file_system(place)
        if fs.isdir(path):
            names = [name for name in fs.find(path, maxdepth=1) if name.endswith(SUFFIXES)]
        elif fs.exists(path):
            names = [path]
        else:
            names = fs.glob(path) if any(one in path for one in "*?[") else []
        if not names:
            raise FileNotFoundError(f"no shard {place}")
        found |= {fs.unstrip_protocol(name) if "://" in place else name for name in names}
    odd = next((name for name in sorted(found) if not name.endswith(SUFFIXES)), None)
    if odd:
        raise ValueError(f"{odd} is no shard: the name of one ends with {', '.join(SUFFIXES)}")
    return sorted(found)
