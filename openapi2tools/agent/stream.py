"""The stream of a run's events, which lets go of the run's session when it is dropped."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any

from openapi2tools.agent.events import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


class EventStream(AsyncGenerator[Event, None]):
    """An asynchronous generator that says when nobody reads it any more.

    After a `break` Python closes a generator later, when its event loop has time. The session must
    be free at once.
    """

    def __init__(self, events: AsyncGenerator[Event, None], on_drop: Callable[[], None]) -> None:
        self._events = events
        self._on_drop = on_drop

    def __anext__(self) -> Coroutine[Any, Any, Event]:
        return self._events.__anext__()

    def asend(self, value: None) -> Coroutine[Any, Any, Event]:
        """Go on to the next event."""
        return self._events.asend(value)

    def athrow(self, *error: Any) -> Coroutine[Any, Any, Event]:
        """Raise an error where the run stands."""
        return self._events.athrow(*error)

    def aclose(self) -> Coroutine[Any, Any, None]:
        """End the run, and cancel what is under way."""
        return self._events.aclose()

    def __del__(self) -> None:
        self._on_drop()
