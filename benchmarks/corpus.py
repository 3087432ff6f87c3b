"""Synthetic corpora, generated from a seed, the same on every machine, and kept below the cache folder.

Sentences are composed with a small grammar of news, with quotations, abbreviations and figures, and labelled at the same time.
Large frames draw the sentences of each article anew, so that no two articles have the same counts.
"""

import gzip
import json
import random
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

SEED = 20171
TOPICS = tuple(f"topic-{number:02d}" for number in range(12))
PARTIES = {"council": "a", "union": "b", "residents": "b", "mediator": "other"}
FACTS = tuple(f"fact-{number}" for number in range(10))
OUTLETS = 12

_PEOPLE = ("Mrs. Alder", "Mr. Brandt", "Sen. Corvin", "Dr. Delacroix", "Mayor Eklund", "Col. Farrow", "Ms. Grünwald", "Judge Ås")
_GROUPS = ("the council", "the dockers' union", "the residents' league", "the E.U. envoy", "several speakers", "a senior official")
_PLACES = ("Port Alma", "the U.S.", "Saint-Rémi", "the old harbour", "New Carrick", "the Rue d'Arc", "Hayle, N.H.", "Lower Hayle")
_THINGS = (
    *("the closing of the bridge", "a plan to widen the canal", "the vote on the budget", "the strike at the shipyard"),
    *("an inquiry into the flood", "the sale of the water works", "a new tariff on timber", "the treaty of 2016"),
)
_ACTS = (
    *("was postponed", "drew a large crowd", "ended without a result", "was approved by 31 votes to 18", "cost $4.2 million"),
    *("has led to the loss of 1,200 jobs", "must be stopped", "will be felt for years"),
)
_TAILS = (
    *("on Monday", "late on Friday evening", "after months of talks", "in spite of earlier promises", "for the third time"),
    *("as the rain set in", "before a session of the full chamber", "according to minutes seen by this paper"),
)
_LOADED = ("shameful", "reckless", "heroic", "so-called", "brutal", "historic")
_CUES = ("said", "insisted", "warned", "told reporters", "claimed", "denied")
_OUTLETS = tuple(
    f"{place} {kind}"
    for place in ("Alma", "Hayle", "Carrick", "Remi")
    for kind in ("Herald", "Post", "Mail", "Echo", "Star", "Times", "Mirror", "Courier", "Gazette", "Tribune")
)
_CLAIMS = ("normative", "predictive", "causal", "statistical", "evaluative", "factual", "factual", "factual", "none")


def _kept(path: Path, make: Callable[[Path], None]) -> Path:
    """The path, made first if it does not exist: under a temporary name, so that an existing path is complete."""
    if not path.exists():
        staging = path.with_name(f"{path.name}.part")
        shutil.rmtree(staging, ignore_errors=True)
        make(staging)
        staging.rename(path)
    return path


