"""Schemas as written in; which properties have no place in requests (readOnly), or in responses (writeOnly), out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools.tools.mend import is_true

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.model import Json, JsonObject
    from openapi2tools.tools.components import Components

HINTS: Final = "x-openapi2tools"  # on a property, too: `exclude` keeps it from models
_DEEPEST: Final = 64
_MORE: Final = frozenset({"$ref", "allOf", "anyOf", "oneOf", "additionalProperties", "patternProperties"})  # may hold more


class Hidden:
    """What one keyword (`readOnly` or `writeOnly`) hides in one document (OpenAPI 3.0, section 4.7.24.2)."""

    def __init__(self, components: Components, keyword: str) -> None:
        self._components = components
        self._keyword = keyword
        self._known: dict[tuple[str, bool], bool] = {}

    def hides(self, raw: Json, *, emptied: bool = True) -> bool:
        """Tell whether a property is hidden, by its own word or by that of a component it refers to.

        What can never be there is hidden, too, and, if `emptied`, an object of which nothing is left.
        """
        if not isinstance(raw, dict):
            return raw is False
        if self._keyword in raw and is_true(raw[self._keyword]):
            return True
        if HINTS in raw and self._keyword == "readOnly" and isinstance(raw[HINTS], dict) and raw[HINTS].get("exclude") is True:
            return True
        if "$ref" in raw:
            place = self._components.find(raw["$ref"])
            return place is not None and self._hides_at(place, emptied)
        if emptied and "properties" in raw and self._empties(raw):
            return True
        members = raw.get("allOf")
        return isinstance(members, list) and any(self.hides(member, emptied=False) for member in members)

    def _hides_at(self, place: str, emptied: bool) -> bool:  # noqa: FBT001 -- part of the key
        key = (place, emptied)
        if key not in self._known:
            self._known[key] = False  # a cycle hides nothing
            self._known[key] = self.hides(self._components.raw(place), emptied=emptied)
        return self._known[key]

    def _empties(self, raw: JsonObject) -> bool:
        properties = raw["properties"]
        if not isinstance(properties, dict) or not properties or not all(map(self.hides, properties.values())):
            return False
        return _MORE.isdisjoint(raw) or (raw.get("additionalProperties") is False and _MORE & raw.keys() == {"additionalProperties"})

    def names(self, raw: Json) -> frozenset[str]:
        """Name the properties that any member of an `allOf` hides: they are hidden in all of it."""
        return frozenset(name for name, schema in self._properties(raw, ()) if self.hides(schema, emptied=False))

    def among(self, members: Json) -> frozenset[str]:
        """Name the properties that any of several schemas hides."""
        return frozenset().union(*map(self.names, members)) if isinstance(members, list) else frozenset()

    def mentions(self, raw: Json, names: frozenset[str]) -> bool:
        """Tell whether a schema has, or requires, one of these properties, and does not hide it itself."""
        shown = names - self.names(raw) if names else names
        return bool(shown) and any(name in shown for name, _ in self._properties(raw, ()))

    def _properties(self, raw: Json, above: tuple[str, ...]) -> Iterator[tuple[str, Json]]:
        if not isinstance(raw, dict) or len(above) > _DEEPEST:
            return
        place = self._components.find(raw["$ref"]) if "$ref" in raw else None
        if place is not None and place not in above:
            yield from self._properties(self._components.raw(place), (*above, place))
        if isinstance(raw.get("properties"), dict):
            yield from raw["properties"].items()
        if isinstance(raw.get("required"), list):
            yield from ((name, True) for name in raw["required"] if isinstance(name, str))
        if isinstance(raw.get("allOf"), list):
            for member in raw["allOf"]:
                yield from self._properties(member, (*above, ""))
