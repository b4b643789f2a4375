"""A tool's schema in, a schema that every server can hold a model's words to out: the words of JSON Schema that grammars know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools import pointer
from openapi2tools.tools.merge import Unmergeable, merge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.agent.known import Known
    from openapi2tools.model import Json, JsonObject, Schema, Tool

FINISH: Final = "finish"
THOUGHT: Final = "thought"
_LONGEST: Final = 160  # characters of a thought
_COPIED: Final = ("type", "enum", "const", "minimum", "maximum", "minItems", "required")
_FORMATS: Final = frozenset({"date", "time", "date-time", "uuid"})
_TIGHT: Final = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}  # llama.cpp's: no tokens for white space
_MAX_ITEMS: Final = 100  # a grammar repeats itself for each


def offered(tool: Tool) -> JsonObject:
    """Give a tool's schema without the nulls that mean no more than leaving an argument out: a small model writes them everywhere."""
    bodies = {binding.argument[0] for binding in tool.bindings if binding.location == "body" and binding.argument}
    clears = bodies if tool.operation.method in ("PATCH", "PUT") else set()
    properties = {name: schema if name in clears else _not_null(schema) for name, schema in tool.schema.get("properties", {}).items()}
    return {**tool.schema, "properties": properties}


def _not_null(schema: Schema) -> Schema:
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("type"), list) and "null" in schema["type"] and len(schema["type"]) > 1:
        return {**schema, "type": [kind for kind in schema["type"] if kind != "null"]}
    if "anyOf" in schema and {"type": "null"} in schema["anyOf"] and len(schema["anyOf"]) > 1:
        return {**schema, "anyOf": [branch for branch in schema["anyOf"] if branch != {"type": "null"}]}
    return schema


def step(tools: Mapping[str, Tool], known: Known, *, may_finish: bool) -> JsonObject:
    """Give the schema of one step: a tool's name with arguments that fit it, or the end.

    Where an identifier is wanted stands a known one, or null.
    """
    branches = []
    definitions: JsonObject = {}
    for number, tool in enumerate(tools.values()):
        grammar = _Grammar(tool.schema, f"t{number}_")
        branches.append(_branch(tool.name, grammar.write(_narrowed(tool, known))))
        definitions |= grammar.definitions()
    if may_finish:
        branches.append(_branch(FINISH))
    return {"x-guidance": _TIGHT, "anyOf": branches} | ({"$defs": definitions} if definitions else {})


def _narrowed(tool: Tool, known: Known) -> JsonObject:
    """Let only known identifiers stand for identifiers; one that need not be there is not offered until one is known."""
    properties: JsonObject = {}
    schemas = offered(tool)
    for name, schema in schemas["properties"].items():
        values = known.values(tool, name)
        if values is None:
            properties[name] = schema
        elif name in tool.schema.get("required", ()):
            properties[name] = {"enum": [*values, None]}
        elif values:
            properties[name] = {"enum": values}
    return {**schemas, "properties": properties}


def _branch(name: str, arguments: Schema | None = None) -> JsonObject:
    properties: JsonObject = {THOUGHT: {"type": "string", "maxLength": _LONGEST}, "name": {"const": name}}
    properties |= {} if arguments is None else {"arguments": arguments}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


class _Grammar:
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
            if union in schema:
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
        if schema.get("maxItems", _MAX_ITEMS) < _MAX_ITEMS:
            written["maxItems"] = schema["maxItems"]
        if "items" in schema:
            written["items"] = self.write(schema["items"])
        if "properties" in schema or schema.get("type") == "object":
            written |= self._object(schema)
        return written

    def _object(self, schema: JsonObject) -> JsonObject:
        named: dict[str, Json] = {name: self.write(inner) for name, inner in schema.get("properties", {}).items()}
        further = schema.get("additionalProperties", True)
        return {
            "type": "object",
            "properties": named,
            # a model that may invent arguments does; only a map without names stays open
            "additionalProperties": False if named or further is False else self.write(further),
        }
