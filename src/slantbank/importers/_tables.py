"""A researcher's own table, one row a sentence (and annotator), by a mapping file that says which column is what.

The path is that of the table, with the mapping beside it under the same name but `.toml`; or that of a mapping, whose `file`
names the table. The rows of one article stand together; only one article is held in memory. In a column of one label an empty
cell means that nothing was decided; in columns of lists (`loaded`, `facts`) and of stances it means that there is nothing.
A label that the codebook does not have is remarked and left out, and so is an article of which a row cannot be read.
"""

import csv
import math
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import chain, groupby
from pathlib import Path
from typing import Any

from pydantic import Field, StrictBool, StrictStr, TypeAdapter

from slantbank.bank import Annotator, Article, Id, Mark, Quote, Sentence, Table, Text, Topic, quotations, quoted_at, toml
from slantbank.codebook import GOLD, NEUTRAL, AnnotatorKind, Attribution, ClaimType, Origin, SourceType, SpanLayer
from slantbank.importers._report import Report
from slantbank.importers._text import address, assemble, coded, day, headline, plain, slug, untangled
from slantbank.problem import ContributionError, nearest

_BATCH = 10_000


class Columns(Table):
    """Which column of the table holds what. In JSON, `a.b` is the value of `b` in the object `a`."""

    article: Text = Field(description="Id of the article; its rows stand together.")
    text: Text = Field(description="The sentence.")
    n: Text | None = Field(None, description="Number of the sentence; else the order of an annotator's rows counts.")
    paragraph: Text | None = Field(None, description="The paragraph, by any value that its sentences share.")
    headline: Text | None = Field(None, description="The headline, repeated in every row of the article.")
    topic: Text | None = Field(None, description="Id of the topic; else there is one only.")
    outlet: Text | None = Field(None, description="The outlet.")
    author: Text | None = Field(None, description="The author.")
    published: Text | None = Field(None, description="Day of publication, as 2017-07-03.")
    url: Text | None = Field(None, description="Address of the text.")
    language: Text | None = Field(None, description="Language of the text; else the mapping's. Likewise the next three.")
    origin: Text | None = Field(None, description="Where the text comes from.")
    license: Text | None = Field(None, description="Licence of the text.")
    annotations_license: Text | None = Field(None, description="Licence of the labels.")
    kind: Text | None = Field(None, description="Who or what the annotator is; else the mapping's.")
    codebook: Text | None = Field(None, description="The codebook that the annotator followed; else the mapping's.")
    annotator: Text | None = Field(None, description="Who labelled; `gold` for adjudicated labels.")
    claim_type: Text | None = Field(None, description="Claim type.")
    attribution: Text | None = Field(None, description="Attribution.")
    source: Text | None = Field(None, description="The words that name the source.")
    cue: Text | None = Field(None, description="The words that mark the attribution.")
    source_type: Text | None = Field(None, description="Source type.")
    source_party: Text | None = Field(None, description="Party of the source.")
    source_perspective: Text | None = Field(None, description="Party whose account it is, or `neutral`.")
    loaded: Text | None = Field(None, description="Loaded words: a list, or text with a separator.")
    facts: Text | None = Field(None, description="Ids of the facts reported: a list, or text with a separator.")
    note: Text | None = Field(None, description="A note on the labels.")


class Coder(Table):
    """What the table does not say of its annotators."""

    id: Id = Field("coder", description="Id of the annotator, where no column has one.")
    kind: AnnotatorKind = Field(AnnotatorKind.HUMAN, description="Who or what the annotators are.")
    codebook: Text = Field(description="The codebook that they followed, with its version.")


