"""Which rows stand in which Parquet file of a built bank: a file for each config of the dataset and each split of its topics.

`sentences` is the config of the collection `core`, and every other collection is a config of its name with the same columns;
the configs `annotations`, `articles`, `parties` and `facts` are of all collections. `<config>.parquet` has the topics for
training, `<config>.test.parquet` those for tests, and without rows there is no file. In each file rows are in the order of ids.
"""

from collections.abc import Collection, Iterator, Mapping

import polars as pl

from slantbank.codebook import CORE, FRAMES, Split

SENTENCES = FRAMES[0]


def names(collections: Collection[str]) -> list[str]:
    """The name, without its ending, of every file that a bank of these collections can have; the default config comes first."""
    configs = [SENTENCES, *sorted({*collections} - {CORE}), *FRAMES[1:]]
    return [config if split is Split.TRAIN else f"{config}.{split}" for config in configs for split in Split]


def config(name: str) -> str:
    """The config of a file, by its name without the ending.

    >>> config("basil.test")
    'basil'
    """
    return name.partition(".")[0]


def split(name: str) -> Split:
    """The split of a file, by its name without the ending."""
    return Split(name.partition(".")[2] or Split.TRAIN)


def frame(name: str) -> str:
    """The frame whose columns a file has."""
    return config(name) if config(name) in FRAMES else SENTENCES


def collection(name: str) -> str | None:
    """The collection of a file with sentences; None of another frame, of which a file has all collections."""
    return None if frame(name) != SENTENCES else CORE if config(name) == SENTENCES else config(name)


def files(frames: Mapping[str, pl.DataFrame]) -> Iterator[tuple[str, pl.DataFrame]]:
    """Every file of a built bank: its name without the ending, and its rows. A frame without any row has one file, too."""
    for name in names(frames["articles"]["collection"].unique().to_list()):
        rows = _rows(frames[frame(name)], name)
        if rows.height or (name in FRAMES and frames[name].is_empty()):
            yield name, rows


def _rows(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    own = collection(name)
    rows = rows.filter(pl.col("split") == split(name).value)
    return rows if own is None else rows.filter(pl.col("collection") == own)
