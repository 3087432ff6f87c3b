"""The versions that a release ships, from the changelogs. `python .ci/versions.py v1.2.3` fails if that is no tag for them."""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def versions(root: Path = ROOT) -> dict[str, str]:
    """The newest version of each by the changelogs, named as in README's table of versions."""
    package = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    data = (root / "data/CHANGELOG.md").read_text(encoding="utf-8")
    return {
        "package": _newest(r"^## ([\d.]+) — ", package),
        "data": _newest(r"^## ([\d.]+) — ", data),
        "codebook": _newest(r"^### Codebook\n- ([\d.]+):", package),
        "layout of files and frames": _newest(r"^### Layout ([\d.]+)$", package),
    }


def hindrances(tag: str, root: Path = ROOT) -> list[str]:
    """Why nothing can be released under this tag: none, if it can."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = []
    if tag != f"v{project['version']}":
        found.append(f"the tag is {tag}, the version in pyproject.toml {project['version']}")
    for name in ("CHANGELOG.md", "data/CHANGELOG.md"):
        heading = _newest(r"^## (.*)$", (root / name).read_text(encoding="utf-8"))
        if not re.fullmatch(r"[\d.]+ — \d{4}-\d{2}-\d{2}", heading):
            found.append(f"the newest heading of {name} has no version and day: {heading}")
    if versions(root)["package"] != project["version"]:
        found.append(f"the newest version in CHANGELOG.md is {versions(root)['package']}, in pyproject.toml {project['version']}")
    return found


def _newest(pattern: str, changelog: str) -> str:
    match = re.search(pattern, changelog, re.MULTILINE)
    return match[1] if match else ""


if __name__ == "__main__":
    if sys.argv[1:] == ["data"]:
        print(versions()["data"])
    else:
        print("\n".join(f"{name}: {version}" for name, version in versions().items()))
        sys.exit("\n".join(why for tag in sys.argv[1:] for why in hindrances(tag)))
