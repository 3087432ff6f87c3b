"""How often labels move that should not, layer by layer, with intervals."""

import polars as pl

from slantbank.measure._score import clustered, ratio

_SHARES = {
    "layer": pl.String,
    **dict.fromkeys(("value", "low", "high"), pl.Float64),
    "rests_on": pl.String,
    **dict.fromkeys(("moved", "n_units", "n_clusters"), pl.Int64),
    "reason": pl.String,
}


def moved(moves: pl.DataFrame) -> pl.DataFrame:
    """The share of sentences whose label moved, of each layer in its order there.

    `moves` has a row for each sentence and layer that was decided twice: `topic_id`, `article_id`, `sentence_id`, `layer` and
    `moved`. One row is one layer: `value`, `low`, `high`, a 95 % interval that speaks for `rests_on` (topics, or of fewer than
    three articles) like these; `moved`, in how many of `n_units` sentences; `reason`, why there is none.
    """
    rows = []
    for (layer,), part in moves.group_by("layer", maintain_order=True):
        of = clustered(part).with_columns(weight=pl.lit(1.0))
        rows.append({**ratio(str(layer), None, "moved", of, pl.col("moved"), pl.lit(1)), "moved": int(part["moved"].sum())})
    return pl.DataFrame(rows, _SHARES, orient="row")
