"""An event loop with the httpx clients that live in it, and the work that is brought there."""

from __future__ import annotations

import asyncio
import threading
import weakref
from concurrent.futures import Future
from contextlib import AsyncExitStack, suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

import anyio

from openapi2tools._core import portal
from openapi2tools.errors import CallError, NetworkError, NotSent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import httpx

    from openapi2tools.transport import Guard

T = TypeVar("T")

NOT_SENT_MESSAGE: Final = "The client was closed before this call was sent."


class ConnectionsClosed(NetworkError):
    """The client was closed by an error while a call was under way."""


class ClosedBeforeSending(ConnectionsClosed, NotSent):
    """The client was closed by an error before its request left."""


class LoopOwner:
    """An event loop with the httpx clients that are kept in it, and with the work under way there.

    `thread` is that of a background loop; None where the loop is a user's.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.thread: threading.Thread | None = None
        self.stopping = asyncio.Event()
        self.detach_finalizer: Callable[[], object] = lambda: None
        self._clients: dict[Guard, httpx.AsyncClient] = {}
        self._stack = AsyncExitStack()
        # Work that came from other threads; tasks that wait in `run_in_scope`; what they wait for.
        self._submitted: set[asyncio.Task[Any]] = set()
        self._waiting: set[asyncio.Task[Any] | None] = set()
        self._scopes: dict[asyncio.Task[Any], anyio.CancelScope] = {}
        self._is_cancelled = False

    async def client(
        self, guard: Guard, make_client: Callable[[Guard], httpx.AsyncClient]
    ) -> httpx.AsyncClient:
        """Return the kept client for a guard, opened where this is its first use."""
        if guard not in self._clients:
            client = make_client(guard)
            self._clients[guard] = client
            await self._stack.enter_async_context(client)
        return self._clients[guard]

    def submit(self, function: Callable[..., Awaitable[T]], *arguments: Any) -> Future[T]:
        """Start an async function in this loop, from another thread."""

        async def run_here() -> T:
            task = asyncio.current_task()
            assert task is not None  # noqa: S101 -- a coroutine of a loop is one
            self._submitted.add(task)
            task.add_done_callback(self._submitted.discard)
            if self._is_cancelled:
                raise asyncio.CancelledError
            return await function(*arguments)

        return asyncio.run_coroutine_threadsafe(run_here(), self.loop)

    async def run_in_scope(self, function: Callable[..., Awaitable[T]], *arguments: Any) -> T:
        """Run an async function so that only a scope of anyio's ever cancels it.

        httpcore cleans up in shielded scopes. asyncio's own way of cancelling breaks them, and a
        place in the pool is lost each time. Raises ConnectionsClosed where `cancel_all` did it.
        """
        scope = anyio.CancelScope()

        async def run_in_task() -> T:
            with scope:
                return await function(*arguments)
            raise ConnectionsClosed("The client was closed while this call was under way.")

        caller = asyncio.current_task()
        task = asyncio.create_task(run_in_task())
        self._waiting.add(caller)
        self._scopes[task] = scope
        task.add_done_callback(self._forget_scope)
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            scope.cancel()
            with anyio.CancelScope(shield=True):
                await asyncio.wait([task])
            raise
        finally:
            self._waiting.discard(caller)
        return task.result()

    def cancel_all(self) -> None:
        """Cancel what is under way; from the loop itself."""
        self._is_cancelled = True
        for scope in self._scopes.values():
            scope.cancel()
        for task in self._submitted - self._waiting:  # those that wait raise ConnectionsClosed
            task.cancel()

    async def close(self, *, cancel: bool) -> None:
        """Close the clients once what is under way has ended or was cancelled.

        To be called in the loop itself.
        """
        try:
            if not cancel:
                await self._wait_until_idle()
        finally:
            self.cancel_all()
            with anyio.CancelScope(shield=True):
                await self._wait_until_idle()
                await self._stack.aclose()

    def stop(self, *, cancel: bool) -> None:
        """Close the clients and end the background loop, from another thread."""
        self.detach_finalizer()
        if cancel:
            self.loop.call_soon_threadsafe(self.cancel_all)
        self.loop.call_soon_threadsafe(self.stopping.set)
        if self.thread is None or self.thread is threading.current_thread():
            return
        try:
            self.thread.join()
        except BaseException:  # Ctrl-C ended the waiting
            with suppress(RuntimeError):  # the loop has ended in the meantime
                self.loop.call_soon_threadsafe(self.cancel_all)
            self.thread.join()
            raise

    async def _wait_until_idle(self) -> None:
        while tasks := [*self._scopes, *self._submitted]:
            await asyncio.wait(tasks)

    def _forget_scope(self, task: asyncio.Task[Any]) -> None:
        del self._scopes[task]
        if not task.cancelled():
            task.exception()  # nobody may be left to ask for it


def start_background_loop(keeper: object) -> LoopOwner:
    """Start a loop in a thread of its own, which ends with its `keeper` or with the program."""
    started: Future[LoopOwner] = Future()

    async def live() -> None:
        owner = LoopOwner(asyncio.get_running_loop())
        owner.thread = threading.current_thread()
        started.set_result(owner)
        await owner.stopping.wait()
        await owner.close(cancel=False)

    threading.Thread(target=portal.run, args=(live,), name="openapi2tools", daemon=True).start()
    owner = started.result()
    finalizer = weakref.finalize(keeper, _request_stop, owner)
    finalizer.atexit = False
    owner.detach_finalizer = finalizer.detach
    return owner


def _request_stop(owner: LoopOwner) -> None:
    if not owner.loop.is_closed():
        owner.loop.call_soon_threadsafe(owner.stopping.set)


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the event loop that runs here; None in synchronous code."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def require_running_loop() -> asyncio.AbstractEventLoop:
    """Return the event loop that runs here.

    Raises CallError in synchronous code, and in the loop of another library.
    """
    loop = running_loop()
    if loop is None:
        raise CallError(
            "acall, asend and `async with` need asyncio's event loop: "
            "elsewhere use call, send and `with`, in a thread."
        )
    return loop
