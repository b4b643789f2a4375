"""Pointers to lines: a document's text and the problems in it in, the same problems with line and column out."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from openapi2tools._core import pointer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openapi2tools.model import Json, JsonObject, Problem

Place: TypeAlias = tuple[int, int]
"""Line and column, both from 1, the column in characters."""

_MOST: Final = 100  # problems that get a line; nobody reads on, and each costs a search
_MOST_YAML: Final = 16 * 1024 * 1024  # bytes; libyaml takes about 0.15 s for each million
_RANK: Final = {"error": 0, "warning": 1, "hint": 2}


def locate(problems: Sequence[Problem], value: Json, text: bytes) -> tuple[Problem, ...]:
    """Give the problems their lines, the worst first if there are very many; `value` is what was read from the text."""
    wanted = [
        index
        for index, problem in enumerate(problems)
        if problem.line is None and problem.address is None
    ]
    wanted = sorted(wanted, key=lambda index: _RANK[problems[index].severity])[:_MOST]
    places = find({problems[index].pointer for index in wanted}, value, text)
    located = list(problems)
    for index in wanted:
        if place := places.get(problems[index].pointer):
            located[index] = replace(problems[index], line=place[0], column=place[1])
    return tuple(located)


def find(pointers: set[str], value: Json, text: bytes) -> dict[str, Place]:
    """Give the place of each pointer's key or item, or of the nearest one above it that has a place of its own."""
    if not pointers:
        return {}
    if text[:200].lstrip().startswith((b"{", b"[")):
        return _in_json(text.decode(), value, pointers)
    return _in_yaml(text, pointers) if len(text) <= _MOST_YAML else {}


# --- JSON: from key to key ---


def _in_json(text: str, value: Json, pointers: set[str]) -> dict[str, Place]:
    keys = _Keys(text, value)
    offsets = {place: keys.find(place) for place in sorted(pointers, key=keys.order)}
    places, line, passed = {}, 1, 0
    for place, offset in sorted(offsets.items(), key=lambda item: item[1]):
        line, passed = line + text.count("\n", passed, offset), offset
        places[place] = (line, offset - text.rfind("\n", 0, offset))
    return places


class _Keys:
    """Finds keys in a JSON text without reading all of it.

    A key stands behind its elder siblings, and its value follows it: that tells it from equal keys
    within the elders, but for twins.
    """

    def __init__(self, text: str, value: Json) -> None:
        self._text = text
        self._value = value
        start = self._after(_SPACE, 0)
        self._found: dict[str, tuple[int, int]] = {"": (start, start)}  # where key and value begin
        # of each object: where its last child that was looked for begins
        self._last: dict[str, int] = {}
        # of each list: the last item that was looked for, its index and where it begins
        self._items: dict[str, tuple[int, int]] = {}
        self._orders: dict[str, dict[str, int]] = {}

    def order(self, place: str) -> list[int]:
        """Give what sorts pointers by where they stand in the document."""
        value, way, order = self._value, "", []
        for token in pointer.split(place):
            if isinstance(value, dict) and token in value:
                order.append(self._order(way, value)[token])
                value = value[token]
            elif isinstance(value, list) and token.isdecimal() and int(token) < len(value):
                order.append(int(token))
                value = value[int(token)]
            way = pointer.join(way, token)
        return order

    def _order(self, way: str, value: JsonObject) -> dict[str, int]:
        if way not in self._orders:
            self._orders[way] = {key: index for index, key in enumerate(value)}
        return self._orders[way]

    def find(self, place: str) -> int:
        """Find where the key (or the item) begins that a pointer ends in, or the last one on the way that can be found."""
        value, way = self._value, ""
        for token in pointer.split(place):
            here = pointer.join(way, token)
            if here not in self._found:
                found = (
                    self._item(way, value, token)
                    if isinstance(value, list)
                    else self._key(way, value, token)
                )
                if found is None:
                    break
                self._found[here] = found
            value, way = value[int(token) if isinstance(value, list) else token], here
        return self._found[way][0]

    def _key(self, way: str, value: Json, token: str) -> tuple[int, int] | None:
        if not isinstance(value, dict) or token not in value:
            return None
        key, start = (
            json.dumps(token, ensure_ascii=False),
            max(self._found[way][1], self._last.get(way, 0)),
        )
        while (start := self._text.find(key, start)) >= 0:
            colon = _COLON.match(self._text, start + len(key))
            if colon and self._holds(colon.end(), value[token]):
                self._last[way] = start
                return start, colon.end()
            start += len(key)
        return None

    def _holds(self, start: int, value: Json) -> bool:
        """Tell whether the value stands there; of a large object, the first key is enough."""
        if isinstance(value, dict) and len(value) > _LARGE:
            inside = self._after(_BRACE, start)
            return self._text.startswith(json.dumps(next(iter(value)), ensure_ascii=False), inside)
        return bool(self._decode(start)[0] == value)

    def _decode(self, start: int) -> tuple[Json, int]:
        try:
            return _DECODER.raw_decode(self._text, start)
        except ValueError:
            return None, start

    def _item(self, way: str, value: list[Json], token: str) -> tuple[int, int] | None:
        if not token.isdecimal() or int(token) >= len(value):
            return None
        index, start = self._items.get(way, (0, self._after(_SPACE, self._found[way][1] + 1)))
        for _ in range(index, int(token)):
            start = self._after(_COMMA, self._decode(start)[1])
        self._items[way] = (int(token), start)
        return start, start

    def _after(self, filler: re.Pattern[str], start: int) -> int:
        found = filler.match(self._text, start)
        return found.end() if found else start


