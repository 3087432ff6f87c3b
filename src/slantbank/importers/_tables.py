"""A researcher's own table, one row a sentence (and annotator), with a mapping file that says what each column holds.

The path is that of the table, with the mapping beside it under the same name but `.toml`; or that of a mapping, whose `file`
names the table. The table is read twice: first to count the rows of each article and to find names that clash, then article by
article. The rows of one article need not follow each other; only articles with scattered rows are held in memory together.

In a column of one label an empty cell means that nothing was decided; in columns of lists (`loaded`, `facts`) and of stances it
means that there is nothing, unless the whole row holds no label. JSON Lines, and lists in Parquet, have null for what was not
decided. A label that the codebook lacks is left out with a remark, and so is an article with an unreadable row; the layer of a
refused label is not coded for that sentence.
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
    """The column of the table that holds each of our fields. In JSON, `a.b` is the value of `b` in the object `a`."""

    article: Text = Field(description="Id of the article; each of its rows has it.")
    text: Text = Field(description="The sentence.")
    n: Text | None = Field(None, description="Number of the sentence; if missing, an annotator's rows are counted in their order.")
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
    """Facts about the annotators that no column of the table holds."""

    id: Id = Field("coder", description="Id of the annotator, where no column has one.")
    kind: AnnotatorKind = Field(AnnotatorKind.HUMAN, description="Who or what the annotators are.")
    codebook: Text = Field(description="The codebook that they followed, with its version.")


class Mapping(Table):
    """A mapping file."""

    file: Text | None = Field(None, description="The table, relative to the mapping's folder; else the file of the same name.")
    separator: Text = Field("|", description="Separates the items of a list in a cell.")
    delimiter: StrictStr = Field(",", min_length=1, max_length=1, description="Separates the cells of a CSV file.")
    headline_first: StrictBool = Field(False, description="Whether an article's first sentence is its headline.")
    language: Text = Field("en", description="Language of the texts.")
    origin: Origin = Field(Origin.PUBLISHED, description="Where the texts come from.")
    license: Text | None = Field(None, description="Licence of the texts.")
    annotations_license: Text | None = Field(None, description="Licence of the labels.")
    columns: Columns = Field(description="Our field = the name of its column in the table.")
    stance: dict[str, Text] = Field({}, description="Party = the column of the stance toward it: -1, 0, 1 or empty.")
    scores: dict[str, Text] = Field({}, description="Name of a rating = its column.")
    details: dict[str, Text] = Field({}, description="Name of a fact about the article = its column.")
    values: dict[str, dict[str, StrictStr]] = Field({}, description="For each of our fields: a value in the table = our value.")
    annotator: Coder = Field(description="Facts about the annotators that no column of the table holds.")
    topic: tuple[Topic, ...] = Field(min_length=1, description="The topics, as in topic files.")


def read(path: Path, report: Report, *, kind: str) -> Iterator[Topic | Article]:
    """Read the topics of the mapping and the articles of the table; `kind` is csv, jsonl or parquet.

    Raises FileNotFoundError if the mapping or the table is missing, ContributionError for a faulty mapping.
    """
    mapping_path = path if path.suffix == ".toml" else path.with_suffix(".toml")
    if not mapping_path.is_file():
        raise FileNotFoundError(f"no mapping {mapping_path}, which says what the columns of {path.name} are")
    mapped = toml.read(mapping_path, mapping_path.name, Mapping)
    mapping = mapped.value
    if mapping is None:
        raise ContributionError(mapped.problems)
    if len(mapping.topic) > 1 and mapping.columns.topic is None:
        raise ContributionError([mapped.at("SB105", "several topics, and no column says which is an article's", "columns")])
    table = (
        mapping_path.with_name(mapping.file)
        if mapping.file
        else mapping_path.with_suffix(f".{kind}")
        if path == mapping_path
        else path
    )
    if not table.is_file():
        raise FileNotFoundError(f"no table {table}")
    for file in report.progress([table]):
        with report.reading(file.name):
            opened = _open_table(file, kind, mapped, mapping)
            survey = _Survey(mapping)
            for _, cells in opened.rows():
                survey.add_row(cells)
            survey.finish()
            if problems := [*_missing_columns(survey.keys, survey.nested, file, mapped, mapping), *survey.collisions(mapped)]:
                raise ContributionError(problems)
            yield from mapping.topic
            for name, article_rows in _group_rows(opened, survey, file, mapping, report):
                with report.reading(article_rows[0].where):
                    yield _article(name, article_rows, mapping, report)


def _open_table(file: Path, kind: str, mapped: toml.Document[Mapping], mapping: Mapping) -> rows_.RawTable:
    """Open the table. Raises ContributionError if the mapping contradicts it, or names a column that is missing or duplicated."""
    try:
        opened = rows_.open_table(file, kind, mapping.delimiter if "delimiter" in mapping.model_fields_set else None)
    except rows_.DelimiterError as error:
        raise ContributionError([mapped.at("SB107", f"{file.name}: {error}", "delimiter")]) from error
    if opened.columns is not None:
        duplicates = rows_.duplicate_names(opened.columns)
        problems = [
            mapped.at("SB107", f"{file.name} has {duplicates[column]} columns {column!r}; give each a name of its own", *place)
            for place, column in _named_columns(mapping).items()
            if column in duplicates
        ]
        if problems := problems or [*_missing_columns(opened.columns, opened.nested, file, mapped, mapping)]:
            raise ContributionError(problems)
    return opened


def _named_columns(mapping: Mapping) -> dict[tuple[str, str], str]:
    """The table's columns that the mapping names, by the place in the mapping: section and key."""
    named: dict[tuple[str, str], str] = {("columns", ours): theirs for ours, theirs in mapping.columns if theirs}
    for kind in ("stance", "scores", "details"):
        named |= {(kind, ours): theirs for ours, theirs in getattr(mapping, kind).items()}
    return named


