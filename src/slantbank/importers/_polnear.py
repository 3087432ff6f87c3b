"""PolNeAR 1.0 (Newell et al. 2018): attributions in news of the US election campaign of 2016, by seven publishers.

The first line of a text is its headline, each further line a paragraph, cut into sentences by `segment`. The source, cue and
content spans of an attribution become marks whose `ref` is the id of its event in the annotation file (E1), so that the
marks of one attribution, and the parts of a discontinuous span, belong together; an attribution without a source has no
`source` mark. A span that crosses a sentence boundary is cut at it. Each annotator gets an annotation of their own, in the order
of `metadata.tsv`; their flags (Discuss, Discard) and notes go to the `note` of the sentence.

If a span cannot be placed, its whole attribution is left out, and `attribution` is undecided in every sentence that it may belong
to, by its offsets or its words. A line end counts as one character, also in a copy of the corpus with CR LF.

PolNeAR marks attributions anywhere in a sentence and does not say how its claim as a whole is sourced. `attribution` is set
only where that follows: a sentence without a mark is the author's; one whose every word lies in the marks, some in
content, is direct, mixed or indirect by the quotation marks around its content (rules 0.1 and 2.1 of the codebook).
In all other sentences it is undecided, and so are the other layers in all sentences.
"""

import hashlib
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from pathlib import Path

from slantbank.bank import Annotator, Article, Mark, Sentence, Topic, segment
from slantbank.codebook import AnnotatorKind, Attribution, Origin, SpanLayer
from slantbank.importers._refusal import without_layers
from slantbank.importers._report import Report
from slantbank.importers._text import (
    CleanLine,
    attribution_from_quotes,
    build_article,
    clean_line,
    clean_text,
    decode_text,
    drop_overlaps,
    parse_day,
    slug,
    word_spans,
)

_TOPIC = Topic(id="polnear-us-election-2016", title="The campaigns for the US general election of 8 November 2016")
_OUTLETS = {
    "breitbart": "Breitbart",
    "huff-post": "Huffington Post",
    "nyt": "The New York Times",
    "politico": "Politico",
    "usa-today": "USA Today",
    "wash-post": "The Washington Post",
    "west-journal": "Western Journalism",
}
_LAYERS = {"Source": SpanLayer.SOURCE, "Cue": SpanLayer.CUE, "Content": SpanLayer.CONTENT}
_TRIGGERS = ("Attribution", "Attribution-no-source")
_UNKNOWN = ("", "None", "NA")
_DETAILS = ("compartment", "level", "credit", "wire", "trump_count", "clinton_count")

_Row = dict[str, str]


def read(path: Path, report: Report) -> Iterator[Topic | Article]:
    """Read the topic and articles of the corpus in `path`, the folder that holds `data/`.

    Raises FileNotFoundError if `data/metadata.tsv` is missing, ValueError if it lacks the expected columns.
    """
    rows = _metadata(path / "data" / "metadata.tsv", report)
    texts = {(file.parts[-3], file.stem): file for file in path.glob("data/*/text/*.txt")}
    annotations: dict[tuple[str, str], dict[str, Path]] = defaultdict(dict)
    for file in sorted(path.glob("data/*/attributions/*.ann")):
        name, _, annotator = file.stem.rpartition("_")
        annotations[file.parts[-3], name][annotator] = file
    for compartment, name in sorted(annotations.keys() - texts.keys()):
        report.drop(f"data/{compartment}/attributions/{name}", "annotations without a text")
    missing = len(rows.keys() - texts.keys())
    if missing:
        report.drop("data/metadata.tsv", "articles without a text", missing)
    yield _TOPIC
    for file in report.progress(sorted(texts.values(), key=lambda file: file.stem)):
        key, where = (file.parts[-3], file.stem), file.relative_to(path).as_posix()
        with report.reading(where):
            if key not in annotations:
                raise ValueError("no annotation file")
            if key not in rows:
                report.fail(where, "article that is not in metadata.tsv")
            yield _article(file, annotations[key], rows.get(key, {}), where, report)


