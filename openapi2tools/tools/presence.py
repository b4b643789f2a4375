"""Recognize unions that only say which properties an object must have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from openapi2tools.model import Schema

_PRESENCE_KEYWORDS: Final = frozenset({"required", "not", "type", "title", "description"})


def only_requires_properties(branches: list[Schema]) -> bool:
    """Return whether the branches of a union say nothing but which properties must be there."""
    some_requires = False
    for branch in branches:
        if not isinstance(branch, dict) or not branch.keys() <= _PRESENCE_KEYWORDS:
            return False
        some_requires = some_requires or "required" in branch
    return some_requires
