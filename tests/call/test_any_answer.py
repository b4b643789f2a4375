"""Whatever a server answers, a call gives a result or one of our errors, and so does `load`."""

from __future__ import annotations

import gzip
import random
import zlib
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import anyio
import brotli
import pytest

from openapi2tools import aload, connect, load
from openapi2tools._core import portal
from openapi2tools.errors import OpenAPI2ToolsError
from openapi2tools.model import MediaType, OAuthFlow, Response, Result, SecurityScheme
from tests.support.calling import parameter, tool, tools
from tests.support.secured import secured
from tests.support.server import Answer, LoopbackServer, Received

if TYPE_CHECKING:
    from collections.abc import Callable

CALLS: Final = 300
LOADS: Final = 200
TOKENS: Final = 100

STATUSES: Final = (
    *(200, 200, 200, 201, 202, 203, 204, 205, 206, 207, 226, 299),
    *(300, 301, 302, 303, 304, 305, 307, 308, 399),
    *(400, 401, 402, 403, 404, 405, 406, 409, 410, 412, 413, 418, 422, 429, 451, 499),
    *(500, 501, 502, 503, 504, 511, 599, 600, 999, 100, 101, 103, 0),
)
UTF_8: Final = "é\u202e\U0001f600".encode().decode("latin-1")
DATES: Final = (
    "Fri, 31 Dec 99999999999999999999 23:59:59 GMT",
    "Fri, 31 Dec 9999 23:59:59 -2359",
    "Mon, 01 Jan 0001 00:00:00 +2359",
    "Mon, 01 Jan 0000 00:00:00 GMT",
    "Fri, 31 Dec 2026 23:59:59 +99999999999999999999",
    "Fri, 31 Dec 2026 99:99:99 GMT",
    "31 Dec",
    "Fri,",
    ",,,",
    "Fri, 31 Dec 2026 23:59",
    "Thu, 01-Jan-70 00:00:00 GMT",
    "0" * 5000,
    "9" * 5000,
    "-1",
    "1e999",
    "nan",
    "",
    UTF_8,
)
ADDRESSES: Final = (
    "http://xn--localhost/",
    "http://xn--/",
    "http://xn--a.xn--999999999999/",
    "//xn--localhost/",
    "http://" + "a" * 300 + "/",
    "http://a..b/",
    "http://" + UTF_8 + "/",
    "http://[::1",
    "http://[]/",
    "http://[v1.x]/",
    "//[",
    "http://[fe80::1%25eth0]/",
    "http://127.0.0.1:99999/",
    "http://127.0.0.1:0/",
    "http://127.0.0.1:-1/",
    "http://127.0.0.1:x/",
    "http://0x7f.1:1/",
    "http://999.999.999.999/",
    "https:/path",
    "https:///path",
    "mailto:a@b",
    "data:,x",
    "file:///etc/passwd",
    "javascript:alert(1)",
    ":",
    "?",
    "#",
    "",
    " ",
    "http://user:pass@127.0.0.1:1/",
    "http://@/",
    "/%zz",
    "/\x7f",
    "/" + UTF_8,
    "/" + "a" * 70_000,
    "..",
    "?n=0",
)
HEADERS: Final[dict[str, tuple[str, ...]]] = {
    "Retry-After": DATES,
    "Location": ADDRESSES,
    "Content-Location": ADDRESSES,
    "Content-Type": (
        "application/json",
        "application/json; charset=utf-16",
        "application/json; charset=punycode",
        "application/json; charset=\x00",
        "application/json; charset=" + UTF_8,
        "application/json; charset=base64",
        "application/json; charset=idna",
        "application/json; charset=undefined",
        'text/plain; charset="',
        "text/plain; charset=utf-7",
        "text/plain; charset=unicode_escape",
        "text/html",
        "text/html; charset=rot13",
        "text/csv",
        "application/xml",
        "application/x-ndjson",
        "application/json-seq",
        "application/problem+json",
        "application/octet-stream",
        "multipart/mixed; boundary=",
        "image/png",
        "x",
        ";",
        "/",
        UTF_8,
    ),
    "Content-Encoding": (
        *("br", "gzip", "deflate", "x-gzip", "zstd", "identity", "gzip, br", "br, br", ","),
        *("gzip," * 50, UTF_8),
    ),
    "Content-Disposition": (
        "attachment; filename*=utf-8''%ff%fe",
        "attachment; filename*=punycode''a",
        "attachment; filename*=x''%00/../..",
        "attachment; filename*=base64''a",
        "attachment; filename*=''",
        'attachment; filename="',
        'attachment; filename="..\\..\\x"',
        "attachment; filename=" + UTF_8,
    ),
    "Set-Cookie": (
        *("a=b", "a=b; expires=" + DATES[0], "a=b; max-age=" + "9" * 400, "=", ";", "a"),
        *("a=b; domain=.", "a=b; path=" + "/" * 300, "a=b; version=x", 'a="', UTF_8 + "=" + UTF_8),
        *("a=b; domain=xn--localhost", "a=b; max-age=x", "a=b; port=x", "a=b; expires="),
    ),
    "Link": (
        *(f'<{address}>; rel="next"' for address in ADDRESSES),
        *("<", "<>; rel=next", "<?page=9>; rel=next", '<?page=9&n=1>; rel="next', UTF_8),
    ),
    "WWW-Authenticate": (
        *("Digest", 'Digest realm="', 'Digest nonce=x, qop="x"', "Basic", UTF_8, ",", "="),
        'Digest realm="a", nonce="b", algorithm=none',
    ),
    "X-Total-Count": ("9" * 5000, "-1", "x", "10", UTF_8),
    "X-Next-Cursor": ("x", "9" * 30, UTF_8, ""),
    "Content-Length": ("0", "5", "-1", "x", "99999999", "9" * 400, "1, 2", "+5"),
    "Transfer-Encoding": ("chunked", "gzip", "chunked, chunked", "identity", "x"),
    "Content-Range": ("bytes 0-9/9", "x"),
    "Allow": ("GET", UTF_8),
    "ETag": ('W/"x"', UTF_8),
    "Connection": ("keep-alive", "upgrade", "close, x"),
    "X Bad": ("x",),
    "Date": DATES,
    "X": ("x" * 70_000, "a\x00b", "\x7f", "\ud7ff".encode().decode("latin-1")),
}
TEXTS: Final = (
    b"",
    b"{}",
    b'{"a": 1}',
    b'{"next": "http://xn--localhost/"}',
    b'{"next": "//["}',
    b'{"next": {"href": "?page=2"}, "total": 1e400}',
    b'{"next_cursor": "\\ud800", "total": 99999999999999999999999}',
    b'{"total_pages": 9223372036854775808, "page": 1}',
    b'{"total": ' + b"9" * 5000 + b"}",
    b'{"a": 1e999999999999}',
    b'{"a": 0.' + b"1" * 5000 + b"}",
    b'{"a": NaN, "b": Infinity}',
    b'{"error": "invalid_grant", "error_description": 1}',
    b'{"access_token": "x", "expires_in": "soon", "scope": [1]}',
    b'{"access_token": "x", "token_type": {}}',
    b'{"access_token": "\\n"}',
    b'{"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}}',
    b'{"openapi": 3, "paths": 7}',
    b"openapi: 3.1.0\ninfo: &a [*a]\n",
    b'{"$ref": "#"}',
    b"[" * 5_000,
    b"[" * 300 + b"]" * 300,
    b'{"a":' * 2_000 + b"1" + b"}" * 2_000,
    b"[1, 2",
    b'"\\ud800"',
    b"null",
    b"\xff\xfe\x00\xd8",
    b"\xef\xbb\xbf{}",
    b"\x00" * 100,
    b"\x1e{}\n\x1e[",
    b"{}\n{}\n{",
    b"%PDF-1.4",
    b"<!DOCTYPE html><![CDATA[ <![x <a <!-- &#99999999999; &#xD800; </script",
    b"<?xml version='1.0' encoding='punycode'?><a/>",
    b"<?xml version='1.0' encoding='base64'?><a/>",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"fffffffffffffffffffff\r\nx",
    b"x\r\n",
    UTF_8.encode("latin-1"),
)
PACKINGS: Final[tuple[Callable[[bytes], bytes], ...]] = (
    bytes,
    gzip.compress,
    brotli.compress,
    zlib.compress,
    lambda text: gzip.compress(text) + b"more",
    lambda text: brotli.compress(text) + b"more",
    lambda text: brotli.compress(text * 50)[:-2],
    lambda text: brotli.compress(text * 50)[5:],
    lambda text: gzip.compress(text)[:-9],
    lambda text: zlib.compress(text)[:3] + b"\xff\xff\xff",
    lambda text: gzip.compress(brotli.compress(text)),
)


