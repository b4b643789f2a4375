"""Check the arguments of a call, repair them, and fix those that the operator gives."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from openapi2tools._core.slips import did_you_mean
from openapi2tools.call.serialization import files
from openapi2tools.call.serialization.styles import Unwritable
from openapi2tools.errors import InvalidArguments, InvalidOption
from openapi2tools.model import Call
from openapi2tools.tools.arguments.check import accept_unchecked, check_arguments

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.call.policy import Policy
    from openapi2tools.model import Json, JsonObject, Tool, Toolset


def declared_defaults(tool: Tool) -> JsonObject:
    """Return the arguments that, by the document, a server assumes where none is sent."""
    return {
        name: schema["default"]
        for name, schema in tool.schema["properties"].items()
        if "default" in schema
    }


def with_fixed_arguments(tools: Toolset, arguments: Mapping[str, Json], policy: Policy) -> Toolset:
    """Return the tools with the operator's values for some arguments, which leave their schemas.

    Args:
        tools: The tools.
        arguments: Values by the name of the argument, for all tools that have it, or by the name
            of a tool and that of the argument: `list_orders.limit`.
        policy: Says which tools take values that do not fit.

    Raises:
        InvalidOption: No tool has that argument, or a value does not fit.
    """
    # The value of one tool is more to the point than that of all.
    for name, value in sorted(arguments.items(), key=lambda item: "." in item[0]):
        glob, argument = _tool_and_argument(tools, name)
        fitting = tools.only(glob).where(lambda tool: tool.argument_named(argument) is not None)  # noqa: B023 -- asked at once
        if not fitting:
            raise _no_such_argument(tools, name)
        values = {
            tool.name: _checked_value(
                tool, argument, value, name, unchecked=policy.is_unchecked(tool)
            )
            for tool in fitting.values()
        }
        for tool_name, checked in values.items():
            tools = tools.fixed(tool_name, {argument: checked})
    return tools


def _tool_and_argument(tools: Toolset, name: str) -> tuple[str, str]:
    """Return the glob of the tools and the argument that a name stands for."""
    tool, dot, argument = name.partition(".")
    return (tool, argument) if dot and tools.only(tool) else ("*", name)


def _no_such_argument(tools: Toolset, name: str) -> InvalidOption:
    glob, argument = _tool_and_argument(tools, name)
    known = sorted({b.argument[0] for tool in tools.only(glob).values() for b in tool.bindings})
    hint = did_you_mean(argument, known, most=3, min_similarity=0.5)
    owner = "no tool here has" if glob == "*" else f"{glob} has not"
    return InvalidOption(f"{name!r} cannot be set: {owner} that argument.{hint}")


def _checked_value(tool: Tool, argument: str, value: Json, option: str, *, unchecked: bool) -> Json:
    """Return a value as the schema of an argument has it, such as `5` for the text `"5"`."""
    name = tool.argument_named(argument) or argument
    if name in tool.fixed_arguments:
        return value  # which replaces what was fixed before: its schema is gone
    properties = {name: tool.schema["properties"][name]}
    alone = replace(tool, schema={**tool.schema, "properties": properties, "required": [name]})
    try:
        checked, _ = checked_arguments(alone, Call(tool.name, {name: value}), unchecked=unchecked)
    except InvalidArguments as error:
        fault = str(error).partition("\n- ")[2] or str(error)
        raise InvalidOption(
            f"{option!r} cannot be set to this value for {tool.name}: {fault}"
        ) from None
    return checked[name]


def checked_arguments(
    tool: Tool, call: Call, *, unchecked: bool = False
) -> tuple[JsonObject, tuple[str, ...]]:
    """Return a call's arguments, checked and repaired, and notes on what was repaired.

    With `unchecked` they stay as they came where they do not fit, and the notes say why.
    """
    if call.fault:
        raise InvalidArguments(call.fault)
    given, ignored = _without_fixed(tool, call.arguments)
    # Files of the caller's own are no JSON: texts stand for them while arguments are checked.
    own_files: dict[str, Json] = {}
    try:
        arguments = files.set_files_aside(given, own_files)
    except Unwritable as error:
        raise InvalidArguments(f"{tool.name} cannot take these arguments: {error}.") from None
    checked = check_arguments(tool, arguments)
    if checked.faults and unchecked:
        checked = accept_unchecked(tool, arguments)
    if checked.faults:
        faults = "\n".join(f"- {fault}" for fault in checked.faults)
        raise InvalidArguments(f"{tool.name} cannot take these arguments.\n{faults}")
    if own_files:
        return files.put_files_back(checked.arguments, own_files), ignored + checked.notes
    return checked.arguments, ignored + checked.notes


def _without_fixed(
    tool: Tool, arguments: Mapping[str, Json]
) -> tuple[Mapping[str, Json], tuple[str, ...]]:
    """Return the arguments but for those that the operator fixes, and notes on these."""
    if not tool.fixed_arguments:
        return arguments, ()
    fixed = [name for name in arguments if tool.argument_named(name) in tool.fixed_arguments]
    notes = [
        f"{name} is fixed by the operator: the value of this call was not used." for name in fixed
    ]
    return {name: arguments[name] for name in arguments if name not in fixed}, tuple(notes)
