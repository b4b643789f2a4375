"""Try an installed package: `python -I smoke.py`, in an environment that has nothing else.

Only the standard library is used beside it. A server on loopback is the API; the commands are
those of the environment that runs this.
"""

from __future__ import annotations

import json
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final

DOCUMENT: Final[dict[str, Any]] = {
    "openapi": "3.1.0",
    "info": {"title": "Pets", "version": "1"},
    "paths": {
        "/pets/{pet_id}": {
            "get": {
                "operationId": "get_pet",
                "summary": "Get a pet.",
                "parameters": [
                    {
                        "name": "pet_id",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "integer"},
                    }
                ],
                "responses": {"200": {"description": "The pet."}},
            }
        }
    },
}


class Pets(BaseHTTPRequestHandler):
    """An API of pets, and its document."""

    def do_GET(self) -> None:
        """Answer the document, or the pet that is asked for."""
        answer: Any = DOCUMENT
        if self.path != "/openapi.json":
            answer = {"id": int(self.path.rpartition("/")[2]), "name": "Rex"}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def command(name: str, *arguments: str) -> str:
    """Return what a command of this environment writes."""
    program = Path(sys.executable).with_name(name)
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{name} {' '.join(arguments)}: {done.stderr}"
    return done.stdout


def try_library(url: str) -> None:
    """Load a document, make its tools, export and call one."""
    import openapi2tools as o2t  # noqa: PLC0415 -- that it can be imported is the first test

    assert Path(o2t.__file__).is_relative_to(sys.prefix), f"{o2t.__file__} is another copy"
    tools = o2t.build_tools(o2t.load(url))
    assert [each["function"]["name"] for each in o2t.export(tools)] == ["get_pet"]
    with o2t.connect(tools) as client:
        assert client.call("get_pet", {"pet_id": 7}).data == {"id": 7, "name": "Rex"}


def try_commands(url: str, version: str) -> None:
    """Run the commands, by both names."""
    for name in ("openapi2tools", "oas2tools"):
        assert command(name, "--version").strip() == version
        assert "get_pet" in command(name, "inspect", url)
    called = command("oas2tools", "call", url, "get_pet", "pet_id=8")
    assert json.loads(called) == {"id": 8, "name": "Rex"}
    assert json.loads(command("openapi2tools", "export", url, "--format", "anthropic"))


def main() -> None:
    """Try all of it, with the version that is expected as the only argument."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pets)
    Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/openapi.json"
    try_library(url)
    try_commands(url, sys.argv[1])
    server.shutdown()
    sys.stdout.write(f"oas2tools {sys.argv[1]} works in {sys.prefix}\n")


if __name__ == "__main__":
    main()
