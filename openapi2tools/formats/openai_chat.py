"""OpenAI's Chat Completions: a tool in, its definition out; an assistant message in, calls out; a result in, a tool message out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from openapi2tools.formats.openai_plain import Plain
from openapi2tools.formats.reading import objects, plain, read_call
from openapi2tools.formats.writing import clip, full_text
from openapi2tools.tools.strict.converter import StrictConverter

if TYPE_CHECKING:
    from openapi2tools.model import Call, Json, JsonObject, Result, Tool

MAX_TOOLS: Final = 128
"""A request with more tools is rejected."""
MAX_OUTPUT: Final = 10_485_760


def describe(
    tool: Tool,
    *,
    strict: bool = True,
    tightener: StrictConverter | None = None,
    plain: Plain | None = None,
) -> JsonObject:
    """Give the entry of `tools=[…]`; a tool that cannot be strict is written plain, with `strict: false`."""
    tight = (tightener or StrictConverter()).to_strict(tool.schema).schema if strict else None
    return {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": (plain or Plain()).accepted(tool.schema) if tight is None else tight,
            "strict": tight is not None,
        },
    }


def read_calls(message: Json, tools: Mapping[str, Tool], *, strict: bool = True) -> list[Call]:
    """Read the calls of an assistant message (its dict, or the SDK's object); `strict` says how the tools were described."""
    message = plain(message)
    tightener = StrictConverter() if strict else None
    calls = []
    for call in objects(message.get("tool_calls")):
        function = call.get("function")
        if isinstance(function, Mapping):  # custom tools are not ours
            name, arguments = str(function.get("name") or ""), function.get("arguments") or ""
            calls.append(
                read_call(tools, name, arguments, id=str(call.get("id") or ""), tightener=tightener)
            )
    return calls


def write_result(result: Result) -> Any:
    """Write the tool message that answers a call; images and files stay in words, for Chat takes text only."""
    return {
        "role": "tool",
        "tool_call_id": result.call_id,
        "content": clip(full_text(result), MAX_OUTPUT),
    }
