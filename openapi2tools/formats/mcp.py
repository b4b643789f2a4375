"""The Model Context Protocol: a tool in, its definition out; a tools/call in, a call out; a result in, a CallToolResult out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from openapi2tools.formats.reading import read_call
from openapi2tools.formats.writing import base64, full_text
from openapi2tools.model import Effect, essence
from openapi2tools.tools.text.plain import clean
from openapi2tools.tools.walk import named

if TYPE_CHECKING:
    from openapi2tools.model import Call, Json, JsonObject, Part, Result, Tool
    from openapi2tools.tools.strict.converter import StrictConverter

# RFC 9110, section 9.2.2
_IDEMPOTENT: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY", "PUT", "DELETE"})
_METHOD: Final = "tools/call"


def describe(
    tool: Tool,
    *,
    strict: bool = False,  # noqa: ARG001 -- as every format
    tightener: StrictConverter | None = None,  # noqa: ARG001 -- likewise
    output_schema: JsonObject | None = None,
) -> JsonObject:
    """Give one entry of `tools/list`; `output_schema` is that of the structured content, of `type: object`."""
    definition: JsonObject = {"name": tool.name}
    if title := _title(tool):
        definition["title"] = title
    definition |= {"description": tool.description, "inputSchema": tool.schema}
    if output_schema is not None and _is_object(output_schema):
        # where the root is a reference, this says it again
        definition["outputSchema"] = {**output_schema, "type": "object"}
    read_only = tool.effect is Effect.READ
    definition["annotations"] = {
        "readOnlyHint": read_only,
        "destructiveHint": tool.effect is Effect.DESTROY,
        "idempotentHint": read_only or tool.operation.method in _IDEMPOTENT,
        "openWorldHint": True,
    }
    return definition


def read_calls(message: Json, tools: Mapping[str, Tool], *, strict: bool = False) -> list[Call]:  # noqa: ARG001 -- as every format
    """Read a `tools/call` request: its whole JSON-RPC message, or its `params`; any other request holds no call."""
    if not isinstance(message, Mapping):
        return []
    params = message.get("params", message)
    if (
        message.get("method", _METHOD) != _METHOD
        or not isinstance(params, Mapping)
        or "name" not in params
    ):
        return []
    arguments, id_ = params.get("arguments"), message.get("id")
    return [
        read_call(
            tools,
            str(params["name"]),
            {} if arguments is None else arguments,
            id="" if id_ is None else str(id_),
        )
    ]


def write_result(result: Result) -> Any:
    """Write the `CallToolResult`: text, images, audio and files as content, a JSON object as structured content."""
    content = [
        {"type": "text", "text": full_text(result)},
        *(_part(part, result.call_id) for part in result.parts if part.data),
    ]
    answer: JsonObject = {"content": content}
    if isinstance(result.data, dict) and not result.is_error:
        answer["structuredContent"] = result.data
    return {**answer, "isError": result.is_error}


def _title(tool: Tool) -> str:
    """Give the summary's first line; it says nothing of a tool that a hint describes."""
    operation = tool.operation
    return "" if "description" in operation.hints else clean(operation.summary).partition("\n")[0]


def _is_object(schema: JsonObject) -> bool:
    """Tell whether a schema's root is an object: the protocol takes no other before its revision 2026-07-28."""
    seen = set()
    while "$ref" in schema and schema["$ref"] not in seen:
        seen.add(schema["$ref"])
        schema = {
            "$defs": schema.get("$defs", {}),
            **schema.get("$defs", {}).get(definition_name(schema["$ref"]), {}),
        }
    return schema.get("type") == "object"


def _part(part: Part, call_id: str) -> JsonObject:
    media_type = essence(part.media_type)
    group = media_type.partition("/")[0]
    if group in ("image", "audio"):
        return {"type": group, "data": base64(part), "mimeType": media_type}
    resource = {
        "uri": f"result://{call_id or 'call'}/{part.name or 'file'}",
        "mimeType": media_type,
        "blob": base64(part),
    }
    return {"type": "resource", "resource": resource}
