"""Export articles to annotation tools, import annotations from them, and export a bank to other formats.

`TOOLS` has the functions that write the files of each tool and read its export; a tool without a reader is for export alone.
`FORMATS` has the functions that write a bank, or some of its articles, for other programs. The room uses the report and the helpers
of the importers.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from slantbank import bank, curate, rules, staged
from slantbank.bank import Annotation, Annotator, Article, Quote, Sentence, Topic, article, toml, topic, withheld
from slantbank.codebook import AnnotatorKind, Layer
from slantbank.exchange import _conll as conll
from slantbank.exchange import _croissant as croissant
from slantbank.exchange import _doccano as doccano
from slantbank.exchange import _label_studio as label_studio
from slantbank.exchange import _sheet as sheet
from slantbank.exchange import _tables as tables
from slantbank.exchange import _web_annotation as web_annotation
from slantbank.exchange._answers import SentenceAnswers, to_sentence
from slantbank.importers import Progress, Report, coded_layers, parse_day, refusal
from slantbank.problem import ContributionError, nearest


@dataclass(frozen=True)
class Tool:
    """An annotation tool: its name, the function that writes the files of an article, and the one that reads its export."""

    title: str
    files: Callable[[Article, Topic, Sequence[str]], dict[str, str]]
    read: Callable[[Path, Report], Iterator[SentenceAnswers]] | None = None
    adds: bool = False
    """Whether labels are imported step by step: then an import adds to existing labels, and changes none of them."""


TOOLS: dict[str, Tool] = {
    "label-studio": Tool("Label Studio", label_studio.files, label_studio.read),
    "doccano": Tool("doccano", doccano.files, doccano.read),
    "sheet": Tool("a spreadsheet", sheet.files, sheet.read, adds=True),
    "conll": Tool("CoNLL-U Plus", conll.files),
}

FORMATS: dict[str, Callable[[Mapping[str, pl.DataFrame], Path], Iterator[str]]] = {
    "csv": tables.csv,
    "jsonl": tables.jsonl,
    "web-annotation": web_annotation.write,
    "croissant": croissant.write,
}


def export(
    name: str, frames: Mapping[str, pl.DataFrame], folder: Path, articles: Sequence[str] = (), annotators: Sequence[str] = ()
) -> dict[str, Iterable[str]]:
    """Export the frames of the bank in `folder` to a format; returns the chunks of each text by the suffix of its file ("": main).

    `articles` and `annotators` select as `tables.select` does, with its errors. Raises ValueError, too, for an unknown format or a
    part of a bank as Croissant, FileNotFoundError for Croissant of a bank that is not built.
    """
    if name not in FORMATS:
        raise ValueError(f"no format {name!r}; {nearest(name, [*FORMATS, *TOOLS])}")
    if name == "croissant":
        if articles or annotators:
            raise ValueError("Croissant metadata describe a whole bank: name no articles or annotators")
        return {"": FORMATS[name](frames, folder)}
    selection = tables.select(frames, articles, annotators)
    beside: dict[str, Iterable[str]] = {".toml": [tables.mapping(selection)]} if name == "jsonl" else {}
    return {"": FORMATS[name](selection, folder), **beside}


def write_text(parts: Iterable[str], path: Path) -> Path:
    """Write a text, given in chunks, to a file, whole or not at all; return the path."""
    staged.write(path, parts)
    return path


def tool_files(name: str, folder: Path, annotators: Sequence[str] | None = None) -> dict[str, str]:
    """Return a tool's files, by name, for the article in a folder of a bank, with the labels of some annotators (None: all).

    Labels may be undecided. Raises ContributionError for an error in the topics or in the article, ValueError for an unknown
    annotator or a withheld text.
    """
    selected, its_topic = _article(folder, annotators or ())
    names = list(selected.annotations) if annotators is None else list(annotators)
    return TOOLS[name].files(selected, its_topic, names)


def _article(folder: Path, annotators: Sequence[str]) -> tuple[Article, Topic]:
    """Read the article in a folder of a bank and its topic; errors as `tool_files`."""
    draft = bank.draft(folder.parents[1], {folder.name})
    errors = [problem for problem in rules.check(draft) if problem.level == "error"]
    selected = draft.articles[folder.name].article
    if errors or selected is None:
        raise ContributionError(errors)
    if not selected.meta.includes_text:
        raise ValueError(withheld.REFUSED.format(selected.meta.id))
    for name in annotators:
        if name not in selected.annotations:
            raise ValueError(f"no annotator {name!r} of {selected.meta.id}; {nearest(name, list(selected.annotations))}")
    return selected, topic.read(_topic_path(folder, selected.meta.topic))


def _topic_path(folder: Path, name: str) -> Path:
    return folder.parents[1] / "topics" / f"{name}.toml"


_SHEETS = (".csv", ".xlsx")


def import_labels(name: str, path: Path, into: Path, *, strict: bool = False, progress: Progress = list) -> Report:
    """Import the annotations in a tool's export at `path` into the articles of the bank `into`, one file for each annotator.

    If `path` is a folder, the spreadsheets in it are read. An existing annotation is not overwritten, unless it is an empty sheet.
    What cannot be verified is reported and left out, and its label is not coded; with `strict` it raises UnreadableError. Raises
    ValueError for an unknown tool, and for one that is for export alone.
    """
    readers = {tool_name: tool.read for tool_name, tool in TOOLS.items() if tool.read}
    if name not in readers:
        raise ValueError(f"no tool {name!r} to import from; {nearest(name, list(readers))}")
    report = Report(strict=strict)
    by_article: dict[str, dict[str, list[SentenceAnswers]]] = defaultdict(lambda: defaultdict(list))
    paths = (
        [entry for entry in bank.list_entries(path) if entry.suffix in _SHEETS] if path.is_dir() and TOOLS[name].adds else [path]
    )
    for file in progress(paths):
        with report.reading(file.name):
            for record in readers[name](file, report):
                by_article[record.article][record.annotator].append(record)
    for article_id, annotators in sorted(by_article.items()):
        folder = into / "articles" / article_id
        first = next(iter(annotators.values()))[0]
        if not bank.is_id(article_id) or not folder.is_dir():
            report.fail(first.where, "article that is not in the bank", article_id)
            continue
        with report.reading(f"articles/{article_id}"):
            _add(folder, annotators, report, adds=TOOLS[name].adds)
    return report


def spreadsheet(folder: Path, annotator: str, form: str) -> bytes:
    """Return an annotator's spreadsheet for the article in a folder of a bank, as csv or xlsx, with the labels so far.

    Errors as `tool_files`.
    """
    selected, its_topic = _article(folder, [annotator])
    return (sheet.write_xlsx if form == "xlsx" else sheet.write_csv)(selected, its_topic, annotator)


def _add(folder: Path, annotators: dict[str, list[SentenceAnswers]], report: Report, *, adds: bool) -> None:
    """Add the annotations of an article; `adds`: to those that exist."""
    target = article.read(folder, annotated=False)
    draft = article.draft(folder, str(folder)) if adds else None
    its_topic = topic.read(_topic_path(folder, target.meta.topic))
    for name, records in sorted(annotators.items()):
        sentences = _sentences(target, its_topic, records, report)
        codebooks = {record.codebook for record in records}
        if len(codebooks) > 1:
            report.fail(records[0].where, "annotations of one annotator by several codebooks", ", ".join(sorted(codebooks)))
            continue
        if not any(map(refusal.has_labels, sentences)):
            report.drop(records[0].where, "annotator without a label", name)
            continue
        existing = draft.annotations[name].value if draft and name in draft.annotations else None
        if existing is not None:
            rows = {record.n: record.where for record in records}
            pairs = zip(existing.sentence, sentences, strict=True)
            sentences = [_with_added(was, now, rows.get(now.n, records[0].where), report) for was, now in pairs]
        begun = draft is not None and curate.facts.has_begun(draft, name)
        coder_entry = next((coder for coder in target.meta.annotator if coder.id == name), None) if begun else None
        layers = tuple(Layer) if adds else coded_layers(sentences)
        annotator = Annotator(
            id=name,
            kind=AnnotatorKind.HUMAN,
            codebook=codebooks.pop(),
            coded=max(filter(None, (parse_day(record.day[:10], record.where, report) for record in records)), default=None),
            layers=None if layers == tuple(Layer) else layers,
            facts=coder_entry.facts if coder_entry else tuple(fact.id for fact in its_topic.fact),
        )
        annotation = Annotation(sentence=tuple(sentences))
        path = folder / "annotations" / f"{name}.toml"
        was = path.read_bytes() if path.is_file() else None
        ours = "" if was is None else was.decode("utf-8").removeprefix(toml.schema_line(path))
        if ours and existing is None and ours not in (article.dumps(annotation), curate.sheet(target.text, its_topic)):
            report.fail(f"articles/{target.meta.id}", "annotation that is in the bank already, with other labels", name)
            continue
        article.add(folder, annotator, article.dumps(annotation), was=was, new=was is None)
        report.count_written(Article(target.meta, target.source, target.text, {name: annotation}))


_LABELS = tuple(name for name in Sentence.model_fields if name not in ("n", "text", "loaded_at", "spans", "scores", "undecided"))


def _with_added(was: Sentence, now: Sentence, where: str, report: Report) -> Sentence:
    """Return a sentence with imported labels added; an existing label that differs stays, and the difference is reported."""
    if was.attribution is None:  # then a blank source is no decision
        was = was.model_copy(update={name: None for name in ("source", "cue") if getattr(was, name) == Quote(text="")})
    imported = {name: getattr(now, name) for name in _LABELS if getattr(now, name) is not None}
    imported |= {"spans": now.spans} if now.spans and not was.spans else {}
    for name in [name for name in imported if name not in ("note", "spans", *was.undecided) and getattr(was, name) is not None]:
        existing, other = getattr(was, name), imported.pop(name)
        if existing != other:
            report.fail(
                where, "label that differs from the one in the bank, which stays", f"sentence {was.n}, {name}: {_as_text(other)}"
            )
    return was.model_copy(update={**imported, "undecided": tuple(name for name in was.undecided if name not in imported)})


def _as_text(value: object) -> str:
    return value.text if isinstance(value, Quote) else str(value)


def _sentences(target: Article, its_topic: Topic, records: Sequence[SentenceAnswers], report: Report) -> list[Sentence]:
    """Return the labels of every sentence of an article; without answers, or with two that differ, a sentence is not coded."""
    lines = target.lines
    labelled: dict[int, Sentence] = {}
    for record in records:
        n = record.n
        if not 0 <= n < len(lines) or lines[n] != record.text:
            report.fail(record.where, "sentence that the article does not have, or has with other words", n)
            continue
        labels = to_sentence(record, n, lines[n], its_topic, report)
        if n in labelled:
            report.fail(record.where, "second annotation of a sentence by one annotator", n)
        labelled[n] = labels if labelled.get(n, labels) == labels else Sentence(n=n, text=lines[n])
    return [labelled.get(n, Sentence(n=n, text=line)) for n, line in enumerate(lines)]
