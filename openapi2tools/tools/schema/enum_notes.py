"""An enum, and what its document says that the values mean, in; a few words for its description out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from openapi2tools.tools.schema.keywords import visible
from openapi2tools.tools.text.describe import same
from openapi2tools.tools.text.plain import clean, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.model import Json, JsonObject

_LONGEST: Final = (60, 30)  # characters of one meaning, and where that makes too many
# characters of all meanings of one enum: half of the countries would be no help
_LONGEST_OF_ALL: Final = 480
_KEYWORDS: Final = (  # those that tell most first
    *(
        "x-enum-descriptions",
        "x-enumDescriptions",
        "x-enum-elements",
        "x-ms-enum",
        "oneOf",
        "anyOf",
        "x-enumNames",
        "x-enum-varnames",
    ),
)
_ANY_KEYWORD: Final = frozenset(_KEYWORDS)
_VALUE: Final = ("value", "const", "name")
_MEANING: Final = ("description", "title", "name")
_WORD: Final = re.compile(r"[^\W_]+")
_EMPTY: Final = frozenset(
    {
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
    }
)
_OF_ONE_VALUE: Final = frozenset({"const", "type", "title", "description"})


def as_enum(schema: JsonObject) -> JsonObject:
    """Write alternatives of one value each, OpenAPI 3.1's way to annotate an enum, as that enum."""
    keyword = "oneOf" if "oneOf" in schema else "anyOf"
    branches: list[JsonObject] = schema[keyword]
    if not {"enum", "const"}.isdisjoint(schema) or {"oneOf", "anyOf"} <= schema.keys():
        return schema
    if not all("const" in branch and branch.keys() <= _OF_ONE_VALUE for branch in branches):
        return schema
    kinds = [branch.get("type") for branch in branches]
    kind = {"type": kinds[0]} if kinds[0] and kinds.count(kinds[0]) == len(kinds) else {}
    rest = {key: value for key, value in schema.items() if key != keyword}
    return {**kind, **rest, "enum": [branch["const"] for branch in branches]}


def meanings(raw: JsonObject, values: list[Json], said: str) -> str:
    """Say what the values mean, where neither they nor what was `said` of them all tell it: `1: open; 2: sold`; else nothing."""
    if _ANY_KEYWORD.isdisjoint(raw):
        return ""
    listed = set(map(str, values))
    found: dict[str, str] = {}
    for value, text in (pair for keyword in _KEYWORDS for pair in _pairs(raw.get(keyword), values)):
        word = str(value)
        if (
            isinstance(text, str)
            and word in listed
            and word not in found
            and (meaning := _meaning(word, clean(text)))
        ):
            found[word] = meaning
    told = {word: meaning for word, meaning in found.items() if not _explained(word, meaning, said)}
    ways = (
        "; ".join(f"{word}: {shortened(meaning, longest)}" for word, meaning in told.items())
        for longest in _LONGEST
    )
    return str(visible(next((words for words in ways if len(words) <= _LONGEST_OF_ALL), "")))


def _explained(word: str, meaning: str, said: str) -> bool:
    """Tell whether a value and what is said already hold all words of the meaning, or say in other words what it means: `1 - open`."""
    if same(word, meaning) or _words(meaning) <= _words(word) | _words(said):
        return True
    return (
        word in said and re.search(rf"(?<!\w){re.escape(word)}\W{{0,3}}[-–—:=]", said) is not None
    )


def _words(text: str) -> set[str]:
    return {found.lower() for found in _WORD.findall(text)} - _EMPTY


def _pairs(said: Json, values: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Read a map of values to meanings, a list of meanings, or of objects that hold both; `x-ms-enum` has such a list in it."""
    if isinstance(said, dict):
        listed = said.get("values")
        yield from _pairs(listed, values) if isinstance(listed, list) else said.items()
    elif isinstance(said, list) and all(isinstance(one, dict) for one in said):
        yield from ((_first(one, _VALUE), _first(one, _MEANING)) for one in said)
    elif isinstance(said, list) and len(said) == len(values):
        yield from zip(values, said, strict=True)


def _first(raw: JsonObject, keys: tuple[str, ...]) -> Json:
    return next((raw[key] for key in keys if raw.get(key) not in (None, "")), None)


def _meaning(word: str, text: str) -> str:
    """Give a meaning in one line, without the value that some write before it."""
    rest = text.removeprefix(word).lstrip()
    text = rest.lstrip(" :=-–—") if rest[:1] in (":", "=", "-", "–", "—") else text
    return text.replace("\n", " ").rstrip(" .;")
