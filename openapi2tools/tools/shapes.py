# ruff: noqa: D102 -- each method is told once, in `Shape`
"""The shapes that a strict schema can say: each writes its schema, reads a strict value back, and writes a plain value in strict form."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import orjson

from openapi2tools import pointer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from openapi2tools.model import Json, JsonObject

NULL_MARK: Final = "__null__"
"""Stands for null where null itself means "left out": in an optional field that may be null."""

_MARK_NOTE: Final = f'"{NULL_MARK}" sets null.'
_ABSENT: Final = object()
_NULL: Final[JsonObject] = {"type": "null"}
_PYTHON: Final[Mapping[str, type | tuple[type, ...]]] = {
    "string": str,
    "integer": (int, float),
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}


class Inexpressible(ValueError):
    """A plain value that the strict shape cannot say."""


class Shape(ABC):
    """What one place of a strict schema may hold. Null is told apart: `nullable` says that the plain schema takes it."""

    description: str
    nullable: bool

    @abstractmethod
    def write(self) -> JsonObject:
        """Write the strict schema, without null."""

    @abstractmethod
    def fits(self, value: Json) -> bool:
        """Tell whether a strict value, not null, is of this shape."""

    @abstractmethod
    def loosen(self, value: Json) -> Json:
        """Give the plain value for a strict one; what is not of this shape stays as it is."""

    @abstractmethod
    def tighten(self, value: Json) -> Json:
        """Give the strict value for a plain one; raises `Inexpressible`."""


@dataclass(slots=True)
class Slot:
    """A place that holds a shape: an item, a field. An optional one takes null for "left out", unless it may be missing itself."""

    shape: Shape
    optional: bool = False
    missing: bool = False

    def write(self) -> JsonObject:
        shape = self.shape
        written = shape.write()
        note = shape.description
        if self._marked:
            note = f"{note} {_MARK_NOTE}".lstrip()
        if shape.nullable or (self.optional and not self.missing):
            return _with_null(written, note, marked=self._marked)
        if note and "description" not in written:
            return {"anyOf": [written], "description": note}  # a reference stands alone
        return written

    def fits(self, value: Json) -> bool:
        if value is None:
            return self.shape.nullable or (self.optional and not self.missing)
        return (value == NULL_MARK and self._marked) or self.shape.fits(value)

    def loosen(self, value: Json) -> Json:
        """Give the plain value, or `_ABSENT` for one that is left out."""
        if value is None:
            return None if self.missing and self.shape.nullable else _ABSENT if self.optional else None
        if self._marked and value == NULL_MARK:
            return None
        return self.shape.loosen(value)

    def tighten(self, value: Json) -> Json:
        if value is _ABSENT:
            if self.optional:
                return _ABSENT if self.missing else None
            raise Inexpressible("A required value is missing.")
        if value is None and self.shape.nullable:
            return NULL_MARK if self._marked else None
        return self.shape.tighten(value)

    @property
    def _marked(self) -> bool:
        return self.optional and not self.missing and self.shape.nullable


def _with_null(written: JsonObject, note: str, *, marked: bool) -> JsonObject:
    kind = written.get("type")
    enum = written.get("enum")
    if kind == "string" and marked and enum is not None:
        enum = [*enum, NULL_MARK]
    simple = kind in ("string", "integer", "number", "boolean")
    if simple and (not marked or (kind == "string" and not {"pattern", "format"} & written.keys())):
        flat: JsonObject = {**written, "type": [kind, "null"]}
        if enum is not None:
            flat["enum"] = [*enum, None]
        return _described(flat, note)
    inner = {key: value for key, value in written.items() if key != "description"}
    branches = inner["anyOf"] if inner.keys() == {"anyOf"} else [inner]
    mark = [{"type": "string", "enum": [NULL_MARK]}] if marked else []
    return _described({"anyOf": [*branches, *mark, _NULL]}, note)


def _described(schema: JsonObject, note: str) -> JsonObject:
    if note:
        schema["description"] = note
    return schema


@dataclass(slots=True)
class Scalar(Shape):
    """A string, number, integer or boolean; `schema` is its strict schema with `type`, without its description."""

    schema: JsonObject
    description: str = ""
    nullable: bool = False

    def write(self) -> JsonObject:
        return _described(dict(self.schema), self.description)

    def fits(self, value: Json) -> bool:
        kind = self.schema["type"]
        if not isinstance(value, _PYTHON[kind]) or (isinstance(value, bool) and kind != "boolean"):
            return False
        if kind == "integer" and isinstance(value, float) and not value.is_integer():
            return False
        enum = self.schema.get("enum")
        return enum is None or value in enum

    def loosen(self, value: Json) -> Json:
        return value

    def tighten(self, value: Json) -> Json:
        if not self.fits(value):
            raise Inexpressible(f"{value!r} is no {self.schema['type']} of this schema.")
        return value


@dataclass(slots=True)
class Null(Shape):
    """Null and nothing else."""

    description: str = ""
    nullable: bool = True

    def write(self) -> JsonObject:
        return _described(dict(_NULL), self.description)

    def fits(self, value: Json) -> bool:
        return value is None

    def loosen(self, value: Json) -> Json:
        return value

    def tighten(self, value: Json) -> Json:
        raise Inexpressible(f"{value!r} is not null.")


@dataclass(slots=True)
class Text(Shape):
    """JSON written as text: what strictness has no shape for. `kind` is `object`, `array` or `any`."""

    kind: str
    description: str = ""
    nullable: bool = False

    def write(self) -> JsonObject:
        return _described({"type": "string"}, self.description)

    def fits(self, value: Json) -> bool:
        return self.parse(value) is not _ABSENT

    def loosen(self, value: Json) -> Json:
        parsed = self.parse(value)
        return value if parsed is _ABSENT else parsed

    def tighten(self, value: Json) -> Json:
        if self.kind != "any" and not isinstance(value, _PYTHON[self.kind]):
            raise Inexpressible(f"{value!r} is no {self.kind}.")
        return orjson.dumps(value).decode()

    def parse(self, value: Json) -> Json:
        if not isinstance(value, str):
            return _ABSENT
        try:
            parsed = orjson.loads(value)
        except orjson.JSONDecodeError:
            return _ABSENT
        return parsed if self.kind == "any" or isinstance(parsed, _PYTHON[self.kind]) else _ABSENT


@dataclass(slots=True)
class Record(Shape):
    """An object of named fields; `rest` holds what further properties it takes, as pairs in a field of their own."""

    fields: dict[str, Slot]
    rest: tuple[str, Slot] | None = None
    description: str = ""
    nullable: bool = False

    def write(self) -> JsonObject:
        properties = {name: slot.write() for name, slot in self._slots()}
        schema = _described({"type": "object"}, self.description)
        required = [name for name, slot in self._slots() if not slot.missing]
        return {**schema, "properties": properties, "required": required, "additionalProperties": False}

    def fits(self, value: Json) -> bool:
        if not isinstance(value, dict):
            return False
        slots = dict(self._slots())
        if not value.keys() <= slots.keys():
            return False
        return all(slot.fits(value[name]) if name in value else slot.optional for name, slot in slots.items())

    def loosen(self, value: Json) -> Json:
        if not isinstance(value, dict):
            return Text("object").loosen(value)  # as a tool shortened for a budget has it
        plain: JsonObject = {}
        for name, given in value.items():
            if self.rest and name == self.rest[0]:
                continue
            loose = self.fields[name].loosen(given) if name in self.fields else given
            if loose is not _ABSENT:
                plain[name] = loose
        if self.rest and isinstance(further := self.rest[1].loosen(value.get(self.rest[0])), dict):
            plain = {**further, **plain}
        return plain

    def tighten(self, value: Json) -> Json:
        if not isinstance(value, dict):
            raise Inexpressible(f"{value!r} is no object.")
        tight = {name: slot.tighten(value.get(name, _ABSENT)) for name, slot in self.fields.items()}
        further = {name: given for name, given in value.items() if name not in self.fields}
        if self.rest:
            tight[self.rest[0]] = self.rest[1].tighten(further or _ABSENT)
        elif further:
            raise Inexpressible(f"There is no place for {', '.join(map(repr, further))}.")
        return {name: given for name, given in tight.items() if given is not _ABSENT}

    def _slots(self) -> Iterator[tuple[str, Slot]]:
        yield from self.fields.items()
        if self.rest:
            yield self.rest


@dataclass(slots=True)
class Pairs(Shape):
    """A map from any key to one shape, said as a list of `{key, value}`; a later pair wins."""

    value: Slot
    description: str = ""
    nullable: bool = False

    def write(self) -> JsonObject:
        pair = Record({"key": Slot(Scalar({"type": "string"})), "value": self.value}).write()
        return {**_described({"type": "array"}, self.description), "items": pair}

    def fits(self, value: Json) -> bool:
        return isinstance(value, list) and all(self._is_pair(pair) and self.value.fits(pair["value"]) for pair in value)

    def loosen(self, value: Json) -> Json:
        if isinstance(value, dict):
            return {key: self.value.loosen(item) for key, item in value.items()}
        if not isinstance(value, list) or not all(map(self._is_pair, value)):
            return value
        return {pair["key"]: self.value.loosen(pair["value"]) for pair in value}

    def tighten(self, value: Json) -> Json:
        if not isinstance(value, dict):
            raise Inexpressible(f"{value!r} is no object.")
        return [{"key": key, "value": self.value.tighten(item)} for key, item in value.items()]

    @staticmethod
    def _is_pair(pair: Json) -> bool:
        return isinstance(pair, dict) and pair.keys() == {"key", "value"} and isinstance(pair["key"], str)


@dataclass(slots=True)
class Items(Shape):
    """A list of one shape; `limits` holds `minItems` and `maxItems`."""

    item: Slot
    limits: JsonObject = field(default_factory=dict)
    description: str = ""
    nullable: bool = False

    def write(self) -> JsonObject:
        return {**_described({"type": "array"}, self.description), "items": self.item.write(), **self.limits}

    def fits(self, value: Json) -> bool:
        return isinstance(value, list) and all(map(self.item.fits, value))

    def loosen(self, value: Json) -> Json:
        return [self.item.loosen(item) for item in value] if isinstance(value, list) else Text("array").loosen(value)

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

    def loosen(self, value: Json) -> Json:
        if not isinstance(value, dict):
            return Text("array").loosen(value)
        plain = []
        for name, slot in zip(self.names, self.places, strict=True):
            loose = slot.loosen(value[name]) if name in value else _ABSENT
            if loose is _ABSENT:
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
            inner = schema["anyOf"] if schema.keys() == {"anyOf"} else [schema]
            written += [one for one in inner if one not in written]
        return _described({"anyOf": written}, self.description)

    def fits(self, value: Json) -> bool:
        return any(branch.fits(value) for branch in self.branches)

    def loosen(self, value: Json) -> Json:
        # Text first: it fits only what parses to its kind, while a string takes any text.
        ordered = sorted(self.branches, key=lambda branch: not isinstance(resolved(branch), Text))
        for branch in ordered:
            if branch.fits(value):
                return branch.loosen(value)
        return value

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

    @property
    def nullable(self) -> bool:  # type: ignore[override]
        return self.find(self.name).nullable

    def write(self) -> JsonObject:
        return {"$ref": "#/$defs/" + pointer.escape(self.name)}

    def fits(self, value: Json) -> bool:
        return self.find(self.name).fits(value)

    def loosen(self, value: Json) -> Json:
        return self.find(self.name).loosen(value)

    def tighten(self, value: Json) -> Json:
        return self.find(self.name).tighten(value)


def resolved(shape: Shape) -> Shape:
    """Follow references to the shape itself."""
    while isinstance(shape, Reference):
        shape = shape.find(shape.name)
    return shape


def same(one: Json, other: Json) -> bool:
    """Tell whether two values are the same JSON: `true` is not 1, the order of keys is nothing."""
    return orjson.dumps(one, option=orjson.OPT_SORT_KEYS) == orjson.dumps(other, option=orjson.OPT_SORT_KEYS)
