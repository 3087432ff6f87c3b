"""The command line."""

from typing import TYPE_CHECKING

from slantbank._lazy import lazy

if TYPE_CHECKING:
    from slantbank.cli._main import cli, main
else:
    __getattr__, __dir__ = lazy(
        __name__,
        _main="cli main",
    )
