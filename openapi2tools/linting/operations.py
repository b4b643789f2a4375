"""Operations and the tools made of them in, what a model would stumble over out."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson

from openapi2tools._core import pointer
from openapi2tools.linting.strictness import not_strict
from openapi2tools.linting.words import (
    EMPTY_OF_OPERATIONS,
    EMPTY_OF_VALUES,
    adds_nothing,
    curated,
    explained,
    said,
)
from openapi2tools.model import Effect, Problem
from openapi2tools.tools.schema.components.resolver import ComponentResolver
from openapi2tools.tools.schema.readonly import PropertyFilter
from openapi2tools.tools.strict.converter import StrictConverter
from openapi2tools.tools.text.tokens import count_json_tokens, count_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from openapi2tools.model import (
        Api,
        Json,
        JsonObject,
        MediaType,
        Operation,
        Parameter,
        Severity,
        Tool,
        Toolset,
    )

_SAY: Final = "say in one sentence what this operation does, when to use it, and what it returns."
_SAY_SHORT: Final = "say in a few words what this operation does."
_SAY_FIELD: Final = "say what this is, in which format, and where a value comes from."
_LARGE: Final = 2_000  # tokens: more than most whole tasks need
_SHORT: Final = 12  # characters: no sentence of an alphabet is shorter
_VAGUE_NAMES: Final = frozenset(
    [
        *(
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
        ),
        *(
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
        ),
        *("field", "fields", "text", "x", "y", "n", "s"),
    ]
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem, and what an Overlay would have to write at its place."""

    problem: Problem
    fix: JsonObject | None = None


def check_operations(api: Api, tools: Toolset) -> Iterator[Finding]:
    """Give the findings of every operation that is offered."""
    bodies, costs = _Bodies(api.document), _Costs()
    for tool in tools.values():
        yield from _naming(tool)
        yield from _describing(tool.operation)
        for parameter in _offered(tool):
            yield from _parameter(parameter, api.document)
        yield from bodies.check(tool)
        yield from costs.check(tool)
        yield from _guarding(tool, api)
    yield from _alike(tools)
    yield from _open_door(tools, api)


def _finding(
    kind: str,
    message: str,
    place: str,
    severity: Severity,
    *,
    advice: str,
    fix: JsonObject | None = None,
) -> Finding:
    return Finding(Problem(kind, message, place, severity, advice), fix)


def _todo(what: str, now: str = "") -> JsonObject:
    """Ask for a description, and keep the one that stands there."""
    return {"description": f"TODO: {what} (now: {now})" if said(now) else f"TODO: {what}"}


def _advice(what: str) -> str:
    return what[:1].upper() + what[1:]


# --- operations ---


def _naming(tool: Tool) -> Iterator[Finding]:
    operation = tool.operation
    if operation.id is None and not isinstance(operation.hints.get("name"), str):
        message = f"{operation.key} has no operationId; its tool is called {tool.name}."
        advice = "Give it one that says what it does: it is the first thing that a model reads."
        yield _finding(
            "unnamed-operation",
            message,
            operation.pointer,
            "warning",
            advice=advice,
            fix={"operationId": tool.name},
        )


def _describing(operation: Operation) -> Iterator[Finding]:
    text = _said(operation)
    fix = _todo(_SAY, operation.description)
    if not text:
        if operation.summary and not said(operation.summary):
            fix["summary"] = f"TODO: {_SAY_SHORT}"
        what = (
            "is only described by a placeholder"
            if operation.summary or operation.description
            else "has neither summary nor description"
        )
        message = f"{operation.key} {what}."
        yield _finding(
            "missing-description",
            message,
            operation.pointer,
            "warning",
            advice=_advice(_SAY),
            fix=fix,
        )
    elif (text.isascii() and len(text) < _SHORT) or adds_nothing(
        text, f"{operation.id or ''} {operation.path}", EMPTY_OF_OPERATIONS
    ):
        message = f"{operation.key} is described as {text!r}, which tells no more than its name."
        yield _finding(
            "vague-description", message, operation.pointer, "hint", advice=_advice(_SAY), fix=fix
        )


