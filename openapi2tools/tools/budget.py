"""Shorten tools until they fit a number of tokens, and say what was left out.

What goes, in this order, until the tool fits:

1. examples;
2. all but the first sentence of long descriptions;
3. the descriptions of optional fields below the first level;
4. optional branches, the deepest first: they become open objects, or lists of them, with a note.

No argument of the first level is ever left out, and no required one anywhere. A branch that may be
text as well stays: calls are read by the whole tool, and beside a text nobody could tell JSON text
for an object.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Any, Final

from openapi2tools.tools.walk import UNION_KEYWORDS, definition_name, iter_schemas, map_schemas

if TYPE_CHECKING:
    from openapi2tools.model import JsonObject, Schema, Tool

MeasureTokens = Callable[["Tool"], int]
FittedTool = tuple["Tool", tuple[str, ...]]
"""A tool, and what was left out of it, in words."""
ChangedSchemas = dict[int, tuple[Any, Any]]
"""What one step made of the schemas that tools share, by id: they are changed once, and shared."""
ChangeObject = Callable[["JsonObject"], "JsonObject"]
_MAX_DESCRIPTION_CHARS: Final = 160  # of one field
_MAX_TOOL_DESCRIPTION_CHARS: Final = 400
_FIRST_SENTENCE: Final = re.compile(r".{20,}?[.!?](?=\s|$)", re.DOTALL)
_OPENED_NOTE: Final = "Its fields are left out here."
_NULL: Final = frozenset({"null"})
_ARRAY_TYPES: Final = ("array", ["array"], ["array", "null"])
_MAX_NESTING: Final = 16  # references and unions inside each other


def fit(tool: Tool, limit: int, measure: MeasureTokens) -> FittedTool:
    """Shorten one tool to `limit` tokens, or as far as it goes."""
    return fit_each([tool], limit, measure)[0]


def fit_each(tools: Iterable[Tool], limit: int, measure: MeasureTokens) -> list[FittedTool]:
    """Shorten tools until each costs at most `limit` tokens, or as far as it goes."""
    return _fit(tools, measure, lambda cost, _: cost > limit)


def fit_all(tools: Iterable[Tool], limit: int, measure: MeasureTokens) -> list[FittedTool]:
    """Shorten tools until together they cost at most `limit` tokens, or as far as it goes.

    Each step begins with the largest tool.
    """
    return _fit(tools, measure, lambda _, total: total > limit)


def _fit(
    tools: Iterable[Tool], measure: MeasureTokens, is_too_large: Callable[[int, int], bool]
) -> list[FittedTool]:
    """Take the steps; `is_too_large` is given the cost of one tool, and that of all together."""
    current = list(tools)
    left_out: list[list[str]] = [[] for _ in current]
    costs = [measure(tool) for tool in current]
    total = sum(costs)
    for name, step in STEPS:
        changed: ChangedSchemas = {}
        for index in sorted(range(len(current)), key=lambda index: -costs[index]):
            if not is_too_large(costs[index], total):
                break
            shorter = step(current[index], changed)
            if shorter is current[index]:
                continue
            cost = measure(shorter)
            if cost >= costs[index]:
                continue  # a note may be longer than what it stands for
            total += cost - costs[index]
            current[index] = shorter
            costs[index] = cost
            left_out[index].append(name)
    return [(tool, tuple(names)) for tool, names in zip(current, left_out, strict=True)]


def clip_description(tool: Tool, limit: int) -> Tool:
    """Cut a tool's description to `limit` characters, at a word."""
    if len(tool.description) <= limit:
        return tool
    return replace(tool, description=_clip(tool.description, limit))


def _clip(text: str, limit: int) -> str:
    return text[: limit - 1].rsplit(" ", 1)[0] + "…"


def _with_schema(tool: Tool, schema: JsonObject, description: str | None = None) -> Tool:
    """Return the tool with this schema; the tool itself when nothing changed."""
    description = tool.description if description is None else description
    if schema is tool.schema and description == tool.description:
        return tool
    return replace(tool, schema=schema, description=description)


# --- texts ---


