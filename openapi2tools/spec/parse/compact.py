"""Values as compact JSON.

Facts about the whole of a document can be searched there in a fraction of the time that a walk
takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from openapi2tools.errors import ParseError

if TYPE_CHECKING:
    from openapi2tools.model import Json

TOO_DEEP: Final = (
    "it is nested deeper than 250 levels. "
    "No real description needs that: look for a generator that ran in circles."
)


def to_compact_json(value: Json) -> bytes:
    """Return a value as JSON without white space.

    Raises ParseError where it is nested deeper than about 250 levels, so that whoever walks it
    later may recurse, and where it holds what JSON cannot.
    """
    try:
        return orjson.dumps(value)
    except TypeError as error:
        raise _parse_error(error) from None


def python_to_json(value: Json) -> bytes:
    """Return a value that a program made as JSON: keys become texts, dates too.

    Raises ParseError as `compact` does.
    """
    try:
        try:
            return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
        except TypeError as error:
            if "64-bit" not in str(error):
                raise
            return orjson.dumps(_with_small_integers(value), option=orjson.OPT_NON_STR_KEYS)
    except (TypeError, ValueError, RecursionError) as error:
        raise _parse_error(error) from None


def fits_64_bits(number: int) -> bool:
    """Return whether orjson can write a whole number, which has to fit into 64 bits."""
    return -(2**63) <= number < 2**64


def _with_small_integers(value: Json) -> Json:
    """Return a value with its larger whole numbers as they are read in a text.

    Those beyond 64 bits become floating, those that are longer still become text.
    """
    match value:
        case int() if not fits_64_bits(value):
            return float(value) if abs(value) < 2**1023 else str(value)
        case list() | tuple():
            return [_with_small_integers(item) for item in value]
        case dict():
            return {key: _with_small_integers(item) for key, item in value.items()}
        case _:
            return value


def _parse_error(error: Exception) -> ParseError:
    if "ecursion" in str(error):  # "Recursion limit reached", or Python's "maximum recursion depth"
        return ParseError(TOO_DEEP)
    return ParseError(f"it holds what JSON cannot: {error}.")
