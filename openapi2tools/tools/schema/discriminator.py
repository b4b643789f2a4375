"""Express which value of a discriminator picks which schema, with `const` and `enum`.

OpenAPI 3.1, section 4.8.25. In 2.0 (section 5.2.19) a discriminator is the property's bare name,
and its values are names of schemas.

A *class* is a component that a value of a base class may be of. Components are known by their
pointers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from openapi2tools.tools.schema.components.resolver import ComponentRef
from openapi2tools.tools.schema.keywords import DROPPED, distinct, is_type, recast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from openapi2tools.model import Json, JsonObject
    from openapi2tools.tools.schema.components.hierarchy import ClassHierarchy
    from openapi2tools.tools.schema.components.resolver import ComponentResolver
    from openapi2tools.tools.schema.readonly import PropertyFilter

MAX_CLASSES: Final = 64  # a value of a base class with more is described by the base alone
_CLOSING_KEYWORDS: Final = ("additionalProperties", "unevaluatedProperties")
_UNION_KEYWORDS: Final = ("oneOf", "anyOf")


def property_of(discriminator: Json) -> str | None:
    """Return the name of the property whose value picks a schema."""
    name = discriminator.get("propertyName") if isinstance(discriminator, dict) else discriminator
    return name if isinstance(name, str) and name else None


class _Mapping(NamedTuple):
    """Which values pick which component, as far as a document's mapping says."""

    values: dict[str, list[str]]  # by component
    default: str | None  # what all other values pick (OpenAPI 3.2, section 4.25)

    def is_only_default(self, component: str) -> bool:
        """Return whether a component is what other values pick, and no value of its own."""
        return component == self.default and component not in self.values


class _Branch(NamedTuple):
    """An alternative with its value fixed, and the values that pick it; none when any may."""

    schema: JsonObject
    values: list[Json]


