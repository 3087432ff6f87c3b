"""slantbank: articles labelled sentence by sentence, so that accounts of one event can be laid side by side.

`path`, `load` and `dataset` give the bank that comes with the package; the modules hold the rest. A name is imported when
it is first used: `import slantbank` itself loads neither polars nor datasets.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from slantbank.problem import ContributionError, Problem
    from slantbank.shipped import dataset, load, path

_HOMES = {
    "ContributionError": "problem",
    "Problem": "problem",
    "dataset": "shipped",
    "load": "shipped",
    "path": "shipped",
}

__all__ = ["ContributionError", "Problem", "dataset", "load", "path"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
