"""How commands connect: `--ca`, `--insecure`, `--timeout`, and `--server` without a path."""

from __future__ import annotations

import json
import ssl
import threading
from typing import TYPE_CHECKING

import pytest
import trustme

from openapi2tools.errors import FetchError
from openapi2tools.spec.load import load
from tests.support.server import Answer, LoopbackServer, Received

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Done

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Secure", "version": "1"},
    "paths": {"/ping": {"get": {"operationId": "ping", "responses": {}}}},
}
COMMANDS = [["export"], ["inspect"], ["lint"], ["auth", "status"], ["call"]]


def answer(received: Received) -> Answer:
    return Answer(200, DOCUMENT if received.path == "/openapi.json" else {"pong": True})


@pytest.fixture
def authority(tmp_path: Path) -> trustme.CA:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return authority


@pytest.fixture
def source(authority: trustme.CA) -> Iterator[str]:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    with LoopbackServer(answer, tls=tls) as server:
        yield f"{server.url}/openapi.json"


def with_tool(command: list[str], source: str) -> list[str]:
    return [*command, source, *(["ping"] if command == ["call"] else [])]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_an_authority_of_ones_own_is_trusted_by_every_command(
    cli: Callable[..., Done], source: str, tmp_path: Path, command: list[str]
) -> None:
    refused = cli(*with_tool(command, source))
    assert refused.code == 1
    assert "--ca FILE" in refused.err
    done = cli(*with_tool(command, source), "--ca", str(tmp_path / "ca.pem"))
    assert done.code == 0, done.err
    assert "Warning" not in done.err


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_an_unchecked_certificate_is_warned_of_each_time(
    cli: Callable[..., Done], source: str, command: list[str]
) -> None:
    for _ in range(2):
        done = cli(*with_tool(command, source), "--insecure")
        assert done.code == 0, done.err
        assert done.err.count("Warning: --insecure") == 1


@pytest.mark.parametrize(
    "command",
    [*COMMANDS, ["run"], ["serve"], ["search"], ["auth", "login"], ["auth", "logout"]],
    ids=" ".join,
)
def test_every_command_that_opens_a_connection_says_how(
    cli: Callable[..., Done], command: list[str]
) -> None:
    shown = cli(*command, "--help").out
    assert all(option in shown for option in ("--ca", "--insecure", "--timeout"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--ca", "nowhere.pem"], "No such file"),
        (["--ca", "a.pem", "--insecure"], "give one of them"),
        (["--timeout", "0"], "a number above 0"),
        (["--timeout", "inf"], "a number above 0"),
    ],
)
def test_a_connection_option_that_cannot_be_meant_is_wrong_usage(
    cli: Callable[..., Done], options: list[str], words: str
) -> None:
    done = cli("export", "https://127.0.0.1:9/openapi.json", *options)
    assert (done.code, words in done.err) == (2, True), done.err


def test_the_timeout_bounds_the_document_and_the_call(
    cli: Callable[..., Done], tmp_path: Path
) -> None:
    end = threading.Event()

    def never(_: Received) -> Answer:
        end.wait()
        return Answer()

    (tmp_path / "api.json").write_text(json.dumps(DOCUMENT))
    with LoopbackServer(never) as server:
        fetched = cli("export", f"{server.url}/openapi.json", "--timeout", "0.2")
        called = cli(
            "call", str(tmp_path / "api.json"), "ping", "--server", server.url, "--timeout", "0.2"
        )
        end.set()
    assert "did not answer in time" in fetched.err or "after 0.2 seconds" in fetched.err
    assert "--timeout" in fetched.err
    assert "No answer in time" in called.err


def test_load_takes_what_connect_takes(source: str, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="certificate"):
        load(source)
    assert load(source, verify=str(tmp_path / "ca.pem")).title == "Secure"
    assert load(source, verify=False).title == "Secure"
    with pytest.raises(FetchError, match="certificate cannot be used"):
        load(source, verify=str(tmp_path / "none.pem"))


def test_what_came_without_a_check_is_not_kept(source: str) -> None:
    load(source, verify=False)
    with pytest.raises(FetchError, match="certificate"):
        load(source)


def test_a_server_without_a_path_keeps_the_documents_and_says_so(
    cli: Callable[..., Done], tmp_path: Path
) -> None:
    path = tmp_path / "api.json"
    path.write_text(json.dumps({**DOCUMENT, "servers": [{"url": "https://example.com/api/v3"}]}))
    with LoopbackServer(answer) as server:
        kept = cli("call", str(path), "ping", "--server", server.url)
        exact = cli("call", str(path), "ping", "--server", f"{server.url}/")
        assert [request.target for request in server.received] == ["/api/v3/ping", "/ping"]
    assert f"Note: calls go to {server.url}/api/v3" in kept.err
    assert f"--server {server.url}/ goes without it" in kept.err
    assert "Note" not in exact.err
