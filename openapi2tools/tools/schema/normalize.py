"""Put right what only shows when all keywords of a converted schema stand together.

A function changes the schema it is given, which is fresh, and never anything inside it that may be
shared; one that returns a schema may return another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools.tools.schema.constraints.contradictions import (
    empty_range,
    without_contradictions,
)
from openapi2tools.tools.schema.constraints.examples import fits
from openapi2tools.tools.schema.enum_notes import as_enum, enum_notes, is_open_enum, known_values
from openapi2tools.tools.schema.keywords import (
    DROPPED,
    distinct,
    is_true,
    portable,
    read_number,
    recast,
    types_of,
    without_invisible,
)
from openapi2tools.tools.text.sentences import add_sentence, quoted
from openapi2tools.tools.walk import COMPOSITION_KEYWORDS, UNION_KEYWORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from openapi2tools.model import Json, JsonObject

ANNOTATIONS: Final = ("title", "description", "default", "deprecated", "examples")
MAX_EXAMPLE_CHARS: Final = 120  # as JSON
_ANNOTATIONS: Final = frozenset(ANNOTATIONS)
_APPLICATORS: Final = frozenset({"$ref", *COMPOSITION_KEYWORDS, "not", "if"})
# schemas beside `unevaluatedProperties` whose properties are not further ones
_EVALUATING: Final = (_APPLICATORS - {"not"}) | {"dependentSchemas"}
# keywords whose meaning hangs on keywords beside them (`properties`, `prefixItems`, `if`)
_ADJACENT: Final = frozenset(
    {"additionalProperties", "unevaluatedProperties", "unevaluatedItems", "items", "else", "then"}
)
# a schema with one of them says which values it is for
_SAMPLE_KEYWORDS: Final = frozenset(
    {"example", "examples", "x-example", "default", "enum", "const"}
)
# a schema with one of them needs no example
_TELLING: Final = frozenset({"enum", "const", "properties", "$ref"})


def normalize(raw: JsonObject, schema: JsonObject, report: Callable[[str], None]) -> JsonObject:
    """Return a converted schema with its keywords put right together; `raw` is it as written.

    `report` is told of each constraint that is left out because it cannot be meant.
    """
    _normalize_structure(raw, schema)
    if "oneOf" in schema or "anyOf" in schema:
        schema = as_enum(schema)
    if "enum" in schema or "const" in schema:
        _agree_values_with_type(raw, schema)
    schema = _without_contradictions(raw, schema, report)
    _normalize_values(raw, schema)
    if len(schema.get("allOf", ())) == 1:
        schema = _without_lone_all_of(schema)
    if is_nullable(raw):
        return with_null(schema)
    return schema


def _normalize_structure(raw: JsonObject, schema: JsonObject) -> None:
    if "exclusiveMinimum" in raw or "exclusiveMaximum" in raw:
        _set_exclusive_bounds(raw, schema)
    if "unevaluatedProperties" in schema and "additionalProperties" not in schema:
        _rename_unevaluated(schema)
    if "properties" in schema:
        _add_draft3_required(raw, schema)
    if (
        schema.get("additionalProperties") is False
        and "required" in schema
        and "patternProperties" not in schema
    ):
        _declare_required(schema)
    if schema.get("items").__class__ is list:
        _rename_tuple(schema)
    if "if" in schema and "then" not in schema and "else" not in schema:
        del schema["if"]  # it decides nothing


def _normalize_values(raw: JsonObject, schema: JsonObject) -> None:
    if "array" in schema.get("type", "") and "items" not in schema:
        schema["items"] = {}  # OpenAI refuses an array that does not say it
    if "default" in schema:
        _keep_fitting_default(schema)
    if "example" in raw or "examples" in raw or "x-example" in raw:
        example = pick_example(schema, examples_of(raw))
        if example is not DROPPED:
            schema["examples"] = [example]


# --- texts ---


def exact_texts(schema: JsonObject) -> str:
    """Return the texts that must come back as they are, so that nothing is taken out of them."""
    texts = (*schema.get("enum", ()), schema.get("const", ""), schema.get("pattern", ""))
    return "".join(map(str, texts))


# --- objects and arrays ---


def _add_draft3_required(raw: JsonObject, schema: JsonObject) -> None:
    """Read `required: true` inside a property, which was draft 3's way to say it."""
    names = [
        name
        for name, property_ in raw["properties"].items()
        if isinstance(property_, dict)
        and is_true(property_.get("required"))
        and name in schema["properties"]
    ]
    if names:
        schema["required"] = distinct([*schema.get("required", []), *names])


