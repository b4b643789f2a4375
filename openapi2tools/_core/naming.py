"""Legal, readable names of bounded length: what the names of tools are made with."""

from __future__ import annotations

import re
from hashlib import sha256
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple
from unicodedata import category, combining, normalize
from urllib.parse import unquote

from openapi2tools._core.abbreviations import ABBREVIATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_NAME_LENGTH: Final = 64  # characters, at OpenAI
LEGAL_CHARACTERS: Final = re.compile(r"[A-Za-z0-9_-]+")
_HASH_CHARS: Final = 8
_SEPARATED_WORD: Final = re.compile(r"([_-]*)([A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[A-Z])")


def to_legal_characters(text: str) -> str:
    """Return a text with `_` in place of each run of illegal characters."""
    if LEGAL_CHARACTERS.fullmatch(text):
        return text
    return "_".join(
        word for run in LEGAL_CHARACTERS.findall(to_ascii(text)) if (word := run.strip("_"))
    )


def to_ascii(text: str) -> str:
    """Return a text with its letters in the Latin alphabet: é becomes e, 订单 becomes DingDan.

    Other characters, such as an emoji, stay.
    """
    if text.isascii():
        return text
    return "".join(c if c.isascii() else _in_ascii(c) for c in normalize("NFC", text))


def _in_ascii(character: str) -> str:
    plain = "".join(c for c in normalize("NFKD", character) if not combining(c))
    if plain.isascii():
        return plain
    is_letter = character.isalnum() or category(character).startswith("M")
    if not is_letter:
        return character
    # only names in another script wait for its tables
    from anyascii import anyascii  # noqa: PLC0415

    return "".join(c for c in anyascii(character) if c.isalnum())


def name_from_path(method: str, path: str) -> str:
    """Name an operation by its method and path: `get_pets_id`."""
    name = to_legal_characters(f"{method.lower()}_{unquote(path)}").rstrip("_") or method.lower()
    if name == method.lower() and not path.isascii():  # nothing is left of the path
        return f"{name}_{_hash(path)}"
    return name


class _Word(NamedTuple):
    """A word of a name, and what separates it from the word before."""

    separator: str
    text: str

    @property
    def length(self) -> int:
        return len(self.separator) + len(self.text)


def fit_name(name: str, limit: int = MAX_NAME_LENGTH) -> str:
    """Shorten a name to `limit` characters, in the style that it has.

    Repeated separators and words go first, then the longest words are abbreviated, then a hash
    replaces words in the middle.
    """
    if len(name) <= limit:
        return name
    words = _words(name)
    surplus = sum(word.length for word in words) - limit
    for i in sorted(range(len(words)), key=lambda i: (-len(words[i].text), i)):
        if surplus <= 0:
            break
        short = words[i]._replace(text=_abbreviated(words[i].text))
        surplus += short.length - words[i].length
        words[i] = short
    return _joined(words) if surplus <= 0 else _with_hash_amid(words, name, limit)


def _with_hash_amid(words: list[_Word], name: str, limit: int) -> str:
    """Keep the first and the last words of a name, which say most, and a hash of it between."""
    room = limit - _HASH_CHARS - 2
    end = words[len(words) - _count_fitting(words[::-1], room // 2) :]
    start = words[: _count_fitting(words, room - sum(word.length for word in end))]
    if not start or not end:
        return shorten_with_hash(name, limit)
    return f"{_joined(start)}_{_hash(name)}_{_joined([end[0]._replace(separator=''), *end[1:]])}"


def _count_fitting(words: Iterable[_Word], room: int) -> int:
    """Return how many of the words, from the first on, have at most so many characters."""
    return sum(total <= room for total in accumulate(word.length for word in words))


def _joined(words: Iterable[_Word]) -> str:
    return "".join(separator + text for separator, text in words)


def _words(name: str) -> list[_Word]:
    """Return the words of a name, without those that only repeat the word before."""
    words: list[_Word] = []
    for separators, text in _SEPARATED_WORD.findall(name):
        if not words:
            words.append(_Word("", text))
        elif text.lower() != words[-1].text.lower():
            words.append(_Word(separators[:1], text))
    return words


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
    return f"{name[: limit - _HASH_CHARS - 1]}_{_hash(name)}"


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_CHARS]