def _missing_columns(
    columns: Iterable[str], nested: Collection[str], file: Path, mapped: toml.Document[Mapping], mapping: Mapping
) -> Iterator[Problem]:
    """A problem for each column that the mapping names and the table lacks; `nested` columns hold objects with more keys."""
    present = [*filter(None, columns)]
    named = _named_columns(mapping)
    if present and not set(present) & set(named.values()) and (line := rows_.find_header(file, set(named.values()))):
        message = f"{file.name} has the names of its columns in line {line}; remove the lines above it"
        yield mapped.at("SB107", message, "columns", "article")
        return
    delimiter = next((mark for mark in ";\t,|" if len(present) == 1 and mark in present[0]), None)
    if delimiter:
        message = (
            f"{file.name} has one column, {quoted(present[0], 40)}; if {delimiter!r} separates its cells, set it as `delimiter`"
        )
        yield mapped.at("SB107", message, "columns", "article")
        return
    for place, theirs in named.items() if present else ():
        if theirs not in present and theirs.partition(".")[0] not in nested:
            yield mapped.at("SB107", f"{file.name} has no column {theirs!r}; {nearest(theirs, present)}", *place)


@dataclass
class _Survey:
    """The result of the first reading: how many rows each article has, which articles to refuse, and the spellings of names.

    A faulty line whose article is unknown may belong to the article before it or after it, or to any article with scattered
    rows: all of these are `doubtful` and refused.
    """

    mapping: Mapping
    counts: Counter[str] = field(default_factory=Counter)
    doubtful: set[str] = field(default_factory=set)
    keys: dict[str, None] = field(default_factory=dict)
    nested: set[str] = field(default_factory=set)
    names: dict[str, dict[str, set[str]]] = field(
        default_factory=lambda: {"article": defaultdict(set), "annotator": defaultdict(set)}
    )
    _last_article: str = ""
    _scattered: set[str] = field(default_factory=set)
    _pending_faults: list[str] = field(default_factory=list)
    _unknown_article: bool = False

    def add_row(self, cells: Cells | Fault) -> None:
        """Count the next row; a fault waits until the next row shows which articles it may concern."""
        if isinstance(cells, Fault):
            if not cells.alone:
                self._pending_faults.append(_Row("", cells.cells, self.mapping).name("article"))
            return
        if not self.keys or not self.keys.keys() >= cells.keys():
            self.keys.update(dict.fromkeys(cells))
        self.nested.update(name for name, value in cells.items() if isinstance(value, dict))
        row = _Row("", cells, self.mapping)
        name = row.name("article")
        if not name:
            self._pending_faults.append("")
            return
        self._resolve_faults(name)
        if self.counts[name] and name != self._last_article:
            self._scattered.add(name)
        self.counts[name] += 1
        self._last_article = name
        for kind, spellings in self.names.items():
            if spelling := row.name(kind):
                spellings[slug(spelling, lenient=True)].add(spelling)

    def finish(self) -> None:
        """Settle the faults after the last row."""
        self._resolve_faults("")
        if self._unknown_article:
            self.doubtful |= self._scattered

    def _resolve_faults(self, after: str) -> None:
        """Mark the articles that the faults before this row may concern as doubtful."""
        for name in self._pending_faults:
            self.doubtful |= {name} if name else {self._last_article, after}
            self._unknown_article |= not name
        self._pending_faults.clear()

    def collisions(self, mapped: toml.Document[Mapping]) -> Iterator[Problem]:
        """A problem for each id that would be made of several different names."""
        for kind, spellings in self.names.items():
            for id_, names in spellings.items():
                if id_ and len(names) > 1:
                    listed = " and ".join(map(repr, sorted(names)[:5]))
                    hint = f"say in [values.{kind}] what each is called"
                    message = f"{kind}s {listed} would {'both' if len(names) == 2 else 'all'} be {id_!r}; {hint}"
                    yield mapped.at("SB107", message, "columns", kind)


