"""Which fields an answer has, and which ones the document says that it may have.

A path is dotted names; lists on the way are passed through, and a name may have dots of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools._core import pointer
from openapi2tools.call.serialization import media
from openapi2tools.tools.text.describe import success_response
from openapi2tools.tools.walk import COMPOSITION_KEYWORDS, iter_applied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from openapi2tools.model import Json, Schema, Tool

_MAX_ITEMS: Final = 500
"""Items of a list that are looked at for a name."""
_MAX_NESTING: Final = 30


def below(path: str, name: str) -> str | None:
    """Return what is left of a path behind a name that it begins with; None where it does not."""
    if path == name:
        return ""
    return path[len(name) + 1 :] if path.startswith(f"{name}.") else None


class KnownFields:
    """The fields of values: what is at hand, or what a schema says.

    Args:
        members: Returns the fields of each object that a value, or a schema, stands for.
        roots: Where a path begins.
    """

    def __init__(
        self, members: Callable[[Json], Iterator[tuple[str, Json]]], roots: Sequence[Json]
    ) -> None:
        self._members = members
        self._roots = roots

    @property
    def is_silent(self) -> bool:
        """Whether nothing is known of any field."""
        return not any(True for node in self._roots for _ in self._members(node))

    def missing(self, path: str) -> tuple[str, list[str]] | None:
        """Return the part of a path that there is no field for, and what there is in its place.

        None means that the path leads to a field, or to where nothing is known.
        """
        return self._missing(self._roots, path, _MAX_NESTING)

    def _missing(
        self, nodes: Sequence[Json], path: str, levels: int
    ) -> tuple[str, list[str]] | None:
        found: dict[str, list[Json]] = {}
        for node in nodes:
            for name, inner in self._members(node):
                found.setdefault(name, []).append(inner)
        if not found or not levels:
            return None
        deepest: tuple[str, list[str]] = (path, list(found))
        for name, inner in found.items():
            rest = below(path, name)
            if rest is None:
                continue
            missing = self._missing(inner, rest, levels - 1) if rest else None
            if missing is None:
                return None
            deepest = missing
        return deepest


def fields_of_value(value: Json) -> KnownFields:
    """Return the fields that a value has."""
    return KnownFields(lambda node: _members_of_value(node, _MAX_NESTING), [value])


def fields_of_answer(tool: Tool) -> KnownFields:
    """Return the fields that the document says a successful answer may have."""
    document = tool.api.document

    def find(reference: str) -> Json:
        return pointer.target_of(document, reference)

    def members(node: Json) -> Iterator[tuple[str, Json]]:
        return _members_of_schema(node, find, _MAX_NESTING)

    return KnownFields(members, _answer_schemas(tool))


def _answer_schemas(tool: Tool) -> list[Schema]:
    response = success_response(tool.operation.responses)
    content = response.content if response else ()
    schemas = [each.item_schema if each.schema is None else each.schema for each in content]
    return [
        schema
        for each, schema in zip(content, schemas, strict=True)
        if schema is not None and not media.is_xml(each.name)
    ]


def _members_of_value(node: Json, levels: int) -> Iterator[tuple[str, Json]]:
    if isinstance(node, dict):
        yield from node.items()
    elif isinstance(node, list) and levels:
        for item in node[:_MAX_ITEMS]:
            yield from _members_of_value(item, levels - 1)


def _members_of_schema(
    node: Json, find: Callable[[str], Json], levels: int
) -> Iterator[tuple[str, Json]]:
    for part in iter_applied(node, find, COMPOSITION_KEYWORDS):
        properties = part.get("properties")
        if isinstance(properties, dict):
            yield from properties.items()
        if levels and "items" in part:
            yield from _members_of_schema(part["items"], find, levels - 1)
