"""A plain schema in, the shape that says it strictly out, and how large that is, or why it has none."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import orjson

from openapi2tools._core.pointer import escape
from openapi2tools.tools.strict.compounds import Items, Pairs, Record, Reference, Row, Union
from openapi2tools.tools.strict.limits import Size
from openapi2tools.tools.strict.merge import ANNOTATIONS, Contradiction, Unmergeable, joined, merge
from openapi2tools.tools.strict.shapes import Null, Scalar, Shape, Slot, Text, same
from openapi2tools.tools.strict.words import (
    allowed_pattern,
    constraint_words,
    presence_words,
    sentence,
)
from openapi2tools.tools.walk import named, together

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from openapi2tools.model import Json, JsonObject, Schema
    from openapi2tools.tools.strict.subset import Subset

# places deep: far beyond what strictness allows, so that nothing recurses without end
_MAX_READING: Final = 60
_MAX_JOINED: Final = 4  # joined schemas inside joined schemas: with each level they may double
_MAX_PRODUCT: Final = 64  # branches: a base is written once for each
_ANY: Final = "JSON text: any value."
_OBJECT: Final = "JSON text: an object."
_NUMBERS: Final = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_HINTS: Final[Mapping[str, frozenset[str]]] = {
    "object": frozenset(
        {
            "properties",
            "additionalProperties",
            "patternProperties",
            "required",
            "minProperties",
            "maxProperties",
        }
    ),
    "array": frozenset({"items", "prefixItems", "minItems", "maxItems", "uniqueItems"}),
    "string": frozenset(
        {"pattern", "minLength", "maxLength", "format", "contentEncoding", "contentMediaType"}
    ),
    "number": frozenset(_NUMBERS),
}
_ALL_KINDS: Final = ("string", "number", "boolean", "object", "array")
_SINGLE: Final = (*_ALL_KINDS, "integer")
# what texts of any JSON could not say
_OF_ONE_KIND: Final = frozenset({"properties", "required", "items", "prefixItems"})
_COMBINED: Final = frozenset({"allOf", "anyOf", "oneOf", "$ref"})
_NO_SHAPE: Final = frozenset(
    {"if", "then", "else", "dependentSchemas", "contains", "unevaluatedItems", "$dynamicRef"}
)
_SCALARS: Final = ("string", "number", "boolean", "integer")
# what a scalar may say that takes more than reading its type
_INVOLVED: Final = _COMBINED | _NO_SHAPE | {"const", "enum"}


class World(Protocol):
    """What a shaper asks of the schemas around its own."""

    subset: Subset

    def plain(self, reference: str) -> Schema:
        """Give the plain schema that a reference names."""

    def find(self, name: str) -> Shape:
        """Give the shape of an entry of `$defs`."""

    def may_join(self) -> bool:
        """Tell whether one more schema may be joined inside a joined one: their number can grow without measure."""

    def part(self, schema: Schema, inside: Place, name: str, *, optional: bool) -> Part:
        """Give a property, read once for all the objects that share it. Raises `Impossible` when it is required, and nothing fits it."""


class Place:
    """Where in a schema the reader is: `depth` places deep, `level` objects deep in the part that is read. As text, a JSON pointer."""

    __slots__ = ("depth", "key", "level", "merged", "parent")

    def __init__(
        self,
        parent: Place | None,
        key: str,
        level: int | None = None,
        merged: frozenset[str | int] = frozenset(),
    ) -> None:
        self.merged = merged  # what `merge.joined` says of the schema here
        self.parent = parent
        self.key = key
        self.level: int = level if level is not None else parent.level if parent else 0
        self.depth: int = parent.depth + 1 if parent else 0

    def __str__(self) -> str:
        return "".join(f"/{escape(key)}" for key in self._keys()) or "the root"

    def around(self) -> list[frozenset[str | int]]:
        """Give what is joined here, and at the places around."""
        found = []
        place: Place | None = self
        while place is not None:
            if place.merged:
                found.append(place.merged)
            place = place.parent
        return found

    def _keys(self) -> list[str]:
        return [*self.parent._keys(), self.key] if self.parent else [self.key] if self.key else []  # noqa: SLF001 -- its own kind


class _Impossible(Exception):
    """Nothing fits a schema: what holds it can do without it, or is impossible, too."""


class Part(NamedTuple):
    """A property, how large it is, counted from its own place, when it is more than a name, and the reasons why it has no shape."""

    slot: Slot
    size: Size | None
    reasons: list[str]


@dataclass(slots=True)
class Shaper:
    """Reads plain schemas as shapes, counts them, and collects the reasons why one has no shape."""

    world: World
    reasons: list[str] = field(default_factory=list)
    size: Size = field(default_factory=Size)

    def root(self, schema: JsonObject) -> Shape:
        """Read the root: an object, closed even when it names no property."""
        place = Place(None, "")
        if schema.keys() & _COMBINED:
            shape = self.start(schema, place)
            return (
                shape if isinstance(shape, Record) else self._refuse("more than one object", place)
            )
        try:
            return self._object(schema, place, sentence(schema), closed=True)
        except _Impossible as error:
            return self._give_up(str(error))

    def start(self, schema: Schema, place: Place) -> Shape:
        """Read a schema that nothing stands around."""
        try:
            return self.read(schema, place)
        except _Impossible as error:
            return self._give_up(str(error))

    def read(self, schema: Schema, place: Place) -> Shape:
        """Read the schema at a place. Raises `_Impossible` when nothing fits it."""
        if schema is True or schema == {}:
            return Text("any", _ANY)
        if schema is False:
            raise _Impossible(f"a value that can never be right at {place}")
        if place.depth > _MAX_READING:
            return self._refuse("schemas without end", place)
        if "$ref" in schema and schema.keys() - ANNOTATIONS == {"$ref"}:
            return self._reference(schema, place)
        if "$ref" in schema or "allOf" in schema:
            return self._merged(schema, place)
        if "anyOf" in schema or "oneOf" in schema:
            return self._union(schema, place)
        if unknown := schema.keys() & _NO_SHAPE:
            return self._refuse(f"`{min(unknown)}`", place)
        return self._typed(schema, place)

    def _refuse(self, reason: str, place: Place) -> Shape:
        return self._give_up(f"{reason} at {place}")

    def _give_up(self, reason: str) -> Shape:
        self.reasons.append(reason)
        return Null()

    def _reference(self, schema: JsonObject, place: Place) -> Shape:
        name = named(schema["$ref"])
        self.size.refer(name, place.level)
        return Reference(name, self.world.find, sentence(schema))

    def _merged(self, schema: JsonObject, place: Place) -> Shape:
        own = {key: value for key, value in schema.items() if key != "allOf"}
        parts = [own, *schema.get("allOf", ())]
        solid = [
            part
            for part in parts
            if part is False or (isinstance(part, dict) and part.keys() - ANNOTATIONS)
        ]
        # what stands alone may be recursive
        if len(solid) == 1 and isinstance(solid[0], dict) and solid[0] is not own:
            notes = [
                part for part in reversed(parts) if isinstance(part, dict) and part is not solid[0]
            ]
            return self.read(
                {key: value for part in (solid[0], *notes) for key, value in part.items()},
                Place(place, "allOf"),
            )
        merged = joined(schema, self.world.plain)
        if (
            merged
            and (around := place.around())
            and (merged in around or len(around) > _MAX_JOINED or not self.world.may_join())
        ):
            return self._refuse("schemas without end", place)
        try:
            return self.read(merge(schema, self.world.plain), Place(place, "allOf", merged=merged))
        except Contradiction as error:
            raise _Impossible(f"`allOf`: {error} at {place}") from None
        except Unmergeable as error:
            return self._refuse(f"`allOf`: {error}", place)

    def _union(self, schema: JsonObject, place: Place) -> Shape:
        keyword = "anyOf" if "anyOf" in schema else "oneOf"
        branches = schema[keyword]
        base = {key: value for key, value in schema.items() if key != keyword}
        if (words := presence_words(keyword, branches, base)) is not None:
            return self.read(
                {**base, "description": words} if words else base, Place(place, keyword)
            )
        rules = {key: value for key, value in base.items() if key not in ANNOTATIONS}
        if rules and len(branches) > _MAX_PRODUCT:
            return self._refuse(
                f"`{keyword}` beside other rules, with {len(branches)} branches,", place
            )
        shapes = []
        for index, branch in enumerate(branches):
            implied = all(self._says(branch, key, value) for key, value in rules.items())
            with suppress(_Impossible):  # a branch that nothing fits is none
                shapes.append(
                    self.read(
                        branch if implied else {"allOf": [rules, branch]},
                        Place(Place(place, keyword), str(index)),
                    )
                )
        return self._joined(shapes, sentence(base), place, null=False)

    def _says(self, schema: Schema, key: str, value: Json) -> bool:
        """Tell whether a schema holds this rule itself, through references and `allOf`; often it is `type: object`."""
        return any(
            key in part and same(part[key], value) for part in together(schema, self.world.plain)
        )

    def _joined(self, shapes: Iterable[Shape], note: str, place: Place, *, null: bool) -> Shape:
        flat: list[Shape] = []
        for shape in shapes:
            if isinstance(shape, Union) and not shape.description:
                flat += shape.branches
                null = null or shape.null
            elif isinstance(shape, Null):
                null = True
            elif not isinstance(shape, Reference) or shape not in flat:
                flat.append(shape)
        if any(isinstance(shape, Text) and shape.kind == "any" for shape in flat):
            flat = [
                shape
                for shape in flat
                if not isinstance(shape, Scalar) or shape.schema["type"] != "string"
            ]
        if len(flat) > 1:
            return Union(flat, note, null)
        if not flat:
            if null:
                return Null(note)
            raise _Impossible(f"a union without branches at {place}")
        return self._alone(flat[0], note, null=null)

    def _alone(self, only: Shape, note: str, *, null: bool) -> Shape:
        """Give the only branch of a union, with the union's description, and nullable when the union is."""
        if isinstance(only, Union):
            return (
                Union([only], note, null)
                if note
                else Union(only.branches, only.description, null or only.null)
            )
        if isinstance(only, Reference):
            return (
                Union([only], note, null=True)
                if null
                else Reference(only.name, only.find, note or only.description)
            )
        only.description = " ".join(part for part in (note, only.description) if part)
        only.nullable = only.nullable or null
        return only

    def _typed(self, schema: JsonObject, place: Place) -> Shape:
        if "const" in schema:
            only = (
                [schema["const"]]
                if "enum" not in schema or schema["const"] in schema["enum"]
                else []
            )
            schema = {
                **{key: value for key, value in schema.items() if key != "const"},
                "enum": only,
            }
        if "enum" in schema:
            return self._values(schema, place)
        if schema.get("type") in _SINGLE:  # by far the most
            return self._single(schema["type"], schema, place)
        kinds = _kinds(schema)
        solid = [
            kind
            for kind in kinds
            if kind != "null" and not (kind == "integer" and "number" in kinds)
        ]
        if len(solid) == len(_ALL_KINDS) and _OF_ONE_KIND.isdisjoint(schema):
            solid = ["any"]
        if len(solid) != 1:
            rules = {key: value for key, value in schema.items() if key not in ANNOTATIONS}
            shapes = [self.read({**rules, "type": kind}, Place(place, "type")) for kind in solid]
            return self._joined(shapes, sentence(schema), place, null="null" in kinds)
        shape = self._single(solid[0], schema, place)
        if "null" in kinds:
            shape.nullable = True
        return shape

    def _single(self, kind: str, schema: JsonObject, place: Place) -> Shape:
        note = sentence(schema, constraint_words(kind, schema, self.world.subset))
        if kind == "object":
            return self._object(schema, place, note)
        if kind == "array":
            return self._array(schema, place, note)
        if kind == "any":
            return Text("any", f"{note} {_ANY}".lstrip())
        return _scalar(kind, schema, note, self.world.subset)

    def _values(self, schema: JsonObject, place: Place) -> Shape:
        allowed = _kinds(schema) if "type" in schema else (*_ALL_KINDS, "integer", "null")
        by_kind: dict[str, list[Json]] = {}
        for value in schema["enum"]:
            kind = _kind(value)
            if kind in allowed or (kind == "integer" and "number" in allowed):
                by_kind.setdefault(kind, []).append(value)
        note = sentence(schema)
        if by_kind.keys() & {"object", "array"}:
            texts = [orjson.dumps(value).decode() for value in schema["enum"]]
            return Text("any", f"{note} JSON text, one of: {', '.join(texts)}".lstrip())
        null = by_kind.pop("null", None) is not None
        for values in by_kind.values():
            self.size.enumerate(values)
        shapes = [
            Scalar({"type": kind, "enum": _unique(values)}) for kind, values in by_kind.items()
        ]
        return self._joined(shapes, note, place, null=null)

    def _object(
        self, schema: JsonObject, place: Place, note: str, *, closed: bool = False
    ) -> Shape:
        properties: Mapping[str, Schema] = schema.get("properties", {})
        required = schema.get("required", ())
        further = _further(schema)
        if not properties and not required and not closed:
            return self._map(further, place, note)
        fields: dict[str, Slot] = {}
        inside = Place(place, "properties", place.level + 1)
        for name, inner in properties.items():
            if inner is not False or name in required:
                fields[name], size, reasons = self.world.part(
                    inner, inside, name, optional=name not in required
                )
                if size is not None:
                    self.size.add(size, inside.level)
                if reasons:
                    self.reasons += reasons
        if further is not False:
            fields |= {
                name: Slot(self.read(further, inside)) for name in required if name not in fields
            }
        rest = None
        if isinstance(further, dict) or schema.get("additionalProperties") is True:
            name = "additional_properties"
            while name in fields:
                name += "_"
            rest = (
                name,
                self._slot(self._map(further, inside, "Further properties."), optional=True),
            )
        self.size.enter([*fields, rest[0]] if rest else fields, place.level + 1)
        return Record(fields, rest, note)

    def part(self, schema: Schema, place: Place, *, optional: bool) -> Part:
        """Read a property."""
        slot = self._member(schema, place, optional=optional)
        return Part(slot, self.size or None, self.reasons)

    def _member(self, schema: Schema, place: Place, *, optional: bool) -> Slot:
        try:
            slot = self._slot(self.read(schema, place), optional=optional)
        except _Impossible as error:
            if not optional:
                raise  # nothing fits the object either
            return Slot(self._give_up(str(error)))
        if optional and isinstance(slot.shape, Scalar) and "enum" in slot.shape.schema:
            self.size.enum_values += 1  # null
        if optional and (isinstance(slot.shape, Reference | Union) or slot.shape.nullable):
            # whether a reference may be null is not known before all are read
            self.size.marks.append(slot.shape)
        return slot

    def _slot(self, shape: Shape, *, optional: bool) -> Slot:
        return Slot(shape, optional, optional and self.world.subset.absence)

    def _map(self, value: Schema, place: Place, note: str) -> Shape:
        if value is False:
            self.size.enter((), place.level + 1)
            return Record({}, None, note)
        if value is True:
            return Text("object", f"{note} {_OBJECT}".lstrip())
        inside = Place(place, "additionalProperties", place.level + 1)
        self.size.enter(("key", "value"), inside.level)
        return Pairs(Slot(self.read(value, inside)), note)

    def _array(self, schema: JsonObject, place: Place, note: str) -> Shape:
        if "prefixItems" in schema:
            items, further = schema["prefixItems"], schema.get("items")
            if not (isinstance(further, dict) and all(same(item, further) for item in items)):
                return self._row(schema, place, note)
        limits: JsonObject = {
            key: schema[key]
            for key in ("minItems", "maxItems")
            if key in schema and key in self.world.subset.keywords
        }
        items = schema.get("items", True)
        if items is False:
            return self._refuse("a list that must be empty", place)
        return Items(Slot(self.read(items, Place(place, "items"))), limits, note)

    def _row(self, schema: JsonObject, place: Place, note: str) -> Shape:
        items, needed = schema["prefixItems"], schema.get("minItems", 0)
        if schema.get("items") or needed > len(items):
            return self._refuse("a tuple with more items than it names", place)
        inside = Place(place, "prefixItems", place.level + 1)
        places = [self.read(item, Place(inside, str(index))) for index, item in enumerate(items)]
        row = Row(
            [self._slot(shape, optional=index >= needed) for index, shape in enumerate(places)],
            note,
        )
        self.size.enter(row.names, inside.level)
        return row


