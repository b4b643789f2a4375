"""Write what the strict subset has no keyword for as short sentences for a description."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import orjson

from openapi2tools.tools.presence import only_requires_properties
from openapi2tools.tools.schema.patterns import never_matches
from openapi2tools.tools.text.invisible import remove_invisible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from openapi2tools.model import Json, JsonObject, Schema
    from openapi2tools.tools.strict.subset import Subset

_NUMBER_SENTENCES: Final = {
    "minimum": "At least {}.",
    "maximum": "At most {}.",
    "exclusiveMinimum": "More than {}.",
    "exclusiveMaximum": "Less than {}.",
    "multipleOf": "A multiple of {}.",
}
# these tell a model nothing
_SILENT_FORMATS: Final = frozenset(
    {"password", "int32", "int64", "float", "double", "string", "text"}
)
_DESCRIBED_KEYWORDS: Final = frozenset(
    {
        *("minLength", "maxLength", "format", "pattern"),
        *("contentEncoding", "contentMediaType", "contentSchema"),
        *("uniqueItems", "minItems", "maxItems"),
        *("not", "examples"),
        *("minProperties", "maxProperties", "dependentRequired"),
        *("propertyNames", "patternProperties"),
        *_NUMBER_SENTENCES,
    }
)
_MAX_EXAMPLE_CHARS: Final = 40  # a longer example tells no more of the form
_MAX_VALUE_CHARS: Final = 120  # of a default or a `not` that is still worth saying
# what an item says of its form: the list needs no example then
_ITEM_FORM_KEYWORDS: Final = frozenset({"enum", "const", "examples", "default"})
_SENTENCE_ENDS: Final = ".!?:;"
_CHARACTER_CLASS: Final = re.compile(r"\[(?:\\.|[^\]\\])*\]")
# an escape, which stays, or else a character to escape
_SET_OPERATOR: Final = re.compile(r"(\\.)|((?<=-)-|[\[&~|])")
_UNSUPPORTED_PATTERN: Final = re.compile(r"\(\?(?:[=!]|<[=!]|>)|\\[1-9kpP]")


def describe(schema: JsonObject, constraints: Iterable[str] = ()) -> str:
    """Return the description of a schema, followed by its constraints, default and deprecation.

    The default and the deprecation are left out where the description tells them itself.
    """
    description: str = schema.get("description") or schema.get("title", "")
    sentences = [sentence for sentence in constraints if sentence] if constraints else []
    if "default" in schema and not _mentions_default(description, schema["default"]):
        default = _to_json(schema["default"])
        if len(default) <= _MAX_VALUE_CHARS:
            sentences.append(f"Default {default}.")
    if schema.get("deprecated") is True and "eprecated" not in description:
        sentences.append("Deprecated.")
    return append_sentences(description, *sentences) if sentences else description


def _mentions_default(description: str, default: Json) -> bool:
    if "efault" not in description:
        return False
    values = default if isinstance(default, list) else [default]
    return all(_mentions(description, _to_text(value)) for value in values)


def _mentions(text: str, words: str) -> bool:
    """Return whether a text holds these words as such: `10`, but not the one within `100`."""
    if words.lower() not in text.lower():
        return False
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text, re.IGNORECASE) is not None


def append_sentences(text: str, *sentences: str) -> str:
    """Return a text, ended with a full stop, and sentences after it.

    The sentences lose their invisible characters; the text is the caller's.
    """
    sentences = tuple(map(remove_invisible, sentences))
    if not sentences:
        return text
    if not text:
        return " ".join(sentences)
    ended = text if text[-1] in _SENTENCE_ENDS else f"{text}."
    return " ".join([ended, *sentences])


def constraint_sentences(json_type: str, schema: JsonObject, subset: Subset) -> Iterable[str]:
    """Return what a schema of this type asks for beyond the strict subset, sentence by sentence.

    Some sentences may be empty.
    """
    if _DESCRIBED_KEYWORDS.isdisjoint(schema):  # as most schemas
        return ()
    return _constraint_sentences(json_type, schema, subset)


def _constraint_sentences(json_type: str, schema: JsonObject, subset: Subset) -> Iterator[str]:
    if json_type in _SENTENCES_BY_TYPE:
        yield from _SENTENCES_BY_TYPE[json_type](schema, subset)
    if "not" in schema:
        excluded = _to_json(schema["not"])
        if len(excluded) <= _MAX_VALUE_CHARS:
            yield f"Not: {excluded}."


def _string_sentences(schema: JsonObject, subset: Subset) -> Iterator[str]:
    yield _range_sentence(schema, "Length", "character")
    format_name = schema.get("format")
    if (
        isinstance(format_name, str)
        and format_name not in subset.formats
        and format_name not in _SILENT_FORMATS
    ):
        yield f"Format {format_name}."
    if "pattern" in schema and not allowed_pattern(schema["pattern"]):
        yield f"Pattern {schema['pattern']}"
    for keyword in ("contentMediaType", "contentEncoding"):
        if keyword in schema:
            yield f"As {schema[keyword]}."
    if "contentSchema" in schema:
        content = _to_json(schema["contentSchema"])
        if len(content) <= _MAX_VALUE_CHARS:
            yield f"Content: {content}."
    yield _example_sentence(schema)


def _integer_sentences(schema: JsonObject, subset: Subset) -> Iterator[str]:
    for keyword, sentence in _NUMBER_SENTENCES.items():
        if keyword in schema and keyword not in subset.keywords:
            yield sentence.format(schema[keyword])


def _number_sentences(schema: JsonObject, subset: Subset) -> Iterator[str]:
    """Yield the sentences on a number, with an example of a fraction.

    The example tells a share from a percentage. What a whole number looks like needs none.
    """
    yield from _integer_sentences(schema, subset)
    if "examples" not in schema or not isinstance(schema["examples"][0], float):
        return
    if {"default", *_NUMBER_SENTENCES}.isdisjoint(schema):
        yield _example_sentence(schema)


def _array_sentences(schema: JsonObject, subset: Subset) -> Iterator[str]:
    if "minItems" not in subset.keywords:
        yield _range_sentence(schema, "Items", "item")
    if schema.get("uniqueItems") is True:
        yield "No duplicates."
    items = schema.get("items")
    items_show_form = isinstance(items, dict) and bool(items.keys() & _ITEM_FORM_KEYWORDS)
    if not schema.get("default") and not items_show_form:
        yield _example_sentence(schema)


def _object_sentences(schema: JsonObject, subset: Subset) -> Iterator[str]:  # noqa: ARG001 -- as the others
    yield _range_sentence(schema, "Properties", "property")
    for name, others in schema.get("dependentRequired", {}).items():
        yield f"{name} needs {', '.join(others)}."
    if "patternProperties" in schema and schema.get("additionalProperties") is False:
        keys = "Further keys" if schema.get("properties") else "Keys"
        yield f"{keys} match {' or '.join(schema['patternProperties'])}"
    names = schema.get("propertyNames")
    if isinstance(names, dict):
        yield f"Keys: {_to_json(names)}."


_SENTENCES_BY_TYPE: Final = {
    "string": _string_sentences,
    "integer": _integer_sentences,
    "number": _number_sentences,
    "array": _array_sentences,
    "object": _object_sentences,
}


def describe_presence(keyword: str, branches: list[Schema], base: JsonObject) -> str | None:
    """Describe an object with a union that only says which properties must be there.

    `keyword` is `anyOf` or `oneOf`, `base` the schema around it. Returns None for any other union.
    """
    if "properties" not in base or not only_requires_properties(branches):
        return None
    description: str = base.get("description", "")
    choices = [
        " and ".join(branch["required"])
        for branch in branches
        if isinstance(branch, dict) and branch.get("required")
    ]
    if len(choices) < len(branches):  # one of them asks for nothing
        return description
    count = "exactly one" if keyword == "oneOf" else "at least one"
    return append_sentences(description, f"Give {count} of: {'; '.join(choices)}.")


@lru_cache(maxsize=4096)
def allowed_pattern(pattern: str) -> bool:
    """Return whether OpenAI takes a regular expression as the pattern of a string.

    It takes none with lookaround, back references or Unicode classes. One that nothing matches is
    none either.
    """
    if _UNSUPPORTED_PATTERN.search(pattern) or never_matches(pattern):
        return False
    try:
        re.compile(_CHARACTER_CLASS.sub(_without_set_operators, pattern))
    except re.error:
        return False
    return True


def _without_set_operators(character_class: re.Match[str]) -> str:
    """Escape what Python may read as an operation on sets one day, and warns of: `[`, `--`, `&&`.

    ECMA-262 reads them as plain characters.
    """
    body = character_class[0][1:]
    return "[" + _SET_OPERATOR.sub(lambda found: found[1] or f"\\{found[2]}", body)


def _example_sentence(schema: JsonObject) -> str:
    """Return the first example when it is short, flat, and not in the description; else nothing."""
    example = next(iter(schema.get("examples", ())), None)
    parts = example if isinstance(example, list) else [example]
    if any(part is None or isinstance(part, dict | list) for part in parts):
        return ""
    text = _to_text(example)
    if len(text) > _MAX_EXAMPLE_CHARS:
        return ""
    description = schema.get("description", "")
    is_described = all(_to_text(part) in description for part in parts)
    return "" if is_described else f"E.g. {text}"


def _range_sentence(schema: JsonObject, suffix: str, unit: str) -> str:
    """Return a sentence on `min…` and `max…` with this suffix (`Length`); nothing without them."""
    low = schema.get(f"min{suffix}") or 0
    high = schema.get(f"max{suffix}")
    plural = "properties" if unit == "property" else f"{unit}s"
    low_unit = unit if low == 1 else plural
    if high is None:
        return f"At least {low} {low_unit}." if low else ""
    if low == high:
        return f"{low} {low_unit}."
    if low:
        return f"{low}-{high} {plural}."
    return f"At most {high} {unit if high == 1 else plural}."


def _to_text(value: Json) -> str:
    return value if isinstance(value, str) else _to_json(value)


def _to_json(value: Json) -> str:
    return orjson.dumps(value).decode()
