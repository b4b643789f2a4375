"""Arguments of our own that say what of an answer a model wants: its fields, and how many pages.

They stand beside the arguments of the API, under names that none of those has, and are taken out of
a call before it is checked: no request holds them.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from openapi2tools._core.json.json_types import is_whole_number
from openapi2tools.call.fields.expression import UnusableExpression
from openapi2tools.call.fields.given import selection_for
from openapi2tools.call.fields.select import Selection
from openapi2tools.call.response.pages.query import can_page
from openapi2tools.errors import InvalidArguments
from openapi2tools.model import Effect, Toolset

if TYPE_CHECKING:
    from openapi2tools.call.options import Options
    from openapi2tools.model import Call, Json, JsonObject, Tool

_FIELDS: Final = "answer_fields"
_PAGES: Final = "answer_pages"
_FIELDS_SCHEMA: Final[JsonObject] = {
    "type": "string",
    "description": "Only these fields of the answer: id,items.name, or JMESPath.",
}


class Wanted(NamedTuple):
    """What a call wants of its answer; None and 1 where it does not say."""

    call: Call
    selection: Selection | None = None
    pages: int = 1


def with_answer_arguments(tools: Toolset, options: Options) -> Toolset:
    """Return the tools with the arguments that the operator lets a model have."""
    if not options.choose_fields and options.policy.pages == 1:
        return tools
    add = partial(_with_arguments, options)
    return tools.replaced(tool.changed_later(add) for tool in tools.values())


def take_answer_arguments(tool: Tool, call: Call, options: Options) -> Wanted:
    """Return a call without these arguments, and what they say.

    Raises:
        InvalidArguments: One of them has a value that it cannot have.
    """
    offered = _offered(tool, options)
    given = {base: call.arguments[name] for base, name in offered.items() if name in call.arguments}
    if not given:
        return Wanted(call)
    names = offered.values()
    rest = {name: value for name, value in call.arguments.items() if name not in names}
    fields, pages = given.get(_FIELDS), given.get(_PAGES, 1)
    if not is_whole_number(pages) or not 1 <= pages <= options.policy.pages:
        raise InvalidArguments(
            f"{tool.name} cannot take these arguments.\n"
            f"- {offered[_PAGES]}: give a whole number from 1 to {options.policy.pages}."
        )
    selection = None if fields in (None, "") else _selection(tool, offered[_FIELDS], fields)
    return Wanted(replace(call, arguments=rest), selection, pages)


def _selection(tool: Tool, name: str, fields: Json) -> Selection:
    try:
        if isinstance(fields, str):
            return Selection(fields)
        reason = "give a text."
    except UnusableExpression as error:
        reason = f"{error} Give dotted names (id,author.name), or a JMESPath expression."
    raise InvalidArguments(f"{tool.name} cannot take these arguments.\n- {name}: {reason}")


def _offered(tool: Tool, options: Options) -> dict[str, str]:
    """Return what our arguments are called for a tool: those that it has."""
    if options.policy.effect(tool) is not Effect.READ:
        return {}
    offered: dict[str, str] = {}
    has_choice = selection_for(tool, options.fields)[0] is not None
    if options.choose_fields and not has_choice:
        offered[_FIELDS] = _name(tool, _FIELDS, _FIELDS_SCHEMA)
    if options.policy.pages > 1 and can_page(tool):
        offered[_PAGES] = _name(tool, _PAGES, _pages_schema(options.policy.pages))
    return offered


def _pages_schema(most: int) -> JsonObject:
    return {
        "type": "integer",
        "minimum": 1,
        "maximum": most,
        "description": "How many pages to get at once, joined in one answer; 1 unless given.",
    }


def _name(tool: Tool, name: str, schema: JsonObject) -> str:
    """Return a name that no argument of the API has."""
    properties = tool.schema["properties"]
    while name in properties and properties[name] != schema:
        name += "_"
    return name


def _with_arguments(options: Options, tool: Tool) -> Tool:
    offered = _offered(tool, options)
    if not offered:
        return tool
    schemas = {_FIELDS: _FIELDS_SCHEMA, _PAGES: _pages_schema(options.policy.pages)}
    ours = {name: schemas[base] for base, name in offered.items()}
    properties = {**tool.schema["properties"], **ours}
    return replace(tool, schema={**tool.schema, "properties": properties})
