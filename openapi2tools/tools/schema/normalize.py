"""A schema whose keywords are translated one by one in; the same schema with what only shows in their company put right, out.

A function changes the schema it is given, which is fresh, and never anything inside it that may be
shared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from openapi2tools.tools.schema.enum_notes import as_enum, meanings
from openapi2tools.tools.schema.examples import fits
from openapi2tools.tools.schema.keywords import (
    DROPPED,
    data,
    distinct,
    number,
    recast,
    types_of,
    visible,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openapi2tools.model import Json, JsonObject

ANNOTATIONS: Final = ("title", "description", "default", "deprecated", "examples")
LONGEST_EXAMPLE: Final = 120  # characters, as JSON
_APPLIED: Final = frozenset({"$ref", "allOf", "anyOf", "oneOf", "not", "if"})
_ADJACENT: Final = frozenset(
    {"additionalProperties", "unevaluatedProperties", "unevaluatedItems", "items", "else", "then"}
)


def mended(raw: JsonObject, schema: JsonObject) -> JsonObject:
    """Put right what keywords say together; `raw` is the schema as written."""
    if "exclusiveMinimum" in raw or "exclusiveMaximum" in raw:
        _bounds(raw, schema)
    if "properties" in schema:
        _required_of_old(raw, schema)
    if (
        schema.get("additionalProperties") is False
        and "required" in schema
        and "patternProperties" not in schema
    ):
        _room_for_required(schema)
    if schema.get("items").__class__ is list:
        _tuple(schema)
    if "if" in schema and "then" not in schema and "else" not in schema:
        del schema["if"]  # it decides nothing
    if "oneOf" in schema or "anyOf" in schema:
        schema = as_enum(schema)
    if "enum" in schema or "const" in schema:
        _values(raw, schema)
    if "array" in schema.get("type", "") and "items" not in schema:
        schema["items"] = {}  # OpenAI refuses an array that does not say it
    if "default" in schema:
        _default(schema)
    if "example" in raw or "examples" in raw or "x-example" in raw:
        _example(raw, schema)
    if len(schema.get("allOf", ())) == 1:
        schema = _unwrapped(schema)
    return or_null(schema) if is_true(raw.get("nullable", raw.get("x-nullable"))) else schema


def _required_of_old(raw: JsonObject, schema: JsonObject) -> None:
    """Read `required: true` inside a property, which was draft 3's way to say it."""
    flagged = (
        name
        for name, property_ in raw["properties"].items()
        if isinstance(property_, dict) and is_true(property_.get("required"))
    )
    if names := [name for name in flagged if name in schema["properties"]]:
        schema["required"] = distinct([*schema.get("required", []), *names])


def _room_for_required(schema: JsonObject) -> None:
    """Take any value for a required property that a closed object does not name: read to the letter, nothing would fit."""
    missing: JsonObject = {
        name: {} for name in schema["required"] if name not in schema.get("properties", {})
    }
    if missing:
        schema["properties"] = {**schema.get("properties", {}), **missing}


def is_true(value: Json) -> bool:
    """Read a flag, also one that was written as text."""
    return value is True or value == "true"


