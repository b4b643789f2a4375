"""Count what OpenAI limits in a strict schema, and say which limits it exceeds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from openapi2tools.model import Json
    from openapi2tools.tools.strict.shapes import Shape

MAX_PROPERTIES: Final = 5_000
MAX_DEPTH: Final = 10  # objects inside each other
MAX_CHARACTERS: Final = 120_000  # of names and enum values
MAX_ENUM_VALUES: Final = 1_000
LARGE_ENUM: Final = 250  # values; a larger enum has a limit of its own
MAX_LARGE_ENUM_CHARACTERS: Final = 15_000


@dataclass(slots=True)
class Size:
    """The size of one schema without what it refers to, counted while the schema is read.

    `references` holds, for each definition that is named, how many objects deep that is at most.
    """

    properties: int = 0
    characters: int = 0
    enum_values: int = 0
    large_enum: int = 0  # characters of the longest enum with more than 250 values
    depth: int = 0
    # what gets a mark for null, should it be nullable
    maybe_marked: list[Shape] = field(default_factory=list)
    references: dict[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Return whether there is anything to count but a name."""
        return bool(
            self.properties
            or self.enum_values
            or self.depth
            or self.maybe_marked
            or self.references
        )

    def add_object(self, names: Collection[str], depth: int) -> None:
        """Count an object with these properties, `depth` objects deep, itself included."""
        self.properties += len(names)
        self.characters += sum(map(len, names))
        self.depth = max(self.depth, depth)

    def add_enum(self, values: Collection[Json]) -> None:
        """Count the values of an enum.

        Null and its mark, which the enum may get, are counted where they are given.
        """
        characters = sum(len(value) for value in values if isinstance(value, str))
        self.characters += characters
        self.enum_values += len(values)
        if len(values) > LARGE_ENUM - 2:
            self.large_enum = max(self.large_enum, characters)

    def add_reference(self, name: str, depth: int) -> None:
        """Count a reference that stands `depth` objects deep."""
        known = self.references.get(name)
        if known is None or known < depth:
            self.references[name] = depth

    def add_part(self, part: Size, depth: int) -> None:
        """Count a part that stands `depth` objects deep."""
        self.properties += part.properties
        self.characters += part.characters
        self.enum_values += part.enum_values
        if part.large_enum:
            self.large_enum = max(self.large_enum, part.large_enum)
        if part.depth:
            self.depth = max(self.depth, depth + part.depth)
        if part.maybe_marked:
            self.maybe_marked += part.maybe_marked
        for name, deeper in part.references.items():
            self.add_reference(name, depth + deeper)

    def total(self) -> TotalSize:
        """Return the size of this schema alone, once all shapes are known."""
        marks = sum([shape.nullable for shape in self.maybe_marked])
        return TotalSize(
            self.properties,
            self.characters,
            self.enum_values + marks,
            self.large_enum,
            self.depth,
        )


class TotalSize(NamedTuple):
    """What the sizes of one schema, or of several together, come to."""

    properties: int = 0
    characters: int = 0
    enum_values: int = 0
    large_enum: int = 0
    depth: int = 0

    def plus(self, other: TotalSize) -> TotalSize:
        """Return the size of two parts of one schema together."""
        return TotalSize(
            self.properties + other.properties,
            self.characters + other.characters,
            self.enum_values + other.enum_values,
            max(self.large_enum, other.large_enum),
            max(self.depth, other.depth),
        )

    def exceeded_limits(self) -> list[str]:
        """Return what is too large, in words."""
        return [
            f"{count} {what} ({limit} allowed)"
            for count, (limit, what) in zip(self, _LIMITS, strict=True)
            if count > limit
        ]


_LIMITS: Final = (  # in the order of the fields of `TotalSize`
    (MAX_PROPERTIES, "properties"),
    (MAX_CHARACTERS, "characters of names and values"),
    (MAX_ENUM_VALUES, "enum values"),
    (MAX_LARGE_ENUM_CHARACTERS, "characters in one enum"),
    (MAX_DEPTH, "objects inside each other"),
)


def total_of_definitions(sizes: Mapping[str, Size], references: Mapping[str, int]) -> TotalSize:
    """Return the size of the definitions of a schema together.

    `references` are those of the schema itself, to some of the definitions.
    """
    totals = [size.total() for size in sizes.values()]
    return TotalSize(
        sum([one.properties for one in totals]),
        sum([one.characters for one in totals]) + sum(map(len, sizes)),
        sum([one.enum_values for one in totals]),
        max([one.large_enum for one in totals], default=0),
        _depth_through(references, sizes, {}),
    )


def _depth_through(
    references: Mapping[str, int], sizes: Mapping[str, Size], known: dict[str, int]
) -> int:
    """Return how deep objects lie inside each other by way of these references.

    A definition inside itself counts once.
    """
    deepest = 0
    for name, depth in references.items():
        if name not in known:
            known[name] = 0  # while it is being counted: a cycle ends here
            below = _depth_through(sizes[name].references, sizes, known)
            known[name] = max(sizes[name].depth, below)
        deepest = max(deepest, depth + known[name])
    return deepest
