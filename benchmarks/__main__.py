"""Run every case in fresh processes, ours and the peers in turn, and write medians, peak memory and ratios."""

import argparse
import json
import math
import os
import platform
import re
import statistics
import subprocess
import sys
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

from benchmarks.case import Case, Work, environment, missing
from slantbank.show import markdown_table

HERE = Path(__file__).parent
MODULES = (
    "starting",
    "checking",
    "validating",
    "comparing",
    "agreeing",
    "reporting",
    "segmenting",
    "building",
    "importing",
    "coding",
)
LONG = 20.0
"""Work that takes more seconds is not repeated."""


class Run(NamedTuple):
    """A run in a separate process: seconds of the work, and peak megabytes of the process or of one that it started."""

    seconds: float
    megabytes: float


def main() -> None:
    """Parse, run, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, one run each; prints, and writes nothing")
    parser.add_argument("--runs", type=int, default=3, help="runs of which the median is taken (3)")
    parser.add_argument("--only", default="", metavar="WORD", help="only cases whose title has the word; writes nothing")
    parser.add_argument("--most", type=int, metavar="SIZE", help="leave larger sizes out; writes nothing")
    parser.add_argument("--cache", type=Path, default=_cache(), help="folder in which data are made and kept")
    options = parser.parse_args()
    cache = options.cache / f"{crc32((HERE / 'corpus.py').read_bytes()):08x}"
    cache.mkdir(parents=True, exist_ok=True)
    cases = [case for case in _cases() if options.only in case.title]
    runs = 1 if options.quick else options.runs
    rows = []
    for case in cases:
        sizes = [size for size in (case.quick if options.quick else case.sizes) if options.most is None or size <= options.most]
        if sizes:
            rows.append(_row(case, sizes, runs, cache))
            print(_section(rows[-1]), file=sys.stderr, flush=True)
    about = _about(runs, options.quick)
    text = page(about, rows)
    if not (options.quick or options.only or options.most):
        (HERE / "results.json").write_text(json.dumps({**about, "cases": rows}, indent=1) + "\n", encoding="utf-8")
        (HERE / "results.md").write_text(text, encoding="utf-8")
    print(text)


def _cases() -> list[Case]:
    modules = [import_module(f"benchmarks.{name}") for name in MODULES if find_spec(f"benchmarks.{name}")]
    return [case for module in modules for case in module.CASES]


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "slantbank-benchmarks"


def _child(function: Any, folder: Path, size: int) -> str:
    """The last line that a function of a benchmark module prints in a separate process."""
    command = [sys.executable, "-m", "benchmarks.child", function.__module__, function.__qualname__, str(folder), str(size)]
    process = subprocess.run(command, check=False, capture_output=True, text=True, env=environment(), cwd=HERE.parent)
    if process.returncode:
        raise SystemExit(f"{function.__module__}.{function.__qualname__} at {size:,}:\n{process.stderr}")
    return process.stdout.splitlines()[-1]


def _row(case: Case, sizes: list[int], runs: int, cache: Path) -> dict[str, Any]:
    """The medians of a case, for ours and each peer, by size."""
    works = {work.__qualname__: work for work in (case.ours, *(peer.work for peer in case.peers))}
    largest = {peer.work.__qualname__: peer.largest for peer in case.peers}
    runs_of: dict[str, dict[int, list[Run]]] = {name: {} for name in works}
    for size in sizes:
        data = Path(_child(case.data, cache, size))
        runnable = {name: work for name, work in works.items() if not missing(work) and size <= (largest.get(name) or size)}
        for _ in range(runs):
            for name, work in runnable.items():
                if not any(run.seconds > LONG for run in runs_of[name].get(size, [])):
                    runs_of[name].setdefault(size, []).append(Run(*map(float, _child(work, data, size).split())))
    sides = [_side(works[name], by_size) for name, by_size in runs_of.items()]
    row: dict[str, Any] = {"title": case.title, "unit": case.unit, "sides": sides, "aims": _aims(case, sides)}
    if case.until and len(sides[0]["seconds"]) > 1:
        row["until"] = {"size": case.until, "seconds": _at(sides[0]["seconds"], case.until)}
    return row


def _side(work: Work, by_size: dict[int, list[Run]]) -> dict[str, Any]:
    seconds = {size: statistics.median(run.seconds for run in runs) for size, runs in by_size.items()}
    return {
        "what": (work.__doc__ or "").split("\n")[0].rstrip("."),
        "needs": missing(work),
        "seconds": {size: _digits(value) for size, value in seconds.items()},
        "megabytes": {size: round(max(run.megabytes for run in runs)) for size, runs in by_size.items()},
        "slope": round(_line(seconds)[1], 2) if len(seconds) > 1 else None,
    }


def _digits(seconds: float) -> float:
    return float(f"{seconds:.3g}")


def _line(seconds: dict[int, float]) -> tuple[float, float]:
    """Intercept and slope of the line through the logarithms of sizes and seconds."""
    x, y = ([math.log(value) for value in values] for values in (seconds, seconds.values()))
    slope, intercept = statistics.linear_regression(x, y)
    return intercept, slope


def _at(seconds: dict[int, float], size: int) -> float:
    """The seconds extrapolated to a larger size, by the line through the two largest."""
    intercept, slope = _line(dict(sorted(seconds.items())[-2:]))
    return _digits(math.exp(intercept + slope * math.log(size)))


def _aims(case: Case, sides: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each aim of a case with the result at the largest size."""
    ours, *others = sides
    aims = []
    for peer, side in zip(case.peers, others, strict=True):
        if peer.aim is not None and side["seconds"]:
            size = max(side["seconds"])
            ratio = ours["seconds"][size] / side["seconds"][size]
            aims.append({"beside": side["what"], "size": size, "ratio": _digits(ratio), "aim": peer.aim, "met": ratio <= peer.aim})
    size = max(ours["seconds"], default=0)
    for measure, aim in (("seconds", case.seconds), ("megabytes", case.megabytes)):
        if aim is not None and size:
            value = ours[measure][size]
            aims.append({"measure": measure, "size": size, "value": value, "aim": aim, "met": value <= aim})
    return aims


