"""Open connections: a guard in, an httpx client out that may talk to what the guard allows, kept open while its owner is."""

from __future__ import annotations

import asyncio
import math
import os
import threading
import weakref
from concurrent.futures import CancelledError, Future
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, TypeVar

import anyio
import anyio.to_thread

from openapi2tools._core import portal
from openapi2tools.errors import CallError, NetworkError, NotSent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    import httpx

    from openapi2tools.transport import Guard

T = TypeVar("T")
_BEFORE: Final = "The client was closed before this call was sent."


class Closed(NetworkError):
    """The client was closed by an error while a call was under way."""


class _ClosedBefore(Closed, NotSent):
    """The client was closed by an error before its request left."""


class Connections:
    """The httpx clients of one `Client`, one for each guard.

    While somebody has entered, by `enter` or `aenter`, they are kept, in one event loop: a
    background one, or the one that `aenter` ran in. Where it is a background one, work comes there
    from any other loop. Otherwise each use opens and closes a client of its own.

    `lasting` is for a client of the user's own, whose connections outlive each use and belong to
    one loop, the first that uses them: all work is done there. Synchronous work, where it comes
    first, starts a background loop, which lives as long as this does.
    """

    def __init__(
        self, make: Callable[[Guard], httpx.AsyncClient], *, lasting: bool = False
    ) -> None:
        self._make = make
        self._lasting = lasting
        self._lock = threading.Lock()
        self._entries = 0
        self._home: _Home | None = None
        self._lost = False
        _ALL.add(self)

    def enter(self) -> None:
        """Keep clients from now on, in a background loop."""
        if self._lasting:
            return
        with self._lock:
            home = self._current()
            if home is not None and home.thread is None:
                raise CallError(
                    "This client is open in an event loop: use acall or asend there, or call without opening it again."
                )
            self._home = home or _start(self)
            self._entries += 1

    def leave(self, *, cancel: bool) -> None:
        """Close every client that was kept, when the last one leaves: after the calls under way, or `cancel` them."""
        home = self._left()
        if home is not None:
            home.end(cancel=cancel)

    async def aenter(self) -> None:
        """Keep clients from now on: in the background loop where there is one, else in this loop."""
        here = _this_loop()
        if self._lasting:
            return
        with self._lock:
            home = self._current()
            if home is not None and home.thread is None and home.loop is not here:
                raise CallError(
                    "This client is open in another event loop: connect another one for this loop, or leave the other first."
                )
            self._home = home or _Home(here)
            self._entries += 1

    async def aleave(self, *, cancel: bool) -> None:
        """Do what `leave` does."""
        home = self._left()
        if home is not None and home.thread is not None:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(lambda: home.end(cancel=cancel))
        elif home is not None:
            await home.close(cancel=cancel)

    @asynccontextmanager
    async def client(self, guard: Guard) -> AsyncIterator[httpx.AsyncClient]:
        """Give an open client for the time of one use."""
        home = self._home
        if home is not None and home.loop is asyncio.get_running_loop():
            yield await home.client(guard, self._make)
        else:
            async with self._make(guard) as own:
                yield own

    async def run(self, function: Callable[..., Awaitable[T]], *arguments: Any) -> T:
        """Run an async function that uses connections where they live, from any loop; raises Closed."""
        here = _this_loop()
        with self._lock:
            home = self._current()
            if self._lasting and home is None:
                home = self._home = _Home(here)
            if home is None or (
                home.loop is not here and home.thread is None and not self._lasting
            ):
                home = _Home(here)  # for this one use
            under_way = (
                None if home.loop is here else home.submit(home.exchange, function, *arguments)
            )
        if under_way is None:
            return await home.exchange(function, *arguments)
        try:
            return await asyncio.wrap_future(under_way)
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) and task.cancelling():
                raise
            raise _ClosedBefore(_BEFORE) from None

    def wait(self, function: Callable[..., Awaitable[T]], *arguments: Any) -> T:
        """Run an async function where the connections live, from synchronous code; raises Closed."""
        with self._lock:
            home = self._shared()
            under_way = home.submit(function, *arguments) if home else None
        if under_way is None:
            return portal.run(function, *arguments)
        try:
            return under_way.result()
        except CancelledError:
            raise _ClosedBefore(_BEFORE) from None
        finally:
            under_way.cancel()  # where Ctrl-C ended the waiting

    def settle(self) -> None:
        """Settle, before synchronous code runs a loop of its own, where the connections live that outlast it."""
        with self._lock:
            self._shared()

    async def aside(self, function: Callable[..., T], *arguments: Any) -> T:
        """Call a function that may take its time: in a thread, where others share this loop."""
        home = self._home
        if home is None or home.thread is None or home.loop is not asyncio.get_running_loop():
            return function(*arguments)
        asked = _ASKED.set(self)
        try:
            limiter = anyio.CapacityLimiter(math.inf)  # who ponders keeps no thread from others
            return await anyio.to_thread.run_sync(
                function, *arguments, abandon_on_cancel=True, limiter=limiter
            )
        finally:
            _ASKED.reset(asked)

    def forget(self) -> None:
        """Start afresh in a forked process: the loop's thread is not there, and the connections are the other process's."""
        self._lock = threading.Lock()
        if self._home is not None:
            _LEFT_BEHIND.append(self._home)
            self._home.forget()
            self._home, self._lost = None, self._lasting

    def _left(self) -> _Home | None:
        """Count one out, and give what the last one has to close."""
        if self._lasting:
            return None
        with self._lock:
            self._entries = max(0, self._entries - 1)
            if self._entries:
                return None
            home, self._home = self._home, None
            return home

    def _current(self) -> _Home | None:
        """Give the home, if its loop has not ended."""
        if self._lost:
            raise CallError(
                "The client of http= was used before this process was forked: connect with a new httpx client here."
            )
        if self._home is not None and (
            self._home.loop.is_closed() or (self._lasting and not self._home.loop.is_running())
        ):
            self._home, self._entries = None, 0
        return self._home

    def _shared(self) -> _Home | None:
        """Give the home that synchronous code can hand its work to."""
        home = self._current()
        if home is None and (self._lasting or self._entries):
            home = self._home = _start(self)
        if home is None or (home.thread is None and not self._lasting):
            return None
        if _ASKED.get() is self or (home.thread is not None and home.loop is _running()):
            raise CallError(
                "An approve or a credential that calls the client which asks it has to be async, and to await acall or asend."
            )
        if home.loop is _running():
            raise CallError(
                "The client of http= has its connections in the event loop that runs here: await acall, asend or arun."
            )
        return home