def _said(operation: Operation) -> str:
    """Give what is said of an operation; nothing while any of it is still to come."""
    texts = [text for text in (operation.summary, operation.description) if text]
    return curated(operation.hints) or (" ".join(texts) if all(map(said, texts)) else "")


def _guarding(tool: Tool, api: Api) -> Iterator[Finding]:
    operation = tool.operation
    if (
        not api.schemes
        or tool.effect is Effect.READ
        or (operation.security and all(operation.security))
    ):
        return
    message = f"{operation.key} changes something, and the document asks for no credential."
    advice = "Declare `security` for it, or make sure that anybody may do this."
    fix = {"x-todo": "TODO: declare `security`, or make sure that anybody may do this."}
    yield _finding(
        "unauthenticated-write", message, operation.pointer, "warning", advice=advice, fix=fix
    )


def _open_door(tools: Toolset, api: Api) -> Iterator[Finding]:
    writes = sum(tool.effect is not Effect.READ for tool in tools.values())
    if writes and not api.schemes:
        message = (
            f"The document declares no security scheme, and {writes} operations change something."
        )
        advice = "Declare the schemes, and `security` where they are asked for: a client cannot authenticate by what it is not told."
        yield _finding("no-security-scheme", message, "", "warning", advice=advice)


def _alike(tools: Toolset) -> Iterator[Finding]:
    same: Mapping[str, list[Tool]] = defaultdict(list)
    for tool in tools.values():
        if _said(tool.operation):
            same[tool.description].append(tool)
    for first, *others in same.values():
        for tool in others:
            message = f"{tool.name} is described exactly as {first.name}."
            advice = "Say in each what sets it apart; a model has nothing else to choose by."
            fix = _todo(f"tell this apart from {first.name}", tool.operation.description)
            yield _finding(
                "same-description",
                message,
                tool.operation.pointer,
                "warning",
                advice=advice,
                fix=fix,
            )


# --- parameters and fields ---


def _offered(tool: Tool) -> list[Parameter]:
    """Give the parameters that a model is asked for: not those that are excluded, or that authentication fills.

    Nor those of a path that are declared nowhere, which loading has told of: there is no place to
    describe them.
    """
    asked = {(binding.location, binding.name) for binding in tool.bindings}
    declared = [p for p in tool.operation.parameters if p.pointer != tool.operation.pointer]
    return [
        p for p in declared if (p.location, "" if p.location == "querystring" else p.name) in asked
    ]


def _parameter(parameter: Parameter, document: JsonObject) -> Iterator[Finding]:
    what = f"The {parameter.location} parameter {parameter.name!r}"
    if curated(parameter.hints) or explained(document, parameter.schema, parameter.name):
        return
    if text := said(parameter.description):
        # a path explains what stands in it
        if parameter.location != "path" and adds_nothing(text, parameter.name, EMPTY_OF_VALUES):
            message, advice = (
                f"{what} is described as {text!r}, which tells no more than its name.",
                _advice(_SAY_FIELD),
            )
            yield _finding(
                "vague-description",
                message,
                parameter.pointer,
                "hint",
                advice=advice,
                fix=_todo(_SAY_FIELD, text),
            )
    elif parameter.name.lower() in _VAGUE_NAMES and parameter.location != "path":
        message, advice = f"{what} could mean anything.", _advice(_SAY_FIELD)
        yield _finding(
            "ambiguous-parameter",
            message,
            parameter.pointer,
            "warning",
            advice=advice,
            fix=_todo(_SAY_FIELD),
        )
    else:
        message, advice = f"{what} has no description.", _advice(_SAY_FIELD)
        yield _finding(
            "undescribed-parameter",
            message,
            parameter.pointer,
            "hint",
            advice=advice,
            fix=_todo(_SAY_FIELD),
        )


