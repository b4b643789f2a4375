"""The sockets: guard, retries, limits, errors. Real HTTP on loopback."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import socket
import ssl
import threading
import time
import zlib
from datetime import UTC, datetime
from importlib.util import find_spec

import anyio
import brotli
import httpx
import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from openapi2tools._core import portal
from openapi2tools.errors import BlockedAddress, InvalidOption, NetworkError, NotSent, TimedOut
from openapi2tools.transport import (
    Guard,
    Network,
    Pacer,
    download,
    is_public,
    is_same_or_upgraded,
    open_client,
    origin,
    redact_url,
    trusting,
)
from openapi2tools.transport.http.retries import retry_after
from tests.support.server import Answer, LoopbackServer


def fetch(url, *, guard=None, client_options=None, **options):
    """Download `url` with the guard that the developer's own naming of it gives."""
    options = {"max_bytes": 1_000_000, "seconds": 60, **options}

    async def go():
        async with open_client(
            guard=guard or Guard().allowing(url), **{"backoff": 0, **(client_options or {})}
        ) as client:
            return await download(client, url, **options)

    return portal.run(go)


def send(url, method="GET", *, guard=None, content=None, headers=None, **options):
    async def go():
        async with open_client(
            guard=guard or Guard().allowing(url), **{"backoff": 0, **options}
        ) as client:
            return await client.request(method, url, content=content, headers=headers)

    return portal.run(go)


def answers(*given_answers):
    left = iter(given_answers)
    return lambda _: next(left)


# --- addresses ---


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://User:pw@EXAMPLE.com:80/x?y", "http://example.com"),
        ("https://example.com:443/", "https://example.com"),
        ("https://[::1]:8443/", "https://[::1]:8443"),
        ("https://bücher.example/", "https://xn--bcher-kva.example"),
    ],
)
def test_an_origin_is_scheme_host_and_port_as_they_will_be_sent(url, expected):
    assert origin(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "http://good.example\\@evil.example/",
        "http://good.example#@evil.example/",
        "http://evil.example%2f@good.example",
    ],
)
def test_an_origin_is_that_of_the_host_which_is_asked(url):
    assert origin(url) == f"http://{httpx.URL(url).raw_host.decode()}"


def test_a_shown_url_holds_no_user_no_fragment_and_no_query_value():
    assert (
        redact_url("https://user:pass@h.example/p?key=s3cret#frag") == "https://h.example/p?key=…"
    )
    assert "s3cret" not in redact_url("http://[broken?key=s3cret") + redact_url(
        "http://u:s3cret@[broken"
    )


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "192.0.0.8",
        "255.255.255.255",
        "::1",
        "::",
        "fd00::1",
        "fe80::1%eth0",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "::127.0.0.1",
        "fd00:ec2::254",
        "fec0::1",
        "168.63.129.16",
        "192.88.99.1",
    ],
)
def test_an_address_off_the_public_internet_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2001:4860:4860::8888", "64:ff9b::808:808", "::ffff:8.8.8.8"]
)
def test_an_address_on_the_public_internet_is_public(address):
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_as_public_as_each_ipv6_way_of_writing_it(ip):
    wrapped = int(ip)
    for text in (
        f"::ffff:{ip}",
        f"64:ff9b::{wrapped >> 16:x}:{wrapped & 0xFFFF:x}",
        f"2002:{wrapped >> 16:x}:{wrapped & 0xFFFF:x}::",
    ):
        assert is_public(text) == is_public(str(ip))


# --- the guard ---


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
    ],
)
def test_no_way_of_writing_it_reaches_this_computer_unless_it_was_named(host):
    with LoopbackServer(answers()) as server:
        with pytest.raises(NetworkError, match=r"not on the public internet|Invalid IPv4"):
            fetch(f"http://{host}:{server.port}/", guard=Guard())
        assert server.received == []


