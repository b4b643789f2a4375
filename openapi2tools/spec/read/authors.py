"""Who wrote the words of a document: itself, an Overlay, or a document that it refers to.

A server, or the address of a token server, is believed as far as the one who named it: an Overlay
from the internet does not speak for a file of the user's. Words are searched in each author's
compact JSON; what the document says itself is its own, whoever says it too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import orjson

from openapi2tools._core.urls import is_url
from openapi2tools.spec.parse.compact import python_to_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openapi2tools.model import Json, JsonObject


@dataclass(frozen=True, slots=True)
class Author:
    """One who wrote words: an address, empty for what was given as text, and compact JSON."""

    address: str
    text: bytes = field(repr=False)


class Authors:
    """The authors of a document: itself, then the others in the order in which they came."""

    def __init__(self, address: str | None, document: JsonObject) -> None:
        self._address = address or ""
        self._document = document
        self._authors: list[Author] = []  # the document first, where there are strangers
        self._others: list[Author] = []

    def add(self, address: str | None, text: bytes) -> None:
        """Add another author, with the compact JSON of what it wrote."""
        self._others.append(Author(address or "", text))

    def address_of(self, words: Iterable[tuple[str, Json]]) -> str | None:
        """Return the address of whom the last of some fields came from; None for the document.

        Each of the `words` is a field's name and its value as written.
        """
        if not self._has_strangers():
            return None
        if not self._authors:
            own = Author(self._address, python_to_json(self._document))
            self._authors = [own, *self._others]
        author = max((self._first_to_say(name, value) for name, value in words), default=0)
        return self._authors[author].address if author else None

    def _has_strangers(self) -> bool:
        return any(not _is_one(self._address, other.address) for other in self._others)

    def _first_to_say(self, name: str, value: Json) -> int:
        """Return who said this first; where nobody did, the last that came over the network."""
        field_text = orjson.dumps({name: value}, option=orjson.OPT_NON_STR_KEYS)[1:-1]
        for index, author in enumerate(self._authors):
            if field_text in author.text:
                return index
        remote = [index for index, author in enumerate(self._authors) if is_url(author.address)]
        return remote[-1] if remote else 0


def _is_one(address: str, other: str) -> bool:
    """Return whether two addresses speak with one voice: both at hand, or of one origin."""
    if is_url(address) and is_url(other):
        from openapi2tools.transport import origin  # noqa: PLC0415 -- documents on disk do not need HTTP

        return origin(address) == origin(other)
    return not is_url(address) and not is_url(other)
