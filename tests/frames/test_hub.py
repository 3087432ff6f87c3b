"""`load_dataset` reads the repository and the installed wheel, with classes and nested columns, and never stale rows."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import datasets
import polars as pl
import pyarrow.parquet as pq
import pytest
import yaml

import slantbank
from slantbank.codebook import CLASS_LABELS, CORE, LABELS
from slantbank.frames import _hub as hub
from slantbank.frames import _schema as schema
from slantbank.publish import _build as build
from tests.conftest import ROOT, SEED


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a clone that `datasets` reads, in a folder whose name alone would make `datasets` take it for a test split."""
    folder = tmp_path_factory.mktemp("clone") / "slantbank-test"
    folder.mkdir()
    shutil.copy(ROOT / "README.md", folder)
    shutil.copytree(ROOT / "data", folder / "data")
    return folder


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked wheel, as `pip install` puts it into site-packages."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    site = folder / "site"
    with zipfile.ZipFile(built) as archive:
        archive.extractall(site)
    return site


@pytest.mark.parametrize("config", list(schema.FRAMES))
@pytest.mark.parametrize("streaming", [False, True])
def test_every_config_loads_from_a_clone_with_a_fresh_cache(clone: Path, tmp_path: Path, config: str, streaming: bool) -> None:
    loaded = datasets.load_dataset(str(clone), config, split="train", cache_dir=str(tmp_path), streaming=streaming)
    everything = slantbank.dataset(config, clone / "data", collection=CORE if config == "sentences" else None)
    expected = everything.filter(lambda row: row["split"] == "train", load_from_cache_file=False)
    assert loaded.features == hub.features(config) == expected.features
    assert list(loaded) == list(expected)


def test_default_config_is_the_sentences_with_their_classes(clone: Path, tmp_path: Path) -> None:
    loaded = datasets.load_dataset(str(clone), cache_dir=str(tmp_path))
    assert list(loaded) == ["train"]
    features = loaded["train"].features
    classes = {name: feature.names for name, feature in features.items() if isinstance(feature, datasets.ClassLabel)}
    assert classes == {name: [str(label) for label in LABELS[name]] for name in CLASS_LABELS}


def test_classes_are_the_labels_that_polars_reads(clone: Path, tmp_path: Path) -> None:
    loaded = datasets.load_dataset(str(clone), split="train", cache_dir=str(tmp_path))
    frame = slantbank.load("sentences", clone / "data")
    for name in CLASS_LABELS:
        labels = [None if row[name] is None else loaded.features[name].int2str(row[name]) for row in loaded]
        assert labels == frame[name].to_list()


@pytest.mark.parametrize("config", list(schema.FRAMES))
def test_a_dataset_converted_to_polars_equals_the_frame(config: str) -> None:
    frame = slantbank.load(config)
    back = slantbank.dataset(config).to_polars()
    for name in set(CLASS_LABELS) & set(frame.columns):
        names = dict(enumerate(str(label) for label in LABELS[name]))
        back = back.with_columns(pl.col(name).replace_strict(names, return_dtype=pl.String))
    assert back.equals(frame)


def test_a_layer_that_was_not_coded_is_null_in_the_dataset(frames: dict[str, pl.DataFrame], tmp_path: Path) -> None:
    empty = frames["sentences"].with_columns(pl.lit(None, pl.String).alias(name) for name in CLASS_LABELS)
    build.write([("sentences", empty)], tmp_path / "parquet")
    assert set(slantbank.dataset("sentences", tmp_path)["claim_type"]) == {None}
    loaded = datasets.load_dataset(
        "parquet", data_files=str(tmp_path / "parquet" / "sentences.parquet"), features=hub.features("sentences"),
        split="train", cache_dir=str(tmp_path / "cache"),
    )  # fmt: skip
    assert set(loaded["claim_type"]) == {None}


LOAD_TWICE = """
import datasets, json, slantbank, sys
is_clone = sys.argv[1] != "-"
folder = sys.argv[1] if is_clone else slantbank.path()
loaded = datasets.load_dataset(folder, "sentences", split="train", cache_dir=sys.argv[2])
direct = slantbank.dataset("sentences", folder + "/data" if is_clone else None)
names = loaded.features["claim_type"].names
print(json.dumps([slantbank.path(), [names[row["claim_type"]] for row in loaded], [names[row["claim_type"]] for row in direct]]))
"""


def _load_in_new_process(folder: str, cache: Path, path: str = "") -> list[object]:
    """Return the path of the package and the claim types from `load_dataset` and from `slantbank.dataset`, in a new process."""
    environment = {**os.environ, **({"PYTHONPATH": path} if path else {})}
    command = [sys.executable, "-c", LOAD_TWICE, folder, str(cache)]
    answer = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    result: list[object] = json.loads(answer.stdout.splitlines()[-1])
    return result


def test_the_installed_wheel_contains_the_dataset(wheel: Path, tmp_path: Path) -> None:
    where, loaded, direct = _load_in_new_process("-", tmp_path, str(wheel))
    assert Path(str(where)) == wheel / "slantbank" / "hub_data"
    assert loaded == direct == slantbank.load("sentences")["claim_type"].to_list()
    assert (wheel / "slantbank" / "py.typed").is_file()


def test_the_schema_lines_of_an_installed_wheel_name_files_that_exist(wheel: Path) -> None:
    data = wheel / "slantbank" / "hub_data" / "data"
    for path in (*data.glob("topics/*.toml"), *data.glob("articles/**/*.toml")):
        line = path.read_text(encoding="utf-8").split("\n")[0]
        assert (path.parent / line.removeprefix("#:schema ")).is_file()


def test_a_new_process_with_the_same_cache_sees_changed_rows(bank: Path, tmp_path: Path) -> None:
    root, cache = str(bank.parent), tmp_path / "cache"
    _, before, direct = _load_in_new_process(root, cache)
    assert before == direct
    gold = bank / "articles" / SEED / "annotations" / "gold.toml"
    gold.write_text(gold.read_text(encoding="utf-8").replace('"causal"', '"evaluative"'), encoding="utf-8")
    build.build(bank)
    _, after, direct = _load_in_new_process(root, cache)
    assert after == direct
    assert after != before
    assert len(after) == len(before)


@pytest.mark.parametrize("path", sorted((ROOT / "data/parquet").glob("*.parquet")), ids=lambda path: path.name)
def test_a_parquet_file_leaves_the_string_type_to_its_reader(path: Path) -> None:
    """Older versions of `datasets` cannot cast `large_string` to a ClassLabel."""
    assert b"ARROW:schema" not in (pq.read_metadata(path).metadata or {})
    assert "large_string" not in str(pq.read_schema(path))


def test_the_head_of_a_card_has_a_line_for_each_file_column_and_split(frames: dict[str, pl.DataFrame]) -> None:
    configs, infos = hub.configs(frames, "parquet")
    head = {"pretty_name": "é: a # name", "tags": ["news"], "configs": configs, "dataset_info": infos}
    text = hub.yaml_head(head)
    assert yaml.safe_load(text.strip("-\n")) == head
    items = [line for line in text.splitlines() if line.startswith("  - ")]
    assert len(items) == sum(len(config["data_files"]) for config in configs) + sum(
        len(info["features"]) + len(info["splits"]) for info in infos
    )
