"""The way from synchronous code to our asynchronous one: an async function in, its result out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")


def run(function: Callable[..., Awaitable[T]], *args: Any) -> T:
    """Run an async function to its end in a thread with an event loop of its own; works inside a running loop, too."""
    from anyio.from_thread import start_blocking_portal  # noqa: PLC0415 -- importing anyio.from_thread costs only those who wait

    with start_blocking_portal() as portal:
        return portal.call(function, *args)
