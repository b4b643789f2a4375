"""httpx's errors in our words.

Of a request only its address is quoted: headers hold credentials.
"""

from __future__ import annotations

import httpx

from openapi2tools._core.reader import for_reader
from openapi2tools.errors import CallError, NetworkError, NotSent, TimedOut
from openapi2tools.transport.http.tls import certificate_fault
from openapi2tools.transport.urls import origin, printable, redact_url


class _ConnectTimedOut(TimedOut, NotSent):
    """No connection was made in time, so that nothing was sent."""


class ConnectionBroken(NetworkError):
    """A connection broke under way, so that nobody knows what the server did.

    What to do about it depends on the request, and is not part of the message.
    """


class AnswerBroken(ConnectionBroken):
    """A connection broke after an answer had begun."""


def _allow_more_time() -> str:
    return f"allow more time: {for_reader('timeout=SECONDS', '--timeout SECONDS')}"


def _no_connection(error: httpx.ConnectTimeout | httpx.PoolTimeout, address: str) -> str:
    if isinstance(error, httpx.PoolTimeout):
        return (
            f"No connection for {address} was free in time: other calls have all of them. "
            f"Allow more of them (max_connections=), or {_allow_more_time()}."
        )
    return (
        f"{address} did not take a connection in time. Check the network, or {_allow_more_time()}."
    )


def translate_error(error: httpx.HTTPError, url: str | httpx.URL) -> CallError:
    """Return our error for one of httpx's, which a request to `url` met."""
    address = redact_url(url)
    match error:
        case httpx.ConnectTimeout() | httpx.PoolTimeout():
            return _ConnectTimedOut(_no_connection(error, address))
        case httpx.TimeoutException():
            return TimedOut(
                f"{address} did not answer in time. Try again, or {_allow_more_time()}."
            )
        case httpx.ConnectError() if fault := certificate_fault(error):
            return NotSent(f"No secure connection to {origin(str(url))}. {fault}")
        case httpx.ConnectError():
            return NotSent(
                f"No connection to {origin(str(url))}: {error}. "
                "Is the address right, and the server running?"
            )
        case httpx.ProxyError():  # it refuses the tunnel that the request would have gone through
            reason = printable(str(error))
            return NotSent(f"The proxy lets no connection to {origin(str(url))} through: {reason}.")
        case httpx.UnsupportedProtocol():
            return NotSent(f"{address} is neither http nor https.")
        case httpx.LocalProtocolError():
            return NotSent(
                f"The request to {address} cannot be written: "
                "a header holds a character that HTTP does not allow."
            )
        case _:
            return ConnectionBroken(
                f"The connection to {address} broke before the answer was complete."
            )


def as_possibly_sent(error: CallError) -> CallError:
    """Return the error of a request after an earlier attempt of it was sent.

    Of the whole nobody can say any more that it never left, so a NotSent loses that claim.
    """
    if not isinstance(error, NotSent):
        return error
    if isinstance(error, TimedOut):
        return TimedOut(str(error))
    return NetworkError(str(error))
