"""Open connections: a guard in, an httpx client out that may talk to what the guard allows, kept open while its owner is."""

from __future__ import annotations

import asyncio
import threading
import weakref
from concurrent.futures import Future
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from openapi2tools import portal
from openapi2tools.errors import CallError

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

    `lasting` is for a client of the user's own, whose connections outlive each use and belong to one loop: synchronous work is then done in
    a background loop that lives as long as this does.
    """

    def __init__(self, make: Callable[[Guard], httpx.AsyncClient], *, lasting: bool = False) -> None:
        self._make = make
        self._lasting = lasting
        self._starting = threading.Lock()
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
        with self._starting:
            if self._background is None and self._lasting:
                self._loop, self._background = _start(self)
        if self._background is None:
            return portal.run(function, *arguments)
        if self._loop is _running():
            raise CallError("An approve or a credential that calls the client which asks it has to be async, and to await acall or asend.")
        under_way = self._background.start_task_soon(function, *arguments)
        try:
            return under_way.result()
        finally:
            under_way.cancel()  # where Ctrl-C ended the waiting


def _running() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _start(owner: Connections) -> tuple[asyncio.AbstractEventLoop, BlockingPortal]:
    """Start a loop in a thread of its own, which ends with its owner or the program."""
    from anyio.from_thread import BlockingPortal  # noqa: PLC0415 -- only those who wait need it

    started: Future[tuple[asyncio.AbstractEventLoop, BlockingPortal, asyncio.Event]] = Future()

    async def live() -> None:
        async with BlockingPortal() as background:
            end = asyncio.Event()
            started.set_result((asyncio.get_running_loop(), background, end))
            await end.wait()

    threading.Thread(target=portal.run, args=(live,), name="openapi2tools", daemon=True).start()
    loop, background, end = started.result()
    weakref.finalize(owner, loop.call_soon_threadsafe, end.set).atexit = False
    return loop, background
