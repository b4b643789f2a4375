"""What of an operation is searched, and how much each field counts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from openapi2tools._core import pointer
from openapi2tools.tools.search.words import words
from openapi2tools.tools.text.describe import success_response
from openapi2tools.tools.walk import composed_schemas

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.model import Api, Json, JsonObject, Operation

# Chosen with benchmarks/retrieval.py: half the weight of descriptions finds all operations of 65 %
# instead of 63 % of the questions in RestBench-Spotify, and 76 % instead of 68 % in GitHub's.
NAME_WEIGHT: Final = 2.0
PATH_WEIGHT: Final = 2.0
SUMMARY_WEIGHT: Final = 3.0
TAG_WEIGHT: Final = 1.0
DESCRIPTION_WEIGHT: Final = 0.5
PARAMETER_WEIGHT: Final = 0.2
RESPONSE_WEIGHT: Final = 0.3
_MAX_PROPERTIES: Final = 60  # of one schema; more say nothing about what an operation is for
_MAX_NESTING: Final = 3
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
# What people say for a method; the words of a question are compared in the same form.
_METHOD_WORDS: Final = {
    "GET": "get list show find retrieve",
    "POST": "create add new post",
    "PUT": "update set replace put",
    "PATCH": "update change edit patch",
    "DELETE": "delete remove",
}
_METHOD_WEIGHT: Final = 0.7


def operation_words(operation: Operation, name: str, api: Api) -> dict[str, float]:
    """Return the words of an operation, each with how often, weighted, it stands there."""
    counts: dict[str, float] = {}
    for text, weight in _fields(operation, name, api):
        for word in words(text):
            counts[word] = counts.get(word, 0.0) + weight
    return counts


def title_words(operation: Operation, name: str) -> list[str]:
    """Return the words of an operation's summary, or else of its name."""
    return words(operation.summary) or words(name)


def _fields(operation: Operation, name: str, api: Api) -> Iterator[tuple[str, float]]:
    yield name, NAME_WEIGHT
    if operation.id and operation.id != name:
        yield operation.id, NAME_WEIGHT / 2
    yield _PLACEHOLDER.sub(" ", operation.path), PATH_WEIGHT
    yield _METHOD_WORDS.get(operation.method, operation.method), _METHOD_WEIGHT
    yield operation.summary, SUMMARY_WEIGHT
    yield operation.description, DESCRIPTION_WEIGHT
    for tag in operation.tags:
        yield tag, TAG_WEIGHT
    for parameter in operation.parameters:
        yield parameter.name, PARAMETER_WEIGHT
        yield parameter.description, PARAMETER_WEIGHT / 2
    if operation.request_body is not None:
        for media_type in operation.request_body.content[:1]:
            names = property_names(media_type.schema, api.document)
            yield " ".join(names), PARAMETER_WEIGHT
    yield " ".join(response_properties(operation, api)), RESPONSE_WEIGHT


def response_properties(operation: Operation, api: Api, levels: int = _MAX_NESTING) -> list[str]:
    """Return the property names of what a successful call gives, down to a number of levels."""
    response = success_response(operation.responses)
    if response is None or not response.content:
        return []
    return property_names(response.content[0].schema, api.document, levels)


def property_names(schema: Json, document: JsonObject, levels: int = _MAX_NESTING) -> list[str]:
    """Return the property names of a schema and of what it holds, the outer ones first."""
    names: dict[str, None] = {}
    level, seen = [schema], set[str]()
    for _ in range(levels):
        level = [part for each in level for part in _parts(each, document, names, seen)]
        if len(names) >= _MAX_PROPERTIES:
            break
    return list(names)[:_MAX_PROPERTIES]


def _parts(
    schema: Json, document: JsonObject, names: dict[str, None], seen: set[str]
) -> Iterator[Json]:
    """Note the property names of one schema, and yield the schemas inside it."""
    schema = resolve(schema, document, seen)
    if not isinstance(schema, dict):
        return
    for part in composed_schemas(schema):
        yield from _parts(part, document, names, seen)
    if "items" in schema:
        yield from _parts(schema["items"], document, names, seen)
    properties = schema.get("properties")
    if isinstance(properties, dict):
        names.update(dict.fromkeys(map(str, properties)))
        yield from properties.values()


def resolve(schema: Json, document: JsonObject, seen: set[str]) -> Json:
    """Follow a local reference that was not followed before; None for one that was."""
    while isinstance(schema, dict) and isinstance(schema.get("$ref"), str):
        reference = schema["$ref"]
        if reference in seen or not reference.startswith("#"):
            return None
        seen.add(reference)
        schema = pointer.target_of(document, reference)
    return schema
