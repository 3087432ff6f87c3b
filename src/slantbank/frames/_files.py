"""Divide the frames of a built bank into Parquet files: a file for each config of the dataset and each split of its topics.

`sentences` is the config of the collection `core`, and every other collection is a config of its name with the same columns;
the configs `annotations`, `articles`, `parties` and `facts` have the rows of all collections. `<config>.parquet` has the topics
for training, `<config>.test.parquet` those for tests; a file without rows is not written. Rows are sorted by their ids.
"""

from collections.abc import Collection, Iterator, Mapping

import polars as pl

from slantbank.codebook import CORE, FRAMES, Split

SENTENCES = FRAMES[0]


def names(collections: Collection[str]) -> list[str]:
    """Return the names, without endings, of all files that a bank of these collections can have; the default config comes first."""
    configs = [SENTENCES, *sorted({*collections} - {CORE}), *FRAMES[1:]]
    return [config if split is Split.TRAIN else f"{config}.{split}" for config in configs for split in Split]


def config(name: str) -> str:
    """Return the config of a file, by its name without the ending.

    >>> config("basil.test")
    'basil'
    """
    return name.partition(".")[0]


def split(name: str) -> Split:
    """Return the split of a file, by its name without the ending."""
    return Split(name.partition(".")[2] or Split.TRAIN)


def frame(name: str) -> str:
    """Return the frame whose columns a file has, by its name without the ending."""
    return config(name) if config(name) in FRAMES else SENTENCES


def collection(name: str) -> str | None:
    """Return the collection of a file with sentences; None for files of other frames, which have all collections."""
    return None if frame(name) != SENTENCES else CORE if config(name) == SENTENCES else config(name)


def files(frames: Mapping[str, pl.DataFrame]) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield the name, without ending, and the rows of every file of a built bank. An empty frame has one file."""
    for name in names(frames["articles"]["collection"].unique().to_list()):
        rows = _rows(frames[frame(name)], name)
        if rows.height or (name in FRAMES and frames[name].is_empty()):
            yield name, rows


def _rows(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    only = collection(name)
    rows = rows.filter(pl.col("split") == split(name).value)
    return rows if only is None else rows.filter(pl.col("collection") == only)
