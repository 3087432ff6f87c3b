"""Build the frames of a batch of articles, whole columns at a time, and check them by the rules of the frames."""

from itertools import chain
from typing import Any

import numpy as np
import polars as pl

from slantbank.codebook import Layer, Origin, Unit
from slantbank.crawl._anomalies import CONTROL
from slantbank.crawl._job import Job
from slantbank.crawl._records import CrawledArticle
from slantbank.frames import schema

_ARTICLE = schema.dtypes("articles")
_NOT_NULL = {
    "spans": pl.lit([], schema.SPANS),
    "n_annotators": pl.lit(0),
    "reliability": pl.struct(pl.lit(None, pl.Float32).alias(layer.value) for layer in Layer),
}
"""The values of unlabelled sentences in columns that are never null."""


def build_frames(job: Job, batch: list[CrawledArticle]) -> dict[str, pl.DataFrame]:
    """Build the frames `sentences` and `articles` of a batch; the label columns are null."""
    batch = sorted(batch, key=lambda article: article.id)
    paragraphs = [paragraph for article in batch for paragraph in article.paragraphs]
    raw = pl.Series(list(chain.from_iterable(paragraphs)), dtype=pl.String).str.strip_chars(" \t")
    numbers = np.concatenate([np.arange(len(article.paragraphs), dtype=np.int32) for article in batch])
    paragraph = np.repeat(numbers, np.array([len(sentences) for sentences in paragraphs]))
    of_article = np.repeat(np.arange(len(batch)), [sum(map(len, article.paragraphs)) for article in batch])
    filled = (raw != "").to_numpy()
    if not filled.all():
        raw, paragraph, of_article = raw.filter(filled), paragraph[filled], of_article[filled]
    has_runs = any(raw.str.contains(space, literal=True).any() for space in ("  ", "\t"))
    text = raw.str.replace_all("[ \t]+", " ") if has_runs else raw
    counts = np.bincount(of_article, minlength=len(batch))
    first = np.cumsum(counts) - counts
    n = np.arange(len(text)) - first[of_article]
    lengths = text.str.len_chars().to_numpy().astype(np.int64)
    before = np.cumsum(lengths + 1) - lengths - 1  # characters of all earlier lines, each with its line end
    start = before - before[first][of_article] + paragraph
    words = text.str.count_matches(" ", literal=True) + 1
    ids = pl.Series([article.id for article in batch])
    topics = pl.DataFrame([{"topic_id": article.topic, **job.topics[article.topic]} for article in batch], infer_schema_length=None)
    values = {
        "article_id": ids.gather(of_article),
        **topics.select("topic_id", "collection", "split")[of_article].to_dict(),
        "n": n,
        "unit": pl.Series([Unit.BODY.value, Unit.HEADLINE.value]).gather((n == 0).astype(np.uint32)),
        "paragraph": paragraph,
        "start": start,
        "end": start + lengths,
        "text": text,
        "n_words": words,
    }
    sentences = pl.DataFrame(values).select(
        pl.format("{}:{}", "article_id", "n").alias(name)
        if name == "sentence_id"
        else (pl.col(name) if name in values else _NOT_NULL.get(name, pl.lit(None))).cast(dtype).alias(name)
        for name, dtype in schema.dtypes("sentences").items()
    )
    records = [article.record for article in batch]
    columns: dict[str, Any] = {
        "article_id": ids,
        **topics.to_dict(),
        "title": text.gather(first),
        **{name: [getattr(record, name) for record in records] for name in ("outlet", "author", "published", "url", "license")},
        "note": [article.note for article in batch],
        "language": [article.language for article in batch],
        "origin": [Origin.PUBLISHED.value] * len(batch),
        "includes_text": [True] * len(batch),
        "source_sha256": [article.sha256 for article in batch],
        "n_sentences": counts,
        "n_words": np.add.reduceat(words.to_numpy(), first),
    }
    articles = pl.DataFrame([pl.Series(name, values, _ARTICLE[name]) for name, values in columns.items()]).select(
        (pl.col(name) if name in columns else pl.lit(None if schema.FRAMES["articles"][name].nullable else [], dtype)).alias(name)
        for name, dtype in _ARTICLE.items()
    )
    return {"sentences": sentences, "articles": articles}


_CONTROL = f"[{CONTROL}]"


def find_violations(frames: dict[str, pl.DataFrame]) -> dict[str, tuple[str, str]]:
    """The code and message of the first violation of each invalid article, by its id.

    Checked are the rules of the frames (pandera's models) and control characters. An article is left out with all its rows, so
    the others stay valid.
    """
    violations: dict[str, tuple[str, str]] = {}
    for name, frame in frames.items():
        texts = ["text"] if name == "sentences" else ["title", "outlet", "author", "license", "note"]
        with_control = frame.filter(pl.any_horizontal(pl.col(texts).str.contains(_CONTROL)))
        violations |= dict.fromkeys(with_control["article_id"].to_list(), ("SB004", "a control character"))
        for failure in schema.failures(name, frame):
            violations.setdefault(frame["article_id"][failure.row], ("SB501", f"{name}, {failure.column}: {failure.rule}"))
    return violations