class Mapping(Table):
    """A mapping file."""

    file: Text | None = Field(None, description="The table, seen from the mapping's folder; else the file of the same name.")
    separator: Text = Field("|", description="What parts the items of a list in a cell.")
    delimiter: StrictStr = Field(",", min_length=1, max_length=1, description="What parts the cells of a CSV file.")
    headline_first: StrictBool = Field(False, description="Whether an article's first sentence is its headline.")
    language: Text = Field("en", description="Language of the texts.")
    origin: Origin = Field(Origin.PUBLISHED, description="Where the texts come from.")
    license: Text | None = Field(None, description="Licence of the texts.")
    annotations_license: Text | None = Field(None, description="Licence of the labels.")
    columns: Columns = Field(description="Our name of a column = its name in the table.")
    stance: dict[str, Text] = Field({}, description="Party = the column of the stance toward it: -1, 0, 1 or empty.")
    scores: dict[str, Text] = Field({}, description="Name of a rating = its column.")
    details: dict[str, Text] = Field({}, description="Name of a fact about the article = its column.")
    values: dict[str, dict[str, StrictStr]] = Field({}, description="Our name of a column: its value in the table = ours.")
    annotator: Coder = Field(description="What the table does not say of its annotators.")
    topic: tuple[Topic, ...] = Field(min_length=1, description="The topics, as in topic files.")


def read(path: Path, report: Report, *, kind: str) -> Iterator[Topic | Article]:
    """The topics of the mapping and the articles of the table; `kind` is csv, jsonl or parquet.

    Raises FileNotFoundError if the mapping or the table is not there, ContributionError for a faulty mapping.
    """
    found = path if path.suffix == ".toml" else path.with_suffix(".toml")
    if not found.is_file():
        raise FileNotFoundError(f"no mapping {found}, which says what the columns of {path.name} are")
    mapped = toml.read(found, found.name, Mapping)
    mapping = mapped.value
    if mapping is None:
        raise ContributionError(mapped.problems)
    if len(mapping.topic) > 1 and mapping.columns.topic is None:
        raise ContributionError([mapped.at("SB105", "several topics, and no column says which is an article's", "columns")])
    table = found.with_name(mapping.file) if mapping.file else found.with_suffix(f".{kind}") if path == found else path
    if not table.is_file():
        raise FileNotFoundError(f"no table {table}")
    yield from mapping.topic
    for file in report.progress([table]):
        with report.reading(file.name):
            rows = (_Row(f"{file.name}:{number}", cells, mapping) for number, cells in _ROWS[kind](file, mapping, report))
            for name, group in groupby(rows, key=lambda row: row.get("article")):
                of_article = list(group)
                if kind != "jsonl":
                    _check_columns(of_article[0].cells, file, mapped, mapping)
                with report.reading(of_article[0].where):
                    yield _article(name, of_article, mapping, report)


def _csv(file: Path, mapping: Mapping, report: Report) -> Iterator[tuple[int, dict[str, Any]]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream, delimiter=mapping.delimiter, strict=True)
        try:
            for cells in reader:
                yield reader.line_num, cells
        except csv.Error as error:
            raise ValueError(f"line {reader.line_num}: {error}") from error


def _jsonl(file: Path, mapping: Mapping, report: Report) -> Iterator[tuple[int, dict[str, Any]]]:
    with file.open(encoding="utf-8-sig") as stream:
        for number, text in enumerate(stream, 1):
            with report.reading(f"{file.name}:{number}"):
                yield number, _OBJECT.validate_json(text)


def _parquet(file: Path, mapping: Mapping, report: Report) -> Iterator[tuple[int, dict[str, Any]]]:
    import polars as pl

    try:
        batches = pl.scan_parquet(file).collect_batches(chunk_size=_BATCH, lazy=True)
        yield from enumerate((cells for batch in batches for cells in batch.iter_rows(named=True)), 1)
    except pl.exceptions.PolarsError as error:
        raise ValueError(str(error)) from error


_OBJECT = TypeAdapter(dict[str, Any])
_ROWS = {"csv": _csv, "jsonl": _jsonl, "parquet": _parquet}


