"""BASIL, release 2 (Fan et al. 2019): triplets of articles on one event, with lexical and informational bias spans.

A triplet becomes a topic, its main entities the parties; the corpus gives them no sides, so all are `other`. A lexical span
becomes a `loaded` mark and an informational one an `informational` mark, each with its target as `ref`; the layer `loaded` is
coded, since the annotators marked all lexical bias. Polarity becomes the stance toward the target (pos 1, neg -1, both 0); a
sentence without a span has no stance, not an empty one, for BASIL says nothing of it. A span that is part of a quotation
becomes a `content` mark too, with the speaker as `ref`, and the speaker, if a main entity, the `source_party`; the
`attribution` is `direct` where such spans hold all words of the sentence and all are in quotation marks, and undecided
elsewhere. Further annotations of a span are in the sentence's `note`, those of the article in `details`.
If a span cannot be placed, the labels that it could have given are undecided in every sentence that it may belong to.

The labels are the corpus's gold standard, hence the annotator `gold`.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count, groupby
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError

from slantbank.bank import Annotator, Article, Mark, Party, Sentence, Topic, matches_at
from slantbank.codebook import GOLD, AnnotatorKind, Attribution, Layer, Origin, Side, SpanLayer
from slantbank.importers._json import parse_json, validate_leniently
from slantbank.importers._refusal import without_layers
from slantbank.importers._report import Report, error_message
from slantbank.importers._text import (
    attribution_from_quotes,
    build_article,
    clean_line,
    clean_text,
    coded_layers,
    drop_overlaps,
    headline_or_placeholder,
    parse_day,
    parse_url,
    slug,
    word_spans,
)

_OUTLETS = {"nyt": "The New York Times", "fox": "Fox News", "hpo": "Huffington Post"}
_LAYERS = {"lex": SpanLayer.LOADED, "inf": SpanLayer.INFORMATIONAL}
_POLARITY = {"pos": 1, "neg": -1}
_SYNONYMS = {"liberal": "left", "conservative": "right"}
_GOLD = Annotator(
    id=GOLD,
    kind=AnnotatorKind.ADJUDICATED,
    codebook="BASIL annotation protocol",
    layers=(Layer.LOADED,),
    note="The corpus's gold standard. Stance, source party and attribution are decided in sentences with a bias span only.",
)


class _Text(BaseModel):
    """An article file."""

    title: str
    paragraphs: list[list[str]] = Field(alias="body-paragraphs")
    entities: list[str] = Field([], alias="main-entities")
    event: str = Field("", alias="main-event")
    source: str = ""
    date: str = ""
    url: str = ""
    uuid: str = ""
    keywords: str = ""
    word_count: int | None = Field(None, alias="word-count")


class _Span(BaseModel):
    """A bias span; its offsets count from the start of its sentence. Keys that only go to the note are in `model_extra`."""

    model_config = ConfigDict(extra="allow")

    id: str = Field(pattern=r"^(title|p\d{1,6})$")
    start: StrictInt
    end: StrictInt
    txt: str
    bias: Literal["lex", "inf"]
    target: str
    polarity: str
    quote: str
    speaker: str

    def __str__(self) -> str:
        values = self.model_dump(exclude={"id", "start", "end", "txt"})
        return ", ".join([repr(self.txt), *(f"{name} {value}" for name, value in values.items() if value not in ("", None))])


class _Annotations(BaseModel):
    """An annotation file."""

    article: dict[str, Any] = Field({}, alias="article-level-annotations")
    spans: list[Any] = Field(alias="phrase-level-annotations")


_Doubts = dict[str, set[str]]
"""The layers that must stay undecided, by the id of the sentence."""


def read(path: Path, report: Report) -> Iterator[Topic | Article]:
    """Read the topics and articles of the corpus in `path`, the folder that holds `articles/` and `annotations/`.

    Raises FileNotFoundError if it holds no articles.
    """
    texts = {file.stem: file for file in path.glob("articles/*/*.json")}
    annotations = {file.stem.removesuffix("_ann"): file for file in path.glob("annotations/*/*_ann.json")}
    if not texts:
        raise FileNotFoundError(f"{path} holds no articles/<year>/*.json")
    for name in sorted(annotations.keys() - texts.keys()):
        report.fail(_relative(annotations[name], path), "annotations without an article")
    files = report.progress([texts[name] for name in sorted(texts)])
    for triplet, members in groupby(files, key=lambda file: file.stem.rpartition("_")[0]):
        pairs = [pair for file in members if (pair := _read_pair(file, annotations.get(file.stem), path, report))]
        with report.reading(f"triplet {triplet!r}"):
            topic = _topic(triplet, [pair.text for pair in pairs])
            if pairs:
                yield topic
            for pair in pairs:
                with report.reading(pair.where):
                    yield _article(pair, topic, report)


@dataclass(frozen=True)
class _Pair:
    """The content of an article file and its annotation file, with the name and address of the article file."""

    name: str
    where: str
    text: _Text
    annotated: _Annotations


def _read_pair(file: Path, annotation: Path | None, path: Path, report: Report) -> _Pair | None:
    """Read an article file and its annotation file; None, with a remark, if one cannot be read."""
    where = _relative(file, path)
    with report.reading(where):
        text = validate_leniently(_Text, parse_json(file.read_bytes()), where, report)
        if annotation is None:
            raise ValueError("no annotation file")
        annotation_path = _relative(annotation, path)
        with report.reading(annotation_path):
            annotated = validate_leniently(_Annotations, parse_json(annotation.read_bytes()), annotation_path, report)
            return _Pair(file.stem, where, text, annotated)
    return None


def _relative(file: Path, path: Path) -> str:
    return file.relative_to(path).as_posix()


def _name(entity: str) -> str:
    """A name as the article files write it; the annotation files have underscores for spaces."""
    return clean_text(entity.replace("_", " "))


def _topic(triplet: str, texts: list[_Text]) -> Topic:
    """The topic of a triplet: the main event in the words of its first article, the main entities of all three."""
    names: dict[str, list[str]] = defaultdict(list)
    for name in (_name(entity) for text in texts for entity in text.entities):
        if name and name not in names[slug(name)]:
            names[slug(name)].append(name)
    events = [clean_text(text.event) for text in texts if clean_text(text.event)]
    return Topic(
        id=slug(triplet, prefix="basil"),
        title=events[0] if events else triplet,
        party=tuple(
            Party(id=party_id, name=name, aliases=tuple(more), side=Side.OTHER) for party_id, (name, *more) in names.items()
        ),
    )


def _article(pair: _Pair, topic: Topic, report: Report) -> Article:
    text, where = pair.text, pair.where
    raw = [[headline_or_placeholder(text.title, where, report)], *text.paragraphs]
    numbered = dict(zip(_ids(), (sentence for paragraph in raw for sentence in paragraph), strict=False))
    spans, doubts = _placed(pair.annotated, numbered, where, report)
    paragraphs: list[list[str]] = []
    sentences: list[Sentence] = []
    ids = _ids()
    for paragraph in raw:
        paragraphs.append([])
        before = ""
        for sentence, sentence_id in zip(paragraph, ids, strict=False):
            labels = _sentence(
                len(sentences), before, sentence, spans[sentence_id], doubts[sentence_id], topic, f"{where} {sentence_id}", report
            )
            if labels is None:
                report.drop(f"{where} {sentence_id}", "empty sentence")
            else:
                sentences.append(labels)
                paragraphs[-1].append(labels.text)
            before += sentence + " "
    outlet = text.source.casefold()
    if outlet not in _OUTLETS:
        report.fail(where, "unknown outlet", repr(text.source))
    fields = {
        "id": slug(pair.name, prefix="basil"),
        "topic": topic.id,
        "title": paragraphs[0][0],
        "outlet": _OUTLETS.get(outlet, clean_text(text.source)) or None,
        "published": parse_day(text.date, where, report),
        "url": parse_url(text.url, where, report),
        "origin": Origin.PUBLISHED,
        "corpus": "basil",
        "corpus_id": pair.name,
        "details": _details(text, pair.annotated, where, report),
        "note": f"Imported from BASIL, release 2: {where}",
    }
    source = "\n\n".join(" ".join(paragraph) for paragraph in raw) + "\n"
    gold = _GOLD.model_copy(update={"layers": tuple(layer for layer in coded_layers(sentences) if layer is Layer.LOADED)})
    return build_article(fields, source, paragraphs, [(gold, sentences)], where, report)


def _ids() -> Iterator[str]:
    """The ids of an article's sentences, in order."""
    return chain(["title"], (f"p{n}" for n in count()))


