"""The `httpx.AsyncClient` that sends every request: guarded, paced, retried, with our errors."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import httpx

from openapi2tools._core.installed import own_version
from openapi2tools.errors import InvalidOption, NetworkError, NotSent
from openapi2tools.transport.guard import how_to_name_it
from openapi2tools.transport.http.cookies import no_cookies
from openapi2tools.transport.http.error_translation import (
    AnswerBroken,
    ConnectionBroken,
    translate_error,
)
from openapi2tools.transport.http.keep_alive import close_if_unread
from openapi2tools.transport.http.pacing import Pacer
from openapi2tools.transport.http.proxies import proxy_for, proxy_url
from openapi2tools.transport.http.retries import RetryingClient, RetryPolicy
from openapi2tools.transport.http.tls import Cert, Verify, tls_context
from openapi2tools.transport.sockets import GuardedSockets
from openapi2tools.transport.urls import origin, port_of, redact_url

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from openapi2tools.transport.guard import Guard

USER_AGENT: Final = f"openapi2tools/{own_version()}"
_MAX_IDLE_CONNECTIONS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """How requests travel.

    Attributes:
        proxy: The URL of the proxy for every request; None for what the environment names.
        http2: Whether to speak HTTP/2 with servers that do.
        max_connections: How many connections may be open at a time; requests wait for one.
        transport: What requests are given to in place of the network, such as an application in
            this process. It is not closed.
    """

    proxy: str | None = None
    http2: bool = False
    max_connections: int = 100
    transport: httpx.AsyncBaseTransport | None = None


def open_client(
    *,
    guard: Guard,
    timeout: float = 30.0,
    retries: int = 2,
    backoff: float = 0.25,
    longest_wait: float = 30.0,
    pacer: Pacer | None = None,
    network: Network | None = None,
    verify: Verify = True,
    cert: Cert | None = None,
    headers: Mapping[str, str] | None = None,
) -> httpx.AsyncClient:
    """Open a client that follows no redirects, keeps no cookies and raises our errors.

    An idempotent request is sent again after a failed connection or a 429, 502, 503 or 504. Its
    pause doubles from `backoff`, or is what `Retry-After` asks for; other requests go on.

    Args:
        guard: Which addresses may be connected to.
        timeout: Seconds for each of connecting, and every read and write.
        retries: How often a request is sent again at most.
        backoff: Seconds of the first pause.
        longest_wait: Seconds. An answer that asks for a longer pause, or for more than is left
            until the request's extension `deadline` (a moment of the loop's clock), is given back
            as it is.
        pacer: How many requests to one origin may start in a second; None for any number.
        network: How requests travel.
        verify: False, a file of certificate authorities, or a TLS context.
        cert: A client's certificate, with its key in the same file, or beside it.
        headers: Sent with every request.

    Raises:
        CallError: A certificate cannot be used. Requests of the client raise BlockedAddress,
            NetworkError, NotSent and TimedOut.
    """
    transport = _GuardedTransport(
        guard,
        tls_context(verify, cert),
        pacer=pacer or Pacer(None),
        network=network or Network(),
    )
    return RetryingClient(
        RetryPolicy(retries, backoff, longest_wait),
        transport=transport,
        timeout=timeout,
        headers=checked_headers({"User-Agent": USER_AGENT, **(headers or {})}),
        cookies=no_cookies(),
        follow_redirects=False,
        trust_env=False,
    )


HEADER_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""RFC 9110, section 5.6.2."""
_HEADER_VALUE: Final = re.compile(r"[\t\x20-\x7e]*")
_BODY_FRAMING: Final = frozenset({"content-length", "transfer-encoding"})
"""Headers that say where a body ends, which is for each request to know."""


def checked_headers(headers: Mapping[str, str]) -> httpx.Headers:
    """Return headers as they are sent.

    Raises InvalidOption for one that cannot be; it quotes no value.
    """
    for name, value in headers.items():
        if not (isinstance(name, str) and isinstance(value, str)):
            raise InvalidOption(
                f"The header {name} is not a text, in its name or its value: write it as one."
            )
        if not (name + value).isascii():
            raise InvalidOption(
                f"The header {name} cannot be sent: it holds a character beyond ASCII."
            )
        if not HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise InvalidOption(
                f"The header {name!r} cannot be sent: it holds a character that HTTP does not "
                "allow there, such as the end of a line."
            )
        if name.lower() in _BODY_FRAMING:
            raise InvalidOption(
                f"The header {name} says where a body ends, which each request says by itself: "
                "leave it out."
            )
    return httpx.Headers(dict(headers))


