"""A schema in, every schema inside it out; or the same schema with each of them changed. Enums and examples are left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from openapi2tools._core import pointer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from openapi2tools.model import Json, JsonObject

MAPS: Final = ("properties", "$defs", "patternProperties", "dependentSchemas")
LISTS: Final = ("anyOf", "oneOf", "allOf", "prefixItems")
SINGLES: Final = (
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


def schemas(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Give a schema and every schema inside it (JSON Schema 2020-12 Core, section 10), `$defs` included; booleans are left out."""
    waiting: list[Any] = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting += inside(node)


def together(
    schema: Json, find: Callable[[str], Json], keywords: Sequence[str] = ("allOf",)
) -> Iterator[JsonObject]:
    """Give a schema and all that apply to the same value by its `$ref` and these keywords, the nearest first.

    `find` gives what a reference names; what is met again adds nothing.
    """
    seen: set[int] = set()
    rest = [schema]
    while rest:
        part = rest.pop()
        if not isinstance(part, dict):
            continue
        yield part
        if (
            "$ref" in part
            and isinstance(target := find(part["$ref"]), dict)
            and id(target) not in seen
        ):
            seen.add(id(target))
            rest.append(target)
        for keyword in keywords:
            if isinstance(members := part.get(keyword), list):
                rest += reversed(members)


def named(reference: str) -> str:
    """Give the name in `#/$defs/name`."""
    return pointer.split(reference.removeprefix("#"))[-1]


def inside(node: Mapping[str, Any]) -> list[Any]:
    """Give the schemas directly inside one."""
    inner: list[Any] = []
    for key in node.keys() & _ALL:
        if key in _MAPS:
            inner += node[key].values()
        elif key in _LISTS:
            inner += node[key]
        else:
            inner.append(node[key])
    return inner


def changed(schema: Any, change: Callable[[JsonObject], JsonObject]) -> Any:
    """Give a schema where `change` was made to every schema inside it, the innermost first; what does not change is shared."""
    if not isinstance(schema, dict):
        return schema
    new = schema
    for key in schema.keys() & _ALL:
        value: Any = schema[key]
        if key in _MAPS:
            made: Any = {name: changed(inner, change) for name, inner in value.items()}
            same = all(made[name] is value[name] for name in value)
        elif key in _LISTS:
            made = [changed(inner, change) for inner in value]
            same = all(one is other for one, other in zip(made, value, strict=True))
        else:
            made = changed(value, change)
            same = made is value
        if not same:
            new = {**new, key: made}
    return change(new)


_MAPS: Final = frozenset(MAPS)
_LISTS: Final = frozenset(LISTS)
_ALL: Final = frozenset((*MAPS, *LISTS, *SINGLES))
