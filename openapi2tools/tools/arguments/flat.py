"""Flatten the schema of a body into its properties, where nothing is lost by that."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from openapi2tools.model import JsonObject
    from openapi2tools.tools.schema.convert import Schemas

# Properties, `allOf` and `$ref`, and annotations; with any other keyword something would be lost.
_FLATTENED_KEYWORDS: Final = frozenset(
    {
        "type",
        "properties",
        "required",
        "additionalProperties",
        "allOf",
        "$ref",
        "title",
        "description",
        "default",
        "deprecated",
        "examples",
    }
)


class FlatObject(NamedTuple):
    """The properties of an object schema, and what else it says.

    `uses` is a set of components, as bits, with all that the properties refer to. `is_open` says
    whether other properties are allowed.
    """

    properties: dict[str, JsonObject]
    required: frozenset[str]
    uses: int
    description: str
    is_open: bool = True


def flatten_object(schema: JsonObject, schemas: Schemas) -> FlatObject | None:
    """Flatten an object schema, with what its `$ref` and `allOf` add.

    Returns None when something would be lost: alternatives, null, properties of any name.
    """
    flat = _flatten(schema, schemas, set())
    if flat is None or not (flat.properties or flat.required):
        return None
    properties = flat.properties
    undescribed = sorted(flat.required - properties.keys())
    if undescribed:
        properties = {**properties, **{name: {} for name in undescribed}}
    uses = schemas.reached_from(schemas.uses_in(schema))
    return flat._replace(properties=properties, uses=uses)


def _flatten(schema: JsonObject, schemas: Schemas, flattened: set[int]) -> FlatObject | None:
    """Flatten a schema without the components in `flattened`, which were added before."""
    if (
        schema.keys() - _FLATTENED_KEYWORDS
        or schema.get("type", "object") != "object"
        or schema.get("additionalProperties", False) is not False
    ):
        return None
    own = FlatObject(
        properties=schema.get("properties", {}),
        required=frozenset(schema.get("required", ())),
        uses=0,
        description=schema.get("description", ""),
        is_open="additionalProperties" not in schema,  # else it is false
    )
    parts: list[FlatObject | None] = [own]
    component = schemas.component_number(schema)
    if component is not None and component not in flattened:
        flattened.add(component)
        parts.append(_flatten(schemas.component(component), schemas, flattened))
    parts += [_flatten(member, schemas, flattened) for member in schema.get("allOf", ())]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    return reduce(_merge, known)


def _merge(one: FlatObject, other: FlatObject) -> FlatObject:
    """Return the object that two parts of an `allOf` describe together."""
    if not one.properties:
        properties = other.properties
    else:
        properties = dict(one.properties)
        for name, schema in other.properties.items():
            properties[name] = _schema_for_both(properties.get(name), schema)
    return FlatObject(
        properties=properties,
        required=one.required | other.required,
        uses=0,
        description=one.description or other.description,
        is_open=one.is_open and other.is_open,
    )


def _schema_for_both(one: JsonObject | None, other: JsonObject) -> JsonObject:
    """Return the schema of the values that fit both of two schemas."""
    if not one or one == other:
        return other
    if not other:
        return one
    return {"allOf": [one, other]}
