"""Run commands that are killed or find the disk full: `python -m tests.mishaps` runs each in a process of its own.

Each line of standard input is a JSON object with the arguments of `run`, each line of standard output its result. Modules are
imported once and the process is forked, so that a command takes a tenth of a second.
"""

import gc
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

_STEPS = ("os.mkdir", "os.rename", "os.link", "os.remove", "os.rmdir")


def run(args: list[str], folder: str, step: int = 0, room: int | None = None) -> tuple[int, int]:
    """Run a command in a folder; return its exit code and the number of steps that change the disk.

    It is killed just before its `step`-th step. No file may have more than `room` bytes.
    """
    from slantbank.bank import _withheld as withheld
    from slantbank.cli import main

    os.chdir(folder)
    withheld._COST = 2
    steps = 0

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal steps
        if event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_CREAT and not isinstance(arguments[0], int):
            path = str(arguments[0])
        elif event in _STEPS:
            path = os.fsdecode(arguments[0])
            if event in ("os.remove", "os.rmdir") and arguments[1] != -1:  # relative to an open folder
                path = f"{Path(f'/dev/fd/{arguments[1]}').readlink()}/{path}"
        elif event == "ctypes.dlsym" and arguments[1] in ("renameat2", "renamex_np"):
            path = ""
        else:
            return
        if path.startswith("/") and not path.startswith(folder):
            return  # caches and other files outside the bank
        steps += 1
        if steps == step:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    if room is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    sys.argv = ["slantbank", *args]
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0), steps
    return 0, steps


def main() -> None:
    """Run the command of each line of standard input."""
    import jinja2  # noqa: F401
    import openai  # noqa: F401
    import pandera.polars  # noqa: F401

    from slantbank import coders, exchange, frames, history, importers, measure, publish, rules, show
    from slantbank.cli import main

    for room in (coders, exchange, frames, history, importers, measure, publish, rules, show):
        for name in dir(room):
            getattr(room, name)
    main.__doc__  # noqa: B018 - loads the module
    gc.disable()
    gc.freeze()  # a fork then copies no page of the imported modules
    for line in sys.stdin:
        arguments = json.loads(line)
        ours, theirs = os.pipe()
        result_in, result_out = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(ours)
            os.close(result_in)
            os.dup2(theirs, 1)
            os.dup2(theirs, 2)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            sys.stdout = sys.stderr = os.fdopen(1, "w", closefd=False)
            result = run(**arguments)
            sys.stdout.flush()
            sys.stderr.flush()
            os.write(result_out, json.dumps(result).encode())
            os._exit(0)
        os.close(theirs)
        os.close(result_out)
        output, result = (Path(f"/dev/fd/{end}").read_bytes() for end in (ours, result_in))
        os.close(ours)
        os.close(result_in)
        os.waitpid(child, 0)
        code, steps = json.loads(result) if result else (None, None)
        print(json.dumps({"code": code, "steps": steps, "output": output.decode()}), flush=True)


if __name__ == "__main__":
    main()
