"""Walk through JSON Schemas: iterate over the schemas inside one, or change each of them.

Only schemas are visited (JSON Schema 2020-12 Core, section 10); enums and examples are left alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from openapi2tools._core import pointer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from openapi2tools.model import Json, JsonObject

MAP_KEYWORDS: Final = ("properties", "$defs", "patternProperties", "dependentSchemas")
"""Keywords that hold schemas by name."""
UNION_KEYWORDS: Final = ("anyOf", "oneOf")
"""Keywords that hold alternatives for the same value."""
COMPOSITION_KEYWORDS: Final = ("allOf", *UNION_KEYWORDS)
"""Keywords that hold schemas for the same value."""
LIST_KEYWORDS: Final = (*UNION_KEYWORDS, "allOf", "prefixItems")
"""Keywords that hold a list of schemas."""
SINGLE_KEYWORDS: Final = (
    "items",
    "additionalProperties",
    "not",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
    "unevaluatedProperties",
    "unevaluatedItems",
    "contentSchema",
)
"""Keywords that hold one schema."""
NUMBER_KEYWORDS: Final = (
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
)
"""Keywords that say which numbers are meant."""
_MAPS: Final = frozenset(MAP_KEYWORDS)
_LISTS: Final = frozenset(LIST_KEYWORDS)
_ALL: Final = frozenset((*MAP_KEYWORDS, *LIST_KEYWORDS, *SINGLE_KEYWORDS))


def iter_schemas(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield a schema and every schema inside it, `$defs` included; booleans are left out."""
    pending: list[Any] = [schema]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            yield node
            pending += subschemas(node)


def iter_applied(
    schema: Json, find: Callable[[str], Json], keywords: Sequence[str] = ("allOf",)
) -> Iterator[JsonObject]:
    """Yield a schema and all that apply to the same value by its `$ref` and these keywords.

    The nearest come first. `find` returns what a reference names; what is met again adds nothing.
    """
    seen: set[int] = set()
    pending = [schema]
    while pending:
        part = pending.pop()
        if not isinstance(part, dict):
            continue
        yield part
        if "$ref" in part:
            target = find(part["$ref"])
            if isinstance(target, dict) and id(target) not in seen:
                seen.add(id(target))
                pending.append(target)
        for keyword in keywords:
            members = part.get(keyword)
            if isinstance(members, list):
                pending += reversed(members)


def composed_schemas(schema: JsonObject) -> Iterator[Json]:
    """Yield the members of `allOf`, `anyOf` and `oneOf`, also of a schema that nobody checked."""
    for keyword in COMPOSITION_KEYWORDS:
        members = schema.get(keyword)
        if isinstance(members, list):
            yield from members


def definition_name(reference: str) -> str:
    """Return the name in `#/$defs/name`."""
    return pointer.split(reference.removeprefix("#"))[-1]


def subschemas(node: Mapping[str, Any]) -> list[Any]:
    """Return the schemas directly inside one."""
    inner: list[Any] = []
    for key in node.keys() & _ALL:
        if key in _MAPS:
            inner += node[key].values()
        elif key in _LISTS:
            inner += node[key]
        else:
            inner.append(node[key])
    return inner


def map_schemas(schema: Any, change: Callable[[JsonObject], JsonObject]) -> Any:
    """Return a schema with `change` made to every schema inside it, the innermost first.

    What does not change is shared with the original.
    """
    if not isinstance(schema, dict):
        return schema
    result = schema
    for key in schema.keys() & _ALL:
        value: Any = schema[key]
        if key in _MAPS:
            changed: Any = _map_values(value, change)
        elif key in _LISTS:
            changed = _map_items(value, change)
        else:
            changed = map_schemas(value, change)
        if changed is not value:
            result = {**result, key: changed}
    return change(result)


def _map_values(
    schemas: dict[str, Any], change: Callable[[JsonObject], JsonObject]
) -> dict[str, Any]:
    changed = {name: map_schemas(schema, change) for name, schema in schemas.items()}
    return schemas if all(changed[name] is schemas[name] for name in schemas) else changed


def _map_items(schemas: list[Any], change: Callable[[JsonObject], JsonObject]) -> list[Any]:
    changed = [map_schemas(schema, change) for schema in schemas]
    is_same = all(new is old for new, old in zip(changed, schemas, strict=True))
    return schemas if is_same else changed
