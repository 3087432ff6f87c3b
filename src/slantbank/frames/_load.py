"""The bank that comes with the package: where it is, and its frames."""

from pathlib import Path
from typing import TYPE_CHECKING

from slantbank.bank import fingerprint
from slantbank.problem import ContributionError, Problem, nearest

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
    schema/columns.md has their columns. Raises ValueError for another name, FileNotFoundError for a bank that has not been built,
    and ContributionError if a text has been withheld since that the built files hold.

    >>> import slantbank
    >>> sentences = slantbank.load("sentences")
    >>> sentences.select("article_id", "n", "claim_type").row(1)
    ('2017-07-free-iran-rally-control-state', 1, 'factual')
    """
    import polars as pl

    path = _parquet(frame, bank)
    _refuse_withheld(path.parent)
    return pl.read_parquet(path)


def load_all(bank: str | Path | None = None) -> "dict[str, pl.DataFrame]":
    """All frames of a bank by name, as `agreement` and `compare` take them.

    Raises as `load` does.

    >>> import slantbank
    >>> list(slantbank.load_all())
    ['sentences', 'annotations', 'articles', 'parties', 'facts']
    """
    return {frame: load(frame, bank) for frame in FRAMES}


def outdated(bank: Path) -> list[str]:
    """The article folders and topic files of a bank that have changed since its build; none where that cannot be told."""
    origin = fingerprint.read(bank / "parquet") if (bank / "articles").is_dir() else None
    return fingerprint.changed(bank, origin) if origin and origin.inputs else []


def _refuse_withheld(built: Path) -> None:
    """Raise ContributionError if files in the folder `built` hold a text that is withheld now."""
    import polars as pl

    if not (built.parent / "articles").is_dir():
        return
    origin = fingerprint.read(built)
    if origin is None:
        names = pl.read_parquet(built / "articles.parquet").filter("includes_text")["article_id"].to_list()
    else:
        names = [path.removeprefix("articles/") for path in origin.inputs if path.startswith("articles/")]
        names = sorted(set(names).difference(origin.withheld))
    message = "the text of {} is withheld, and the files built before hold it; run `slantbank build`"
    shown = str(built / f"{FRAMES[0]}.parquet")
    if found := [Problem(shown, 1, 1, "SB309", message.format(name)) for name in fingerprint.withheld_since(built.parent, names)]:
        raise ContributionError(found)


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
