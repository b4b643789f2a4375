"""Find parts of a document, and write where they stand."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from openapi2tools._core import pointer

if TYPE_CHECKING:
    from openapi2tools.model import Json, JsonObject


def json_path(json_pointer: str, document: JsonObject) -> str:
    """Write a JSON pointer into a document as a normalized JSONPath (RFC 9535, section 2.7)."""
    path = "$"
    value: Json = document
    for token in pointer.split(json_pointer):
        path += f"[{token}]" if isinstance(value, list) else f"['{_escape(token)}']"
        value = pointer.lookup(value, pointer.join("", token))
    return path


def _escape(key: str) -> str:
    return "".join(map(_escape_character, key))


def _escape_character(character: str) -> str:
    if character in "'\\":
        return f"\\{character}"
    return character if character >= " " else f"\\u{ord(character):04x}"


class PartFinder:
    """Finds the pointers of parts of a document, by their identity.

    For errors that know only the way within a schema, or the schema itself.
    """

    def __init__(self, document: JsonObject) -> None:
        self._document = document

    def find(self, part: Json, ending: str = "") -> str | None:
        """Return the pointer of a part of the document; None when it is not in the document.

        `ending` is the whole pointer of the part, or the end of it.
        """
        if part is self._document:
            return ending
        if ending and pointer.lookup(self._document, ending) is not pointer.MISSING:
            return ending
        for candidate in self._pointers.get(id(part), ()):
            if candidate.endswith(ending):
                return candidate
        return None

    @cached_property
    def _pointers(self) -> dict[int, list[str]]:
        """The pointers of all objects, lists and strings, by id."""
        pointers: dict[int, list[str]] = {}
        pending: list[tuple[str, Json]] = [("", self._document)]
        while pending:
            here, value = pending.pop()
            if isinstance(value, (dict, list, str)):
                pointers.setdefault(id(value), []).append(here)
            if isinstance(value, dict):
                pending += [(pointer.join(here, key), inner) for key, inner in value.items()]
            elif isinstance(value, list):
                pending += [(pointer.join(here, index), item) for index, item in enumerate(value)]
        return pointers
