"""Importers: a published corpus, or a researcher's own table, becomes a bank.

`IMPORTERS` says for each corpus what it is, who made it, under which licence, how it is obtained, and what reads it. A reader
takes the path of the corpus and a report, and yields the topics and articles in it, each topic before its articles. It
invents no label: a layer that a corpus lacks is None. The same input gives the same bank, byte for byte.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from slantbank import article, topic
from slantbank.article import Article
from slantbank.importers import basil, faerber, polnear
from slantbank.importers.report import Progress, Remark, Report, UnreadableError
from slantbank.problem import nearest
from slantbank.topic import Topic

__all__ = ["IMPORTERS", "Importer", "Progress", "Remark", "Report", "UnreadableError", "describe", "run", "to_parquet"]


@dataclass(frozen=True)
class Importer:
    """A corpus: its title, whom to cite, its licence, how to obtain it, what PATH is, and the function that reads it."""

    title: str
    citation: str
    license: str
    obtain: str
    path: str
    read: Callable[[Path, Report], Iterator[Topic | Article]]


IMPORTERS: dict[str, Importer] = {
    "basil": Importer(
        title="BASIL, release 2",
        citation="",license="",obtain="",path="",read=basil.read),
    "faerber": Importer(title="PolNeAR 1.0",citation="",license="",obtain="",path="",read=faerber.read),
    "polnear": Importer(title="PolNeAR 1.0",citation="",license="",obtain="",path="",read=polnear.read),
}


def run(name: str, path: Path, into: Path, *, strict: bool = False, progress: Progress = list) -> Report:
    """Import the corpus at `path` into the bank `into`, which may be there already; the report says what became of it.

    An article folder appears whole or not at all, and none that is there is overwritten. What cannot be read is remarked and
    left out; when `strict`, the first such thing raises UnreadableError, the articles before it being imported. Raises
    ValueError for an unknown name, OSError for a path that is no such corpus or a bank that cannot be written.
    """
    report = Report(strict=strict, progress=progress)
    folders = {kind: into / kind for kind in ("topics", "articles")}
    for one in _read(name, path, report):
        if isinstance(one, Topic):
            _write_topic(one, folders["topics"], report)
        else:
            try:
                article.write(one, folders["articles"] / one.meta.id)
                report.wrote(one)
            except FileExistsError:
                report.drop(f"articles/{one.meta.id}", "article that is in the bank already")
    return report


def _write_topic(one: Topic, folder: Path, report: Report) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    try:
        topic.write(one, folder)
        report.written["topics"] += 1
    except FileExistsError:
        if (folder / f"{one.id}.toml").read_text(encoding="utf-8") != topic.dumps(one):
            report.drop(f"topics/{one.id}.toml", "topic that is in the bank already, with another content")


def _read(name: str, path: Path, report: Report) -> Iterator[Topic | Article]:
    """What the importer reads, but for articles whose id or text an earlier one has."""
    if name not in IMPORTERS:
        raise ValueError(f"no importer {name!r}; {nearest(name, sorted(IMPORTERS))}")
    ids: set[str] = set()
    texts: dict[str, str] = {}
    for one in IMPORTERS[name].read(path, report):
        if isinstance(one, Article):
            text = article.sha256("".join(one.source.split()))
            if one.meta.id in ids:
                report.drop(one.meta.id, "article with the id of an earlier one")
                continue
            if text in texts:
                report.drop(one.meta.id, "article with the text of an earlier one", texts[text])
                continue
            ids.add(one.meta.id)
            texts[text] = one.meta.id
        yield one
def to_parquet(): ...
def describe(): ...
