"""A plain schema in, one that OpenAI takes without strictness out: it refuses some patterns, and wants `properties` and `items`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openapi2tools.tools.walk import changed, schemas
from openapi2tools.tools.words import allowed_pattern

if TYPE_CHECKING:
    from openapi2tools.model import JsonObject


def accepted(schema: JsonObject) -> JsonObject:
    """Give a schema that no request is refused for: itself, when it is one already.

    A pattern with lookaround goes into the description of its place; an array gets `items`, an object without rules gets `properties`.
    """
    if not any(map(_refused, schemas(schema))):
        return schema
    repaired: JsonObject = changed(schema, lambda node: _repaired(node) if _refused(node) else node)
    return repaired


def _refused(node: object) -> bool:
    if not isinstance(node, dict):
        return False
    kind = node.get("type")
    kinds = kind if isinstance(kind, list) else (kind,)
    return (
        ("pattern" in node and not allowed_pattern(node["pattern"]))
        or ("array" in kinds and "items" not in node)
        or (kind == "object" and not node.keys() & {"properties", "additionalProperties", "$ref", "allOf", "anyOf", "oneOf"})
    )


def _repaired(node: JsonObject) -> JsonObject:
    node = dict(node)
    if "pattern" in node and not allowed_pattern(node["pattern"]):
        note = f"Pattern {node.pop('pattern')}"
        node["description"] = f"{node['description']} {note}" if "description" in node else note
    kind = node.get("type")
    if kind == "object":
        node.setdefault("properties", {})
    elif kind == "array" or (isinstance(kind, list) and "array" in kind):
        node.setdefault("items", {})
    return node
