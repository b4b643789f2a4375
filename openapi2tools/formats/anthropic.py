"""Anthropic's Messages: a tool in, its definition out; a message in, calls out; a result in, a tool_result block out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from openapi2tools.formats.keys import LegalKeys
from openapi2tools.formats.reading import objects, plain, read_call
from openapi2tools.formats.writing import base64, full_text, images_and_files, kind
from openapi2tools.model import Effect, essence
from openapi2tools.tools.strict.converter import StrictConverter
from openapi2tools.tools.strict.subset import ANTHROPIC
from openapi2tools.tools.walk import definition_name, iter_schemas

if TYPE_CHECKING:
    from openapi2tools.model import Call, Json, JsonObject, Part, Result, Tool

MAX_STRICT: Final = 20
MAX_OPTIONAL: Final = 24
MAX_UNIONS: Final = 16
"""What all strict tools of one request may hold together."""
MAX_IMAGE: Final = 3_750_000
"""Bytes: 5 MB as base64."""
_KEY: Final = re.compile(r"[a-zA-Z0-9_.-]{1,64}")  # what a property may be named


def describe(
    tool: Tool,
    *,
    strict: bool = True,
    tightener: StrictConverter | None = None,
    whole: Tool | None = None,
) -> JsonObject:
    """Give the entry of `tools=[…]`; `choose` says which tools may be strict together. `whole` is the tool that this one shortens."""
    tightener = tightener or StrictConverter(ANTHROPIC)
    tight, all_of_it = (
        tightener.to_strict(one.schema).schema if strict else None for one in (tool, whole or tool)
    )
    schema = tool.schema if tight is None else tight
    keys = LegalKeys(schema, _KEY, all_of_it or (whole or tool).schema)
    definition = {"name": tool.name, "description": tool.description, "input_schema": keys.rename()}
    return definition if tight is None else {**definition, "strict": True}


def choose(tools: Mapping[str, Tool], tightener: StrictConverter) -> dict[str, str]:
    """Say of each tool why it is not strict: the empty string for the chosen, which together keep within a request's limits.

    What changes something comes first, for there a wrong argument costs most; then the order of the
    tools decides.
    """
    reasons: dict[str, str] = {}
    count = optional = unions = 0
    for tool in sorted(tools.values(), key=lambda tool: tool.effect is Effect.READ):
        if count == MAX_STRICT:
            reasons[tool.name] = f"{MAX_STRICT} other tools are strict, and a request takes no more"
            continue
        tight = tightener.to_strict(tool.schema)
        reasons[tool.name] = "; ".join(tight.reasons) or _recursion(tight.schema or {})
        if reasons[tool.name] == "":
            more, further = _counts(tight.schema or {})
            if optional + more > MAX_OPTIONAL or unions + further > MAX_UNIONS:
                reasons[tool.name] = (
                    f"a request takes {MAX_OPTIONAL} optional parameters and {MAX_UNIONS} unions in strict tools"
                )
            else:
                count, optional, unions = count + 1, optional + more, unions + further
    return reasons


def read_calls(message: Json, tools: Mapping[str, Tool], *, strict: bool = True) -> list[Call]:
    """Read the `tool_use` blocks of an assistant message (its dict, or its `content` list; the SDK's objects will do).

    `strict` says how the tools were described; they must be the same tools, for which of them are
    strict depends on all.
    """
    message = plain(message)
    blocks: Any = message.get("content") if isinstance(message, Mapping) else message
    uses = [block for block in objects(blocks) if block.get("type") == "tool_use"]
    tightener = StrictConverter(ANTHROPIC)
    reasons = choose(tools, tightener) if strict and uses else {}
    calls = []
    for use in uses:
        name, arguments = str(use.get("name") or ""), use.get("input")
        chosen = reasons.get(name) == ""
        if name in tools:
            schema = tightener.to_strict(tools[name].schema).schema if chosen else None
            arguments = LegalKeys(schema or tools[name].schema, _KEY).restore(arguments)
        calls.append(
            read_call(
                tools,
                name,
                arguments,
                id=str(use.get("id") or ""),
                tightener=tightener if chosen else None,
            )
        )
    return calls


def write_result(result: Result) -> Any:
    """Write the `tool_result` block of a user message that answers a call, with the images and PDF files that it holds."""
    # of an error only text is taken
    parts = [] if result.is_error else images_and_files(result, MAX_IMAGE)
    content = [{"type": "text", "text": full_text(result).strip() or "(empty)"}, *map(_part, parts)]
    return {
        "type": "tool_result",
        "tool_use_id": result.call_id,
        "content": content,
        "is_error": result.is_error,
    }


def _part(part: Part) -> JsonObject:
    source = {"type": "base64", "media_type": essence(part.media_type), "data": base64(part)}
    return {"type": "image" if kind(part) == "image" else "document", "source": source}


def _counts(schema: JsonObject) -> tuple[int, int]:
    """Count optional parameters and unions."""
    nodes = list(iter_schemas(schema))
    optional = sum(
        len(node.get("properties", ())) - len(node.get("required", ())) for node in nodes
    )
    return optional, sum("anyOf" in node or isinstance(node.get("type"), list) for node in nodes)


def _recursion(schema: JsonObject) -> str:
    """Name a definition that holds itself."""
    definitions = schema.get("$defs", {})
    inside = {
        name: {definition_name(node["$ref"]) for node in iter_schemas(inner) if "$ref" in node}
        for name, inner in definitions.items()
    }
    for name in definitions:
        reached: set[str] = set()
        waiting = list(inside[name])
        while waiting:
            reached.add(one := waiting.pop())
            waiting += inside[one] - reached
        if name in reached:
            return f"{name} holds itself"
    return ""
