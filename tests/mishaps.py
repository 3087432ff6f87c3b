"""Commands that meet with a mishap: `python -m tests.mishaps` runs each in a process of its own, which is killed or finds no room.

A line of standard input is a JSON object, one of standard output what became of it. What commands need is imported once and forked,
so that a command takes a tenth of a second.
"""

import gc
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

_OPENED_NEW = os.O_CREAT
_STEPS = ("os.mkdir", "os.rename", "os.link", "os.remove", "os.rmdir")


def run(args: list[str], folder: str, step: int = 0, room: int | None = None) -> tuple[int, int]:
    """Run the command line in a folder; the exit code, and how many steps it took that change what is on the disk.

    It is killed just before its `step`-th, that is just after the one before. No file can have more than `room` bytes.
    """
    from slantbank.bank import _withheld as withheld
    from slantbank.cli import main

    os.chdir(folder)
    withheld._COST = 2
    taken = 0

    def watch(event: str, given: tuple[Any, ...]) -> None:
        nonlocal taken
        if event == "open" and isinstance(given[2], int) and given[2] & _OPENED_NEW and not isinstance(given[0], int):
            place = str(given[0])
        elif event in _STEPS:
            place = os.fsdecode(given[0])
            if event in ("os.remove", "os.rmdir") and given[1] != -1:  # a name in an open folder
                place = f"{Path(f'/dev/fd/{given[1]}').readlink()}/{place}"
        elif event == "ctypes.dlsym" and given[1] in ("renameat2", "renamex_np"):
            place = ""
        else:
            return
        if place.startswith("/") and not place.startswith(folder):
            return  # caches, and what is no part of the bank
        taken += 1
        if taken == step:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    if room is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    sys.argv = ["slantbank", *args]
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0), taken
    return 0, taken


def main() -> None:
    """Run what is asked for, until there is nothing more."""
    import jinja2  # noqa: F401
    import openai  # noqa: F401
    import pandera.polars  # noqa: F401

    from slantbank import coders, exchange, frames, history, importers, measure, publish, rules, show
    from slantbank.cli import main

    for room in (coders, exchange, frames, history, importers, measure, publish, rules, show):
        for name in dir(room):
            getattr(room, name)
    main.__doc__  # noqa: B018 - opened
    gc.disable()
    gc.freeze()  # so that a fork copies no page of what was imported
    for line in sys.stdin:
        asked = json.loads(line)
        ours, theirs = os.pipe()
        told, tells = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(ours)
            os.close(told)
            os.dup2(theirs, 1)
            os.dup2(theirs, 2)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            sys.stdout = sys.stderr = os.fdopen(1, "w", closefd=False)
            result = run(**asked)
            sys.stdout.flush()
            sys.stderr.flush()
            os.write(tells, json.dumps(result).encode())
            os._exit(0)
        os.close(theirs)
        os.close(tells)
        output, result = (Path(f"/dev/fd/{end}").read_bytes() for end in (ours, told))
        os.close(ours)
        os.close(told)
        os.waitpid(child, 0)
        code, steps = json.loads(result) if result else (None, None)
        print(json.dumps({"code": code, "steps": steps, "output": output.decode()}), flush=True)


if __name__ == "__main__":
    main()
