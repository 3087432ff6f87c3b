"""doccano (1.8; JSONL of a project for intent detection and slot filling, which has choices and spans), both ways.

doccano counts offsets in UTF-16 units, or in grapheme clusters where a project says so, and gives no words to verify them by.
So a span is taken only where every way to count leads to the same place.
"""

import json
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from slantbank.bank import Article, Topic
from slantbank.codebook import VERSION, SpanLayer
from slantbank.exchange._answers import Answered, Answers, Span, answers, questions
from slantbank.exchange._offsets import units
from slantbank.importers import Report, plain, slug

_PART = ": "
"""What parts the two halves of a label: a question and its answer, or a layer and what its span is about."""


def files(one: Article, topic: Topic, annotators: Sequence[str]) -> dict[str, str]:
    """The labels of both kinds to upload to a project, and the sentences, once for each annotator, by file name."""
    name = one.meta.id
    categories = [f"{question.name}{_PART}{option.value}" for question in questions(topic) for option in question.options]
    spans = ["source", "cue", "loaded", *(f"{SpanLayer.FACT}{_PART}{fact.id}" for fact in topic.fact)]
    found = {
        f"{name}.{kind}.json": json.dumps([{"text": text} for text in texts], ensure_ascii=False, indent=1) + "\n"
        for kind, texts in (("categories", categories), ("spans", spans))
    }
    lines = one.lines
    for annotator in annotators or (None,):
        given = {} if annotator is None else {one.n: answers(one) for one in one.annotations[annotator].sentence}
        examples = (_example(name, n, line, given.get(n, Answers())) for n, line in enumerate(lines))
        text = "".join(json.dumps(example, ensure_ascii=False) + "\n" for example in examples)
        found[f"{name}{f'.{annotator}' if annotator else ''}.jsonl"] = text
    return found


def _example(name: str, n: int, text: str, given: Answers) -> dict[str, Any]:
    spans = [
        [units(text, span.start), units(text, span.end), _PART.join(filter(None, [span.layer, span.ref]))] for span in given.spans
    ]
    cats = [f"{name}{_PART}{value}" for name, values in given.choices.items() for value in values]
    return {"text": text, "entities": spans, "cats": cats, "article": name, "n": n, "codebook": VERSION}


class _Example(BaseModel):
    text: str
    entities: list[tuple[int, int, str]]
    cats: list[str]
    comments: list[str] = Field(default_factory=list, alias="Comments")
    article: str
    n: int
    codebook: str


def read(path: Path, report: Report) -> Iterator[Answered]:
    """The examples of an export, which are those of one annotator, whom doccano names in the file's name."""
    annotator = slug(path.stem)
    with path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            where = f"{path.name}:{number}"
            with report.reading(where):
                one = _Example.model_validate_json(line)
                yield Answered(where, annotator, one.article, one.n, one.text, one.codebook, _answers(one, where, report))


def _answers(one: _Example, where: str, report: Report) -> Answers:
    choices: dict[str, tuple[str, ...]] = {}
    for cat in one.cats:
        name, _, value = cat.partition(_PART)
        choices[name] = (*choices.get(name, ()), value)
    spans = []
    refused = set()
    for start, end, label in one.entities:
        try:
            spans.append(_span(one.text, start, end, label))
        except ValueError as error:
            name = label.partition(_PART)[0]
            refused.add("facts" if name == SpanLayer.FACT else name)
            report.fail(f"{where}: entity {start}-{end}", "span that cannot be verified", f"{label}: {error}")
    note = "; ".join(filter(None, map(plain, one.comments)))
    return Answers(choices, tuple(spans), note or None, frozenset(refused))


def _span(text: str, start: int, end: int, label: str) -> Span:
    """A span as given. Raises ValueError if its layer is none, or its place is not sure."""
    if not 0 <= start < end <= len(text):
        raise ValueError("outside the sentence")
    if not _plain(text[:end]):
        raise ValueError("characters before its end that can be counted in several ways")
    layer, _, ref = label.partition(_PART)
    return Span(start, end, SpanLayer(layer), ref or None)


def _plain(text: str) -> bool:
    """Whether code points, UTF-16 units and grapheme clusters of the text are the same."""
    return text.isascii() or all(
        one < "\U00010000" and unicodedata.category(one)[0] not in "MC" and not "\u1100" <= one <= "\u11ff" for one in text
    )
