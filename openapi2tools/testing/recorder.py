"""An ASGI app around another one, which keeps the requests that come in."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from openapi2tools.mock.asgi import Message, Receive, Send, read_body, read_head

App: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]
"""An application of ASGI 3: Starlette's, FastAPI's, Django's, Litestar's …"""


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request as an app got it, credentials included, and the status that it answered.

    `path` and `query` are as written on the wire; the names of headers are in lower case. `status`
    is None where the app gave no answer.
    """

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict[str, str], repr=False)
    body: bytes = field(default=b"", repr=False)
    status: int | None = None

    @property
    def query_pairs(self) -> list[tuple[str, str]]:
        """The names and values of the query, decoded."""
        return parse_qsl(self.query, keep_blank_values=True)

    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)


class Recorder:
    """An ASGI app that hands every request on to yours, and keeps it.

    Args:
        app: The app that answers.

    Attributes:
        requests: The requests that came, in the order in which they were answered.

    Example:
        shop = Recorder(app)
        with connect_app(shop) as client:
            client.call("get_pet", {"petId": 7})
        assert [request.path for request in shop.requests] == ["/pets/7"]
    """

    def __init__(self, app: App) -> None:
        self.app = app
        self.requests: list[RecordedRequest] = []

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer as ASGI wants it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = await read_body(receive)
        status: int | None = None
        is_read = False

        async def replay() -> Message:
            nonlocal is_read
            if is_read:
                return await receive()
            is_read = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, replay, watch)
        finally:
            self.requests.append(RecordedRequest(*read_head(scope), body, status))
