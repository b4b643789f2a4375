"""Describe a tool to a small model in one line.

An example is `get_pet(pet_id: integer): Find a pet by its id`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from openapi2tools._core import pointer
from openapi2tools.agent.constrained.argument_schemas import without_optional_nulls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openapi2tools.model import Json, JsonObject, Schema, Tool

_MAX_LISTED_VALUES: Final = 12
_MAX_DESCRIPTION_CHARS: Final = 60
_MAX_NESTING: Final = 3


def signature_of(tool: Tool) -> str:
    """Return a tool's name, its parameters with type and meaning, and what it does."""
    schema = without_optional_nulls(tool)
    required = schema.get("required", ())
    parameters = ", ".join(
        _parameter_text(_marked(name, required), inner, tool.schema)
        for name, inner in schema["properties"].items()
    )
    return f"{tool.name}({parameters}): {' '.join(tool.description.split())}"


def _parameter_text(name: str, schema: Schema, root: JsonObject) -> str:
    type_text = _type_text(schema, root)
    description = _short_description(schema, root)
    text = name
    if type_text != "string":
        text += f": {type_text}"
    if description:
        text += f" ({description})"
    return text


def _marked(name: str, required: Sequence[str]) -> str:
    """Return a name, with a `?` after it when it may be left out."""
    return name if name in required else f"{name}?"


def _short_description(schema: Schema, root: JsonObject) -> str:
    """Return the first sentence of a description."""
    own = schema.get("description") if isinstance(schema, dict) else None
    description = own or pointer.resolve(root, schema).get("description") or ""
    words = " ".join(str(description).split())
    sentence = words.partition(". ")[0].rstrip(".")
    if len(sentence) <= _MAX_DESCRIPTION_CHARS:
        return sentence
    return sentence[:_MAX_DESCRIPTION_CHARS] + "…"


def _type_text(schema: Schema, root: JsonObject, depth: int = 0) -> str:
    """Return a type as the model reads it: `[integer]`, `cat|dog`, `{name: string}`."""
    resolved = pointer.resolve(root, schema)
    if "const" in resolved:
        return _value_text(resolved["const"])
    if "enum" in resolved:
        return _enum_text(resolved["enum"])
    for union in ("anyOf", "oneOf"):
        if union in resolved:
            branches = [_type_text(branch, root, depth) for branch in resolved[union]]
            return "|".join(dict.fromkeys(branches))
    types = resolved.get("type", "object" if "properties" in resolved else "any")
    match types:
        case list():
            return "|".join(_type_text({**resolved, "type": one}, root, depth) for one in types)
        case "array":
            return f"[{_type_text(resolved.get('items', True), root, depth + 1)}]"
        case "object" if resolved.get("properties") and depth < _MAX_NESTING:
            return _object_text(resolved, root, depth)
        case "string":
            return str(resolved.get("format") or types)
    return str(types)


def _enum_text(values: Sequence[Json]) -> str:
    texts = [_value_text(value) for value in values[:_MAX_LISTED_VALUES]]
    if len(values) > _MAX_LISTED_VALUES:
        texts.append("…")
    return "|".join(texts)


def _object_text(schema: JsonObject, root: JsonObject, depth: int) -> str:
    required = schema.get("required", ())
    members = [
        f"{_marked(name, required)}: {_type_text(inner, root, depth + 1)}"
        for name, inner in schema["properties"].items()
    ]
    return "{" + ", ".join(members) + "}"


def _value_text(value: Json) -> str:
    return value if isinstance(value, str) and value else orjson.dumps(value).decode()
