"""OpenAI's Chat Completions: describe tools, read calls, write results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from openapi2tools.formats.openai_schemas import NonStrictSchemas, function_schema
from openapi2tools.formats.reading import only_objects, read_call, to_plain_json
from openapi2tools.formats.writing import full_text, truncate_with_note
from openapi2tools.tools.strict.converter import StrictConverter

if TYPE_CHECKING:
    from openapi2tools.model import Call, Json, JsonObject, Result, Tool

MAX_TOOLS: Final = 128
"""A request with more tools is rejected."""
_MAX_OUTPUT_CHARS: Final = 10_485_760


def describe(
    tool: Tool,
    *,
    strict: bool = True,
    strict_converter: StrictConverter | None = None,
    non_strict_schemas: NonStrictSchemas | None = None,
) -> JsonObject:
    """Return the entry of `tools=[…]` for a tool.

    A tool that cannot be strict is written plain, with `strict: false`. The converters are given to
    convert schemas that tools share only once.
    """
    parameters, is_strict = function_schema(
        tool,
        strict=strict,
        strict_converter=strict_converter,
        non_strict_schemas=non_strict_schemas,
    )
    return {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": parameters,
            "strict": is_strict,
        },
    }


def read_calls(message: Json, tools: Mapping[str, Tool], *, strict: bool = True) -> list[Call]:
    """Read the calls of an assistant message.

    Args:
        message: The message as a dict, or as the SDK's object.
        tools: The tools that were offered.
        strict: How the tools were described.
    """
    message = to_plain_json(message)
    strict_converter = StrictConverter() if strict else None
    calls = []
    for call in only_objects(message.get("tool_calls")):
        function = call.get("function")
        if not isinstance(function, Mapping):  # custom tools are not ours
            continue
        calls.append(
            read_call(
                tools,
                str(function.get("name") or ""),
                function.get("arguments") or "",
                id=str(call.get("id") or ""),
                strict_converter=strict_converter,
            )
        )
    return calls


def write_result(result: Result) -> Any:
    """Write the tool message that answers a call.

    Images and files stay in words, because Chat Completions takes only text.
    """
    return {
        "role": "tool",
        "tool_call_id": result.call_id,
        "content": truncate_with_note(full_text(result), _MAX_OUTPUT_CHARS),
    }
