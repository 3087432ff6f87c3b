"""The bank that comes with the package: where it is, and its frames."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from slantbank.codebook import CORE, FRAMES
from slantbank.problem import nearest

if TYPE_CHECKING:
    import datasets
    import polars as pl


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


def load(frame: str = "sentences", bank: str | Path | None = None, *, collection: str | None = CORE) -> "pl.DataFrame":
    """A frame of the bank that comes with the package, or of the built bank in the folder `bank`, as polars.

    The frames are `sentences` (the decided labels), `annotations` (those of each coder), `articles`, `parties` and `facts`;
    schema/columns.md has their columns. The rows are those of one `collection`, or with None of all: topics for training and those
    for tests, as the column `split` says. Raises ValueError for a frame or collection that there is not, FileNotFoundError for a
    bank that has not been built.

    >>> import slantbank
    >>> sentences = slantbank.load("sentences")
    >>> sentences.select("article_id", "n", "claim_type").row(1)
    ('2017-07-free-iran-rally-control-state', 1, 'factual')
    """
    from slantbank.frames import _files as files

    if frame not in FRAMES:
        raise ValueError(f"no frame {frame!r}; {nearest(frame, FRAMES)}")
    folder = Path(path()) / "data" if bank is None else Path(bank)
    try:
        found = files.read(folder / "parquet", frame, collection)
        known = set(files.read(folder / "parquet", "articles", None)["collection"]) if found.is_empty() else set()
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{error} is not there; run `slantbank build --bank {folder}` first") from error
    if collection is not None and known and collection not in known:
        raise ValueError(f"no collection {collection!r}; {nearest(collection, sorted(known))}, or None for all")
    return found


def load_all(bank: str | Path | None = None, *, collection: str | None = CORE) -> "dict[str, pl.DataFrame]":
    """All frames of a bank by name, as `agreement` and `compare` take them: of one collection, or with None of all.

    Raises as `load` does.

    >>> import slantbank
    >>> list(slantbank.load_all())
    ['sentences', 'annotations', 'articles', 'parties', 'facts']
    """
    return {frame: load(frame, bank, collection=collection) for frame in FRAMES}


def outdated(bank: Path) -> bool:
    """Whether an annotation file of the bank was edited well after its build, by the files' times: a hint, no proof."""
    built = bank / "parquet" / "articles.parquet"
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


def dataset(frame: str = "sentences", bank: str | Path | None = None, *, collection: str | None = CORE) -> "datasets.Dataset":
    """A frame of the bank as a Hugging Face dataset, its labels as classes; of one collection, or with None of all.

    It is made from the Parquet files themselves, without the cache of `load_dataset`. Raises as `load` does.

    >>> import slantbank
    >>> slantbank.dataset("sentences").features["attribution"].names[0]
    'author'
    """
    from slantbank.frames import _hub as hub

    return hub.dataset(frame, load(frame, bank, collection=collection))
