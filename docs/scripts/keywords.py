"""Write docs/how/keywords.md: what becomes of each keyword, as the code answers it.

Each row is a real document with one property; the columns are what its tool says, plainly and in
OpenAI's strict subset.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from openapi2tools import build_tools, export, load

PAGE = Path(__file__).parents[1] / "how/keywords.md"
LEAD = """# How each keyword of OpenAPI maps

<!-- made by docs/scripts/keywords.py -->

A tool's schema is JSON Schema 2020-12, whatever the document's dialect. What stands in the document is **kept** where a model and a validator read it alike, **moved** where 2020-12
says it otherwise or a vendor's subset has no keyword for it, and **dropped** where it says nothing about a request. The plain schema is what arguments are checked against, in strict
mode, too: what a strict schema cannot say is said in words, and checked before the call is sent.

## Schemas

Each row is made by the code from a document with that one property. “Strict” is what OpenAI gets; Anthropic's subset is close to it.
"""
ROWS: tuple[tuple[str, str, Any, str], ...] = (
    ("3.0", "type", {"type": "integer"}, "kept"),
    ("3.1", "type, several", {"type": ["string", "null"]}, "kept"),
    ("3.0", "nullable", {"type": "string", "nullable": True}, "moved: 2020-12 says it in `type`"),
    ("2.0", "x-nullable", {"type": "string", "x-nullable": True}, "moved: 2.0 has no other word for it"),
    ("3.0", "format", {"type": "string", "format": "date-time"}, "kept"),
    ("3.0", "format, a vendor's own", {"type": "string", "format": "phone"}, "kept; strict takes only some formats, and says others in words"),
    ("3.0", "enum", {"type": "string", "enum": ["new", "used"]}, "kept"),
    ("3.1", "const", {"const": "new"}, "kept"),
    ("3.0", "default", {"type": "integer", "default": 20}, "kept; strict has no such keyword, so in words"),
    ("3.0", "minimum, maximum", {"type": "integer", "minimum": 1, "maximum": 9}, "kept"),
    ("3.0", "exclusiveMinimum (a boolean)", {"type": "number", "minimum": 0, "exclusiveMinimum": True}, "moved: 2020-12 gives the number"),
    ("3.0", "multipleOf", {"type": "number", "multipleOf": 0.5}, "kept"),
    ("3.0", "minLength, maxLength", {"type": "string", "minLength": 2, "maxLength": 8}, "kept; strict says it in words"),
    ("3.0", "pattern", {"type": "string", "pattern": "^[a-z]+$"}, "kept, written as ECMA-262 does"),
    ("3.0", "minItems, maxItems", {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 3}, "kept"),
    ("3.0", "uniqueItems", {"type": "array", "items": {"type": "string"}, "uniqueItems": True}, "kept; strict says it in words"),
    ("3.1", "prefixItems", {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "items": False}, "kept; strict makes an object of it, and the way back"),
    ("3.0", "additionalProperties", {"type": "object", "additionalProperties": {"type": "integer"}}, "kept; strict makes a list of pairs, and the way back"),
    ("3.0", "allOf", {"allOf": [{"type": "object", "properties": {"a": {"type": "string"}}}, {"type": "object", "properties": {"b": {"type": "string"}}}]}, "kept; strict merges it"),
    ("3.0", "oneOf", {"oneOf": [{"type": "string"}, {"type": "integer"}]}, "kept; strict says `anyOf`"),
    ("3.0", "not", {"type": "string", "not": {"enum": ["x"]}}, "kept; strict says it in words, or cannot"),
    ("3.0", "readOnly", {"type": "object", "properties": {"id": {"type": "string", "readOnly": True}, "name": {"type": "string"}}}, "dropped: it has no place in a request"),
    ("3.0", "writeOnly", {"type": "string", "writeOnly": True}, "dropped: a request is where it belongs"),
    ("3.0", "deprecated", {"type": "string", "deprecated": True}, "kept; strict says it in words"),
    ("3.0", "description", {"type": "string", "description": "The <b>title</b> of a *book*."}, "kept as plain text: markup costs tokens and says nothing"),
    ("3.0", "title", {"type": "string", "title": "Book Title"}, "kept; strict has it as the description"),
    ("3.0", "example", {"type": "string", "example": "Dune"}, "moved: 2020-12 has `examples`"),
    ("3.0", "xml", {"type": "string", "xml": {"attribute": True}}, "dropped from the schema; requests are written by it"),
    ("3.0", "externalDocs", {"type": "string", "externalDocs": {"url": "https://docs.example"}}, "dropped: a model cannot open it"),
    ("3.0", "x-enum-descriptions", {"type": "string", "enum": ["a", "b"], "x-enum-descriptions": ["air", "boat"]}, "moved into the description"),
)  # fmt: skip
REST = """
## Everything else

