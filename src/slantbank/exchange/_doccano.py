"""doccano (1.8; JSONL of a project for intent detection and slot filling, which has choices and spans), both ways.

doccano counts offsets in UTF-16 units, or in grapheme clusters where a project says so, and gives no words to verify them by.
So a span is taken only where every way to count leads to the same place.
"""

import json
import unicodedata
import zipfile
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import BaseModel, Field

from slantbank.bank import Article, Topic
from slantbank.codebook import VERSION, SpanLayer
from slantbank.exchange._answers import Answers, SentenceAnswers, Span, answers, apart, layer_named, questions
from slantbank.exchange._offsets import units
from slantbank.importers import Report, clean_text, decode_text, json_excerpt, parse_json, refusal, slug, validate_leniently

_PART = ": "
"""What parts the two halves of a label: a question and its answer, or a layer and what its span is about."""


def files(article: Article, topic: Topic, annotators: Sequence[str]) -> dict[str, str]:
    """The labels of both kinds to upload to a project, and the sentences, once for each annotator, by file name."""
    name = article.meta.id
    categories = [f"{question.name}{_PART}{option.value}" for question in questions(topic) for option in question.options]
    spans = ["source", "cue", "loaded", *(f"{SpanLayer.FACT}{_PART}{fact.id}" for fact in topic.fact)]
    files = {
        f"{name}.{kind}.json": json.dumps([{"text": text} for text in texts], ensure_ascii=False, indent=1) + "\n"
        for kind, texts in (("categories", categories), ("spans", spans))
    }
    lines = article.lines
    for annotator in annotators or (None,):
        given = {} if annotator is None else {one.n: answers(one) for one in article.annotations[annotator].sentence}
        examples = (_example(name, n, line, given.get(n, Answers())) for n, line in enumerate(lines))
        text = "".join(json.dumps(example, ensure_ascii=False) + "\n" for example in examples)
        files[f"{name}{f'.{annotator}' if annotator else ''}.jsonl"] = text
    return files


def _example(name: str, n: int, text: str, labels: Answers) -> dict[str, Any]:
    spans = [
        [units(text, span.start), units(text, span.end), _PART.join(filter(None, [span.layer, span.ref]))] for span in labels.spans
    ]
    cats = [f"{name}{_PART}{value}" for name, values in labels.choices.items() for value in values]
    return {"text": text, "entities": spans, "cats": cats, "article": name, "n": n, "codebook": VERSION}


class _Example(BaseModel):
    text: str
    entities: list[Any]
    cats: list[Any]
    comments: list[Any] = Field(default_factory=list, alias="Comments")
    article: str
    n: int
    codebook: str
    relations: list[Any] = Field(default_factory=list)


def read(path: Path, report: Report) -> Iterator[SentenceAnswers]:
    """The examples of an export: of one annotator, whom doccano names in the file's name, or of all in its zip archive.

    Raises ValueError for an archive that cannot be read.
    """
    if not zipfile.is_zipfile(path):
        yield from _read(path.stem, path.name, path.read_bytes(), report)
        return
    with zipfile.ZipFile(path) as archive:
        inside = [one for one in sorted(archive.infolist(), key=lambda member: member.filename) if not one.is_dir()]
        if sum(member.file_size for member in inside) > _MOST:
            raise ValueError(f"unpacks to more than {_MOST:,} bytes")
        files = {one.filename: PurePosixPath(one.filename).stem for one in inside if one.filename.endswith(".jsonl")}
        for member in inside:
            if member.filename not in files:
                report.fail(f"{path.name}:{member.filename}", "file that is no JSONL; export the project as JSONL")
        taken = apart(files.values(), path.name, report)
        for name, stem in files.items():
            if stem in taken:
                yield from _read(stem, f"{path.name}:{name}", archive.read(name), report)


_MOST = 500_000_000
"""Bytes that an archive may unpack to."""


def _read(annotator: str, name: str, data: bytes, report: Report) -> Iterator[SentenceAnswers]:
    """The examples of a file of one annotator."""
    annotator_id = slug(annotator)
    for number, line in enumerate(decode_text(data).split("\n"), 1):
        where = f"{name}:{number}"
        with report.reading(where):
            if not line.strip():
                continue
            value = parse_json(line)
            if isinstance(value, dict) and ("label" in value or "entities" in value) and "cats" not in value:
                raise ValueError("an example of another kind of project; make one for intent detection and slot filling")
            example = validate_leniently(_Example, value, where, report)
            yield SentenceAnswers(
                where, annotator_id, example.article, example.n, example.text, example.codebook, _answers(example, where, report)
            )


def _answers(example: _Example, where: str, report: Report) -> Answers:
    choices: dict[str, tuple[str, ...]] = {}
    refused = set[str]()
    for cat in example.cats:
        name, _, value = cat.partition(_PART) if isinstance(cat, str) else ("", "", "")
        choices[name] = (*choices.get(name, ()), value)
    spans = []
    for k, entity in enumerate(example.entities):
        try:
            spans.append(_span(example.text, entity))
        except ValueError as error:
            refused.update(_in_doubt(entity))
            report.fail(f"{where}: entity {k}", "span that cannot be verified", f"{json_excerpt(entity)}: {error}")
    for _ in example.relations:
        report.drop(where, "relation, for which a bank has no place")
    note = "; ".join(clean_text(comment) for comment in example.comments if isinstance(comment, str) and clean_text(comment))
    return Answers(choices, tuple(spans), note or None, frozenset(refused))


def _span(text: str, entity: object) -> Span:
    """A span as given: three values, or an object where the project has relations.

    Raises ValueError if it has not the form of one, its layer is none, or its place is not sure.
    """
    entity = _listed(entity)
    if not (isinstance(entity, list) and list(map(type, entity)) == [int, int, str]):
        raise ValueError("not a start, an end and a label")
    start, end, label = entity
    if not 0 <= start < end <= len(text):
        raise ValueError("outside the sentence")
    if not _plain(text[:end]):
        raise ValueError("characters before its end that can be counted in several ways")
    layer, _, ref = label.partition(_PART)
    return Span(start, end, layer_named(layer), ref or None)


def _listed(entity: object) -> object:
    """The start, the end and the label of a span that is given as an object; anything else as it is."""
    return [entity.get(name) for name in ("start_offset", "end_offset", "label")] if isinstance(entity, dict) else entity


def _in_doubt(entity: object) -> Collection[str]:
    """The layers that a span which was refused may be of."""
    entity = _listed(entity)
    label = entity[2] if isinstance(entity, list) and len(entity) == 3 and isinstance(entity[2], str) else ""
    try:
        return {refusal.layer_key(layer_named(label.partition(_PART)[0]))}
    except ValueError:
        return refusal.QUOTED_LAYERS


def _plain(text: str) -> bool:
    """Whether code points, UTF-16 units and grapheme clusters of the text are the same."""
    return text.isascii() or all(
        character < "\U00010000" and unicodedata.category(character)[0] not in "MC" and not "\u1100" <= character <= "\u11ff"
        for character in text
    )
