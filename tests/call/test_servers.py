"""A call goes to the server that the document, or the user, says."""

from __future__ import annotations

from typing import Any

import pytest

from openapi2tools.call.client import connect
from openapi2tools.call.servers import server_url
from openapi2tools.errors import CallError, InvalidOption
from openapi2tools.model import Server, ServerVariable
from tests.support.apis import tools_of
from tests.support.calling import tool, tools

REGION = ServerVariable("eu", ("eu", "us"))
SERVERS = (
    Server(
        "https://{region}.example.com/{base}/",
        "Production",
        {"region": REGION, "base": ServerVariable("v1")},
        "prod",
    ),
    Server("/relative", "Relative"),
)


def url(
    *choice: Any,
    servers: tuple[Server, ...] = SERVERS,
    address: str | None = "https://docs.example.com/api/openapi.json",
    **variables: str,
) -> str:
    return server_url(
        tool("", servers=servers, api={"address": address}), *choice, variables=variables
    )


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (None, "https://eu.example.com/v1"),
        (0, "https://eu.example.com/v1"),
        (1, "https://docs.example.com/relative"),
        ("1", "https://docs.example.com/relative"),
        ("prod", "https://eu.example.com/v1"),
        ("Relative", "https://docs.example.com/relative"),
        ("http://localhost:8000/x/", "http://localhost:8000/x"),
        ("/other", "https://docs.example.com/other"),
    ],
)
def test_a_server_is_chosen_by_url_index_or_name(choice: Any, expected: str) -> None:
    assert url(choice) == expected


def test_variables_fill_in_the_template() -> None:
    assert url(region="us", base="v2") == "https://us.example.com/v2"
    with pytest.raises(CallError, match="eu, us"):
        url(region="cn")
    with pytest.raises(CallError, match="server_variables"):
        url(servers=(Server("https://{tenant}.example.com"),))
    empty = {"base": ServerVariable("")}
    assert (
        url(servers=(Server("https://example.com/{base}", variables=empty),))
        == "https://example.com"
    )
    with pytest.raises(CallError, match="server_variables"):
        url(servers=(Server("https://{base}.example.com/x", variables=empty),))


@pytest.mark.parametrize(
    ("relative", "expected"),
    [
        ("/v1", "https://docs.example.com/v1"),
        ("v1", "https://docs.example.com/api/v1"),
        ("../v1", "https://docs.example.com/v1"),
        ("//other.example.com/v1", "https://other.example.com/v1"),
        ("/", "https://docs.example.com"),
        ("", "https://docs.example.com"),
    ],
)
def test_a_relative_address_resolves_against_the_documents(relative: str, expected: str) -> None:
    assert url(servers=(Server(relative),)) == expected


def test_of_two_schemes_the_safe_one_is_taken() -> None:
    assert (
        url(servers=(Server("http://api.example.com/v1"), Server("https://api.example.com/v1")))
        == "https://api.example.com/v1"
    )
    assert (
        url(servers=(Server("http://localhost:1/v1"), Server("https://localhost:1/v1")))
        == "http://localhost:1/v1"
    )
    assert (
        url(0, servers=(Server("http://api.example.com"), Server("https://api.example.com")))
        == "http://api.example.com"
    )


def test_without_servers_the_documents_origin_is_meant() -> None:
    assert url(servers=()) == "https://docs.example.com"


@pytest.mark.parametrize(
    ("servers", "address"),
    [((), None), ((Server("/v1"),), None), ((Server("/v1"),), "/home/me/openapi.json")],
)
def test_no_server_at_all_says_which_option_to_give(
    servers: tuple[Server, ...], address: str | None
) -> None:
    with pytest.raises(CallError, match=r"server='https://…' \(--server"):
        url(servers=servers, address=address)


def test_an_unknown_choice_lists_the_servers() -> None:
    with pytest.raises(CallError, match="0 prod https://"):
        url("staging")


def test_credentials_in_an_address_are_refused() -> None:
    with pytest.raises(CallError, match="credentials="):
        url("https://user:secret@example.com")


def test_a_server_that_is_no_web_address_is_told_as_such() -> None:
    subject = tool(
        "",
        servers=(Server("file:///etc/passwd"),),
        api={"address": "https://api.example.com/openapi.json"},
    )
    with pytest.raises(CallError, match="neither http nor https"):
        server_url(subject)


def test_a_variable_may_be_given_as_a_number() -> None:
    tools = tools_of(
        {"/x": {"get": {"responses": {}}}}, servers=[{"url": "http://localhost:{port}"}]
    )
    client = connect(tools, server_variables={"port": 8080})
    assert str(client.prepare(next(iter(tools))).request.url) == "http://localhost:8080/x"


def test_one_url_is_not_the_server_of_several_apis_but_an_index_is_one_of_each() -> None:
    a, b = tool("https://a.example.com/v1", name="a"), tool("https://b.example.net/v1", name="b")
    with pytest.raises(
        InvalidOption, match=r"a\.example\.com, b\.example\.net.*each API by themselves"
    ):
        connect(tools(a, b), server="https://staging.a.example.com")
    client = connect(tools(a, b), server=0)
    assert [client.prepare(name).request.url.host for name in ("a", "b")] == [
        "a.example.com",
        "b.example.net",
    ]
    again = tool("https://a.example.com/v2", name="again")
    assert (
        connect(tools(a, again), server="https://staging.a.example.com")
        .prepare("again")
        .request.url.host
        == "staging.a.example.com"
    )
