"""The open connections of a client: httpx clients, kept in one event loop or opened for each use.

An httpx client belongs to the event loop that opened it, while a `Client` is used from many loops
and threads, from synchronous code, and in forked processes. `Connections` brings the work to the
loop where the connections live.
"""

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

_NOT_SENT_MESSAGE: Final = "The client was closed before this call was sent."


class ConnectionsClosed(NetworkError):
    """The client was closed by an error while a call was under way."""


class _ClosedBeforeSending(ConnectionsClosed, NotSent):
    """The client was closed by an error before its request left."""


class Connections:
    """The httpx clients of one `Client`, one for each guard.

    At any time they are in one of four states:

    | State      | `_owner`           | Begins with                 | Where work is done           |
    |------------|--------------------|-----------------------------|------------------------------|
    | per use    | None               | the start, and the last one | the caller's loop, with a    |
    |            |                    | leaving                     | client opened for each use   |
    | background | a loop in a thread | `enter`                     | that loop, whoever calls     |
    | one loop   | a user's loop      | `aenter`                    | that loop; called from other |
    |            |                    |                             | loops, as "per use"          |
    | bound      | either of both     | the first use, where the    | that loop, whoever calls     |
    |            |                    | httpx client is the user's  |                              |

    `is_users_client` says that the httpx client, or the transport below it, is the user's own: its
    connections outlive each use, so entering and leaving do nothing. Synchronous work, where it
    comes first, binds it to a background loop, which lives as long as this object does. After a
    fork it cannot be used any more (`_is_lost`), while the other states begin anew with "per use".
    """

    def __init__(
        self, make_client: Callable[[Guard], httpx.AsyncClient], *, is_users_client: bool = False
    ) -> None:
        self._make_client = make_client
        self._is_users_client = is_users_client
        self._lock = threading.Lock()
        self._entries = 0
        self._owner: _LoopOwner | None = None
        self._is_lost = False
        _all_connections.add(self)

    def enter(self) -> None:
        """Keep clients from now on, in a background loop."""
        if self._is_users_client:
            return
        with self._lock:
            owner = self._live_owner()
            if owner is not None and owner.thread is None:
                raise CallError(
                    "This client is open in an event loop: use acall or asend there, "
                    "or call without opening it again."
                )
            self._owner = owner or _start_background_loop(self)
            self._entries += 1

    def leave(self, *, cancel: bool) -> None:
        """Close all kept clients when the last one leaves.

        The calls under way are waited for, or cancelled.
        """
        owner = self._owner_to_close()
        if owner is not None:
            owner.stop(cancel=cancel)

    async def aenter(self) -> None:
        """Keep clients from now on: in the background loop if there is one, else in this one."""
        loop = _require_running_loop()
        if self._is_users_client:
            return
        with self._lock:
            owner = self._live_owner()
            if owner is not None and owner.thread is None and owner.loop is not loop:
                raise CallError(
                    "This client is open in another event loop: connect another one for this loop, "
                    "or leave the other first."
                )
            self._owner = owner or _LoopOwner(loop)
            self._entries += 1

    async def aleave(self, *, cancel: bool) -> None:
        """Do what `leave` does, from an event loop."""
        owner = self._owner_to_close()
        if owner is None:
            return
        if owner.thread is None:
            await owner.close(cancel=cancel)
            return
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(lambda: owner.stop(cancel=cancel))

    @asynccontextmanager
    async def client(self, guard: Guard) -> AsyncIterator[httpx.AsyncClient]:
        """Yield an open client for the time of one use."""
        owner = self._owner
        if owner is not None and owner.loop is asyncio.get_running_loop():
            yield await owner.client(guard, self._make_client)
        else:
            async with self._make_client(guard) as client:
                yield client

    async def run(self, function: Callable[..., Awaitable[T]], *arguments: Any) -> T:
        """Run an async function that uses connections, in the loop where they live.

        Raises ConnectionsClosed where leaving with an error cancelled it.
        """
        loop = _require_running_loop()
        with self._lock:
            owner = self._owner_for_use_in(loop)
            if owner.loop is loop:
                future = None
            else:
                future = owner.submit(owner.run_in_scope, function, *arguments)
        if future is None:
            return await owner.run_in_scope(function, *arguments)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise _ClosedBeforeSending(
                _NOT_SENT_MESSAGE
            ) from None  # it is the other loop that cancelled the work

    def wait(self, function: Callable[..., Awaitable[T]], *arguments: Any) -> T:
        """Run an async function where the connections live, from synchronous code.

        Raises ConnectionsClosed where leaving with an error cancelled it.
        """
        with self._lock:
            owner = self._owner_for_sync_code()
            future = owner.submit(function, *arguments) if owner else None
        if future is None:
            return portal.run(function, *arguments)
        try:
            return future.result()
        except CancelledError:
            raise _ClosedBeforeSending(_NOT_SENT_MESSAGE) from None
        finally:
            future.cancel()  # where Ctrl-C ended the waiting

    def bind_loop(self) -> None:
        """Decide where the connections live, before synchronous code runs a loop that will end."""
        with self._lock:
            self._owner_for_sync_code()

    async def run_blocking(self, function: Callable[..., T], *arguments: Any) -> T:
        """Call a function that may take its time: in a thread, where others share this loop."""
        owner = self._owner
        shares_loop = (
            owner is not None
            and owner.thread is not None
            and owner.loop is asyncio.get_running_loop()
        )
        if not shares_loop:
            return function(*arguments)
        token = _asked_by.set(self)
        try:
            limiter = anyio.CapacityLimiter(math.inf)  # who ponders keeps no thread from others
            return await anyio.to_thread.run_sync(
                function, *arguments, abandon_on_cancel=True, limiter=limiter
            )
        finally:
            _asked_by.reset(token)

    def reset_after_fork(self) -> None:
        """Start afresh in a forked process.

        The loop's thread does not run here, and the connections are those of the other process.
        """
        self._lock = threading.Lock()
        if self._owner is None:
            return
        _owners_of_parent_process.append(self._owner)
        self._owner.detach_finalizer()
        self._owner = None
        self._is_lost = self._is_users_client

    def _owner_to_close(self) -> _LoopOwner | None:
        """Count one leaving, and return the owner that the last one has to close."""
        if self._is_users_client:
            return None
        with self._lock:
            self._entries = max(0, self._entries - 1)
            if self._entries:
                return None
            owner = self._owner
            self._owner = None
            return owner

    def _live_owner(self) -> _LoopOwner | None:
        """Return the owner, unless its loop has ended."""
        if self._is_lost:
            raise CallError(
                "The client of http= (or transport=) was used before this process was forked: "
                "connect with a new one here."
            )
        owner = self._owner
        if owner is None:
            return None
        is_stopped = self._is_users_client and not owner.loop.is_running()
        if owner.loop.is_closed() or is_stopped:
            self._owner = None
            self._entries = 0
        return self._owner

    def _owner_for_use_in(self, loop: asyncio.AbstractEventLoop) -> _LoopOwner:
        """Return the owner for work that comes from this loop; one of its own for a single use."""
        owner = self._live_owner()
        if self._is_users_client:
            self._owner = owner or _LoopOwner(loop)
            return self._owner
        if owner is None:
            return _LoopOwner(loop)
        is_foreign = owner.loop is not loop and owner.thread is None
        return _LoopOwner(loop) if is_foreign else owner

    def _owner_for_sync_code(self) -> _LoopOwner | None:
        """Return the owner that synchronous code can hand its work to; None where there is none.

        Raises CallError where the code runs in that owner's loop, and would wait for itself.
        """
        owner = self._live_owner()
        if owner is None and (self._is_users_client or self._entries):
            owner = self._owner = _start_background_loop(self)
        if owner is None or (owner.thread is None and not self._is_users_client):
            return None
        runs_here = owner.loop is _running_loop()
        if _asked_by.get() is self or (owner.thread is not None and runs_here):
            raise CallError(
                "An approve or a credential that calls the client which asks it has to be async, "
                "and to await acall or asend."
            )
        if runs_here:
            raise CallError(
                "The client of http= has its connections in the event loop that runs here: "
                "await acall, asend or arun."
            )
        return owner


