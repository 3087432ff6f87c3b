"""The bank that comes with the package: where it is, and its frames."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from slantbank.problem import nearest

if TYPE_CHECKING:
    import datasets
    import polars as pl

FRAMES = ("sentences", "annotations", "articles", "parties", "facts")
"""The frames of a bank, the default first."""


def path() -> str:
    """The folder of the dataset that comes with the package: its card and `data/`, for `datasets.load_dataset`.

    In a clone that is the repository. Raises FileNotFoundError if the package was installed without its data.

    >>> import os, slantbank
    >>> "articles" in os.listdir(f"{slantbank.path()}/data")
    True
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "hub_data", package.parents[1]):
        if (folder / "README.md").is_file() and (folder / "data" / "parquet").is_dir():
            return str(folder)
    raise FileNotFoundError(f"the package at {package} has no data beside it; install it from a wheel or a clone")


def load(frame: str = "sentences", bank: str | Path | None = None) -> "pl.DataFrame":
    """A frame of the bank that comes with the package, or of the built bank in the folder `bank`, as polars.

    The frames are `sentences` (the decided labels), `annotations` (those of each coder), `articles`, `parties` and `facts`;
    schema/columns.md has their columns. Raises ValueError for another name, FileNotFoundError for a bank that has not been built.

    >>> import slantbank
    >>> sentences = slantbank.load("sentences")
    >>> sentences.select("article_id", "n", "claim_type").row(1)
    ('2017-07-free-iran-rally-control-state', 1, 'factual')
    """
    import polars as pl

    return pl.read_parquet(_parquet(frame, bank))


def load_all(bank: str | Path | None = None) -> "dict[str, pl.DataFrame]":
    """All frames of a bank by name, as `agreement` and `compare` take them.

    Raises as `load` does.

    >>> import slantbank
    >>> list(slantbank.load_all())
    ['sentences', 'annotations', 'articles', 'parties', 'facts']
    """
    return {frame: load(frame, bank) for frame in FRAMES}


def outdated(bank: Path) -> bool:
    """Whether an annotation file of the bank was edited well after its build, by the files' times: a hint, no proof."""
    built = bank / "parquet" / "sentences.parquet"
    edited = (path.stat().st_mtime for path in bank.glob("articles/*/annotations/*.toml"))
    return built.is_file() and max(edited, default=0) > built.stat().st_mtime + _CLONE_SECONDS


def withheld_since(bank: Path, articles: "pl.DataFrame") -> list[str]:
    """The articles whose text was withheld after the build, by the files' times, so that what is built still holds it."""
    built = (bank / "parquet" / "articles.parquet").stat().st_mtime
    names = articles.filter("includes_text")["article_id"]
    paths = (bank / "articles" / name / "article.toml" for name in names)
    later = (path for path in paths if path.is_file() and path.stat().st_mtime > built)
    return [path.parent.name for path in later if re.search(rb"(?m)^includes_text *= *false", path.read_bytes())]


_CLONE_SECONDS = 5
"""A clone writes all of its files within a few seconds, in any order."""


def dataset(frame: str = "sentences", bank: str | Path | None = None) -> "datasets.Dataset":
    """A frame of the bank as a Hugging Face dataset, its labels as classes.

    It is made from the Parquet file itself, without the cache of `load_dataset`. Raises as `load` does.

    >>> import slantbank
    >>> slantbank.dataset("sentences").features["attribution"].names[0]
    'author'
    """
    from slantbank.frames import _hub as hub

    return hub.dataset(frame, load(frame, bank))


def _parquet(frame: str, bank: str | Path | None) -> Path:
    if frame not in FRAMES:
        raise ValueError(f"no frame {frame!r}; {nearest(frame, FRAMES)}")
    folder = Path(path()) / "data" if bank is None else Path(bank)
    file = folder / "parquet" / f"{frame}.parquet"
    if not file.is_file():
        raise FileNotFoundError(f"{file} is not there; run `slantbank build --bank {folder}` first")
    return file
