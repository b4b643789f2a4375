"""A strict schema in, its size by OpenAI's count out, and what of it is too large."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openapi2tools.tools.walk import named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from openapi2tools.model import Json, JsonObject

MAX_PROPERTIES: Final = 5_000
MAX_DEPTH: Final = 10
MAX_CHARACTERS: Final = 120_000
MAX_ENUM_VALUES: Final = 1_000
LARGE_ENUM: Final = 250
MAX_LARGE_ENUM_CHARACTERS: Final = 15_000


@dataclass(frozen=True, slots=True)
class Size:
    """What OpenAI counts in one schema, without what it refers to; `references` maps a definition to how many objects deep it is named."""

    properties: int
    characters: int
    enum_values: int
    large_enum: int  # characters of the longest enum with more than 250 values
    depth: int
    references: Mapping[str, int]

    @staticmethod
    def faults(sizes: Mapping[str, Size]) -> tuple[str, ...]:
        """Say what is too large in a schema and its definitions; `sizes` holds the schema under the empty name."""
        counts = (
            (sum(size.properties for size in sizes.values()), MAX_PROPERTIES, "properties"),
            (sum(size.characters for size in sizes.values()) + sum(map(len, sizes)), MAX_CHARACTERS, "characters of names and values"),
            (sum(size.enum_values for size in sizes.values()), MAX_ENUM_VALUES, "enum values"),
            (max(size.large_enum for size in sizes.values()), MAX_LARGE_ENUM_CHARACTERS, "characters in one enum"),
            (_depth("", sizes, {}), MAX_DEPTH, "objects inside each other"),
        )
        return tuple(f"{count} {what} ({limit} allowed)" for count, limit, what in counts if count > limit)


def measure(schema: JsonObject) -> Size:
    """Count one strict schema; a reference counts where it is named, and its target apart."""
    properties = characters = enum_values = large_enum = depth = 0
    references: dict[str, int] = {}
    for node, level in _nodes(schema, 0):
        depth = max(depth, level)
        if "$ref" in node:
            name = named(node["$ref"])
            references[name] = max(references.get(name, 0), level)
        names = node.get("properties", ())
        properties += len(names)
        characters += sum(map(len, names))
        if enum := node.get("enum"):
            text = sum(len(value) for value in enum if isinstance(value, str))
            enum_values += len(enum)
            characters += text
            large_enum = max(large_enum, text if len(enum) > LARGE_ENUM else 0)
    return Size(properties, characters, enum_values, large_enum, depth, references)


def _nodes(schema: JsonObject, level: int) -> Iterator[tuple[JsonObject, int]]:
    waiting = [(schema, level)]
    while waiting:
        node, above = waiting.pop()
        level = above + ("properties" in node)
        yield node, level
        inner: list[Json] = [*node.get("properties", {}).values(), *node.get("anyOf", ())]
        if "items" in node:
            inner.append(node["items"])
        waiting += [(child, level) for child in inner]


def _depth(name: str, sizes: Mapping[str, Size], known: dict[str, int]) -> int:
    """Count how deep objects lie inside each other, definitions included; one inside itself counts once."""
    if name not in known:
        known[name] = 0  # while it is being counted: a cycle ends here
        size = sizes[name]
        below = [level + _depth(target, sizes, known) for target, level in size.references.items()]
        known[name] = max([size.depth, *below])
    return known[name]
