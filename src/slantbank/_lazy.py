"""Lazy imports: a name of a package is imported when it is first used (PEP 562).

`import slantbank` should take hardly longer than starting Python. So this module and `slantbank/__init__.py` import nothing at
the top, not even `typing`, which takes as long as Python's start.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def lazy(package: str, *, modules: str = "", **homes: str) -> "tuple[Callable[[str], object], Callable[[], list[str]]]":
    """Return `__getattr__` and `__dir__` for a package that imports its names when they are first used.

    Each keyword of `homes` is a private module, its value the names that it offers, separated by spaces. `modules` names private
    modules, without their underscore, that the package offers as modules.
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
