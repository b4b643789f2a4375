"""What is ours speaks of requests without any HTTP library, and signs with those of others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest

from openapi2tools.call.connect import connect
from openapi2tools.model import MediaType, SecurityScheme
from tests.support.calling import parameter, tool, tools
from tests.support.pets import open_pets
from tests.support.server import Answer, LoopbackServer, Received

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator
    from pathlib import Path

KEY = {"schemes": {"key": SecurityScheme("key", "http", scheme="bearer")}}


def test_a_prepared_call_is_a_method_a_url_headers_and_a_body() -> None:
    with open_pets() as (_, client):
        prepared = client.prepare("add_pet", {"name": "Tom"})
    assert prepared.method == "POST"
    assert prepared.url.endswith("/pets")
    assert (
        prepared.headers["Content-Type"] == prepared.headers["content-type"] == "application/json"
    )
    assert prepared.body == b'{"name":"Tom"}'
    shown = json.loads(json.dumps(prepared.to_dict()))
    assert shown["headers"] == prepared.headers
    assert (shown["body"], shown["body_encoding"], shown["decision"]) == (
        '{"name":"Tom"}',
        "",
        "allow",
    )


def test_calls_that_would_send_the_same_are_equal() -> None:
    with open_pets() as (_, client):
        tom = client.prepare("add_pet", {"name": "Tom"})
        assert tom == client.prepare("add_pet", {"name": "Tom"})
        assert tom != client.prepare("add_pet", {"name": "Ann"})


def test_the_random_boundary_of_a_multipart_body_makes_no_difference(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"\0\1")
    media = MediaType("multipart/form-data", {"type": "object"})
    own = tool("http://localhost", method="POST", media_type=media)
    client = connect(tools(own), files=tmp_path)
    one, other = (client.prepare("t", {"body": {"a": "1"}}) for _ in range(2))
    assert one.body != other.body
    assert one == other


def test_bytes_and_files_of_a_body_are_json_too(tmp_path: Path) -> None:
    binary = MediaType("application/octet-stream", {"type": "string", "format": "binary"})
    client = connect(tools(tool("http://localhost", method="POST", media_type=binary)))
    shown = client.prepare("t", {"body": b"\x89\0"}).to_dict()
    assert (shown["body"], shown["body_encoding"]) == ("iQA=", "base64")
    (tmp_path / "photo.png").write_bytes(b"\x89" * 10)
    prepared = client.prepare("t", {"body": tmp_path / "photo.png"})
    shown = json.loads(json.dumps(prepared.to_dict()))
    assert (prepared.body, shown["body"], shown["files"]) == (None, None, ["photo.png"])


# --- signatures ---


class OwnHttpx(httpx.Auth):
    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
        request.headers["X-Signed"] = request.method
        yield request


class OwnHttpx2(httpx2.Auth):
    def auth_flow(self, request: httpx2.Request) -> Iterator[httpx2.Request]:  # type: ignore[override]
        request.headers["X-Signed"] = request.method
        yield request


class AnyFlow:
    """Of no library."""

    async def async_auth_flow(self, request: Any) -> AsyncGenerator[Any, Any]:
        request.headers["X-Signed"] = request.method
        yield request


class FetchesAToken(httpx2.Auth):
    requires_response_body = True

    def __init__(self, url: str) -> None:
        self.url = url

    def auth_flow(self, request: Any) -> Iterator[Any]:  # type: ignore[override]
        response = yield httpx2.Request("POST", f"{self.url}/token", json={"for": "ann"})
        request.headers["X-Signed"] = response.json()["token"]
        yield request


def echo(received: Received) -> Answer:
    if received.path == "/token":
        return Answer(200, {"token": f"token-of-{received.json()['for']}"})
    return Answer(200, {"done": True})


@pytest.mark.parametrize("auth", [OwnHttpx(), OwnHttpx2(), AnyFlow()])
def test_a_signature_of_either_library_signs(auth: Any) -> None:
    with LoopbackServer(echo) as server:
        own = tool(server.url, parameter("q"), api=KEY, security=({"key": ()},))
        assert connect(tools(own), credentials={"key": auth}).call("t").ok
        assert connect(tools(own), credentials=lambda scheme, call: auth).call("t").ok
    assert [received.headers["x-signed"] for received in server.received] == ["GET", "GET"]


def test_the_other_librarys_signature_may_talk_to_servers_first() -> None:
    with LoopbackServer(echo) as server:
        own = tool(server.url, parameter("q"), api=KEY, security=({"key": ()},))
        auth = FetchesAToken(server.url)
        assert connect(tools(own), credentials={"key": auth}).call("t").ok
    assert [received.path for received in server.received] == ["/token", "/"]
    assert server.received[1].headers["x-signed"] == "token-of-ann"


def test_another_librarys_signature_goes_to_trusted_origins_only() -> None:
    with LoopbackServer(echo) as server:
        own = tool(
            server.url,
            api={**KEY, "address": "https://example.com/openapi.json"},
            security=({"key": ()},),
        )
        client = connect(tools(own), credentials={"key": AnyFlow()})
        result = client.call_model("t")
    assert result.error == "refused"
    assert not server.received
