"""Facts about a tool's arguments that decide what a small model is offered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools.tools.schema.keywords import types_of

if TYPE_CHECKING:
    from openapi2tools.model import JsonObject, Schema, Tool

_NULL_SCHEMA: Final = {"type": "null"}
# In these methods a null in the body may clear what is stored.
_CLEARING_METHODS: Final = ("PATCH", "PUT")


def without_optional_nulls(tool: Tool) -> JsonObject:
    """Return a tool's schema without null for arguments that can as well be left out.

    A small model writes null wherever it may.
    """
    keeps_null: set[str] = set()
    if tool.operation.method in _CLEARING_METHODS:
        keeps_null = {
            binding.argument[0]
            for binding in tool.bindings
            if binding.location == "body" and binding.argument
        }
    properties = {
        name: schema if name in keeps_null else _without_null(schema)
        for name, schema in tool.schema.get("properties", {}).items()
    }
    return {**tool.schema, "properties": properties}


def _without_null(schema: Schema) -> Schema:
    if not isinstance(schema, dict):
        return schema
    types = schema.get("type")
    if isinstance(types, list) and "null" in types and len(types) > 1:
        return {**schema, "type": [name for name in types if name != "null"]}
    branches = schema.get("anyOf", [])
    if _NULL_SCHEMA in branches and len(branches) > 1:
        return {**schema, "anyOf": [branch for branch in branches if branch != _NULL_SCHEMA]}
    return schema


def required_arguments(tool: Tool) -> list[str]:
    """Return the names of the arguments that a call has to have."""
    properties = tool.schema.get("properties", {})
    return [name for name in tool.schema.get("required", ()) if name in properties]


def accepts_any_text(schema: Schema) -> bool:
    """Return whether a value may be any text, and not only one of an enum."""
    if not isinstance(schema, dict):
        return False
    candidates = [schema, *schema.get("anyOf", ())]
    return any(
        "string" in types_of(candidate) and "enum" not in candidate
        for candidate in candidates
        if isinstance(candidate, dict)
    )


def identifier_type(schema: Schema) -> type[int | str] | None:
    """Return the Python type of an identifier with this schema; None when it cannot be one.

    An identifier is an integer or a text, perhaps null, and not one of an enum.
    """
    if not isinstance(schema, dict) or "enum" in schema:
        return None
    types: set[str] = set()
    for branch in schema.get("anyOf", [schema]):
        if isinstance(branch, dict):
            types.update(types_of(branch) or ("any",))
    types.discard("null")
    if types == {"integer"}:
        return int
    if types == {"string"}:
        return str
    return None
