"""Schemas as written in; which properties have no place in requests (readOnly), or in responses (writeOnly), out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools.tools.mend import is_true

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.model import Json
    from openapi2tools.tools.components import Components

HINTS: Final = "x-openapi2tools"  # on a property, too: `exclude` keeps it from models
_DEEPEST: Final = 64


class Hidden:
    """What one keyword (`readOnly` or `writeOnly`) hides in one document (OpenAPI 3.0, section 4.7.24.2)."""

    def __init__(self, components: Components, keyword: str) -> None:
        self._components = components
        self._keyword = keyword
        self._known: dict[str, bool] = {}

    def hides(self, raw: Json) -> bool:
        """Tell whether a property is hidden, by its own word or by that of a component it refers to."""
        if not isinstance(raw, dict):
            return False
        if self._keyword in raw and is_true(raw[self._keyword]):
            return True
        if HINTS in raw and self._keyword == "readOnly" and isinstance(raw[HINTS], dict) and raw[HINTS].get("exclude") is True:
            return True
        if "$ref" in raw:
            place = self._components.find(raw["$ref"])
            return place is not None and self._hides_at(place)
        members = raw.get("allOf")
        return isinstance(members, list) and any(self.hides(member) for member in members)

    def _hides_at(self, place: str) -> bool:
        if place not in self._known:
            self._known[place] = False  # a cycle hides nothing
            self._known[place] = self.hides(self._components.raw(place))
        return self._known[place]

    def names(self, raw: Json) -> frozenset[str]:
        """Name the properties that any member of an `allOf` hides: they are hidden in all of it."""
        return frozenset(name for name, schema in self._properties(raw, ()) if self.hides(schema))

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
