"""Rooms that open when somebody enters: a name of a package is imported when it is first used (PEP 562).

`import slantbank` should cost hardly more than Python itself: what this module and the package's own door need is builtin, so that
even `typing`, which takes as long as Python's start, is left to type checkers.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def lazy(package: str, *, modules: str = "", **homes: str) -> "tuple[Callable[[str], object], Callable[[], list[str]]]":
    """The `__getattr__` and `__dir__` of a package whose names are imported when they are first used.

    `homes` names, for each private module of the package, what it offers, parted by spaces; `modules` names the private
    modules that are offered whole, without their underscore.
    """
    home = {name: module for module, names in homes.items() for name in names.split()}
    whole = modules.split()

    def getattr_(name: str) -> object:
        from importlib import import_module

        if name in whole:
            return import_module(f"{package}._{name}")
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{home[name]}"), name)

    return getattr_, lambda: sorted([*home, *whole])
