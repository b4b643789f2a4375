"""The documents that are joined into one, and the values in them that references lead to."""

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

    `address` is the one that was asked for, `base` what its relative references resolve against,
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
        """Note where references and anchors are; only problems and anchors need it."""
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
    """A value that references lead to; the root as a whole counts as one, too.

    - `fragment`: what the references say behind `#`: a pointer or an anchor.
    - `component_keys`: where the value becomes a component of the root; without such keys it is
      inlined wherever it is used.
    - `links`: the references within the value.
    - `first_met`: the targets of these references that no other reference had led to before.
    """

    document: Document
    fragment: str
    node_type: NodeType
    value: Json
    component_keys: Keys = ()
    links: list[Link] = field(default_factory=list)
    first_met: list[Target] = field(default_factory=list)


class Link(NamedTuple):
    """A reference that was followed: the target around it, its site, and what it leads to."""

    owner: Target
    site: ReferenceSite
    target: Target
