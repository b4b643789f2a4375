"""Let a merge patch delete: in `application/merge-patch+json` null removes a field (RFC 7396)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools.model import essence
from openapi2tools.tools.schema.normalize import with_null

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openapi2tools.model import Json, JsonObject, MediaType

NOTE: Final = "A merge patch: null deletes a field, and a field that is left out stays as it is."
_SAME_VALUE_KEYWORDS: Final = ("allOf", "anyOf", "oneOf")


def is_merge_patch(media: MediaType | None) -> bool:
    """Return whether a body is a merge patch."""
    return media is not None and essence(media.name) == "application/merge-patch+json"


def allow_deleting(arguments: JsonObject, names: Iterable[str], *, flat: bool) -> JsonObject:
    """Return a schema of arguments in which null may stand for each optional field of the body.

    Args:
        arguments: The schema of all arguments.
        names: Those of the body.
        flat: Whether each of them is a field of the body, and not the body as a whole.
    """
    properties = dict(arguments["properties"])
    required = arguments.get("required", ()) if flat else tuple(names)
    for name in names:
        properties[name] = _field(properties[name], is_required=name in required)
    schema = {**arguments, "properties": properties}
    if "$defs" in schema:
        schema["$defs"] = {name: _object(each) for name, each in schema["$defs"].items()}
    return schema


def _field(schema: Json, *, is_required: bool) -> Json:
    if not isinstance(schema, dict):
        return schema
    inside = _object(schema)
    return inside if is_required else with_null(inside)


def _object(schema: JsonObject) -> JsonObject:
    """Return the schema of an object that is patched; what a list holds is replaced as a whole."""
    changed = dict(schema)
    if "properties" in schema:
        required = schema.get("required", ())
        changed["properties"] = {
            name: _field(each, is_required=name in required)
            for name, each in schema["properties"].items()
        }
    if isinstance(schema.get("additionalProperties"), dict):
        changed["additionalProperties"] = _field(schema["additionalProperties"], is_required=False)
    for keyword in _SAME_VALUE_KEYWORDS:
        if keyword in schema:
            changed[keyword] = [_object(each) for each in schema[keyword]]
    return changed
