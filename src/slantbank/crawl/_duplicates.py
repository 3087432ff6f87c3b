"""Ids that several shards have: found by comparing keys, a range of hashes a task, and taken out of all shards but the first."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from slantbank.crawl import _engine as engine
from slantbank.crawl import _shard as shard
from slantbank.crawl._job import Job, ShardReport, write_part, write_refusals
from slantbank.crawl._keys import KEY, SLOTS, article_key, pack_slots, read_slots
from slantbank.frames import store
from slantbank.problem import Problem

Progress = Callable[[Iterable[Any], int, str], Iterable[Any]]
"""What a caller may put around the results of a stage, given their number and what they are, to see how far the work is."""
_DUPLICATE = np.dtype([("high", "<u8"), ("low", "<u8"), ("line", "<u4"), ("shard", "<u4"), ("first", "<u4"), ("first_line", "<u4")])
_AT_ONCE = 2_000_000
"""How many keys a task compares."""


class Duplicates(NamedTuple):
    """The file that lists the keys of the shards, and in how many ranges they were compared."""

    listed: str
    slices: int

    def file(self, number: int) -> str:
        """The file of what was found in a range; a late worker writes that of another list, if the shards have changed since."""
        return f"{self.listed.removesuffix('.json')}-{number:03}.bin"

    @property
    def files(self) -> list[str]:
        return [self.file(number) for number in range(self.slices)]


def find_duplicates(
    job: Job, reports: dict[int, ShardReport], count: int, run: engine.Engine, progress: Progress
) -> tuple[Duplicates, set[int]]:
    """Compare the keys of all shards, a task for each range of hashes, whose findings go to a file; say which have duplicates."""
    slices = 1
    while slices < SLOTS and sum(one.articles for one in reports.values()) / slices > _AT_ONCE:
        slices *= 2
    keys = [(number, reports[number].keys) for number in sorted(reports)]
    listed = job.make("duplicates/keys", ".json", json.dumps({"keys": keys, "slices": slices, "shards": count}).encode())
    duplicates = Duplicates(listed, slices)
    found: set[int] = set()
    items = [(duplicates, number, count) for number in range(slices)]
    for _, result in progress(run(partial(_find_in_range, job), items), slices, "ranges of ids"):
        if isinstance(result, engine.TaskFailure):
            raise OSError(f"the ids of the shards cannot be compared: {result.reason}")
        found.update(result)
    return duplicates, found


def _find_in_range(job: Job, item: tuple[Duplicates, int, int]) -> list[int]:
    """Write which keys of a range of hashes are in an earlier shard, too; returns the shards that they are in."""
    duplicates, number, count = item
    names = json.loads(store.text(job.made(duplicates.listed)) or "")["keys"]
    width = SLOTS // duplicates.slices
    wanted = [(job.made(name), number * width, (number + 1) * width) for _, name in names]
    keys = [
        pl.DataFrame({name: own[name] for name in KEY.names or ()}).with_columns(shard=pl.lit(one, pl.UInt32))
        for (one, _), own in zip(names, read_slots(wanted, SLOTS, KEY), strict=True)
    ]
    found = (
        pl.concat(keys)
        .sort("high", "low", "shard")
        .with_columns(first=pl.col("shard").first().over("high", "low"), first_line=pl.col("line").first().over("high", "low"))
        .filter(pl.col("shard") != pl.col("first"))
        .sort("shard", "line")
        if keys
        else pl.DataFrame(schema=dict.fromkeys(_DUPLICATE.names or (), pl.UInt32))
    )
    rows = np.empty(found.height, _DUPLICATE)
    for name in _DUPLICATE.names or ():
        rows[name] = found[name].to_numpy()
    job.write(job.made(duplicates.file(number)), pack_slots(rows, rows["shard"].astype(np.int64), count))
    return found["shard"].unique().sort().to_list()


def remove_duplicates(job: Job, item: tuple[ShardReport, Duplicates, int]) -> ShardReport:
    """Make the parts of a shard once more, without the articles whose ids an earlier shard has."""
    report, duplicates, count = item
    number = report.number
    repeated = np.concatenate(read_slots([(job.made(name), number, number + 1) for name in duplicates.files], count, _DUPLICATE))
    mark = hashlib.sha256(np.sort(repeated, order=["line"]).tobytes()).hexdigest() if len(repeated) else ""
    if report.duplicates == mark:
        return report
    if report.duplicates:  # the other shards have changed since
        again = shard.build_shard(job, number, report.url, anew=True)
        if again.sha256 != report.sha256:
            raise ValueError("the shard has changed while it was built")
        report = again
    if not mark:
        return report
    firsts = {(high, low): (line, first, at) for high, low, line, _, first, at in repeated.tolist()}
    urls = {first: other.url if (other := job.done(first)) else f"shard {first}" for _, first, _ in firsts.values()}
    problems: list[Problem] = []
    parts: list[dict[str, str]] = []
    heights: dict[str, Any] = Counter()
    for part, names in enumerate(report.parts):
        built = {name: store.read_parquet(job.find(file) or job.made(file)) for name, file in names.items()}
        found = {name: firsts.get(article_key(name)) for name in built["articles"]["article_id"].to_list()}
        gone = {name: place for name, place in found.items() if place is not None}
        for name, (line, first, at) in gone.items():
            message = f"article id {name!r} is used in {urls[first]}:{at} too"
            problems.append(Problem(report.url, line, 1, "SB401", message))
        kept = {name: frame.filter(~pl.col("article_id").is_in(list(gone))) for name, frame in built.items()}
        parts.append(write_part(job, number, part, kept) if gone else names)
        for name, frame in kept.items():
            heights[name] += frame.height
        heights["words"] += int(kept["articles"]["n_words"].sum())
    refusals = [*report.refusals, write_refusals(job, number, "duplicates", problems)]
    codes = dict(sorted((Counter(report.refused) + Counter({"SB401": len(problems)})).items()))
    report = replace(report, refused=codes, refusals=refusals, parts=parts, duplicates=mark, **heights)
    report.write(job)
    return report
