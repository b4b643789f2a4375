"""Lists of equal objects as tables: the names of the fields once, and a row for each object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeGuard

from openapi2tools.call.response.fitting.cut import json_text

if TYPE_CHECKING:
    from openapi2tools.model import Json, JsonObject

_MIN_ROWS: Final = 3
_MAX_NESTING: Final = 16
"""Levels down to which lists are looked for."""
COLUMNS: Final = "columns"
ROWS: Final = "rows"


def with_tables(value: Json, levels: int = _MAX_NESTING) -> tuple[Json, bool]:
    """Return a value whose lists of equal objects are tables where that is shorter.

    A table is `{"columns": [names], "rows": [[values]]}`. Whether there is any is said, too.
    What is nested deeper than `levels` stays as it is.
    """
    if not levels:
        return value, False
    if isinstance(value, dict):
        inner = [with_tables(member, levels - 1) for member in value.values()]
        written = dict(zip(value, (member for member, _ in inner), strict=True))
        return written, any(found for _, found in inner)
    if not isinstance(value, list):
        return value, False
    inner = [with_tables(item, levels - 1) for item in value]
    items = [item for item, _ in inner]
    table = _table(items)
    if table is not None:
        return table, True
    return items, any(found for _, found in inner)


def _table(items: list[Json]) -> JsonObject | None:
    """Return items as a table; None where they are none, or where it is not shorter."""
    if not _are_equal(items):
        return None
    table: JsonObject = {COLUMNS: [*items[0]], ROWS: [[*item.values()] for item in items]}
    return table if len(json_text(table)) < len(json_text(items)) else None


def _are_equal(items: list[Json]) -> TypeGuard[list[JsonObject]]:
    """Return whether items are objects with the same fields in the same order."""
    first = items[0] if len(items) >= _MIN_ROWS else None
    if not isinstance(first, dict) or not first:
        return False
    names = [*first]
    return all(isinstance(item, dict) and [*item] == names for item in items)
