"""A call goes to the server that the document, or the user, says."""

from __future__ import annotations

from typing import Any

import pytest

from openapi2tools.call.connect import connect
from openapi2tools.call.credentials.trust import decide_trust
from openapi2tools.call.servers import expand, server_url
from openapi2tools.errors import BlockedAddress, CallError, InvalidOption
from openapi2tools.model import Server, ServerVariable
from openapi2tools.spec.load import load
from openapi2tools.tools.build import build_tools
from tests.support.apis import document, tools_of
from tests.support.calling import tool, tools
from tests.support.server import Answer, LoopbackServer, Received

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
    with pytest.raises(CallError, match="give one: server='https://…'"):
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


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("https://{h}.example.com/v1", "evil.example#"),
        ("https://{h}.example.com/v1", "evil.example/"),
        ("https://{h}.example.com/v1", "evil.example?"),
        ("https://{h}.example.com/v1", "user@evil"),
        ("https://{h}.example.com/v1", "evil.example\\"),
        ("https://{h}:8443", "evil.example/"),
        ("https://{h}", "evil.example?x="),
        ("{h}://api.example.com", "https://evil.example/"),
        ("https://api.example.com/{h}/v1", "x?y="),
        ("https://api.example.com/{h}/v1", "x#"),
    ],
)
def test_a_variables_value_cannot_leave_its_place(template: str, value: str) -> None:
    server, given = Server(template), {"h": value}
    with pytest.raises(CallError, match="than its own place"):
        expand(server, given)
    trusted = decide_trust(None, [server], variables=given)
    assert not any("evil" in origin for origin in trusted.origins)


@pytest.mark.parametrize(
    ("template", "value", "url"),
    [
        ("https://{h}.example.com/v1", "eu-1", "https://eu-1.example.com/v1"),
        ("https://{h}/v1", "localhost:8080", "https://localhost:8080/v1"),
        ("https://{h}", "api.example.com/v2", "https://api.example.com/v2"),
        ("{h}/v1", "https://api.example.com/base", "https://api.example.com/base/v1"),
        ("{h}://api.example.com", "https", "https://api.example.com"),
        ("https://api.example.com/{h}", "a/b", "https://api.example.com/a/b"),
    ],
)
def test_a_variables_value_fills_its_place(template: str, value: str, url: str) -> None:
    server, given = Server(template), {"h": value}
    assert expand(server, given) == url
    assert decide_trust(None, [server], variables=given).refusal(url) is None


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


# --- a URL without a path ---


@pytest.mark.parametrize(
    ("server", "choice", "expected"),
    [
        ("https://api.example.com/api/v3", "http://localhost:8080", "http://localhost:8080/api/v3"),
        ("https://api.example.com/api/v3", "http://localhost:8080/", "http://localhost:8080"),
        ("https://api.example.com/api/v3", "http://localhost:8080/x", "http://localhost:8080/x"),
        ("https://api.example.com", "http://localhost:8080", "http://localhost:8080"),
        ("/v1", "http://localhost:8080", "http://localhost:8080/v1"),
        ("v1", "http://localhost:8080", "http://localhost:8080/api/v1"),
        ("//api.example.com/v1/", "http://localhost:8080", "http://localhost:8080/v1"),
        ("https://{region}.example.com/{base}/x", "http://a.test", "http://a.test/x"),
        ("{server}/v1", "http://a.test", "http://a.test"),
    ],
)
def test_a_url_without_a_path_keeps_the_path_of_the_documents_server(
    server: str, choice: str, expected: str
) -> None:
    named = Server(server, variables={"base": ServerVariable("")})
    assert url(choice, servers=(named,)).replace("//x", "/x") == expected


def test_the_kept_path_is_filled_in_with_the_users_variables() -> None:
    assert url("http://a.test", base="v2") == "http://a.test/v2"


def test_a_document_on_disk_has_a_path_to_keep_too() -> None:
    servers = (Server("/v1"),)
    assert url("http://a.test", servers=servers, address="/home/me/a.yaml") == "http://a.test/v1"


# --- where nothing answers ---


def unanswered(*servers: str, address: str | None, **options: Any) -> str:
    subject = tool("", servers=tuple(map(Server, servers)), api={"address": address})
    return connect(tools(subject), retries=0, **options).call("t").text


def test_a_placeholder_server_is_told_with_the_address_of_the_document() -> None:
    text = unanswered("http://localhost:9/v1", address="http://127.0.0.1:7/openapi.json")
    assert "itself came from http://127.0.0.1:7." in text
    assert "server='http://127.0.0.1:7'" in text
    text = unanswered("http://localhost:9/v1", address="/home/me/openapi.json")
    assert "For another: server='URL'" in text


def test_a_server_that_the_user_named_needs_no_advice() -> None:
    text = unanswered(
        "http://localhost:9/v1", address="http://127.0.0.1:7/a.json", server="http://localhost:9"
    )
    assert "server=" not in text


def test_a_placeholder_that_a_public_document_may_not_name_is_told_likewise() -> None:
    with pytest.raises(BlockedAddress, match=r"server='https://docs\.example\.com'"):
        unanswered("http://localhost:9", address="https://docs.example.com/openapi.json")


def test_whose_address_was_taken_is_told_once_and_not_of_a_server_that_answers() -> None:
    paths: Any = {
        f"/{name}": {"get": {"operationId": name, "responses": {"200": {"description": ""}}}}
        for name in ("flows", "runs", "here")
    }
    served = document(paths)

    def answer(request: Received) -> Answer:
        is_known = request.path in ("/openapi.json", "/here")
        return Answer(200, served) if is_known else Answer(404, {"detail": "Not Found"})

    with LoopbackServer(answer) as server:
        loaded = build_tools(load(f"{server.url}/openapi.json"))
        client = connect(loaded)
        told = ["server=" in client.call(name).text for name in ("flows", "runs", "flows")]
        assert told == [True, False, False]
        client = connect(loaded)
        told = ["server=" in client.call(name).text for name in ("here", "flows")]
        assert told == [False, False]


def test_a_404_where_no_server_is_named_says_whose_address_was_taken() -> None:
    paths: Any = {
        "/flows": {"get": {"operationId": "flows", "responses": {"200": {"description": ""}}}},
        "/runs": {"get": {"operationId": "runs", "responses": {"404": {"description": ""}}}},
    }
    served = document(paths)

    def answer(request: Received) -> Answer:
        is_document = request.path == "/openapi.json"
        return Answer(200, served) if is_document else Answer(404, {"detail": "Not Found"})

    with LoopbackServer(answer) as server:
        loaded = build_tools(load(f"{server.url}/openapi.json"))
        client = connect(loaded)
        text = client.call("flows").text
        assert f"its own address {server.url} was taken" in text
        assert "server='URL'" in text
        assert "server=" not in connect(loaded).call("runs").text
        assert "server=" not in connect(loaded, server=server.url).call("flows").text
