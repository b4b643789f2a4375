"""The list that the pages of an answer hold: where it is, and its items."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from openapi2tools.model import Json


def list_path(value: Json) -> tuple[str, ...] | None:
    """Return the names that lead to the list of a page; None where it has none.

    That is the page itself, else the longest list in it, down to the second level: one of objects
    before one of other values.
    """
    if isinstance(value, list):
        return ()
    found = [*_lists(value, ())]
    if not found:
        return None
    path, _ = max(found, key=lambda each: (_holds_objects(each[1]), -len(each[0]), len(each[1])))
    return path


def items_at(value: Json, path: Sequence[str]) -> list[Json]:
    """Return the items of the list at a path; none where there is no list."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, list) else []


def _lists(value: Json, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], list[Json]]]:
    for name, inner in value.items() if isinstance(value, dict) else ():
        if isinstance(inner, list):
            yield (*path, name), inner
        elif not path:
            yield from _lists(inner, (name,))


def _holds_objects(items: list[Json]) -> bool:
    return bool(items) and isinstance(items[0], dict)
