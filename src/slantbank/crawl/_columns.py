"""Articles laid out as frames, whole columns at a time, and judged by the rules of the frames."""

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
_NOTHING = {
    "spans": pl.lit([], schema.SPANS),
    "n_annotators": pl.lit(0),
    "reliability": pl.struct(pl.lit(None, pl.Float32).alias(layer.value) for layer in Layer),
}
"""What stands in the columns of a sentence without labels that are never null."""


def build_frames(job: Job, batch: list[CrawledArticle]) -> dict[str, pl.DataFrame]:
    """The two frames of a batch, laid out in whole columns; the columns of labels are null."""
    batch = sorted(batch, key=lambda one: one.id)
    paragraphs = [paragraph for one in batch for paragraph in one.paragraphs]
    raw = pl.Series(list(chain.from_iterable(paragraphs)), dtype=pl.String).str.strip_chars(" \t")
    numbers = np.concatenate([np.arange(len(one.paragraphs), dtype=np.int32) for one in batch])
    pieces = np.array([len(paragraph) for paragraph in paragraphs])
    paragraph = np.repeat(numbers, pieces)
    of_article = np.repeat(np.arange(len(batch)), [sum(map(len, one.paragraphs)) for one in batch])
    filled = (raw != "").to_numpy()
    if not filled.all():
        raw, paragraph, of_article = raw.filter(filled), paragraph[filled], of_article[filled]
    uneven = any(raw.str.contains(white, literal=True).any() for white in ("  ", "\t"))
    text = raw.str.replace_all("[ \t]+", " ") if uneven else raw
    counts = np.bincount(of_article, minlength=len(batch))
    first = np.cumsum(counts) - counts
    n = np.arange(len(text)) - first[of_article]
    lengths = text.str.len_chars().to_numpy().astype(np.int64)
    before = np.cumsum(lengths + 1) - lengths - 1  # characters of all lines before, each with its line end
    start = before - before[first][of_article] + paragraph
    words = text.str.count_matches(" ", literal=True) + 1
    ids = pl.Series([one.id for one in batch])
    topics = pl.DataFrame([{"topic_id": one.topic, **job.topics[one.topic]} for one in batch], infer_schema_length=None)
    own = {
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
    sentences = pl.DataFrame(own).select(
        pl.format("{}:{}", "article_id", "n").alias(name)
        if name == "sentence_id"
        else (pl.col(name) if name in own else _NOTHING.get(name, pl.lit(None))).cast(dtype).alias(name)
        for name, dtype in schema.dtypes("sentences").items()
    )
    records = [one.record for one in batch]
    known: dict[str, Any] = {
        "article_id": ids,
        **topics.to_dict(),
        "title": text.gather(first),
        **{name: [getattr(one, name) for one in records] for name in ("outlet", "author", "published", "url", "license")},
        "note": [one.note for one in batch],
        "language": [one.language for one in batch],
        "origin": [Origin.PUBLISHED.value] * len(batch),
        "includes_text": [True] * len(batch),
        "source_sha256": [one.sha256 for one in batch],
        "n_sentences": counts,
        "n_words": np.add.reduceat(words.to_numpy(), first),
    }
    articles = pl.DataFrame([pl.Series(name, values, _ARTICLE[name]) for name, values in known.items()]).select(
        (pl.col(name) if name in known else pl.lit(None if schema.FRAMES["articles"][name].nullable else [], dtype)).alias(name)
        for name, dtype in _ARTICLE.items()
    )
    return {"sentences": sentences, "articles": articles}


_CONTROL = f"[{CONTROL}]"


def find_violations(frames: dict[str, pl.DataFrame]) -> dict[str, tuple[str, str]]:
    """The articles that break a rule of the frames or of characters: for each the code and a message.

    The rules of the frames are those of pandera's models; what is left out with an article breaks none for the others.
    """
    found: dict[str, tuple[str, str]] = {}
    for name, frame in frames.items():
        shown = ["text"] if name == "sentences" else ["title", "outlet", "author", "license", "note"]
        odd = frame.filter(pl.any_horizontal(pl.col(shown).str.contains(_CONTROL)))
        found |= dict.fromkeys(odd["article_id"].to_list(), ("SB004", "a control character"))
        for failure in schema.failures(name, frame):
            found.setdefault(frame["article_id"][failure.row], ("SB501", f"{name}, {failure.column}: {failure.rule}"))
    return found
