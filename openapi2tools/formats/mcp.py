"""The Model Context Protocol: describe tools, read `tools/call` requests, write results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from openapi2tools._core.http_methods import IDEMPOTENT_METHODS
from openapi2tools.formats.reading import read_call
from openapi2tools.formats.writing import MAX_PART_BYTES, full_text, to_base64
from openapi2tools.model import Effect, essence
from openapi2tools.tools.text.markdown_to_text import clean_text
from openapi2tools.tools.walk import definition_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from openapi2tools.model import Call, Json, JsonObject, Part, Result, Tool
    from openapi2tools.tools.strict.converter import StrictConverter

_CALL_METHOD: Final = "tools/call"


def _is_embedded(part: Part) -> bool:
    return len(part.data) <= MAX_PART_BYTES


def describe(
    tool: Tool,
    *,
    strict: bool = False,  # noqa: ARG001 -- as every format
    strict_converter: StrictConverter | None = None,  # noqa: ARG001 -- likewise
    output_schema: JsonObject | None = None,
) -> JsonObject:
    """Return one entry of `tools/list`.

    `output_schema` is that of the structured content, of `type: object`.
    """
    definition: JsonObject = {"name": tool.name}
    title = _title(tool)
    if title:
        definition["title"] = title
    definition["description"] = tool.description
    definition["inputSchema"] = tool.schema
    if output_schema is not None and _is_object(output_schema):
        # repeated for a root that is a reference
        definition["outputSchema"] = {**output_schema, "type": "object"}
    is_read_only = tool.effect is Effect.READ
    definition["annotations"] = {
        "readOnlyHint": is_read_only,
        "destructiveHint": tool.effect is Effect.DESTROY,
        "idempotentHint": is_read_only or tool.operation.method in IDEMPOTENT_METHODS,
        "openWorldHint": True,
    }
    return definition


def read_calls(
    message: Json,
    tools: Mapping[str, Tool],
    *,
    strict: bool = False,  # noqa: ARG001 -- as every format
) -> list[Call]:
    """Read a `tools/call` request; any other request holds no call.

    Args:
        message: The whole JSON-RPC message, or its `params`.
        tools: The tools that were offered.
        strict: Without effect.
    """
    if not isinstance(message, Mapping) or message.get("method", _CALL_METHOD) != _CALL_METHOD:
        return []
    params = message.get("params", message)
    if not isinstance(params, Mapping) or "name" not in params:
        return []
    arguments = params.get("arguments")
    message_id = message.get("id")
    call = read_call(
        tools,
        str(params["name"]),
        {} if arguments is None else arguments,
        id="" if message_id is None else str(message_id),
    )
    return [call]


def write_result(result: Result, is_embedded: Callable[[Part], bool] = _is_embedded) -> Any:
    """Write the `CallToolResult`.

    Text, images, audio and files are content; a JSON object is structured content as well.

    Args:
        result: What came of the call.
        is_embedded: Says which files stand in it; by default all of some 20 MB or less.
    """
    content: list[JsonObject] = [{"type": "text", "text": full_text(result)}]
    parts = [part for part in result.parts if part.data and is_embedded(part)]
    content += [_write_part(part, result.call_id) for part in parts]
    answer: JsonObject = {"content": content}
    if isinstance(result.shown, dict) and not result.is_error:
        answer["structuredContent"] = result.shown
    answer["isError"] = result.is_error
    return answer


def _title(tool: Tool) -> str:
    """Return the first line of the summary, which says nothing of a tool that a hint describes."""
    operation = tool.operation
    if "description" in operation.hints:
        return ""
    return clean_text(operation.summary).partition("\n")[0]


def _is_object(schema: JsonObject) -> bool:
    """Return whether a schema's root is an object.

    The protocol accepts no other before its revision 2026-07-28.
    """
    definitions = schema.get("$defs", {})
    seen = set()
    while "$ref" in schema and schema["$ref"] not in seen:
        seen.add(schema["$ref"])
        schema = definitions.get(definition_name(schema["$ref"]), {})
    return schema.get("type") == "object"


def _write_part(part: Part, call_id: str) -> JsonObject:
    media_type = essence(part.media_type)
    group = media_type.partition("/")[0]
    if group in ("image", "audio"):
        return {"type": group, "data": to_base64(part), "mimeType": media_type}
    resource = {
        "uri": f"result://{call_id or 'call'}/{part.name or 'file'}",
        "mimeType": media_type,
        "blob": to_base64(part),
    }
    return {"type": "resource", "resource": resource}
