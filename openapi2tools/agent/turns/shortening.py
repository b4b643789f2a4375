"""Which results a model can do without, when the conversation is too long for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools.agent.record.entries import Shortened, Turn, as_read
from openapi2tools.formats.writing import may_be_shown
from openapi2tools.model import Result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openapi2tools.agent.record.entries import Entry

# What is told of a shortened result is about as long.
_MIN_CHARS: Final = 600


def shorten(record: Sequence[Entry]) -> Shortened | None:
    """Return which results to leave out next; None when no result is long any more.

    The longest results of earlier turns go first, until half of what is left is gone. Those of the
    last turn, which the model has not read yet, go when there are no others.
    """
    sizes = {
        position: _size(entry)
        for position, entry in enumerate(as_read(record))
        if isinstance(entry, Result) and _size(entry) >= _MIN_CHARS
    }
    last_turn = _position_of_last_turn(record)
    earlier = {position: size for position, size in sizes.items() if position < last_turn}
    candidates = earlier or sizes
    wanted = sum(sizes.values()) / 2
    chosen: list[int] = []
    for position in sorted(candidates, key=candidates.__getitem__, reverse=True):
        if sum(sizes[each] for each in chosen) >= wanted:
            break
        chosen.append(position)
    return Shortened(tuple(sorted(chosen))) if chosen else None


def _size(result: Result) -> int:
    return len(result.text) + sum(len(part.data) for part in result.parts if may_be_shown(part))


def _position_of_last_turn(record: Sequence[Entry]) -> int:
    positions = (i for i in range(len(record) - 1, -1, -1) if isinstance(record[i], Turn))
    return next(positions, 0)
