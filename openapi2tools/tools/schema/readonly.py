"""Find the properties that have no place in requests (`readOnly`) or responses (`writeOnly`).

Schemas are read as written (OpenAPI 3.0, section 4.7.24.2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from openapi2tools._core import pointer as json_pointer
from openapi2tools._core.hints import HINTS_KEY
from openapi2tools.tools.schema.keywords import is_true

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.model import Json, JsonObject
    from openapi2tools.tools.schema.components.resolver import ComponentResolver

_MAX_NESTING: Final = 64  # properties within properties
_MAX_COMPONENT_NESTING: Final = 64  # components within components, while one is looked at
# an object with one of them may hold more than its properties
_OPENING_KEYWORDS: Final = frozenset(
    {"anyOf", "oneOf", "additionalProperties", "unevaluatedProperties", "patternProperties"}
)
_CLOSABLE: Final = frozenset({"additionalProperties", "unevaluatedProperties"})


class ExcludedProperty(NamedTuple):
    """A required property that a hint excludes."""

    pointer: str  # into the value
    schema: Json
    always_there: bool  # whether the object that holds it is in every value, and once


class PropertyFilter:
    """Which properties one keyword (`readOnly` or `writeOnly`) excludes in one document."""

    def __init__(self, resolver: ComponentResolver, keyword: str) -> None:
        self._resolver = resolver
        self._keyword = keyword
        # a property without any of them is not excluded
        self._telling = frozenset({keyword, HINTS_KEY, "$ref", "properties", "allOf"})
        self._known: dict[tuple[str, bool], bool] = {}
        self._component_nesting = 0
        self.has_hints = False
        """Whether a property with a hint was met, so far."""

    def excludes(self, raw: Json, *, emptied: bool = True) -> bool:
        """Return whether a property is excluded, by its schema or the component it refers to.

        So is what can never be there, and, if `emptied`, an object of which nothing is left.
        """
        if not isinstance(raw, dict):
            return raw is False
        if self._telling.isdisjoint(raw):
            return False
        if self._keyword in raw and is_true(raw[self._keyword]):
            return True
        if HINTS_KEY in raw and self._keyword == "readOnly":
            self.has_hints = True
            if _hint(raw, "exclude") is True:
                return True
        if "$ref" in raw:
            pointer = self._resolver.find(raw["$ref"])
            return pointer is not None and self._excludes_component(pointer, emptied=emptied)
        if emptied and ("properties" in raw or "allOf" in raw) and self.leaves_nothing(raw):
            return True
        members = raw.get("allOf")
        return isinstance(members, list) and any(
            self.excludes(member, emptied=False) for member in members
        )

    def _excludes_component(self, pointer: str, *, emptied: bool) -> bool:
        key = (pointer, emptied)
        if key not in self._known and self._component_nesting < _MAX_COMPONENT_NESTING:
            self._known[key] = False  # a cycle excludes nothing
            self._component_nesting += 1
            self._known[key] = self.excludes(self._resolver.raw(pointer), emptied=emptied)
            self._component_nesting -= 1
        return self._known.get(key, False)

    def leaves_nothing(self, raw: Json) -> bool:
        """Return whether an object has properties, all of them excluded, and takes no others."""
        has_properties = False
        for part in self._resolver.joined(raw):
            if not _OPENING_KEYWORDS.isdisjoint(part) and not _is_closed(part):
                return False
            properties = part.get("properties")
            if isinstance(properties, dict) and properties:
                has_properties = True
                if not all(map(self.excludes, properties.values())):
                    return False
        return has_properties and self._requires_only_declared(raw)

    def _requires_only_declared(self, raw: Json) -> bool:
        found = list(self._properties(raw))
        declared = {name for name, schema in found if schema is not True}
        return declared.issuperset(name for name, _ in found)

    # --- sets of names ---

    def excluded_names(self, raw: Json) -> frozenset[str]:
        """Return the properties that a schema excludes: in an `allOf` they leave all members."""
        return frozenset(
            name for name, schema in self._properties(raw) if self.excludes(schema, emptied=False)
        )

    def excluded_by_any(self, members: Json) -> frozenset[str]:
        """Return the properties that any of several schemas excludes."""
        if not isinstance(members, list):
            return frozenset()
        return frozenset().union(*map(self.excluded_names, members))

    def exposes(self, raw: Json, names: frozenset[str]) -> bool:
        """Return whether a schema has, or requires, one of these and does not exclude it itself."""
        if not names:
            return False
        shown = names - self.excluded_names(raw)
        return bool(shown) and any(name in shown for name, _ in self._properties(raw))

    # --- values ---

    def without_excluded_values(self, raw: JsonObject, schema: JsonObject) -> JsonObject:
        """Return a schema without a default or examples that hold an excluded property."""
        examples = schema.get("examples", ())
        samples = {"default": schema.get("default"), "examples": next(iter(examples), None)}
        dropped = {
            keyword
            for keyword, value in samples.items()
            if isinstance(value, (dict, list)) and self._is_in(value, raw)
        }
        if not dropped:
            return schema
        return {keyword: value for keyword, value in schema.items() if keyword not in dropped}

    def _is_in(self, value: Json, raw: Json) -> bool:
        """Return whether a value holds a property that its schema excludes."""
        if isinstance(value, dict):
            return any(
                name in value and (self.excludes(schema) or self._is_in(value[name], schema))
                for name, schema in self._properties(raw)
            )
        if isinstance(value, list):
            return any(
                self._is_in(item, part.get("items"))
                for part in self._resolver.joined(raw)
                for item in value
            )
        return False

    # --- hints ---

    def renames(self, raw: Json) -> dict[str, str]:
        """Return the names that hints want for the properties of a schema."""
        found: dict[str, str] = {}
        for name, schema in self._properties(raw):
            wanted = _hint(schema, "name")
            if isinstance(wanted, str):
                found[name] = wanted
        return found

    def hidden_names(self, raw: Json) -> frozenset[str]:
        """Return the properties of a schema that a hint excludes."""
        if not self.has_hints:
            return frozenset()
        found = self._properties(raw)
        return frozenset(name for name, schema in found if _hint(schema, "exclude") is True)

    def excluded_required(self, raw: Json) -> Iterator[ExcludedProperty]:
        """Yield the required properties that a hint excludes, at any depth of the value."""
        yield from self._excluded_required(raw, "", set(), always=True)

    def _excluded_required(
        self, raw: Json, pointer: str, seen: set[tuple[str, bool]], *, always: bool
    ) -> Iterator[ExcludedProperty]:
        if not isinstance(raw, dict) or pointer.count("/") > _MAX_NESTING:
            return
        if "$ref" in raw:
            key = (str(raw["$ref"]), always)
            if key in seen:
                return
            seen.add(key)
        yield from self._excluded_properties(raw, pointer, seen, always=always)
        wholes = [raw]
        if "$ref" in raw:
            target = self._resolver.find(raw["$ref"])
            if target is not None:
                wholes.append(self._resolver.raw(target))
        for whole in wholes:
            for inner in _optional_parts(whole):
                yield from self._excluded_required(inner, pointer, seen, always=False)

    def _excluded_properties(
        self, raw: JsonObject, pointer: str, seen: set[tuple[str, bool]], *, always: bool
    ) -> Iterator[ExcludedProperty]:
        found = list(self._properties(raw))
        required = {name for name, schema in found if schema is True}
        for name, schema in found:
            here = json_pointer.join(pointer, name)
            if _hint(schema, "exclude") is True:
                if name in required:
                    yield ExcludedProperty(here, schema, always)
            elif not self.excludes(schema):
                there = always and name in required
                yield from self._excluded_required(schema, here, seen, always=there)

    def _properties(self, raw: Json) -> Iterator[tuple[str, Json]]:
        """Yield the properties of a schema, and `True` for the name of each required one.

        What its `$ref` and `allOf` add is included, each component once.
        """
        for part in self._resolver.joined(raw):
            if isinstance(part.get("properties"), dict):
                yield from part["properties"].items()
            if isinstance(part.get("required"), list):
                for name in part["required"]:
                    if isinstance(name, str):
                        yield name, True


def _is_closed(part: JsonObject) -> bool:
    """Return whether a part of an object opens it in none of the ways that there are."""
    opening = _OPENING_KEYWORDS & part.keys()
    return opening <= _CLOSABLE and all(part[keyword] is False for keyword in opening)


def _optional_parts(raw: Json) -> Iterator[Json]:
    """Yield the schemas whose values need not be there: items, further properties, branches."""
    if not isinstance(raw, dict):
        return
    for keyword in ("items", "additionalProperties", "oneOf", "anyOf"):
        value = raw.get(keyword)
        if isinstance(value, list):
            yield from value
        else:
            yield value


def _hint(raw: Json, name: str) -> Json:
    """Return one hint of a property."""
    hints = raw.get(HINTS_KEY) if isinstance(raw, dict) else None
    return hints.get(name) if isinstance(hints, dict) else None
