"""The document of an API as its mock serves it: every server in it is the mock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openapi2tools._core import pointer
from openapi2tools.mock.routes import server_path

if TYPE_CHECKING:
    from openapi2tools.model import Api, JsonObject


def own_document(api: Api, *, auth: bool) -> JsonObject:
    """Return the document of an API whose servers are paths of the host that serves it.

    Without `auth` it asks for no credential.
    """
    path = next((server_path(server) for server in api.servers), "")
    left_out = {"host", "schemes"} if auth else {"host", "schemes", "security"}
    document = {key: value for key, value in api.document.items() if key not in left_out}
    if api.dialect == "2.0":
        document["basePath"] = path or "/"
    else:
        document["servers"] = [{"url": path or "/"}]
    dropped = ("servers",) if auth else ("servers", "security")
    for operation in api.operations:
        own = pointer.lookup(api.document, operation.pointer)
        if isinstance(own, dict):
            document = _without(document, pointer.split(operation.pointer), dropped)
    return document


def _without(value: JsonObject, steps: list[str], dropped: tuple[str, ...]) -> JsonObject:
    """Return a document without some members of one operation, and of the path that it is in."""
    if len(steps) <= 1:
        value = {key: inner for key, inner in value.items() if key not in dropped}
    inner = value.get(steps[0]) if steps else None
    if not isinstance(inner, dict):
        return value
    return {**value, steps[0]: _without(inner, steps[1:], dropped)}
