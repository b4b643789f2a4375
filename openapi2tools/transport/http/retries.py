"""Retries: which requests may be sent again, and after how long a pause.

They are made above the authentication: each attempt is signed anew, since a signature may be good
for one request only. A pause is that of the request which is sent again, and holds up no other.
"""

from __future__ import annotations

import logging
import math
import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

import anyio
import httpx

from openapi2tools._core.http_methods import IDEMPOTENT_METHODS
from openapi2tools.errors import NotSent
from openapi2tools.transport.http.error_translation import (
    AnswerBroken,
    as_possibly_sent,
    translate_error,
)
from openapi2tools.transport.http.tls import certificate_fault
from openapi2tools.transport.urls import redact_url

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from openapi2tools.errors import CallError

T = TypeVar("T")
_LOG: Final = logging.getLogger("openapi2tools")

_BUSY_STATUSES: Final = frozenset({429, 502, 503, 504})
WAS_REPEATED: Final = "openapi2tools_was_repeated"
"""The extension of a response that says whether an earlier attempt may have reached the server."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a request is sent again, and how long the pauses are, in seconds."""

    retries: int = 2
    backoff: float = 0.25
    """The first pause; each further one is twice as long."""
    longest_wait: float = 30.0
    """An answer that asks for a longer pause is given back as it is."""

    def backoff_pause(self, attempt: int) -> float:
        """Return the pause after an attempt, counted from 0, with up to a quarter on top."""
        jitter = 1 + random.random() / 4  # noqa: S311 -- spreads retries, guards nothing
        return float(self.backoff * 2**attempt * jitter)

    def pause_after(self, response: httpx.Response, attempt: int) -> float:
        """Return the pause that an answer asks for, else that of the attempt."""
        requested = retry_after(response.headers.get("retry-after", ""))
        return self.backoff_pause(attempt) if requested is None else requested

    def may_repeat_after_response(
        self, response: httpx.Response, request: httpx.Request, pause: float
    ) -> bool:
        """Return whether an answer is worth another attempt after the pause."""
        if response.status_code not in _BUSY_STATUSES or not _is_repeatable(request):
            return False
        deadline = request.extensions.get("deadline", math.inf)
        time_left: float = deadline - anyio.current_time()
        return pause <= min(self.longest_wait, time_left)


class RetryingClient(httpx.AsyncClient):
    """An httpx client that sends a request again where that helps and does no harm.

    It raises our errors.
    """

    def __init__(self, retry_policy: RetryPolicy, **options: Any) -> None:
        super().__init__(**options)
        self._retry_policy = retry_policy

    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Send a request, and sign it anew for each attempt; `request` itself is not signed.

        Raises NetworkError, NotSent and TimedOut.
        """
        policy = self._retry_policy
        was_sent = False  # an earlier attempt may have reached the server
        for attempt in range(policy.retries + 1):
            is_last = attempt == policy.retries
            try:
                response = await self._send_once(request, options)
            except httpx.TransportError as raised:
                failed = _failed_request(raised) or request
                error = translate_error(raised, failed.url)
                may_repeat = _may_repeat_after_error(raised, failed)
                if is_last or self.is_closed or not may_repeat:
                    raise _final_error(error, was_sent=was_sent) from None
                was_sent = was_sent or not isinstance(error, NotSent)
                pause = policy.backoff_pause(attempt)
                reason = type(raised).__name__
            except NotSent as error:
                raise _final_error(error, was_sent=was_sent) from None
            else:
                response.extensions[WAS_REPEATED] = was_sent
                was_sent = True
                pause = policy.pause_after(response, attempt)
                if is_last or not policy.may_repeat_after_response(response, request, pause):
                    return response
                await response.aclose()
                reason = str(response.status_code)
            address = redact_url(request.url)
            _LOG.info("%s %s: %s, again in %.2f s", request.method, address, reason, pause)
            await anyio.sleep(pause)
        raise AssertionError  # the last attempt returned or raised

    async def _send_once(self, request: httpx.Request, options: dict[str, Any]) -> httpx.Response:
        if self.is_closed:
            raise NotSent("The client was closed before this request was sent.")
        return await super().send(copied(request), **options)


def copied(request: httpx.Request) -> httpx.Request:
    """Return a request like another one, whose headers and extensions may be changed alone."""
    return httpx.Request(
        request.method,
        request.url,
        headers=request.headers,
        stream=request.stream,
        extensions=dict(request.extensions),
    )


def _failed_request(error: httpx.TransportError) -> httpx.Request | None:
    """Return the request that failed, which may be one of the authentication."""
    try:
        return error.request
    except RuntimeError:  # raised by an auth, without one
        return None


def _final_error(error: CallError, *, was_sent: bool) -> CallError:
    return as_possibly_sent(error) if was_sent else error


def _may_repeat_after_error(error: httpx.TransportError, request: httpx.Request) -> bool:
    """Return whether a request that failed may be sent again."""
    if isinstance(error, httpx.ConnectError):
        # nothing was sent; but a bad certificate stays bad
        return certificate_fault(error) is None
    is_broken = isinstance(error, httpx.RemoteProtocolError | httpx.ReadError | httpx.WriteError)
    return is_broken and _is_repeatable(request)


async def read_again(read: Callable[[], Awaitable[T]], retries: int) -> T:
    """Return what `read` returns; run it again where an answer breaks off after its beginning.

    A request that breaks before that is repeated by the client.

    Args:
        read: Sends a request that may be repeated, and reads the answer to its end.
        retries: How often it is run again at most.

    Raises:
        AnswerBroken: The last answer broke off, too.
    """
    policy = RetryPolicy(retries)
    for attempt in range(retries):
        try:
            return await read()
        except AnswerBroken:
            await anyio.sleep(policy.backoff_pause(attempt))
    return await read()


def _is_repeatable(request: httpx.Request) -> bool:
    method = request.method.upper()
    is_idempotent = method in IDEMPOTENT_METHODS or "idempotency-key" in request.headers
    # a stream that is read once cannot be sent twice
    return is_idempotent and isinstance(request.stream, httpx.ByteStream)


def retry_after(text: str) -> float | None:
    """Return a `Retry-After` header as seconds from now, None when it is unreadable.

    It holds seconds or a date (RFC 9110, section 10.2.3).
    """
    if text.strip().isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, (moment - datetime.now(UTC)).total_seconds())
    except (ValueError, OverflowError):  # no date, or one beyond all that there are
        return None
