"""Validate a coder's response: keep the labels that follow the rules, and say what is wrong with the others."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from slantbank.bank import Annotation, Annotator, Article, Bank, Draft, Metadata, Sentence, Topic, quotations
from slantbank.bank import article as article_files
from slantbank.bank import topic as topic_files
from slantbank.bank.toml import Document, TextFile, validate
from slantbank.codebook import VERSION, AnnotatorKind
from slantbank.problem import nearest, quoted
from slantbank.rules import check

Response = Mapping[str, Any]
"""`{"sentences": {"0": {"claim_type": …, "stance": {party: -1, 0 or 1}, "loaded": […], "facts": {fact: words}, …}, …}}`.

The keys are those of an annotation file. A quotation is a text, which means its first occurrence (in `loaded`, the k-th listing
means the k-th occurrence), or `{"text": …, "nth": …}`. A party or fact with null counts as missing. Instead of labels a sentence
may have `{"undecided": reason}`.
"""

REQUIRED_KEYS = ("claim_type", "attribution", "source_perspective", "stance", "loaded", "facts")
ATTRIBUTED_KEYS = ("source", "cue", "source_type", "source_party")

Faults = dict[int, dict[str, str]]
"""What is wrong with a response, by sentence and key."""


@dataclass(frozen=True)
class ValidatedResponse:
    """An annotation that follows the rules; labels at fault are listed there as `undecided`, and `faults` says why."""

    annotation: Annotation
    faults: Faults


def validate_response(response: Response, article: Article, topic: Topic) -> ValidatedResponse:
    """Make an annotation of a response. A label that breaks a rule is undecided, with the reason; none is corrected."""
    rows = response.get("sentences") if isinstance(response, Mapping) else None
    rows = rows if isinstance(rows, Mapping) else {}
    faults: Faults = defaultdict(dict)
    values = {}
    for n, text in enumerate(article.lines):
        values[n], faults[n] = _parse_row(n, text, rows.get(str(n)))
    for n, key, message in _problems(article, topic, values):
        faults[n].setdefault(key, message)
    sentences = [_sentence(values[n], faults[n]) for n in values]
    if not any(faults.values()):
        return ValidatedResponse(Annotation(sentence=tuple(sentences)), {})
    remaining = _problems(article, topic, {sentence.n: sentence.model_dump(exclude_none=True) for sentence in sentences})
    for n, _, message in remaining:  # no single key explains these problems, so the whole sentence is undecided
        faults[n] = dict.fromkeys((*REQUIRED_KEYS, *ATTRIBUTED_KEYS), message)
        sentences[n] = _sentence(values[n], faults[n])
    return ValidatedResponse(Annotation(sentence=tuple(sentences)), {n: by_key for n, by_key in faults.items() if by_key})


def _parse_row(n: int, text: str, row: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """The well-formed labels of a sentence, and the faults of the others by key."""
    values: dict[str, Any] = {"n": n, "text": text}
    if not isinstance(row, Mapping):
        return values, dict.fromkeys(REQUIRED_KEYS, "no labels" if row is None else "not a table of labels")
    if "undecided" in row:
        return values, dict.fromkeys(REQUIRED_KEYS, str(row["undecided"]))
    labels = {key: value for key, value in row.items() if value is not None}
    faults = {key: f"no such key; {nearest(key, [*REQUIRED_KEYS, *ATTRIBUTED_KEYS, 'note'])}" for key in labels if key not in _KEYS}
    faults |= {key: "missing" for key in REQUIRED_KEYS if labels.get(key, "") == ""}
    is_author = labels.get("attribution") == "author"
    if not is_author and "attribution" in labels:
        faults |= {key: "missing where the claim is attributed" for key in ("source", "cue") if key not in labels}
        faults |= {"source_type": "missing where the claim is attributed"} if not labels.get("source_type") else {}
    for key in (key for key in labels if key in _KEYS):
        value = labels[key]
        if isinstance(value, Mapping) and key in ("stance", "facts"):
            value = {name: item for name, item in value.items() if item is not None}
        if key in ATTRIBUTED_KEYS and value in ("", {"text": ""}) and (is_author or key == "source_party"):
            continue
        values[key] = value
    try:
        Sentence.model_validate(values)
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            key = str(fault["loc"][0])
            faults.setdefault(key, f"{quoted(fault['input'])}: {fault['msg']}")
            values.pop(key, None)
    for quote in quotations(Sentence.model_validate(values)):
        if quote.is_ambiguous:  # words without `nth` mean their first occurrence
            first = {"text": quote.words, "nth": 1}
            values[quote.key] = {**values[quote.key], quote.item: first} if quote.key == "facts" else first
    return values, faults


_KEYS = {*REQUIRED_KEYS, *ATTRIBUTED_KEYS, "note"}


def _sentence(values: Mapping[str, Any], faults: Mapping[str, str]) -> Sentence:
    """The labels of a sentence without those at fault, which are listed as undecided, with the reasons in the note."""
    undecided = [key for key in (*REQUIRED_KEYS, *ATTRIBUTED_KEYS) if key in faults]
    if "attribution" in faults:  # these keys depend on it
        undecided += [key for key in ATTRIBUTED_KEYS if key not in faults]
    accepted = {key: value for key, value in values.items() if key not in undecided}
    reasons = dict.fromkeys(faults[key] for key in undecided if key in faults)
    notes = [f"{', '.join(key for key in undecided if faults.get(key) == reason)} undecided: {reason}" for reason in reasons]
    if notes:
        accepted["note"] = "; ".join([*([values["note"]] if values.get("note") else []), *notes])
    return Sentence.model_validate({**accepted, "undecided": undecided})


def _problems(article: Article, topic: Topic, values: Mapping[int, Mapping[str, Any]]) -> list[tuple[int, str, str]]:
    """Check the labels by the rules of a bank, and return the number of the sentence, the key and the message of each problem."""
    folder = f"articles/{article.meta.id}"
    # the required keys without a label have a fault already, and are not to be reported again
    sentences = [{"undecided": [key for key in REQUIRED_KEYS if key not in row], **row} for row in values.values()]
    annotation = Annotation.model_validate({"sentence": sentences})
    document = _document(f"{folder}/annotations/{_ANNOTATOR.id}.toml", article_files.dumps(annotation), Annotation)
    meta = article.meta.model_copy(update={"annotator": (_ANNOTATOR,)})
    files = article_files.files(replace(article, meta=meta, annotations={}))
    draft = Draft(
        _NOWHERE / folder,  # rules identify an article by its folder
        folder,
        meta=_document(f"{folder}/article.toml", files["article.toml"], Metadata),
        source=_text(f"{folder}/source.txt", article.source),
        text=_text(f"{folder}/article.txt", article.text),
        annotations={_ANNOTATOR.id: document},
    )
    topics = {topic.id: _document(f"topics/{topic.id}.toml", topic_files.dumps(topic), Topic)}
    lines = (document.text or "").split("\n")
    placed = []
    for problem in check(Bank(_NOWHERE, topics=topics, articles={article.meta.id: draft})):
        if problem.path == document.path and problem.level != "warning" and problem.code != "SB210":
            before = lines[: problem.line]
            n = sum(line == "[[sentence]]" for line in before) - 1
            key = next((match[1] for line in reversed(before) if (match := re.match(r"(\w+) = |\[\[", line))), None)
            placed.append((n, _KEY_OF.get(problem.code, key or "claim_type"), problem.message))
    return placed


_ANNOTATOR = Annotator(id="coder", kind=AnnotatorKind.MODEL, codebook=VERSION)
_NOWHERE = Path("nowhere")
_KEY_OF = {"SB212": "source_type"}
"""The key at fault of rules that report their problem at another key."""


def _document(path: str, text: str, model: Any) -> Document[Any]:
    return validate(_text(path, text), model)


def _text(path: str, text: str) -> TextFile:
    return TextFile(path, text.encode("utf-8"), text)
