"""Check the arguments that a model gave against the schema of a tool.

Valid arguments are never changed. What is wrong is repaired where only one thing can be meant
(`repair.py` has the rules), with a note. The rest are faults, each with its path, what was
expected, what came, and the nearest valid name or value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from openapi2tools._core import pointer
from openapi2tools._core.identity import IdentityKey
from openapi2tools.tools.arguments.repair import ArgumentRepairer
from openapi2tools.tools.schema.normalize import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jsonschema_rs import ValidationError, Validator

    from openapi2tools.model import Json, JsonObject, Tool

_MAX_VALUE_CHARS: Final = 60  # in a message: arguments may be long, and private
_MAX_LISTED: Final = 12  # names or values in a message
_MAX_COMPARED_CHARS: Final = 200
_MIN_SIMILARITY: Final = 0.6
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_LONE_SURROGATE_FAULT: Final = (
    "the arguments hold half of a surrogate pair, which is no character: leave it out."
)


@dataclass(frozen=True, slots=True)
class CheckedArguments:
    """The outcome of a check: `arguments` to send if there are no `faults`, a note per repair."""

    arguments: JsonObject
    notes: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


def check_arguments(tool: Tool, arguments: Mapping[str, Json]) -> CheckedArguments:
    """Check arguments against a tool's schema.

    What models get wrong harmlessly is repaired; everything else that is wrong is listed.
    """
    given = dict(arguments)
    if _has_lone_surrogate(given):
        return CheckedArguments(given, faults=(_LONE_SURROGATE_FAULT,))
    validator = _validator(IdentityKey(tool.schema))
    known = tool.schema.get("properties", {})
    if given.keys() <= known.keys() and validator.is_valid(given):
        return CheckedArguments(given)

    repairer = ArgumentRepairer(tool.schema)
    repaired = repairer.repair(given, _argument_by_wire_name(tool))
    unused = known.keys() - repaired.keys()
    faults = [_unknown_argument(name, unused) for name in repaired if name not in known]
    if not validator.is_valid(repaired):
        faults += _faults(validator.iter_errors(repaired), tool.schema)
    return CheckedArguments(repaired, tuple(repairer.notes), tuple(faults))


def _has_lone_surrogate(value: Json) -> bool:
    """Return whether a text in a value holds half of a surrogate pair, which no request can."""
    if isinstance(value, str):
        return not value.isascii() and _LONE_SURROGATE.search(value) is not None
    if isinstance(value, dict):
        return any(map(_has_lone_surrogate, value)) or any(map(_has_lone_surrogate, value.values()))
    return isinstance(value, list) and any(map(_has_lone_surrogate, value))


@lru_cache(maxsize=256)
def _validator(schema: IdentityKey) -> Validator:
    import jsonschema_rs  # noqa: PLC0415 -- only those who call need it

    return jsonschema_rs.Draft202012Validator(
        schema.value, validate_formats=False, mask="the value"
    )


def _argument_by_wire_name(tool: Tool) -> dict[str, str]:
    """Return the argument for each name on the wire.

    Models know these names from elsewhere: `X-Request-Id`, `filter[name]`.
    """
    arguments = {}
    for binding in tool.bindings:
        if not binding.name:
            continue
        wire_name = binding.name
        if binding.location == "body":
            wire_name = pointer.split(binding.name)[-1]
        arguments[wire_name] = binding.argument[0]
    return arguments


# --- faults in words ---


def _unknown_argument(name: str, unused: Iterable[str]) -> str:
    others = sorted(unused)
    advice = _did_you_mean(name, others)
    if not advice and 0 < len(others) <= _MAX_LISTED:
        advice = f" There {'is' if len(others) == 1 else 'are'} {', '.join(others)}."
    return f"{name}: there is no such argument.{advice}"


def _faults(errors: Iterable[ValidationError], schema: JsonObject) -> list[str]:
    """Describe every error once; of a value of the wrong type only the type is worth a word."""
    found = list(errors)
    wrong_type_paths = [error.instance_path for error in found if _is_type_error(error)]
    faults: dict[str, None] = {}  # a dict keeps the order and leaves out repetitions
    for error in found:
        if _is_type_error(error) or error.instance_path not in wrong_type_paths:
            faults.update(dict.fromkeys(_describe_error(error, schema)))
    return list(faults)


def _is_type_error(error: ValidationError) -> bool:
    return error.kind.name == "type"


def _describe_error(error: ValidationError, schema: JsonObject) -> list[str]:
    """Describe what is wrong, in one sentence for each fault.

    Of alternatives, only what keeps the value from the nearest one is described.
    """
    kind: Any = error.kind
    path = _path_text(error.instance_path)
    match kind.name:
        case "required":
            missing = _path_text([*error.instance_path, kind.property])
            return [f"{missing}: is missing{_expected_property(error, kind.property, schema)}."]
        case "additionalProperties" | "unevaluatedProperties":
            return [_unknown_property(error, name, schema) for name in kind.unexpected]
        case "anyOf" | "oneOf" if all(kind.context):
            return _describe_nearest_alternative(error, schema)
        case "oneOf":
            return [f"{path}: fits more than one of the alternatives, {_got(error)}."]
        case _:
            expectation = _expectation(error)
            return [f"{path}: {expectation}, {_got(error)}.{_nearest_value(error)}"]


def _expectation(error: ValidationError) -> str:
    kind: Any = error.kind
    match kind.name:
        case "type":
            return "expected " + " or ".join(map(_with_article, kind.types))
        case "enum":
            values = [quoted(value, _MAX_VALUE_CHARS) for value in kind.options]
            listed = ", ".join(values[:_MAX_LISTED])
            more = f" and {len(values) - _MAX_LISTED} more" if len(values) > _MAX_LISTED else ""
            return f"expected one of {listed}{more}"
        case "const":
            return f"expected {quoted(kind.expected_value, _MAX_VALUE_CHARS)}"
        case _:
            return str(error.message)


def _with_article(json_type: str) -> str:
    if json_type == "null":
        return json_type
    article = "an" if json_type[0] in "aeiou" else "a"
    return f"{article} {json_type}"


def _got(error: ValidationError) -> str:
    return f"got {quoted(error.instance, _MAX_VALUE_CHARS)}"


def _expected_property(error: ValidationError, name: str, schema: JsonObject) -> str:
    """Describe a missing property, as far as its schema names its values or type directly."""
    property_schema = _failed_properties(error, schema).get(name, {})
    if "enum" in property_schema:
        values = property_schema["enum"][:_MAX_LISTED]
        return ", one of " + ", ".join(quoted(value, _MAX_VALUE_CHARS) for value in values)
    json_type = property_schema.get("type")
    return f", {_with_article(json_type)}" if isinstance(json_type, str) else ""


def _failed_properties(error: ValidationError, schema: JsonObject) -> JsonObject:
    """Return the properties of the schema whose keyword failed."""
    failed = pointer.lookup(schema, pointer.join("", *error.schema_path[:-1]))
    if not isinstance(failed, dict):
        return {}
    properties: JsonObject = failed.get("properties", {})
    return properties


def _unknown_property(error: ValidationError, name: str, schema: JsonObject) -> str:
    path = _path_text([*error.instance_path, name])
    advice = _did_you_mean(name, _failed_properties(error, schema))
    return f"{path}: there is no such property.{advice}"


def _describe_nearest_alternative(error: ValidationError, schema: JsonObject) -> list[str]:
    """Describe what keeps a value from the alternative that it comes nearest to.

    That is one of the value's own type, not ruled out by a discriminator, with the fewest errors.
    """
    kind: Any = error.kind
    depth = len(error.instance_path)
    candidates = [errors for errors in kind.context if not _has_type_error_at(errors, depth)]
    if not candidates:
        types = [
            json_type
            for errors in kind.context
            for inner in errors
            if _is_type_error(inner)
            for json_type in inner.kind.types
        ]
        expected = " or ".join(map(_with_article, dict.fromkeys(types)))
        return [f"{_path_text(error.instance_path)}: expected {expected}, {_got(error)}."]
    nearest = min(candidates, key=lambda errors: (_has_fixed_value_error(errors), len(errors)))
    return [text for inner in nearest for text in _describe_error(inner, schema)]


def _has_type_error_at(errors: Sequence[ValidationError], depth: int) -> bool:
    """Return whether a value is of another type than an alternative wants."""
    return any(_is_type_error(error) and len(error.instance_path) == depth for error in errors)


def _has_fixed_value_error(errors: Sequence[ValidationError]) -> bool:
    """Return whether a discriminator rules an alternative out."""
    return any(error.kind.name in {"const", "enum"} for error in errors)


def _nearest_value(error: ValidationError) -> str:
    kind: Any = error.kind
    if kind.name != "enum" or not isinstance(error.instance, str):
        return ""
    texts = [option for option in kind.options if isinstance(option, str)]
    return _did_you_mean(error.instance, texts)


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    by_lower_case = {other.lower(): other for other in known}
    compared = name.lower()[:_MAX_COMPARED_CHARS]
    nearest = get_close_matches(compared, by_lower_case, n=1, cutoff=_MIN_SIMILARITY)
    return f" Did you mean {by_lower_case[nearest[0]]}?" if nearest else ""


def _path_text(steps: Sequence[str | int]) -> str:
    """Write a path as people do: `filter.items[0].name`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return text.removeprefix(".") or "the arguments"
