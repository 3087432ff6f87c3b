"""A researcher's own table, one row a sentence (and annotator), by a mapping file that says which column is what.

The path is that of the table, with the mapping beside it under the same name but `.toml`; or that of a mapping, whose `file`
names the table. It is read twice: first for what each article has, and whether its names can be told apart, then article by
article, so that rows of one article may stand apart; only articles whose rows do are held in memory together.

In a column of one label an empty cell means that nothing was decided; in columns of lists (`loaded`, `facts`) and of stances it
means that there is nothing, unless the whole row holds no label. JSON Lines, and lists in Parquet, have null for what was not
decided. A label that the codebook does not have is remarked, and so is an article of which a row cannot be read, and left out;
what is refused of a sentence is not coded.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, groupby, pairwise
from pathlib import Path
from typing import Any

from pydantic import Field, StrictBool, StrictStr

from slantbank.bank import Annotator, Article, Id, Mark, Quote, Sentence, Table, Text, Topic, quotations, quoted_at, toml
from slantbank.codebook import GOLD, NEUTRAL, AnnotatorKind, Attribution, ClaimType, Origin, SourceType, SpanLayer
from slantbank.importers import _rows as rows_
from slantbank.importers._refusal import without_layers
from slantbank.importers._report import Report, json_excerpt
from slantbank.importers._rows import Cells, Fault
from slantbank.importers._text import (
    build_article,
    clean_text,
    coded_layers,
    drop_overlaps,
    headline_or_placeholder,
    parse_day,
    parse_language,
    parse_url,
    slug,
)
from slantbank.problem import ContributionError, Problem, nearest, quoted


class Columns(Table):
    """Which column of the table holds what. In JSON, `a.b` is the value of `b` in the object `a`."""

    article: Text = Field(description="Id of the article; each of its rows has it.")
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
    for file in report.progress([table]):
        with report.reading(file.name):
            opened = _opened(file, kind, mapped, mapping)
            survey = _Survey(mapping)
            for _, cells in opened.rows():
                survey.see(cells)
            survey.end()
            if problems := [*_missing(survey.keys, survey.nested, file, mapped, mapping), *survey.collisions(mapped)]:
                raise ContributionError(problems)
            yield from mapping.topic
            for name, of_article in _gathered(opened, survey, file, mapping, report):
                with report.reading(of_article[0].where):
                    yield _article(name, of_article, mapping, report)


def _opened(file: Path, kind: str, mapped: toml.Document[Mapping], mapping: Mapping) -> rows_.Table:
    """The table. Raises ContributionError if the mapping says otherwise than it, or names a column that is there twice."""
    try:
        opened = rows_.opened(file, kind, mapping.delimiter if "delimiter" in mapping.model_fields_set else None)
    except rows_.DelimiterError as error:
        raise ContributionError([mapped.at("SB107", f"{file.name}: {error}", "delimiter")]) from error
    if opened.columns is not None:
        twice = rows_.doubled(opened.columns)
        problems = [
            mapped.at("SB107", f"{file.name} has {twice[one]} columns {one!r}: which is meant? Give each a name of its own", *place)
            for place, one in _named(mapping).items()
            if one in twice
        ]
        if problems := problems or [*_missing(opened.columns, opened.nested, file, mapped, mapping)]:
            raise ContributionError(problems)
    return opened


def _named(mapping: Mapping) -> dict[tuple[str, str], str]:
    """The columns that the mapping names, by the place where it does."""
    named: dict[tuple[str, str], str] = {("columns", ours): theirs for ours, theirs in mapping.columns if theirs}
    for kind in ("stance", "scores", "details"):
        named |= {(kind, ours): theirs for ours, theirs in getattr(mapping, kind).items()}
    return named


def _missing(
    columns: Iterable[str], nested: Collection[str], file: Path, mapped: toml.Document[Mapping], mapping: Mapping
) -> Iterator[Problem]:
    """A problem for each column that the mapping names and the table, or no row of it, has; `nested` ones hold objects."""
    known = [*filter(None, columns)]
    named = _named(mapping)
    if known and not set(known) & set(named.values()) and (line := rows_.named_later(file, set(named.values()))):
        message = f"{file.name} has the names of its columns in line {line}; take out the lines above"
        yield mapped.at("SB107", message, "columns", "article")
        return
    other = next((mark for mark in ";\t,|" if len(known) == 1 and mark in known[0]), None)
    if other:
        message = (
            f"{file.name} has one column, {quoted(known[0], 40)}; its cells seem to be parted by {other!r}: say so as `delimiter`"
        )
        yield mapped.at("SB107", message, "columns", "article")
        return
    for place, theirs in named.items() if known else ():
        if theirs not in known and theirs.partition(".")[0] not in nested:
            yield mapped.at("SB107", f"{file.name} has no column {theirs!r}; {nearest(theirs, known)}", *place)


@dataclass
class _Survey:
    """What a first reading of the table finds: the rows of each article, those in doubt, and names that one id would join.

    A line that does not tell its article may be of the one before it or after it, and of any whose rows stand apart.
    """

    mapping: Mapping
    counts: Counter[str] = field(default_factory=Counter)
    doubtful: set[str] = field(default_factory=set)
    keys: dict[str, None] = field(default_factory=dict)
    nested: set[str] = field(default_factory=set)
    names: dict[str, dict[str, set[str]]] = field(
        default_factory=lambda: {"article": defaultdict(set), "annotator": defaultdict(set)}
    )
    _before: str = ""
    _apart: set[str] = field(default_factory=set)
    _faulty: list[str] = field(default_factory=list)
    _lost: bool = False

    def see(self, cells: Cells | Fault) -> None:
        """Take in the next line."""
        if isinstance(cells, Fault):
            if not cells.alone:
                self._faulty.append(_Row("", cells.cells, self.mapping).name("article"))
            return
        if not self.keys or not self.keys.keys() >= cells.keys():
            self.keys.update(dict.fromkeys(cells))
        self.nested.update(name for name, value in cells.items() if isinstance(value, dict))
        row = _Row("", cells, self.mapping)
        name = row.name("article")
        if not name:
            self._faulty.append("")
            return
        self._settle(name)
        if self.counts[name] and name != self._before:
            self._apart.add(name)
        self.counts[name] += 1
        self._before = name
        for kind, known in self.names.items():
            if given := row.name(kind):
                known[slug(given, lenient=True)].add(given)

    def end(self) -> None:
        """There are no more lines."""
        self._settle("")
        if self._lost:
            self.doubtful |= self._apart

    def _settle(self, after: str) -> None:
        """Say which articles are in doubt for the lines before a row that could not be read."""
        for name in self._faulty:
            self.doubtful |= {name} if name else {self._before, after}
            self._lost |= not name
        self._faulty.clear()

    def collisions(self, mapped: toml.Document[Mapping]) -> Iterator[Problem]:
        """A problem for each id that several names would get."""
        for kind, known in self.names.items():
            for one, given in known.items():
                if one and len(given) > 1:
                    names = " and ".join(map(repr, sorted(given)[:5]))
                    hint = f"say in [values.{kind}] what each is called"
                    message = f"{kind}s {names} would {'both' if len(given) == 2 else 'all'} be {one!r}; {hint}"
                    yield mapped.at("SB107", message, "columns", kind)


def _gathered(
    opened: rows_.Table, survey: _Survey, file: Path, mapping: Mapping, report: Report
) -> Iterator[tuple[str, list["_Row"]]]:
    """The rows of each article, once all of them have been read; a line that is none is remarked."""
    objects = {theirs.partition(".")[0] for theirs in _named(mapping).values() if "." in theirs and theirs not in survey.keys}
    held: dict[str, list[_Row]] = defaultdict(list)
    for number, cells in opened.rows():
        where = f"{file.name}:{number}"
        if isinstance(cells, Fault):
            report.fail(where, cells.what, cells.detail)
            continue
        row = _Row(where, cells, mapping, opened.flat)
        name = row.name("article")
        if not name:
            given = row.get("article")
            what = "row whose article id cannot be made one" if given else "row without an article id"
            report.fail(where, what, repr(given) if given else "where cells were merged, fill each in again")
            continue
        for outer in sorted(objects & cells.keys()):
            if not isinstance(cells[outer], dict | None):
                report.fail(where, f"{outer} that is no object", json_excerpt(cells[outer]))
        held[name].append(row)
        if len(held[name]) == survey.counts[name]:
            of_article = held.pop(name)
            if name in survey.doubtful:
                what = "article left out, since a line that could not be read is or may be of it"
                report.fail(of_article[0].where, what, name)
            else:
                yield name, of_article


def _value(cells: Cells, column: str) -> Any:
    """The value of a column; of one `a.b` that is not there, that of `b` in the object in `a`."""
    outer, dot, inner = column.partition(".")
    if dot and column not in cells and isinstance(cells.get(outer), dict):
        return _value(cells[outer], inner)
    return cells.get(column)


_SPOILT = re.compile(r"=[A-Za-z+(@$\"'].*|#(?:N/A|NV|N/D|#+|[A-ZÀ-Þ/0]+[!?])", re.DOTALL)
"""What a spreadsheet leaves in a cell in place of its value: a formula, an error (`#REF!`), or marks for a narrow column."""


@dataclass(frozen=True)
class _Row:
    """A row of the table, with its address and what the mapping says of its cells.

    In the columns that are `flat`, no value and an empty cell are the same.
    """

    where: str
    cells: Cells
    mapping: Mapping
    flat: Collection[str] = ()

    def get(self, name: str) -> str:
        """The value of one of our columns; empty where the table has none."""
        return self.cell(name, getattr(self.mapping.columns, name))

    def name(self, kind: str) -> str:
        """The value of one of our columns of names, if an id can be made of it; else empty."""
        value = _value(self.cells, getattr(self.mapping.columns, kind) or "")
        text = self.get(kind)
        plain_ = isinstance(value, str | int) and not isinstance(value, bool) and not _SPOILT.fullmatch(text) and '"' not in text
        return text if plain_ and slug(text, lenient=True) else ""

    def cell(self, name: str, column: str | None) -> str:
        """The value of a column of the table, mapped as the values of our column `name`."""
        return self._mapped(name, _value(self.cells, column) if column else None)

    def said(self, name: str, column: str | None, report: Report) -> str:
        """As `cell`, of what is no label; empty, with a remark, where a spreadsheet has spoilt it."""
        text = clean_text(self.cell(name, column))
        if not _SPOILT.fullmatch(text):
            return text
        report.fail(self.where, f"{name}: a formula or an error of the spreadsheet", repr(text))
        return ""

    def sentence(self) -> str:
        """The sentence as it stands in the table. Raises ValueError if a spreadsheet has spoilt it."""
        value = _value(self.cells, self.mapping.columns.text)
        text = "" if value is None else str(value)
        if _SPOILT.fullmatch(text.strip()):
            raise ValueError(f"{self.where}: a formula or an error of the spreadsheet in the place of a sentence: {text.strip()!r}")
        return text

    def is_open(self, column: str) -> bool:
        """Whether a column says that nothing was decided, and not that there is nothing."""
        outer, dot, _ = column.partition(".")
        inside = bool(dot) and column not in self.cells and outer in self.cells
        return _value(self.cells, column) is None and (column not in self.flat or (inside and self.cells[outer] is None))

    def items(self, name: str) -> list[str] | None:
        """The items of a list in one of our columns; None for what is neither a list of texts nor a text."""
        value = _value(self.cells, getattr(self.mapping.columns, name) or "")
        parts = value if isinstance(value, list) else str(value or "").split(self.mapping.separator)
        if isinstance(value, dict | bool) or not all(isinstance(part, str | int | float) for part in parts):
            return None
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

    def labels(self) -> list[str]:
        """What stands in the columns of labels, to compare; nothing but empty texts where nothing was labelled."""
        columns = [getattr(self.mapping.columns, name) for name in _LABELS]
        columns += [*self.mapping.stance.values(), *self.mapping.scores.values()]
        values = (_value(self.cells, column) for column in columns if column)
        return ["" if value is None else str(value).strip() for value in values]

    @property
    def is_labelled(self) -> bool:
        """Whether anything was labelled: in columns of lists alone, an empty cell is a label, too."""
        return any(self.labels()) or not any(getattr(self.mapping.columns, name) for name in _SINGLE)


_ONCE = (
    *("topic", "headline", "outlet", "author", "published", "url"),
    *("language", "origin", "license", "annotations_license"),
)
_SINGLE = ("claim_type", "attribution", "source", "cue", "source_type", "source_party", "source_perspective")
_LABELS = (*_SINGLE, "loaded", "facts")


@dataclass(frozen=True)
class _Unit:
    """A sentence of an article: its number in the table (None for a headline of its own column), and its text."""

    n: int | None
    raw: str
    where: str
    paragraph: str = ""


def _article(name: str, rows: list[_Row], mapping: Mapping, report: Report) -> Article:
    first = rows[0]
    for once in (*((once, getattr(mapping.columns, once)) for once in _ONCE), *mapping.details.items()):
        if len({row.cell(*once) for row in rows}) > 1:
            report.change(first.where, f"{once[0]} that differs between rows of an article; the first is taken")
    topic = _topic(first, mapping)
    units, coders = _units(rows, mapping, report)
    paragraphs = [units[:1], *(list(group) for _, group in groupby(units[1:], key=lambda unit: unit.paragraph))]
    kept = [[(unit, clean_text(unit.raw)) for unit in paragraph] for paragraph in paragraphs]
    for unit, text in chain.from_iterable(kept):
        of_unit = [found for coder in coders.values() if unit.n is not None and (found := coder.get(unit.n))]
        if not text and any(any(row.labels()) for row in of_unit):
            report.fail(unit.where, "labels of a sentence that is empty")
        elif not text:
            report.drop(unit.where, "empty sentence")
    sentences = [(unit.n, text) for unit, text in chain.from_iterable(kept) if text]
    annotations = [one for coder in coders if (one := _annotation(coder, sentences, coders[coder], topic, mapping, report))]
    source = "\n\n".join(" ".join(unit.raw for unit in paragraph) for paragraph in paragraphs) + "\n"
    lines = [[text for _, text in paragraph if text] for paragraph in kept]
    fields = _fields(name, sentences[0][1], topic, first, report)
    return build_article(fields, source, lines, annotations, first.where, report)


def _topic(row: _Row, mapping: Mapping) -> Topic:
    known = {topic.id: topic for topic in mapping.topic}
    name = row.get("topic") if mapping.columns.topic else mapping.topic[0].id
    if name not in known:
        raise ValueError(f"unknown topic {name!r}; {nearest(name, list(known))}")
    return known[name]


def _fields(name: str, title: str, topic: Topic, row: _Row, report: Report) -> dict[str, Any]:
    """The metadata of an article, of its first row and the mapping."""
    mapping, found = row.mapping, slug(name)
    details = {} if found == name else {"id": clean_text(name)}
    said = {one: row.said(one, getattr(mapping.columns, one), report) for one in _ONCE}
    return {
        "id": found,
        "topic": topic.id,
        "title": title,
        "outlet": said["outlet"] or None,
        "author": said["author"] or None,
        "published": parse_day(said["published"], row.where, report),
        "url": parse_url(said["url"], row.where, report),
        "language": parse_language(said["language"], row.where, report) or mapping.language,
        **{one: said[one] or getattr(mapping, one) for one in ("origin", "license", "annotations_license")},
        "details": details | {one: value for one, at in mapping.details.items() if (value := row.said(one, at, report))},
        "note": f"Imported from {row.where.rpartition(':')[0]}",
    }


def _annotation(
    coder: str,
    sentences: list[tuple[int | None, str]],
    rows: dict[int, _Row | None],
    topic: Topic,
    mapping: Mapping,
    report: Report,
) -> tuple[Annotator, list[Sentence]] | None:
    """What an annotator says of each sentence, given by its number in the table and its text.

    None for one of whose kind the table says something that is no kind.
    """
    labels = [
        _labels(n, text, None if number is None else rows.get(number), topic, report) for n, (number, text) in enumerate(sentences)
    ]
    first = next(row for row in rows.values() if row)
    given = first.get("kind")
    kind = first.choice("kind", [*AnnotatorKind], report)
    if given and kind is None:
        return None
    kind = AnnotatorKind.ADJUDICATED if coder == GOLD else kind or mapping.annotator.kind
    codebook = first.get("codebook") or mapping.annotator.codebook
    return Annotator(id=coder, kind=AnnotatorKind(kind), codebook=codebook, layers=coded_layers(labels)), labels


def _units(rows: list[_Row], mapping: Mapping, report: Report) -> tuple[list[_Unit], dict[str, dict[int, _Row | None]]]:
    """The headline and the sentences of an article in order, and the rows of each annotator by number.

    Where two rows of an annotator say other things of one sentence, neither does.
    """
    columns = mapping.columns
    units: dict[int, _Unit] = {}
    coders: dict[str, dict[int, _Row | None]] = defaultdict(dict)
    for row in rows:
        named = row.name("annotator")
        if columns.annotator and not named and (given := row.get("annotator")):
            raise ValueError(f"{row.where}: an annotator of whose name no id can be made: {given!r}")
        if columns.annotator and not named and any(row.labels()):
            raise ValueError(f"{row.where}: labels without an annotator; where cells were merged, fill each in again")
        coder = (slug(named) if named else "") if columns.annotator else mapping.annotator.id
        number = row.number("n", columns.n, report) if columns.n else len(coders[coder])
        if number is None or number != int(number):
            raise ValueError(f"{row.where}: no number of a sentence")
        n = int(number)
        unit = _Unit(n, row.sentence(), row.where, row.get("paragraph"))
        if units.setdefault(n, unit).raw != unit.raw:
            how = "" if columns.n else " by the order of an annotator's rows (name a column `n` for their numbers)"
            raise ValueError(f"{row.where}: not the text that {units[n].where} gives for the same sentence{how}")
        if n in coders[coder]:
            report.fail(row.where, "second row of a sentence by one annotator")
            before = coders[coder][n]
            coders[coder][n] = before if before and before.labels() == row.labels() else None
        else:
            coders[coder][n] = row
    for one, other in pairwise(sorted(units)):
        if other > one + 1:
            report.change(units[other].where, "numbers of sentences that do not run on", f"{other} after {one}")
    labelled = mapping.stance or mapping.scores or any(getattr(columns, one) for one in (*_LABELS, "note"))
    found = [units[n] for n in sorted(units)]
    if not mapping.headline_first:
        found.insert(0, _Unit(None, rows[0].said("headline", columns.headline, report), rows[0].where))
    found[0] = replace(found[0], raw=headline_or_placeholder(found[0].raw, found[0].where, report))
    return found, {coder: own for coder, own in coders.items() if coder and labelled and any(own.values())}


def _labels(n: int, text: str, row: _Row | None, topic: Topic, report: Report) -> Sentence:
    """The labels of a row; of none, or one without a label, a sentence that was not coded."""
    if row is None:
        return Sentence(n=n, text=text)
    note = row.said("note", row.mapping.columns.note, report) or None
    if not row.is_labelled:
        return Sentence(n=n, text=text, note=note)
    columns, refused = row.mapping.columns, set[str]()
    label = {name: row.choice(name, choices, report) for name, choices in _CHOICES.items()}
    parties = [party.id for party in topic.party]
    label["source_party"] = row.choice("source_party", parties, report)
    quotes = {name: _quote(name, text, row, report) for name in ("source", "cue")}
    if label["attribution"] == Attribution.AUTHOR:
        for name in (name for name, given in {**label, **quotes}.items() if given and name.startswith(("source", "cue"))):
            report.fail(row.where, f"{name.replace('_', ' ')} of the author's own voice")
        refused |= {"source_type", "source_party", "source", "cue"}
    scores = {name: row.number(name, column, report) for name, column in row.mapping.scores.items()}
    labels = Sentence.model_validate(
        {
            "n": n,
            "text": text,
            **label,
            **quotes,
            "source_perspective": row.choice("source_perspective", [*parties, NEUTRAL], report),
            "stance": _stance(row, parties, refused, report),
            "loaded": () if columns.loaded and not row.is_open(columns.loaded) else None,
            "spans": drop_overlaps(_loaded(text, row, refused, report), row.where, report, refused),
            "facts": _facts(row, topic, refused, report),
            "scores": {name: score for name, score in scores.items() if score is not None},
            "note": note,
        }
    )
    return without_layers(labels, refused)


_CHOICES = {"claim_type": [*ClaimType], "attribution": [*Attribution], "source_type": [*SourceType]}


def _quote(name: str, text: str, row: _Row, report: Report) -> Quote | None:
    """The words that name the source or mark the attribution, if they stand in the sentence."""
    words = clean_text(row.get(name))
    quote = next(quotations({"text": text, name: words}), None)
    if quote is None:
        return None
    if quote.place is None:
        report.fail(row.where, f"{name} that is not in its sentence", repr(words))
        return None
    if quote.is_ambiguous:
        report.change(row.where, f"{name} that is more than once in its sentence; the first is taken", repr(words))
    return quoted_at(text, *quote.place)


def _loaded(text: str, row: _Row, refused: set[str], report: Report) -> Iterator[Mark]:
    """The loaded words; the k-th listing of the same words is their k-th occurrence."""
    for quote in quotations({"text": text, "loaded": list(map(clean_text, _items("loaded", row, refused, report)))}):
        if quote.place is None:
            refused.add("loaded")
            report.fail(row.where, "loaded words that are not in their sentence, or not so often", repr(quote.words))
        else:
            yield Mark(layer=SpanLayer.LOADED, start=quote.place[0], end=quote.place[1], text=quote.words)


def _items(name: str, row: _Row, refused: set[str], report: Report) -> Iterable[str]:
    """The items of a list in one of our columns."""
    items = row.items(name)
    if items is None:
        refused.add(name)
        report.fail(row.where, f"{name}: no list of texts")
    return items or ()


def _stance(row: _Row, parties: Collection[str], refused: set[str], report: Report) -> dict[str, int] | None:
    """The stances that the columns hold; None where there are none, or all say that nothing was decided."""
    found: dict[str, int] = {}
    for party, column in row.mapping.stance.items():
        value = row.number("stance", column, Report()) if row.cell("stance", column) else None
        if row.cell("stance", column) and (party not in parties or value not in (-1, 0, 1)):
            refused.add("stance")
            detail = f"{party} {row.cell('stance', column)!r}"
            report.fail(row.where, "stance that is not -1, 0 or 1, or not toward a party of the topic", detail)
        elif value is not None:
            found[party] = int(value)
    columns = row.mapping.stance.values()
    for outer in {column.partition(".")[0] for column in columns if column not in row.cells}:
        inside = row.cells.get(outer)
        for name in [key for key in inside if f"{outer}.{key}" not in columns] if isinstance(inside, dict) else ():
            refused.add("stance")
            report.fail(row.where, "stance toward a party that the mapping does not name", repr(name))
    open_ = all(row.is_open(one) and not isinstance(row.cells.get(one.partition(".")[0]), dict) for one in columns)
    return None if open_ else found


def _facts(row: _Row, topic: Topic, refused: set[str], report: Report) -> dict[str, Quote] | None:
    """The facts that are listed, without the words that report them."""
    column = row.mapping.columns.facts
    if column is None or row.is_open(column):
        return None
    known = [fact.id for fact in topic.fact]
    items = _items("facts", row, refused, report)
    for item in items:
        if item not in known:
            refused.add("facts")
            report.fail(row.where, "unknown fact", f"{item!r}; {nearest(item, known)}")
    return {item: Quote(text="") for item in items if item in known}