def sentence(draw: random.Random) -> dict[str, Any]:
    """A sentence with its labels under the keys of an annotation file. Each quoted run of words occurs in it once."""
    clause = f"{draw.choice(_THINGS)} in {draw.choice(_PLACES)} {draw.choice(_ACTS)} {draw.choice(_TAILS)}"
    loaded = [draw.choice(_LOADED)] if draw.random() < 0.15 else []
    if loaded:
        clause = f"{clause}, a {loaded[0]} turn"
    if draw.random() < 0.4:
        clause = f"{clause}, and {draw.choice(_GROUPS[4:])} left {draw.choice(_PLACES)}"
    perspective = draw.choice(("neutral", "neutral", *PARTIES))
    mentioned = draw.sample(list(PARTIES), draw.randrange(3))
    labels: dict[str, Any] = {
        "claim_type": draw.choice(_CLAIMS),
        "source_perspective": perspective,
        "stance": {party: draw.randint(-1, 1) for party in sorted(mentioned)},
        "loaded": loaded,
    }
    fact = draw.choice(FACTS) if draw.random() < 0.2 else None
    if draw.random() < 0.6:
        return {"text": f"{_capital(clause)}.", **labels, "attribution": "author", "facts": {fact: ""} if fact else {}}
    named = draw.random() < 0.6
    source, cue = draw.choice(_PEOPLE if named else _GROUPS), draw.choice(_CUES)
    attribution = draw.choice(("direct", "indirect", "mixed"))
    text = {
        "direct": f"“{_capital(clause)},” {source} {cue}.",
        "indirect": f"{_capital(source)} {cue} that {clause}.",
        "mixed": f"{_capital(source)} {cue} that “{clause}”.",
    }[attribution]
    labels["facts"] = {fact: "" if attribution == "direct" else clause[: clause.index(" in ")]} if fact else {}
    source = source if attribution == "direct" else _capital(source)
    if any(text.count(words) != 1 for words in (source, cue, *loaded)):
        return sentence(draw)
    labels["source_party"] = draw.choice(("", *PARTIES))
    kind = "person" if named else "unnamed" if source.endswith("official") else "collective"
    return {"text": text, **labels, "attribution": attribution, "source": source, "cue": cue, "source_type": kind}


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _article(number: int, length: int) -> Any:
    """An article of `length` sentences with the labels of one annotator."""
    from slantbank.bank import Annotation, Annotator, Article, Metadata, Sentence, sha256

    draw = random.Random(f"{SEED} {number}")
    labelled = [sentence(draw) for _ in range(length)]
    lines = [row["text"] for row in labelled]
    # a number in the headline, since articles with the same text are duplicates
    lines[0] = labelled[0]["text"] = f"{number}: {lines[0]}"
    paragraphs = [lines[:1], *(lines[at : at + 3] for at in range(1, length, 3))]
    text = "\n\n".join("\n".join(paragraph) for paragraph in paragraphs) + "\n"
    meta = Metadata(
        id=f"article-{number:06d}",
        topic=TOPICS[number % len(TOPICS)],
        title=lines[0],
        outlet=f"Outlet {number % OUTLETS}",
        origin="constructed",
        source_sha256=sha256(text),
        annotator=(Annotator(id="gold", kind="adjudicated", codebook="1.0"),),
    )
    sentences = tuple(Sentence(n=n, **row) for n, row in enumerate(labelled))
    return Article(meta, text, text, {"gold": Annotation(sentence=sentences)})


def _topics() -> list[Any]:
    from slantbank.bank import Fact, Party, Topic

    return [
        Topic(
            id=name,
            title=f"What happened under number {name[-2:]}",
            axis="none",
            party=tuple(Party(id=party, name=f"The {party}", side=side) for party, side in PARTIES.items()),
            fact=tuple(Fact(id=fact, text=f"The thing of {fact} came to pass.") for fact in FACTS),
        )
        for name in TOPICS
    ]


def bank(folder: Path, size: int) -> Path:
    """A bank of `size` articles of 25 sentences, each with one annotator."""
    from slantbank.bank import article, topic

    def make(path: Path) -> None:
        (path / "topics").mkdir(parents=True)
        for stated in _topics():
            topic.write(stated, path / "topics")
        for number in range(size):
            written = _article(number, 25)
            article.write(written, path / "articles" / written.meta.id)

    return _kept(folder / f"bank-{size}", make)


def topic(folder: Path, size: int) -> Path:
    """A built bank of `size` articles of 100 sentences on one topic."""

    def make(path: Path) -> None:
        from slantbank import frames
        from slantbank.publish import _build as build

        articles = [_article(number * len(TOPICS), 100) for number in range(size)]
        build.write(frames.tabulate(_topics()[:1], articles).items(), path / "parquet")
        (path / "topics").mkdir()
        (path / "articles").mkdir()

    return _kept(folder / f"topic-{size}", make)


