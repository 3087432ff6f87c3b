"""The command line and files keep every character on systems with a code page, as Windows."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

COMPARE = ["compare", "free-iran-rally-2017"]


def slantbank(command: list[str], code: str = "pass", **variables: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command in a process of its own, after some code."""
    code = f"import sys; sys.argv = {['slantbank', *command]!r}; {code}; from slantbank.cli import main; main()"
    environment = {**{name: value for name, value in os.environ.items() if not name.startswith("PYTHONIO")}, **variables}
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, check=False)


@pytest.mark.parametrize("command", [COMPARE, ["explain", "3.2"]], ids=" ".join)
def test_a_console_that_lacks_a_character_gets_all_others(command: list[str]) -> None:
    result = slantbank(command, PYTHONIOENCODING="cp1252")
    assert result.returncode == 0, result.stderr
    assert result.stdout.decode("cp1252").replace("\\u2212", "\u2212") == slantbank(command).stdout.decode("utf-8")


def test_output_to_a_file_is_utf8_on_every_code_page() -> None:
    windows = "import io; sys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding='cp1252')"
    result = slantbank(COMPARE, windows)
    assert result.returncode == 0, result.stderr
    assert "\u2212" in result.stdout.decode("utf-8")
    assert result.stdout == slantbank(COMPARE).stdout


READS_OR_WRITES = {"open": 1, "read_text": 0, "write_text": 1}
"""Methods of a path that take an encoding, with the number of arguments before it."""


@pytest.mark.parametrize("module", sorted((ROOT / "src").rglob("*.py")), ids=lambda path: path.stem)
def test_every_read_and_write_names_its_encoding(module: Path) -> None:
    for call in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        match call:
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id="open" as name), args=arguments, keywords=keywords):
                if len(arguments) != READS_OR_WRITES.get(name):
                    continue
                binary = name == "open" and isinstance(arguments[-1], ast.Constant) and "b" in str(arguments[-1].value)
                assert binary or "encoding" in {keyword.arg for keyword in keywords}, f"{module}:{call.lineno}"
