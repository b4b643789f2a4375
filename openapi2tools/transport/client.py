"""The `httpx.AsyncClient` that sends every request: guarded, paced, retried, with our errors."""

from __future__ import annotations

import ssl
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

import httpx

from openapi2tools.errors import InvalidOption, NetworkError, NotSent
from openapi2tools.transport.cookies import no_cookies
from openapi2tools.transport.error_translation import (
    AnswerBroken,
    ConnectionBroken,
    as_possibly_sent,
    translate_error,
)
from openapi2tools.transport.guard import how_to_name_it
from openapi2tools.transport.keep_alive import close_if_unread
from openapi2tools.transport.pacing import Pacer
from openapi2tools.transport.proxies import proxy_for
from openapi2tools.transport.retries import RetryPolicy, may_repeat_after_error
from openapi2tools.transport.sockets import GuardedSockets
from openapi2tools.transport.tls import Cert, Verify, tls_context
from openapi2tools.transport.urls import origin, port_of, redact_url

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from openapi2tools.errors import CallError
    from openapi2tools.transport.guard import Guard

WAS_REPEATED: Final = "openapi2tools_was_repeated"
"""The extension of a response that says whether an earlier attempt may have reached the server."""
USER_AGENT: Final = f"openapi2tools/{version('openapi2tools')}"


def open_client(
    *,
    guard: Guard,
    timeout: float = 30.0,
    retries: int = 2,
    backoff: float = 0.25,
    longest_wait: float = 30.0,
    per_second: float | None = None,
    verify: Verify = True,
    cert: Cert | None = None,
    headers: Mapping[str, str] | None = None,
) -> httpx.AsyncClient:
    """Open a client that follows no redirects, keeps no cookies and raises our errors.

    An idempotent request is sent again after a failed connection or a 429, 502, 503 or 504. The
    pause doubles from `backoff`, or is what `Retry-After` asks for.

    Args:
        guard: Which addresses may be connected to.
        timeout: Seconds for each of connecting, and every read and write.
        retries: How often a request is sent again at most.
        backoff: Seconds of the first pause.
        longest_wait: Seconds. An answer that asks for a longer pause, or for more than is left
            until the request's extension `deadline` (a moment of the loop's clock), is given back
            as it is.
        per_second: How many requests to one origin may start in a second; None for any number.
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
        retry_policy=RetryPolicy(retries, backoff, longest_wait),
        pacer=Pacer(per_second),
    )
    return httpx.AsyncClient(
        transport=transport,
        timeout=timeout,
        headers=checked_headers({"User-Agent": USER_AGENT, **(headers or {})}),
        cookies=no_cookies(),
        follow_redirects=False,
        trust_env=False,
    )


def checked_headers(headers: Mapping[str, str]) -> httpx.Headers:
    """Return headers as they are sent.

    Raises NetworkError or InvalidOption for one that cannot be; neither quotes a value.
    """
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


class _GuardedTransport(httpx.AsyncBaseTransport):
    """httpx's transports behind the guard, with retries around them.

    There is one for direct connections, and one for each proxy of the environment.
    """

    def __init__(
        self, guard: Guard, context: ssl.SSLContext, *, retry_policy: RetryPolicy, pacer: Pacer
    ) -> None:
        self._guard = guard
        self._context = context
        self._retry_policy = retry_policy
        self._pacer = pacer
        self._transports: dict[str | None, httpx.AsyncHTTPTransport] = {}  # by proxy
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, again where that helps and does no harm."""
        request_origin = origin(str(request.url))
        was_sent = False  # an earlier attempt may have reached the server
        for attempt in range(self._retry_policy.retries + 1):
            await self._pacer.wait_for_turn(request_origin)
            if self._closed:
                closed = NotSent("The client was closed before this request was sent.")
                raise _final_error(closed, was_sent=was_sent)
            is_last = attempt == self._retry_policy.retries
            try:
                response = await self._send_once(request)
            except (httpx.TransportError, NotSent) as raised:
                error = _our_error(raised, request.url)
                if is_last or self._closed or not may_repeat_after_error(raised, request):
                    raise _final_error(error, was_sent=was_sent) from None
                was_sent = was_sent or not isinstance(error, NotSent)
                pause = self._retry_policy.backoff_pause(attempt)
            else:
                response.extensions[WAS_REPEATED] = was_sent
                was_sent = True
                pause = self._retry_policy.pause_after(response, attempt)
                if is_last or not self._retry_policy.may_repeat_after_response(
                    response, request, pause
                ):
                    await _check_location(response, request.url)
                    return response
                await response.aclose()
            self._pacer.hold(request_origin, pause)
        raise AssertionError  # the last attempt returned or raised

    async def aclose(self) -> None:
        """Close the connections; requests that wait for their turn fail."""
        self._closed = True
        for transport in self._transports.values():
            await transport.aclose()

    async def _send_once(self, request: httpx.Request) -> httpx.Response:
        proxy = proxy_for(request.url)
        if proxy is not None:
            await self._check_behind_proxy(request.url)
        if proxy not in self._transports:
            self._transports[proxy] = self._open_transport(proxy)
        departure = request.extensions.get("departure")
        if departure is not None:
            departure.leave()
        try:
            response = await self._transports[proxy].handle_async_request(request)
        except ssl.SSLError as error:
            # after the handshake, where httpcore lets it through:
            # TLS 1.3 refuses a client's certificate so late
            reason = (error.reason or "no reason given").replace("_", " ").lower()
            raise NetworkError(
                f"{origin(str(request.url))} ended the secure connection ({reason}). "
                "Does it want another client certificate?"
            ) from None
        response.stream = _Body(response.stream, request.url)
        return response

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
        transport = httpx.AsyncHTTPTransport(verify=self._context, proxy=proxy)
        if proxy is None:
            # httpx has no parameter for it, httpcore has; the tests notice when a new httpx keeps
            # its pool elsewhere
            transport._pool._network_backend = GuardedSockets(self._guard)  # noqa: SLF001
        return transport


def _our_error(error: httpx.TransportError | NotSent, url: httpx.URL) -> CallError:
    return error if isinstance(error, NotSent) else translate_error(error, url)


def _final_error(error: CallError, *, was_sent: bool) -> CallError:
    return as_possibly_sent(error) if was_sent else error


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
