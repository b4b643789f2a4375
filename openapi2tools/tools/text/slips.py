"""Find the name that a slip may have meant."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_MAX_COMPARED_CHARS: Final = 200
_MAX_COMPARED_NAMES: Final = 5000
_MAX_COMPARISONS: Final = 20_000  # each may take some ten microseconds
_MIN_SIMILARITY: Final = 0.6


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the name that a slip may have meant; empty where none is like it, or too many are."""
    by_lower_case = {other.lower()[:_MAX_COMPARED_CHARS]: other for other in known}
    if len(by_lower_case) > _MAX_COMPARED_NAMES:
        return by_lower_case.get(name.lower(), "")
    compared = name.lower()[:_MAX_COMPARED_CHARS]
    found = get_close_matches(compared, by_lower_case, n=1, cutoff=_MIN_SIMILARITY)
    return by_lower_case[found[0]] if found else ""


def find_slips(names: Collection[str], known: Collection[str]) -> set[str]:
    """Return the names that are like a known one; of very many, none is a slip."""
    if len(names) * len(known) > _MAX_COMPARISONS:
        return set()
    return {name for name in names if nearest(name, known)}


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a sentence on the name that may have been meant; empty where none is like it."""
    meant = nearest(name, known)
    return f" Did you mean {meant}?" if meant else ""
