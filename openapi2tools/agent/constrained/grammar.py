"""A schema in, one that every server can hold a model's words to out: the words of JSON Schema that grammars know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools._core import pointer
from openapi2tools.tools.strict.constraint_text import describe_presence
from openapi2tools.tools.strict.merge import Unmergeable, merge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.model import Json, JsonObject, Schema

_COPIED: Final = ("type", "enum", "const", "minimum", "maximum", "minItems", "required")
_FORMATS: Final = frozenset({"date", "time", "date-time", "uuid"})
_MAX_ITEMS: Final = 20  # a small model does not find the end of a list by itself


class Grammar:
    """Writes one self-contained schema, its definitions under names of their own."""

    def __init__(self, root: JsonObject, prefix: str) -> None:
        self._plain: Mapping[str, Schema] = root.get("$defs", {})
        self._prefix = prefix
        self._used: dict[str, Schema] = {}

    def definitions(self) -> JsonObject:
        """Give the definitions that what was written needs."""
        return {self._prefix + name: schema for name, schema in self._used.items()}

    def write(self, schema: Schema) -> Schema:
        """Write a schema; a rule that grammars cannot hold is left out, the API will say."""
        if not isinstance(schema, dict):
            return {}
        if "$ref" in schema:
            return self._reference(pointer.split(schema["$ref"])[-1])
        if "allOf" in schema:
            try:
                return self.write(merge(schema, self._find))
            except Unmergeable:
                return {}
        for union in ("anyOf", "oneOf"):
            if union in schema and describe_presence(union, schema[union], schema) is None:
                return {"anyOf": [self.write(branch) for branch in schema[union]]}
        return self._plainly(schema)

    def _reference(self, name: str) -> Schema:
        if name not in self._used:
            self._used[name] = {}  # it may hold itself
            self._used[name] = self.write(self._plain.get(name, True))
        return {"$ref": f"#/$defs/{self._prefix}{pointer.escape(name)}"}

    def _find(self, reference: str) -> Schema:
        return self._plain.get(pointer.split(reference)[-1], True)

    def _plainly(self, schema: JsonObject) -> JsonObject:
        written: JsonObject = {key: schema[key] for key in _COPIED if key in schema}
        if schema.get("format") in _FORMATS:
            written["format"] = schema["format"]
        if "items" in schema:
            written["items"] = self.write(schema["items"])
        if schema.get("type") == "array":
            values = (
                schema["items"].get("enum", ()) if isinstance(schema.get("items"), dict) else ()
            )
            written["maxItems"] = max(
                min(schema.get("maxItems", _MAX_ITEMS), len(values) or _MAX_ITEMS),
                schema.get("minItems", 0),
            )
        if "properties" in schema or schema.get("type") == "object":
            written |= self._object(schema)
        return written

    def _object(self, schema: JsonObject) -> JsonObject:
        named: dict[str, Json] = {
            name: self.write(inner) for name, inner in schema.get("properties", {}).items()
        }
        further = schema.get("additionalProperties", True)
        return {
            "type": "object",
            "properties": named,
            # a model that may invent arguments does; only a map without names stays open
            "additionalProperties": False if named or further is False else self.write(further),
        }
