"""What tokens cost, as the user says."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Final

from openapi2tools._core.json.json_types import is_number
from openapi2tools.errors import InvalidOption

if TYPE_CHECKING:
    from openapi2tools.agent.record.entries import Usage

_PRICED_TOKENS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Prices:
    """What a million tokens cost, in whatever currency the user counts.

    Attributes:
        read: What a million tokens that the model reads cost.
        written: What a million that it writes cost.
        cached: What a million cost that come out of the vendor's prompt cache; as much as `read`
            unless given.

    Raises:
        InvalidOption: A price is no number, or below 0.

    Example:
        Agent(client, model, max_cost=0.50, prices=Prices(read=1.25, written=10, cached=0.125))
    """

    read: float
    written: float
    cached: float | None = None

    def __post_init__(self) -> None:
        for price in (self.read, self.written, self.cached):
            if price is not None and not (is_number(price) and 0 <= price < inf):
                raise InvalidOption(f"Prices({price!r}): give what a million tokens cost, from 0.")

    def cost(self, usage: Usage) -> float:
        """Return what tokens cost."""
        cached = self.read if self.cached is None else self.cached
        paid = (
            (usage.read - usage.cached) * self.read
            + usage.cached * cached
            + usage.written * self.written
        )
        return paid / _PRICED_TOKENS
