"""What a benchmark is: a piece of work beside others that do the same, on data of several sizes."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

Data = Callable[[Path, int], Path]
"""Makes the data of a size below the folder of the cache, unless it is there, and says where."""

Work = Callable[[Path, int], float]
"""Does the work on data of a size and says in how many seconds; the first line of its docstring says what is done."""


@dataclass(frozen=True)
class Beside:
    """What our work is set beside: `aim` is how many times its seconds ours may take, `largest` where it is not run beyond."""

    work: Work
    aim: float | None = None
    largest: int | None = None


@dataclass(frozen=True)
class Case:
    """A piece of work at several sizes of what `unit` names. Aims hold at the largest size that both sides ran.

    `quick` are the sizes of a quick run, `seconds` and `megabytes` aims of their own, `until` a size to extrapolate to.
    """

    title: str
    data: Data
    ours: Work
    beside: tuple[Beside, ...]
    sizes: tuple[int, ...]
    quick: tuple[int, ...]
    unit: str = "sentences"
    seconds: float | None = None
    megabytes: float | None = None
    until: int | None = None


def needs(*modules: str) -> Callable[[Work], Work]:
    """Mark work that is done only where these modules are installed."""

    def mark(work: Work) -> Work:
        work.needs = modules  # type: ignore[attr-defined]
        return work

    return mark


def missing(work: Work) -> list[str]:
    """The modules that the work needs and that are not installed."""
    return [name for name in getattr(work, "needs", ()) if find_spec(name) is None]


def nothing(folder: Path, _: int) -> Path:
    """The data of work that needs none: a folder to write to."""
    return folder


def timed(call: Callable[[], object]) -> float:
    """Seconds that the call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def process(*arguments: str) -> float:
    """Seconds of a new Python, the median of five after a first one: what Python compiles is there, and files are in memory."""

    def run() -> None:
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env=environment())

    run()
    return sorted(timed(run) for _ in range(5))[2]


def environment() -> dict[str, str]:
    """The environment of what is measured: compiled modules are kept, as they are wherever Python is used."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
