"""The options of a model: what a user adds to each request, under the names that the API knows."""

from __future__ import annotations

import inspect
import math
from typing import TYPE_CHECKING, Any, Final, Literal

from openapi2tools._core.json.json_types import is_number
from openapi2tools._core.reader import for_reader
from openapi2tools.errors import InvalidOption

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from openapi2tools.model import JsonObject

_WRITTEN_BY_THE_RUN: Final = frozenset(
    {"model", "messages", "input", "instructions", "tools", "stream", "stream_options"}
)
TOKEN_LIMITS: Final = ("max_tokens", "max_completion_tokens", "max_output_tokens")
"""The names under which APIs and servers know how many tokens an answer may have."""


def checked_options(
    options: Mapping[str, Any], api: Literal["responses", "chat"]
) -> dict[str, Any]:
    """Return options under the names of an API.

    Raises:
        InvalidOption: The run itself writes what an option names.
    """
    for name in options:
        if name in _WRITTEN_BY_THE_RUN:
            raise InvalidOption(
                f"{name} is no option of a model: the run itself writes it into each request."
            )
    return {_name_in_api(name, api): value for name, value in options.items()}


def checked_timeout(seconds: float) -> float:
    """Return the seconds for one turn.

    Raises:
        InvalidOption: They are no positive number.
    """
    if not is_number(seconds) or not math.isfinite(seconds) or seconds <= 0:
        raise InvalidOption(
            f"{for_reader('timeout=', '--timeout ')}{seconds!r}: give how many seconds a turn of "
            "the model may take, a number above 0."
        )
    return seconds


def as_arguments(create: Callable[..., Any], request: JsonObject) -> dict[str, Any]:
    """Return a request as arguments of a method of the SDK.

    What the SDK has no argument for goes into the body as it is: other servers know more options
    than OpenAI does.
    """
    known = inspect.signature(create).parameters
    arguments = {name: value for name, value in request.items() if name in known}
    others = {name: value for name, value in request.items() if name not in known}
    if others:
        arguments["extra_body"] = {**others, **arguments.get("extra_body", {})}
    return arguments


def _name_in_api(name: str, api: Literal["responses", "chat"]) -> str:
    if name not in TOKEN_LIMITS:
        return name
    if api == "responses":
        return "max_output_tokens"
    return "max_completion_tokens" if name == "max_output_tokens" else name
