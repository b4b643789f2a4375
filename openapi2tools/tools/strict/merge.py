"""Merge schemas that must all hold into one: what `allOf` means, written without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools._core.json.json_types import is_same_json
from openapi2tools.tools.strict.constraint_text import append_sentences
from openapi2tools.tools.walk import iter_applied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from openapi2tools.model import Json, JsonObject, Schema

    FindSchema = Callable[[str], Schema]

ANNOTATIONS: Final = frozenset(
    {
        "title",
        "description",
        "default",
        "examples",
        "deprecated",
        "readOnly",
        "writeOnly",
        "$comment",
        "contentMediaType",
        "contentEncoding",
    }
)
"""Keywords that allow and forbid nothing (JSON Schema 2020-12 Validation, sections 8 and 9)."""
_LARGER_WINS: Final = frozenset(
    {"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"}
)
_SMALLER_WINS: Final = frozenset(
    {"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"}
)
_SUBSCHEMAS: Final = frozenset({"items", "additionalProperties", "unevaluatedProperties"})
# a second value goes into the description
_SECOND_VALUE_SENTENCES: Final = {
    "pattern": "Pattern {}",
    "format": "Format {}.",
    "multipleOf": "A multiple of {}.",
}
_FIRST_WINS: Final = ANNOTATIONS | _SECOND_VALUE_SENTENCES.keys() | {"$defs"}


class Unmergeable(ValueError):
    """Schemas that no single schema can express."""


class Contradiction(Unmergeable):
    """Schemas that no value can fit together."""


def merge(schema: JsonObject, find: FindSchema) -> JsonObject:
    """Merge a schema, its `$ref` and its `allOf` into one schema without either.

    `find` returns what a reference names. The schema's own annotations win. What both sides say of
    one property or of the items becomes an `allOf` there, to be merged when it is read. Raises
    `Unmergeable`.
    """
    merged: JsonObject = {}
    sentences: list[str] = []
    for part in _parts(schema, find, (), set()):
        sentences += _second_values(merged, part)
        merged = _merge_two(merged, part, find)
    if sentences:
        description = merged.get("description", "")
        merged["description"] = append_sentences(description, *dict.fromkeys(sentences))
    return merged


def _second_values(merged: JsonObject, part: JsonObject) -> list[str]:
    in_both = _SECOND_VALUE_SENTENCES.keys() & part.keys() & merged.keys()
    return [
        _SECOND_VALUE_SENTENCES[key].format(part[key])
        for key in sorted(in_both)
        if not is_same_json(merged[key], part[key])
    ]


def _parts(
    schema: Schema, find: FindSchema, above: tuple[str, ...], done: set[str]
) -> Iterator[JsonObject]:
    """Yield the parts of a schema without `$ref` and `allOf`, each definition once.

    `above` are the references that led here.
    """
    if schema is True:
        return
    if schema is False:
        raise Contradiction("a part that nothing can fit")
    yield {key: value for key, value in schema.items() if key not in ("allOf", "$ref")}
    reference = schema.get("$ref")
    if reference is not None:
        if reference in above:
            raise Unmergeable("a part that holds itself")
        if reference not in done:
            yield from _parts(find(reference), find, (*above, reference), done)
            done.add(reference)
    for part in schema.get("allOf", ()):
        yield from _parts(part, find, above, done)


def _merge_two(one: JsonObject, other: JsonObject, find: FindSchema) -> JsonObject:
    merged = dict(one)
    for key, value in other.items():
        if key not in merged:
            merged[key] = value
        elif key not in _FIRST_WINS and not is_same_json(merged[key], value):
            merged[key] = _merge_values(key, merged[key], value, find)
    return merged


def _merge_values(key: str, one: Json, other: Json, find: FindSchema) -> Json:
    """Return the value of a keyword that two schemas give different values."""
    if key in _LARGER_WINS:
        return max(one, other)
    if key in _SMALLER_WINS:
        return min(one, other)
    if key in _SUBSCHEMAS:
        return _all_of(one, other, find)
    match key:
        case "required":
            return [*one, *(name for name in other if name not in one)]
        case "uniqueItems":
            return one or other
        case "properties":
            return _merge_properties(one, other, find)
        case "type":
            return _common_types(one, other)
        case "const":
            raise Contradiction("parts of different values")
        case "enum":
            return _common_values(one, other)
        case "anyOf" | "oneOf":
            raise Unmergeable(f"two parts with {key}")
        case _:
            raise Unmergeable(f"two parts that differ in {key}")


def _merge_properties(one: JsonObject, other: JsonObject, find: FindSchema) -> JsonObject:
    merged = dict(one)
    for name, schema in other.items():
        merged[name] = _all_of(one[name], schema, find) if name in one else schema
    return merged


def _all_of(one: Schema, other: Schema, find: FindSchema) -> Schema:
    """Return a schema that says what two schemas say, without `allOf` where that is possible."""
    if one is False or other is False:
        return False
    if one is True or one == {}:
        return other
    if other is True or other == {} or is_same_json(one, other):
        return one
    if _implies(one, other, find):
        return one
    return other if _implies(other, one, find) else {"allOf": [one, other]}


def _implies(one: JsonObject, other: JsonObject, find: FindSchema) -> bool:
    """Return whether a schema says all that another does, because it is built on the same.

    So a recursion that is refined comes to an end.
    """
    references = {part["$ref"] for part in _all_of_members(other) if "$ref" in part}
    if not references or not references <= _references(one, find):
        return False
    own_rules = [_rules(part) for part in _all_of_members(one)]
    return all(
        any(is_same_json(own, rules) for own in own_rules)
        for rules in map(_rules, _all_of_members(other))
        if rules
    )


def _references(schema: Schema, find: FindSchema) -> frozenset[str]:
    """Return what a schema refers to for the very value that it describes."""
    return frozenset(part["$ref"] for part in iter_applied(schema, find) if "$ref" in part)


def merge_key(schema: Schema, find: FindSchema) -> frozenset[str | int]:
    """Return what tells one merge with references from another; empty where nothing refers.

    It holds the references, and the ids of the members that have rules of their own.
    """
    references = _references(schema, find)
    if not references:
        return references
    return references | {id(part) for part in _all_of_members(schema) if _rules(part)}


def _all_of_members(schema: Schema) -> Iterator[JsonObject]:
    """Yield a schema and the members of its `allOf`, theirs and so on."""
    if isinstance(schema, dict):
        yield schema
        for member in schema.get("allOf", ()):
            yield from _all_of_members(member)


def _rules(schema: JsonObject) -> JsonObject:
    return {
        key: value
        for key, value in schema.items()
        if key not in ANNOTATIONS and key not in ("$ref", "allOf")
    }


def _common_types(one: Json, other: Json) -> Json:
    first = [one] if isinstance(one, str) else one
    second = [other] if isinstance(other, str) else other
    common = [
        json_type
        for json_type in first
        if json_type in second or (json_type == "integer" and "number" in second)
    ]
    if "integer" in second and "number" in first and "integer" not in common:
        common.append("integer")
    if not common:
        raise Contradiction("parts of different types")
    return common[0] if len(common) == 1 else common


def _common_values(one: Json, other: Json) -> Json:
    common = [value for value in one if any(is_same_json(value, allowed) for allowed in other)]
    if not common:
        raise Contradiction("parts of different values")
    return common
