"""Legal, readable names of bounded length: what the names of tools are made with."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from unicodedata import combining, normalize

from openapi2tools._core.abbreviations import ABBREVIATIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_NAME_LENGTH: Final = 64  # characters, at OpenAI
LEGAL_CHARACTERS: Final = re.compile(r"[A-Za-z0-9_-]+")
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[A-Z]")


def to_legal_characters(text: str) -> str:
    """Return a text with `_` in place of each run of illegal characters."""
    if LEGAL_CHARACTERS.fullmatch(text):
        return text
    return "_".join(
        word for run in LEGAL_CHARACTERS.findall(strip_accents(text)) if (word := run.strip("_"))
    )


def strip_accents(text: str) -> str:
    """Return a text without accents: é becomes e."""
    return (
        text if text.isascii() else "".join(c for c in normalize("NFKD", text) if not combining(c))
    )


def name_from_path(method: str, path: str) -> str:
    """Name an operation by its method and path: `get_pets_id`."""
    return to_legal_characters(f"{method.lower()}_{path}").rstrip("_") or method.lower()


def fit_name(name: str, limit: int = MAX_NAME_LENGTH) -> str:
    """Shorten a name to `limit` characters.

    Separators go first, then the longest words are abbreviated, then a hash replaces the middle.
    """
    if len(name) <= limit:
        return name
    words = _WORD.findall(name)
    surplus = sum(map(len, words)) - limit
    if surplus > 0:
        words = [
            word for i, word in enumerate(words) if i == 0 or word.lower() != words[i - 1].lower()
        ]
        surplus = sum(map(len, words)) - limit
        for i in sorted(range(len(words)), key=lambda i: (-len(words[i]), i)):
            short = _abbreviated(words[i])
            surplus += len(short) - len(words[i])
            words[i] = short
            if surplus <= 0:
                break
    return _camel(words) if surplus <= 0 else shorten_with_hash(name, limit)


def _camel(words: Sequence[str]) -> str:
    return words[0] + "".join(word[:1].upper() + word[1:] for word in words[1:])


def _abbreviated(word: str) -> str:
    short = ABBREVIATIONS.get(word.lower())
    if short is None:
        return word
    return short.capitalize() if word[:1].isupper() else short


def shorten_with_hash(name: str, limit: int = MAX_NAME_LENGTH) -> str:
    """Cut a name to `limit` characters, ending in a hash of the whole name.

    The result is the same in every run.
    """
    if len(name) <= limit:
        return name
    return f"{name[: limit - 9]}_{sha256(name.encode()).hexdigest()[:8]}"
