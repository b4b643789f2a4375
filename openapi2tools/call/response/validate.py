"""Check a response against the document; this is the one door to openapi-core.

openapi-core is given a document of one operation, under a path of ours: then it neither searches
paths nor walks the whole document.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from openapi2tools._core import pointer
from openapi2tools.call.response.decode import holds_more_values_than
from openapi2tools.call.serialization.media import fits_range, is_json
from openapi2tools.model import essence
from openapi2tools.tools.arguments.effort import is_within
from openapi2tools.tools.schema.patterns import convert_pattern, matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import httpx

    from openapi2tools.model import Json, JsonObject, Tool

_MAX_FINDINGS: Final = 5
_MAX_VALUES: Final = 50_000
"""Values of an answer beyond which it is not checked: openapi-core takes seconds for them."""
_MAX_EFFORT: Final = 100_000
"""Schemas that are applied to the values of one answer."""
_MAX_COMPARED_ITEMS: Final = 1000
"""Values of an answer beyond which its items are not compared with each other."""
_PATTERN_FORMAT: Final = "text that matches "
_UNREAD_KEYWORDS: Final = frozenset({"enum", "const", "default", "example", "examples"})
_MAX_FINDING_CHARS: Final = 200
_ITEMS_NOT_COMPARED: Final = (
    f"Whether items are unique was not checked: the answer holds more than {_MAX_COMPARED_ITEMS:,} "
    "values."
)
"""A finding quotes the answer, which may be long."""
_OPENAPI_VERSIONS: Final = {"3.0": "3.0.4", "3.1": "3.1.1", "3.2": "3.2.0"}
_BASE_URL: Final = "http://api"
_PATH: Final = "/operation"
# What openapi-core lets out over odd documents, beside the errors of its libraries.
_ERRORS_OVER_ODD_DOCUMENTS: Final = (
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
    RecursionError,
    re.error,
)


@dataclass
class _Request:
    """What openapi-core wants to know of a request to find its operation."""

    host_url: str = _BASE_URL
    path: str = _PATH
    path_pattern: str = _PATH
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


class _OutsideReference(ValueError):
    """A reference that leads out of the components."""


def validation_findings(tool: Tool, response: httpx.Response, body: bytes) -> tuple[str, ...]:
    """Return a short sentence for each way in which a response is not what the document says.

    Nothing is raised for what cannot be checked: a sentence says so.
    """
    media_type = essence(response.headers.get("content-type", ""))
    if body and media_type not in ("", "text/plain") and not is_json(media_type):
        return _not_checked(f"it is {media_type}, neither JSON nor plain text")
    dialect = tool.api.dialect
    version = _OPENAPI_VERSIONS.get(dialect)
    if version is None:
        return _not_checked(f"openapi-core reads no documents of version {dialect}")
    operation = pointer.lookup(tool.api.document, tool.operation.pointer)
    responses = operation.get("responses") if isinstance(operation, dict) else None
    if not isinstance(responses, dict):
        return _not_checked("the document describes none")
    if holds_more_values_than(_MAX_VALUES, body):
        return _not_checked(f"it holds more than {_MAX_VALUES:,} values")
    answer = _Response(response.status_code, response.headers, body, media_type)
    try:
        document = _document_of_one_operation(version, responses, tool.api.document)
        document = _with_content_of(document, media_type)
        if is_json(media_type) and not _ends_soon(document, body):
            return _not_checked("its schema has too many alternatives within alternatives")
        patterns: set[str] = set()
        whole = _bounded(document, patterns, keeps_unique=True)
        checked = whole
        if holds_more_values_than(_MAX_COMPARED_ITEMS, body):
            checked = _bounded(document, patterns, keeps_unique=False)
        errors = list(_response_errors(checked, answer, patterns))
    except _OutsideReference as error:
        return _not_checked(str(error))
    except _errors_over_odd_documents() as error:
        name = type(error).__name__
        return _not_checked(f"openapi-core cannot read the document here ({name})")
    findings = tuple(
        f"The answer is not what the document says: {text[:_MAX_FINDING_CHARS]}"
        for text in errors[:_MAX_FINDINGS]
    )
    return findings if checked == whole else (*findings, _ITEMS_NOT_COMPARED)


def _not_checked(reason: str) -> tuple[str]:
    return (f"The answer was not checked: {reason}.",)


def _errors_over_odd_documents() -> tuple[type[Exception], ...]:
    """Return what openapi-core and its libraries let out over odd documents.

    Such documents have references to nowhere, or types that do not exist.
    """
    from jsonschema.exceptions import UnknownType  # type: ignore[import-untyped]  # noqa: PLC0415 -- openapi-core's own, and as slow
    from referencing.exceptions import Unresolvable  # noqa: PLC0415 -- as above

    return (*_ERRORS_OVER_ODD_DOCUMENTS, UnknownType, Unresolvable)


def _ends_soon(document: JsonObject, body: bytes) -> bool:
    """Return whether a check of an answer ends soon, whichever of the schemas is its own."""
    try:
        data = _parse_json(body)
    except ValueError:
        return True
    definitions = document["components"].get("schemas", {})
    responses = document["paths"][_PATH]["get"]["responses"]
    schemas = [
        media["schema"]
        for response in (*responses.values(), *document["components"].get("responses", {}).values())
        for media in response.get("content", {}).values()
        if "schema" in media
    ]
    return all(
        is_within(_MAX_EFFORT, schema, data, definitions, is_text_free=True) for schema in schemas
    )


def _bounded(value: Any, patterns: set[str], *, keeps_unique: bool) -> Any:
    """Return a document that an engine without backtracking checks in bounded time.

    Each pattern becomes a format of its own, and is added to `patterns`.
    """
    if isinstance(value, list):
        return [_bounded(item, patterns, keeps_unique=keeps_unique) for item in value]
    if not isinstance(value, dict):
        return value
    bounded: JsonObject = {}
    for key, inner in value.items():
        if key == "pattern" and isinstance(inner, str):
            patterns.add(inner)
        elif key in _UNREAD_KEYWORDS:
            bounded[key] = inner
        elif key != "uniqueItems" or keeps_unique or not isinstance(inner, bool):
            bounded[key] = _bounded(inner, patterns, keeps_unique=keeps_unique)
    pattern = value.get("pattern")
    if isinstance(pattern, str):
        matched = {"format": _PATTERN_FORMAT + pattern}
        bounded["allOf"] = [*bounded.get("allOf", ()), matched]
    return bounded


def _matches(pattern: str, value: object) -> bool:
    """Return whether a value is no text, or one that matches what a pattern means.

    Raises:
        ValueError: The pattern is none.
    """
    if not isinstance(value, str):
        return True
    reading = convert_pattern(pattern)
    if reading is None:
        raise ValueError(pattern)
    return matches(reading, value)


def _response_errors(
    document: JsonObject, answer: _Response, patterns: Iterable[str]
) -> Iterator[str]:
    from openapi_core import Config, OpenAPI  # noqa: PLC0415 -- takes half a second, for those who validate
    from openapi_core.exceptions import OpenAPIError  # noqa: PLC0415 -- as above

    # By itself it knows two JSON media types only.
    deserializers: dict[str, Any] = {}
    if is_json(answer.content_type):
        deserializers[answer.content_type] = _parse_json
    config = Config(
        spec_validator_cls=None,
        extra_media_type_deserializers=deserializers,
        extra_format_validators={
            _PATTERN_FORMAT + pattern: partial(_matches, pattern) for pattern in patterns
        },
    )
    api = OpenAPI.from_dict(document, config=config)
    try:
        for error in api.iter_response_errors(_Request(), answer):
            yield from _error_texts(error)
    except OpenAPIError as error:
        yield from _error_texts(error)


def _parse_json(body: bytes, **_: str) -> Json:
    return json.loads(body)


def _error_texts(error: BaseException) -> Iterator[str]:
    """Yield what went wrong first, at the bottom of the causes; for a schema, each error's path.

    That alternatives of a `oneOf` overlap is no fault of the answer.
    """
    root = "$"
    if hasattr(error, "name") and "Header" in type(error).__name__:
        root = f"the header {error.name}"
    while error.__cause__ is not None and not hasattr(error, "schema_errors"):
        error = error.__cause__
    schema_errors = getattr(error, "schema_errors", None)
    if schema_errors is None:
        yield str(error)
        return
    for each in schema_errors:
        is_overlap = each.validator == "oneOf" and not each.context
        if not is_overlap:
            yield f"{each.json_path.replace('$', root, 1)}: {each.message}"


def _document_of_one_operation(
    version: str, responses: JsonObject, document: JsonObject
) -> JsonObject:
    """Return a document with one operation, and with the components that its responses reach."""
    return {
        "openapi": version,
        "info": {"title": "", "version": ""},
        "servers": [{"url": _BASE_URL}],
        "paths": {_PATH: {"get": {"responses": responses}}},
        "components": _reachable_components(responses, document),
    }


def _with_content_of(document: JsonObject, media_type: str) -> JsonObject:
    """Return a document whose responses name an answer's media type as the answer does.

    openapi-core takes `application/json; charset=utf-8` for another type than `application/json`,
    and reads no JSON where the document says `*/*`.
    """
    operation = document["paths"][_PATH]["get"]
    responses = _each_with_content_of(operation["responses"], media_type)
    components = document["components"]
    if "responses" in components:
        named = _each_with_content_of(components["responses"], media_type)
        components = {**components, "responses": named}
    paths = {_PATH: {"get": {**operation, "responses": responses}}}
    return {**document, "paths": paths, "components": components}


def _each_with_content_of(responses: JsonObject, media_type: str) -> JsonObject:
    changed = dict(responses)
    for status, response in responses.items():
        content = response.get("content") if isinstance(response, dict) else None
        if not isinstance(content, dict):
            continue
        fitting = [name for name in content if fits_range(media_type, name)]
        if media_type and fitting:
            nearest = min(fitting, key=lambda name: name.count("*"))
            changed[status] = {**response, "content": {media_type: content[nearest]}}
    return changed


def _reachable_components(value: Json, document: JsonObject) -> dict[str, JsonObject]:
    components: dict[str, JsonObject] = {}
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting += each
        elif isinstance(each, dict):
            waiting += each.values()
            reference = each.get("$ref")
            if isinstance(reference, str):
                component = _copy_component(reference, document, components)
                if component is not None:
                    waiting.append(component)
    return components


def _copy_component(
    reference: str, document: JsonObject, components: dict[str, JsonObject]
) -> Json:
    """Copy the component that a reference leads into; None when it is there already."""
    tokens = pointer.split(pointer.from_fragment(reference))
    if not reference.startswith("#/components/") or len(tokens) < 3:
        raise _OutsideReference(f"the reference {reference} leads out of the components")
    kind, name = tokens[1], tokens[2]
    component = document.get("components", {}).get(kind, {}).get(name)
    if component is None or name in components.get(kind, {}):
        return None
    components.setdefault(kind, {})[name] = component
    return component
