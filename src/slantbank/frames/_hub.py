"""The bank as a Hugging Face dataset: its features, and its frames as datasets. The one module that imports `datasets`."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import datasets
import polars as pl

from slantbank.codebook import CLASS_LABELS
from slantbank.frames import _schema as schema


def features(frame: str) -> datasets.Features:
    """The features of a frame: its label columns as ClassLabel, in the codebook's order, the rest as their types say."""
    found = {}
    for name, column in schema.FRAMES[frame].items():
        if name in CLASS_LABELS and column.labels is not None:
            found[name] = datasets.ClassLabel(names=[str(label) for label in column.labels])
        else:
            found[name] = _feature(column.dtype)
    return datasets.Features(found)


_VALUES = {pl.Boolean: "bool", pl.String: "string", pl.Int8: "int8", pl.Int32: "int32", pl.Float32: "float32", pl.Date: "date32"}


def _feature(dtype: Any) -> Any:
    if isinstance(dtype, pl.List):
        return datasets.List(_feature(dtype.inner))
    if isinstance(dtype, pl.Struct):
        return {field.name: _feature(field.dtype) for field in dtype.fields}
    return datasets.Value(_VALUES[dtype.base_type()])


def dataset(frame: str, data: pl.DataFrame) -> datasets.Dataset:
    """A frame as a Dataset, held in memory: no cache takes part, so that it always has the rows it is given.

    Raises ValueError for a label that the codebook does not have.
    """
    wanted = features(frame)
    columns: dict[str, Any] = {}
    for name in data.columns:
        values = data[name].to_list()
        feature = wanted[name]
        columns[name] = [feature.str2int(one) if one is not None else None for one in values] if name in CLASS_LABELS else values
    return datasets.Dataset.from_dict(columns, features=wanted)


def dataset_info(frames: Mapping[str, pl.DataFrame]) -> list[dict[str, Any]]:
    """The `dataset_info` of a dataset card, an entry for each frame: features and number of rows."""
    infos = {
        name: datasets.DatasetInfo(
            config_name=name,
            features=features(name),
            splits=datasets.SplitDict.from_split_dict([{"name": "train", "num_bytes": 0, "num_examples": frame.height}]),
        )
        for name, frame in frames.items()
    }
    card = datasets.info.DatasetInfosDict(infos)
    return [{"config_name": name, **info._to_yaml_dict()} for name, info in card.items()]


def content_version(frame: pl.DataFrame) -> str:
    """A version derived from the rows, so that a cache made from other rows is never taken for this one."""
    rows = json.dumps(frame.to_dicts(), default=str, ensure_ascii=False, sort_keys=True)
    return f"1.0.{int(hashlib.sha256(rows.encode()).hexdigest()[:8], 16)}"
