"""Build the shards of a crawl on Spark: `spark-submit docs/spark_build.py INTO TOPIC_FILE SHARD...`.

A recipe for sites that run Spark (4.0 or newer, with `slantbank` installed where its executors run). Spark is one more engine:
each argument of a stage is a row, `mapInArrow` runs slantbank's own function on it, and its result is a row again. The files,
the manifest and what happens after a fault are those of `slantbank build SHARD... --into INTO`.
"""

import pickle
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.sql import SparkSession

from slantbank import crawl
from slantbank.bank import topic
from slantbank.crawl import engine

SCHEMA = "number int, data binary"


def on_spark(spark: SparkSession) -> engine.Engine:
    """The engine: a task for each argument, so that a shard that fails is tried again by itself."""

    def run(function: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        def work(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for batch in batches:
                for row in batch.to_pylist():
                    result = engine.attempt(function, pickle.loads(row["data"]))  # noqa: S301 - our own, of a moment ago
                    yield pa.RecordBatch.from_pylist(
                        [{"number": row["number"], "data": pickle.dumps(result)}],
                        pa.schema([("number", pa.int32()), ("data", pa.binary())]),
                    )

        if not items:
            return
        rows = [(number, bytearray(pickle.dumps(item))) for number, item in enumerate(items)]
        frame = spark.createDataFrame(rows, SCHEMA).repartitionByRange(len(rows), "number")
        for row in frame.mapInArrow(work, SCHEMA).collect():  # a report each, small
            yield row["number"], pickle.loads(row["data"])  # noqa: S301 - our own, of a moment ago

    return run


def main(into: str, topic_file: str, *shards: str) -> None:
    """Build, and say what became of it."""
    spark = SparkSession.builder.appName("slantbank build").getOrCreate()
    only = topic.read(Path(topic_file))
    done = crawl.build(crawl.find_shards(shards), into, [only], topic=only.id, run=on_spark(spark))
    print(f"{done.total('articles')} articles, {done.total('sentences')} sentences, refused: {dict(done.refused)}")  # noqa: T201
    for problem in done.failed:
        print(problem)  # noqa: T201
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
