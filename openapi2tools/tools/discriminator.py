"""A discriminator as written in; the `const` and `enum` that tell a model which value picks which schema, out.

OpenAPI 3.1, section 4.8.25; in 2.0 (section 5.2.19) a discriminator is the property's bare name, and the values are names of schemas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from openapi2tools.tools.keywords import distinct

if TYPE_CHECKING:
    from openapi2tools.model import Json, JsonObject
    from openapi2tools.tools.components import Components
    from openapi2tools.tools.hidden import Hidden


def property_of(discriminator: Json) -> str | None:
    """Give the name of the property that picks."""
    name = discriminator.get("propertyName") if isinstance(discriminator, dict) else discriminator
    return name if isinstance(name, str) and name else None


def _mapping(discriminator: Json, components: Components) -> dict[str, list[str]]:
    """Give the values that pick each schema, by its pointer: a mapping names it by reference or by bare name."""
    mapping = discriminator.get("mapping") if isinstance(discriminator, dict) else None
    found: dict[str, list[str]] = {}
    for value, reference in mapping.items() if isinstance(mapping, dict) else ():
        if (place := components.find(reference)) is not None:
            found.setdefault(place, []).append(value)
    return found


def mark_alternatives(raw: JsonObject, schema: JsonObject, components: Components) -> bool:
    """Fix the picking property beside each `$ref` of `oneOf` and `anyOf`; tell whether there was any."""
    name = property_of(raw["discriminator"])
    marked = False
    for keyword in ("oneOf", "anyOf"):
        members = raw.get(keyword)
        if name and keyword in schema and isinstance(members, list) and len(members) == len(schema[keyword]):
            mapping = _mapping(raw["discriminator"], components)
            pairs = zip(members, schema[keyword], strict=True)
            schema[keyword] = [_marked(member, branch, name, mapping, components) for member, branch in pairs]
            marked = True
    return marked


def _marked(member: Json, branch: JsonObject, name: str, mapping: dict[str, list[str]], components: Components) -> JsonObject:
    place = components.find(member.get("$ref")) if isinstance(member, dict) else None
    if place is None or branch.keys() != {"$ref"}:
        return branch
    target = components.raw(place)
    if not isinstance(target, dict) or "oneOf" in target or "anyOf" in target:
        return branch  # alternatives again: they have a discriminator of their own
    values = mapping.get(place) or [components.value_of(place)]
    properties = target.get("properties")
    said = properties.get(name) if isinstance(properties, dict) else None
    if isinstance(said, dict) and (said.get("enum") == values or ("const" in said and [said["const"]] == values)):
        return branch
    return {**branch, "properties": {name: _one_of(values)}, "required": [name]}


def mark_base(raw: JsonObject, schema: JsonObject, place: str, components: Components) -> None:
    """List the values that the picking property of a base class may have: its mapping's, and those of all that is built on it.

    `place` is the pointer of the component that the schema is, empty for every other schema.
    """
    name = property_of(raw["discriminator"])
    said = schema.get("properties", {}).get(name)
    if not isinstance(said, dict) or said.get("type", "string") != "string" or {"enum", "const", "$ref"} & said.keys():
        return
    mapping = _mapping(raw["discriminator"], components)
    values = [value for several in mapping.values() for value in several]
    values += [components.value_of(child) for child in components.descendants(place) if child not in mapping]
    if values and place and not mapping:
        values.append(components.value_of(place))
    if values:
        schema["properties"][name] = {"type": "string", **said, "enum": distinct(sorted(values))}


def mark_child(schema: JsonObject, place: str, components: Components, hidden: Hidden) -> JsonObject:
    """Fix the picking property of a component that is built on a base class, and that nothing else is built on."""
    found = components.discriminator_of(place)
    if found is None or place in components.children:
        return schema
    base, discriminator = found
    name = property_of(discriminator)
    properties = schema.get("properties", {})
    inherited = components.raw(base)["properties"].get(name)
    if name is None or name in properties or not isinstance(inherited, dict) or hidden.hides(inherited) or "$ref" in inherited:
        return schema
    values = _mapping(discriminator, components).get(place) or [components.value_of(place)]
    return {**schema, "properties": {**properties, name: _one_of(values)}}


def _one_of(values: list[str]) -> JsonObject:
    return {"const": values[0]} if len(values) == 1 else {"enum": values}
