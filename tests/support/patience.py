"""Time in tests: how long something may take to fail, never how fast it has to come."""

from __future__ import annotations

from contextlib import contextmanager
from time import process_time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")


def with_longer_timeouts(attempt: Callable[[float], T], in_time: Callable[[T], bool]) -> T:
    """Return the first outcome of `attempt(timeout)` for which something came `in_time`.

    A quick machine needs the first timeout only; a busy one is given the next.
    """
    for timeout in (0.5, 5, 60):
        outcome = attempt(timeout)
        if in_time(outcome):
            return outcome
    raise AssertionError(f"Nothing came within {timeout} seconds: {outcome!r}")


@contextmanager
def bounded_work(cpu_seconds: float = 60) -> Iterator[None]:
    """Fail when the block costs this process more than that.

    It tells work that grows with the square of its input from work that does not: minutes from a
    fraction of a second. Other processes do not count.
    """
    began = process_time()
    yield
    spent = process_time() - began
    assert spent < cpu_seconds, f"{spent:.1f} seconds"
