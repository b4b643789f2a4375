"""The text or object of arguments that a model wrote in, a `Call` in the plain shape out: every vendor's reader ends here."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

import orjson

from openapi2tools.model import Call, Json, JsonObject, Tool

if TYPE_CHECKING:
    from openapi2tools.tools.strict.converter import StrictConverter

_SHOWN: Final = 80
_LONG: Final = re.compile(r"\d{19}")  # digits that may be beyond 64 bits


def plain(message: Any) -> Any:
    """Give what a vendor's SDK holds in objects, pydantic's, as the dicts and lists that went over the wire."""
    if isinstance(message, list | tuple):
        return [plain(item) for item in message]
    return message.model_dump() if hasattr(message, "model_dump") else message


def objects(value: Any) -> list[JsonObject]:
    """Give the objects of a list, and nothing where something else stands."""
    return cast(
        "list[JsonObject]",
        [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else [],
    )


def read_call(
    tools: Mapping[str, Tool],
    name: str,
    arguments: Json,
    *,
    id: str,  # noqa: A002 -- the noun's own word
    tightener: StrictConverter | None = None,
    caller: Json = None,
) -> Call:
    """Read one call. `arguments` is JSON text or an object; `tightener` is given when the tool was offered strictly.

    Text that is no JSON object gives a `fault`, a sentence for the model. A name that no tool has
    is left for the client to answer.
    """
    if isinstance(arguments, str):
        try:
            arguments = _read(arguments) if arguments.strip() else {}
        except (ValueError, RecursionError) as error:
            return Call(name, id=id, caller=caller, fault=_unreadable(name, arguments, str(error)))
    if not isinstance(arguments, dict):
        fault = f"The arguments of {name} must be one JSON object, not {_kind(arguments)}. Call it again with an object."
        return Call(name, id=id, caller=caller, fault=fault)
    if tightener is not None and name in tools:
        try:
            arguments = tightener.value_from_strict(tools[name].schema, arguments)
        except RecursionError:
            fault = (
                f"The arguments of {name} are nested too deeply. Call it again with simpler ones."
            )
            return Call(name, id=id, caller=caller, fault=fault)
    return Call(name, arguments, id=id, caller=caller)


def _read(text: str) -> Json:
    """Read JSON: with a reader that refuses what no API takes (NaN, halves of surrogate pairs), and one that knows integers of any size."""
    value: Json = orjson.loads(text)
    return json.loads(text) if _LONG.search(text) else value


def _kind(value: Json) -> str:
    """Name a value's type in JSON's words, the only ones that a model knows."""
    kinds = {
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "a string",
        list: "an array",
        type(None): "null",
    }
    return kinds.get(type(value), "something else")


def _unreadable(name: str, text: str, error: str) -> str:
    end = text if len(text) <= _SHOWN else "…" + text[-_SHOWN:]
    return f"The arguments of {name} are no JSON ({error}); they end in {end!r}. Call it again with one complete JSON object."
