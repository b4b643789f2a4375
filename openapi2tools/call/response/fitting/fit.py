"""Fit a value into a number of tokens: as much of it as there is room for, as JSON or as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from openapi2tools.call.response.fitting.cut import Cut, cut_value, json_text
from openapi2tools.call.response.fitting.tables import with_tables
from openapi2tools.tools.text.tokens import count_tokens

if TYPE_CHECKING:
    from openapi2tools.model import Json

DEFAULT_LIMIT_TOKENS: Final = 5_000
_USUAL_CHARS_PER_TOKEN: Final = 8
"""What few texts have more of: the start of a long one tells that it is too long."""
_SAMPLE_CHARS: Final = 3_000
_ATTEMPTS: Final = 4
_FULL_ENOUGH: Final = 0.9
_SAFETY: Final = 0.96


class Fitted(NamedTuple):
    """A text within a number of tokens, and what of the value was cut for it."""

    text: str
    cuts: tuple[Cut, ...] = ()
    has_tables: bool = False


def is_within(text: str, limit_tokens: int) -> bool:
    """Return whether a text has no more than so many tokens; a short one is not counted."""
    if len(text) <= limit_tokens:  # a token has a character at least
        return True
    start = text[: limit_tokens * _USUAL_CHARS_PER_TOKEN]
    if count_tokens(start) > limit_tokens:
        return False
    return len(start) == len(text) or count_tokens(text) <= limit_tokens


def fit(value: Json, text: str, limit_tokens: int) -> Fitted:
    """Return as much of a value as fits: JSON of objects and lists, else the first characters.

    Args:
        value: The value.
        text: How it is written as a whole.
        limit_tokens: How many tokens may be used.
    """
    sample = text[:_SAMPLE_CHARS]
    chars_per_token = len(sample) / max(count_tokens(sample), 1)
    limit = max(int(limit_tokens * chars_per_token), 1)
    best: Fitted | None = None
    for _ in range(_ATTEMPTS):
        fitted = _attempt(value, text, limit)
        count = max(count_tokens(fitted.text), 1)
        if count <= limit_tokens:
            best = fitted
            if not fitted.cuts or count >= _FULL_ENOUGH * limit_tokens:
                break
        limit = max(int(limit * limit_tokens / count * _SAFETY), 1)
    while best is None:
        limit //= 2
        fitted = _attempt(value, text, limit)
        if limit <= 1 or count_tokens(fitted.text) <= limit_tokens:
            best = fitted
    return best


def _attempt(value: Json, text: str, limit: int) -> Fitted:
    """Return what fits into a number of characters, but for what tables save."""
    if isinstance(value, dict | list):
        kept, cuts = cut_value(value, limit)
        if kept:
            written, has_tables = with_tables(kept)
            return Fitted(json_text(written), tuple(cuts), has_tables)
    if len(text) <= limit:
        return Fitted(text)
    return Fitted(text[:limit], (Cut("", limit, len(text), "characters"),))
