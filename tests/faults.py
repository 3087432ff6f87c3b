"""Faults of crawl shards, chosen by the name of the shard's file; the workers import this module."""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def faulty(function: Callable[[Any], Any], item: Any) -> Any:
    """Call the function; a shard named `killer` kills its process, `slow` takes a while.

    A shard named `waits` writes the id of its process to the file `pids` and waits for a file `go`.
    """
    name = Path(str(item[1])).stem if isinstance(item[1], str) else ""
    if name == "killer":
        os.kill(os.getpid(), signal.SIGKILL)
    if name == "slow":
        time.sleep(0.3)
    if name == "waits":
        folder = Path(item[1]).parent
        with (folder / "pids").open("a") as file:
            file.write(f"{os.getpid()}\n")
        while not (folder / "go").exists():
            time.sleep(0.02)
    return function(item)


def path() -> str:
    """Return the folder in which a worker finds this module."""
    return str(Path(__file__).parent)


if path() not in sys.path:
    sys.path.insert(0, path())
