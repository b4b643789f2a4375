"""Where keys and items stand in a YAML text: one pass over libyaml's events."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openapi2tools._core import pointer as json_pointer
from openapi2tools.spec.parse.position import Position
from openapi2tools.spec.parse.yaml_events import parse_events

if TYPE_CHECKING:
    from collections.abc import Iterable


def find_in_yaml(pointers: set[str], text: bytes) -> dict[str, Position]:
    """Return where each pointer's key or item begins, or the nearest one above it."""
    import yaml  # noqa: PLC0415 -- documents without problems never need it

    wanted = {ancestor for pointer in pointers for ancestor in _with_ancestors(pointer)}
    finder = _Finder(wanted)
    with suppress(yaml.YAMLError):  # the fast reader is more patient; what was found stands
        finder.pass_over(parse_events(text))
    if not finder.positions:
        return {}
    return {pointer: _nearest(pointer, finder.positions) for pointer in pointers}


def _nearest(pointer: str, positions: dict[str, Position]) -> Position:
    return next(
        positions[ancestor]
        for ancestor in reversed(_with_ancestors(pointer))
        if ancestor in positions
    )


def _with_ancestors(pointer: str) -> list[str]:
    """Return a pointer and all those above it, the root first."""
    tokens = pointer.split("/")
    return ["/".join(tokens[: end + 1]) for end in range(len(tokens))]


@dataclass(slots=True)
class _OpenCollection:
    """An object or a list that is being passed; `pointer` is None where nothing in it is wanted."""

    pointer: str | None
    is_mapping: bool
    node_count: int = 0  # keys and values, or items
    value_pointer: str | None = None  # of an object: that of the value which follows the key


class _Finder:
    """Passes over events, and notes where the keys and items on the way of the pointers stand."""

    def __init__(self, wanted: set[str]) -> None:
        self.positions: dict[str, Position] = {}
        self._wanted = wanted
        self._stack: list[_OpenCollection] = []

    def pass_over(self, events: Iterable[Any]) -> None:
        """Note the positions of all events."""
        import yaml  # noqa: PLC0415 -- as above

        for event in events:
            if isinstance(event, yaml.CollectionEndEvent):
                self._stack.pop()
                continue
            if not isinstance(event, yaml.NodeEvent):
                continue
            pointer = self._enter(event) if self._stack else ""
            self.positions.setdefault("", _position_of(event))
            if isinstance(event, yaml.CollectionStartEvent):
                wanted = pointer if pointer in self._wanted else None
                is_mapping = isinstance(event, yaml.MappingStartEvent)
                self._stack.append(_OpenCollection(wanted, is_mapping))

    def _enter(self, event: Any) -> str | None:
        """Return the pointer of the value that begins here.

        It is None for a key, and where nobody looks for the value.
        """
        parent = self._stack[-1]
        parent.node_count += 1
        if parent.pointer is None:
            return None
        if not parent.is_mapping:
            pointer = json_pointer.join(parent.pointer, parent.node_count - 1)
            self.positions[pointer] = _position_of(event)
            return pointer
        is_value = parent.node_count % 2 == 0
        if is_value:
            return parent.value_pointer
        key = str(getattr(event, "value", ""))
        parent.value_pointer = json_pointer.join(parent.pointer, key)
        self.positions[parent.value_pointer] = _position_of(event)
        return None


def _position_of(event: Any) -> Position:
    return Position(event.start_mark.line + 1, event.start_mark.column + 1)
