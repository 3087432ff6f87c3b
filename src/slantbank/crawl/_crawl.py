"""A crawl to Parquet, shard by shard on any engine: each shard by itself, then what holds across shards, then the manifest.

Nothing is held in one process but a line for each shard. A shard that is done stays done, so that the same call again goes on
where the last one ended. What is run on an engine writes under `<into>/_job/` alone, in files named by their content, or by that
of which they are made; this process alone puts what counts in its place. So one that was taken for dead, and writes when all is
done, changes nothing there. `<into>/manifest.json` is written last: where it is, the frames beside it are whole.
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
    """What became of a crawl: the reports of the shards that are done, and a problem for each that is not."""

    reports: tuple[ShardReport, ...]
    failed: tuple[Problem, ...]

    @property
    def refused(self) -> Counter[str]:
        """How many records were refused, by the code of the rule."""
        return sum((Counter(one.refused) for one in self.reports), Counter())

    @property
    def ignored(self) -> Counter[str]:
        """How many records have a key that is not of the form."""
        return sum((Counter(one.ignored) for one in self.reports), Counter())

    @property
    def passed_over(self) -> Counter[str]:
        """How many records of WARC files hold no page, by what they are."""
        return sum((Counter(one.passed_over) for one in self.reports), Counter())

    @property
    def remarked(self) -> Counter[str]:
        """How many articles are odd in some way that their notes say, by kind."""
        return sum((Counter(one.remarked) for one in self.reports), Counter())

    def problems(self, into: str) -> Iterator[Problem]:
        """The problems for which records were refused, as the files in `<into>/refused/` have them, shard by shard."""
        for name in (name for one in self.reports for name in one.refusals):
            for row in map(json.loads, (store.text(f"{into}/{name}") or "").splitlines()):
                yield Problem(row["path"], row["line"], 1, row["code"], row["message"])

    def total(self, what: str) -> int:
        """The sum of a count of the reports."""
        return sum(getattr(one, what) for one in self.reports)


def _no_progress(results: Iterable[Any], total: int, what: str) -> Iterable[Any]:
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
    """Build the shards (paths or URLs) to `<into>/<frame>/part-*.parquet`; `topic` and `language` are of records that name none.

    An id that several records have is the first one's, in the order of shards and lines; the others are refused. Raises
    ValueError if the topics break a rule, or `into` was begun with other shards or settings; FileExistsError if it holds
    something else; OSError if the engine is lost or nothing can be written, and ModuleNotFoundError if a package is missing where
    the work is done; the same call then goes on.
    """
    known = list(topics)
    registries = {name: frame for name, frame in frames.tabulate(known, []).items() if name not in WRITTEN}
    for name, frame in registries.items():
        for failure in schema.failures(name, frame):
            raise ValueError(f"the topics break a rule of {name}: {failure.rule}: {frame.row(failure.row)}")
    job = Job(store.absolute(into), {one.id: topic_columns(one) for one in known}, topic, language)
    _start_job(job, shards)
    reports: dict[int, ShardReport] = {}
    failed: list[Problem] = []
    for number, result in progress(run(partial(_build_shard, job), list(enumerate(shards))), len(shards), "shards"):
        if isinstance(result, engine.TaskFailure):
            failed.append(_shard_problem(shards[number], result))
        else:
            reports[number] = result
    duplicates, having = find_duplicates(job, reports, len(shards), run, progress)
    taken = {number for number, report in reports.items() if report.duplicates} | having
    todo = [(reports[number], duplicates, len(shards)) for number in sorted(taken)]
    for index, result in progress(run(partial(remove_duplicates, job), todo), len(todo), "shards with ids of others"):
        number = todo[index][0].number
        if isinstance(result, engine.TaskFailure):
            failed.append(_shard_problem(shards[number], result))
            del reports[number]
        else:
            reports[number] = result
    done = Result(tuple(reports[number] for number in sorted(reports)), tuple(sorted(failed)))
    _finish_job(job, registries, done, duplicates)
    return done


def topic_columns(topic: Topic) -> dict[str, str | None]:
    """What the frames say of a topic in each row of its articles, by column."""
    own = {"axis": topic.axis, "collection": topic.collection, "split": topic.split.value}
    return {"topic_title": topic.title, **own}


def _build_shard(job: Job, item: tuple[int, str]) -> ShardReport:
    return shard.build_shard(job, *item)


def _shard_problem(url: str, failure: engine.TaskFailure) -> Problem:
    """The problem of a shard that cannot be read. Raises OSError or ModuleNotFoundError if it is the environment's."""
    if failure.missing:
        raise ModuleNotFoundError(failure.reason, name=failure.missing)
    if failure.environment:
        raise OSError(f"{failure.reason}; what is done stays so, and the same call goes on from there")
    return Problem(url, 1, 1, "SB111", f"cannot be read: {failure.reason}")