def any_answer(chance: random.Random, *, more: tuple[str, ...] = ()) -> Answer:
    names = {*chance.sample(sorted(HEADERS), chance.randrange(5)), *more}
    headers = {name: chance.choice(HEADERS[name]) for name in sorted(names)}
    if chance.random() < 0.6 and "Content-Type" not in headers:
        headers["Content-Type"] = "application/json"
    body = chance.choice(PACKINGS)(chance.choice(TEXTS))
    if chance.random() < 0.5 and "Content-Encoding" not in headers:
        coding = {b"\x1f\x8b": "gzip", b"\x78\x9c": "deflate"}.get(body[:2], "br")
        headers["Content-Encoding"] = coding if body not in TEXTS else "identity"
    return Answer(chance.choice(STATUSES), body, headers)


def answers(seed: int, count: int) -> list[Answer]:
    """Give answers: every value of every header once at least, then any company."""
    chance = random.Random(seed)
    every = [(name, value) for name, values in HEADERS.items() for value in values]
    made = []
    for index in range(count):
        answer = any_answer(chance)
        if index < len(every):
            name, value = every[index]
            answer = Answer(answer.status, answer.body, {**answer.headers, name: value})
        made.append(answer)
    return made


def numbered(made: list[Answer]) -> Callable[[Received], Answer]:
    """Answer a request by the number in its query; what a redirect asks for gets the first."""

    def answer(received: Received) -> Answer:
        number = received.query.rpartition("n=")[2]
        return made[int(number) if number.isdecimal() and int(number) < len(made) else 0]

    return answer


