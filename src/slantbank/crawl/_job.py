"""What all shards of a crawl share, the report on each, and where their files are made."""

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
"""The frames that a shard gives."""


@dataclass(frozen=True)
class Job:
    """What all shards of a crawl share: where the result goes, the topics by id with their columns, and what records leave out."""

    into: str
    topics: dict[str, dict[str, str | None]]
    topic: str | None = None
    language: str = "en"
    version: str = VERSION

    def made(self, name: str) -> str:
        """Where a file is made, before the end of the job puts it in its place."""
        return f"{self.into}/_job/made/{name}"

    def make(self, stem: str, suffix: str, data: bytes) -> str:
        """Make a file, and return its name, which tells its content."""
        name = f"{stem}-{hashlib.sha256(data).hexdigest()[:16]}{suffix}"
        self.write(self.made(name), data)
        return name

    def write(self, url: str, data: bytes) -> None:
        """Write a file of the job's own."""
        store.write(url, data, f"{self.into}/_job")

    def find(self, name: str) -> str | None:
        """Where a file is, in its place or where it was made; None if it is gone."""
        return next(filter(store.exists, (f"{self.into}/{name}", self.made(name))), None)

    def report(self, number: int) -> str:
        """Where the report on a shard is."""
        return f"{self.into}/_job/done/{number:05}.json"

    def done(self, number: int) -> "ShardReport | None":
        """The report on a shard, if it is done; half of one counts for nothing."""
        try:
            return ShardReport(**json.loads(store.text(self.report(number)) or "null"))
        except (TypeError, ValueError):
            return None


@dataclass
class ShardReport:
    """What became of a shard: its content as it was read, what was made of it, and what was refused (by code) or ignored (by key).

    `parts` are the names of the files of each part, by frame, `refusals` of those with the problems, `keys` of that with the keys.
    `remarked` counts what is odd in articles that were taken all the same, by kind; their notes say it.
    Records of a WARC that hold no page are `passed_over` (by what they are). Articles with ids of earlier shards were taken out;
    `duplicates` is the hash of their keys.
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
        """The files that count of the shard, which the end of the job puts in their places."""
        return [*chain.from_iterable(part.values() for part in self.parts), *self.refusals]

    def write(self, job: Job) -> None:
        """Write the report, which is what makes the shard done."""
        job.write(job.report(self.number), (json.dumps(asdict(self)) + "\n").encode())


def write_part(job: Job, number: int, count: int, frames: dict[str, pl.DataFrame]) -> dict[str, str]:
    """Make the files of a part of a shard, and return the name of each by its frame."""
    stem = f"part-{number:05}-{count:03}"
    return {name: job.make(f"{name}/{stem}", ".parquet", store.parquet(frame)) for name, frame in frames.items()}


def write_refusals(job: Job, number: int, why: str, problems: list[Problem]) -> str:
    """Make the file of the problems for which records were refused, a JSON object a line, and return its name."""
    rows = [
        {"path": one.path, "line": one.line, "code": one.code, "name": one.rule.name, "message": one.message}
        for one in sorted(problems)
    ]
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return job.make(f"refused/{why}-{number:05}", ".jsonl", text.encode("utf-8", "backslashreplace"))
