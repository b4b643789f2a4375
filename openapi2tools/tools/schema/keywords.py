"""Convert the values of keywords that hold no schemas: types, numbers, texts, patterns.

Each function reads a value as documents write it and returns what JSON Schema 2020-12 wants, or
`DROPPED` when nothing can be made of it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from openapi2tools._core.json.json_types import has_json_type, is_number
from openapi2tools.tools.schema.patterns import convert_pattern
from openapi2tools.tools.text.invisible import remove_invisible
from openapi2tools.tools.text.markdown_to_text import clean_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from openapi2tools.model import Json, JsonObject


class _Dropped:
    def __repr__(self) -> str:
        return "DROPPED"


DROPPED: Final = _Dropped()
"""What stands for a keyword that leaves the schema."""

# --- types ---

TYPES: Final = frozenset({"string", "number", "integer", "boolean", "object", "array", "null"})


class IntendedType(NamedTuple):
    """The JSON type that a foreign type means, and the `format` it implies, perhaps none."""

    name: str
    format: str = ""


_FOREIGN_TYPES: Final[dict[str, IntendedType]] = {
    **dict.fromkeys(
        ("int", "int32", "int64", "long", "short", "byte int", "bigint", "timestamp", "unsigned"),
        IntendedType("integer"),
    ),
    **dict.fromkeys(
        ("float", "double", "decimal", "real", "num", "numeric"), IntendedType("number")
    ),
    **dict.fromkeys(
        ("str", "text", "char", "enum", "password", "file", "binary", "base64", "bytes"),
        IntendedType("string"),
    ),
    **dict.fromkeys(("list", "set", "tuple"), IntendedType("array")),
    **dict.fromkeys(
        ("dict", "dictionary", "map", "hash", "json", "struct"), IntendedType("object")
    ),
    **dict.fromkeys(("none", "nil", "undefined"), IntendedType("null")),
    "bool": IntendedType("boolean"),
    "json string": IntendedType("string"),
    "date": IntendedType("string", "date"),
    "time": IntendedType("string", "time"),
    "datetime": IntendedType("string", "date-time"),
    "date-time": IntendedType("string", "date-time"),
    "uuid": IntendedType("string", "uuid"),
    "guid": IntendedType("string", "uuid"),
    "email": IntendedType("string", "email"),
    "uri": IntendedType("string", "uri"),
    "url": IntendedType("string", "uri"),
}


def intended_type(written: Json, *, among: bool = False) -> IntendedType | None:
    """Return what a type that no dialect knows (`int`, `datetime`) means; None if nobody can tell.

    `among` other types null is the null type; alone it is a type that nobody wrote.
    """
    if written is None and among:
        return IntendedType("null")
    if not isinstance(written, str):
        return None
    name = written.strip().lower()
    return IntendedType(name) if name in TYPES else _FOREIGN_TYPES.get(name)


def types_of(schema: JsonObject) -> tuple[str, ...]:
    """Return the types that a converted schema names; none at all when it leaves the type open."""
    types = schema.get("type")
    return (types,) if isinstance(types, str) else tuple(types or ())


def is_type(value: Json) -> bool:
    """Return whether a value names a JSON type."""
    return read_type(value) is not DROPPED


def recast(value: Json, types: tuple[str, ...]) -> Json:
    """Return a value as one of these types; it may be written as another one.

    `1` becomes `"1"` where a string is wanted, and `"1"` becomes `1` where an integer is.
    """
    if not types or any(has_json_type(value, name) for name in types):
        return value
    if isinstance(value, str):
        return _recast_text(value, types)
    if "string" in types and isinstance(value, (bool, int, float)):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return DROPPED


def _recast_text(value: str, types: tuple[str, ...]) -> Json:
    if "boolean" in types and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    if "number" in types:
        return read_number(value)
    return read_integer(value) if "integer" in types else DROPPED


def read_type(value: Json) -> Json:
    """Keep one JSON type."""
    return value if value.__class__ is str and value in TYPES else DROPPED


# --- numbers and flags ---

_NUMBER: Final = re.compile(r"[+-]?\d{1,40}(?:\.\d{1,40})?(?:[eE][+-]?\d{1,3})?")
_MAX_FLOAT: Final = 2**1023
_MAX_EXACT_FLOAT: Final = 2**53  # floating numbers from here on may stand for another whole one


def read_number(value: Json) -> Json:
    """Return a finite number, also one that was written as text; whole ones as integers."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value) if set(value) & set(".eE") else int(value)
    if not is_number(value):
        return DROPPED
    if not abs(value) < _MAX_FLOAT:  # nor a number that is none
        return DROPPED
    if isinstance(value, float) and value.is_integer() and abs(value) < _MAX_EXACT_FLOAT:
        return int(value)
    return portable(value)


def read_integer(value: Json) -> Json:
    """Return a whole number, also one that was written as text."""
    value = read_number(value)
    return value if isinstance(value, int) else DROPPED


def read_count(value: Json) -> Json:
    """Return a whole number from 0 (`maxLength`)."""
    value = read_integer(value)
    return value if value is not DROPPED and 0 <= value < 2**63 else DROPPED


def read_positive_count(value: Json) -> Json:
    """Return a whole number from 1; a minimum of 0 says nothing (`minLength`)."""
    value = read_count(value)
    return value if value is not DROPPED and value > 0 else DROPPED


