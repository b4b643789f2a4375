"""A document in, what openapi-spec-validator says of it out: a source of problems, never a gate, and for some seconds at most."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import orjson

from openapi2tools.model import Problem
from openapi2tools.pointer import join

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.model import Api

_MOST: Final = 100  # errors: nobody reads on
_SECONDS: Final = 10.0
_LARGEST: Final = 1_500_000  # bytes: it takes a hundred times as long as parsing, and cannot be stopped between two errors
_VALIDATORS: Final = {
    "2.0": "OpenAPIV2SpecValidator",
    "3.0": "OpenAPIV30SpecValidator",
    "3.1": "OpenAPIV31SpecValidator",
    "3.2": "OpenAPIV32SpecValidator",
}


def check_standard(api: Api) -> Iterator[Problem]:
    """Give the errors against the standard, as warnings: most documents have some, and most of those do no harm."""
    if len(orjson.dumps(api.document)) > _LARGEST:
        message = "The document is too large to be checked against the standard."
        yield Problem("not-checked", message, "", "hint", "Run openapi-spec-validator on it, and bring time.")
        return
    import openapi_spec_validator  # noqa: PLC0415 -- half a second, and only lint pays for it

    deadline = monotonic() + _SECONDS
    errors = getattr(openapi_spec_validator, _VALIDATORS[api.dialect])(api.document).iter_errors()
    for number, error in enumerate(_until_it_breaks(errors)):
        if number >= _MOST or monotonic() > deadline:
            return
        place = join("", *error.absolute_path)
        yield Problem("against-the-standard", _short(error.message), place, "warning", "See the standard's section on this object.")


def _until_it_breaks(errors: Iterator[Any]) -> Iterator[Any]:
    """Give errors for as long as the validator can go on: it was not made for documents that no standard knows."""
    while True:
        try:
            yield next(errors)
        except (StopIteration, AttributeError, KeyError, IndexError, TypeError, ValueError, LookupError, RecursionError):
            return


def _short(message: str) -> str:
    line = " ".join(message.split())
    return line if len(line) <= 300 else line[:200] + " … " + line[-90:]
