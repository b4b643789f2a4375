"""Rename properties whose names a vendor refuses, and restore the names in values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from openapi2tools._core import pointer
from openapi2tools._core.naming import to_ascii
from openapi2tools.tools.arguments.parameters import with_wire_name
from openapi2tools.tools.schema.patterns import matches
from openapi2tools.tools.walk import composed_schemas, iter_schemas, map_schemas

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.model import Json, JsonObject, Schema

# JSON Schema 2020-12 Core, section 10.2: keywords whose schemas apply to the same value.
_CONDITIONS: Final = ("not", "if", "then", "else")
# Sections 10.3 and 11: what applies to each property or item that no other keyword names.
_OTHER_PROPERTIES: Final = ("additionalProperties", "unevaluatedProperties")
_OTHER_ITEMS: Final = ("items", "unevaluatedItems")
_FALLBACK_NAME: Final = "field"


class LegalKeys:
    """Legal names for the properties of one schema.

    The names depend on the schema alone: who reads a call makes them again from it.

    Args:
        schema: The schema.
        legal: The pattern that all of a legal name fits.
        full_schema: The schema that `schema` is a shorter form of, if it is: both get the same
            names.
        max_chars: The length of a legal name.
    """

    def __init__(
        self,
        schema: JsonObject,
        legal: re.Pattern[str],
        full_schema: JsonObject | None = None,
        max_chars: int = 64,
    ) -> None:
        self._schema = schema
        names = {
            name
            for node in iter_schemas(schema if full_schema is None else full_schema)
            for name in node.get("properties", ())
        }
        illegal = sorted(name for name in names if not legal.fullmatch(name))
        taken = names.difference(illegal)
        self._legal_names: dict[str, str] = {}
        for name in illegal:
            legal_name = _make_legal(name, max_chars, taken)
            taken.add(legal_name)
            self._legal_names[name] = legal_name
        self._original_names = {new: name for name, new in self._legal_names.items()}

    def rename(self) -> JsonObject:
        """Return the schema with legal names: the same object when all are legal already."""
        if not self._legal_names:
            return self._schema
        renamed: JsonObject = map_schemas(self._schema, self._rename_keys)
        return renamed

    def restore(self, value: Json) -> Json:
        """Return a value with the schema's own names; the keys of maps are left alone."""
        return self._restore(value, [self._schema]) if self._legal_names else value

    def _legal_name(self, name: str) -> str:
        return self._legal_names.get(name, name)

    def _with_original_name(self, name: str, schema: Schema) -> Schema:
        """Return the schema of a property, which says its name where the legal one does not."""
        if name not in self._legal_names or not isinstance(schema, dict) or "$ref" in schema:
            return schema  # in a strict schema nothing stands beside a reference
        return with_wire_name(schema, self._legal_names[name], name)

    def _rename_keys(self, node: JsonObject) -> JsonObject:
        renamed = dict(node)
        if "properties" in renamed:
            renamed["properties"] = {
                self._legal_name(name): self._with_original_name(name, inner)
                for name, inner in renamed["properties"].items()
            }
        if "dependentSchemas" in renamed:
            renamed["dependentSchemas"] = {
                self._legal_name(name): inner for name, inner in renamed["dependentSchemas"].items()
            }
        if "required" in renamed:
            renamed["required"] = list(map(self._legal_name, renamed["required"]))
        if "dependentRequired" in renamed:
            renamed["dependentRequired"] = {
                self._legal_name(name): list(map(self._legal_name, required))
                for name, required in renamed["dependentRequired"].items()
            }
        return renamed

    def _restore(self, value: Json, candidates: list[Schema]) -> Json:
        """Restore the names in a value that any of these schemas may describe."""
        if isinstance(value, dict):
            return self._restore_object(value, list(self._applied(candidates, set())))
        if isinstance(value, list):
            return self._restore_array(value, list(self._applied(candidates, set())))
        return value

    def _restore_object(self, value: JsonObject, applied: list[JsonObject]) -> JsonObject:
        restored = {}
        for key, inner in value.items():
            original = self._original_names.get(key, str(key))
            is_property = any(original in schema.get("properties", ()) for schema in applied)
            name = original if is_property else key
            candidates: list[Schema] = []
            for schema in applied:
                candidates += _schemas_of_property(schema, name)
            restored[name] = self._restore(inner, candidates)
        return restored

    def _restore_array(self, value: list[Json], applied: list[JsonObject]) -> list[Json]:
        restored = []
        for index, item in enumerate(value):
            candidates: list[Schema] = []
            for schema in applied:
                candidates += _schemas_of_item(schema, index)
            restored.append(self._restore(item, candidates))
        return restored

    def _applied(self, candidates: list[Schema], seen: set[int]) -> Iterator[JsonObject]:
        """Return every schema that may apply to a value.

        These are the candidates, and what their references, branches and conditions add.
        """
        for schema in candidates:
            if not isinstance(schema, dict) or id(schema) in seen:
                continue
            seen.add(id(schema))
            yield schema
            inner = [*composed_schemas(schema)]
            inner += [schema[keyword] for keyword in _CONDITIONS if keyword in schema]
            inner += schema.get("dependentSchemas", {}).values()
            if "$ref" in schema:
                inner.append(pointer.target_of(self._schema, schema["$ref"]))
            yield from self._applied(inner, seen)


def _schemas_of_property(schema: JsonObject, name: str) -> list[Schema]:
    """Return the schemas that a schema has for a property."""
    found: list[Schema] = []
    if name in schema.get("properties", ()):
        found.append(schema["properties"][name])
    for pattern, inner in schema.get("patternProperties", {}).items():
        if matches(pattern, name):
            found.append(inner)
    return found or [schema[keyword] for keyword in _OTHER_PROPERTIES if keyword in schema]


def _schemas_of_item(schema: JsonObject, index: int) -> list[Schema]:
    """Return the schemas that a schema has for the item at an index."""
    found: list[Schema] = list(schema.get("prefixItems", ())[index : index + 1])
    if not found:
        found = [schema[keyword] for keyword in _OTHER_ITEMS if keyword in schema]
    return [*found, schema.get("contains", True)]


def _make_legal(name: str, max_chars: int, taken: set[str]) -> str:
    base = re.sub(r"[^A-Za-z0-9_]+", "_", to_ascii(name)).strip("_") or _FALLBACK_NAME
    if base[0].isdigit():
        base = f"_{base}"
    base = base[:max_chars]
    legal = base
    number = 1
    while legal in taken:
        number += 1
        ending = f"_{number}"
        legal = base[: max_chars - len(ending)] + ending
    return legal
