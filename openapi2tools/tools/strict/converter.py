"""Convert a plain schema to OpenAI's strict subset, and values both ways.

The subset (https://developers.openai.com/api/docs/guides/structured-outputs): every object closed
and every property required; no `allOf`, `oneOf`, `not`; no maps; no keyword beside a `$ref`. What
it has no keyword for is expressed in its own terms:

- an optional property takes null for "left out"; one that may be null itself takes `"__null__"` for
  null, so that no null is sent unasked;
- a map is a list of `{key, value}`, a tuple an object of `item1`, `item2`, …;
- an open object, an open list and "anything" are JSON written as text;
- properties beside named ones are left out, unless the schema says that they may be there: then
  they stand in `additional_properties`, as pairs, or as JSON text when nothing is said of their
  values;
- lengths, uniqueness, other formats and defaults go into the description.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from openapi2tools._core.json.json_types import is_same_json
from openapi2tools.tools.strict.compounds import ReferenceShape, UnionShape
from openapi2tools.tools.strict.limits import Size, TotalSize, total_of_definitions
from openapi2tools.tools.strict.location import SchemaLocation
from openapi2tools.tools.strict.scalars import read_simple_property
from openapi2tools.tools.strict.shape_reader import ShapeReader
from openapi2tools.tools.strict.shapes import Inexpressible, NullShape, Shape
from openapi2tools.tools.strict.subset import OPENAI, Subset
from openapi2tools.tools.walk import definition_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openapi2tools.model import Json, JsonObject, Schema
    from openapi2tools.tools.strict.definition_source import SizedProperty


_MAX_REASONS: Final = 20
_MAX_MERGES: Final = 500  # of schemas inside merged ones, in one tool


@dataclass(frozen=True, slots=True)
class StrictResult:
    """A strict schema, or the reasons why there is none."""

    schema: JsonObject | None
    reasons: tuple[str, ...] = ()


def to_strict(schema: JsonObject) -> StrictResult:
    """Return the strict schema for one plain schema, or the reasons why there is none."""
    return StrictConverter().to_strict(schema)


def value_from_strict(schema: JsonObject, value: Json) -> Json:
    """Return the plain value for one of the strict shape of this plain schema.

    Of a schema that cannot be strict, the value itself.
    """
    return StrictConverter().value_from_strict(schema, value)


def value_to_strict(schema: JsonObject, value: Json) -> Json:
    """Return the strict value for a plain one: the inverse of `value_from_strict`.

    Raises `Inexpressible` where strictness has no room for it.
    """
    return StrictConverter().value_to_strict(schema, value)


@dataclass(slots=True)
class _ReadSchema:
    """A root or an entry of `$defs` that was read; its strict schema is written once."""

    shape: Shape
    reasons: tuple[str, ...]
    size: Size
    _schema: JsonObject | None = None

    def write(self) -> JsonObject:
        if self._schema is None:
            self._schema = self.shape.write()
        return self._schema


@dataclass(slots=True)
class _DefinitionSet:
    """The entries of `$defs` that certain references need, for all the schemas that have them."""

    definitions: dict[str, _ReadSchema]
    reasons: list[str]
    total: TotalSize
    _schemas: JsonObject | None = None

    def write(self) -> JsonObject:
        """Write all schemas once, sorted by name."""
        if self._schemas is None:
            self._schemas = {
                name: self.definitions[name].write() for name in sorted(self.definitions)
            }
        return self._schemas


@dataclass(slots=True)
class StrictConverter:
    """Converts the schemas of many tools to one vendor's subset.

    What several schemas share (the same object) is read once for all of them. Objects whose id is a
    key of a cache stay in it, so that no other object gets their id.
    """

    subset: Subset = OPENAI
    _plain_definitions: dict[str, Schema] = field(default_factory=dict)
    # the `$defs` that are in `_plain_definitions`, by id
    _known_defs: dict[int, Mapping[str, Schema]] = field(default_factory=dict)
    _definitions: dict[str, _ReadSchema] = field(default_factory=dict)
    _definition_sets: dict[frozenset[tuple[str, int]], _DefinitionSet] = field(default_factory=dict)
    # by the id of the schema, and whether the property is optional
    _properties: dict[tuple[int, bool], tuple[Schema, SizedProperty]] = field(default_factory=dict)
    _results: dict[int, tuple[JsonObject, StrictResult]] = field(default_factory=dict)
    _merge_count: int = 0

    def to_strict(self, schema: JsonObject) -> StrictResult:
        """Return the strict schema, or the reasons why there is none."""
        if id(schema) not in self._results:
            self._results[id(schema)] = (schema, self._convert(schema))
        return self._results[id(schema)][1]

    def value_from_strict(self, schema: JsonObject, value: Json) -> Json:
        """Return the plain value for one of the strict shape of this plain schema.

        Of a schema that cannot be strict, the value itself.
        """
        if self.to_strict(schema).schema is None:
            return value
        return self._read_root(schema).shape.from_strict(value)

    def value_to_strict(self, schema: JsonObject, value: Json) -> Json:
        """Return the strict value for a plain one; of a schema that cannot be strict, the value.

        Raises `Inexpressible`.
        """
        if self.to_strict(schema).schema is None:
            return value
        shape = self._read_root(schema).shape
        strict = shape.to_strict(value)
        if not is_same_json(shape.from_strict(strict), value):
            raise Inexpressible("This value does not survive strictness.")
        return strict

    # --- what shape readers ask for, see `DefinitionSource` ---

    def plain_schema(self, reference: str) -> Schema:
        """Return the plain schema that a reference names; one that leads nowhere is any value."""
        return self._plain_definitions.get(definition_name(reference), True)

    def find_shape(self, name: str) -> Shape:
        """Return the shape of an entry of `$defs`."""
        return self._read_definition(name).shape

    def may_merge(self) -> bool:
        """Count one more schema merged inside a merged one; return whether the tool may have it."""
        self._merge_count += 1
        return self._merge_count <= _MAX_MERGES

    def read_property(
        self, schema: Schema, inside: SchemaLocation, name: str, *, optional: bool
    ) -> SizedProperty:
        """Return a property, read once for all the objects that share it."""
        key = (id(schema), optional)
        cached = self._properties.get(key)
        if cached is not None:
            return cached[1]
        result = read_simple_property(schema, self.subset, optional=optional)
        if result is None:
            location = SchemaLocation(inside, name, object_depth=0)
            result = ShapeReader(self).read_property(schema, location, optional=optional)
        if not result.reasons:  # which name the location
            self._properties[key] = (schema, result)
        return result

    # --- one tool ---

    def _convert(self, schema: JsonObject) -> StrictResult:
        root = self._read_root(schema)
        size = root.size.total()
        reasons = [*root.reasons]
        definitions = None
        if root.size.references:
            definitions = self._definition_set(root.size.references)
            reasons += definitions.reasons
            size = size.plus(definitions.total)
        reasons += size.exceeded_limits()
        if reasons:
            return StrictResult(None, _shorten(tuple(dict.fromkeys(reasons))))
        strict = root.shape.write()
        if definitions is not None:
            strict["$defs"] = definitions.write()
        return StrictResult(strict)

    def _definition_set(self, references: Mapping[str, int]) -> _DefinitionSet:
        """Return every definition that these references need, directly or not."""
        key = frozenset(references.items())
        if key not in self._definition_sets:
            definitions: dict[str, _ReadSchema] = {}
            pending = [*references]
            while pending:
                name = pending.pop()
                if name not in definitions:
                    definitions[name] = self._read_definition(name)
                    pending += definitions[name].size.references
            reasons = [reason for one in definitions.values() for reason in one.reasons]
            sizes = {name: definition.size for name, definition in definitions.items()}
            total = total_of_definitions(sizes, references)
            self._definition_sets[key] = _DefinitionSet(definitions, reasons, total)
        return self._definition_sets[key]

    def _read_root(self, schema: JsonObject) -> _ReadSchema:
        definitions: Mapping[str, Schema] = schema.get("$defs", {})
        if definitions:
            self._use_definitions(definitions)
            schema = {key: value for key, value in schema.items() if key != "$defs"}
        self._merge_count = 0
        reader = ShapeReader(self)
        shape = reader.read_root(schema)
        return _ReadSchema(shape, tuple(reader.reasons), reader.size)

    def _use_definitions(self, definitions: Mapping[str, Schema]) -> None:
        """Make the `$defs` of a tool known, and forget those of another API."""
        if self._known_defs.get(id(definitions)) is definitions:
            return
        known = self._plain_definitions
        if any(known.get(name, schema) is not schema for name, schema in definitions.items()):
            # another API: the same name stands for something else
            self._plain_definitions = {}
            self._known_defs = {}
            self._definitions = {}
            self._definition_sets = {}
            self._properties = {}
        self._plain_definitions.update(definitions)
        self._known_defs[id(definitions)] = definitions

    # --- entries of `$defs` ---

    def _read_definition(self, name: str) -> _ReadSchema:
        if name in self._definitions:
            return self._definitions[name]
        reader = ShapeReader(self)
        location = SchemaLocation(SchemaLocation(None, "$defs"), name)
        shape = reader.read_separately(self._plain_definitions.get(name, True), location)
        definition = _ReadSchema(shape, (), reader.size)
        self._definitions[name] = definition
        definition.reasons = tuple(reader.reasons)
        if self._leads_to(shape, (name,), set()):
            definition.shape = NullShape()
            definition.reasons = (f"a reference that leads to itself at {location}",)
        return definition

    def _leads_to(self, shape: Shape, above: Sequence[str], done: set[str]) -> bool:
        """Return whether a shape leads to a definition in `above` by references and unions alone.

        `done` are the definitions that were looked at.
        """
        if isinstance(shape, UnionShape):
            return any(self._leads_to(branch, above, done) for branch in shape.branches)
        if not isinstance(shape, ReferenceShape) or shape.name in done:
            return False
        found = shape.name in above or self._leads_to(
            self.find_shape(shape.name), (*above, shape.name), done
        )
        done.add(shape.name)
        return found


def _shorten(reasons: tuple[str, ...]) -> tuple[str, ...]:
    further = len(reasons) - _MAX_REASONS
    return reasons if further <= 0 else (*reasons[:_MAX_REASONS], f"{further} more")
