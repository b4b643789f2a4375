"""Google's Gemini: a tool in, its function declaration out; a content in, calls out; a result in, a functionResponse part out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from openapi2tools.formats.keys import LegalKeys
from openapi2tools.formats.reading import objects, plain, read_call
from openapi2tools.formats.writing import base64, full_text, images_and_files
from openapi2tools.model import essence
from openapi2tools.tools.strict.merge import Unmergeable, merge
from openapi2tools.tools.walk import definition_name, map_schemas

if TYPE_CHECKING:
    from openapi2tools.model import Call, Json, JsonObject, Result, Tool
    from openapi2tools.tools.strict.converter import StrictConverter

_ROUNDS: Final = 4
_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")  # what a parameter may be named
# names that get one more `_`: of `1` and `_1` both, so that they stay two
_NO_LETTER: Final = re.compile(r"_*[^A-Za-z_]")


def describe(
    tool: Tool,
    *,
    strict: bool = False,  # noqa: ARG001 -- as every format
    tightener: StrictConverter | None = None,  # noqa: ARG001 -- likewise
    whole: Tool | None = None,
) -> JsonObject:
    """Give one entry of `functionDeclarations`; Gemini has no strict schemas (calling mode VALIDATED keeps to this one).

    `whole` is the tool that this one shortens.
    """
    schema = _without_all_of(LegalKeys(tool.schema, _KEY, (whole or tool).schema).rename())
    declaration: JsonObject = {"name": _legal(tool.name), "description": tool.description}
    return (
        declaration
        if not schema.get("properties")
        else {**declaration, "parametersJsonSchema": schema}
    )


def read_calls(message: Json, tools: Mapping[str, Tool], *, strict: bool = False) -> list[Call]:  # noqa: ARG001 -- as every format
    """Read the `functionCall` parts of a content (its dict, its `parts`, or a whole response with one candidate; SDK objects will do)."""
    calls = []
    for part in _parts(message):
        call = part.get("functionCall", part.get("function_call"))  # the SDK's name for it
        if not isinstance(call, Mapping):
            continue
        name, arguments = str(call.get("name") or ""), call.get("args") or {}
        if _NO_LETTER.match(name) and name.removeprefix("_") in tools:
            name = name.removeprefix("_")
        if name in tools:
            arguments = LegalKeys(tools[name].schema, _KEY).restore(arguments)
        calls.append(read_call(tools, name, arguments, id=str(call.get("id") or "")))
    return calls


def write_result(result: Result) -> Any:
    """Write the `functionResponse` part that answers a call; images and PDF files ride in its `parts`."""
    response: JsonObject = {"error" if result.is_error else "output": full_text(result)}
    answer: JsonObject = {"name": _legal(result.tool), "response": response}
    if result.call_id:
        answer = {"id": result.call_id, **answer}
    parts = [
        {"inlineData": {"mimeType": essence(part.media_type), "data": base64(part)}}
        for part in images_and_files(result)
    ]
    return {"functionResponse": {**answer, "parts": parts} if parts else answer}


def _without_all_of(schema: JsonObject) -> JsonObject:
    """Join the parts of `allOf`, which is none of Gemini's keywords; what cannot be joined stays."""
    definitions = schema.get("$defs", {})

    def joined(node: JsonObject) -> JsonObject:
        if "allOf" not in node:
            return node
        try:
            return merge(node, lambda reference: definitions.get(definition_name(reference), True))
        except Unmergeable:
            return node

    for _ in range(_ROUNDS):  # joining two parts may leave an `allOf` in a property of both
        before, schema = schema, map_schemas(schema, joined)
        if schema is before:
            break
    return schema


def _legal(name: str) -> str:
    return f"_{name}" if _NO_LETTER.match(name) else name


def _parts(message: Json) -> list[JsonObject]:
    message = plain(message)
    if isinstance(message, Mapping) and "candidates" in message:
        candidates = message["candidates"]
        first = candidates[0] if isinstance(candidates, list) and candidates else None
        message = first.get("content") if isinstance(first, Mapping) else None
    if isinstance(message, Mapping):
        message = message.get("parts")
    return objects(message)
