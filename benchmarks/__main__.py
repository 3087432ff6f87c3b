"""Run every case in fresh processes, ours and the peer in turn, and write the medians and their ratio."""

import argparse
import json
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks import work

HERE = Path(__file__).parent


def one(name: str, folder: Path, size: int) -> tuple[float, float]:
    """Seconds and peak memory in MB of one piece of work in a fresh process."""
    command = [sys.executable, "-m", "benchmarks", "--one", name, "--size", str(size), "--folder", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, peak = done.stdout.split()[-2:]
    return float(seconds), float(peak)


def main() -> None:
    """Parse, run, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--quick", action="store_true", help="less data, fewer runs")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        seconds = getattr(work, given.one)(given.folder, given.size)
        print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for title, ours, peer, size, quick in work.CASES:
            n = quick if given.quick else size
            times: dict[str, list[tuple[float, float]]] = {ours: [], peer: []}
            for _ in range(1 if given.quick else given.runs):
                for name, found in times.items():
                    found.append(one(name, Path(folder), n))
            row: dict[str, object] = {"work": title, "size": n}
            for side, name in (("ours", ours), ("peer", peer)):
                row[side] = round(statistics.median(seconds for seconds, _ in times[name]), 4)
                row[f"{side}_mb"] = round(max(peak for _, peak in times[name]))
                row[f"{side}_what"] = getattr(work, name).__doc__.split("\n")[0].rstrip(".")
            rows.append(row)
            print(f"{title}: {row['ours']} s beside {row['peer']} s", file=sys.stderr)
    about = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {len(__import__('os').sched_getaffinity(0))} cores, Python {platform.python_version()}",
        "versions": {name: version(name) for name in ("slantbank", "polars", "datasets", "pandera", "krippendorff")},
        "quick": given.quick,
    }
    (HERE / "results.json").write_text(json.dumps({**about, "rows": rows}, indent=1) + "\n", encoding="utf-8")
    (HERE / "results.md").write_text(page(about, rows), encoding="utf-8")
    print(page(about, rows))


def page(about: dict[str, object], rows: list[dict[str, object]]) -> str:
    """The results as a page."""
    lines = [
        "# Speed, as ratios",
        "",
        f"{about['date']}; {about['machine']}; {about['versions']}.",
        "Medians of fresh processes, ours and the peer in turn on one machine; `python -m benchmarks` makes this page.",
        "",
        "| work | size | ours | s | MB | beside | s | MB | ratio |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        ratio = float(str(row["ours"])) / float(str(row["peer"]))
        shown = f"{ratio:.2f}×" if ratio >= 0.5 else f"1/{1 / ratio:.0f}"
        lines.append(
            f"| {row['work']} | {row['size']:,} | {row['ours_what']} | {row['ours']} | {row['ours_mb']} "
            f"| {row['peer_what']} | {row['peer']} | {row['peer_mb']} | {shown} |"
        )
    return "\n".join(lines) + "\n"


main()
