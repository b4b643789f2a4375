"""A discriminator as written in; the `const` and `enum` that tell a model which value picks which schema, out.

OpenAPI 3.1, section 4.8.25; in 2.0 (section 5.2.19) a discriminator is the property's bare name, and the values are names of schemas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools.tools.keywords import distinct

if TYPE_CHECKING:
    from openapi2tools.model import Json, JsonObject
    from openapi2tools.tools.components import Components
    from openapi2tools.tools.hidden import Hidden


_DEEPEST: Final = 8  # parts of parts of `allOf`


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
            found = [_marked(member, branch, name, mapping, components) for member, branch in pairs]
            schema[keyword] = [branch for branch, _ in found]
            marked = True
            if keyword == "oneOf" and "anyOf" not in schema and not all(clear for _, clear in found):
                schema["anyOf"] = schema.pop("oneOf")  # the same value may fit several
    return marked


def _marked(member: Json, branch: JsonObject, name: str, mapping: dict[str, list[str]], components: Components) -> tuple[JsonObject, bool]:
    """Give an alternative with its value, and whether it holds none but its own."""
    place = components.find(member.get("$ref")) if isinstance(member, dict) else None
    if place is None or branch.keys() != {"$ref"}:
        return branch, True
    target = components.raw(place)
    if not isinstance(target, dict) or "oneOf" in target or "anyOf" in target:
        return branch, True  # alternatives again: they have a discriminator of their own
    values = mapping.get(place) or [components.value_of(place)]
    said = _said(target, name, components)
    if said is not None and said == values:
        return branch, True
    if said is not None and not any(value in said for value in values):
        return branch, len(said) == 1  # what it says itself wins: both at once would leave no value
    return {**branch, "properties": {name: _one_of(values)}, "required": [name]}, True


def _said(raw: Json, name: str, components: Components, depth: int = 0) -> list[Json] | None:
    """Give the values that a schema itself leaves to a property, through references and `allOf`; None when it leaves any."""
    if not isinstance(raw, dict) or depth > _DEEPEST:
        return None
    properties = raw.get("properties")
    said = properties.get(name) if isinstance(properties, dict) else None
    if isinstance(said, dict) and isinstance(said.get("$ref"), str) and (place := components.find(said["$ref"])) is not None:
        said = components.raw(place)
    if isinstance(said, dict) and ("const" in said or isinstance(said.get("enum"), list)):
        return [said["const"]] if "const" in said else list(said["enum"])
    above = components.find(raw.get("$ref"))
    parts = [*(raw["allOf"] if isinstance(raw.get("allOf"), list) else ()), *([components.raw(above)] if above is not None else ())]
    return next((found for part in parts if (found := _said(part, name, components, depth + 1)) is not None), None)


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
