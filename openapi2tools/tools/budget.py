"""A tool and a number of tokens in, a tool that costs no more out, and what was left out of it.

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

from openapi2tools.tools.walk import changed, named, schemas

if TYPE_CHECKING:
    from openapi2tools.model import JsonObject, Schema, Tool

Measure = Callable[["Tool"], int]
Fitted = tuple["Tool", tuple[str, ...]]
Known = dict[int, tuple[Any, Any]]
"""What one step made of the schemas that tools share: they are changed once, and shared again."""
_LONG: Final = 160  # characters that one field may take to describe
_LONG_TOOL: Final = 400
_FIRST: Final = re.compile(r".{20,}?[.!?](?=\s|$)", re.DOTALL)
_NOTE: Final = "Its fields are left out here."
_NULL: Final = frozenset({"null"})
_DEEPEST: Final = 16  # references and unions inside each other


def fit(tool: Tool, limit: int, measure: Measure) -> Fitted:
    """Shorten one tool to `limit` tokens, or as far as it goes; give what was left out, in words."""
    return fit_each([tool], limit, measure)[0]


def fit_each(tools: Iterable[Tool], limit: int, measure: Measure) -> list[Fitted]:
    """Shorten tools until each costs at most `limit` tokens, or as far as it goes."""
    return _fitted(tools, measure, lambda cost, _: cost > limit)


def fit_all(tools: Iterable[Tool], limit: int, measure: Measure) -> list[Fitted]:
    """Shorten tools, each step from the largest tool on, until together they cost at most `limit` tokens, or as far as it goes."""
    return _fitted(tools, measure, lambda _, total: total > limit)


def _fitted(
    tools: Iterable[Tool], measure: Measure, too_large: Callable[[int, int], bool]
) -> list[Fitted]:
    now = list(tools)
    gone: list[list[str]] = [[] for _ in now]
    costs = [measure(tool) for tool in now]
    total = sum(costs)
    for name, step in STEPS:
        known: Known = {}
        for place in sorted(range(len(now)), key=lambda place: -costs[place]):
            if not too_large(costs[place], total):
                break
            shorter = step(now[place], known)
            if shorter is now[place] or (cost := measure(shorter)) >= costs[place]:
                continue  # a note may be longer than what it stands for
            total += cost - costs[place]
            now[place], costs[place] = shorter, cost
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


def _without_examples(tool: Tool, known: Known) -> Tool:
    return _with(tool, _below(tool.schema, _without_example, known))


def _without_example(node: JsonObject) -> JsonObject:
    return (
        {key: value for key, value in node.items() if key != "examples"}
        if "examples" in node
        else node
    )


def _short_descriptions(tool: Tool, known: Known) -> Tool:
    return _with(
        tool, _below(tool.schema, _short, known), _first_sentence(tool.description, _LONG_TOOL)
    )


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


def _silent_optionals(tool: Tool, known: Known) -> Tool:
    return _with(tool, _below(tool.schema, _silent, known))


def _silent(node: JsonObject) -> JsonObject:
    return _each_optional(node, (), _undescribed)


def _open_in_definitions(tool: Tool, known: Known) -> Tool:
    if "$defs" not in tool.schema:
        return tool
    definitions = {"$defs": tool.schema["$defs"]}
    made = _below(definitions, _Opener.of(tool).inside, known)
    return (
        tool if made is definitions else _with(tool, _pruned({**tool.schema, **made}, tool.schema))
    )


def _open_below(tool: Tool, known: Known) -> Tool:
    return _with(tool, _pruned(_below(tool.schema, _Opener.of(tool).inside, known), tool.schema))


def _open_first_level(tool: Tool, known: Known) -> Tool:  # noqa: ARG001 -- as every step
    reached_into = [binding.argument[0] for binding in tool.bindings if len(binding.argument) > 1]
    return _with(
        tool,
        _pruned(_each_optional(tool.schema, reached_into, _Opener.of(tool).opened), tool.schema),
    )


@dataclass(frozen=True, slots=True)
class _Opener:
    """Makes open objects, and lists of them, of the schemas that take nothing else; `definitions` are those of their tool."""

    definitions: Mapping[str, Schema]

    @classmethod
    def of(cls, tool: Tool) -> _Opener:
        """Make one for a tool."""
        return cls(tool.schema.get("$defs", {}))

    def inside(self, node: JsonObject) -> JsonObject:
        """Open the optional properties of an object."""
        return _each_optional(node, (), self.opened)

    def opened(self, schema: Schema) -> Schema:
        """Open a schema that holds objects, and say so; any other stays itself."""
        if not isinstance(schema, dict) or not any(
            "properties" in node or "$ref" in node for node in schemas(schema)
        ):
            return schema
        opened = self._open(schema) or self._open_list(schema)
        if opened is None:
            return schema
        note = " ".join(part for part in (schema.get("description", ""), _NOTE) if part)
        return {**opened, "description": note}

    def _open(self, schema: Schema) -> JsonObject | None:
        kinds = self._kinds(schema)
        if kinds is None or kinds - _NULL != {"object"}:
            return None
        return {"type": ["object", "null"] if "null" in kinds else "object"}

    def _open_list(self, schema: JsonObject) -> JsonObject | None:
        kind = schema.get("type")
        if kind not in ("array", ["array"], ["array", "null"]) or "prefixItems" in schema:
            return None
        items = self._open(schema.get("items", True))
        return None if items is None else {"type": kind, "items": items}

    def _kinds(self, schema: Schema, above: tuple[str, ...] = ()) -> frozenset[str] | None:
        """Give the types that a schema takes at most; None when that may be any."""
        if not isinstance(schema, dict) or len(above) > _DEEPEST:
            return None
        found: list[frozenset[str] | None] = []
        if "type" in schema:
            kind = schema["type"]
            found.append(frozenset([kind] if isinstance(kind, str) else kind))
        elif "properties" in schema:
            found.append(frozenset({"object"}))
        if "$ref" in schema:
            name = named(schema["$ref"])
            found.append(self._kinds(self.definitions.get(name, True), (*above, name)))
        found += [self._kinds(part, (*above, "")) for part in schema.get("allOf", ())]
        for keyword in ("anyOf", "oneOf"):
            branches = [self._kinds(branch, (*above, "")) for branch in schema.get(keyword, ())]
            if branches and None not in branches:
                found.append(frozenset().union(*(kinds for kinds in branches if kinds is not None)))
        known = [kinds for kinds in found if kinds is not None]
        return reduce(and_, known) if known else None


def _below(
    schema: JsonObject, change: Callable[[JsonObject], JsonObject], known: Known
) -> JsonObject:
    """Change every schema below the root; what does not change is shared."""
    new = schema
    for key in ("properties", "$defs"):
        inner = schema.get(key, {})
        made = {name: _once(one, change, known) for name, one in inner.items()}
        if any(made[name] is not inner[name] for name in inner):
            new = {**new, key: made}
    return new


def _once(schema: Schema, change: Callable[[JsonObject], JsonObject], known: Known) -> Schema:
    if id(schema) not in known:
        # the schema is kept, so that its id stays its own
        known[id(schema)] = (schema, changed(schema, change))
    made: Schema = known[id(schema)][1]
    return made


def _each_optional(
    node: JsonObject, kept: Iterable[str], change: Callable[[Schema], Schema]
) -> JsonObject:
    """Change the optional properties of one object, but for those to keep."""
    properties: Mapping[str, Schema] = node.get("properties", {})
    closed = {*node.get("required", ()), *kept}
    new = {name: inner if name in closed else change(inner) for name, inner in properties.items()}
    return (
        node if all(new[name] is properties[name] for name in new) else {**node, "properties": new}
    )


def _pruned(schema: JsonObject, before: JsonObject) -> JsonObject:
    """Leave out the definitions that nothing refers to any more."""
    if schema is before or "$defs" not in schema:
        return schema
    definitions = schema["$defs"]
    rest = {key: value for key, value in schema.items() if key != "$defs"}
    used: set[str] = set()
    waiting: list[Schema] = [rest]
    while waiting:
        node = waiting.pop()
        names = (
            {named(inner["$ref"]) for inner in schemas(node) if "$ref" in inner}
            if isinstance(node, dict)
            else set()
        )
        waiting += [definitions[name] for name in (names & definitions.keys()) - used]
        used |= names
    kept = {name: inner for name, inner in definitions.items() if name in used}
    return {**rest, "$defs": kept} if kept else rest


def _undescribed(schema: Schema) -> Schema:
    if not isinstance(schema, dict) or "description" not in schema:
        return schema
    return {key: value for key, value in schema.items() if key != "description"}


STEPS: Final[tuple[tuple[str, Callable[[Tool, Known], Tool]], ...]] = (
    ("examples", _without_examples),
    ("long descriptions", _short_descriptions),
    ("descriptions of optional nested fields", _silent_optionals),
    ("optional branches of shared schemas", _open_in_definitions),
    ("nested optional branches", _open_below),
    ("optional branches", _open_first_level),
)
"""What to leave out, in this order; a step that leaves nothing out gives the tool itself."""
