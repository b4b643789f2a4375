"""Anthropic's Messages: a tool in, its definition out; a message in, calls out; a result in, a tool_result block out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from openapi2tools.formats.keys import LegalKeys
from openapi2tools.formats.reading import read_call
from openapi2tools.formats.writing import base64, essence, full_text, images_and_files, kind

if TYPE_CHECKING:
    from openapi2tools.model import Call, Json, JsonObject, Part, Result, Tool
    from openapi2tools.tools.strict import Tightener

_KEY: Final = re.compile(r"[a-zA-Z0-9_.-]{1,64}")  # what a property may be named


def describe(tool: Tool, *, strict: bool = False, tightener: Tightener | None = None) -> JsonObject:  # noqa: ARG001 -- as every format
    """Give the entry of `tools=[…]`.

    Never strict: that mode allows 20 tools, 24 optional parameters and 16 unions in one whole request.
    """
    return {"name": tool.name, "description": tool.description, "input_schema": LegalKeys(tool.schema, _KEY).rename()}


def read_calls(message: Json, tools: Mapping[str, Tool], *, strict: bool = False) -> list[Call]:  # noqa: ARG001 -- as every format
    """Read the `tool_use` blocks of an assistant message (its dict, or its `content` list)."""
    blocks: Any = message.get("content") if isinstance(message, Mapping) else message
    calls = []
    for block in blocks if isinstance(blocks, list) else ():
        if isinstance(block, Mapping) and block.get("type") == "tool_use":
            name, arguments = str(block.get("name") or ""), block.get("input")
            if name in tools:
                arguments = LegalKeys(tools[name].schema, _KEY).restore(arguments)
            calls.append(read_call(tools, name, arguments, id=str(block.get("id") or "")))
    return calls


def write_result(result: Result) -> JsonObject:
    """Write the `tool_result` block of a user message that answers a call, with the images and PDF files that it holds."""
    content = [{"type": "text", "text": full_text(result) or "(empty)"}, *map(_part, images_and_files(result))]
    return {"type": "tool_result", "tool_use_id": result.call_id, "content": content, "is_error": result.is_error}


def _part(part: Part) -> JsonObject:
    source = {"type": "base64", "media_type": essence(part), "data": base64(part)}
    return {"type": "image" if kind(part) == "image" else "document", "source": source}
