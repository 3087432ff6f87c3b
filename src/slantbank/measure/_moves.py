"""How often labels move that should not, and toward whom, layer by layer, with intervals."""

import numpy as np
import polars as pl

from slantbank.measure import _intervals as intervals
from slantbank.measure._score import clustered, ratio

_SHARES = {
    "layer": pl.String,
    **dict.fromkeys(("value", "low", "high"), pl.Float64),
    **dict.fromkeys(("lean", "lean_low", "lean_high"), pl.Float64),
    "rests_on": pl.String,
    **dict.fromkeys(("moved", "n_units", "n_clusters"), pl.Int64),
    "reason": pl.String,
}


def moved(moves: pl.DataFrame) -> pl.DataFrame:
    """The share of sentences whose label moved, of each layer in its order there.

    `moves` has a row for each sentence and layer that was decided twice: `topic_id`, `article_id`, `sentence_id`, `layer`, `moved`,
    and `lean`, how far both labels together are toward the party of side b (-1) or a (1). One row is one layer: `value`, `low`,
    `high`, a 95 % interval that speaks for `rests_on` (topics, or of fewer than three articles) like these; `lean`, the mean, which
    is 0 where names do nothing, with its interval `lean_low`, `lean_high` (by the jackknife), null where a layer has no lean, and
    its interval where nothing varies; `moved`, in how many of `n_units` sentences; `reason`, why there is none.
    """
    rows = []
    for (layer,), part in moves.group_by("layer", maintain_order=True):
        of = clustered(part).with_columns(weight=pl.lit(1.0))
        share = ratio(str(layer), None, "moved", of, pl.col("moved"), pl.lit(1))
        rows.append({**share, **_lean(of.drop_nulls("lean")), "moved": int(part["moved"].sum())})
    return pl.DataFrame(rows, _SHARES, orient="row")


def _lean(of: pl.DataFrame) -> dict[str, float | None]:
    """The mean lean, from -1 to 1, and its interval where it varies between clusters."""
    if of.is_empty():
        return {}
    sums = of.group_by("cluster").agg(x=(pl.col("lean").sum() + pl.len()) / 2, y=pl.len().cast(pl.Float64)).sort("cluster")
    x, y = sums["x"].to_numpy(), sums["y"].to_numpy()
    value = float(x.sum() / y.sum())
    with np.errstate(all="ignore"):
        low, high, smooth = intervals.replicated(value, (x.sum() - x) / (y.sum() - y))
    limits = {"lean_low": 2 * low - 1, "lean_high": 2 * high - 1} if smooth else {}
    return {"lean": 2 * value - 1, **limits}
