"""Export to and import from doccano 1.8: JSONL of a project for intent detection and slot filling, with choices and spans.

doccano counts offsets in UTF-16 units, or in grapheme clusters if a project is set so, and exports no words to verify them. So a
span is taken only where all ways to count lead to the same place.
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
from slantbank.exchange._answers import Answers, SentenceAnswers, Span, distinct_annotators, layer_named, questions, to_answers
from slantbank.exchange._offsets import utf16_offset
from slantbank.importers import Report, clean_text, decode_text, json_excerpt, parse_json, refusal, slug, validate_leniently

_PART = ": "
"""The separator in a label: between question and answer, or between the layer of a span and what it refers to."""


def files(article: Article, topic: Topic, annotators: Sequence[str]) -> dict[str, str]:
    """Return, by name, the files to upload to a project: labels of both kinds, and the sentences once for each annotator."""
    name = article.meta.id
    categories = [f"{question.name}{_PART}{option.value}" for question in questions(topic) for option in question.options]
    spans = ["source", "cue", "loaded", *(f"{SpanLayer.FACT}{_PART}{fact.id}" for fact in topic.fact)]
    files = {
        f"{name}.{kind}.json": json.dumps([{"text": text} for text in texts], ensure_ascii=False, indent=1) + "\n"
        for kind, texts in (("categories", categories), ("spans", spans))
    }
    lines = article.lines
    for annotator in annotators or (None,):
        sentences = () if annotator is None else article.annotations[annotator].sentence
        by_n = {sentence.n: to_answers(sentence) for sentence in sentences}
        examples = (_example(name, n, line, by_n.get(n, Answers())) for n, line in enumerate(lines))
        text = "".join(json.dumps(example, ensure_ascii=False) + "\n" for example in examples)
        files[f"{name}{f'.{annotator}' if annotator else ''}.jsonl"] = text
    return files


def _example(name: str, n: int, text: str, answers: Answers) -> dict[str, Any]:
    spans = [
        [utf16_offset(text, span.start), utf16_offset(text, span.end), _PART.join(filter(None, [span.layer, span.ref]))]
        for span in answers.spans
    ]
    cats = [f"{name}{_PART}{value}" for name, values in answers.choices.items() for value in values]
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
    """Read the examples of an export: a file of one annotator, who is named in the file name, or a zip archive of such files.

    Raises ValueError for an archive that cannot be read.
    """
    if not zipfile.is_zipfile(path):
        yield from _read(path.stem, path.name, path.read_bytes(), report)
        return
    with zipfile.ZipFile(path) as archive:
        members = sorted((member for member in archive.infolist() if not member.is_dir()), key=lambda member: member.filename)
        if sum(member.file_size for member in members) > _MOST:
            raise ValueError(f"unpacks to more than {_MOST:,} bytes")
        files = {member.filename: PurePosixPath(member.filename).stem for member in members if member.filename.endswith(".jsonl")}
        for member in members:
            if member.filename not in files:
                report.fail(f"{path.name}:{member.filename}", "file that is no JSONL; export the project as JSONL")
        taken = distinct_annotators(files.values(), path.name, report)
        for name, stem in files.items():
            if stem in taken:
                yield from _read(stem, f"{path.name}:{name}", archive.read(name), report)


_MOST = 500_000_000
"""Bytes that an archive may unpack to."""


def _read(annotator: str, name: str, data: bytes, report: Report) -> Iterator[SentenceAnswers]:
    """Read the examples in a file of one annotator."""
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
            refused.update(_possible_layers(entity))
            report.fail(f"{where}: entity {k}", "span that cannot be verified", f"{json_excerpt(entity)}: {error}")
    for _ in example.relations:
        report.drop(where, "relation, for which a bank has no place")
    note = "; ".join(clean_text(comment) for comment in example.comments if isinstance(comment, str) and clean_text(comment))
    return Answers(choices, tuple(spans), note or None, frozenset(refused))


def _span(text: str, entity: object) -> Span:
    """Read a span: a list of three values, or an object if the project has relations.

    Raises ValueError if its form is wrong, its layer is unknown, or its place is uncertain.
    """
    entity = _as_list(entity)
    if not (isinstance(entity, list) and list(map(type, entity)) == [int, int, str]):
        raise ValueError("not a start, an end and a label")
    start, end, label = entity
    if not 0 <= start < end <= len(text):
        raise ValueError("outside the sentence")
    if not _plain(text[:end]):
        raise ValueError("characters before its end that can be counted in several ways")
    layer, _, ref = label.partition(_PART)
    return Span(start, end, layer_named(layer), ref or None)


def _as_list(entity: object) -> object:
    """Return start, end and label of a span that is an object; any other value unchanged."""
    return [entity.get(name) for name in ("start_offset", "end_offset", "label")] if isinstance(entity, dict) else entity


def _possible_layers(entity: object) -> Collection[str]:
    """Return the layers to which a refused span may belong."""
    entity = _as_list(entity)
    label = entity[2] if isinstance(entity, list) and len(entity) == 3 and isinstance(entity[2], str) else ""
    try:
        return {refusal.layer_key(layer_named(label.partition(_PART)[0]))}
    except ValueError:
        return refusal.QUOTED_LAYERS


def _plain(text: str) -> bool:
    """Whether a text has as many code points as UTF-16 units and grapheme clusters, so that offsets are the same."""
    return text.isascii() or all(
        character < "\U00010000" and unicodedata.category(character)[0] not in "MC" and not "\u1100" <= character <= "\u11ff"
        for character in text
    )