def _placed(annotated: _Annotations, raw: dict[str, str], where: str, report: Report) -> tuple[dict[str, list[_Span]], _Doubts]:
    """The spans by the id of their sentence, and the layers left in doubt by spans that cannot be read or do not fit the text."""
    placed: dict[str, list[_Span]] = defaultdict(list)
    doubts: _Doubts = defaultdict(set)
    for k, raw_span in enumerate(annotated.spans, 1):
        place = f"{where} {raw_span.get('id') if isinstance(raw_span, dict) else ''} span {k}"
        problem, detail = "", ""
        try:
            span = _Span.model_validate(raw_span)
        except ValidationError as error:
            unknown_bias = error.errors(include_url=False)[0]["loc"] == ("bias",)
            problem, detail = ("span of an unknown bias" if unknown_bias else "span that cannot be read"), error_message(error)
        else:
            if span.id not in raw:
                problem = "span in a sentence that does not exist"
            elif not matches_at(raw[span.id], span.start, span.end, span.txt):
                problem, detail = "span whose words do not stand at its offsets", repr(span.txt)
        if problem:
            report.fail(place, problem, detail)
            values = raw_span if isinstance(raw_span, dict) else {}
            unaffected = {"lex": {"informational"}, "inf": {"loaded"}}.get(str(values.get("bias")), set())
            for sentence_id in _possible_sentences(values, raw):
                doubts[sentence_id] |= {"loaded", "informational", "content", "stance", "attribution", "source_party"} - unaffected
        else:
            placed[span.id].append(span)
    return placed, doubts


