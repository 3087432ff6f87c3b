"""Counting by cell: the sums are those of every row, however rows are cut into chunks."""

from itertools import chain, pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from slantbank.codebook import LABELS
from slantbank.measure import _compare as compare
from slantbank.measure import _tally as tally
from slantbank.measure._compare import MEASURES
from tests.measure.test_compare import Frames, make

labels = st.fixed_dictionaries(
    {
        **{column: st.one_of(st.none(), st.sampled_from([str(one) for one in members])) for column, members in LABELS.items()},
        "source_party": st.sampled_from([None, "p", "q", "r"]),
        "loaded_words": st.one_of(st.none(), st.integers(0, 5)),
        "n_words": st.integers(1, 30),
        "stance": st.one_of(
            st.none(),
            st.dictionaries(st.sampled_from("pqr"), st.integers(-1, 1)).map(
                lambda light: [{"party": party, "value": value} for party, value in light.items()]
            ),
        ),
        "facts": st.one_of(st.none(), st.lists(st.sampled_from(["f1", "f2", "f3"]), unique=True)),
    }
)
banks = st.lists(st.lists(labels, min_size=2, max_size=8), min_size=1, max_size=5).map(
    lambda articles: make(
        [{"id": f"a{at}", "topic": f"t{at % 2}", "outlet": f"o{at % 3}", "sentences": one} for at, one in enumerate(articles)]
    )
)
any_size = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)


def by_row(frames: Frames, rows: pl.DataFrame, measure: str) -> dict[tuple[str, str], tuple[float, float]]:
    """The sums of a measure's numerators and denominators for each item, its expressions evaluated on every row."""
    found = {}
    for item, sums in MEASURES[measure].items.items():
        for (which,), part in rows.group_by(["item"]):
            x, y = part.select(*(one.cast(pl.Float64).sum().alias(name) for one, name in zip(sums, "xy", strict=True))).row(0)
            found[measure, item + str(which)] = (x, y)
    return found


@given(banks, st.integers(1, 9))
@any_size
def test_sums_by_cell_are_those_of_every_row(monkeypatch: pytest.MonkeyPatch, frames: Frames, size: int) -> None:
    monkeypatch.setattr(tally, "ROWS", size)
    sides = frames["parties"].select("topic_id", "party_id", "side")
    sentences = (
        frames["sentences"]
        .filter(unit="body")
        .join(frames["articles"].select("article_id", "n_sentences"), on="article_id")
        .join(sides.rename({"party_id": "source_party", "side": "source_side"}), on=["topic_id", "source_party"], how="left")
        .with_columns(quarter=(pl.col("n") - 1) * 4 // (pl.col("n_sentences") - 1) + 1, item=pl.lit(""))
    )
    light = sentences.explode("stance").unnest("stance").filter(pl.col("party").is_not_null())
    light = light.join(sides.rename({"party_id": "party"}), on=["topic_id", "party"], how="left")
    rows = {"sentences": sentences, "parties": light.with_columns(item="party"), "sides": light.with_columns(item="side")}
    expected: dict[tuple[str, str], tuple[float, float]] = {}
    for name, measure in MEASURES.items():
        if measure.rows != "articles":
            expected |= by_row(frames, rows[measure.rows], name)

    measured = compare._rows(frames, "article_id", None, headline=False)
    for sentences_ in (False, True):
        units = tally.Tally(measured, MEASURES, sentences=sentences_)
        found: dict[Any, tuple[float, float]] = {}
        for group in units.groups:
            for added in units.added(group.units, tally.SUMMED):
                for key, x, y in zip(added.keys, added.x.sum(axis=(1, 2)), added.y.sum(axis=(1, 2)), strict=True):
                    before = found.get(key, (0, 0))
                    found[key] = (before[0] + x, before[1] + y)
        # of a party that no sentence refers to there are sums too, of nothing
        assert {key: sums for key, sums in found.items() if key in expected or any(sums)} == expected


@given(banks, st.integers(1, 9), st.sampled_from(["article_id", "outlet", "topic_id"]))
@any_size
def test_chunks_of_any_size_give_the_same(monkeypatch: pytest.MonkeyPatch, frames: Frames, size: int, by: str) -> None:
    whole = compare.compare(frames, by, replicates=20)
    monkeypatch.setattr(tally, "ROWS", size)
    assert_frame_equal(compare.compare(frames, by, replicates=20), whole, check_exact=True)
    monkeypatch.undo()


def test_a_chunk_ends_where_an_article_does(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = make([{"id": f"a{at}", "sentences": [{}] * (2 + at)} for at in range(5)])
    monkeypatch.setattr(tally, "ROWS", 4)
    chunks = [chunk.frame["article_id"].to_list() for chunk in compare._rows(frames, "article_id", None, headline=False).chunks()]
    assert list(chain.from_iterable(chunks)) == frames["sentences"]["article_id"].to_list()
    assert all(one[-1] != following[0] for one, following in pairwise(chunks))
