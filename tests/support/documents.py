"""The real documents that come with the project: a file name in, its tools out; each is read
once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from openapi2tools.spec.load import load
from openapi2tools.tools.build import build_tools

if TYPE_CHECKING:
    from openapi2tools.model import Toolset

REAL = Path(__file__).parents[2] / "specs/real"
SINGLE_FILES = sorted(path.name for path in REAL.iterdir() if path.suffix in (".json", ".yaml"))


@cache
def tools_of(name: str) -> Toolset:
    """Give the tools of one document in `specs/real`."""
    return build_tools(load(REAL / name, cache=False))
