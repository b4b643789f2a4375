"""Check the arguments of a call against the tool's schema, and repair them; find its defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openapi2tools.call.serialization import files
from openapi2tools.call.serialization.styles import Unwritable
from openapi2tools.errors import InvalidArguments
from openapi2tools.tools.arguments.check import accept_unchecked, check_arguments

if TYPE_CHECKING:
    from openapi2tools.model import Call, Json, JsonObject, Tool


def declared_defaults(tool: Tool) -> JsonObject:
    """Return the arguments that, by the document, a server assumes where none is sent."""
    return {
        name: schema["default"]
        for name, schema in tool.schema["properties"].items()
        if "default" in schema
    }


def checked_arguments(
    tool: Tool, call: Call, *, unchecked: bool = False
) -> tuple[JsonObject, tuple[str, ...]]:
    """Return a call's arguments, checked and repaired, and notes on what was repaired.

    With `unchecked` they stay as they came where they do not fit, and the notes say why.
    """
    if call.fault:
        raise InvalidArguments(call.fault)
    # Files of the caller's own are no JSON: texts stand for them while arguments are checked.
    own_files: dict[str, Json] = {}
    try:
        arguments = files.set_files_aside(call.arguments, own_files)
    except Unwritable as error:
        raise InvalidArguments(f"{tool.name} cannot take these arguments: {error}.") from None
    checked = check_arguments(tool, arguments)
    if checked.faults and unchecked:
        checked = accept_unchecked(tool, arguments)
    if checked.faults:
        faults = "\n".join(f"- {fault}" for fault in checked.faults)
        raise InvalidArguments(f"{tool.name} cannot take these arguments.\n{faults}")
    if own_files:
        return files.put_files_back(checked.arguments, own_files), checked.notes
    return checked.arguments, checked.notes
