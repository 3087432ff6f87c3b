"""Building a crawl: articles of plain text in JSON Lines to segmented, valid Parquet; `python -m benchmarks.building` runs these.

Each case is a function as in `benchmarks.work`: it prepares its data, times itself, and is run in a process of its own.
"""

import argparse
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SHARD = 10_000
_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "slantbank-benchmarks"

_WHO = (
    "the council",
    "Mr. Hale",
    "a spokesman for the mill",
    "Dr. J. P. Lorne",
    "the union",
    "residents of St. Anne",
    "the U.S. envoy",
)
_DID = ("closed", "praised", "put off", "voted down", "paid for", "wrote about", "walked away from", "set out")
_WHAT = (
    "the bridge",
    "a plan of about 3.5 million",
    "the talks",
    "its own report",
    "the vote",
    "an older promise",
    "the harbour works",
)
_WHEN = ("on Monday", "at 10 a.m.", "after two years", "before the hearing", "in the spring of 2017", "once more", "without a word")
_MORE = ("", "", ", officials said", ", by its own count", " – a first", ", which few had expected", ", No. 4 on the list")


def _sentence(draw: random.Random) -> str:
    text = f"{draw.choice(_WHO)} {draw.choice(_DID)} {draw.choice(_WHAT)} {draw.choice(_WHEN)}{draw.choice(_MORE)}"
    if draw.random() < 0.4:
        text += f", and {draw.choice(_WHO)} {draw.choice(_DID)} {draw.choice(_WHAT)} {draw.choice(_WHEN)}"
    text = text[0].upper() + text[1:]
    kind = draw.random()
    if kind < 0.2:
        return f"“{text},” {draw.choice(_WHO)} said."
    return text + ("?" if kind < 0.24 else ".")


