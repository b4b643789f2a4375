"""OpenAI's strict subset as a checker: a schema in, every rule it breaks out. Written from the
documentation, and from nothing of ours.

https://developers.openai.com/api/docs/guides/structured-outputs#supported-schemas
"""

from __future__ import annotations

import re
from typing import Any

OBJECT = {"type", "description", "properties", "required", "additionalProperties", "$defs"}
ARRAY = {"type", "description", "items", "minItems", "maxItems"}
STRING = {"type", "description", "enum", "const", "pattern", "format"}
NUMBER = {
    "type",
    "description",
    "enum",
    "const",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
}
KEYWORDS = {
    "object": OBJECT,
    "array": ARRAY,
    "string": STRING,
    "number": NUMBER,
    "integer": NUMBER,
    "boolean": {"type", "description", "enum", "const"},
    "null": {"type", "description"},
}
FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
PYTHON = {
    "string": str,
    "number": (int, float),
    "integer": int,
    "boolean": bool,
    "null": type(None),
}


class Rules:
    """Checks one root schema; `broken` lists what is wrong with it."""

    def __init__(self, root: dict[str, Any]) -> None:
        self.root = root
        self.broken: list[str] = []
        self.properties = self.characters = self.enum_values = 0
        self.definitions = root.get("$defs", {})
        if root.get("type") != "object" or "anyOf" in root:
            self.broken.append("the root is no object")
        self.node(root, "", 0)
        for name, definition in self.definitions.items():
            self.characters += len(name)
            self.node(definition, f"/$defs/{name}", 0)
        self.depth(root, 0, ())
        for count, limit, what in (
            (self.properties, 5_000, "properties"),
            (self.characters, 120_000, "characters"),
            (self.enum_values, 1_000, "enum values"),
        ):
            if count > limit:
                self.broken.append(f"{count} {what}")

    def node(self, schema: Any, place: str, level: int) -> None:
        if not isinstance(schema, dict):
            self.broken.append(f"{place}: no object: {schema!r}")
        elif "$ref" in schema:
            target = schema["$ref"].removeprefix("#/$defs/").replace("~1", "/").replace("~0", "~")
            if schema.keys() != {"$ref"} or target not in self.definitions:
                self.broken.append(f"{place}: reference {schema}")
        elif "anyOf" in schema:
            if not schema["anyOf"] or schema.keys() - {"anyOf", "description"}:
                self.broken.append(f"{place}: anyOf beside {sorted(schema)}")
            for index, branch in enumerate(schema["anyOf"]):
                self.node(branch, f"{place}/anyOf/{index}", level)
        else:
            self.typed(schema, place, level)

    def typed(self, schema: dict[str, Any], place: str, level: int) -> None:
        kinds = schema.get("type")
        kinds = [kinds] if isinstance(kinds, str) else kinds or []
        solid = [kind for kind in kinds if kind != "null"] or kinds
        if (
            len(solid) != 1
            or solid[0] not in KEYWORDS
            or (len(kinds) > 1 and solid[0] in ("object", "array"))
        ):
            self.broken.append(f"{place}: type {kinds}")
            return
        if extra := schema.keys() - KEYWORDS[solid[0]]:
            self.broken.append(f"{place}: {sorted(extra)}")
        if not isinstance(schema.get("description", ""), str):
            self.broken.append(f"{place}: description")
        if solid[0] == "object":
            self.object(schema, place, level)
        elif solid[0] == "array":
            self.node(schema.get("items"), f"{place}/items", level + 1)
        else:
            self.scalar(schema, kinds, place)

    def object(self, schema: dict[str, Any], place: str, level: int) -> None:
        names = schema.get("properties", {})
        if schema.get("additionalProperties") is not False or sorted(
            schema.get("required", ())
        ) != sorted(names):
            self.broken.append(f"{place}: open, or not all required")
        if "$defs" in schema and place:
            self.broken.append(f"{place}: $defs below the root")
        self.properties += len(names)
        self.characters += sum(map(len, names))
        for name, inner in names.items():
            self.node(inner, f"{place}/properties/{name}", level + 1)

    def scalar(self, schema: dict[str, Any], kinds: list[str], place: str) -> None:
        values = schema.get("enum", [])
        self.enum_values += len(values)
        text = sum(len(value) for value in values if isinstance(value, str))
        self.characters += text
        if len(values) > 250 and text > 15_000:
            self.broken.append(f"{place}: an enum of {text} characters")
        if "enum" in schema and (not values or len(set(map(repr, values))) < len(values)):
            self.broken.append(f"{place}: enum {values}")
        if any(
            not isinstance(
                value,
                tuple(PYTHON[kind] for kind in kinds if isinstance(PYTHON[kind], type)) or object,
            )
            for value in values
        ):
            self.numbers(values, kinds, place)
        if schema.get("format", "date") not in FORMATS:
            self.broken.append(f"{place}: format {schema['format']}")
        if "pattern" in schema:
            if re.search(r"\(\?[=!<]", schema["pattern"].replace("(?<name>", "")):
                self.broken.append(f"{place}: lookaround in {schema['pattern']}")
            re.compile(schema["pattern"])

    def numbers(self, values: list[Any], kinds: list[str], place: str) -> None:
        for value in values:
            fits = any(isinstance(value, PYTHON[kind]) for kind in kinds) or (
                "integer" in kinds and isinstance(value, float) and value.is_integer()
            )
            if not fits:
                self.broken.append(f"{place}: {value!r} is no {kinds}")

    def depth(self, schema: dict[str, Any], level: int, seen: tuple[str, ...]) -> None:
        """Count objects inside each other, through references, a recursive one once."""
        waiting = [(schema, level, seen)]
        visited: dict[tuple[str, ...], int] = {}
        deepest = 0
        while waiting and deepest <= 10:
            node, above, names = waiting.pop()
            here = above + ("properties" in node)
            deepest = max(deepest, here)
            if (
                "$ref" in node
                and node["$ref"] not in names
                and node["$ref"].removeprefix("#/$defs/") in self.definitions
            ):
                if visited.get((node["$ref"],), -1) >= here:
                    continue
                visited[node["$ref"],] = here
                waiting.append(
                    (
                        self.definitions[node["$ref"].removeprefix("#/$defs/")],
                        here,
                        (*names, node["$ref"]),
                    )
                )
            inner = [
                *node.get("properties", {}).values(),
                *node.get("anyOf", ()),
                *([node["items"]] if "items" in node else ()),
            ]
            waiting += [(child, here, names) for child in inner]
        if deepest > 10:
            self.broken.append("more than 10 levels")


def broken_rules(schema: dict[str, Any]) -> list[str]:
    """Give every rule of the strict subset that a schema breaks."""
    return Rules(schema).broken
