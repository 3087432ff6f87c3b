"""Agreement and comparison: frames in, frames out."""

from typing import TYPE_CHECKING

from slantbank._lazy import lazy

if TYPE_CHECKING:
    from slantbank.measure._agreement import ALL, agreement, outliers
    from slantbank.measure._compare import (
        FAMILIES,
        MANY,
        MEASURES,
        by_coder,
        compare,
        coverage,
        differences,
        distances,
        evidence,
        layout,
    )
else:
    __getattr__, __dir__ = lazy(
        __name__,
        _agreement="ALL agreement outliers",
        _compare="FAMILIES MANY MEASURES by_coder compare coverage differences distances evidence layout",
    )
