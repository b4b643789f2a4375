"""A plain schema in, one that OpenAI takes without strictness out: it refuses some patterns, and wants `properties` and `items`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openapi2tools._core.identity import cached_by_identity
from openapi2tools.tools.strict.constraint_text import allowed_pattern
from openapi2tools.tools.walk import iter_schemas, map_schemas

if TYPE_CHECKING:
    from openapi2tools.model import JsonObject


class Plain:
    """Gives schemas that no request is refused for; an entry of `$defs` that several tools share is looked through once.

    A pattern with lookaround goes into the description of its place; an array gets `items`, an
    object without rules gets `properties`.
    """

    def __init__(self) -> None:
        self._definition = cached_by_identity(_accepted)
        self._definitions = cached_by_identity(self._accepted)

    def accepted(self, schema: JsonObject) -> JsonObject:
        """Give a tool's schema, itself when it is one already."""
        definitions = schema.get("$defs")
        if not definitions:
            return _accepted(schema)
        own = {key: value for key, value in schema.items() if key != "$defs"}
        new, shared = _accepted(own), self._definitions(definitions)
        return schema if new is own and shared is definitions else {**new, "$defs": shared}

    def _accepted(self, definitions: JsonObject) -> JsonObject:
        made = {name: self._definition(node) for name, node in definitions.items()}
        return (
            definitions if all(made[name] is node for name, node in definitions.items()) else made
        )


def _accepted(schema: JsonObject) -> JsonObject:
    if not any(map(_refused, iter_schemas(schema))):
        return schema
    repaired: JsonObject = map_schemas(
        schema, lambda node: _repaired(node) if _refused(node) else node
    )
    return repaired


def _refused(node: object) -> bool:
    if not isinstance(node, dict):
        return False
    kind = node.get("type")
    kinds = kind if isinstance(kind, list) else (kind,)
    return (
        ("pattern" in node and not allowed_pattern(node["pattern"]))
        or ("array" in kinds and "items" not in node)
        or (
            kind == "object"
            and not node.keys()
            & {"properties", "additionalProperties", "$ref", "allOf", "anyOf", "oneOf"}
        )
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
