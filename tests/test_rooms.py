"""Which rooms may import which, and which names a room offers."""

import ast
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import slantbank
from tests.conftest import ROOT

SOURCE = Path(slantbank.__file__).parent
DOORS = sorted(SOURCE.rglob("*/__init__.py"))
MODULES = sorted(SOURCE.rglob("*.py"))


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> Iterator[tuple[str, str, str]]:
    """Return each name of this package that a module imports, with its module and its alias."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "slantbank":
            yield from ((node.module or "", alias.name, alias.asname or alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "", alias.asname or alias.name) for alias in node.names if alias.name.startswith("slantbank."))


def test_rooms_import_only_lower_rooms() -> None:
    from importlinter.cli import lint_imports

    assert lint_imports(no_cache=True) == 0


def test_the_map_in_contributing_matches_the_package() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    tree = page.split("src/slantbank/\n")[1].split("```")[0]
    entries = {path.name for path in SOURCE.iterdir() if path.name != "__pycache__"}
    assert {line.split()[0].rstrip("/") for line in tree.splitlines()} == entries - {"hub_data"}
    layers = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"][0]["layers"]
    said = " → ".join(f"`{layer}`" for layer in layers if not layer.startswith("_"))
    assert said in " ".join(page.split())


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_no_module_imports_a_private_module_of_another_room(path: Path) -> None:
    room = f"{dotted(path.parent)}."
    for module, name, _ in imports(path):
        full = f"{module}.{name}"
        private = any(part.startswith("_") and not part.endswith("__") for part in full.split("."))
        assert not private or full.startswith((room, "slantbank._lazy.")), f"{full}: enter by the door"


@pytest.mark.parametrize("path", DOORS, ids=dotted)
def test_a_room_offers_exactly_the_names_that_it_lists_for_type_checkers(path: Path) -> None:
    door = import_module(dotted(path))
    listed = {alias: (module, name) for module, name, alias in imports(path) if module != "slantbank._lazy"}
    assert set(dir(door)) == set(listed)
    for alias, (module, name) in listed.items():
        offered = getattr(door, alias)
        assert offered is (import_module(f"{module}.{name}") if module == dotted(path) else getattr(import_module(module), name))


@pytest.mark.parametrize("path", DOORS, ids=dotted)
def test_no_name_of_a_room_is_the_name_of_a_module_in_it(path: Path) -> None:
    beside = {module.stem for module in path.parent.iterdir()}
    assert beside.isdisjoint(dir(import_module(dotted(path))))
