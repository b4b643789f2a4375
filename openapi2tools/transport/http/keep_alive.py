"""Keep-alive connections: one on which a server sent too much is not used again.

What follows an answer would be read as the answer to the next request on that connection, be it the
body of a 204, more bytes than Content-Length says, or a second response that nobody asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from httpcore import AsyncHTTP11Connection

if TYPE_CHECKING:
    import httpx


def close_if_unread(stream: httpx.AsyncByteStream) -> None:
    """Have a connection closed with its response, if there are bytes beyond the response.

    httpcore itself sees only those that come while the connection is idle, and has no parameter for
    the others; the tests notice when a new httpcore keeps its connection elsewhere.
    """
    pool_stream = getattr(stream, "_httpcore_stream", None)
    connection = getattr(getattr(pool_stream, "_stream", None), "_connection", None)
    if not isinstance(connection, AsyncHTTP11Connection):
        return
    state = connection._h11_state  # noqa: SLF001 -- see above
    unread, _ = state.trailing_data
    if unread:
        state.send_failed()  # only a connection without a fault is used again