METADATA_HOSTS = [
    "2852039166",
    "0xa9fea9fe",
    "169.254.43518",
    "169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::",
    "::ffff:a9fe:a9fe",
    "fd00:ec2::254",
    "fd20:ce::254",
    "100.100.100.200",
    "192.0.0.192",
    "168.63.129.16",
    "metadata",
    "Metadata.google.internal.",
    "instance-data",
    "metadata.azure.internal",
]


@pytest.mark.parametrize("host", METADATA_HOSTS)
def test_where_clouds_hand_out_credentials_only_the_user_may_name_it(host):
    url = f"http://{f'[{host}]' if ':' in host else host}"
    of_document, of_user = Guard(origins=frozenset({origin(url)})), Guard().allowing(url)
    with pytest.raises(BlockedAddress, match="hand out a machine's own credentials"):
        portal.run(of_document.resolve, host, 80)
    of_user.check_host(host, 80)


@pytest.mark.parametrize("host", METADATA_HOSTS)
def test_no_proxy_is_asked_for_a_clouds_credentials(proxied, host):
    url = f"http://{f'[{host}]' if ':' in host else host}"
    with LoopbackServer(lambda _: Answer(body="a credential")) as proxy:
        proxied(proxy.url)
        with pytest.raises(BlockedAddress):
            fetch(url, guard=Guard(origins=frozenset({origin(url)})))
        assert proxy.received == []


def test_a_private_name_that_leads_to_a_clouds_credentials_is_refused(monkeypatch):
    def resolve(host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(BlockedAddress):
        portal.run(Guard(origins=frozenset({"http://nas.local"})).resolve, "nas.local", 80)


def test_a_name_of_the_local_network_may_have_a_link_local_address_too(monkeypatch):
    def resolve(host, port, **_):
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("fe80::1", port, 0, 2)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.168.1.7", port)),
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    guard = Guard(origins=frozenset({"http://nas.local"}))
    assert portal.run(guard.resolve, "nas.local", 80) == ["fe80::1%2", "192.168.1.7"]


def test_an_origin_that_the_developer_named_may_be_on_this_computer():
    with LoopbackServer(answers(Answer(body="hello"))) as server:
        assert fetch(server.url).body == b"hello"


def test_naming_one_port_does_not_open_another():
    with LoopbackServer(answers()) as server, pytest.raises(BlockedAddress):
        fetch(server.url, guard=Guard().allowing("http://127.0.0.1:1"))


def test_allow_private_lets_everything_through():
    with LoopbackServer(answers(Answer(body="hello"))) as server:
        assert fetch(server.url, guard=Guard(allow_private=True)).body == b"hello"


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch):
    asked = itertools.count()
    real = socket.getaddrinfo

    def rebinding(host, *args, **options):
        if host in {"rebind.example", b"rebind.example"}:
            host = "127.0.0.1" if next(asked) == 0 else "10.255.255.1"
        return real(host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with LoopbackServer(answers(Answer(body="first"))) as server:
        assert fetch(f"http://rebind.example:{server.port}").body == b"first"
        assert server.received[0].headers["host"] == f"rebind.example:{server.port}"
    assert next(asked) == 1


def test_a_name_with_one_private_address_among_public_ones_is_blocked(monkeypatch):
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ("8.8.8.8", "10.0.0.1")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **o: found)
    with pytest.raises(BlockedAddress, match=r"10\.0\.0\.1"):
        fetch("http://mixed.example/", guard=Guard())


def test_a_redirect_to_a_private_address_is_refused():
    with LoopbackServer(answers()) as inner:
        with (
            LoopbackServer(
                answers(Answer(302, headers={"Location": inner.url + "/latest/meta-data"}))
            ) as server,
            pytest.raises(BlockedAddress),
        ):
            fetch(server.url)
        assert inner.received == []


