"""Choose the representation of a request body that a tool offers, and find its files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openapi2tools.model import essence
from openapi2tools.tools.arguments.media import (
    is_binary,
    is_json,
    is_multipart,
    representation_rank,
)
from openapi2tools.tools.schema.keywords import is_file

if TYPE_CHECKING:
    from openapi2tools.model import Encoding, Json, MediaType, RequestBody
    from openapi2tools.tools.schema.components.resolver import ComponentResolver


def choose_representation(
    body: RequestBody | None, resolver: ComponentResolver
) -> MediaType | None:
    """Choose the representation of a body that a tool offers; None when there is none.

    One that takes a file is best where there are several: no other could send it. Then one with a
    schema, and then the order of `representation_rank`; among equals the first in the document.
    """
    if body is None or not body.content:
        return None
    if len(body.content) == 1:
        return body.content[0]
    is_file_in_json = any(
        is_json(media.name) and is_file(resolver.resolve(media.schema)) for media in body.content
    )

    def takes_file(media: MediaType) -> bool:
        if is_multipart(media.name):
            return _holds_file(media, resolver)
        return is_file_in_json and is_file_body(media, resolver)

    return min(
        body.content,
        key=lambda media: (
            not takes_file(media),
            not media.schema and not media.item_schema,
            representation_rank(media.name),
        ),
    )


def describe_choice(body: RequestBody, media: MediaType, resolver: ComponentResolver) -> str:
    """Return a sentence on which representation is offered, where others have other fields."""
    fields = resolver.property_names(media.schema)
    others = [
        essence(other.name)
        for other in body.content
        if other is not media and resolver.property_names(other.schema) not in (fields, set())
    ]
    if not fields or not others:
        return ""
    listed = ", ".join(dict.fromkeys(others))
    return f"Sent as {essence(media.name)}; the API also takes {listed}, of other fields."


def is_file_body(media: MediaType, resolver: ComponentResolver) -> bool:
    """Return whether a body is a file as a whole."""
    if is_binary(media.name):
        return not resolver.is_structured(media.schema)
    return "*" in media.name and is_file(resolver.resolve(media.schema))


def is_binary_encoding(encoding: Encoding) -> bool:
    """Return whether a part of a form is a file by its encoding: `contentType: image/png`."""
    content_types = (encoding.content_type or "").split(",")
    return all(content_type and is_binary(content_type) for content_type in content_types)


def part_schema(schema: Json) -> Json:
    """Return the schema of one part of a form: of an array's items, else of the property itself."""
    if not isinstance(schema, dict):
        return schema
    items = schema.get("items")
    return items if schema.get("type") == "array" and isinstance(items, dict) else schema


def _holds_file(media: MediaType, resolver: ComponentResolver) -> bool:
    """Return whether a part of a form is a file, by its schema or its encoding."""
    if any(map(is_binary_encoding, media.encoding.values())):
        return True
    properties = [part.get("properties") for part in resolver.joined(media.schema)]
    return any(
        is_file(resolver.resolve(part_schema(resolver.resolve(schema))))
        for named in properties
        if isinstance(named, dict)
        for schema in named.values()
    )
