"""Where in a schema a reader is, for its reasons and its limits."""

from __future__ import annotations

from openapi2tools._core.pointer import escape


class SchemaLocation:
    """A position in a schema; as text, a JSON pointer.

    `nesting` counts the locations around it, `object_depth` the objects around it in the part that
    is read. `merge_key` is what `merge.merge_key` returned for the schema here.
    """

    __slots__ = ("key", "merge_key", "nesting", "object_depth", "parent")

    def __init__(
        self,
        parent: SchemaLocation | None,
        key: str,
        object_depth: int | None = None,
        merge_key: frozenset[str | int] = frozenset(),
    ) -> None:
        self.parent = parent
        self.key = key
        self.merge_key = merge_key
        self.nesting: int = parent.nesting + 1 if parent else 0
        if object_depth is None:
            object_depth = parent.object_depth if parent else 0
        self.object_depth: int = object_depth

    def __str__(self) -> str:
        keys: list[str] = []
        location: SchemaLocation | None = self
        while location is not None:
            if location.parent or location.key:  # the root has no key
                keys.append(location.key)
            location = location.parent
        return "".join(f"/{escape(key)}" for key in reversed(keys)) or "the root"

    def merge_keys(self) -> list[frozenset[str | int]]:
        """Return what is merged here and at the locations around, the innermost first."""
        found = []
        location: SchemaLocation | None = self
        while location is not None:
            if location.merge_key:
                found.append(location.merge_key)
            location = location.parent
        return found
