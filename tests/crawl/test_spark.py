"""The Spark recipe gives the same rows as one process."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from slantbank.bank._topic import Topic, write
from slantbank.crawl import _crawl as crawl
from slantbank.crawl import _sources as sources
from slantbank.crawl._job import WRITTEN
from tests.conftest import ROOT

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),  # pandera imports it
    pytest.mark.skipif(importlib.util.find_spec("pyspark") is None, reason="pyspark is not installed"),
    pytest.mark.skipif(shutil.which("java") is None, reason="there is no java"),
]


def test_the_spark_recipe_gives_the_same_bytes_as_one_process(tmp_path: Path) -> None:
    folder = tmp_path / "crawled"
    folder.mkdir()
    for name in "abcd":
        records = [{"id": f"{name}-{i}", "title": "Head", "text": "Mr. Hale left. “So it is,” he said.\nYes."} for i in range(9)]
        records.append({"id": "everywhere", "text": f"Of {name}.\nOne."})
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    (folder / "e.jsonl.gz").write_bytes(b"no gzip")
    topic = Topic(id="bridge", title="The closing of a bridge")
    file = write(topic, tmp_path)
    crawl.build(sources.find_shards([str(folder)]), str(tmp_path / "here"), [topic], topic=topic.id)
    command = [sys.executable, str(ROOT / "docs" / "spark_build.py"), str(tmp_path / "spark"), str(file), str(folder)]
    environment = {**os.environ, "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-3000:]
    assert "37 articles" in result.stdout
    assert "e.jsonl.gz:1:1: error SB111" in result.stdout
    for name in (*WRITTEN, "refused"):
        for path in sorted((tmp_path / "here" / name).iterdir()):
            assert (tmp_path / "spark" / name / path.name).read_bytes() == path.read_bytes()
    assert pl.read_parquet(tmp_path / "spark/articles/*.parquet").height == 37
