"""PolNeAR 1.0 (Newell et al. 2018): attributions in news of the US election campaign of 2016, by seven publishers.

The first line of a text is its headline, each further line a paragraph, cut into sentences by `segment`. The source, cue and
content spans of an attribution become marks whose `ref` is the id of its event in the annotation file (E1), so that the
marks of one attribution, and the parts of a discontinuous span, belong together; an attribution without a source has no
`source` mark. A span that crosses a sentence boundary is cut at it. Annotators are kept apart, in the order of
`metadata.tsv`; what they flagged (Discuss, Discard) or noted stands in the `note` of the sentence.

A span that cannot be placed takes its whole attribution along, and leaves open how the sentences are sourced in which it may
stand: those of its offsets, or of its words. Line ends count as one character, whatever a copy of the corpus made of them.

PolNeAR marks attributions anywhere in a sentence and does not say how its claim as a whole is sourced. `attribution` is set
only where that follows: a sentence without a mark is the author's; one whose every word lies in the marks, some in
content, is direct, mixed or indirect by the quotation marks around its content (rules 0.1 and 2.1 of the codebook).
Everything between is undecided, and so are the other layers.
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
    """The topic and articles of the corpus in `path`, the folder that holds `data/`.

    Raises FileNotFoundError if `data/metadata.tsv` is not there, ValueError if it is another table.
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
    """The rows of the metadata table by compartment and file name. Raises ValueError if it has no such columns."""
    header, *lines = (one.split("\t") for one in decode_text(file.read_bytes()).removesuffix("\n").split("\n"))
    if not {"compartment", "filename"} <= set(header):
        raise ValueError(f"{file} has no columns compartment and filename")
    rows: dict[tuple[str, str], _Row] = {}
    for number, cells in enumerate(lines, 2):
        row = dict(zip(header, cells, strict=False))
        if len(cells) != len(header):
            report.fail(f"data/metadata.tsv:{number}", "row with other cells than the header")
        elif (key := (row["compartment"], row["filename"])) in rows:
            report.fail(f"data/metadata.tsv:{number}", "second row of an article; the first is taken")
        else:
            rows[key] = row
    return rows


@dataclass(frozen=True)
class _Text:
    """A text and its sentences: where each stands in it, and as what line."""

    raw: str
    places: list[segment.Sentence]
    lines: list[CleanLine]

    @cached_property
    def starts(self) -> list[int]:
        """Where the sentences start."""
        return [place.start for place in self.places]

    def sentence(self, offset: int) -> int:
        """The number of the sentence at an offset, or before it."""
        return max(0, bisect_right(self.starts, offset) - 1)

    def cut(self, start: int, end: int) -> list[tuple[int, int, int]]:
        """What of a span lies in which sentence: the sentence's number, and offsets in the sentence as it stands in the text."""
        found = []
        for n in range(self.sentence(start), self.sentence(end - 1) + 1):
            place = self.places[n]
            first, last = max(start, place.start), min(end, place.end)
            if first < last:
                found.append((n, first - place.start, last - place.start))
        return found

    def before(self, n: int) -> str:
        """The lines of a sentence's paragraph that stand before it."""
        here = self.places[n].paragraph
        pairs = zip(self.places[:n], self.lines, strict=False)
        return "".join(f"{one.text} " for place, one in pairs if place.paragraph == here)


def _text(file: Path, where: str, report: Report) -> _Text:
    raw = decode_text(file.read_bytes())
    text = _Text(raw, [], [])
    for place in segment.segment(raw):
        one = clean_line(raw[place.start : place.end])
        if one.text:
            text.places.append(place)
            text.lines.append(one)
        else:
            report.drop(f"{where}:{raw.count(chr(10), 0, place.start) + 1}", "empty sentence")
    if not text.lines:
        raise ValueError("the text is empty")
    return text