def _check_columns(cells: dict[str, Any], file: Path, mapped: toml.Document[Mapping], mapping: Mapping) -> None:
    """Raises ContributionError if the mapping names a column that the table has not."""
    named: dict[tuple[str, str], str] = {("columns", ours): theirs for ours, theirs in mapping.columns if theirs}
    for kind in ("stance", "scores", "details"):
        named |= {(kind, ours): theirs for ours, theirs in getattr(mapping, kind).items()}
    problems = [
        mapped.at("SB107", f"{file.name} has no column {theirs!r}; {nearest(theirs, [*filter(None, cells)])}", *place)
        for place, theirs in named.items()
        if theirs not in cells
    ]
    if problems:
        raise ContributionError(problems)


def _value(cells: dict[str, Any], column: str) -> Any:
    """The value of a column; of one `a.b` that is not there, that of `b` in the object in `a`."""
    outer, dot, inner = column.partition(".")
    if dot and column not in cells and isinstance(cells.get(outer), dict):
        return _value(cells[outer], inner)
    return cells.get(column)


@dataclass(frozen=True)
class _Row:
    """A row of the table, with its address and what the mapping says of its cells."""

    where: str
    cells: dict[str, Any]
    mapping: Mapping

    def get(self, name: str) -> str:
        """The value of one of our columns; empty where the table has none."""
        return self.cell(name, getattr(self.mapping.columns, name))

    def cell(self, name: str, column: str | None) -> str:
        """The value of a column of the table, mapped as the values of our column `name`."""
        return self._mapped(name, _value(self.cells, column) if column else None)

    def items(self, name: str) -> list[str]:
        """The items of a list in one of our columns."""
        value = _value(self.cells, getattr(self.mapping.columns, name) or "")
        parts = value if isinstance(value, list) else str(value or "").split(self.mapping.separator)
        return [item for item in (self._mapped(name, part) for part in parts) if item]

    def _mapped(self, name: str, value: object) -> str:
        text = "" if value is None or (isinstance(value, float) and math.isnan(value)) else str(value).strip()
        return self.mapping.values.get(name, {}).get(text, text)

    def choice(self, name: str, choices: Collection[str], report: Report) -> str | None:
        """The value of one of our columns, if it is one of the choices; another one is remarked."""
        value = self.get(name)
        if value and value not in choices:
            report.fail(self.where, f"unknown {name.replace('_', ' ')}", f"{value!r}; {nearest(value, list(choices))}")
        return value if value in choices else None

    def number(self, name: str, column: str, report: Report) -> float | None:
        """The number in a column of the table; what is none is remarked."""
        text = self.cell(name, column)
        try:
            value = float(text) if text else None
        except ValueError:
            value = float("nan")
        if value is None or math.isfinite(value):
            return value
        report.fail(self.where, f"no number in column {column!r}", repr(text))
        return None


_ONCE = (
    *("topic", "headline", "outlet", "author", "published", "url"),
    *("language", "origin", "license", "annotations_license"),
)
_LABELS = (
    *("claim_type", "attribution", "source", "cue", "source_type", "source_party", "source_perspective"),
    *("loaded", "facts", "note"),
)


@dataclass(frozen=True)
class _Unit:
    """A sentence of an article: its number in the table (None for a headline of its own column), and its text."""

    n: int | None
    raw: str
    where: str
    paragraph: str = ""


