"""One keyword's value, as documents write it, in; the value JSON Schema 2020-12 wants, or `DROPPED`, out. No references, no subschemas."""

from __future__ import annotations

import re
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Final

from openapi2tools.tools.text.invisible import without_hidden
from openapi2tools.tools.text.plain import clean

if TYPE_CHECKING:
    from collections.abc import Callable

    from jsonschema_rs import Validator

    from openapi2tools.model import Json, JsonObject


class _Dropped:
    def __repr__(self) -> str:
        return "DROPPED"


DROPPED: Final = _Dropped()

# --- types ---

TYPES: Final = frozenset({"string", "number", "integer", "boolean", "object", "array", "null"})
_MEANT: Final[dict[str, tuple[str, str]]] = {
    **dict.fromkeys(
        ("int", "int32", "int64", "long", "short", "byte int", "bigint", "timestamp", "unsigned"),
        ("integer", ""),
    ),
    **dict.fromkeys(("float", "double", "decimal", "real", "num", "numeric"), ("number", "")),
    **dict.fromkeys(("bool",), ("boolean", "")),
    **dict.fromkeys(
        (
            "str",
            "text",
            "char",
            "enum",
            "password",
            "file",
            "binary",
            "base64",
            "bytes",
            "json string",
        ),
        ("string", ""),
    ),
    **dict.fromkeys(("date", "time", "uuid", "email", "uri", "url"), ("string", "same")),
    **dict.fromkeys(("datetime", "date-time"), ("string", "date-time")),
    **dict.fromkeys(("guid",), ("string", "uuid")),
    **dict.fromkeys(("list", "set", "tuple"), ("array", "")),
    **dict.fromkeys(("dict", "dictionary", "map", "hash", "json", "struct"), ("object", "")),
    **dict.fromkeys(("none", "nil", "undefined"), ("null", "")),
}
_FORMATS: Final = {"url": "uri"}


def meant_type(written: Json, *, among: bool = False) -> tuple[str, str] | None:
    """Give the JSON type, and the format, that a type of no dialect means (`int`, `datetime`); None when that is anybody's guess.

    `among` others null means the null type; alone it is a type that nobody wrote.
    """
    if not isinstance(written, str):
        return ("null", "") if written is None and among else None
    word = written.strip().lower()
    if word in TYPES:
        return word, ""
    meant = _MEANT.get(word)
    if meant is None:
        return None
    return meant[0], _FORMATS.get(word, word) if meant[1] == "same" else meant[1]


_OF_TYPE: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}


def has_type(value: Json, kind: str) -> bool:
    """Tell whether a value has a JSON type; 3.0 is an integer, and True is no number."""
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _OF_TYPE[kind]) and (
        kind != "integer" or not isinstance(value, float) or value.is_integer()
    )


def types_of(schema: JsonObject) -> tuple[str, ...]:
    """Give the types that a translated schema names itself; none at all when it leaves the type open."""
    kind = schema.get("type")
    return (kind,) if isinstance(kind, str) else tuple(kind or ())


def recast(value: Json, kinds: tuple[str, ...]) -> Json:
    """Read a value as one of these types when it is one of them in other clothes (`1` for a string, `"1"` for an integer)."""
    if not kinds:
        return value
    for kind in kinds:
        if has_type(value, kind):
            return value
    if "string" in kinds and isinstance(value, (bool, int, float)):
        return str(value).lower() if isinstance(value, bool) else str(value)
    if isinstance(value, str):
        if "boolean" in kinds and value.lower() in {"true", "false"}:
            return value.lower() == "true"
        if {"integer", "number"} & set(kinds):
            return number(value) if "number" in kinds else integer(value)
    return DROPPED


# --- values of keywords ---

_NUMBER: Final = re.compile(r"[+-]?\d{1,40}(?:\.\d{1,40})?(?:[eE][+-]?\d{1,3})?")