class Discriminators:
    """What the discriminators of one document say of properties that are not excluded."""

    def __init__(
        self,
        resolver: ComponentResolver,
        hierarchy: ClassHierarchy,
        property_filter: PropertyFilter,
    ) -> None:
        self._resolver = resolver
        self._hierarchy = hierarchy
        self._property_filter = property_filter
        self._classes: dict[str, dict[str, list[Json]]] = {}

    # --- alternatives that the document lists ---

    def mark_alternatives(self, raw: JsonObject, schema: JsonObject) -> bool:
        """Fix the picking property in each alternative of `oneOf` and `anyOf`.

        Return whether there was any. A `oneOf` becomes `anyOf` where a value may fit several.
        """
        name = property_of(raw["discriminator"])
        if name is None:
            return False
        marked = False
        for keyword in _UNION_KEYWORDS:
            members = raw.get(keyword)
            if keyword not in schema or not isinstance(members, list):
                continue
            if len(members) != len(schema[keyword]):  # some left: nobody knows which is which
                continue
            mapping = self._read_mapping(raw["discriminator"])
            branches = [
                self._mark(member, branch, name, mapping)
                for member, branch in zip(members, schema[keyword], strict=True)
            ]
            schema[keyword] = [branch.schema for branch in branches]
            marked = True
            if keyword == "oneOf" and "anyOf" not in schema and not _exclude_each_other(branches):
                schema["anyOf"] = schema.pop("oneOf")
        return marked

    def _mark(self, member: Json, branch: JsonObject, name: str, mapping: _Mapping) -> _Branch:
        component = self._resolver.find(_reference_of(member))
        target = member if component is None else self._resolver.raw(component)
        if not isinstance(target, dict):
            return _Branch(branch, [])
        if "oneOf" in target or "anyOf" in target:  # those have a discriminator of their own
            return _Branch(branch, [])
        if self._is_excluded(target, name):
            return _Branch(branch, [])
        if component is None:
            return _Branch(branch, self._allowed_values(target, name) or [])
        if self.classes(component) or mapping.is_only_default(component):
            return _Branch(branch, [])
        if not self._may_have(target, name):
            return _Branch(branch, [])
        values = self._values_of(component, name, mapping)
        if values and not _is_settled(self._allowed_values(target, name), values):
            branch = _fix(branch, name, values, required=component != mapping.default)
        return _Branch(branch, values)

    # --- base classes ---

    def classes(self, base: str) -> dict[str, list[Json]]:
        """Return the classes of a base class, each with the values that pick it.

        Empty for every other component, and for a base class that lists its alternatives itself.
        """
        known = self._classes.get(base)
        if known is None:
            known = self._classes[base] = self._find_classes(base)
        return known

    def _find_classes(self, base: str) -> dict[str, list[Json]]:
        picker = self._hierarchy.discriminator_of(base)
        if picker is None or base not in self._hierarchy.children:
            return {}
        _, discriminator = picker
        name = property_of(discriminator)
        raw = self._resolver.raw(base)
        if name is None or "oneOf" in raw or "anyOf" in raw:
            return {}
        if self._is_excluded(raw, name) or not any(self._declarations(raw, name)):
            return {}
        concrete = self._concrete_classes(base, name, self._read_mapping(discriminator))
        is_base_class = any(component != base for component in concrete)
        return concrete if is_base_class and len(concrete) <= MAX_CLASSES else {}

    def _concrete_classes(self, base: str, name: str, mapping: _Mapping) -> dict[str, list[Json]]:
        concrete: dict[str, list[Json]] = {}
        for component in (*self._hierarchy.descendants(base), base):
            values = self._class_values(component, name, mapping)
            if values:
                concrete[component] = values
        return concrete

    def _class_values(self, component: str, name: str, mapping: _Mapping) -> list[Json]:
        """Return the values that pick a class.

        A base class has none, unless a mapping or a list of values names it.
        """
        if component not in self._hierarchy.children:
            return self._values_of(component, name, mapping)
        if mapping.values and component not in mapping.values and component != mapping.default:
            return []
        values = self._values_of(component, name, mapping)
        allowed = self._allowed_values(self._resolver.raw(component), name)
        # several values, all that it allows: it lists those of its subclasses
        return [] if len(values) > 1 and _is_settled(allowed, values) else values

    def alternatives(
        self, base: str, refer: Callable[[ComponentRef], JsonObject]
    ) -> list[JsonObject]:
        """Return a reference to each class of a base class; `refer` makes the references."""
        picker = self._hierarchy.discriminator_of(base)
        discriminator = picker[1] if picker else None
        name = property_of(discriminator)
        mapping = self._read_mapping(discriminator)
        branches: list[JsonObject] = []
        for component, values in self.classes(base).items():
            is_base = component == base or bool(self.classes(component))
            branch = refer(ComponentRef(component, "own" if is_base else "whole"))
            is_marked = (
                component not in self._hierarchy.children
                and self._hierarchy.discriminator_of(component) == picker
            )
            if name and not is_marked and not mapping.is_only_default(component):
                allowed = self._allowed_values(self._resolver.raw(component), name)
                if not _is_settled(allowed, values):
                    branch = _fix(branch, name, values, required=component != mapping.default)
            branches.append(branch)
        return branches

    def mark_base(self, raw: JsonObject, schema: JsonObject, component: str) -> None:
        """List the values that the picking property of a base class may have.

        They are those of its mapping, and of all that is built on it. `component` is empty for a
        schema that is no component.
        """
        name = property_of(raw["discriminator"])
        property_ = schema.get("properties", {}).get(name)
        if not isinstance(property_, dict) or property_.get("type", "string") != "string":
            return
        if name is None or {"enum", "const", "$ref"} & property_.keys():
            return
        mapping = self._read_mapping(raw["discriminator"])
        if mapping.default is not None:
            return
        values: list[Json] = []
        for several in mapping.values.values():
            values += several
        if component in self._hierarchy.children:
            for picking in self._concrete_classes(component, name, mapping).values():
                values += picking
        if values:
            enum = distinct(sorted(values, key=str))
            schema["properties"][name] = {"type": "string", **property_, "enum": enum}

    def mark_child(self, schema: JsonObject, component: str) -> JsonObject:
        """Fix the picking property of a class that nothing else is built on."""
        picker = self._hierarchy.discriminator_of(component)
        if picker is None or component in self._hierarchy.children:
            return schema
        base, discriminator = picker
        name = property_of(discriminator)
        if base == component or name is None:
            return schema
        raw = self._resolver.raw(component)
        if self._is_excluded(raw, name) or not any(self._declarations(raw, name)):
            return schema
        mapping = self._read_mapping(discriminator)
        values = self._class_values(component, name, mapping)
        if not values or mapping.is_only_default(component):
            return schema
        if _is_settled(self._allowed_values(raw, name), values):
            return schema
        return _fix(schema, name, values)

    # --- what schemas say of the picking property ---

    def _read_mapping(self, discriminator: Json) -> _Mapping:
        """Read a mapping; it names schemas by reference or by bare name."""
        if not isinstance(discriminator, dict):
            return _Mapping({}, None)
        written = discriminator.get("mapping")
        values: dict[str, list[str]] = {}
        for value, reference in written.items() if isinstance(written, dict) else ():
            component = self._resolver.find(reference)
            if component is not None:
                values.setdefault(component, []).append(value)
        return _Mapping(values, self._resolver.find(discriminator.get("defaultMapping")))

    def _values_of(self, component: str, name: str, mapping: _Mapping) -> list[Json]:
        """Return the values that pick a component, as the property's type has them.

        What the schema says itself wins over its name: both at once would leave no value.
        """
        raw = self._resolver.raw(component)
        mapped = mapping.values.get(component)
        names = mapped or [self._hierarchy.discriminator_value(component)]
        types = self._allowed_types(raw, name)
        recasts = [recast(value, types) for value in names]
        values = [value for value in recasts if value is not DROPPED]
        allowed = self._allowed_values(raw, name)
        if allowed is None:
            return values
        return [value for value in values if value in allowed] or allowed

    def _allowed_values(self, raw: Json, name: str) -> list[Json] | None:
        """Return the values that a schema leaves to a property; None when it leaves any."""
        for property_ in self._resolved_declarations(raw, name):
            if "const" in property_:
                return [property_["const"]]
            if isinstance(property_.get("enum"), list):
                return list(property_["enum"])
        return None

    def _allowed_types(self, raw: Json, name: str) -> tuple[str, ...]:
        """Return the types that a schema leaves to a property; empty when it leaves any."""
        for property_ in self._resolved_declarations(raw, name):
            written = property_.get("type")
            types = tuple(filter(is_type, written if isinstance(written, list) else [written]))
            if types:
                return types
        return ()

    def _may_have(self, raw: Json, name: str) -> bool:
        """Return whether a value may have a property.

        In a closed object one that it neither declares nor requires may not be there.
        """
        parts = list(self._resolver.joined(raw))
        closed = any(
            part.get(keyword) in (False, "false") for part in parts for keyword in _CLOSING_KEYWORDS
        )
        if not closed:
            return True
        for part in parts:
            for keyword in ("properties", "required"):
                names = part.get(keyword)
                if isinstance(names, (dict, list)) and name in names:
                    return True
        return False

    def _is_excluded(self, raw: Json, name: str) -> bool:
        return any(map(self._property_filter.excludes, self._declarations(raw, name)))

    def _resolved_declarations(self, raw: Json, name: str) -> Iterator[JsonObject]:
        """Yield what a schema says of a property, through the reference that it may be."""
        for declared in self._declarations(raw, name):
            component = self._resolver.find(declared.get("$ref"))
            property_ = declared if component is None else self._resolver.raw(component)
            if isinstance(property_, dict):
                yield property_

    def _declarations(self, raw: Json, name: str) -> Iterator[JsonObject]:
        """Yield what a schema and all that it joins say of a property, the nearest first."""
        for part in self._resolver.joined(raw):
            properties = part.get("properties")
            if isinstance(properties, dict) and isinstance(properties.get(name), dict):
                yield properties[name]


