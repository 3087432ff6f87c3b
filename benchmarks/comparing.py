"""Benchmark of comparison with intervals; peers: single passes over the same rows, and the usual pandas code."""

from pathlib import Path
from typing import Any

from benchmarks import corpus
from benchmarks.case import Case, Peer, needs, timed

SHARES = ("claim_type", "attribution", "source_type", "source_perspective")


def _frames(bank: Path) -> Any:
    from slantbank import frames as shipped

    return shipped.load_all(bank)


def shares(bank: Path, _: int) -> float:
    """`compare` of the labels' shares by topic, with intervals over articles."""
    from slantbank.measure import _compare as compare

    frames = _frames(bank)
    return timed(lambda: compare.compare(frames, "topic_id", measures=SHARES))


def everything(bank: Path, _: int) -> float:
    """`compare` of all measures by topic, with intervals over articles."""
    from slantbank.measure import _compare as compare

    frames = _frames(bank)
    return timed(lambda: compare.compare(frames, "topic_id"))


def by_outlet(bank: Path, _: int) -> float:
    """`compare` of all measures by outlet, with intervals over articles."""
    from slantbank.measure import _compare as compare

    frames = _frames(bank)
    return timed(lambda: compare.compare(frames, "outlet"))


def alone(bank: Path, _: int) -> float:
    """`compare` of the labels' shares by outlet, each of one article, with intervals over sentences."""
    from slantbank.measure import _compare as compare

    frames = _frames(bank)
    return timed(lambda: compare.compare(frames, "outlet", measures=SHARES))


def single_pass(bank: Path, _: int) -> float:
    """One streaming pass over the Parquet file: boolean sums of the same labels by article, no intervals."""
    import polars as pl

    from slantbank.codebook import LABELS

    labels = {f"{column} {label}": (pl.col(column) == label).sum() for column in SHARES for label in LABELS[column]}
    coded = {f"{column} coded": pl.col(column).is_not_null().sum() for column in SHARES}
    body = pl.scan_parquet(bank / "parquet" / "sentences.parquet").filter(pl.col("unit") == "body")
    return timed(lambda: body.group_by("topic_id", "article_id").agg(**labels, **coded).collect(engine="streaming"))


def every_sum(bank: Path, _: int) -> float:
    """Streaming passes over the same frames that give the sums of all measures by article, one after the other, no intervals."""
    import polars as pl

    from slantbank.measure import MEASURES

    rows, articles, parties = (_frames(bank)[name].lazy() for name in ("sentences", "articles", "parties"))
    articles, parties = articles.select("article_id", "n_sentences"), parties.select("topic_id", "party_id", "side")
    body = rows.filter(pl.col("unit") == "body")
    quarter = (pl.col("n") - 1) * 4 // (pl.col("n_sentences") - 1) + 1
    sided = (
        body.join(articles, on="article_id")
        .join(parties.rename({"party_id": "source_party", "side": "source_side"}), on=["topic_id", "source_party"], how="left")
        .with_columns(quarter=quarter)
    )
    mentions = body.explode("stance").unnest("stance").drop_nulls("party")
    mentions = mentions.join(parties.rename({"party_id": "party"}), on=["topic_id", "party"])
    mentions = mentions.with_columns(good=pl.col("value") == 1, bad=pl.col("value") == -1)
    by_side = mentions.group_by("article_id", "n", "side").agg(
        pl.col("loaded_words", "n_words").first(), pl.col("good", "bad").any()
    )
    attributed = body.filter(pl.col("attribution") != "author")
    wordings = attributed.select("article_id", "spans").explode("spans").unnest("spans").filter(pl.col("layer") == "source")

    def sums(kind: str) -> dict[str, pl.Expr]:
        terms = [term for measure in MEASURES.values() if measure.over == kind for pair in measure.items.values() for term in pair]
        return {str(term): term.sum() for term in terms}

    passes = (
        sided.group_by("topic_id", "article_id").agg(**sums("sentences")),
        mentions.group_by("topic_id", "article_id", "party", "side").agg(**sums("parties")),
        by_side.group_by("article_id", "side").agg(**sums("sides")),
        wordings.group_by("article_id", pl.col("text").str.to_lowercase()).len(),
        attributed.group_by("article_id", "source_party").len(),
        rows.explode("facts").group_by("topic_id", "article_id", "facts").len(),
    )
    return timed(lambda: [rows.collect(engine="streaming") for rows in passes])


@needs("datasets")
def mapped(bank: Path, _: int) -> float:
    """`datasets.map` over the rows of the same file, in batches, adding up the labels by article in Python, no intervals."""
    from collections import Counter

    import datasets

    datasets.disable_progress_bars()
    columns = ["topic_id", "article_id", "unit", *SHARES]
    data = datasets.Dataset.from_parquet(
        str(bank / "parquet" / "sentences.parquet"), columns=columns, cache_dir=str(bank / "cache")
    )
    data = data.with_format("arrow")
    counts: Counter[tuple[str, ...]] = Counter()

    def add_up(batch: Any) -> None:
        rows = batch.to_pydict()
        for topic, article, unit, *labels in zip(*(rows[name] for name in columns), strict=True):
            if unit == "body":
                counts.update(
                    (topic, article, name, label) for name, label in zip(SHARES, labels, strict=True) if label is not None
                )

    return timed(lambda: data.map(add_up, batched=True, batch_size=10_000, load_from_cache_file=False))


