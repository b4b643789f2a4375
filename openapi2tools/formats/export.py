"""Tools in, the list of definitions that one vendor takes out, and a report of what each costs and why it is not strict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import orjson

from openapi2tools.errors import BuildError
from openapi2tools.formats import openai_chat, openai_responses
from openapi2tools.model import JsonObject, Tool
from openapi2tools.tools.strict import Tightener

Describe = Callable[..., JsonObject]

FORMATS: Final[Mapping[str, Describe]] = MappingProxyType(
    {
        "openai-chat": openai_chat.describe,
        "openai-responses": openai_responses.describe,
    }
)


@dataclass(frozen=True, slots=True)
class Row:
    """What one tool costs (o200k_base tokens of its JSON), and why it is not strict."""

    name: str
    method: str
    path: str
    tokens: int
    strict: bool
    reasons: tuple[str, ...] = ()
    shortened: tuple[str, ...] = ()


def export(tools: Mapping[str, Tool], format: str = "openai-chat", *, strict: bool = True) -> list[JsonObject]:  # noqa: A002 -- the option's name
    """Describe every tool for one vendor, in the tools' order.

    A tool that cannot be strict is written with `strict: false`; `report` tells why. The values are shared with the tools: read, don't edit.
    """
    if format not in FORMATS:
        raise BuildError(f"There is no format {format!r}. There are: {', '.join(FORMATS)}.")
    tightener = Tightener()
    return [FORMATS[format](tool, strict=strict, tightener=tightener) for tool in tools.values()]


def dumps(value: object, *, indent: bool = False) -> bytes:
    """Write JSON the same way every time, UTF-8, in the order of the keys as they are."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE if indent else None)
