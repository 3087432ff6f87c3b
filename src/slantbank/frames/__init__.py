"""The frames of a bank: their schema, and how to make and load them."""

from typing import TYPE_CHECKING

from slantbank._lazy import lazy

if TYPE_CHECKING:
    from slantbank.frames import _files as files
    from slantbank.frames import _hub as hub
    from slantbank.frames import _schema as schema
    from slantbank.frames import _store as store
    from slantbank.frames._load import dataset, load, load_all, outdated, path
    from slantbank.frames._store import OutputError
    from slantbank.frames._tabulate import tabulate
else:
    __getattr__, __dir__ = lazy(
        __name__,
        _load="dataset load load_all outdated path",
        _store="OutputError",
        _tabulate="tabulate",
        modules="files hub schema store",
    )
