"""An `httpx.AsyncClient` of ours: requests in, responses out, guarded, paced, retried, and only our errors.

The guard stands where the socket is opened: a name is resolved once, every address checked, and the
connection made to a checked address, so that DNS cannot change its answer in between. Host header
and TLS keep the name.
"""

from __future__ import annotations

import math
import os
import random
import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.request import getproxies, proxy_bypass

import anyio
import httpcore
import httpx

from openapi2tools.errors import CallError, InvalidOption, NetworkError, NotSent, TimedOut
from openapi2tools.transport.guard import Guard, origin, printable, shown

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping

USER_AGENT: Final = f"openapi2tools/{version('openapi2tools')}"
Cert: TypeAlias = "str | tuple[str, str] | tuple[str, str | None, str]"
"""A file with certificate and key, or both files, or both and the key's password."""
# RFC 9110, section 9.2.2
IDEMPOTENT: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY", "PUT", "DELETE"})
BUSY: Final = frozenset({429, 502, 503, 504})


def open_client(
    *,
    guard: Guard,
    timeout: float = 30.0,
    retries: int = 2,
    backoff: float = 0.25,
    longest_wait: float = 30.0,
    per_second: float | None = None,
    verify: bool | str | ssl.SSLContext = True,
    cert: Cert | None = None,
    headers: Mapping[str, str] | None = None,
) -> httpx.AsyncClient:
    """Open a client that follows no redirects, and raises BlockedAddress, NetworkError and TimedOut instead of httpx's errors.

    `timeout` (seconds) holds for each of connecting, and every read and write. An idempotent
    request is sent again, up to `retries` times, after a failed connection or a 429, 502, 503 or
    504; the pause doubles from `backoff` seconds, or is what `Retry-After` asks for, and an answer
    that asks for more than `longest_wait`, or for more than is left until the request's extension
    `deadline` (a moment of the loop's clock), is given back as it is. `per_second` is the pace to
    one origin. `verify` is False, a file of certificate authorities or a context; `cert` is a
    client's certificate (with its key in the same file, or beside it).
    """
    try:
        context = _tls(verify, cert)
    except OSError as error:
        raise CallError(
            f"A certificate cannot be used: {error.strerror or error}. Check verify= and cert=."
        ) from None
    wire = _Wire(
        guard,
        context,
        retries=retries,
        backoff=backoff,
        longest_wait=longest_wait,
        pace=_Pace(per_second),
    )
    sent = sendable({"User-Agent": USER_AGENT, **(headers or {})})
    return httpx.AsyncClient(
        transport=wire, timeout=timeout, headers=sent, follow_redirects=False, trust_env=False
    )


def sendable(headers: Mapping[str, str]) -> httpx.Headers:
    """Give headers as they are sent; raises NetworkError or InvalidOption, which quote no value, for one that cannot be."""
    for name, value in headers.items():
        if not (isinstance(name, str) and isinstance(value, str)):
            raise InvalidOption(
                f"The header {name} is not a text, in its name or its value: write it as one."
            )
        if not (name + value).isascii():
            raise NetworkError(
                f"The header {name} cannot be sent: it holds a character beyond ASCII."
            )
    return httpx.Headers(dict(headers))


def explain(error: httpx.HTTPError, url: str | httpx.URL) -> CallError:
    """Say httpx's error in our words; nothing of the request but its address is quoted, since headers hold credentials."""
    place = shown(url)
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return _NotSentInTime(
            f"{place} did not take a connection in time. Check the network, or allow more time."
        )
    if isinstance(error, httpx.TimeoutException):
        return TimedOut(f"{place} did not answer in time. Try again, or allow more time.")
    if isinstance(error, httpx.ConnectError):
        return NotSent(
            f"No connection to {origin(str(url))}: {error}. Is the address right, and the server running?"
        )
    # it refuses the tunnel, through which the request would have gone
    if isinstance(error, httpx.ProxyError):
        return NotSent(
            f"The proxy lets no connection to {origin(str(url))} through: {printable(str(error))}."
        )
    if isinstance(error, httpx.UnsupportedProtocol):
        return NotSent(f"{place} is neither http nor https.")
    if isinstance(error, httpx.LocalProtocolError):
        return NotSent(
            f"The request to {place} cannot be written: a header holds a character that HTTP does not allow."
        )
    return NetworkError(
        f"The connection to {place} broke before the answer was complete. Try again."
    )


class _NotSentInTime(TimedOut, NotSent):
    """No connection was made in time."""


def sent_before(error: CallError) -> CallError:
    """Give the error of a request that another one went before: of the whole nobody can say any more that it never left."""
    if not isinstance(error, NotSent):
        return error
    return (TimedOut if isinstance(error, TimedOut) else NetworkError)(str(error))


