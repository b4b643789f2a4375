"""What the parts of the schema converter share: where a schema stands, and what they ask of it."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from openapi2tools.model import Json, JsonObject
    from openapi2tools.tools.schema.components.hierarchy import ClassHierarchy
    from openapi2tools.tools.schema.components.resolver import ComponentRef, ComponentResolver
    from openapi2tools.tools.schema.discriminator import Discriminators
    from openapi2tools.tools.schema.readonly import PropertyFilter

NO_NAMES: Final[frozenset[str]] = frozenset()
NULLABLE_KEYWORDS: Final = frozenset({"nullable", "x-nullable"})


class ConvertedSchema(NamedTuple):
    """A schema in JSON Schema 2020-12, and the set of the components that it refers to itself.

    The set is an integer: bit n stands for the component of number n.
    """

    schema: JsonObject
    uses: int


class ConversionContext(NamedTuple):
    """Where the schema stands that is being converted.

    One is made at each level of schemas: as a NamedTuple in half the time of a frozen dataclass.
    """

    pointer: str
    """The component, or the schema of an operation, that is being converted."""
    in_form: bool = False
    """Whether this is a form or a part of one, where binary strings are files."""
    depth: int = 0
    """How many schemas are around this one, references aside."""
    excluded: frozenset[str] = NO_NAMES
    """The properties that an `allOf` around this schema excludes: they leave all of it."""
    same_value: bool = False
    """Whether the schema applies to the very value that the schema at `pointer` applies to."""
    inlining: tuple[str, ...] = ()
    """The components that are being inlined around this schema."""
    joined: set[str] | None = None
    """The components that were inlined in the outermost `allOf` around: again they add nothing.

    Its members share this set and add to it.
    """

    def inside(self) -> ConversionContext:
        """Return the context of a schema of a part of the value: a property, an item."""
        return ConversionContext(
            self.pointer,
            self.in_form,
            self.depth + 1,
            NO_NAMES,
            False,
            self.inlining,
        )

    def deeper(self) -> ConversionContext:
        """Return the context of a schema within this one that applies to the same value."""
        return self._replace(depth=self.depth + 1)


class ReferenceAction(Enum):
    """What becomes of a reference to a component.

    - `KEEP_REF`: it becomes `#/$defs/…`.
    - `INLINE`: the component is written in its place.
    - `DROP`: it says nothing, and leaves.
    """

    KEEP_REF = auto()
    INLINE = auto()
    DROP = auto()


class Converter(Protocol):
    """What the converters of single keywords ask of the one that they belong to."""

    resolver: ComponentResolver
    hierarchy: ClassHierarchy
    property_filter: PropertyFilter
    discriminators: Discriminators
    combines_siblings: bool
    """Whether keywords beside `$ref` count (OpenAPI 3.1); else all but a few are ignored."""

    def convert_schema(self, raw: Json, context: ConversionContext, name: str = "") -> JsonObject:
        """Convert a schema; a title that repeats the `name` it stands under is dropped."""

    def convert_inlined(
        self, raw: JsonObject, pointer: str, context: ConversionContext
    ) -> JsonObject:
        """Convert the schema of a component in place of a reference to it."""

    def may_inline(self, pointer: str, context: ConversionContext) -> bool:
        """Return whether a component may be inlined: not in itself, and not without end."""

    def usual_action(self, pointer: str) -> ReferenceAction:
        """Return what becomes of references to a component where nothing else forbids it."""

    def refer(self, ref: ComponentRef) -> JsonObject:
        """Return a reference to a component, and note that it is used."""

    def report(self, kind: str, message: str, context: ConversionContext) -> None:
        """Report a problem with the document."""


KeywordConverter: TypeAlias = "Callable[[Converter, Json, JsonObject, ConversionContext], Json]"
"""Converts a keyword's value, of the schema given as written; `DROPPED` when nothing is left."""


def members_of(value: Json) -> list[Json]:
    """Return the members of `allOf` and its like; a lone schema is meant as a list of one."""
    if isinstance(value, dict):
        return [value]
    if not isinstance(value, list):
        return []
    return [member for member in value if member is not None]