def test_tls_checks_the_name_although_the_connection_goes_to_an_address():
    authority = trustme.CA()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with LoopbackServer(lambda _: Answer(body="secure"), tls=tls) as server:
        assert fetch(server.url, client_options={"verify": trusting}).body == b"secure"
        with pytest.raises(NetworkError, match="another host"):
            # the certificate is not for this name
            fetch(f"https://localhost:{server.port}", client_options={"verify": trusting})
        with pytest.raises(NetworkError, match="certificate"):
            fetch(server.url)


@pytest.mark.parametrize("url", ["ftp://example.com/", "file:///etc/passwd", "nonsense"])
def test_only_http_and_https_are_spoken(url):
    with pytest.raises(NetworkError):
        fetch(url, guard=Guard(allow_private=True))


def test_the_proxy_of_the_environment_is_used_but_not_for_addresses_that_the_guard_blocks(
    monkeypatch,
):
    with LoopbackServer(lambda _: Answer(body="through the proxy")) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        assert (
            fetch("http://203.0.113.9/x", guard=Guard().allowing("http://203.0.113.9")).body
            == b"through the proxy"
        )
        assert proxy.received[0].target == "http://203.0.113.9/x"
        with pytest.raises(BlockedAddress):
            fetch("http://10.0.0.1/", guard=Guard())


@pytest.fixture
def proxied(monkeypatch):
    """Set the environment's proxy for http, and for https."""

    def go(place):
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, place)
        monkeypatch.delenv("no_proxy", raising=False)

    return go


def test_a_proxy_need_not_say_http(proxied):
    with LoopbackServer(lambda _: Answer(body="through the proxy")) as proxy:
        proxied(proxy.url.removeprefix("http://"))
        assert fetch("http://203.0.113.9/x").body == b"through the proxy"
        proxied(proxy.url.replace("//", "//ann:hunter2@"))
        assert fetch("http://203.0.113.9/x").body == b"through the proxy"
    assert proxy.received[1].headers["proxy-authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    "place",
    [
        "ann:hunter2@host:port",
        "http://ann:hunter2@host:port",
        "http://ann:hunter2@host:99999",
        "socks4://hunter2",
        "http://",
    ],
)
def test_a_proxy_that_cannot_be_used_is_named_by_its_variable_and_not_shown(proxied, place):
    proxied(place)
    with pytest.raises(NotSent, match=r"http_proxy.*write http://host:port") as caught:
        send("http://203.0.113.9/")
    assert "hunter2" not in f"{caught.value}"


@pytest.mark.skipif(bool(find_spec("socksio")), reason="SOCKS proxies can be used here")
def test_a_socks_proxy_says_what_it_takes(proxied):
    proxied("socks5://127.0.0.1:9")
    with pytest.raises(NotSent, match=r"install `httpx\[socks\]`"):
        send("http://203.0.113.9/")


def test_a_proxy_that_refuses_the_tunnel_has_sent_nothing(proxied):
    with LoopbackServer(lambda _: Answer(407)) as proxy:
        proxied(proxy.url)
        with pytest.raises(
            NotSent, match=r"proxy lets no connection to https://203\.0\.113\.9 through: 407"
        ):
            send("https://203.0.113.9/", "POST")


