"""What the operator gives is in every request, wins, and is not asked of a model."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from openapi2tools.call.connect import connect
from openapi2tools.call.credentials.certificates import Certificate
from openapi2tools.call.policy import Policy
from openapi2tools.errors import InvalidOption, MissingCredential
from openapi2tools.model import Call, SecurityScheme
from openapi2tools.spec.load import load
from openapi2tools.tools.build import build_tools
from tests.support.calling import parameter, tool, tools
from tests.support.server import Answer, LoopbackServer, Received

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.model import Tool, Toolset

BEARER = {"schemes": {"auth": SecurityScheme("auth", "http", scheme="bearer")}}
NEEDS_AUTH: Any = ({"auth": ()},)


def answer(received: Received) -> Answer:
    status = {"/denied": 401, "/forbidden": 403}.get(received.path, 200)
    challenge = {"WWW-Authenticate": 'Basic realm="Bearer, of news"'} if status == 401 else {}
    return Answer(status, {"ok": status == 200}, challenge)


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(answer) as running:
        yield running


def document(server: LoopbackServer, *parameters: dict[str, Any], **operation: Any) -> Toolset:
    """Make the tools of a document with one operation that has these parameters."""
    declared = [{"schema": {"type": "string"}, **each} for each in parameters]
    return build_tools(
        load(
            {
                "openapi": "3.1.0",
                "info": {"title": "Orders", "version": "1"},
                "servers": [{"url": server.url}],
                "paths": {
                    "/orders": {
                        "get": {
                            "operationId": "list_orders",
                            "parameters": declared,
                            "responses": {},
                            **operation,
                        }
                    }
                },
            }
        )
    )


TENANT = {"name": "X-Tenant", "in": "header", "required": True}
LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}}


# --- arguments ---


@pytest.mark.parametrize("name", ["limit", "list_orders.limit", "list_*.limit"])
@pytest.mark.parametrize("value", [5, "5"])
def test_an_argument_that_is_set_leaves_the_schema_and_is_sent(
    server: LoopbackServer, name: str, value: object
) -> None:
    client = connect(document(server, LIMIT, TENANT), arguments={name: value, "X-Tenant": "acme"})
    schema = client.tools["list_orders"].schema
    assert (schema["properties"], "required" in schema) == ({}, False)
    client.call("list_orders")
    assert server.received[-1].query == "limit=5"
    assert server.received[-1].headers["x-tenant"] == "acme"


def test_what_a_model_gives_for_a_fixed_argument_is_not_used_and_noted(
    server: LoopbackServer,
) -> None:
    client = connect(document(server, LIMIT), arguments={"limit": 5})
    result = client.call("list_orders", {"limit": 100})
    assert server.received[-1].query == "limit=5"
    assert result.notes == ("limit is fixed by the operator: the value of this call was not used.",)


def test_the_value_for_one_tool_wins_over_that_for_all(server: LoopbackServer) -> None:
    given = {"list_orders.limit": 1, "limit": 2}
    connect(document(server, LIMIT), arguments=given).call("list_orders")
    assert server.received[-1].query == "limit=1"


def test_the_next_page_has_what_is_fixed_and_nothing_else_of_it() -> None:
    def page(received: Received) -> Answer:
        return Answer(200, [1], {"Link": '</orders?limit=5&page=2>; rel="next"'})

    number = {"name": "page", "in": "query", "schema": {"type": "integer"}}
    with LoopbackServer(page) as server:
        made = document(server, LIMIT, number)
        result = connect(made, arguments={"limit": 5}).call("list_orders", {"limit": 9})
        assert result.next is not None
        assert result.next.arguments == {"page": 2}
        fixed_page = connect(made, arguments={"page": 1}).call("list_orders")
        assert fixed_page.next is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"limt": 5}, r"'limt' cannot be set: no tool here has that argument.*Did you mean limit"),
        ({"list_orders.page": 5}, r"list_orders has not that argument"),
        ({"limit": 500}, r"'limit' cannot be set to this value for list_orders: limit: .*100"),
    ],
)
def test_an_argument_that_cannot_be_set_is_told_at_once(
    server: LoopbackServer, arguments: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidOption, match=words):
        connect(document(server, LIMIT), arguments=arguments)


# --- headers and credentials that fill parameters ---


def test_a_header_of_every_call_is_not_asked_of_a_model_and_wins(server: LoopbackServer) -> None:
    client = connect(document(server, TENANT), headers={"x-tenant": "acme", "Accept": "text/csv"})
    assert client.tools["list_orders"].schema["properties"] == {}
    client.call("list_orders", {"X-Tenant": "evil"})
    assert server.received[-1].headers["x-tenant"] == "acme"
    assert server.received[-1].headers["accept"] == "text/csv"


@pytest.mark.parametrize("location", ["header", "query", "cookie"])
def test_a_credential_by_its_place_fills_a_parameter_once(
    server: LoopbackServer, location: str
) -> None:
    made = document(server, {"name": "api_key", "in": location, "required": True})
    client = connect(made, credentials={f"{location}:api_key": "operators"})
    assert client.tools["list_orders"].schema["properties"] == {}
    client.call("list_orders", {"api_key": "models"})
    raw = server.received[-1].raw
    assert (raw.count(b"operators"), raw.count(b"models")) == (1, 0)


def test_a_header_gives_the_credential_of_a_scheme_that_writes_it(server: LoopbackServer) -> None:
    secured = tools(tool(server.url, api=BEARER, security=NEEDS_AUTH))
    client = connect(secured, headers={"Authorization": "Bearer hush"})
    assert client.call("t").status == 200
    assert server.received[-1].headers["authorization"] == "Bearer hush"
    assert "hush" not in client.prepare("t").http() + client.prepare("t").curl()
    assert "Authorization: Bearer <auth>" in client.prepare("t").http()


def test_a_header_that_was_given_outweighs_the_environment(
    server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAPI2TOOLS_AUTH", "of the environment")
    secured = tools(tool(server.url, api=BEARER, security=NEEDS_AUTH))
    with connect(secured, headers={"Authorization": "Bearer of the program"}) as client:
        client.call("t")
    assert server.received[-1].headers["authorization"] == "Bearer of the program"


def test_a_credential_that_was_given_outweighs_a_header(server: LoopbackServer) -> None:
    secured = tools(tool(server.url, api=BEARER, security=NEEDS_AUTH))
    headers = {"Authorization": "Bearer for all"}
    with connect(secured, headers=headers, credentials={"auth": "for auth"}) as client:
        client.call("t")
    assert server.received[-1].headers["authorization"] == "Bearer for auth"


def test_an_unchecked_tool_takes_any_fixed_value(server: LoopbackServer) -> None:
    limit = {"name": "limit", "in": "query", "schema": {"type": "integer"}}
    given = {"limit": "all"}
    with pytest.raises(InvalidOption, match=r"limit: expected an integer"):
        connect(document(server, limit), arguments=given)
    policy = Policy(unchecked=["list_orders"])
    with connect(document(server, limit), arguments=given, policy=policy) as client:
        client.call("list_orders")
        client.scoped(arguments={"limit": "none"}).call("list_orders")
    assert [received.target for received in server.received] == [
        "/orders?limit=all",
        "/orders?limit=none",
    ]


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding"])
def test_a_header_that_says_where_a_body_ends_is_refused(server: LoopbackServer, name: str) -> None:
    with pytest.raises(InvalidOption, match=f"{name} says where a body ends"):
        connect(tools(tool(server.url)), headers={name: "5"})


def test_a_header_is_shown_by_its_name(server: LoopbackServer) -> None:
    shown = connect(tools(tool(server.url)), headers={"X-Tenant": "acme"}).prepare("t").http()
    assert "X-Tenant: <X-Tenant>" in shown


def test_an_authorization_parameter_is_given_as_a_credential(server: LoopbackServer) -> None:
    parameter_ = {"name": "authorization", "in": "header", "required": True}
    client = connect(document(server, parameter_), credentials={"header:authorization": "Key 1"})
    client.call("list_orders")
    assert server.received[-1].headers["authorization"] == "Key 1"


def test_a_parameter_of_a_public_operation_is_still_filled(server: LoopbackServer) -> None:
    client = connect(document(server, TENANT, security=[]), credentials={"header:X-Tenant": "a1"})
    client.call("list_orders")
    assert server.received[-1].headers["x-tenant"] == "a1"


# --- a client of one's own ---


def with_own_client(made: Tool, **options: Any) -> Any:
    async def run() -> Any:
        async with httpx.AsyncClient(auth=("service", "hush")) as own:
            return await connect(tools(made), http=own, **options).acall("t")

    return asyncio.run(run())


def test_the_auth_of_ones_own_client_serves_where_nothing_is_given(server: LoopbackServer) -> None:
    with_own_client(tool(server.url, api=BEARER, security=NEEDS_AUTH))
    assert server.received[-1].headers["authorization"].startswith("Basic ")


@pytest.mark.parametrize("security", [({"tls": ()},), ({"tls": (), "auth": ()},)])
def test_the_certificate_of_ones_own_client_is_its_matter_and_its_auth_serves_beside(
    server: LoopbackServer, security: Any
) -> None:
    schemes = {**BEARER["schemes"], "tls": SecurityScheme("tls", "mutualTLS")}
    with_own_client(tool(server.url, api={"schemes": schemes}, security=security))
    assert server.received[-1].headers["authorization"].startswith("Basic ")


@pytest.mark.parametrize("answer", [None, "faulty\nvalue", ("a", "pair")])
@pytest.mark.parametrize("wrap", [True, False])
def test_nobody_is_served_with_the_auth_of_ones_own_client_in_place_of_theirs(
    server: LoopbackServer, answer: Any, wrap: bool
) -> None:
    def of_user(_scheme: SecurityScheme, _call: Call) -> Any:
        return answer

    given: Any = {"auth": of_user} if wrap else of_user
    with pytest.raises(MissingCredential):
        with_own_client(tool(server.url, api=BEARER, security=NEEDS_AUTH), credentials=given)
    assert not server.received


def test_where_anybody_may_call_a_callables_none_is_its_last_word(server: LoopbackServer) -> None:
    made = tool(server.url, api=BEARER, security=({"auth": ()}, {}))
    with_own_client(made, credentials=lambda scheme, call: None)
    assert "authorization" not in server.received[-1].headers


def test_a_missing_credential_is_the_same_error_with_ones_own_client(
    server: LoopbackServer,
) -> None:
    secured = tools(tool(server.url, api=BEARER, security=NEEDS_AUTH))
    texts = []
    for own in (None, httpx.AsyncClient()):
        with pytest.raises(MissingCredential) as caught:
            connect(secured, http=own).call("t")
        texts.append(str(caught.value))
    assert texts[0] == texts[1]


# --- what is said about credentials ---


@pytest.mark.parametrize("path", ["/denied", "/forbidden"])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"credentials": {"auth": "hush"}},
            "for auth (in the header Authorization as Bearer, from credentials)",
        ),
        ({}, "as Bearer, from the environment variable OPENAPI2TOOLS_AUTH)"),
        ({"headers": {"Authorization": "hush"}}, "from the headers of every call)"),
    ],
)
def test_a_refusal_says_which_credential_was_sent(
    server: LoopbackServer,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    options: dict[str, Any],
    words: str,
) -> None:
    monkeypatch.setenv("OPENAPI2TOOLS_AUTH", "hush" if not options else "")
    secured = tools(tool(server.url, api=BEARER, security=NEEDS_AUTH, path=path))
    text = connect(secured, **options).call("t").text
    assert words in text.splitlines()[1]
    assert "hush" not in text


def test_a_401_without_any_scheme_says_how_to_give_what_the_api_asks_for(
    server: LoopbackServer,
) -> None:
    text = connect(tools(tool(server.url, path="/denied"))).call("t").text
    assert text.splitlines()[1] == (
        "Credential: none was sent. The document defines no scheme: the operator can give it with "
        "credentials={'basic': 'USER:PASS'}."
    )


def test_a_401_where_the_document_asks_for_nothing_names_its_schemes(
    server: LoopbackServer,
) -> None:
    text = connect(tools(tool(server.url, path="/denied", api=BEARER))).call("t").text
    assert "defines auth, and this operation does not ask for any" in text
    assert "credentials={'auth': 'VALUE'}" in text


def test_missing_credentials_are_known_before_any_call(server: LoopbackServer) -> None:
    both = [
        tool(server.url, parameter("q"), name="a", api=BEARER, security=NEEDS_AUTH),
        tool(server.url, name="b"),
    ]
    missing = asyncio.run(connect(tools(*both)).missing_credentials())
    assert list(missing) == ["a"]
    assert "credentials={'auth': …}" in missing["a"]
    given = connect(tools(*both), credentials={"auth": lambda scheme, call: None})
    assert asyncio.run(given.missing_credentials()) == {}
    assert not server.received


def test_a_certificate_does_not_show_its_password() -> None:
    certificate = Certificate("a.pem", None, "hush")
    assert "hush" not in f"{certificate!r} {certificate} {[certificate]}"
    assert tuple(certificate) == ("a.pem", None, "hush")


@pytest.mark.parametrize(
    ("scheme", "credential", "words"),
    [
        (
            SecurityScheme("s", "http", scheme="bearer"),
            {"key": "hush"},
            "token, access_token, value",
        ),
        (SecurityScheme("s", "http", scheme="basic"), {"user": "hush"}, "username, password"),
        (SecurityScheme("s", "oauth2"), {"audience": "hush"}, "client_id, .*{'extra': {'audience'"),
        (SecurityScheme("s", "oauth2"), {"clientid": "hush"}, "did you mean client_id"),
    ],
)
def test_a_field_that_a_credential_has_not_is_told_with_those_it_has(
    server: LoopbackServer, scheme: SecurityScheme, credential: dict[str, str], words: str
) -> None:
    made = tools(tool(server.url, api={"schemes": {"auth": scheme}}, security=NEEDS_AUTH))
    with pytest.raises(MissingCredential, match=words) as caught:
        connect(made, credentials={"auth": credential}).call("t")
    assert "hush" not in str(caught.value)
