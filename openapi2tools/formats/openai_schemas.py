"""Make the schemas of functions for OpenAI: strict ones, or else plain ones that it accepts.

Without strictness it refuses some patterns, arrays without `items`, and objects without
`properties`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools._core.identity import cached_by_identity
from openapi2tools.tools.strict.constraint_text import allowed_pattern
from openapi2tools.tools.strict.converter import StrictConverter
from openapi2tools.tools.walk import COMPOSITION_KEYWORDS, iter_schemas, map_schemas

if TYPE_CHECKING:
    from openapi2tools.model import JsonObject, Tool

# With any of these, an object needs no `properties`.
_OBJECT_RULES: Final = frozenset(
    {"properties", "additionalProperties", "$ref", *COMPOSITION_KEYWORDS}
)


class NonStrictSchemas:
    """Makes schemas that no request is refused for.

    A pattern with lookaround goes into the description beside it; an array gets `items`, an object
    without rules gets `properties`. A definition that several tools share is converted once.
    """

    def __init__(self) -> None:
        self._convert_definition = cached_by_identity(_convert)
        self._convert_definitions = cached_by_identity(self._convert_each)

    def convert(self, schema: JsonObject) -> JsonObject:
        """Return a tool's schema as OpenAI accepts it: the same object when it does already."""
        definitions = schema.get("$defs")
        if not definitions:
            return _convert(schema)
        root = {key: value for key, value in schema.items() if key != "$defs"}
        new_root = _convert(root)
        new_definitions = self._convert_definitions(definitions)
        if new_root is root and new_definitions is definitions:
            return schema
        return {**new_root, "$defs": new_definitions}

    def _convert_each(self, definitions: JsonObject) -> JsonObject:
        converted = {name: self._convert_definition(node) for name, node in definitions.items()}
        if all(converted[name] is node for name, node in definitions.items()):
            return definitions
        return converted


def function_schema(
    tool: Tool,
    *,
    strict: bool,
    strict_converter: StrictConverter | None,
    non_strict_schemas: NonStrictSchemas | None,
) -> tuple[JsonObject, bool]:
    """Return the schema of a function's parameters, and whether it is strict."""
    if strict:
        strict_schema = (strict_converter or StrictConverter()).to_strict(tool.schema).schema
        if strict_schema is not None:
            return strict_schema, True
    return (non_strict_schemas or NonStrictSchemas()).convert(tool.schema), False


def _convert(schema: JsonObject) -> JsonObject:
    if not any(map(_is_refused, iter_schemas(schema))):
        return schema
    converted: JsonObject = map_schemas(
        schema, lambda node: _repair(node) if _is_refused(node) else node
    )
    return converted


def _is_refused(node: object) -> bool:
    if not isinstance(node, dict):
        return False
    json_type = node.get("type")
    if "pattern" in node and not allowed_pattern(node["pattern"]):
        return True
    if _allows_array(json_type) and "items" not in node:
        return True
    return json_type == "object" and not node.keys() & _OBJECT_RULES


def _repair(node: JsonObject) -> JsonObject:
    repaired = dict(node)
    if "pattern" in repaired and not allowed_pattern(repaired["pattern"]):
        note = f"Pattern {repaired.pop('pattern')}"
        description = repaired.get("description")
        repaired["description"] = note if description is None else f"{description} {note}"
    json_type = repaired.get("type")
    if json_type == "object":
        repaired.setdefault("properties", {})
    elif _allows_array(json_type):
        repaired.setdefault("items", {})
    return repaired


def _allows_array(json_type: object) -> bool:
    """Return whether the value of `type` names an array, alone or among others."""
    return json_type == "array" or (isinstance(json_type, list) and "array" in json_type)
