"""Which JSON types a plain schema allows, and what it says of further properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools._core.json.json_types import json_type
from openapi2tools.tools.walk import NUMBER_KEYWORDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openapi2tools.model import Json, JsonObject, Schema

# a schema without a type is of those whose keywords it has
_KEYWORDS_BY_TYPE: Final[Mapping[str, frozenset[str]]] = {
    "object": frozenset(
        {
            "properties",
            "additionalProperties",
            "patternProperties",
            "required",
            "minProperties",
            "maxProperties",
        }
    ),
    "array": frozenset({"items", "prefixItems", "minItems", "maxItems", "uniqueItems"}),
    "string": frozenset(
        {"pattern", "minLength", "maxLength", "format", "contentEncoding", "contentMediaType"}
    ),
    "number": frozenset(NUMBER_KEYWORDS),
}
DISTINCT_TYPES: Final = ("string", "number", "boolean", "object", "array")
"""The types without null, and without `integer`, which `number` includes."""
NON_NULL_TYPES: Final = (*DISTINCT_TYPES, "integer")


def possible_types(schema: JsonObject) -> Sequence[str]:
    """Return the types that a schema names, or else those of its keywords, or else `any`."""
    named: str | list[str] | None = schema.get("type")
    if isinstance(named, str):
        return (named,)
    if named:
        return named
    suggested = [
        name for name, keywords in _KEYWORDS_BY_TYPE.items() if not keywords.isdisjoint(schema)
    ]
    return suggested or ("any",)


def enum_by_type(schema: JsonObject) -> dict[str, list[Json]]:
    """Return the values of an enum that the schema's type allows, grouped by their own type."""
    allowed = possible_types(schema) if "type" in schema else (*NON_NULL_TYPES, "null")
    groups: dict[str, list[Json]] = {}
    for value in schema["enum"]:
        name = json_type(value)
        if name in allowed or (name == "integer" and "number" in allowed):
            groups.setdefault(name, []).append(value)
    return groups


def additional_schema(schema: JsonObject) -> Schema:
    """Return the schema of the properties that are not named: `True`, `False`, or a rule."""
    patterns = list(schema.get("patternProperties", {}).values())
    additional: Schema = (
        schema["additionalProperties"]
        if "additionalProperties" in schema
        else schema.get("unevaluatedProperties", True)
    )
    if not patterns:
        return True if additional == {} else additional
    has_rule = isinstance(additional, dict) and bool(additional)
    branches = [*patterns, additional] if has_rule else patterns
    return branches[0] if len(branches) == 1 else {"anyOf": branches}