def _article(file: Path, annotations: dict[str, Path], row: _Row, where: str, report: Report) -> Article:
    text = _text(file, where, report)
    order = [*(one for one in row.get("annotators", "").split("|") if one in annotations), *annotations]
    found: list[tuple[Annotator, list[Sentence]]] = []
    for name in dict.fromkeys(order):
        shown = f"{where.replace('/text/', '/attributions/').removesuffix('.txt')}_{name}.ann"
        with report.reading(shown):
            annotator = Annotator(
                id=slug(name),
                kind=AnnotatorKind.HUMAN,
                codebook="PolNeAR 1.0 guidelines",
                layers=(),
                note="Attribution is decided where the marks hold all words of the sentence, or none.",
            )
            found.append((annotator, _annotation(_standoff(annotations[name], text, shown, report), text, shown, report)))
    if not found:
        raise ValueError("none of its annotations can be read")
    known = {name: clean_text(value) for name, value in row.items() if value not in _UNKNOWN}
    publisher = known.get("publisher")
    if publisher not in _OUTLETS:
        report.fail(where, "unknown publisher", repr(publisher))
    fields = {
        "id": slug(file.stem, prefix="polnear"),
        "topic": _TOPIC.id,
        "title": known.get("title", text.lines[0].text),
        "outlet": _OUTLETS.get(publisher or "", publisher),
        "author": known.get("author"),
        "published": parse_day(known.get("publication_date", ""), where, report),
        "origin": Origin.PUBLISHED,
        "corpus": "polnear",
        "corpus_id": _corpus_id(file.stem),
        "details": {name: known[name] for name in _DETAILS if name in known},
        "note": f"Imported from PolNeAR 1.0: {where}",
    }
    numbered = zip(text.places, text.lines, strict=True)
    paragraphs = [[one.text for _, one in group] for _, group in groupby(numbered, key=lambda pair: pair[0].paragraph)]
    return build_article(fields, text.raw, paragraphs, found, where, report)


def _corpus_id(stem: str) -> str:
    """A name for a text that holds none of its words, as file names do: publisher, day, and a hash of the file's name."""
    return f"{'_'.join(stem.split('_')[:2])}_{hashlib.sha256(stem.encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class _Span:
    """A text-bound annotation: its type, its parts as offsets in the text, and its address."""

    type: str
    parts: list[tuple[int, int]]
    where: str

    def sentences(self, text: _Text) -> set[int]:
        """The numbers of the sentences in which it stands."""
        return {n for part in self.parts for n, _, _ in text.cut(*part)}


@dataclass(frozen=True)
class _Standoff:
    """An annotation file: spans by id, events as roles and span ids by id, and notes with the id of what they are on.

    `doubtful` are the sentences of which something was marked that could not be read, or is not whole.
    """

    spans: dict[str, _Span] = field(default_factory=dict)
    events: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    notes: list[tuple[str, str]] = field(default_factory=list)
    doubtful: set[int] = field(default_factory=set)


_RECORD = re.compile(r"[A-Z*#]\d*\t")
_BOUND = re.compile(r"(T\d+)\t(\S+) (\d+ \d+(?:;\d+ \d+)*)\t(.*)", re.DOTALL)
_EVENT = re.compile(r"(E\d+)\t(\S+:T\d+(?: \S+:T\d+)*) *")
_NOTE = re.compile(r"#\d*\t\S+ (T\d+)\t(.*)", re.DOTALL)


def _standoff(file: Path, text: _Text, where: str, report: Report) -> _Standoff:
    """The annotation file, every span checked against the text."""
    found = _Standoff()

    def refuse(place: str, what: str, record: str, detail: str = "") -> None:
        found.doubtful.update(_whereabouts(record, text, found.spans))
        report.fail(place, what, detail)

    for number, record in _records(file, where, report):
        place = f"{where}:{number}"
        if record.partition("\t")[0] in (*found.spans, *found.events):
            refuse(place, "line with the id of an earlier one", record)
        elif bound := _BOUND.fullmatch(record):
            parts = [(int(a), int(b)) for a, b in (part.split() for part in bound[3].split(";"))]
            if all(a < b <= len(text.raw) for a, b in parts) and " ".join(text.raw[a:b] for a, b in parts) == bound[4]:
                found.spans[bound[1]] = _Span(bound[2], parts, place)
            else:
                refuse(place, "span whose words do not stand at its offsets", record, repr(bound[4]))
        elif event := _EVENT.fullmatch(record):
            roles = (one.rpartition(":") for one in event[2].split())
            found.events[event[1]] = [(role.rstrip("0123456789"), span) for role, _, span in roles]
        elif note := _NOTE.fullmatch(record):
            found.notes.append((note[1], note[2]))
        else:
            refuse(place, "line that is no annotation of a known kind", record, repr(record))
    return found


def _whereabouts(record: str, text: _Text, spans: dict[str, _Span]) -> set[int]:
    """The sentences that a line which cannot be read may be about: those of its offsets, spans or words; all, if it has none."""
    offsets = [int(number) for number in re.findall(r"(?<![A-Z\d])\d{1,9}\b", record)]
    placed = {text.sentence(at) for offset in offsets for at in (offset, offset - 1)}
    placed |= {n for one in re.findall(r"T\d+", record) if one in spans for n in spans[one].sentences(text)}
    fields = [one for one in re.split(r"[\t\n]", record)[1:] if re.search(r"\w", one)]
    starts = [match.start() for words in fields for match in re.finditer(re.escape(words), text.raw)]
    worded = {text.sentence(start) for start in starts}
    return (placed if placed & worded else placed | worded) or set(range(len(text.lines)))


