"""Write values and facts into sentences and descriptions."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Final

import orjson

if TYPE_CHECKING:
    from openapi2tools.model import Json, JsonObject

MAX_QUOTED_CHARS: Final = 80


def quoted(value: Json, limit: int = MAX_QUOTED_CHARS) -> str:
    """Return a value as JSON that fits into a sentence."""
    if isinstance(value, float) and not math.isfinite(value):
        return json.dumps(value)  # orjson writes null
    try:
        text = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS, default=repr).decode()
    except TypeError:  # numbers beyond 64 bits, and halves of surrogate pairs
        text = ascii(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def add_sentence(schema: JsonObject, sentence: str) -> None:
    """Add a sentence to the description: a fact that no keyword can carry."""
    description = schema.get("description", "")
    full_stop = "." if description[-1:].isalnum() else ""
    schema["description"] = f"{description}{full_stop} {sentence}".strip()
