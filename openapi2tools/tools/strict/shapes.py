"""What a strict schema can say of one value: each shape writes its schema, loosens a strict value, and tightens a plain one."""
# ruff: noqa: D102 -- each method is told once, in `Shape`

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import orjson

from openapi2tools.model import ABSENT
from openapi2tools.tools.strict.words import followed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.model import Json, JsonObject

NULL_MARK: Final = "__null__"
"""Stands for null where null itself means "left out": in an optional field that may be null."""

_MARK_NOTE: Final = f'"{NULL_MARK}" sets null.'
_NULL: Final[JsonObject] = {"type": "null"}
PYTHON: Final[Mapping[str, type | tuple[type, ...]]] = {
    "string": str,
    "integer": (int, float),
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}


class Inexpressible(ValueError):
    """A plain value that the strict shape cannot say."""


class Shape:
    """What one place of a strict schema may hold. Null is told apart: `nullable` says that the plain schema takes it."""

    description: str
    nullable: bool

    def write(self) -> JsonObject:
        """Write the strict schema, without null."""
        raise NotImplementedError

    def fits(self, value: Json) -> bool:
        """Tell whether a strict value, not null, is of this shape."""
        raise NotImplementedError

    def resembles(self, value: Json) -> bool:
        """Tell whether a strict value is of this shape on the outside: within, a tool shortened for a budget may have JSON text."""
        return self.fits(value)

    def loosen(self, value: Json) -> Json:
        """Give the plain value for a strict one; what is not of this shape stays as it is."""
        raise NotImplementedError

    def tighten(self, value: Json) -> Json:
        """Give the strict value for a plain one; raises `Inexpressible`."""
        raise NotImplementedError


@dataclass(slots=True)
class Slot:
    """A place that holds a shape: an item, a field. An optional one takes null for "left out", unless it may be missing itself."""

    shape: Shape
    optional: bool = False
    missing: bool = False
    _written: JsonObject | None = field(default=None, repr=False, compare=False)

    def write(self) -> JsonObject:
        """Write the strict schema, null and all: once, however many schemas it stands in."""
        if self._written is None:
            self._written = self._write()
        return self._written

    def _write(self) -> JsonObject:
        shape = self.shape
        written = shape.write()
        note = shape.description
        marked = self._marked
        if marked:
            note = followed(note, _MARK_NOTE)
        if shape.nullable or (self.optional and not self.missing):
            return _with_null(written, note, marked=marked)
        if note and "description" not in written:
            return {"anyOf": [written], "description": note}  # a reference stands alone
        return written

    def fits(self, value: Json) -> bool:
        if value is None:
            return self.shape.nullable or (self.optional and not self.missing)
        return (value == NULL_MARK and self.shape.nullable) or self.shape.fits(value)

    def loosen(self, value: Json) -> Json:
        """Give the plain value, or `ABSENT` for one that is left out."""
        if value is None:
            return (
                None if self.missing and self.shape.nullable else ABSENT if self.optional else None
            )
        # also where null itself would do: a model has read of the mark elsewhere
        if value == NULL_MARK and self.shape.nullable:
            return None
        return self.shape.loosen(value)

    def tighten(self, value: Json) -> Json:
        if value is ABSENT:
            if self.optional:
                return ABSENT if self.missing else None
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
    if kind == "string" and marked and enum is not None and NULL_MARK not in enum:
        enum = [*enum, NULL_MARK]
    simple = kind in ("string", "integer", "number", "boolean")
    if simple and (not marked or (kind == "string" and not {"pattern", "format"} & written.keys())):
        flat: JsonObject = {**written, "type": [kind, "null"]}
        if enum is not None:
            flat["enum"] = [*enum, None]
        return described(flat, note)
    inner = {key: value for key, value in written.items() if key != "description"}
    branches = inner["anyOf"] if inner.keys() == {"anyOf"} else [inner]
    mark = [{"type": "string", "enum": [NULL_MARK]}] if marked else []
    ways = [*(branch for branch in branches if branch != _NULL), *mark, _NULL]
    return described({"anyOf": ways} if len(ways) > 1 else dict(_NULL), note)


def described(schema: JsonObject, note: str) -> JsonObject:
    """Put a description, where there is one, into a schema that is being written."""
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
        return described(dict(self.schema), self.description)

    def fits(self, value: Json) -> bool:
        kind = self.schema["type"]
        if not isinstance(value, PYTHON[kind]) or (isinstance(value, bool) and kind != "boolean"):
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
        return described(dict(_NULL), self.description)

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
        return described({"type": "string"}, self.description)

    def fits(self, value: Json) -> bool:
        return self.parse(value) is not ABSENT

    def loosen(self, value: Json) -> Json:
        parsed = self.parse(value)
        return value if parsed is ABSENT else parsed

    def tighten(self, value: Json) -> Json:
        if self.kind != "any" and not isinstance(value, PYTHON[self.kind]):
            raise Inexpressible(f"{value!r} is no {self.kind}.")
        return orjson.dumps(value).decode()

    def parse(self, value: Json) -> Json:
        if not isinstance(value, str):
            return ABSENT
        try:
            parsed = orjson.loads(value)
        except orjson.JSONDecodeError:
            return ABSENT
        return parsed if self.kind == "any" or isinstance(parsed, PYTHON[self.kind]) else ABSENT


def same(one: Json, other: Json) -> bool:
    """Tell whether two values are the same JSON: `true` is not 1, the order of keys is nothing."""
    try:
        return orjson.dumps(one, option=orjson.OPT_SORT_KEYS) == orjson.dumps(
            other, option=orjson.OPT_SORT_KEYS
        )
    except TypeError:  # whole numbers beyond 64 bits, deep nesting
        return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
