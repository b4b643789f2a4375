"""The way from synchronous code to our asynchronous one: an async function in, its result out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")


def run(function: Callable[..., Awaitable[T]], *args: Any) -> T:
    """Run an async function to its end in an event loop of its own; inside a running loop, in a thread of its own, too."""
    import anyio.from_thread  # noqa: PLC0415 -- importing it costs only those who wait
    import anyio.lowlevel  # noqa: PLC0415 -- as above

    try:
        anyio.lowlevel.current_token()
    except RuntimeError:  # no loop runs here
        return anyio.run(function, *args)
    with anyio.from_thread.start_blocking_portal() as portal:
        return portal.call(function, *args)
