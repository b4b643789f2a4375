"""Whether a request has left this program: who gives a call up learns it, and can keep it here.

Between the decision to send and the first byte lie a login that is renewed, a turn that is waited
for, and other attempts. A call that is given up there has done nothing.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from openapi2tools.errors import NotSent

if TYPE_CHECKING:
    from collections.abc import Iterator


class Departure:
    """The way out of one call's request, which may be called off until it is taken.

    The request may leave in another thread than the one that calls it off.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._has_left = False
        self._is_called_off = False

    def leave(self) -> None:
        """Let the request out; raises NotSent when it was called off before."""
        with self._lock:
            if self._is_called_off:
                raise NotSent("The call was given up before it was sent.")
            self._has_left = True

    @property
    def has_left(self) -> bool:
        """Whether something of the request may have left."""
        return self._has_left

    async def trace(self, event: str, info: dict[str, Any]) -> None:
        """Let the request out when its first byte is about to leave; httpcore calls this.

        Before that it may wait for a connection. A tunnel through a proxy is not the request yet.
        """
        if event.endswith("send_request_headers.started") and info["request"].method != b"CONNECT":
            self.leave()

    def call_off(self) -> bool:
        """Let nothing out from now on; return whether nothing has left."""
        with self._lock:
            self._is_called_off = True
            return not self._has_left


_CURRENT: Final[ContextVar[Departure | None]] = ContextVar("departure", default=None)


@contextmanager
def watched_departure() -> Iterator[Departure]:
    """Watch the call that is made in this block, in whatever loop its connections live."""
    departure = Departure()
    token = _CURRENT.set(departure)
    try:
        yield departure
    finally:
        _CURRENT.reset(token)


def current_departure() -> Departure:
    """Return the departure of the call that is being made; one of its own where nobody watches."""
    return _CURRENT.get() or Departure()
