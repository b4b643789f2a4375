"""A translated body schema in; its properties and required names out, when it says nothing that they alone could not say."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from openapi2tools.model import JsonObject
    from openapi2tools.tools.schema.convert import Schemas

_SAID: Final = frozenset(
    [
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
    ]
)


class Flat(NamedTuple):
    """An object as its properties. `uses` is a set of components that holds all that they refer to."""

    properties: dict[str, JsonObject]
    required: frozenset[str]
    uses: int
    description: str


def flat_object(schema: JsonObject, schemas: Schemas) -> Flat | None:
    """Lay an object schema flat, `$ref` and `allOf` too; None when something would be lost: alternatives, null, free names."""
    flat = _flat(schema, schemas, set())
    if flat is None or not (flat.properties or flat.required):
        return None
    missing: dict[str, JsonObject] = {
        name: {} for name in sorted(flat.required - flat.properties.keys())
    }
    uses = schemas.reached_from(schemas.uses_in(schema))
    return flat._replace(
        properties={**flat.properties, **missing} if missing else flat.properties, uses=uses
    )


def _flat(schema: JsonObject, schemas: Schemas, seen: set[int]) -> Flat | None:
    """Lay one part flat; a component in `seen` has been laid before, and adds nothing."""
    if (
        schema.keys() - _SAID
        or schema.get("type", "object") != "object"
        or schema.get("additionalProperties", False) is not False
    ):
        return None
    parts: list[Flat | None] = [
        Flat(
            schema.get("properties", {}),
            frozenset(schema.get("required", ())),
            0,
            schema.get("description", ""),
        )
    ]
    number = schemas.component_number(schema)
    if number is not None and number not in seen:
        seen.add(number)
        parts.append(_flat(schemas.component(number), schemas, seen))
    parts += [_flat(member, schemas, seen) for member in schema.get("allOf", ())]
    known = [part for part in parts if part is not None]
    return reduce(_merged, known) if len(known) == len(parts) else None


def _merged(one: Flat, two: Flat) -> Flat:
    properties = dict(one.properties) if one.properties else two.properties
    for name, schema in two.properties.items() if one.properties else ():
        other = properties.get(name)
        properties[name] = (
            schema
            if not other or other == schema
            else {"allOf": [other, schema]}
            if schema
            else other
        )
    return Flat(properties, one.required | two.required, 0, one.description or two.description)
