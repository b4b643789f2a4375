"""A document as compact JSON: facts about the whole of it can be searched there in a fraction of the time that a walk takes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import orjson

from openapi2tools.errors import ParseError

if TYPE_CHECKING:
    from openapi2tools.model import Json

_REFERENCE: Final = re.compile(rb'"\$ref":("[^"\\]*(?:\\.[^"\\]*)*")')
TOO_DEEP: Final = "it is nested deeper than 250 levels. No real description needs that: look for a generator that ran in circles."


def compact(value: Json) -> bytes:
    """Write a value as JSON without white space.

    Raises ParseError where it is nested deeper than about 250 levels, so that whoever walks it later may recurse, and where it holds what
    JSON cannot.
    """
    try:
        return orjson.dumps(value)
    except TypeError as error:
        raise _fault(error) from None


def plain(value: Json) -> bytes:
    """Write a value that somebody's program holds as JSON: keys become texts, dates too. Raises ParseError as `compact` does."""
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    except TypeError as error:
        raise _fault(error) from None


def _fault(error: TypeError) -> ParseError:
    return ParseError(TOO_DEEP if "ecursion" in str(error) else f"it holds what JSON cannot: {error}.")


def references(text: bytes) -> set[str]:
    """Give the distinct texts under `$ref` in a compact document, those in examples included."""
    return {orjson.loads(found) for found in set(_REFERENCE.findall(text))}
