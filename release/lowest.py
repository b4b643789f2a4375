"""Write the lowest versions that pyproject.toml allows of what a user installs, as constraints.

`python -m release.lowest >lowest.txt` is what `make test-lowest` installs by: each dependency, and
each package of these extras, exactly as old as its line in pyproject.toml says.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

PROJECT: Final = Path(__file__).resolve().parents[1] / "pyproject.toml"
EXTRAS: Final = ("chat", "durable", "images", "jwt", "mcp", "mock")
"""Extras that the tests have. The SDKs of the adapters decide about much else, and have a target of
their own; the other extras are for work on the project."""
_LOWEST: Final = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?:\[.*\])?>=(?P<version>[0-9.]+)")


def lowest_versions(project: dict[str, Any]) -> dict[str, str]:
    """Return the lowest version of each package.

    Raises:
        ValueError: A requirement says none, so nobody can tell whether it holds.
    """
    extras = project["optional-dependencies"]
    requirements = [*project["dependencies"], *(each for name in EXTRAS for each in extras[name])]
    versions: dict[str, str] = {}
    for requirement in requirements:
        found = _LOWEST.match(requirement)
        if found is None:
            raise ValueError(f"{requirement}: say the lowest version, NAME>=VERSION.")
        versions.setdefault(found["name"], found["version"])
    return versions


def main() -> None:
    """Print the constraints."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    for name, version in lowest_versions(project).items():
        sys.stdout.write(f"{name}=={version}\n")


if __name__ == "__main__":
    main()
