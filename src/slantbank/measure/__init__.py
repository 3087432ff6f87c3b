"""Agreement and comparison: frames in, frames out."""

from typing import TYPE_CHECKING

from slantbank._lazy import lazy

if TYPE_CHECKING:
    from slantbank.measure._agreement import ALL as ALL
    from slantbank.measure._agreement import agreement as agreement
    from slantbank.measure._agreement import outliers as outliers
    from slantbank.measure._compare import by_coder as by_coder
    from slantbank.measure._compare import compare as compare
    from slantbank.measure._compare import coverage as coverage
    from slantbank.measure._compare import evidence as evidence
    from slantbank.measure._differences import differences as differences
    from slantbank.measure._differences import distances as distances
    from slantbank.measure._differences import layout as layout
    from slantbank.measure._labels import speaking as speaking
    from slantbank.measure._measures import FAMILIES as FAMILIES
    from slantbank.measure._measures import MEASURES as MEASURES
    from slantbank.measure._warnings import WARNING as WARNING

__getattr__, __dir__ = lazy(
    __name__,
    _agreement="ALL agreement outliers",
    _compare="by_coder compare coverage evidence",
    _differences="differences distances layout",
    _labels="speaking",
    _measures="FAMILIES MEASURES",
    _warnings="WARNING",
)