def _about(runs: int, quick: bool) -> dict[str, Any]:
    packages = [re.match(r"[\w.-]+", line) for line in requires("slantbank") or [] if re.search(r"extra == ['\"]bench['\"]", line)]
    versions = {"Python": platform.python_version()}
    for name in ("slantbank", "polars", "pandera", "pydantic", "datasets", "sentencex", *(match[0] for match in packages if match)):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "not installed"
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{platform.system()} {platform.machine()}, {len(os.sched_getaffinity(0))} cores",
        "versions": versions,
        "runs": runs,
        "quick": quick,
    }


def page(about: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    """The results as a Markdown page: the aims, then every case."""
    aims = [
        (row["title"], f"{aim['size']:,} {row['unit']}", _aim(aim), "yes" if aim["met"] else "**no**")
        for row in rows
        for aim in row["aims"]
    ]
    lines = [
        "# Speed, as ratios",
        "",
        f"{about['date']}; {about['machine']}.",
        f"{', '.join(f'{name} {number}' for name, number in about['versions'].items())}.",
        f"Medians of {about['runs']} fresh processes (of one, where it takes more than {LONG:.0f} s), ours and the others in turn;",
        "seconds are of the work alone, peak memory is of the whole process. `python -m benchmarks` makes this page, and",
        "docs/speed.md says of each aim that is missed why. What is not installed is not run.",
        "",
        "## Aims",
        "",
        markdown_table(("work", "size", "found, and the aim", "met"), aims),
        "",
        "## Every case",
        "",
        "Seconds, how many times those of ours they are, and peak megabytes; the slope is that of the line through the logarithms",
        "of size and seconds (1: cost grows as size does).",
        "",
    ]
    return "\n".join(lines) + "\n" + "\n".join(map(_section, rows))


def _aim(aim: dict[str, Any]) -> str:
    if "measure" in aim:
        return f"{aim['value']:,} {aim['measure']}; at most {aim['aim']:,}"
    if aim["aim"] < 0.5:
        return f"{1 / aim['ratio']:.3g} times as fast as: {_low(aim['beside'])}; at least {1 / aim['aim']:.3g}"
    return f"{aim['ratio']:.2f} times the time of: {_low(aim['beside'])}; at most {aim['aim']:.2f}"


def _low(text: str) -> str:
    return text[:1].lower() + text[1:]


def _section(row: dict[str, Any]) -> str:
    sizes = sorted(row["sides"][0]["seconds"])
    ours = row["sides"][0]["seconds"]
    table = []
    for side in row["sides"]:
        cells = [_cell(side, size, ours, side is row["sides"][0]) for size in sizes]
        cells = [f"not installed: {', '.join(side['needs'])}", *cells[1:]] if side["needs"] else cells
        table.append((side["what"], *cells, side["slope"] or ""))
    lines = [f"### {row['title']}", "", markdown_table((row["unit"], *(f"{size:,}" for size in sizes), "slope"), table)]
    if "until" in row:
        lines += ["", f"By the line through the two largest, {row['until']['size']:,} would take {row['until']['seconds']} s."]
    return "\n".join(lines) + "\n"


def _cell(side: dict[str, Any], size: int, ours: dict[int, float], own: bool) -> str:
    if size not in side["seconds"]:
        return ""
    ratio = "" if own else f", {side['seconds'][size] / ours[size]:.3g}×"
    return f"{side['seconds'][size]} s{ratio}, {side['megabytes'][size]} MB"


if __name__ == "__main__":
    main()
