"""The questions about a sentence and their answers: the common form between a bank and the files of every annotation tool.

An annotator answers the question `none` to say "there is none". Without any answer, a label is not coded, and stays so.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from slantbank.bank import Mark, Quote, Sentence, Topic, listed_at, quotations, quoted_at
from slantbank.codebook import NEUTRAL, Attribution, ClaimType, Code, SourceType, SpanLayer, Stance
from slantbank.importers import Report, drop_overlaps, refusal, slug, trim_span
from slantbank.problem import nearest

STANCE = "stance-"
"""The prefix of the names of questions on stance; the id of the party follows."""
NONE = {"source": "source words", "cue": "cue words", "loaded": "loaded words", "stance": "party", "facts": "fact"}
"""The choices of the question `none`, with their wording."""


@dataclass(frozen=True)
class Option:
    """A choice: the value in files, the text that is shown, and an explanation."""

    value: str
    shown: str
    hint: str


@dataclass(frozen=True)
class Question:
    """A question with fixed choices; `many` allows several of them, `attributed` restricts it to attributed claims."""

    name: str
    title: str
    options: tuple[Option, ...]
    many: bool = False
    attributed: bool = False


@dataclass(frozen=True)
class Span:
    """A span: half-open code-point offsets in the sentence, the layer, and the fact or target that it refers to."""

    start: int
    end: int
    layer: SpanLayer
    ref: str | None = None


@dataclass(frozen=True)
class Answers:
    """The answers on a sentence: choices by question, spans, and a note.

    `refused` are the layers with an answer that cannot be verified; they count as not coded.
    """

    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    spans: tuple[Span, ...] = ()
    note: str | None = None
    refused: frozenset[str] = frozenset()


@dataclass(frozen=True)
class SentenceAnswers:
    """Answers read from a tool's file, with their place in it (`where`), the annotator, the article and the sentence."""

    where: str
    annotator: str
    article: str
    n: int
    text: str
    codebook: str
    answers: Answers
    day: str = ""


def questions(topic: Topic) -> list[Question]:
    """Return the questions about each sentence of an article of the topic, in the order of the codebook."""
    parties = tuple(Option(party.id, party.id, "; ".join([party.name, *party.aliases])) for party in topic.party)
    facts = tuple(Option(fact.id, fact.id, fact.described) for fact in topic.fact)
    stances = tuple(
        Option(str(stance.value), f"{stance.value:+d}".replace("-", "−").replace("+0", "0"), stance.definition) for stance in Stance
    )
    neutral = Option(NEUTRAL, NEUTRAL, "No one party's account.")
    return [
        Question("claim_type", "Claim type: what would settle the claim?", _codes(ClaimType)),
        Question("attribution", "Attribution: how is the claim sourced?", _codes(Attribution)),
        Question("source_type", "Source type", _codes(SourceType), attributed=True),
        Question("source_party", "Party of the source, if any", parties, attributed=True),
        Question("source_perspective", "Perspective: whose account is it?", (neutral, *parties)),
        *(Question(f"{STANCE}{party.id}", party.id, stances) for party in topic.party),
        Question("facts", "Facts that no one run of words reports", facts, many=True),
        Question(
            "none", "In this sentence there is no …", tuple(Option(name, shown, "") for name, shown in NONE.items()), many=True
        ),
    ]


def _codes(labels: type[Code]) -> tuple[Option, ...]:
    return tuple(Option(label.value, label.value, " ".join(filter(None, [label.definition, label.rule]))) for label in labels)


