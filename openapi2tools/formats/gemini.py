"""Google's Gemini: describe tools, read calls, write results."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from openapi2tools.formats.legal_keys import LegalKeys
from openapi2tools.formats.reading import only_objects, read_call, to_plain_json
from openapi2tools.formats.writing import VIEWABLE_TYPES, shown_result, to_base64
from openapi2tools.model import essence
from openapi2tools.tools.strict.constraint_text import describe as describe_schema
from openapi2tools.tools.strict.merge import ANNOTATIONS, Unmergeable, merge
from openapi2tools.tools.walk import definition_name, map_schemas

if TYPE_CHECKING:
    from openapi2tools.model import Call, Json, JsonObject, Result, Tool
    from openapi2tools.tools.strict.converter import StrictConverter

# Merging two schemas may leave an `allOf` in a property of both.
_MAX_MERGE_ROUNDS: Final = 4
_SHOWN_TYPES: Final = VIEWABLE_TYPES - {"image/gif"}
_LEGAL_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
# Names of tools that get one more `_`, so that `1` and `_1` stay two names.
_STARTS_WITHOUT_LETTER: Final = re.compile(r"_*[^A-Za-z_]")


def describe(
    tool: Tool,
    *,
    strict: bool = False,  # noqa: ARG001 -- as every format
    strict_converter: StrictConverter | None = None,  # noqa: ARG001 -- likewise
    full_tool: Tool | None = None,
) -> JsonObject:
    """Return one entry of `functionDeclarations`.

    Gemini has no strict schemas; its calling mode VALIDATED keeps to this one. `full_tool` is the
    tool that this one is a shorter form of, if it is.
    """
    keys = LegalKeys(tool.schema, _LEGAL_KEY, (full_tool or tool).schema)
    schema = map_schemas(_without_all_of(keys.rename()), _in_known_keywords)
    declaration: JsonObject = {
        "name": _legal_tool_name(tool.name),
        "description": tool.description,
    }
    if schema.get("properties"):
        declaration["parametersJsonSchema"] = schema
    return declaration


def read_calls(
    message: Json,
    tools: Mapping[str, Tool],
    *,
    strict: bool = False,  # noqa: ARG001 -- as every format
) -> list[Call]:
    """Read the `functionCall` parts of a content.

    Args:
        message: The content as a dict, its `parts`, or a whole response with one candidate; the
            SDK's objects will do.
        tools: The tools that were offered.
        strict: Without effect.
    """
    calls = []
    for part in _parts(message):
        call = part.get("functionCall", part.get("function_call"))  # as the SDK names it
        if not isinstance(call, Mapping):
            continue
        name = _own_tool_name(str(call.get("name") or ""), tools)
        arguments = call.get("args") or {}
        if name in tools:
            arguments = LegalKeys(tools[name].schema, _LEGAL_KEY).restore(arguments)
        calls.append(read_call(tools, name, arguments, id=str(call.get("id") or "")))
    return calls


def write_result(result: Result) -> Any:
    """Write the `functionResponse` part that answers a call, with its images and PDF files."""
    answer: JsonObject = {}
    if result.call_id:
        answer["id"] = result.call_id
    answer["name"] = _legal_tool_name(result.tool)
    told = shown_result(result, media_types=_SHOWN_TYPES)
    answer["response"] = {"error" if result.is_error else "output": told.text}
    parts = [
        {"inlineData": {"mimeType": essence(part.media_type), "data": to_base64(part)}}
        for part in told.parts
    ]
    if parts:
        answer["parts"] = parts
    return {"functionResponse": answer}


def _without_all_of(schema: JsonObject) -> JsonObject:
    """Merge the schemas of `allOf`, which Gemini does not know; what cannot be merged stays.

    So are rules beside a `$ref`.
    """
    definitions = schema.get("$defs", {})

    def merge_members(node: JsonObject) -> JsonObject:
        if "allOf" not in node and not ("$ref" in node and _rules_beside_reference(node)):
            return node
        try:
            return merge(node, lambda reference: definitions.get(definition_name(reference), True))
        except Unmergeable:
            return node

    for _ in range(_MAX_MERGE_ROUNDS):
        merged = map_schemas(schema, merge_members)
        if merged is schema:
            break
        schema = merged
    return schema


def _in_known_keywords(node: JsonObject) -> JsonObject:
    """Write `const` as an `enum`, and leave a `$ref` alone; what is said beside it stands around.

    Gemini takes no other keyword beside a `$ref`, and does not know `const`.
    """
    if "$ref" in node and len(node) > 1:
        reference = {keyword: value for keyword, value in node.items() if keyword.startswith("$")}
        description = describe_schema(node)
        return {"description": description, "anyOf": [reference]} if description else reference
    if "const" not in node:
        return node
    rest = {keyword: value for keyword, value in node.items() if keyword not in ("const", "enum")}
    if node["const"] is None:
        return {**rest, "type": "null"}
    return {**rest, "enum": [node["const"]]}


def _rules_beside_reference(node: JsonObject) -> bool:
    return any(keyword not in ANNOTATIONS and not keyword.startswith("$") for keyword in node)


def _legal_tool_name(name: str) -> str:
    return f"_{name}" if _STARTS_WITHOUT_LETTER.match(name) else name


def _own_tool_name(name: str, tools: Mapping[str, Tool]) -> str:
    """Return the name of a tool that was offered by its legal name."""
    original = name.removeprefix("_")
    if _STARTS_WITHOUT_LETTER.match(name) and original in tools:
        return original
    return name


def _parts(message: Json) -> list[JsonObject]:
    message = to_plain_json(message)
    if isinstance(message, Mapping) and "candidates" in message:
        candidates = message["candidates"]
        first = candidates[0] if isinstance(candidates, list) and candidates else None
        message = first.get("content") if isinstance(first, Mapping) else None
    if isinstance(message, Mapping):
        message = message.get("parts")
    return only_objects(message)
