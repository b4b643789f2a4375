"""A tool in, the few words in which a small model reads it out, such as `get_pet(pet_id: integer): Find a pet by its id`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from openapi2tools._core import pointer
from openapi2tools.agent.constrained.next_step import offered

if TYPE_CHECKING:
    from openapi2tools.model import Json, JsonObject, Schema, Tool

_MAX_VALUES: Final = 12
_MAX_WORDS: Final = 60
_DEPTH: Final = 3


def sketch(tool: Tool) -> str:
    """Write a tool's name, its parameters with type and meaning, and what it does."""
    schema = offered(tool)
    required = schema.get("required", ())
    inside = ", ".join(
        _parameter(name, inner, name in required, tool.schema)
        for name, inner in schema["properties"].items()
    )
    return f"{tool.name}({inside}): {' '.join(tool.description.split())}"


def _parameter(name: str, schema: Schema, required: bool, root: JsonObject) -> str:  # noqa: FBT001 -- private
    words, type_ = _words(schema, root), kind(schema, root)
    return (
        f"{name}{'' if required else '?'}"
        + (f": {type_}" if type_ != "string" else "")
        + (f" ({words})" if words else "")
    )


def _words(schema: Schema, root: JsonObject) -> str:
    found = _found(schema, root)
    text = " ".join(
        str(
            (schema.get("description") if isinstance(schema, dict) else "")
            or found.get("description")
            or ""
        ).split()
    )
    first = text.partition(". ")[0].rstrip(".")
    return first if len(first) <= _MAX_WORDS else first[:_MAX_WORDS] + "…"


def kind(schema: Schema, root: JsonObject, depth: int = 0) -> str:
    """Write the type of a value, the way a program would."""
    found = _found(schema, root)
    if "const" in found:
        return _value(found["const"])
    if "enum" in found:
        return "|".join(_value(value) for value in found["enum"][:_MAX_VALUES]) + (
            "|…" if len(found["enum"]) > _MAX_VALUES else ""
        )
    for union in ("anyOf", "oneOf"):
        if union in found:
            return "|".join(dict.fromkeys(kind(branch, root, depth) for branch in found[union]))
    kinds = found.get("type", "object" if "properties" in found else "any")
    if isinstance(kinds, list):
        return "|".join(kind({**found, "type": one}, root, depth) for one in kinds)
    if kinds == "array":
        return f"[{kind(found.get('items', True), root, depth + 1)}]"
    if kinds == "object" and found.get("properties") and depth < _DEPTH:
        required = found.get("required", ())
        inside = (
            f"{n}{'' if n in required else '?'}: {kind(s, root, depth + 1)}"
            for n, s in found["properties"].items()
        )
        return "{" + ", ".join(inside) + "}"
    return str(found.get("format") or kinds) if kinds == "string" else str(kinds)


def _found(schema: Schema, root: JsonObject) -> JsonObject:
    """Give the schema that a chain of references ends at."""
    for _ in range(10):
        if not isinstance(schema, dict):
            return {}
        if "$ref" not in schema:
            return schema
        schema = pointer.lookup(root, schema["$ref"].removeprefix("#"))
    return {}


def _value(value: Json) -> str:
    return value if isinstance(value, str) and value else orjson.dumps(value).decode()