def _start_job(job: Job, shards: Sequence[str]) -> None:
    place = f"{job.into}/_job/job.json"
    listed = hashlib.sha256("\n".join(shards).encode()).hexdigest()
    own = json.dumps({**asdict(replace(job, into="")), "shards": listed, "batch": shard.BATCH}, sort_keys=True) + "\n"
    begun = store.text(place)
    if begun is None and not store.is_empty(job.into):
        raise FileExistsError(f"{job.into} holds something else")
    if begun not in (None, own):
        raise ValueError(f"{job.into} was begun with other shards, topics or settings, or another version; name another folder")
    job.write(place, own.encode())
    store.remove(f"{job.into}/manifest.json")


def _finish_job(job: Job, registries: dict[str, pl.DataFrame], done: Result, duplicates: Duplicates) -> None:
    """Write the registries, put the files that the reports list in place, remove all others, and write the manifest.

    What is to go goes first: nobody who reads meanwhile finds an article twice.
    """
    for name, frame in registries.items():
        store.write(f"{job.into}/{name}/part-00000-000.parquet", store.parquet(frame), job.into)
    told = {name for one in done.reports for name in one.files}
    folders = (*WRITTEN, "refused")
    there = _remove_unlisted(job.into, folders, told)
    store.move({job.made(name): f"{job.into}/{name}" for name in sorted(told - there)})
    _remove_unlisted(
        job.made(""), (*folders, "keys", "duplicates"), {duplicates.listed, *duplicates.files, *(one.keys for one in done.reports)}
    )
    store.sweep(f"{job.into}/_job")
    heights = {"sentences": done.total("sentences"), "articles": done.total("articles")}
    contents = {name: (heights[name], "\n".join(sorted(one for one in told if one.startswith(f"{name}/")))) for name in WRITTEN}
    contents |= {name: (frame.height, str(frame.to_dicts())) for name, frame in registries.items()}
    card.write(job.into, {name: contents[name] for name in FRAMES if contents[name][0]})
    manifest = {
        "complete": not done.failed,
        **{what: done.total(what) for what in ("articles", "sentences", "words")},
        "refused": dict(done.refused),
        "ignored": dict(done.ignored),
        "passed_over": dict(done.passed_over),
        "remarked": dict(done.remarked),
        "failed": [{"url": one.path, "message": one.message} for one in done.failed],
        "shards": [asdict(one) for one in done.reports],
    }
    store.write(f"{job.into}/manifest.json", (json.dumps(manifest, indent=1) + "\n").encode(), job.into)


def _remove_unlisted(place: str, folders: Iterable[str], told: set[str]) -> set[str]:
    """Remove the files in folders that no report lists, and return the others."""
    found = {f"{folder}/{name}" for folder in folders for name in store.names(f"{place.rstrip('/')}/{folder}")}
    for name in found - told:
        store.remove(f"{place.rstrip('/')}/{name}")
    return found & told