def _metadata(file: Path, report: Report) -> dict[tuple[str, str], _Row]:
    """The rows of the metadata table by compartment and file name. Raises ValueError if these columns are missing."""
    header, *lines = (line.split("\t") for line in decode_text(file.read_bytes()).removesuffix("\n").split("\n"))
    if not {"compartment", "filename"} <= set(header):
        raise ValueError(f"{file} has no columns compartment and filename")
    rows: dict[tuple[str, str], _Row] = {}
    for number, cells in enumerate(lines, 2):
        row = dict(zip(header, cells, strict=False))
        if len(cells) != len(header):
            report.fail(f"data/metadata.tsv:{number}", "row with more or fewer cells than the header")
        elif (key := (row["compartment"], row["filename"])) in rows:
            report.fail(f"data/metadata.tsv:{number}", "second row of an article; the first is taken")
        else:
            rows[key] = row
    return rows


@dataclass(frozen=True)
class _Text:
    """A text and its sentences: the span of each in the text, and each as a clean line."""

    raw: str
    places: list[segment.SentenceSpan]
    lines: list[CleanLine]

    @cached_property
    def starts(self) -> list[int]:
        """The offsets at which the sentences start."""
        return [place.start for place in self.places]

    def sentence(self, offset: int) -> int:
        """The number of the last sentence that starts at an offset or before it."""
        return max(0, bisect_right(self.starts, offset) - 1)

    def cut(self, start: int, end: int) -> list[tuple[int, int, int]]:
        """Cut a span at sentence boundaries: for each part the sentence's number and offsets in that sentence's raw text."""
        parts = []
        for n in range(self.sentence(start), self.sentence(end - 1) + 1):
            place = self.places[n]
            first, last = max(start, place.start), min(end, place.end)
            if first < last:
                parts.append((n, first - place.start, last - place.start))
        return parts

    def before(self, n: int) -> str:
        """The text of a sentence's paragraph before the sentence."""
        paragraph = self.places[n].paragraph
        pairs = zip(self.places[:n], self.lines, strict=False)
        return "".join(f"{line.text} " for place, line in pairs if place.paragraph == paragraph)


def _read_text(file: Path, where: str, report: Report) -> _Text:
    raw = decode_text(file.read_bytes())
    text = _Text(raw, [], [])
    for place in segment.segment(raw):
        line = clean_line(raw[place.start : place.end])
        if line.text:
            text.places.append(place)
            text.lines.append(line)
        else:
            report.drop(f"{where}:{raw.count(chr(10), 0, place.start) + 1}", "empty sentence")
    if not text.lines:
        raise ValueError("the text is empty")
    return text


def _article(file: Path, annotations: dict[str, Path], row: _Row, where: str, report: Report) -> Article:
    text = _read_text(file, where, report)
    order = [*(name for name in row.get("annotators", "").split("|") if name in annotations), *annotations]
    annotated: list[tuple[Annotator, list[Sentence]]] = []
    for name in dict.fromkeys(order):
        annotation_path = f"{where.replace('/text/', '/attributions/').removesuffix('.txt')}_{name}.ann"
        with report.reading(annotation_path):
            annotator = Annotator(
                id=slug(name),
                kind=AnnotatorKind.HUMAN,
                codebook="PolNeAR 1.0 guidelines",
                layers=(),
                note="Attribution is decided where the marks hold all words of the sentence, or none.",
            )
            standoff = _read_standoff(annotations[name], text, annotation_path, report)
            annotated.append((annotator, _annotation(standoff, text, annotation_path, report)))
    if not annotated:
        raise ValueError("none of its annotations can be read")
    stated = {name: clean_text(value) for name, value in row.items() if value not in _UNKNOWN}
    publisher = stated.get("publisher")
    if publisher not in _OUTLETS:
        report.fail(where, "unknown publisher", repr(publisher))
    fields = {
        "id": slug(file.stem, prefix="polnear"),
        "topic": _TOPIC.id,
        "title": stated.get("title", text.lines[0].text),
        "outlet": _OUTLETS.get(publisher or "", publisher),
        "author": stated.get("author"),
        "published": parse_day(stated.get("publication_date", ""), where, report),
        "origin": Origin.PUBLISHED,
        "corpus": "polnear",
        "corpus_id": _corpus_id(file.stem),
        "details": {name: stated[name] for name in _DETAILS if name in stated},
        "note": f"Imported from PolNeAR 1.0: {where}",
    }
    numbered = zip(text.places, text.lines, strict=True)
    paragraphs = [[line.text for _, line in group] for _, group in groupby(numbered, key=lambda pair: pair[0].paragraph)]
    return build_article(fields, text.raw, paragraphs, annotated, where, report)


