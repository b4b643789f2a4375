"""A view on a client serves one user or role on the same connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools.call.connect import connect
from openapi2tools.call.policy import Policy
from openapi2tools.errors import (
    ApprovalNeeded,
    InvalidOption,
    MissingCredential,
    Refused,
    UnknownTool,
)
from openapi2tools.model import SecurityScheme
from tests.support.calling import parameter, tool, tools
from tests.support.pets import open_pets
from tests.support.server import Answer, LoopbackServer, Received

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.call.client import Client

KEY = {"schemes": {"key": SecurityScheme("key", "apiKey", name="X-Key", location="header")}}


def echo(received: Received) -> Answer:
    headers = {"Set-Cookie": f"session={received.headers.get('x-key')}-cookie"}
    return Answer(200, {"target": received.target, **received.headers}, headers)


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(echo) as running:
        yield running


def open_client(server: LoopbackServer, **options: Any) -> Client:
    own = tool(server.url, parameter("q"), parameter("tenant"), api=KEY, security=({"key": ()},))
    return connect(tools(own), **options)


def test_each_user_is_served_with_their_own_credential(server: LoopbackServer) -> None:
    with open_client(server, credentials={"key": "operators-key"}) as client:
        for user in ("anns-key", "bobs-key"):
            client.scoped(credentials={"key": user}).call("t")
        client.call("t")
    keys = [received.headers["x-key"] for received in server.received]
    assert keys == ["anns-key", "bobs-key", "operators-key"]


@pytest.mark.parametrize("empty", ["", None])
def test_a_user_without_a_credential_gets_nobody_elses(server: LoopbackServer, empty: Any) -> None:
    client = open_client(server, credentials={"key": "operators-key"})
    with pytest.raises(InvalidOption, match="give this user's credential"):
        client.scoped(credentials={"key": empty})
    assert not server.received


def test_what_the_operator_has_in_the_environment_is_not_lent_to_a_user(
    server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    schemes = {
        "key": SecurityScheme("key", "apiKey", name="X-Key", location="header"),
        "token": SecurityScheme("token", "http", scheme="bearer"),
    }
    either = tool(server.url, api={"schemes": schemes}, security=({"key": ()}, {"token": ()}))
    monkeypatch.setenv("OPENAPI2TOOLS_KEY", "operators-key")
    client = connect(tools(either))
    client.call("t")
    client.scoped(credentials={"token": "anns-token"}).call("t")
    with pytest.raises(MissingCredential) as missing:
        client.scoped(credentials={}).call("t")
    assert "environment" not in str(missing.value)
    assert [received.headers.get("x-key") for received in server.received] == [
        "operators-key",
        None,
    ]
    assert server.received[1].headers["authorization"] == "Bearer anns-token"


def test_cookies_of_one_user_are_not_sent_for_another(server: LoopbackServer) -> None:
    client = open_client(server, credentials={"key": "operator"}, cookies=True)
    ann = client.scoped(credentials={"key": "anns-key"})
    ann.call("t")
    ann.call("t", headers={"X-Trace": "1"})
    client.scoped(credentials={"key": "bobs-key"}).call("t")
    sent = [received.headers.get("cookie") for received in server.received]
    assert sent == [None, "session=anns-key-cookie", None]


def test_a_view_shares_the_open_connections() -> None:
    ports = set()
    with open_pets() as (_, client), client:
        kept = client._connections
        ports |= {id(client.scoped(headers={"X-A": str(n)})._connections) for n in range(3)}
    assert ports == {id(kept)}


def test_a_role_has_fewer_tools_and_a_policy_of_its_own() -> None:
    with open_pets() as (pets, client):
        reader = client.scoped(tools=client.tools.only("*_pet"), policy=Policy(read_only=True))
        assert sorted(reader.tools) == ["add_pet", "delete_pet", "get_pet"]
        with pytest.raises(UnknownTool):
            reader.call("find_pets")
        with pytest.raises(Refused):
            reader.call("add_pet", {"name": "Tom"})
        assert client.call("add_pet", {"name": "Tom"}).ok
    assert [received.method for received in pets.received] == ["POST"]


def test_a_call_is_sent_by_a_view_with_the_policy_it_was_prepared_under() -> None:
    with open_pets() as (_, client):
        prepared = client.prepare("add_pet", {"name": "Tom"})
        with pytest.raises(Refused, match="another policy"):
            client.scoped(policy=Policy(confirm="all")).send(prepared)


def test_a_view_asks_whom_it_is_given() -> None:
    asked = []

    def approve(prepared: Any) -> bool:
        asked.append(prepared.call.tool)
        return True

    with open_pets(policy=Policy(confirm="writes")) as (_, client):
        with pytest.raises(ApprovalNeeded):
            client.call("add_pet", {"name": "Tom"})
        assert client.scoped(approve=approve).call("add_pet", {"name": "Tom"}).ok
    assert asked == ["add_pet"]


def test_headers_and_arguments_of_a_view_come_besides_the_clients(server: LoopbackServer) -> None:
    client = open_client(
        server, credentials={"key": "the-key"}, headers={"X-App": "shop", "X-User": "nobody"}
    )
    view = client.scoped(headers={"x-user": "ann"}, arguments={"tenant": "7"})
    assert "tenant" in client.tools["t"].schema["properties"]
    assert "tenant" not in view.tools["t"].schema["properties"]
    sent = view.call("t", {"q": "a"}).data
    assert (sent["target"], sent["x-app"], sent["x-user"]) == ("/?q=a&tenant=7", "shop", "ann")


def test_what_the_client_fixes_stays_fixed_in_a_view(server: LoopbackServer) -> None:
    free = open_client(server, credentials={"key": "the-key"})
    client = open_client(server, credentials={"key": "the-key"}, arguments={"tenant": "7"})
    with pytest.raises(InvalidOption, match="client's own tools"):
        client.scoped(tools=free.tools)
    with pytest.raises(InvalidOption, match="does not have 'other'"):
        client.scoped(tools=tools(tool(server.url, name="other")))
    assert client.scoped(tools=client.tools).call("t").data["target"] == "/?tenant=7"


@pytest.mark.parametrize(
    "options",
    [
        {"tools": ["t"]},
        {"policy": "read"},
        {"credentials": {"keys": "x"}},
        {"arguments": {"nobody": 1}},
        {"timeout": 0},
    ],
)
def test_a_view_refuses_what_cannot_be(server: LoopbackServer, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidOption):
        open_client(server, credentials={"key": "the-key"}).scoped(**options)
