"""Make frames of articles: the labels of every annotator, with offsets in the text, in the columns of the schema."""

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

import polars as pl

from slantbank.bank import Article, Topic, article, loaded_at, quotations, segment
from slantbank.codebook import GOLD, NEUTRAL, AnnotatorKind, Layer, Perspective, SpanLayer, Unit
from slantbank.frames import _schema as schema

Row = dict[str, Any]

_LAYERS = {layer.value: layer for layer in Layer}


def tabulate(topics: Iterable[Topic], articles: Iterable[Article]) -> dict[str, pl.DataFrame]:
    """Return the five frames of checked topics and articles, sorted by their ids.

    Raises KeyError for an unknown topic or party, ValueError for a quotation that is not in its sentence.
    """
    by_id = {topic.id: topic for topic in sorted(topics, key=lambda topic: topic.id)}
    rows: dict[str, list[Row]] = {name: [] for name in schema.FRAMES}
    for topic in by_id.values():
        for party in sorted(topic.party, key=lambda party: party.id):
            row = {**_topic(topic), "axis": topic.axis, "party_id": party.id}
            rows["parties"].append(row | party.model_dump(include={"name", "aliases", "side", "role"}))
        for fact in sorted(topic.fact, key=lambda fact: fact.id):
            rows["facts"].append({**_topic(topic), "fact_id": fact.id, **fact.model_dump(exclude={"id"})})
    for article_ in sorted(articles, key=lambda article: article.meta.id):
        topic = by_id[article_.meta.topic]
        rows["articles"].append(_article(article_, topic))
        for row, annotations in _sentences(article_, topic):
            rows["sentences"].append(row)
            rows["annotations"] += annotations
    return {name: pl.DataFrame(rows[name], schema=schema.dtypes(name), orient="row") for name in schema.FRAMES}


def _topic(topic: Topic) -> Row:
    return {"topic_id": topic.id, "collection": topic.collection, "split": topic.split}


def _article(article: Article, topic: Topic) -> Row:
    meta = article.meta
    return {
        "article_id": meta.id,
        **_topic(topic),
        "topic_title": topic.title,
        "axis": topic.axis,
        **meta.model_dump(
            include={
                *("title", "outlet", "author", "published", "url", "language", "origin", "license", "annotations_license"),
                *("corpus", "corpus_id", "agency", "includes_text", "source_sha256", "note"),
            }
        ),
        "details": [{"name": name, "value": value} for name, value in sorted(meta.details.items())],
        "n_sentences": len(article.sentences),
        "n_words": sum(_n_words(article)),
        "annotators": [annotator.model_dump(exclude={"layers", "note", "model"}) for annotator in meta.annotator],
    }


def _n_words(article: Article) -> list[int]:
    """Return the number of words of each sentence; if the text is withheld, article.toml has these numbers."""
    meta = article.meta
    return [len(line.split()) for line in article.text.split("\n") if line] if meta.includes_text else list(meta.sentence_words)


def _sentences(article: Article, topic: Topic) -> Iterator[tuple[Row, list[Row]]]:
    """Yield, for each sentence, its row in `sentences` and its rows in `annotations`."""
    labelled = {
        name: {sentence.n: sentence for sentence in annotation.sentence} for name, annotation in sorted(article.annotations.items())
    }
    annotators = {annotator.id: annotator for annotator in article.meta.annotator}
    unasked = {
        name: {fact.id for fact in topic.fact} - set(annotator.facts)
        for name, annotator in annotators.items()
        if annotator.facts is not None
    }
    empty = dict.fromkeys(schema.FRAMES["sentences"])
    repeats = article.meta.repeats_headline
    for n, (place, text, words) in enumerate(zip(article.sentences, article.lines, _n_words(article), strict=True)):
        ids = {"sentence_id": f"{article.meta.id}:{n}", "article_id": article.meta.id, **_topic(topic), "n": n}
        annotations = [
            {
                **ids,
                "annotator_id": name,
                "annotator_kind": annotators[name].kind,
                **_labels(sentences[n], place, text, topic, withheld=not article.meta.includes_text),
                "scores": [{"name": name, "value": float(value)} for name, value in sorted(sentences[n].scores.items())],
                "note": sentences[n].note,
            }
            for name, sentences in labelled.items()
            if n in sentences
        ]
        coders = [row for row in annotations if row["annotator_kind"] != AnnotatorKind.ADJUDICATED]
        gold = next((row for row in annotations if row["annotator_id"] == GOLD), None)
        row = {
            **empty,
            **ids,
            "unit": Unit.HEADLINE if n == 0 else Unit.BODY,
            "paragraph": place.paragraph,
            "start": place.start,
            "end": place.end,
            "text": text if article.meta.includes_text else None,
            "n_words": words,
            "repeats_headline": None if repeats is None else n in repeats,
            **({name: gold[name] for name in schema.FRAMES["sentences"] if name in gold} if gold else {"spans": []}),
            "n_annotators": len(coders),
            "reliability": {name: _share(layer, gold, coders, unasked) for name, layer in _LAYERS.items()},
        }
        yield row, annotations