def _corpus_id(stem: str) -> str:
    """An id without words of the text, which file names contain: publisher, day, and a hash of the file name."""
    return f"{'_'.join(stem.split('_')[:2])}_{hashlib.sha256(stem.encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class _Span:
    """A span of an annotation file: its type, its parts as offsets in the text, and its address."""

    type: str
    parts: list[tuple[int, int]]
    where: str

    def sentences(self, text: _Text) -> set[int]:
        """The numbers of the sentences that the span touches."""
        return {n for part in self.parts for n, _, _ in text.cut(*part)}


@dataclass(frozen=True)
class _Standoff:
    """An annotation file: spans by id, events by id as roles with span ids, and notes with the id of their span.

    `doubtful` are the numbers of sentences with marks that could not be read.
    """

    spans: dict[str, _Span] = field(default_factory=dict)
    events: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    notes: list[tuple[str, str]] = field(default_factory=list)
    doubtful: set[int] = field(default_factory=set)


_RECORD = re.compile(r"[A-Z*#]\d*\t")
_BOUND = re.compile(r"(T\d+)\t(\S+) (\d+ \d+(?:;\d+ \d+)*)\t(.*)", re.DOTALL)
_EVENT = re.compile(r"(E\d+)\t(\S+:T\d+(?: \S+:T\d+)*) *")
_NOTE = re.compile(r"#\d*\t\S+ (T\d+)\t(.*)", re.DOTALL)


def _read_standoff(file: Path, text: _Text, where: str, report: Report) -> _Standoff:
    """Read an annotation file, and check every span against the text."""
    standoff = _Standoff()

    def refuse(place: str, message: str, record: str, detail: str = "") -> None:
        standoff.doubtful.update(_possible_sentences(record, text, standoff.spans))
        report.fail(place, message, detail)

    for number, record in _records(file, where, report):
        place = f"{where}:{number}"
        if record.partition("\t")[0] in (*standoff.spans, *standoff.events):
            refuse(place, "line with the id of an earlier one", record)
        elif bound := _BOUND.fullmatch(record):
            parts = [(int(a), int(b)) for a, b in (part.split() for part in bound[3].split(";"))]
            if all(a < b <= len(text.raw) for a, b in parts) and " ".join(text.raw[a:b] for a, b in parts) == bound[4]:
                standoff.spans[bound[1]] = _Span(bound[2], parts, place)
            else:
                refuse(place, "span whose words do not stand at its offsets", record, repr(bound[4]))
        elif event := _EVENT.fullmatch(record):
            roles = (argument.rpartition(":") for argument in event[2].split())
            standoff.events[event[1]] = [(role.rstrip("0123456789"), span) for role, _, span in roles]
        elif note := _NOTE.fullmatch(record):
            standoff.notes.append((note[1], note[2]))
        else:
            refuse(place, "line that is not an annotation of a known kind", record, repr(record))
    return standoff


def _possible_sentences(record: str, text: _Text, spans: dict[str, _Span]) -> set[int]:
    """The sentences that an unreadable line may concern, by its offsets, spans or words; all if it has none of these."""
    offsets = [int(number) for number in re.findall(r"(?<![A-Z\d])\d{1,9}\b", record)]
    placed = {text.sentence(at) for offset in offsets for at in (offset, offset - 1)}
    placed |= {n for span_id in re.findall(r"T\d+", record) if span_id in spans for n in spans[span_id].sentences(text)}
    fields = [field_ for field_ in re.split(r"[\t\n]", record)[1:] if re.search(r"\w", field_)]
    starts = [match.start() for words in fields for match in re.finditer(re.escape(words), text.raw)]
    worded = {text.sentence(start) for start in starts}
    return (placed if placed & worded else placed | worded) or set(range(len(text.lines)))


def _records(file: Path, where: str, report: Report) -> list[tuple[int, str]]:
    """The records of an annotation file, each with the number of its first line; a record may have several lines."""
    records: list[tuple[int, list[str]]] = []
    for number, line in enumerate(decode_text(file.read_bytes()).split("\n"), 1):
        if _RECORD.match(line):
            records.append((number, [line]))
        elif records:
            records[-1][1].append(line)
            if line.strip():
                report.change(f"{where}:{number}", "line joined with the record before it")
        elif line.strip():
            report.fail(f"{where}:{number}", "line that is not an annotation of a known kind", repr(line))
    return [(number, "\n".join(lines).rstrip("\n")) for number, lines in records]


