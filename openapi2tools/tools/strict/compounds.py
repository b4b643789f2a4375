"""The shapes that hold shapes: objects, maps, lists, tuples, unions, references."""
# ruff: noqa: D102 -- each method is told once, in `Shape`

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from openapi2tools._core import pointer
from openapi2tools.model import ABSENT
from openapi2tools.tools.strict.shapes import (
    Inexpressible,
    Scalar,
    Shape,
    Slot,
    Text,
    described,
    same,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from openapi2tools.model import Json, JsonObject


@dataclass(slots=True)
class Record(Shape):
    """An object of named fields; `rest` holds what further properties it takes, as pairs in a field of their own."""

    fields: dict[str, Slot]
    rest: tuple[str, Slot] | None = None
    description: str = ""
    nullable: bool = False

    def write(self) -> JsonObject:
        schema = described({"type": "object"}, self.description)
        slots = self._slots()
        schema["properties"] = {name: slot.write() for name, slot in slots}
        schema["required"] = [name for name, slot in slots if not slot.missing]
        schema["additionalProperties"] = False
        return schema

    def fits(self, value: Json) -> bool:
        return self.resembles(value) and all(
            slot.fits(value[name]) for name, slot in self._slots() if name in value
        )

    def resembles(self, value: Json) -> bool:
        slots = dict(self._slots())
        if not isinstance(value, dict) or not value.keys() <= slots.keys():
            return False
        return all(name in value or slot.optional for name, slot in slots.items())

    def loosen(self, value: Json) -> Json:
        if not isinstance(value, dict):
            return _from_text(self, "object", value)
        plain: JsonObject = {}
        for name, given in value.items():
            if self.rest and name == self.rest[0]:
                continue
            loose = self.fields[name].loosen(given) if name in self.fields else given
            if loose is not ABSENT:
                plain[name] = loose
        if self.rest and isinstance(further := self.rest[1].loosen(value.get(self.rest[0])), dict):
            plain = {
                **{name: given for name, given in further.items() if name not in self.fields},
                **plain,
            }
        return plain

    def tighten(self, value: Json) -> Json:
        if not isinstance(value, dict):
            raise Inexpressible(f"{value!r} is no object.")
        tight = {name: slot.tighten(value.get(name, ABSENT)) for name, slot in self.fields.items()}
        further = {name: given for name, given in value.items() if name not in self.fields}
        if self.rest:
            tight[self.rest[0]] = self.rest[1].tighten(further or ABSENT)
        elif further:
            raise Inexpressible(f"There is no place for {', '.join(map(repr, further))}.")
        return {name: given for name, given in tight.items() if given is not ABSENT}

    def _slots(self) -> Collection[tuple[str, Slot]]:
        return [*self.fields.items(), self.rest] if self.rest else self.fields.items()


@dataclass(slots=True)
class Pairs(Shape):
    """A map from any key to one shape, said as a list of `{key, value}`; a later pair wins."""

    value: Slot
    description: str = ""
    nullable: bool = False

    def write(self) -> JsonObject:
        pair = Record({"key": Slot(Scalar({"type": "string"})), "value": self.value}).write()
        return {**described({"type": "array"}, self.description), "items": pair}

    def fits(self, value: Json) -> bool:
        return self.resembles(value) and all(self.value.fits(pair["value"]) for pair in value)

    def resembles(self, value: Json) -> bool:
        return isinstance(value, list) and all(map(self._is_pair, value))

    def loosen(self, value: Json) -> Json:
        if isinstance(value, dict):
            return {key: self.value.loosen(item) for key, item in value.items()}
        if not isinstance(value, list) or not all(map(self._is_pair, value)):
            return _from_text(self, "object", value)
        return {pair["key"]: self.value.loosen(pair["value"]) for pair in value}

    def tighten(self, value: Json) -> Json:
        if not isinstance(value, dict):
            raise Inexpressible(f"{value!r} is no object.")
        return [{"key": key, "value": self.value.tighten(item)} for key, item in value.items()]

    @staticmethod
    def _is_pair(pair: Json) -> bool:
        return (
            isinstance(pair, dict)
            and pair.keys() == {"key", "value"}
            and isinstance(pair["key"], str)
        )


@dataclass(slots=True)
class Items(Shape):
    """A list of one shape; `limits` holds `minItems` and `maxItems`."""

    item: Slot
    limits: JsonObject = field(default_factory=dict)
    description: str = ""
    nullable: bool = False

    def write(self) -> JsonObject:
        return {
            **described({"type": "array"}, self.description),
            "items": self.item.write(),
            **self.limits,
        }

    def fits(self, value: Json) -> bool:
        return self.resembles(value) and all(map(self.item.fits, value))

    def resembles(self, value: Json) -> bool:
        return isinstance(value, list)

    def loosen(self, value: Json) -> Json:
        return (
            [self.item.loosen(item) for item in value]
            if isinstance(value, list)
            else _from_text(self, "array", value)
        )

    def tighten(self, value: Json) -> Json:
        if not isinstance(value, list):
            raise Inexpressible(f"{value!r} is no list.")
        return [self.item.tighten(item) for item in value]


@dataclass(slots=True)
class Row(Shape):
    """A tuple, said as an object of `item1`, `item2`, …; what is optional can only be left out from the end."""

    places: list[Slot]
    description: str = ""
    nullable: bool = False

    @property
    def names(self) -> list[str]:
        return [f"item{number}" for number in range(1, len(self.places) + 1)]

    def write(self) -> JsonObject:
        return self._record().write()

    def fits(self, value: Json) -> bool:
        return self._record().fits(value)

    def resembles(self, value: Json) -> bool:
        return self._record().resembles(value)

    def loosen(self, value: Json) -> Json:
        if not isinstance(value, dict):
            return _from_text(self, "array", value)
        plain = []
        for name, slot in zip(self.names, self.places, strict=True):
            loose = slot.loosen(value[name]) if name in value else ABSENT
            if loose is ABSENT:
                break
            plain.append(loose)
        return plain

    def tighten(self, value: Json) -> Json:
        if not isinstance(value, list) or len(value) > len(self.places):
            raise Inexpressible(f"{value!r} is no list of at most {len(self.places)}.")
        return self._record().tighten(dict(zip(self.names, value, strict=False)))

    def _record(self) -> Record:
        return Record(dict(zip(self.names, self.places, strict=True)), None, self.description)


@dataclass(slots=True)
class Union(Shape):
    """One of several shapes; a value is of the first branch that it fits."""

    branches: list[Shape]
    description: str = ""
    null: bool = False

    @property
    def nullable(self) -> bool:  # type: ignore[override]
        return self.null or any(branch.nullable for branch in self.branches)

    def write(self) -> JsonObject:
        written = []
        for branch in self.branches:
            schema = branch.write()
            if isinstance(branch, Reference) and branch.description:
                # a reference stands alone
                schema = {"anyOf": [schema], "description": branch.description}
            inner = schema["anyOf"] if schema.keys() == {"anyOf"} else [schema]
            written += [one for one in inner if one not in written]
        return described({"anyOf": written}, self.description)

    def fits(self, value: Json) -> bool:
        return any(branch.fits(value) for branch in self.branches)

    def resembles(self, value: Json) -> bool:
        return any(branch.resembles(value) for branch in self.branches)

    def loosen(self, value: Json) -> Json:
        ordered = sorted(self.branches, key=_breadth)
        found = next((one for one in ordered if one.fits(value)), None) or next(
            (one for one in ordered if one.resembles(value)), None
        )
        if found is not None:
            return found.loosen(value)
        return value if _takes_text(self) else _from_text(self, "any", value)

    def tighten(self, value: Json) -> Json:
        for branch in self.branches:
            try:
                tight = branch.tighten(value)
            except Inexpressible:
                continue
            if same(self.loosen(tight), value):
                return tight
        raise Inexpressible(f"{value!r} is of no branch.")


@dataclass(slots=True)
class Reference(Shape):
    """A shape that stands under `$defs`; found when it is needed, for it may hold itself."""

    name: str
    find: Callable[[str], Shape]
    description: str = ""
    _nullable: bool | None = field(default=None, repr=False, compare=False)

    @property
    def nullable(self) -> bool:  # type: ignore[override]
        # once: unions of references to unions of references would ask again and again
        if self._nullable is None:
            self._nullable = self.find(self.name).nullable
        return self._nullable

    def write(self) -> JsonObject:
        return {"$ref": "#/$defs/" + pointer.escape(self.name)}

    def fits(self, value: Json) -> bool:
        return self.find(self.name).fits(value)

    def resembles(self, value: Json) -> bool:
        return self.find(self.name).resembles(value)

    def loosen(self, value: Json) -> Json:
        return self.find(self.name).loosen(value)

    def tighten(self, value: Json) -> Json:
        return self.find(self.name).tighten(value)


def resolved(shape: Shape) -> Shape:
    """Follow references to the shape itself."""
    while isinstance(shape, Reference):
        shape = shape.find(shape.name)
    return shape


def _from_text(shape: Shape, kind: str, value: Json) -> Json:
    """Loosen JSON text where the shape has none, as in a tool shortened for a budget: the plain value, or one of the strict shape."""
    parsed = Text(kind).parse(value)
    if not isinstance(parsed, dict | list):
        return value
    with suppress(Inexpressible):
        return shape.loosen(shape.tighten(parsed))
    return shape.loosen(parsed)


def _breadth(shape: Shape) -> int:
    """Put text first, for it fits only what parses to its kind, while a string takes any text, and maps last: an empty list is a list."""
    shape = resolved(shape)
    return 0 if isinstance(shape, Text) else 2 if isinstance(shape, Pairs) else 1


def _takes_text(shape: Shape) -> bool:
    shape = resolved(shape)
    if isinstance(shape, Union):
        return any(map(_takes_text, shape.branches))
    return isinstance(shape, Text) or (
        isinstance(shape, Scalar) and shape.schema["type"] == "string"
    )
