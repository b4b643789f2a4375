"""Make texts and numbers that fit a schema, as they look in real life."""

from __future__ import annotations

import base64
import re
from math import ceil, floor, inf
from typing import TYPE_CHECKING, Final
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    from openapi2tools.model import JsonObject

_FORMATS: Final[Mapping[str, Callable[[Random], str]]] = {
    "date-time": lambda random: f"{_day(random)}T{random.randint(8, 18):02}:30:00Z",
    "date": lambda random: _day(random),  # noqa: PLW0108 -- it is defined below
    "time": lambda random: f"{random.randint(8, 18):02}:30:00Z",
    "duration": lambda random: f"P{random.randint(1, 30)}D",
    "email": lambda random: f"ann{random.randint(1, 999)}@example.com",
    "idn-email": lambda random: f"ann{random.randint(1, 999)}@example.com",
    "uuid": lambda random: str(UUID(int=random.getrandbits(128), version=4)),
    "uri": lambda random: f"https://example.com/{random.randint(1, 999)}",
    "url": lambda random: f"https://example.com/{random.randint(1, 999)}",
    "iri": lambda random: f"https://example.com/{random.randint(1, 999)}",
    "uri-reference": lambda random: f"/{random.randint(1, 999)}",
    "hostname": lambda random: f"host{random.randint(1, 999)}.example.com",
    "ipv4": lambda random: f"192.0.2.{random.randint(1, 254)}",
    "ipv6": lambda random: f"2001:db8::{random.randint(1, 9999):x}",
    "byte": lambda random: base64.b64encode(random.randbytes(6)).decode(),
    "json-pointer": lambda _: "/a/b",
    "regex": lambda _: "^a+$",
    "int32": lambda random: str(random.randint(1, 999)),
    "int64": lambda random: str(random.randint(1, 999)),
    "decimal": lambda random: f"{random.randint(1, 999)}.50",
}
_MAX_NUMBER: Final = 999


def sample_text(schema: JsonObject, name: str, random: Random) -> str:
    """Return a text of a schema without a pattern; `name` is that of the property."""
    made = _FORMATS.get(str(schema.get("format")))
    if made is not None:
        return made(random)
    words = re.sub(r"[_\W]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)).strip().lower()
    text = f"{words or 'text'} {random.randint(1, _MAX_NUMBER)}"
    least, most = schema.get("minLength", 0), schema.get("maxLength", inf)
    if len(text) > most:
        text = text.rpartition(" ")[2]  # what tells texts apart
    text = text.ljust(int(least), "x")
    return text[: int(most)] if most < inf else text


def sample_number(schema: JsonObject, random: Random, *, integer: bool) -> float | None:
    """Return a number between the bounds of a schema; None where there is none."""
    low = max(schema.get("minimum", -inf), schema.get("exclusiveMinimum", -inf))
    high = min(schema.get("maximum", inf), schema.get("exclusiveMaximum", inf))
    step = schema.get("multipleOf", 1)
    if not integer and low < inf and high - low < step:  # such as a share between 0 and 1
        step = schema.get("multipleOf", (high - low) / 4 or 1)
    first = ceil(low / step) if low > -inf else min(1, floor(high / step) if high < inf else 1)
    if first * step <= schema.get("exclusiveMinimum", -inf):
        first += 1
    last = floor(high / step) if high < inf else max(first, 0) + _MAX_NUMBER
    if last * step >= schema.get("exclusiveMaximum", inf):
        last -= 1
    if last < first:
        return low if low == high else None
    number = random.randint(first, min(last, first + _MAX_NUMBER)) * step
    return int(number) if integer else number


def _day(random: Random) -> str:
    return f"2026-{random.randint(1, 12):02}-{random.randint(1, 28):02}"
