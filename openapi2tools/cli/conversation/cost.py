"""Say what a run took: turns, tokens, time, and the cost where the user says what tokens cost."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Final, Self

import typer

from openapi2tools.cli.console import counted

if TYPE_CHECKING:
    from openapi2tools.agent.record.entries import Usage

_PRICED_TOKENS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Prices:
    """What a million tokens cost, in whatever currency the user counts."""

    read: float
    written: float
    cached: float

    @classmethod
    def read_option(cls, text: str) -> Self:
        """Read the value of `--price`: what is read from the cache costs as much unless given."""
        try:
            numbers = [float(number) for number in text.split(",")]
        except ValueError:
            numbers = []
        if len(numbers) not in (2, 3) or not all(0 <= number < inf for number in numbers):
            raise typer.BadParameter(
                "give what a million tokens cost as READ,WRITTEN or READ,WRITTEN,CACHED: 1.25,10.",
                param_hint="--price",
            )
        cached = numbers[2] if len(numbers) == 3 else numbers[0]
        return cls(numbers[0], numbers[1], cached)

    def cost(self, usage: Usage) -> float:
        """Return what tokens cost."""
        paid = (
            (usage.read - usage.cached) * self.read
            + usage.cached * self.cached
            + usage.written * self.written
        )
        return paid / _PRICED_TOKENS


def usage_text(
    usage: Usage, prices: Prices | None, *, turns: int, seconds: float | None = None
) -> str:
    """Return in one line what a run took."""
    cached = f" ({usage.cached:,} of them cached)" if usage.cached else ""
    parts = [
        counted(turns, "turn"),
        f"{usage.read:,} tokens read{cached}",
        f"{usage.written:,} written",
    ]
    if seconds is not None:
        parts.append(f"{seconds:.1f} s")
    if prices is not None:
        parts.append(f"cost {prices.cost(usage):.4f}")
    return ", ".join(parts)
