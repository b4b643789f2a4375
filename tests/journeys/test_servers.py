"""Servers that others wrote, driven by their own documents through the command line: create, read,
list, delete (`make test-servers`)."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Done

pytestmark = pytest.mark.servers
SERVERS = Path(sys.prefix) / "servers" / "bin"
TOKEN = "sesame"
SECURED = {  # Jupyter's document does not say that the server wants a token
    "overlay": "1.0.0",
    "info": {"title": "Jupyter wants a token", "version": "1"},
    "actions": [
        {
            "target": "$",
            "update": {
                "securityDefinitions": {
                    "token": {"type": "apiKey", "in": "header", "name": "Authorization"}
                },
                "security": [{"token": []}],
            },
        }
    ],
}


@contextmanager
def running(folder: Path, program: str, *options: str) -> Iterator[str]:
    """Start a server's program on a free port and give its URL when it answers."""
    if not (SERVERS / program).exists():
        pytest.skip(f"{program} is not installed: make test-servers does it")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with (folder / "log").open("wb") as log:
        environment = {**os.environ, "ANONYMIZED_TELEMETRY": "False", "HOME": str(folder)}
        process = subprocess.Popen(
            [SERVERS / program, *options, f"--port={port}"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
        )
    try:
        wait_for(port, process, folder / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=120)


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = monotonic() + 90
    while monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            try:
                process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
        else:
            return
    raise AssertionError(f"the server did not start: {log.read_text(errors='replace')[-2000:]}")


def caller(cli: Callable[..., Done], source: str, *options: str) -> Callable[..., Any]:
    """Give `call(tool, **arguments)`, which asserts that the command succeeds and reads what it
    writes."""

    def call(tool: str, **arguments: Any) -> Any:
        done = cli("call", source, tool, "--args", json.dumps(arguments), "--yes", *options)
        assert done.code == 0, done.err
        return json.loads(done.out) if done.out else None

    return call


def test_jupyter_server(cli: Callable[..., Done], tmp_path: Path) -> None:
    (tmp_path / "overlay.json").write_text(json.dumps(SECURED))
    options = [
        "--spec-header",
        f"Authorization: token {TOKEN}",
        "--auth",
        f"token=token {TOKEN}",
        "--overlay",
        str(tmp_path / "overlay.json"),
    ]
    start = [
        f"--IdentityProvider.token={TOKEN}",
        "--no-browser",
        "--allow-root",
        f"--ServerApp.root_dir={tmp_path}",
    ]
    with running(tmp_path, "jupyter-server", *start) as url:
        call = caller(cli, f"{url}/api/spec.yaml", *options)
        call("put_api_contents_path", path="notes", body={"type": "directory"})
        call(
            "put_api_contents_path",
            path="notes/a b?.txt",
            body={"type": "file", "format": "text", "content": "hello"},
        )
        assert call("get_api_contents_path", path="notes/a b?.txt", content=1)["content"] == "hello"
        assert (tmp_path / "notes" / "a b?.txt").read_text() == "hello"
        assert [
            entry["name"] for entry in call("get_api_contents_path", path="notes")["content"]
        ] == ["a b?.txt"]
        call("delete_api_contents_path", path="notes/a b?.txt")
        assert call("get_api_contents_path", path="notes")["content"] == []


def test_chromadb(cli: Callable[..., Done], tmp_path: Path) -> None:
    place = {"tenant": "default_tenant", "database": "default_database"}
    with running(tmp_path, "chroma", "run", f"--path={tmp_path / 'data'}") as url:
        # the document is found from the root; the key is declared and not checked
        call = caller(cli, url, "--auth", "ApiKeyAuth=unused")
        made = call("create_collection", name="books", **place)
        assert [one["id"] for one in call("list_collections", **place)] == [made["id"]]
        records = {**place, "collection_id": made["id"]}
        call(
            "collection_add",
            ids=["a", "b"],
            embeddings=[[1, 0], [0, 1]],
            documents=["one", "two"],
            **records,
        )
        assert call("collection_get", ids=["b"], include=["documents"], **records)["documents"] == [
            "two"
        ]
        assert call("collection_query", query_embeddings=[[1, 0.1]], n_results=1, **records)[
            "ids"
        ] == [["a"]]
        call("collection_delete", ids=["a"], **records)
        assert call("collection_count", **records) == 1
        call("delete_collection", collection_id="books", **place)
        assert call("list_collections", **place) == []