def _group_rows(
    opened: rows_.RawTable, survey: _Survey, file: Path, mapping: Mapping, report: Report
) -> Iterator[tuple[str, list["_Row"]]]:
    """The rows of each article, yielded when its last row has been read; faulty lines get a remark."""
    objects = {
        theirs.partition(".")[0] for theirs in _named_columns(mapping).values() if "." in theirs and theirs not in survey.keys
    }
    held: dict[str, list[_Row]] = defaultdict(list)
    for number, cells in opened.rows():
        where = f"{file.name}:{number}"
        if isinstance(cells, Fault):
            report.fail(where, cells.message, cells.detail)
            continue
        row = _Row(where, cells, mapping, opened.flat)
        name = row.name("article")
        if not name:
            raw_id = row.get("article")
            message = "row of whose article id no id can be made" if raw_id else "row without an article id"
            report.fail(where, message, repr(raw_id) if raw_id else "where cells were merged, fill each in again")
            continue
        for outer in sorted(objects & cells.keys()):
            if not isinstance(cells[outer], dict | None):
                report.fail(where, f"{outer} is not an object", json_excerpt(cells[outer]))
        held[name].append(row)
        if len(held[name]) == survey.counts[name]:
            article_rows = held.pop(name)
            if name in survey.doubtful:
                message = "article left out, since a line that cannot be read belongs or may belong to it"
                report.fail(article_rows[0].where, message, name)
            else:
                yield name, article_rows


def _value(cells: Cells, column: str) -> Any:
    """The value of a column; if there is no column `a.b`, the value of `b` in the object in column `a`."""
    outer, dot, key = column.partition(".")
    if dot and column not in cells and isinstance(cells.get(outer), dict):
        return _value(cells[outer], key)
    return cells.get(column)


