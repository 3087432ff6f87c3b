"""The package is light to import, and each public name has one address."""

import doctest
import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from mypy import api

import slantbank
from tests.conftest import ROOT

HEAVY = {"polars", "pandera", "datasets", "pandas", "pyarrow", "numpy", "pydantic", "click", "sentencex"}


def _modules(code: str) -> set[str]:
    # atexit prints the modules even if a command ends the process
    command = [sys.executable, "-c", f"import atexit, sys\natexit.register(lambda: print(*sys.modules))\n{code}"]
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    return {name.partition(".")[0] for name in result.stdout.split("\n")[-2].split()}


def test_import_loads_no_other_module() -> None:
    assert _modules("import slantbank") - _modules("pass") == {"slantbank"}


def test_help_loads_neither_polars_nor_a_module_that_needs_it() -> None:
    loaded = _modules("from slantbank.cli import cli\ncli.main(['--help'], standalone_mode=False)")
    assert loaded & HEAVY == {"click"}


def test_check_loads_neither_polars_nor_a_module_that_needs_it() -> None:
    loaded = _modules("from slantbank.cli import cli\ncli.main(['check'], standalone_mode=False)")
    assert "rtoml" in loaded
    assert loaded & (HEAVY | {"tqdm"}) == {"click", "pydantic", "sentencex"}


PUBLIC = {
    *("load", "load_all", "dataset", "path"),
    *("check", "build", "Problem", "ContributionError"),
    *("compare", "differences", "distances", "coverage", "evidence", "agreement", "report"),
    "__version__",
}
"""The names that users may rely on. CHANGELOG.md lists a name that is added or removed."""


@pytest.fixture
def _every_module_imported() -> None:
    """Import every module: each becomes an attribute of its package, which would hide a lazy name that is the same."""
    for module in pkgutil.walk_packages(slantbank.__path__, "slantbank."):
        if not module.name.endswith("__main__"):
            import_module(module.name)


def test_the_public_names_are_these_and_no_others() -> None:
    assert set(slantbank.__all__) == set(dir(slantbank)) == PUBLIC


@pytest.mark.usefixtures("_every_module_imported")
@pytest.mark.parametrize("name", sorted(PUBLIC - {"__version__"}))
def test_the_example_of_every_public_name_works(name: str) -> None:
    value = getattr(slantbank, name)
    assert callable(value)
    (test,) = doctest.DocTestFinder(recurse=False).find(value, name, globs={name: value})
    output: list[str] = []
    assert doctest.DocTestRunner(verbose=False).run(test, out=output.append).failed == 0, "".join(output)
    assert any(f"{name}(" in example.source for example in test.examples)


def test_public_names_are_not_the_names_of_modules() -> None:
    assert {module.name for module in pkgutil.iter_modules(slantbank.__path__)} & PUBLIC == set()


CONSUMER = """
from pathlib import Path

import polars as pl

import slantbank

problems: list[slantbank.Problem] = slantbank.check(Path("data"))
level: str = problems[0].level
frames: dict[str, pl.DataFrame] = slantbank.load_all()
compared: pl.DataFrame = slantbank.compare(frames, "outlet")
try:
    built: dict[str, pl.DataFrame] = slantbank.build("data")
except slantbank.ContributionError as error:
    first: slantbank.Problem = error.problems[0]
page: str = slantbank.report(frames, "topic")
version: str = slantbank.__version__
for name in (
    slantbank.agreement, slantbank.coverage, slantbank.dataset, slantbank.differences, slantbank.distances, slantbank.evidence,
    slantbank.load, slantbank.path,
):
    print(name)
reveal_type(slantbank.load)
slantbank.lode
"""


def test_a_type_checker_sees_every_public_name(tmp_path: Path) -> None:
    (tmp_path / "consumer.py").write_text(CONSUMER)
    options = ["--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(ROOT / ".mypy_cache"), "--strict"]
    out, _, code = api.run([*options, str(tmp_path / "consumer.py")])
    messages = [line.partition(": ")[2] for line in out.splitlines() if "consumer.py" in line]
    assert (code, len(messages)) == (1, 2), out
    assert "def (frame: str =" in messages[0]
    assert 'Module has no attribute "lode"' in messages[1]


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        slantbank.lode  # noqa: B018


def test_an_unknown_frame_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(ValueError, match="did you mean 'sentences'"):
        slantbank.load("sentence")


def test_load_knows_exactly_the_frames_of_the_schema() -> None:
    from slantbank.frames import _load as shipped
    from slantbank.frames import _schema as schema

    assert list(schema.FRAMES) == list(shipped.FRAMES)
