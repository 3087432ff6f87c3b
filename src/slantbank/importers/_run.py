"""Importers: a published corpus, or a researcher's own table, becomes a bank.

`IMPORTERS` describes each corpus: what it is, who made it, its licence, how to obtain it, and the function that reads it. That
function takes the path of the corpus and a report, and yields topics and articles, each topic before its articles. It
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
    """A corpus: its title, citation and licence, how to obtain it, what PATH must be, and the function that reads it."""

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
    """Import the corpus at `path` into the bank `into`, which is created if needed, and report what was imported.

    An article folder appears whole or not at all, and no existing folder is overwritten. What cannot be read is reported and
    left out; if `strict`, the first such thing raises UnreadableError, and the articles before it stay imported. Raises
    ValueError for an unknown name, OSError if `path` is not such a corpus or the bank cannot be written.
    """
    report = Report(strict=strict, progress=progress)
    folders = {kind: into / kind for kind in ("topics", "articles")}
    refused: set[str] = set()
    for item in _read(name, path, report):
        if isinstance(item, Topic):
            refused |= set() if _write_topic(item, folders["topics"], report) else {item.id}
        elif item.meta.topic in refused:
            report.fail(f"articles/{item.meta.id}", "article whose topic was not imported", item.meta.topic)
        else:
            _write_article(item, folders["articles"] / item.meta.id, report)
    return report


def to_parquet(name: str, path: Path, into: Path, *, strict: bool = False, progress: Progress = list, shard: int = 1000) -> Report:
    """Import the corpus at `path` straight to `<into>/parquet/<frame>/part-*.parquet`, `shard` articles a part.

    Memory holds one shard, and the id and a hash of every article. An import that was killed continues after its last finished
    shard. Raises what `run` raises, FileExistsError if `<into>/parquet` holds anything else, and ValueError if an unfinished
    import there has other articles, labels or shard size.
    """
    from slantbank.importers import _shards as shards

    report = Report(strict=strict, progress=progress)
    shards.write(_read(name, path, report), into / "parquet", shard, report)
    return report


def _write_article(imported: Article, folder: Path, report: Report) -> None:
    try:
        article.write(imported, folder)
        report.count_written(imported)
    except FileExistsError:
        if article.draft(folder, folder.name).article == imported:
            report.drop(f"articles/{imported.meta.id}", "article that is in the bank already")
        else:
            report.fail(
                f"articles/{imported.meta.id}", "article that is in the bank already, with other content", imported.meta.note or ""
            )


def _write_topic(imported: Topic, folder: Path, report: Report) -> bool:
    """Write a topic unless the bank has it, and return whether its articles can be written."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        topic.write(imported, folder)
        report.written["topics"] += 1
    except FileExistsError:
        existing = topic.draft(folder / f"{imported.id}.toml", imported.id).value
        if existing is None or not _names(imported) <= _names(existing):
            message = "topic that is in the bank already, without parties or facts of this one"
            report.fail(f"topics/{imported.id}.toml", message)
            return False
        if existing != imported:
            report.drop(f"topics/{imported.id}.toml", "topic that is in the bank already, with another content")
    return True


def _names(topic_: Topic) -> set[tuple[str, str]]:
    """The parties of a topic with their sides, and its facts: all that labels can refer to."""
    return {(party.id, party.side) for party in topic_.party} | {(fact.id, "") for fact in topic_.fact}


def _read(name: str, path: Path, report: Report) -> Iterator[Topic | Article]:
    """The topics and articles that the importer reads, without articles that repeat the id or text of an earlier one."""
    if name not in IMPORTERS:
        raise ValueError(f"no importer {name!r}; {nearest(name, sorted(IMPORTERS))}")
    seen: dict[str, str] = {}
    for item in IMPORTERS[name].read(path, report):
        if isinstance(item, Article):
            keys = {"id": item.meta.id, "text": article.sha256("".join(item.source.split()))}
            repeated = next((name for name, key in keys.items() if key in seen), None)
            if repeated:
                detail = f"{item.meta.note}; the earlier one: {seen[keys[repeated]]}"
                report.fail(f"article {item.meta.id}", f"article with the {repeated} of an earlier one", detail)
                continue
            seen |= dict.fromkeys(keys.values(), item.meta.note or item.meta.id)
        yield item


def describe(name: str) -> str:
    """The head of an importer's section in `docs/importers.md`."""
    importer = IMPORTERS[name]
    return (
        f"## `{name}`: {importer.title}\n\n- **Cite** {importer.citation}\n- **Licence** {importer.license}\n"
        f"- **Obtain** {importer.obtain}\n- **PATH** is {importer.path}.\n"
    )
