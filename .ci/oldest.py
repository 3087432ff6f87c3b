"""Print constraints for pip: of each dependency of the package and of its tests, the oldest version that pyproject.toml allows.

python .ci/oldest.py > oldest.txt && pip install -e ".[test]" -c oldest.txt
"""

import re
import sys
import tomllib
from pathlib import Path

_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?:\[(?P<extras>[^]]*)\])?(?:(?P<sign>>=|==)(?P<version>[0-9.]+))?")


def constraints(project: dict, extra: str) -> dict[str, str]:
    """Oldest versions by name, of the dependencies and of an extra with the extras that it names."""
    oldest: dict[str, str] = {}
    waiting = [*project["dependencies"], f"{project['name']}[{extra}]"]
    while waiting:
        requirement = waiting.pop()
        match = _REQUIREMENT.fullmatch(requirement)
        if match is None:
            raise ValueError(f"{requirement}: a requirement here is NAME, NAME>=VERSION or NAME==VERSION")
        if match["name"] == project["name"]:
            waiting += [other for name in match["extras"].split(",") for other in project["optional-dependencies"][name]]
        elif match["version"] and oldest.setdefault(match["name"], match["version"]) != match["version"]:
            raise ValueError(f"{match['name']} has two oldest versions: {oldest[match['name']]} and {match['version']}")
    return oldest


if __name__ == "__main__":
    pyproject = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    for name, version in sorted(constraints(pyproject["project"], "test").items()):
        sys.stdout.write(f"{name}=={version}\n")
