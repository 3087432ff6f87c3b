"""A crawl job: the settings that all shards share, the report on each shard, and the paths of staged files."""

import hashlib
import importlib.metadata
import json
from dataclasses import asdict, dataclass, field
from itertools import chain

import polars as pl

from slantbank.frames import store
from slantbank.problem import Problem

VERSION = importlib.metadata.version("slantbank")
WRITTEN = ("sentences", "articles")
"""The frames that are built from shards; the others are built from the topics."""


@dataclass(frozen=True)
class Job:
    """The settings of a crawl: where the result goes, the columns of each topic by its id, and defaults for records."""

    into: str
    topics: dict[str, dict[str, str | None]]
    topic: str | None = None
    language: str = "en"
    version: str = VERSION

    def staging_path(self, name: str) -> str:
        """The path of a file before the end of the job moves it to its final place."""
        return f"{self.into}/_job/made/{name}"

    def stage(self, stem: str, suffix: str, data: bytes) -> str:
        """Write a file to the staging folder, and return its name, which contains a hash of the content."""
        name = f"{stem}-{hashlib.sha256(data).hexdigest()[:16]}{suffix}"
        self.write(self.staging_path(name), data)
        return name

    def write(self, url: str, data: bytes) -> None:
        """Write a file below `<into>/_job`."""
        store.write(url, data, f"{self.into}/_job")

    def locate(self, name: str) -> str | None:
        """The path of a file, in its final place or staged; None if it does not exist."""
        return next(filter(store.exists, (f"{self.into}/{name}", self.staging_path(name))), None)

    def report_path(self, number: int) -> str:
        """The path of the report on a shard."""
        return f"{self.into}/_job/done/{number:05}.json"

    def finished_report(self, number: int) -> "ShardReport | None":
        """The report on a shard if it is finished; an incomplete file counts as none."""
        try:
            return ShardReport(**json.loads(store.text(self.report_path(number)) or "null"))
        except (TypeError, ValueError):
            return None


@dataclass
class ShardReport:
    """The result of a shard: its content (`stamp`, `sha256`, `bytes`), the files written, and counts.

    `parts` has the file names of each part by frame; `refusals` are the files of problems, `keys` the file of article keys.
    `refused` counts records by rule code, `ignored` unknown keys, `passed_over` WARC records without a page by type, and
    `remarked` anomalies of accepted articles by kind. `duplicates` is a hash of the articles removed because an earlier shard
    has their ids, empty if none were.
    """

    number: int
    url: str
    stamp: str
    sha256: str = ""
    bytes: int = 0
    parts: list[dict[str, str]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    keys: str = ""
    articles: int = 0
    sentences: int = 0
    words: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    ignored: dict[str, int] = field(default_factory=dict)
    passed_over: dict[str, int] = field(default_factory=dict)
    remarked: dict[str, int] = field(default_factory=dict)
    duplicates: str = ""

    @property
    def files(self) -> list[str]:
        """The files of the shard that the end of the job moves to their final places."""
        return [*chain.from_iterable(part.values() for part in self.parts), *self.refusals]

    def write(self, job: Job) -> None:
        """Write the report, by which the shard counts as finished."""
        job.write(job.report_path(self.number), (json.dumps(asdict(self)) + "\n").encode())


def write_part(job: Job, number: int, count: int, frames: dict[str, pl.DataFrame]) -> dict[str, str]:
    """Write the files of a part of a shard, and return their names by frame."""
    stem = f"part-{number:05}-{count:03}"
    return {name: job.stage(f"{name}/{stem}", ".parquet", store.parquet(frame)) for name, frame in frames.items()}


def write_refusals(job: Job, number: int, stem: str, problems: list[Problem]) -> str:
    """Write the problems of refused records as JSON Lines, and return the name of the file."""
    rows = [
        {"path": problem.path, "line": problem.line, "code": problem.code, "name": problem.rule.name, "message": problem.message}
        for problem in sorted(problems)
    ]
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return job.stage(f"refused/{stem}-{number:05}", ".jsonl", text.encode("utf-8", "backslashreplace"))
