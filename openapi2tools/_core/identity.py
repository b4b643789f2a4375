"""A value in; a key that stands for that very object, whatever it holds, or for all that say the same, out; and caches by identity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable

V = TypeVar("V")
T = TypeVar("T")


class Same:
    """An object as a key by its identity: for caches of what is costly to make from a value that cannot be hashed."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.value is self.value


def written(value: Any) -> bytes | object:
    """Give a key that equal JSON values share; one that JSON cannot hold (whole numbers beyond 64 bits) shares its key with none."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return object()


def once(make: Callable[[V], T]) -> Callable[[V], T]:
    """Give a function that makes something of each object once, and then gives it again; it keeps the objects, so that ids stay theirs."""
    known: dict[int, tuple[V, T]] = {}

    def made(value: V) -> T:
        found = known.get(id(value))
        if found is None:
            found = known[id(value)] = (value, make(value))
        return found[1]

    return made
