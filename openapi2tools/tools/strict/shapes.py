"""The simple shapes of a strict schema: scalars, null and JSON text, and the `Property` they fill.

A shape is what one position of a strict schema may hold. It writes its own schema and converts
values both ways, between the plain schema and the strict one.
"""
# ruff: noqa: D102 -- each method is described once, in `Shape`

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import orjson

from openapi2tools._core.json.json_types import has_json_type
from openapi2tools.model import ABSENT
from openapi2tools.tools.strict.constraint_text import append_sentences

if TYPE_CHECKING:
    from openapi2tools.model import Json, JsonObject

NULL_MARK: Final = "__null__"
"""Stands for null where null itself means "left out": in an optional field that may be null."""

_NULL_MARK_NOTE: Final = f'"{NULL_MARK}" sets null.'
_NULL_SCHEMA: Final[JsonObject] = {"type": "null"}
_SCALAR_TYPES: Final = ("string", "integer", "number", "boolean")


class Inexpressible(ValueError):
    """A plain value that the strict shape cannot express."""


class Shape:
    """What one position of a strict schema may hold.

    Null is kept apart from the other values: `nullable` says that the plain schema allows it, and
    the `Property` around the shape writes it.
    """

    description: str
    nullable: bool

    def write(self) -> JsonObject:
        """Write the strict schema, without null."""
        raise NotImplementedError

    def fits(self, value: Json, *, shortened: bool = False) -> bool:
        """Return whether a strict value, not null, is of this shape.

        With `shortened`, JSON text may stand for each value inside it that holds other values: a
        tool that was shortened for a budget has it there.
        """
        raise NotImplementedError

    def resembles(self, value: Json) -> bool:
        """Return whether a strict value is of this shape on the outside, whatever it holds."""
        return self.fits(value)

    @property
    def holds_values(self) -> bool:
        """Whether a value of this shape may hold other values."""
        return False

    def from_strict(self, value: Json) -> Json:
        """Return the plain value for a strict one; what is not of this shape is unchanged."""
        raise NotImplementedError

    def to_strict(self, value: Json) -> Json:
        """Return the strict value for a plain one. Raises `Inexpressible`."""
        raise NotImplementedError


@dataclass(slots=True)
class Property:
    """A shape in its position: the value of a property, of a map, or an item of a list.

    An `optional` one takes null for "left out", unless `may_be_missing`: then it is not required.
    """

    shape: Shape
    optional: bool = False
    may_be_missing: bool = False
    _schema: JsonObject | None = field(default=None, repr=False, compare=False)

    def write(self) -> JsonObject:
        """Write the strict schema with null, once, however many schemas it stands in."""
        if self._schema is None:
            self._schema = self._write()
        return self._schema

    def _write(self) -> JsonObject:
        shape = self.shape
        schema = shape.write()
        description = shape.description
        uses_mark = self._uses_null_mark
        if uses_mark:
            description = append_sentences(description, _NULL_MARK_NOTE)
        if shape.nullable or self._null_means_absent:
            return _with_null(schema, description, uses_mark=uses_mark)
        if description and "description" not in schema:
            # a `$ref` allows no keyword beside it
            return {"anyOf": [schema], "description": description}
        return schema

    def fits(self, value: Json, *, shortened: bool = False) -> bool:
        if value is None:
            return self.shape.nullable or self._null_means_absent
        if value == NULL_MARK and self.shape.nullable:
            return True
        if shortened and isinstance(value, str) and self.shape.holds_values:
            return True
        return self.shape.fits(value, shortened=shortened)

    def from_strict(self, value: Json) -> Json:
        """Return the plain value, or `ABSENT` for one that is left out."""
        if value is None:
            null_is_a_value = self.may_be_missing and self.shape.nullable
            return ABSENT if self.optional and not null_is_a_value else None
        # also where null itself would do: a model has read of the mark elsewhere
        if value == NULL_MARK and self.shape.nullable:
            return None
        return self.shape.from_strict(value)

    def to_strict(self, value: Json) -> Json:
        if value is ABSENT:
            if not self.optional:
                raise Inexpressible("A required value is missing.")
            return ABSENT if self.may_be_missing else None
        if value is None and self.shape.nullable:
            return NULL_MARK if self._uses_null_mark else None
        return self.shape.to_strict(value)

    @property
    def _null_means_absent(self) -> bool:
        return self.optional and not self.may_be_missing

    @property
    def _uses_null_mark(self) -> bool:
        return self.optional and not self.may_be_missing and self.shape.nullable


