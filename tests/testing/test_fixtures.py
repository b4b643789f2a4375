"""The fixtures for pytest, in a test of somebody else's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.support.pets import DOCUMENT, Pets
from tests.support.server import LoopbackServer

if TYPE_CHECKING:
    from pathlib import Path

TESTS = """
from openapi2tools import build_tools, connect, load

def test_mocked(mock_api):
    mock = mock_api("pets.json", auth=False)
    with connect(build_tools(load(mock.document))) as client:
        assert client.call("get_pet", {"pet_id": 7}).ok

def test_kept(exchanges):
    with connect(build_tools(load("pets.json")), recording=exchanges) as client:
        assert client.call("get_pet", {"pet_id": 1}).data["name"] == "Rex"
"""


def run(folder: Path, **environment: str) -> str:
    command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def test_mocks_are_opened_and_exchanges_are_recorded_once(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["openapi2tools.testing.fixtures"]\n')
    (tmp_path / "test_shop.py").write_text(TESTS)
    with LoopbackServer(Pets().answer) as server:
        document = {**DOCUMENT, "servers": [{"url": server.url}]}
        (tmp_path / "pets.json").write_text(json.dumps(document))
        without = run(tmp_path)
        assert "1 passed, 1 error" in without
        assert "run this test once with OPENAPI2TOOLS_RECORD=1" in without
        assert "2 passed" in run(tmp_path, OPENAPI2TOOLS_RECORD="1")
    assert (tmp_path / "recordings/test_shop/test_kept.jsonl").is_file()
    assert "2 passed" in run(tmp_path)