def _labels(sentence: article.Sentence, place: segment.SentenceSpan, text: str, topic: Topic, *, withheld: bool) -> Row:
    perspective = sentence.source_perspective
    party = None if perspective in (None, NEUTRAL) else perspective
    side = topic.parties[party].side.perspective if party else Perspective.NEUTRAL
    stance = sentence.stance
    spans = _spans(sentence, place.start, text)
    for span in spans if withheld else ():
        span["text"] = None
    loaded = loaded_at(sentence)
    return {
        "claim_type": sentence.claim_type,
        "attribution": sentence.attribution,
        "source_type": sentence.source_type,
        "source_perspective": None if perspective is None else side,
        "perspective_party": party,
        "source_party": sentence.source_party,
        "stance": None if stance is None else [{"party": name, "value": stance[name]} for name in sorted(stance)],
        "facts": None if sentence.facts is None else sorted(sentence.facts),
        "loaded_words": None if loaded is None else len(loaded),
        "loaded_at": None if loaded is None else list(loaded),
        "spans": spans,
        "decided_by": _decided(sentence),
    }


def _decided(sentence: article.Sentence) -> list[Row] | None:
    if sentence.decided_by is None:
        return None
    return [{"layer": layer, "rule": rule} for layer, rules in sentence.decided_by.items() for rule in rules]


def _spans(sentence: article.Sentence, offset: int, text: str) -> list[Row]:
    """Return the spans of a sentence in order, with offsets in the whole text."""
    spans: list[Row] = []

    def add(layer: SpanLayer, start: int, end: int, ref: str | None) -> None:
        spans.append({"layer": layer, "start": offset + start, "end": offset + end, "text": text[start:end], "ref": ref})

    for quote in quotations(sentence):
        if quote.place is None:
            raise ValueError(f"sentence {sentence.n}: {quote.words!r} is not in it")
        ref = sentence.source_party if quote.key == "source" else str(quote.item) if quote.key == "facts" else None
        add(quote.layer, *quote.place, ref)
    for mark in sentence.spans:
        add(mark.layer, mark.start, mark.end, mark.ref)
    return sorted(spans, key=lambda span: (span["start"], span["end"], span["layer"], span["ref"] or ""))


def _share(layer: Layer, gold: Row | None, coders: list[Row], unasked: Mapping[str, Set[str]]) -> float | None:
    """Return the share of coders whose label equals the gold one, among those who coded the layer; None if there is no such coder.

    `unasked` has the facts that an annotator was not asked about. Facts that the coder or gold was not asked about do not count.
    """
    if gold is None or not coders or not _coded(layer, gold):
        return None
    votes = []
    for coder in coders:
        if _coded(layer, coder):
            labels = [_label(layer, row) for row in (gold, coder)]
            if layer is Layer.FACTS and unasked:
                left_out = {fact for row in (gold, coder) for fact in unasked.get(row["annotator_id"], ())}
                labels = [[fact for fact in facts if fact not in left_out] for facts in labels]
            votes.append(labels[0] == labels[1])
    return sum(votes) / len(votes) if votes else None


def _coded(layer: Layer, row: Row) -> bool:
    if layer is Layer.LOADED:
        return row["loaded_words"] is not None
    if layer is Layer.SOURCE_TYPE:
        return row["source_type"] is not None or row["attribution"] == "author"
    return row[layer.value] is not None


def _label(layer: Layer, row: Row) -> Any:
    if layer is Layer.LOADED:
        return [(span["start"], span["end"]) for span in row["spans"] if span["layer"] == SpanLayer.LOADED]
    if layer is Layer.SOURCE_PERSPECTIVE:
        return row["perspective_party"]
    return row[layer.value]