def _reference_of(member: Json) -> Json:
    """Return the reference that an alternative is, also when it stands alone in an `allOf`."""
    if not isinstance(member, dict):
        return None
    members = member.get("allOf")
    if "$ref" not in member and isinstance(members, list) and len(members) == 1:
        return _reference_of(members[0])
    return member.get("$ref")


def _exclude_each_other(branches: list[_Branch]) -> bool:
    """Return whether each alternative has values of its own."""
    values = [value for branch in branches for value in branch.values]
    return all(branch.values for branch in branches) and len(distinct(values)) == len(values)


def _is_settled(allowed: list[Json] | None, values: list[Json]) -> bool:
    """Return whether a schema allows no other values than those that pick it."""
    return allowed is not None and len(allowed) == len(values)


def _fix(
    schema: JsonObject, name: str, values: list[Json], *, required: bool = False
) -> JsonObject:
    """Return a schema that leaves only these values to a property."""
    properties = schema.get("properties", {})
    property_: JsonObject = {
        keyword: value
        for keyword, value in properties.get(name, {}).items()
        if keyword not in ("enum", "default")
    }
    if len(values) == 1:
        property_["const"] = values[0]
    else:
        property_["enum"] = values
    fixed = {**schema, "properties": {**properties, name: property_}}
    if required:
        fixed["required"] = distinct([*schema.get("required", ()), name])
    return fixed
