"""BASIL, release 2 (Fan et al. 2019): triplets of articles on one event, with lexical and informational bias spans.

A triplet becomes a topic, its main entities the parties; the corpus gives them no sides, so all are `other`. A lexical span
becomes a `loaded` mark and an informational one an `informational` mark, each with its target as `ref`; the layer `loaded` is
coded, since the annotators marked all lexical bias. Polarity becomes the stance toward the target (pos 1, neg -1, both 0); a
sentence without a span has no stance, not an empty one, for BASIL says nothing of it. A span that is part of a quotation
becomes a `content` mark too, with the speaker as `ref`, and the speaker, if a main entity, the `source_party`; the
`attribution` is `direct` where such spans hold all words of the sentence and all stand in quotation marks, and undecided
elsewhere. Everything that was said of a span stands in the sentence's `note`, what was said of the article in `details`.
Of a sentence in which a span may stand that could not be placed, nothing is decided that the span could have said.

The labels are the corpus's gold standard, hence the annotator `gold`.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count, groupby
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError

from slantbank.bank import Annotator, Article, Mark, Party, Sentence, Topic, stands
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
    """A bias span; its offsets count from the start of its sentence. What has no use of its own here is in `model_extra`."""

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
        said = self.model_dump(exclude={"id", "start", "end", "txt"})
        return ", ".join([repr(self.txt), *(f"{name} {value}" for name, value in said.items() if value not in ("", None))])


class _Annotations(BaseModel):
    """An annotation file."""

    article: dict[str, Any] = Field({}, alias="article-level-annotations")
    spans: list[Any] = Field(alias="phrase-level-annotations")


_Doubts = dict[str, set[str]]
"""The layers that are in doubt, by the id of the sentence."""


def read(path: Path, report: Report) -> Iterator[Topic | Article]:
    """The topics and articles of the corpus in `path`, the folder that holds `articles/` and `annotations/`.

    Raises FileNotFoundError if they are not there.
    """
    texts = {file.stem: file for file in path.glob("articles/*/*.json")}
    annotations = {file.stem.removesuffix("_ann"): file for file in path.glob("annotations/*/*_ann.json")}
    if not texts:
        raise FileNotFoundError(f"{path} holds no articles/<year>/*.json")
    for name in sorted(annotations.keys() - texts.keys()):
        report.fail(_shown(annotations[name], path), "annotations without an article")
    files = report.progress([texts[name] for name in sorted(texts)])
    for triplet, members in groupby(files, key=lambda file: file.stem.rpartition("_")[0]):
        pairs = [pair for file in members if (pair := _pair(file, annotations.get(file.stem), path, report))]
        with report.reading(f"triplet {triplet!r}"):
            topic = _topic(triplet, [pair.text for pair in pairs])
            if pairs:
                yield topic
            for pair in pairs:
                with report.reading(pair.where):
                    yield _article(pair, topic, report)


@dataclass(frozen=True)
class _Pair:
    """An article file with its annotation file: the name and address of the first, and what both hold."""

    name: str
    where: str
    text: _Text
    annotated: _Annotations


def _pair(file: Path, annotation: Path | None, path: Path, report: Report) -> _Pair | None:
    """The pair, if both files can be read."""
    where = _shown(file, path)
    with report.reading(where):
        text = validate_leniently(_Text, parse_json(file.read_bytes()), where, report)
        if annotation is None:
            raise ValueError("no annotation file")
        shown = _shown(annotation, path)
        with report.reading(shown):
            return _Pair(
                file.stem, where, text, validate_leniently(_Annotations, parse_json(annotation.read_bytes()), shown, report)
            )
    return None


def _shown(file: Path, path: Path) -> str:
    return file.relative_to(path).as_posix()


def _name(entity: str) -> str:
    """A name as the article files have it; the annotation files write underscores for blanks."""
    return clean_text(entity.replace("_", " "))


def _topic(triplet: str, texts: list[_Text]) -> Topic:
    """The topic of a triplet: the main event as its first article words it, the main entities of all three."""
    names: dict[str, list[str]] = defaultdict(list)
    for name in (_name(entity) for text in texts for entity in text.entities):
        if name and name not in names[slug(name)]:
            names[slug(name)].append(name)
    events = [clean_text(text.event) for text in texts if clean_text(text.event)]
    return Topic(
        id=slug(triplet, prefix="basil"),
        title=events[0] if events else triplet,
        party=tuple(Party(id=one, name=name, aliases=tuple(more), side=Side.OTHER) for one, (name, *more) in names.items()),
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
        for sentence, one in zip(paragraph, ids, strict=False):
            labels = _sentence(len(sentences), before, sentence, spans[one], doubts[one], topic, f"{where} {one}", report)
            if labels is None:
                report.drop(f"{where} {one}", "empty sentence")
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
    """The spans by the id of their sentence, and what is in doubt for those that cannot be read or do not fit the text."""
    placed: dict[str, list[_Span]] = defaultdict(list)
    doubts: _Doubts = defaultdict(set)
    for k, given in enumerate(annotated.spans, 1):
        place = f"{where} {given.get('id') if isinstance(given, dict) else ''} span {k}"
        what, detail = "", ""
        try:
            span = _Span.model_validate(given)
        except ValidationError as error:
            bias = error.errors(include_url=False)[0]["loc"] == ("bias",)
            what, detail = ("span of an unknown bias" if bias else "span that cannot be read"), error_message(error)
        else:
            if span.id not in raw:
                what = "span of a sentence that is not there"
            elif not stands(raw[span.id], span.start, span.end, span.txt):
                what, detail = "span whose words do not stand at its offsets", repr(span.txt)
        if what:
            report.fail(place, what, detail)
            of = given if isinstance(given, dict) else {}
            sure = {"lex": {"informational"}, "inf": {"loaded"}}.get(str(of.get("bias")), set())
            for one in _whereabouts(of, raw):
                doubts[one] |= {"loaded", "informational", "content", "stance", "attribution", "source_party"} - sure
        else:
            placed[span.id].append(span)
    return placed, doubts


def _whereabouts(given: dict[str, Any], raw: dict[str, str]) -> set[str]:
    """The sentences that a span which was refused may be of: by its id, its offsets and its words; all, where nothing tells."""
    start, end, words = (given.get(name) for name in ("start", "end", "txt"))
    found = {one for one in raw if one == given.get("id")}
    if isinstance(words, str) and words:
        holding = {one for one, sentence in raw.items() if words in sentence}
        if isinstance(start, int) and isinstance(end, int):
            found |= {one for one in holding if raw[one][start:end] == words}
        if not found & holding:
            found |= holding
    return found or set(raw)


def _details(text: _Text, annotated: _Annotations, where: str, report: Report) -> dict[str, str]:
    """What BASIL says of the article; of two synonyms of relative stance one is used."""
    said = {"main-event": text.event, "uuid": text.uuid, "keywords": text.keywords, "word-count": text.word_count}
    details = {name: clean_text(value) for name, value in {**said, **annotated.article}.items() if value not in ("", None)}
    stance = details.get("relative_stance")
    if stance in _SYNONYMS:
        details["relative_stance"] = _SYNONYMS[stance]
        report.change(where, f"relative stance {stance} read as {_SYNONYMS[stance]}")
    return details


def _sentence(
    n: int, before: str, raw: str, spans: list[_Span], refused: set[str], topic: Topic, where: str, report: Report
) -> Sentence | None:
    """A sentence's labels, of what its spans say; `before` is the paragraph up to it. None for an empty sentence."""
    one = clean_line(raw)
    if not one.text:
        return None
    if not spans:
        return without_layers(Sentence(n=n, text=one.text, loaded=()), refused)
    marks: list[Mark | None] = []
    lights: dict[str, set[int]] = defaultdict(set)
    for span in spans:
        target = _party(span.target, topic)
        marks.append(one.mark(_LAYERS[span.bias], span.start, span.end, target or _name(span.target) or None))
        if span.polarity not in _POLARITY:
            refused |= {"stance"}
            report.fail(where, "unknown polarity", repr(span.polarity))
        elif target is None:
            report.drop(where, "stance toward a target that is no main entity", span.target)
        else:
            lights[target].add(_POLARITY[span.polarity])
    quotes = [span for span in spans if span.quote == "yes"]
    for span in spans:
        if span.quote not in ("yes", "no"):
            refused |= {"attribution", "source_party", "content"}
            report.fail(where, "neither quoted nor not", repr(span.quote))
    for span in quotes:
        speaker = _party(span.speaker, topic) or _name(span.speaker) or None
        marks.append(one.mark(SpanLayer.CONTENT, span.start, span.end, speaker))
    speakers = {_party(span.speaker, topic) for span in quotes}
    labels = Sentence(
        n=n,
        text=one.text,
        attribution=_attribution(before, raw, quotes),
        source_party=speakers.pop() if len(speakers) == 1 else None,
        stance={party: sum(values) for party, values in lights.items()} or None,
        loaded=(),
        spans=drop_overlaps((mark for mark in marks if mark), where, report),
        note=clean_text("; ".join(map(str, spans))),
    )
    return without_layers(labels, refused)


def _party(entity: str, topic: Topic) -> str | None:
    name = _name(entity)
    return next((party.id for party in topic.party if name in (party.name, *party.aliases)), None)


def _attribution(before: str, raw: str, quotes: list[_Span]) -> Attribution | None:
    """Direct, if quoted spans hold every word of the sentence and all stand in quotation marks; else it is open."""
    places = word_spans(raw)
    whole = all(any(span.start <= start and end <= span.end for span in quotes) for start, end in places)
    found = (
        attribution_from_quotes(before + raw, ((len(before) + start, len(before) + end) for start, end in places))
        if whole
        else None
    )
    return found if found is Attribution.DIRECT else None
