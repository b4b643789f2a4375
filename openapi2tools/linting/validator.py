"""Ask openapi-spec-validator what is wrong with a document, for some seconds at most.

It is a source of problems, never a gate: tools are made whatever it says.
"""

from __future__ import annotations

import re
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import orjson

from openapi2tools._core.pointer import join
from openapi2tools.linting.places import PartFinder
from openapi2tools.model import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.model import Api, Json, JsonObject

_MAX_ERRORS: Final = 100  # nobody reads on
_TIME_LIMIT_SECONDS: Final = 10.0
# it takes a hundred times as long as parsing, and cannot be stopped between two errors
_MAX_DOCUMENT_BYTES: Final = 1_500_000
_EXTERNAL_KEYWORDS: Final = ("$ref", "$dynamicRef", "$id", "$self")
_RUN_IT_YOURSELF: Final = "Run openapi-spec-validator on it yourself, if you trust it."
_VALIDATORS: Final = {
    "2.0": "OpenAPIV2SpecValidator",
    "3.0": "OpenAPIV30SpecValidator",
    "3.1": "OpenAPIV31SpecValidator",
    "3.2": "OpenAPIV32SpecValidator",
}
_OUT_OF_TIME: Final = Problem(
    "not-checked",
    "The check against the standard stopped early: it takes too long in this document.",
    "",
    "hint",
    "Look for schemas that name the same schemas twice, level after level.",
)
_STOPPED_EARLY: Final = Problem(
    "not-checked",
    "The check against the standard stopped early: the validator cannot go on in this document.",
    "",
    "hint",
    "Mend what else is found, and run it again.",
)
_REPORTED_BY_LOADING: Final = frozenset({"DuplicateOperationIDError", "UnresolvableParameterError"})
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


def check_standard(api: Api, *, seconds: float = _TIME_LIMIT_SECONDS) -> Iterator[Problem]:
    """Yield the errors against the standard, as warnings, for some seconds at most.

    Most documents have some, and most of those do no harm. No default is held against a pattern,
    which may take for ever: the making of tools finds those that do not fit.
    """
    obstacle = _why_not_checked(api.document)
    if obstacle:
        yield Problem(
            "not-checked",
            f"The document {obstacle}, so it was not checked against the standard.",
            "",
            "hint",
            _RUN_IT_YOURSELF,
        )
        return
    import openapi_spec_validator  # noqa: PLC0415 -- half a second, and only lint pays for it

    deadline = monotonic() + seconds
    document = _without_patterns(api.document)
    validator: Any = getattr(openapi_spec_validator, _VALIDATORS[api.dialect])
    parts = PartFinder(document)
    errors = _until_failure(validator(_timed_path(document, deadline)).iter_errors())
    for number, error in enumerate(errors):
        if isinstance(error, Problem):
            yield error
        elif number >= _MAX_ERRORS:
            return
        elif monotonic() > deadline:
            yield _OUT_OF_TIME
            return
        elif type(error).__name__ not in _REPORTED_BY_LOADING:
            yield _to_problem(error, parts)


def _to_problem(error: Any, parts: PartFinder) -> Problem:
    message = _shorten(error.message.partition("\n\nFailed validating")[0])
    remedy = next(remedy for phrase, remedy in _REMEDIES if phrase in message)
    pointer = parts.find(error.schema)
    if pointer is not None:  # a part of the document serves as a schema for defaults only
        message = f"A default does not fit its schema: {message}."
        remedy = "Correct the one or the other."
    else:
        pointer = parts.find(error.instance, join("", *error.absolute_path))
    if pointer is None:
        pointer = ""
        remedy = f"{remedy} The validator does not say where it stands."
    return Problem("against-the-standard", message, pointer, "warning", remedy)


def _why_not_checked(document: JsonObject) -> str:
    """Say why the validator must not see a document; empty when it may.

    It would fetch whatever a reference names, from anywhere.
    """
    if len(orjson.dumps(document)) > _MAX_DOCUMENT_BYTES:
        return "is too large"
    pending: list[Json] = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            if _names_other_document(value):
                return "names other documents"
            pending += value.values()
        elif isinstance(value, list):
            pending += value
    return ""


def _names_other_document(value: JsonObject) -> bool:
    targets = (value.get(keyword) for keyword in _EXTERNAL_KEYWORDS)
    return any(isinstance(target, str) and not target.startswith("#") for target in targets)


class _OutOfTime(Exception):
    """The validator looked for something after its deadline."""


def _timed_path(document: JsonObject, deadline: float) -> Any:
    """Return the root of a document that fetches no other and ends every walk at a deadline."""
    from jsonschema_path import SchemaPath  # noqa: PLC0415 -- comes with the validator
    from jsonschema_path.accessors import SchemaAccessor  # noqa: PLC0415 -- as above

    class TimedAccessor(SchemaAccessor):
        def get_resolved(self, parts: Any) -> Any:
            if monotonic() > deadline:
                raise _OutOfTime
            return super().get_resolved(parts)

    return SchemaPath(TimedAccessor.from_schema(document, handlers={}))


def _without_patterns(value: Any) -> Any:
    """Return a part of a document without the regular expressions in it that are none at fault."""
    if isinstance(value, list):
        return [_without_patterns(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _without_patterns(inner)
        for key, inner in value.items()
        if key != "pattern" or not _is_regular_expression(inner)
    }


def _is_regular_expression(value: Json) -> bool:
    try:
        return isinstance(value, str) and re.compile(value) is not None
    except (re.error, OverflowError, RecursionError):
        return False


def _until_failure(errors: Iterator[Any]) -> Iterator[Any]:
    """Yield errors for as long as the validator can go on, and a Problem where it cannot.

    It was not made for documents that no standard knows, and fails in many ways on them.
    """
    from referencing.exceptions import Unresolvable  # noqa: PLC0415 -- comes with the validator

    try:
        yield from errors
    except _OutOfTime:
        yield _OUT_OF_TIME
    except (
        Unresolvable,
        AssertionError,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
        RecursionError,
    ):
        yield _STOPPED_EARLY


def _shorten(message: str) -> str:
    line = " ".join(message.split())
    return line if len(line) <= 300 else line[:200] + " … " + line[-90:]
