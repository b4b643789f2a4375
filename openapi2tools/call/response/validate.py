"""A response in, what it breaks of the document's word out. This is the door to openapi-core.

openapi-core is given a document of one operation, under a path of ours: then it neither searches
paths nor walks the whole document.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from openapi2tools._core import pointer
from openapi2tools.call.serialization.media import is_json
from openapi2tools.model import essence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import httpx

    from openapi2tools.model import Json, JsonObject, Tool

_MOST: Final = 5  # findings that are told
_LONGEST: Final = 200  # characters of one finding: it quotes the answer
# let out over odd documents
_STUMBLES: Final = (TypeError, ValueError, LookupError, AttributeError, RecursionError, re.error)
_VERSIONS: Final = {"3.0": "3.0.4", "3.1": "3.1.1", "3.2": "3.2.0"}


@dataclass
class _Request:
    """What openapi-core wants to know of a request to find its operation."""

    host_url: str = "http://api"
    path: str = "/operation"
    path_pattern: str = "/operation"
    method: str = "get"
    body: bytes | None = None
    content_type: str = ""
    parameters: Any = None


@dataclass
class _Response:
    """What openapi-core wants to know of a response."""

    status_code: int
    headers: Mapping[str, str]
    data: bytes
    content_type: str


def findings(tool: Tool, response: httpx.Response, body: bytes) -> tuple[str, ...]:
    """Say in short sentences where a response is not what the document says; nothing is raised for what cannot be checked."""
    kind = essence(response.headers.get("content-type", ""))
    if body and kind not in ("", "text/plain") and not is_json(kind):
        return (f"The answer was not checked: it is {kind}, neither JSON nor plain text.",)
    version = _VERSIONS.get(tool.api.dialect)
    if version is None:
        return (
            f"The answer was not checked: openapi-core reads no documents of version {tool.api.dialect}.",
        )
    raw = pointer.lookup(tool.api.document, tool.operation.pointer)
    responses = raw.get("responses") if isinstance(raw, dict) else None
    if not isinstance(responses, dict):
        return ("The answer was not checked: the document describes none.",)
    answer = _Response(response.status_code, response.headers, body, kind)
    try:
        errors = list(_errors(_document(version, responses, tool.api.document), answer))
    except _Elsewhere as error:
        return (f"The answer was not checked: {error}.",)
    except _stumbles() as error:
        return (
            f"The answer was not checked: openapi-core cannot read the document here ({type(error).__name__}).",
        )
    return tuple(
        f"The answer is not what the document says: {text[:_LONGEST]}" for text in errors[:_MOST]
    )


def _stumbles() -> tuple[type[Exception], ...]:
    """Give what openapi-core, and what it stands on, let out over odd documents: references to nowhere, types that there are not."""
    from jsonschema.exceptions import UnknownType  # type: ignore[import-untyped]  # noqa: PLC0415 -- openapi-core's own, and as slow
    from referencing.exceptions import Unresolvable  # noqa: PLC0415 -- as above

    return (*_STUMBLES, UnknownType, Unresolvable)


def _errors(document: JsonObject, answer: _Response) -> Iterator[str]:
    from openapi_core import Config, OpenAPI  # noqa: PLC0415 -- takes half a second, for those who validate
    from openapi_core.exceptions import OpenAPIError  # noqa: PLC0415 -- as above

    # it knows two dialects by itself
    every_json: dict[str, Any] = (
        {answer.content_type: _json} if is_json(answer.content_type) else {}
    )
    api = OpenAPI.from_dict(
        document, config=Config(spec_validator_cls=None, extra_media_type_deserializers=every_json)
    )
    try:
        for error in api.iter_response_errors(_Request(), answer):
            yield from _told(error)
    except OpenAPIError as error:
        yield from _told(error)


def _json(body: bytes, **_: str) -> Json:
    return json.loads(body)


def _told(error: BaseException) -> Iterator[str]:
    """Go down to what went wrong first; a schema's errors are told with their places.

    That alternatives overlap is no fault of the answer.
    """
    place = (
        f"the header {error.name}"
        if hasattr(error, "name") and "Header" in type(error).__name__
        else "$"
    )
    while error.__cause__ is not None and not hasattr(error, "schema_errors"):
        error = error.__cause__
    schema_errors = getattr(error, "schema_errors", None)
    if schema_errors is None:
        yield str(error)
        return
    real = (each for each in schema_errors if each.validator != "oneOf" or each.context)
    yield from (f"{each.json_path.replace('$', place, 1)}: {each.message}" for each in real)


class _Elsewhere(ValueError):
    """A reference that leads out of the components."""


def _document(version: str, responses: JsonObject, whole: JsonObject) -> JsonObject:
    """Make a document of one operation, with the components that its responses reach."""
    components: dict[str, JsonObject] = {}
    _collect(responses, whole, components)
    return {
        "openapi": version,
        "info": {"title": "", "version": ""},
        "servers": [{"url": "http://api"}],
        "paths": {"/operation": {"get": {"responses": responses}}},
        "components": components,
    }


def _collect(value: Json, whole: JsonObject, components: dict[str, JsonObject]) -> None:
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting += each
        elif isinstance(each, dict):
            waiting += each.values()
            reference = each.get("$ref")
            if (
                isinstance(reference, str)
                and (target := _take(reference, whole, components)) is not None
            ):
                waiting.append(target)


def _take(reference: str, whole: JsonObject, components: dict[str, JsonObject]) -> Json:
    """Copy the component that a reference leads into; None when it is there already."""
    tokens = pointer.split(pointer.from_fragment(reference))
    if not reference.startswith("#/components/") or len(tokens) < 3:
        raise _Elsewhere(f"the reference {reference} leads out of the components")
    kind, name = tokens[1], tokens[2]
    target = whole.get("components", {}).get(kind, {}).get(name)
    if target is None or name in components.get(kind, {}):
        return None
    components.setdefault(kind, {})[name] = target
    return target
