"""What was found of one thing that is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

State: TypeAlias = Literal["ok", "open", "fault"]
"""`open` is what nobody needs to settle, such as an extra that is not installed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A line of the check-up.

    Attributes:
        what: What was looked at.
        state: Whether it works.
        text: What was found.
        remedy: What to do; empty where there is nothing to do.
    """

    what: str
    state: State
    text: str
    remedy: str = ""
