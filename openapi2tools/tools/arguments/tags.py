"""Find the properties whose values tell the alternatives of a union apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openapi2tools.tools.schema.keywords import distinct
from openapi2tools.tools.walk import iter_applied

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from openapi2tools.model import Json, Schema


def find_tags(alternatives: Sequence[Schema], find: Callable[[str], Json]) -> dict[str, list[Json]]:
    """Return the tags of alternatives, each with its values in all of them.

    A tag has other values in each alternative that fixes it: one constant, or a list in several.
    `find` returns what a reference names.
    """
    values_by_name: dict[str, list[list[Json]]] = {}
    for alternative in alternatives:
        for name, values in _fixed_properties(alternative, find).items():
            values_by_name.setdefault(name, []).append(values)
    return {
        name: [value for values in lists for value in values]
        for name, lists in values_by_name.items()
        if _tell_apart(lists)
    }


def _tell_apart(lists: list[list[Json]]) -> bool:
    together = distinct([value for values in lists for value in values])
    are_disjoint = len(together) == sum(map(len, lists))
    return are_disjoint and (len(lists) > 1 or len(together) == 1)


def _fixed_properties(alternative: Schema, find: Callable[[str], Json]) -> dict[str, list[Json]]:
    """Return the values of those properties of an alternative that have a list of them, or one."""
    fixed: dict[str, list[Json]] = {}
    for part in iter_applied(alternative, find):
        for name, schema in part.get("properties", {}).items():
            for inner in iter_applied(schema, find):
                if "const" in inner:
                    fixed[name] = [inner["const"]]
                elif "enum" in inner:
                    fixed.setdefault(name, distinct(inner["enum"]))
    return fixed
