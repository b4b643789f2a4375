"""Where keys and items stand in a JSON text.

The search goes from key to key, without reading all of the text.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from openapi2tools._core import pointer as json_pointer
from openapi2tools.spec.parse.position import Position

if TYPE_CHECKING:
    from collections.abc import Callable

    from openapi2tools.model import Json, JsonObject

_SPACE: Final = re.compile(r"\s*")
_BRACE: Final = re.compile(r"\{\s*")
_COLON: Final = re.compile(r"\s*:\s*")
_COMMA: Final = re.compile(r"[\s,]*")
_DECODER: Final = json.JSONDecoder(strict=False)
_MAX_COMPARED_KEYS: Final = 4


def find_in_json(pointers: set[str], value: Json, text: str) -> dict[str, Position]:
    """Return where each pointer's key or item begins, or the nearest one above it."""
    finder = _Finder(text, value)
    # in the document's order, which the finder relies on
    ordered = sorted(pointers, key=finder.document_order)
    offsets = {pointer: finder.find(pointer) for pointer in ordered}
    positions = {}
    line, counted_up_to = 1, 0
    for pointer, offset in sorted(offsets.items(), key=lambda item: item[1]):
        line += text.count("\n", counted_up_to, offset)
        counted_up_to = offset
        positions[pointer] = Position(line, offset - text.rfind("\n", 0, offset))
    return positions


class _Span(NamedTuple):
    """Where a key (or an item) begins, and where its value does."""

    key_start: int
    value_start: int


class _LastItem(NamedTuple):
    """The last item of a list that was looked for."""

    number: int  # from 0
    start: int


class _Finder:
    """Finds keys and items in a JSON text.

    A key stands behind its elder siblings, and its value follows it: that tells it from equal keys
    within the elders, but for twins. Of a key that stands twice, the first is found. Pointers have
    to be looked for in the document's order.
    """

    def __init__(self, text: str, value: Json) -> None:
        self._text = text
        self._value = value
        start = self._skip(_SPACE, 0)
        # by pointer
        self._spans: dict[str, _Span] = {"": _Span(start, start)}
        self._last_key_starts: dict[str, int] = {}
        self._last_items: dict[str, _LastItem] = {}
        self._key_indexes: dict[str, dict[str, int]] = {}

    def document_order(self, pointer: str) -> list[int]:
        """Return what sorts pointers by where they stand in the document."""
        value, parent, order = self._value, "", []
        for token in json_pointer.split(pointer):
            if isinstance(value, dict) and token in value:
                order.append(self._indexes_of_keys(parent, value)[token])
                value = value[token]
            elif isinstance(value, list) and _is_index(token, value):
                order.append(int(token))
                value = value[int(token)]
            parent = json_pointer.join(parent, token)
        return order

    def _indexes_of_keys(self, pointer: str, value: JsonObject) -> dict[str, int]:
        if pointer not in self._key_indexes:
            self._key_indexes[pointer] = {key: index for index, key in enumerate(value)}
        return self._key_indexes[pointer]

    def find(self, pointer: str) -> int:
        """Return where a pointer's key or item begins, or the last one on the way to it."""
        value, parent = self._value, ""
        for token in json_pointer.split(pointer):
            current = json_pointer.join(parent, token)
            if current not in self._spans:
                span = self._find_child(parent, value, token)
                if span is None:
                    break
                self._spans[current] = span
            value = value[int(token) if isinstance(value, list) else token]
            parent = current
        return self._spans[parent].key_start

    def _find_child(self, parent: str, value: Json, token: str) -> _Span | None:
        if isinstance(value, list) and _is_index(token, value):
            return self._find_item(parent, int(token))
        if isinstance(value, dict) and token in value:
            return self._find_key(parent, value, token)
        return None

    def _find_key(self, parent: str, value: JsonObject, token: str) -> _Span | None:
        whole = self._find_key_before(self._stands_at, parent, value, token)
        return whole or self._find_key_before(self._half_stands_at, parent, value, token)

    def _find_key_before(
        self, stands_at: Callable[[int, Json], bool], parent: str, value: JsonObject, token: str
    ) -> _Span | None:
        """Return where a key stands before its value."""
        key = json.dumps(token, ensure_ascii=False)
        start = max(self._spans[parent].value_start, self._last_key_starts.get(parent, 0))
        start = self._text.find(key, start)
        while start >= 0:
            end = start + len(key)
            colon = _COLON.match(self._text, end)
            if colon and stands_at(colon.end(), value[token]):
                self._last_key_starts[parent] = start
                return _Span(start, colon.end())
            start = self._text.find(key, end)
        return None

    def _stands_at(self, start: int, value: Json) -> bool:
        """Return whether a value stands there; of a large object, the first key is enough."""
        if isinstance(value, dict) and len(value) > _MAX_COMPARED_KEYS:
            first_key = json.dumps(next(iter(value)), ensure_ascii=False)
            return self._text.startswith(first_key, self._skip(_BRACE, start))
        found, _end = self._decode(start)
        return bool(found == value)

    def _half_stands_at(self, start: int, value: Json) -> bool:
        """Return whether a half of a value stands there, whose key stands twice."""
        found, _end = self._decode(start)
        if not isinstance(found, dict) or not isinstance(value, dict):
            return False
        return bool(found) and list(found) == list(value)[: len(found)]

    def _find_item(self, parent: str, index: int) -> _Span:
        last = self._last_items.get(parent)
        if last is None:
            bracket = self._spans[parent].value_start
            last = _LastItem(0, self._skip(_SPACE, bracket + 1))
        start = last.start
        for _ in range(last.number, index):
            _item, end = self._decode(start)
            start = self._skip(_COMMA, end)
        self._last_items[parent] = _LastItem(index, start)
        return _Span(start, start)

    def _decode(self, start: int) -> tuple[Json, int]:
        """Return the value that stands there, and where it ends."""
        try:
            return _DECODER.raw_decode(self._text, start)
        except ValueError:
            return None, start

    def _skip(self, filler: re.Pattern[str], start: int) -> int:
        match = filler.match(self._text, start)
        return match.end() if match else start


def _is_index(token: str, items: list[Json]) -> bool:
    return token.isdecimal() and int(token) < len(items)
