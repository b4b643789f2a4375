"""A document in, what openapi-spec-validator says of it out: a source of problems, never a gate, and for some seconds at most."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import orjson

from openapi2tools.model import Problem
from openapi2tools.pointer import join

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.model import Api, Json, JsonObject

_MOST: Final = 100  # errors: nobody reads on
_SECONDS: Final = 10.0
_LARGEST: Final = 1_500_000  # bytes: it takes a hundred times as long as parsing, and cannot be stopped between two errors
_LEADING_OUT: Final = ("$ref", "$dynamicRef", "$id", "$self")
_BY_HAND: Final = "Run openapi-spec-validator on it yourself, if you trust it."
_VALIDATORS: Final = {
    "2.0": "OpenAPIV2SpecValidator",
    "3.0": "OpenAPIV30SpecValidator",
    "3.1": "OpenAPIV31SpecValidator",
    "3.2": "OpenAPIV32SpecValidator",
}


def check_standard(api: Api) -> Iterator[Problem]:
    """Give the errors against the standard, as warnings: most documents have some, and most of those do no harm."""
    if reason := _unfit(api.document):
        yield Problem("not-checked", f"The document {reason}, so it was not checked against the standard.", "", "hint", _BY_HAND)
        return
    import openapi_spec_validator  # noqa: PLC0415 -- half a second, and only lint pays for it

    deadline = monotonic() + _SECONDS
    validator: Any = getattr(openapi_spec_validator, _VALIDATORS[api.dialect])
    offline = type("Offline", (validator,), {"resolver_handlers": {}})
    for number, error in enumerate(_until_it_breaks(offline(api.document).iter_errors())):
        if number >= _MOST or monotonic() > deadline:
            return
        place = join("", *error.absolute_path)
        yield Problem("against-the-standard", _short(error.message), place, "warning", "See the standard's section on this object.")


def _unfit(document: JsonObject) -> str:
    """Say why the validator must not see a document: it would fetch whatever a reference names, from anywhere."""
    if len(orjson.dumps(document)) > _LARGEST:
        return "is too large"
    waiting: list[Json] = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if any(isinstance(value.get(key), str) and not value[key].startswith("#") for key in _LEADING_OUT):
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
        except (StopIteration, Unresolvable, AttributeError, LookupError, TypeError, ValueError, RecursionError):
            return


def _short(message: str) -> str:
    line = " ".join(message.split())
    return line if len(line) <= 300 else line[:200] + " … " + line[-90:]
