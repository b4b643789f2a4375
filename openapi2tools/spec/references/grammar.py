"""Where references may stand: the types of object in a description, and their fields.

A field that is not listed holds data: examples, defaults, enumerations, extensions. A `$ref` in
there is somebody's value and no reference, and so is a property that is called `$ref`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.model import Json, JsonObject

Container: TypeAlias = Literal["one", "list", "map"]


class NodeType(NamedTuple):
    """What a node of a description should be: one object of a type, a list or a map of them."""

    container: Container
    object_type: str


DOCUMENT: Final = NodeType("one", "document")


def _fields(**fields: str) -> dict[str, NodeType]:
    """Return the fields of a type of object, each with what it holds.

    `media` stands for one object of that type, `[media]` for a list of them, `{media}` for a map;
    `any_` is every field that is not named.
    """
    containers: dict[str, Container] = {"[": "list", "{": "map"}
    return {
        name.rstrip("_"): NodeType(containers.get(written[0], "one"), written.strip("[]{}"))
        for name, written in fields.items()
    }


_ANY_FIELD: Final = "any"
_GRAMMAR: Final[Mapping[str, Mapping[str, NodeType]]] = {
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
        "$defs": NodeType("map", "schema"),
        "not": NodeType("one", "schema"),
        "if": NodeType("one", "schema"),
        "then": NodeType("one", "schema"),
        "else": NodeType("one", "schema"),
    },
}


def fields_of(node: JsonObject, object_type: str) -> list[tuple[str, Json, NodeType]]:
    """Return the fields of an object that may be or hold references, and what they should hold."""
    fields = _GRAMMAR[object_type]
    any_field = fields.get(_ANY_FIELD)
    found: list[tuple[str, Json, NodeType]] = []
    for name, value in node.items():
        if type(value) is dict or type(value) is list:
            field = fields.get(name) or (None if name[:2] == "x-" else any_field)
            if field is not None:
                found.append((name, value, field))
    return found


# 3.0 has no section for path items and media types: they are inlined where they are used
_WITHOUT_SECTION: Final = ("pathItems", "mediaTypes")

SECTIONS_3: Final[Mapping[str, tuple[str, ...]]] = {
    field.object_type: ("components", section)
    for section, field in _GRAMMAR["components"].items()
    if section not in _WITHOUT_SECTION
}
"""Where a 3.x document keeps each type of component: the keys that lead to the section."""

SECTIONS_2: Final[Mapping[str, tuple[str, ...]]] = {
    "schema": ("definitions",),
    "parameter": ("parameters",),
    "response": ("responses",),
}
"""Where a 2.0 document keeps each type of component."""