_SPREADSHEET_RESIDUE = re.compile(r"=[A-Za-z+(@$\"'].*|#(?:N/A|NV|N/D|#+|[A-ZÀ-Þ/0]+[!?])", re.DOTALL)
"""What a spreadsheet may leave in a cell instead of a value: a formula, an error (`#REF!`), or `###` for a narrow column."""


@dataclass(frozen=True)
class _Row:
    """A row of the table, with its address and the mapping; in columns that are `flat`, no value and an empty cell are the same."""

    where: str
    cells: Cells
    mapping: Mapping
    flat: Collection[str] = ()

    def get(self, name: str) -> str:
        """The value of one of our fields; empty where the table has no such column."""
        return self.cell(name, getattr(self.mapping.columns, name))

    def name(self, kind: str) -> str:
        """The name of the row's article or annotator (`kind`), if an id can be made of it; else empty."""
        value = _value(self.cells, getattr(self.mapping.columns, kind) or "")
        text = self.get(kind)
        is_name = isinstance(value, str | int) and not isinstance(value, bool) and '"' not in text
        return text if is_name and not _SPREADSHEET_RESIDUE.fullmatch(text) and slug(text, lenient=True) else ""

    def cell(self, name: str, column: str | None) -> str:
        """The value of a column of the table, mapped by `[values.NAME]` for our field `name`."""
        return self._mapped(name, _value(self.cells, column) if column else None)

    def metadata(self, name: str, column: str | None, report: Report) -> str:
        """The value as `cell` gives it, as one line; empty, with a remark, if it is a spreadsheet's formula or error."""
        text = clean_text(self.cell(name, column))
        if not _SPREADSHEET_RESIDUE.fullmatch(text):
            return text
        report.fail(self.where, f"{name}: a formula or an error of the spreadsheet", repr(text))
        return ""

    def sentence(self) -> str:
        """The sentence as it is in the table. Raises ValueError if it is a spreadsheet's formula or error."""
        value = _value(self.cells, self.mapping.columns.text)
        text = "" if value is None else str(value)
        if _SPREADSHEET_RESIDUE.fullmatch(text.strip()):
            raise ValueError(f"{self.where}: a formula or an error of the spreadsheet instead of a sentence: {text.strip()!r}")
        return text

    def is_undecided(self, column: str) -> bool:
        """Whether the cell means "not decided", and not "there is nothing"."""
        outer, dot, _ = column.partition(".")
        inside = bool(dot) and column not in self.cells and outer in self.cells
        return _value(self.cells, column) is None and (column not in self.flat or (inside and self.cells[outer] is None))

    def items(self, name: str) -> list[str] | None:
        """The items of a list in one of our fields; None if the cell is neither a list of texts nor a text."""
        value = _value(self.cells, getattr(self.mapping.columns, name) or "")
        parts = value if isinstance(value, list) else str(value or "").split(self.mapping.separator)
        if isinstance(value, dict | bool) or not all(isinstance(part, str | int | float) for part in parts):
            return None
        return [item for item in (self._mapped(name, part) for part in parts) if item]

    def _mapped(self, name: str, value: object) -> str:
        text = "" if value is None or (isinstance(value, float) and math.isnan(value)) else str(value).strip()
        return self.mapping.values.get(name, {}).get(text, text)

    def choice(self, name: str, choices: Collection[str], report: Report) -> str | None:
        """The value of one of our fields if it is one of the choices; else None, with a remark."""
        value = self.get(name)
        if value and value not in choices:
            report.fail(self.where, f"unknown {name.replace('_', ' ')}", f"{value!r}; {nearest(value, list(choices))}")
        return value if value in choices else None

    def number(self, name: str, column: str, report: Report) -> float | None:
        """The number in a column of the table; None if it is empty, None with a remark if it is no number."""
        text = self.cell(name, column)
        try:
            value = float(text) if text else None
        except ValueError:
            value = float("nan")
        if value is None or math.isfinite(value):
            return value
        report.fail(self.where, f"not a number in column {column!r}", repr(text))
        return None

    def labels(self) -> list[str]:
        """The cells of all label columns as texts, for comparing rows; all are empty where nothing was labelled."""
        columns = [getattr(self.mapping.columns, name) for name in _LABELS]
        columns += [*self.mapping.stance.values(), *self.mapping.scores.values()]
        values = (_value(self.cells, column) for column in columns if column)
        return ["" if value is None else str(value).strip() for value in values]

    @property
    def is_labelled(self) -> bool:
        """Whether the row has any label. In a table with list columns only, an empty cell counts as a label, too."""
        return any(self.labels()) or not any(getattr(self.mapping.columns, name) for name in _SINGLE_LABELS)


