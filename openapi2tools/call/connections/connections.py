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
from concurrent.futures import CancelledError
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, TypeVar

import anyio
import anyio.to_thread

from openapi2tools._core import portal
from openapi2tools.call.connections.loop_owner import (
    NOT_SENT_MESSAGE,
    ClosedBeforeSending,
    LoopOwner,
    require_running_loop,
    running_loop,
    start_background_loop,
)
from openapi2tools.errors import CallError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    import httpx

    from openapi2tools.transport import Guard

T = TypeVar("T")


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
        self._owner: LoopOwner | None = None
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
            self._owner = owner or start_background_loop(self)
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
        loop = require_running_loop()
        if self._is_users_client:
            return
        with self._lock:
            owner = self._live_owner()
            if owner is not None and owner.thread is None and owner.loop is not loop:
                raise CallError(
                    "This client is open in another event loop: connect another one for this loop, "
                    "or leave the other first."
                )
            self._owner = owner or LoopOwner(loop)
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
        loop = require_running_loop()
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
            raise ClosedBeforeSending(
                NOT_SENT_MESSAGE
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
            raise ClosedBeforeSending(NOT_SENT_MESSAGE) from None
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

    def _owner_to_close(self) -> LoopOwner | None:
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

    def _live_owner(self) -> LoopOwner | None:
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

    def _owner_for_use_in(self, loop: asyncio.AbstractEventLoop) -> LoopOwner:
        """Return the owner for work that comes from this loop; one of its own for a single use."""
        owner = self._live_owner()
        if self._is_users_client:
            self._owner = owner or LoopOwner(loop)
            return self._owner
        if owner is None:
            return LoopOwner(loop)
        is_foreign = owner.loop is not loop and owner.thread is None
        return LoopOwner(loop) if is_foreign else owner

    def _owner_for_sync_code(self) -> LoopOwner | None:
        """Return the owner that synchronous code can hand its work to; None where there is none.

        Raises CallError where the code runs in that owner's loop, and would wait for itself.
        """
        owner = self._live_owner()
        if owner is None and (self._is_users_client or self._entries):
            owner = self._owner = start_background_loop(self)
        if owner is None or (owner.thread is None and not self._is_users_client):
            return None
        runs_here = owner.loop is running_loop()
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


_all_connections: Final[weakref.WeakSet[Connections]] = weakref.WeakSet()
# Kept alive for good: closing them would touch sockets and a selector of the other process.
_owners_of_parent_process: Final[list[LoopOwner]] = []
_asked_by: Final[ContextVar[Connections | None]] = ContextVar("_asked_by", default=None)
"""The connections whose question (an approval, a credential) this thread answers."""


def _reset_all_after_fork() -> None:
    for connections in tuple(_all_connections):
        connections.reset_after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_all_after_fork)
