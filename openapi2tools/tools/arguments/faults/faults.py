"""Say what is wrong with arguments, in sentences that help a model to correct them.

Each fault names its path, what was expected, what came, and the nearest valid name or value.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from openapi2tools._core import pointer
from openapi2tools._core.identity import cached_by_identity
from openapi2tools._core.json.json_types import has_json_type
from openapi2tools._core.slips import did_you_mean
from openapi2tools.tools.arguments.effort import is_explained_soon
from openapi2tools.tools.arguments.faults.tags import find_tags
from openapi2tools.tools.arguments.faults.value_paths import (
    MAX_VALUE_CHARS,
    path_text,
    with_empty_keys,
)
from openapi2tools.tools.arguments.validator import argument_validator
from openapi2tools.tools.presence import only_requires_properties
from openapi2tools.tools.schema.keywords import distinct, types_of
from openapi2tools.tools.text.sentences import listed, quoted
from openapi2tools.tools.walk import COMPOSITION_KEYWORDS, iter_applied

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from jsonschema_rs import ValidationError, Validator

    from openapi2tools.model import Json, JsonObject, Schema

_MAX_LISTED: Final = 12  # names or values
_MAX_ERRORS: Final = 200  # that are read; each keeps a copy of its value
_GAVE_UP: Final = "Error executing regex"  # the validator, of a pattern that goes back too often
_MAX_FAULTS: Final = 30  # a model corrects these, and is told the rest then


class _Checked(NamedTuple):
    """What was checked: a value against a schema with its `$defs`."""

    schema: JsonObject
    value: Json
    prefix: tuple[str | int, ...] = ()
    """Where the value stands within the arguments."""

    def path(self, error: ValidationError) -> list[str | int]:
        """Return where an error is within the arguments."""
        return [*self.prefix, *with_empty_keys(error.instance_path, self.value, error.instance)]

    def find(self, reference: str) -> Json:
        """Return what a reference names."""
        return pointer.target_of(self.schema, reference)


def describe_errors(validator: Validator, value: Json, schema: JsonObject) -> list[str]:
    """Describe the errors of a value, each once, by the validator of this schema.

    Of a value of the wrong type only the type is worth a word. Of very many errors the first are
    described; where there are too many alternatives to compare, the place alone is named.
    """
    return _describe_all(validator, _Checked(schema, value))


def first_faults(faults: Sequence[str]) -> list[str]:
    """Return as many faults as somebody corrects at once, and how many there are beyond them."""
    if len(faults) <= _MAX_FAULTS:
        return list(faults)
    return [*faults[:_MAX_FAULTS], f"(And {len(faults) - _MAX_FAULTS} more.)"]


def _describe_all(validator: Validator, checked: _Checked) -> list[str]:
    if not is_explained_soon(checked.schema, checked.value):
        return list(islice(_describe_smaller(checked), _MAX_FAULTS))
    found = [
        error
        for error in islice(validator.iter_errors(checked.value), _MAX_ERRORS)
        if not error.message.startswith(_GAVE_UP)
    ]
    wrong_type_paths = [checked.path(error) for error in found if _is_type_error(error)]
    faults: dict[str, None] = {}  # a dict keeps the order and leaves out repetitions
    for error in found:
        if _is_type_error(error) or checked.path(error) not in wrong_type_paths:
            faults.update(dict.fromkeys(_describe_error(error, checked)))
    return list(faults)


def _describe_smaller(checked: _Checked) -> Iterator[str]:
    """Yield the faults of those parts of a value that do not fit, each by itself.

    Where no smaller part is at fault, the place alone is named.
    """
    definitions = checked.schema.get("$defs", {})
    validator_of = cached_by_identity(argument_validator)
    whole_of = cached_by_identity(lambda schema: {"$defs": definitions, "allOf": [schema]})
    is_found = False
    for name in _missing_properties(checked):
        is_found = True
        yield f"{path_text([*checked.prefix, name])}: is missing."
    for schema, step, value in _inner_values(checked):
        inner = _Checked(whole_of(schema), value, (*checked.prefix, step))
        validator = validator_of(inner.schema)
        if not validator.is_valid(value):
            is_found = True
            yield from _describe_all(validator, inner)
    if not is_found:
        yield f"{path_text(checked.prefix)}: {_types_wanted(checked)}, {_quoted(checked.value)}."


def _missing_properties(checked: _Checked) -> list[str]:
    if not isinstance(checked.value, dict):
        return []
    applied = iter_applied(checked.schema, checked.find)
    required = distinct([name for part in applied for name in part.get("required", ())])
    return [name for name in required if name not in checked.value]


def _inner_values(checked: _Checked) -> Iterator[tuple[Schema, str | int, Json]]:
    """Yield the values that a value holds, each with a schema that it has to fit."""
    for part in iter_applied(checked.schema, checked.find):
        if isinstance(checked.value, dict):
            others = part.get("additionalProperties", True)
            properties = part.get("properties", {})
            for name, item in checked.value.items():
                yield properties.get(name, others), name, item
        elif isinstance(checked.value, list) and "prefixItems" not in part:
            for index, item in enumerate(checked.value):
                yield part.get("items", True), index, item


def _types_wanted(checked: _Checked) -> str:
    """Name the types of all alternatives, where a value has none of them."""
    applied = iter_applied(checked.schema, checked.find, COMPOSITION_KEYWORDS)
    types = distinct([each for part in applied for each in types_of(part)])
    if types and not any(has_json_type(checked.value, each) for each in types):
        return f"expected {' or '.join(map(_with_article, types))}"
    return "fits none of the alternatives, which are too many to compare"


def _is_type_error(error: ValidationError) -> bool:
    return error.kind.name == "type"


def _describe_error(error: ValidationError, checked: _Checked) -> list[str]:
    """Describe what is wrong, in one sentence for each fault.

    Of alternatives, only what keeps the value from the nearest one is described.
    """
    kind: Any = error.kind
    path = path_text(checked.path(error))
    match kind.name:
        case "required":
            missing = path_text([*checked.path(error), kind.property])
            return [f"{missing}: is missing{_expected_property(error, kind.property, checked)}."]
        case "unevaluatedProperties" if isinstance(_failed_keyword(error, checked), dict):
            return _describe_further_properties(error, checked)
        case "additionalProperties" | "unevaluatedProperties":
            return _describe_unknown_properties(error, checked)
        case "anyOf" | "oneOf" if all(kind.context):
            return _describe_nearest_alternative(error, checked)
        case "oneOf":
            return [f"{path}: fits more than one of the alternatives, {_got(error, checked)}."]
        case "falseSchema":
            return [f"{path}: there is no such property."]
        case "type":
            return [f"{path}: expected {_expected_types(error, checked)}, {_got(error, checked)}."]
        case _:
            return [
                f"{path}: {_expectation(error)}, {_got(error, checked)}.{_nearest_value(error)}"
            ]


def _expectation(error: ValidationError) -> str:
    kind: Any = error.kind
    match kind.name:
        case "enum" | "const":
            return f"expected {_one_of(_allowed_values(error))}"
        case _:
            return str(error.message)


def _allowed_values(error: ValidationError) -> list[Json]:
    """Return the values that a failed `enum` or `const` allows."""
    kind: Any = error.kind
    return list(kind.options) if kind.name == "enum" else [kind.expected_value]


def _one_of(values: Sequence[Json]) -> str:
    text = listed(values, _MAX_LISTED, lambda value: quoted(value, MAX_VALUE_CHARS))
    return f"one of {text}" if len(values) > 1 else text


def _expected_types(error: ValidationError, checked: _Checked) -> str:
    """Name the types that were expected; an object that is chosen by its keys, with these."""
    kind: Any = error.kind
    choices = _keys_to_choose_from(_failed_schema(error, checked))
    return " or ".join(
        f"an object with {choices}" if name == "object" and choices else _with_article(name)
        for name in kind.types
    )


def _keys_to_choose_from(schema: JsonObject) -> str:
    """Return `path, text or base64` for a file, and so for every object of which one key counts."""
    branches = schema.get("oneOf", [])
    if not only_requires_properties(branches):
        return ""
    keys = [" and ".join(branch["required"]) for branch in branches if branch.get("required")]
    return " or ".join(filter(None, (", ".join(keys[:-1]), keys[-1]))) if keys else ""


def _with_article(json_type: str) -> str:
    if json_type == "null":
        return json_type
    article = "an" if json_type[0] in "aeiou" else "a"
    return f"{article} {json_type}"


def _got(error: ValidationError, checked: _Checked) -> str:
    value = error.instance
    if value is None:  # the validator takes NaN and infinities for null
        value = _value_at(checked.value, error.instance_path)
    return _quoted(value)


def _quoted(value: Json) -> str:
    return f"got {quoted(value, MAX_VALUE_CHARS)}"


def _value_at(value: Json, path: Iterable[str | int]) -> Json:
    """Return what stands at a path; None where there is nothing."""
    for step in path:
        try:
            value = value[step]
        except (LookupError, TypeError):
            return None
    return value


def _expected_property(error: ValidationError, name: str, checked: _Checked) -> str:
    """Describe a missing property, as far as its schema names its values or type directly."""
    property_schema = _failed_schema(error, checked).get("properties", {}).get(name)
    if not isinstance(property_schema, dict):
        return ""
    if "enum" in property_schema:
        values = property_schema["enum"][:_MAX_LISTED]
        return ", one of " + ", ".join(quoted(value, MAX_VALUE_CHARS) for value in values)
    json_type = property_schema.get("type")
    return f", {_with_article(json_type)}" if isinstance(json_type, str) else ""


def _failed_keyword(error: ValidationError, checked: _Checked) -> Json:
    """Return the value of the keyword that failed."""
    return pointer.lookup(checked.schema, pointer.join("", *error.schema_path))


def _failed_schema(error: ValidationError, checked: _Checked) -> JsonObject:
    """Return the schema whose keyword failed."""
    failed = pointer.lookup(checked.schema, pointer.join("", *error.schema_path[:-1]))
    return failed if isinstance(failed, dict) else {}


def _describe_unknown_properties(error: ValidationError, checked: _Checked) -> list[str]:
    kind: Any = error.kind
    names = kind.unexpected
    faults = [_unknown_property(error, name, checked) for name in names[:_MAX_LISTED]]
    if len(names) > _MAX_LISTED:
        path = path_text(checked.path(error))
        faults.append(f"{path}: {len(names) - _MAX_LISTED} more properties are unknown.")
    return faults


def _unknown_property(error: ValidationError, name: str, checked: _Checked) -> str:
    path = path_text([*checked.path(error), name])
    advice = did_you_mean(name, _failed_schema(error, checked).get("properties", {}))
    return f"{path}: there is no such property.{advice}"


def _describe_further_properties(error: ValidationError, checked: _Checked) -> list[str]:
    """Describe what keeps each further property from the schema that such properties have."""
    kind: Any = error.kind
    definitions = checked.schema.get("$defs", {})
    further = _failed_keyword(error, checked)
    faults = []
    for name in kind.unexpected[:_MAX_FAULTS]:
        schema: JsonObject = {"properties": {name: further}, "$defs": definitions}
        whole: Any = error.instance
        value = {name: whole[name]}
        inner = _Checked(schema, value, tuple(checked.path(error)))
        faults += _describe_all(argument_validator(schema), inner)
    return faults


# --- alternatives ---


def _describe_nearest_alternative(error: ValidationError, checked: _Checked) -> list[str]:
    """Describe what keeps a value from the alternative that it comes nearest to.

    That is one of the value's own type whose tags it has, with the fewest errors. A value that has
    the tags of none is told all of them.
    """
    kind: Any = error.kind
    depth = len(error.instance_path)
    of_type = [
        index for index, errors in enumerate(kind.context) if not _has_type_error_at(errors, depth)
    ]
    if not of_type:
        return [f"{path_text(checked.path(error))}: expected {_types_of_all(error, checked)}."]
    tags = _tags(error, of_type, checked)
    candidates = [kind.context[index] for index in of_type]
    wrong_tags = [_tag_errors(errors, depth, tags) for errors in candidates]
    if all(wrong_tags):
        return _describe_unknown_tags(wrong_tags, checked)
    meant = [errors for errors, wrong in zip(candidates, wrong_tags, strict=True) if not wrong]
    missing = _describe_missing_tag(meant, tags, checked) if len(meant) > 1 else []
    return missing or [
        text for inner in min(meant, key=len) for text in _describe_error(inner, checked)
    ]


def _has_type_error_at(errors: Iterable[ValidationError], depth: int) -> bool:
    """Return whether a value is of another type than an alternative wants."""
    return any(_is_type_error(error) and len(error.instance_path) == depth for error in errors)


def _types_of_all(error: ValidationError, checked: _Checked) -> str:
    """Name the types of all alternatives, and what came instead."""
    kind: Any = error.kind
    types = [
        _expected_types(inner, checked)
        for errors in kind.context
        for inner in errors
        if _is_type_error(inner)
    ]
    return f"{' or '.join(dict.fromkeys(types))}, {_got(error, checked)}"


def _tags(
    error: ValidationError, indexes: Iterable[int], checked: _Checked
) -> dict[str, list[Json]]:
    """Return the properties, with their values, that tell the alternatives at indexes apart."""
    alternatives = _failed_keyword(error, checked)
    if not isinstance(alternatives, list):
        return {}
    return find_tags([alternatives[index] for index in indexes], checked.find)


def _tag_errors(
    errors: Iterable[ValidationError], depth: int, tags: Collection[str]
) -> list[ValidationError]:
    """Return the errors that a value, or one of its tags, is not what an alternative wants."""
    found = []
    for error in errors:
        below = error.instance_path[depth:]
        is_whole_or_tag = not below or (len(below) == 1 and below[0] in tags)
        if error.kind.name in {"const", "enum"} and is_whole_or_tag:
            found.append(error)
    return found


def _describe_unknown_tags(
    tag_errors: Iterable[Sequence[ValidationError]], checked: _Checked
) -> list[str]:
    """Describe values that are in none of the alternatives, with all that are in one."""
    errors_by_path: dict[str, list[ValidationError]] = {}
    for errors in tag_errors:
        for error in errors:
            errors_by_path.setdefault(path_text(checked.path(error)), []).append(error)
    faults = []
    for path, errors in errors_by_path.items():
        allowed = distinct([value for error in errors for value in _allowed_values(error)])
        advice = _nearest_text(errors[0].instance, allowed)
        faults.append(f"{path}: expected {_one_of(allowed)}, {_got(errors[0], checked)}.{advice}")
    return faults


def _describe_missing_tag(
    meant: Sequence[Iterable[ValidationError]], tags: Mapping[str, list[Json]], checked: _Checked
) -> list[str]:
    """Describe the tag that a value lacks in each of the alternatives, where there is one."""
    for tag, values in tags.items():
        missing = [
            error
            for errors in meant
            for error in errors
            if error.kind.name == "required" and getattr(error.kind, "property", "") == tag
        ]
        if len(missing) == len(meant):
            path = path_text([*checked.path(missing[0]), tag])
            return [f"{path}: is missing, {_one_of(values)}."]
    return []


# --- words ---


def _nearest_value(error: ValidationError) -> str:
    kind: Any = error.kind
    return _nearest_text(error.instance, kind.options) if kind.name == "enum" else ""


def _nearest_text(value: Json, allowed: Iterable[Json]) -> str:
    if not isinstance(value, str):
        return ""
    return did_you_mean(value, [option for option in allowed if isinstance(option, str)])
