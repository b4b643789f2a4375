"""A schema whose property names a vendor refuses in, one with legal names out; and the way back for the values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from openapi2tools._core import pointer
from openapi2tools.tools.schema.keywords import matches
from openapi2tools.tools.walk import iter_schemas, map_schemas

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.model import Json, JsonObject, Schema

# JSON Schema 2020-12 Core, sections 10.2 (what applies to the very same value), 10.3 and 11 (to
# each of what the others did not name)
_BRANCHES: Final = ("allOf", "anyOf", "oneOf")
_CONDITIONS: Final = ("not", "if", "then", "else")
_OTHER_PROPERTIES: Final = ("additionalProperties", "unevaluatedProperties")
_OTHER_ITEMS: Final = ("items", "unevaluatedItems")


class LegalKeys:
    """The property names of one schema that do not fit `legal`, each with a name that does.

    The names depend on the schema alone: who reads a call makes them again from it. `whole` is that
    schema where this one is a shorter form of it.
    """

    def __init__(
        self,
        schema: JsonObject,
        legal: re.Pattern[str],
        whole: JsonObject | None = None,
        limit: int = 64,
    ) -> None:
        self._schema = schema
        names = {
            name
            for node in iter_schemas(schema if whole is None else whole)
            for name in node.get("properties", ())
        }
        bad = sorted(name for name in names if not legal.fullmatch(name))
        taken = names.difference(bad)
        self._legal: dict[str, str] = {}
        for name in bad:
            new = _legal_name(name, limit, taken)
            taken.add(new)
            self._legal[name] = new
        self._given: dict[str, str] = {new: name for name, new in self._legal.items()}

    def rename(self) -> JsonObject:
        """Give the schema with legal names: itself, when all are."""
        renamed: JsonObject = (
            map_schemas(self._schema, self._renamed) if self._legal else self._schema
        )
        return renamed

    def restore(self, value: Json) -> Json:
        """Give the value with the schema's own names; keys of maps are left alone."""
        return self._restored(value, [self._schema]) if self._legal else value

    def _renamed(self, node: JsonObject) -> JsonObject:
        new = dict(node)
        if "properties" in new:
            new["properties"] = {
                self._legal.get(name, name): inner for name, inner in new["properties"].items()
            }
        if "required" in new:
            new["required"] = [self._legal.get(name, name) for name in new["required"]]
        legal = self._legal
        if "dependentRequired" in new:
            new["dependentRequired"] = {
                legal.get(a, a): [legal.get(b, b) for b in some]
                for a, some in new["dependentRequired"].items()
            }
        if "dependentSchemas" in new:
            new["dependentSchemas"] = {
                legal.get(name, name): inner for name, inner in new["dependentSchemas"].items()
            }
        return new

    def _restored(self, value: Json, places: list[Schema]) -> Json:
        if not isinstance(value, dict | list):
            return value
        schemas = list(self._all(places, set()))
        if isinstance(value, list):
            return [
                self._restored(item, [place for schema in schemas for place in _item(schema, at)])
                for at, item in enumerate(value)
            ]
        restored = {}
        for key, inner in value.items():
            given = self._given.get(key, str(key))
            name = (
                given if any(given in schema.get("properties", ()) for schema in schemas) else key
            )
            restored[name] = self._restored(
                inner, [place for schema in schemas for place in _property(schema, name)]
            )
        return restored

    def _all(self, places: list[Schema], seen: set[int]) -> Iterator[JsonObject]:
        """Give every schema that may hold for one value: through references, branches and conditions."""
        for schema in places:
            if not isinstance(schema, dict) or id(schema) in seen:
                continue
            seen.add(id(schema))
            yield schema
            inner = [branch for key in _BRANCHES for branch in schema.get(key, ())]
            inner += [schema[key] for key in _CONDITIONS if key in schema]
            inner += schema.get("dependentSchemas", {}).values()
            if "$ref" in schema:
                inner.append(pointer.lookup(self._schema, pointer.from_fragment(schema["$ref"])))
            yield from self._all(inner, seen)


def _property(schema: JsonObject, name: str) -> list[Schema]:
    """Give what a schema says of a property."""
    named = [schema["properties"][name]] if name in schema.get("properties", ()) else []
    named += [
        inner
        for pattern, inner in schema.get("patternProperties", {}).items()
        if matches(pattern, name)
    ]
    return named or [schema[key] for key in _OTHER_PROPERTIES if key in schema]


def _item(schema: JsonObject, at: int) -> list[Schema]:
    """Give what a schema says of an item."""
    first = schema.get("prefixItems", ())[at : at + 1]
    return [
        *(first or [schema[key] for key in _OTHER_ITEMS if key in schema]),
        schema.get("contains", True),
    ]


def _legal_name(name: str, limit: int, taken: set[str]) -> str:
    base = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_") or "field"
    base = (base if not base[0].isdigit() else f"_{base}")[:limit]
    new, number = base, 2
    while new in taken:
        end = f"_{number}"
        new, number = base[: limit - len(end)] + end, number + 1
    return new
