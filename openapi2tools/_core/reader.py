"""Who reads a message decides its words: a program has keyword arguments, a terminal options."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_IS_AT_TERMINAL: Final = ContextVar("is_at_terminal", default=False)


@contextmanager
def at_terminal() -> Iterator[None]:
    """Word what is said in this block for whoever typed a command."""
    before = _IS_AT_TERMINAL.set(True)
    try:
        yield
    finally:
        _IS_AT_TERMINAL.reset(before)


def for_reader(program: str, terminal: str) -> str:
    """Return the words for who reads them: a programmer, or a person at a terminal.

    Example:
        f"Name another: {for_reader("server='https://…'", '--server URL')}."
    """
    return terminal if _IS_AT_TERMINAL.get() else program
