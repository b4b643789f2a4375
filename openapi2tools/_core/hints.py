"""What stands under `x-openapi2tools` in; the hints that can be followed, and what is wrong with the others, out."""

from __future__ import annotations

from typing import Any, Final

HINTS: Final = "x-openapi2tools"
BODY: Final = ("name", "description")
VALUE: Final = (*BODY, "exclude")
"""What a parameter and a property may be told."""
OPERATION: Final = (*VALUE, "effect")
NOWHERE: Final = f"{HINTS} stands on an operation, a parameter, a request body or a property; here it means nothing."
_FORMS: Final = {
    "name": "a text",
    "description": "a text",
    "exclude": "true or false",
    "effect": "read, write or destroy",
}


def read_hints(written: Any, known: tuple[str, ...]) -> tuple[dict[str, Any], list[str]]:
    """Give the hints of a known name and of the right form, and a sentence on each of the others."""
    if not isinstance(written, dict):
        return {}, [f"{HINTS} is an object of {', '.join(known)}."]
    right = {name: value for name, value in written.items() if name in known and _fits(name, value)}
    return right, [_fault(name, known) for name in written if name not in right]


def _fits(name: str, value: Any) -> bool:
    if name == "exclude":
        return isinstance(value, bool)
    return (
        isinstance(value, str)
        and value != ""
        and (name != "effect" or value in ("read", "write", "destroy"))
    )


def _fault(name: str, known: tuple[str, ...]) -> str:
    if name not in known:
        return f"There is no hint {name!r} here; there are {', '.join(known)}."
    return f"The hint {name!r} is {_FORMS[name]}."
