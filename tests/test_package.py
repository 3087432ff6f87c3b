"""The package is light to import, and each public name has one address."""

import subprocess
import sys

import pytest

import slantbank

HEAVY = {"polars", "pandera", "datasets", "pandas", "pyarrow", "numpy", "pydantic", "click", "sentencex"}


def _modules(code: str) -> set[str]:
    # a command may end the process, and what it loaded is told all the same
    command = [sys.executable, "-c", f"import atexit, sys\natexit.register(lambda: print(*sys.modules))\n{code}"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return {name.partition(".")[0] for name in done.stdout.split("\n")[-2].split()}


def test_import_loads_nothing_heavy() -> None:
    assert _modules("import slantbank") & HEAVY == set()


def test_help_loads_neither_polars_nor_what_needs_it() -> None:
    loaded = _modules("from slantbank.cli import cli\ncli.main(['--help'], standalone_mode=False)")
    assert loaded & HEAVY == {"click"}


def test_check_loads_neither_polars_nor_what_needs_it() -> None:
    loaded = _modules("from slantbank.cli import cli\ncli.main(['check'], standalone_mode=False)")
    assert "rtoml" in loaded
    assert loaded & (HEAVY | {"tqdm"}) == {"click", "pydantic", "sentencex"}


@pytest.mark.parametrize("name", slantbank.__all__)
def test_every_public_name_is_there_and_listed(name: str) -> None:
    assert getattr(slantbank, name).__doc__
    assert name in dir(slantbank)


def test_public_names_are_not_the_names_of_modules() -> None:
    import pkgutil

    assert {module.name for module in pkgutil.iter_modules(slantbank.__path__)} & set(slantbank.__all__) == set()


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        slantbank.lode  # noqa: B018


def test_an_unknown_frame_is_told_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="did you mean 'sentences'"):
        slantbank.load("sentence")


def test_the_imports_go_leftwards_only() -> None:
    from importlinter.cli import lint_imports

    assert lint_imports(no_cache=True) == 0


def test_the_frames_that_can_be_loaded_are_those_of_the_schema() -> None:
    from slantbank.frames import _load as shipped
    from slantbank.frames import _schema as schema

    assert list(schema.FRAMES) == list(shipped.FRAMES)
