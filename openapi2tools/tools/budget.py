"""A tool and a number of tokens in, a tool that costs no more out, and what was left out of it.

What goes, in this order, until the tool fits:

1. examples;
2. all but the first sentence of long descriptions;
3. the descriptions of optional fields below the first level;
4. optional branches, the deepest first: they become open objects or lists, with a note.

No argument of the first level is ever left out, and no required one anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from openapi2tools.tools.walk import changed, named, schemas

if TYPE_CHECKING:
    from openapi2tools.model import JsonObject, Schema, Tool

Measure = Callable[["Tool"], int]
_LONG: Final = 160  # characters that one field may take to describe
_LONG_TOOL: Final = 400
_FIRST: Final = re.compile(r".{20,}?[.!?](?=\s|$)", re.DOTALL)
_NOTE: Final = "Its fields are left out here."


def fit(tool: Tool, limit: int, measure: Measure) -> tuple[Tool, tuple[str, ...]]:
    """Shorten one tool to `limit` tokens, or as far as it goes; give what was left out, in words."""
    gone: list[str] = []
    for name, step in STEPS:
        if measure(tool) <= limit:
            break
        shorter = step(tool)
        if shorter is not tool:
            gone.append(name)
            tool = shorter
    return tool, tuple(gone)


def fit_all(tools: Iterable[Tool], limit: int, measure: Measure) -> list[tuple[Tool, tuple[str, ...]]]:
    """Shorten tools, each step from the largest tool on, until together they cost at most `limit` tokens, or as far as it goes."""
    now = list(tools)
    gone: list[list[str]] = [[] for _ in now]
    costs = [measure(tool) for tool in now]
    for name, step in STEPS:
        for place in sorted(range(len(now)), key=lambda place: -costs[place]):
            if sum(costs) <= limit:
                break
            shorter = step(now[place])
            if shorter is not now[place]:
                now[place], costs[place] = shorter, measure(shorter)
                gone[place].append(name)
    return [(tool, tuple(some)) for tool, some in zip(now, gone, strict=True)]


def clip_description(tool: Tool, limit: int) -> Tool:
    """Cut a tool's description to `limit` characters, at a word."""
    if len(tool.description) <= limit:
        return tool
    return replace(tool, description=tool.description[: limit - 1].rsplit(" ", 1)[0] + "…")


def _with(tool: Tool, schema: JsonObject, description: str | None = None) -> Tool:
    description = tool.description if description is None else description
    if schema is tool.schema and description == tool.description:
        return tool
    return replace(tool, schema=schema, description=description)


def _without_examples(tool: Tool) -> Tool:
    return _with(tool, changed(tool.schema, _without_example))


def _without_example(node: JsonObject) -> JsonObject:
    return {key: value for key, value in node.items() if key != "examples"} if "examples" in node else node


def _short_descriptions(tool: Tool) -> Tool:
    return _with(tool, changed(tool.schema, _short), _first_sentence(tool.description, _LONG_TOOL))


def _short(node: JsonObject) -> JsonObject:
    description = node.get("description", "")
    shorter = _first_sentence(description, _LONG)
    return node if shorter == description else {**node, "description": shorter}


def _first_sentence(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    first = _FIRST.match(text)
    if first and len(first.group()) <= limit:
        return first.group()
    return text[: limit - 1].rsplit(" ", 1)[0] + "…"


def _silent_optionals(tool: Tool) -> Tool:
    return _with(tool, _below(tool.schema, _silent))


def _silent(node: JsonObject) -> JsonObject:
    return _each_optional(node, (), _undescribed)


def _open_in_definitions(tool: Tool) -> Tool:
    definitions = {"$defs": tool.schema.get("$defs", {})}
    return _with(tool, _pruned(tool.schema, {**tool.schema, **_below(definitions, _open)}))


def _open_below(tool: Tool) -> Tool:
    return _with(tool, _pruned(tool.schema, _below(tool.schema, _open)))


def _open_first_level(tool: Tool) -> Tool:
    reached_into = [binding.argument[0] for binding in tool.bindings if len(binding.argument) > 1]
    return _with(tool, _pruned(tool.schema, _each_optional(tool.schema, reached_into, _opened)))


def _open(node: JsonObject) -> JsonObject:
    return _each_optional(node, (), _opened)


def _opened(schema: Schema) -> Schema:
    """Give an open schema of the same type for one that holds objects."""
    if not isinstance(schema, dict) or not any("properties" in node or "$ref" in node for node in schemas(schema)):
        return schema
    kind = schema.get("type")
    opened: JsonObject = {"type": "object"} if kind == "object" else {"type": "array", "items": {}} if kind == "array" else {}
    note = " ".join(part for part in (schema.get("description", ""), _NOTE) if part)
    return {**opened, "description": note}


def _below(schema: JsonObject, change: Callable[[JsonObject], JsonObject]) -> JsonObject:
    """Change every schema below the root; what does not change is shared."""
    new = schema
    for key in ("properties", "$defs"):
        inner = schema.get(key, {})
        made = {name: changed(one, change) for name, one in inner.items()}
        if any(made[name] is not inner[name] for name in inner):
            new = {**new, key: made}
    return new


def _each_optional(node: JsonObject, kept: Iterable[str], change: Callable[[Schema], Schema]) -> JsonObject:
    """Change the optional properties of one object, but for those to keep."""
    properties: Mapping[str, Schema] = node.get("properties", {})
    closed = {*node.get("required", ()), *kept}
    new = {name: inner if name in closed else change(inner) for name, inner in properties.items()}
    return node if all(new[name] is properties[name] for name in new) else {**node, "properties": new}


def _pruned(before: JsonObject, schema: JsonObject) -> JsonObject:
    """Leave out the definitions that nothing refers to any more."""
    if schema is before or "$defs" not in schema:
        return schema
    definitions = schema["$defs"]
    rest = {key: value for key, value in schema.items() if key != "$defs"}
    used: set[str] = set()
    waiting: list[Schema] = [rest]
    while waiting:
        node = waiting.pop()
        names = {named(inner["$ref"]) for inner in schemas(node) if "$ref" in inner} if isinstance(node, dict) else set()
        waiting += [definitions[name] for name in (names & definitions.keys()) - used]
        used |= names
    kept = {name: inner for name, inner in definitions.items() if name in used}
    return {**rest, "$defs": kept} if kept else rest


def _undescribed(schema: Schema) -> Schema:
    if not isinstance(schema, dict) or "description" not in schema:
        return schema
    return {key: value for key, value in schema.items() if key != "description"}


STEPS: Final[tuple[tuple[str, Callable[[Tool], Tool]], ...]] = (
    ("examples", _without_examples),
    ("long descriptions", _short_descriptions),
    ("descriptions of optional nested fields", _silent_optionals),
    ("optional branches of shared schemas", _open_in_definitions),
    ("nested optional branches", _open_below),
    ("optional branches", _open_first_level),
)
"""What to leave out, in this order; a step that leaves nothing out gives the tool itself."""
