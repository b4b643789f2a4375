"""A discriminator as written in; the alternatives it picks from, and the `const` and `enum` that tell a model which value picks which, out.

OpenAPI 3.1, section 4.8.25; in 2.0 (section 5.2.19) a discriminator is the property's bare name,
and the values are names of schemas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from openapi2tools.tools.schema.components import OWN
from openapi2tools.tools.schema.keywords import DROPPED, distinct, is_type, recast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from openapi2tools.model import Json, JsonObject
    from openapi2tools.tools.schema.components import Components
    from openapi2tools.tools.schema.readonly import Hidden


_CLOSING: Final = ("additionalProperties", "unevaluatedProperties")
_MOST: Final = 64  # classes: a value of a base class with more is described by the base alone


def property_of(discriminator: Json) -> str | None:
    """Give the name of the property that picks."""
    name = discriminator.get("propertyName") if isinstance(discriminator, dict) else discriminator
    return name if isinstance(name, str) and name else None


class _Picks(NamedTuple):
    """Which values pick which schema, by its pointer, as far as a mapping says; and what all others pick (OpenAPI 3.2, section 4.25)."""

    values: dict[str, list[str]]
    default: str | None

    def leaves(self, place: str) -> bool:
        """Tell whether a schema is what all other values pick, none included, and those alone."""
        return place == self.default and place not in self.values


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
            if (
                name
                and keyword in schema
                and isinstance(members, list)
                and len(members) == len(schema[keyword])
            ):
                picks = self._picks(raw["discriminator"])
                pairs = zip(members, schema[keyword], strict=True)
                found = [self._marked(member, branch, name, picks) for member, branch in pairs]
                schema[keyword] = [branch for branch, _ in found]
                marked = True
                values = [value for _, several in found for value in several or ()]
                clear = all(several for _, several in found) and len(distinct(values)) == len(
                    values
                )
                if keyword == "oneOf" and "anyOf" not in schema and not clear:
                    schema["anyOf"] = schema.pop("oneOf")  # the same value may fit several
        return marked

    def _marked(
        self, member: Json, branch: JsonObject, name: str, picks: _Picks
    ) -> tuple[JsonObject, list[Json]]:
        """Give an alternative with its value, and the values that pick it, none when any may."""
        place = self._components.find(_referred(member))
        target = member if place is None else self._components.raw(place)
        if (
            not isinstance(target, dict)
            or "oneOf" in target
            or "anyOf" in target
            or self._hides(target, name)
        ):
            return branch, []  # alternatives again have a discriminator of their own
        said = self._said(target, name)
        if place is None:
            return branch, said or []
        if self.kinds(place) or picks.leaves(place) or not self._takes(target, name):
            return branch, []
        values = self._agreed(place, name, picks)
        settled = not values or _settled(said, values)
        return (
            branch if settled else _with(branch, name, values, required=place != picks.default)
        ), values

    # --- base classes ---

    def kinds(self, place: str) -> dict[str, list[Json]]:
        """Give the classes that a value of a base class may be of, by their pointers, with the values that pick each.

        None for every other schema, and for a base class that lists its alternatives itself.
        """
        known = self._kinds.get(place)
        if known is None:
            known = self._kinds[place] = (
                self._kinds_of(place) if self._components.discriminator_of(place) else {}
            )
        return known

    def _kinds_of(self, place: str) -> dict[str, list[Json]]:
        raw = self._components.raw(place)
        found = self._components.discriminator_of(place)
        name = property_of(found[1]) if found else None
        if (
            found is None
            or name is None
            or place not in self._components.children
            or "oneOf" in raw
            or "anyOf" in raw
        ):
            return {}
        if self._hides(raw, name) or not any(self._declarations(raw, name)):
            return {}
        concrete = self._concrete(place, name, self._picks(found[1]))
        return concrete if concrete.keys() - {place} and len(concrete) <= _MOST else {}

    def _concrete(self, place: str, name: str, picks: _Picks) -> dict[str, list[Json]]:
        kinds = {
            child: self._values(child, name, picks)
            for child in (*self._components.descendants(place), place)
        }
        return {child: values for child, values in kinds.items() if values}

    def _values(self, place: str, name: str, picks: _Picks) -> list[Json]:
        """Give the values that pick a class; a base class has none that no mapping and no list of values names."""
        above = place in self._components.children
        if above and picks.values and place not in picks.values and place != picks.default:
            return []
        values = self._agreed(place, name, picks)
        return (
            []
            if above
            and len(values) > 1
            and _settled(self._said(self._components.raw(place), name), values)
            else values
        )

    def alternatives(self, place: str, use: Callable[[str], JsonObject]) -> list[JsonObject]:
        """Refer to each class that a value of this base class may be of; `use` gives the references."""
        found = self._components.discriminator_of(place)
        name = property_of(found[1]) if found else None
        picks = self._picks(found[1] if found else None)
        branches = []
        for child, values in self.kinds(place).items():
            branch = use(child + OWN if child == place or self.kinds(child) else child)
            marked = (
                child not in self._components.children
                and self._components.discriminator_of(child) == found
            )
            if (
                name
                and not marked
                and not picks.leaves(child)
                and not _settled(self._said(self._components.raw(child), name), values)
            ):
                branch = _with(branch, name, values, required=child != picks.default)
            branches.append(branch)
        return branches

    def mark_base(self, raw: JsonObject, schema: JsonObject, place: str) -> None:
        """List the values that the picking property of a base class may have: its mapping's, and those of all that is built on it.

        `place` is the pointer of the component that the schema is, empty for every other schema.
        """
        name = property_of(raw["discriminator"])
        said = schema.get("properties", {}).get(name)
        if (
            not isinstance(said, dict)
            or said.get("type", "string") != "string"
            or {"enum", "const", "$ref"} & said.keys()
        ):
            return
        picks = self._picks(raw["discriminator"])
        values: list[Json] = [value for several in picks.values.values() for value in several]
        if place in self._components.children:
            values += [
                value
                for several in self._concrete(place, name or "", picks).values()
                for value in several
            ]
        if values and picks.default is None:
            schema["properties"][name] = {
                "type": "string",
                **said,
                "enum": distinct(sorted(values, key=str)),
            }

    def mark_child(self, schema: JsonObject, place: str) -> JsonObject:
        """Fix the picking property of a component that is built on a base class, and that nothing else is built on."""
        found = self._components.discriminator_of(place)
        name = property_of(found[1]) if found else None
        if found is None or found[0] == place or name is None or place in self._components.children:
            return schema
        raw = self._components.raw(place)
        if self._hides(raw, name) or not any(self._declarations(raw, name)):
            return schema
        picks = self._picks(found[1])
        values = self._values(place, name, picks)
        return (
            schema
            if not values or picks.leaves(place) or _settled(self._said(raw, name), values)
            else _with(schema, name, values)
        )

    # --- what schemas say ---

    def _picks(self, discriminator: Json) -> _Picks:
        """Read a mapping: it names schemas by reference or by bare name."""
        if not isinstance(discriminator, dict):
            return _Picks({}, None)
        mapping = discriminator.get("mapping")
        found: dict[str, list[str]] = {}
        for value, reference in mapping.items() if isinstance(mapping, dict) else ():
            if (place := self._components.find(reference)) is not None:
                found.setdefault(place, []).append(value)
        return _Picks(found, self._components.find(discriminator.get("defaultMapping")))

    def _agreed(self, place: str, name: str, picks: _Picks) -> list[Json]:
        """Give the values that pick a schema, as the property's type has them.

        What the schema says itself wins over its name: both at once would leave no value.
        """
        raw = self._components.raw(place)
        named = picks.values.get(place) or [self._components.value_of(place)]
        wanted = [
            value
            for value in (recast(value, self._types(raw, name)) for value in named)
            if value is not DROPPED
        ]
        said = self._said(raw, name)
        return wanted if said is None else [value for value in wanted if value in said] or said

    def _said(self, raw: Json, name: str) -> list[Json] | None:
        """Give the values that a schema itself leaves to a property; None when it leaves any."""
        for said in self._meant(raw, name):
            if "const" in said or isinstance(said.get("enum"), list):
                return [said["const"]] if "const" in said else list(said["enum"])
        return None

    def _types(self, raw: Json, name: str) -> tuple[str, ...]:
        """Give the types that a schema itself leaves to a property; none at all when it leaves any."""
        for said in self._meant(raw, name):
            written = said.get("type")
            if kinds := tuple(filter(is_type, written if isinstance(written, list) else [written])):
                return kinds
        return ()

    def _takes(self, raw: Json, name: str) -> bool:
        """Tell whether a value may have a property: one that a closed object neither declares nor requires may not be there."""
        parts = list(self._components.joined(raw))
        closed = any(
            part.get(keyword) in (False, "false") for part in parts for keyword in _CLOSING
        )
        told = [
            part[keyword]
            for part in parts
            for keyword in ("properties", "required")
            if isinstance(part.get(keyword), (dict, list))
        ]
        return not closed or any(name in names for names in told)

    def _hides(self, raw: Json, name: str) -> bool:
        return any(self._hidden.hides(said) for said in self._declarations(raw, name))

    def _meant(self, raw: Json, name: str) -> Iterator[JsonObject]:
        """Give what a schema says of a property, through the reference that the property may be."""
        for declared in self._declarations(raw, name):
            place = self._components.find(declared.get("$ref"))
            said = declared if place is None else self._components.raw(place)
            if isinstance(said, dict):
                yield said

    def _declarations(self, raw: Json, name: str) -> Iterator[JsonObject]:
        """Give what a schema says of a property, through references and `allOf`, the nearest first."""
        for part in self._components.joined(raw):
            properties = part.get("properties")
            if isinstance(properties, dict) and isinstance(properties.get(name), dict):
                yield properties[name]


def _referred(member: Json) -> Json:
    """Give the reference that an alternative is, also when that stands alone in an `allOf`."""
    if (
        isinstance(member, dict)
        and "$ref" not in member
        and isinstance(member.get("allOf"), list)
        and len(member["allOf"]) == 1
    ):
        return _referred(member["allOf"][0])
    return member.get("$ref") if isinstance(member, dict) else None


def _settled(said: list[Json] | None, values: list[Json]) -> bool:
    """Tell whether a schema leaves no other values than those agreed on."""
    return said is not None and len(said) == len(values)


def _with(
    schema: JsonObject, name: str, values: list[Json], *, required: bool = False
) -> JsonObject:
    """Fix a property of a schema; the schema given stays as it is."""
    properties = schema.get("properties", {})
    own = {
        keyword: value
        for keyword, value in properties.get(name, {}).items()
        if keyword not in ("enum", "default")
    }
    fixed = {"const": values[0]} if len(values) == 1 else {"enum": values}
    schema = {**schema, "properties": {**properties, name: {**own, **fixed}}}
    return (
        {**schema, "required": distinct([*schema.get("required", ()), name])}
        if required
        else schema
    )
