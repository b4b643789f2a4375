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


def nearest_names(
    name: str, known: Iterable[str], *, most: int, min_similarity: float = _MIN_SIMILARITY
) -> list[str]:
    """Return the names that a slip may have meant, the likeliest first.

    Of very many, only one that differs by its case is found.
    """
    by_lower_case = {other.lower()[:_MAX_COMPARED_CHARS]: other for other in known}
    compared = name.lower()[:_MAX_COMPARED_CHARS]
    if len(by_lower_case) > _MAX_COMPARED_NAMES:
        return [by_lower_case[compared]] if compared in by_lower_case else []
    found = get_close_matches(compared, by_lower_case, n=most, cutoff=min_similarity)
    return [by_lower_case[each] for each in found]


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the name that a slip may have meant; empty where none is like it."""
    return next(iter(nearest_names(name, known, most=1)), "")


def find_slips(names: Collection[str], known: Collection[str]) -> set[str]:
    """Return the names that are like a known one; of very many, none is a slip."""
    if len(names) * len(known) > _MAX_COMPARISONS:
        return set()
    return {name for name in names if nearest(name, known)}


def did_you_mean(
    name: str, known: Iterable[str], *, most: int = 1, min_similarity: float = _MIN_SIMILARITY
) -> str:
    """Return a sentence on the names that may have been meant; empty where none is like it."""
    meant = nearest_names(name, known, most=most, min_similarity=min_similarity)
    return f" Did you mean {', '.join(meant)}?" if meant else ""