_PER_ARTICLE = (
    *("topic", "headline", "outlet", "author", "published", "url"),
    *("language", "origin", "license", "annotations_license"),
)
_SINGLE_LABELS = ("claim_type", "attribution", "source", "cue", "source_type", "source_party", "source_perspective")
_LABELS = (*_SINGLE_LABELS, "loaded", "facts")


@dataclass(frozen=True)
class _TableSentence:
    """A sentence of an article: its number in the table (None for a headline of its own column), and its text."""

    n: int | None
    raw: str
    where: str
    paragraph: str = ""


def _article(name: str, rows: list[_Row], mapping: Mapping, report: Report) -> Article:
    first = rows[0]
    for name_, column in (*((field_, getattr(mapping.columns, field_)) for field_ in _PER_ARTICLE), *mapping.details.items()):
        if len({row.cell(name_, column) for row in rows}) > 1:
            report.change(first.where, f"{name_} that differs between rows of an article; the first is taken")
    topic = _topic(first, mapping)
    units, coders = _sentences_and_coders(rows, mapping, report)
    paragraphs = [units[:1], *(list(group) for _, group in groupby(units[1:], key=lambda unit: unit.paragraph))]
    cleaned = [[(unit, clean_text(unit.raw)) for unit in paragraph] for paragraph in paragraphs]
    for unit in (unit for unit, text in chain.from_iterable(cleaned) if not text):
        coder_rows = [row for coder in coders.values() if unit.n is not None and (row := coder.get(unit.n))]
        if any(any(row.labels()) for row in coder_rows):
            report.fail(unit.where, "labels of an empty sentence")
        else:
            report.drop(unit.where, "empty sentence")
    sentences = [(unit.n, text) for unit, text in chain.from_iterable(cleaned) if text]
    annotations = [
        annotation for coder in coders if (annotation := _annotation(coder, sentences, coders[coder], topic, mapping, report))
    ]
    source = "\n\n".join(" ".join(unit.raw for unit in paragraph) for paragraph in paragraphs) + "\n"
    lines = [[text for _, text in paragraph if text] for paragraph in cleaned]
    fields = _fields(name, sentences[0][1], topic, first, report)
    return build_article(fields, source, lines, annotations, first.where, report)


def _topic(row: _Row, mapping: Mapping) -> Topic:
    topics = {topic.id: topic for topic in mapping.topic}
    name = row.get("topic") if mapping.columns.topic else mapping.topic[0].id
    if name not in topics:
        raise ValueError(f"unknown topic {name!r}; {nearest(name, list(topics))}")
    return topics[name]


