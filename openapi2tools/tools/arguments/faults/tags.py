"""Find the properties whose values tell the alternatives of a union apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openapi2tools.tools.schema.keywords import distinct
from openapi2tools.tools.walk import iter_applied

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from openapi2tools.model import Json, Schema


def find_tags(
    alternatives: Sequence[Schema], resolve: Callable[[str], Json]
) -> dict[str, list[Json]]:
    """Return the tags of alternatives, each with its values in all of them.

    A tag is a property with a `const` or an `enum` whose values are in no other alternative.
    `resolve` returns what a reference names.
    """
    values_by_name: dict[str, list[list[Json]]] = {}
    for alternative in alternatives:
        for name, values in _fixed_properties(alternative, resolve).items():
            values_by_name.setdefault(name, []).append(values)
    return {
        name: [value for values in value_lists for value in values]
        for name, value_lists in values_by_name.items()
        if _are_distinct(value_lists)
    }


def _are_distinct(value_lists: list[list[Json]]) -> bool:
    """Return whether no value stands in two of the lists; one list alone is of one value."""
    all_values = distinct([value for values in value_lists for value in values])
    are_disjoint = len(all_values) == sum(map(len, value_lists))
    return are_disjoint and (len(value_lists) > 1 or len(all_values) == 1)


def _fixed_properties(alternative: Schema, resolve: Callable[[str], Json]) -> dict[str, list[Json]]:
    """Return the properties of an alternative that have a `const` or an `enum`, with its values."""
    fixed: dict[str, list[Json]] = {}
    for part in iter_applied(alternative, resolve):
        for name, schema in part.get("properties", {}).items():
            for inner in iter_applied(schema, resolve):
                if "const" in inner:
                    fixed[name] = [inner["const"]]
                elif "enum" in inner:
                    fixed.setdefault(name, distinct(inner["enum"]))
    return fixed
