"""The limits of a run: turns, tokens, time, cost. At the first the model is asked a last time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openapi2tools._core.json.json_types import is_number, is_whole_number
from openapi2tools._core.reader import for_reader
from openapi2tools.agent.record.entries import Limit, Notice
from openapi2tools.errors import InvalidOption

if TYPE_CHECKING:
    from openapi2tools.agent.record.entries import Usage
    from openapi2tools.agent.turns.prices import Prices

_LAST_ANSWER = (
    "The limit of this run is reached ({limit}): no more calls can be made. Answer now, from what "
    "you know already, and say plainly what is missing."
)
_RESUMED = "The run goes on: you can make calls again. Go on with what is missing."


@dataclass(frozen=True, slots=True)
class RunLimits:
    """What a run may take. What is under way when a limit is reached is not cut off.

    Raises:
        InvalidOption: A limit is no number, or is too small.
    """

    max_turns: int = 20
    max_tokens: int | None = None
    max_seconds: float | None = None
    max_cost: float | None = None
    prices: Prices | None = None

    def __post_init__(self) -> None:
        _check("max_turns", self.max_turns, "how often the model may be asked, from 1 on")
        if self.max_tokens is not None:
            _check("max_tokens", self.max_tokens, "how many tokens the run may take, from 1 on")
        if self.max_seconds is not None:
            _check_above_0("max_seconds", self.max_seconds, "how long the run may take")
        if self.max_cost is not None:
            _check_above_0("max_cost", self.max_cost, "what the run may cost")
            if self.prices is None:
                raise InvalidOption(
                    "max_cost: say what tokens cost as well, with prices=Prices(…)."
                )

    def reached(self, turns: int, usage: Usage, seconds: float) -> Limit | None:
        """Return the limit that is reached; None while the model may be asked as before."""
        if turns >= self.max_turns:
            return "max_turns"
        if self.max_tokens is not None and usage.read + usage.written >= self.max_tokens:
            return "max_tokens"
        if self.max_seconds is not None and seconds >= self.max_seconds:
            return "max_seconds"
        if self.max_cost is not None and self._cost(usage) >= self.max_cost:
            return "max_cost"
        return None

    def describe(self, limit: Limit) -> str:
        """Return the sentence for people: which limit is reached, and how to raise it."""
        option = for_reader(limit, f"--{limit.replace('_', '-')}")
        return (
            f"The limit of {self._amount(limit)} is reached: the model answers with what it has. "
            f"Raise {option}, or ask for less at once."
        )

    def notice(self, limit: Limit) -> Notice:
        """Return what the model is told."""
        return Notice(limit, _LAST_ANSWER.format(limit=self._amount(limit)))

    def _cost(self, usage: Usage) -> float:
        return self.prices.cost(usage) if self.prices is not None else 0.0

    def _amount(self, limit: Limit) -> str:
        if limit == "max_cost":
            return f"cost {self.max_cost:g}"
        unit = limit.removeprefix("max_")
        amount = getattr(self, limit)
        return f"{amount:,} {unit if amount != 1 else unit.removesuffix('s')}"


def resumed_notice() -> Notice:
    """Return what the model is told when a run goes on after a limit."""
    return Notice("resumed", _RESUMED)


def _check(option: str, number: object, what: str) -> None:
    if not is_whole_number(number) or number < 1:
        raise InvalidOption(f"{option}={number!r}: give {what}, a whole number.")


def _check_above_0(option: str, number: object, what: str) -> None:
    if not is_number(number) or not number > 0:
        raise InvalidOption(f"{option}={number!r}: give {what}, a number above 0.")