def simple(schema: Schema, subset: Subset, *, optional: bool) -> Part | None:
    """Read a property that is a string, number or boolean of any value, as most are, at once; None for every other one."""
    if (
        not isinstance(schema, dict)
        or schema.get("type") not in _SCALARS
        or not _INVOLVED.isdisjoint(schema)
    ):
        return None
    kind: str = schema["type"]
    scalar = _scalar(kind, schema, sentence(schema, constraint_words(kind, schema, subset)), subset)
    return Part(Slot(scalar, optional, optional and subset.absence), None, [])


def _scalar(kind: str, schema: JsonObject, note: str, subset: Subset) -> Scalar:
    written: JsonObject = {"type": kind}
    if kind == "string":
        if "pattern" in schema and allowed_pattern(schema["pattern"]):
            written["pattern"] = schema["pattern"]
        if "format" in schema and schema["format"] in subset.formats:
            written["format"] = schema["format"]
    elif kind != "boolean":
        written |= {
            key: schema[key] for key in _NUMBERS if key in schema and key in subset.keywords
        }
    return Scalar(written, note)


def _kinds(schema: JsonObject) -> Sequence[str]:
    kinds: str | list[str] | None = schema.get("type")
    if isinstance(kinds, str):
        return (kinds,)
    if kinds:
        return kinds
    return [kind for kind, hints in _HINTS.items() if not hints.isdisjoint(schema)] or ("any",)


def _kind(value: Json) -> str:
    if isinstance(value, str):
        return "string"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "integer" if float(value).is_integer() else "number"
    return "array" if isinstance(value, list) else "object"


def _further(schema: JsonObject) -> Schema:
    """Give the schema of the properties that are not named: `True`, `False`, or a rule."""
    patterns = list(schema.get("patternProperties", {}).values())
    further: Schema = (
        schema["additionalProperties"]
        if "additionalProperties" in schema
        else schema.get("unevaluatedProperties", True)
    )
    if not patterns:
        return True if further == {} else further
    branches = [*patterns, further] if isinstance(further, dict) and further else patterns
    return branches[0] if len(branches) == 1 else {"anyOf": branches}


def _unique(values: list[Json]) -> list[Json]:
    return list(dict.fromkeys(values))