def _pandas(bank: Path) -> Any:
    import pandas as pd

    columns = ["topic_id", "article_id", "unit", *SHARES]
    return pd.read_parquet(bank / "parquet" / "sentences.parquet", columns=columns).query("unit == 'body'")


@needs("pandas")
def pandas(bank: Path, _: int) -> float:
    """`pandas`, `groupby` and `value_counts` of the same shares by topic, no intervals."""
    rows = _pandas(bank)
    return timed(lambda: [rows.groupby("topic_id")[column].value_counts(normalize=True) for column in SHARES])


@needs("pandas")
def pandas_everything(bank: Path, _: int) -> float:
    """`pandas`: `groupby`, `explode` and `merge` for the same measures by topic, facts and sources left out, no intervals."""
    import pandas as pd

    read = {name: pd.read_parquet(bank / "parquet" / f"{name}.parquet") for name in ("sentences", "parties", "articles")}
    rows = read["sentences"].query("unit == 'body'")
    sides = read["parties"].set_index(["topic_id", "party_id"])["side"]
    lengths = read["articles"].set_index("article_id")["n_sentences"]

    def loaded(some: Any) -> Any:
        sums = some[["loaded_words", "n_words"]].sum()
        return 100 * sums["loaded_words"] / sums["n_words"]

    def balance(some: Any) -> Any:
        sums = pd.crosstab(some["topic_id"], some["source_perspective"])
        return (sums["side_a"] - sums["side_b"]) / (sums["side_a"] + sums["side_b"])

    def run() -> None:
        for column in SHARES:
            rows.groupby("topic_id")[column].value_counts(normalize=True)
        rows.groupby(["topic_id", "attribution"])["claim_type"].value_counts(normalize=True)
        own = rows["attribution"] == "author"
        own.groupby([rows["topic_id"], rows["claim_type"]]).mean()
        for some in (rows, rows[own], rows[~own]):
            balance(some)
        loaded(rows.groupby("topic_id"))
        quarter = (rows["n"] - 1) * 4 // (rows["article_id"].map(lengths) - 1) + 1
        loaded(rows.groupby(["topic_id", quarter]))
        (~own).groupby(rows["topic_id"]).mean()
        rows["source_type"].isin(["unnamed", "collective"]).groupby(rows["topic_id"]).mean()
        source = rows[["topic_id", "source_party"]].merge(
            sides.rename("source_side"), left_on=["topic_id", "source_party"], right_index=True
        )
        source.groupby("topic_id")["source_side"].value_counts(normalize=True)
        stances = rows[["topic_id", "stance", "loaded_words", "n_words"]].explode("stance").dropna(subset="stance")
        stances = stances.assign(**pd.DataFrame(stances["stance"].tolist(), index=stances.index))
        stances = stances.merge(sides, left_on=["topic_id", "party"], right_index=True)
        for target in ("party", "side"):
            stances.groupby(["topic_id", target])["value"].mean()
            stances.groupby(["topic_id", target])["value"].value_counts(normalize=True)
            loaded(stances[stances["value"] == -1].groupby(["topic_id", target]))

    return timed(run)


@needs("pandas")
def pandas_bootstrap(bank: Path, _: int) -> float:
    """`pandas` with intervals: articles drawn by index with numpy, rows gathered and counted; 2 replicates timed, times 500."""
    import numpy as np

    rows = _pandas(bank).reset_index(drop=True)
    places = rows.groupby("article_id").indices
    names, rng = list(places), np.random.default_rng(1)

    def replicate() -> None:
        drawn = rng.integers(0, len(names), len(names))
        some = rows.iloc[np.concatenate([places[names[at]] for at in drawn])]
        for column in SHARES:
            some.groupby("topic_id")[column].value_counts(normalize=True)

    return 500 * timed(lambda: [replicate() for _ in range(2)])


_SIZES = (10_000, 100_000, 1_000_000, 10_000_000)

CASES = (
    Case(
        "comparison of shares by topic",
        corpus.frames,
        shares,
        (
            Peer(single_pass, aim=3),
            Peer(pandas, aim=1 / 8, largest=10_000_000),
            Peer(pandas_bootstrap, aim=1 / 100, largest=1_000_000),
            Peer(mapped, largest=1_000_000),
        ),
        _SIZES,
        _SIZES[:2],
    ),
    Case(
        "comparison of all measures by topic",
        corpus.frames,
        everything,
        (Peer(single_pass, aim=3), Peer(every_sum, aim=1.3), Peer(pandas_everything, aim=1 / 8, largest=1_000_000)),
        _SIZES,
        _SIZES[:2],
    ),
    Case("comparison of all measures by outlet", corpus.frames, by_outlet, (Peer(single_pass),), _SIZES[:3], _SIZES[:1]),
    Case("comparison of outlets of one article", corpus.single_frames, alone, (Peer(single_pass),), _SIZES[:2], _SIZES[:1]),
)
