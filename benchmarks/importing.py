"""Benchmark of each importer, reading and writing; peer: a bare parse of the same files.

The published corpora are read from the folder `SLANTBANK_CORPORA`; a missing corpus has no case. Tables are made from the bank.
Sizes are files of a corpus, or sentences of a table.
"""

import csv
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.case import Case, Peer, Work, timed

CORPORA = Path(os.environ.get("SLANTBANK_CORPORA", "corpora"))
FOLDERS = {"basil": "basil", "polnear": "polnear", "faerber": "faerber-ukraine"}
NAMES = [*(name for name, folder in FOLDERS.items() if (CORPORA / folder).is_dir()), "csv", "jsonl", "parquet"]


def _files(name: str) -> Iterator[Path]:
    """The files that the importer of a corpus reads."""
    pattern = "data/**/*" if name == "polnear" else "**/*.json"
    return (path for path in (CORPORA / FOLDERS[name]).glob(pattern) if path.suffix in (".json", ".txt", ".ann", ".tsv"))


def _table(folder: Path, kind: str, size: int) -> Path:
    """A table of about `size` sentences, copies of those of the bank under other ids, with its mapping."""
    import polars as pl

    from slantbank import exchange
    from slantbank import frames as shipped

    path = folder / f"table-{size}.{kind}"
    if path.is_file():
        return path
    texts = exchange.export("jsonl", shipped.load_all(), Path(shipped.path()) / "data")
    lines = [json.loads(line) for line in "".join(texts[""]).splitlines()]
    for line in lines:
        line |= {f"stance.{party}": value for party, value in line.pop("stance").items()}
        line |= {f"{table}.{key}": value for table in ("article", "annotator") for key, value in line.pop(table).items()}
        del line["spans"], line["scores"]
    columns = list(dict.fromkeys(key for line in lines for key in line))
    many = [
        {**dict.fromkeys(columns), **line, "text": f"{line['text']} {copy}", "article.id": f"{line['article.id'][:60]}-{copy}"}
        for copy in range(-(-size // len(lines)))
        for line in lines
    ]
    mapping = "".join(texts[".toml"]).partition("\n[scores]")
    parties = "".join(f'{name.partition(".")[2]} = "{name}"\n' for name in columns if name.startswith("stance."))
    head = mapping[0].partition("[stance]")[0] + f"[stance]\n{parties}\n"
    path.with_suffix(".toml").write_text(head + "[scores]" + mapping[2], encoding="utf-8")
    if kind == "jsonl":
        path.write_text("".join(json.dumps(line) + "\n" for line in many), encoding="utf-8")
    elif kind == "parquet":
        pl.DataFrame(many, infer_schema_length=None).write_parquet(path)
    else:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows({k: "|".join(v) if isinstance(v, list) else v for k, v in line.items()} for line in many)
    return path


def _reads(name: str) -> Work:
    def work(path: Path, _: int) -> float:
        from slantbank.importers import IMPORTERS, Report

        return timed(lambda: sum(1 for _ in IMPORTERS[name].read(path, Report())))

    work.__doc__ = f"Read and verify with the importer `{name}`."
    return work


def _imports(name: str) -> Work:
    def work(path: Path, _: int) -> float:
        from slantbank import importers

        into = Path(tempfile.mkdtemp())
        try:
            return timed(lambda: importers.run(name, path, into))
        finally:
            shutil.rmtree(into)

    work.__doc__ = f"`slantbank import {name}`: article folders written."
    return work


def _parses(name: str) -> Work:
    def files() -> None:
        for path in _files(name):
            text = path.read_text(encoding="utf-8")
            json.loads(text) if path.suffix == ".json" else text.splitlines()

    def table(path: Path) -> None:
        if path.suffix == ".parquet":
            import polars as pl

            pl.read_parquet(path).to_dicts()
            return
        with path.open(encoding="utf-8", newline="") as file:
            for _ in csv.DictReader(file) if path.suffix == ".csv" else map(json.loads, file):
                pass

    def work(path: Path, _: int) -> float:
        return timed(files if name in FOLDERS else lambda: table(path))

    work.__doc__ = "Bare reading of the same files' lines." if name == "polnear" else "Bare parse of the same files."
    return work


def _data(name: str) -> Work:
    def make(folder: Path, size: int) -> Path:
        return (CORPORA / FOLDERS[name]).resolve() if name in FOLDERS else _table(folder, name, size)

    return make


_KINDS = {"reads": _reads, "imports": _imports, "parses": _parses, "data": _data}
_WORKS = {f"{kind}_{name}": make(name) for kind, make in _KINDS.items() for name in NAMES}
for _name, _work in _WORKS.items():
    _work.__qualname__ = _name


def __getattr__(name: str) -> Work:
    """A work by its name, by which a separate process imports it."""
    try:
        return _WORKS[name]
    except KeyError:
        raise AttributeError(name) from None


def _sizes(name: str) -> tuple[int, ...]:
    return (sum(1 for _ in _files(name)),) if name in FOLDERS else (1_000, 20_000)


CASES = tuple(
    Case(
        f"{title} `{name}`",
        _WORKS[f"data_{name}"],
        _WORKS[f"{kind}_{name}"],
        (Peer(_WORKS[f"parses_{name}"]),),
        sizes=_sizes(name),
        quick=() if name in FOLDERS else (1_000,),
        unit="files" if name in FOLDERS else "sentences",
    )
    for name in NAMES
    for kind, title in (("reads", "reading with the importer"), ("imports", "import into article folders with"))
)
