"""A request as ASGI 3 hands it to an app."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import quote

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]


class Head(NamedTuple):
    """A request without its body: path and query as on the wire, names of headers in lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]


def read_head(scope: Message) -> Head:
    """Return what a scope says of a request; headers of one name are joined."""
    raw_path: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    path = raw_path.partition(b"?")[0].decode("latin-1")
    return Head(scope["method"], path, scope["query_string"].decode("latin-1"), headers)


async def read_body(receive: Receive, most: int | None = None) -> bytes:
    """Read a body; of one with more bytes than `most`, some more than these."""
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        is_too_large = most is not None and len(body) > most
        if is_too_large or not message.get("more_body", False):
            return bytes(body)
