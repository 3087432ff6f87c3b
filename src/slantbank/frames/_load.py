"""Load the frames of a built bank, or of the bank that comes with the package."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from slantbank.bank import fingerprint
from slantbank.codebook import CORE, FRAMES
from slantbank.problem import ContributionError, Problem, nearest

if TYPE_CHECKING:
    import datasets
    import polars as pl


def path() -> str:
    """Return the folder of the dataset that comes with the package: its card and `data/`, for `datasets.load_dataset`.

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


def load(
    frame: str = "sentences", bank: str | Path | None = None, *, collection: str | None = CORE, validate: bool = True
) -> "pl.DataFrame":
    """Load a frame of the bank that comes with the package, or of the built bank in the folder `bank`, as polars.

    The frames are `sentences` (adjudicated labels), `annotations` (labels of each annotator), `articles`, `parties` and `facts`;
    schema/columns.md has their columns. The rows are those of one `collection`, or of all if it is None. Both splits are
    loaded; the column `split` says which rows are for training and which for tests.

    A file that is not as `build` wrote it gives a UserWarning, and its columns and rules are checked, unless `validate` is false.
    Raises ValueError for an unknown frame or collection, FileNotFoundError for a bank that has not been built, and
    ContributionError if a file is damaged or breaks a rule, or if the built files hold a text that has been withheld since.

    >>> import slantbank
    >>> sentences = slantbank.load("sentences")
    >>> sentences.select("article_id", "n", "claim_type").row(1)
    ('2017-07-free-iran-rally-control-state', 1, 'factual')
    """
    return _load([frame], bank, collection, validate=validate)[frame]


def load_all(bank: str | Path | None = None, *, collection: str | None = CORE, validate: bool = True) -> "dict[str, pl.DataFrame]":
    """Load all frames of a bank by name, as `agreement` and `compare` take them: of one collection, or of all if it is None.

    All come from the same build. Raises as `load` does. If files are not as their build wrote them, references between frames are
    checked, too.

    >>> import slantbank
    >>> list(slantbank.load_all())
    ['sentences', 'annotations', 'articles', 'parties', 'facts']
    """
    return _load(FRAMES, bank, collection, validate=validate)


def _load(names: Sequence[str], bank: str | Path | None, collection: str | None, *, validate: bool) -> "dict[str, pl.DataFrame]":
    from slantbank.frames import _built as built

    if unknown := [frame for frame in names if frame not in FRAMES]:
        raise ValueError(f"no frame {unknown[0]!r}; {nearest(unknown[0], FRAMES)}")
    folder = Path(path()) / "data" if bank is None else Path(bank)
    try:
        _refuse_withheld(folder / "parquet")
        frames = built.read(folder / "parquet", names, collection, validate=validate)
        collections: set[str] = set()
        if collection is not None and any(rows.is_empty() for rows in frames.values()):
            collections = set(built.read(folder / "parquet", ["articles"], None, validate=validate)["articles"]["collection"])
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{error} is not there; run `slantbank build --bank {folder}` first") from error
    if collection is not None and collections and collection not in collections:
        raise ValueError(f"no collection {collection!r}; {nearest(collection, sorted(collections))}, or None for all")
    return frames


def outdated(bank: Path) -> list[str] | None:
    """Return the article folders and topic files of a bank whose content has changed since its build; None if that is unknown."""
    origin = fingerprint.read(bank / "parquet")
    return fingerprint.changed_inputs(bank, origin) if origin and origin.inputs else None


def _refuse_withheld(built: Path) -> None:
    """Raise ContributionError if files in the folder `built` hold a text that is withheld now."""
    from slantbank.frames import _built

    if not (built.parent / "articles").is_dir():
        return
    origin = fingerprint.read(built)
    if origin is None:
        names = _built.read(built, ["articles"], None, validate=False)["articles"].filter("includes_text")["article_id"].to_list()
    else:
        names = [path.removeprefix("articles/") for path in origin.inputs if path.startswith("articles/")]
        names = sorted(set(names).difference(origin.withheld))
    message = "the text of {} is withheld, and the files built before hold it; run `slantbank build`"
    built_file = str(built / f"{FRAMES[0]}.parquet")
    if problems := [
        Problem(built_file, 1, 1, "SB309", message.format(name)) for name in fingerprint.withheld_now(built.parent, names)
    ]:
        raise ContributionError(problems)


def dataset(frame: str = "sentences", bank: str | Path | None = None, *, collection: str | None = CORE) -> "datasets.Dataset":
    """Load a frame of a bank as a Hugging Face dataset with labels as classes, of one collection, or of all if it is None.

    It is made from the Parquet files themselves, without the cache of `load_dataset`. Raises as `load` does.

    >>> import slantbank
    >>> slantbank.dataset("sentences").features["attribution"].names[0]
    'author'
    """
    from slantbank.frames import _hub as hub

    return hub.dataset(frame, load(frame, bank, collection=collection))
