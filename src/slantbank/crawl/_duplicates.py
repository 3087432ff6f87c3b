"""Remove article ids that are in several shards from all but the first: tasks compare keys, a range of hashes each."""

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
"""Wraps the results of a stage and yields them, as a progress bar does; called with the results, their number, and a name."""
_DUPLICATE = np.dtype([("high", "<u8"), ("low", "<u8"), ("line", "<u4"), ("shard", "<u4"), ("first", "<u4"), ("first_line", "<u4")])
_KEYS_PER_TASK = 2_000_000
"""How many keys a task compares, about."""


class Duplicates(NamedTuple):
    """The file that lists the key files of the shards, and the number of hash ranges in which they were compared."""

    key_list: str
    ranges: int

    def range_file(self, number: int) -> str:
        """The name of the file of duplicates in a range; it contains the key list's hash, so late workers overwrite no other."""
        return f"{self.key_list.removesuffix('.json')}-{number:03}.bin"

    @property
    def range_files(self) -> list[str]:
        return [self.range_file(number) for number in range(self.ranges)]


def find_duplicates(
    job: Job, reports: dict[int, ShardReport], count: int, run: engine.Engine, progress: Progress
) -> tuple[Duplicates, set[int]]:
    """Compare the keys of all shards, a task for each range of hashes, and return the numbers of the shards with duplicates."""
    ranges = 1
    while ranges < SLOTS and sum(report.articles for report in reports.values()) / ranges > _KEYS_PER_TASK:
        ranges *= 2
    keys = [(number, reports[number].keys) for number in sorted(reports)]
    listed = job.stage("duplicates/keys", ".json", json.dumps({"keys": keys, "slices": ranges, "shards": count}).encode())
    duplicates = Duplicates(listed, ranges)
    shards: set[int] = set()
    items = [(duplicates, number, count) for number in range(ranges)]
    for _, result in progress(run(partial(_find_in_range, job), items), ranges, "ranges of ids"):
        if isinstance(result, engine.TaskFailure):
            raise OSError(f"the ids of the shards cannot be compared: {result.reason}")
        shards.update(result)
    return duplicates, shards


def _find_in_range(job: Job, item: tuple[Duplicates, int, int]) -> list[int]:
    """Write which keys of a range of hashes are in an earlier shard, too, and return the numbers of their shards."""
    duplicates, number, count = item
    names = json.loads(store.text(job.staging_path(duplicates.key_list)) or "")["keys"]
    width = SLOTS // duplicates.ranges
    requests = [(job.staging_path(name), number * width, (number + 1) * width) for _, name in names]
    keys = [
        pl.DataFrame({name: own[name] for name in KEY.names or ()}).with_columns(shard=pl.lit(shard_number, pl.UInt32))
        for (shard_number, _), own in zip(names, read_slots(requests, SLOTS, KEY), strict=True)
    ]
    repeated = (
        pl.concat(keys)
        .sort("high", "low", "shard")
        .with_columns(first=pl.col("shard").first().over("high", "low"), first_line=pl.col("line").first().over("high", "low"))
        .filter(pl.col("shard") != pl.col("first"))
        .sort("shard", "line")
        if keys
        else pl.DataFrame(schema=dict.fromkeys(_DUPLICATE.names or (), pl.UInt32))
    )
    rows = np.empty(repeated.height, _DUPLICATE)
    for name in _DUPLICATE.names or ():
        rows[name] = repeated[name].to_numpy()
    job.write(job.staging_path(duplicates.range_file(number)), pack_slots(rows, rows["shard"].astype(np.int64), count))
    return repeated["shard"].unique().sort().to_list()


def remove_duplicates(job: Job, item: tuple[ShardReport, Duplicates, int]) -> ShardReport:
    """Write the parts of a shard again, without the articles whose ids are in an earlier shard."""
    report, duplicates, count = item
    number = report.number
    repeated = np.concatenate(
        read_slots([(job.staging_path(name), number, number + 1) for name in duplicates.range_files], count, _DUPLICATE)
    )
    duplicates_sha256 = hashlib.sha256(np.sort(repeated, order=["line"]).tobytes()).hexdigest() if len(repeated) else ""
    if report.duplicates == duplicates_sha256:
        return report
    if report.duplicates:  # the other shards have changed since
        rebuilt = shard.build_shard(job, number, report.url, anew=True)
        if rebuilt.sha256 != report.sha256:
            raise ValueError("the shard has changed while it was built")
        report = rebuilt
    if not duplicates_sha256:
        return report
    firsts = {(high, low): (line, first, at) for high, low, line, _, first, at in repeated.tolist()}
    urls = {first: other.url if (other := job.finished_report(first)) else f"shard {first}" for _, first, _ in firsts.values()}
    problems: list[Problem] = []
    parts: list[dict[str, str]] = []
    heights: dict[str, Any] = Counter()
    for part, names in enumerate(report.parts):
        built = {name: store.read_parquet(job.locate(file) or job.staging_path(file)) for name, file in names.items()}
        first_places = {name: firsts.get(article_key(name)) for name in built["articles"]["article_id"].to_list()}
        removed = {name: place for name, place in first_places.items() if place is not None}
        for name, (line, first, at) in removed.items():
            message = f"article id {name!r} is used in {urls[first]}:{at} too"
            problems.append(Problem(report.url, line, 1, "SB401", message))
        kept = {name: frame.filter(~pl.col("article_id").is_in(list(removed))) for name, frame in built.items()}
        parts.append(write_part(job, number, part, kept) if removed else names)
        for name, frame in kept.items():
            heights[name] += frame.height
        heights["words"] += int(kept["articles"]["n_words"].sum())
    refusals = [*report.refusals, write_refusals(job, number, "duplicates", problems)]
    codes = dict(sorted((Counter(report.refused) + Counter({"SB401": len(problems)})).items()))
    report = replace(report, refused=codes, refusals=refusals, parts=parts, duplicates=duplicates_sha256, **heights)
    report.write(job)
    return report
