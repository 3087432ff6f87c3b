"""Build a crawl to Parquet on any engine: shard by shard, then duplicate ids across shards, then the manifest.

This process holds only a report for each shard. A finished shard stays finished, so that the same call again continues where
the last one ended. Tasks on the engine write only under `<into>/_job/`, to files named by a hash of their content or input, and
only this process moves files to their final places. So a worker that was given up, and writes after the end, changes no result.
`<into>/manifest.json` is written last: if it exists, the frames beside it are complete.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import polars as pl

from slantbank import frames
from slantbank.bank import Topic
from slantbank.codebook import FRAMES
from slantbank.crawl import _card as card
from slantbank.crawl import _engine as engine
from slantbank.crawl import _shard as shard
from slantbank.crawl._duplicates import Duplicates, Progress, find_duplicates, remove_duplicates
from slantbank.crawl._job import WRITTEN, Job, ShardReport
from slantbank.frames import schema, store
from slantbank.problem import Problem


@dataclass(frozen=True)
class Result:
    """The result of a crawl: the reports of the finished shards, and a problem for each shard that failed."""

    reports: tuple[ShardReport, ...]
    failed: tuple[Problem, ...]

    @property
    def refused(self) -> Counter[str]:
        """The number of refused records, by the code of the rule."""
        return sum((Counter(report.refused) for report in self.reports), Counter())

    @property
    def ignored(self) -> Counter[str]:
        """The number of records with a key that `Record` lacks, by the key."""
        return sum((Counter(report.ignored) for report in self.reports), Counter())

    @property
    def passed_over(self) -> Counter[str]:
        """The number of WARC records that hold no page, by their type."""
        return sum((Counter(report.passed_over) for report in self.reports), Counter())

    @property
    def remarked(self) -> Counter[str]:
        """The number of articles with an anomaly, by its kind; the articles' notes describe it."""
        return sum((Counter(report.remarked) for report in self.reports), Counter())

    def problems(self, into: str) -> Iterator[Problem]:
        """The problems of refused records, read from the files in `<into>/refused/`, shard by shard."""
        for name in (name for report in self.reports for name in report.refusals):
            for row in map(json.loads, (store.text(f"{into}/{name}") or "").splitlines()):
                yield Problem(row["path"], row["line"], 1, row["code"], row["message"])

    def total(self, count: str) -> int:
        """The sum of a count, such as "articles", over the reports."""
        return sum(getattr(report, count) for report in self.reports)


def _no_progress(results: Iterable[Any], total: int, description: str) -> Iterable[Any]:
    return results


def build(
    shards: Sequence[str],
    into: str,
    topics: Iterable[Topic],
    *,
    topic: str | None = None,
    language: str = "en",
    run: engine.Engine = engine.run_in_process,
    progress: Progress = _no_progress,
) -> Result:
    """Build the shards (paths or URLs) to `<into>/<frame>/part-*.parquet`; `topic` and `language` are defaults for records.

    If several records have the same id, the first in the order of shards and lines is kept and the others are refused. Raises
    ValueError if the topics break a rule, or `into` was begun with other shards or settings; FileExistsError if it holds
    something else; OSError if the engine is lost or nothing can be written; ModuleNotFoundError if a package is missing where
    the work is done. After an error, the same call continues.
    """
    topics_ = list(topics)
    registries = {name: frame for name, frame in frames.tabulate(topics_, []).items() if name not in WRITTEN}
    for name, frame in registries.items():
        for failure in schema.failures(name, frame):
            raise ValueError(f"the topics break a rule of {name}: {failure.rule}: {frame.row(failure.row)}")
    job = Job(store.absolute(into), {topic_.id: topic_columns(topic_) for topic_ in topics_}, topic, language)
    _start_job(job, shards)
    reports: dict[int, ShardReport] = {}
    failed: list[Problem] = []
    for number, result in progress(run(partial(_build_shard, job), list(enumerate(shards))), len(shards), "shards"):
        if isinstance(result, engine.TaskFailure):
            failed.append(_shard_problem(shards[number], result))
        else:
            reports[number] = result
    duplicates, with_duplicates = find_duplicates(job, reports, len(shards), run, progress)
    with_duplicates |= {number for number, report in reports.items() if report.duplicates}
    todo = [(reports[number], duplicates, len(shards)) for number in sorted(with_duplicates)]
    for index, result in progress(run(partial(remove_duplicates, job), todo), len(todo), "shards with ids of others"):
        number = todo[index][0].number
        if isinstance(result, engine.TaskFailure):
            failed.append(_shard_problem(shards[number], result))
            del reports[number]
        else:
            reports[number] = result
    whole = Result(tuple(reports[number] for number in sorted(reports)), tuple(sorted(failed)))
    _finish_job(job, registries, whole, duplicates)
    return whole