def _fields(name: str, title: str, topic: Topic, row: _Row, report: Report) -> dict[str, Any]:
    """The metadata of an article, from its first row and the mapping."""
    mapping, article_id = row.mapping, slug(name)
    details = {} if article_id == name else {"id": clean_text(name)}
    values = {field_: row.metadata(field_, getattr(mapping.columns, field_), report) for field_ in _PER_ARTICLE}
    return {
        "id": article_id,
        "topic": topic.id,
        "title": title,
        "outlet": values["outlet"] or None,
        "author": values["author"] or None,
        "published": parse_day(values["published"], row.where, report),
        "url": parse_url(values["url"], row.where, report),
        "language": parse_language(values["language"], row.where, report) or mapping.language,
        **{field_: values[field_] or getattr(mapping, field_) for field_ in ("origin", "license", "annotations_license")},
        "details": details
        | {key: value for key, column in mapping.details.items() if (value := row.metadata(key, column, report))},
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
    """An annotator and their labels of the sentences, each given by its number in the table and its text.

    None if the table gives the annotator a kind that does not exist.
    """
    labels = [
        _labels(n, text, None if number is None else rows.get(number), topic, report) for n, (number, text) in enumerate(sentences)
    ]
    first = next(row for row in rows.values() if row)
    stated_kind = first.get("kind")
    kind = first.choice("kind", [*AnnotatorKind], report)
    if stated_kind and kind is None:
        return None
    kind = AnnotatorKind.ADJUDICATED if coder == GOLD else kind or mapping.annotator.kind
    codebook = first.get("codebook") or mapping.annotator.codebook
    return Annotator(id=coder, kind=AnnotatorKind(kind), codebook=codebook, layers=coded_layers(labels)), labels


def _sentences_and_coders(
    rows: list[_Row], mapping: Mapping, report: Report
) -> tuple[list[_TableSentence], dict[str, dict[int, _Row | None]]]:
    """The headline and sentences of an article in order, and the rows of each annotator by sentence number.

    If two rows of an annotator label one sentence differently, neither counts, and the row is None.
    """
    columns = mapping.columns
    units: dict[int, _TableSentence] = {}
    coders: dict[str, dict[int, _Row | None]] = defaultdict(dict)
    for row in rows:
        name = row.name("annotator")
        if columns.annotator and not name and (raw_name := row.get("annotator")):
            raise ValueError(f"{row.where}: an annotator of whose name no id can be made: {raw_name!r}")
        if columns.annotator and not name and any(row.labels()):
            raise ValueError(f"{row.where}: labels without an annotator; where cells were merged, fill each in again")
        coder = (slug(name) if name else "") if columns.annotator else mapping.annotator.id
        number = row.number("n", columns.n, report) if columns.n else len(coders[coder])
        if number is None or number != int(number):
            raise ValueError(f"{row.where}: the number of the sentence is missing or is not a whole number")
        n = int(number)
        unit = _TableSentence(n, row.sentence(), row.where, row.get("paragraph"))
        if units.setdefault(n, unit).raw != unit.raw:
            hint = "" if columns.n else " by the order of an annotator's rows (name a column `n` for their numbers)"
            raise ValueError(f"{row.where}: not the text that {units[n].where} gives for the same sentence{hint}")
        if n in coders[coder]:
            report.fail(row.where, "second row of a sentence by one annotator")
            earlier = coders[coder][n]
            coders[coder][n] = earlier if earlier and earlier.labels() == row.labels() else None
        else:
            coders[coder][n] = row
    for before, after in pairwise(sorted(units)):
        if after > before + 1:
            report.change(units[after].where, "gap in the numbers of sentences", f"{after} after {before}")
    labelled = mapping.stance or mapping.scores or any(getattr(columns, column) for column in (*_LABELS, "note"))
    ordered = [units[n] for n in sorted(units)]
    if not mapping.headline_first:
        ordered.insert(0, _TableSentence(None, rows[0].metadata("headline", columns.headline, report), rows[0].where))
    ordered[0] = replace(ordered[0], raw=headline_or_placeholder(ordered[0].raw, ordered[0].where, report))
    return ordered, {coder: by_number for coder, by_number in coders.items() if coder and labelled and any(by_number.values())}


def _labels(n: int, text: str, row: _Row | None, topic: Topic, report: Report) -> Sentence:
    """The labels of a row; a sentence that is not coded if there is no row, or it has no label."""
    if row is None:
        return Sentence(n=n, text=text)
    note = row.metadata("note", row.mapping.columns.note, report) or None
    if not row.is_labelled:
        return Sentence(n=n, text=text, note=note)
    columns, refused = row.mapping.columns, set[str]()
    label = {name: row.choice(name, choices, report) for name, choices in _CHOICES.items()}
    parties = [party.id for party in topic.party]
    label["source_party"] = row.choice("source_party", parties, report)
    quotes = {name: _quote(name, text, row, report) for name in ("source", "cue")}
    if label["attribution"] == Attribution.AUTHOR:
        for name in (name for name, value in {**label, **quotes}.items() if value and name.startswith(("source", "cue"))):
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
            "loaded": () if columns.loaded and not row.is_undecided(columns.loaded) else None,
            "spans": drop_overlaps(_loaded(text, row, refused, report), row.where, report, refused),
            "facts": _facts(row, topic, refused, report),
            "scores": {name: score for name, score in scores.items() if score is not None},
            "note": note,
        }
    )
    return without_layers(labels, refused)


