"""A shard of a crawl to Parquet: its plain articles segmented, laid out as the schema says, validated; what breaks a rule is named.

`build_shard` is a function of a shard and nothing else, which any engine can run anywhere: the same shard gives the same files. It
writes them under `<into>/_job/made/`, each named by its content, so that whoever writes, however late, changes no file that is
there: the parts of the frames, what it refused, the keys; and last of all the report, which says that the shard is done.
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
"""How many articles a part has at most; memory holds one part."""


def build_shard(job: Job, number: int, url: str, *, anew: bool = False) -> ShardReport:
    """Build the shard at `url`, the `number`-th of the job, and report.

    A shard that is done and has not changed since is kept, unless it is to be built `anew`.

    Raises OSError, EOFError or ValueError for a shard that cannot be read, store.OutputError for a result that cannot be
    written; then the shard is not done.
    """
    if job.version != VERSION:
        raise store.OutputError(f"this worker runs slantbank {VERSION}, the job {job.version}")
    report = ShardReport(number, url, store.stamp(url))
    if not anew and (done := _finished_report(job, report)):
        return done
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
    report.keys = job.make(f"keys/{number:05}", ".bin", pack_slots(key_array(keys)))
    report.write(job)
    return report


def _finished_report(job: Job, report: ShardReport) -> ShardReport | None:
    """The report on the same shard with the same content, if it is done; not that of a late worker whose files were removed."""
    found = job.done(report.number)
    if found is None or (found.url, found.stamp) != (report.url, report.stamp):
        return None
    return found if all(map(job.find, [*found.files, found.keys])) else None


def _drop_articles(
    frames: dict[str, pl.DataFrame],
    bad: dict[str, tuple[str, str]],
    batch: list[CrawledArticle],
    keys: dict[tuple[int, int], int],
    url: str,
    problems: list[Problem],
) -> dict[str, pl.DataFrame]:
    """The frames without the articles that break a rule, which go to `problems`."""
    if not bad:
        return frames
    for one in batch:
        if one.id in bad:
            code, message = bad[one.id]
            problems.append(Problem(url, one.line, 1, code, f"article {one.id!r}: {message}"))
            del keys[article_key(one.id)]
    return {name: frame.filter(~pl.col("article_id").is_in(list(bad))) for name, frame in frames.items()}
