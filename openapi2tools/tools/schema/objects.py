"""Convert the keywords of objects, arrays and parts of values, one function a keyword.

A property that is excluded (`readOnly` in a request, `writeOnly` in a response, or by a hint)
leaves `properties` and every keyword that names it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools.tools.schema.context import members_of
from openapi2tools.tools.schema.keywords import (
    DROPPED,
    distinct,
    read_positive_count,
)
from openapi2tools.tools.schema.patterns import convert_pattern
from openapi2tools.tools.text.invisible import invisible_characters
from openapi2tools.tools.walk import COMPOSITION_KEYWORDS, UNION_KEYWORDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openapi2tools.model import Json, JsonObject
    from openapi2tools.tools.schema.context import (
        ConversionContext,
        Converter,
        KeywordConverter,
    )

MAX_NAMED_CHARACTERS: Final = 5  # invisible characters that a problem's message names
_JOINING_KEYWORDS: Final = frozenset({"$ref", *COMPOSITION_KEYWORDS})
_FALSE: Final = (False, "false")
OPEN: Final[tuple[Json, ...]] = (True, "true", {})
"""What `additionalProperties` and its like are where anything may be."""


# --- the names of properties ---


def _convert_properties(
    converter: Converter, value: Json, _raw: JsonObject, context: ConversionContext
) -> Json:
    if not isinstance(value, dict):
        if value is not None:
            message = "Properties are a map of names to schemas."
            converter.report("not-properties", message, context)
        return DROPPED
    if not value:
        return {}
    excludes = converter.property_filter.excludes
    shown = {
        name: schema
        for name, schema in value.items()
        if name not in context.excluded and not excludes(schema)
    }
    _report_invisible_names(converter, shown, context)
    if not shown:
        return DROPPED
    inside = context.inside()
    convert_schema = converter.convert_schema
    return {name: convert_schema(schema, inside, name) for name, schema in shown.items()}


def _report_invisible_names(
    converter: Converter, names: Iterable[str], context: ConversionContext
) -> None:
    text = "".join(names)
    if text.isascii():
        return
    invisible = invisible_characters(text)
    if invisible:
        listed = ", ".join(invisible[:MAX_NAMED_CHARACTERS])
        message = f"Names of properties hold characters that nobody sees: {listed}."
        converter.report("hidden-characters", message, context)


def _convert_required(
    converter: Converter, value: Json, raw: JsonObject, context: ConversionContext
) -> Json:
    names = value if isinstance(value, list) else [value]
    excluded = context.excluded
    for keyword in UNION_KEYWORDS:
        if keyword in raw:
            excluded |= converter.property_filter.excluded_by_any(raw[keyword])
    kept = shown_names(converter, names, raw, excluded)
    if not kept or kept in (["true"], ["false"]):
        return DROPPED
    return distinct(kept)


def shown_names(
    converter: Converter, names: Iterable[Json], raw: JsonObject, excluded: frozenset[str]
) -> list[str]:
    """Return the names of properties that are not excluded."""
    properties = raw.get("properties")
    if not isinstance(properties, dict):
        properties = {}
    excludes = converter.property_filter.excludes
    return [
        name
        for name in names
        if isinstance(name, str) and name not in excluded and not excludes(properties.get(name))
    ]


def _convert_dependent_required(
    converter: Converter, value: Json, raw: JsonObject, context: ConversionContext
) -> Json:
    if not isinstance(value, dict):
        return DROPPED
    lists = {name: names for name, names in value.items() if isinstance(names, list)}
    kept: dict[str, list[str]] = {}
    for name in shown_names(converter, lists, raw, context.excluded):
        shown = distinct(shown_names(converter, lists[name], raw, context.excluded))
        if shown or not lists[name]:
            kept[name] = shown
    return kept or DROPPED


def _convert_min_properties(
    converter: Converter, value: Json, raw: JsonObject, context: ConversionContext
) -> Json:
    """Read `minProperties`, lowered to what is left where excluded properties cannot count."""
    minimum = read_positive_count(value)
    if minimum is DROPPED or not context.excluded:
        return minimum
    closed = raw.get("additionalProperties", False) in _FALSE and "patternProperties" not in raw
    declared = converter.resolver.property_names(raw)
    if not closed or declared.isdisjoint(context.excluded):
        return minimum
    return read_positive_count(min(minimum, len(declared - context.excluded)))


# --- objects that are closed ---


def _convert_additional_properties(
    converter: Converter, value: Json, raw: JsonObject, context: ConversionContext
) -> Json:
    """Convert `additionalProperties`; a `false` leaves that shuts out what schemas beside it name.

    Read to the letter, no value would fit.
    """
    converted = _convert_further_properties(converter, value, raw, context)
    if converted is False and closes_out_siblings(converter, raw, raw):
        return DROPPED
    return converted


def closes_out_siblings(converter: Converter, raw: JsonObject, whole: JsonObject) -> bool:
    """Return whether a closed object leaves out properties of schemas that apply beside it.

    `whole` is the schema that joins them.
    """
    if raw.get("additionalProperties") not in _FALSE or _JOINING_KEYWORDS.isdisjoint(whole):
        return False
    own = raw.get("properties")
    declared = converter.resolver.property_names(whole)
    return bool(declared.difference(own if isinstance(own, dict) else ()))


# --- schemas of parts of a value ---


def convert_one(
    converter: Converter, value: Json, _raw: JsonObject, context: ConversionContext
) -> Json:
    """Convert a keyword whose value is one schema, of a part of the value or of a condition."""
    return DROPPED if value is None else converter.convert_schema(value, context.inside())


def _convert_list(
    converter: Converter, value: Json, _raw: JsonObject, context: ConversionContext
) -> Json:
    inside = context.inside()
    converted = [converter.convert_schema(member, inside) for member in members_of(value)]
    return converted or DROPPED


def _convert_map(
    converter: Converter, value: Json, _raw: JsonObject, context: ConversionContext
) -> Json:
    if not isinstance(value, dict) or not value:
        return DROPPED
    inside = context.inside()
    return {name: converter.convert_schema(schema, inside) for name, schema in value.items()}


def _convert_schema_or_false(
    converter: Converter, value: Json, raw: JsonObject, context: ConversionContext
) -> Json:
    """Convert a schema that is often `false`; `true` says nothing."""
    if value is False or value == "false":
        return False
    if value in OPEN:
        return DROPPED
    return convert_one(converter, value, raw, context)


def _convert_further_properties(
    converter: Converter, value: Json, raw: JsonObject, context: ConversionContext
) -> Json:
    """Convert the schema of further properties; `true` is only said where properties are."""
    if value in OPEN and (raw.get("properties") or not _JOINING_KEYWORDS.isdisjoint(raw)):
        return True
    return _convert_schema_or_false(converter, value, raw, context)


def _convert_pattern_properties(
    converter: Converter, value: Json, raw: JsonObject, context: ConversionContext
) -> Json:
    if not isinstance(value, dict):
        return DROPPED
    legal: JsonObject = {}
    for written, schema in value.items():
        pattern = convert_pattern(written)
        if pattern is not None:
            legal[pattern] = schema
    return _convert_map(converter, legal, raw, context)


def _convert_items(
    converter: Converter, value: Json, raw: JsonObject, context: ConversionContext
) -> Json:
    if isinstance(value, list):  # a tuple of older drafts, which `normalize` renames
        inside = context.inside()
        return [converter.convert_schema(item, inside) for item in value]
    return False if value is False else convert_one(converter, value, raw, context)


def _convert_additional_items(
    converter: Converter, value: Json, raw: JsonObject, context: ConversionContext
) -> Json:
    if not isinstance(raw.get("items"), list):
        return DROPPED
    return _convert_schema_or_false(converter, value, raw, context)


OBJECT_KEYWORDS: Final[dict[str, KeywordConverter]] = {
    "properties": _convert_properties,
    "required": _convert_required,
    "dependentRequired": _convert_dependent_required,
    "minProperties": _convert_min_properties,
    "additionalProperties": _convert_additional_properties,
    "unevaluatedProperties": _convert_further_properties,
    "patternProperties": _convert_pattern_properties,
    "propertyNames": convert_one,
    "items": _convert_items,
    "additionalItems": _convert_additional_items,
    "prefixItems": _convert_list,
    "unevaluatedItems": _convert_schema_or_false,
    "contains": convert_one,
    "contentSchema": convert_one,
}
