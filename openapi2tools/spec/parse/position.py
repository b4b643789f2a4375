"""Lines and columns in a text."""

from __future__ import annotations

from typing import NamedTuple


class Position(NamedTuple):
    """A place in a text; both count from 1."""

    line: int
    column: int


def position_at(text: str, offset: int) -> Position:
    """Return the position of a character."""
    line = text.count("\n", 0, offset) + 1
    return Position(line, offset - text.rfind("\n", 0, offset))


def position_at_byte(text: bytes, offset: int) -> Position:
    """Return the position of a byte, its column in bytes."""
    line = text.count(b"\n", 0, offset) + 1
    return Position(line, offset - text.rfind(b"\n", 0, offset))
