"""Anthropic's Messages: describe tools, read calls, write results."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from openapi2tools.formats.legal_keys import LegalKeys
from openapi2tools.formats.reading import only_objects, read_call, to_plain_json
from openapi2tools.formats.writing import shown_result, to_base64, viewable_kind
from openapi2tools.model import Effect, essence
from openapi2tools.tools.strict.converter import StrictConverter
from openapi2tools.tools.strict.subset import ANTHROPIC
from openapi2tools.tools.walk import definition_name, iter_schemas

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openapi2tools.model import Call, Json, JsonObject, Part, Result, Tool

# What all strict tools of one request may hold together.
MAX_STRICT: Final = 20
MAX_OPTIONAL: Final = 24
MAX_UNIONS: Final = 16
_MAX_IMAGE_BYTES: Final = 3_750_000  # 5 MB as base64
_LEGAL_KEY: Final = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
_TOO_MANY_STRICT: Final = f"{MAX_STRICT} other tools are strict, and a request takes no more"
_TOO_COMPLEX: Final = (
    f"a request takes {MAX_OPTIONAL} optional parameters and {MAX_UNIONS} unions in strict tools"
)


def describe(
    tool: Tool,
    *,
    strict: bool = True,
    strict_converter: StrictConverter | None = None,
    full_tool: Tool | None = None,
) -> JsonObject:
    """Return the entry of `tools=[…]` for a tool.

    Args:
        tool: The tool.
        strict: Whether its schema is strict; `choose_strict` says which tools may be so together.
        strict_converter: Given to convert schemas that tools share only once.
        full_tool: The tool that this one is a shorter form of, if it is.
    """
    full_tool = full_tool or tool
    schema, full_schema = tool.schema, full_tool.schema
    is_strict = False
    if strict:
        strict_converter = strict_converter or StrictConverter(ANTHROPIC)
        strict_schema = strict_converter.to_strict(tool.schema).schema
        full_strict_schema = strict_converter.to_strict(full_tool.schema).schema
        is_strict = strict_schema is not None
        schema = schema if strict_schema is None else strict_schema
        full_schema = full_strict_schema or full_schema
    keys = LegalKeys(schema, _LEGAL_KEY, full_schema)
    definition: JsonObject = {
        "name": tool.name,
        "description": tool.description,
        "input_schema": keys.rename(),
    }
    if is_strict:
        definition["strict"] = True
    return definition


def choose_strict(tools: Mapping[str, Tool], strict_converter: StrictConverter) -> dict[str, str]:
    """Choose the tools that are strict, so that together they keep within a request's limits.

    Returns why each tool is not strict: the empty string for the chosen ones. Tools that change
    something come first, for there a wrong argument costs most; then the order of the tools
    decides.
    """
    reasons: dict[str, str] = {}
    total = _Complexity(0, 0)
    strict_count = 0
    for tool in sorted(tools.values(), key=lambda tool: tool.effect is Effect.READ):
        if strict_count == MAX_STRICT:
            reasons[tool.name] = _TOO_MANY_STRICT
            continue
        result = strict_converter.to_strict(tool.schema)
        schema = result.schema or {}
        reason = "; ".join(result.reasons) or _recursion(schema)
        if not reason:
            with_tool = total.plus(_complexity(schema))
            if with_tool.optional > MAX_OPTIONAL or with_tool.unions > MAX_UNIONS:
                reason = _TOO_COMPLEX
            else:
                strict_count += 1
                total = with_tool
        reasons[tool.name] = reason
    return reasons


def read_calls(message: Json, tools: Mapping[str, Tool], *, strict: bool = True) -> list[Call]:
    """Read the `tool_use` blocks of an assistant message.

    Args:
        message: The message as a dict, or its `content` list; the SDK's objects will do.
        tools: The tools that were offered. They must be the same ones, for which of them are
            strict depends on all.
        strict: How the tools were described.
    """
    message = to_plain_json(message)
    blocks: Any = message.get("content") if isinstance(message, Mapping) else message
    uses = [block for block in only_objects(blocks) if block.get("type") == "tool_use"]
    strict_converter = StrictConverter(ANTHROPIC)
    reasons = choose_strict(tools, strict_converter) if strict and uses else {}
    calls = []
    for use in uses:
        name = str(use.get("name") or "")
        arguments = use.get("input")
        is_strict = name in tools and reasons.get(tools[name].name) == ""
        if name in tools:
            schema = tools[name].schema
            if is_strict:
                schema = strict_converter.to_strict(schema).schema or schema
            arguments = LegalKeys(schema, _LEGAL_KEY).restore(arguments)
        calls.append(
            read_call(
                tools,
                name,
                arguments,
                id=str(use.get("id") or ""),
                strict_converter=strict_converter if is_strict else None,
            )
        )
    return calls


def write_result(result: Result) -> Any:
    """Write the `tool_result` block that answers a call, with its images and PDF files."""
    told = shown_result(result, _MAX_IMAGE_BYTES)
    content: list[JsonObject] = [{"type": "text", "text": told.text.strip() or "(empty)"}]
    if not result.is_error:  # of an error only text is accepted
        content += map(_write_part, told.parts)
    return {
        "type": "tool_result",
        "tool_use_id": result.call_id,
        "content": content,
        "is_error": result.is_error,
    }


def _write_part(part: Part) -> JsonObject:
    block_type = "image" if viewable_kind(part) == "image" else "document"
    source = {"type": "base64", "media_type": essence(part.media_type), "data": to_base64(part)}
    return {"type": block_type, "source": source}


class _Complexity(NamedTuple):
    """What Anthropic counts in strict schemas."""

    optional: int
    unions: int

    def plus(self, other: _Complexity) -> _Complexity:
        return _Complexity(self.optional + other.optional, self.unions + other.unions)


def _complexity(schema: JsonObject) -> _Complexity:
    optional = 0
    unions = 0
    for node in iter_schemas(schema):
        optional += len(node.get("properties", ())) - len(node.get("required", ()))
        if "anyOf" in node or isinstance(node.get("type"), list):
            unions += 1
    return _Complexity(optional, unions)


def _recursion(schema: JsonObject) -> str:
    """Say which definition holds itself, if one does."""
    references = {
        name: _referenced_names(definition) for name, definition in schema.get("$defs", {}).items()
    }
    for name, referenced in references.items():
        if name in _reachable_names(references, referenced):
            return f"{name} holds itself"
    return ""


def _referenced_names(definition: JsonObject) -> set[str]:
    return {definition_name(node["$ref"]) for node in iter_schemas(definition) if "$ref" in node}


def _reachable_names(references: Mapping[str, set[str]], names: Iterable[str]) -> set[str]:
    """Return these definitions and all that they refer to, directly or not."""
    reachable: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        reachable.add(name)
        waiting += references[name] - reachable
    return reachable
