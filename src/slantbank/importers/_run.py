"""Importers: a published corpus, or a researcher's own table, becomes a bank.

`IMPORTERS` says for each corpus what it is, who made it, under which licence, how it is obtained, and what reads it. A reader
takes the path of the corpus and a report, and yields the topics and articles in it, each topic before its articles. It
invents no label: a layer that a corpus lacks is None. The same input gives the same bank, byte for byte.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from slantbank.bank import Article, Topic, article, topic
from slantbank.importers import _basil as basil
from slantbank.importers import _faerber as faerber
from slantbank.importers import _polnear as polnear
from slantbank.importers import _tables as tables
from slantbank.importers._report import Progress, Report
from slantbank.problem import nearest


@dataclass(frozen=True)
class Importer:
    """A corpus: its title, whom to cite, its licence, how to obtain it, what PATH is, and the function that reads it."""

    title: str
    citation: str
    license: str
    obtain: str
    path: str
    read: Callable[[Path, Report], Iterator[Topic | Article]]


_TABLE = {
    "citation": "Your own data.",
    "license": "Yours to state: `license` and `annotations_license` in the mapping file.",
    "obtain": "Nothing to obtain.",
    "path": "the table, with a mapping file of the same name but `.toml` beside it; or a mapping file that names the table",
}

IMPORTERS: dict[str, Importer] = {
    "basil": Importer(
        title="BASIL, release 2",
        citation=(
            "Lisa Fan, Marshall White, Eva Sharma, Ruisi Su, Prafulla Kumar Choubey, Ruihong Huang and Lu Wang. 2019. In Plain "
            "Sight: Media Bias Through the Lens of Factual Reporting. EMNLP-IJCNLP 2019. https://arxiv.org/abs/1909.02670"
        ),
        license="None is stated, neither for the annotations nor for the texts, whose rights remain with their publishers.",
        obtain="`git clone https://github.com/launchnlp/BASIL`",
        path="the folder that holds `articles/` and `annotations/`",
        read=basil.read,
    ),
    "faerber": Importer(
        title="Ukraine news bias (Färber et al. 2020)",
        citation=(
            "Michael Färber, Victoria Burkard, Adam Jatowt and Sora Lim. 2020. A Multidimensional Dataset Based on Crowdsourcing "
            "for Analyzing and Detecting News Bias. CIKM 2020. https://doi.org/10.1145/3340531.3412876"
        ),
        license=(
            "CC BY-NC by the metadata of its Zenodo record (no version named there); the rights in the texts remain with their "
            "publishers."
        ),
        obtain="`all-data-as-json.zip` from https://doi.org/10.5281/zenodo.3885351",
        path="the folder that holds `article_0.json` and so on",
        read=faerber.read,
    ),
    "polnear": Importer(
        title="PolNeAR 1.0",
        citation=(
            "Edward Newell, Drew Margolin and Derek Ruths. 2018. An Attribution Relations Corpus for Political News. LREC 2018."
        ),
        license="None is stated, neither for the annotations nor for the texts, whose rights remain with their publishers.",
        obtain="`git clone https://github.com/networkdynamics/PolNeAR`",
        path="the folder that holds `data/`",
        read=polnear.read,
    ),
    **{
        kind: Importer(title=f"A table of your own, {shown}", **_TABLE, read=partial(tables.read, kind=kind))
        for kind, shown in {"csv": "CSV", "jsonl": "JSON Lines", "parquet": "Parquet"}.items()
    },
}


def run(name: str, path: Path, into: Path, *, strict: bool = False, progress: Progress = list) -> Report:
    """Import the corpus at `path` into the bank `into`, which may be there already; the report says what became of it.

    An article folder appears whole or not at all, and none that is there is overwritten. What cannot be read is remarked and
    left out; when `strict`, the first such thing raises UnreadableError, the articles before it being imported. Raises
    ValueError for an unknown name, OSError for a path that is no such corpus or a bank that cannot be written.
    """
    report = Report(strict=strict, progress=progress)
    folders = {kind: into / kind for kind in ("topics", "articles")}
    refused: set[str] = set()
    for one in _read(name, path, report):
        if isinstance(one, Topic):
            refused |= set() if _write_topic(one, folders["topics"], report) else {one.id}
        elif one.meta.topic in refused:
            report.fail(f"articles/{one.meta.id}", "article of a topic that could not be taken", one.meta.topic)
        else:
            _write_article(one, folders["articles"] / one.meta.id, report)
    return report


def to_parquet(name: str, path: Path, into: Path, *, strict: bool = False, progress: Progress = list, shard: int = 1000) -> Report:
    """Import the corpus at `path` straight to `<into>/parquet/<frame>/part-*.parquet`, `shard` articles a part.

    Memory holds one shard, and the id and a hash of every article. Started again after it was killed, it goes on after the
    last shard that was finished. Raises what `run` raises, FileExistsError if `<into>/parquet` holds anything else, and
    ValueError if it was begun with other articles, labels or shards.
    """
    from slantbank.importers import _shards as shards

    report = Report(strict=strict, progress=progress)
    shards.write(_read(name, path, report), into / "parquet", shard, report)
    return report


def _write_article(one: Article, folder: Path, report: Report) -> None:
    try:
        article.write(one, folder)
        report.count_written(one)
    except FileExistsError:
        there = article.draft(folder, folder.name).article
        if there == one:
            report.drop(f"articles/{one.meta.id}", "article that is in the bank already")
        else:
            report.fail(f"articles/{one.meta.id}", "article that is in the bank already, with other content", one.meta.note or "")


def _write_topic(one: Topic, folder: Path, report: Report) -> bool:
    """Write a topic, unless the bank has it; whether articles of it can be written."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        topic.write(one, folder)
        report.written["topics"] += 1
    except FileExistsError:
        there = topic.draft(folder / f"{one.id}.toml", one.id).value
        if there is None or not _names(one) <= _names(there):
            what = "topic that is in the bank already, without parties or facts of this one"
            report.fail(f"topics/{one.id}.toml", what)
            return False
        if there != one:
            report.drop(f"topics/{one.id}.toml", "topic that is in the bank already, with another content")
    return True


def _names(one: Topic) -> set[tuple[str, str]]:
    """What labels may name of a topic: its parties with their sides, and its facts."""
    return {(party.id, party.side) for party in one.party} | {(fact.id, "") for fact in one.fact}


def _read(name: str, path: Path, report: Report) -> Iterator[Topic | Article]:
    """What the importer reads, except articles that repeat the id or text of an earlier one."""
    if name not in IMPORTERS:
        raise ValueError(f"no importer {name!r}; {nearest(name, sorted(IMPORTERS))}")
    seen: dict[str, str] = {}
    for one in IMPORTERS[name].read(path, report):
        if isinstance(one, Article):
            keys = {"id": one.meta.id, "text": article.sha256("".join(one.source.split()))}
            twin = next((what for what, key in keys.items() if key in seen), None)
            if twin:
                detail = f"{one.meta.note}; the earlier one: {seen[keys[twin]]}"
                report.fail(f"article {one.meta.id}", f"article with the {twin} of an earlier one", detail)
                continue
            seen |= dict.fromkeys(keys.values(), one.meta.note or one.meta.id)
        yield one


def describe(name: str) -> str:
    """An importer's section of `docs/importers.md`: what the registry says of it."""
    one = IMPORTERS[name]
    return (
        f"## `{name}`: {one.title}\n\n- **Cite** {one.citation}\n- **Licence** {one.license}\n- **Obtain** {one.obtain}\n"
        f"- **PATH** is {one.path}.\n"
    )
