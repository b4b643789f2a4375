"""Find the constraints of a converted schema that its own document contradicts.

A range that no value is in, and a bound or pattern that refuses an example, a default or a value of
an enum, cannot be meant: a tool that keeps to it could not be called.
"""

from __future__ import annotations

from math import ceil, floor, inf
from typing import TYPE_CHECKING, Final, NamedTuple

from openapi2tools._core.json.json_types import has_json_type
from openapi2tools.tools.schema.constraints.examples import fits
from openapi2tools.tools.schema.keywords import DROPPED, recast, types_of
from openapi2tools.tools.schema.patterns import matches, pattern_readings
from openapi2tools.tools.text.describe import same_words
from openapi2tools.tools.text.sentences import add_sentence, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openapi2tools.model import Json, JsonObject

PLACEHOLDERS: Final[tuple[Json, ...]] = (None, "", "string", "null")
"""What stands where an example belongs, and is none."""
_COUNTS: Final = (
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
)
_BOUNDS: Final = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
_CONSTRAINTS: Final = (
    "pattern",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    *sorted(_BOUNDS),
    "multipleOf",
)
_RANGE_KEYWORDS: Final = _BOUNDS.union(*_COUNTS)


class Contradiction(NamedTuple):
    """A constraint that a sample of the document breaks."""

    path: tuple[str, ...]
    """Where it stands within the schema, as names of properties."""
    keyword: str
    limit: Json
    sample: Json


def empty_range(schema: JsonObject) -> frozenset[str]:
    """Return the keywords of a range that no value is in; none when there is no such range."""
    if _RANGE_KEYWORDS.isdisjoint(schema):
        return frozenset()
    empty = {
        keyword
        for pair in _COUNTS
        for keyword in pair
        if schema.get(pair[0], 0) > schema.get(pair[1], inf)
    }
    if len(schema.get("required", ())) > schema.get("maxProperties", inf):
        empty.add("maxProperties")
    if not _has_number(schema):
        empty |= _BOUNDS
    return frozenset(empty & schema.keys())


def _has_number(schema: JsonObject) -> bool:
    """Return whether there is a number between the bounds of a schema."""
    low, high = schema.get("minimum", -inf), schema.get("maximum", inf)
    above, below = schema.get("exclusiveMinimum", -inf), schema.get("exclusiveMaximum", inf)
    if types_of(schema) == ("integer",):
        lowest = max(ceil(low) if low > -inf else low, floor(above) + 1 if above > -inf else above)
        highest = min(
            floor(high) if high < inf else high, ceil(below) - 1 if below < inf else below
        )
        return bool(lowest <= highest)
    return bool(low <= high and low < below and above < high and above < below)


def without_contradictions(
    schema: JsonObject, samples: Iterable[Json]
) -> tuple[JsonObject, list[Contradiction]]:
    """Return a schema without the constraints that all samples of its values break, and these.

    Where one sample keeps a constraint, it is the others that are wrong. Each value of an enum or
    const must keep it. A pattern that all samples fit in another reading is read so, and no
    contradiction; one that leaves stays in the description. Inline properties and items are judged
    by the parts of the samples. The schema given stays as it is.
    """
    found: list[Contradiction] = []
    return _relaxed(schema, _usable(samples), (), found), found


def _relaxed(
    schema: Json, samples: list[Json], path: tuple[str, ...], found: list[Contradiction]
) -> Json:
    if not isinstance(schema, dict) or "$ref" in schema:
        return schema
    if not samples and "enum" not in schema and "const" not in schema:
        return schema
    relaxed = _without_broken(schema, samples, path, found)
    properties = _relaxed_properties(schema, samples, path, found)
    if properties is not schema.get("properties"):
        relaxed = {**relaxed, "properties": properties}
    items = _relaxed_items(schema, samples, path, found)
    return relaxed if items is schema.get("items") else {**relaxed, "items": items}


def _relaxed_properties(
    schema: JsonObject, samples: list[Json], path: tuple[str, ...], found: list[Contradiction]
) -> Json:
    properties: Json = schema.get("properties")
    objects = [sample for sample in samples if isinstance(sample, dict)]
    if not objects or not isinstance(properties, dict):
        return properties
    relaxed = {
        name: _relaxed(part, _values_of(objects, name), (*path, name), found)
        for name, part in properties.items()
    }
    is_same = all(relaxed[name] is part for name, part in properties.items())
    return properties if is_same else relaxed


def _relaxed_items(
    schema: JsonObject, samples: list[Json], path: tuple[str, ...], found: list[Contradiction]
) -> Json:
    schema_of_items: Json = schema.get("items")
    items = [item for sample in samples if isinstance(sample, list) for item in sample]
    return _relaxed(schema_of_items, _usable(items), path, found) if items else schema_of_items


def _values_of(objects: list[JsonObject], name: str) -> list[Json]:
    """Return what objects hold under a name; some write the name itself there."""
    values = [sample[name] for sample in objects if name in sample]
    return [
        value
        for value in _usable(values)
        if not (isinstance(value, str) and same_words(value, name))
    ]


def _usable(samples: Iterable[Json]) -> list[Json]:
    return [sample for sample in samples if sample not in PLACEHOLDERS]


def _without_broken(
    schema: JsonObject, samples: list[Json], path: tuple[str, ...], found: list[Contradiction]
) -> JsonObject:
    keywords = [keyword for keyword in _CONSTRAINTS if keyword in schema]
    if not keywords:  # as in most schemas
        return schema
    types = types_of(schema)
    recasts = [recast(sample, types) for sample in samples]
    values = [value for value in recasts if value is not DROPPED]
    allowed = schema.get("enum", [schema["const"]] if "const" in schema else [])
    relaxed = schema
    for keyword in keywords:
        limit = schema[keyword]
        broken = _all_broken(keyword, limit, values) or _any_broken(keyword, limit, allowed)
        reading = _reading_of_all(limit, [*values, *allowed]) if keyword == "pattern" else None
        if broken and reading is not None:
            relaxed = {**relaxed, "pattern": reading}
        elif broken:
            relaxed = _without(relaxed, keyword)
            found.append(Contradiction(path, keyword, limit, broken[0]))
    return relaxed


def _without(schema: JsonObject, keyword: str) -> JsonObject:
    """Return a schema without a constraint; a pattern is still told in the description."""
    rest = {name: value for name, value in schema.items() if name != keyword}
    if keyword == "pattern":
        add_sentence(rest, f"Pattern: {quoted(schema[keyword])}")
    return rest


def _any_broken(keyword: str, limit: Json, values: Iterable[Json]) -> list[Json]:
    return [value for value in values if not fits(value, {keyword: limit})]


def _all_broken(keyword: str, limit: Json, values: list[Json]) -> list[Json]:
    """Return the values that break a constraint, none when one of them keeps it."""
    of_type = [value for value in values if has_json_type(value, _type_of_constraint(keyword))]
    broken = _any_broken(keyword, limit, of_type)
    return broken if len(broken) == len(of_type) else []


def _type_of_constraint(keyword: str) -> str:
    if keyword in ("pattern", "minLength", "maxLength"):
        return "string"
    return "array" if keyword in ("minItems", "maxItems") else "number"


def _reading_of_all(pattern: str, values: list[Json]) -> str | None:
    """Return a reading of a pattern that all texts among the samples fit, else None."""
    texts = [value for value in values if isinstance(value, str)]
    for reading in pattern_readings(pattern):
        if all(matches(reading, text) for text in texts):
            return reading
    return None
