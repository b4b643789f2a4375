"""Say what a run took: turns, tokens, time, and the cost where the user says what tokens cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from openapi2tools.agent.turns.prices import Prices
from openapi2tools.cli.console import counted
from openapi2tools.errors import InvalidOption

if TYPE_CHECKING:
    from openapi2tools.agent.record.entries import Usage


def read_prices(text: str) -> Prices:
    """Read the value of `--price`: what is read from the cache costs as much unless given."""
    try:
        return Prices(*(float(number) for number in text.split(",")))
    except (ValueError, TypeError, InvalidOption):  # no numbers, or not two or three of them
        raise typer.BadParameter(
            "give what a million tokens cost as READ,WRITTEN or READ,WRITTEN,CACHED: 1.25,10.",
            param_hint="--price",
        ) from None


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
