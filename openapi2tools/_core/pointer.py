"""JSON Pointer (RFC 6901), alone and as a URI fragment."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final
from urllib.parse import unquote

MISSING: Final = object()
_MAX_REFERENCES: Final = 10  # that lead to one another


@lru_cache(maxsize=1024)  # documents repeat the names of media types
def escape(token: str) -> str:
    """Write one key as a reference token (RFC 6901, section 3)."""
    return token.replace("~", "~0").replace("/", "~1")


def join(pointer: str, *tokens: str | int) -> str:
    """Append keys or indexes to a pointer."""
    for token in tokens:
        pointer = f"{pointer}/{escape(str(token))}"
    return pointer


def split(pointer: str) -> list[str]:
    """Return the keys and indexes of a pointer; the empty pointer (the whole document) has none."""
    tokens = pointer.split("/")[1:]
    if "~" not in pointer:
        return tokens
    return [token.replace("~1", "/").replace("~0", "~") for token in tokens]


def from_fragment(reference: str) -> str:
    """Return the pointer of a local reference (RFC 6901, section 6).

    `#/components/a~1b%20c` gives `/components/a~1b c`.
    """
    fragment = reference.partition("#")[2]
    return unquote(fragment) if "%" in fragment else fragment


def lookup(document: Any, pointer: str) -> Any:
    """Find the value that a pointer names, or `MISSING`."""
    tokens = split(pointer)
    value = document
    try:
        for token in tokens:
            value = value[token]
    except (KeyError, TypeError):  # a list on the way, or nothing there
        return _lookup(document, tokens)
    return value


def target_of(document: Any, reference: str) -> Any:
    """Find the value that a local reference names, or `MISSING`."""
    return lookup(document, from_fragment(reference))


def resolve(document: Any, value: Any) -> dict[str, Any]:
    """Return the object that a value is or refers to; an empty one where that is no object."""
    for _ in range(_MAX_REFERENCES):
        reference = value.get("$ref") if isinstance(value, dict) else None
        if not isinstance(reference, str):
            break
        value = target_of(document, reference)
    return value if isinstance(value, dict) else {}


def _lookup(value: Any, tokens: list[str]) -> Any:
    for token in tokens:
        if isinstance(value, dict) and token in value:
            value = value[token]
        elif isinstance(value, list) and token.isdecimal() and int(token) < len(value):
            value = value[int(token)]
        else:
            return MISSING
    return value
