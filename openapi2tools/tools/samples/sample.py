"""Make a value that fits a converted schema; the same seed makes the same value."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from openapi2tools._core import pointer
from openapi2tools.tools.arguments.effort import is_within
from openapi2tools.tools.arguments.validator import argument_validator
from openapi2tools.tools.samples.texts import sample_number, sample_text
from openapi2tools.tools.schema.constraints.examples import fits
from openapi2tools.tools.schema.keywords import types_of
from openapi2tools.tools.strict.merge import Contradiction, Unmergeable, merge
from openapi2tools.tools.walk import UNION_KEYWORDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from openapi2tools.model import Json, JsonObject, Schema

    MakePatternText: TypeAlias = Callable[[str, Random, int], str | None]
    """Returns a text that matches a pattern, of about so many characters at the least, or None."""

_MAX_NESTING: Final = 4
"""Levels down to which optional properties and items are made."""
_MAX_REQUIRED_NESTING: Final = 24
_MAX_VALUES: Final = 1_500
"""Values of one sample beyond which optional ones are left out."""
_MAX_EFFORT: Final = 200_000  # schemas that are applied to one sample
_ATTEMPTS: Final = (  # with examples, with optional values, with any alternative
    (True, True, False),
    (False, True, False),
    (True, False, False),
    (False, True, True),
    (False, False, False),
    (False, False, True),
    (False, False, True),
    (False, False, True),
)


class NoSample(ValueError):
    """A schema that no value fits, or none that can be made here."""


class Sampler:
    """Makes values of one self-contained schema, with `$defs`.

    Args:
        schema: The schema, converted.
        pattern_text: Makes the texts that a pattern asks for.

    Example:
        pet = Sampler({"type": "object", "properties": {"name": {"type": "string"}}})
        assert pet.sample("1") == pet.sample("1")
    """

    def __init__(self, schema: Schema, pattern_text: MakePatternText | None = None) -> None:
        self.schema: JsonObject = schema if isinstance(schema, dict) else {}
        self._pattern_text = pattern_text
        self._validator = argument_validator(self.schema)

    def accepts(self, value: Json) -> bool:
        """Return whether the schema takes a value; what takes too long to check is accepted."""
        definitions = self.schema.get("$defs", {})
        if not is_within(_MAX_EFFORT, self.schema, value, definitions):
            return True
        return self._validator.is_valid(value)

    def sample(self, seed: str, *, name: str = "", length: int = 1) -> Json:
        """Return a value, the same for the same seed.

        Args:
            seed: Says which of the values.
            name: What the value is called.
            length: How many items each list has that may have so many.

        Raises:
            NoSample: No value can be made.
        """
        first: list[Json] = []
        for number, mode in enumerate(_ATTEMPTS):
            random = Random(f"{seed}/{number}")  # noqa: S311 -- nothing secret is made of it
            maker = _Maker(self._merge, self._pattern_text, random, mode, length)
            try:
                value = maker.make(self.schema, name, 0)
            except NoSample:
                continue
            if self.accepts(value):
                return value
            first.append(value)
        if not first:
            raise NoSample("No value that fits this schema can be made.")
        return first[0]

    def _merge(self, schema: JsonObject) -> JsonObject:
        """Return a schema with what its `$ref` and `allOf` say in it."""
        if "$ref" not in schema and "allOf" not in schema:
            return schema
        try:
            return merge(schema, self._find)
        except Contradiction:
            raise NoSample(str(schema.get("title", ""))) from None
        except (Unmergeable, RecursionError):
            return {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}

    def _find(self, reference: str) -> Schema:
        found = pointer.target_of(self.schema, reference)
        return found if isinstance(found, dict | bool) else {}


class _Maker:
    """Makes one value."""

    def __init__(
        self,
        merge_parts: Callable[[JsonObject], JsonObject],
        pattern_text: MakePatternText | None,
        random: Random,
        mode: tuple[bool, bool, bool],
        length: int,
    ) -> None:
        self._merge_parts = merge_parts
        self._pattern_text = pattern_text
        self._random = random
        self._takes_examples, self._makes_optional, self._takes_any_branch = mode
        self._length = length
        self._count = 0

    def make(self, schema: Schema, name: str, depth: int) -> Json:
        """Return a value of a schema. Raises NoSample."""
        self._count += 1
        if schema is False or depth > _MAX_REQUIRED_NESTING:
            raise NoSample(name)
        if not isinstance(schema, dict):
            return sample_text({}, name, self._random)
        schema = self._merge_parts(schema)
        found = self._written(schema)
        if found:
            return found[0]
        for union in UNION_KEYWORDS:
            if schema.get(union):
                return self._make_branch(schema, union, name, depth)
        return self._of_type(schema, name, depth)

    def _written(self, schema: JsonObject) -> list[Json]:
        """Return a value that stands in the schema, in a list; an empty one where none does."""
        if "const" in schema:
            return [schema["const"]]
        written = [
            *schema.get("examples", ()),
            *([schema["default"]] if "default" in schema else []),
        ]
        fitting = [value for value in written if value is not None and fits(value, schema)]
        if self._takes_examples and fitting:
            return fitting[:1]
        if schema.get("enum"):
            values = [value for value in schema["enum"] if value is not None] or [None]
            return [self._random.choice(values)]
        return []

    def _make_branch(self, schema: JsonObject, union: str, name: str, depth: int) -> Json:
        branches = [branch for branch in schema[union] if branch != {"type": "null"}]
        if self._takes_any_branch:
            self._random.shuffle(branches)
        rest = {key: value for key, value in schema.items() if key != union}
        for branch in branches:
            try:
                return self.make({**rest, "allOf": [branch]}, name, depth + 1)
            except NoSample:
                continue
        if {"type": "null"} in schema[union]:
            return None
        raise NoSample(name)

    def _of_type(self, schema: JsonObject, name: str, depth: int) -> Json:
        types = [kind for kind in types_of(schema) if kind != "null"]
        kind = types[0] if types else _implied_type(schema)
        if "null" in types_of(schema) and (not types or depth > _MAX_NESTING):
            return None
        match kind:
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, name, depth)
            case "string":
                return self._text(schema, name)
            case "boolean":
                return self._random.random() < 0.5
        number = sample_number(schema, self._random, integer=kind == "integer")
        if number is None:
            raise NoSample(name)
        return number

    def _text(self, schema: JsonObject, name: str) -> str:
        pattern = schema.get("pattern")
        if isinstance(pattern, str) and self._pattern_text is not None:
            for _ in range(20):
                text = self._pattern_text(pattern, self._random, schema.get("minLength", 0))
                if text is not None and fits(text, {**schema, "type": "string"}):
                    return text
        return sample_text(schema, name, self._random)

    def _object(self, schema: JsonObject, depth: int) -> Json:
        properties = schema.get("properties", {})
        required = schema.get("required", ())
        value: JsonObject = {}
        for name in [*required, *(each for each in properties if each not in required)]:
            self._add(value, name, schema, depth, is_required=name in required)
        further = schema.get("additionalProperties", schema.get("unevaluatedProperties", True))
        missing = max(schema.get("minProperties", 0), not properties) - len(value)
        if further is not False:
            for number in range(missing if self._may_grow(depth) else 0):
                value[f"key{number + 1}"] = self.make(further or True, "value", depth + 1)
        # The document's order, whatever is required.
        return {name: value[name] for name in [*properties, *value] if name in value}

    def _add(
        self, value: JsonObject, name: str, schema: JsonObject, depth: int, *, is_required: bool
    ) -> None:
        """Add a property to an object, where it is required or can be made."""
        if len(value) >= schema.get("maxProperties", len(value) + 1) and not is_required:
            return
        if not (is_required or self._may_grow(depth)):
            return
        inner = schema.get("properties", {}).get(name, True)
        try:
            value[name] = self.make(inner, name, depth + 1)
        except NoSample:
            if is_required:
                raise

    def _array(self, schema: JsonObject, name: str, depth: int) -> Json:
        least = schema.get("minItems", 0)
        wanted = self._length if self._may_grow(depth) else 0
        length = min(max(least, wanted), schema.get("maxItems", max(least, wanted)))
        places = schema.get("prefixItems", ())
        singular = name.removesuffix("s")
        values: list[Json] = []
        for number in range(length * 3):
            if len(values) >= length:
                break
            inner: Any = places[number] if number < len(places) else schema.get("items", {})
            try:
                item = self.make(inner, singular, depth + 1)
            except NoSample:
                if len(values) < least:
                    raise
                break
            if item not in values or not schema.get("uniqueItems"):
                values.append(item)
        return values

    def _may_grow(self, depth: int) -> bool:
        """Return whether what is optional is made at a depth."""
        return self._makes_optional and depth <= _MAX_NESTING and self._count < _MAX_VALUES


def _implied_type(schema: JsonObject) -> str:
    """Return the type that the keywords of a schema without one speak of."""
    if schema.keys() & {"properties", "additionalProperties", "required", "minProperties"}:
        return "object"
    if schema.keys() & {"items", "prefixItems", "minItems"}:
        return "array"
    if schema.keys() & {"minimum", "maximum", "multipleOf"}:
        return "number"
    return "string" if schema.keys() & {"pattern", "format", "minLength"} else "object"