def test_a_name_that_only_the_proxy_knows_has_to_be_named(proxied, monkeypatch):
    real = socket.getaddrinfo

    def resolve(host, *args, **options):
        if host in {"api.example", b"api.example"}:
            raise socket.gaierror
        return real(host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with LoopbackServer(lambda _: Answer(body="through the proxy")) as proxy:
        proxied(proxy.url)
        with pytest.raises(NotSent, match=r"only the proxy can resolve it.*server="):
            send("http://api.example/", guard=Guard())
        assert send("http://api.example/").text == "through the proxy"


# --- retries ---


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_server_is_asked_again(status):
    with LoopbackServer(
        answers(
            Answer(status, headers={"Retry-After": "0"}), Answer(status), Answer(body="at last")
        )
    ) as server:
        assert send(server.url).text == "at last"


def test_the_last_answer_counts_when_the_server_stays_busy():
    with LoopbackServer(lambda _: Answer(503)) as server:
        assert send(server.url, retries=1).status_code == 503
        assert len(server.received) == 2


def test_a_request_that_changes_something_is_not_sent_twice():
    with LoopbackServer(lambda _: Answer(503)) as server:
        assert send(server.url, "POST", content=b"x").status_code == 503
        assert len(server.received) == 1


def test_an_idempotency_key_lets_it_be_sent_again():
    with LoopbackServer(answers(Answer(503), Answer(201))) as server:
        assert (
            send(server.url, "POST", content=b"x", headers={"Idempotency-Key": "k"}).status_code
            == 201
        )
        assert [request.body for request in server.received] == [b"x", b"x"]


def test_an_answer_that_asks_for_too_long_a_wait_is_given_back():
    with LoopbackServer(lambda _: Answer(429, headers={"Retry-After": "3600"})) as server:
        assert send(server.url, longest_wait=5).status_code == 429
        assert len(server.received) == 1


def test_an_answer_that_asks_for_more_time_than_is_left_is_given_back():
    async def go(url):
        async with open_client(guard=Guard().allowing(url)) as client:
            request = client.build_request("GET", url)
            request.extensions["deadline"] = anyio.current_time() + 1
            return await client.send(request)

    with LoopbackServer(lambda _: Answer(429, headers={"Retry-After": "2"})) as server:
        assert portal.run(go, server.url).status_code == 429
        assert len(server.received) == 1


def test_a_name_without_an_address_has_sent_nothing(monkeypatch):
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_, **__: (_ for _ in ()).throw(socket.gaierror())
    )
    with pytest.raises(NotSent, match="No address is known"):
        send("http://api.example/", "POST")


def test_a_connection_that_closes_without_an_answer_is_tried_again():
    with _Breaking(2) as server:
        assert send(server.url).text == "ok"


def test_nobody_listening_is_one_clear_error():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(NetworkError, match="Is the address right, and the server running"):
        send(f"http://127.0.0.1:{port}/?key=s3cret", retries=0)


def test_retry_after_is_seconds_or_a_date():
    assert retry_after("7") == 7
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert retry_after("soon") is None


def test_a_pace_holds_for_each_origin():
    async def go(per_second, *urls):
        async with open_client(guard=Guard().allowing(*urls), pacer=Pacer(per_second)) as client:
            started = time.monotonic()
            for url in urls:
                await client.get(url)
            return time.monotonic() - started

    with LoopbackServer(lambda _: Answer()) as one, LoopbackServer(lambda _: Answer()) as other:
        assert portal.run(go, 50, one.url, one.url, one.url, one.url) >= 0.06
        assert portal.run(go, 1 / 600, one.url, other.url) < 600


def test_what_an_answer_asks_for_is_waited_for():
    async def go(url):
        async with open_client(guard=Guard().allowing(url)) as client:
            started = time.monotonic()
            return await client.get(url), time.monotonic() - started

    with LoopbackServer(answers(Answer(429, headers={"Retry-After": "1"}), Answer())) as server:
        response, took = portal.run(go, server.url)
    assert (response.status_code, took >= 1) == (200, True)


def test_a_pause_holds_up_no_other_request():
    """The server is busy for one user, and not for the other."""
    is_paused = threading.Event()

    def handler(request):
        if request.headers["authorization"] == "other":
            return Answer()
        is_paused.set()
        return Answer(429, headers={"Retry-After": "29"})

    async def go(url):
        async with open_client(guard=Guard().allowing(url)) as client:
            paused = asyncio.create_task(client.get(url, headers={"Authorization": "one"}))
            await asyncio.to_thread(is_paused.wait, 60)
            other = await client.get(url, headers={"Authorization": "other"})
            assert not paused.done()
            paused.cancel()
            return other.status_code

    with LoopbackServer(handler) as server:
        assert portal.run(go, server.url) == 200