def topic_columns(topic: Topic) -> dict[str, str | None]:
    """The columns of a topic that every row of its articles has."""
    return {"topic_title": topic.title, "axis": topic.axis, "collection": topic.collection, "split": topic.split.value}


def _build_shard(job: Job, item: tuple[int, str]) -> ShardReport:
    return shard.build_shard(job, *item)


def _shard_problem(url: str, failure: engine.TaskFailure) -> Problem:
    """The problem of a shard that cannot be read. Raises OSError or ModuleNotFoundError if the environment is at fault."""
    if failure.missing:
        raise ModuleNotFoundError(failure.reason, name=failure.missing)
    if failure.environment:
        raise OSError(f"{failure.reason}; finished shards are kept, and the same call continues")
    return Problem(url, 1, 1, "SB111", f"cannot be read: {failure.reason}")


def _start_job(job: Job, shards: Sequence[str]) -> None:
    """Write `_job/job.json`, or compare it with the job that was begun in this folder."""
    path = f"{job.into}/_job/job.json"
    shards_sha256 = hashlib.sha256("\n".join(shards).encode()).hexdigest()
    content = json.dumps({**asdict(replace(job, into="")), "shards": shards_sha256, "batch": shard.BATCH}, sort_keys=True) + "\n"
    existing = store.text(path)
    if existing is None and not store.is_empty(job.into):
        raise FileExistsError(f"{job.into} holds something else")
    if existing not in (None, content):
        raise ValueError(f"{job.into} was begun with other shards, topics or settings, or another version; name another folder")
    job.write(path, content.encode())
    store.remove(f"{job.into}/manifest.json")


def _finish_job(job: Job, registries: dict[str, pl.DataFrame], result: Result, duplicates: Duplicates) -> None:
    """Write the registries, move the files that the reports list into place, remove all others, and write the manifest.

    Files are removed before others are moved in, so that no reader finds an article twice meanwhile.
    """
    for name, frame in registries.items():
        store.write(f"{job.into}/{name}/part-00000-000.parquet", store.parquet(frame), job.into)
    listed = {name for report in result.reports for name in report.files}
    folders = (*WRITTEN, "refused")
    in_place = _remove_unlisted(job.into, folders, listed)
    store.move({job.staging_path(name): f"{job.into}/{name}" for name in sorted(listed - in_place)})
    _remove_unlisted(
        job.staging_path(""),
        (*folders, "keys", "duplicates"),
        {duplicates.key_list, *duplicates.range_files, *(report.keys for report in result.reports)},
    )
    store.sweep(f"{job.into}/_job")
    heights = {"sentences": result.total("sentences"), "articles": result.total("articles")}
    contents = {
        frame: (heights[frame], "\n".join(sorted(name for name in listed if name.startswith(f"{frame}/")))) for frame in WRITTEN
    }
    contents |= {name: (frame.height, str(frame.to_dicts())) for name, frame in registries.items()}
    card.write(job.into, {name: contents[name] for name in FRAMES if contents[name][0]})
    manifest = {
        "complete": not result.failed,
        **{count: result.total(count) for count in ("articles", "sentences", "words")},
        "refused": dict(result.refused),
        "ignored": dict(result.ignored),
        "passed_over": dict(result.passed_over),
        "remarked": dict(result.remarked),
        "failed": [{"url": problem.path, "message": problem.message} for problem in result.failed],
        "shards": [asdict(report) for report in result.reports],
    }
    store.write(f"{job.into}/manifest.json", (json.dumps(manifest, indent=1) + "\n").encode(), job.into)


def _remove_unlisted(root: str, folders: Iterable[str], keep: set[str]) -> set[str]:
    """Remove the files in folders below `root` that are not in `keep`, and return the names of the others."""
    existing = {f"{folder}/{name}" for folder in folders for name in store.names(f"{root.rstrip('/')}/{folder}")}
    for name in existing - keep:
        store.remove(f"{root.rstrip('/')}/{name}")
    return existing & keep
