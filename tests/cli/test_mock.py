"""`openapi2tools mock`: a program that serves a stand-in for an API until it is interrupted."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from openapi2tools import build_tools, connect, load
from tests.support.pets import DOCUMENT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Done


def test_a_mock_is_served_until_it_is_interrupted(tmp_path: Path) -> None:
    path = tmp_path / "pets.json"
    path.write_text(json.dumps(DOCUMENT))
    command = ("openapi2tools", "mock", str(path), "--port", "0", "--no-auth")
    # Who runs the tests in the background ignores interrupts, and a child inherits that.
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        f"from openapi2tools.cli.main import main; main({list(command[1:])!r})"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stderr=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        assert first.startswith("A mock of Pets with 4 operations answers at http://127.0.0.1:")
        address = process.stderr.readline().split()[-1]
        with connect(build_tools(load(address))) as client:
            assert client.call("delete_pet", {"pet_id": 3}).ok
        assert process.stderr.readline() == "GET /openapi.json 200: the document\n"
        assert process.stderr.readline() == "DELETE /pets/3 204 delete_pet\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
        assert process.stderr.read() == ""


def test_what_cannot_be_mocked_is_told(cli: Callable[..., Done], tmp_path: Path) -> None:
    done = cli("mock", str(tmp_path / "none.json"))
    assert (done.code, "Traceback" in done.err) == (1, False)
    assert "--port" in cli("mock", "x", "--port", "70000").err
