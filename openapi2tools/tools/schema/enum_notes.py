"""Note briefly what the values of an enum mean, where the document explains them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from openapi2tools.tools.schema.keywords import is_true, without_invisible
from openapi2tools.tools.text.describe import same_words
from openapi2tools.tools.text.markdown_to_text import clean_text, truncate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.model import Json, JsonObject

# characters of one meaning; the second limit where the first makes the notes too long
_MEANING_CHARS: Final = (60, 30)
# characters of all notes on one enum; some of them alone would not help
_MAX_NOTES_CHARS: Final = 480
_EXPLAINING_KEYWORDS: Final = (  # the most telling first
    "x-enum-descriptions",
    "x-enumDescriptions",
    "x-enum-elements",
    "x-ms-enum",
    "oneOf",
    "anyOf",
    "x-enumNames",
    "x-enum-varnames",
)
_ANY_EXPLAINING: Final = frozenset(_EXPLAINING_KEYWORDS)
_VALUE_KEYS: Final = ("value", "const", "name")
_MEANING_KEYS: Final = ("description", "title", "name")
_SEPARATORS: Final = (":", "=", "-", "–", "—")
_WORD: Final = re.compile(r"[^\W_]+")
_EMPTY_WORDS: Final = frozenset(
    [
        "a",
        "an",
        "the",
        "this",
        "is",
        "are",
        "be",
        "has",
        "have",
        "been",
        "of",
        "for",
        "to",
        "in",
        "on",
        "and",
    ]
)
_ONE_VALUE_KEYWORDS: Final = frozenset({"const", "type", "title", "description"})


def as_enum(schema: JsonObject) -> JsonObject:
    """Write alternatives of one value each as an enum; OpenAPI 3.1 annotates enums that way."""
    keyword = "oneOf" if "oneOf" in schema else "anyOf"
    branches: list[JsonObject] = schema[keyword]
    if "enum" in schema or "const" in schema or {"oneOf", "anyOf"} <= schema.keys():
        return schema
    for branch in branches:
        if "const" not in branch or not branch.keys() <= _ONE_VALUE_KEYWORDS:
            return schema
    rest = {key: value for key, value in schema.items() if key != keyword}
    enum = {**rest, "enum": [branch["const"] for branch in branches]}
    types = [branch.get("type") for branch in branches]
    if types[0] and types.count(types[0]) == len(types):
        return {"type": types[0], **enum}
    return enum


def is_open_enum(raw: JsonObject, values: list[Json]) -> bool:
    """Return whether these texts are only the known ones among many, as AutoRest's extension says.

    `x-ms-enum: {modelAsString: true}` promises that further values may come.
    """
    extension = raw.get("x-ms-enum")
    if not isinstance(extension, dict) or not is_true(extension.get("modelAsString")):
        return False
    return all(value is None or isinstance(value, str) for value in values)


def known_values(values: list[Json], description: str) -> str:
    """Return a sentence with the known values, or `""` if the description has them all."""
    texts = [str(value) for value in values if value is not None]
    if all(_names(description, text) for text in texts):
        return ""
    shown = list(texts)
    while len(", ".join(shown)) > _MAX_NOTES_CHARS:
        shown.pop()
    more = f" and {len(texts) - len(shown)} more" if len(shown) < len(texts) else ""
    return str(without_invisible(f"Known values: {', '.join(shown)}{more}."))


def _names(description: str, value: str) -> bool:
    """Return whether a description holds a value as a word."""
    if value not in description:
        return False
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", description) is not None


def enum_notes(raw: JsonObject, values: list[Json], description: str) -> str:
    """Return what the values mean, as in `1: open; 2: sold`.

    What a value or the description already says is left out. Empty when nothing is left, or when
    the notes would be too long.
    """
    if _ANY_EXPLAINING.isdisjoint(raw):
        return ""
    meanings = {
        value: meaning
        for value, meaning in _meanings(raw, values).items()
        if not _is_explained(value, meaning, description)
    }
    for limit in _MEANING_CHARS:
        notes = "; ".join(
            f"{value}: {truncate(meaning, limit)}" for value, meaning in meanings.items()
        )
        if len(notes) <= _MAX_NOTES_CHARS:
            return str(without_invisible(notes))
    return ""


def _meanings(raw: JsonObject, values: list[Json]) -> dict[str, str]:
    """Return the meaning of each value that has one, as the most telling keyword says it."""
    listed = set(map(str, values))
    found: dict[str, str] = {}
    for keyword in _EXPLAINING_KEYWORDS:
        for value, text in _pairs(raw.get(keyword), values):
            word = str(value)
            if not isinstance(text, str) or word not in listed or word in found:
                continue
            meaning = _one_line(word, clean_text(text))
            if meaning:
                found[word] = meaning
    return found


def _is_explained(value: str, meaning: str, description: str) -> bool:
    """Return whether a value or the description already says the meaning.

    They hold all words of it, or the description has words of its own for the value: `1 - open`.
    """
    if same_words(value, meaning) or _words(meaning) <= _words(value) | _words(description):
        return True
    if value not in description:
        return False
    return re.search(rf"(?<!\w){re.escape(value)}\W{{0,3}}[-–—:=]", description) is not None


def _words(text: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(text)} - _EMPTY_WORDS


def _pairs(explained: Json, values: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Yield values, each with its meaning.

    Documents write a map, a list of objects that hold both, or a list of meanings in the order of
    the values; `x-ms-enum` is an object with such a list in it.
    """
    if isinstance(explained, dict):
        nested = explained.get("values")
        yield from _pairs(nested, values) if isinstance(nested, list) else explained.items()
    elif isinstance(explained, list) and all(isinstance(one, dict) for one in explained):
        for one in explained:
            yield _first(one, _VALUE_KEYS), _first(one, _MEANING_KEYS)
    elif isinstance(explained, list) and len(explained) == len(values):
        yield from zip(values, explained, strict=True)


def _first(raw: JsonObject, keys: tuple[str, ...]) -> Json:
    return next((raw[key] for key in keys if raw.get(key) not in (None, "")), None)


def _one_line(value: str, text: str) -> str:
    """Return a meaning in one line, without the value that some write before it."""
    rest = text.removeprefix(value).lstrip()
    if rest.startswith(_SEPARATORS):
        text = rest.lstrip(" :=-–—")
    return text.replace("\n", " ").rstrip(" .;")
