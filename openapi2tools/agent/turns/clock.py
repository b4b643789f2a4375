"""The time, and waiting: what tests replace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING

import anyio

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


def _local_time() -> datetime:
    return datetime.now().astimezone()


@dataclass(frozen=True, slots=True)
class Clock:
    """How a run measures time, waits, and knows the date.

    Attributes:
        now: Seconds since some moment.
        sleep: Waits for some seconds.
        local_time: The date and time here, with its time zone.
    """

    now: Callable[[], float] = monotonic
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    local_time: Callable[[], datetime] = _local_time