def number(value: Json) -> Json:
    """Give a finite number, also one that was written as text."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value) if set(value) & set(".eE") else int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        return DROPPED
    return (
        int(value)
        if isinstance(value, float) and value.is_integer() and abs(value) < 2**53
        else data(value)
    )


def integer(value: Json) -> Json:
    """Give a whole number, also one that was written as text."""
    value = number(value)
    return value if isinstance(value, int) else DROPPED


def count(value: Json) -> Json:
    """Give a whole number from 0."""
    value = integer(value)
    return value if value is not DROPPED and 0 <= value < 2**63 else DROPPED


def some(value: Json) -> Json:
    """Give a whole number from 1: a limit of 0 says nothing (`minLength`, `minItems`)."""
    value = count(value)
    return value if value is not DROPPED and value > 0 else DROPPED


def step(value: Json) -> Json:
    """Give a number above 0 (`multipleOf`)."""
    value = number(value)
    return value if value is not DROPPED and value > 0 else DROPPED


def data(value: Json) -> Json:
    """Give a value that every JSON reader holds: whole numbers beyond 64 bits are floating ones."""
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**64 else float(value)
    if isinstance(value, list):
        return [item if item.__class__ is str else data(item) for item in value]
    return {key: data(item) for key, item in value.items()} if isinstance(value, dict) else value


def flag(value: Json) -> Json:
    """Keep `true`; `false` is what every schema says that says nothing."""
    return True if value is True or value == "true" else DROPPED


def visible(value: Json) -> Json:
    """Take what nobody sees out of all texts of a value."""
    if isinstance(value, str):
        return value if value.isascii() else without_hidden(value)
    if isinstance(value, list):
        return [visible(item) for item in value]
    return {key: visible(item) for key, item in value.items()} if isinstance(value, dict) else value


def word(value: Json) -> Json:
    """Keep a text."""
    return (visible(value) or DROPPED) if isinstance(value, str) else DROPPED


def prose(value: Json) -> Json:
    """Keep the words of a description."""
    return (clean(value) or DROPPED) if isinstance(value, str) else DROPPED


def distinct(values: list[Json]) -> list[Json]:
    """Drop what JSON calls equal to an earlier value: 1 and 1.0, but not 1 and true."""
    if {*map(type, values)} <= {str}:
        return list(dict.fromkeys(values))
    kept: dict[str, Json] = {}
    for value in values:
        kept.setdefault(_identity(value), value)
    return list(kept.values())


def _identity(value: Json) -> str:
    if isinstance(value, float) and value.is_integer():
        return repr(int(value))
    if isinstance(value, dict):
        return repr(sorted((key, _identity(item)) for key, item in value.items()))
    return repr([_identity(item) for item in value]) if isinstance(value, list) else repr(value)


def kind(value: Json) -> Json:
    """Keep one JSON type."""
    return value if value.__class__ is str and value in TYPES else DROPPED


def is_type(value: Json) -> bool:
    """Tell whether a value names a JSON type."""
    return kind(value) is not DROPPED


def listed(value: Json) -> Json:
    """Keep the values of an enum, also a lone one."""
    if isinstance(value, list):
        return data(value) or DROPPED
    return [value] if isinstance(value, (str, int)) else DROPPED


# --- regular expressions ---

# flags, atomic groups, possessive …
_FOREIGN: Final = re.compile(r"\(\?[a-zA-Z-]+[:)]|\(\?>|\(\?#|[*+?]\+|\d\}\+|\\[zGQEXRhHKC]")
_POSIX: Final = re.compile(r"\[:\^?[a-z]+:\]")
_CLASS: Final = re.compile(r"\[(?:\\.|[^\]\\])*\]")
_DELIMITED: Final = re.compile(r"/(\^.*\$)/")
_CLASS_THEN_DASH: Final = re.compile(r"(\\[wdsWDS])-(?!\])")
_SPELLED: Final = {r"\A": "^", r"\Z": "$", r"\z": "$"}
_ANCHORS: Final = re.compile(r"(?<!\\)((?:\\\\)*)(\\[AZz])")


@lru_cache(maxsize=4096)
def regex(written: str) -> str | None:
    """Give the regular expression in ECMA-262's words (JSON Schema, section 6.3.3), None when it has none.

    Other dialects' anchors, named groups and `/…/` around the whole are translated; what no JSON
    Schema validator compiles is refused.
    """
    pattern = delimited[1] if (delimited := _DELIMITED.fullmatch(written)) else written
    pattern = _ANCHORS.sub(lambda found: found[1] + _SPELLED[found[2]], pattern).replace(
        "(?P<", "(?<"
    )
    if not pattern or _POSIX.search(pattern) or _FOREIGN.search(_CLASS.sub("", pattern)):
        return None
    # `[\w-.]`: the dash is meant, and no range
    ways = (pattern, _CLASS_THEN_DASH.sub(r"\1\-", pattern))
    return next((way for way in ways if _compiled(way)), None)


def matches(pattern: str, text: str) -> bool:
    """Tell whether a text matches a pattern that `regex` gave."""
    compiled = _compiled(pattern)
    try:
        return compiled is not None and compiled.is_valid(text)
    except UnicodeEncodeError:  # halves of surrogate pairs
        return False


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> Validator | None:
    import jsonschema_rs  # noqa: PLC0415 -- only documents that hold patterns need it

    try:
        return jsonschema_rs.validator_for({"pattern": pattern})
    except jsonschema_rs.ValidationError:
        return None


def pattern(value: Json) -> Json:
    """Keep a regular expression that every validator reads."""
    return (regex(value) or DROPPED) if isinstance(value, str) else DROPPED


PLAIN: Final[dict[str, Callable[[Json], Json]]] = {
    "type": kind,
    "enum": listed,
    "pattern": pattern,
    "description": prose,
    "title": prose,
    "format": word,
    "default": data,
    "const": data,
    "minimum": number,
    "maximum": number,
    "multipleOf": step,
    "minLength": some,
    "maxLength": count,
    "minItems": some,
    "maxItems": count,
    "uniqueItems": flag,
    "maxProperties": count,
    "minContains": count,
    "maxContains": count,
    "deprecated": flag,
    "contentEncoding": word,
    "contentMediaType": word,
}
