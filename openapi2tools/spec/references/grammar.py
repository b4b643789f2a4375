"""Where references may stand: the kinds of object in a description, and what each of their fields holds. Data has no references.

A field that is not listed holds data: examples, defaults, enumerations, extensions. A `$ref` in
there is somebody's value, and so is a property that is called `$ref`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from openapi2tools.model import Json, JsonObject

Shape: TypeAlias = Literal["one", "list", "map"]
Place: TypeAlias = tuple[Shape, str]
"""What stands somewhere: one object of a kind, a list of them, or a map of names to them."""


def _fields(**kinds: str) -> dict[str, Place]:
    """Write fields shortly: `[kind]` is a list, `{kind}` a map, and `any_` stands for every field that is not named."""
    shapes: dict[str, Shape] = {"[": "list", "{": "map"}
    return {
        name.rstrip("_"): (shapes.get(kind[0], "one"), kind.strip("[]{}"))
        for name, kind in kinds.items()
    }


ANY: Final = "any"
GRAMMAR: Final[Mapping[str, Mapping[str, Place]]] = {
    "document": _fields(
        info="info",
        servers="[server]",
        paths="{path_item}",
        webhooks="{path_item}",
        components="components",
        tags="[tag]",
        definitions="{schema}",
        parameters="{parameter}",
        responses="{response}",
        securityDefinitions="{security}",
    ),
    "info": _fields(description="text"),
    "tag": _fields(description="text"),
    "server": {},
    "text": {},
    "components": _fields(
        schemas="{schema}",
        responses="{response}",
        parameters="{parameter}",
        examples="{example}",
        requestBodies="{body}",
        headers="{header}",
        securitySchemes="{security}",
        links="{link}",
        callbacks="{callback}",
        pathItems="{path_item}",
        mediaTypes="{media}",
    ),
    "path_item": _fields(
        parameters="[parameter]",
        servers="[server]",
        description="text",
        additionalOperations="{operation}",
        any_="operation",
    ),
    "operation": _fields(
        description="text",
        parameters="[parameter]",
        requestBody="body",
        responses="{response}",
        callbacks="{callback}",
        servers="[server]",
    ),
    "parameter": _fields(
        description="text", schema="schema", items="schema", content="{media}", examples="{example}"
    ),
    "header": _fields(
        description="text", schema="schema", items="schema", content="{media}", examples="{example}"
    ),
    "body": _fields(description="text", content="{media}"),
    "response": _fields(
        description="text", schema="schema", headers="{header}", content="{media}", links="{link}"
    ),
    "media": _fields(
        schema="schema",
        itemSchema="schema",
        examples="{example}",
        encoding="{encoding}",
        prefixEncoding="[encoding]",
        itemEncoding="encoding",
    ),
    "encoding": _fields(
        headers="{header}",
        encoding="{encoding}",
        prefixEncoding="[encoding]",
        itemEncoding="encoding",
    ),
    "callback": _fields(any_="path_item"),
    "discriminator": _fields(mapping="{mapping}"),
    "mapping": {},
    "example": {},
    "link": {},
    "security": {},
    "schema": {
        **_fields(
            description="text",
            properties="{schema}",
            patternProperties="{schema}",
            definitions="{schema}",
            dependentSchemas="{schema}",
            items="schema",
            prefixItems="[schema]",
            allOf="[schema]",
            anyOf="[schema]",
            oneOf="[schema]",
            additionalProperties="schema",
            additionalItems="schema",
            contains="schema",
            propertyNames="schema",
            unevaluatedItems="schema",
            unevaluatedProperties="schema",
            contentSchema="schema",
            discriminator="discriminator",
        ),
        "$defs": ("map", "schema"),
        "not": ("one", "schema"),
        "if": ("one", "schema"),
        "then": ("one", "schema"),
        "else": ("one", "schema"),
    },
}


@dataclass(slots=True, eq=False)
class Site:
    """An object with a `$ref`, where it hangs (None at the top of what was walked), and what it should lead to."""

    holder: JsonObject
    parent: Any
    key: Any
    place: Place

    @property
    def reference(self) -> str:
        """What the `$ref` says."""
        return str(self.holder["$ref"])


def sites(
    value: Json,
    place: Place,
    seen: set[tuple[int, Place]],
    mappings: list[tuple[JsonObject, str]] | None = None,
) -> Iterator[Site]:
    """Find the references in a value; what `seen` holds was walked before. Where discriminators name schemas goes to `mappings`."""
    stack: list[_Part] = [(value, place, None, None)]
    while stack:
        value, place, parent, key = stack.pop()
        if type(value) is list:
            stack.extend(_items(value, place))
        if type(value) is not dict:
            continue
        if type(value.get("$ref")) is str:
            yield Site(value, parent, key, place)
            if len(value) == 1:
                continue
        if (id(value), place) not in seen:
            seen.add((id(value), place))
            stack.extend(_members(value, place))
            if mappings is not None and place[1] in ("mapping", "discriminator"):
                mappings += [
                    (value, key)
                    for key in value
                    if place[1] == "mapping" or key == "defaultMapping"
                ]


_Part: TypeAlias = "tuple[Json, Place, Any, Any]"
"""A value, what it should be, and where it hangs."""


def _items(value: list[Json], place: Place) -> list[_Part]:
    shape, kind = place
    if shape != "list" and kind != "schema":  # `items` was a list of schemas before prefixItems
        return []
    return [
        (item, ("one", kind), value, index)
        for index, item in enumerate(value)
        if type(item) is dict
    ]


def _members(value: JsonObject, place: Place) -> list[_Part]:
    shape, kind = place
    if shape == "map":
        # elsewhere `x-` is how a header or a property may well begin
        extensible = kind == "path_item"
        return [
            (item, ("one", kind), value, name)
            for name, item in value.items()
            if not (extensible and name[:2] == "x-")
        ]
    fields = GRAMMAR[kind]
    other = fields.get(ANY)
    parts: list[_Part] = []
    for name, item in value.items():
        if type(item) is dict or type(item) is list:
            field = fields.get(name) or (other if name[:2] != "x-" else None)
            if field is not None:
                parts.append((item, field, value, name))
    return parts


SECTIONS_3: Final[Mapping[str, tuple[str, str]]] = {
    kind: ("components", section)
    for section, (_, kind) in GRAMMAR["components"].items()
    if section not in {"pathItems", "mediaTypes"}
}
"""Where 3.x keeps what may be referred to; 3.0 has no place for path items and media types, and they fit where they are used."""
SECTIONS_2: Final[Mapping[str, tuple[str]]] = {
    "schema": ("definitions",),
    "parameter": ("parameters",),
    "response": ("responses",),
}
