"""Small helpers for the values of a document, which may be of any type, whatever is legal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeGuard

if TYPE_CHECKING:
    from openapi2tools.model import Json, JsonObject

_TYPE_NAMES: Final = {
    dict: "an object",
    list: "a list",
    str: "a text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    type(None): "null",
}


def text(value: Json) -> str:
    """Return a text, or the empty one where something else stands."""
    return value if isinstance(value, str) else ""


def is_true(value: Json) -> bool:
    """Return whether a value means true; some documents write it as a text."""
    return value in (True, "true")


def bool_or_none(value: Json) -> bool | None:
    """Return a boolean, or None where something else stands."""
    return value if isinstance(value, bool) else None


def is_reference(value: Json) -> TypeGuard[JsonObject]:
    """Return whether a value is an object with a `$ref` that can be followed."""
    return isinstance(value, dict) and isinstance(value.get("$ref"), str)


def describe_type(value: Json) -> str:
    """Return a value's type as messages call it: `an object`, `a text`."""
    return _TYPE_NAMES.get(type(value), "something else")


def media_type_names(value: Json) -> tuple[str, ...]:
    """Return the media types in 2.0's `consumes` or `produces`; a text counts as a list of one."""
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list):
        return ()
    return tuple([name for name in value if isinstance(name, str) and name])
