"""Tools made by hand, for the tests of calls: parameters and a body in, a tool out whose arguments
are named after them."""

from __future__ import annotations

from typing import Any

from openapi2tools.model import (
    Api,
    Binding,
    Effect,
    MediaType,
    Operation,
    Parameter,
    Server,
    Tool,
    Toolset,
)


def parameter(
    name: str, location: str = "query", style: str | None = None, **fields: Any
) -> Parameter:
    """Make a parameter with the standard's default style, and its default for explode."""
    style = style or {"path": "simple", "header": "simple"}.get(location, "form")
    fields.setdefault("explode", style in ("form", "cookie"))
    return Parameter(name, location, style=style, required=location == "path", **fields)  # type: ignore[arg-type]


def tool(
    server: str,
    *parameters: Parameter,
    path: str = "/",
    method: str = "GET",
    name: str = "t",
    media_type: MediaType | None = None,
    api: dict[str, Any] | None = None,
    effect: Effect = Effect.READ,
    body_always: bool = False,
    **operation: Any,
) -> Tool:
    """Make a tool: each parameter is an argument of its name, and the body is the argument
    `body`."""
    operation.setdefault("servers", (Server(server),) if server else ())
    op = Operation(method, path, name, parameters=parameters, **operation)
    bindings = tuple(Binding((each.name,), each.location, each.name) for each in parameters)
    if media_type is not None:
        bindings += (Binding(("body",), "body", ""),)
    document = (api or {}).get("document", {})
    home = Api(
        **{
            "title": "API",
            "dialect": "3.1",
            "operations": (op,),
            "document": document,
            **(api or {}),
        }
    )
    schema = {"type": "object", "properties": {binding.argument[0]: {} for binding in bindings}}
    return Tool(name, "", schema, bindings, effect, op, home, media_type, body_always=body_always)


def tools(*several: Tool) -> Toolset:
    """Hold several tools."""
    return Toolset(several)