_CHOICES = {"claim_type": [*ClaimType], "attribution": [*Attribution], "source_type": [*SourceType]}


def _quote(name: str, text: str, row: _Row, report: Report) -> Quote | None:
    """The words that name the source or mark the attribution (`name` is source or cue), located in the sentence."""
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
            report.fail(row.where, "loaded words that are not in their sentence, or not that often", repr(quote.words))
        else:
            yield Mark(layer=SpanLayer.LOADED, start=quote.place[0], end=quote.place[1], text=quote.words)


def _items(name: str, row: _Row, refused: set[str], report: Report) -> Iterable[str]:
    """The items of a list in one of our fields; none, with a remark and the layer refused, if it is no list of texts."""
    items = row.items(name)
    if items is None:
        refused.add(name)
        report.fail(row.where, f"{name}: not a list of texts")
    return items or ()


def _stance(row: _Row, parties: Collection[str], refused: set[str], report: Report) -> dict[str, int] | None:
    """The stances in the columns; None where there are none, or nothing was decided."""
    stances: dict[str, int] = {}
    for party, column in row.mapping.stance.items():
        value = row.number("stance", column, Report()) if row.cell("stance", column) else None
        if row.cell("stance", column) and (party not in parties or value not in (-1, 0, 1)):
            refused.add("stance")
            detail = f"{party} {row.cell('stance', column)!r}"
            report.fail(row.where, "stance that is not -1, 0 or 1, or not toward a party of the topic", detail)
        elif value is not None:
            stances[party] = int(value)
    columns = row.mapping.stance.values()
    for outer in {column.partition(".")[0] for column in columns if column not in row.cells}:
        parties_in_cell = row.cells.get(outer)
        for name in parties_in_cell if isinstance(parties_in_cell, dict) else ():
            if f"{outer}.{name}" in columns:
                continue
            refused.add("stance")
            report.fail(row.where, "stance toward a party that the mapping does not name", repr(name))
    undecided = all(
        row.is_undecided(column) and not isinstance(row.cells.get(column.partition(".")[0]), dict) for column in columns
    )
    return None if undecided else stances


def _facts(row: _Row, topic: Topic, refused: set[str], report: Report) -> dict[str, Quote] | None:
    """The listed facts, without the words that report them; None if not decided."""
    column = row.mapping.columns.facts
    if column is None or row.is_undecided(column):
        return None
    fact_ids = [fact.id for fact in topic.fact]
    items = _items("facts", row, refused, report)
    for item in items:
        if item not in fact_ids:
            refused.add("facts")
            report.fail(row.where, "unknown fact", f"{item!r}; {nearest(item, fact_ids)}")
    return {item: Quote(text="") for item in items if item in fact_ids}