def to_answers(sentence: Sentence) -> Answers:
    """Return the answers that lead to the labels of a sentence. Ratings (`scores`) are left out."""
    choices: dict[str, tuple[str, ...]] = {}
    for name in ("claim_type", "attribution", "source_type", "source_party", "source_perspective"):
        value = getattr(sentence, name)
        if value is not None and name not in sentence.undecided:
            choices[name] = (str(value),)
    stance, loaded, facts = (
        None if name in sentence.undecided else getattr(sentence, name) for name in ("stance", "loaded", "facts")
    )
    choices |= {f"{STANCE}{party}": (str(value),) for party, value in (stance or {}).items()}
    if wordless := tuple(fact for fact, words in (facts or {}).items() if not words.text):
        choices["facts"] = wordless
    attributed = sentence.attribution not in (None, Attribution.AUTHOR)
    empty = {
        "source": attributed and sentence.source == Quote(text=""),
        "cue": attributed and sentence.cue == Quote(text=""),
        "loaded": loaded == (),
        "stance": stance == {},
        "facts": facts == {},
    }
    spans = tuple(
        sorted(_spans(sentence, loaded or (), facts or {}), key=lambda span: (span.start, span.end, span.layer, span.ref or ""))
    )
    none = tuple(name for name in NONE if empty[name] and not any(refusal.layer_key(span.layer) == name for span in spans))
    return Answers({**choices, **({"none": none} if none else {})}, spans, sentence.note)


def _spans(sentence: Sentence, loaded: tuple[Quote, ...], facts: dict[str, Quote]) -> Iterator[Span]:
    """Yield the spans of a sentence. Words without a place in it are left out: they are withheld, or `check` reports them."""
    for quote in quotations(sentence.model_copy(update={"loaded": loaded, "facts": facts})):
        if quote.place is not None:
            yield Span(*quote.place, quote.layer, str(quote.item) if quote.key == "facts" else None)
    yield from (Span(mark.start, mark.end, mark.layer, mark.ref) for mark in sentence.spans)


def layer_named(name: str) -> SpanLayer:
    """Return the layer of spans with a name. Raises ValueError if there is none."""
    if name not in [*SpanLayer]:
        raise ValueError(f"unknown layer {name!r}; {nearest(name, [*SpanLayer])}")
    return SpanLayer(name)


def distinct_annotators(names: Iterable[str], where: str, report: Report) -> set[str]:
    """Return the names of annotators that lead to different ids; those that would share an id are reported as failures."""
    by_id: dict[str, dict[str, None]] = defaultdict(dict)
    for name in names:
        by_id[slug(name, lenient=True)][name] = None
    for annotator_id, same in by_id.items():
        if len(same) > 1:
            detail = f"{' and '.join(map(repr, same))} would both be {annotator_id!r}"
            report.fail(where, "annotators who would get the same id; rename one, or export them one by one", detail)
    return {name for same in by_id.values() if len(same) == 1 for name in same}


def layers_of_question(name: object) -> set[str]:
    """Return the layers to which a question may belong; for an unknown question, the layers that have several questions.

    >>> layers_of_question("stance-council"), sorted(layers_of_question("stars"))
    ({'stance'}, ['facts', 'stance'])
    """
    if name in SIMPLE_QUESTIONS:
        return {str(name)}
    return {STANCE.removesuffix("-")} if str(name).startswith(STANCE) else {"stance", "facts"}


SIMPLE_QUESTIONS = ("claim_type", "attribution", "source_type", "source_party", "source_perspective", "facts", "none")
"""The names of all questions except those on stance."""


