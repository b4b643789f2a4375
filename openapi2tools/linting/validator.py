"""A document in, what openapi-spec-validator says of it out: a source of problems, never a gate, and for some seconds at most."""

from __future__ import annotations

from functools import cached_property
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import orjson

from openapi2tools._core.pointer import MISSING, join, lookup
from openapi2tools.model import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.model import Api, Json, JsonObject

_MOST: Final = 100  # errors: nobody reads on
_SECONDS: Final = 10.0
# bytes: it takes a hundred times as long as parsing, and cannot be stopped between two errors
_LARGEST: Final = 1_500_000
_LEADING_OUT: Final = ("$ref", "$dynamicRef", "$id", "$self")
_BY_HAND: Final = "Run openapi-spec-validator on it yourself, if you trust it."
_VALIDATORS: Final = {
    "2.0": "OpenAPIV2SpecValidator",
    "3.0": "OpenAPIV30SpecValidator",
    "3.1": "OpenAPIV31SpecValidator",
    "3.2": "OpenAPIV32SpecValidator",
}
_TOLD_BY_LOADING: Final = frozenset({"DuplicateOperationIDError", "UnresolvableParameterError"})
_REMEDIES: Final = (  # by what a message says
    ("is a required property", "Add it."),
    (
        "properties are not allowed",
        "Remove it, correct its spelling, or let its name begin with x-.",
    ),
    ("do not match any of the regexes", "Correct the name, or let it begin with x-."),
    ("is not of type", "Write a value of that type."),
    ("is not one of", "Write one of these."),
    ("is not a 'regex'", "Write a regular expression of ECMA-262, which has no (?i) and the like."),
    ("", "Compare it with the section on this object at https://spec.openapis.org/oas/."),
)


def check_standard(api: Api) -> Iterator[Problem]:
    """Give the errors against the standard, as warnings: most documents have some, and most of those do no harm."""
    if reason := _unfit(api.document):
        yield Problem(
            "not-checked",
            f"The document {reason}, so it was not checked against the standard.",
            "",
            "hint",
            _BY_HAND,
        )
        return
    import openapi_spec_validator  # noqa: PLC0415 -- half a second, and only lint pays for it

    deadline = monotonic() + _SECONDS
    validator: Any = getattr(openapi_spec_validator, _VALIDATORS[api.dialect])
    places = _Places(api.document)
    offline = type("Offline", (validator,), {"resolver_handlers": {}})
    for number, error in enumerate(_until_it_breaks(offline(api.document).iter_errors())):
        if number >= _MOST or monotonic() > deadline:
            return
        if type(error).__name__ not in _TOLD_BY_LOADING:
            yield _problem(error, places)


def _problem(error: Any, places: _Places) -> Problem:
    message = _short(error.message.partition("\n\nFailed validating")[0])
    remedy = next(remedy for part, remedy in _REMEDIES if part in message)
    place = places.of(error.schema)
    if place is not None:  # a part of the document serves as a schema for defaults only
        message, remedy = (
            f"A default does not fit its schema: {message}.",
            "Correct the one or the other.",
        )
    else:
        place = places.of(error.instance, join("", *error.absolute_path))
    if place is None:
        place, remedy = "", f"{remedy} The validator does not say where it stands."
    return Problem("against-the-standard", message, place, "warning", remedy)


class _Places:
    """Where the parts of a document stand: an error may know only the way within a schema, or the schema."""

    def __init__(self, document: JsonObject) -> None:
        self._document = document

    def of(self, part: Json, ending: str = "") -> str | None:
        """Find a part of the document by its whole pointer, or by the part itself and the end of its pointer."""
        if part is self._document or (ending and lookup(self._document, ending) is not MISSING):
            return ending
        return next(
            (place for place in self._known.get(id(part), ()) if place.endswith(ending)), None
        )

    @cached_property
    def _known(self) -> dict[int, list[str]]:
        known: dict[int, list[str]] = {}
        waiting: list[tuple[str, Json]] = [("", self._document)]
        while waiting:
            place, value = waiting.pop()
            if isinstance(value, (dict, list, str)):
                known.setdefault(id(value), []).append(place)
            if isinstance(value, dict):
                waiting += [(join(place, key), inner) for key, inner in value.items()]
            elif isinstance(value, list):
                waiting += [(join(place, index), inner) for index, inner in enumerate(value)]
        return known


def _unfit(document: JsonObject) -> str:
    """Say why the validator must not see a document: it would fetch whatever a reference names, from anywhere."""
    if len(orjson.dumps(document)) > _LARGEST:
        return "is too large"
    waiting: list[Json] = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if any(
                isinstance(value.get(key), str) and not value[key].startswith("#")
                for key in _LEADING_OUT
            ):
                return "names other documents"
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return ""


def _until_it_breaks(errors: Iterator[Any]) -> Iterator[Any]:
    """Give errors for as long as the validator can go on: it was not made for documents that no standard knows."""
    from referencing.exceptions import Unresolvable  # noqa: PLC0415 -- comes with the validator

    while True:
        try:
            yield next(errors)
        except (
            StopIteration,
            Unresolvable,
            AttributeError,
            LookupError,
            TypeError,
            ValueError,
            RecursionError,
        ):
            return


def _short(message: str) -> str:
    line = " ".join(message.split())
    return line if len(line) <= 300 else line[:200] + " … " + line[-90:]
