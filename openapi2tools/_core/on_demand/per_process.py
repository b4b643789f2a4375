"""Something that one thread at a time works with, and that a forked process begins anew.

Another thread may be at work when a process is forked: the child would find its lock held for
ever, and its work half done.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")


class _Work(Generic[T]):
    """The work of one process."""

    def __init__(self, begin: Callable[[], T]) -> None:
        self.process_id = os.getpid()
        self.lock = Lock()
        self._begin = begin

    @cached_property
    def value(self) -> T:
        return self._begin()


class PerProcess(Generic[T]):
    """A value for one thread at a time; `begin` makes it, once in each process that needs it."""

    def __init__(self, begin: Callable[[], T]) -> None:
        self._begin = begin
        self._work = _Work(begin)

    @contextmanager
    def in_turn(self) -> Iterator[T]:
        """Yield the value, once no other thread of this process has it."""
        work = self._work
        if work.process_id != os.getpid():
            work = self._work = _Work(self._begin)
        with work.lock:
            yield work.value
