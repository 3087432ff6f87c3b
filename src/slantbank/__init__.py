"""slantbank: articles labelled sentence by sentence, so that accounts of one event can be laid side by side.

A name is imported when it is first used: `import slantbank` itself loads neither polars nor datasets. What `__all__` names is
public; the rooms behind it (CONTRIBUTING.md has the map) may change at any time.
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
