"""The bank as a Hugging Face dataset: its features, and its frames as datasets. The one module that imports `datasets`."""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import datasets
import polars as pl
import yaml

from slantbank.codebook import CLASS_LABELS
from slantbank.frames import _files as files
from slantbank.frames import _schema as schema


def features(frame: str) -> datasets.Features:
    """Return the features of a frame: label columns as ClassLabel in the codebook's order, other columns by their types."""
    columns = {}
    for name, column in schema.FRAMES[frame].items():
        if name in CLASS_LABELS and column.labels is not None:
            columns[name] = datasets.ClassLabel(names=[str(label) for label in column.labels])
        else:
            columns[name] = _feature(column.dtype)
    return datasets.Features(columns)


_VALUES = {pl.Boolean: "bool", pl.String: "string", pl.Int8: "int8", pl.Int32: "int32", pl.Float32: "float32", pl.Date: "date32"}


def _feature(dtype: Any) -> Any:
    if isinstance(dtype, pl.List):
        return datasets.List(_feature(dtype.inner))
    if isinstance(dtype, pl.Struct):
        return {field.name: _feature(field.dtype) for field in dtype.fields}
    return datasets.Value(_VALUES[dtype.base_type()])


def dataset(frame: str, data: pl.DataFrame) -> datasets.Dataset:
    """Return a frame as a Dataset in memory. No cache is used, so it always has the rows of `data`.

    Raises ValueError for a label that the codebook does not have.
    """
    expected = features(frame)
    columns: dict[str, Any] = {}
    for name in data.columns:
        values = data[name].to_list()
        feature = expected[name]
        columns[name] = (
            [feature.str2int(value) if value is not None else None for value in values] if name in CLASS_LABELS else values
        )
    return datasets.Dataset.from_dict(columns, features=expected)


def configs(frames: Mapping[str, pl.DataFrame], parquet: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the `configs` and the `dataset_info` of a dataset card: for each config its files, features, rows and bytes in memory.

    `parquet` is the folder of the files as seen from the card. A config's version is derived from its rows, because `datasets`
    takes a local folder with equal YAML for the one it has cached.
    """
    parts: dict[str, dict[str, pl.DataFrame]] = {}
    for name, rows in files.files(frames):
        parts.setdefault(files.config(name), {})[name] = rows
    return described(
        Config(
            config,
            files.frame(config),
            content_version(pl.concat(rows_of_files.values())),
            {
                files.split(name).value: Files(f"{parquet}/{name}.parquet", rows.height, int(rows.estimated_size()))
                for name, rows in rows_of_files.items()
            },
        )
        for config, rows_of_files in parts.items()
    )


class Files(NamedTuple):
    """The files of a split: their path or pattern, their number of rows, and their bytes in memory (0: unknown)."""

    path: str
    rows: int
    bytes: int = 0


class Config(NamedTuple):
    """A config of a dataset: its frame, a version of its content, and the files of each split."""

    name: str
    frame: str
    version: str
    splits: Mapping[str, Files]


def described(configs: Iterable[Config]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the `configs` and the `dataset_info` of a dataset card; the first config is the default."""
    entries: list[dict[str, Any]] = []
    infos: list[dict[str, Any]] = []
    for config in configs:
        default = {} if entries else {"default": True}
        paths = [{"split": split, "path": part.path} for split, part in config.splits.items()]
        entries.append({"config_name": config.name, **default, "version": config.version, "data_files": paths})
        rows = [{"name": name, "num_bytes": part.bytes, "num_examples": part.rows} for name, part in config.splits.items()]
        splits = datasets.SplitDict.from_split_dict(rows)
        info = datasets.DatasetInfo(config_name=config.name, features=features(config.frame), splits=splits)
        infos.append({"config_name": config.name, **info._to_yaml_dict()})
    return entries, infos


def yaml_head(head: Mapping[str, Any]) -> str:
    """Return the YAML head of a dataset card, with one line for each file, column and split, so that it stays short."""
    by_line = {
        key: [{name: _Lines(value) if isinstance(value, list) else value for name, value in config.items()} for config in head[key]]
        for key in ("configs", "dataset_info")
    }
    text = yaml.dump({**head, **by_line}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=math.inf)
    return f"---\n{text}---\n"


class _Lines(list[Any]):
    """A list with a line for each item."""


class _Dumper(yaml.SafeDumper):
    """Writes each item of `_Lines`, and each list of words, on one line; repeated values in full, without YAML aliases."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _represent_lines(dumper: yaml.SafeDumper, lines: _Lines) -> yaml.Node:
    node = dumper.represent_list(lines)
    node.flow_style = False
    for item in node.value:
        item.flow_style = True
    return node


def _represent_list(dumper: yaml.SafeDumper, items: list[Any]) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=all(isinstance(item, str) for item in items))


_Dumper.add_representer(_Lines, _represent_lines)
_Dumper.add_representer(list, _represent_list)


def content_version(frame: pl.DataFrame) -> str:
    """Return a version derived from the rows, so that `datasets` never serves a cache that was made from other rows."""
    return version_of(json.dumps(frame.to_dicts(), default=str, ensure_ascii=False, sort_keys=True))


def version_of(content: str) -> str:
    """Return a version derived from a text that identifies the content, such as its rows or checksums."""
    return f"1.0.{int(hashlib.sha256(content.encode()).hexdigest()[:8], 16)}"
