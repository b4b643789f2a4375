"""Pacing: how soon the next request to an origin may start."""

from __future__ import annotations

import anyio


class Pacer:
    """Spaces out the requests to each origin, and keeps them back while an origin wants a pause."""

    def __init__(self, per_second: float | None) -> None:
        self._interval = 1 / per_second if per_second else 0.0
        self._free_at: dict[str, float] = {}  # by origin, a moment of the loop's clock

    async def wait_for_turn(self, origin: str) -> None:
        """Wait until a request to this origin may start, and take that moment."""
        now = anyio.current_time()
        start = max(now, self._free_at.get(origin, now))
        self._free_at[origin] = start + self._interval
        if start > now:
            await anyio.sleep(start - now)

    def hold(self, origin: str, seconds: float) -> None:
        """Let no request to this origin start before so many seconds from now."""
        until = anyio.current_time() + seconds
        self._free_at[origin] = max(self._free_at.get(origin, 0.0), until)