def _drop_examples(tool: Tool, changed: ChangedSchemas) -> Tool:
    return _with_schema(tool, _change_below_root(tool.schema, _without_examples, changed))


def _without_examples(node: JsonObject) -> JsonObject:
    return _without_key(node, "examples")


def _without_key(node: JsonObject, dropped: str) -> JsonObject:
    if dropped not in node:
        return node
    return {key: value for key, value in node.items() if key != dropped}


def _shorten_descriptions(tool: Tool, changed: ChangedSchemas) -> Tool:
    schema = _change_below_root(tool.schema, _with_short_description, changed)
    description = _first_sentence(tool.description, _MAX_TOOL_DESCRIPTION_CHARS)
    return _with_schema(tool, schema, description)


def _with_short_description(node: JsonObject) -> JsonObject:
    description = node.get("description", "")
    shorter = _first_sentence(description, _MAX_DESCRIPTION_CHARS)
    return node if shorter == description else {**node, "description": shorter}


def _first_sentence(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    first = _FIRST_SENTENCE.match(text)
    if first and len(first.group()) <= limit:
        return first.group()
    return _clip(text, limit)


def _drop_optional_descriptions(tool: Tool, changed: ChangedSchemas) -> Tool:
    schema = _change_below_root(tool.schema, _without_optional_descriptions, changed)
    return _with_schema(tool, schema)


def _without_optional_descriptions(node: JsonObject) -> JsonObject:
    return _change_optional(node, (), _without_description)


def _without_description(schema: Schema) -> Schema:
    return _without_key(schema, "description") if isinstance(schema, dict) else schema


# --- branches ---


def _open_in_definitions(tool: Tool, changed: ChangedSchemas) -> Tool:
    if "$defs" not in tool.schema:
        return tool
    definitions = {"$defs": tool.schema["$defs"]}
    opened = _change_below_root(definitions, _BranchOpener.of(tool).open_properties, changed)
    if opened is definitions:
        return tool
    return _with_schema(tool, _without_unused_definitions({**tool.schema, **opened}))


def _open_below_first_level(tool: Tool, changed: ChangedSchemas) -> Tool:
    opened = _change_below_root(tool.schema, _BranchOpener.of(tool).open_properties, changed)
    return _with_opened(tool, opened)


def _open_first_level(tool: Tool, changed: ChangedSchemas) -> Tool:  # noqa: ARG001 -- as every step
    # a binding that reaches into an argument needs the fields of it
    kept = [binding.argument[0] for binding in tool.bindings if len(binding.argument) > 1]
    return _with_opened(tool, _change_optional(tool.schema, kept, _BranchOpener.of(tool).open))


def _with_opened(tool: Tool, schema: JsonObject) -> Tool:
    if schema is tool.schema:
        return tool
    return _with_schema(tool, _without_unused_definitions(schema))


@dataclass(frozen=True, slots=True)
class _BranchOpener:
    """Replaces schemas that take objects alone, or lists of them, by open ones without fields.

    `definitions` are those of the tool.
    """

    definitions: Mapping[str, Schema]

    @classmethod
    def of(cls, tool: Tool) -> _BranchOpener:
        return cls(tool.schema.get("$defs", {}))

    def open_properties(self, node: JsonObject) -> JsonObject:
        """Open the optional properties of an object."""
        return _change_optional(node, (), self.open)

    def open(self, schema: Schema) -> Schema:
        """Open a schema that holds objects, and say so; any other stays itself."""
        if not isinstance(schema, dict) or not _holds_fields(schema):
            return schema
        opened = self._open_object(schema) or self._open_list(schema)
        if opened is None:
            return schema
        description = schema.get("description", "")
        note = f"{description} {_OPENED_NOTE}" if description else _OPENED_NOTE
        return {**opened, "description": note}

    def _open_object(self, schema: Schema) -> JsonObject | None:
        types = self._possible_types(schema)
        if types is None or types - _NULL != {"object"}:
            return None
        return {"type": ["object", "null"] if "null" in types else "object"}

    def _open_list(self, schema: JsonObject) -> JsonObject | None:
        json_type = schema.get("type")
        if json_type not in _ARRAY_TYPES or "prefixItems" in schema:
            return None
        items = self._open_object(schema.get("items", True))
        return None if items is None else {"type": json_type, "items": items}

    def _possible_types(self, schema: Schema, nesting: int = 0) -> frozenset[str] | None:
        """Return the types that a schema takes at most; None when that may be any."""
        if not isinstance(schema, dict) or nesting > _MAX_NESTING:
            return None
        nesting += 1
        limits = [_named_types(schema)]
        if "$ref" in schema:
            target = self.definitions.get(definition_name(schema["$ref"]), True)
            limits.append(self._possible_types(target, nesting))
        limits += [self._possible_types(part, nesting) for part in schema.get("allOf", ())]
        limits += [
            self._types_of_union(schema[keyword], nesting)
            for keyword in UNION_KEYWORDS
            if keyword in schema
        ]
        known = [types for types in limits if types is not None]
        return reduce(and_, known) if known else None

    def _types_of_union(self, branches: list[Schema], nesting: int) -> frozenset[str] | None:
        """Return the types of all branches together; None when one may be of any."""
        union: frozenset[str] = frozenset()
        for branch in branches:
            types = self._possible_types(branch, nesting)
            if types is None:
                return None
            union |= types
        return union if branches else None


def _holds_fields(schema: JsonObject) -> bool:
    return any("properties" in node or "$ref" in node for node in iter_schemas(schema))


def _named_types(schema: JsonObject) -> frozenset[str] | None:
    if "type" in schema:
        named = schema["type"]
        return frozenset([named] if isinstance(named, str) else named)
    return frozenset({"object"}) if "properties" in schema else None


# --- schemas ---


def _change_below_root(
    schema: JsonObject, change: ChangeObject, changed: ChangedSchemas
) -> JsonObject:
    """Change every schema below the root; what does not change is shared."""
    result = schema
    for keyword in ("properties", "$defs"):
        before = schema.get(keyword, {})
        after = {name: _change_once(inner, change, changed) for name, inner in before.items()}
        if any(after[name] is not before[name] for name in before):
            result = {**result, keyword: after}
    return result


def _change_once(schema: Schema, change: ChangeObject, changed: ChangedSchemas) -> Schema:
    if id(schema) not in changed:
        # the schema is kept, so that no other object gets its id
        changed[id(schema)] = (schema, map_schemas(schema, change))
    result: Schema = changed[id(schema)][1]
    return result


def _change_optional(
    node: JsonObject, kept: Iterable[str], change: Callable[[Schema], Schema]
) -> JsonObject:
    """Change the optional properties of one object, but for those to keep."""
    before: Mapping[str, Schema] = node.get("properties", {})
    unchanged = {*node.get("required", ()), *kept}
    after = {name: inner if name in unchanged else change(inner) for name, inner in before.items()}
    if all(after[name] is before[name] for name in after):
        return node
    return {**node, "properties": after}


def _without_unused_definitions(schema: JsonObject) -> JsonObject:
    """Leave out the definitions that nothing refers to any more."""
    if "$defs" not in schema:
        return schema
    definitions = schema["$defs"]
    rest = {key: value for key, value in schema.items() if key != "$defs"}
    used: set[str] = set()
    pending: list[Schema] = [rest]
    while pending:
        names = _referenced_names(pending.pop())
        pending += [definitions[name] for name in (names & definitions.keys()) - used]
        used |= names
    kept = {name: inner for name, inner in definitions.items() if name in used}
    return {**rest, "$defs": kept} if kept else rest


def _referenced_names(schema: Schema) -> set[str]:
    if not isinstance(schema, dict):
        return set()
    return {definition_name(node["$ref"]) for node in iter_schemas(schema) if "$ref" in node}


STEPS: Final[tuple[tuple[str, Callable[[Tool, ChangedSchemas], Tool]], ...]] = (
    ("examples", _drop_examples),
    ("long descriptions", _shorten_descriptions),
    ("descriptions of optional nested fields", _drop_optional_descriptions),
    ("optional branches of shared schemas", _open_in_definitions),
    ("nested optional branches", _open_below_first_level),
    ("optional branches", _open_first_level),
)
"""What to leave out, in this order; a step that leaves nothing out returns the tool itself."""
