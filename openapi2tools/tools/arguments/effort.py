"""Estimate what it takes to check a value against a schema, before that is done.

A validator follows every alternative. Where these name the same schemas again, level after level,
the work doubles with each level; and a pattern that looks ahead may read a text once for each of
its characters. Neither can be stopped once it has begun.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools.tools.schema.patterns import looks_around
from openapi2tools.tools.walk import (
    COMPOSITION_KEYWORDS,
    composed_schemas,
    definition_name,
    iter_schemas,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from openapi2tools.model import Json, JsonObject, Schema

MAX_CHECKED: Final = 3_000_000
"""Schemas that are applied to the values of one call: they take about a second."""
_MAX_EXPLAINED: Final = 10_000
"""Schemas whose errors are compared for one fault: each takes a thousand times as long."""

_MAX_PAIRS: Final = 500_000  # of a schema and a value, that an estimate looks at
_MAX_NESTING: Final = 150
_MAX_PLAIN_ENUM: Final = 1000
_VALUES_AT_ONCE: Final = 16  # of an enum are compared in the time that a schema takes
_CHARACTERS_AT_ONCE: Final = 50  # are read in that time
_TRIES_AT_LEAST: Final = 1000  # a pattern that looks around may start again as often
_IN_PLACE: Final = ("not", "if", "then", "else")
_OF_ITEMS: Final = ("items", "contains", "unevaluatedItems")
_OF_PROPERTIES: Final = ("additionalProperties", "unevaluatedProperties")
_MULTIPLYING: Final = frozenset(
    {
        *COMPOSITION_KEYWORDS,
        *_IN_PLACE,
        "dependentSchemas",
        "patternProperties",
        "propertyNames",
    }
)


def is_plain(schema: JsonObject) -> bool:
    """Return whether a check takes no more work than the size of a value, whatever it holds.

    There are no alternatives, and no patterns that look around.
    """
    return not any(
        _MULTIPLYING & part.keys()
        or len(part.get("enum", ())) > _MAX_PLAIN_ENUM
        or looks_around(part.get("pattern", ""))
        for part in iter_schemas(schema)
    )


def is_within(
    most: int,
    schema: Schema,
    value: Json,
    definitions: JsonObject,
    *,
    is_text_free: bool = False,
) -> bool:
    """Return whether at most so many schemas are applied when a value is checked.

    With `is_text_free` the patterns and enums, which have no errors within, do not count.
    """
    own_effort = _no_effort if is_text_free else _own_effort
    try:
        return _Estimate(most, definitions, own_effort).of(schema, value, 0) <= most
    except _TooMuch:
        return False


def is_explained_soon(schema: JsonObject, value: Json) -> bool:
    """Return whether the errors of a value are found soon: one by one, or with few alternatives."""
    definitions = schema.get("$defs", {})
    return is_plain(schema) or is_within(
        _MAX_EXPLAINED, schema, value, definitions, is_text_free=True
    )


class _TooMuch(Exception):
    """An estimate is beyond what may be spent."""


class _Estimate:
    """Counts how often schemas are applied, by a validator that remembers none of them."""

    def __init__(
        self,
        most: int,
        definitions: JsonObject,
        own_effort: Callable[[JsonObject, Json], int],
    ) -> None:
        self._most = most
        self._definitions = definitions
        self._own_effort = own_effort
        # ids are unique while the schema and the value are alive
        self._known: dict[tuple[int, int], int] = {}

    def of(self, schema: Schema, value: Json, depth: int) -> int:
        if not isinstance(schema, dict):
            return 1
        key = (id(schema), id(value))
        known = self._known.get(key)
        if known is not None:
            return known
        if len(self._known) > _MAX_PAIRS or depth > _MAX_NESTING:
            raise _TooMuch
        self._known[key] = 1  # while it is being counted: what leads back to it ends here
        total = 1 + self._own_effort(schema, value)
        for inner, part in self._applied(schema, value):
            total += self.of(inner, part, depth + 1)
        if total > self._most:
            raise _TooMuch
        self._known[key] = total
        return total

    def _applied(self, schema: JsonObject, value: Json) -> Iterator[tuple[Schema, Json]]:
        """Yield the schemas that are applied to a value and to what it holds."""
        if "$ref" in schema:
            yield self._definitions.get(definition_name(schema["$ref"]), True), value
        for inner in _in_place(schema):
            yield inner, value
        if isinstance(value, dict):
            yield from _of_properties(schema, value)
        elif isinstance(value, list):
            yield from _of_items(schema, value)


def _own_effort(schema: JsonObject, value: Json) -> int:
    """Return what a schema's own keywords add to the work."""
    effort = len(schema.get("enum", ())) // _VALUES_AT_ONCE
    if isinstance(value, str) and looks_around(schema.get("pattern", "")):
        effort += len(value) * max(len(value), _TRIES_AT_LEAST) // _CHARACTERS_AT_ONCE
    return effort


def _no_effort(_schema: JsonObject, _value: Json) -> int:
    return 0


def _in_place(schema: JsonObject) -> Iterator[Schema]:
    yield from composed_schemas(schema)
    for keyword in _IN_PLACE:
        if keyword in schema:
            yield schema[keyword]
    yield from schema.get("dependentSchemas", {}).values()


def _of_properties(schema: JsonObject, value: JsonObject) -> Iterator[tuple[Schema, Json]]:
    properties = schema.get("properties", {})
    others: Iterable[Schema] = [
        *(schema[keyword] for keyword in _OF_PROPERTIES if keyword in schema),
        *schema.get("patternProperties", {}).values(),
    ]
    for name, item in value.items():
        if name in properties:
            yield properties[name], item
        for other in others if name not in properties else ():
            yield other, item
        if "propertyNames" in schema:
            yield schema["propertyNames"], name


def _of_items(schema: JsonObject, value: list[Json]) -> Iterator[tuple[Schema, Json]]:
    first = schema.get("prefixItems", ())
    yield from zip(first, value, strict=False)
    others = [schema[keyword] for keyword in _OF_ITEMS if keyword in schema]
    for item in value[len(first) :] if others else ():
        for other in others:
            yield other, item
