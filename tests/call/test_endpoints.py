"""What is worked out once for a client holds for its calls, and nothing else does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import pytest

from openapi2tools.call.connect import connect
from openapi2tools.errors import Refused
from openapi2tools.model import SecurityScheme, Toolset
from tests.support.secured import secured
from tests.support.server import Answer, LoopbackServer

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = SecurityScheme("key", "apiKey", name="X-Key", location="header")


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(lambda _: Answer(body=b"{}")) as running:
        yield running


def keys(server: LoopbackServer) -> list[str | None]:
    return [request.headers.get("x-key") for request in server.received]


def test_a_variable_of_the_environment_that_changes_is_read_by_the_next_call(
    server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connect(Toolset([secured(KEY, servers=[server.url])])) as client:
        for secret in ("first-key", "second-key"):
            monkeypatch.setenv("OPENAPI2TOOLS_KEY", secret)
            assert client.call("t").status == 200
    assert keys(server) == ["first-key", "second-key"]


def test_a_credential_that_is_exchanged_in_the_mapping_is_read_by_the_next_call(
    server: LoopbackServer,
) -> None:
    credentials = {"key": "first-key"}
    with connect(Toolset([secured(KEY, servers=[server.url])]), credentials=credentials) as client:
        client.call("t")
        credentials["key"] = "second-key"
        client.call("t")
    assert keys(server) == ["first-key", "second-key"]


def test_a_view_has_its_own_credentials_after_its_client_has_called(
    server: LoopbackServer,
) -> None:
    tools = Toolset([secured(KEY, servers=[server.url])])
    with connect(tools, credentials={"key": "the-client's"}) as client:
        client.call("t")
        client.scoped(credentials={"key": "of-ann"}).call("t")
        client.scoped(credentials={"key": "of-bob"}).call("t", timeout=5)
        client.call("t")
    assert keys(server) == ["the-client's", "of-ann", "of-bob", "the-client's"]


def test_one_document_from_two_addresses_is_trusted_as_far_as_each_address_goes(
    server: LoopbackServer,
) -> None:
    here = secured(KEY, servers=[server.url])
    from_afar = replace(here, name="u", api=replace(here.api, address="https://docs.test/api"))
    assert from_afar.operation is here.operation
    tools = Toolset([here, from_afar])
    with connect(tools, credentials={f"{server.url.partition('//')[2]}/key": "hush"}) as client:
        assert client.call("t").status == 200
        with pytest.raises(Refused, match="internal host"):
            client.call("u")
    assert keys(server) == ["hush"]


def test_a_prepared_call_of_a_known_operation_is_the_same_as_the_first() -> None:
    client = connect(Toolset([secured(KEY, servers=["https://api.test/v1"])]))
    first, second = client.prepare("t"), client.prepare("t")
    assert first == second
    assert first.request is not second.request
    first.request.url = httpx.URL("https://other.test/")
    assert second.is_unchanged
    assert not first.is_unchanged
    assert client.prepare("t").url == "https://api.test/v1/pets"
