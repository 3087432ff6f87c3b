"""How fast each importer reads and writes, beside a bare parse of the same files.

The published corpora are read where `SLANTBANK_CORPORA` says, else in `../shared/corpora`; a corpus that is not there has no
case. Tables are made from the bank. Each function is a piece of work as in `benchmarks.work`: it times itself.
"""

import csv
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.work import Work, _timed

CORPORA = Path(os.environ.get("SLANTBANK_CORPORA", Path(__file__).parents[1] / ".." / "shared" / "corpora"))
FOLDERS = {"basil": "basil", "polnear": "polnear", "faerber": "faerber-ukraine"}


def _files(name: str) -> Iterator[Path]:
    """The files that the importer of a corpus reads."""
    pattern = "data/**/*" if name == "polnear" else "**/*.json"
    return (path for path in (CORPORA / FOLDERS[name]).glob(pattern) if path.suffix in (".json", ".txt", ".ann", ".tsv"))


def _table(folder: Path, kind: str, size: int) -> Path:
    """A table of about `size` sentences with its mapping: the bank's, under other ids."""
    import polars as pl

    from slantbank import exchange, shipped

    path = folder / f"table-{size}.{kind}"
    if path.is_file():
        return path
    texts = exchange.export("jsonl", shipped.load_all(), Path(shipped.path()) / "data")
    lines = [json.loads(line) for line in "".join(texts[""]).splitlines()]
    for line in lines:
        line |= {f"stance.{party}": value for party, value in line.pop("stance").items()}
        line |= {f"{outer}.{inner}": value for outer in ("article", "annotator") for inner, value in line.pop(outer).items()}
        del line["spans"], line["scores"]
    columns = list(dict.fromkeys(key for line in lines for key in line))
    many = []
    for copy in range(-(-size // len(lines))):
        for line in lines:
            text = f"{line['text']} {copy}"
            many.append({**dict.fromkeys(columns), **line, "text": text, "article.id": f"{line['article.id'][:60]}-{copy}"})
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


def _path(name: str, folder: Path, size: int) -> Path:
    return CORPORA / FOLDERS[name] if name in FOLDERS else _table(folder, name, size)


def _reads(name: str) -> Work:
    def work(folder: Path, size: int) -> float:
        from slantbank.importers import IMPORTERS, Report

        path = _path(name, folder, size)
        return _timed(lambda: sum(1 for _ in IMPORTERS[name].read(path, Report())))

    work.__doc__ = f"Read and verify with the importer `{name}`"
    return work


def _imports(name: str) -> Work:
    def work(folder: Path, size: int) -> float:
        from slantbank import importers

        path, into = _path(name, folder, size), Path(tempfile.mkdtemp(dir=folder))
        try:
            return _timed(lambda: importers.run(name, path, into))
        finally:
            shutil.rmtree(into)

    work.__doc__ = f"`slantbank import {name}`, article folders written"
    return work


def _parse_files(name: str) -> Callable[[], object]:
    def parse() -> None:
        for path in _files(name):
            text = path.read_text(encoding="utf-8")
            json.loads(text) if path.suffix == ".json" else text.splitlines()

    return parse


def _parse_table(path: Path) -> Callable[[], object]:
    def parse() -> None:
        if path.suffix == ".parquet":
            import polars as pl

            pl.read_parquet(path).to_dicts()
            return
        with path.open(encoding="utf-8", newline="") as file:
            for _ in csv.DictReader(file) if path.suffix == ".csv" else map(json.loads, file):
                pass

    return parse


def _parses(name: str) -> Work:
    def work(folder: Path, size: int) -> float:
        parse = _parse_files(name) if name in FOLDERS else _parse_table(_path(name, folder, size))
        return _timed(parse)

    work.__doc__ = (
        "Lines of the same files" if name == "polnear" else f"Bare parse of the same {'JSON' if name in FOLDERS else name}"
    )
    return work


NAMES = [*(name for name, folder in FOLDERS.items() if (CORPORA / folder).is_dir()), "csv", "jsonl", "parquet"]
WORK: dict[str, Work] = {
    f"{verb}_{name}": make(name) for name in NAMES for verb, make in (("read", _reads), ("import", _imports), ("parse", _parses))
}
"""Every piece of work by name."""


def _size(name: str) -> tuple[int, int]:
    """How much work a case is, and how much when quick: the files of a corpus, or sentences of a table."""
    return (sum(1 for _ in _files(name)),) * 2 if name in FOLDERS else (20_000, 1_000)


CASES: tuple[tuple[str, str, str, int, int], ...] = tuple(
    (f"{verb} {name} ({'files' if name in FOLDERS else 'sentences'})", f"{verb}_{name}", f"parse_{name}", *_size(name))
    for name in NAMES
    for verb in ("read", "import")
)
"""Cases as in `benchmarks.work`: name, ours, what it is set beside, size, and size when quick."""


def main() -> None:
    """Time every case once in this process, after a first run that is not counted, and print the ratio."""
    with tempfile.TemporaryDirectory() as folder:
        for title, ours, peer, size, _ in CASES:
            seconds = [min(WORK[name](Path(folder), size) for _ in range(3)) for name in (ours, peer)]
            print(f"{title:<32} {size:>8,}  {seconds[0]:>8.3f} s beside {seconds[1]:.4f} s: {seconds[0] / seconds[1]:>6.1f}×")


if __name__ == "__main__":
    main()
