"""Pacing: how soon the next request to an origin may start."""

from __future__ import annotations

import threading
from time import monotonic

import anyio


class Pacer:
    """Spaces out the requests to each origin, of all threads and event loops that share it."""

    def __init__(self, per_second: float | None) -> None:
        self._interval = 1 / per_second if per_second else 0.0
        self._free_at: dict[str, float] = {}  # by origin, a moment of the monotonic clock
        self._lock = threading.Lock()

    async def wait_for_turn(self, origin: str) -> None:
        """Wait until a request to this origin may start, and take that moment."""
        if not self._interval:
            return
        with self._lock:
            now = monotonic()
            start = max(now, self._free_at.get(origin, now))
            self._free_at[origin] = start + self._interval
        if start > now:
            await anyio.sleep(start - now)
