"""Open connections: a guard in, an httpx client out that may talk to what the guard allows, kept open while its owner is."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from openapi2tools import portal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    import httpx
    from anyio.from_thread import BlockingPortal

    from openapi2tools.transport import Guard

T = TypeVar("T")


class Connections:
    """The httpx clients of one `Client`, one for each guard.

    Between `open` and `close` they are kept, in the event loop that `open` ran in; when that is a background one, `run` brings work there
    from any other loop. Otherwise each use opens and closes a client of its own.
    """

    def __init__(self, make: Callable[[Guard], httpx.AsyncClient]) -> None:
        self._make = make
        self._kept: dict[Guard, httpx.AsyncClient] = {}
        self._stack = AsyncExitStack()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._background: BlockingPortal | None = None

    async def open(self, background: BlockingPortal | None = None) -> None:
        """Keep clients from now on, in this loop; `background` is the way into it from elsewhere."""
        self._loop, self._background = asyncio.get_running_loop(), background

    async def close(self) -> None:
        """Close every client that was kept."""
        self._loop, self._background = None, None
        self._kept.clear()
        await self._stack.aclose()

    @asynccontextmanager
    async def client(self, guard: Guard) -> AsyncIterator[httpx.AsyncClient]:
        """Give an open client for the time of one use."""
        if self._loop is not asyncio.get_running_loop():
            async with self._make(guard) as own:
                yield own
            return
        if guard not in self._kept:
            self._kept[guard] = client = self._make(guard)
            await self._stack.enter_async_context(client)
        yield self._kept[guard]

    async def run(self, function: Callable[..., Awaitable[T]], *arguments: Any) -> T:
        """Run an async function where the connections live, from any loop."""
        if self._background is None or self._loop is asyncio.get_running_loop():
            return await function(*arguments)
        return await asyncio.wrap_future(self._background.start_task_soon(function, *arguments))

    def wait(self, function: Callable[..., Awaitable[T]], *arguments: Any) -> T:
        """Run an async function where the connections live, from synchronous code."""
        if self._background is None:
            return portal.run(function, *arguments)
        return self._background.call(function, *arguments)