def event(accounts: int, sentences: int) -> dict[str, Any]:
    """The frames of a topic with accounts of different outlets, labelled by three coders who differ on every fifth sentence."""
    from slantbank import frames
    from slantbank.bank import Annotation, Annotator
    from slantbank.codebook import Origin

    articles = []
    for number in range(accounts):
        article = _article(number * len(TOPICS), sentences)
        draw = random.Random(f"{SEED} coders {number}")
        gold = article.annotations["gold"]
        coders = {"gold": gold}
        for name in ("first", "second", "third"):
            coded = [
                row.model_copy(update={"claim_type": draw.choice(_CLAIMS)}) if draw.random() < 0.2 else row for row in gold.sentence
            ]
            coders[name] = Annotation(sentence=tuple(coded))
        annotators = tuple(Annotator(id=name, kind="adjudicated" if name == "gold" else "human", codebook="1.0") for name in coders)
        changes = {"origin": Origin.PUBLISHED, "outlet": f"The {_OUTLETS[number % 40]}", "annotator": annotators}
        meta = article.meta.model_copy(update=changes)
        articles.append(replace(article, meta=meta, annotations=coders))
    return frames.tabulate(_topics()[:1], articles)


def conllu(folder: Path, size: int) -> Path:
    """The sentences of `size` articles of 25 as a file of CoNLL-U: every word depends on the first."""

    def make(path: Path) -> None:
        draw = random.Random(SEED)
        with path.open("w", encoding="utf-8") as file:
            for number in range(25 * size):
                text = sentence(draw)["text"]
                words = text.split()
                file.write(f"# sent_id = s-{number}\n# text = {text}\n")
                for i, word in enumerate(words, 1):
                    head, relation = (0, "root") if i == 1 else (1, "dep")
                    file.write(f"{i}\t{word}\t{word.lower()}\tX\t_\t_\t{head}\t{relation}\t_\t_\n")
                file.write("\n")

    return _kept(folder / f"sentences-{size}.conllu", make)


def texts(folder: Path, size: int) -> Path:
    """A folder of JSON Lines, 10,000 articles a file at most: `size` articles of plain text of 14.5 sentences in the mean."""

    def make(path: Path) -> None:
        path.mkdir()
        draw = random.Random(SEED)
        pool = [sentence(draw)["text"] for _ in range(20_000)]
        for shard in range(0, size, 10_000):
            with (path / f"shard-{shard // 10_000:04d}.jsonl").open("w", encoding="utf-8") as file:
                for number in range(shard, min(size, shard + 10_000)):
                    lines = [pool[int(draw.random() * len(pool))] for _ in range(5 + int(draw.random() * 20))]
                    paragraphs = [" ".join(lines[at : at + 3]) for at in range(1, len(lines), 3)]
                    text = "\n\n".join([f"{number}: {lines[0]}", *paragraphs])
                    row = {"id": f"article-{number:08d}", "outlet": f"Outlet {number % OUTLETS}", "text": text}
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")

    return _kept(folder / f"texts-{size}", make)


def texts_warc(folder: Path, size: int) -> Path:
    """The same articles as conversions to plain text in WARC, packed record by record, as in WET files of Common Crawl."""
    return _warc(folder, size, "wet", lambda url, lines: ("conversion", "text/plain", "\n".join(lines).encode()))


def pages_warc(folder: Path, size: int) -> Path:
    """The same articles as web pages in WARC, packed record by record: each with 120 links and a script around it."""
    return _warc(folder, size, "pages", _page)


def _warc(folder: Path, size: int, name: str, record: Callable[[str, list[str]], tuple[str, str, bytes]]) -> Path:
    def make(path: Path) -> None:
        path.mkdir()
        suffix = ".warc.wet.gz" if name == "wet" else ".warc.gz"
        for shard in sorted(texts(folder, size).iterdir()):
            with shard.open(encoding="utf-8") as rows, (path / f"{shard.stem}{suffix}").open("wb") as file:
                for row in map(json.loads, rows):
                    url = f"https://news.example/{row['id']}"
                    kind, media_type, content = record(url, [line for line in row["text"].split("\n") if line])
                    head = (
                        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2017-07-03T09:00:00Z\r\n"
                        f"WARC-Record-ID: <urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, url)}>\r\n"
                        f"Content-Type: {media_type}\r\nContent-Length: {len(content)}\r\n\r\n"
                    )
                    file.write(gzip.compress(head.encode() + content + b"\r\n\r\n", mtime=0))

    return _kept(folder / f"{name}-{size}", make)


