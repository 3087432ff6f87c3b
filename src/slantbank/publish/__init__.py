"""Write the files for users: Parquet files, the dataset card, and rendered documents."""

from typing import TYPE_CHECKING

from slantbank._lazy import lazy

if TYPE_CHECKING:
    from slantbank.publish._build import build, stale, stale_rendered, tabulate, write_rendered
else:
    __getattr__, __dir__ = lazy(
        __name__,
        _build="build stale stale_rendered tabulate write_rendered",
    )
