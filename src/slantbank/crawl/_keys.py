"""The keys of a shard's articles, and records in slots, so that a part of a file can be read by itself."""

import hashlib
import struct
from typing import Any

import numpy as np

from slantbank.frames import store

KEY = np.dtype([("high", "<u8"), ("low", "<u8"), ("line", "<u4")])
"""An article's key: the hash of its id, and the line of the shard that it stands on."""
SLOTS = 256
"""Keys are sorted, and found by the first byte of the hash."""


def article_key(name: str) -> tuple[int, int]:
    """The hash of an id, 128 bits in two halves: two ids that share one are not to be expected."""
    high, low = struct.unpack("<QQ", hashlib.blake2b(name.encode(), digest_size=16).digest())
    return high, low


def key_array(keys: dict[tuple[int, int], int]) -> np.ndarray[Any, Any]:
    return np.array([(*halves, line) for halves, line in keys.items()], KEY)


def pack_slots(keys: np.ndarray[Any, Any], by: np.ndarray[Any, Any] | None = None, count: int = SLOTS) -> bytes:
    """Records as bytes, sorted `by` the slot of each (for keys, the first byte of the hash), after the places of the slots.

    The head is `count + 1` numbers of 4 bytes: the record with which each slot starts, and how many there are.
    """
    own = (keys["high"] >> np.uint64(56)).astype(np.int64) if by is None else by
    order = np.argsort(own, kind="stable")
    head = np.searchsorted(own[order], np.arange(count + 1)).astype("<u4")
    return head.tobytes() + keys[order].tobytes()


def read_slots(wanted: list[tuple[str, int, int]], count: int, dtype: np.dtype[Any]) -> list[np.ndarray[Any, Any]]:
    """The records of slots `first` to `last` of each file that `pack_slots` wrote with `count` slots."""
    urls = [url for url, _, _ in wanted]
    heads = store.ranges(urls, [4 * first for _, first, _ in wanted], [4 * (last + 1) for _, _, last in wanted])
    places = [np.frombuffer(head, "<u4").astype(np.int64) * dtype.itemsize + 4 * (count + 1) for head in heads]
    found = store.ranges(urls, [int(one[0]) for one in places], [int(one[-1]) for one in places])
    return [np.frombuffer(data, dtype) for data in found]