def quoted(value: Json, limit: int = 80) -> str:
    """Write a value as JSON that fits into a sentence."""
    try:
        text = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS, default=repr).decode()
    except TypeError:  # numbers beyond 64 bits, and halves of surrogate pairs
        text = ascii(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def say(schema: JsonObject, sentence: str) -> None:
    """Add a sentence to the description: a fact that no keyword can carry."""
    said = schema.get("description", "")
    schema["description"] = f"{said}{'.' if said[-1:].isalnum() else ''} {sentence}".strip()


def verbatim(schema: JsonObject) -> str:
    """Give the texts that must come back as they are, which is why nothing is taken out of them."""
    return "".join(
        map(str, (*schema.get("enum", ()), schema.get("const", ""), schema.get("pattern", "")))
    )


def _bounds(raw: JsonObject, schema: JsonObject) -> None:
    """Read 3.0's `exclusiveMinimum: true` beside `minimum`, and 3.1's number."""
    for exclusive, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        value = raw.get(exclusive)
        if is_true(value):
            if limit in schema:
                schema[exclusive] = schema.pop(limit)
        elif (value := number(value)) is not DROPPED:
            schema[exclusive] = value


def _tuple(schema: JsonObject) -> None:
    """Rename the tuples of drafts before 2020-12: a list of `items` is `prefixItems`, and `additionalItems` is `items`."""
    prefix = schema.pop("items", [])
    rest = schema.pop("additionalItems", None)
    if prefix:
        schema["prefixItems"] = prefix
    if rest is not None:
        schema["items"] = rest


def _values(raw: JsonObject, schema: JsonObject) -> None:
    """Make `enum` and `const` agree with the type: values in other clothes are recast, values of another type are void."""
    if "enum" in schema and (told := meanings(raw, schema["enum"], schema.get("description", ""))):
        say(schema, told)
    kinds = types_of(schema)
    if "const" in schema and (value := recast(schema["const"], kinds)) is not DROPPED:
        schema["const"] = value
    if "enum" not in schema:
        return
    listed = distinct(
        [
            value
            for value in (recast(value, kinds) for value in schema["enum"])
            if value is not DROPPED
        ]
    )
    if listed:
        schema["enum"] = listed
        return
    items = schema.get("items", {})
    if (
        "array" in kinds
        and schema["enum"]
        and isinstance(items, dict)
        and not {"enum", "$ref"} & items.keys()
    ):
        # the values of the items were meant
        schema["items"] = {**items, "enum": distinct(schema["enum"])}
    del schema["enum"]


def _default(schema: JsonObject) -> None:
    """Keep a default that the schema allows, as far as types and values tell."""
    kinds = types_of(schema)
    value = recast(schema["default"], kinds)
    if value is DROPPED or ("enum" in schema and value not in schema["enum"]):
        del schema["default"]
    else:
        schema["default"] = value if "enum" in schema else visible(value)


def _example(raw: JsonObject, schema: JsonObject) -> None:
    """Keep one example."""
    if (shown := example_of(schema, _examples(raw))) is not DROPPED:
        schema["examples"] = [shown]


def example_of(schema: JsonObject, offered: Iterable[Json]) -> Json:
    """Give the first example that is short, of the right type, and tells what the schema does not; else `DROPPED`."""
    if {"enum", "const", "properties", "$ref"} & schema.keys() or schema.get("type") in (
        "boolean",
        "null",
    ):
        return DROPPED
    for value in offered:
        if (
            value in (None, "")
            or value == schema.get("default", DROPPED)
            or not fits(value, schema)
        ):
            continue
        if len(quoted(value, LONGEST_EXAMPLE + 1)) <= LONGEST_EXAMPLE:
            return visible(data(value))
    return DROPPED


def _examples(raw: JsonObject) -> list[Json]:
    """Give the examples that a schema holds: 3.0's one, 3.1's list, a map of Example objects, 2.0's `x-example`."""
    found = [raw[keyword] for keyword in ("example", "x-example") if keyword in raw]
    several = raw.get("examples")
    if isinstance(several, list):
        found += several
    elif isinstance(several, dict):
        found += [
            item.get("value") if isinstance(item, dict) else item for item in several.values()
        ]
    return found


def _unwrapped(schema: JsonObject) -> JsonObject:
    """Write an `allOf` of one member as that member, where the keywords beside it do not clash with its own."""
    member = schema["allOf"][0]
    beside = {keyword: value for keyword, value in schema.items() if keyword != "allOf"}
    clash = (member.keys() & beside.keys()) - set(ANNOTATIONS)
    if clash - {"type"} or ("type" in clash and member["type"] != beside["type"]):
        return schema
    if ("properties" in beside and _ADJACENT & member.keys()) or (
        "properties" in member and _ADJACENT & beside.keys()
    ):
        return schema
    return {**member, **beside} if beside else member


def or_null(schema: JsonObject) -> JsonObject:
    """Allow null too, which 3.0 writes as `nullable: true` and 2.0 as `x-nullable`, beside whatever else; gives a schema of its own."""
    if _APPLIED.isdisjoint(schema):
        schema = dict(schema)
        kinds = types_of(schema)
        if kinds and "null" not in kinds:
            schema["type"] = [*kinds, "null"]
        if "enum" in schema and None not in schema["enum"]:
            schema["enum"] = [*schema["enum"], None]
        if "const" in schema and schema["const"] is not None:
            schema["enum"] = [schema.pop("const"), None]
        return schema
    said: JsonObject = {keyword: schema[keyword] for keyword in ANNOTATIONS if keyword in schema}
    rest = {keyword: value for keyword, value in schema.items() if keyword not in said}
    ways = rest["anyOf"] if rest.keys() == {"anyOf"} else [rest]
    return {
        **said,
        "anyOf": ways
        if any(types_of(way) == ("null",) for way in ways)
        else [*ways, {"type": "null"}],
    }


def without_null(schema: JsonObject) -> JsonObject:
    """Allow null no longer: what a style cannot write (OpenAPI 3.1.1, appendix B) need not be offered. The schema given stays as it is."""
    if schema.get("default", schema) is None:
        schema = {keyword: value for keyword, value in schema.items() if keyword != "default"}
    kinds = [kind for kind in types_of(schema) if kind != "null"]
    if isinstance(schema.get("type"), list) and kinds:
        said = (
            {"enum": [value for value in schema["enum"] if value is not None]}
            if "enum" in schema
            else {}
        )
        return {**schema, **said, "type": kinds[0] if len(kinds) == 1 else kinds}
    for keyword in {"anyOf", "oneOf"} & schema.keys():
        ways = [way for way in schema[keyword] if types_of(way) != ("null",)]
        if ways and len(ways) < len(schema[keyword]):
            beside = {name: value for name, value in schema.items() if name != keyword}
            return (
                _unwrapped({**beside, "allOf": ways})
                if len(ways) == 1 and "allOf" not in beside
                else {**beside, keyword: ways}
            )
    return schema
