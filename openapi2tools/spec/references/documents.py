"""The documents that one is joined from, and the values in them that references lead to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from openapi2tools._core import pointer as json_pointer

if TYPE_CHECKING:
    from openapi2tools.model import Json, JsonObject
    from openapi2tools.spec.references.grammar import NodeType
    from openapi2tools.spec.references.walk import ReferenceSite

Keys: TypeAlias = tuple[str, ...]
"""The keys that lead from the top of the root document to a component, or to a section of them."""


@dataclass(slots=True, eq=False)
class Document:
    """One document.

    `address` is what it was asked for by, `base` what its relative references resolve against,
    `size` its number of bytes.
    """

    address: str
    base: str | None
    value: Json
    size: int = 0
    _is_indexed: bool = False
    _pointers: dict[int, str] = field(default_factory=dict)  # of objects with a `$ref`, by id
    _anchors: dict[str, Json] = field(default_factory=dict)

    def lookup(self, fragment: str) -> Json:
        """Return what a fragment names, or `MISSING`.

        It is a pointer (`#/` is often meant to be the whole document) or an anchor (JSON Schema
        2020-12, section 8.2.2).
        """
        if fragment and not fragment.startswith("/"):
            self._index()
            return self._anchors.get(fragment, json_pointer.MISSING)
        found = json_pointer.lookup(self.value, fragment)
        if found is json_pointer.MISSING and fragment == "/":
            return self.value
        return found

    def pointer_of(self, holder: JsonObject) -> str:
        """Return the pointer of an object with a `$ref`."""
        self._index()
        return self._pointers.get(id(holder), "")

    def _index(self) -> None:
        """Walk the whole document, once, and only for what is rare: problems and anchors."""
        if self._is_indexed or not isinstance(self.value, (dict, list)):
            return
        self._is_indexed = True
        stack: list[tuple[str, Json]] = [("", self.value)]
        seen: set[int] = set()
        while stack:
            pointer, node = stack.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            if isinstance(node, dict):
                self._index_object(node, pointer)
            members = node.items() if isinstance(node, dict) else enumerate(node)
            stack.extend(
                (json_pointer.join(pointer, key), member)
                for key, member in members
                if isinstance(member, (dict, list))
            )

    def _index_object(self, node: JsonObject, pointer: str) -> None:
        if "$ref" in node:
            self._pointers[id(node)] = pointer
        for name in (node.get("$anchor"), node.get("$dynamicAnchor")):
            if isinstance(name, str):
                self._anchors.setdefault(name, node)


@dataclass(slots=True, eq=False)
class Target:
    """What references lead to: a value in a document other than the root.

    `component` are the keys under which the value becomes a component of the root; a target without
    them is written out wherever it is used. `links` are the references within the value, and
    `first_met` those targets that no reference had led to before.
    """

    document: Document
    pointer: str
    node_type: NodeType
    value: Json
    component: Keys = ()
    links: list[Link] = field(default_factory=list)
    first_met: list[Target] = field(default_factory=list)


class Link(NamedTuple):
    """A reference that was followed: the target it stands in, itself, and what it leads to."""

    owner: Target
    site: ReferenceSite
    target: Target
