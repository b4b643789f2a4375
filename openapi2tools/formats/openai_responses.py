"""OpenAI's Responses: a tool in, its definition out; output items in, calls out; a result in, a function_call_output out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from openapi2tools.formats.openai_plain import Plain
from openapi2tools.formats.reading import plain, read_call
from openapi2tools.formats.writing import clip, data_url, full_text, images_and_files, kind
from openapi2tools.tools.strict.converter import StrictConverter

if TYPE_CHECKING:
    from openapi2tools.model import Call, Json, JsonObject, Part, Result, Tool

MAX_OUTPUT: Final = 10_485_760


def describe(
    tool: Tool,
    *,
    strict: bool = True,
    tightener: StrictConverter | None = None,
    plain: Plain | None = None,
    output_schema: JsonObject | None = None,
) -> JsonObject:
    """Give the entry of `tools=[…]`; a tool that cannot be strict is written plain, with `strict: false`.

    `output_schema` is that of the JSON text which a call answers.
    """
    tight = (tightener or StrictConverter()).to_strict(tool.schema).schema if strict else None
    definition = {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": (plain or Plain()).accepted(tool.schema) if tight is None else tight,
        "strict": tight is not None,
    }
    return definition if output_schema is None else {**definition, "output_schema": output_schema}


def read_calls(message: Json, tools: Mapping[str, Tool], *, strict: bool = True) -> list[Call]:
    """Read the calls of a response (its dict, or its `output` list; the SDK's objects will do); `strict` says how the tools were described.

    A call to a function of a namespace names both; the function's name alone is ours.
    """
    message = plain(message)
    items = message.get("output", [message]) if isinstance(message, Mapping) else message
    items = items if isinstance(items, list | tuple) else ()
    tightener = StrictConverter() if strict else None
    return [
        read_call(
            tools,
            _name(item, tools),
            item.get("arguments") or "",
            id=str(item.get("call_id") or ""),
            tightener=tightener,
            caller=item.get("caller"),
        )
        for item in items
        if isinstance(item, Mapping) and item.get("type") == "function_call"
    ]


def write_result(result: Result) -> Any:
    """Write the `function_call_output` item that answers a call, with the images and PDF files that it holds."""
    text = clip(full_text(result), MAX_OUTPUT)
    parts = [_part(part) for part in images_and_files(result)]
    output = [{"type": "input_text", "text": text}, *parts] if parts else text
    item = {"type": "function_call_output", "call_id": result.call_id, "output": output}
    return item if result.caller is None else {**item, "caller": result.caller}


def _part(part: Part) -> JsonObject:
    if kind(part) == "image":
        return {"type": "input_image", "detail": "auto", "image_url": data_url(part)}
    return {"type": "input_file", "filename": part.name or "file.pdf", "file_data": data_url(part)}


def _name(item: Mapping[str, Json], tools: Mapping[str, Tool]) -> str:
    name, namespace = str(item.get("name") or ""), str(item.get("namespace") or "")
    inner = name.removeprefix(namespace).lstrip(".") if namespace else name
    return inner if name not in tools and inner in tools else name