def to_sentence(record: SentenceAnswers, n: int, text: str, topic: Topic, report: Report) -> Sentence:
    """Return the labels that follow from the answers on a sentence, the inverse of `to_answers`.

    An answer that is none of the choices, or contradicts another one, is reported, and its layer is not coded.
    """
    refused = set(record.answers.refused)

    def refuse(layers: Collection[str], message: str, detail: object) -> None:
        refused.update(layers)
        report.fail(record.where, message, detail)

    choices = _choices(record.answers, topic, refuse)
    facts = [fact.id for fact in topic.fact]
    spans = []
    for span in record.answers.spans:
        if span.layer is SpanLayer.FACT and span.ref not in facts:
            refuse({"facts"}, "unknown fact", f"{span.ref!r}; {nearest(span.ref or '', facts)}")
        elif (place := trim_span(text, span.start, span.end)) and place[0] >= place[1]:
            refuse({refusal.layer_key(span.layer)}, "span that holds no word", f"{span.start}-{span.end}")
        else:
            spans.append(replace(span, start=place[0], end=place[1]))
    answered = {refusal.layer_key(span.layer) for span in spans} | {
        "stance" if name.startswith(STANCE) else name for name in choices
    }
    none = choices.get("none", ())
    for name in none:
        if name in answered:
            refuse({name}, "both marked and said to be none", name)
    if choices.get("attribution") == (Attribution.AUTHOR.value,):
        for name in ("source", "cue", "source_type", "source_party"):
            if name in answered or name in none:
                report.fail(record.where, f"{name.replace('_', ' ')} of the author's own voice")
        refused |= {"source", "cue", "source_type", "source_party"}
    marks = [
        Mark(layer=span.layer, start=span.start, end=span.end, text=text[span.start : span.end], ref=span.ref)
        for span in spans
        if refusal.layer_key(span.layer) not in refused
    ]
    loaded = drop_overlaps((mark for mark in marks if mark.layer is SpanLayer.LOADED), record.where, report, refused)
    labels, marks_left = _quotes(text, [*loaded, *(mark for mark in marks if mark.layer is not SpanLayer.LOADED)])
    for name, empty in {"source": Quote(text=""), "cue": Quote(text=""), "loaded": (), "facts": {}}.items():
        if name in none or (name in answered and name in ("loaded", "facts")):
            labels.setdefault(name, empty)
    for fact in choices.get("facts", ()):
        labels["facts"].setdefault(fact, Quote(text=""))
    stance = {name.removeprefix(STANCE): int(value) for name, (value, *_) in choices.items() if name.startswith(STANCE)}
    single = {name: value for name, (value, *_) in choices.items() if name in Sentence.model_fields and name != "facts"}
    values = {**single, **labels, "stance": stance if stance or "stance" in none else None}
    others = drop_overlaps(marks_left, record.where, report, refused)
    sentence = Sentence.model_validate({"n": n, "text": text, **values, "spans": others, "note": record.answers.note})
    return refusal.without_layers(sentence, refused)


def _choices(answers: Answers, topic: Topic, refuse: Callable[[Collection[str], str, object], None]) -> dict[str, tuple[str, ...]]:
    """Return the choices that are among those offered, and refuse the others."""
    asked = {question.name: question for question in questions(topic)}
    accepted = {}
    for name, values in answers.choices.items():
        layer = layers_of_question(name)
        offered = [option.value for option in asked[name].options] if name in asked else []
        if name not in asked:
            refuse(layer, "unknown question", f"{name!r}; {nearest(name, list(asked))}")
        elif unknown := [value for value in values if value not in offered]:
            refuse(layer, f"unknown {name.replace('_', ' ')}", f"{unknown[0]!r}; {nearest(unknown[0], offered)}")
        elif len(values) > 1 and not asked[name].many:
            refuse(layer, f"more than one {name.replace('_', ' ')}", ", ".join(values))
        elif values:
            accepted[name] = values
    return accepted


def _quotes(text: str, marks: Iterable[Mark]) -> tuple[dict[str, Any], list[Mark]]:
    """Turn marks into quotations under the keys of a sentence; return, too, the marks that these cannot express."""
    labels: dict[str, Any] = {}
    loaded: list[tuple[int, int]] = []
    facts: dict[str, Quote] = {}
    marks_left = []
    for mark in marks:
        quote = quoted_at(text, mark.start, mark.end)
        if quote is None:
            marks_left.append(mark)
        elif mark.layer is SpanLayer.FACT and mark.ref is not None and mark.ref not in facts:
            facts[mark.ref] = quote
        elif mark.layer is SpanLayer.LOADED and mark.ref is None:
            loaded.append((mark.start, mark.end))
        elif mark.layer in (SpanLayer.SOURCE, SpanLayer.CUE) and mark.ref is None and mark.layer.value not in labels:
            labels[mark.layer.value] = quote
        else:
            marks_left.append(mark)
    listed = {"loaded": listed_at(text, loaded)} if loaded else {}
    return {**labels, **listed, **({"facts": facts} if facts else {})}, marks_left