async def every(count: int, one: Callable[[int], Any], *, at_once: int = 4) -> list[Any]:
    """Give what each gives, several at once."""
    results: list[Any] = [None] * count

    async def some(start: int) -> None:
        for number in range(start, count, at_once):
            results[number] = await one(number)

    async with anyio.create_task_group() as group:
        for start in range(at_once):
            group.start_soon(some, start)
    return results


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_answer_of_an_api_is_a_result_or_an_error_of_ours(method: str) -> None:
    made = answers(len(method), CALLS)
    promised = (
        Response("2XX", content=(MediaType("application/json", {"type": "object"}),)),
        Response("default"),
    )
    with LoopbackServer(numbered(made)) as server:
        subject = tool(
            server.url,
            *(parameter("n"), parameter("page"), parameter("cursor")),
            method=method,
            responses=promised,
        )
        client = connect(
            tools(subject), retries=0, timeout=20, cookies=True, validate=method == "GET"
        )

        async def one(number: int) -> Result | str:
            try:
                return await client.acall("t", {"n": number})
            except OpenAPI2ToolsError as error:
                return str(error)
            except Exception as error:
                raise AssertionError(f"{made[number]} gives {error!r}") from error

        with client:
            outcomes = client.wait(partial(every, len(made), one))
    assert len(outcomes) == CALLS
    assert all(outcomes)


