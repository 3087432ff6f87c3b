"""A crawl to Parquet, shard by shard on any engine: each shard by itself, then what holds across shards, then the manifest.

Nothing is held in one process but a line for each shard. A shard that is done stays done, so that the same call again goes on
where the last one ended. What is run on an engine writes under `<into>/_job/` alone, in files named by their content, or by that
of which they are made; this process alone puts what counts in its place. So one that was taken for dead, and writes when all is
done, changes nothing there. `<into>/manifest.json` is written last: where it is, the frames beside it are whole.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from slantbank import frames
from slantbank.bank import Topic
from slantbank.crawl import _engine as engine
from slantbank.crawl import _shard as shard
from slantbank.crawl._shard import Job, Report
from slantbank.frames import schema, store
from slantbank.problem import Problem

Progress = Callable[[Iterable[Any], int, str], Iterable[Any]]
"""What a caller may put around the results of a stage, given their number and what they are, to see how far the work is."""

_TWIN = np.dtype([("high", "<u8"), ("low", "<u8"), ("line", "<u4"), ("shard", "<u4"), ("first", "<u4"), ("first_line", "<u4")])
_AT_ONCE = 2_000_000
"""How many keys a task compares."""


@dataclass(frozen=True)
class Result:
    """What became of a crawl: the reports of the shards that are done, and a problem for each that is not."""

    reports: tuple[Report, ...]
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

    def problems(self, into: str) -> Iterator[Problem]:
        """The problems for which records were refused, as the files in `<into>/refused/` have them, shard by shard."""
        for name in (name for one in self.reports for name in one.refusals):
            for row in map(json.loads, (store.text(f"{into}/{name}") or "").splitlines()):
                yield Problem(row["path"], row["line"], 1, row["code"], row["message"])

    def total(self, what: str) -> int:
        """The sum of a count of the reports."""
        return sum(getattr(one, what) for one in self.reports)


def _quiet(results: Iterable[Any], total: int, what: str) -> Iterable[Any]:
    return results


def build(
    shards: Sequence[str],
    into: str,
    topics: Iterable[Topic],
    *,
    topic: str | None = None,
    language: str = "en",
    run: engine.Run = engine.here,
    progress: Progress = _quiet,
) -> Result:
    """Build the shards (paths or URLs) to `<into>/<frame>/part-*.parquet`; `topic` and `language` are of records that name none.

    An id that several records have is the first one's, in the order of shards and lines; the others are refused. Raises
    ValueError if the topics break a rule, or `into` was begun with other shards or settings; FileExistsError if it holds
    something else; OSError if the engine is lost or nothing can be written, and ModuleNotFoundError if a package is missing where
    the work is done; the same call then goes on.
    """
    known = list(topics)
    registries = {name: frame for name, frame in frames.tabulate(known, []).items() if name not in shard.WRITTEN}
    for name, frame in registries.items():
        for failure in schema.failures(name, frame):
            raise ValueError(f"the topics break a rule of {name}: {failure.rule}: {frame.row(failure.row)}")
    job = Job(store.absolute(into), {one.id: one.title for one in known}, topic, language)
    _begin(job, shards)
    reports: dict[int, Report] = {}
    failed: list[Problem] = []
    for number, result in progress(run(partial(_build, job), list(enumerate(shards))), len(shards), "shards"):
        if isinstance(result, engine.Failure):
            failed.append(_failed(shards[number], result))
        else:
            reports[number] = result
    doubles, found = _find(job, reports, len(shards), run, progress)
    taken = {number for number, report in reports.items() if report.duplicates} | found
    todo = [(reports[number], doubles, len(shards)) for number in sorted(taken)]
    for index, result in progress(run(partial(_take_out, job), todo), len(todo), "shards with ids of others"):
        number = todo[index][0].number
        if isinstance(result, engine.Failure):
            failed.append(_failed(shards[number], result))
            del reports[number]
        else:
            reports[number] = result
    done = Result(tuple(reports[number] for number in sorted(reports)), tuple(sorted(failed)))
    _finish(job, registries, done, doubles)
    return done


def _build(job: Job, item: tuple[int, str]) -> Report:
    return shard.build(job, *item)


def _failed(url: str, failure: engine.Failure) -> Problem:
    """The problem of a shard that cannot be read. Raises OSError or ModuleNotFoundError if it is the environment's."""
    if failure.missing:
        raise ModuleNotFoundError(failure.reason, name=failure.missing)
    if failure.environment:
        raise OSError(f"{failure.reason}; what is done stays so, and the same call goes on from there")
    return Problem(url, 1, 1, "SB111", f"cannot be read: {failure.reason}")


