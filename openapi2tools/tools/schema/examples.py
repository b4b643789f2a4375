"""A value and its schema in; whether the value keeps what the schema says of one text, number or list, out. No references are followed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from openapi2tools.tools.schema.keywords import has_type, matches, types_of

if TYPE_CHECKING:
    from openapi2tools.model import Json, JsonObject, Schema

_FORMATS: Final = {
    "date": re.compile(r"\d{4}-[01]\d-[0-3]\d"),
    "date-time": re.compile(
        r"\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", re.IGNORECASE
    ),
    "uuid": re.compile(r"[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}", re.IGNORECASE),
    "email": re.compile(r"[^\s@]+@[^\s@]+"),
    "ipv4": re.compile(r"(?:\d{1,3}\.){3}\d{1,3}"),
}
_RULES: Final = frozenset(
    [
        *("enum", "pattern", "format", "minLength", "maxLength", "items", "minItems", "maxItems"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    ]
)


def fits(value: Json, schema: Schema) -> bool:
    """Tell whether a translated schema takes a value, as far as that is cheap to tell."""
    if not isinstance(schema, dict):
        return schema
    kinds = types_of(schema)
    if kinds and not any(has_type(value, kind) for kind in kinds):
        return False
    if _RULES.isdisjoint(schema):
        return True
    if "enum" in schema and value not in schema["enum"]:
        return False
    if isinstance(value, str):
        return _text_fits(value, schema)
    if isinstance(value, list):
        return _holds(len(value), schema, "minItems", "maxItems") and all(
            fits(item, schema.get("items", True)) for item in value
        )
    return not isinstance(value, int | float) or _number_fits(value, schema)


def _text_fits(value: str, schema: JsonObject) -> bool:
    form = _FORMATS.get(schema["format"]) if "format" in schema else None
    return (
        _holds(len(value), schema, "minLength", "maxLength")
        and (form is None or form.fullmatch(value) is not None)
        and ("pattern" not in schema or matches(schema["pattern"], value))
    )


def _number_fits(value: float, schema: JsonObject) -> bool:
    within = (
        schema.get("exclusiveMinimum", value - 1)
        < value
        < schema.get("exclusiveMaximum", value + 1)
    )
    return within and _holds(value, schema, "minimum", "maximum")


def _holds(value: float, schema: JsonObject, least: str, most: str) -> bool:
    return bool(schema.get(least, value) <= value <= schema.get(most, value))
