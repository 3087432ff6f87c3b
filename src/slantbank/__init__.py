"""slantbank: news articles labelled sentence by sentence, to compare accounts of one event.

A name is imported when it is first used: `import slantbank` itself loads neither polars nor datasets. The names in `__all__` are
public; everything else may change at any time. CONTRIBUTING.md has a map of the package.
"""

from slantbank._lazy import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from slantbank.frames import dataset, load, load_all, path
    from slantbank.measure import agreement, compare, coverage, differences, distances, evidence
    from slantbank.problem import ContributionError, Problem
    from slantbank.publish import build
    from slantbank.rules import check
    from slantbank.show import report

    __version__: str
else:
    _get, _dir = lazy(
        __name__,
        frames="dataset load load_all path",
        measure="agreement compare coverage differences distances evidence",
        problem="ContributionError Problem",
        publish="build",
        rules="check",
        show="report",
    )

    def __getattr__(name):
        if name == "__version__":
            from importlib.metadata import version

            return version("slantbank")
        return _get(name)

    def __dir__():
        return [*_dir(), "__version__"]


__all__ = [
    "ContributionError",
    "Problem",
    "__version__",
    "agreement",
    "build",
    "check",
    "compare",
    "coverage",
    "dataset",
    "differences",
    "distances",
    "evidence",
    "load",
    "load_all",
    "path",
    "report",
]