def _begin(job: Job, shards: Sequence[str]) -> None:
    place = f"{job.into}/_job/job.json"
    listed = hashlib.sha256("\n".join(shards).encode()).hexdigest()
    own = json.dumps({**asdict(replace(job, into="")), "shards": listed, "batch": shard.BATCH}, sort_keys=True) + "\n"
    begun = store.text(place)
    if begun is None and not store.is_empty(job.into):
        raise FileExistsError(f"{job.into} holds something else")
    if begun not in (None, own):
        raise ValueError(f"{job.into} was begun with other shards, topics or settings, or another version; name another folder")
    store.write(place, own.encode())
    store.remove(f"{job.into}/manifest.json")


class _Doubles(NamedTuple):
    """The file that lists the keys of the shards, and in how many ranges they were compared."""

    listed: str
    slices: int

    def file(self, number: int) -> str:
        """The file of what was found in a range; a late worker writes that of another list, if the shards have changed since."""
        return f"{self.listed.removesuffix('.json')}-{number:03}.bin"

    @property
    def files(self) -> list[str]:
        return [self.file(number) for number in range(self.slices)]


def _find(job: Job, reports: dict[int, Report], count: int, run: engine.Run, progress: Progress) -> tuple[_Doubles, set[int]]:
    """Compare the keys of all shards, a task for each range of hashes, whose findings go to a file; and say which have twins."""
    slices = 1
    while slices < shard.SLOTS and sum(one.articles for one in reports.values()) / slices > _AT_ONCE:
        slices *= 2
    keys = [(number, reports[number].keys) for number in sorted(reports)]
    listed = job.make("twins/keys", ".json", json.dumps({"keys": keys, "slices": slices, "shards": count}).encode())
    doubles = _Doubles(listed, slices)
    found: set[int] = set()
    items = [(doubles, number, count) for number in range(slices)]
    for _, result in progress(run(partial(_twins, job), items), slices, "ranges of ids"):
        if isinstance(result, engine.Failure):
            raise OSError(f"the ids of the shards cannot be compared: {result.reason}")
        found.update(result)
    return doubles, found


def _twins(job: Job, item: tuple[_Doubles, int, int]) -> list[int]:
    """Write which keys of a range of hashes are in an earlier shard, too; returns the shards that they are in."""
    doubles, number, count = item
    names = json.loads(store.text(job.made(doubles.listed)) or "")["keys"]
    width = shard.SLOTS // doubles.slices
    wanted = [(job.made(name), number * width, (number + 1) * width) for _, name in names]
    keys = [
        pl.DataFrame({name: own[name] for name in shard.KEY.names or ()}).with_columns(shard=pl.lit(one, pl.UInt32))
        for (one, _), own in zip(names, _slots(wanted, shard.SLOTS, shard.KEY), strict=True)
    ]
    twins = (
        pl.concat(keys)
        .sort("high", "low", "shard")
        .with_columns(first=pl.col("shard").first().over("high", "low"), first_line=pl.col("line").first().over("high", "low"))
        .filter(pl.col("shard") != pl.col("first"))
        .sort("shard", "line")
        if keys
        else pl.DataFrame(schema=dict.fromkeys(_TWIN.names or (), pl.UInt32))
    )
    rows = np.empty(twins.height, _TWIN)
    for name in _TWIN.names or ():
        rows[name] = twins[name].to_numpy()
    store.write(job.made(doubles.file(number)), shard.slotted(rows, rows["shard"].astype(np.int64), count))
    return twins["shard"].unique().sort().to_list()


def _slots(wanted: list[tuple[str, int, int]], count: int, dtype: np.dtype[Any]) -> list[np.ndarray[Any, Any]]:
    """The records of slots `first` to `last` of each file that `shard.slotted` wrote with `count` slots."""
    urls = [url for url, _, _ in wanted]
    heads = store.ranges(urls, [4 * first for _, first, _ in wanted], [4 * (last + 1) for _, _, last in wanted])
    places = [np.frombuffer(head, "<u4").astype(np.int64) * dtype.itemsize + 4 * (count + 1) for head in heads]
    found = store.ranges(urls, [int(one[0]) for one in places], [int(one[-1]) for one in places])
    return [np.frombuffer(data, dtype) for data in found]