def read_positive_number(value: Json) -> Json:
    """Return a number above 0 (`multipleOf`)."""
    value = read_number(value)
    return value if value is not DROPPED and value > 0 else DROPPED


def is_true(value: Json) -> bool:
    """Return whether a flag is set, also one that was written as text."""
    return value is True or value == "true"


def read_flag(value: Json) -> Json:
    """Keep `true`; `false` is what every schema says that says nothing."""
    return True if is_true(value) else DROPPED


# --- texts and whole values ---


def portable(value: Json) -> Json:
    """Return a value that every JSON reader holds.

    Integers beyond 64 bits become floating, those that are longer still become text.
    """
    if isinstance(value, int):
        if -(2**63) <= value < 2**64:
            return value
        return float(value) if abs(value) < _MAX_FLOAT else str(value)
    if isinstance(value, list):
        return [item if item.__class__ is str else portable(item) for item in value]
    if isinstance(value, dict):
        return {key: portable(item) for key, item in value.items()}
    return value


def without_invisible(value: Json) -> Json:
    """Return a value whose texts hold no characters that nobody sees."""
    if isinstance(value, str):
        return value if value.isascii() else remove_invisible(value)
    if isinstance(value, list):
        return [without_invisible(item) for item in value]
    if isinstance(value, dict):
        return {key: without_invisible(item) for key, item in value.items()}
    return value


def read_text(value: Json) -> Json:
    """Keep a text that is not empty (`format`)."""
    return (without_invisible(value) or DROPPED) if isinstance(value, str) else DROPPED


def read_prose(value: Json) -> Json:
    """Keep the words of a description, without its markup."""
    return (clean_text(value) or DROPPED) if isinstance(value, str) else DROPPED


def read_enum(value: Json) -> Json:
    """Keep the values of an enum, also a lone one."""
    if isinstance(value, list):
        return portable(value) or DROPPED
    return [portable(value)] if isinstance(value, (str, int)) else DROPPED


def distinct(values: list[Json]) -> list[Json]:
    """Drop what JSON calls equal to an earlier value: 1 and 1.0, but not 1 and true."""
    if {*map(type, values)} <= {str}:
        return list(dict.fromkeys(values))
    kept: dict[str, Json] = {}
    for value in values:
        kept.setdefault(_json_identity(value), value)
    return list(kept.values())


def _json_identity(value: Json) -> str:
    """Return a text that is the same for equal JSON values alone."""
    if isinstance(value, float) and value.is_integer():
        return repr(int(value))
    if isinstance(value, dict):
        return repr(sorted((key, _json_identity(item)) for key, item in value.items()))
    if isinstance(value, list):
        return repr([_json_identity(item) for item in value])
    return repr(value)


_MEDIA_TYPE: Final = re.compile(
    r"(?:application|audio|font|image|message|model|text|video|\*)/[\w.+*-]+"
)
FILE_EXTENSIONS: Final = frozenset(
    {"x-file-content-types", "x-mimetype", "x-mime-type", "x-content-type"}
)
"""Extensions of a text that name the media types of the file that it is."""


def is_file(raw: Json) -> bool:
    """Return whether a part of a form is a file.

    2.0 writes `type: file`, 3.0 `format: binary`, 3.1 `contentMediaType` without an encoding. Some
    documents write `format: file`, a media type as the format, or name media types in an extension.
    """
    if not isinstance(raw, dict):
        return False
    if raw.get("type") == "file":
        return True
    if raw.get("type", "string") not in ("string", ["string", "null"]) or "contentEncoding" in raw:
        return False
    if is_file_format(raw.get("format")) or not FILE_EXTENSIONS.isdisjoint(raw):
        return True
    content = raw.get("contentMediaType")
    return isinstance(content, str) and "json" not in content


def is_file_format(written: Json) -> bool:
    """Return whether a `format` says that a text is the content of a file."""
    if not isinstance(written, str):
        return False
    return written in ("binary", "file") or file_type(written) != ""


def file_type(written: Json) -> str:
    """Return the media type that stands as a `format`, which means a file of that type; or ""."""
    if isinstance(written, str) and _MEDIA_TYPE.fullmatch(written) and "json" not in written:
        return written
    return ""


# --- regular expressions ---


def read_pattern(value: Json) -> Json:
    """Keep a regular expression that every validator reads."""
    return (convert_pattern(value) or DROPPED) if isinstance(value, str) else DROPPED


VALUE_KEYWORDS: Final[dict[str, Callable[[Json], Json]]] = {
    "type": read_type,
    "enum": read_enum,
    "pattern": read_pattern,
    "description": read_prose,
    "title": read_prose,
    "format": read_text,
    "default": portable,
    "const": portable,
    "minimum": read_number,
    "maximum": read_number,
    "multipleOf": read_positive_number,
    "minLength": read_positive_count,
    "maxLength": read_count,
    "minItems": read_positive_count,
    "maxItems": read_count,
    "uniqueItems": read_flag,
    "maxProperties": read_count,
    "minContains": read_count,
    "maxContains": read_count,
    "deprecated": read_flag,
    "contentEncoding": read_text,
    "contentMediaType": read_text,
}
"""How the value of each keyword without schemas is read."""
