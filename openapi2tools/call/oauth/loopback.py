"""The browser's way back to this computer: a redirect URI in, the address that the browser was sent to out (RFC 8252, section 7.3)."""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, parse_qs, urlsplit

import anyio

from openapi2tools.errors import MissingCredential

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from anyio.abc import SocketStream
    from anyio.streams.memory import MemoryObjectReceiveStream
    from anyio.streams.stapled import MultiListener

PAGE: Final = "<!doctype html><meta charset=utf-8><title>openapi2tools</title><p>{text} You can close this window."


@asynccontextmanager
async def listener(
    redirect_uri: str, state: str
) -> AsyncIterator[tuple[str, MemoryObjectReceiveStream[str]]]:
    """Listen for the answer to the login of this `state`; gives the redirect URI (with a free port unless it has one) and a stream."""
    wanted = _wanted(redirect_uri or "http://127.0.0.1/callback")
    sockets = await _listen(redirect_uri, wanted)
    send, receive = anyio.create_memory_object_stream[str](1)

    async def answer(stream: SocketStream) -> None:
        async with stream:
            target = await _request_target(stream)
            ours = (
                target.partition("?")[0] == (wanted.path or "/")
                and answer_in(target).get("state") == state
            )
            # a browser that did not wait for its page has told all the same
            with suppress(anyio.BrokenResourceError):
                await stream.send(_page(ours=ours))
        if ours:
            with suppress(anyio.WouldBlock):  # a second answer to one login
                send.send_nowait(target)

    async with sockets, send, receive, anyio.create_task_group() as group:
        group.start_soon(sockets.serve, answer)
        port = sockets.extra(anyio.abc.SocketAttribute.local_port)  # noqa: S610 -- anyio's, and no database
        yield redirect_uri or f"http://127.0.0.1:{port}{wanted.path}", receive
        group.cancel_scope.cancel()


def answer_in(address: str) -> dict[str, str]:
    """Read what an address that the browser was sent to says (RFC 6749, section 4.1.2); nothing where it is no address."""
    try:
        return {
            name: values[0]
            for name, values in parse_qs(urlsplit(address).query).items()
            if len(values) == 1
        }
    except ValueError:
        return {}


def _wanted(redirect_uri: str) -> SplitResult:
    try:
        wanted = urlsplit(redirect_uri)
        wanted.port  # noqa: B018 -- a bad one shows only when it is read
    except ValueError:
        raise MissingCredential(
            f"{redirect_uri} is no URL that a browser can come back to: give another redirect_uri."
        ) from None
    return wanted


async def _listen(redirect_uri: str, wanted: SplitResult) -> MultiListener[SocketStream]:
    if wanted.scheme != "http" or wanted.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise MissingCredential(
            f"{redirect_uri} is not an http address of this computer: use --no-browser, and paste where it leads."
        )
    try:
        return await anyio.create_tcp_listener(
            local_host=wanted.hostname, local_port=wanted.port or (80 if redirect_uri else 0)
        )
    except OSError as error:
        raise MissingCredential(
            f"Nothing can listen on {redirect_uri}: {error.strerror}. Free that port, or use --no-browser."
        ) from None


async def _request_target(stream: SocketStream) -> str:
    """Read one request's head, no more than a browser sends, and give its target."""
    head = b""
    with anyio.move_on_after(10):
        while b"\r\n\r\n" not in head and len(head) < 64 * 1024:
            try:
                head += await stream.receive()
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                break
    words = head.split(b"\r\n", 1)[0].split(b" ")
    return words[1].decode("latin-1") if len(words) == 3 and words[0] == b"GET" else ""


def _page(*, ours: bool) -> bytes:
    text = PAGE.format(
        text="You are logged in." if ours else "This is not the answer to a login."
    ).encode()
    headers = f"Content-Type: text/html\r\nContent-Length: {len(text)}\r\nReferrer-Policy: no-referrer\r\nCache-Control: no-store\r\n"
    return (
        f"HTTP/1.1 {'200 OK' if ours else '404 Not Found'}\r\nConnection: close\r\n{headers}\r\n".encode()
        + text
    )
