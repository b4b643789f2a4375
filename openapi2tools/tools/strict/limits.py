"""What OpenAI counts in a strict schema: names and values in while it is read, what of it is too large out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from openapi2tools.model import Json
    from openapi2tools.tools.strict.shapes import Shape

MAX_PROPERTIES: Final = 5_000
MAX_DEPTH: Final = 10
MAX_CHARACTERS: Final = 120_000
MAX_ENUM_VALUES: Final = 1_000
LARGE_ENUM: Final = 250
MAX_LARGE_ENUM_CHARACTERS: Final = 15_000


@dataclass(slots=True)
class Size:
    """The size of one schema without what it refers to; `references` holds how many objects deep each definition is named."""

    properties: int = 0
    characters: int = 0
    enum_values: int = 0
    large_enum: int = 0  # characters of the longest enum with more than 250 values
    depth: int = 0
    # what takes a mark for null, when it may be null
    marks: list[Shape] = field(default_factory=list)
    references: dict[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Tell whether there is anything to count but a name."""
        return bool(
            self.properties or self.enum_values or self.depth or self.marks or self.references
        )

    def enter(self, names: Collection[str], level: int) -> None:
        """Count an object with these properties, `level` objects deep, itself included."""
        self.properties += len(names)
        self.characters += sum(map(len, names))
        self.depth = max(self.depth, level)

    def enumerate(self, values: Collection[Json]) -> None:
        """Count the values of an enum; null and its mark, which it may get, are counted where they are given."""
        text = sum(len(value) for value in values if isinstance(value, str))
        self.characters += text
        self.enum_values += len(values)
        if len(values) > LARGE_ENUM - 2:
            self.large_enum = max(self.large_enum, text)

    def refer(self, name: str, level: int) -> None:
        """Count a reference that stands `level` objects deep."""
        known = self.references.get(name)
        if known is None or known < level:
            self.references[name] = level

    def add(self, part: Size, level: int) -> None:
        """Count a part that stands `level` objects deep."""
        self.properties += part.properties
        self.characters += part.characters
        self.enum_values += part.enum_values
        if part.large_enum:
            self.large_enum = max(self.large_enum, part.large_enum)
        if part.depth:
            self.depth = max(self.depth, level + part.depth)
        if part.marks:
            self.marks += part.marks
        for name, deeper in part.references.items():
            self.refer(name, level + deeper)

    def total(self) -> Total:
        """Count this schema alone, when all shapes are known."""
        values = self.enum_values + sum([shape.nullable for shape in self.marks])
        return Total(self.properties, self.characters, values, self.large_enum, self.depth)


class Total(NamedTuple):
    """What the sizes of one schema, or of several together, come to."""

    properties: int = 0
    characters: int = 0
    enum_values: int = 0
    large_enum: int = 0
    depth: int = 0

    def joined(self, other: Total) -> Total:
        """Count two parts of one schema together."""
        return Total(
            self.properties + other.properties,
            self.characters + other.characters,
            self.enum_values + other.enum_values,
            max(self.large_enum, other.large_enum),
            max(self.depth, other.depth),
        )

    def faults(self) -> list[str]:
        """Say what is too large."""
        return [
            f"{count} {what} ({limit} allowed)"
            for count, (limit, what) in zip(self, _LIMITS, strict=True)
            if count > limit
        ]


_LIMITS: Final = (
    (MAX_PROPERTIES, "properties"),
    (MAX_CHARACTERS, "characters of names and values"),
    (MAX_ENUM_VALUES, "enum values"),
    (MAX_LARGE_ENUM_CHARACTERS, "characters in one enum"),
    (MAX_DEPTH, "objects inside each other"),
)


def total(sizes: Mapping[str, Size], references: Mapping[str, int]) -> Total:
    """Count the definitions of a schema together, which refers to some of them itself."""
    each = [size.total() for size in sizes.values()]
    return Total(
        sum([one.properties for one in each]),
        sum([one.characters for one in each]) + sum(map(len, sizes)),
        sum([one.enum_values for one in each]),
        max([one.large_enum for one in each], default=0),
        _deepest(references, sizes, {}),
    )


def _deepest(
    references: Mapping[str, int], sizes: Mapping[str, Size], known: dict[str, int]
) -> int:
    """Count how deep objects lie inside each other by way of these references; one inside itself counts once."""
    deepest = 0
    for name, level in references.items():
        if name not in known:
            known[name] = 0  # while it is being counted: a cycle ends here
            known[name] = max(sizes[name].depth, _deepest(sizes[name].references, sizes, known))
        deepest = max(deepest, level + known[name])
    return deepest
