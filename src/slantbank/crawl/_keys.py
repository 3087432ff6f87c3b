"""Keys of articles (hashes of their ids), and files of records grouped in slots, of which a range can be read by itself."""

import hashlib
import struct
from typing import Any

import numpy as np

from slantbank.frames import store

KEY = np.dtype([("high", "<u8"), ("low", "<u8"), ("line", "<u4")])
"""An article's key: the hash of its id in two halves, and its line in the shard."""
SLOTS = 256
"""Keys are grouped by the first byte of the hash."""


def article_key(name: str) -> tuple[int, int]:
    """The hash of an id, 128 bits in two halves; collisions are not to be expected."""
    high, low = struct.unpack("<QQ", hashlib.blake2b(name.encode(), digest_size=16).digest())
    return high, low


def key_array(keys: dict[tuple[int, int], int]) -> np.ndarray[Any, Any]:
    return np.array([(*halves, line) for halves, line in keys.items()], KEY)


def pack_slots(keys: np.ndarray[Any, Any], by: np.ndarray[Any, Any] | None = None, count: int = SLOTS) -> bytes:
    """Pack records in slots: a head with the positions of the slots, then the records sorted by slot.

    `by` has the slot of each record; the default is the first byte of the hash. The head is `count + 1` numbers of 4 bytes: the
    first record of each slot, and the number of records.
    """
    slots = (keys["high"] >> np.uint64(56)).astype(np.int64) if by is None else by
    order = np.argsort(slots, kind="stable")
    head = np.searchsorted(slots[order], np.arange(count + 1)).astype("<u4")
    return head.tobytes() + keys[order].tobytes()


def read_slots(requests: list[tuple[str, int, int]], count: int, dtype: np.dtype[Any]) -> list[np.ndarray[Any, Any]]:
    """The records of some slots of files that `pack_slots` wrote; a request is a URL, the first slot and the one after the last."""
    urls = [url for url, _, _ in requests]
    heads = store.ranges(urls, [4 * first for _, first, _ in requests], [4 * (last + 1) for _, _, last in requests])
    offsets = [np.frombuffer(head, "<u4").astype(np.int64) * dtype.itemsize + 4 * (count + 1) for head in heads]
    contents = store.ranges(urls, [int(bounds[0]) for bounds in offsets], [int(bounds[-1]) for bounds in offsets])
    return [np.frombuffer(data, dtype) for data in contents]
