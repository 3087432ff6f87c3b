"""Benchmark of validating built sentences by every rule of their schema: in memory, in batches, and with broken rows."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import corpus
from benchmarks.case import Case, Peer, needs, timed


def _path(bank: Path) -> Path:
    return bank / "parquet" / "sentences.parquet"


def _read(bank: Path) -> Any:
    import polars as pl

    return pl.read_parquet(_path(bank))


def _warm(validate: Callable[[Any], object], data: Any) -> float:
    """The seconds for the data, after a first call with a few rows, so that imports do not count."""
    validate(data.head(5))
    return timed(lambda: validate(data))


def _rules() -> dict[str, Any]:
    """Every rule of the schema as an expression, including those on nulls."""
    import polars as pl

    from slantbank.frames import schema

    never = {
        f"{name} is never null": pl.col(name).is_not_null()
        for name, column in schema.FRAMES["sentences"].items()
        if not column.nullable
    }
    return {title: rule.holds.fill_null(False) for title, rule in schema.RULES["sentences"].items()} | never


def ours(bank: Path, _: int) -> float:
    """`schema.validate`: pandera with every rule."""
    from slantbank.frames import schema

    data = _read(bank)
    return _warm(lambda data: schema.validate("sentences", data), data)


def failures(bank: Path, _: int) -> float:
    """`schema.failures`: every rule without pandera, and the rows that break one."""
    from slantbank.frames import schema

    data = _read(bank)

    def run(data: Any) -> None:
        assert schema.failures("sentences", data) == []

    return _warm(run, data)


def bare(bank: Path, _: int) -> float:
    """One bare collect of polars of the same rules, which says whether all hold."""
    data, rules = _read(bank), _rules()

    def run(data: Any) -> None:
        assert all(data.lazy().select(rule.all().alias(title) for title, rule in rules.items()).collect().row(0))

    return _warm(run, data)


@needs("dataframely")
def dataframely(bank: Path, _: int) -> float:
    """`dataframely`, the same rules and types."""
    import dataframely as dy
    import polars as pl

    from slantbank.frames import schema

    def column(dtype: Any, nullable: bool = True) -> Any:
        if isinstance(dtype, pl.List):
            return dy.List(column(dtype.inner), nullable=nullable)
        if isinstance(dtype, pl.Struct):
            return dy.Struct({field.name: column(field.dtype) for field in dtype.fields}, nullable=nullable)
        return getattr(dy, dtype.base_type().__name__)(nullable=nullable)

    columns = {
        name: column(schema.dtypes("sentences")[name], stated.nullable) for name, stated in schema.FRAMES["sentences"].items()
    }
    held = [rule.holds.fill_null(False) for rule in schema.RULES["sentences"].values()]
    rules = {f"rule_{at}": dy.rule()(lambda cls, holds=holds: holds) for at, holds in enumerate(held)}
    model = type("Sentences", (dy.Schema,), columns | rules)
    data = _read(bank)
    return _warm(model.validate, data)


@needs("pointblank")
def pointblank(bank: Path, _: int) -> float:
    """`pointblank`, the same rules and the names and types of the columns."""
    import pointblank as pb

    data, rules = _read(bank), _rules()

    def run(data: Any) -> None:
        steps = pb.Validate(data).col_schema_match(pb.Schema(tbl=data))
        for rule in rules.values():
            steps = steps.col_vals_expr(rule)
        assert steps.interrogate(collect_extracts=False).all_passed()

    return _warm(run, data)


@needs("pandas", "pandera")
def pandera_pandas(bank: Path, _: int) -> float:
    """`pandera` on pandas: types, nulls, labels, numbers, order and ids; not what is in lists and structs."""
    import pandera.pandas as pa

    from slantbank.bank import ID_PATTERN
    from slantbank.frames import schema

    data = _read(bank).drop("stance", "facts", "loaded_at", "spans", "reliability").to_pandas()
    labels = {
        name: pa.Check.isin([*map(str, column.labels)]) for name, column in schema.FRAMES["sentences"].items() if column.labels
    }
    more = {
        "article_id": pa.Check.str_matches(ID_PATTERN),
        "n": pa.Check.ge(0),
        "n_words": pa.Check.gt(0),
        "text": pa.Check.str_matches(r"^\S(.*\S)?$"),
        "loaded_words": pa.Check.ge(0),
        "n_annotators": pa.Check.ge(0),
    }

    def same(frame: Any) -> Any:
        return frame["article_id"] == frame["article_id"].shift()

    whole = [
        pa.Check(lambda frame: frame["sentence_id"] == frame["article_id"] + ":" + frame["n"].astype(str)),
        pa.Check(lambda frame: (frame["n"] == frame["n"].shift() + 1).where(same(frame), frame["n"] == 0)),
        pa.Check(lambda frame: (frame["start"] > frame["end"].shift()).where(same(frame), frame["start"] >= 0)),
        pa.Check(lambda frame: (frame["paragraph"] - frame["paragraph"].shift()).between(0, 1) | ~same(frame)),
        pa.Check(lambda frame: frame["end"] - frame["start"] == frame["text"].str.len()),
        pa.Check(lambda frame: (frame["unit"] == "headline") == (frame["n"] == 0)),
        pa.Check(lambda frame: frame["source_type"].isna() | (frame["attribution"] != "author")),
        pa.Check(lambda frame: frame["source_party"].isna() | (frame["attribution"] != "author")),
        pa.Check(lambda frame: frame["perspective_party"].isna() == (frame["source_perspective"] == "neutral")),
        pa.Check(lambda frame: (frame["article_id"] >= frame["article_id"].shift()) | (frame.index == 0)),
    ]
    columns = {
        name: pa.Column(
            None,
            [check for check in (labels.get(name), more.get(name)) if check],
            nullable=schema.FRAMES["sentences"][name].nullable,
        )
        for name in data.columns
    }
    model = pa.DataFrameSchema(columns, checks=whole, strict=True, ordered=True)
    return _warm(lambda data: model.validate(data, lazy=True), data)


def in_batches(bank: Path, _: int) -> float:
    """`schema.failures_in`: from Parquet, 64,000 rows at a time, reading included."""
    from slantbank.frames import schema

    def run() -> None:
        assert not any(True for _ in schema.failures_in("sentences", _path(bank)))

    return timed(run)


def broken(bank: Path, _: int) -> float:
    """`schema.failures` of the same with 1 % of the rows broken in 15 ways: each is named with its rule."""
    from slantbank.frames import schema

    data = _read(bank)

    def run(data: Any) -> None:
        rows = {failure.row for failure in schema.failures("sentences", data)}
        assert len(rows) >= data.height // 100 - 1, f"{len(rows)} of {data.height // 100} rows found"

    return _warm(run, data)


def clean(bank: Path, size: int) -> float:
    """`schema.failures` of the rows without faults."""
    return failures(corpus.frames(bank.parent, size), size)


_SIZES = (10_000, 100_000, 1_000_000, 10_000_000)

CASES = (
    Case(
        "validation of sentences in memory",
        corpus.frames,
        ours,
        (
            Peer(bare, aim=1.1),
            Peer(failures),
            Peer(dataframely, aim=1),
            Peer(pointblank, aim=1),
            Peer(pandera_pandas, aim=1, largest=1_000_000),
        ),
        _SIZES,
        _SIZES[:2],
    ),
    Case("validation with broken rows", corpus.broken_frames, broken, (Peer(clean, aim=2),), _SIZES[:3], _SIZES[:2]),
    Case(
        "validation from Parquet in bounded memory",
        corpus.frames,
        in_batches,
        (Peer(failures, aim=3.5, largest=10_000_000),),
        (*_SIZES[2:], 30_000_000),
        _SIZES[:2],
        megabytes=800,
        until=100_000_000,
    ),
)
