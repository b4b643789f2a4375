"""Operations and the tools made of them in, what a model would stumble over out."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openapi2tools import pointer
from openapi2tools.model import Effect, Problem
from openapi2tools.tools.strict import Tightener
from openapi2tools.tools.tokens import count, count_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from openapi2tools.model import Api, Json, JsonObject, Operation, Parameter, Severity, Tool, Toolset

_TODO: Final = "TODO: say in one sentence what this operation does, when to use it, and what it returns."
_TODO_FIELD: Final = "TODO: say what this is, in which format, and where a value comes from."
_LARGE: Final = 2_000  # tokens: more than most whole tasks need
_SHORT: Final = 12  # characters: no sentence is shorter
_EMPTY_WORDS: Final = frozenset(
    [
        "a",
        "an",
        "the",
        "api",
        "endpoint",
        "operation",
        "method",
        "request",
        "response",
        "call",
        "get",
        "gets",
        "put",
        "post",
        "patch",
        "delete",
        "update",
        "create",
        "list",
        "fetch",
        "retrieve",
        "returns",
        "return",
        "this",
        "that",
        "of",
        "for",
        "to",
        "by",
        "and",
        "or",
        "with",
        "from",
        "all",
        "one",
        "new",
        "test",
        "todo",
        "tbd",
        "description",
        "summary",
        "none",
        "n/a",
    ]
)
_VAGUE_NAMES: Final = frozenset(
    [
        "id",
        "ids",
        "key",
        "name",
        "type",
        "value",
        "values",
        "data",
        "body",
        "params",
        "options",
        "filter",
        "filters",
        "q",
        "query",
        "code",
        "status",
        "flag",
        "mode",
        "input",
        "object",
        "payload",
        "item",
        "items",
        "info",
        "config",
        "settings",
        "content",
        "field",
        "fields",
        "text",
        "x",
        "y",
        "n",
        "s",
    ]
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem, and what an Overlay would have to write at its place."""

    problem: Problem
    fix: JsonObject | None = None


def check_operations(api: Api, tools: Toolset) -> Iterator[Finding]:
    """Give the findings of every operation."""
    tightener = Tightener()
    for tool in tools.values():
        operation = tool.operation
        yield from _naming(operation, tool)
        yield from _describing(operation)
        for parameter in operation.parameters:
            yield from _parameter(parameter)
        yield from _fields(tool, api)
        yield from _cost(tool, tightener)
        yield from _guarding(tool, api)
    yield from _alike(tools)
    yield from _open_door(tools, api)


def _finding(kind: str, message: str, place: str, severity: Severity, *, advice: str, fix: JsonObject | None = None) -> Finding:
    return Finding(Problem(kind, message, place, severity, advice), fix)


def _naming(operation: Operation, tool: Tool) -> Iterator[Finding]:
    if operation.id is None:
        message = f"{operation.key} has no operationId; its tool is called {tool.name}."
        advice = "Give it one that says what it does: it is the first thing that a model reads."
        yield _finding("unnamed-operation", message, operation.pointer, "warning", advice=advice, fix={"operationId": tool.name})


def _describing(operation: Operation) -> Iterator[Finding]:
    said = f"{operation.summary} {operation.description}".strip()
    if not said:
        message = f"{operation.key} has neither summary nor description."
        yield _finding("missing-description", message, operation.pointer, "warning", advice=_advice(_TODO), fix={"description": _TODO})
    elif _is_vague(said, f"{operation.id or ''} {operation.path}"):
        message = f"{operation.key} is described as {said!r}, which tells no more than its name."
        yield _finding("vague-description", message, operation.pointer, "hint", advice=_advice(_TODO), fix={"description": _TODO})


def _is_vague(said: str, name: str) -> bool:
    """Tell whether a description adds no word to the name."""
    known = {*_words(name), *_EMPTY_WORDS}
    return len(said) < _SHORT or not [word for word in _words(said) if word not in known and word.rstrip("s") not in known]


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text).lower())