def _rename_unevaluated(schema: JsonObject) -> None:
    """Write `unevaluatedProperties` as `additionalProperties` where both mean the same."""
    if schema["unevaluatedProperties"] is True or _EVALUATING.isdisjoint(schema):
        schema["additionalProperties"] = schema.pop("unevaluatedProperties")


def _declare_required(schema: JsonObject) -> None:
    """Take any value for a required property that a closed object does not declare.

    Read to the letter, nothing would fit.
    """
    properties = schema.get("properties", {})
    missing: JsonObject = {name: {} for name in schema["required"] if name not in properties}
    if missing:
        schema["properties"] = {**properties, **missing}


def _rename_tuple(schema: JsonObject) -> None:
    """Write the tuples of older drafts as 2020-12 does.

    A list of `items` becomes `prefixItems`, and `additionalItems` becomes `items`.
    """
    prefix = schema.pop("items", [])
    rest = schema.pop("additionalItems", None)
    if prefix:
        schema["prefixItems"] = prefix
    if rest is not None:
        schema["items"] = rest


def _without_lone_all_of(schema: JsonObject) -> JsonObject:
    """Write an `allOf` of one member as that member, unless keywords beside it clash with it."""
    member = schema["allOf"][0]
    beside = {keyword: value for keyword, value in schema.items() if keyword != "allOf"}
    shared = (member.keys() & beside.keys()) - _ANNOTATIONS
    if shared - {"type"} or ("type" in shared and member["type"] != beside["type"]):
        return schema
    if "properties" in beside and _ADJACENT & member.keys():
        return schema
    if "properties" in member and _ADJACENT & beside.keys():
        return schema
    return {**member, **beside} if beside else member


# --- values ---


def _set_exclusive_bounds(raw: JsonObject, schema: JsonObject) -> None:
    """Read 3.0's `exclusiveMinimum: true` beside `minimum`, and 3.1's number."""
    for exclusive, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        written = raw.get(exclusive)
        if is_true(written):
            if limit in schema:
                schema[exclusive] = schema.pop(limit)
            continue
        bound = read_number(written)
        if bound is not DROPPED:
            schema[exclusive] = bound


def _agree_values_with_type(raw: JsonObject, schema: JsonObject) -> None:
    """Make `enum` and `const` agree with the type.

    Values written as another type are recast; values of another type leave.
    """
    if "enum" in schema:
        notes = enum_notes(raw, schema["enum"], schema.get("description", ""))
        if notes:
            add_sentence(schema, notes)
    types = types_of(schema)
    if "const" in schema:
        constant = recast(schema["const"], types)
        if constant is not DROPPED:
            schema["const"] = constant
    if "enum" in schema:
        _agree_enum_with_type(schema, types)
    if "enum" in schema and is_open_enum(raw, schema["enum"]):
        known = known_values(schema.pop("enum"), schema.get("description", ""))
        if known:
            add_sentence(schema, known)


def _agree_enum_with_type(schema: JsonObject, types: tuple[str, ...]) -> None:
    recasts = [recast(value, types) for value in schema["enum"]]
    fitting = distinct([value for value in recasts if value is not DROPPED])
    if fitting:
        schema["enum"] = fitting
        return
    values = schema.pop("enum")
    items = schema.get("items", {})
    if not values or "array" not in types or not isinstance(items, dict):
        return
    if "enum" not in items and "$ref" not in items:  # the values of the items were meant
        schema["items"] = {**items, "enum": distinct(values)}


def _keep_fitting_default(schema: JsonObject) -> None:
    """Keep a default that the schema allows, as far as types and values tell."""
    value = recast(schema["default"], types_of(schema))
    if value is DROPPED or ("enum" in schema and value not in schema["enum"]):
        del schema["default"]
    else:
        schema["default"] = value if "enum" in schema else without_invisible(value)


# --- constraints that cannot be meant ---


def _without_contradictions(
    raw: JsonObject, schema: JsonObject, report: Callable[[str], None]
) -> JsonObject:
    """Return a schema without constraints that its own values break, or that nothing can meet."""
    if not _SAMPLE_KEYWORDS.isdisjoint(raw):
        schema = relaxed(schema, [*examples_of(raw), raw.get("default")], report)
    empty = empty_range(schema)
    if not empty:
        return schema
    listed = " and ".join(f"{keyword} {quoted(schema[keyword])}" for keyword in sorted(empty))
    report(f"No value meets {listed}: left out.")
    return {keyword: value for keyword, value in schema.items() if keyword not in empty}


