"""How often labels change when only names in a text change, and toward which side, layer by layer, with intervals."""

import polars as pl

from slantbank.measure import _intervals as intervals
from slantbank.measure._score import ratio_row, with_clusters

_SHARES = {
    "layer": pl.String,
    **dict.fromkeys(("value", "low", "high"), pl.Float64),
    **dict.fromkeys(("lean", "lean_low", "lean_high"), pl.Float64),
    "rests_on": pl.String,
    **dict.fromkeys(("moved", "n_units", "n_clusters"), pl.Int64),
    "reason": pl.String,
}


def moved_shares(moves: pl.DataFrame) -> pl.DataFrame:
    """The share of sentences whose label moved, for each layer.

    `moves` has a row for each sentence and layer that was decided twice: `topic_id`, `article_id`, `sentence_id`, `layer`, `moved`,
    and `lean`, how far both labels together are toward the party of side b (-1) or a (1). The result has a row for each layer:

    - `value`, `low`, `high`: the share, with a 95 % interval that holds for topics like these (if there are fewer than three, for
      articles), as `rests_on` says;
    - `lean`: the mean, which is 0 where names have no effect, and null where a layer has no lean; `lean_low`, `lean_high`: its
      jackknife interval, null where nothing varies;
    - `moved`: the number of sentences that moved, out of `n_units`; `reason`: why there is no share.
    """
    rows = []
    for (layer,), part in moves.group_by("layer", maintain_order=True):
        units = with_clusters(part).with_columns(weight=pl.lit(1.0))
        share = ratio_row(str(layer), None, "moved", units, pl.col("moved"), pl.lit(1))
        rows.append({**share, **_lean(units.drop_nulls("lean")), "moved": int(part["moved"].sum())})
    return pl.DataFrame(rows, _SHARES, orient="row")


def _lean(units: pl.DataFrame) -> dict[str, float | None]:
    """The mean lean, from -1 to 1, and its interval where it varies between clusters."""
    if units.is_empty():
        return {}
    sums = units.group_by("cluster").agg(x=pl.col("lean").sum(), y=pl.len().cast(pl.Float64)).sort("cluster")
    x, y = sums["x"].to_numpy(), sums["y"].to_numpy()
    value = float(x.sum() / y.sum())
    low, high, smooth = intervals.jackknife(value, intervals.divide(x.sum() - x, y.sum() - y), (-1, 1))
    return {"lean": value, **({"lean_low": low, "lean_high": high} if smooth else {})}
