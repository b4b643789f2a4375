"""Conversations with an authorization server, written without knowing an HTTP client.

A conversation is a plain generator (`Steps`) that yields requests, is sent their responses (read to
the end), and returns what it was for. `converse` holds it with a client: the one that a call goes
out with, or a login's own. Both go through the guarded transport.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any, Final, Generic, TypeAlias, TypeVar

import anyio
import httpx

from openapi2tools._core.reader import for_reader
from openapi2tools.errors import BlockedAddress, NetworkError
from openapi2tools.transport import (
    USER_AGENT,
    RetryPolicy,
    how_to_name_it,
    how_to_name_server,
    iter_unpacked,
    masked_logs,
    origin,
)

T = TypeVar("T")
Steps: TypeAlias = Generator[httpx.Request, httpx.Response, T]
"""Yields requests, is sent their responses, and returns a `T`."""

MAX_ANSWER_BYTES: Final = 1_000_000
"""The most that an answer may have, unpacked; a token has some thousands."""
_RETRY_POLICY: Final = RetryPolicy()
_NOT_NOW_STATUSES: Final = (429, 503)
"""A server that answers so has done nothing: the same form may be sent again."""
_KEPT_HEADERS: Final = ("Content-Type", "DPoP-Nonce")
"""The headers of an answer that somebody reads."""
STANDARD_HEADERS: Final = {"Accept": "application/json", "User-Agent": USER_AGENT}
"""The headers of every request to an authorization server."""


class Conversation(Generic[T]):
    """Steps on their way.

    `request` is the one that waits for its answer. It is None at the end, when there is a `result`.
    """

    def __init__(self, steps: Steps[T]) -> None:
        self._steps = steps
        self._result: list[T] = []
        self.request: httpx.Request | None = None
        self._advance(lambda: next(steps))

    @property
    def result(self) -> T:
        """What the conversation was for."""
        return self._result[0]

    def answer(self, response: httpx.Response) -> None:
        """Go on with a response, read to its end."""
        self._advance(lambda: self._steps.send(response))

    def _advance(self, step: Callable[[], httpx.Request]) -> None:
        try:
            self.request = step()
        except StopIteration as end:
            self.request = None
            self._result = [end.value]


async def converse(client: httpx.AsyncClient, steps: Steps[T], **extensions: Any) -> T:
    """Hold a conversation with a client, without the client's own auth.

    `extensions` go with each request; their `deadline`, a moment of the loop's clock, is the end of
    all waiting. Raises NetworkError and TimedOut.
    """
    conversation = Conversation(steps)
    while (request := conversation.request) is not None:
        timeout = client.timeout.as_dict()
        request.extensions = {"timeout": timeout, **request.extensions, **extensions}
        with masked_logs(), _naming_token_server():
            response = await _send(client, request)
        try:
            answer = await _read_whole(response, request)
        finally:
            await response.aclose()
        conversation.answer(answer)
    return conversation.result


@contextmanager
def _naming_token_server() -> Iterator[None]:
    """Say of an address that may not be talked to how that of a token server is named."""
    try:
        yield
    except BlockedAddress as error:
        remedy = for_reader("token_url= in its credential", "--token-url URL")
        text = str(error).replace(how_to_name_it(), remedy).replace(how_to_name_server(), remedy)
        raise BlockedAddress(text) from None


async def _send(client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    """Send a request, and a form again after a pause where the server asks for one.

    Requests that are no form are repeated by the client.
    """
    attempts = _RETRY_POLICY.retries if request.method == "POST" else 0
    for attempt in range(attempts + 1):
        response = await client.send(
            request, auth=httpx.Auth(), stream=True, follow_redirects=False
        )
        pause = _RETRY_POLICY.pause_after(response, attempt)
        time_left = request.extensions.get("deadline", math.inf) - anyio.current_time()
        may_wait = pause <= min(time_left, _RETRY_POLICY.longest_wait)
        if attempt == attempts or response.status_code not in _NOT_NOW_STATUSES or not may_wait:
            break
        await response.aclose()
        await anyio.sleep(pause)
    return response


async def _read_whole(response: httpx.Response, request: httpx.Request) -> httpx.Response:
    """Read the response to a request to its end, within bounds.

    What the client made of the request on its way may not be read again; the request itself may.
    """
    body = bytearray()
    async for chunk in iter_unpacked(response):
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise NetworkError(
                f"The token server {origin(str(request.url))} answers with more than "
                f"{MAX_ANSWER_BYTES:,} bytes: is its address the right one?"
            )
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    return httpx.Response(
        response.status_code,
        headers=headers,
        content=bytes(body),
        request=request,
    )