class _OneTime(httpx.Auth):
    """Signs each request with another number."""

    def __init__(self):
        self.number = 0

    def auth_flow(self, request):
        self.number += 1
        request.headers["X-Nonce"] = str(self.number)
        yield request


def test_what_is_sent_again_is_signed_anew():
    auth = _OneTime()

    async def go(url):
        async with open_client(guard=Guard().allowing(url), backoff=0) as client:
            return await client.get(url, auth=auth)

    with LoopbackServer(answers(Answer(503), Answer(502), Answer(body="ok"))) as server:
        assert portal.run(go, server.url).text == "ok"
        assert [one.headers["x-nonce"] for one in server.received] == ["1", "2", "3"]


class _TokenFirst(httpx.Auth):
    """Gets a token by a request that may not be repeated."""

    def __init__(self, url):
        self.url = url

    def auth_flow(self, request):
        yield httpx.Request("POST", self.url)
        yield request


def test_a_token_request_that_broke_is_not_sent_again():
    async def go(token_url, url):
        guard = Guard().allowing(token_url, url)
        async with open_client(guard=guard, backoff=0) as client:
            return await client.get(url, auth=_TokenFirst(token_url))

    with LoopbackServer(lambda _: Answer()) as server, _Breaking(1) as tokens:
        with pytest.raises(NetworkError, match="broke"):
            portal.run(go, tokens.url, server.url)
        assert not server.received
        assert send(tokens.url, retries=0).text == "ok"  # the second that came there


# --- a transport of one's own ---


def test_a_transport_of_ones_own_has_the_guard_the_retries_and_the_errors():
    left = iter([httpx.Response(503), httpx.Response(200, text="ok")])
    network = Network(transport=httpx.MockTransport(lambda _: next(left)))
    guard = Guard()
    assert send("https://api.example/", guard=guard, network=network).text == "ok"
    with pytest.raises(BlockedAddress):
        send("http://169.254.169.254/", guard=guard, network=network)


def test_a_transport_of_ones_own_is_left_open():
    class Own(httpx.MockTransport):
        closed = False

        async def aclose(self):
            self.closed = True

    own = Own(lambda _: httpx.Response(200))
    send("https://api.example/", network=Network(transport=own))
    assert not own.closed


def test_a_given_proxy_has_every_request():
    with LoopbackServer(lambda _: Answer(body="by proxy")) as proxy:
        network = Network(proxy=proxy.url.removeprefix("http://"))
        guard = Guard().allowing("http://api.example")
        assert send("http://api.example/x", guard=guard, network=network).text == "by proxy"
        assert proxy.received[0].target == "http://api.example/x"


# --- limits ---


@pytest.mark.parametrize(
    "pack",
    [gzip.compress, brotli.compress, zlib.compress, lambda data: zlib.compress(data, wbits=-15)],
)
def test_a_packed_body_is_unpacked(pack):
    name = "br" if pack is brotli.compress else "gzip" if pack is gzip.compress else "deflate"
    with LoopbackServer(
        lambda _: Answer(body=pack(b"some text " * 50_000), headers={"Content-Encoding": name})
    ) as server:
        assert fetch(server.url).body == b"some text " * 50_000


@given(st.binary(max_size=2000), st.integers(1, 7))
def test_unpacking_does_not_depend_on_how_the_body_was_cut(data, size):
    from openapi2tools.transport.content_coding import _DECODERS, _unpack

    for name, packed in (
        ("gzip", gzip.compress(data)),
        ("br", brotli.compress(data)),
        ("deflate", zlib.compress(data)),
    ):
        codings = [_DECODERS[name]()]
        pieces = [packed[i : i + size] for i in range(0, len(packed), size)]
        assert b"".join(out for piece in pieces for out in _unpack(piece, codings, "")) == data
        assert all(coding.complete for coding in codings)


