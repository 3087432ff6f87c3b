"""Try a wheel or an sdist as somebody would who has nothing but Python: `python .ci/smoke.py dist/*`.

Each is tried in an empty environment and an empty folder, with no cache and nothing on PYTHONPATH. Of a wheel: install it, run what
README's first command runs, check the shipped bank, load every config and split. Of an sdist, which is the clone: README's commands
as they stand, then the same. With --quick the tests of the sdist are not run.
"""

import argparse
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from readme import command

LOAD = """
import datasets, polars as pl, slantbank, yaml
datasets.disable_progress_bars()
card = open(f"{slantbank.path()}/README.md", encoding="utf-8").read().split("---")[1]
configs = yaml.safe_load(card)["dataset_info"]
stated = {one["config_name"]: {split["name"]: split["num_examples"] for split in one["splits"]} for one in configs}
assert list(stated) == datasets.get_dataset_config_names(slantbank.path()), stated
for config, splits in stated.items():
    loaded = datasets.load_dataset(slantbank.path(), config)
    assert {name: rows.num_rows for name, rows in loaded.items()} == splits, config
    for name, rows in loaded.items():
        assert rows.features == loaded["train"].features
        print(f"{config} {name}: {rows.num_rows} rows, {rows.num_columns} columns")
for name, frame in slantbank.load_all(collection=None).items():
    print(f"polars {name}: {frame.height} rows")
"""


def smoke(dist: Path, *, quick: bool) -> None:
    """Try one file of a release. Raises CalledProcessError at the first command that fails."""
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary).resolve()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
        environment = {**kept, "HF_HOME": str(work / "cache"), "HF_HUB_OFFLINE": "1"}
        (work / "empty").mkdir()

        def run(*words: str | Path, folder: Path = work / "empty") -> None:
            shown = " ".join(str(word).replace(f"{work}{os.sep}", "") for word in words if word not in ("-I", LOAD))
            print(f"+ {shown}", flush=True)
            subprocess.run(words, cwd=folder, env=environment, check=True)

        if dist.name.endswith(".tar.gz"):
            with tarfile.open(dist) as archive:
                archive.extractall(work, filter="data")
            clone = work / dist.name.removesuffix(".tar.gz")
            run("bash", "-ec", command("main", clone), folder=clone)
            if not quick:
                run("bash", "-ec", command("test", clone), folder=clone)
        run(sys.executable, "-m", "venv", work / "venv")
        scripts = work / "venv" / ("Scripts" if os.name == "nt" else "bin")
        run(scripts / "python", "-m", "pip", "install", "--quiet", dist.resolve())
        run(scripts / "slantbank", "--version")
        run(scripts / "slantbank", *command("main").rpartition("slantbank ")[2].split())
        run(scripts / "slantbank", "check", "--full")
        run(scripts / "python", "-I", "-c", LOAD)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("dists", nargs="+", type=Path)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    for dist in given.dists:
        print(f"== {dist.name}", flush=True)
        smoke(dist, quick=given.quick)
    print(f"smoke test: {len(given.dists)} passed")
