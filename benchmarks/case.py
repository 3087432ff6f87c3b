"""A benchmark case: our work and its peers, which do the same, on data of several sizes."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

Data = Callable[[Path, int], Path]
"""Makes data of a size below the cache folder, unless they are there, and returns their path."""

Work = Callable[[Path, int], float]
"""Does the work on data of a size and returns the seconds; the first line of its docstring describes it in the results."""


@dataclass(frozen=True)
class Peer:
    """A peer of our work: ours may take `aim` times its seconds; it is not run beyond the size `largest`."""

    work: Work
    aim: float | None = None
    largest: int | None = None


@dataclass(frozen=True)
class Case:
    """Our work and its peers at several sizes, in `unit`. Aims hold at the largest size that both sides ran.

    `quick` has the sizes of a quick run; `seconds` and `megabytes` are absolute aims; `until` is a size to extrapolate to.
    """

    title: str
    data: Data
    ours: Work
    peers: tuple[Peer, ...]
    sizes: tuple[int, ...]
    quick: tuple[int, ...]
    unit: str = "sentences"
    seconds: float | None = None
    megabytes: float | None = None
    until: int | None = None


def needs(*modules: str) -> Callable[[Work], Work]:
    """Mark work that is run only where these modules are installed."""

    def mark(work: Work) -> Work:
        work.needs = modules  # type: ignore[attr-defined]
        return work

    return mark


def missing(work: Work) -> list[str]:
    """The modules that the work needs and that are not installed."""
    return [name for name in getattr(work, "needs", ()) if find_spec(name) is None]


def nothing(folder: Path, _: int) -> Path:
    """The data of work that reads none: a folder to write to."""
    return folder


def timed(call: Callable[[], object]) -> float:
    """The seconds that the call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def process(*arguments: str) -> float:
    """The seconds of a new Python process: the median of five, after a first one that compiles modules and warms the disk cache."""

    def run() -> None:
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env=environment())

    run()
    return sorted(timed(run) for _ in range(5))[2]


def environment() -> dict[str, str]:
    """The environment of measured processes, in which compiled modules are kept, as usual with Python."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