class _Home:
    """An event loop with the clients that are kept in it, and what is under way there; `thread` is that of a background loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.thread: threading.Thread | None = None
        self.forget: Callable[[], object] = lambda: None
        self.ending = asyncio.Event()
        self._kept: dict[Guard, httpx.AsyncClient] = {}
        self._stack = AsyncExitStack()
        self._guests: set[asyncio.Task[Any]] = set()
        self._hosts: set[asyncio.Task[Any] | None] = set()
        self._exchanges: dict[asyncio.Task[Any], anyio.CancelScope] = {}
        self._cut = False

    async def client(
        self, guard: Guard, make: Callable[[Guard], httpx.AsyncClient]
    ) -> httpx.AsyncClient:
        """Give the client for a guard."""
        if guard not in self._kept:
            self._kept[guard] = client = make(guard)
            await self._stack.enter_async_context(client)
        return self._kept[guard]

    def submit(self, function: Callable[..., Awaitable[T]], *arguments: Any) -> Future[T]:
        """Start an async function here, from another thread."""

        async def guest() -> T:
            task = asyncio.current_task()
            assert task is not None  # noqa: S101 -- a coroutine of a loop is one
            self._guests.add(task)
            task.add_done_callback(self._guests.discard)
            if self._cut:
                raise asyncio.CancelledError
            return await function(*arguments)

        return asyncio.run_coroutine_threadsafe(guest(), self.loop)

    async def exchange(self, function: Callable[..., Awaitable[T]], *arguments: Any) -> T:
        """Run an async function so that it is only ever cancelled by a scope of anyio's; raises Closed where `cut` did it.

        httpcore cleans up in shielded scopes: asyncio's own way of cancelling breaks them, and a
        place in the pool is lost each time.
        """
        scope = anyio.CancelScope()

        async def whole() -> T:
            with scope:
                return await function(*arguments)
            raise Closed("The client was closed while this call was under way.")

        host, task = asyncio.current_task(), asyncio.create_task(whole())
        self._hosts.add(host)
        self._exchanges[task] = scope
        task.add_done_callback(self._over)
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            scope.cancel()
            with anyio.CancelScope(shield=True):
                await asyncio.wait([task])
            raise
        finally:
            self._hosts.discard(host)
        return task.result()

    def cut(self) -> None:
        """Cancel what is under way; from the loop itself."""
        self._cut = True
        for scope in self._exchanges.values():
            scope.cancel()
        for task in self._guests - self._hosts:  # which have a `Closed` to tell of
            task.cancel()

    async def close(self, *, cancel: bool) -> None:
        """Close the clients, after what is under way has ended or was cancelled; from the loop itself."""
        try:
            if not cancel:
                await self._quiet()
        finally:
            self.cut()
            with anyio.CancelScope(shield=True):
                await self._quiet()
                await self._stack.aclose()

    def end(self, *, cancel: bool) -> None:
        """Close the clients and end the background loop, from another thread."""
        self.forget()
        if cancel:
            self.loop.call_soon_threadsafe(self.cut)
        self.loop.call_soon_threadsafe(self.ending.set)
        if self.thread is None or self.thread is threading.current_thread():
            return
        try:
            self.thread.join()
        except BaseException:  # Ctrl-C ended the waiting
            with suppress(RuntimeError):  # the loop has ended in the meantime
                self.loop.call_soon_threadsafe(self.cut)
            self.thread.join()
            raise

    async def _quiet(self) -> None:
        while under_way := [*self._exchanges, *self._guests]:
            await asyncio.wait(under_way)

    def _over(self, task: asyncio.Task[Any]) -> None:
        del self._exchanges[task]
        if not task.cancelled():
            task.exception()  # nobody may be left to ask for it


_ALL: Final[weakref.WeakSet[Connections]] = weakref.WeakSet()
# of the process that this one was forked from, whose sockets and selector must not be touched
_LEFT_BEHIND: Final[list[_Home]] = []
_ASKED: Final[ContextVar[Connections | None]] = ContextVar("_ASKED", default=None)
"""Whose question this thread answers."""


def _start(owner: Connections) -> _Home:
    """Start a loop in a thread of its own, which ends with its owner or the program."""
    started: Future[_Home] = Future()

    async def live() -> None:
        home = _Home(asyncio.get_running_loop())
        home.thread = threading.current_thread()
        started.set_result(home)
        await home.ending.wait()
        await home.close(cancel=False)

    threading.Thread(target=portal.run, args=(live,), name="openapi2tools", daemon=True).start()
    home = started.result()
    ownerless = weakref.finalize(owner, _signal, home)
    ownerless.atexit = False
    home.forget = ownerless.detach
    return home


def _signal(home: _Home) -> None:
    if not home.loop.is_closed():
        home.loop.call_soon_threadsafe(home.ending.set)


def _running() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _this_loop() -> asyncio.AbstractEventLoop:
    loop = _running()
    if loop is None:
        raise CallError(
            "acall, asend and `async with` need asyncio's event loop: elsewhere use call, send and `with`, in a thread."
        )
    return loop


def _after_fork() -> None:
    for connections in tuple(_ALL):
        connections.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
