"""A document as compact JSON: facts about the whole of it can be searched there in a fraction of the time that a walk takes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import orjson

from openapi2tools._core import pointer
from openapi2tools.errors import ParseError

if TYPE_CHECKING:
    from openapi2tools.model import Json, JsonObject

# most texts end at the first quote: looking for that alone takes half the time
_SIGN: Final = re.compile(
    rb'\$(?<="\$)((?:ref|id|anchor|dynamicAnchor|self)":"(?:[^"]*(?<!\\)"|[^"\\]*(?:\\.[^"\\]*)*"))'
)
TOO_DEEP: Final = "it is nested deeper than 250 levels. No real description needs that: look for a generator that ran in circles."


def compact(value: Json) -> bytes:
    """Write a value as JSON without white space.

    Raises ParseError where it is nested deeper than about 250 levels, so that whoever walks it
    later may recurse, and where it holds what JSON cannot.
    """
    try:
        return orjson.dumps(value)
    except TypeError as error:
        raise _fault(error) from None


def plain(value: Json) -> bytes:
    """Write a value that somebody's program holds as JSON: keys become texts, dates too. Raises ParseError as `compact` does."""
    try:
        try:
            return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
        except TypeError as error:
            if "64-bit" not in str(error):
                raise
            return orjson.dumps(_all_held(value), option=orjson.OPT_NON_STR_KEYS)
    except (TypeError, ValueError, RecursionError) as error:
        raise _fault(error) from None


def held(number: int) -> bool:
    """Tell whether every JSON reader holds a whole number: those of ours hold 64 bits."""
    return -(2**63) <= number < 2**64


def _all_held(value: Json) -> Json:
    """Give a value with its whole numbers beyond 64 bits as they are read in a text: floating, and what is longer still as text."""
    if isinstance(value, int) and not held(value):
        return float(value) if abs(value) < 2**1023 else str(value)
    if isinstance(value, list | tuple):
        return list(map(_all_held, value))
    return (
        {key: _all_held(item) for key, item in value.items()} if isinstance(value, dict) else value
    )


def _fault(error: Exception) -> ParseError:
    return ParseError(
        TOO_DEEP if "ecursion" in str(error) else f"it holds what JSON cannot: {error}."
    )


@dataclass(frozen=True)
class Survey:
    """What a document refers to: the distinct texts under `$ref`, those in examples included; and whether anything in it has a name."""

    document: JsonObject
    references: frozenset[str]
    names: bool

    @cached_property
    def doubtful(self) -> frozenset[str]:
        """The references that do not simply lead to a value in this very document: few, most often none."""
        return frozenset(
            reference for reference in self.references if not self._is_plain(reference)
        )

    def _is_plain(self, reference: str) -> bool:
        target = (
            pointer.lookup(self.document, pointer.from_fragment(reference))
            if reference.startswith("#/")
            else pointer.MISSING
        )
        return target is not pointer.MISSING and not (isinstance(target, dict) and "$ref" in target)

    @property
    def leads_out(self) -> bool:
        """Whether there may be references to other documents."""
        return any(not reference.startswith("#") for reference in self.references)


def survey(document: JsonObject, text: bytes | None = None) -> Survey:
    """Look through a document, by its compact form."""
    text = compact(document) if text is None else text
    found = set(_SIGN.findall(text))
    references = [sign[5:] for sign in found if sign.startswith(b"ref")]
    return Survey(
        document, frozenset(map(orjson.loads, references)), names=len(references) < len(found)
    )
