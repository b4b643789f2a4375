"""Find the references in a document, where references may stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from openapi2tools._core import pointer as json_pointer
from openapi2tools.spec.references.grammar import DOCUMENT, NodeType, fields_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from openapi2tools.model import Json, JsonObject

Mappings: TypeAlias = "list[tuple[JsonObject, str]]"
"""Where discriminators name schemas: objects, and the keys in them whose values are the names."""

# --- as sites, that can be changed ---


@dataclass(slots=True, eq=False)
class ReferenceSite:
    """An object with a `$ref`: where it hangs, and what the reference should lead to.

    `parent` and `key` are None at the top of what was walked.
    """

    holder: JsonObject
    parent: Any
    key: Any
    node_type: NodeType

    @property
    def reference(self) -> str:
        """The text of the `$ref`."""
        return str(self.holder["$ref"])


_Hanging: TypeAlias = "tuple[Json, NodeType, Any, Any]"
"""A value, what it should be, and its parent and key."""


def find_sites(
    value: Json,
    node_type: NodeType,
    seen: set[tuple[int, NodeType]],
    mappings: Mappings | None = None,
) -> Iterator[ReferenceSite]:
    """Find the references in a value.

    What `seen` holds, by id, was walked before, and is not entered again. Where discriminators name
    schemas is added to `mappings`.
    """
    stack: list[_Hanging] = [(value, node_type, None, None)]
    while stack:
        value, node_type, parent, key = stack.pop()
        if type(value) is list:
            stack.extend(_items(value, node_type))
        if type(value) is not dict:
            continue
        if type(value.get("$ref")) is str:
            yield ReferenceSite(value, parent, key, node_type)
            if len(value) == 1:
                continue
        if (id(value), node_type) in seen:
            continue
        seen.add((id(value), node_type))
        stack.extend(_members(value, node_type))
        if mappings is not None:
            mappings += _schema_names(value, node_type)


def _items(value: list[Json], node_type: NodeType) -> list[_Hanging]:
    shape, kind = node_type
    if shape != "list" and kind != "schema":  # `items` was a list of schemas before prefixItems
        return []
    item_type = NodeType("one", kind)
    return [
        (item, item_type, value, index) for index, item in enumerate(value) if type(item) is dict
    ]


def _members(value: JsonObject, node_type: NodeType) -> list[_Hanging]:
    shape, kind = node_type
    if shape != "map":
        return [(member, field, value, name) for name, member, field in fields_of(value, kind)]
    member_type = NodeType("one", kind)
    # only paths have extensions beside them: a header or a property may well begin with `x-`
    has_extensions = kind == "path_item"
    return [
        (member, member_type, value, name)
        for name, member in value.items()
        if not (has_extensions and name[:2] == "x-")
    ]


def _schema_names(value: JsonObject, node_type: NodeType) -> Mappings:
    """Return where a discriminator names schemas: in its `mapping` and its `defaultMapping`."""
    if node_type.kind == "mapping":
        return [(value, key) for key in value]
    if node_type.kind == "discriminator" and "defaultMapping" in value:
        return [(value, "defaultMapping")]
    return []


# --- as pointers, for people ---

_Keys: TypeAlias = "tuple[_Keys, str | int] | None"
"""The keys that lead to a value, the last one first: few of them are ever written as a pointer."""


def find_references(document: Json, wanted: Collection[str]) -> Iterator[tuple[str, str]]:
    """Find the objects that are one of the wanted references.

    Yields the pointer and the reference of each, in the document's order.
    """
    stack: list[tuple[Json, NodeType, _Keys]] = [(document, DOCUMENT, None)]
    while stack:
        node, node_type, keys = stack.pop()
        if isinstance(node, dict):
            reference = node.get("$ref")
            if isinstance(reference, str) and reference in wanted:
                yield _to_pointer(keys), reference
        children = _children(node, node_type)
        stack += [(child, child_type, (keys, key)) for key, child, child_type in reversed(children)]


def _children(
    node: Json, node_type: NodeType
) -> list[tuple[str, Json, NodeType]] | list[tuple[str | int, Json, NodeType]]:
    """Return the objects and lists in a node that may be or hold references."""
    shape, kind = node_type
    is_object = isinstance(node, dict)
    if is_object and shape != "map":
        return fields_of(node, kind)
    members = node.items() if is_object else enumerate(node)
    member_type = NodeType("one", kind)
    return [
        (key, member, member_type) for key, member in members if isinstance(member, (dict, list))
    ]


def _to_pointer(keys: _Keys) -> str:
    path: list[str | int] = []
    while keys is not None:
        keys, key = keys
        path.append(key)
    return json_pointer.join("", *reversed(path))