@pytest.mark.parametrize("name", ["gzip", "br"])
def test_a_bomb_is_stopped_at_the_limit(name):
    bomb = (gzip.compress if name == "gzip" else brotli.compress)(bytes(30_000_000))
    with (
        LoopbackServer(lambda _: Answer(body=bomb, headers={"Content-Encoding": name})) as server,
        pytest.raises(NetworkError, match="more than 1,000,000 bytes"),
    ):
        fetch(server.url)


def test_a_body_that_says_it_is_too_large_is_not_read():
    with (
        LoopbackServer(
            lambda _: Answer(headers={"Content-Length": str(2 << 30)}, chunks=[b"x"])
        ) as server,
        pytest.raises(NetworkError, match="more than 1,000,000 bytes"),
    ):
        fetch(server.url)


def test_a_body_without_end_is_stopped_at_the_limit():
    with (
        LoopbackServer(lambda _: Answer(chunks=itertools.repeat(b"x" * 65536))) as server,
        pytest.raises(NetworkError, match="more than 1,000,000 bytes"),
    ):
        fetch(server.url)


def test_a_server_that_drips_is_left_after_the_time_for_it_all():
    stop = threading.Event()

    def drip():
        while not stop.wait(0.02):
            yield b"x"

    with LoopbackServer(lambda _: Answer(chunks=drip())) as server:
        with pytest.raises(TimedOut, match=r"0\.2 seconds"):
            fetch(server.url, seconds=0.2)
        stop.set()


def test_a_server_that_never_answers_times_out():
    stop = threading.Event()
    with LoopbackServer(lambda _: stop.wait(120) and Answer()) as server:
        with pytest.raises(TimedOut, match="did not answer in time"):
            send(server.url, timeout=0.1, retries=0)
        stop.set()


@pytest.mark.parametrize("cut", [b"half of it", gzip.compress(b"half of it" * 1000, mtime=0)[:30]])
def test_a_body_that_is_cut_short_is_an_error(cut):
    headers = {"Content-Encoding": "gzip"} if cut[0] == 0x1F else {"Content-Length": "1000"}
    with (
        LoopbackServer(lambda _: Answer(headers=headers, chunks=[cut])) as server,
        pytest.raises(NetworkError),
    ):
        fetch(server.url, client_options={"retries": 0})


# --- secrets ---


def test_a_redirect_takes_private_headers_and_a_password_to_no_other_origin():
    with LoopbackServer(lambda _: Answer(body="done")) as other:
        with LoopbackServer(
            answers(
                Answer(307, headers={"Location": "/next"}),
                Answer(302, headers={"Location": other.url}),
            )
        ) as server:
            url = server.url.replace("http://", "http://user:pass@")
            fetch(
                url,
                guard=Guard().allowing(url, other.url),
                credentials={"X-Key": "s3cret"},
                headers={"Accept": "text/plain"},
            )
        assert all(
            r.headers["x-key"] == "s3cret" and r.headers["authorization"].startswith("Basic")
            for r in server.received
        )
        assert len(server.received) == 2
        assert not {"x-key", "authorization"} & other.received[0].headers.keys()
        assert other.received[0].headers["accept"] == "text/plain"


def test_a_redirect_cannot_make_this_program_log_in_somewhere():
    with LoopbackServer(
        lambda request: (
            Answer(body="x")
            if request.path == "/b"
            else Answer(302, headers={"Location": "//evil:pw@" + request.headers["host"] + "/b"})
        )
    ) as server:
        fetch(server.url + "/a")
        assert "authorization" not in server.received[1].headers


@pytest.mark.parametrize(
    "location",
    [
        "http://[",
        "//[x",
        "http://a:b",
        "ftp://example.com/",
        "mailto:x",
        "http://",
        "\x00",
        "http://exa mple/",
    ],
)
def test_a_redirect_to_nonsense_is_a_clear_error(location):
    with (
        LoopbackServer(lambda r: Answer(302, headers={"Location": location})) as server,
        pytest.raises(NetworkError),
    ):
        fetch(server.url)