def _page(url: str, lines: list[str]) -> tuple[str, str, bytes]:
    links = [f'<li><a href="/{number}">{_capital(_THINGS[number % len(_THINGS)])}</a></li>' for number in range(60)]
    paragraphs = "\n".join(f"<p>{line}</p>" for line in lines[1:])
    html = (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{lines[0]} | The Harbour Post</title>\n'
        f'<meta property="og:site_name" content="The Harbour Post"><meta name="author" content="A. Writer">\n'
        f'<meta property="article:published_time" content="2017-07-03"><link rel="canonical" href="{url}">\n'
        f'<script>var page = {{"views": {len(lines)}}};</script></head><body>\n'
        f"<nav><ul>{''.join(links)}</ul></nav>\n<main><article><h1>{lines[0]}</h1>\n{paragraphs}\n</article></main>\n"
        f"<aside><ul>{''.join(links)}</ul></aside><footer><p>All rights reserved.</p></footer></body></html>\n"
    ).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(html)}\r\n\r\n"
    return "response", "application/http; msgtype=response", head.encode() + html


def frames(folder: Path, size: int) -> Path:
    """A built bank of `size` sentences in articles of 8 to 42, with adjudicated labels: its Parquet files, as `load` reads them."""
    return _kept(folder / f"frames-{size}", lambda path: _write(path, size, None))


def broken_frames(folder: Path, size: int) -> Path:
    """The sentences of `frames` with one row in a hundred broken, by one of 15 faults in turn."""
    return _kept(folder / f"broken-{size}", lambda path: _write(path, size, _break))


def single_frames(folder: Path, size: int) -> Path:
    """As `frames`, but each article has a different outlet, so that there are as many clusters as articles."""
    return _kept(folder / f"singles-{size}", lambda path: _write(path, size, None, outlets=size))


def _write(path: Path, size: int, change: Callable[[Any, int], Any] | None, outlets: int = OUTLETS) -> None:
    import polars as pl
    import pyarrow.parquet as pq

    from slantbank import frames
    from slantbank.frames import schema

    parquet = path / "parquet"
    parquet.mkdir(parents=True)
    pool = frames.tabulate(_topics(), [_article(number, 25) for number in range(1_000)])
    writers: dict[str, Any] = {}
    for sentences, articles in _chunks(pool, size, outlets):
        changed = sentences if change is None else change(sentences, size)
        for name, frame in (("sentences", changed), ("articles", articles)):
            rows = frame.select(list(schema.FRAMES[name])).cast(schema.dtypes(name)).to_arrow(compat_level=pl.CompatLevel.oldest())
            if name not in writers:
                writers[name] = pq.ParquetWriter(parquet / f"{name}.parquet", rows.schema, compression="zstd")
            writers[name].write_table(rows)
    for writer in writers.values():
        writer.close()
    for name, frame in pool.items():
        if name not in writers:
            (frame.clear() if name == "annotations" else frame).write_parquet(parquet / f"{name}.parquet")


