"""Run asynchronous code from synchronous code."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")


def run(function: Callable[..., Awaitable[T]], *args: Any) -> T:
    """Run an async function to its end in an event loop of its own.

    Where a loop is running already (a notebook), the new loop gets a thread of its own.
    """

    async def call_function() -> T:
        return await function(*args)

    if not _is_in_event_loop():
        # Unlike asyncio.run, this leaves the event loop alone that a program has set.
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            return runner.run(call_function())
    import anyio.from_thread  # noqa: PLC0415 -- it takes longer than to read most documents

    with anyio.from_thread.start_blocking_portal() as portal:
        return portal.call(call_function)


def _is_in_event_loop() -> bool:
    """Return whether asyncio's or trio's loop runs here."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        trio = sys.modules.get("trio")
        return trio is not None and bool(trio.lowlevel.in_trio_run())
    return True
