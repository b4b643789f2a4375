"""Copy of a document only what some operations reach, each part at its own place.

References stay as they are written, so what they lead to has to stand where it stood.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools._core import pointer as json_pointer
from openapi2tools._core.json.typed_json import to_json
from openapi2tools.tools.schema.components.hierarchy import ClassHierarchy
from openapi2tools.tools.schema.components.resolver import ComponentResolver

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from openapi2tools.model import Json, JsonObject, Operation

# What says something about a document as a whole.
_HEAD: Final = ("openapi", "swagger", "jsonSchemaDialect", "info", "consumes", "produces")
_REFERENCES: Final = ("$ref", "$dynamicRef")
# `/components/schemas/Pet` and `/definitions/Pet` are copied whole, whatever of them is meant.
_COMPONENT_DEPTHS: Final = {"components": 3, "definitions": 2}


def excerpt(document: JsonObject, operations: Iterable[Operation]) -> JsonObject:
    """Return the part of a document that operations reach; its values are shared with it."""
    copier = _Copier(document)
    for operation in operations:
        copier.add(operation.pointer)
        # what the operation has from its path, such as parameters, may refer to something, too
        copier.follow(to_json(operation))
    return copier.excerpt


class _Copier:
    def __init__(self, document: JsonObject) -> None:
        self._document = document
        self._resolver = ComponentResolver(document)
        self._hierarchy = ClassHierarchy(self._resolver)
        self._copied: set[str] = set()
        self.excerpt: JsonObject = {key: document[key] for key in _HEAD if key in document}

    def add(self, pointer: str) -> None:
        """Copy a part, and what it refers to."""
        waiting = [pointer]
        while waiting:
            whole = _part_to_copy(waiting.pop())
            if whole and whole not in self._copied:
                self._copied.add(whole)
                waiting += self._references_in(self._copy(whole), whole)

    def follow(self, value: Json) -> None:
        """Copy what a value refers to."""
        for pointer in self._references_in(value, ""):
            self.add(pointer)

    def _copy(self, pointer: str) -> Json:
        """Copy the value at a pointer, or the list on the way that it stands in."""
        source, target = self._document, self.excerpt
        *parents, last = json_pointer.split(pointer)
        for token in parents:
            inner = source.get(token)
            if not isinstance(inner, dict):
                last = token
                break
            if target.setdefault(token, {}) is inner:
                return None  # copied as a whole already
            source, target = inner, target[token]
        if last not in source:
            return None
        target[last] = source[last]
        return source[last]

    def _references_in(self, value: Json, pointer: str) -> list[str]:
        """Return the pointers of all that a value refers to."""
        found: dict[str, None] = {}
        waiting = [(value, pointer)]
        while waiting:
            each, place = waiting.pop()
            if isinstance(each, list):
                waiting += [(item, "") for item in each]
            elif isinstance(each, dict):
                waiting += [(item, "") for item in each.values()]
                for target in self._targets(each, place):
                    found[target] = None
        return list(found)

    def _targets(self, value: JsonObject, pointer: str) -> Iterator[str]:
        references = [value.get(keyword) for keyword in _REFERENCES]
        discriminator = value.get("discriminator")
        if isinstance(discriminator, dict) and isinstance(discriminator.get("mapping"), dict):
            references += discriminator["mapping"].values()
        for reference in references:
            if isinstance(reference, str):
                yield json_pointer.from_fragment(reference)
                yield self._resolver.find(reference) or ""
        if discriminator is not None and pointer:
            # classes that are built on this one name it, and not the other way round
            yield from self._hierarchy.descendants(pointer)


def _part_to_copy(pointer: str) -> str:
    """Return the pointer of the whole component that a pointer leads into."""
    tokens = json_pointer.split(pointer)
    depth = _COMPONENT_DEPTHS.get(tokens[0], len(tokens)) if tokens else 0
    return json_pointer.join("", *tokens[:depth])
