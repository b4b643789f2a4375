"""A value in; a key that stands for that very object, whatever it holds, or for all that say the same, out."""

from __future__ import annotations

from typing import Any

import orjson


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
