"""Say that there is no such argument, and which one may be meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools._core import pointer
from openapi2tools._core.slips import did_you_mean
from openapi2tools.tools.walk import COMPOSITION_KEYWORDS, iter_applied

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from openapi2tools.model import Json, JsonObject

_MAX_ADVISED: Final = 30  # of the names; the others are only refused
_MAX_LISTED: Final = 12


def unknown_arguments(
    names: Sequence[str], unused: Collection[str], schema: JsonObject
) -> list[str]:
    """Say of each name that there is no such argument; of the first ones, what may be meant."""
    faults = [unknown_argument(name, unused, schema) for name in names[:_MAX_ADVISED]]
    return faults + [f"{name}: there is no such argument." for name in names[_MAX_ADVISED:]]


def unknown_argument(name: str, unused: Iterable[str], schema: JsonObject) -> str:
    """Say that there is no such argument, and where that field is, or what has no value yet.

    Required arguments come first.
    """
    holders = [argument for argument in schema["properties"] if _has_field(argument, name, schema)]
    if holders:
        return f"{name}: there is no such argument: that field is inside {' or '.join(holders)}."
    required = schema.get("required", ())
    others = sorted(unused, key=lambda other: (other not in required, other))
    advice = did_you_mean(name, others)
    if not advice and 0 < len(others) <= _MAX_LISTED:
        marked = [f"{other} (required)" if other in required else other for other in others]
        advice = f" There {'is' if len(others) == 1 else 'are'} {', '.join(marked)}."
    return f"{name}: there is no such argument.{advice}"


def _has_field(argument: str, name: str, schema: JsonObject) -> bool:
    """Return whether an argument is an object, or may be one, with a property of that name."""

    def find(reference: str) -> Json:
        return pointer.target_of(schema, reference)

    applied = iter_applied(schema["properties"][argument], find, COMPOSITION_KEYWORDS)
    return any(name in part.get("properties", {}) for part in applied)