class _GuardedTransport(httpx.AsyncBaseTransport):
    """httpx's transports behind the guard.

    There is one for direct connections, and one for each proxy of the environment.
    """

    def __init__(
        self, guard: Guard, context: ssl.SSLContext, *, pacer: Pacer, network: Network
    ) -> None:
        self._guard = guard
        self._context = context
        self._pacer = pacer
        self._network = network
        self._transports: dict[str | None, httpx.AsyncHTTPTransport] = {}  # by proxy
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request when it is its turn."""
        await self._pacer.wait_for_turn(origin(str(request.url)))
        if self._closed:
            raise NotSent("The client was closed before this request was sent.")
        transport = await self._transport_for(request.url)
        departure = request.extensions.get("departure")
        if departure is not None and self._network.transport is None:
            request.extensions = {**request.extensions, "trace": departure.trace}
        elif departure is not None:
            departure.leave()
        try:
            response = await transport.handle_async_request(request)
        except ssl.SSLError as error:
            # after the handshake, where httpcore lets it through:
            # TLS 1.3 refuses a client's certificate so late
            reason = (error.reason or "no reason given").replace("_", " ").lower()
            raise NetworkError(
                f"{origin(str(request.url))} ended the secure connection ({reason}). "
                "Does it want another client certificate?"
            ) from None
        response.stream = _Body(response.stream, request.url)
        await _check_location(response, request.url)
        return response

    async def aclose(self) -> None:
        """Close the connections; requests that wait for their turn fail."""
        self._closed = True
        for transport in self._transports.values():
            await transport.aclose()

    async def _transport_for(self, url: httpx.URL) -> httpx.AsyncBaseTransport:
        """Return what a request is given to, where the guard allows it."""
        if self._network.transport is not None:
            self._guard.check_as_written(url.host, port_of(url))
            return self._network.transport
        given = self._network.proxy
        proxy = proxy_for(url) if given is None else proxy_url(given)
        if proxy is not None:
            await self._check_behind_proxy(url)
        if proxy not in self._transports:
            self._transports[proxy] = self._open_transport(proxy)
        return self._transports[proxy]

    async def _check_behind_proxy(self, url: httpx.URL) -> None:
        """Let the guard see where a name leads.

        What only the proxy can resolve may be private, and is for the developer to name.
        """
        host, port = url.host, port_of(url)
        self._guard.check_host(host, port)
        if self._guard.allows_private(host, port):
            return
        try:
            await self._guard.resolve(host, port)
        except NotSent as error:
            raise NotSent(
                f"{error} If only the proxy can resolve it, name the address yourself "
                f"({how_to_name_it()}): then it is left to the proxy."
            ) from None

    def _open_transport(self, proxy: str | None) -> httpx.AsyncHTTPTransport:
        most = self._network.max_connections
        transport = httpx.AsyncHTTPTransport(
            verify=self._context,
            proxy=proxy,
            http2=self._network.http2,
            # httpcore looks at each idle connection for each request: 50 of them made a call twice
            # as dear (benchmarks/calls.py).
            limits=httpx.Limits(
                max_connections=most, max_keepalive_connections=min(most, _MAX_IDLE_CONNECTIONS)
            ),
        )
        if proxy is None:
            # httpx has no parameter for it, httpcore has; the tests notice when a new httpx keeps
            # its pool elsewhere
            transport._pool._network_backend = GuardedSockets(self._guard)  # noqa: SLF001
        return transport


async def _check_location(response: httpx.Response, url: httpx.URL) -> None:
    """Refuse a redirect to what is no URL.

    httpx would raise an error of its own, though the redirect is not even followed.
    """
    if not response.has_redirect_location:
        return
    try:
        target = httpx.URL(response.headers.get("location", ""))
        if target.scheme and not target.host:
            # httpx does it for `https:/path`, and stumbles over `mailto:x`
            target = target.copy_with(host=url.host)
        url.join(target).host  # noqa: B018 -- a bad IDNA name shows only when it is decoded
    except (httpx.InvalidURL, ValueError):
        await response.aclose()
        raise NetworkError(f"{redact_url(url)} redirects to what is no URL.") from None


class _Body(httpx.AsyncByteStream):
    """A response's body, whose errors are ours."""

    def __init__(
        self, stream: httpx.AsyncByteStream | httpx.SyncByteStream, url: httpx.URL
    ) -> None:
        # an asynchronous transport gives no other
        assert isinstance(stream, httpx.AsyncByteStream)  # noqa: S101
        self._stream = stream
        self._url = url

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._stream:
                yield chunk
        except httpx.TransportError as error:
            ours = translate_error(error, self._url)
            raise AnswerBroken(str(ours)) if isinstance(ours, ConnectionBroken) else ours from None

    async def aclose(self) -> None:
        """Close the response; also its connection, where the server sent more than the answer."""
        close_if_unread(self._stream)
        await self._stream.aclose()
