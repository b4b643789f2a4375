"""Convert one schema of any dialect to JSON Schema 2020-12, with `#/$defs/…` for its references."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import orjson

from openapi2tools._core.hints import HINTS_KEY, VALUE_HINTS, read_hints
from openapi2tools._core.identity import content_key
from openapi2tools.model import Problem
from openapi2tools.tools.presence import only_requires_properties
from openapi2tools.tools.schema.components.resolver import FILE_REF
from openapi2tools.tools.schema.composition import (
    COMPOSITION_KEYWORDS,
    are_disjoint,
    contradicts,
)
from openapi2tools.tools.schema.constraints.contradictions import empty_range
from openapi2tools.tools.schema.context import (
    NO_NAMES,
    NULLABLE_KEYWORDS,
    ConversionContext,
    ConvertedSchema,
    ReferenceAction,
)
from openapi2tools.tools.schema.discriminator import Discriminators
from openapi2tools.tools.schema.keywords import (
    DROPPED,
    VALUE_KEYWORDS,
    intended_type,
    is_file,
    types_of,
)
from openapi2tools.tools.schema.normalize import (
    exact_texts,
    is_nullable,
    normalize,
    with_null,
)
from openapi2tools.tools.schema.objects import MAX_NAMED_CHARACTERS, OBJECT_KEYWORDS
from openapi2tools.tools.schema.patterns import is_plain_pattern
from openapi2tools.tools.schema.references import convert_reference
from openapi2tools.tools.text.describe import same_words
from openapi2tools.tools.text.invisible import invisible_characters
from openapi2tools.tools.text.markdown_to_text import clean_text
from openapi2tools.tools.text.sentences import add_sentence, quoted
from openapi2tools.tools.walk import UNION_KEYWORDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from openapi2tools.model import Json, JsonObject
    from openapi2tools.tools.schema.components.hierarchy import ClassHierarchy
    from openapi2tools.tools.schema.components.resolver import ComponentRef, ComponentResolver
    from openapi2tools.tools.schema.readonly import PropertyFilter

MAX_NESTING: Final = 64  # schemas within schemas, references aside
# components inlined within one schema: they may double with each level
MAX_INLINED: Final = 1000
# a component without subschemas that is no larger is inlined, and not in `$defs`
MAX_SMALL_BYTES: Final = 160
MAX_SMALL_KEYWORDS: Final = 8

_SCHEMA_KEYWORDS: Final = {**OBJECT_KEYWORDS, **COMPOSITION_KEYWORDS}
# keywords that apply schemas, or ask for a property, together with the schema they stand in
_EXCLUDING_KEYWORDS: Final = frozenset(
    [
        "allOf",
        "anyOf",
        "oneOf",
        "then",
        "else",
        "dependentSchemas",
        "dependentRequired",
        "minProperties",
    ]
)
_SUBSCHEMA_KEYWORDS: Final = frozenset(
    [
        "properties",
        "items",
        "allOf",
        "anyOf",
        "oneOf",
        "not",
        "additionalProperties",
        "patternProperties",
        "$ref",
        "if",
        "then",
        "else",
        "prefixItems",
        "contains",
        "propertyNames",
        "dependentSchemas",
        "unevaluatedItems",
        "unevaluatedProperties",
        "additionalItems",
        "contentSchema",
        "discriminator",
    ]
)
# keywords that no other one bears on
_INDEPENDENT_KEYWORDS: Final = frozenset(
    {"type", "description", "format", "minLength", "maxLength", "minimum", "maximum"}
)
# what a base class does not hand down to the classes that are built on it
_NOT_INHERITED: Final = frozenset(
    {"discriminator", "title", "description", HINTS_KEY, *NULLABLE_KEYWORDS}
)
_ADVICE: Final = {  # by the kind of the problem
    "faulty-constraint": "Write it as it is meant: a pattern as ECMA-262 has it, bounds and values "
    "that agree.",
}
_OPEN_TYPES: Final = (None, "", "any", "mixed", "anything")
_OBJECT_PARTS: Final = frozenset({"properties", "additionalProperties", "patternProperties"})


class SchemaConverter:
    """Converts the schemas of one document in one direction.

    `make_reference` is asked for each reference to a component; it returns the `$ref` as a schema.
    """

    def __init__(
        self,
        resolver: ComponentResolver,
        hierarchy: ClassHierarchy,
        property_filter: PropertyFilter,
        dialect: str,
        make_reference: Callable[[ComponentRef], ConvertedSchema],
    ) -> None:
        self.resolver = resolver
        self.hierarchy = hierarchy
        self.property_filter = property_filter
        self.discriminators = Discriminators(resolver, hierarchy, property_filter)
        self.combines_siblings = dialect >= "3.1"
        self.problems: list[Problem] = []
        self._make_reference = make_reference
        self._usual_actions: dict[str, ReferenceAction] = {}  # by pointer
        self._shared: dict[tuple[object, str], ConvertedSchema] = {}
        # what the schema at work has gathered so far
        self._uses = 0
        self._inlined_count = 0

    def convert(
        self, raw: Json, pointer: str, name: str = "", *, in_form: bool = False
    ) -> ConvertedSchema:
        """Convert the schema at a pointer; a title that repeats `name` is dropped.

        With `in_form` it is a form, whose parts may be files.
        """
        self._uses = 0
        self._inlined_count = 0
        context = ConversionContext(
            pointer, in_form, 0, NO_NAMES, True
        )  # by position: in half the time
        schema = self.convert_schema(raw, context, name)
        return ConvertedSchema(schema, self._uses)

    def convert_component(self, ref: ComponentRef, name: str) -> ConvertedSchema:
        """Convert a component; a base class becomes the alternatives that its values may be."""
        raw = self.resolver.raw(ref.pointer)
        if ref.variant == "own":
            own = {key: value for key, value in raw.items() if key not in _NOT_INHERITED}
            return self.convert(own, ref.pointer, name.removesuffix("Base"))
        if self.discriminators.classes(ref.pointer):
            return self._convert_base_class(raw, ref.pointer, name)
        schema, uses = self.convert(raw, ref.pointer, name)
        return ConvertedSchema(self.discriminators.mark_child(schema, ref.pointer), uses)

    def _convert_base_class(self, raw: JsonObject, pointer: str, name: str) -> ConvertedSchema:
        described = {
            key: value
            for key, value in raw.items()
            if key in _NOT_INHERITED and key != "discriminator"
        }
        schema, _ = self.convert(described, pointer, name)
        schema = {**schema, "anyOf": self.discriminators.alternatives(pointer, self.refer)}
        if is_nullable(raw):
            schema = with_null(schema)
        return ConvertedSchema(schema, self._uses)

    # --- one schema ---

    def convert_schema(self, raw: Json, context: ConversionContext, name: str = "") -> JsonObject:
        """Convert a schema; a title that repeats the `name` it stands under is dropped."""
        if not isinstance(raw, dict):
            return self._convert_non_object(raw, context)
        if context.depth > MAX_NESTING:
            message = f"A schema of more than {MAX_NESTING} levels ends here: anything goes."
            self.report("too-deep", message, context)
            return {}
        if "$ref" in raw and isinstance(raw["$ref"], str):
            return convert_reference(self, raw, context, name)
        if context.in_form:
            return self._convert_form(raw, context, name)
        if context.excluded or context.inlining:
            return self._convert_keywords(raw, context, name)
        if context.same_value and not _SUBSCHEMA_KEYWORDS.isdisjoint(raw):
            return self._convert_keywords(raw, context, name)
        return self._convert_shared(raw, context, name)

    def _convert_non_object(self, raw: Json, context: ConversionContext) -> JsonObject:
        if isinstance(raw, bool):
            return {} if raw else {"not": {}}  # as objects, which every vendor reads
        message = f"Here stands {quoted(raw)} instead of a schema: anything goes."
        self.report("not-a-schema", message, context)
        return {}

    def _convert_form(self, raw: JsonObject, context: ConversionContext, name: str) -> JsonObject:
        """Convert a form or a part of it; an object as a part is JSON, and holds no files."""
        if is_file(raw):
            return self._convert_file(raw, context, name)
        if not context.same_value and not _OBJECT_PARTS.isdisjoint(raw):
            context = context._replace(in_form=False)
        return self._convert_keywords(raw, context, name)

    def _convert_file(self, raw: JsonObject, context: ConversionContext, name: str) -> JsonObject:
        schema = self.refer(FILE_REF)
        description = raw.get("description")
        if isinstance(description, str) and description:
            schema = {**schema, "description": clean_text(description)}
        if HINTS_KEY in raw:
            schema = {**schema}
            self._apply_hints(raw, schema, context, name)
        return schema

    def _convert_shared(self, raw: JsonObject, context: ConversionContext, name: str) -> JsonObject:
        """Convert a schema that means the same wherever it stands.

        Documents are full of equal ones, which share one converted schema.
        """
        content = content_key(raw)
        key = (content, name if "title" in raw else "")
        known = self._shared.get(key)
        if known is None:
            if context.joined is not None:
                context = context._replace(joined=None)
            problem_count = len(self.problems)
            uses_before, self._uses = self._uses, 0
            schema = self._convert_keywords(raw, context, name)
            known = ConvertedSchema(schema, self._uses)
            self._uses = uses_before
            # a problem is reported wherever it occurs, and a base class may be inlined
            is_without_problem = len(self.problems) == problem_count
            if is_without_problem and isinstance(content, bytes) and b'"allOf"' not in content:
                self._shared[key] = known
        self._uses |= known.uses
        return known.schema

    def _convert_keywords(
        self, raw: JsonObject, context: ConversionContext, name: str
    ) -> JsonObject:
        within: ConversionContext | None = None
        schema: JsonObject = {}
        for keyword, value in raw.items():
            if keyword in VALUE_KEYWORDS:
                converted = VALUE_KEYWORDS[keyword](value)
            elif keyword in _SCHEMA_KEYWORDS:
                if within is None:
                    within = self._with_excluded(raw, context)
                converted = _SCHEMA_KEYWORDS[keyword](self, value, raw, within)
            else:
                continue
            if converted is not DROPPED:
                schema[keyword] = converted
        return self._finish(raw, schema, context, name)

    def _with_excluded(self, raw: JsonObject, context: ConversionContext) -> ConversionContext:
        """Return the context of a schema's keywords: what one excludes is excluded in all."""
        if _EXCLUDING_KEYWORDS.isdisjoint(raw):
            return context
        names = self.property_filter.excluded_names(raw)
        return context._replace(excluded=context.excluded | names) if names else context

    # --- what only shows when all keywords are there ---

    def _finish(
        self, raw: JsonObject, schema: JsonObject, context: ConversionContext, name: str
    ) -> JsonObject:
        if _is_plain(raw, schema):
            return schema
        if "type" in raw and "type" not in schema:
            schema = self._with_intended_type(raw["type"], schema, context)
        if "type" in schema and ("oneOf" in schema or "anyOf" in schema):
            self._drop_contradicted_type(raw, schema)
        if raw.get("pattern"):
            self._finish_pattern(raw["pattern"], schema, context, name)
        if "title" in schema and ("description" in schema or same_words(schema["title"], name)):
            del schema["title"]
        self._report_invisible(raw, schema, context)
        if HINTS_KEY in raw:
            self._apply_hints(raw, schema, context, name)
        self._finish_alternatives(raw, schema, context)
        schema = normalize(raw, schema, partial(self.report_constraint, context, name))
        if "default" in schema or "examples" in schema:
            return self.property_filter.without_excluded_values(raw, schema)
        return schema

    def _finish_pattern(
        self, written: Json, schema: JsonObject, context: ConversionContext, name: str
    ) -> None:
        """Describe a pattern that is none, and report what does not mean what it says."""
        if "pattern" not in schema:
            add_sentence(schema, f"Pattern: {quoted(written)}")
            self.report_constraint(
                context, name, f"The pattern {quoted(written)} stands in the description alone."
            )
        elif not is_plain_pattern(written):
            message = f"The pattern {quoted(written)} is read as {quoted(schema['pattern'])}."
            self.report_constraint(context, name, message)

    def report_constraint(self, context: ConversionContext, name: str, message: str) -> None:
        """Report a constraint that is not kept as written, of the property `name`."""
        where = f"{name}: " if name else ""
        self.report("faulty-constraint", where + message, context)

    def _finish_alternatives(
        self, raw: JsonObject, schema: JsonObject, context: ConversionContext
    ) -> None:
        """Mark what a discriminator picks from; keep `oneOf` only where it says more than `anyOf`.

        Alternatives that may overlap would refuse calls that were meant.
        """
        if "discriminator" in raw:
            if self.discriminators.mark_alternatives(raw, schema):
                return
            component = context.pointer if context.same_value else ""
            self.discriminators.mark_base(raw, schema, component)
        if "oneOf" not in schema or "anyOf" in schema:
            return
        if not only_requires_properties(schema["oneOf"]) and not are_disjoint(
            self.resolver, raw["oneOf"]
        ):
            schema["anyOf"] = schema.pop("oneOf")

    def _with_intended_type(
        self, written_type: Json, schema: JsonObject, context: ConversionContext
    ) -> JsonObject:
        """Read types that no dialect knows; one that nobody can tell is left open, and reported."""
        several = isinstance(written_type, list)
        formats: dict[str, str] = {}  # by type
        for name in written_type if several else [written_type]:
            intended = intended_type(name, among=several)
            if intended is None:
                if name not in _OPEN_TYPES:
                    message = f"No JSON type is called {quoted(name)}: any value goes."
                    self.report("unknown-type", message, context)
                return schema
            formats[intended.name] = intended.format
        if not formats:
            return schema
        types = list(formats)
        typed: JsonObject = {"type": types[0] if len(types) == 1 else types}
        implied = next(filter(None, formats.values()), None)
        if implied and "format" not in schema:
            typed["format"] = implied
        return {**typed, **schema}

    def _drop_contradicted_type(self, raw: JsonObject, schema: JsonObject) -> None:
        """Drop a type that no alternative beside it is of, for nothing would fit."""
        types = types_of(schema)
        for keyword in UNION_KEYWORDS:
            if keyword in schema and contradicts(self.resolver, types, raw[keyword]):
                del schema["type"]
                return

    def _apply_hints(
        self, raw: JsonObject, schema: JsonObject, context: ConversionContext, name: str
    ) -> None:
        hints, faults = read_hints(raw[HINTS_KEY], VALUE_HINTS)
        for fault in faults:
            self.report("bad-hint", f"On {name!r}: {fault}" if name else fault, context)
        if "description" in hints:
            schema["description"] = clean_text(hints["description"])

    def _report_invisible(
        self, raw: JsonObject, schema: JsonObject, context: ConversionContext
    ) -> None:
        description = raw.get("description")
        if isinstance(description, str) and not description.isascii():
            self._report_invisible_in(description, "A description holds", context)
        if "enum" in schema or "const" in schema or "pattern" in schema:
            texts = exact_texts(schema)
            self._report_invisible_in(texts, "Values that a schema allows hold", context)

    def _report_invisible_in(self, text: str, what: str, context: ConversionContext) -> None:
        invisible = invisible_characters(text)
        if invisible:
            listed = ", ".join(invisible[:MAX_NAMED_CHARACTERS])
            message = f"{what} characters that nobody sees: {listed}."
            self.report("hidden-characters", message, context)

    # --- what the converters of keywords ask for ---

    def may_inline(self, pointer: str, context: ConversionContext) -> bool:
        """Return whether a component may be inlined: not in itself, and not without end."""
        return pointer not in context.inlining and self._inlined_count < MAX_INLINED

    def convert_inlined(
        self, raw: JsonObject, pointer: str, context: ConversionContext
    ) -> JsonObject:
        """Convert the schema of a component in place of a reference to it."""
        self._inlined_count += 1
        within = context.deeper()._replace(inlining=(*context.inlining, pointer))
        return self.convert_schema(raw, within)

    def usual_action(self, pointer: str) -> ReferenceAction:
        """Return what becomes of references to a component where nothing else forbids it.

        One that is `true`, `false` or very short is inlined.
        """
        known = self._usual_actions.get(pointer)
        if known is None:
            is_small = _is_small(self.resolver.raw(pointer))
            known = ReferenceAction.INLINE if is_small else ReferenceAction.KEEP_REF
            self._usual_actions[pointer] = known
        return known

    def refer(self, ref: ComponentRef) -> JsonObject:
        """Return a reference to a component, and note that it is used."""
        reference, number = self._make_reference(ref)
        self._uses |= number
        return reference

    def report(self, kind: str, message: str, context: ConversionContext) -> None:
        """Report a problem with the document."""
        advice = _ADVICE.get(kind, "")
        self.problems.append(Problem(kind, message, pointer=context.pointer, advice=advice))


def _is_plain(raw: JsonObject, schema: JsonObject) -> bool:
    """Return whether nothing was left out, and no keyword bears on another: by far the most."""
    return (
        len(schema) == len(raw)
        and schema.keys() <= _INDEPENDENT_KEYWORDS
        and schema.get("type") != "array"
        and raw.get("description", "").isascii()
        and not empty_range(schema)
    )


def _is_small(raw: Json) -> bool:
    if not isinstance(raw, dict):
        return True
    if len(raw) > MAX_SMALL_KEYWORDS or not _SUBSCHEMA_KEYWORDS.isdisjoint(raw):
        return False
    return len(orjson.dumps(raw)) <= MAX_SMALL_BYTES
