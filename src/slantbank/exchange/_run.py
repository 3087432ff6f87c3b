"""Exchange: an article goes out as an annotation tool's files, and what annotators did there comes back; a bank goes out.

`TOOLS` says what writes the files of each tool, and what reads what it exports; a tool that is only written for has no reader.
`FORMATS` says what writes a bank, or some articles of it, in each format that other programs read. Exchange stands above the
importers, whose report and helpers it uses.
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
from slantbank.exchange._answers import SentenceAnswers
from slantbank.exchange._answers import sentence as labels
from slantbank.importers import Progress, Report, coded_layers, parse_day, refusal
from slantbank.problem import ContributionError, nearest


@dataclass(frozen=True)
class Tool:
    """An annotation tool: its name, what writes the files of an article for it, and what reads its export."""

    title: str
    files: Callable[[Article, Topic, Sequence[str]], dict[str, str]]
    read: Callable[[Path, Report], Iterator[SentenceAnswers]] | None = None
    adds: bool = False
    """Whether what comes back is filled in step by step: then it adds to labels that are there, and changes none."""


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
    """The bank in `folder`, whose frames are given, in a format: the parts of a text, and of the texts that belong beside it.

    They are keyed by the suffix of their files. There are the articles and labels that `tables.within` says. Raises what it
    raises, ValueError for an unknown format or a part of a bank as Croissant, FileNotFoundError if that is not built.
    """
    if name not in FORMATS:
        raise ValueError(f"no format {name!r}; {nearest(name, [*FORMATS, *TOOLS])}")
    if name == "croissant":
        if articles or annotators:
            raise ValueError("Croissant metadata describe a whole bank")
        return {"": FORMATS[name](frames, folder)}
    selection = tables.within(frames, articles, annotators)
    beside: dict[str, Iterable[str]] = {".toml": [tables.mapping(selection)]} if name == "jsonl" else {}
    return {"": FORMATS[name](selection, folder), **beside}


def write_text(parts: Iterable[str], path: Path) -> Path:
    """Write a text to a file, whole or not at all; returns its path."""
    staged.write(path, parts)
    return path


def tool_files(name: str, folder: Path, annotators: Sequence[str] | None = None) -> dict[str, str]:
    """The files of a tool, by name, for the article in a folder of a bank, with the labels of some annotators, or of all.

    Labels may be undecided. Raises ContributionError for any error in the bank's topics or in the article, ValueError for an
    annotator that it has not, or a text that is withheld.
    """
    one, about = _article(folder, annotators or ())
    names = list(one.annotations) if annotators is None else list(annotators)
    return TOOLS[name].files(one, about, names)


def _article(folder: Path, annotators: Sequence[str]) -> tuple[Article, Topic]:
    """The article in a folder of a bank, in which labels may be undecided, and its topic."""
    bank_ = bank.draft(folder.parents[1], {folder.name})
    errors = [problem for problem in rules.check(bank_) if problem.level == "error"]
    one = bank_.articles[folder.name].article
    if errors or one is None:
        raise ContributionError(errors)
    if not one.meta.includes_text:
        raise ValueError(withheld.REFUSED.format(one.meta.id))
    for wanted in annotators:
        if wanted not in one.annotations:
            raise ValueError(f"no annotator {wanted!r} of {one.meta.id}; {nearest(wanted, list(one.annotations))}")
    return one, topic.read(_topic(folder, one.meta.topic))


def _topic(folder: Path, name: str) -> Path:
    return folder.parents[1] / "topics" / f"{name}.toml"


_SHEETS = (".csv", ".xlsx")


def import_labels(name: str, path: Path, into: Path, *, strict: bool = False, progress: Progress = list) -> Report:
    """Bring the annotations that a tool exported to `path` into their articles in the bank `into`, an annotator a file.

    Where `path` is a folder, the spreadsheets in it are read. No annotation that is there is overwritten, but for an empty sheet.
    What cannot be verified is remarked and left out, and the label that it belongs to is not coded; when `strict`, the first such
    thing raises UnreadableError. Raises ValueError for a tool that there is not, or that nothing is read from.
    """
    readers = {tool: one.read for tool, one in TOOLS.items() if one.read}
    if name not in readers:
        raise ValueError(f"no tool {name!r} to import from; {nearest(name, list(readers))}")
    report = Report(strict=strict)
    by_article: dict[str, dict[str, list[SentenceAnswers]]] = defaultdict(lambda: defaultdict(list))
    paths = (
        [file_ for file_ in bank.list_entries(path) if file_.suffix in _SHEETS] if path.is_dir() and TOOLS[name].adds else [path]
    )
    for file in progress(paths):
        with report.reading(file.name):
            for given in readers[name](file, report):
                by_article[given.article][given.annotator].append(given)
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
    """The spreadsheet of an annotator for the article in a folder of a bank, as csv or xlsx, with what they have decided so far.

    Raises as `tool_files` does.
    """
    one, about = _article(folder, [annotator])
    return (sheet.write_xlsx if form == "xlsx" else sheet.write_csv)(one, about, annotator)


def _add(folder: Path, annotators: dict[str, list[SentenceAnswers]], report: Report, *, adds: bool) -> None:
    """Add the annotations of an article."""
    one = article.read(folder, annotated=False)
    draft = article.draft(folder, str(folder)) if adds else None
    its_topic = topic.read(_topic(folder, one.meta.topic))
    for name, given in sorted(annotators.items()):
        sentences = _sentences(one, its_topic, given, report)
        codebooks = {answered.codebook for answered in given}
        if len(codebooks) > 1:
            report.fail(given[0].where, "annotations of one annotator by several codebooks", ", ".join(sorted(codebooks)))
            continue
        if not any(map(refusal.has_labels, sentences)):
            report.drop(given[0].where, "annotator without a label", name)
            continue
        existing = draft.annotations[name].value if draft and name in draft.annotations else None
        if existing is not None:
            rows = {answered.n: answered.where for answered in given}
            pairs = zip(existing.sentence, sentences, strict=True)
            sentences = [_added(was, now, rows.get(now.n, given[0].where), report) for was, now in pairs]
        begun = draft is not None and curate.facts.has_begun(draft, name)
        listed = next((who for who in one.meta.annotator if who.id == name), None) if begun else None
        layers = tuple(Layer) if adds else coded_layers(sentences)
        annotator = Annotator(
            id=name,
            kind=AnnotatorKind.HUMAN,
            codebook=codebooks.pop(),
            coded=max(filter(None, (parse_day(answered.day[:10], answered.where, report) for answered in given)), default=None),
            layers=None if layers == tuple(Layer) else layers,
            facts=listed.facts if listed else tuple(fact.id for fact in its_topic.fact),
        )
        annotation = Annotation(sentence=tuple(sentences))
        there = folder / "annotations" / f"{name}.toml"
        was = there.read_bytes() if there.is_file() else None
        ours = "" if was is None else was.decode("utf-8").removeprefix(toml.schema_line(there))
        if ours and existing is None and ours not in (article.dumps(annotation), curate.sheet(one.text, its_topic)):
            report.fail(f"articles/{one.meta.id}", "annotation that is in the bank already, with other labels", name)
            continue
        article.add(folder, annotator, article.dumps(annotation), was=was, new=was is None)
        report.count_written(Article(one.meta, one.source, one.text, {name: annotation}))


_LABELS = tuple(name for name in Sentence.model_fields if name not in ("n", "text", "loaded_at", "spans", "scores", "undecided"))


def _added(was: Sentence, now: Sentence, where: str, report: Report) -> Sentence:
    """The labels of a sentence that are there, with those that came; one that is there otherwise stays, and is remarked."""
    if was.attribution is None:  # then that the source is blank is no decision
        was = was.model_copy(update={name: None for name in ("source", "cue") if getattr(was, name) == Quote(text="")})
    came = {name: getattr(now, name) for name in _LABELS if getattr(now, name) is not None}
    came |= {"spans": now.spans} if now.spans and not was.spans else {}
    for name in [name for name in came if name not in ("note", "spans", *was.undecided) and getattr(was, name) is not None]:
        there, here = getattr(was, name), came.pop(name)
        if there != here:
            report.fail(
                where, "label that is decided otherwise in the bank, and stays", f"sentence {was.n}, {name}: {_shown(here)}"
            )
    return was.model_copy(update={**came, "undecided": tuple(name for name in was.undecided if name not in came)})


def _shown(value: object) -> str:
    return value.text if isinstance(value, Quote) else str(value)


def _sentences(one: Article, its_topic: Topic, records: Sequence[SentenceAnswers], report: Report) -> list[Sentence]:
    """The labels of every sentence of an article; those that were not answered, or answered in two ways, are not coded."""
    lines = one.lines
    labelled: dict[int, Sentence] = {}
    for answered in records:
        n = answered.n
        if not 0 <= n < len(lines) or lines[n] != answered.text:
            report.fail(answered.where, "sentence that the article has not, or with other words", n)
            continue
        again = labels(answered, n, lines[n], its_topic, report)
        if n in labelled:
            report.fail(answered.where, "second annotation of a sentence by one annotator", n)
        labelled[n] = again if labelled.get(n, again) == again else Sentence(n=n, text=lines[n])
    return [labelled.get(n, Sentence(n=n, text=line)) for n, line in enumerate(lines)]