def _parameter(parameter: Parameter) -> Iterator[Finding]:
    if parameter.description or _described(parameter.schema):
        return
    if parameter.name.lower() in _VAGUE_NAMES and parameter.location != "path":
        message = f"The {parameter.location} parameter {parameter.name!r} could mean anything."
        yield _finding(
            "ambiguous-parameter", message, parameter.pointer, "warning", advice=_advice(_TODO_FIELD), fix={"description": _TODO_FIELD}
        )
    else:
        message = f"The {parameter.location} parameter {parameter.name!r} has no description."
        yield _finding(
            "undescribed-parameter", message, parameter.pointer, "hint", advice=_advice(_TODO_FIELD), fix={"description": _TODO_FIELD}
        )


def _fields(tool: Tool, api: Api) -> Iterator[Finding]:
    """Look at the first level of a body."""
    if tool.media_type is None:
        return
    for place, name, schema in _properties(api.document, tool.media_type.schema, tool.media_type.pointer + "/schema", 0):
        if not _described(schema):
            message = f"The body field {name!r} has no description."
            yield _finding("undescribed-field", message, place, "hint", advice=_advice(_TODO_FIELD), fix={"description": _TODO_FIELD})


def _properties(document: JsonObject, schema: Json, place: str, depth: int) -> Iterator[tuple[str, str, Json]]:
    if not isinstance(schema, dict) or depth > 5:
        return
    if isinstance(schema.get("$ref"), str):
        target = pointer.from_fragment(schema["$ref"])
        yield from _properties(document, pointer.lookup(document, target), target, depth + 1)
    properties = schema.get("properties")
    for name, inner in properties.items() if isinstance(properties, dict) else ():
        yield pointer.join(place, "properties", name), name, inner
    parts = schema.get("allOf")
    for index, part in enumerate(parts if isinstance(parts, list) else ()):
        yield from _properties(document, part, pointer.join(place, "allOf", index), depth + 1)


def _described(schema: Json) -> bool:
    """Tell whether a schema says what it is: in words, by its values, or by a schema with a name."""
    return isinstance(schema, dict) and any(schema.get(key) for key in ("description", "title", "enum", "const", "$ref", "allOf"))


def _cost(tool: Tool, tightener: Tightener) -> Iterator[Finding]:
    tokens = count(tool.description) + count_json(tool.schema)
    if tokens > _LARGE:
        message = f"{tool.name} costs {tokens:,} tokens before it is ever called."
        advice = "Leave optional parts out with x-openapi2tools: {exclude: true}, or export it with --max-tool-tokens."
        yield _finding("large-schema", message, tool.operation.pointer, "hint" if tokens < 3 * _LARGE else "warning", advice=advice)
    for reason in tightener.tighten(tool.schema).reasons:
        advice = "Simplify that place; until then the model's arguments are not held to the schema."
        yield _finding("not-strict", f"{tool.name} cannot be strict: {reason}.", tool.operation.pointer, "hint", advice=advice)


def _guarding(tool: Tool, api: Api) -> Iterator[Finding]:
    operation = tool.operation
    if not api.schemes or tool.effect is Effect.READ or (operation.security and all(operation.security)):
        return
    message = f"{operation.key} changes something, and the document asks for no credential."
    scheme = next(iter(api.schemes))
    advice = "Declare `security` for it, or make sure that anybody may do this."
    yield _finding("unauthenticated-write", message, operation.pointer, "warning", advice=advice, fix={"security": [{scheme: []}]})


def _open_door(tools: Toolset, api: Api) -> Iterator[Finding]:
    writes = sum(tool.effect is not Effect.READ for tool in tools.values())
    if writes and not api.schemes:
        message = f"The document declares no security scheme, and {writes} operations change something."
        advice = "Declare the schemes, and `security` where they are asked for: a client cannot authenticate by what it is not told."
        yield _finding("no-security-scheme", message, "", "warning", advice=advice)


def _alike(tools: Toolset) -> Iterator[Finding]:
    same: Mapping[str, list[Tool]] = defaultdict(list)
    for tool in tools.values():
        if tool.description:
            same[tool.description].append(tool)
    for group in same.values():
        for tool in group[1:]:
            message = f"{tool.name} is described exactly as {group[0].name}."
            advice = "Say in each what sets it apart; a model has nothing else to choose by."
            yield _finding("same-description", message, tool.operation.pointer, "warning", advice=advice, fix={"description": _TODO})


def _advice(todo: str) -> str:
    said = todo.removeprefix("TODO: ")
    return said[:1].upper() + said[1:]