def _tls(verify: ssl.SSLContext | str | bool, cert: Cert | None) -> ssl.SSLContext:  # noqa: FBT001 -- httpx's word
    named = (verify, *([cert] if isinstance(cert, str) else cert or ()))
    files = [path for path in named if isinstance(path, str) and os.path.isfile(path)]  # noqa: PTH113 -- a password is no path
    return _context(verify, cert, tuple(os.stat(path).st_mtime_ns for path in files))  # noqa: PTH116 -- as above


# reading a system's certificates takes as long as a call; `written` is when the files were
@lru_cache(maxsize=8)
def _context(
    verify: ssl.SSLContext | str | bool,  # noqa: FBT001
    cert: Cert | None,
    written: tuple[int, ...],  # noqa: ARG001
) -> ssl.SSLContext:
    if isinstance(verify, str):
        context = ssl.create_default_context(cafile=verify)
    else:
        context = (
            verify
            if isinstance(verify, ssl.SSLContext)
            else httpx.create_ssl_context(verify=verify)
        )
    if cert is not None:
        context.load_cert_chain(*([cert] if isinstance(cert, str) else cert))
    return context


class _Pace:
    """When the next request to an origin may start."""

    def __init__(self, per_second: float | None) -> None:
        self._interval = 1 / per_second if per_second else 0.0
        self._free: dict[str, float] = {}

    async def turn(self, place: str) -> None:
        now = anyio.current_time()
        start = max(now, self._free.get(place, now))
        self._free[place] = start + self._interval
        if start > now:
            await anyio.sleep(start - now)

    def hold(self, place: str, seconds: float) -> None:
        """Let nobody ask this origin before it wants to be asked again."""
        self._free[place] = max(self._free.get(place, 0.0), anyio.current_time() + seconds)


class _Wire(httpx.AsyncBaseTransport):
    """httpx's own transports behind the guard, one for each proxy of the environment, with retries around them."""

    def __init__(
        self,
        guard: Guard,
        context: ssl.SSLContext,
        *,
        retries: int,
        backoff: float,
        longest_wait: float,
        pace: _Pace,
    ) -> None:
        self._guard = guard
        self._context = context
        self._retries = retries
        self._backoff = backoff
        self._longest_wait = longest_wait
        self._pace = pace
        self._transports: dict[str | None, httpx.AsyncHTTPTransport] = {}
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        place = origin(str(request.url))
        deadline = request.extensions.get("deadline", math.inf)
        sent = False
        for attempt in range(self._retries + 1):
            await self._pace.turn(place)
            if self._closed:
                closed = NotSent("The client was closed before this request was sent.")
                raise sent_before(closed) if sent else closed
            last = attempt == self._retries
            try:
                response = await self._send(request)
            except (httpx.TransportError, NotSent) as error:
                told = error if isinstance(error, NotSent) else explain(error, request.url)
                if last or self._closed or not _may_repeat_after(error, request):
                    raise (sent_before(told) if sent else told) from None
                sent = sent or not isinstance(told, NotSent)
                pause = self._pause(attempt)
            else:
                sent = True
                pause = self._asked_for(response, attempt)
                longest = min(self._longest_wait, deadline - anyio.current_time())
                if (
                    last
                    or response.status_code not in BUSY
                    or not _may_repeat(request)
                    or pause > longest
                ):
                    response.stream = _Body(response.stream, request.url)
                    await _check_location(response, request.url)
                    return response
                await response.aclose()
            self._pace.hold(place, pause)
        raise AssertionError  # the last attempt returned or raised

    async def aclose(self) -> None:
        self._closed = True
        for transport in self._transports.values():
            await transport.aclose()

    async def _send(self, request: httpx.Request) -> httpx.Response:
        proxy = _proxy(request.url)
        if proxy is not None and not self._guard.names(request.url.host, _port(request.url)):
            await self._check_behind_proxy(request.url)
        if proxy not in self._transports:
            self._transports[proxy] = self._open(proxy)
        try:
            return await self._transports[proxy].handle_async_request(request)
        except ssl.SSLError as error:  # after the handshake, where httpcore lets it through: TLS 1.3 refuses a client's certificate so late
            reason = (error.reason or "no reason given").replace("_", " ").lower()
            raise NetworkError(
                f"{origin(str(request.url))} ended the secure connection ({reason}). Does it want another client certificate?"
            ) from None

    async def _check_behind_proxy(self, url: httpx.URL) -> None:
        """Let the guard see where a name leads; what only the proxy can resolve may be private, and is for the developer to name."""
        try:
            await self._guard.addresses(url.host, _port(url))
        except NotSent as error:
            raise NotSent(
                f"{error} If only the proxy can resolve it, name the address yourself (server= for calls, --allow-ref for references): "
                f"then it is left to the proxy."
            ) from None

    def _open(self, proxy: str | None) -> httpx.AsyncHTTPTransport:
        transport = httpx.AsyncHTTPTransport(verify=self._context, proxy=proxy)
        if proxy is None:
            # httpx has no parameter for it, httpcore has; the tests notice when a new httpx keeps
            # its pool elsewhere
            transport._pool._network_backend = _GuardedSockets(self._guard)  # noqa: SLF001
        return transport

    def _pause(self, attempt: int) -> float:
        return float(self._backoff * 2**attempt * (1 + random.random() / 4))  # noqa: S311 -- spreads retries, guards nothing

    def _asked_for(self, response: httpx.Response, attempt: int) -> float:
        asked = retry_after(response.headers.get("retry-after", ""))
        return self._pause(attempt) if asked is None else asked


