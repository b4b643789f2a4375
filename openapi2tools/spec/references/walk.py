"""Find the references in a document, where references may stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from openapi2tools._core import pointer as json_pointer
from openapi2tools.spec.references.grammar import DOCUMENT, NodeType, fields_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from openapi2tools.model import Json, JsonObject


class SchemaNameSite(NamedTuple):
    """Where a discriminator names a schema: the object with the name, and its key there."""

    holder: JsonObject
    key: str


# --- as sites, where they can be replaced ---


@dataclass(slots=True, eq=False)
class ReferenceSite:
    """An object with a `$ref`, where it stands, and what the reference should lead to.

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


_Unvisited: TypeAlias = "tuple[Json, NodeType, Any, Any]"
"""A value, what it should be, and its parent and key."""


def find_sites(
    value: Json,
    node_type: NodeType,
    seen: set[tuple[int, NodeType]],
    schema_names: list[SchemaNameSite] | None = None,
) -> Iterator[ReferenceSite]:
    """Yield the references in a value.

    Args:
        value: An object or a list.
        node_type: What the value should be.
        seen: What was walked before, by id; it is not walked again, and grows on the way.
        schema_names: Gets the names of schemas in discriminators, too.
    """
    stack: list[_Unvisited] = [(value, node_type, None, None)]
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
        if schema_names is not None:
            schema_names += _schema_name_sites(value, node_type)


def _items(value: list[Json], node_type: NodeType) -> list[_Unvisited]:
    container, object_type = node_type
    # `items` was a list of schemas before prefixItems
    if container != "list" and object_type != "schema":
        return []
    item_type = NodeType("one", object_type)
    return [
        (item, item_type, value, index) for index, item in enumerate(value) if type(item) is dict
    ]


def _members(value: JsonObject, node_type: NodeType) -> list[_Unvisited]:
    container, object_type = node_type
    if container != "map":
        fields = fields_of(value, object_type)
        return [(member, field_type, value, name) for name, member, field_type in fields]
    member_type = NodeType("one", object_type)
    # only paths have extensions beside them: a header or a property may well begin with `x-`
    has_extensions = object_type == "path_item"
    return [
        (member, member_type, value, name)
        for name, member in value.items()
        if not (has_extensions and name[:2] == "x-")
    ]


def _schema_name_sites(value: JsonObject, node_type: NodeType) -> list[SchemaNameSite]:
    """Return where a discriminator names schemas: in its `mapping` and its `defaultMapping`."""
    if node_type.object_type == "mapping":
        return [SchemaNameSite(value, key) for key in value]
    if node_type.object_type == "discriminator" and "defaultMapping" in value:
        return [SchemaNameSite(value, "defaultMapping")]
    return []


# --- as pointers, for messages ---

_Keys: TypeAlias = "tuple[_Keys, str | int] | None"
"""The keys that lead to a value, the last one first; few are ever written out as a pointer."""


def find_references(document: Json, wanted: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield the pointer and the text of each of the wanted references, in the document's order."""
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
    container, object_type = node_type
    is_object = isinstance(node, dict)
    if is_object and container != "map":
        return fields_of(node, object_type)
    members = node.items() if is_object else enumerate(node)
    member_type = NodeType("one", object_type)
    return [
        (key, member, member_type) for key, member in members if isinstance(member, (dict, list))
    ]


def _to_pointer(keys: _Keys) -> str:
    path: list[str | int] = []
    while keys is not None:
        keys, key = keys
        path.append(key)
    return json_pointer.join("", *reversed(path))
