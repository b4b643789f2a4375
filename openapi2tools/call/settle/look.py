"""Find the read that shows what became of a write: by the paths of an API, and by what was sent.

After PUT, PATCH and DELETE it is the GET of the item. After a create it is the list of the
collection; where there is none, the GET of the item that has an identifier that was sent.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from openapi2tools._core import pointer
from openapi2tools._core.identity import cached_by_identity
from openapi2tools._core.path_template import path_variables
from openapi2tools.call.approval.idempotency import without_key
from openapi2tools.call.serialization.streams import BodyStream
from openapi2tools.model import Call, essence
from openapi2tools.tools.resources.find import Resources
from openapi2tools.tools.resources.values import find_item

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.call.prepared import Prepared
    from openapi2tools.model import Api, Json, JsonObject, Operation, Tool, Toolset
    from openapi2tools.tools.resources.find import Resource, Role

LOOK_ID: Final = "look"
"""The id of the calls that look: none of a model's."""


@dataclass(frozen=True, slots=True)
class Look:
    """The read that shows what became of a write.

    Attributes:
        call: The read.
        tool: Its tool.
        resource: What the write is about.
        role: What the write does with it.
        sent: The fields that the write sends.
        is_list: Whether the read lists a collection; else it shows one item.
    """

    call: Call
    tool: Tool = field(repr=False)
    resource: Resource = field(repr=False)
    role: Role
    sent: JsonObject = field(repr=False)
    is_list: bool = False


def find_look(tools: Toolset, write: Prepared) -> Look | None:
    """Return the read that shows what became of a write; None where no tool can do that.

    Args:
        tools: The tools that may be called.
        write: The write, as it is sent.
    """
    api = write.tool.api
    resources = _resources(api)
    operation = write.tool.operation
    place = resources.of(operation)
    if place is None:
        return None
    sent = _sent_fields(write, place.resource)
    shows = resources.shows(operation)
    values: Mapping[str, Json] = {}
    if shows is None and place.role == "create":
        shows = place.resource.operations.get("read")
        values = sent
    tool = None if shows is None else tool_of(tools, write, shows)
    call = None if tool is None else _call_of(tool, write, values)
    if tool is None or call is None:
        return None
    is_list = place.role == "create" and not values
    return Look(call, tool, place.resource, place.role, sent, is_list)


def _resources_of(api: Api) -> Resources:
    return Resources(api.operations)


_resources: Final = cached_by_identity(_resources_of)


def _call_of(tool: Tool, write: Prepared, values: Mapping[str, Json]) -> Call | None:
    """Return a call of a read with what the write has in the same places; None if it needs more.

    Args:
        tool: The tool that reads.
        write: The write.
        values: Values for the last variables of its path, which the write's path does not have.
    """
    given = write.tool.spread(write.call.arguments)
    names = variables(tool.operation)
    path = dict(
        zip(names, (given.path.get(name) for name in variables(write.tool.operation)), strict=False)
    )
    for name in names:
        if path.get(name) is None:
            path[name] = values.get(name)
    if any(value is None for value in path.values()):
        return None
    arguments = tool.arguments_from(
        path=path, query=given.query, header=given.header, cookie=given.cookie
    )
    if any(name not in arguments for name in tool.schema.get("required", ())):
        return None
    return Call(tool.name, arguments, LOOK_ID)


def tool_of(tools: Toolset, write: Prepared, operation: Operation) -> Tool | None:
    """Return the tool of another operation of the API that a write is of."""
    for tool in tools.values():
        if tool.api is write.tool.api and tool.operation.key == operation.key:
            return tool
    return None


def own_path(write: Prepared) -> list[Json]:
    """Return the values of a write's path, in its order."""
    given = write.tool.spread(write.call.arguments)
    return [given.path.get(name) for name in variables(write.tool.operation)]


def variables(operation: Operation) -> list[str]:
    """Return the names of the variables of an operation's path, in its order."""
    declared = [each.name for each in operation.parameters if each.location == "path"]
    return [variable.name for variable in path_variables(operation.path, declared)]


def wrapped_like(write: Prepared, fields: JsonObject) -> JsonObject:
    """Return fields as the body of another such write: `{"pet": {...}}` where it sends that."""
    body = _sent_body(write)
    names = list(body) if isinstance(body, dict) else []
    is_wrapper = len(names) == 1 and isinstance(body[names[0]], dict) and names[0] not in fields
    return {names[0]: fields} if is_wrapper else fields


def _sent_fields(write: Prepared, resource: Resource) -> JsonObject:
    """Return the fields that a write sends of an item; empty for what has none."""
    body = _sent_body(write)
    at = find_item(body, resource)
    item = None if at is None else pointer.lookup(body, at)
    return item if isinstance(item, dict) else {}


def _sent_body(write: Prepared) -> Json:
    """Return the body of a write, as JSON or a form has it; None for any other.

    The key that the API knows the write by is no part of it: no item shows that.
    """
    content = BodyStream.of(write.request).in_memory()
    media_type = essence(write.headers.get("content-type", ""))
    if content and media_type.endswith("json"):
        try:
            return without_key(json.loads(content), write.tool)
        except (ValueError, RecursionError):
            return None
    if content and media_type == "application/x-www-form-urlencoded":
        return dict(parse_qsl(content.decode("latin-1"), keep_blank_values=True))
    return None