def _chunks(pool: dict[str, Any], size: int, outlets: int) -> Iterator[tuple[Any, Any]]:
    """Chunks of sentences and articles, some 100,000 sentences each, of whole articles."""
    import numpy as np
    import polars as pl
    import pyarrow as pa

    from slantbank.codebook import Layer

    draw = np.random.default_rng(SEED)
    sentences, head = pool["sentences"], pool["articles"].row(0, named=True)
    headlines, bodies = (np.flatnonzero(sentences["n"].to_numpy() * sign > low) for sign, low in ((-1, -1), (1, 0)))
    total = number = 0
    while total < size:
        lengths = draw.integers(8, 43, 4_000)
        ends = np.minimum(np.cumsum(lengths), size - total)
        lengths = np.diff(ends, prepend=0)
        lengths = lengths[lengths > 0]
        rows, of = int(lengths.sum()), np.repeat(np.arange(len(lengths)), lengths)
        starts = np.cumsum(lengths) - lengths
        n = np.arange(rows) - starts[of]
        picked = sentences[np.where(n == 0, draw.choice(headlines, rows), draw.choice(bodies, rows))]
        paragraph = np.where(n == 0, 0, 1 + (n - 1) // 3)
        width = (picked["end"] - picked["start"]).to_numpy()
        before = np.cumsum(width + 1) - width - 1
        start = before - before[starts][of] + paragraph
        spans = picked["spans"].to_arrow(compat_level=pl.CompatLevel.oldest())
        parts, moved = spans.values, np.repeat(start - picked["start"].to_numpy(), picked["spans"].list.len())
        fields = {name: parts.field(name) for name in (field.name for field in parts.type)}
        fields |= {name: pa.array((fields[name].to_numpy() + moved).astype(np.int32)) for name in ("start", "end")}
        struct = pa.StructArray.from_arrays(list(fields.values()), names=list(fields))
        ids = [f"article-{number + at:08d}" for at in range(len(lengths))]
        topic = np.array(TOPICS)[draw.integers(0, len(TOPICS), len(lengths))]
        article = pl.Series(ids).gather(of)
        shares = draw.integers(0, 4, (len(Layer), rows)).astype(np.float32) / 3
        yield (
            picked.with_columns(
                article_id=article,
                topic_id=pl.Series(topic).gather(of),
                n=pl.Series(n),
                paragraph=pl.Series(paragraph),
                start=pl.Series(start),
                end=pl.Series(start + width),
                unit=pl.Series(np.where(n == 0, "headline", "body")),
                spans=pl.Series(pa.LargeListArray.from_arrays(spans.offsets.cast(pa.int64()), struct)),
                n_annotators=pl.lit(3),
                reliability=pl.struct(pl.Series(layer.value, share) for layer, share in zip(Layer, shares, strict=True)),
            ).with_columns(sentence_id=pl.format("{}:{}", "article_id", "n")),
            pl.DataFrame(
                {
                    **{name: [value] * len(ids) for name, value in head.items()},
                    "article_id": ids,
                    "topic_id": topic,
                    "outlet": [f"Outlet {at % outlets}" for at in range(number, number + len(ids))],
                    "n_sentences": lengths,
                },
                schema_overrides={name: kind for name, kind in pool["articles"].schema.items() if kind.is_nested()},
            ),
        )
        total, number = total + rows, number + len(ids)


BROKEN = 15


def _break(sentences: Any, _: int) -> Any:
    """The sentences with one row in a hundred broken, by one of `BROKEN` faults in turn."""
    import polars as pl

    row = pl.int_range(pl.len())
    at = {kind: (row % 100 == 50) & (row // 100 % BROKEN == kind) for kind in range(BROKEN)}
    faults: dict[str, list[tuple[int, pl.Expr]]] = {
        "claim_type": [(0, pl.lit("opinion"))],
        "attribution": [(1, pl.lit("quoted"))],
        "source_type": [(2, pl.lit("robot"))],
        "source_perspective": [(3, pl.lit("side_c"))],
        "perspective_party": [(4, pl.when(pl.col("perspective_party").is_null()).then(pl.lit("council")))],
        "sentence_id": [(5, pl.col("sentence_id") + "0")],
        "unit": [(6, pl.lit("footer"))],
        "paragraph": [(7, pl.col("paragraph") + 5)],
        "end": [(8, pl.col("end") + 1)],
        "text": [(9, pl.lit(" ") + pl.col("text").str.slice(1))],
        "n_words": [(10, pl.lit(0))],
        "loaded_words": [(11, pl.lit(-1))],
        "n_annotators": [(12, pl.lit(-1))],
        "facts": [(13, pl.lit(["fact-1", "fact-1"]))],
        "stance": [(14, pl.concat_list(pl.struct(party=pl.lit("council"), value=pl.lit(2, pl.Int8))))],
    }
    changes = {}
    for column, ways in faults.items():
        for kind, value in ways:
            changes[column] = pl.when(at[kind]).then(value.cast(sentences.schema[column])).otherwise(pl.col(column))
    return sentences.with_columns(**changes)
