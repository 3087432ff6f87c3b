"""A coder's answer, held to the rules: the labels that keep them, and of the others what is wrong."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from slantbank.bank import Annotation, Annotator, Article, Bank, Draft, Metadata, Sentence, Topic, article, quotations, topic
from slantbank.bank.toml import Document, TextFile, validate
from slantbank.codebook import VERSION, AnnotatorKind
from slantbank.problem import nearest, quoted
from slantbank.rules import check

Response = Mapping[str, Any]
"""`{"sentences": {"0": {"claim_type": …, "stance": {party: -1, 0 or 1}, "loaded": […], "facts": {fact: words}, …}, …}}`.

Keys are those of an annotation file. A quotation is the words, of which the first occurrence is meant (of `loaded` the k-th
listing means the k-th), or `{"text": …, "nth": …}`. A party or fact that is null is not there. Instead of labels a sentence may
have `{"undecided": reason}`.
"""

REQUIRED_KEYS = ("claim_type", "attribution", "source_perspective", "stance", "loaded", "facts")
ATTRIBUTED_KEYS = ("source", "cue", "source_type", "source_party")

Faults = dict[int, dict[str, str]]
"""What is wrong, by sentence and key."""


@dataclass(frozen=True)
class ValidatedResponse:
    """An annotation that keeps the rules. What was at fault is listed as `undecided` there, and `faults` says why."""

    annotation: Annotation
    faults: Faults


def validate_response(answer: Response, one: Article, about: Topic) -> ValidatedResponse:
    """The annotation that an answer makes of an article. Nothing is put right: what breaks a rule is undecided, with the reason."""
    rows = answer.get("sentences") if isinstance(answer, Mapping) else None
    rows = rows if isinstance(rows, Mapping) else {}
    faults: Faults = defaultdict(dict)
    values = {}
    for n, text in enumerate(one.lines):
        values[n], faults[n] = _read(n, text, rows.get(str(n)))
    for n, key, message in _problems(one, about, values):
        faults[n].setdefault(key, message)
    sentences = [_sentence(values[n], faults[n]) for n in values]
    if not any(faults.values()):
        return ValidatedResponse(Annotation(sentence=tuple(sentences)), {})
    left = _problems(one, about, {one.n: one.model_dump(exclude_none=True) for one in sentences})
    for n, _, message in left:  # what no single key is to blame for
        faults[n] = dict.fromkeys((*REQUIRED_KEYS, *ATTRIBUTED_KEYS), message)
        sentences[n] = _sentence(values[n], faults[n])
    return ValidatedResponse(Annotation(sentence=tuple(sentences)), {n: found for n, found in faults.items() if found})


def _read(n: int, text: str, row: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """The labels of a sentence as far as they have the form of labels, and what has not."""
    values: dict[str, Any] = {"n": n, "text": text}
    if not isinstance(row, Mapping):
        return values, dict.fromkeys(REQUIRED_KEYS, "no labels" if row is None else "not a table of labels")
    if "undecided" in row:
        return values, dict.fromkeys(REQUIRED_KEYS, str(row["undecided"]))
    given = {key: value for key, value in row.items() if value is not None}
    faults = {key: f"no such key; {nearest(key, [*REQUIRED_KEYS, *ATTRIBUTED_KEYS, 'note'])}" for key in set(given) - _KEYS}
    faults |= {key: "missing" for key in REQUIRED_KEYS if given.get(key, "") == ""}
    own = given.get("attribution") == "author"
    if not own and "attribution" in given:
        faults |= {key: "missing where the claim is attributed" for key in ("source", "cue") if key not in given}
        faults |= {"source_type": "missing where the claim is attributed"} if not given.get("source_type") else {}
    for key in _KEYS & set(given):
        value = given[key]
        if isinstance(value, Mapping) and key in ("stance", "facts"):
            value = {name: item for name, item in value.items() if item is not None}
        if key in ATTRIBUTED_KEYS and value in ("", {"text": ""}) and (own or key == "source_party"):
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
        if quote.is_ambiguous:  # of words alone the first occurrence is meant
            first = {"text": quote.words, "nth": 1}
            values[quote.key] = {**values[quote.key], quote.item: first} if quote.key == "facts" else first
    return values, faults


_KEYS = {*REQUIRED_KEYS, *ATTRIBUTED_KEYS, "note"}


def _sentence(values: Mapping[str, Any], faults: Mapping[str, str]) -> Sentence:
    """The labels without those at fault, which are listed as undecided with the reasons."""
    undecided = [key for key in (*REQUIRED_KEYS, *ATTRIBUTED_KEYS) if key in faults]
    if "attribution" in faults:  # what hangs on it
        undecided += [key for key in ATTRIBUTED_KEYS if key not in faults]
    kept = {key: value for key, value in values.items() if key not in undecided}
    reasons = dict.fromkeys(faults[key] for key in undecided if key in faults)
    why = [f"{', '.join(key for key in undecided if faults.get(key) == reason)} undecided: {reason}" for reason in reasons]
    if why:
        kept["note"] = "; ".join([*([values["note"]] if values.get("note") else []), *why])
    return Sentence.model_validate({**kept, "undecided": undecided})


def _problems(one: Article, about: Topic, values: Mapping[int, Mapping[str, Any]]) -> list[tuple[int, str, str]]:
    """What the rules find in the labels: the sentence, the key, and the message."""
    shown = f"articles/{one.meta.id}"
    sentences = [{"undecided": _open(row), **row} for row in values.values()]
    document = _document(f"{shown}/annotations/{_WHO.id}.toml", article.dumps(_plain(sentences)), Annotation)
    meta = one.meta.model_copy(update={"annotator": (_WHO,)})
    heads = article.files(replace(one, meta=meta, annotations={}))
    draft = Draft(
        _NOWHERE / shown,  # rules know an article by its folder
        shown,
        meta=_document(f"{shown}/article.toml", heads["article.toml"], Metadata),
        source=_text(f"{shown}/source.txt", one.source),
        text=_text(f"{shown}/article.txt", one.text),
        annotations={_WHO.id: document},
    )
    topics = {about.id: _document(f"topics/{about.id}.toml", topic.dumps(about), Topic)}
    found = check(Bank(_NOWHERE, topics=topics, articles={one.meta.id: draft}))
    lines = (document.text or "").split("\n")
    placed = []
    for problem in found:
        if problem.path == document.path and problem.level != "warning" and problem.code != "SB210":
            before = lines[: problem.line]
            n = sum(line == "[[sentence]]" for line in before) - 1
            key = next((match[1] for line in reversed(before) if (match := re.match(r"(\w+) = |\[\[", line))), None)
            placed.append((n, _KEY_OF.get(problem.code, key or "claim_type"), problem.message))
    return placed


_WHO = Annotator(id="coder", kind=AnnotatorKind.MODEL, codebook=VERSION)
_NOWHERE = Path("nowhere")
_KEY_OF = {"SB212": "source_type"}


def _open(row: Mapping[str, Any]) -> list[str]:
    """The keys that have no label and are not to be reported again."""
    return [key for key in REQUIRED_KEYS if key not in row]


def _plain(rows: Collection[Mapping[str, Any]]) -> Annotation:
    return Annotation.model_validate({"sentence": rows})


def _document(shown: str, text: str, model: Any) -> Document[Any]:
    return validate(_text(shown, text), model)


def _text(shown: str, text: str) -> TextFile:
    return TextFile(shown, text.encode("utf-8"), text)
