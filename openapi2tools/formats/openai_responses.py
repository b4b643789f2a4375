"""OpenAI's Responses: describe tools, read calls, write results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from openapi2tools.formats.openai_schemas import NonStrictSchemas, function_schema
from openapi2tools.formats.reading import read_call, to_plain_json
from openapi2tools.formats.writing import (
    shown,
    shown_result,
    to_data_url,
    truncate_with_note,
    viewable_kind,
)
from openapi2tools.tools.strict.converter import StrictConverter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openapi2tools.model import Call, Json, JsonObject, Part, Result, Tool

_MAX_OUTPUT_CHARS: Final = 10_485_760


def describe(
    tool: Tool,
    *,
    strict: bool = True,
    strict_converter: StrictConverter | None = None,
    non_strict_schemas: NonStrictSchemas | None = None,
    output_schema: JsonObject | None = None,
) -> JsonObject:
    """Return the entry of `tools=[…]` for a tool.

    A tool that cannot be strict is written plain, with `strict: false`. The converters are given to
    convert schemas that tools share only once. `output_schema` is that of the JSON text which a
    call answers.
    """
    parameters, is_strict = function_schema(
        tool,
        strict=strict,
        strict_converter=strict_converter,
        non_strict_schemas=non_strict_schemas,
    )
    definition = {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": parameters,
        "strict": is_strict,
    }
    if output_schema is not None:
        definition["output_schema"] = output_schema
    return definition


def read_calls(message: Json, tools: Mapping[str, Tool], *, strict: bool = True) -> list[Call]:
    """Read the calls of a response.

    A call to a function of a namespace names both; only the function's name is ours.

    Args:
        message: The response as a dict, or its `output` list; the SDK's objects will do.
        tools: The tools that were offered.
        strict: How the tools were described.
    """
    strict_converter = StrictConverter() if strict else None
    return [
        read_call(
            tools,
            _tool_name(item, tools),
            item.get("arguments") or "",
            id=str(item.get("call_id") or ""),
            strict_converter=strict_converter,
            caller=item.get("caller"),
        )
        for item in _function_calls(to_plain_json(message))
    ]


def write_result(result: Result) -> Any:
    """Write the `function_call_output` item that answers a call, with its images and PDF files."""
    told = shown_result(result)
    output: Json = truncate_with_note(told.text, _MAX_OUTPUT_CHARS)
    if told.parts:
        output = _write_content(output, told.parts)
    item = {"type": "function_call_output", "call_id": result.call_id, "output": output}
    if result.caller is not None:
        item["caller"] = result.caller
    return item


def write_question(text: str, parts: Iterable[Part] = ()) -> JsonObject:
    """Write a user's message, with the files that go with it."""
    told = shown(text, parts)
    content = _write_content(told.text, told.parts) if told.parts else told.text
    return {"role": "user", "content": content}


def _write_content(text: str, parts: Iterable[Part]) -> list[JsonObject]:
    return [{"type": "input_text", "text": text}, *map(_write_part, parts)]


def _function_calls(message: Json) -> list[Mapping[str, Json]]:
    items = message.get("output", [message]) if isinstance(message, Mapping) else message
    if not isinstance(items, list | tuple):
        return []
    return [
        item for item in items if isinstance(item, Mapping) and item.get("type") == "function_call"
    ]


def _write_part(part: Part) -> JsonObject:
    url = to_data_url(part)
    if viewable_kind(part) == "image":
        return {"type": "input_image", "detail": "auto", "image_url": url}
    return {"type": "input_file", "filename": part.name or "file.pdf", "file_data": url}


def _tool_name(call: Mapping[str, Json], tools: Mapping[str, Tool]) -> str:
    """Return the name of the tool that is called, without its namespace."""
    name = str(call.get("name") or "")
    namespace = str(call.get("namespace") or "")
    inner = name.removeprefix(namespace).lstrip(".") if namespace else name
    return inner if name not in tools and inner in tools else name
