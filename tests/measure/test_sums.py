"""Sums by article equal plain sums over rows, for eager and lazy frames and in any order of rows."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slantbank.codebook import LABELS
from slantbank.measure import _sums as sums
from slantbank.measure._measures import MEASURES
from tests.measure.made import Frames, make

labels = st.fixed_dictionaries(
    {
        **{column: st.one_of(st.none(), st.sampled_from([str(label) for label in members])) for column, members in LABELS.items()},
        "source_party": st.sampled_from([None, "p", "q", "r"]),
        "loaded_words": st.one_of(st.none(), st.integers(0, 5)),
        "n_words": st.integers(1, 30),
        "stance": st.one_of(
            st.none(),
            st.dictionaries(st.sampled_from("pqrs"), st.integers(-1, 1)).map(
                lambda stances: [{"party": party, "value": value} for party, value in stances.items()]
            ),
        ),
        "facts": st.one_of(st.none(), st.lists(st.sampled_from(["f1", "f2", "f3"]), unique=True)),
    }
)
banks = st.lists(st.lists(labels, min_size=2, max_size=8), min_size=1, max_size=5).map(
    lambda articles: make(
        [{"id": f"a{at}", "topic": f"t{at % 2}", "outlet": f"o{at % 3}", "sentences": rows} for at, rows in enumerate(articles)]
    )
)


def by_row(frames: Frames) -> dict[tuple[str, str, str], tuple[float, float]]:
    """The sums of every measure for each article and item, from its expressions evaluated on every row."""
    sides = frames["parties"].select("topic_id", "party_id", "side")
    sentences = (
        frames["sentences"]
        .filter(unit="body")
        .join(frames["articles"].select("article_id", "n_sentences"), on="article_id")
        .join(sides.rename({"party_id": "source_party", "side": "source_side"}), on=["topic_id", "source_party"], how="left")
        .with_columns(quarter=(pl.col("n") - 1) * 4 // (pl.col("n_sentences") - 1) + 1, item=pl.lit(""))
    )
    result: dict[tuple[str, str, str], tuple[float, float]] = {}
    mentions: dict[str, list[dict[str, Any]]] = {"parties": [], "sides": []}
    side_of = {(row["topic_id"], row["party_id"]): row["side"] for row in sides.to_dicts()}
    for row in sentences.to_dicts():
        by_side: dict[str, list[int]] = {}
        for stance in row["stance"] or []:
            party, value = stance["party"], stance["value"]
            mentions["parties"].append({**row, "item": party, "good": value == 1, "bad": value == -1})
            by_side.setdefault(side_of[row["topic_id"], party], []).append(value)
        mentions["sides"] += [{**row, "item": side, "good": 1 in values, "bad": -1 in values} for side, values in by_side.items()]
    rows = {"sentences": sentences, **{kind: pl.DataFrame(some, infer_schema_length=None) for kind, some in mentions.items()}}
    for name, measure in MEASURES.items():
        if measure.over == "articles" or rows[measure.over].is_empty():
            continue
        typed = rows[measure.over].cast({"loaded_words": pl.Int32})
        for item, pair in measure.items.items():
            for (article, which), part in typed.group_by(["article_id", "item"]):
                x, y = (part.select(term.cast(pl.Float64).sum()).item() for term in pair)
                result[name, str(item) + str(which), str(article)] = (x, y)
    return result


@given(banks, st.booleans())
@settings(deadline=None, max_examples=25)
@pytest.mark.filterwarnings("ignore")
def test_sums_equal_those_over_single_rows(frames: Frames, lazy: bool) -> None:
    data: Any = {name: frame.lazy() for name, frame in frames.items()} if lazy else frames
    selection = sums.make_selection(data, "article_id", None, measures=None)
    for by_sentence in (False, True):
        result: dict[tuple[str, str, str], tuple[float, float]] = {}
        for block in sums.blocks(selection, sums.OVERS[:3], articles=selection.articles, by_sentence=by_sentence):
            for (name, item), columns in block.pairs.items():
                picked = block.rows.select(
                    "article_id",
                    "item",
                    *(pl.col(term).cast(pl.Float64).fill_null(0).alias(name) for term, name in zip(columns, "xy", strict=True)),
                )
                for article, which, x, y in picked.group_by("article_id", "item").agg(pl.col("x", "y").sum()).rows():
                    result[name, item + which, article] = (x, y)
        assert result == by_row(frames)


def test_articles_of_other_groups_and_topics_are_not_summed() -> None:
    rows: list[dict[str, Any]] = [{}, {"attribution": "author"}]
    frames = make([{"id": "x", "topic": "t", "outlet": "o", "sentences": rows}, {"id": "y", "topic": "u", "sentences": rows}])
    for options in ({"only": "t"}, {"only": "x"}, {"by": "outlet"}):
        selection = sums.make_selection(frames, **{"by": "article_id", "only": None, **options}, measures="attributed")
        (block,) = sums.blocks(selection)
        assert block.rows["article_id"].to_list() == ["x"]
