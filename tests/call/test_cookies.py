"""Cookies that an API sets are kept on request: for their own origin, within bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from openapi2tools.call.connect import connect
from openapi2tools.model import SecurityScheme, Server
from openapi2tools.transport import CookieStore
from tests.support.calling import parameter, tool, tools
from tests.support.server import Answer, LoopbackServer, Received

if TYPE_CHECKING:
    from openapi2tools.call.client import Client

SESSION = "a1b2c3d4e5f6a7b8c9d0"


def answer(received: Received) -> Answer:
    if received.path == "/login":
        return Answer(200, {}, {"Set-Cookie": f"session={SESSION}; Path=/; HttpOnly"})
    if received.path == "/moved":
        return Answer(303, "", {"Location": "/me", "Set-Cookie": "step=two-of-two"})
    return Answer(200, {"seen": received.headers.get("cookie", "")})


def client(server: LoopbackServer, **options: object) -> Client:
    calls = [
        tool(server.url, path=f"/{name}", method=method, name=name)
        for name, method in (("login", "POST"), ("me", "GET"), ("moved", "POST"))
    ]
    return connect(tools(*calls), **options)  # type: ignore[arg-type]


def cookies_of(received: Received) -> str:
    return received.headers.get("cookie", "")


def test_a_login_opens_the_calls_after_it_and_its_cookie_is_a_secret() -> None:
    with LoopbackServer(answer) as server:
        subject = client(server, cookies=True)
        login = subject.call("login")
        assert subject.call("me").data == {"seen": "session=[secret]"}
        assert cookies_of(server.received[-1]) == f"session={SESSION}"
        assert SESSION not in repr(login) + str(login.headers) + repr(vars(subject))


def test_nothing_is_kept_unasked() -> None:
    with LoopbackServer(answer) as server, client(server) as subject:
        subject.call("login")
        assert subject.call("me").data == {"seen": ""}
        subject.call("moved")
        assert cookies_of(server.received[-1]) == ""


def test_a_cookie_that_a_redirect_sets_goes_to_where_it_leads() -> None:
    with LoopbackServer(answer) as server:
        client(server, cookies=True).call("moved")
        assert cookies_of(server.received[-1]) == "step=two-of-two"


def test_an_own_cookie_wins_over_a_kept_one_and_is_sent_once() -> None:
    key = SecurityScheme("key", "apiKey", name="key", location="cookie")
    with LoopbackServer(answer) as server:
        calls = [
            tool(
                server.url,
                parameter("session", "cookie"),
                path=f"/{name}",
                name=name,
                api={"schemes": {"key": key}},
                security=({"key": ()},),
            )
            for name in ("login", "me", "moved")
        ]
        subject = connect(tools(*calls), credentials={"key": "s3cret-key"}, cookies=True)
        subject.call("login", {"session": "mine"})
        subject.call("moved", {"session": "mine"})
    assert [sorted(cookies_of(each).split("; ")) for each in server.received] == [
        ["key=s3cret-key", "session=mine"],
        ["key=s3cret-key", "session=mine"],
        ["key=s3cret-key", "session=mine", "step=two-of-two"],
    ]


def test_an_origin_gets_no_cookie_of_another() -> None:
    with LoopbackServer(answer) as first, LoopbackServer(answer) as second:
        servers = (Server(first.url), Server(second.url))
        login = tool("", path="/login", name="login", method="POST", servers=servers)
        me = tool(second.url, path="/me", name="me")
        subject = connect(tools(login, me), cookies=True)
        subject.call("login")
        assert subject.call("me").data == {"seen": ""}


def response(url: str, *cookies: str) -> httpx.Response:
    headers = [("Set-Cookie", each) for each in cookies]
    return httpx.Response(200, headers=headers, request=httpx.Request("GET", url))


def sent(store: CookieStore, url: str, own: bytes = b"") -> str:
    request = httpx.Request("GET", url)
    store.add_to(request, own)
    return request.headers.get("Cookie", "")


def test_the_number_and_size_of_cookies_is_bounded() -> None:
    store = CookieStore()
    for number in range(200):
        store.keep(response("https://a.example.com/", f"c{number}=v"))
    store.keep(response("https://a.example.com/", "huge=" + "x" * 5000))
    kept = sent(store, "https://a.example.com/").split("; ")
    assert kept == [f"c{number}=v" for number in range(150, 200)]
    for number in range(100):
        store.keep(response(f"https://h{number}.example.com/", "a=b"))
    assert sent(store, "https://a.example.com/") == ""
    assert sent(store, "https://h99.example.com/") == "a=b"


def test_attributes_of_a_cookie_are_kept_to() -> None:
    store = CookieStore()
    store.keep(
        response(
            "https://a.example.com/",
            "deep=1; Path=/deep",
            "safe=2; Secure",
            "gone=3; Max-Age=0",
            "wide=4; Domain=example.com",
            "other=5; Domain=other.com",
        )
    )
    assert sent(store, "https://a.example.com/") == "safe=2; wide=4"
    assert set(sent(store, "https://a.example.com/deep/x").split("; ")) == {
        "deep=1",
        "safe=2",
        "wide=4",
    }
    assert sent(store, "https://b.example.com/") == ""
    assert sent(store, "http://a.example.com/") == ""


def test_own_cookies_are_sent_byte_for_byte() -> None:
    store = CookieStore()
    store.keep(response("https://a.example.com/", "kept=1"))
    request = httpx.Request("GET", "https://a.example.com/", headers=[(b"X-Case", b"\xe9")])
    store.add_to(request, b"name=caf\xe9")
    assert request.headers.raw[-1] == (b"Cookie", b"name=caf\xe9; kept=1")
    assert (b"X-Case", b"\xe9") in request.headers.raw
