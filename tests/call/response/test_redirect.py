"""A redirect is followed with the right method, and never takes a secret to another origin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from openapi2tools.call.connect import connect
from openapi2tools.call.response.redirect import follow
from openapi2tools.errors import BlockedAddress
from openapi2tools.model import Effect, MediaType, Result, SecurityScheme, Server
from tests.support.calling import parameter, tool, tools
from tests.support.server import Answer, LoopbackServer, Received

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = {"schemes": {"key": SecurityScheme("key", "apiKey", name="X-Key", location="header")}}
BODY = MediaType("application/json")


def answer(received: Received) -> Answer:
    status, _, place = received.target.lstrip("/").partition("/")
    return (
        Answer(int(status), headers={"Location": place})
        if status.isdecimal()
        else Answer(200, {"method": received.method})
    )


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(answer) as running:
        yield running


def call(
    server: LoopbackServer,
    status: int,
    location: str,
    method: str = "GET",
    *others: str,
    **arguments: Any,
) -> Result:
    subject = tool(
        "",
        parameter("X-Tenant", "header"),
        path=f"/{status}/{location}",
        servers=tuple(map(Server, (server.url, *others))),
        method=method,
        effect=Effect.WRITE,
        media_type=BODY,
        api=KEY,
        security=({"key": ()},),
    )
    return connect(
        tools(subject), credentials={"key": "s3cret-value"}, headers={"X-Own": "own-value"}
    ).call("t", arguments)


@pytest.mark.parametrize(
    ("method", "status", "then"),
    [  # RFC 9110, section 15.4
        ("GET", 301, "GET"),
        ("GET", 302, "GET"),
        ("GET", 303, "GET"),
        ("GET", 307, "GET"),
        ("GET", 308, "GET"),
        ("POST", 301, "POST"),  # not as browsers do
        ("POST", 302, "POST"),
        ("POST", 303, "GET"),
        ("POST", 307, "POST"),
        ("POST", 308, "POST"),
        ("PUT", 301, "PUT"),
        ("DELETE", 302, "DELETE"),
        ("DELETE", 303, "GET"),
    ],
)
def test_a_redirect_within_the_origin_keeps_or_changes_the_method(
    server: LoopbackServer, method: str, status: int, then: str
) -> None:
    result = call(server, status, "/done", method, body={"a": 1})
    last = server.received[-1]
    assert (result.status, last.method, last.target) == (200, then, "/done")
    assert last.headers["x-key"] == "s3cret-value"
    assert last.body == (b'{"a":1}' if then == method else b"")


def test_a_redirect_to_another_origin_takes_nothing_along(server: LoopbackServer) -> None:
    with (
        LoopbackServer(answer) as other,
        LoopbackServer(lambda _: Answer(302, headers={"Location": other.url + "/x?a=1"})) as first,
    ):
        result = call(first, 200, "", "GET", other.url, **{"X-Tenant": "t", "body": {"a": 1}})
    [received] = other.received
    assert (result.status, received.target, received.body) == (200, "/x?a=1", b"")
    assert (
        not {"x-key", "x-own", "x-tenant", "content-type", "content-length"}
        & received.headers.keys()
    )
    assert {"x-key", "x-own", "x-tenant"} <= first.received[-1].headers.keys()


def test_a_redirect_to_an_address_that_nobody_named_is_blocked(server: LoopbackServer) -> None:
    with (
        LoopbackServer(lambda _: Answer(302, headers={"Location": server.url})) as first,
        pytest.raises(BlockedAddress),
    ):
        call(first, 200, "")
    assert server.received == []


def test_a_write_whose_redirect_is_blocked_may_have_taken_effect(server: LoopbackServer) -> None:
    with (
        LoopbackServer(lambda _: Answer(303, headers={"Location": server.url})) as first,
        pytest.raises(BlockedAddress, match=r"POST.*look before you repeat it"),
    ):
        call(first, 200, "", "POST")


def request(
    method: str = "GET", url: str = "https://api.example.com/a", **headers: str
) -> httpx.Request:
    return httpx.Request(method, url, headers=headers, content=b"x")


def redirected(
    location: str, status: int = 302, **kwargs: Any
) -> tuple[str, bool, dict[str, str]] | None:
    following = follow(request(**kwargs), httpx.Response(status, headers={"Location": location}))
    return following and (
        str(following.request.url),
        following.is_same_origin,
        dict(following.request.headers),
    )


@pytest.mark.parametrize(
    ("location", "url", "same"),
    [
        ("/b?x=%2F", "https://api.example.com/b?x=%2F", True),
        ("b", "https://api.example.com/b", True),
        ("?q=1", "https://api.example.com/a?q=1", True),
        ("https://API.example.com:443/b", "https://api.example.com/b", True),
        ("//cdn.example.com/b", "https://cdn.example.com/b", False),
        ("http://api.example.com/b", "http://api.example.com/b", False),
        ("https://api.example.com:8443/b", "https://api.example.com:8443/b", False),
    ],
)
def test_what_is_the_same_origin_is_told_from_what_is_not(
    location: str, url: str, same: bool
) -> None:
    found = redirected(location)
    assert found is not None
    assert found[:2] == (url, same)


def test_https_of_the_same_host_is_no_other_origin() -> None:
    found = redirected(
        "https://api.example.com/b", url="http://api.example.com/a", Authorization="Bearer x"
    )
    assert found is not None
    assert found[1] is True
    assert found[2]["authorization"] == "Bearer x"


@pytest.mark.parametrize(
    "location", ["ftp://x/y", "file:///etc/passwd", "javascript:1", "http://", "https://[bad"]
)
def test_only_http_is_followed(location: str) -> None:
    assert redirected(location) is None


def test_a_write_does_not_follow_to_another_origin(server: LoopbackServer) -> None:
    assert redirected("https://evil.example.com/", 307, method="POST") is None
    with (
        LoopbackServer(answer) as other,
        LoopbackServer(lambda _: Answer(307, headers={"Location": other.url})) as first,
    ):
        result = call(first, 200, "", "POST", body={})
    assert other.received == []
    assert result.is_error
    assert other.url in result.text


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_write_that_was_sent_on_says_where_it_went(server: LoopbackServer, status: int) -> None:
    result = call(server, status, "/done", "POST", body={"a": 1})
    assert result.data == {"method": "POST"}
    assert result.notes == (f"The API moved this call: the POST was sent on to {server.url}/done.",)


def test_a_write_that_is_answered_by_a_page_says_that_it_is_from_elsewhere(
    server: LoopbackServer,
) -> None:
    result = call(server, 303, "/done?token=t0p-secret", "POST", body={"a": 1})
    assert result.data == {"method": "GET"}
    [note] = result.notes
    assert note.startswith("This answer is from another address: after the POST the API asked to")
    assert note.endswith(f"read {server.url}/done?token=….")


def test_a_read_says_nothing_of_redirects(server: LoopbackServer) -> None:
    assert call(server, 302, "/done").notes == ()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_write_is_sent_on_once_only(method: str) -> None:
    with LoopbackServer(lambda _: Answer(307, headers={"Location": "/"})) as circle:
        result = connect(tools(tool(circle.url, method=method))).call("t")
    assert result.is_error
    assert f"a {method} is not sent on twice" in result.text
    assert "nothing was written" in result.text
    assert len(circle.received) == 2


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (301, "nothing was written"),
        (302, "does not say whether the POST took effect"),
        (308, "nothing was written"),
    ],
)
def test_a_write_that_is_not_sent_on_says_what_became_of_it(status: int, told: str) -> None:
    moved = Answer(status, "<p>moved</p>", {"Location": "https://other.example.com/"})
    with LoopbackServer(lambda _: moved) as first:
        result = connect(tools(tool(first.url, method="POST"))).call("t")
    assert (result.is_error, len(first.received)) == (True, 1)
    assert told in result.text


def test_a_write_keeps_its_method_on_the_way_from_http_to_https() -> None:
    [url, is_same_origin, _] = redirected(
        "https://api.example.com/a", 301, method="POST", url="http://api.example.com/a"
    ) or ("", False, {})
    assert (url, is_same_origin) == ("https://api.example.com/a", True)
    following = follow(
        request("POST", "http://api.example.com/a"),
        httpx.Response(301, headers={"Location": "https://api.example.com/a"}),
    )
    assert following is not None
    assert (following.request.method, following.request.headers["content-length"]) == ("POST", "1")


def test_a_circle_ends() -> None:
    with LoopbackServer(lambda _: Answer(302, headers={"Location": "/"})) as circle:
        result = connect(tools(tool(circle.url))).call("t")
    assert result.is_error
    assert len(circle.received) == 10


def test_an_api_that_puts_the_secret_in_its_redirect_does_not_get_it_shown(
    server: LoopbackServer,
) -> None:
    result = call(server, 302, "http://x:99999/s3cret-value")
    assert result.is_error
    assert "s3cret-value" not in repr(result)


def test_what_a_redirect_asks_for_is_no_secret() -> None:
    def handler(received: Received) -> Answer:
        return (
            Answer(body={"sort": "ascending"})
            if received.query
            else Answer(302, headers={"Location": "/?sort=ascending"})
        )

    with LoopbackServer(handler) as server:
        assert connect(tools(tool(server.url))).call("t").data == {"sort": "ascending"}
