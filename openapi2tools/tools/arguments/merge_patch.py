"""Allow null in the schema of a merge patch, where it deletes a field (RFC 7396)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools.model import essence
from openapi2tools.tools.schema.normalize import with_null
from openapi2tools.tools.walk import COMPOSITION_KEYWORDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openapi2tools.model import Json, JsonObject, MediaType

MERGE_PATCH_NOTE: Final = (
    "A merge patch: null deletes a field, and a field that is left out stays as it is."
)


def is_merge_patch(media: MediaType | None) -> bool:
    """Return whether a body is a merge patch."""
    return media is not None and essence(media.name) == "application/merge-patch+json"


def allow_deleting(
    arguments: JsonObject, body_arguments: Iterable[str], *, flat: bool
) -> JsonObject:
    """Return a schema of arguments in which null may stand for inner optional field of the body.

    Args:
        arguments: The schema of all arguments.
        body_arguments: The names of those that are sent in the body.
        flat: Whether inner of them is a field of the body, and not the body as a whole.
    """
    properties = dict(arguments["properties"])
    required = arguments.get("required", ()) if flat else tuple(body_arguments)
    for name in body_arguments:
        properties[name] = _patched_field(properties[name], is_required=name in required)
    schema = {**arguments, "properties": properties}
    if "$defs" in schema:
        schema["$defs"] = {name: _patched_object(inner) for name, inner in schema["$defs"].items()}
    return schema


def _patched_field(schema: Json, *, is_required: bool) -> Json:
    if not isinstance(schema, dict):
        return schema
    inside = _patched_object(schema)
    return inside if is_required else with_null(inside)


def _patched_object(schema: JsonObject) -> JsonObject:
    """Return a schema in which the optional properties may be null, at any depth of objects.

    Lists stay as they are: a patch replaces them as a whole.
    """
    changed = dict(schema)
    if "properties" in schema:
        required = schema.get("required", ())
        changed["properties"] = {
            name: _patched_field(inner, is_required=name in required)
            for name, inner in schema["properties"].items()
        }
    if isinstance(schema.get("additionalProperties"), dict):
        changed["additionalProperties"] = _patched_field(
            schema["additionalProperties"], is_required=False
        )
    for keyword in COMPOSITION_KEYWORDS:
        if keyword in schema:
            changed[keyword] = [_patched_object(inner) for inner in schema[keyword]]
    return changed