def _take_out(job: Job, item: tuple[Report, _Doubles, int]) -> Report:
    """Make the parts of a shard once more, without the articles whose ids an earlier shard has."""
    report, doubles, count = item
    number = report.number
    twins = np.concatenate(_slots([(job.made(name), number, number + 1) for name in doubles.files], count, _TWIN))
    mark = hashlib.sha256(np.sort(twins, order=["line"]).tobytes()).hexdigest() if len(twins) else ""
    if report.duplicates == mark:
        return report
    if report.duplicates:  # the other shards have changed since
        again = shard.build(job, number, report.url, anew=True)
        if again.sha256 != report.sha256:
            raise ValueError("the shard has changed while it was built")
        report = again
    if not mark:
        return report
    firsts = {(high, low): (line, first, at) for high, low, line, _, first, at in twins.tolist()}
    urls = {first: other.url if (other := job.done(first)) else f"shard {first}" for _, first, _ in firsts.values()}
    problems: list[Problem] = []
    parts: list[dict[str, str]] = []
    heights: dict[str, Any] = Counter()
    for count, names in enumerate(report.parts):
        built = {name: store.read_parquet(job.find(file) or job.made(file)) for name, file in names.items()}
        found = {name: firsts.get(shard.key(name)) for name in built["articles"]["article_id"].to_list()}
        gone = {name: place for name, place in found.items() if place is not None}
        for name, (line, first, at) in gone.items():
            message = f"article id {name!r} is used in {urls[first]}:{at} too"
            problems.append(Problem(report.url, line, 1, "SB401", message))
        kept = {name: frame.filter(~pl.col("article_id").is_in(list(gone))) for name, frame in built.items()}
        parts.append(shard.made(job, number, count, kept) if gone else names)
        for name, frame in kept.items():
            heights[name] += frame.height
        heights["words"] += int(kept["articles"]["n_words"].sum())
    refusals = [*report.refusals, shard.refused(job, number, "duplicates", problems)]
    refused = dict(sorted((Counter(report.refused) + Counter({"SB401": len(problems)})).items()))
    report = replace(report, refused=refused, refusals=refusals, parts=parts, duplicates=mark, **heights)
    report.write(job)
    return report


def _finish(job: Job, registries: dict[str, pl.DataFrame], done: Result, doubles: _Doubles) -> None:
    """Write the registries, put the files that the reports tell of in their places, remove all others, and write the manifest.

    What is to go goes first: nobody who reads meanwhile finds an article twice.
    """
    for name, frame in registries.items():
        store.write(f"{job.into}/{name}/part-00000-000.parquet", store.parquet(frame))
    told = {name for one in done.reports for name in one.files}
    folders = (*shard.WRITTEN, "refused")
    there = _swept(job.into, folders, told)
    store.move({job.made(name): f"{job.into}/{name}" for name in sorted(told - there)})
    _swept(job.made(""), (*folders, "keys", "twins"), {doubles.listed, *doubles.files, *(one.keys for one in done.reports)})
    for name in store.names(f"{job.into}/_job/done"):
        if name.startswith("."):  # where a process that was killed may have left what it was writing
            store.remove(f"{job.into}/_job/done/{name}")
    manifest = {
        "complete": not done.failed,
        **{what: done.total(what) for what in ("articles", "sentences", "words")},
        "refused": dict(done.refused),
        "ignored": dict(done.ignored),
        "passed_over": dict(done.passed_over),
        "failed": [{"url": one.path, "message": one.message} for one in done.failed],
        "shards": [asdict(one) for one in done.reports],
    }
    store.write(f"{job.into}/manifest.json", (json.dumps(manifest, indent=1) + "\n").encode())


def _swept(place: str, folders: Iterable[str], told: set[str]) -> set[str]:
    """Remove the files in folders that nobody tells of, and return the others."""
    found = {f"{folder}/{name}" for folder in folders for name in store.names(f"{place.rstrip('/')}/{folder}")}
    for name in found - told:
        store.remove(f"{place.rstrip('/')}/{name}")
    return found & told
