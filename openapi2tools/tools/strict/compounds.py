"""The shapes that hold other shapes: objects, maps, lists, tuples, unions and references."""
# ruff: noqa: D102 -- each method is described once, in `Shape`

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from openapi2tools._core import pointer
from openapi2tools._core.json.json_types import is_same_json
from openapi2tools.model import ABSENT
from openapi2tools.tools.strict.shapes import (
    Inexpressible,
    JsonTextShape,
    Property,
    ScalarShape,
    Shape,
    with_description,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from openapi2tools.model import Json, JsonObject


@dataclass(slots=True)
class ObjectShape(Shape):
    """An object of named properties.

    `additional` is the name and shape of the property that holds all further properties, as pairs.
    """

    properties: dict[str, Property]
    additional: tuple[str, Property] | None = None
    description: str = ""
    nullable: bool = False

    def write(self) -> JsonObject:
        schema = with_description({"type": "object"}, self.description)
        members = self._members()
        schema["properties"] = {name: member.write() for name, member in members}
        schema["required"] = [name for name, member in members if not member.may_be_missing]
        schema["additionalProperties"] = False
        return schema

    def fits(self, value: Json, *, shortened: bool = False) -> bool:
        if not self.resembles(value):
            return False
        return all(
            member.fits(value[name], shortened=shortened)
            for name, member in self._members()
            if name in value
        )

    @property
    def holds_values(self) -> bool:
        return True

    def resembles(self, value: Json) -> bool:
        members = dict(self._members())
        if not isinstance(value, dict) or not value.keys() <= members.keys():
            return False
        return all(name in value or member.optional for name, member in members.items())

    def from_strict(self, value: Json) -> Json:
        if not isinstance(value, dict):
            return _from_json_text(self, "object", value)
        additional_name = self.additional[0] if self.additional else None
        plain: JsonObject = {}
        for name, given in value.items():
            if name == additional_name:
                continue
            converted = (
                self.properties[name].from_strict(given) if name in self.properties else given
            )
            if converted is not ABSENT:
                plain[name] = converted
        return {**self._additional_from_strict(value), **plain}

    def _additional_from_strict(self, value: JsonObject) -> JsonObject:
        """Return the further properties of a strict object; a named property is never one."""
        if not self.additional:
            return {}
        name, additional = self.additional
        further = additional.from_strict(value.get(name))
        if not isinstance(further, dict):
            return {}
        return {key: given for key, given in further.items() if key not in self.properties}

    def to_strict(self, value: Json) -> Json:
        if not isinstance(value, dict):
            raise Inexpressible(f"{value!r} is no object.")
        strict = {
            name: member.to_strict(value.get(name, ABSENT))
            for name, member in self.properties.items()
        }
        further = {name: given for name, given in value.items() if name not in self.properties}
        if self.additional:
            name, additional = self.additional
            strict[name] = additional.to_strict(further or ABSENT)
        elif further:
            raise Inexpressible(f"There is no place for {', '.join(map(repr, further))}.")
        return {name: given for name, given in strict.items() if given is not ABSENT}

    def _members(self) -> Collection[tuple[str, Property]]:
        if self.additional:
            return [*self.properties.items(), self.additional]
        return self.properties.items()


@dataclass(slots=True)
class MapShape(Shape):
    """A map from any key to one shape, written as a list of `{key, value}`; a later pair wins."""

    value: Property
    description: str = ""
    nullable: bool = False

    def write(self) -> JsonObject:
        key = Property(ScalarShape({"type": "string"}))
        pair = ObjectShape({"key": key, "value": self.value}).write()
        return {**with_description({"type": "array"}, self.description), "items": pair}

    def fits(self, value: Json, *, shortened: bool = False) -> bool:
        return self.resembles(value) and all(
            self.value.fits(pair["value"], shortened=shortened) for pair in value
        )

    @property
    def holds_values(self) -> bool:
        return True

    def resembles(self, value: Json) -> bool:
        return isinstance(value, list) and all(map(_is_pair, value))

    def from_strict(self, value: Json) -> Json:
        if isinstance(value, dict):
            return {key: self.value.from_strict(item) for key, item in value.items()}
        if not self.resembles(value):
            return _from_json_text(self, "object", value)
        return {pair["key"]: self.value.from_strict(pair["value"]) for pair in value}

    def to_strict(self, value: Json) -> Json:
        if not isinstance(value, dict):
            raise Inexpressible(f"{value!r} is no object.")
        return [{"key": key, "value": self.value.to_strict(item)} for key, item in value.items()]


def _is_pair(pair: Json) -> bool:
    if not isinstance(pair, dict) or pair.keys() != {"key", "value"}:
        return False
    return isinstance(pair["key"], str)


@dataclass(slots=True)
class ArrayShape(Shape):
    """A list of items of one shape; `limits` holds `minItems` and `maxItems`."""

    item: Property
    limits: JsonObject = field(default_factory=dict)
    description: str = ""
    nullable: bool = False

    def write(self) -> JsonObject:
        schema = with_description({"type": "array"}, self.description)
        return {**schema, "items": self.item.write(), **self.limits}

    def fits(self, value: Json, *, shortened: bool = False) -> bool:
        return self.resembles(value) and all(
            self.item.fits(item, shortened=shortened) for item in value
        )

    @property
    def holds_values(self) -> bool:
        return True

    def resembles(self, value: Json) -> bool:
        return isinstance(value, list)

    def from_strict(self, value: Json) -> Json:
        if not isinstance(value, list):
            return _from_json_text(self, "array", value)
        return [self.item.from_strict(item) for item in value]

    def to_strict(self, value: Json) -> Json:
        if not isinstance(value, list):
            raise Inexpressible(f"{value!r} is no list.")
        return [self.item.to_strict(item) for item in value]


@dataclass(slots=True)
class TupleShape(Shape):
    """A tuple, written as an object of `item1`, `item2`, ….

    Optional items can only be left out from the end.
    """

    items: list[Property]
    description: str = ""
    nullable: bool = False

    @property
    def names(self) -> list[str]:
        """The names of the items in the strict object."""
        return [f"item{number}" for number in range(1, len(self.items) + 1)]

    def write(self) -> JsonObject:
        return self._as_object().write()

    def fits(self, value: Json, *, shortened: bool = False) -> bool:
        return self._as_object().fits(value, shortened=shortened)

    @property
    def holds_values(self) -> bool:
        return True

    def resembles(self, value: Json) -> bool:
        return self._as_object().resembles(value)

    def from_strict(self, value: Json) -> Json:
        if not isinstance(value, dict):
            return _from_json_text(self, "array", value)
        plain = []
        for name, item in zip(self.names, self.items, strict=True):
            converted = item.from_strict(value[name]) if name in value else ABSENT
            if converted is ABSENT:
                break
            plain.append(converted)
        return plain

    def to_strict(self, value: Json) -> Json:
        if not isinstance(value, list) or len(value) > len(self.items):
            raise Inexpressible(f"{value!r} is no list of at most {len(self.items)}.")
        return self._as_object().to_strict(dict(zip(self.names, value, strict=False)))

    def _as_object(self) -> ObjectShape:
        properties = dict(zip(self.names, self.items, strict=True))
        return ObjectShape(properties, None, self.description)


@dataclass(slots=True)
class UnionShape(Shape):
    """One of several shapes; `null` says that the union itself allows null."""

    branches: list[Shape]
    description: str = ""
    null: bool = False

    @property
    def nullable(self) -> bool:  # type: ignore[override]
        return self.null or any(branch.nullable for branch in self.branches)

    def write(self) -> JsonObject:
        written: list[JsonObject] = []
        for branch in self.branches:
            schema = branch.write()
            if isinstance(branch, ReferenceShape) and branch.description:
                # a `$ref` allows no keyword beside it
                schema = {"anyOf": [schema], "description": branch.description}
            inner = schema["anyOf"] if schema.keys() == {"anyOf"} else [schema]
            written += [one for one in inner if one not in written]
        return with_description({"anyOf": written}, self.description)

    def fits(self, value: Json, *, shortened: bool = False) -> bool:
        return any(branch.fits(value, shortened=shortened) for branch in self.branches)

    @property
    def holds_values(self) -> bool:
        return any(branch.holds_values for branch in self.branches)

    def resembles(self, value: Json) -> bool:
        return any(branch.resembles(value) for branch in self.branches)

    def from_strict(self, value: Json) -> Json:
        branch = self._branch_of(value)
        if branch is not None:
            return branch.from_strict(value)
        return value if _takes_text(self) else _from_json_text(self, "any", value)

    def _branch_of(self, value: Json) -> Shape | None:
        """Return the branch that a strict value is of: the first of those that it fits best.

        It may fit as it is, or with JSON text inside, or only resemble a branch.
        """
        ordered = sorted(self.branches, key=_matching_order)
        fitting = [branch for branch in ordered if branch.fits(value)]
        fitting = fitting or [branch for branch in ordered if branch.fits(value, shortened=True)]
        fitting = fitting or [branch for branch in ordered if branch.resembles(value)]
        return fitting[0] if fitting else None

    def to_strict(self, value: Json) -> Json:
        for branch in self.branches:
            try:
                strict = branch.to_strict(value)
            except Inexpressible:
                continue
            if is_same_json(self.from_strict(strict), value):
                return strict
        raise Inexpressible(f"{value!r} is of no branch.")


@dataclass(slots=True)
class ReferenceShape(Shape):
    """A reference to a shape under `$defs`; `find` looks it up late, for it may hold itself."""

    name: str
    find: Callable[[str], Shape]
    description: str = ""
    _nullable: bool | None = field(default=None, repr=False, compare=False)

    @property
    def nullable(self) -> bool:  # type: ignore[override]
        # kept: unions of references to unions of references would ask again and again
        if self._nullable is None:
            self._nullable = self.find(self.name).nullable
        return self._nullable

    def write(self) -> JsonObject:
        return {"$ref": "#/$defs/" + pointer.escape(self.name)}

    def fits(self, value: Json, *, shortened: bool = False) -> bool:
        return self.find(self.name).fits(value, shortened=shortened)

    @property
    def holds_values(self) -> bool:
        return self.find(self.name).holds_values

    def resembles(self, value: Json) -> bool:
        return self.find(self.name).resembles(value)

    def from_strict(self, value: Json) -> Json:
        return self.find(self.name).from_strict(value)

    def to_strict(self, value: Json) -> Json:
        return self.find(self.name).to_strict(value)


def _resolve(shape: Shape) -> Shape:
    """Follow references to the shape itself."""
    while isinstance(shape, ReferenceShape):
        shape = shape.find(shape.name)
    return shape


def _from_json_text(shape: Shape, json_type: str, value: Json) -> Json:
    """Return the plain value for JSON text that stands where the shape has none.

    A tool that was shortened for a budget has such text. It may hold the plain value, or one of the
    strict shape.
    """
    parsed = JsonTextShape(json_type).parse(value)
    if not isinstance(parsed, dict | list):
        return value
    with suppress(Inexpressible):
        return shape.from_strict(shape.to_strict(parsed))
    return shape.from_strict(parsed)


def _matching_order(shape: Shape) -> int:
    """Return the rank in which the branches of a union are tried.

    JSON text comes first: it fits only what parses to its type, while a string takes any text. Maps
    come last: an empty list is a list.
    """
    match _resolve(shape):
        case JsonTextShape():
            return 0
        case MapShape():
            return 2
        case _:
            return 1


def _takes_text(shape: Shape) -> bool:
    shape = _resolve(shape)
    if isinstance(shape, UnionShape):
        return any(map(_takes_text, shape.branches))
    if isinstance(shape, ScalarShape):
        return bool(shape.schema["type"] == "string")
    return isinstance(shape, JsonTextShape)