| in the document | becomes | why |
|---|---|---|
| `operationId`, `summary`, path | the tool's name | legal for every vendor, unique, stable; FastAPI's default ids become the function's name |
| `summary`, `description` | the tool's description | Markdown and HTML become plain text; examples of `curl` and tables of codes go |
| parameters in path, query, header, cookie | arguments | one flat object; what shares a name gets another one, and the way back |
| `requestBody`, `body`, `formData` | arguments, or the argument `body` | flat where nothing is lost |
| `style`, `explode`, `allowReserved`, `collectionFormat`, `encoding` | how a request is written | a model has nothing to do with it |
| header parameters `Accept`, `Content-Type`, `Authorization` | dropped | the standard says that they are ignored; the client writes them |
| `servers`, `host`, `basePath`, `schemes` | where a call goes | the operator chooses, not the model |
| `security`, `securitySchemes` | how a call is signed | no credential is an argument |
| `responses` | what an answer is read by; with `--output-schemas`, `outputSchema` (MCP) | responses cost tokens, and few models need them |
| `callbacks`, `webhooks` | dropped | they are calls to you, not by you |
| `links` | dropped | search finds who gives the ids that an operation needs |
| `tags` | `--tag`, namespaces, the overview that a model searches | |
| `deprecated` on an operation | `--no-deprecated`, and a word in the description | |
| `x-openapi2tools` | names, descriptions, exclusion, effect | an [Overlay](../guides/fastapi.md#curate-it) can add it |
"""


def keywords() -> dict[Path, str]:
    """Return the text of the page."""
    lines = ["| keyword | in | written | plain | strict | |", "|---|---|---|---|---|---|"]
    lines += [_row(*row) for row in ROWS]
    return {PAGE: LEAD + "\n" + "\n".join(lines) + "\n" + REST}


def _row(version: str, keyword: str, schema: Any, why: str) -> str:
    tools = build_tools(load(_document(version, schema)))
    plain = tools["make"].schema
    (strict,) = (tool["function"] for tool in export(tools, "openai-chat"))
    shown = _code(_property(strict["parameters"])) if strict["strict"] else "not strict"
    return (
        f"| {keyword} | {version} | {_code(schema)} | {_code(_property(plain))} | {shown} | {why} |"
    )


def _document(version: str, schema: Any) -> dict[str, Any]:
    body = {"type": "object", "required": ["value"], "properties": {"value": schema}}
    operation: dict[str, Any] = {"operationId": "make", "responses": {"200": {"description": ""}}}
    head: dict[str, Any] = {"info": {"title": "Keywords", "version": "1"}}
    if version == "2.0":
        operation["parameters"] = [{"name": "body", "in": "body", "required": True, "schema": body}]
        head["swagger"] = "2.0"
    else:
        content = {"application/json": {"schema": body}}
        operation["requestBody"] = {"required": True, "content": content}
        head["openapi"] = f"{version}.0"
    return {**head, "paths": {"/things": {"post": operation}}}


def _property(schema: Any) -> Any:
    properties = schema["properties"]
    if "value" in properties:
        return properties["value"]
    return next(iter(properties.values()))["properties"]["value"]


def _code(value: Any) -> str:
    return f"`{json.dumps(value, ensure_ascii=False)}`".replace("|", "\\|")
