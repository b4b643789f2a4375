"""Listen on loopback for the browser that comes back from a login (RFC 8252, section 7.3)."""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, parse_qs, urlsplit

import anyio

from openapi2tools._core.urls import LOOPBACK_HOSTS
from openapi2tools.errors import MissingCredential

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from anyio.abc import SocketStream
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
    from anyio.streams.stapled import MultiListener

_PAGE: Final = (
    "<!doctype html><meta charset=utf-8><title>openapi2tools</title>"
    "<p>{text} You can close this window."
)
DEFAULT_REDIRECT_URI: Final = "http://127.0.0.1/callback"
_REQUEST_TIMEOUT_SECONDS: Final = 10
_PAGE_TIMEOUT_SECONDS: Final = 2
"""How long a login that has ended waits for the browser to take its page."""
_MAX_HEAD_BYTES: Final = 64 * 1024


@dataclass(slots=True)
class RedirectListener:
    """Waits for the browser of one login, which waits for how it ends.

    Attributes:
        uri: The redirect URI, with a free port unless the user gave one.
        answers: Receives the address that the browser was sent to, from it or from the person.
        is_watched: Whether a browser waits for its page.
    """

    uri: str
    answers: MemoryObjectReceiveStream[str]
    _send: MemoryObjectSendStream[str] = field(repr=False)
    is_watched: bool = False
    _text: str = "The login was left before its end."
    _ended: anyio.Event = field(default_factory=anyio.Event)

    @property
    def has_ended(self) -> bool:
        """Whether somebody said how the login ended."""
        return self._ended.is_set()

    def offer(self, address: str) -> None:
        """Take an address as the answer; a second answer to one login is dropped."""
        with suppress(anyio.WouldBlock):
            self._send.send_nowait(address)

    def end(self, text: str) -> None:
        """Say to the person at the browser how the login ended."""
        self._text = text
        self._ended.set()

    async def text(self) -> str:
        """Wait for the end of the login, and return what is to be said of it."""
        await self._ended.wait()
        return self._text


@asynccontextmanager
async def listen_for_redirect(redirect_uri: str, state: str) -> AsyncIterator[RedirectListener]:
    """Listen for the answer to the login of this `state`.

    The browser's page comes when the login has ended: only then is known how.
    """
    wanted = _split(redirect_uri or DEFAULT_REDIRECT_URI)
    listener = await _listen(redirect_uri, wanted)
    send, receive = anyio.create_memory_object_stream[str](1)
    port = listener.extra(anyio.abc.SocketAttribute.local_port)  # noqa: S610 -- no database
    own_uri = redirect_uri or f"http://127.0.0.1:{port}{wanted.path}"
    redirect = RedirectListener(own_uri, receive, send)
    pages = anyio.Semaphore(0)

    async def answer(stream: SocketStream) -> None:
        async with stream:
            target = await _request_target(stream)
            is_ours = _is_answer(target, wanted, state)
            text = "This is not the answer to a login."
            if is_ours:
                redirect.is_watched = True
                redirect.offer(target)
                text = await redirect.text()
            # a browser that does not wait for its page has brought the answer all the same
            with suppress(anyio.BrokenResourceError):
                await stream.send(_page(text, is_ours=is_ours))
        if is_ours:
            pages.release()

    async with listener, send, receive, anyio.create_task_group() as group:
        group.start_soon(listener.serve, answer)
        yield redirect
        if redirect.has_ended and redirect.is_watched:
            with anyio.move_on_after(_PAGE_TIMEOUT_SECONDS):
                await pages.acquire()
        group.cancel_scope.cancel()


def redirect_parameters(address: str) -> dict[str, str]:
    """Read the query of an address that the browser was sent to (RFC 6749, section 4.1.2).

    It is empty where the text is no address. A parameter that stands there twice is left out.
    """
    try:
        parameters = parse_qs(urlsplit(address).query)
    except ValueError:
        return {}
    return {name: values[0] for name, values in parameters.items() if len(values) == 1}


def _is_answer(target: str, wanted: SplitResult, state: str) -> bool:
    path = target.partition("?")[0]
    return path == (wanted.path or "/") and redirect_parameters(target).get("state") == state


def _split(redirect_uri: str) -> SplitResult:
    try:
        parts = urlsplit(redirect_uri)
        parts.port  # noqa: B018 -- a bad one shows only when it is read
    except ValueError:
        raise MissingCredential(
            f"{redirect_uri} is no URL that a browser can come back to: give another redirect_uri."
        ) from None
    return parts


async def _listen(redirect_uri: str, wanted: SplitResult) -> MultiListener[SocketStream]:
    """Open the sockets; the system chooses a port where the user named no redirect URI."""
    if wanted.scheme != "http" or wanted.hostname not in LOOPBACK_HOSTS:
        raise MissingCredential(
            f"{redirect_uri} is not an http address of this computer: use --no-browser, "
            "and paste where it leads."
        )
    default_port = 80 if redirect_uri else 0
    try:
        return await anyio.create_tcp_listener(
            local_host=wanted.hostname, local_port=wanted.port or default_port
        )
    except OSError as error:
        raise MissingCredential(
            f"Nothing can listen on {redirect_uri}: {error.strerror}. Free that port, or use "
            "--no-browser."
        ) from None


async def _request_target(stream: SocketStream) -> str:
    """Read one request's head, no more than a browser sends, and return its target.

    It is empty where the request is no GET.
    """
    head = b""
    with anyio.move_on_after(_REQUEST_TIMEOUT_SECONDS):
        while b"\r\n\r\n" not in head and len(head) < _MAX_HEAD_BYTES:
            try:
                head += await stream.receive()
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                break
    request_line = head.split(b"\r\n", 1)[0]
    match request_line.split(b" "):
        case [b"GET", target, _]:
            return target.decode("latin-1")
    return ""


def _page(text: str, *, is_ours: bool) -> bytes:
    """Return the whole HTTP response that the browser shows."""
    status = "200 OK" if is_ours else "404 Not Found"
    body = _PAGE.format(text=escape(text)).encode()
    head = (
        f"HTTP/1.1 {status}\r\n"
        "Connection: close\r\n"
        "Content-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Referrer-Policy: no-referrer\r\n"
        "Cache-Control: no-store\r\n"
        "\r\n"
    )
    return head.encode() + body
