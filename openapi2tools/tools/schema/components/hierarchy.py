"""How the named schemas of a document build on each other: base classes, and what shares a value.

A class names its base class in its `allOf` (OpenAPI 3.1, section 4.8.24.4). Schemas are known by
their pointers.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from openapi2tools._core.pointer import split
from openapi2tools.tools.walk import composed_schemas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from openapi2tools.model import Json
    from openapi2tools.tools.schema.components.resolver import ComponentResolver

_MAX_NESTING: Final = 8  # levels of `allOf`, `anyOf` and `oneOf` that are looked through


class ClassHierarchy:
    """The base classes and subclasses among the components of one document."""

    def __init__(self, resolver: ComponentResolver) -> None:
        self._resolver = resolver
        self._same_value: dict[str, frozenset[str]] = {}

    def same_value_components(self, pointer: str) -> frozenset[str]:
        """Return the components that apply to the very value that this one applies to.

        They are those of its `$ref`, `allOf`, `anyOf` and `oneOf`, and theirs in turn.
        """
        known = self._same_value.get(pointer)
        if known is None:
            found = _reachable(pointer, self._directly_same_value)
            known = self._same_value[pointer] = frozenset(found)
        return known

    def _directly_same_value(self, pointer: str) -> Iterator[str]:
        return self._applied(self._resolver.raw(pointer))

    def _applied(self, raw: Json, nesting: int = 0) -> Iterator[str]:
        if not isinstance(raw, dict) or nesting > _MAX_NESTING:
            return
        target = self._resolver.find(raw.get("$ref"))
        if target is not None:
            yield target
        for member in composed_schemas(raw):
            yield from self._applied(member, nesting + 1)

    # --- upwards ---

    def parents(self, pointer: str) -> list[str]:
        """Return the components that a component names in its `allOf`."""
        return self._parents_of(self._resolver.raw(pointer))

    def _parents_of(self, raw: Json) -> list[str]:
        members = raw.get("allOf") if isinstance(raw, dict) else None
        if not isinstance(members, list):
            return []
        references = [member.get("$ref") for member in members if isinstance(member, dict)]
        found = [self._resolver.find(reference) for reference in references]
        return [pointer for pointer in found if pointer is not None]

    def bases(self, pointer: str) -> frozenset[str]:
        """Return the parents of a component, theirs and so on."""
        return frozenset(_reachable(pointer, self.parents))

    def discriminator_of(self, pointer: str) -> tuple[str, Json] | None:
        """Return the component whose discriminator picks this one, and the discriminator.

        That is the component itself or a base class of it; None when none has a discriminator.
        """
        raw = self._resolver.raw(pointer)
        if not isinstance(raw, dict):
            return None
        if "discriminator" in raw:
            return pointer, raw["discriminator"]
        if "allOf" not in raw:  # built on nothing
            return None
        for base in sorted(self.bases(pointer)):
            base_raw = self._resolver.raw(base)
            if isinstance(base_raw, dict) and "discriminator" in base_raw:
                return base, base_raw["discriminator"]
        return None

    # --- downwards ---

    @cached_property
    def children(self) -> dict[str, tuple[str, ...]]:
        """The components that name a component in their `allOf`, sorted, by its pointer."""
        found: dict[str, list[str]] = {}
        for pointer, raw in self._resolver.schemas.items():
            for parent in self._parents_of(raw):
                found.setdefault(parent, []).append(pointer)
        return {parent: tuple(sorted(children)) for parent, children in found.items()}

    def descendants(self, pointer: str) -> list[str]:
        """Return the children of a component, theirs and so on, each once, sorted."""
        found = _reachable(pointer, lambda parent: self.children.get(parent, ()))
        return sorted(found - {pointer})

    def discriminator_value(self, pointer: str) -> str:
        """Return the value that picks a component which no mapping names.

        `x-ms-discriminator-value` says it; else it is the component's name.
        """
        raw = self._resolver.raw(pointer)
        value = raw.get("x-ms-discriminator-value") if isinstance(raw, dict) else None
        return value if isinstance(value, str) else split(pointer)[-1]


def _reachable(start: str, successors: Callable[[str], Iterable[str]]) -> set[str]:
    """Return all that can be reached from a start; itself only when a circle leads back to it."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = set(successors(waiting.pop())) - found
        found |= new
        waiting += new
    return found