def _article(name: str, rows: list[_Row], mapping: Mapping, report: Report) -> Article:
    for row in rows:
        if None in row.cells or not name:
            raise ValueError(f"{row.where}: a row without article id, or with more cells than the header")
    first = rows[0]
    for once in (*((once, getattr(mapping.columns, once)) for once in _ONCE), *mapping.details.items()):
        if len({row.cell(*once) for row in rows}) > 1:
            report.change(first.where, f"{once[0]} that differs between rows of an article; the first is taken")
    topic = _topic(first, mapping)
    units, coders = _units(rows, mapping, report)
    paragraphs = [units[:1], *(list(group) for _, group in groupby(units[1:], key=lambda unit: unit.paragraph))]
    kept = [[(unit, plain(unit.raw)) for unit in paragraph] for paragraph in paragraphs]
    for unit, text in chain.from_iterable(kept):
        if not text:
            report.drop(unit.where, "empty sentence")
    sentences = [(unit.n, text) for unit, text in chain.from_iterable(kept) if text]
    annotations = [_annotation(coder, sentences, coders[coder], topic, mapping, report) for coder in coders]
    labelled = mapping.stance or mapping.scores or any(getattr(mapping.columns, one) for one in _LABELS)
    source = "\n\n".join(" ".join(unit.raw for unit in paragraph) for paragraph in paragraphs) + "\n"
    lines = [[text for _, text in paragraph if text] for paragraph in kept]
    fields = _fields(name, sentences[0][1], topic, first, report)
    return assemble(fields, source, lines, annotations if labelled else [], first.where, report)


def _topic(row: _Row, mapping: Mapping) -> Topic:
    known = {topic.id: topic for topic in mapping.topic}
    name = row.get("topic") if mapping.columns.topic else mapping.topic[0].id
    if name not in known:
        raise ValueError(f"unknown topic {name!r}; {nearest(name, list(known))}")
    return known[name]


def _fields(name: str, title: str, topic: Topic, row: _Row, report: Report) -> dict[str, Any]:
    """The metadata of an article, of its first row and the mapping."""
    mapping, found = row.mapping, slug(name)
    details = {} if found == name else {"id": plain(name)}
    return {
        "id": found,
        "topic": topic.id,
        "title": title,
        "outlet": plain(row.get("outlet")) or None,
        "author": plain(row.get("author")) or None,
        "published": day(row.get("published"), row.where, report),
        "url": address(row.get("url"), row.where, report),
        **{one: plain(row.get(one)) or getattr(mapping, one) for one in ("language", "origin", "license", "annotations_license")},
        "details": details | {one: value for one, at in mapping.details.items() if (value := plain(row.cell(one, at)))},
        "note": f"Imported from {row.where.rpartition(':')[0]}",
    }


def _annotation(
    coder: str, sentences: list[tuple[int | None, str]], rows: dict[int, _Row], topic: Topic, mapping: Mapping, report: Report
) -> tuple[Annotator, list[Sentence]]:
    """What an annotator says of each sentence, given by its number in the table and its text."""
    labels = [
        _labels(n, text, None if number is None else rows.get(number), topic, report) for n, (number, text) in enumerate(sentences)
    ]
    first = next(iter(rows.values()))
    kind = AnnotatorKind.ADJUDICATED if coder == GOLD else first.choice("kind", [*AnnotatorKind], report) or mapping.annotator.kind
    codebook = first.get("codebook") or mapping.annotator.codebook
    return Annotator(id=coder, kind=AnnotatorKind(kind), codebook=codebook, layers=coded(labels)), labels


def _units(rows: list[_Row], mapping: Mapping, report: Report) -> tuple[list[_Unit], dict[str, dict[int, _Row]]]:
    """The headline and the sentences of an article in order, and the rows of each annotator by number."""
    columns = mapping.columns
    units: dict[int, _Unit] = {}
    coders: dict[str, dict[int, _Row]] = defaultdict(dict)
    for row in rows:
        coder = slug(row.get("annotator")) if row.get("annotator") else mapping.annotator.id
        number = row.number("n", columns.n, report) if columns.n else len(coders[coder])
        if number is None or number != int(number):
            raise ValueError(f"{row.where}: no number of a sentence")
        n = int(number)
        unit = _Unit(n, str(_value(row.cells, columns.text) or ""), row.where, row.get("paragraph"))
        if units.setdefault(n, unit).raw != unit.raw:
            raise ValueError(f"{row.where}: not the text that {units[n].where} gives for the same sentence")
        if n in coders[coder]:
            report.fail(row.where, "second row of a sentence by one annotator")
        else:
            coders[coder][n] = row
    found = [units[n] for n in sorted(units)]
    if not mapping.headline_first:
        found.insert(0, _Unit(None, rows[0].get("headline"), rows[0].where))
    found[0] = replace(found[0], raw=headline(found[0].raw, found[0].where, report))
    return found, coders


