"""A plain schema in, OpenAI's strict subset out, and the way back: a value of the strict shape in, the plain value out.

The subset (https://developers.openai.com/api/docs/guides/structured-outputs): every object closed
and every property required, no `allOf`, `oneOf`, `not`, no map, a reference alone in its place.
What it cannot say is said in its words:

- an optional property takes null for "left out"; one that may be null itself takes `"__null__"` for null, so that no null is sent unasked;
- a map is a list of `{key, value}`, a tuple an object of `item1`, `item2`, …;
- an open object, an open list and "anything" are JSON written as text;
- properties beside named ones are left out, unless the schema says of them that they may be there: then they stand in
  `additional_properties`, as pairs, or as JSON text when nothing is said of their values;
- lengths, uniqueness, other formats and defaults go into the description of their place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from openapi2tools.tools.strict.compounds import Reference, Union
from openapi2tools.tools.strict.limits import Size, Total, total
from openapi2tools.tools.strict.shapes import Inexpressible, Null, Shape, same
from openapi2tools.tools.strict.shaping import Part, Place, Shaper, simple
from openapi2tools.tools.strict.subset import OPENAI, Subset
from openapi2tools.tools.walk import named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.model import Json, JsonObject, Schema


_MOST_REASONS: Final = 20
_MOST_JOINS: Final = 500  # of schemas inside joined ones, in one tool


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
    size: Size
    written: JsonObject | None = None

    def write(self) -> JsonObject:
        """Write its schema, once."""
        if self.written is None:
            self.written = self.shape.write()
        return self.written


@dataclass(slots=True)
class _Definitions:
    """The entries of `$defs` that the same references need, for all the schemas that have them."""

    used: dict[str, _Definition]
    reasons: list[str]
    total: Total
    written: JsonObject | None = None

    def write(self) -> JsonObject:
        """Write them all, once, sorted by name."""
        if self.written is None:
            self.written = {name: self.used[name].write() for name in sorted(self.used)}
        return self.written


@dataclass(slots=True)
class Tightener:
    """Makes schemas strict, and reads each entry of `$defs` that several share (the same object) once for all of them."""

    subset: Subset = OPENAI
    _plain: dict[str, Schema] = field(default_factory=dict)
    # the `$defs` that are in `_plain`
    _seen: dict[int, Mapping[str, Schema]] = field(default_factory=dict)
    _read: dict[str, _Definition] = field(default_factory=dict)
    _needed: dict[frozenset[tuple[str, int]], _Definitions] = field(default_factory=dict)
    _parts: dict[tuple[int, bool], tuple[Schema, Part]] = field(default_factory=dict)
    _done: dict[int, tuple[JsonObject, Tightened]] = field(default_factory=dict)
    _joins: int = 0

    def tighten(self, schema: JsonObject) -> Tightened:
        """Give the strict schema, or the reasons why there is none."""
        if id(schema) not in self._done:
            self._done[id(schema)] = (schema, self._tighten(schema))
        return self._done[id(schema)][1]

    def loosen(self, schema: JsonObject, value: Json) -> Json:
        """Give the plain value for one of the strict shape of this plain schema; of a schema that cannot be strict, the value itself."""
        if self.tighten(schema).schema is None:
            return value
        return self._root(schema).shape.loosen(value)

    def tighten_value(self, schema: JsonObject, value: Json) -> Json:
        """Give the strict value for a plain one; of a schema that cannot be strict, the value itself. Raises `Inexpressible`."""
        if self.tighten(schema).schema is None:
            return value
        shape = self._root(schema).shape
        tight = shape.tighten(value)
        if not same(shape.loosen(tight), value):
            raise Inexpressible("This value does not survive strictness.")
        return tight

    def find(self, name: str) -> Shape:
        """Give the shape of an entry of `$defs`."""
        return self._definition(name).shape

    def plain(self, reference: str) -> Schema:
        """Give the plain schema that a reference names; one that leads nowhere is any value."""
        return self._plain.get(named(reference), True)

    def may_join(self) -> bool:
        """Count the schemas that are joined inside joined ones, for one tool."""
        self._joins += 1
        return self._joins <= _MOST_JOINS

    def part(self, schema: Schema, inside: Place, name: str, *, optional: bool) -> Part:
        """Give a property, read once for all the objects that share it."""
        key = (id(schema), optional)
        known = self._parts.get(key)
        if known is None:
            part = simple(schema, self.subset, optional=optional)
            known = (
                schema,
                part or Shaper(self).part(schema, Place(inside, name, level=0), optional=optional),
            )
            if not known[1].reasons:  # which name the place
                self._parts[key] = known
        return known[1]

    def _tighten(self, schema: JsonObject) -> Tightened:
        root = self._root(schema)
        size = root.size.total()
        reasons = [*root.reasons]
        needed = self._needs(root.size.references) if root.size.references else None
        if needed:
            reasons += needed.reasons
            size = size.joined(needed.total)
        reasons += size.faults()
        if reasons:
            told = tuple(dict.fromkeys(reasons))
            return Tightened(
                None,
                told
                if len(told) <= _MOST_REASONS
                else (*told[:_MOST_REASONS], f"{len(told) - _MOST_REASONS} more"),
            )
        written = root.shape.write()
        if needed:
            written["$defs"] = needed.write()
        return Tightened(written)

    def _needs(self, references: Mapping[str, int]) -> _Definitions:
        """Give every definition that these references need."""
        key = frozenset(references.items())
        if key not in self._needed:
            used: dict[str, _Definition] = {}
            waiting = [*references]
            while waiting:
                name = waiting.pop()
                if name not in used:
                    used[name] = self._definition(name)
                    waiting += used[name].size.references
            reasons = [reason for definition in used.values() for reason in definition.reasons]
            size = total({name: definition.size for name, definition in used.items()}, references)
            self._needed[key] = _Definitions(used, reasons, size)
        return self._needed[key]

    def _root(self, schema: JsonObject) -> _Definition:
        definitions: Mapping[str, Schema] = schema.get("$defs", {})
        if definitions and self._seen.get(id(definitions)) is not definitions:
            if any(self._plain.get(name, node) is not node for name, node in definitions.items()):
                # another API: the same name stands for something else
                self._plain, self._seen, self._read, self._needed, self._parts = {}, {}, {}, {}, {}
            self._plain.update(definitions)
            self._seen[id(definitions)] = definitions
        reader, self._joins = Shaper(self), 0
        shape = reader.root(
            {key: value for key, value in schema.items() if key != "$defs"}
            if definitions
            else schema
        )
        return _Definition(shape, tuple(reader.reasons), reader.size)

    def _definition(self, name: str) -> _Definition:
        if name not in self._read:
            reader = Shaper(self)
            place = Place(Place(None, "$defs"), name)
            definition = _Definition(
                reader.start(self._plain.get(name, True), place), (), reader.size
            )
            self._read[name] = definition
            definition.reasons = tuple(reader.reasons)
            if isinstance(definition.shape, Reference | Union) and self._holds_itself(
                definition.shape, (name,), set()
            ):
                definition.shape, definition.reasons = (
                    Null(),
                    (f"a reference that leads to itself at {place}",),
                )
        return self._read[name]

    def _holds_itself(self, shape: Shape, above: tuple[str, ...], done: set[str]) -> bool:
        if isinstance(shape, Union):
            return any(self._holds_itself(branch, above, done) for branch in shape.branches)
        if not isinstance(shape, Reference) or shape.name in done:
            return False
        holds = shape.name in above or self._holds_itself(
            self.find(shape.name), (*above, shape.name), done
        )
        done.add(shape.name)
        return holds
