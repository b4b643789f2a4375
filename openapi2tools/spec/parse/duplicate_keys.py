"""Keys that stand twice in one object: of a map of named parts both halves are kept.

Documents that were put together by hand or by a script have a path twice, or `paths` itself. YAML
and JSON readers would drop the first half. Where the parts of both have names of their own, they
are kept; where they clash, the last one counts, as everywhere else.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from openapi2tools._core import pointer as json_pointer
from openapi2tools.model import Json, JsonObject, Problem

Tokens: TypeAlias = tuple[str, ...]
"""The reference tokens that lead to a value."""

# the maps of a description, by their key in the root
_MAPS: Final = frozenset(
    (
        *("paths", "webhooks", "components"),
        *("definitions", "parameters", "responses", "securityDefinitions"),
    )
)
_MAPS_OF_MAPS: Final = frozenset(("paths", "webhooks", "components"))


def is_map(tokens: Tokens) -> bool:
    """Return whether an object at these reference tokens is a map of parts with names.

    That is `paths`, a path item, `components`, a section of these, and the like.
    """
    if len(tokens) == 1:
        return tokens[0] in _MAPS
    return len(tokens) == 2 and tokens[0] in _MAPS_OF_MAPS


class ValueJoiner:
    """Joins the values of keys that stand twice in one document.

    No value that came in is edited, since an alias may share it.
    """

    def __init__(self) -> None:
        # by id: what was joined here, and may therefore take in more
        self._joined: dict[int, JsonObject] = {}

    def join(self, tokens: Tokens, old: Json, new: Json) -> tuple[Json, list[Problem]]:
        """Return what counts of the two values of a key at `tokens`, and the problems with it."""
        clashes: list[Problem] = []
        value = self._join(tokens, old, new, clashes)
        if value is new:
            return value, clashes
        return value, [duplicate_key(json_pointer.join("", *tokens), is_kept=True), *clashes]

    def _join(self, tokens: Tokens, old: Json, new: Json, clashes: list[Problem]) -> Json:
        if not (is_map(tokens) and isinstance(old, dict) and isinstance(new, dict)):
            clashes.append(duplicate_key(json_pointer.join("", *tokens), is_kept=False))
            return new
        joined = self._joined.get(id(old))
        if joined is None:
            joined = dict(old)
            self._joined[id(joined)] = joined
        for key, value in new.items():
            is_clash = key in joined
            joined[key] = (
                self._join((*tokens, key), joined[key], value, clashes) if is_clash else value
            )
        return joined


def duplicate_key(pointer: str, *, is_kept: bool) -> Problem:
    """Return the problem with a key that stands twice."""
    what = "what both of them hold is kept" if is_kept else "the last one counts"
    return Problem(
        "duplicate-key",
        f"this key stands twice in one object; {what}.",
        pointer,
        advice="Join them." if is_kept else "Remove or rename one.",
    )
