"""Measure values that were inlined in several places, and may have grown without bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from openapi2tools.model import Json


def contains(value: Json, part: Json) -> bool:
    """Return whether an object or list stands somewhere in a value, or is the value."""
    stack = [value]
    seen: set[int] = set()
    while stack:
        node = stack.pop()
        if node is part:
            return True
        if isinstance(node, (dict, list)) and id(node) not in seen:
            seen.add(id(node))
            stack.extend(_members(node))
    return False


def expanded_size(value: Json, sizes: dict[int, int]) -> int:
    """Return the number of characters and values in a value, each as often as it stands there.

    What is shared is measured once: `sizes` holds the objects and lists measured so far, by id.
    """
    if not isinstance(value, (dict, list)):
        return 1
    stack: list[tuple[Json, bool]] = [(value, False)]
    while stack:
        node, are_parts_measured = stack.pop()
        parts = [member for member in _members(node) if isinstance(member, (dict, list))]
        if are_parts_measured:
            sizes[id(node)] = _own_size(node) + sum([sizes[id(part)] for part in parts])
        elif id(node) not in sizes:
            stack.append((node, True))
            stack.extend((part, False) for part in parts)
    return sizes[id(value)]


def _own_size(node: Json) -> int:
    """Return the size of a node without the objects and lists in it."""
    return 1 + len(node) + sum([len(text) for text in _members(node) if isinstance(text, str)])


def _members(node: Json) -> Collection[Json]:
    members: Collection[Json] = node.values() if isinstance(node, dict) else node
    return members
