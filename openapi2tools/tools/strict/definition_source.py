"""What a shape reader asks of the schemas around its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from openapi2tools.model import Schema
    from openapi2tools.tools.strict.limits import Size
    from openapi2tools.tools.strict.location import SchemaLocation
    from openapi2tools.tools.strict.shapes import Property, Shape
    from openapi2tools.tools.strict.subset import Subset


class NothingFits(Exception):
    """No value fits a schema: what holds it can do without it, or fits nothing, too."""


class SizedProperty(NamedTuple):
    """A property, how large it is, and the reasons why it has no shape.

    The size is counted from the property's own location; it is None for one that is only a name.
    """

    property: Property
    size: Size | None
    reasons: list[str]


class DefinitionSource(Protocol):
    """Finds and counts what lies outside the schema that a shape reader reads."""

    subset: Subset

    def plain_schema(self, reference: str) -> Schema:
        """Return the plain schema that a reference names."""

    def find_shape(self, name: str) -> Shape:
        """Return the shape of an entry of `$defs`."""

    def may_merge(self) -> bool:
        """Return whether one more schema may be merged inside a merged one.

        Without a limit their number could grow without end.
        """

    def read_property(
        self, schema: Schema, inside: SchemaLocation, name: str, *, optional: bool
    ) -> SizedProperty:
        """Return a property, read once for all the objects that share it.

        Raises `NothingFits` when it is required and nothing fits it.
        """
