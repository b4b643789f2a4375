"""Which modules a program imports, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).parents[2]
_BEFORE: Final = """
import atexit, json, sys
before = {*sys.modules}
def tell():
    print(json.dumps([*{*sys.modules} - before]), file=sys.stderr)
atexit.register(tell)
"""


def loaded_modules(program: str) -> set[str]:
    """Run a program; return the names of all modules that it imported."""
    done = subprocess.run(
        [sys.executable, "-c", _BEFORE + program],
        capture_output=True,
        text=True,
        check=True,
        cwd=_ROOT,
    )
    return {*json.loads(done.stderr.splitlines()[-1])}


def packages_of(modules: set[str]) -> set[str]:
    """Return the packages that are neither Python's nor ours."""
    packages = {module.partition(".")[0] for module in modules}
    known = {*sys.stdlib_module_names, "openapi2tools"}
    return {name for name in packages - known if not name.startswith("_")}


def rooms_of(modules: set[str]) -> set[str]:
    """Return the rooms of ours that modules stand in: `call`, `spec`, `errors`."""
    ours = [module.split(".") for module in modules if module.startswith("openapi2tools.")]
    return {parts[1] for parts in ours}