class _GuardedSockets(httpcore.AsyncNetworkBackend):
    """Opens sockets to checked addresses only."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._sockets = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            with anyio.fail_after(timeout):
                addresses = await self._guard.addresses(host, port)
        except TimeoutError:
            raise httpcore.ConnectTimeout from None
        # one dead address of several must not use up the time of the others
        for address in addresses[:-1]:
            try:
                return await self._sockets.connect_tcp(
                    address, port, min(timeout or 3.0, 3.0), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._sockets.connect_tcp(
            addresses[-1], port, timeout, local_address, socket_options
        )

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)


class _Body(httpx.AsyncByteStream):
    """A response's body, whose errors are ours."""

    def __init__(
        self, stream: httpx.AsyncByteStream | httpx.SyncByteStream, url: httpx.URL
    ) -> None:
        assert isinstance(stream, httpx.AsyncByteStream)  # noqa: S101 -- an asynchronous transport gives no other
        self._stream = stream
        self._url = url

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._stream:
                yield chunk
        except httpx.TransportError as error:
            raise explain(error, self._url) from None

    async def aclose(self) -> None:
        await self._stream.aclose()


def retry_after(text: str) -> float | None:
    """Read a `Retry-After` header, seconds or a date (RFC 9110, section 10.2.3), as seconds from now."""
    if text.strip().isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


async def _check_location(response: httpx.Response, url: httpx.URL) -> None:
    """Refuse a redirect to what is no URL; httpx would raise an error of its own where the redirect is not even followed."""
    try:
        target = httpx.URL(
            response.headers.get("location", "") if response.has_redirect_location else ""
        )
        if target.scheme and not target.host:
            # httpx does it for `https:/path`, and stumbles over `mailto:x`
            target.copy_with(host=url.host)
    except httpx.InvalidURL:
        await response.aclose()
        raise NetworkError(f"{shown(url)} redirects to what is no URL.") from None


def _may_repeat(request: httpx.Request) -> bool:
    repeatable = request.method.upper() in IDEMPOTENT or "idempotency-key" in request.headers
    # a stream that is read once cannot be sent twice
    return repeatable and isinstance(request.stream, httpx.ByteStream)


def _may_repeat_after(error: httpx.TransportError | NotSent, request: httpx.Request) -> bool:
    if isinstance(error, httpx.ConnectError):
        return "CERTIFICATE" not in str(error)  # nothing was sent; but a bad certificate stays bad
    return isinstance(
        error, httpx.RemoteProtocolError | httpx.ReadError | httpx.WriteError
    ) and _may_repeat(request)


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _proxy(url: httpx.URL) -> str | None:
    """Give the environment's proxy for a URL; the computer itself is never behind one."""
    if url.host == "localhost" or _is_loopback(url.host):
        return None
    proxies = getproxies()
    kind = url.scheme if proxies.get(url.scheme) else "all"
    proxy = proxies.get(kind)
    return (
        None if not proxy or proxy_bypass(f"{url.host}:{_port(url)}") else _proxy_url(proxy, kind)
    )


def _proxy_url(text: str, kind: str) -> str:
    """Read a proxy's address, which need not say http://; raises NotSent, which names the variable and never its value."""
    place = f"The proxy that {kind}_proxy (or {kind.upper()}_PROXY) in the environment names cannot be used"
    try:
        url = httpx.URL(text if "://" in text else f"http://{text}")
    except httpx.InvalidURL:
        url = httpx.URL("")
    if (
        url.scheme not in ("http", "https", "socks5", "socks5h")
        or not url.host
        or (url.port or 0) > 65535
    ):
        raise NotSent(f"{place}: write http://host:port, or http://user:password@host:port.")
    if url.scheme.startswith("socks") and find_spec("socksio") is None:
        raise NotSent(f"{place}: for a SOCKS proxy install `httpx[socks]`, or name an http:// one.")
    return str(url)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
