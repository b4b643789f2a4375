"""Where the references of a document stand: a document in, pointers out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openapi2tools.pointer import escape
from openapi2tools.spec.grammar import ANY, GRAMMAR, Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.model import Json


def places(document: Json) -> Iterator[tuple[str, str]]:
    """Give the pointer of every object that is a reference, and what it refers to, in the order of the document."""
    stack: list[tuple[Json, str, Place]] = [(document, "", ("one", "document"))]
    while stack:
        node, here, place = stack.pop()
        if isinstance(node, dict) and isinstance(node.get("$ref"), str):
            yield here, node["$ref"]
        stack.extend(reversed([(child, f"{here}/{escape(str(key))}", below) for key, child, below in _children(node, place)]))


def _children(node: Json, place: Place) -> Iterator[tuple[str | int, Json, Place]]:
    """Give the objects and lists in a value that may be or hold references."""
    shape, kind = place
    if isinstance(node, list):
        for index, child in enumerate(node):
            yield index, child, ("one", kind)
    elif isinstance(node, dict):
        fields = GRAMMAR[kind]
        other = fields.get(ANY)
        for key, child in node.items():
            below: Place | None = ("one", kind) if shape == "map" else fields.get(key) or (None if key[:2] == "x-" else other)
            if below is not None and isinstance(child, (dict, list)):
                yield key, child, below
