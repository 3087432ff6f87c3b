"""Benchmark of agreement of three coders with intervals; peer: the `krippendorff` package, called once a replicate."""

from pathlib import Path
from typing import Any

from benchmarks.case import Case, Peer, needs, nothing, timed


def _ratings(size: int) -> Any:
    import numpy as np

    random = np.random.default_rng(20171)
    true = random.integers(0, 7, size)
    coders = np.stack([np.where(random.random(size) < 0.2, random.integers(0, 7, size), true) for _ in range(3)])
    return coders.astype(float)


def _frames(size: int) -> Any:
    """`size` sentences in articles of 24, labelled by three coders: copies of those of the bank, with random changes."""
    import numpy as np
    import polars as pl

    from slantbank import codebook
    from slantbank import frames as shipped

    frames = shipped.load_all()
    random = np.random.default_rng(20171)
    sentences = frames["sentences"].filter(pl.col("n") < 24)
    annotations = frames["annotations"].filter(pl.col("n") < 24)
    copies = -(-size // sentences.height)

    def tiled(frame: pl.DataFrame) -> pl.DataFrame:
        many = frame.join(pl.DataFrame({"copy": range(copies)}), how="cross")
        article = pl.format("{}-{}", "article_id", "copy")
        return many.with_columns(article_id=article, sentence_id=pl.format("{}:{}", article, "n")).drop("copy")

    sentences, annotations = tiled(sentences), tiled(annotations)
    names = np.array([str(label) for label in codebook.ClaimType])
    noise = pl.Series(names[random.integers(0, len(names), annotations.height)])
    moved = pl.Series(random.random(annotations.height) < 0.2)
    annotations = annotations.with_columns(claim_type=pl.when(moved).then(noise).otherwise("claim_type"))
    return {**frames, "sentences": sentences, "annotations": annotations}


def ours(_: Path, size: int) -> float:
    """Every layer, item, kind of coder and measure, with intervals."""
    from slantbank.measure import _agreement as agreement

    frames = _frames(size)
    return timed(lambda: agreement.agreement(frames))


_UNITS = {"nominal": (1.0, 1.0, 0.4, 1.0, 3.0, 5.0, 29.3, 16.0), "ordinal": (1.4,)}
"""The units in a sentence of each layer of the bank: labels, parties, tokens, facts; and stances, which are ordinal."""


@needs("krippendorff")
def krippendorff(_: Path, size: int) -> float:
    """`krippendorff.alpha` alone of the same nine layers, once a replicate: 2 replicates timed, times 500."""
    import krippendorff as package
    import numpy as np

    random = np.random.default_rng(1)
    matrices = [(level, _ratings(int(size * units))) for level, shares in _UNITS.items() for units in shares]

    def replicate() -> None:
        for level, ratings in matrices:
            drawn = ratings[:, random.integers(0, ratings.shape[1], ratings.shape[1])]
            package.alpha(drawn, level_of_measurement=level)

    replicate()
    return 500 * timed(lambda: [replicate() for _ in range(2)])


@needs("nltk", "numpy")
def nltk(_: Path, size: int) -> float:
    """`nltk.metrics` alpha of claim type alone, of 2,000 sentences: 1 replicate timed, times 1,000 and as many sentences."""
    from nltk.metrics.agreement import AnnotationTask

    some = min(size, 2_000)
    triples = [(str(c), str(i), str(value)) for c, row in enumerate(_ratings(some)) for i, value in enumerate(row)]
    return 1000 * size / some * timed(lambda: AnnotationTask(data=triples).alpha())


CASES = (
    Case(
        "agreement of 3 coders, with intervals",
        nothing,
        ours,
        (Peer(krippendorff, aim=1 / 100), Peer(nltk, aim=1 / 100)),
        sizes=(1_000, 10_000, 100_000),
        quick=(1_000,),
    ),
)
