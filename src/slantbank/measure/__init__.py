"""Agreement and comparison: frames in, frames out."""

from typing import TYPE_CHECKING

from slantbank._lazy import lazy

if TYPE_CHECKING:
    from slantbank.measure._agreement import ALL as ALL
    from slantbank.measure._agreement import agreement as agreement
    from slantbank.measure._agreement import outliers as outliers
    from slantbank.measure._compare import (
        FAMILIES as FAMILIES,
    )
    from slantbank.measure._compare import (
        MANY as MANY,
    )
    from slantbank.measure._compare import (
        by_coder as by_coder,
    )
    from slantbank.measure._compare import (
        compare as compare,
    )
    from slantbank.measure._compare import (
        coverage as coverage,
    )
    from slantbank.measure._compare import (
        differences as differences,
    )
    from slantbank.measure._compare import (
        distances as distances,
    )
    from slantbank.measure._compare import (
        evidence as evidence,
    )
    from slantbank.measure._compare import (
        layout as layout,
    )

__getattr__, __dir__ = lazy(
    __name__,
    _agreement="ALL agreement outliers",
    _compare="FAMILIES MANY by_coder compare coverage differences distances evidence layout",
)
