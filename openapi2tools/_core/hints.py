"""The specification extension `x-openapi2tools`: which hints exist, and how they are read."""

from __future__ import annotations

from typing import Any, Final

HINTS_KEY: Final = "x-openapi2tools"
BODY_HINTS: Final = ("name", "description")
VALUE_HINTS: Final = (*BODY_HINTS, "exclude")
"""The hints of a parameter and of a property."""
OPERATION_HINTS: Final = (*VALUE_HINTS, "effect", "open_body", "fields")
MISPLACED_HINT: Final = (
    f"{HINTS_KEY} stands on an operation, a parameter, a request body or a property; "
    "here it means nothing."
)
_FORMS: Final = {
    "name": "a text",
    "description": "a text",
    "exclude": "true or false",
    "effect": "read, write or destroy",
    "open_body": "true or false",
    "fields": "a text, or a list of texts",
}


def read_hints(value: Any, known: tuple[str, ...]) -> tuple[dict[str, Any], list[str]]:
    """Return the valid hints, and a sentence about each invalid one."""
    if not isinstance(value, dict):
        return {}, [f"{HINTS_KEY} is an object of {', '.join(known)}."]
    valid = {name: hint for name, hint in value.items() if name in known and _is_valid(name, hint)}
    return valid, [_fault(name, known) for name in value if name not in valid]


def _is_valid(name: str, hint: Any) -> bool:
    if name in ("exclude", "open_body"):
        return isinstance(hint, bool)
    if name == "effect":
        return hint in ("read", "write", "destroy")
    if name == "fields" and isinstance(hint, list):
        return bool(hint) and all(isinstance(each, str) for each in hint)
    return isinstance(hint, str) and hint != ""


def _fault(name: str, known: tuple[str, ...]) -> str:
    if name not in known:
        return f"There is no hint {name!r} here; there are {', '.join(known)}."
    return f"The hint {name!r} is {_FORMS[name]}."
