"""Reduce a schema to the keywords that servers can hold a model's output to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from openapi2tools._core import pointer
from openapi2tools.tools.strict.constraint_text import describe_presence
from openapi2tools.tools.strict.merge import Unmergeable, merge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.model import Json, JsonObject, Schema

_COPIED_KEYWORDS: Final = (
    "type",
    "enum",
    "const",
    "minimum",
    "maximum",
    "minItems",
    "required",
)
_FORMATS: Final = frozenset({"date", "time", "date-time", "uuid"})
# Every server that knows patterns takes these: anchored, and one character after another.
_PLAIN_PATTERN: Final = re.compile(
    r"""
    \^
    (?:
        (?: \[ [A-Za-z0-9_-]+ \] | \\d | [A-Za-z0-9_-] )   # [A-Z], \d, a letter
        (?: \{ \d{1,2} (?: , \d{1,2} )? \} | [+*?] )?       # {6}, {2,4}, +
    )+
    \$
    """,
    re.VERBOSE,
)
_MAX_ITEMS: Final = 20  # a small model does not find the end of a list by itself


class OutputSchemaWriter:
    """Writes the schemas of one tool; the names of their definitions begin with `prefix`."""

    def __init__(self, root: JsonObject, prefix: str) -> None:
        self._source_definitions: Mapping[str, Schema] = root.get("$defs", {})
        self._prefix = prefix
        self._written_definitions: dict[str, Schema] = {}

    def definitions(self) -> JsonObject:
        """Return the definitions that the written schemas refer to."""
        return {self._prefix + name: schema for name, schema in self._written_definitions.items()}

    def write(self, schema: Schema) -> Schema:
        """Return a schema with the keywords that servers can enforce; the API checks the others."""
        if not isinstance(schema, dict):
            return {}
        if "$ref" in schema:
            return self._write_reference(_definition_name(schema["$ref"]))
        if "allOf" in schema:
            return self._write_merged(schema)
        for union in ("anyOf", "oneOf"):
            if union in schema and describe_presence(union, schema[union], schema) is None:
                return {"anyOf": [self.write(branch) for branch in schema[union]]}
        return self._write_keywords(schema)

    def _write_reference(self, name: str) -> Schema:
        if name not in self._written_definitions:
            self._written_definitions[name] = {}  # it may refer to itself
            self._written_definitions[name] = self.write(self._source_definitions.get(name, True))
        return {"$ref": f"#/$defs/{self._prefix}{pointer.escape(name)}"}

    def _write_merged(self, schema: JsonObject) -> Schema:
        try:
            merged = merge(schema, self._find_definition)
            return self.write(merged)
        except Unmergeable:
            return {}

    def _find_definition(self, reference: str) -> Schema:
        return self._source_definitions.get(_definition_name(reference), True)

    def _write_keywords(self, schema: JsonObject) -> JsonObject:
        written: JsonObject = {key: schema[key] for key in _COPIED_KEYWORDS if key in schema}
        if schema.get("format") in _FORMATS:
            written["format"] = schema["format"]
        pattern = schema.get("pattern")
        if isinstance(pattern, str) and _PLAIN_PATTERN.fullmatch(pattern):
            written["pattern"] = pattern.replace(r"\d", "[0-9]")
        if "items" in schema:
            written["items"] = self.write(schema["items"])
        if schema.get("type") == "array":
            written["maxItems"] = _max_items(schema)
        if "properties" in schema or schema.get("type") == "object":
            written |= self._write_object(schema)
        return written

    def _write_object(self, schema: JsonObject) -> JsonObject:
        properties: dict[str, Json] = {
            name: self.write(inner) for name, inner in schema.get("properties", {}).items()
        }
        additional = schema.get("additionalProperties", True)
        # A model that may invent arguments does: only a map without named properties stays open.
        is_closed = bool(properties) or additional is False
        return {
            "type": "object",
            "properties": properties,
            "additionalProperties": False if is_closed else self.write(additional),
        }


def _max_items(schema: JsonObject) -> int:
    """Return how many items a list may have: at most one for each value of an enum."""
    items = schema.get("items")
    values = items.get("enum", ()) if isinstance(items, dict) else ()
    wanted = min(schema.get("maxItems", _MAX_ITEMS), len(values) or _MAX_ITEMS)
    return int(max(wanted, schema.get("minItems", 0)))


def _definition_name(reference: str) -> str:
    return pointer.split(reference)[-1]
