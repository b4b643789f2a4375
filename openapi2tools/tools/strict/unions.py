"""Join the branches of a union into one shape, the simplest that says the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openapi2tools.tools.strict.compounds import ReferenceShape, UnionShape
from openapi2tools.tools.strict.shapes import JsonTextShape, NullShape, ScalarShape, Shape

if TYPE_CHECKING:
    from collections.abc import Iterable


def join_branches(shapes: Iterable[Shape], description: str, *, null: bool) -> Shape | None:
    """Return the shape of a union with this description; None when no value fits it.

    `null` says that the union allows null beside its branches.
    """
    branches, null = _flatten(shapes, null=null)
    if any(isinstance(branch, JsonTextShape) and branch.json_type == "any" for branch in branches):
        # beside text of any JSON nobody could tell a plain string
        branches = [branch for branch in branches if not _is_string(branch)]
    if len(branches) > 1:
        return UnionShape(branches, description, null)
    if branches:
        return _only_branch(branches[0], description, null=null)
    return NullShape(description) if null else None


def _flatten(shapes: Iterable[Shape], *, null: bool) -> tuple[list[Shape], bool]:
    """Take unions without a description and null apart; name each reference once."""
    branches: list[Shape] = []
    for shape in shapes:
        if isinstance(shape, UnionShape) and not shape.description:
            branches += shape.branches
            null = null or shape.null
        elif isinstance(shape, NullShape):
            null = True
        elif not isinstance(shape, ReferenceShape) or shape not in branches:
            branches.append(shape)
    return branches, null


def _is_string(shape: Shape) -> bool:
    return isinstance(shape, ScalarShape) and shape.schema["type"] == "string"


def _only_branch(only: Shape, description: str, *, null: bool) -> Shape:
    """Return the only branch of a union, with the union's description, nullable when that is."""
    if isinstance(only, UnionShape):
        if description:
            return UnionShape([only], description, null)
        return UnionShape(only.branches, only.description, null or only.null)
    if isinstance(only, ReferenceShape):
        if null:
            return UnionShape([only], description, null=True)
        return ReferenceShape(only.name, only.find, description or only.description)
    only.description = " ".join(part for part in (description, only.description) if part)
    only.nullable = only.nullable or null
    return only
