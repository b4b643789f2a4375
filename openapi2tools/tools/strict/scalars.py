"""Read strings, numbers and booleans, which most properties are, as shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools.tools.schema.constraints.contradictions import empty_range
from openapi2tools.tools.strict.constraint_text import (
    allowed_pattern,
    constraint_sentences,
    describe,
)
from openapi2tools.tools.strict.definition_source import SizedProperty
from openapi2tools.tools.strict.shapes import Property, ScalarShape
from openapi2tools.tools.walk import COMPOSITION_KEYWORDS, NUMBER_KEYWORDS

if TYPE_CHECKING:
    from openapi2tools.model import JsonObject, Schema
    from openapi2tools.tools.strict.subset import Subset

COMBINING_KEYWORDS: Final = frozenset({*COMPOSITION_KEYWORDS, "$ref"})
SHAPELESS_KEYWORDS: Final = frozenset(
    {"if", "then", "else", "dependentSchemas", "contains", "unevaluatedItems", "$dynamicRef"}
)
_SCALAR_TYPES: Final = ("string", "number", "boolean", "integer")
# what a scalar may say that takes more than reading its type
_INVOLVED_KEYWORDS: Final = COMBINING_KEYWORDS | SHAPELESS_KEYWORDS | {"const", "enum"}


def read_simple_property(schema: Schema, subset: Subset, *, optional: bool) -> SizedProperty | None:
    """Read a property that is a scalar of any value at once, for most are; None for any other."""
    if not isinstance(schema, dict) or schema.get("type") not in _SCALAR_TYPES:
        return None
    if not _INVOLVED_KEYWORDS.isdisjoint(schema) or empty_range(schema):
        return None
    json_type: str = schema["type"]
    description = describe(schema, constraint_sentences(json_type, schema, subset))
    shape = scalar_shape(json_type, schema, description, subset)
    may_be_missing = optional and subset.optional_may_be_missing
    return SizedProperty(Property(shape, optional, may_be_missing), None, [])


def scalar_shape(
    json_type: str, schema: JsonObject, description: str, subset: Subset
) -> ScalarShape:
    """Return the shape of a scalar of any value, with the keywords that the subset has."""
    strict: JsonObject = {"type": json_type}
    if json_type == "string":
        if "pattern" in schema and allowed_pattern(schema["pattern"]):
            strict["pattern"] = schema["pattern"]
        if "format" in schema and schema["format"] in subset.formats:
            strict["format"] = schema["format"]
    elif json_type != "boolean":
        for keyword in NUMBER_KEYWORDS:
            if keyword in schema and keyword in subset.keywords:
                strict[keyword] = schema[keyword]
    return ScalarShape(strict, description)