def _possible_sentences(span: dict[str, Any], raw: dict[str, str]) -> set[str]:
    """The sentences that a refused span may belong to, by its id, offsets and words; all if nothing tells."""
    start, end, words = (span.get(name) for name in ("start", "end", "txt"))
    candidates = {sentence_id for sentence_id in raw if sentence_id == span.get("id")}
    if isinstance(words, str) and words:
        holding = {sentence_id for sentence_id, sentence in raw.items() if words in sentence}
        if isinstance(start, int) and isinstance(end, int):
            candidates |= {sentence_id for sentence_id in holding if raw[sentence_id][start:end] == words}
        if not candidates & holding:
            candidates |= holding
    return candidates or set(raw)


def _details(text: _Text, annotated: _Annotations, where: str, report: Report) -> dict[str, str]:
    """The details of the article in BASIL; synonyms of a relative stance are merged, with a remark."""
    stated = {"main-event": text.event, "uuid": text.uuid, "keywords": text.keywords, "word-count": text.word_count}
    details = {name: clean_text(value) for name, value in {**stated, **annotated.article}.items() if value not in ("", None)}
    stance = details.get("relative_stance")
    if stance in _SYNONYMS:
        details["relative_stance"] = _SYNONYMS[stance]
        report.change(where, f"relative stance {stance} read as {_SYNONYMS[stance]}")
    return details


def _sentence(
    n: int, before: str, raw: str, spans: list[_Span], refused: set[str], topic: Topic, where: str, report: Report
) -> Sentence | None:
    """The labels of a sentence from its spans; None if it is empty. `before` is the paragraph's text before it."""
    line = clean_line(raw)
    if not line.text:
        return None
    if not spans:
        return without_layers(Sentence(n=n, text=line.text, loaded=()), refused)
    marks: list[Mark | None] = []
    stances: dict[str, set[int]] = defaultdict(set)
    for span in spans:
        target = _party(span.target, topic)
        marks.append(line.mark(_LAYERS[span.bias], span.start, span.end, target or _name(span.target) or None))
        if span.polarity not in _POLARITY:
            refused |= {"stance"}
            report.fail(where, "unknown polarity", repr(span.polarity))
        elif target is None:
            report.drop(where, "stance toward a target that is no main entity", span.target)
        else:
            stances[target].add(_POLARITY[span.polarity])
    quotes = [span for span in spans if span.quote == "yes"]
    for span in spans:
        if span.quote not in ("yes", "no"):
            refused |= {"attribution", "source_party", "content"}
            report.fail(where, "`quote` is neither yes nor no", repr(span.quote))
    for span in quotes:
        speaker = _party(span.speaker, topic) or _name(span.speaker) or None
        marks.append(line.mark(SpanLayer.CONTENT, span.start, span.end, speaker))
    speakers = {_party(span.speaker, topic) for span in quotes}
    labels = Sentence(
        n=n,
        text=line.text,
        attribution=_attribution(before, raw, quotes),
        source_party=speakers.pop() if len(speakers) == 1 else None,
        stance={party: sum(values) for party, values in stances.items()} or None,
        loaded=(),
        spans=drop_overlaps((mark for mark in marks if mark), where, report),
        note=clean_text("; ".join(map(str, spans))),
    )
    return without_layers(labels, refused)


def _party(entity: str, topic: Topic) -> str | None:
    name = _name(entity)
    return next((party.id for party in topic.party if name in (party.name, *party.aliases)), None)


def _attribution(before: str, raw: str, quotes: list[_Span]) -> Attribution | None:
    """Direct if quoted spans hold every word of the sentence and all are in quotation marks; else None, undecided."""
    places = word_spans(raw)
    if not all(any(span.start <= start and end <= span.end for span in quotes) for start, end in places):
        return None
    in_paragraph = ((len(before) + start, len(before) + end) for start, end in places)
    attribution = attribution_from_quotes(before + raw, in_paragraph)
    return attribution if attribution is Attribution.DIRECT else None
