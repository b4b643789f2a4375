"""Schemas as written in; which properties have no place in requests (readOnly), or in responses (writeOnly), out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools._core import pointer
from openapi2tools._core.hints import HINTS_KEY
from openapi2tools.tools.schema.normalize import is_true

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.model import Json, JsonObject
    from openapi2tools.tools.schema.components import Components

_DEEPEST: Final = 64
_FURTHEST: Final = 64  # components within components that are looked at for what they hide
# may hold more
_MORE: Final = frozenset(
    {"$ref", "allOf", "anyOf", "oneOf", "additionalProperties", "patternProperties"}
)


class Hidden:
    """What one keyword (`readOnly` or `writeOnly`) hides in one document (OpenAPI 3.0, section 4.7.24.2)."""

    def __init__(self, components: Components, keyword: str) -> None:
        self._components = components
        self._keyword = keyword
        # a property without any of them is shown
        self._telling = frozenset({keyword, HINTS_KEY, "$ref", "properties", "allOf"})
        self._known: dict[tuple[str, bool], bool] = {}
        self._level = 0  # of components within components, while one is looked at
        self.curated = False  # whether a property with a hint was met

    def hides(self, raw: Json, *, emptied: bool = True) -> bool:
        """Tell whether a property is hidden, by its own word or by that of a component it refers to.

        What can never be there is hidden, too, and, if `emptied`, an object of which nothing is
        left.
        """
        if not isinstance(raw, dict):
            return raw is False
        if self._telling.isdisjoint(raw):
            return False
        if self._keyword in raw and is_true(raw[self._keyword]):
            return True
        if HINTS_KEY in raw and self._keyword == "readOnly":
            self.curated = True
            if _told(raw, "exclude") is True:
                return True
        if "$ref" in raw:
            place = self._components.find(raw["$ref"])
            return place is not None and self._hides_at(place, emptied)
        if emptied and "properties" in raw and self._empties(raw):
            return True
        members = raw.get("allOf")
        return isinstance(members, list) and any(
            self.hides(member, emptied=False) for member in members
        )

    def _hides_at(self, place: str, emptied: bool) -> bool:  # noqa: FBT001 -- part of the key
        key = (place, emptied)
        if key not in self._known and self._level < _FURTHEST:
            self._known[key] = False  # a cycle hides nothing
            self._level += 1
            self._known[key] = self.hides(self._components.raw(place), emptied=emptied)
            self._level -= 1
        return self._known.get(key, False)

    def _empties(self, raw: JsonObject) -> bool:
        properties = raw["properties"]
        if (
            not isinstance(properties, dict)
            or not properties
            or not all(map(self.hides, properties.values()))
        ):
            return False
        return _MORE.isdisjoint(raw) or (
            raw.get("additionalProperties") is False
            and _MORE & raw.keys() == {"additionalProperties"}
        )

    def held(self, value: Json, raw: Json) -> bool:
        """Tell whether a value holds a property that its schema hides."""
        if isinstance(value, dict):
            return any(
                n in value and (self.hides(said) or self.held(value[n], said))
                for n, said in self._properties(raw)
            )
        if isinstance(value, list):
            return any(
                self.held(item, part.get("items"))
                for part in self._components.joined(raw)
                for item in value
            )
        return False

    def names(self, raw: Json) -> frozenset[str]:
        """Name the properties that any member of an `allOf` hides: they are hidden in all of it."""
        return frozenset(
            name for name, schema in self._properties(raw) if self.hides(schema, emptied=False)
        )

    def among(self, members: Json) -> frozenset[str]:
        """Name the properties that any of several schemas hides."""
        return (
            frozenset().union(*map(self.names, members))
            if isinstance(members, list)
            else frozenset()
        )

    def mentions(self, raw: Json, names: frozenset[str]) -> bool:
        """Tell whether a schema has, or requires, one of these properties, and does not hide it itself."""
        shown = names - self.names(raw) if names else names
        return bool(shown) and any(name in shown for name, _ in self._properties(raw))

    def renamed(self, raw: Json) -> dict[str, str]:
        """Give the names that hints want for the properties of a schema."""
        return {
            name: told
            for name, schema in self._properties(raw)
            if isinstance(told := _told(schema, "name"), str)
        }

    def withheld(self, raw: Json) -> Iterator[tuple[str, Json, bool]]:
        """Give the required properties that a hint excludes: a pointer into the value, the schema, whether the place is always there."""
        yield from self._withheld(raw, "", set(), always=True)

    def _withheld(
        self, raw: Json, place: str, seen: set[tuple[str, bool]], *, always: bool
    ) -> Iterator[tuple[str, Json, bool]]:
        if not isinstance(raw, dict) or place.count("/") > _DEEPEST:
            return
        if "$ref" in raw:
            if (key := (str(raw["$ref"]), always)) in seen:
                return
            seen.add(key)
        found = list(self._properties(raw))
        required = {name for name, schema in found if schema is True}
        for name, schema in found:
            here = pointer.join(place, name)
            if _told(schema, "exclude") is True:
                if name in required:
                    yield here, schema, always
            elif not self.hides(schema):
                yield from self._withheld(schema, here, seen, always=always and name in required)
        target = self._components.find(raw["$ref"]) if "$ref" in raw else None
        for whole in (raw, self._components.raw(target) if target is not None else None):
            for inner in _alternatives(whole):
                yield from self._withheld(inner, place, seen, always=False)

    def _properties(self, raw: Json) -> Iterator[tuple[str, Json]]:
        """Give the properties of a schema and of all that its `$ref` and `allOf` add, each component once; `True` for the required."""
        for part in self._components.joined(raw):
            if isinstance(part.get("properties"), dict):
                yield from part["properties"].items()
            if isinstance(part.get("required"), list):
                yield from ((name, True) for name in part["required"] if isinstance(name, str))


def _alternatives(raw: Json) -> Iterator[Json]:
    """Give the schemas whose values need not be there: of items, of further properties, of one of several branches."""
    if isinstance(raw, dict):
        for keyword in ("items", "additionalProperties", "oneOf", "anyOf"):
            value = raw.get(keyword)
            yield from value if isinstance(value, list) else (value,)


def _told(raw: Json, hint: str) -> Json:
    """Give one hint of a property."""
    hints = raw.get(HINTS_KEY) if isinstance(raw, dict) else None
    return hints.get(hint) if isinstance(hints, dict) else None