def relaxed(
    schema: JsonObject, samples: Iterable[Json], report: Callable[[str], None]
) -> JsonObject:
    """Return a schema without the constraints that samples of its values break, and report them."""
    schema, contradictions = without_contradictions(schema, samples)
    for path, keyword, limit, sample in contradictions:
        where = f" of {'.'.join(path)}" if path else ""
        report(
            f"The {keyword}{where}, {quoted(limit)}, refuses the document's own {quoted(sample)}: "
            "left out."
        )
    return schema


# --- examples ---


def pick_example(schema: JsonObject, offered: Iterable[Json]) -> Json:
    """Return the first example that tells what the schema does not, else `DROPPED`.

    It is short and fits the schema.
    """
    if not _TELLING.isdisjoint(schema) or schema.get("type") in ("boolean", "null"):
        return DROPPED
    for value in offered:
        if value in (None, "") or value == schema.get("default", DROPPED):
            continue
        if not fits(value, schema):
            continue
        if len(quoted(value, MAX_EXAMPLE_CHARS + 1)) <= MAX_EXAMPLE_CHARS:
            return without_invisible(portable(value))
    return DROPPED


def examples_of(raw: JsonObject) -> list[Json]:
    """Return the examples of a schema.

    3.0 writes one, 3.1 a list, some a map of Example objects, 2.0 `x-example`.
    """
    found = [raw[keyword] for keyword in ("example", "x-example") if keyword in raw]
    several = raw.get("examples")
    if isinstance(several, list):
        found += several
    elif isinstance(several, dict):
        for item in several.values():
            found.append(item.get("value") if isinstance(item, dict) else item)
    return found


# --- null ---


def is_nullable(raw: JsonObject) -> bool:
    """Return whether a schema as written allows null, in the words of 3.0 or 2.0.

    `nullable` is a keyword of the standard, and decides where both are there.
    """
    return is_true(raw.get("nullable", raw.get("x-nullable")))


def with_null(schema: JsonObject) -> JsonObject:
    """Return a schema of its own that allows null, too, whatever stands beside.

    3.0 writes it as `nullable: true`, 2.0 as `x-nullable`.
    """
    if _APPLICATORS.isdisjoint(schema):
        return _with_null_type(schema)
    annotations: JsonObject = {
        keyword: schema[keyword] for keyword in ANNOTATIONS if keyword in schema
    }
    rest = {keyword: value for keyword, value in schema.items() if keyword not in annotations}
    branches = rest["anyOf"] if rest.keys() == {"anyOf"} else [rest]
    if not any(types_of(branch) == ("null",) for branch in branches):
        branches = [*branches, {"type": "null"}]
    return {**annotations, "anyOf": branches}


def _with_null_type(schema: JsonObject) -> JsonObject:
    schema = dict(schema)
    types = types_of(schema)
    if types and "null" not in types:
        schema["type"] = [*types, "null"]
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    if "const" in schema and schema["const"] is not None:
        schema["enum"] = [schema.pop("const"), None]
    return schema


def without_null(schema: JsonObject) -> JsonObject:
    """Return a schema that allows null no longer; the schema given stays as it is.

    What a style cannot write (OpenAPI 3.1.1, appendix B) need not be offered.
    """
    if "default" in schema and schema["default"] is None:
        schema = _without(schema, "default")
    types = [name for name in types_of(schema) if name != "null"]
    if isinstance(schema.get("type"), list) and types:
        return _with_types(schema, types)
    for keyword in schema.keys() & UNION_KEYWORDS:
        branches = [branch for branch in schema[keyword] if types_of(branch) != ("null",)]
        if branches and len(branches) < len(schema[keyword]):
            return _with_branches(schema, keyword, branches)
    return schema


def _with_types(schema: JsonObject, types: list[str]) -> JsonObject:
    """Return a schema with these types, of which null is none."""
    schema = {**schema, "type": types[0] if len(types) == 1 else types}
    if "enum" in schema:
        schema["enum"] = [value for value in schema["enum"] if value is not None]
    return schema


def _with_branches(schema: JsonObject, keyword: str, branches: list[JsonObject]) -> JsonObject:
    """Return a schema with these alternatives; one alone is written without a list if it can be."""
    beside = _without(schema, keyword)
    if len(branches) == 1 and "allOf" not in beside:
        return _without_lone_all_of({**beside, "allOf": branches})
    return {**beside, keyword: branches}


def _without(schema: JsonObject, keyword: str) -> JsonObject:
    return {name: value for name, value in schema.items() if name != keyword}
