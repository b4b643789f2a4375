"""A request of ours as openapi-core reads it, for the parameters and bodies that it can read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from openapi2tools._core import pointer

if TYPE_CHECKING:
    import httpx

    from openapi2tools.model import MediaType, Parameter, Tool

# it reads neither label, matrix, nor spaceDelimited, and the others not everywhere
STYLES: Final = {"simple", "form"}
_ASSERTIONS: Final = frozenset(
    """pattern format minLength maxLength minimum maximum exclusiveMinimum exclusiveMaximum
    multipleOf minItems maxItems uniqueItems minProperties maxProperties enum const not
    discriminator readOnly writeOnly example examples default xml externalDocs description
    title
    if then else dependentSchemas dependentRequired propertyNames""".split()  # noqa: SIM905 -- a list of words
)


@dataclass
class Request:
    """What openapi-core wants to know of a request."""

    method: str
    parameters: Any
    body: bytes | None
    content_type: str
    path: str = "/operation"
    path_pattern: str = "/operation"
    host_url: str = "http://api"


def readable(parameter: Parameter, value: Any, document: dict[str, Any]) -> bool:
    """Whether openapi-core can read this value: of one plain type, and not of a style or with a
    delimiter that it loses."""
    if parameter.media_type is not None or parameter.style not in STYLES or value in (None, "", []):
        return False
    schema = _resolved(parameter.schema, document)
    if not isinstance(value, list):
        return _is(value, schema)
    items = _resolved(schema.get("items"), document)
    exploded = parameter.explode and parameter.location == "query"
    return schema.get("type") == "array" and all(
        _is(each, items) and (exploded or (each != "" and "," not in str(each))) for each in value
    )


def _is(value: Any, schema: dict[str, Any]) -> bool:
    kinds = {str: "string", bool: "boolean", int: "integer number", float: "number"}.get(
        type(value), ""
    )
    return schema.get("type") in kinds.split() if isinstance(schema.get("type"), str) else False


def _resolved(schema: Any, document: dict[str, Any]) -> dict[str, Any]:
    while isinstance(schema, dict) and isinstance(schema.get("$ref"), str):
        schema = pointer.lookup(document, pointer.from_fragment(schema["$ref"]))
    return schema if isinstance(schema, dict) else {}


def loose(value: Any) -> Any:
    """Keep of a schema only what decides how text becomes a value: the rest is the checker's
    matter."""
    if isinstance(value, list):
        return [loose(each) for each in value]
    if not isinstance(value, dict):
        return value
    maps = [
        key
        for key in ("properties", "patternProperties", "$defs")
        if isinstance(value.get(key), dict)
    ]
    named = {key: {name: loose(each) for name, each in value[key].items()} for key in maps}
    kept = {
        key: loose(each)
        for key, each in value.items()
        if key not in _ASSERTIONS and not key.startswith("x-") and key not in named
    }
    if kept.get("type") == "file":
        del kept["type"]
    return {**kept, **named}


def unmarshal(document: dict[str, Any], request: Request) -> Any:
    """Let openapi-core read a request."""
    from openapi_core import Config, OpenAPI

    return OpenAPI.from_dict(document, config=Config(spec_validator_cls=None)).unmarshal_request(
        request
    )


def reads_body(media_type: MediaType | None, value: Any) -> bool:
    """Whether openapi-core can read this body: it knows no `+json` but problems, and merge patches
    are not its matter."""
    return (
        media_type is not None
        and media_type.name.partition(";")[0] == "application/json"
        and isinstance(value, dict | list)
    )


def as_request(built: httpx.Request, path: dict[str, str]) -> Request:
    """Give a built request as a framework gives it to openapi-core: decoded once."""
    from openapi_core.datatypes import RequestParameters
    from werkzeug.datastructures import Headers, ImmutableMultiDict

    from tests.support.reading import query_pairs

    cookies = [
        (name, unquote(text))
        for name, _, text in (
            pair.partition("=") for pair in built.headers.get("cookie", "").split("; ") if pair
        )
    ]
    parameters = RequestParameters(
        query=ImmutableMultiDict(query_pairs(built)),
        header=Headers(
            [(name.decode(), text.decode("latin-1")) for name, text in built.headers.raw]
        ),
        cookie=ImmutableMultiDict(cookies),
        path=path,
    )
    return Request("post", parameters, built.read() or None, built.headers.get("content-type", ""))


def document_of(tool: Tool, parameters: list[Parameter], *, body: bool) -> dict[str, Any]:
    """Write a document of one operation with these parameters, and with its body if that is
    wanted."""
    said = [_parameter(parameter) for parameter in parameters]
    version = {"3.1": "3.1.1", "3.2": "3.2.0"}.get(tool.api.dialect, "3.0.4")
    document: dict[str, Any] = {
        "openapi": version,
        "info": {"title": "", "version": ""},
        "servers": [{"url": "http://api"}],
    }
    operation: dict[str, Any] = {"parameters": said, "responses": {"200": {"description": ""}}}
    if body:
        # JSON has its types in itself
        operation["requestBody"] = {"content": {"application/json": {"schema": {}}}}
    document["paths"] = {"/operation": {"post": operation}}
    for reference in sorted(_references(operation)):
        _copy(reference, tool.api.document, document)
    return document


def _parameter(p: Parameter) -> dict[str, Any]:
    required = p.location == "path"
    return {
        "name": p.name,
        "in": p.location,
        "required": required,
        "style": p.style,
        "explode": p.explode,
        "schema": loose(p.schema),
    }


def _references(value: Any) -> set[str]:
    if isinstance(value, list):
        return {found for each in value for found in _references(each)}
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own | {found for each in value.values() for found in _references(each)}
    return set()


def _copy(reference: str, source: dict[str, Any], target: dict[str, Any]) -> None:
    tokens = pointer.split(pointer.from_fragment(reference))
    place = target
    for token in tokens[:-1]:
        place = place.setdefault(token, {})
    if tokens[-1] in place:
        return
    place[tokens[-1]] = loose(pointer.lookup(source, pointer.from_fragment(reference)))
    for each in _references(place[tokens[-1]]):
        _copy(each, source, target)
