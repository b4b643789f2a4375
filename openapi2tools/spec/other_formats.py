"""What a file seems to be that is no OpenAPI description: people give many things instead.

Each sentence says what it is, and what to do where something can be done.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.model import Json, JsonObject

_MAX_HEAD_BYTES: Final = 4000

# --- by the first bytes ---

_BINARY: Final[Mapping[bytes, str]] = {
    b"\x89PNG": "this is a PNG image, not a text.",
    b"\xff\xd8\xff": "this is a JPEG image, not a text.",
    b"GIF8": "this is a GIF image, not a text.",
    b"RIFF": "this is an image or a recording, not a text.",
    b"%PDF": "this is a PDF, which people read and programs do not.",
    b"PK\x03\x04": "this is a ZIP archive: unpack it first.",
    b"\x1f\x8b": "this is packed with gzip: unpack it first.",
}

# --- by how the text begins ---

_TOOLS: Final = (
    "these are tools for a model already: give the OpenAPI document that they were made of."
)
_TEXTS: Final = (
    (r"\A\s*#%RAML", "this is RAML: convert it to OpenAPI 3."),
    (r"\A\s*FORMAT:\s*1A", "this is API Blueprint: convert it to OpenAPI 3."),
    (
        r"^syntax\s*=\s*[\"']proto[23]|^(?:message|service)\s+\w+\s*\{",
        "this is a Protocol Buffers file (gRPC): protoc-gen-openapi makes OpenAPI of it.",
    ),
    (
        r"^(?:extend\s+)?(?:type|input|interface)\s+\w+[^:\n]*\{|^schema\s*\{|^scalar\s+\w+\s*$",
        "this is a GraphQL schema: its API has one address and no OpenAPI operations.",
    ),
    (
        r"\A\s*<(?s:.*?)(?:schemas\.xmlsoap\.org/wsdl|www\.w3\.org/ns/wsdl)",
        "this is WSDL, the description of a SOAP service: its operations are no HTTP operations.",
    ),
    (r"\A\s*<(?s:.*?)wadl\.dev\.java\.net", "this is WADL: convert it to OpenAPI 3."),
)
_TEXT_PATTERNS: Final = [(re.compile(text, re.MULTILINE), sentence) for text, sentence in _TEXTS]

# --- by its keys: the first that it has says it ---

_KEYS: Final[Mapping[str, str]] = {
    "swaggerVersion": "this is Swagger 1.x: convert it to OpenAPI 3 first"
    " (api-spec-converter does).",
    "asyncapi": "this is an AsyncAPI description: its channels are no HTTP operations.",
    "overlay": "this is an OpenAPI Overlay: give it as overlay of the description that it changes.",
    "openapi2tools": "these are saved tools, which a program reads with load_tools(path): give the"
    " OpenAPI document that they were made of.",
    "arazzo": "this is an Arazzo workflow: give the description that it works on.",
    "mcpServers": "this is the configuration of an MCP client, whose servers have tools of their"
    " own: give the OpenAPI document of an API.",
    "__schema": "this is the introspection of a GraphQL API, which has no OpenAPI operations.",
    "item": "this seems to be a Postman collection: export it as OpenAPI.",
    "log": "this seems to be a HAR recording, not an API description.",
    "raml": "this is RAML: convert it to OpenAPI 3.",
    "$schema": "this seems to be a JSON Schema, not an API description.",
    "discoveryVersion": "this is a Google API Discovery document: convert it to OpenAPI 3.",
    "errors": "this seems to be an error answer of a server, not an API description.",
}
_TOOL_SCHEMA_KEYS: Final = ("input_schema", "inputSchema", "parameters", "function")


def guess_by_text(data: bytes) -> str | None:
    """Return a sentence on what the bytes of a file seem to be; None if they could be anything."""
    for magic, sentence in _BINARY.items():
        if data.startswith(magic):
            return sentence
    head = data[:_MAX_HEAD_BYTES].decode("utf-8", "replace")
    for pattern, sentence in _TEXT_PATTERNS:
        if pattern.search(head):
            return sentence
    return None


def guess_by_value(value: Json) -> str:
    """Return a sentence on what a value that is no object seems to be."""
    if isinstance(value, list) and _is_tool_list(value):
        return _TOOLS
    descriptions = {list: "a list", str: "a text", type(None): "nothing"}
    described = descriptions.get(type(value), "a single value")
    return f"this is no API description: it is {described}, no object."


def guess_by_keys(document: JsonObject) -> str:
    """Return a sentence on what a document without a version seems to be."""
    for key, sentence in _KEYS.items():
        if key in document:
            return sentence
    if "paths" in document:
        return (
            "there are paths, but neither `openapi` nor `swagger` says which version:"
            " add `openapi: 3.1.0` or `swagger: '2.0'`."
        )
    if _is_tool(document) or any(map(_is_tool_list, document.values())):
        return _TOOLS
    if _is_mcp_configuration(document.get("servers")):
        return _KEYS["mcpServers"]
    keys = ", ".join(list(document)[:5]) or "nothing"
    return f"this is no OpenAPI description: it has neither `openapi` nor `swagger` (but {keys})."


def _is_tool_list(value: Json) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_tool, value))


def _is_tool(value: Json) -> bool:
    if not isinstance(value, dict) or not any(key in value for key in _TOOL_SCHEMA_KEYS):
        return False
    return "name" in value or isinstance(value.get("function"), dict)


def _is_mcp_configuration(servers: Json) -> bool:
    if not isinstance(servers, dict) or not servers:
        return False
    return all(isinstance(server, dict) and "command" in server for server in servers.values())