class _LoopOwner:
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


_all_connections: Final[weakref.WeakSet[Connections]] = weakref.WeakSet()
# Kept alive for good: closing them would touch sockets and a selector of the other process.
_owners_of_parent_process: Final[list[_LoopOwner]] = []
_asked_by: Final[ContextVar[Connections | None]] = ContextVar("_asked_by", default=None)
"""The connections whose question (an approval, a credential) this thread answers."""


def _start_background_loop(connections: Connections) -> _LoopOwner:
    """Start a loop in a thread of its own, which ends with `connections` or with the program."""
    started: Future[_LoopOwner] = Future()

    async def live() -> None:
        owner = _LoopOwner(asyncio.get_running_loop())
        owner.thread = threading.current_thread()
        started.set_result(owner)
        await owner.stopping.wait()
        await owner.close(cancel=False)

    threading.Thread(target=portal.run, args=(live,), name="openapi2tools", daemon=True).start()
    owner = started.result()
    finalizer = weakref.finalize(connections, _request_stop, owner)
    finalizer.atexit = False
    owner.detach_finalizer = finalizer.detach
    return owner


def _request_stop(owner: _LoopOwner) -> None:
    if not owner.loop.is_closed():
        owner.loop.call_soon_threadsafe(owner.stopping.set)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _require_running_loop() -> asyncio.AbstractEventLoop:
    loop = _running_loop()
    if loop is None:
        raise CallError(
            "acall, asend and `async with` need asyncio's event loop: "
            "elsewhere use call, send and `with`, in a thread."
        )
    return loop


def _reset_all_after_fork() -> None:
    for connections in tuple(_all_connections):
        connections.reset_after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_all_after_fork)
