"""Build a shard of a crawl to Parquet: read records, segment articles, build and validate frames, refuse invalid articles.

`build_shard` depends on the shard alone, so that any engine can run it anywhere: the same shard gives the same files. It writes
parts of the frames, refusals and keys under `<into>/_job/made/`, each file named by a hash of its content, so that a late worker
changes no existing file. The report is written last, and says that the shard is finished.
"""

from collections import Counter
from itertools import islice

import polars as pl

from slantbank.crawl._columns import build_frames, find_violations
from slantbank.crawl._job import VERSION, Job, ShardReport, write_part, write_refusals
from slantbank.crawl._keys import article_key, key_array, pack_slots
from slantbank.crawl._records import CrawledArticle, HashingReader, read_articles
from slantbank.frames import store
from slantbank.problem import Problem

BATCH = 25_000
"""The most articles of a part; memory holds one part."""


def build_shard(job: Job, number: int, url: str, *, anew: bool = False) -> ShardReport:
    """Build the shard at `url`, the `number`-th of the job, and return its report.

    A finished shard that has not changed since is not built again, unless `anew`.

    Raises OSError, EOFError or ValueError if the shard cannot be read, store.OutputError if a result cannot be written; the
    shard then stays unfinished.
    """
    if job.version != VERSION:
        raise store.OutputError(f"this worker runs slantbank {VERSION}, the job {job.version}")
    report = ShardReport(number, url, store.stamp(url))
    if not anew and (finished := _finished_report(job, report)):
        return finished
    problems: list[Problem] = []
    keys: dict[tuple[int, int], int] = {}
    content = HashingReader(url)
    with content:
        articles = read_articles(job, url, content, report, keys, problems)
        while batch := list(islice(articles, BATCH)):
            frames = build_frames(job, batch)
            frames = _drop_articles(frames, find_violations(frames), batch, keys, url, problems)
            report.parts.append(write_part(job, number, len(report.parts), frames))
            report.articles += frames["articles"].height
            report.sentences += frames["sentences"].height
            report.words += int(frames["articles"]["n_words"].sum())
    report.sha256, report.bytes = content.digest.hexdigest(), content.size
    report.refused = dict(sorted(Counter(problem.code for problem in problems).items()))
    report.ignored = dict(sorted(report.ignored.items()))
    report.passed_over = dict(sorted(report.passed_over.items()))
    report.remarked = dict(sorted(report.remarked.items()))
    if problems:
        report.refusals.append(write_refusals(job, number, "part", problems))
    report.keys = job.stage(f"keys/{number:05}", ".bin", pack_slots(key_array(keys)))
    report.write(job)
    return report


def _finished_report(job: Job, report: ShardReport) -> ShardReport | None:
    """The existing report on the same, unchanged shard; None if there is none, or its files have been removed."""
    finished = job.finished_report(report.number)
    if finished is None or (finished.url, finished.stamp) != (report.url, report.stamp):
        return None
    return finished if all(map(job.locate, [*finished.files, finished.keys])) else None


def _drop_articles(
    frames: dict[str, pl.DataFrame],
    violations: dict[str, tuple[str, str]],
    batch: list[CrawledArticle],
    keys: dict[tuple[int, int], int],
    url: str,
    problems: list[Problem],
) -> dict[str, pl.DataFrame]:
    """The frames without invalid articles, whose violations are added to `problems`."""
    if not violations:
        return frames
    for article in batch:
        if article.id in violations:
            code, message = violations[article.id]
            problems.append(Problem(url, article.line, 1, code, f"article {article.id!r}: {message}"))
            del keys[article_key(article.id)]
    return {name: frame.filter(~pl.col("article_id").is_in(list(violations))) for name, frame in frames.items()}
