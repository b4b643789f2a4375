"""OpenAI's Chat Completions: describe tools, read calls, write results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from openapi2tools.formats.openai_schemas import NonStrictSchemas, function_schema
from openapi2tools.formats.reading import only_objects, read_call, to_plain_json
from openapi2tools.formats.writing import (
    VIEWABLE_TYPES,
    shown,
    shown_result,
    to_base64,
    to_data_url,
    truncate_with_note,
    viewable_kind,
)
from openapi2tools.model import essence
from openapi2tools.tools.strict.converter import StrictConverter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openapi2tools.model import Call, Json, JsonObject, Part, Result, Tool

MAX_TOOLS: Final = 128
"""A request with more tools is rejected."""
_MAX_OUTPUT_CHARS: Final = 10_485_760
_AUDIO_FORMATS: Final = {
    "audio/wav": "wav",
    "audio/wave": "wav",
    "audio/x-wav": "wav",
    "audio/vnd.wave": "wav",
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
}
_SHOWN_TYPES: Final = VIEWABLE_TYPES | _AUDIO_FORMATS.keys()


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

    It holds only text; `write_files` returns the message that shows images and files.
    """
    text = shown_result(result, media_types=_SHOWN_TYPES).text
    return {
        "role": "tool",
        "tool_call_id": result.call_id,
        "content": truncate_with_note(text, _MAX_OUTPUT_CHARS),
    }


def write_files(results: Iterable[Result]) -> list[JsonObject]:
    """Write what stands behind the tool messages of a turn: a message with their files, if any.

    It is a user's message, so nothing that the API names stands in it.

    Args:
        results: Those of all calls of the turn.

    Example:
        messages += [openai_chat.write_result(result) for result in results]
        messages += openai_chat.write_files(results)
    """
    content: list[JsonObject] = []
    for result in results:
        for part in shown_result(result, media_types=_SHOWN_TYPES).parts:
            media_type = essence(part.media_type)
            text = f"{media_type}, which the call {result.call_id} of {result.tool} answered:"
            content += [{"type": "text", "text": text}, _write_part(replace(part, name=""))]
    return [{"role": "user", "content": content}] if content else []


def write_question(text: str, parts: Iterable[Part] = ()) -> JsonObject:
    """Write a user's message, with the files that go with it."""
    told = shown(text, parts, media_types=_SHOWN_TYPES)
    if not told.parts:
        return {"role": "user", "content": told.text}
    content = [{"type": "text", "text": told.text}, *map(_write_part, told.parts)]
    return {"role": "user", "content": content}


def _write_part(part: Part) -> JsonObject:
    audio_format = _AUDIO_FORMATS.get(essence(part.media_type))
    if audio_format is not None:
        sound = {"data": to_base64(part), "format": audio_format}
        return {"type": "input_audio", "input_audio": sound}
    url = to_data_url(part)
    if viewable_kind(part) == "image":
        return {"type": "image_url", "image_url": {"url": url}}
    return {"type": "file", "file": {"filename": part.name or "file.pdf", "file_data": url}}
