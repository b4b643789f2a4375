"""Keys for values that cannot be hashed: by identity, or by content; and a cache by identity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable

V = TypeVar("V")
T = TypeVar("T")


class IdentityKey:
    """A dictionary key that is equal only for the very same object."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IdentityKey) and other.value is self.value


def content_key(value: Any) -> bytes | object:
    """Return a key that equal JSON values share.

    A value that orjson cannot write (whole numbers beyond 64 bits) gets a key of its own.
    """
    try:
        return orjson.dumps(value)
    except TypeError:
        return object()


def cached_by_identity(make: Callable[[V], T]) -> Callable[[V], T]:
    """Wrap a function so that it runs once for each object, by identity.

    The cache keeps the objects alive, so that no id is used twice.
    """
    cache: dict[int, tuple[V, T]] = {}

    def cached(value: V) -> T:
        entry = cache.get(id(value))
        if entry is None:
            entry = cache[id(value)] = (value, make(value))
        return entry[1]

    return cached
