"""Keep what a server gave for the next request to it, which saves the round trip of a challenge."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

T = TypeVar("T")

_MAX_KEPT: Final = 1024


@dataclass(slots=True)
class Nonces(Generic[T]):
    """Values for one use each, by whose they are and where they go; losing them costs little."""

    _kept: dict[str, T] = field(default_factory=dict, repr=False)

    def keep(self, key: str, value: T) -> None:
        """Keep a value until it is taken."""
        if len(self._kept) >= _MAX_KEPT:
            self._kept.clear()
        self._kept[key] = value

    def take(self, key: str) -> T | None:
        """Return the value of a key, once."""
        return self._kept.pop(key, None)
