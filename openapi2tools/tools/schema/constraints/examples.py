"""Check whether a value fits a schema, as far as that is cheap; no references are followed."""

from __future__ import annotations

import re
from fractions import Fraction
from math import isfinite
from typing import TYPE_CHECKING, Final

from openapi2tools._core.json.json_types import has_json_type
from openapi2tools.tools.schema.keywords import types_of
from openapi2tools.tools.schema.patterns import matches
from openapi2tools.tools.walk import NUMBER_KEYWORDS

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
# a schema with none of them says no more than its type
_CHECKED_KEYWORDS: Final = frozenset(
    [
        "enum",
        "pattern",
        "format",
        "minLength",
        "maxLength",
        "items",
        "minItems",
        "maxItems",
        *NUMBER_KEYWORDS,
    ]
)


def fits(value: Json, schema: Schema) -> bool:
    """Return whether a converted schema takes a value, as far as that is cheap to tell."""
    if not isinstance(schema, dict):
        return schema
    types = types_of(schema)
    if types and not any(has_json_type(value, name) for name in types):
        return False
    if _CHECKED_KEYWORDS.isdisjoint(schema):
        return True
    if "enum" in schema and value not in schema["enum"]:
        return False
    if isinstance(value, str):
        return _text_fits(value, schema)
    if isinstance(value, list):
        return _list_fits(value, schema)
    return not isinstance(value, int | float) or _number_fits(value, schema)


def _text_fits(value: str, schema: JsonObject) -> bool:
    if not _within(len(value), schema, "minLength", "maxLength"):
        return False
    written_form = _FORMATS.get(schema["format"]) if "format" in schema else None
    if written_form is not None and written_form.fullmatch(value) is None:
        return False
    return "pattern" not in schema or matches(schema["pattern"], value)


def _list_fits(value: list[Json], schema: JsonObject) -> bool:
    if not _within(len(value), schema, "minItems", "maxItems"):
        return False
    items = schema.get("items", True)
    return all(fits(item, items) for item in value)


def _number_fits(value: float, schema: JsonObject) -> bool:
    above = schema.get("exclusiveMinimum", value - 1)
    below = schema.get("exclusiveMaximum", value + 1)
    if not (above < value < below and _within(value, schema, "minimum", "maximum")):
        return False
    return "multipleOf" not in schema or _is_multiple(value, schema["multipleOf"])


def _is_multiple(value: float, step: float) -> bool:
    """Return whether a number is a multiple as people write them: 19.99 is one of 0.01."""
    if isinstance(value, float) and not isfinite(value):
        return False
    return not _exact(value) % _exact(step)


def _exact(number: float) -> Fraction:
    """Return a number as it is written: 0.1 is a tenth."""
    return Fraction(str(number)) if isinstance(number, float) else Fraction(number)


def _within(value: float, schema: JsonObject, minimum: str, maximum: str) -> bool:
    return bool(schema.get(minimum, value) <= value <= schema.get(maximum, value))
