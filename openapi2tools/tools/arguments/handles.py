"""Offer handles: where a tool takes a file, `{"result": id of a call}` stands for what it answered.

Only where a run, or a server, keeps what calls answer can such an id be followed. So it is no part
of the tools that are built, and is added for whoever offers them.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from openapi2tools._core.identity import cached_by_identity
from openapi2tools.model import Toolset
from openapi2tools.tools.schema.convert import FILE_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable

    from openapi2tools.model import Json, JsonObject, Tool

_Convert: TypeAlias = "Callable[[Json], Json]"
_HANDLE_KEY: Final = "result"
_HANDLE: Final[JsonObject] = {
    "type": "string",
    "description": "Id of an earlier call that answered the file.",
}


def takes_file(tool: Tool) -> bool:
    """Return whether a tool takes a file among its arguments."""
    return _converter()(tool.schema) is not tool.schema


def with_handles(tools: Toolset) -> Toolset:
    """Return the tools as they are offered where handles can be followed.

    A tool is looked at when it is needed, and a schema that several share stays one.
    """
    convert = _converter()
    offered = [tool.changed_later(partial(_offered, convert=convert)) for tool in tools.values()]
    return Toolset(offered, lambda: tools.problems)


def _offered(tool: Tool, convert: _Convert) -> Tool:
    schema = convert(tool.schema)
    return tool if schema is tool.schema else replace(tool, schema=schema)


def _converter() -> _Convert:
    """Return what adds handles to a schema; one that has no file in it stays the very same."""

    def convert(value: Json) -> Json:
        return convert_once(value) if isinstance(value, dict | list) else value

    convert_once = cached_by_identity(lambda value: _converted(value, convert))
    return convert


def _converted(value: Json, convert: _Convert) -> Json:
    if isinstance(value, list):
        items = [convert(item) for item in value]
        return (
            items if any(new is not old for new, old in zip(items, value, strict=True)) else value
        )
    if _is_file(value):
        return {
            **value,
            "properties": {**value["properties"], _HANDLE_KEY: _HANDLE},
            "oneOf": [*value["oneOf"], {"required": [_HANDLE_KEY]}],
        }
    members = {name: convert(member) for name, member in value.items()}
    return members if any(members[name] is not value[name] for name in value) else value


def _is_file(schema: JsonObject) -> bool:
    properties = schema.get("properties")
    has_its_properties = isinstance(properties, dict) and (
        properties.keys() == FILE_SCHEMA["properties"].keys()
    )
    return has_its_properties and schema.get("oneOf") == FILE_SCHEMA["oneOf"]