def test_redirects_in_a_circle_end():
    with (
        LoopbackServer(lambda _: Answer(302, headers={"Location": "/"})) as server,
        pytest.raises(NetworkError, match="redirects more than"),
    ):
        fetch(server.url)


def test_no_error_shows_what_stands_in_headers_query_or_userinfo():
    with LoopbackServer(lambda _: Answer()) as server:
        url = server.url.replace("//", "//u:s3cret@") + "/p?key=s3cret"
        with pytest.raises(NetworkError) as caught:
            send(url, headers={"X-Key": "s3cret\nx"})
    error = caught.value
    assert "s3cret" not in f"{error!r} {error}"
    assert error.__suppress_context__


class _Breaking:
    """A server that takes `times` connections and closes them without an answer, then answers."""

    def __init__(self, times):
        self._times = times
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        for attempt in range(self._times + 1):
            connection, _ = self._socket.accept()
            with connection:
                connection.recv(65536)
                if attempt == self._times:
                    connection.sendall(
                        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
                    )

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._thread.join()
        self._socket.close()


def test_a_header_that_cannot_be_sent_is_told_without_its_value() -> None:
    with pytest.raises(InvalidOption, match="The header X cannot be sent") as raised:
        fetch("http://127.0.0.1:9", credentials={"X": "s\N{SNOWMAN}cret"})
    assert "cret" not in str(raised.value)
    with pytest.raises(InvalidOption, match="The header X is not a text"):
        fetch("http://127.0.0.1:9", credentials={"X": 1})


# --- certificates ---


def _tls(authority, **options):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1", **options).configure_cert(context)
    return context


def test_a_certificate_of_an_unknown_authority_is_told_with_the_remedy():
    with (
        LoopbackServer(lambda _: Answer(body="secure"), tls=_tls(trustme.CA())) as server,
        pytest.raises(NotSent, match=r"is not trusted here.*verify='FILE'.*SSL_CERT_"),
    ):
        fetch(server.url)


