"""Read the arguments that a model wrote as a `Call`: every vendor's reader ends here."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

import orjson

from openapi2tools.model import Call, Json, JsonObject, Tool

if TYPE_CHECKING:
    from openapi2tools.tools.strict.converter import StrictConverter

_MAX_QUOTED_CHARS: Final = 80
_MAYBE_BEYOND_64_BITS: Final = re.compile(r"\d{19}")
# What models put around a tool's name: `functions.get_item`, `default_api:get_item`, `get_item:0`,
# `get_item<|channel|>commentary`. None of these characters may be in a name that is offered.
_NAMESPACE: Final = re.compile(r"^.*[.:/](?=[A-Za-z0-9_-])")
_AFTER_THE_NAME: Final = re.compile(r"(?:<\||:\d+$|\().*", re.DOTALL)
_TYPES_IN_WORDS: Final[Mapping[type, str]] = {
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "an array",
    type(None): "null",
}


def to_plain_json(message: Any) -> Any:
    """Return what a vendor's SDK holds in pydantic objects as the dicts and lists of the wire."""
    if isinstance(message, list | tuple):
        return [to_plain_json(item) for item in message]
    return message.model_dump() if hasattr(message, "model_dump") else message


def only_objects(value: Any) -> list[JsonObject]:
    """Return the JSON objects of a list; none when the value is no list."""
    if not isinstance(value, list):
        return []
    return cast("list[JsonObject]", [item for item in value if isinstance(item, Mapping)])


def read_call(
    tools: Mapping[str, Tool],
    name: str,
    arguments: Json,
    *,
    id: str,  # noqa: A002 -- the noun's own word
    strict_converter: StrictConverter | None = None,
    caller: Json = None,
) -> Call:
    """Read one call.

    What is plain is read as it is meant: `functions.get_item` is `get_item`, JSON text within JSON
    text is what it holds, and null is no arguments. Text that is no JSON object gives a call with a
    `fault`, a sentence for the model. A name that no tool has is left for the client to answer.

    Args:
        tools: The tools that were offered.
        name: The tool's name, as the model wrote it.
        arguments: JSON text, an object or null.
        id: The id of the call, which its result repeats.
        strict_converter: Given when the tool was offered with a strict schema.
        caller: What the result repeats beside the id, if anything.
    """
    name = name_as_meant(name, tools)
    if isinstance(arguments, str):
        try:
            arguments = _parse_arguments(arguments)
        except (ValueError, RecursionError) as error:
            fault = _unreadable(name, arguments, str(error))
            return Call(name, id=id, caller=caller, fault=fault)
    if arguments is None:
        arguments = {}
    if not isinstance(arguments, dict):
        in_words = _TYPES_IN_WORDS.get(type(arguments), "something else")
        fault = (
            f"The arguments of {name} must be one JSON object, not {in_words}. "
            "Call it again with an object."
        )
        return Call(name, id=id, caller=caller, fault=fault)
    if strict_converter is not None and name in tools:
        try:
            arguments = strict_converter.value_from_strict(tools[name].schema, arguments)
        except RecursionError:
            fault = (
                f"The arguments of {name} are nested too deeply. Call it again with simpler ones."
            )
            return Call(name, id=id, caller=caller, fault=fault)
    return Call(name, arguments, id=id, caller=caller)


def name_as_meant(name: str, tools: Container[str]) -> str:
    """Return the name of the tool that a model means; its own word where that is not plain."""
    if name in tools:
        return name
    bare = _AFTER_THE_NAME.sub("", name.strip())
    candidates = (bare, _NAMESPACE.sub("", bare))
    return next((candidate for candidate in candidates if candidate in tools), name)


def _parse_arguments(text: str) -> Json:
    """Parse arguments, which some models encode twice; an empty text stands for none."""
    value = _parse(text) if text.strip() else {}
    if not isinstance(value, str):
        return value
    return _parse(value) if value.strip() else {}


def _parse(text: str) -> Json:
    """Parse JSON.

    orjson refuses what no API accepts (NaN, halves of surrogate pairs); json knows integers of any
    size.
    """
    value: Json = orjson.loads(text)
    return json.loads(text) if _MAYBE_BEYOND_64_BITS.search(text) else value


def _unreadable(name: str, text: str, error: str) -> str:
    end = text if len(text) <= _MAX_QUOTED_CHARS else "…" + text[-_MAX_QUOTED_CHARS:]
    return (
        f"The arguments of {name} are no JSON ({error}); they end in {end!r}. "
        "Call it again with one complete JSON object."
    )
