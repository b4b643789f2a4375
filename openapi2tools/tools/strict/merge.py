"""Several schemas that must all hold in, one schema that says the same out: what `allOf` means, written without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools.tools.strict.shapes import same
from openapi2tools.tools.strict.words import followed
from openapi2tools.tools.walk import together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from openapi2tools.model import Json, JsonObject, Schema

    Find = Callable[[str], Schema]

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
"""Words that allow and forbid nothing (JSON Schema 2020-12 Validation, sections 8 and 9)."""
_LARGEST: Final = frozenset(
    {"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"}
)
_SMALLEST: Final = frozenset(
    {"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"}
)
# a second one is said
_FURTHER: Final = {
    "pattern": "Pattern {}",
    "format": "Format {}.",
    "multipleOf": "A multiple of {}.",
}
_LOOSE: Final = _FURTHER.keys() | {"$defs"}  # the first one stays


class Unmergeable(ValueError):
    """Schemas that no single schema can say."""


class Contradiction(Unmergeable):
    """Schemas that nothing can fit together."""


def merge(schema: JsonObject, find: Find) -> JsonObject:
    """Join a schema, its `$ref` and its `allOf` into one schema without either; `find` gives what a reference names.

    The schema's own annotations win. What both sides say of one property or of the items becomes an
    `allOf` there, to be joined when it is read. Raises `Unmergeable`.
    """
    merged: JsonObject = {}
    further: list[str] = []
    for part in _parts(schema, find, (), set()):
        both = _FURTHER.keys() & part.keys() & merged.keys()
        further += [
            _FURTHER[key].format(part[key])
            for key in sorted(both)
            if not same(merged[key], part[key])
        ]
        merged = _join(merged, part, find)
    if further:
        merged["description"] = followed(merged.get("description", ""), *dict.fromkeys(further))
    return merged


def references(schema: Schema, find: Find) -> frozenset[str]:
    """Name what a schema refers to for the very value that it describes."""
    return frozenset(part["$ref"] for part in together(schema, find) if "$ref" in part)


def joined(schema: Schema, find: Find) -> frozenset[str | int]:
    """Tell apart what is joined with references: by what it refers to, and by which parts stand in place; nothing where nothing refers."""
    named = references(schema, find)
    return named and named | {id(part) for part in _members(schema) if _rules(part)}


def _parts(
    schema: Schema, find: Find, above: tuple[str, ...], done: set[str]
) -> Iterator[JsonObject]:
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


def _join(one: JsonObject, other: JsonObject, find: Find) -> JsonObject:
    joined = dict(one)
    for key, value in other.items():
        if key not in joined:
            joined[key] = value
        elif key not in ANNOTATIONS and key not in _LOOSE and not same(joined[key], value):
            joined[key] = _both(key, joined[key], value, find)
    return joined


def _both(key: str, one: Json, other: Json, find: Find) -> Json:
    if key in _LARGEST:
        return max(one, other)
    if key in _SMALLEST:
        return min(one, other)
    if key == "required":
        return [*one, *(name for name in other if name not in one)]
    if key == "uniqueItems":
        return one or other
    if key == "properties":
        return {
            **one,
            **{
                name: _all(one[name], schema, find) if name in one else schema
                for name, schema in other.items()
            },
        }
    if key in ("items", "additionalProperties", "unevaluatedProperties"):
        return _all(one, other, find)
    if key == "type":
        return _types(one, other)
    if key == "const":
        raise Contradiction("parts of different values")
    if key == "enum":
        return _values(one, other)
    if key in ("anyOf", "oneOf"):
        raise Unmergeable(f"two parts with {key}")
    raise Unmergeable(f"two parts that differ in {key}")


def _all(one: Schema, other: Schema, find: Find) -> Schema:
    if one is False or other is False:
        return False
    if one is True or one == {}:
        return other
    if other is True or other == {} or same(one, other):
        return one
    if _says(one, other, find):
        return one
    return other if _says(other, one, find) else {"allOf": [one, other]}


def _says(one: JsonObject, other: JsonObject, find: Find) -> bool:
    """Tell whether a schema says all that another does, for it is built on the same: so a recursion that is refined comes to an end."""
    named = {part["$ref"] for part in _members(other) if "$ref" in part}
    if not named or not named <= references(one, find):
        return False
    own = [rules for part in _members(other) if (rules := _rules(part))]
    return all(any(same(_rules(part), rules) for part in _members(one)) for rules in own)


def _members(schema: Schema) -> Iterator[JsonObject]:
    """Give a schema and the members of its `allOf`, theirs and so on."""
    if isinstance(schema, dict):
        yield schema
        for member in schema.get("allOf", ()):
            yield from _members(member)


def _rules(schema: JsonObject) -> JsonObject:
    return {
        key: value
        for key, value in schema.items()
        if key not in ANNOTATIONS and key not in ("$ref", "allOf")
    }


def _types(one: Json, other: Json) -> Json:
    first, second = ([kinds] if isinstance(kinds, str) else kinds for kinds in (one, other))
    both = [kind for kind in first if kind in second or (kind == "integer" and "number" in second)]
    both += [
        kind for kind in second if kind == "integer" and "number" in first and kind not in both
    ]
    if not both:
        raise Contradiction("parts of different types")
    return both[0] if len(both) == 1 else both


def _values(one: Json, other: Json) -> Json:
    both = [value for value in one if any(same(value, allowed) for allowed in other)]
    if not both:
        raise Contradiction("parts of different values")
    return both
