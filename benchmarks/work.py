"""The pieces of work: each a function that prepares its data, times itself, and is run in a process of its own."""

import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

Work = Callable[[Path, int], float]


def _timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _ratings(size: int):
    import numpy as np

    random = np.random.default_rng(20171)
    true = random.integers(0, 7, size)
    coders = np.stack([np.where(random.random(size) < 0.2, random.integers(0, 7, size), true) for _ in range(3)])
    return coders.astype(float)


def _frames(size: int):
    """`size` sentences in articles of 25, labelled by three coders, tiled from the bank and then disturbed at random."""
    import numpy as np
    import polars as pl

    from slantbank import codebook, shipped

    frames = shipped.load_all()
    random = np.random.default_rng(20171)
    sentences = frames["sentences"].filter(pl.col("n") < 24)
    annotations = frames["annotations"].filter(pl.col("n") < 24)
    copies = -(-size // sentences.height)

    def tiled(frame: pl.DataFrame) -> pl.DataFrame:
        many = frame.join(pl.DataFrame({"copy": range(copies)}), how="cross")
        article = pl.format("{}-{}", "article_id", "copy")
        return many.with_columns(article_id=article, sentence_id=pl.format("{}:{}", article, "n")).drop("copy")

    sentences, annotations = tiled(sentences), tiled(annotations)
    names = np.array([str(one) for one in codebook.ClaimType])
    noise = pl.Series(names[random.integers(0, len(names), annotations.height)])
    moved = pl.Series(random.random(annotations.height) < 0.2)
    annotations = annotations.with_columns(claim_type=pl.when(moved).then(noise).otherwise("claim_type"))
    return {**frames, "sentences": sentences, "annotations": annotations}


def agreement_ours(_: Path, size: int) -> float:
    """Every layer, item, kind of coder and measure, 1,000 bootstrap replicates."""
    from slantbank import agreement

    frames = _frames(size)
    return _timed(lambda: agreement.agreement(frames, replicates=1000))


_UNITS = {"nominal": (1.0, 1.0, 0.4, 1.0, 3.0, 5.0, 29.3, 16.0), "ordinal": (1.4,)}
"""Units a sentence of each layer of the bank: labels, parties, tokens, facts; and stances, which are ordinal."""


def agreement_krippendorff(_: Path, size: int) -> float:
    """The alpha of the same nine layers alone, the package called once a replicate: 2 replicates timed, times 500."""
    import krippendorff
    import numpy as np

    random = np.random.default_rng(1)
    matrices = [(level, _ratings(int(size * units))) for level, shares in _UNITS.items() for units in shares]

    def replicate() -> None:
        for level, ratings in matrices:
            drawn = ratings[:, random.integers(0, ratings.shape[1], ratings.shape[1])]
            krippendorff.alpha(drawn, level_of_measurement=level)

    replicate()
    return 500 * _timed(lambda: [replicate() for _ in range(2)])


def _bank(folder: Path, size: int) -> Path:
    """A bank of `size` articles, copies of the seed under other ids with another text hash."""
    from slantbank import article, shipped

    bank = folder / f"bank-{size}"
    if bank.is_dir():
        return bank
    source = Path(shipped.path()) / "data"
    shutil.copytree(source / "topics", bank / "topics")
    seed = article.read(source / "articles" / "2017-07-free-iran-rally-katiraie")
    gold = {name: one for name, one in seed.annotations.items() if name == "gold"}
    for number in range(size):
        text, raw = (re.sub(r"\A([^\n]*)", rf"\1 {number}", one) for one in (seed.text, seed.source))
        headline = gold["gold"].sentence[0].model_copy(update={"text": text.split("\n")[0]})
        annotation = gold["gold"].model_copy(update={"sentence": (headline, *gold["gold"].sentence[1:])})
        update = {"id": f"article-{number}", "source_sha256": article.sha256(raw), "annotator": seed.meta.annotator[-1:]}
        one = article.Article(seed.meta.model_copy(update=update), raw, text, {"gold": annotation})
        article.write(one, bank / "articles" / f"article-{number}")
    return bank


def check_ours(folder: Path, size: int) -> float:
    """Every rule on every file of the bank, frames included."""
    from slantbank import bank, check

    found = _bank(folder, size)

    def run() -> None:
        assert check.check(bank.draft(found)) == []

    return _timed(run)


def check_tomllib(folder: Path, size: int) -> float:
    """A bare parse of the same TOML files."""
    found = _bank(folder, size)
    return _timed(lambda: [tomllib.loads(path.read_text(encoding="utf-8")) for path in found.rglob("*.toml")])


def _process(*command: str) -> float:
    """The second of two runs, so that what Python compiles is there, and files are in memory."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def run() -> None:
        subprocess.run([sys.executable, *command], check=True, capture_output=True, env=environment)

    run()
    return _timed(run)


def start_python(_: Path, __: int) -> float:
    """Bare Python."""
    return _process("-c", "pass")


def start_import(_: Path, __: int) -> float:
    """`import slantbank`."""
    return _process("-c", "import slantbank")


def start_help(_: Path, __: int) -> float:
    """`slantbank --help`."""
    return _process("-m", "slantbank", "--help")


def start_polars(_: Path, __: int) -> float:
    """`import polars`."""
    return _process("-c", "import polars")


def start_check(_: Path, __: int) -> float:
    """`slantbank check` of the bank."""
    return _process("-m", "slantbank", "check")


def load_ours(_: Path, __: int) -> float:
    """`slantbank.load` and its first row, in a new process."""
    return _process("-c", "import slantbank; slantbank.load('sentences').row(0)")


def load_datasets(folder: Path, __: int) -> float:
    """`datasets.load_dataset` of the same files and the first row, in a new process, with a warm cache."""
    code = f"import datasets, slantbank; datasets.load_dataset(slantbank.path(), split='train', cache_dir={str(folder)!r})[0]"
    return _process("-c", code)


def report_ours(_: Path, __: int) -> float:
    """`slantbank report` on the topic of the bank, in a new process."""
    return _process("-m", "slantbank", "report", "free-iran-rally-2017", "-o", str(_ / "report.html"))


CASES: tuple[tuple[str, str, str, int, int], ...] = (
    ("agreement, 1,000 replicates, 3 coders", "agreement_ours", "agreement_krippendorff", 100_000, 10_000),
    ("check of a bank (articles)", "check_ours", "check_tomllib", 1_000, 100),
    ("import slantbank", "start_import", "start_python", 1, 1),
    ("slantbank --help", "start_help", "start_python", 1, 1),
    ("slantbank check, 3 articles", "start_check", "start_polars", 1, 1),
    ("load and first row", "load_ours", "load_datasets", 1, 1),
    ("report, 3 articles", "report_ours", "start_polars", 1, 1),
)
"""Name, ours, what it is set beside, size, and size when quick."""
