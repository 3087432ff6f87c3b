"""Benchmark of building a crawl: plain text in JSON Lines to segmented, valid Parquet; on one core, on two, and on Dask."""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from benchmarks import corpus
from benchmarks.case import Case, Peer, needs


def one_core(shards: Path, size: int) -> float:
    """`slantbank build` of the shards on one core."""
    _alone()
    return _built(shards, size, "local", 1)


def two_cores(shards: Path, size: int) -> float:
    """`slantbank build` with a pool of two processes, their start counted."""
    return _built(shards, size, "local", 2)


@needs("distributed")
def dask_1(shards: Path, size: int) -> float:
    """Dask with one worker process, the start of the cluster not counted."""
    return _built(shards, size, "dask", 1)


@needs("distributed")
def dask_2(shards: Path, size: int) -> float:
    """Dask with two worker processes."""
    return _built(shards, size, "dask", 2)


@needs("distributed")
def dask_4(shards: Path, size: int) -> float:
    """Dask with four worker processes."""
    return _built(shards, size, "dask", 4)


def _alone() -> None:
    """Keep this process to one core."""
    os.environ["POLARS_MAX_THREADS"] = "1"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def _built(shards: Path, size: int, engine: str, workers: int) -> float:
    from slantbank import crawl
    from slantbank.bank import Topic
    from slantbank.crawl import engine as engines

    out = Path(tempfile.mkdtemp(dir=shards.parent))
    try:
        start = time.perf_counter()
        with engines.dask(None, workers) if engine == "dask" else engines.process_pool(workers) as run:
            if engine == "dask":
                start = time.perf_counter()
            topics = [Topic(id="crawl", title="A crawl")]
            report = crawl.build(sorted(map(str, shards.iterdir())), str(out / "built"), topics, topic="crawl", run=run)
            seconds = time.perf_counter() - start
        assert report.total("articles") == size
    finally:
        shutil.rmtree(out)
    return seconds


def bare(shards: Path, _: int) -> float:
    """json, sentencex a paragraph at a time, offsets, polars to Parquet; nothing validated, on one core."""
    _alone()
    return _bare(shards, lambda file: map(json.loads, file))


@needs("warcio")
def bare_texts(shards: Path, _: int) -> float:
    """`warcio`, then the same."""
    _alone()
    return _bare(shards, lambda file: _records(file, "conversion", lambda text: text.decode()))


@needs("warcio", "trafilatura")
def bare_pages(shards: Path, _: int) -> float:
    """`warcio` and `trafilatura.extract`, which here finds no metadata, then the same."""
    _alone()
    import trafilatura

    return _bare(shards, lambda file: _records(file, "response", lambda page: trafilatura.extract(page, include_comments=False)))


def _records(file: Any, kind: str, text: Callable[[bytes], str | None]) -> Iterator[dict[str, Any]]:
    """The records of a kind in a WARC."""
    from warcio.archiveiterator import ArchiveIterator

    for record in ArchiveIterator(file):
        if record.rec_type == kind:
            url = record.rec_headers.get_header("WARC-Target-URI")
            yield {"id": url, "outlet": "", "text": text(record.content_stream().read()) or ""}


def _bare(shards: Path, records: Callable[[Any], Iterable[dict[str, Any]]]) -> float:
    import polars as pl
    import sentencex

    out = Path(tempfile.mkdtemp(dir=shards.parent))
    start = time.perf_counter()
    for shard in sorted(shards.iterdir()):
        names = ("article_id", "n", "unit", "paragraph", "start", "end", "text", "n_words")
        columns: dict[str, list[object]] = {name: [] for name in names}
        articles = []
        with shard.open("rb") as file:
            for record in records(file):
                n = at = 0
                for number, paragraph in enumerate(filter(None, record["text"].split("\n"))):
                    at += number > 0
                    for piece in sentencex.segment("en", paragraph) if number else [paragraph]:
                        text = piece.strip()
                        unit = "body" if number else "headline"
                        values = (record["id"], n, unit, number, at, at + len(text), text, len(text.split()))
                        for column, value in zip(columns.values(), values, strict=True):
                            column.append(value)
                        at += len(text) + 1
                        n += 1
                articles.append({"article_id": record["id"], "outlet": record["outlet"], "n": n})
        for name, data in (("sentences", columns), ("articles", articles)):
            pl.DataFrame(data).write_parquet(out / f"{shard.stem}.{name}.parquet", compression="zstd")
    seconds = time.perf_counter() - start
    shutil.rmtree(out)
    return seconds


@needs("spacy", "pandas")
def spacy(shards: Path, _: int) -> float:
    """What people write: pandas, spaCy's rule-based sentencizer an article at a time, `to_parquet`."""
    import pandas as pd
    import spacy as nlp

    pipe = nlp.blank("en")
    pipe.add_pipe("sentencizer")
    out = Path(tempfile.mkdtemp(dir=shards.parent))
    start = time.perf_counter()
    for shard in sorted(shards.iterdir()):
        frame = pd.read_json(shard, lines=True)
        rows = []
        for row, doc in zip(frame.itertuples(), pipe.pipe(frame["text"]), strict=True):
            for n, sentence in enumerate(doc.sents):
                offsets = {"start": sentence.start_char, "end": sentence.end_char}
                rows.append({"article_id": row.id, "n": n, **offsets, "text": sentence.text, "n_words": len(sentence.text.split())})
        pd.DataFrame(rows).to_parquet(out / f"{shard.stem}.parquet", compression="zstd")
    seconds = time.perf_counter() - start
    shutil.rmtree(out)
    return seconds


_SIZES = (10_000, 50_000, 200_000)

CASES = (
    Case(
        "build of a crawl on one core, 14.5 sentences an article",
        corpus.texts,
        one_core,
        (Peer(bare, aim=1.3), Peer(spacy, aim=1 / 10, largest=10_000)),
        sizes=_SIZES,
        quick=(2_000,),
        unit="articles",
    ),
    Case(
        "build of a crawl on two cores",
        corpus.texts,
        two_cores,
        (Peer(one_core, aim=1 / 1.7), Peer(spacy, aim=1 / 10, largest=50_000)),
        sizes=_SIZES[1:],
        quick=(20_000,),
        unit="articles",
    ),
    Case(
        "build of a crawl of texts in WARC (WET), on one core",
        corpus.texts_warc,
        one_core,
        (Peer(bare_texts),),
        sizes=_SIZES[:2],
        quick=(2_000,),
        unit="articles",
    ),
    Case(
        "build of a crawl of web pages in WARC, on one core",
        corpus.pages_warc,
        one_core,
        (Peer(bare_pages),),
        sizes=(300, 1_000),
        quick=(100,),
        unit="pages",
    ),
    Case(
        "build of a crawl with two workers of Dask",
        corpus.texts,
        dask_2,
        (Peer(dask_1), Peer(dask_4)),
        sizes=(50_000,),
        quick=(),
        unit="articles",
    ),
)