_SPACE: Final = re.compile(r"\s*")
_BRACE: Final = re.compile(r"\{\s*")
_COLON: Final = re.compile(r"\s*:\s*")
_COMMA: Final = re.compile(r"[\s,]*")
_DECODER: Final = json.JSONDecoder(strict=False)
_LARGE: Final = 4


# --- YAML: the events of libyaml ---


def _in_yaml(text: bytes, pointers: set[str]) -> dict[str, Place]:
    """Pass over the whole text once, and note where the keys and items stand that the pointers lead through."""
    import yaml  # noqa: PLC0415 -- documents without problems never need it

    ways = {way for place in pointers for way in _ways(place)}
    found: dict[str, Place] = {}
    stack: list[_Open] = []
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            if isinstance(event, yaml.CollectionEndEvent):
                stack.pop()
            elif isinstance(event, yaml.NodeEvent):
                place = stack[-1].enter(event, found) if stack else ""
                found.setdefault("", _start(event))
                if isinstance(event, yaml.CollectionStartEvent):
                    stack.append(
                        _Open(
                            place if place in ways else None,
                            isinstance(event, yaml.MappingStartEvent),
                        )
                    )
    except yaml.YAMLError:  # the fast reader is more patient; what was found so far stands
        pass
    return (
        {
            place: next(found[way] for way in reversed(_ways(place)) if way in found)
            for place in pointers
        }
        if found
        else {}
    )


def _ways(place: str) -> list[str]:
    """Give a pointer and all those above it, the root first."""
    tokens = place.split("/")
    return ["/".join(tokens[: end + 1]) for end in range(len(tokens))]


def _start(event: Any) -> Place:
    return event.start_mark.line + 1, event.start_mark.column + 1


class _Open:
    """An object or a list that is being passed; `place` is its pointer, None where nothing in it is wanted."""

    __slots__ = ("count", "is_map", "key", "place")

    def __init__(self, place: str | None, is_map: bool) -> None:  # noqa: FBT001 -- one of two kinds
        self.place = place
        self.is_map = is_map
        self.count = 0  # keys and values, or items
        self.key: str | None = None

    def enter(self, event: Any, found: dict[str, Place]) -> str | None:
        """Give the pointer of the value that begins here, None for a key and where nobody looks for it."""
        self.count += 1
        if self.place is None or (self.is_map and self.count % 2 == 0):
            return self.key
        token = str(getattr(event, "value", "")) if self.is_map else str(self.count - 1)
        self.key = pointer.join(self.place, token)
        found[self.key] = _start(event)
        return None if self.is_map else self.key
