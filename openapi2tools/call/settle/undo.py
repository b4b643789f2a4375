"""Show what a write would change, and find the write that undoes it.

PUT and PATCH are undone by the fields that were there before, DELETE by making the item anew, and a
create by deleting what it made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from openapi2tools._core import pointer
from openapi2tools._core.json import exact_json
from openapi2tools.call.settle.look import own_path, tool_of, variables, wrapped_like
from openapi2tools.model import Call
from openapi2tools.tools.resources.values import find_item, identifier_name
from openapi2tools.tools.text.sentences import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from openapi2tools.call.prepared import Prepared
    from openapi2tools.call.settle.look import Look
    from openapi2tools.model import Json, JsonObject, Tool, Toolset
    from openapi2tools.tools.resources.find import Role

UNDO_ID: Final = "undo"
_MAX_VALUE_CHARS: Final = 200


class Reverse(NamedTuple):
    """A call that undoes another, and in what it does not."""

    call: Call
    remark: str = ""


def reverse_of(
    tools: Toolset, write: Prepared, look: Look, before: Json, answered: Json = None
) -> Reverse | None:
    """Return the call that undoes a write; None where there is none.

    Args:
        tools: The tools that may be called.
        write: The write.
        look: The read that shows it.
        before: What that read showed before, as the record keeps it; None where nobody looked.
        answered: What the API answered to the write, where it was made.
    """
    if look.role == "create":
        return _removal(tools, write, look, answered)
    if not isinstance(before, dict):
        return None
    item = before.get("item")
    if not isinstance(item, dict):
        is_new = look.role == "replace" and before.get("status") in (404, 410)
        return _call(tools, write, look, "delete", own_path(write)) if is_new else None
    if look.role != "delete":
        fields = item if write.method == "PUT" else {name: item.get(name) for name in look.sent}
        arguments = write.tool.arguments_from(**_places(write), body=wrapped_like(write, fields))
        return Reverse(Call(write.tool.name, arguments, UNDO_ID))
    made = _call(tools, write, look, "create", own_path(write), item=item)
    remark = "it may get another identifier" if made else ""
    made = made or _call(tools, write, look, "replace", own_path(write), item=item)
    return None if made is None else made._replace(remark=remark)


def preview(
    tools: Toolset, look: Look, before: Mapping[str, Json], undo: Reverse | None
) -> tuple[str, ...]:
    """Return what a write would change, a line each, and whether it can be undone."""
    changes = list(_changes(look, before)) or ["nothing that the API shows"]
    if undo is None:
        return (*changes, "This cannot be undone.")
    operation = tools[undo.call.tool].operation
    remark = f" ({undo.remark})" if undo.remark else ""
    return (*changes, f"This can be undone: by {operation.method} {operation.path}{remark}.")


def _changes(look: Look, before: Mapping[str, Json]) -> Iterator[str]:
    item = before.get("item")
    if look.role == "delete":
        yield f"- {_brief(item)}"
        return
    shown = item if isinstance(item, dict) else {}
    for name, value in look.sent.items():
        if name not in shown:
            yield f"+ {name}: {_brief(value)}"
        elif shown[name] != value:
            yield f"~ {name}: {_brief(shown[name])} -> {_brief(value)}"


def _brief(value: Json) -> str:
    return shortened(exact_json.dumps(value, ensure_ascii=False), _MAX_VALUE_CHARS)


def _removal(tools: Toolset, write: Prepared, look: Look, answered: Json) -> Reverse | None:
    """Return the call that deletes what a create made."""
    at = find_item(answered, look.resource)
    item = None if at is None else pointer.lookup(answered, at)
    name = identifier_name(item, look.resource)
    if item is None or name is None:
        return None
    return _call(tools, write, look, "delete", [*own_path(write), item[name]])


def _call(
    tools: Toolset,
    write: Prepared,
    look: Look,
    role: Role,
    path: list[Json],
    *,
    item: JsonObject | None = None,
) -> Reverse | None:
    """Return a call of the operation with a role, for the values of a path."""
    operation = look.resource.operations.get(role)
    tool: Tool | None = None if operation is None else tool_of(tools, write, operation)
    if tool is None:
        return None
    places = _places(write) | {"path": dict(zip(_names(tool), path, strict=False))}
    body = {} if item is None else {"body": item}
    return Reverse(Call(tool.name, tool.arguments_from(**places, **body), UNDO_ID))


def _names(tool: Tool) -> list[str]:
    return variables(tool.operation)


def _places(write: Prepared) -> dict[str, Mapping[str, Json]]:
    given = write.tool.spread(write.call.arguments)
    return {
        "path": given.path,
        "query": given.query,
        "header": given.header,
        "cookie": given.cookie,
    }