def _annotation(standoff: _Standoff, text: _Text, where: str, report: Report) -> list[Sentence]:
    """One annotator's labels of each sentence."""
    for span in standoff.spans.values():
        if span.type in _LAYERS and any(len(text.cut(*part)) > 1 for part in span.parts):
            report.change(span.where, "span cut at a sentence boundary")
    marks: dict[int, list[Mark]] = defaultdict(list)
    doubtful = set(standoff.doubtful)
    for name, roles in standoff.events.items():
        spans = _attribution_spans(name, roles, standoff.spans, where, report)
        for span in spans:
            for n, start, end in (cut for part in span.parts for cut in text.cut(*part)):
                mark = text.lines[n].mark(_LAYERS[span.type], start, end, name)
                marks[n] += [mark] if mark else []
        if not spans:
            doubtful |= {n for _, span_id in roles if span_id in standoff.spans for n in standoff.spans[span_id].sentences(text)}
    notes = _notes(standoff, text, where, report)
    used = {span_id for roles in standoff.events.values() for _, span_id in roles}
    for name, span in standoff.spans.items():
        if span.type not in (*_LAYERS, *_TRIGGERS):
            continue
        if name not in used:
            report.drop(span.where, "span that belongs to no attribution", span.type)
            doubtful |= span.sentences(text)
    return [
        without_layers(
            Sentence(
                n=n,
                text=line.text,
                attribution=_attribution(line.text, marks[n], text.before(n) if marks[n] else ""),
                spans=drop_overlaps(marks[n], f"{where} sentence {n}", report),
                note="; ".join(notes[n]) or None,
            ),
            {"attribution"} if n in doubtful else (),
        )
        for n, line in enumerate(text.lines)
    ]


def _attribution_spans(name: str, roles: list[tuple[str, str]], spans: dict[str, _Span], where: str, report: Report) -> list[_Span]:
    """The source, cue and content spans of an attribution; none if one of its spans was refused."""
    accepted: list[_Span] = []
    triggers: list[_Span] = []
    refused = False
    for role, span_id in roles:
        span = spans.get(span_id)
        if span is None:
            report.fail(f"{where} {name}", "attribution with a span that does not exist", span_id)
            refused = True
        elif role in _TRIGGERS:
            triggers.append(span)
        elif span.type not in _LAYERS:
            report.fail(span.where, "span of an unknown type in an attribution", span.type)
            refused = True
        else:
            accepted.append(span)
            if role != span.type:
                report.change(span.where, "span whose role in the attribution is not its type; the type is taken", role)
    if refused:
        return []
    cues = [span.parts for span in accepted if span.type == "Cue"]
    if not accepted:
        report.drop(f"{where} {name}", "attribution without source, cue and content")
    for span in triggers if accepted else ():
        if span.parts not in cues:
            report.drop(span.where, "attribution span that differs from its cue")
    return accepted


def _notes(standoff: _Standoff, text: _Text, where: str, report: Report) -> dict[int, list[str]]:
    """The annotator's flags and notes, by the number of the sentence where their span starts."""
    notes: dict[int, list[str]] = defaultdict(list)

    def note(span: _Span, words: str) -> None:
        notes[text.sentence(span.parts[0][0])].append(clean_text(words))

    for span in standoff.spans.values():
        if span.type not in (*_LAYERS, *_TRIGGERS):
            note(span, f"{span.type}: {' '.join(text.raw[a:b] for a, b in span.parts)}")
    for name, words in standoff.notes:
        if name in standoff.spans:
            note(standoff.spans[name], words)
        else:
            report.fail(where, "note on a span that does not exist", name)
    return notes


def _attribution(sentence: str, marks: list[Mark], before: str) -> Attribution | None:
    """The attribution of a sentence if the marks hold all of its words or none; `before` is the paragraph's text before it."""
    places = word_spans(sentence)
    if not marks or not places:
        return Attribution.AUTHOR if places else None
    if not all(any(mark.start <= a and b <= mark.end for mark in marks) for a, b in places):
        return None
    content = [mark for mark in marks if mark.layer is SpanLayer.CONTENT]
    in_content = ((a, b) for a, b in places if any(mark.start <= a and b <= mark.end for mark in content))
    return attribution_from_quotes(before + sentence, ((len(before) + a, len(before) + b) for a, b in in_content))
