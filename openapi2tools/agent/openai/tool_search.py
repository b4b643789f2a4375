"""OpenAI's `tool_search`, answered by us (`execution: "client"`): the Responses API with a finder.

The model asks with a `tool_search_call`; the `tool_search_output` that answers it loads the full
definitions of what was found. They stay in the input, so the beginning of a request never changes
and the vendor's prompt cache keeps it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

import orjson

from openapi2tools.agent.openai import responses
from openapi2tools.agent.tool_search.finder import FIND_DESCRIPTION, QUERY
from openapi2tools.formats import openai_responses
from openapi2tools.formats.export import export
from openapi2tools.model import Call

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.agent.openai.wire import Wire
    from openapi2tools.agent.record.entries import Turn
    from openapi2tools.agent.tool_search.finder import ToolFinder
    from openapi2tools.model import Json, JsonObject, Result, Tool

SEARCH_TOOL: Final[JsonObject] = {
    "type": "tool_search",
    "execution": "client",
    "description": FIND_DESCRIPTION,
    "parameters": QUERY,
}
# OpenAI documents it for gpt-5.4 and later.
_MODEL: Final = re.compile(r"gpt-(\d+)(?:\.(\d+))?\b")
_FIRST_VERSION: Final = (5, 4)
_ITEM_KEYS: Final = ("type", "id", "call_id", "arguments", "execution", "status")


def knows_tool_search(model_name: str) -> bool:
    """Return whether a model of that name searches for tools."""
    match = _MODEL.match(model_name)
    return match is not None and (int(match[1]), int(match[2] or 0)) >= _FIRST_VERSION


def searching_responses(finder: ToolFinder, *, strict: bool) -> Wire:
    """Return the Responses API for a model that finds its tools with `finder`."""
    definitions: dict[str, JsonObject] = {}

    def write_result(result: Result) -> JsonObject:
        if result.tool != finder.find_name:
            return openai_responses.write_result(result)  # type: ignore[no-any-return]
        names = [name for name in _found_names(result) if name in finder.tools]
        missing = {name: finder.tools[name] for name in names if name not in definitions}
        exported = export(missing, responses.NAME, strict=strict) if missing else []
        definitions.update(zip(missing, exported, strict=True))
        return {
            "type": "tool_search_output",
            "call_id": result.call_id,
            "execution": "client",
            "status": "completed",
            "tools": [definitions[name] for name in names],
        }

    return replace(
        responses.RESPONSES,
        write_request=partial(responses.write_request, write_result=write_result),
        read_turn=partial(_read_turn, finder),
    )


def _found_names(result: Result) -> list[str]:
    return list(result.data["tools"]) if isinstance(result.data, dict) else []


def _read_turn(
    finder: ToolFinder, answer: JsonObject, tools: Mapping[str, Tool], /, *, strict: bool
) -> Turn:
    """Read a whole response; its searches are calls of `find_tools`, in their place."""
    turn = responses.read_turn(answer, tools, strict=strict)
    call_by_id = {call.id: call for call in turn.calls}
    items = tuple(_as_input(item) for item in turn.items)
    calls = [
        _search_call(finder, item) if _is_search(item) else call_by_id.get(item.get("call_id", ""))
        for item in items
    ]
    return replace(turn, items=items, calls=tuple(call for call in calls if call is not None))


def _is_search(item: JsonObject) -> bool:
    return bool(item.get("type") == "tool_search_call" and item.get("execution") == "client")


def _as_input(item: JsonObject) -> JsonObject:
    """Return what a request may hold of a search call; other items stay as they are."""
    if not _is_search(item):
        return item
    return {key: item[key] for key in _ITEM_KEYS if key in item}


def _search_call(finder: ToolFinder, item: JsonObject) -> Call:
    arguments = _read_arguments(item.get("arguments"))
    return Call(finder.find_name, arguments, id=str(item.get("call_id") or ""))


def _read_arguments(arguments: Json) -> JsonObject:
    if isinstance(arguments, str):
        try:
            arguments = orjson.loads(arguments)
        except orjson.JSONDecodeError:
            return {}
    return arguments if isinstance(arguments, dict) else {}