class _Bodies:
    """The first level of the bodies of one document."""

    def __init__(self, document: JsonObject) -> None:
        self._document = document
        self._hidden = PropertyFilter(ComponentResolver(document), "readOnly")

    def check(self, tool: Tool) -> Iterator[Finding]:
        media = tool.media_type
        if media is None:
            return
        unseen = self._hidden.excluded_names(media.schema)
        for place, name, schema in self._properties(media.schema, media.pointer + "/schema", 0):
            if name not in unseen and not explained(self._document, schema, name):
                message, there = (
                    f"The body field {name!r} has no description.",
                    self._place(place, name, media),
                )
                yield _finding(
                    "undescribed-field",
                    message,
                    there,
                    "hint",
                    advice=_advice(_SAY_FIELD),
                    fix=_todo(_SAY_FIELD),
                )

    def _properties(self, schema: Json, place: str, depth: int) -> Iterator[tuple[str, str, Json]]:
        if not isinstance(schema, dict) or depth > 5:
            return
        if isinstance(schema.get("$ref"), str):
            target = pointer.from_fragment(schema["$ref"])
            yield from self._properties(pointer.lookup(self._document, target), target, depth + 1)
        properties = schema.get("properties")
        for name, inner in properties.items() if isinstance(properties, dict) else ():
            yield pointer.join(place, "properties", name), name, inner
        parts = schema.get("allOf")
        for index, part in enumerate(parts if isinstance(parts, list) else ()):
            yield from self._properties(part, pointer.join(place, "allOf", index), depth + 1)

    def _place(self, place: str, name: str, media: MediaType) -> str:
        """Give where a field stands: one of a form of 2.0 is a parameter."""
        if pointer.lookup(self._document, place) is not pointer.MISSING:
            return place
        here = media.pointer + "/parameters"
        parameters = pointer.lookup(self._document, here)
        for index, raw in enumerate(parameters if isinstance(parameters, list) else ()):
            if isinstance(raw, dict) and raw.get("name") == name and raw.get("in") == "formData":
                return f"{here}/{index}"
        return place


# --- what a tool costs ---


class _Costs:
    """The sizes of the tools of one document, which share much."""

    def __init__(self) -> None:
        self._tightener = StrictConverter()
        self._known: dict[int, int] = {}

    def check(self, tool: Tool) -> Iterator[Finding]:
        tokens = self._tokens(tool)
        if tokens > _LARGE:
            message = (
                f"{tool.name} costs about {round(tokens, -2):,} tokens before it is ever called."
            )
            advice = "Leave optional parts out with x-openapi2tools: {exclude: true}, or export it with --max-tool-tokens."
            yield _finding(
                "large-schema",
                message,
                tool.operation.pointer,
                "hint" if tokens < 3 * _LARGE else "warning",
                advice=advice,
            )
        for reason, advice in not_strict(tool, self._tightener):
            yield _finding(
                "not-strict",
                f"{tool.name} cannot be strict: {reason}.",
                tool.operation.pointer,
                "hint",
                advice=advice,
            )

    def _tokens(self, tool: Tool) -> int:
        """Count what a tool costs; 0 for one so small that it need not be counted: every token has a byte at least."""
        definitions = tool.schema.get("$defs", {})
        own = {key: value for key, value in tool.schema.items() if key != "$defs"}
        if not definitions and len(tool.description.encode()) + len(orjson.dumps(own)) <= _LARGE:
            return 0
        shared = sum(self._shared(name, schema) for name, schema in definitions.items())
        return count_tokens(tool.description) + count_json_tokens(own) + shared

    def _shared(self, name: str, schema: Json) -> int:
        if id(schema) not in self._known:
            self._known[id(schema)] = count_json_tokens({name: schema})
        return self._known[id(schema)]