def test_a_self_signed_certificate_is_told_as_self_signed(tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(datetime(2020, 1, 1, tzinfo=UTC)).not_valid_after(
        datetime(2100, 1, 1, tzinfo=UTC)
    )
    pem, private = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (tmp_path / "self.pem").write_bytes(
        builder.sign(key, hashes.SHA256()).public_bytes(pem)
        + key.private_bytes(pem, private, serialization.NoEncryption())
    )
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(tmp_path / "self.pem")
    with (
        LoopbackServer(lambda _: Answer(body="secure"), tls=tls) as server,
        pytest.raises(NotSent, match=r"is self-signed\. .*verify='FILE'.*SSL_CERT_FILE"),
    ):
        fetch(server.url)


def test_an_expired_certificate_is_told_as_expired():
    authority = trustme.CA()
    trusting_it = ssl.create_default_context()
    authority.configure_trust(trusting_it)
    tls = _tls(authority, not_after=datetime(2020, 1, 1, tzinfo=UTC))
    with (
        LoopbackServer(lambda _: Answer(body="secure"), tls=tls) as server,
        pytest.raises(NotSent, match=r"certificate has expired\. Whoever runs the server"),
    ):
        fetch(server.url, client_options={"verify": trusting_it})


def test_a_certificate_of_another_host_is_told_as_that():
    authority = trustme.CA()
    trusting_it = ssl.create_default_context()
    authority.configure_trust(trusting_it)
    with (
        LoopbackServer(lambda _: Answer(body="secure"), tls=_tls(authority)) as server,
        pytest.raises(NotSent, match=r"certificate is for another host\. Check the address"),
    ):
        fetch(f"https://localhost:{server.port}", client_options={"verify": trusting_it})


def test_an_authority_of_a_file_is_trusted_beside_the_usual_ones(tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = trusting(str(tmp_path / "ca.pem"))
    assert len(context.get_ca_certs()) > 1
    with LoopbackServer(lambda _: Answer(body="secure"), tls=_tls(authority)) as server:
        assert fetch(server.url, client_options={"verify": context}).body == b"secure"


# --- the https of a host that was named ---


def test_who_names_a_private_host_over_http_names_its_https_too():
    guard = Guard().allowing("http://localhost/x", "http://127.0.0.1:8080")
    assert portal.run(guard.resolve, "localhost", 443)
    for host, port in (("127.0.0.1", 8443), ("127.0.0.1", 443), ("localhost", 8080)):
        with pytest.raises(BlockedAddress):
            portal.run(guard.resolve, host, port)


@pytest.mark.parametrize(
    ("here", "there", "same"),
    [
        ("http://intranet/a", "https://intranet/b", True),
        ("http://intranet:80/a", "https://intranet:443/b", True),
        ("https://intranet/a", "http://intranet/b", False),
        ("http://intranet:8080/a", "https://intranet/b", False),
        ("http://intranet/a", "https://intranet:8443/b", False),
        ("http://intranet/a", "https://other/b", False),
    ],
)
def test_an_upgrade_is_the_https_of_the_same_host_at_its_usual_port(here, there, same):
    assert is_same_or_upgraded(here, there) is same


def test_the_jar_of_httpx_is_off_and_grows_with_no_answer():
    async def go():
        async with open_client(guard=Guard().allowing(server.url)) as client:
            for _ in range(3):
                await client.get(server.url)
            return len(client.cookies.jar)

    with LoopbackServer(lambda _: Answer(headers={"Set-Cookie": "a=b"})) as server:
        assert portal.run(go) == 0
    assert all("cookie" not in each.headers for each in server.received)


def test_a_site_that_redirects_until_its_cookie_comes_back_is_read():
    def answer(received):
        if "seen=1" in received.headers.get("cookie", ""):
            return Answer(body=b"document")
        return Answer(302, headers={"Location": "/", "Set-Cookie": "seen=1"})

    with LoopbackServer(answer) as server:
        assert fetch(server.url).body == b"document"


def test_a_document_that_breaks_off_is_fetched_again():
    broken = Answer(chunks=[b"docu"], headers={"Content-Length": "8"})
    with LoopbackServer(answers(broken, broken, Answer(body=b"document"))) as server:
        assert fetch(server.url).body == b"document"
    with (
        LoopbackServer(lambda _: broken) as server,
        pytest.raises(NetworkError, match="Try again, or save the document to a file"),
    ):
        fetch(server.url)


@pytest.mark.parametrize("cut", [1, 20, 25, 26, 27, 40])
@pytest.mark.parametrize("end", [b"", b"\0" * 9, b"\x1f", b"rest"])
def test_a_gzip_of_several_members_is_read_whole(cut, end):
    packed = gzip.compress(b"first") + gzip.compress(b"") + gzip.compress(b", second") + end
    headers = {"Content-Encoding": "gzip"}
    pieces = Answer(chunks=[packed[:cut], packed[cut:]], headers=headers)
    with LoopbackServer(lambda _: pieces) as server:
        assert fetch(server.url).body == b"first, second"


def test_a_gzip_whose_last_member_is_cut_is_not_complete():
    packed = gzip.compress(b"first") + gzip.compress(b"second")[:-3]
    with (
        LoopbackServer(
            lambda _: Answer(body=packed, headers={"Content-Encoding": "gzip"})
        ) as server,
        pytest.raises(NetworkError, match="ends in the middle"),
    ):
        fetch(server.url)


def test_a_gzip_of_endless_empty_members_ends():
    packed = gzip.compress(b"") * 20_000
    with (
        LoopbackServer(
            lambda _: Answer(body=packed, headers={"Content-Encoding": "gzip"})
        ) as server,
        pytest.raises(NetworkError, match="more than 10000 parts"),
    ):
        fetch(server.url)
