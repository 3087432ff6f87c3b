"""Agreement and comparison: frames in, frames out."""

from typing import TYPE_CHECKING

from slantbank._lazy import lazy

if TYPE_CHECKING:
    from slantbank.measure._agreement import ALL, agreement, outliers
    from slantbank.measure._compare import by_coder, compare, coverage, evidence
    from slantbank.measure._differences import differences, distances
    from slantbank.measure._labels import decisive_labels
    from slantbank.measure._measures import FAMILIES, MEASURES
    from slantbank.measure._moves import moved_shares
    from slantbank.measure._score import confusion, related_models, score
    from slantbank.measure._warnings import WARNING
else:
    __getattr__, __dir__ = lazy(
        __name__,
        _agreement="ALL agreement outliers",
        _compare="by_coder compare coverage evidence",
        _differences="differences distances",
        _labels="decisive_labels",
        _measures="FAMILIES MEASURES",
        _moves="moved_shares",
        _score="confusion related_models score",
        _warnings="WARNING",
    )
