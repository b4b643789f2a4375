"""Write values and facts into sentences and descriptions."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Final, TypeVar

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from openapi2tools.model import Json, JsonObject

T = TypeVar("T")
MAX_QUOTED_CHARS: Final = 80


def quoted(value: Json, limit: int = MAX_QUOTED_CHARS) -> str:
    """Return a value as JSON that fits into a sentence."""
    if isinstance(value, float) and not math.isfinite(value):
        return json.dumps(value)  # orjson writes null
    try:
        text = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS, default=repr).decode()
    except TypeError:  # numbers beyond 64 bits, and halves of surrogate pairs
        text = ascii(value)
    return shortened(text, limit)


def shortened(text: str, limit: int) -> str:
    """Return a text, cut where it has more characters."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def listed(values: Sequence[T], most: int, write: Callable[[T], str] = str) -> str:
    """Return values one after the other, and of many how many more there are."""
    more = f" and {len(values) - most} more" if len(values) > most else ""
    return ", ".join(map(write, values[:most])) + more


def add_sentence(schema: JsonObject, sentence: str) -> None:
    """Add a sentence to the description: a fact that no keyword can carry."""
    description = schema.get("description", "")
    full_stop = "." if description[-1:].isalnum() else ""
    schema["description"] = f"{description}{full_stop} {sentence}".strip()
