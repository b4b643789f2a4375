"""A plain schema in, OpenAI's strict subset out, and the way back: a value of the strict shape in, the plain value out.

The subset (https://developers.openai.com/api/docs/guides/structured-outputs): every object closed and every property required, no `allOf`,
`oneOf`, `not`, no map, a reference alone in its place. What it cannot say is said in its words:

- an optional property takes null for "left out"; one that may be null itself takes `"__null__"` for null, so that no null is sent unasked;
- a map is a list of `{key, value}`, a tuple an object of `item1`, `item2`, …;
- an open object, an open list and "anything" are JSON written as text;
- properties beside named ones are left out, unless their schema is given: then they stand as pairs in `additional_properties`;
- lengths, uniqueness, other formats and defaults go into the description of their place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from openapi2tools.pointer import join
from openapi2tools.tools.limits import Size, measure
from openapi2tools.tools.merge import ANNOTATIONS, Unmergeable, merge
from openapi2tools.tools.shapes import Inexpressible, Items, Null, Pairs, Record, Reference, Row, Scalar, Shape, Slot, Text, Union, same
from openapi2tools.tools.walk import named
from openapi2tools.tools.words import allowed_format, allowed_pattern, constraint_words, presence_words, sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from openapi2tools.model import Json, JsonObject, Schema

_MAX_READING: Final = 60  # places deep: far beyond what strictness allows, so that nothing recurses without end
_MAX_PRODUCT: Final = 24  # branches: a base is written once for each
_NUMBERS: Final = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_HINTS: Final[Mapping[str, tuple[str, ...]]] = {
    "object": ("properties", "additionalProperties", "patternProperties", "required", "minProperties", "maxProperties"),
    "array": ("items", "prefixItems", "minItems", "maxItems", "uniqueItems"),
    "string": ("pattern", "minLength", "maxLength", "format", "contentEncoding", "contentMediaType"),
    "number": _NUMBERS,
}
_ALL_KINDS: Final = ("string", "number", "boolean", "object", "array")
_NO_SHAPE: Final = ("if", "then", "else", "dependentSchemas", "contains", "unevaluatedItems", "$dynamicRef")


@dataclass(frozen=True, slots=True)
class Tightened:
    """A strict schema, or the reasons why there is none."""

    schema: JsonObject | None
    reasons: tuple[str, ...] = ()


def tighten(schema: JsonObject) -> Tightened:
    """Make one schema strict."""
    return Tightener().tighten(schema)


def loosen(schema: JsonObject, value: Json) -> Json:
    """Give the plain value for one of the strict shape of this plain schema; of a schema that cannot be strict, the value itself."""
    return Tightener().loosen(schema, value)


def tighten_value(schema: JsonObject, value: Json) -> Json:
    """Give the strict value for a plain one: the inverse of `loosen`. Raises `Inexpressible` where strictness has no room for it."""
    return Tightener().tighten_value(schema, value)


@dataclass(slots=True)
class _Definition:
    """One entry of `$defs`, read once."""

    shape: Shape
    reasons: tuple[str, ...]
    written: JsonObject | None = None
    size: Size | None = None


@dataclass(slots=True)
class Tightener:
    """Makes schemas strict, and reads each entry of `$defs` that several share (the same object) once for all of them."""

    _plain: dict[str, Schema] = field(default_factory=dict)
    _read: dict[str, _Definition] = field(default_factory=dict)

    def tighten(self, schema: JsonObject) -> Tightened:
        """Give the strict schema, or the reasons why there is none."""
        shape, reasons = self._root(schema)
        if reasons:
            return Tightened(None, reasons)
        written = shape.write()
        size = measure(written)
        definitions: JsonObject = {}
        sizes = {"": size}
        waiting = list(size.references)
        while waiting:
            name = waiting.pop()
            if name in definitions:
                continue
            definition = self._definition(name)
            if definition.reasons:
                reasons = (*reasons, *(reason for reason in definition.reasons if reason not in reasons))
                definitions[name] = {}
                continue
            if definition.written is None or definition.size is None:
                definition.written = definition.shape.write()
                definition.size = measure(definition.written)
            definitions[name], sizes[name] = definition.written, definition.size
            waiting += definition.size.references
        reasons = reasons or Size.faults(sizes)
        if reasons:
            return Tightened(None, reasons)
        if definitions:
            written["$defs"] = {name: definitions[name] for name in sorted(definitions)}
        return Tightened(written)

    def loosen(self, schema: JsonObject, value: Json) -> Json:
        """Give the plain value for one of the strict shape of this plain schema; of a schema that cannot be strict, the value itself."""
        if self.tighten(schema).schema is None:
            return value
        return self._root(schema)[0].loosen(value)

    def tighten_value(self, schema: JsonObject, value: Json) -> Json:
        """Give the strict value for a plain one. Raises `Inexpressible`."""
        shape, reasons = self._root(schema)
        tight = value if reasons else shape.tighten(value)
        if not same(shape.loosen(tight), value):
            raise Inexpressible("This value does not survive strictness.")
        return tight

    def _root(self, schema: JsonObject) -> tuple[Shape, tuple[str, ...]]:
        definitions: Mapping[str, Schema] = schema.get("$defs", {})
        if any(self._plain.get(name, node) is not node for name, node in definitions.items()):
            self._plain, self._read = {}, {}  # another API: the same name stands for something else
        self._plain.update(definitions)
        reader = _Reader(self)
        shape = reader.record({key: value for key, value in schema.items() if key != "$defs"}, "", 0)
        return shape, tuple(reader.reasons)

    def find(self, name: str) -> Shape:
        """Give the shape of an entry of `$defs`."""
        return self._definition(name).shape

    def plain(self, reference: str) -> Schema:
        """Give the plain schema that a reference names; one that leads nowhere is any value."""
        return self._plain.get(named(reference), True)

    def _definition(self, name: str) -> _Definition:
        if name not in self._read:
            reader = _Reader(self)
            shape = reader.read(self._plain.get(name, True), join("/$defs", name), 0)
            self._read[name] = _Definition(shape, ())
            if not isinstance(shape, Reference | Union) or not self._holds_itself(shape, {name}):
                self._read[name].reasons = tuple(reader.reasons)
            else:
                self._read[name] = _Definition(Null(), (f"a reference that leads to itself at {join('/$defs', name)}",))
        return self._read[name]

    def _holds_itself(self, shape: Shape, seen: set[str]) -> bool:
        if isinstance(shape, Union):
            return any(self._holds_itself(branch, seen) for branch in shape.branches)
        if not isinstance(shape, Reference):
            return False
        return shape.name in seen or self._holds_itself(self.find(shape.name), {*seen, shape.name})


@dataclass(slots=True)
class _Reader:
    """Reads plain schemas as shapes, and collects the reasons why one has none."""

    world: Tightener
    reasons: list[str] = field(default_factory=list)

    def read(self, schema: Schema, place: str, depth: int) -> Shape:
        """Read the schema at a place (a JSON pointer)."""
        if schema is True or schema == {}:
            return Text("any", "JSON text: any value.")
        if schema is False:
            return self._refuse("a value that can never be right", place)
        if depth > _MAX_READING:
            return self._refuse("schemas without end", place)
        if "$ref" in schema and schema.keys() - ANNOTATIONS == {"$ref"}:
            return Reference(named(schema["$ref"]), self.world.find, sentence(schema))
        if "$ref" in schema or "allOf" in schema:
            return self._merged(schema, place, depth)
        if "anyOf" in schema or "oneOf" in schema:
            return self._union(schema, place, depth)
        for keyword in _NO_SHAPE:
            if keyword in schema:
                return self._refuse(f"`{keyword}`", place)
        return self._typed(schema, place, depth)

    def record(self, schema: JsonObject, place: str, depth: int) -> Shape:
        """Read the root: an object, closed even when it names no property."""
        if schema.keys() & {"allOf", "anyOf", "oneOf", "$ref"}:
            shape = self.read(schema, place, depth)
            return shape if isinstance(shape, Record) else self._refuse("a root that is not one object", place)
        return self._object(schema, place, depth, sentence(schema), closed=True)

    def _refuse(self, reason: str, place: str) -> Shape:
        self.reasons.append(f"{reason} at {place or 'the root'}")
        return Null()

    def _merged(self, schema: JsonObject, place: str, depth: int) -> Shape:
        parts = schema.get("allOf", ())
        if len(parts) == 1 and schema.keys() - ANNOTATIONS == {"allOf"} and isinstance(parts[0], dict):
            notes = {key: value for key, value in schema.items() if key != "allOf"}
            return self.read({**parts[0], **notes}, place, depth + 1)
        try:
            return self.read(merge(schema, self.world.plain), place, depth + 1)
        except Unmergeable as error:
            return self._refuse(f"`allOf`: {error}", place)

    def _union(self, schema: JsonObject, place: str, depth: int) -> Shape:
        keyword = "anyOf" if "anyOf" in schema else "oneOf"
        branches = schema[keyword]
        base = {key: value for key, value in schema.items() if key != keyword}
        if words := presence_words(keyword, branches, base):
            return self.read({**base, "description": words}, place, depth + 1)
        notes = {key: value for key, value in base.items() if key in ANNOTATIONS}
        rules = {key: value for key, value in base.items() if key not in ANNOTATIONS}
        if rules and len(branches) > _MAX_PRODUCT:
            return self._refuse(f"`{keyword}` beside other rules, with {len(branches)} branches,", place)
        shapes = []
        for index, branch in enumerate(branches):
            here = join(place, keyword, index)
            if branch is False:
                continue
            if rules and not self._implied(rules, branch):
                branch = {"allOf": [rules, branch]}  # noqa: PLW2901 -- the branch together with its base
            shapes.append(self.read(branch, here, depth + 1))
        return self._joined(shapes, sentence(notes), place, null=False)

    def _implied(self, rules: JsonObject, branch: Schema) -> bool:
        """Tell whether a branch says all that stands beside the union: often only `type: object`."""
        if not isinstance(branch, dict):
            return False
        target = self.world.plain(branch["$ref"]) if "$ref" in branch else branch
        return isinstance(target, dict) and all(key in target and same(target[key], value) for key, value in rules.items())

    def _joined(self, shapes: Iterable[Shape], note: str, place: str, *, null: bool) -> Shape:
        flat: list[Shape] = []
        for shape in shapes:
            if isinstance(shape, Union) and not shape.description:
                flat += shape.branches
                null = null or shape.null
            elif isinstance(shape, Null):
                null = True
            else:
                flat.append(shape)
        if any(isinstance(shape, Text) and shape.kind == "any" for shape in flat):
            flat = [shape for shape in flat if not isinstance(shape, Scalar) or shape.schema["type"] != "string"]
        if not flat:
            return Null(note) if null else self._refuse("a union without branches", place)
        if len(flat) > 1:
            return Union(flat, note, null)
        only = flat[0]
        if isinstance(only, Union):
            return Union([only], note, null) if note else Union(only.branches, only.description, null or only.null)
        if isinstance(only, Reference):
            return Union([only], note, null=True) if null else Reference(only.name, only.find, note or only.description)
        only.description = " ".join(part for part in (note, only.description) if part)
        only.nullable = only.nullable or null
        return only

    def _typed(self, schema: JsonObject, place: str, depth: int) -> Shape:
        if "const" in schema:
            schema = {**{key: value for key, value in schema.items() if key != "const"}, "enum": [schema["const"]]}
        if "enum" in schema:
            return self._values(schema, place)
        kinds = _kinds(schema)
        null = "null" in kinds
        kinds = [kind for kind in kinds if kind != "null"]
        if "number" in kinds and "integer" in kinds:
            kinds.remove("integer")
        if len(kinds) == len(_ALL_KINDS):
            kinds = ["any"]
        if len(kinds) != 1:
            notes = {key: value for key, value in schema.items() if key in ANNOTATIONS}
            rules = {key: value for key, value in schema.items() if key not in ANNOTATIONS}
            shapes = [self.read({**rules, "type": kind}, place, depth + 1) for kind in kinds]
            return self._joined(shapes, sentence(notes), place, null=null)
        shape = self._single(kinds[0], schema, place, depth)
        if null:
            shape.nullable = True
        return shape

    def _single(self, kind: str, schema: JsonObject, place: str, depth: int) -> Shape:
        note = sentence(schema, constraint_words(kind, schema))
        if kind == "object":
            return self._object(schema, place, depth, note)
        if kind == "array":
            return self._array(schema, place, depth, note)
        if kind == "any":
            return Text("any", f"{note} JSON text: any value.".lstrip())
        written: JsonObject = {"type": kind}
        if kind == "string":
            if allowed_pattern(schema.get("pattern")):
                written["pattern"] = schema["pattern"]
            if allowed_format(schema.get("format")):
                written["format"] = schema["format"]
        elif kind in ("integer", "number"):
            written |= {key: schema[key] for key in _NUMBERS if key in schema}
        return Scalar(written, note)

    def _values(self, schema: JsonObject, place: str) -> Shape:
        allowed = _kinds(schema)
        by_kind: dict[str, list[Json]] = {}
        for value in schema["enum"]:
            kind = _kind(value)
            if kind in allowed or (kind == "integer" and "number" in allowed) or "type" not in schema:
                by_kind.setdefault(kind, []).append(value)
        null = by_kind.pop("null", None) is not None
        if by_kind.keys() & {"object", "array"}:
            return self._refuse("values that are objects or lists", place)
        note = sentence(schema)
        shapes: list[Shape] = [Scalar({"type": kind, "enum": _unique(values)}) for kind, values in by_kind.items()]
        return self._joined(shapes, note, place, null=null)

    def _object(self, schema: JsonObject, place: str, depth: int, note: str, *, closed: bool = False) -> Shape:
        properties: Mapping[str, Schema] = schema.get("properties", {})
        required = schema.get("required", ())
        open_to = _rest(schema)
        if not properties and not required and not closed:
            return self._map(open_to, place, depth, note)
        fields: dict[str, Slot] = {}
        for name, inner in properties.items():
            if inner is False and name not in required:
                continue
            fields[name] = Slot(self.read(inner, join(place, "properties", name), depth + 1), optional=name not in required)
        for name in required:
            if name not in fields:
                fields[name] = Slot(self.read(open_to, join(place, "required"), depth + 1))
        rest = None
        if open_to not in (True, False, {}):
            name = "additional_properties"
            while name in fields:
                name += "_"
            rest = (name, Slot(self._map(open_to, place, depth, "Further properties."), optional=True))
        return Record(fields, rest, note)

    def _map(self, value: Schema, place: str, depth: int, note: str) -> Shape:
        if value is False:
            return Record({}, None, note)
        if value is True or value == {}:
            return Text("object", f"{note} JSON text: an object.".lstrip())
        return Pairs(Slot(self.read(value, join(place, "additionalProperties"), depth + 1)), note)

    def _array(self, schema: JsonObject, place: str, depth: int, note: str) -> Shape:
        limits: JsonObject = {key: schema[key] for key in ("minItems", "maxItems") if key in schema}
        if "prefixItems" in schema:
            needed = schema.get("minItems", 0)
            places = [self.read(item, join(place, "prefixItems", index), depth + 1) for index, item in enumerate(schema["prefixItems"])]
            return Row([Slot(shape, optional=index >= needed) for index, shape in enumerate(places)], note)
        items = schema.get("items", True)
        if items is False:
            return self._refuse("a list that must be empty", place)
        return Items(Slot(self.read(items, join(place, "items"), depth + 1)), limits, note)


def _kinds(schema: JsonObject) -> list[str]:
    kinds = schema.get("type")
    if isinstance(kinds, str):
        return [kinds]
    if kinds is not None:
        return list(kinds)
    return [kind for kind, hints in _HINTS.items() if schema.keys() & set(hints)] or ["any"]


def _kind(value: Json) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, int | float):
        return "integer" if float(value).is_integer() else "number"
    return "array" if isinstance(value, list) else "object"


def _rest(schema: JsonObject) -> Schema:
    """Give the schema of the properties that are not named."""
    named = list(schema.get("patternProperties", {}).values())
    further: Any = schema.get("additionalProperties", schema.get("unevaluatedProperties", True))
    if not named:
        return True if further is True or further == {} else further
    branches = [*named, *([further] if isinstance(further, dict) and further else [])]
    return branches[0] if len(branches) == 1 else {"anyOf": branches}


def _unique(values: list[Json]) -> list[Json]:
    return [value for index, value in enumerate(values) if value not in values[:index]] if len(values) < 50 else list(dict.fromkeys(values))
