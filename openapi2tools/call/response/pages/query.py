"""The same call with other query arguments: those that lead to another page."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from openapi2tools.call.credentials.masking import MASK
from openapi2tools.call.response.pages.words import (
    LIMIT_PARAMETERS,
    PARAMETERS_THAT_LIMIT,
    normalized,
)
from openapi2tools.call.serialization import files, styles
from openapi2tools.tools.arguments.check import check_arguments

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from openapi2tools.call.prepared import Prepared
    from openapi2tools.model import Call, Json, Tool


def can_page(tool: Tool) -> bool:
    """Return whether a tool has a parameter that leads to another page."""
    leading = PARAMETERS_THAT_LIMIT.difference(LIMIT_PARAMETERS)
    return any(normalized(name) in leading for name in query_parameters(tool))


def query_parameters(tool: Tool) -> dict[str, tuple[str, ...]]:
    """Return the tool's query parameters: name on the wire, and path in the argument object."""
    return {
        binding.name: binding.argument for binding in tool.bindings if binding.location == "query"
    }


def call_with(
    prepared: Prepared, changes: Mapping[str, Json], *, left_out: Collection[str] = ()
) -> Call | None:
    """Return the same call with other arguments; None where the tool does not take them.

    `changes` and `left_out` are by names on the wire. A required argument is never left out. What
    holds a masked secret leads nowhere.
    """
    if any(MASK in str(value) for value in changes.values()):
        return None
    tool = prepared.tool
    parameters = query_parameters(tool)
    required = tool.schema.get("required", ())
    dropped = {parameters[name][0] for name in left_out if name in parameters} - set(required)
    dropped |= tool.fixed_arguments.keys()
    arguments = {
        name: value for name, value in prepared.call.arguments.items() if name not in dropped
    }
    for name, value in changes.items():
        arguments[parameters[name][0]] = value  # a parameter is never deeper than the first level
    if check_arguments(tool, files.set_files_aside(arguments, {})).faults:
        return None
    return replace(prepared.call, id="", arguments=arguments, caller=None)


def argument_schema(tool: Tool, argument: tuple[str, ...]) -> Mapping[str, Json]:
    """Return the schema of an argument; an empty one where it has none of its own."""
    schema = tool.schema.get("properties", {}).get(argument[0], {})
    return schema if isinstance(schema, dict) else {}


def parameter_value(tool: Tool, name: str, argument: tuple[str, ...], texts: Sequence[str]) -> Json:
    """Read the texts that a query has for a parameter as a value of the parameter's type."""
    schema = argument_schema(tool, argument)
    if len(texts) == 1 and "array" not in _types(schema):
        return parse_text(texts[0], schema)
    parameter = next(
        each for each in tool.operation.parameters if (each.location, each.name) == ("query", name)
    )
    if not parameter.explode:
        texts = texts[0].split(styles.DELIMITERS.get(parameter.style, ","))
    items = schema.get("items", {})
    item_schema = items if isinstance(items, dict) else {}
    return [parse_text(text, item_schema) for text in texts]


def parse_text(text: str, schema: Mapping[str, Json]) -> Json:
    """Read a text as a value of a schema's type; the text itself where it is none."""
    if "string" in _types(schema):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _types(schema: Mapping[str, Json]) -> Collection[str]:
    types = schema.get("type", "string")
    return types if isinstance(types, list) else [types]
