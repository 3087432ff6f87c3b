"""Export to and import from Label Studio 1.23 (JSON): a labelling configuration and tasks out, completed annotations back.

A task is a sentence, since the codebook decides sentence by sentence: choices then need no region, and offsets are those of the
sentence. The task shows its paragraph, and the whole article in a panel that opens on a click.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from pydantic import BaseModel, Field

from slantbank.bank import Article, Topic
from slantbank.codebook import SECTIONS, VERSION, SpanLayer
from slantbank.exchange import _offsets as offsets
from slantbank.exchange._answers import (
    SIMPLE_QUESTIONS,
    STANCE,
    Answers,
    Question,
    SentenceAnswers,
    Span,
    distinct_annotators,
    layer_named,
    layers_of_question,
    questions,
    to_answers,
)
from slantbank.importers import Report, clean_text, json_excerpt, parse_json, refusal, slug, validate_leniently

_SPANS, _FACTS, _NOTE = "spans", "fact_spans", "note"


def files(article: Article, topic: Topic, annotators: Sequence[str]) -> dict[str, str]:
    """Return, by file name, the configuration and the tasks of an article, with labels of annotators as predictions."""
    tasks = [_task(article, n, annotators) for n in range(len(article.sentences))]
    used = {
        span.layer for name in annotators for sentence in article.annotations[name].sentence for span in to_answers(sentence).spans
    }
    return {
        f"{article.meta.id}.config.xml": config(topic, used),
        f"{article.meta.id}.tasks.json": json.dumps(tasks, ensure_ascii=False, indent=1) + "\n",
    }


def _task(article: Article, n: int, annotators: Sequence[str]) -> dict[str, Any]:
    places, lines = article.sentences, article.lines
    here = [i for i, place in enumerate(places) if place.paragraph == places[n].paragraph]
    labelled = {name: sentence for name in annotators for sentence in article.annotations[name].sentence if sentence.n == n}
    results = {name: _results(to_answers(sentence), lines[n], n) for name, sentence in labelled.items()}
    return {
        "data": {
            "article": article.meta.id,
            "n": n,
            "codebook": VERSION,
            "text": lines[n],
            "title": f"{lines[0]} — sentence {n} of {len(lines) - 1}" if n else f"{lines[0]} — the headline",
            "before": " ".join(lines[i] for i in here if i < n) or "— the paragraph begins —",
            "after": " ".join(lines[i] for i in here if i > n) or "— the paragraph ends —",
            "whole": article.text,
        },
        "predictions": [{"model_version": name, "result": result} for name, result in results.items() if result],
    }


def _results(answers: Answers, text: str, n: int) -> list[dict[str, Any]]:
    """Return answers as the results of a prediction."""
    results: list[dict[str, Any]] = [
        {"from_name": name, "type": "choices", "value": {"choices": list(values)}} for name, values in answers.choices.items()
    ]
    for span in answers.spans:
        fact = span.layer is SpanLayer.FACT
        value = {"start": span.start, "end": span.end, "text": text[span.start : span.end]}
        labels = [span.ref if fact else span.layer.value]
        about = {"meta": {"text": [span.ref]}} if span.ref and not fact else {}
        results.append({"from_name": _FACTS if fact else _SPANS, "type": "labels", "value": {**value, "labels": labels}, **about})
    if answers.note:
        results.append({"from_name": _NOTE, "type": "textarea", "value": {"text": [answers.note]}})
    return [{"id": f"{n}-{k}", "to_name": "text", **result} for k, result in enumerate(results)]


_STYLE = """
.sb-context { opacity: .75 }
.sb-text { font-size: 1.15em; border-left: 4px solid #617ADA; padding: .2em .6em; margin: .2em 0 }
.sb-columns { display: grid; grid-template-columns: 1fr 1fr; gap: 0 2em }
.sb-question h4 { font-size: 1em; margin: .8em 0 .1em !important }
.sb-columns .lsf-choices { margin: 0 }
.sb-party { display: grid; grid-template-columns: 8em auto; align-items: center }
.sb-party h4 { font-weight: normal; margin: 0 !important }
"""


def config(topic: Topic, layers: Collection[SpanLayer] = ()) -> str:
    """Return the labelling configuration for articles of a topic: the codebook's choices, with definitions as hints, and hotkeys.

    Words can be marked as source, cue, loaded language or a fact, and as the other `layers`, if spans of these exist already.
    """
    asked = {question.name: question for question in questions(topic)}
    root = Element("View")
    SubElement(root, "Style").text = _STYLE
    SubElement(root, "Header", value="$title", size="5")
    whole = SubElement(SubElement(root, "Collapse"), "Panel", value="The whole article: read it first")
    SubElement(whole, "Text", name="whole", value="$whole")
    spans = SubElement(root, "Labels", name=_SPANS, toName="text", showInline="true")
    for layer, colour, key in _WORDS:
        if key or layer in layers:
            label = SubElement(spans, "Label", value=layer.value, background=colour, hint=_hint(layer))
            if key:
                label.set("hotkey", key)
    if topic.fact:
        facts = SubElement(root, "Labels", name=_FACTS, toName="text", showInline="true")
        for fact in topic.fact:
            SubElement(facts, "Label", value=fact.id, background="#8AB17D", hint=fact.described)
    _text(root, "before", "sb-context")
    _text(root, "text", "sb-text")
    _text(root, "after", "sb-context")
    columns = SubElement(root, "View", className="sb-columns")
    left, right = SubElement(columns, "View"), SubElement(columns, "View")
    _choices(left, asked["claim_type"], required="true")
    _choices(left, asked["attribution"], required="true")
    shown = {"visibleWhen": "choice-selected", "whenTagName": "attribution", "whenChoiceValue": "direct,indirect,mixed"}
    attributed = SubElement(left, "View", shown)
    for question in asked.values():
        if question.attributed and question.options:
            _choices(attributed, question)
    _choices(right, asked["source_perspective"], required="true")
    if topic.party:
        stance = SubElement(right, "View", className="sb-question")
        SubElement(stance, "Header", value="Stance: how the sentence presents each party that it refers to", size="6")
        for party in topic.party:
            _choices(stance, asked[f"{STANCE}{party.id}"], "sb-party")
    if topic.fact:
        _choices(left, asked["facts"], layout="select")
    _choices(right, asked["none"])
    note = "Note: a doubt, and the rule that leaves it"
    SubElement(root, "TextArea", name=_NOTE, toName="text", placeholder=note, rows="1", maxSubmissions="1")
    indent(root, " ")
    return tostring(root, encoding="unicode") + "\n"


def _text(parent: Element, name: str, style: str) -> None:
    SubElement(SubElement(parent, "View", className=style), "Text", name=name, value=f"${name}", granularity="word")


def _hint(layer: SpanLayer) -> str:
    rules = next((section.preamble.text for section in SECTIONS if section.title == layer.value), "")
    return " ".join(filter(None, [layer.definition, rules.replace("*", "")]))


def _choices(parent: Element, question: Question, style: str = "sb-question", **attributes: str) -> None:
    view = SubElement(parent, "View", className=style)
    SubElement(view, "Header", value=question.title, size="6")
    kind = "multiple" if question.many else "single"
    tag = SubElement(view, "Choices", {"name": question.name, "toName": "text", "choice": kind, **attributes})
    if "layout" not in attributes:
        tag.set("showInline", "true")
    keys = _KEYS.get(question.name, "")
    for k, option in enumerate(question.options):
        choice = SubElement(tag, "Choice", value=option.shown)
        if option.shown != option.value:
            choice.set("alias", option.value)
        if option.hint:
            choice.set("hint", option.hint)
        if k < len(keys):
            choice.set("hotkey", keys[k])


_WORDS = (
    (SpanLayer.SOURCE, "#E9C46A", "z"),
    (SpanLayer.CUE, "#2A9D8F", "x"),
    (SpanLayer.LOADED, "#E76F51", "c"),
    (SpanLayer.CONTENT, "#8D99AE", None),
    (SpanLayer.INFORMATIONAL, "#B56576", None),
)
"""The layers of spans except facts, each with colour and hotkey; those without a hotkey come from imported corpora."""
_KEYS = {
    "claim_type": "1234567",
    "attribution": "qwer",
    "source_type": "asdfg",
    "source_perspective": "890-=",
    "none": "vbnmk",
}


class _Annotation(BaseModel):
    id: int | None = None
    completed_by: int | dict[str, Any] | None = None
    was_cancelled: bool | None = False
    updated_at: str | None = ""
    result: list[Any]


class _Data(BaseModel):
    article: str
    n: int
    text: str
    codebook: str


class _Task(BaseModel):
    id: int | str | None = None
    data: _Data
    annotations: list[Any] | None
    drafts: list[Any] | None = Field(default_factory=list)


def read(path: Path, report: Report) -> Iterator[SentenceAnswers]:
    """Read the completed annotations from an export of Label Studio in its format JSON.

    Raises ValueError for a file that is no such export.
    """
    try:
        tasks = parse_json(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{error}; export the project as JSON, and not as CSV or the like") from error
    if not isinstance(tasks, list):
        raise ValueError("no list of tasks; export the project as JSON")  # noqa: TRY004 - it is the file that is wrong
    if tasks and not any(isinstance(raw, dict) and "data" in raw for raw in tasks):
        raise ValueError("tasks without `data`, as in JSON-MIN; export the project as JSON")
    submitted: list[tuple[str, str, _Data, _Annotation]] = []
    for i, raw in enumerate(tasks):
        where = f"{path.name}: task {raw.get('id', f'at position {i}') if isinstance(raw, dict) else f'at position {i}'}"
        with report.reading(where):
            task = validate_leniently(_Task, raw, where, report)
            for _ in task.drafts or ():
                report.drop(where, "draft that was not submitted")
            for item in task.annotations or ():
                at = f"{where}: annotation {item.get('id') if isinstance(item, dict) else None}"
                with report.reading(at):
                    annotation = validate_leniently(_Annotation, item, at, report)
                    if annotation.was_cancelled:
                        report.drop(at, "annotation that was skipped")
                    else:
                        submitted.append((at, _annotator(annotation), task.data, annotation))
    if not submitted and not report.counts:
        raise ValueError("it has no annotation that was submitted; predictions are not taken as answers")
    taken = distinct_annotators((name for _, name, _, _ in submitted), path.name, report)
    counted = offsets.units_used(
        _places(data.text, _object(result.get("value")))
        for _, _, data, annotation in submitted
        for result in map(_object, annotation.result)
        if result.get("type") == "labels"
    )
    for where, annotator, data, annotation in submitted:
        if annotator not in taken:
            continue
        with report.reading(where):
            answers = _answers(data.text, annotation.result, counted, where, report)
            day = annotation.updated_at or ""
            yield SentenceAnswers(where, slug(annotator), data.article, data.n, data.text, data.codebook, answers, day)


def _annotator(annotation: _Annotation) -> str:
    """Return who made an annotation: the e-mail address if the export has it, else the number of the user."""
    user = annotation.completed_by
    if isinstance(user, dict):
        if isinstance(email := user.get("email") or "", str) and email:
            return email.casefold()
        if email:
            raise ValueError("the e-mail address in completed_by is no text")
        user = user.get("id")
    if user is None:
        raise ValueError("completed_by names nobody")
    return f"user {user}"


def _places(text: str, value: dict[str, Any]) -> dict[offsets.Unit, offsets.Place]:
    start, end, words = (value.get(name) for name in ("start", "end", "text"))
    if not (isinstance(start, int) and isinstance(end, int) and isinstance(words, str)):
        return {}
    return offsets.possible_places(text, start, end, words)


def _answers(text: str, results: Sequence[Any], units: set[offsets.Unit], where: str, report: Report) -> Answers:
    """Return results as answers; a result that cannot be verified is reported, and its layers are refused."""
    choices: dict[str, tuple[str, ...]] = {}
    spans: list[Span] = []
    notes: list[str] = []
    refused: set[str] = set()
    for k, raw in enumerate(results):
        result = _object(raw)
        at, name, kind = f"{where}: result {result.get('id', k)}", result.get("from_name"), result.get("type")
        value = _object(result.get("value"))
        if kind == "relation":
            report.drop(at, "relation, for which a bank has no place")
        elif (
            kind == "choices" and isinstance(name, str) and name not in (_SPANS, _FACTS, _NOTE) and _are_texts(value.get("choices"))
        ):
            choices[name] = (*choices.get(name, ()), *value["choices"])
        elif kind == "textarea" and name == _NOTE:
            notes += [clean_text(text) for text in _strings(value.get("text")) if clean_text(text)]
        elif kind == "labels" and name in (_SPANS, _FACTS) and _are_texts(value.get("labels")):
            for label in value["labels"]:
                try:
                    layer, ref = (SpanLayer.FACT, label) if name == _FACTS else (layer_named(label), _ref(result))
                    spans.append(Span(*offsets.choose_place(_places(text, value), units), layer, ref))
                except ValueError as error:
                    refused.update(_possible_layers(name, kind, [label]))
                    report.fail(at, "span that cannot be verified", f"{label}: {error}")
        else:
            refused.update(_possible_layers(name, kind, value.get("labels")))
            report.fail(at, "result that the configuration does not ask for", f"{json_excerpt(kind)} {json_excerpt(name)}")
    return Answers(choices, tuple(spans), "; ".join(notes) or None, frozenset(refused))


def _possible_layers(name: object, kind: object, labels: object) -> Collection[str]:
    """Return the layers to which a refused result may belong; none for a control that is not in our configuration."""
    if name == _FACTS:
        return {"facts"}
    if name == _SPANS or (kind == "labels" and name not in SIMPLE_QUESTIONS):
        layers = [label for label in labels if label in [*SpanLayer]] if isinstance(labels, list) else []
        certain = name == _SPANS and isinstance(labels, list) and layers and len(layers) == len(labels)
        return {refusal.layer_key(SpanLayer(label)) for label in layers} if certain else refusal.QUOTED_LAYERS
    if not isinstance(kind, str) or not isinstance(name, str):
        return refusal.QUOTED_LAYERS | {"stance"}
    return layers_of_question(name) if kind == "choices" or name in SIMPLE_QUESTIONS or name.startswith(STANCE) else ()


def _ref(result: dict[str, Any]) -> str | None:
    """Return what a span refers to, from its meta information. Raises ValueError if that is no text."""
    meta = result.get("meta") or {}
    texts = meta.get("text", []) if isinstance(meta, dict) else None
    if isinstance(texts, str):
        return texts or None
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError("the meta information of the span is no text")
    return " ".join(texts) or None


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _are_texts(value: object) -> bool:
    """Whether a value is a list of strings that is not empty."""
    return isinstance(value, list) and bool(value) and all(isinstance(text, str) for text in value)


def _strings(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [text for text in values if isinstance(text, str)]
