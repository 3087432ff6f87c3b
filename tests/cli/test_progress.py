"""A progress bar shows only on a terminal, and only if the work takes longer than a second."""

import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

fcntl, pty, termios = (pytest.importorskip(name, reason="Windows has no such terminal") for name in ("fcntl", "pty", "termios"))

CODE = """
import time
from pathlib import Path
from slantbank.cli._shared import progress_bar
for _ in progress_bar([Path(str(i)) for i in range(8)]):
    time.sleep({pause})
"""


def _on_a_terminal(pause: float) -> str:
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    command = [sys.executable, "-c", CODE.format(pause=pause)]
    result = subprocess.run(command, stderr=follower, stdout=subprocess.DEVNULL, check=True)
    assert result.returncode == 0
    os.set_blocking(leader, False)
    try:
        return os.read(leader, 65536).decode()
    except BlockingIOError:
        return ""
    finally:
        os.close(leader)
        os.close(follower)


def test_slow_work_on_a_terminal_shows_a_progress_bar() -> None:
    assert "/8" in _on_a_terminal(0.2)


def test_quick_work_on_a_terminal_is_silent() -> None:
    assert _on_a_terminal(0.001) == ""


def test_without_a_terminal_no_progress_is_shown(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("w") as stderr:
        subprocess.run([sys.executable, "-c", CODE.format(pause=0.2)], stderr=stderr, check=True)
    assert log.read_text() == ""
