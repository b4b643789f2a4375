"""A discriminator as written in; the alternatives it picks from, and the `const` and `enum` that tell a model which value picks which, out.

OpenAPI 3.1, section 4.8.25; in 2.0 (section 5.2.19) a discriminator is the property's bare name, and the values are names of schemas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools.tools.components import OWN
from openapi2tools.tools.keywords import distinct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from openapi2tools.model import Json, JsonObject
    from openapi2tools.tools.components import Components
    from openapi2tools.tools.hidden import Hidden


_DEEPEST: Final = 8  # parts of parts of `allOf`
_MOST: Final = 64  # classes: a value of a base class with more is described by the base alone


def property_of(discriminator: Json) -> str | None:
    """Give the name of the property that picks."""
    name = discriminator.get("propertyName") if isinstance(discriminator, dict) else discriminator
    return name if isinstance(name, str) and name else None


class Discriminators:
    """What the discriminators of one document say, but for the properties that are hidden in this direction."""

    def __init__(self, components: Components, hidden: Hidden) -> None:
        self._components = components
        self._hidden = hidden
        self._kinds: dict[str, dict[str, list[Json]]] = {}

    # --- alternatives that the document lists ---

    def mark_alternatives(self, raw: JsonObject, schema: JsonObject) -> bool:
        """Fix the picking property in each alternative of `oneOf` and `anyOf`; tell whether there was any."""
        name = property_of(raw["discriminator"])
        marked = False
        for keyword in ("oneOf", "anyOf"):
            members = raw.get(keyword)
            if name and keyword in schema and isinstance(members, list) and len(members) == len(schema[keyword]):
                mapping = self._mapping(raw["discriminator"])
                pairs = zip(members, schema[keyword], strict=True)
                found = [self._marked(member, branch, name, mapping) for member, branch in pairs]
                schema[keyword] = [branch for branch, _ in found]
                marked = True
                values = [value for _, several in found for value in several or ()]
                clear = all(several for _, several in found) and len(distinct(values)) == len(values)
                if keyword == "oneOf" and "anyOf" not in schema and not clear:
                    schema["anyOf"] = schema.pop("oneOf")  # the same value may fit several
        return marked

    def _marked(self, member: Json, branch: JsonObject, name: str, mapping: dict[str, list[str]]) -> tuple[JsonObject, list[Json]]:
        """Give an alternative with its value, and the values that pick it, none when any may."""
        place = self._components.find(_referred(member))
        target = member if place is None else self._components.raw(place)
        if not isinstance(target, dict) or "oneOf" in target or "anyOf" in target or self._hides(target, name):
            return branch, []  # alternatives again have a discriminator of their own
        said = self._said(target, name)
        if place is None:
            return branch, said or []
        if self.kinds(place):
            return branch, []
        values = _agreed(mapping.get(place) or [self._components.value_of(place)], said)
        return (branch if _settled(said, values) else _with(branch, name, values, required=True)), values

    # --- base classes ---

    def kinds(self, place: str) -> dict[str, list[Json]]:
        """Give the classes that a value of a base class may be of, by their pointers, with the values that pick each.

        None for every other schema, and for a base class that lists its alternatives itself.
        """
        known = self._kinds.get(place)
        if known is None:
            known = self._kinds[place] = self._kinds_of(place) if self._components.discriminator_of(place) else {}
        return known

    def _kinds_of(self, place: str) -> dict[str, list[Json]]:
        raw = self._components.raw(place)
        found = self._components.discriminator_of(place)
        name = property_of(found[1]) if found else None
        if found is None or name is None or place not in self._components.children or "oneOf" in raw or "anyOf" in raw:
            return {}
        if self._hides(raw, name) or not any(self._declarations(raw, name)):
            return {}
        concrete = self._concrete(place, name, self._mapping(found[1]))
        return concrete if concrete.keys() - {place} and len(concrete) <= _MOST else {}

    def _concrete(self, place: str, name: str, mapping: dict[str, list[str]]) -> dict[str, list[Json]]:
        kinds = {child: self._values(child, name, mapping) for child in (*self._components.descendants(place), place)}
        return {child: values for child, values in kinds.items() if values}

    def _values(self, place: str, name: str, mapping: dict[str, list[str]]) -> list[Json]:
        """Give the values that pick a class; a base class has none that no mapping and no list of values names."""
        above = place in self._components.children
        if above and mapping and place not in mapping:
            return []
        said = self._said(self._components.raw(place), name)
        values = _agreed(mapping.get(place) or [self._components.value_of(place)], said)
        return [] if above and _settled(said, values) and len(values) > 1 else values

    def alternatives(self, place: str, use: Callable[[str], JsonObject]) -> list[JsonObject]:
        """Refer to each class that a value of this base class may be of; `use` gives the references."""
        found = self._components.discriminator_of(place)
        name = property_of(found[1]) if found else None
        branches = []
        for child, values in self.kinds(place).items():
            branch = use(child + OWN if child == place or self.kinds(child) else child)
            marked = child not in self._components.children and self._components.discriminator_of(child) == found
            if name and not marked and not _settled(self._said(self._components.raw(child), name), values):
                branch = _with(branch, name, values, required=True)
            branches.append(branch)
        return branches

    def mark_base(self, raw: JsonObject, schema: JsonObject, place: str) -> None:
        """List the values that the picking property of a base class may have: its mapping's, and those of all that is built on it.

        `place` is the pointer of the component that the schema is, empty for every other schema.
        """
        name = property_of(raw["discriminator"])
        said = schema.get("properties", {}).get(name)
        if not isinstance(said, dict) or said.get("type", "string") != "string" or {"enum", "const", "$ref"} & said.keys():
            return
        mapping = self._mapping(raw["discriminator"])
        values: list[Json] = [value for several in mapping.values() for value in several]
        if place in self._components.children:
            values += [value for several in self._concrete(place, name or "", mapping).values() for value in several]
        if values:
            schema["properties"][name] = {"type": "string", **said, "enum": distinct(sorted(values, key=str))}

    def mark_child(self, schema: JsonObject, place: str) -> JsonObject:
        """Fix the picking property of a component that is built on a base class, and that nothing else is built on."""
        found = self._components.discriminator_of(place)
        name = property_of(found[1]) if found else None
        if found is None or found[0] == place or name is None or place in self._components.children:
            return schema
        raw = self._components.raw(place)
        if self._hides(raw, name) or not any(self._declarations(raw, name)):
            return schema
        values = self._values(place, name, self._mapping(found[1]))
        return schema if _settled(self._said(raw, name), values) else _with(schema, name, values)

    # --- what schemas say ---

    def _mapping(self, discriminator: Json) -> dict[str, list[str]]:
        """Give the values that pick each schema, by its pointer: a mapping names it by reference or by bare name."""
        mapping = discriminator.get("mapping") if isinstance(discriminator, dict) else None
        found: dict[str, list[str]] = {}
        for value, reference in mapping.items() if isinstance(mapping, dict) else ():
            if (place := self._components.find(reference)) is not None:
                found.setdefault(place, []).append(value)
        return found

    def _said(self, raw: Json, name: str) -> list[Json] | None:
        """Give the values that a schema itself leaves to a property; None when it leaves any."""
        for declared in self._declarations(raw, name):
            place = self._components.find(declared.get("$ref"))
            said = declared if place is None else self._components.raw(place)
            if isinstance(said, dict) and ("const" in said or isinstance(said.get("enum"), list)):
                return [said["const"]] if "const" in said else list(said["enum"])
        return None

    def _hides(self, raw: Json, name: str) -> bool:
        return any(self._hidden.hides(said) for said in self._declarations(raw, name))

    def _declarations(self, raw: Json, name: str, depth: int = 0) -> Iterator[JsonObject]:
        """Give what a schema says of a property, through references and `allOf`, the nearest first."""
        if not isinstance(raw, dict) or depth > _DEEPEST:
            return
        properties = raw.get("properties")
        if isinstance(properties, dict) and isinstance(properties.get(name), dict):
            yield properties[name]
        above = self._components.find(raw.get("$ref"))
        for part in raw["allOf"] if isinstance(raw.get("allOf"), list) else ():
            yield from self._declarations(part, name, depth + 1)
        if above is not None:
            yield from self._declarations(self._components.raw(above), name, depth + 1)


def _referred(member: Json) -> Json:
    """Give the reference that an alternative is, also when that stands alone in an `allOf`."""
    if isinstance(member, dict) and "$ref" not in member and isinstance(member.get("allOf"), list) and len(member["allOf"]) == 1:
        return _referred(member["allOf"][0])
    return member.get("$ref") if isinstance(member, dict) else None


def _agreed(wanted: list[str], said: list[Json] | None) -> list[Json]:
    """Give the values that pick a schema. What it says itself wins over its name: both at once would leave no value."""
    return [*wanted] if said is None else [value for value in wanted if value in said] or said


def _settled(said: list[Json] | None, values: list[Json]) -> bool:
    """Tell whether a schema leaves no other values than those agreed on."""
    return said is not None and len(said) == len(values)


def _with(schema: JsonObject, name: str, values: list[Json], *, required: bool = False) -> JsonObject:
    """Fix a property of a schema; the schema given stays as it is."""
    properties = schema.get("properties", {})
    own = {keyword: value for keyword, value in properties.get(name, {}).items() if keyword not in ("enum", "default")}
    fixed = {"const": values[0]} if len(values) == 1 else {"enum": values}
    schema = {**schema, "properties": {**properties, name: {**own, **fixed}}}
    return {**schema, "required": distinct([*schema.get("required", ()), name])} if required else schema
