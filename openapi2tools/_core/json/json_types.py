"""Which JSON type a Python value is, and when two values are the same JSON."""

from __future__ import annotations

import json
from typing import Any, Final, Literal, TypeAlias, TypeGuard

JsonType: TypeAlias = Literal["string", "number", "integer", "boolean", "object", "array", "null"]
PYTHON_TYPES: Final[dict[str, type | tuple[type, ...]]] = {
    "string": str,
    "number": (int, float),
    "integer": (int, float),
    "boolean": bool,
    "object": dict,
    "array": list,
    "null": type(None),
}
"""The Python types of each JSON type. A bool is an int in Python: use `has_json_type`."""


def json_type(value: Any) -> JsonType:
    """Return the most specific JSON type of a value: 3.0 is an integer, True is a boolean."""
    if isinstance(value, str):
        return "string"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "integer" if float(value).is_integer() else "number"
    return "array" if isinstance(value, list) else "object"


def has_json_type(value: Any, name: str) -> bool:
    """Return whether a value is of a JSON type; 3.0 is an integer, and True is no number."""
    if isinstance(value, bool):
        return name == "boolean"
    if not isinstance(value, PYTHON_TYPES[name]):
        return False
    return name != "integer" or not isinstance(value, float) or value.is_integer()


def is_number(value: Any) -> TypeGuard[int | float]:
    """Return whether a value is a number, as Python has it: True is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_whole_number(value: Any) -> TypeGuard[int]:
    """Return whether a value is a whole number, as Python has it: True and 3.0 are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_same_json(one: Any, other: Any) -> bool:
    """Return whether two values are the same JSON: `true` is not 1; keys may be in any order."""
    import orjson  # noqa: PLC0415 -- the help text needs the types alone

    try:
        one_text = orjson.dumps(one, option=orjson.OPT_SORT_KEYS)
        return one_text == orjson.dumps(other, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # whole numbers beyond 64 bits, deep nesting
        return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
