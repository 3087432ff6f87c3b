"""Shards of unlabelled text, built into frames on an engine."""

from typing import TYPE_CHECKING

from slantbank._lazy import lazy

if TYPE_CHECKING:
    from slantbank.crawl import _engine as engine
    from slantbank.crawl._crawl import build
    from slantbank.crawl._sources import find_shards
else:
    __getattr__, __dir__ = lazy(
        __name__,
        _crawl="build",
        _sources="find_shards",
        modules="engine",
    )
