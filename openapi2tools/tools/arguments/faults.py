"""Say what is wrong with arguments, in sentences that help a model to correct them.

Each fault names its path, what was expected, what came, and the nearest valid name or value.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from openapi2tools._core import pointer
from openapi2tools.tools.text.sentences import quoted
from openapi2tools.tools.walk import iter_applied

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jsonschema_rs import ValidationError

    from openapi2tools.model import Json, JsonObject

_MAX_VALUE_CHARS: Final = 60  # arguments may be long, and private
_MAX_LISTED: Final = 12  # names or values
_MAX_COMPARED_CHARS: Final = 200
_MIN_SIMILARITY: Final = 0.6


def unknown_argument(name: str, unused: Iterable[str], schema: JsonObject) -> str:
    """Say that there is no such argument, and where that field is, or what has no value yet."""
    holders = [argument for argument in schema["properties"] if _has_field(argument, name, schema)]
    if holders:
        return f"{name}: there is no such argument: that field is inside {' or '.join(holders)}."
    others = sorted(unused)
    advice = _did_you_mean(name, others)
    if not advice and 0 < len(others) <= _MAX_LISTED:
        advice = f" There {'is' if len(others) == 1 else 'are'} {', '.join(others)}."
    return f"{name}: there is no such argument.{advice}"


def _has_field(argument: str, name: str, schema: JsonObject) -> bool:
    """Return whether an argument is an object, or may be one, with a property of that name."""

    def find(reference: str) -> Json:
        return pointer.lookup(schema, reference.removeprefix("#"))

    applied = iter_applied(schema["properties"][argument], find, ("allOf", "anyOf", "oneOf"))
    return any(name in part.get("properties", {}) for part in applied)


def describe_errors(errors: Iterable[ValidationError], schema: JsonObject) -> list[str]:
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
