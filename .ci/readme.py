"""Print the command of README.md that stands under a mark, as `python .ci/readme.py main`: main, test, or main in PowerShell."""

import re
import sys
from pathlib import Path


def command(mark: str, root: Path = Path(__file__).parents[1]) -> str:
    """The block of code under `<!-- command: MARK -->`."""
    readme = (root / "README.md").read_text(encoding="utf-8")
    match = re.search(rf"<!-- command: {re.escape(mark)} -->\n```\w+\n(.*?)\n```", readme, re.DOTALL)
    if match is None:
        raise SystemExit(f"README.md has no command {mark}")
    return match[1]


if __name__ == "__main__":
    sys.stdout.write(command(*sys.argv[1:]) + "\n")