def _with_null(schema: JsonObject, description: str, *, uses_mark: bool) -> JsonObject:
    """Let a strict schema take null, and the mark for null where null itself means "left out"."""
    json_type = schema.get("type")
    enum = schema.get("enum")
    is_string = json_type == "string"
    if is_string and uses_mark and enum is not None and NULL_MARK not in enum:
        enum = [*enum, NULL_MARK]
    # a plain string takes the mark as it is; with a pattern or format it needs a branch
    takes_mark = is_string and not {"pattern", "format"} & schema.keys()
    if json_type in _SCALAR_TYPES and (takes_mark or not uses_mark):
        nullable: JsonObject = {**schema, "type": [json_type, "null"]}
        if enum is not None:
            nullable["enum"] = [*enum, None]
        return with_description(nullable, description)
    return with_description(_union_with_null(schema, uses_mark=uses_mark), description)


def _union_with_null(schema: JsonObject, *, uses_mark: bool) -> JsonObject:
    bare = {key: value for key, value in schema.items() if key != "description"}
    branches = bare["anyOf"] if bare.keys() == {"anyOf"} else [bare]
    branches = [branch for branch in branches if branch != _NULL_SCHEMA]
    if uses_mark:
        branches.append({"type": "string", "enum": [NULL_MARK]})
    branches.append(_NULL_SCHEMA)
    return {"anyOf": branches} if len(branches) > 1 else dict(_NULL_SCHEMA)


def with_description(schema: JsonObject, description: str) -> JsonObject:
    """Put a description, where there is one, into a schema that is being written."""
    if description:
        schema["description"] = description
    return schema


@dataclass(slots=True)
class ScalarShape(Shape):
    """A string, number, integer or boolean.

    `schema` is its strict schema with `type`, without its description.
    """

    schema: JsonObject
    description: str = ""
    nullable: bool = False

    def write(self) -> JsonObject:
        return with_description(dict(self.schema), self.description)

    def fits(self, value: Json, *, shortened: bool = False) -> bool:  # noqa: ARG002
        if not has_json_type(value, self.schema["type"]):
            return False
        enum = self.schema.get("enum")
        return enum is None or value in enum

    def from_strict(self, value: Json) -> Json:
        return value

    def to_strict(self, value: Json) -> Json:
        if not self.fits(value):
            raise Inexpressible(f"{value!r} is no {self.schema['type']} of this schema.")
        return value


@dataclass(slots=True)
class NullShape(Shape):
    """Null and nothing else."""

    description: str = ""
    nullable: bool = True

    def write(self) -> JsonObject:
        return with_description(dict(_NULL_SCHEMA), self.description)

    def fits(self, value: Json, *, shortened: bool = False) -> bool:  # noqa: ARG002
        return value is None

    def from_strict(self, value: Json) -> Json:
        return value

    def to_strict(self, value: Json) -> Json:
        raise Inexpressible(f"{value!r} is not null.")


@dataclass(slots=True)
class JsonTextShape(Shape):
    """JSON written as text: what strictness has no shape for.

    `json_type` is `object`, `array` or `any`.
    """

    json_type: str
    description: str = ""
    nullable: bool = False

    def write(self) -> JsonObject:
        return with_description({"type": "string"}, self.description)

    def fits(self, value: Json, *, shortened: bool = False) -> bool:  # noqa: ARG002
        return self.parse(value) is not ABSENT

    def from_strict(self, value: Json) -> Json:
        parsed = self.parse(value)
        return value if parsed is ABSENT else parsed

    def to_strict(self, value: Json) -> Json:
        if not self._is_of_type(value):
            raise Inexpressible(f"{value!r} is no {self.json_type}.")
        return orjson.dumps(value).decode()

    def parse(self, value: Json) -> Json:
        """Return what the text says, or `ABSENT` where it is no JSON of this type."""
        if not isinstance(value, str):
            return ABSENT
        try:
            parsed = orjson.loads(value)
        except orjson.JSONDecodeError:
            return ABSENT
        return parsed if self._is_of_type(parsed) else ABSENT

    def _is_of_type(self, value: Json) -> bool:
        return self.json_type == "any" or has_json_type(value, self.json_type)