def corpus(size: int) -> list[Path]:
    """`size` made-up articles of about 14 sentences, in shards; always the same, and kept beside the user's other caches."""
    folder = _CACHE / f"crawl-{size}"
    shards = [folder / f"{number:05}.jsonl" for number in range(-(-size // SHARD))]
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(dir=folder.parent))
        for number, shard in enumerate(shards):
            draw = random.Random(number)
            with (staging / shard.name).open("w", encoding="utf-8") as file:
                for one in range(number * SHARD, min(size, (number + 1) * SHARD)):
                    paragraphs = [" ".join(_sentence(draw) for _ in range(draw.randint(1, 4))) for _ in range(draw.randint(3, 7))]
                    title = _sentence(draw).rstrip(".")
                    record = {"id": f"article-{one:08}", "title": title, "text": "\n".join(paragraphs), "published": "2017-07-03"}
                    file.write(json.dumps(record, ensure_ascii=False) + "\n")
        staging.rename(folder)
    return shards


def _ours(folder: Path, size: int, engine: str, workers: int) -> float:
    from slantbank import crawl
    from slantbank import engine as engines
    from slantbank.topic import Topic

    shards = [str(shard) for shard in corpus(size)]
    out = folder / f"{engine}-{workers}"
    shutil.rmtree(out, ignore_errors=True)
    topics = [Topic(id="crawl", title="A crawl")]
    start = time.perf_counter()
    with engines.dask(None, workers) if engine == "dask" else engines.local(workers) as run:
        began = time.perf_counter()
        done = crawl.build(shards, str(out), topics, topic="crawl", run=run)
    seconds = time.perf_counter() - (began if engine == "dask" else start)
    assert done.total("articles") == size
    return seconds


def build_one_core(folder: Path, size: int) -> float:
    """`slantbank build` on one core."""
    return _ours(folder, size, "local", 1)


def build_two_cores(folder: Path, size: int) -> float:
    """`slantbank build`, a pool of two processes, their start counted."""
    return _ours(folder, size, "local", 2)


def build_dask_1(folder: Path, size: int) -> float:
    """Dask, one worker process, the start of the cluster not counted."""
    return _ours(folder, size, "dask", 1)


def build_dask_2(folder: Path, size: int) -> float:
    """Dask, two worker processes."""
    return _ours(folder, size, "dask", 2)


def build_dask_4(folder: Path, size: int) -> float:
    """Dask, four worker processes."""
    return _ours(folder, size, "dask", 4)


def build_bare(folder: Path, size: int) -> float:
    """json, sentencex a paragraph at a time, offsets, polars to Parquet; nothing validated, on one core."""
    os.environ["POLARS_MAX_THREADS"] = "1"
    import polars as pl
    import sentencex

    shards = corpus(size)
    start = time.perf_counter()
    for shard in shards:
        columns: dict[str, list[object]] = {
            name: [] for name in ("article_id", "n", "unit", "paragraph", "start", "end", "text", "n_words")
        }
        articles = []
        with shard.open(encoding="utf-8") as file:
            for row in file:
                record = json.loads(row)
                n = at = 0
                for number, paragraph in enumerate([record["title"], *record["text"].split("\n")]):
                    at += number > 0
                    for piece in sentencex.segment("en", paragraph) if number else [paragraph]:
                        text = piece.strip()
                        values = (
                            record["id"],
                            n,
                            "body" if number else "headline",
                            number,
                            at,
                            at + len(text),
                            text,
                            len(text.split()),
                        )
                        for column, value in zip(columns.values(), values, strict=True):
                            column.append(value)
                        at += len(text) + 1
                        n += 1
                articles.append({"article_id": record["id"], "title": record["title"], "published": record["published"], "n": n})
        for name, data in (("sentences", columns), ("articles", articles)):
            pl.DataFrame(data).write_parquet(folder / f"{shard.stem}.{name}.parquet", compression="zstd")
    return time.perf_counter() - start


def build_spacy(folder: Path, size: int) -> float:
    """What people write: pandas, spaCy's rule-based sentencizer an article at a time, `to_parquet`; a tenth timed, times ten."""
    import pandas as pd
    import spacy

    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    shards = corpus(size)
    part = shards[: max(1, len(shards) // 10)]
    start = time.perf_counter()
    for shard in part:
        frame = pd.read_json(shard, lines=True)
        rows = []
        for row, doc in zip(frame.itertuples(), nlp.pipe(frame["text"]), strict=True):
            for n, sentence in enumerate(doc.sents):
                rows.append(
                    {
                        "article_id": row.id,
                        "n": n,
                        "start": sentence.start_char,
                        "end": sentence.end_char,
                        "text": sentence.text,
                        "n_words": len(sentence.text.split()),
                    }
                )
        pd.DataFrame(rows).to_parquet(folder / f"{shard.stem}.parquet", compression="zstd")
    return (time.perf_counter() - start) * len(shards) / len(part)


CASES: tuple[tuple[str, str, str, int, int], ...] = (
    ("build of a crawl, 1 core (articles)", "build_one_core", "build_bare", 200_000, 10_000),
    ("build of a crawl, 2 cores", "build_two_cores", "build_one_core", 200_000, 20_000),
    ("build of a crawl, 1 core, and what people write", "build_one_core", "build_spacy", 200_000, 10_000),
    ("build of a crawl, dask, 1 worker", "build_dask_1", "build_one_core", 200_000, 20_000),
    ("build of a crawl, dask, 2 workers", "build_dask_2", "build_dask_1", 200_000, 20_000),
    ("build of a crawl, dask, 4 workers on 2 cores", "build_dask_4", "build_dask_1", 200_000, 20_000),
)
"""Name, ours, what it is set beside, size, and size when quick."""


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.building")
    parser.add_argument("--size", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="*", help="names of functions")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        seconds = globals()[given.one](given.folder, given.size)
        own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        cpu = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
        print(seconds, cpu, max(own.ru_maxrss, children.ru_maxrss) / 1024)
        return
    corpus(given.size)
    cases = given.only or list(dict.fromkeys(name for case in CASES for name in case[1:3]))
    found: dict[str, list[list[float]]] = {name: [] for name in cases}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(given.runs):
            for name in cases:  # in turn, so that what else the machine does falls on all alike
                command = [
                    sys.executable,
                    "-m",
                    "benchmarks.building",
                    "--one",
                    name,
                    "--size",
                    str(given.size),
                    "--folder",
                    folder,
                ]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                found[name].append([float(one) for one in done.stdout.split()[-3:]])
                print(f"{name}: {found[name][-1]}", file=sys.stderr)
    print(f"| {given.size:,} articles | s | CPU s | MB | articles a second |\n| --- | --- | --- | --- | --- |")
    for name, runs in found.items():
        seconds, cpu, peak = (statistics.median(one) for one in zip(*runs, strict=True))
        what = (globals()[name].__doc__ or "").rstrip(".")
        print(f"| {what} | {seconds:.1f} | {cpu:.1f} | {peak:.0f} | {given.size / seconds:,.0f} |")


if __name__ == "__main__":
    _main()
