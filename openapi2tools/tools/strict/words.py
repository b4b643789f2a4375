"""The rules of a plain schema that the strict subset has no keyword for in, short sentences for a description out."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import orjson

from openapi2tools.tools.text.invisible import without_hidden

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from openapi2tools.model import Json, JsonObject, Schema
    from openapi2tools.tools.strict.subset import Subset

_NUMBERS: Final = {
    "minimum": "At least {}.",
    "maximum": "At most {}.",
    "exclusiveMinimum": "More than {}.",
    "exclusiveMaximum": "Less than {}.",
    "multipleOf": "A multiple of {}.",
}
# tell a model nothing
_UNSAID: Final = frozenset({"password", "int32", "int64", "float", "double", "string", "text"})
_SAID: Final = frozenset(
    {
        *(
            "minLength",
            "maxLength",
            "format",
            "pattern",
            "contentEncoding",
            "contentMediaType",
            "contentSchema",
            "uniqueItems",
        ),
        *("minItems", "maxItems", "not", "examples"),
        *(
            "minProperties",
            "maxProperties",
            "dependentRequired",
            "propertyNames",
            "patternProperties",
            *_NUMBERS,
        ),
    }
)
_EXAMPLE: Final = 40  # characters: a longer example tells no more of the form
_LONGEST: Final = 120  # characters of a default or a `not` that are still worth saying
# of the items: they need no example of the list
_TELLING: Final = frozenset({"enum", "const", "examples", "default"})
_PRESENCE: Final = frozenset({"required", "not", "type", "title", "description"})
_LOOKAROUND: Final = re.compile(r"\(\?(?:[=!]|<[=!]|>)|\\[1-9kpP]")


def sentence(schema: JsonObject, words: Iterable[str] = ()) -> str:
    """Give the description of a schema, with further words, and with its default where neither tells it."""
    said: str = schema.get("description") or schema.get("title", "")
    parts = [word for word in words if word] if words else []
    if (
        "default" in schema
        and not _tells_default(said, schema["default"])
        and len(text := _json(schema["default"])) <= _LONGEST
    ):
        parts.append(f"Default {text}.")
    if schema.get("deprecated") is True and "eprecated" not in said:
        parts.append("Deprecated.")
    return followed(said, *parts) if parts else said


def _tells_default(said: str, value: Json) -> bool:
    return "efault" in said and all(
        _mentions(said, _plain(item)) for item in (value if isinstance(value, list) else [value])
    )


def _mentions(text: str, words: str) -> bool:
    """Tell whether a text holds these words as such: `10`, but not the one within `100`."""
    return (
        words.lower() in text.lower()
        and re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text, re.IGNORECASE) is not None
    )


def followed(said: str, *sentences: str) -> str:
    """Let sentences follow what was said, which ends with a full stop then."""
    sentences = tuple(map(without_hidden, sentences))
    if not sentences or not said:
        return " ".join(sentences) or said
    return " ".join([said if said[-1] in ".!?:;" else f"{said}.", *sentences])


def constraint_words(kind: str, schema: JsonObject, subset: Subset) -> Iterable[str]:
    """Say what a schema of this type asks for beyond the strict subset."""
    return () if _SAID.isdisjoint(schema) else _constraints(kind, schema, subset)


def _constraints(kind: str, schema: JsonObject, subset: Subset) -> Iterator[str]:
    if kind in _OF_KIND:
        yield from _OF_KIND[kind](schema, subset)
    if "not" in schema and len(text := _json(schema["not"])) <= _LONGEST:
        yield f"Not: {text}."


def _of_strings(schema: JsonObject, subset: Subset) -> Iterator[str]:
    yield _range(schema, "Length", "character")
    form = schema.get("format")
    if isinstance(form, str) and form not in subset.formats and form not in _UNSAID:
        yield f"Format {form}."
    if "pattern" in schema and not allowed_pattern(schema["pattern"]):
        yield f"Pattern {schema['pattern']}"
    yield from (
        f"As {schema[key]}." for key in ("contentMediaType", "contentEncoding") if key in schema
    )
    if "contentSchema" in schema and len(text := _json(schema["contentSchema"])) <= _LONGEST:
        yield f"Content: {text}."
    yield _example(schema)


def _of_numbers(schema: JsonObject, subset: Subset) -> Iterator[str]:
    yield from (
        words.format(schema[key])
        for key, words in _NUMBERS.items()
        if key in schema and key not in subset.keywords
    )


def _of_fractions(schema: JsonObject, subset: Subset) -> Iterator[str]:
    """Show an example of a fraction, too: it tells a share from a percentage. What a whole number looks like needs none."""
    yield from _of_numbers(schema, subset)
    if (
        "examples" in schema
        and isinstance(schema["examples"][0], float)
        and {"default", *_NUMBERS}.isdisjoint(schema)
    ):
        yield _example(schema)


def _of_lists(schema: JsonObject, subset: Subset) -> Iterator[str]:
    if "minItems" not in subset.keywords:
        yield _range(schema, "Items", "item")
    if schema.get("uniqueItems") is True:
        yield "No duplicates."
    items = schema.get("items")
    if not schema.get("default") and not (isinstance(items, dict) and items.keys() & _TELLING):
        yield _example(schema)


def _of_objects(schema: JsonObject, subset: Subset) -> Iterator[str]:  # noqa: ARG001 -- no subset knows more
    yield _range(schema, "Properties", "property")
    for name, others in schema.get("dependentRequired", {}).items():
        yield f"{name} needs {', '.join(others)}."
    if "patternProperties" in schema and schema.get("additionalProperties") is False:
        yield f"{'Further keys' if schema.get('properties') else 'Keys'} match {' or '.join(schema['patternProperties'])}"
    if isinstance(keys := schema.get("propertyNames"), dict):
        yield f"Keys: {_json(keys)}."


_OF_KIND: Final = {
    "string": _of_strings,
    "integer": _of_numbers,
    "number": _of_fractions,
    "array": _of_lists,
    "object": _of_objects,
}


def tells_presence(branches: list[Schema]) -> bool:
    """Tell whether the schemas of a union only say which properties must be there."""
    told = [
        branch for branch in branches if isinstance(branch, dict) and branch.keys() <= _PRESENCE
    ]
    return len(told) == len(branches) and any("required" in branch for branch in told)


def presence_words(keyword: str, branches: list[Schema], base: JsonObject) -> str | None:
    """Describe an object with a union that only tells which properties must be there; None for any other union."""
    if "properties" not in base or not tells_presence(branches):
        return None
    said: str = base.get("description", "")
    ways = [
        " and ".join(branch["required"])
        for branch in branches
        if isinstance(branch, dict) and branch.get("required")
    ]
    if len(ways) < len(branches):  # one of them asks for nothing
        return said
    count = "exactly one" if keyword == "oneOf" else "at least one"
    return followed(said, f"Give {count} of: {'; '.join(ways)}.")


@lru_cache(maxsize=4096)
def allowed_pattern(value: str) -> bool:
    """Tell whether OpenAI takes this pattern: a regular expression without lookaround, back references and Unicode classes."""
    if _LOOKAROUND.search(value):
        return False
    try:
        re.compile(value)
    except re.error:
        return False
    return True


def _example(schema: JsonObject) -> str:
    """Show an example that is short, flat, and not shown by the description."""
    example = next(iter(schema.get("examples", ())), None)
    parts = example if isinstance(example, list) else [example]
    if any(part is None or isinstance(part, dict | list) for part in parts):
        return ""
    text = _plain(example)
    told = all(_plain(part) in schema.get("description", "") for part in parts)
    return f"E.g. {text}" if len(text) <= _EXAMPLE and not told else ""


def _range(schema: JsonObject, title: str, unit: str) -> str:
    low, high = schema.get(f"min{title}") or 0, schema.get(f"max{title}")
    several = "properties" if unit == "property" else f"{unit}s"
    if high is None:
        return f"At least {low} {unit if low == 1 else several}." if low else ""
    if low == high:
        return f"{low} {unit if low == 1 else several}."
    return (
        f"{low}-{high} {several}." if low else f"At most {high} {unit if high == 1 else several}."
    )


def _plain(value: Json) -> str:
    return value if isinstance(value, str) else _json(value)


def _json(value: Json) -> str:
    return orjson.dumps(value).decode()
