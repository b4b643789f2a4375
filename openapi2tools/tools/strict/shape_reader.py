"""Read a plain schema as the shape that expresses it strictly.

Beside the shape, a reader gives its size and the reasons why a schema has none.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import orjson

from openapi2tools._core.json.json_types import is_same_json
from openapi2tools.tools.schema.constraints.contradictions import empty_range
from openapi2tools.tools.strict.compounds import (
    ArrayShape,
    MapShape,
    ObjectShape,
    ReferenceShape,
    TupleShape,
    UnionShape,
)
from openapi2tools.tools.strict.constraint_text import (
    constraint_sentences,
    describe,
    describe_presence,
)
from openapi2tools.tools.strict.definition_source import (
    DefinitionSource,
    NothingFits,
    SizedProperty,
)
from openapi2tools.tools.strict.limits import Size
from openapi2tools.tools.strict.location import SchemaLocation
from openapi2tools.tools.strict.merge import (
    ANNOTATIONS,
    Contradiction,
    Unmergeable,
    merge,
    merge_key,
)
from openapi2tools.tools.strict.scalars import (
    COMBINING_KEYWORDS,
    SHAPELESS_KEYWORDS,
    scalar_shape,
)
from openapi2tools.tools.strict.schema_types import (
    DISTINCT_TYPES,
    NON_NULL_TYPES,
    additional_schema,
    enum_by_type,
    possible_types,
)
from openapi2tools.tools.strict.shapes import (
    JsonTextShape,
    NullShape,
    Property,
    ScalarShape,
    Shape,
)
from openapi2tools.tools.strict.unions import join_branches
from openapi2tools.tools.walk import definition_name, iter_applied

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from openapi2tools.model import Json, JsonObject, Schema

# locations: far beyond what strictness allows, so that nothing recurses without end
_MAX_NESTING: Final = 60
_MAX_NESTED_MERGES: Final = 4  # each level may double the number of merged schemas
_MAX_BRANCHES_BESIDE_RULES: Final = 64  # the rules are written once for each branch
_ANY_VALUE: Final = "JSON text: any value."
_ANY_OBJECT: Final = "JSON text: an object."
# keywords that JSON text of any value could not express
_TYPE_SPECIFIC_KEYWORDS: Final = frozenset({"properties", "required", "items", "prefixItems"})


@dataclass(slots=True)
class ShapeReader:
    """Reads one plain schema, counts its size, and collects the reasons why a part has no shape.

    A part that has no shape is read as null, so that all reasons are found in one go.
    """

    source: DefinitionSource
    reasons: list[str] = field(default_factory=list)
    size: Size = field(default_factory=Size)

    def read_root(self, schema: JsonObject) -> Shape:
        """Read the root: an object, closed even when it names no property."""
        root = SchemaLocation(None, "")
        if schema.keys() & COMBINING_KEYWORDS:
            shape = self.read_separately(schema, root)
            if isinstance(shape, ObjectShape):
                return shape
            return self._refuse("more than one object", root)
        try:
            return self._read_object(schema, root, describe(schema), closed=True)
        except NothingFits as error:
            return self._give_up(str(error))

    def read_separately(self, schema: Schema, location: SchemaLocation) -> Shape:
        """Read a schema that nothing stands around: one that nothing fits is a reason."""
        try:
            return self.read(schema, location)
        except NothingFits as error:
            return self._give_up(str(error))

    def read(self, schema: Schema, location: SchemaLocation) -> Shape:
        """Read the schema at a location. Raises `NothingFits`."""
        if schema is True or schema == {}:
            return JsonTextShape("any", _ANY_VALUE)
        if schema is False:
            raise NothingFits(f"a value that can never be right at {location}")
        if location.nesting > _MAX_NESTING:
            return self._refuse("schemas without end", location)
        if "$ref" in schema and schema.keys() - ANNOTATIONS == {"$ref"}:
            return self._read_reference(schema, location)
        if "$ref" in schema or "allOf" in schema:
            return self._read_all_of(schema, location)
        if "anyOf" in schema or "oneOf" in schema:
            return self._read_union(schema, location)
        shapeless = schema.keys() & SHAPELESS_KEYWORDS
        if shapeless:
            return self._refuse(f"`{min(shapeless)}`", location)
        return self._read_typed(schema, location)

    def read_property(
        self, schema: Schema, location: SchemaLocation, *, optional: bool
    ) -> SizedProperty:
        """Read a property. Raises `NothingFits` when it is required and nothing fits it."""
        member = self._read_member(schema, location, optional=optional)
        return SizedProperty(member, self.size or None, self.reasons)

    def _refuse(self, reason: str, location: SchemaLocation) -> Shape:
        return self._give_up(f"{reason} at {location}")

    def _give_up(self, reason: str) -> Shape:
        self.reasons.append(reason)
        return NullShape()

    # --- schemas made of schemas ---

    def _read_reference(self, schema: JsonObject, location: SchemaLocation) -> Shape:
        name = definition_name(schema["$ref"])
        self.size.add_reference(name, location.object_depth)
        return ReferenceShape(name, self.source.find_shape, describe(schema))

    def _read_all_of(self, schema: JsonObject, location: SchemaLocation) -> Shape:
        only_member = _only_member_with_rules(schema)
        if only_member is not None:
            # needs no merging, which would refuse one that is recursive
            return self.read(only_member, SchemaLocation(location, "allOf"))
        key = merge_key(schema, self.source.plain_schema)
        if key and not self._may_merge(key, location):
            return self._refuse("schemas without end", location)
        try:
            merged = merge(schema, self.source.plain_schema)
            return self.read(merged, SchemaLocation(location, "allOf", merge_key=key))
        except Contradiction as error:
            raise NothingFits(f"`allOf`: {error} at {location}") from None
        except Unmergeable as error:
            return self._refuse(f"`allOf`: {error}", location)

    def _may_merge(self, key: frozenset[str | int], location: SchemaLocation) -> bool:
        """Return whether one more schema may be merged here; the same again is a recursion."""
        around = location.merge_keys()
        if not around:
            return True
        if key in around or len(around) > _MAX_NESTED_MERGES:
            return False
        return self.source.may_merge()

    def _read_union(self, schema: JsonObject, location: SchemaLocation) -> Shape:
        keyword = "anyOf" if "anyOf" in schema else "oneOf"
        branches = schema[keyword]
        base = {key: value for key, value in schema.items() if key != keyword}
        description = describe_presence(keyword, branches, base)
        if description is not None:
            described = {**base, "description": description} if description else base
            return self.read(described, SchemaLocation(location, keyword))
        rules = _without_annotations(base)
        if rules and len(branches) > _MAX_BRANCHES_BESIDE_RULES:
            return self._refuse(
                f"`{keyword}` beside other rules, with {len(branches)} branches,", location
            )
        shapes = []
        for index, branch in enumerate(branches):
            implied = all(self._states(branch, key, value) for key, value in rules.items())
            whole = branch if implied else {"allOf": [rules, branch]}
            inside = SchemaLocation(SchemaLocation(location, keyword), str(index))
            with suppress(NothingFits):  # a branch that nothing fits is none
                shapes.append(self.read(whole, inside))
        return self._join(shapes, describe(base), location, null=False)

    def _states(self, schema: Schema, key: str, value: Json) -> bool:
        """Return whether a schema has this rule itself, also through references and `allOf`.

        Often the rule is `type: object`.
        """
        return any(
            key in part and is_same_json(part[key], value)
            for part in iter_applied(schema, self.source.plain_schema)
        )

    def _join(
        self, shapes: Iterable[Shape], description: str, location: SchemaLocation, *, null: bool
    ) -> Shape:
        joined = join_branches(shapes, description, null=null)
        if joined is None:
            raise NothingFits(f"a union without branches at {location}")
        return joined

    # --- schemas of one type or several ---

    def _read_typed(self, schema: JsonObject, location: SchemaLocation) -> Shape:
        if "const" in schema:
            schema = _const_as_enum(schema)
        if "enum" in schema:
            return self._read_enum(schema, location)
        if schema.get("type") in NON_NULL_TYPES:  # as most schemas
            return self._read_one_type(schema["type"], schema, location)
        types = possible_types(schema)
        distinct = _distinct_types(types)
        if len(distinct) == len(DISTINCT_TYPES) and _TYPE_SPECIFIC_KEYWORDS.isdisjoint(schema):
            distinct = ["any"]
        if len(distinct) == 1:
            shape = self._read_one_type(distinct[0], schema, location)
            if "null" in types:
                shape.nullable = True
            return shape
        rules = _without_annotations(schema)
        inside = SchemaLocation(location, "type")
        shapes = [self.read({**rules, "type": json_type}, inside) for json_type in distinct]
        return self._join(shapes, describe(schema), location, null="null" in types)

    def _read_one_type(self, json_type: str, schema: JsonObject, location: SchemaLocation) -> Shape:
        if empty_range(schema):
            raise NothingFits(f"a range that no value is in at {location}")
        subset = self.source.subset
        description = describe(schema, constraint_sentences(json_type, schema, subset))
        if json_type == "object":
            return self._read_object(schema, location, description)
        if json_type == "array":
            return self._read_array(schema, location, description)
        if json_type == "any":
            return JsonTextShape("any", f"{description} {_ANY_VALUE}".lstrip())
        return scalar_shape(json_type, schema, description, subset)

    def _read_enum(self, schema: JsonObject, location: SchemaLocation) -> Shape:
        description = describe(schema)
        values_by_type = enum_by_type(schema)
        if values_by_type.keys() & {"object", "array"}:
            texts = ", ".join(orjson.dumps(value).decode() for value in schema["enum"])
            return JsonTextShape("any", f"{description} JSON text, one of: {texts}".lstrip())
        null = values_by_type.pop("null", None) is not None
        shapes = []
        for json_type, values in values_by_type.items():
            self.size.add_enum(values)
            unique = list(dict.fromkeys(values))
            shapes.append(ScalarShape({"type": json_type, "enum": unique}))
        return self._join(shapes, description, location, null=null)

    # --- objects and lists ---

    def _read_object(
        self,
        schema: JsonObject,
        location: SchemaLocation,
        description: str,
        *,
        closed: bool = False,
    ) -> Shape:
        properties: Mapping[str, Schema] = schema.get("properties", {})
        required = schema.get("required", ())
        additional = additional_schema(schema)
        if not properties and not required and not closed:
            return self._read_map(additional, location, description)
        inside = SchemaLocation(location, "properties", location.object_depth + 1)
        members = self._read_properties(properties, required, inside)
        if additional is not False:
            unnamed = [name for name in required if name not in members]
            for name in unnamed:
                members[name] = Property(self.read(additional, inside))
        rest = None
        names: Collection[str] = members
        if isinstance(additional, dict) or schema.get("additionalProperties") is True:
            rest_map = self._read_map(additional, inside, "Further properties.")
            rest = (_free_name(members), self._property(rest_map, optional=True))
            names = [*members, rest[0]]
        self.size.add_object(names, inside.object_depth)
        return ObjectShape(members, rest, description)

    def _read_properties(
        self,
        properties: Mapping[str, Schema],
        required: Collection[str],
        inside: SchemaLocation,
    ) -> dict[str, Property]:
        members: dict[str, Property] = {}
        for name, schema in properties.items():
            if schema is False and name not in required:
                continue
            members[name], size, reasons = self.source.read_property(
                schema, inside, name, optional=name not in required
            )
            if size is not None:
                self.size.add_part(size, inside.object_depth)
            if reasons:
                self.reasons += reasons
        return members

    def _read_member(self, schema: Schema, location: SchemaLocation, *, optional: bool) -> Property:
        try:
            member = self._property(self.read(schema, location), optional=optional)
        except NothingFits as error:
            if not optional:
                raise  # nothing fits the object either
            return Property(self._give_up(str(error)))
        if optional:
            self._count_null(member.shape)
        return member

    def _count_null(self, shape: Shape) -> None:
        """Count the null, and the mark for it, that an optional property gets."""
        if isinstance(shape, ScalarShape) and "enum" in shape.schema:
            self.size.enum_values += 1  # null
        # whether a reference may be null is not known before all are read
        if isinstance(shape, ReferenceShape | UnionShape) or shape.nullable:
            self.size.maybe_marked.append(shape)

    def _property(self, shape: Shape, *, optional: bool) -> Property:
        may_be_missing = optional and self.source.subset.optional_may_be_missing
        return Property(shape, optional, may_be_missing)

    def _read_map(self, value: Schema, location: SchemaLocation, description: str) -> Shape:
        """Read an object without named properties, whose values are of one schema."""
        if value is False:
            self.size.add_object((), location.object_depth + 1)
            return ObjectShape({}, None, description)
        if value is True:
            return JsonTextShape("object", f"{description} {_ANY_OBJECT}".lstrip())
        inside = SchemaLocation(location, "additionalProperties", location.object_depth + 1)
        self.size.add_object(("key", "value"), inside.object_depth)
        return MapShape(Property(self.read(value, inside)), description)

    def _read_array(self, schema: JsonObject, location: SchemaLocation, description: str) -> Shape:
        if "prefixItems" in schema and not _items_are_alike(schema):
            return self._read_tuple(schema, location, description)
        supported = self.source.subset.keywords
        limits: JsonObject = {
            key: schema[key]
            for key in ("minItems", "maxItems")
            if key in schema and key in supported
        }
        items = schema.get("items", True)
        if items is False:
            return self._refuse("a list that must be empty", location)
        item = Property(self.read(items, SchemaLocation(location, "items")))
        return ArrayShape(item, limits, description)

    def _read_tuple(self, schema: JsonObject, location: SchemaLocation, description: str) -> Shape:
        items = schema["prefixItems"]
        required_count = schema.get("minItems", 0)
        if schema.get("items") or required_count > len(items):
            return self._refuse("a tuple with more items than it names", location)
        inside = SchemaLocation(location, "prefixItems", location.object_depth + 1)
        shapes = [
            self.read(item, SchemaLocation(inside, str(index))) for index, item in enumerate(items)
        ]
        members = [
            self._property(shape, optional=index >= required_count)
            for index, shape in enumerate(shapes)
        ]
        tuple_shape = TupleShape(members, description)
        self.size.add_object(tuple_shape.names, inside.object_depth)
        return tuple_shape


def _without_annotations(schema: JsonObject) -> JsonObject:
    return {key: value for key, value in schema.items() if key not in ANNOTATIONS}


def _only_member_with_rules(schema: JsonObject) -> JsonObject | None:
    """Return the one member of `allOf` that has rules, with the annotations of all parts.

    None when several parts have rules, or the schema itself.
    """
    own = {key: value for key, value in schema.items() if key != "allOf"}
    parts = [own, *schema.get("allOf", ())]
    with_rules = [part for part in parts if _has_rules(part)]
    if len(with_rules) != 1:
        return None
    only = with_rules[0]
    if only is own or not isinstance(only, dict):
        return None
    result = dict(only)
    for part in reversed(parts):
        if isinstance(part, dict) and part is not only:
            result |= part
    return result


def _has_rules(part: Schema) -> bool:
    if isinstance(part, dict):
        return bool(part.keys() - ANNOTATIONS)
    return part is False


def _const_as_enum(schema: JsonObject) -> JsonObject:
    """Return the schema with an `enum` in place of `const`: empty when its own enum excludes it."""
    const = schema["const"]
    allowed = "enum" not in schema or const in schema["enum"]
    rest = {key: value for key, value in schema.items() if key != "const"}
    return {**rest, "enum": [const] if allowed else []}


def _distinct_types(types: Collection[str]) -> list[str]:
    """Return the types without null, and without `integer` where `number` includes it."""
    distinct = [json_type for json_type in types if json_type != "null"]
    if "number" in distinct:
        distinct = [json_type for json_type in distinct if json_type != "integer"]
    return distinct


def _items_are_alike(schema: JsonObject) -> bool:
    """Return whether the items of a tuple have the schema of the items after them."""
    further = schema.get("items")
    return isinstance(further, dict) and all(
        is_same_json(item, further) for item in schema["prefixItems"]
    )


def _free_name(taken: Collection[str]) -> str:
    name = "additional_properties"
    while name in taken:
        name += "_"
    return name