def test_every_answer_for_a_document_or_a_reference_is_told_in_our_words() -> None:
    made = answers(3, LOADS)

    async def one(number: int) -> str:
        address = f"{server.url}/api.json?n={number}"
        document: Any = address
        if number % 2:
            references = {f"/{each}": {"$ref": f"{address}#/{each}"} for each in range(2)}
            info = {"title": "t", "version": "1"}
            document = {"openapi": "3.1.0", "info": info, "paths": references}
        try:
            return (await aload(document, allow_refs=[server.url])).title
        except OpenAPI2ToolsError as error:
            return str(error)
        except Exception as error:
            raise AssertionError(f"{made[number]} gives {error!r}") from error

    with LoopbackServer(numbered(made)) as server:
        assert all(portal.run(partial(every, LOADS, one, at_once=LOADS)))


def test_every_answer_of_a_token_server_is_a_token_or_an_error_of_ours() -> None:
    made = answers(4, TOKENS)
    secret = {"client_id": "ours", "client_secret": "service-secret"}

    async def one(number: int) -> str:
        flow = OAuthFlow("clientCredentials", token_url=f"{server.url}/token?n={number}")
        subject = secured(
            SecurityScheme("oauth", "oauth2", flows=(flow,)),
            servers=[api.url],
            address=f"{server.url}/api.json",
        )
        try:
            async with connect(tools(subject), credentials={"oauth": secret}) as client:
                return (await client.acall("t")).text
        except OpenAPI2ToolsError as error:
            return str(error)
        except Exception as error:
            raise AssertionError(f"{made[number]} gives {error!r}") from error

    with LoopbackServer(numbered(made)) as server, LoopbackServer(lambda _: Answer()) as api:
        told = portal.run(partial(every, TOKENS, one, at_once=TOKENS))
    assert all(told)
    assert "service-secret" not in " ".join(told)


@pytest.mark.parametrize(
    ("headers", "body", "words"),
    [
        ({"Retry-After": DATES[0]}, b"{}", "{}"),
        ({"Content-Encoding": "br"}, b"\xff" * 40, "cannot be unpacked"),
        ({"Content-Encoding": "br"}, brotli.compress(b"whole") + b"more", "cannot be unpacked"),
        ({"Set-Cookie": "a=b; max-age=" + "9" * 400}, b"{}", "{}"),
    ],
)
def test_an_odd_answer_to_a_write_is_told(headers: dict[str, str], body: bytes, words: str) -> None:
    with LoopbackServer(lambda _: Answer(200, body, headers)) as server:
        client = connect(tools(tool(server.url, method="POST")), retries=0, cookies=True)
        text = client.call("t").text
    assert words in text
    assert "may have taken effect" in text or text.startswith(words)
    assert len(server.received) == 1


@pytest.mark.parametrize("address", ["http://xn--localhost/", "http://[::1"])
def test_a_redirect_to_what_is_no_url_is_told_of_a_call_and_of_a_reference(address: str) -> None:
    answer = Answer(302, headers={"Location": address})
    with LoopbackServer(lambda _: answer) as server:
        called = connect(tools(tool(server.url))).call("t").text
        paths = {"/a": {"$ref": f"{server.url}/a.json"}, "/b": {"$ref": f"{server.url}/b.json"}}
        info = {"title": "t", "version": "1"}
        document = {"openapi": "3.1.0", "info": info, "paths": paths}
        problems = load(document, allow_refs=[server.url]).problems
    assert "redirects to what is no URL" in called
    assert len([each for each in problems if "redirects to what is no URL" in str(each)]) == 2


def test_a_cookie_beyond_ascii_goes_back_as_it_came() -> None:
    cookie = "name=" + UTF_8
    with LoopbackServer(lambda _: Answer(headers={"Set-Cookie": cookie})) as server:
        client = connect(tools(tool(server.url)), cookies=True)
        client.call("t")
        client.call("t")
    assert server.received[1].headers["cookie"] == cookie
