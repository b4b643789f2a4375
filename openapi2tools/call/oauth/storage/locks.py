"""Let one at a time through: of all processes with a lock file, of all threads and loops by a key.

Both survive a fork: a child neither holds the locks of its parent nor waits for a thread that did
not come along.
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

import anyio

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

_LOCKED_BY_ANOTHER: Final = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
"""What the system says of a lock that somebody has: POSIX the first, Windows the others."""
_THREAD_POLL_SECONDS: Final = 0.01
_PROCESS_POLL_SECONDS: Final = 0.02

_held_descriptors: set[int] = set()
"""The descriptors of this process's locks: a forked child has to close them, or it holds them."""


class FileLock:
    """A lock file: one holder at a time, of all processes and threads, and none who has died.

    Where no file can be made or locked, every attempt succeeds: the lock saves work, and must not
    stop it.

    The library `filelock` keeps forks apart as well, but leaves its file in the user's folder after
    a release, and turns to marker files, with a warning, where the system locks nothing.
    """

    def __init__(self, path: Path | None = None) -> None:
        """Name the file; None where no lock across processes is needed."""
        self._path = path
        self._descriptor: int | None = None

    def try_acquire(self) -> bool:
        """Try once, without waiting; return whether the caller may go on."""
        if self._path is None:
            return True
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            return True
        try:
            _lock(descriptor)
            is_current = self._is_current_file(descriptor)
        except OSError as error:
            os.close(descriptor)
            return error.errno not in (*_LOCKED_BY_ANOTHER, errno.ENOENT)
        if not is_current:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        _held_descriptors.add(descriptor)
        return True

    def release(self) -> None:
        """Let the next one through; nothing happens if this one does not hold the lock."""
        descriptor, self._descriptor = self._descriptor, None
        if self._path is None or descriptor not in _held_descriptors:
            return
        _held_descriptors.discard(descriptor)
        if sys.platform == "win32":  # which removes no open file
            _unlock(descriptor)
            os.close(descriptor)
            _remove(self._path)
        else:  # removed while it is locked, so that nobody removes the next holder's
            _remove(self._path)
            _unlock(descriptor)
            os.close(descriptor)

    def _is_current_file(self, descriptor: int) -> bool:
        """Return whether the locked file still has its name: its last holder may have removed it.

        Raises OSError (ENOENT) when the name is gone.
        """
        if self._path is None or sys.platform == "win32":
            return True
        return os.path.samestat(os.fstat(descriptor), self._path.stat())


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


@asynccontextmanager
async def holding(lock: FileLock) -> AsyncIterator[None]:
    """Hold a lock file for the block: one at a time of all processes."""
    while not lock.try_acquire():  # noqa: ASYNC110 -- other processes send no event
        await anyio.sleep(_PROCESS_POLL_SECONDS)
    try:
        yield
    finally:
        lock.release()


@dataclass(slots=True)
class _KeyedLocks:
    """The locks that somebody holds or waits for, by key."""

    locks: WeakValueDictionary[str, Lock] = field(default_factory=WeakValueDictionary)
    guard: Lock = field(default_factory=Lock)

    def get(self, key: str) -> Lock:
        with self.guard:
            return self.locks.setdefault(key, Lock())


_KEYED_LOCKS: Final = _KeyedLocks()


@asynccontextmanager
async def one_at_a_time(key: str) -> AsyncIterator[None]:
    """Let one at a time through for a key, of all threads and event loops of this process.

    Synchronous calls have a loop of their own each, so a lock of one loop would not do.
    """
    lock = _KEYED_LOCKS.get(key)
    while not lock.acquire(blocking=False):  # noqa: ASYNC110 -- an event belongs to one loop
        await anyio.sleep(_THREAD_POLL_SECONDS)
    try:
        yield
    finally:
        lock.release()


def _reset_after_fork() -> None:
    """Leave the parent its lock files, and forget locks whose holders did not come along."""
    for descriptor in _held_descriptors:
        os.close(descriptor)
    _held_descriptors.clear()
    _KEYED_LOCKS.guard = Lock()
    _KEYED_LOCKS.locks = WeakValueDictionary()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_reset_after_fork)