def _labels(n: int, text: str, row: _Row | None, topic: Topic, report: Report) -> Sentence:
    """The labels of a row; of none, a sentence that was not coded."""
    if row is None:
        return Sentence(n=n, text=text)
    columns = row.mapping.columns
    label = {name: row.choice(name, choices, report) for name, choices in _CHOICES.items()}
    parties = [party.id for party in topic.party]
    label["source_party"] = row.choice("source_party", parties, report)
    quotes = {name: _quote(name, text, row, report) for name in ("source", "cue")}
    if label["attribution"] == Attribution.AUTHOR:
        for name in (name for name, given in {**label, **quotes}.items() if given and name.startswith(("source", "cue"))):
            report.drop(row.where, f"{name.replace('_', ' ')} of the author's own voice")
        label |= {"source_type": None, "source_party": None}
        quotes = {}
    scores = {name: row.number(name, column, report) for name, column in row.mapping.scores.items()}
    return Sentence.model_validate(
        {
            "n": n,
            "text": text,
            **label,
            **quotes,
            "source_perspective": row.choice("source_perspective", [*parties, NEUTRAL], report),
            "stance": _stance(row, parties, report) if row.mapping.stance else None,
            "loaded": () if columns.loaded else None,
            "spans": untangled(_loaded(text, row, report), row.where, report),
            "facts": _facts(row, topic, report) if columns.facts else None,
            "scores": {name: score for name, score in scores.items() if score is not None},
            "note": plain(row.get("note")) or None,
        }
    )


_CHOICES = {"claim_type": [*ClaimType], "attribution": [*Attribution], "source_type": [*SourceType]}


def _quote(name: str, text: str, row: _Row, report: Report) -> Quote | None:
    """The words that name the source or mark the attribution, if they stand in the sentence."""
    words = plain(row.get(name))
    quote = next(quotations({"text": text, name: words}), None)
    if quote is None:
        return None
    if quote.place is None:
        report.fail(row.where, f"{name} that is not in its sentence", repr(words))
        return None
    if quote.is_ambiguous:
        report.change(row.where, f"{name} that is more than once in its sentence; the first is taken", repr(words))
    return quoted_at(text, *quote.place)


def _loaded(text: str, row: _Row, report: Report) -> Iterator[Mark]:
    """The loaded words; the k-th listing of the same words is their k-th occurrence."""
    for quote in quotations({"text": text, "loaded": list(map(plain, row.items("loaded")))}):
        if quote.place is None:
            report.fail(row.where, "loaded words that are not in their sentence, or not so often", repr(quote.words))
        else:
            yield Mark(layer=SpanLayer.LOADED, start=quote.place[0], end=quote.place[1], text=quote.words)


def _stance(row: _Row, parties: Collection[str], report: Report) -> dict[str, int]:
    found: dict[str, int] = {}
    for party, column in row.mapping.stance.items():
        value = row.number("stance", column, report)
        if party in parties and value in (-1, 0, 1):
            found[party] = int(value)
        elif value is not None:
            report.fail(row.where, "stance that is not -1, 0 or 1, or not toward a party of the topic", f"{party} {value}")
    return found


def _facts(row: _Row, topic: Topic, report: Report) -> dict[str, Quote]:
    known = [fact.id for fact in topic.fact]
    items = row.items("facts")
    for item in items:
        if item not in known:
            report.fail(row.where, "unknown fact", f"{item!r}; {nearest(item, known)}")
    return {item: Quote(text="") for item in items if item in known}