def _records(file: Path, where: str, report: Report) -> list[tuple[int, str]]:
    """The records of an annotation file, each with the number of its line; one may go on over several lines."""
    records: list[tuple[int, list[str]]] = []
    for number, one in enumerate(decode_text(file.read_bytes()).split("\n"), 1):
        if _RECORD.match(one):
            records.append((number, [one]))
        elif records:
            records[-1][1].append(one)
            if one.strip():
                report.change(f"{where}:{number}", "line joined with the record before it")
        elif one.strip():
            report.fail(f"{where}:{number}", "line that is no annotation of a known kind", repr(one))
    return [(number, "\n".join(lines).rstrip("\n")) for number, lines in records]


def _annotation(found: _Standoff, text: _Text, where: str, report: Report) -> list[Sentence]:
    """What one annotator says of each sentence."""
    for span in found.spans.values():
        if span.type in _LAYERS and any(len(text.cut(*part)) > 1 for part in span.parts):
            report.change(span.where, "span cut at a sentence boundary")
    marks: dict[int, list[Mark]] = defaultdict(list)
    doubtful = set(found.doubtful)
    for name, roles in found.events.items():
        ends = _ends(name, roles, found.spans, where, report)
        for span in ends:
            for n, start, end in (piece for part in span.parts for piece in text.cut(*part)):
                mark = text.lines[n].mark(_LAYERS[span.type], start, end, name)
                marks[n] += [mark] if mark else []
        if not ends:
            doubtful |= {n for _, one in roles if one in found.spans for n in found.spans[one].sentences(text)}
    notes = _notes(found, text, where, report)
    used = {one for roles in found.events.values() for _, one in roles}
    for name, span in found.spans.items():
        if span.type not in (*_LAYERS, *_TRIGGERS):
            continue
        if name not in used:
            report.drop(span.where, "span of no attribution", span.type)
            doubtful |= span.sentences(text)
    return [
        without_layers(
            Sentence(
                n=n,
                text=one.text,
                attribution=_attribution(one.text, marks[n], text.before(n) if marks[n] else ""),
                spans=drop_overlaps(marks[n], f"{where} sentence {n}", report),
                note="; ".join(notes[n]) or None,
            ),
            {"attribution"} if n in doubtful else (),
        )
        for n, one in enumerate(text.lines)
    ]


def _ends(name: str, roles: list[tuple[str, str]], spans: dict[str, _Span], where: str, report: Report) -> list[_Span]:
    """The source, cue and content spans of one attribution; none if one of its spans was refused."""
    ends: list[_Span] = []
    triggers: list[_Span] = []
    refused = False
    for role, one in roles:
        span = spans.get(one)
        if span is None:
            report.fail(f"{where} {name}", "attribution of a span that is not there", one)
            refused = True
        elif role in _TRIGGERS:
            triggers.append(span)
        elif span.type not in _LAYERS:
            report.fail(span.where, "span of an unknown type in an attribution", span.type)
            refused = True
        else:
            ends.append(span)
            if role != span.type:
                report.change(span.where, "span whose role in the attribution is not its type; the type is taken", role)
    if refused:
        return []
    cues = [span.parts for span in ends if span.type == "Cue"]
    if not ends:
        report.drop(f"{where} {name}", "attribution without source, cue and content")
    for span in triggers if ends else ():
        if span.parts not in cues:
            report.drop(span.where, "span of an attribution that is not that of its cue")
    return ends


def _notes(found: _Standoff, text: _Text, where: str, report: Report) -> dict[int, list[str]]:
    """What annotators flagged or noted, by the sentence where its span starts."""
    notes: dict[int, list[str]] = defaultdict(list)

    def note(span: _Span, said: str) -> None:
        notes[text.sentence(span.parts[0][0])].append(clean_text(said))

    for span in found.spans.values():
        if span.type not in (*_LAYERS, *_TRIGGERS):
            note(span, f"{span.type}: {' '.join(text.raw[a:b] for a, b in span.parts)}")
    for name, said in found.notes:
        if name in found.spans:
            note(found.spans[name], said)
        else:
            report.fail(where, "note on a span that is not there", name)
    return notes


def _attribution(sentence: str, marks: list[Mark], before: str) -> Attribution | None:
    """How the sentence's claim is sourced, where the marks hold all of its words or none; `before` is its paragraph's start."""
    places = word_spans(sentence)
    if not marks or not places:
        return Attribution.AUTHOR if places else None
    if not all(any(mark.start <= a and b <= mark.end for mark in marks) for a, b in places):
        return None
    content = [mark for mark in marks if mark.layer is SpanLayer.CONTENT]
    said = ((a, b) for a, b in places if any(mark.start <= a and b <= mark.end for mark in content))
    return attribution_from_quotes(before + sentence, ((len(before) + a, len(before) + b) for a, b in said))
