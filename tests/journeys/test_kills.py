"""A run that is killed at random moments, and taken up until it is done, makes each write once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

RUNS = int(os.environ.get("OPENAPI2TOOLS_KILL_RUNS", "20"))
"""How many runs with each model; `make test-kill` has 500."""
SEED = int(os.environ.get("OPENAPI2TOOLS_KILL_SEED", "1"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a run is a fork of a process that is ready")
@pytest.mark.parametrize("kind", ["obeying", "disobeying"])
def test_no_write_is_made_twice_whenever_a_run_is_killed(kind: str) -> None:
    command = [sys.executable, "-m", "tests.support.kills", kind, str(RUNS), str(SEED)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2]
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    print(kind, figures)  # noqa: T201 -- the figures are what one runs this for
    assert figures["twice"] == 0
    assert figures["refused, made"] == 0
    assert figures["failed"] == 0, done.stderr
    assert figures["left unknown"] == 0
    assert figures["made"] == figures["wanted"] or kind == "obeying"
    assert figures["kills"] > RUNS
