"""Where the references of a document stand: a document in, pointers out."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from openapi2tools._core import pointer
from openapi2tools.spec.references.grammar import ANY, GRAMMAR, Place

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from openapi2tools.model import Json, JsonObject


def places(document: Json, wanted: Collection[str]) -> Iterator[tuple[str, str]]:
    """Give the pointer of every object that is one of the wanted references, and the reference, in the order of the document."""
    stack: list[tuple[Json, _Way, Place]] = [(document, None, ("one", "document"))]
    while stack:
        node, way, place = stack.pop()
        if type(node) is dict:
            reference = node.get("$ref")
            if type(reference) is str and reference in wanted:
                yield _pointer(way), reference
            below = _members(node, place)
        else:
            below = [
                (index, child, ("one", place[1]))
                for index, child in enumerate(node)
                if type(child) is dict or type(child) is list
            ]
        stack += [(child, (way, key), place) for key, child, place in reversed(below)]


_Way: TypeAlias = "tuple[_Way, str | int] | None"
"""The keys that lead to a value, the last one first: few are ever written as a pointer."""


def _pointer(way: _Way) -> str:
    keys: list[str | int] = []
    while way is not None:
        way, key = way
        keys.append(key)
    return pointer.join("", *reversed(keys))


def _members(node: JsonObject, place: Place) -> list[tuple[str | int, Json, Place]]:
    """Give the objects and lists in an object that may be or hold references."""
    shape, kind = place
    if shape == "map":
        return [
            (key, child, ("one", kind))
            for key, child in node.items()
            if type(child) is dict or type(child) is list
        ]
    fields = GRAMMAR[kind]
    other = fields.get(ANY)
    found: list[tuple[str | int, Json, Place]] = []
    for key, child in node.items():
        if type(child) is dict or type(child) is list:
            below = fields.get(key) or (None if key[:2] == "x-" else other)
            if below is not None:
                found.append((key, child, below))
    return found
