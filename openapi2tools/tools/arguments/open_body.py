"""Add a body argument to a tool whose document declares no body.

Some documents declare less than their servers take: a write without a declared body would go out
empty. Who knows better opens the body: with `connect(open_body=[…])`, `--open-body`, or the hint
`open_body`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from openapi2tools.errors import InvalidOption
from openapi2tools.model import Binding, MediaType, Toolset

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openapi2tools.model import JsonObject, Tool

_METHODS_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})
_BODY_SCHEMA: Final[JsonObject] = {
    "description": (
        "The document declares no body. Any JSON value, or a text, which is sent as text/plain. "
        "A file, or a text of another media type, is an object with content_type and one of text, "
        "base64 and path."
    )
}
_MAX_LISTED: Final = 5
_ARGUMENT_NAMES: Final = ("body", "request_body", "undeclared_body")


def lacks_body(tool: Tool) -> bool:
    """Return whether a tool is a write whose document declares no body."""
    return tool.operation.method in _METHODS_WITH_BODY and tool.media_type is None


def open_body(tool: Tool) -> Tool:
    """Return a tool with an optional argument for a body of any kind; one with a body stays."""
    if tool.media_type is not None:
        return tool
    properties = tool.schema.get("properties", {})
    name = next(name for name in _ARGUMENT_NAMES if name not in properties)
    return replace(
        tool,
        schema={**tool.schema, "properties": {**properties, name: _BODY_SCHEMA}},
        bindings=(*tool.bindings, Binding((name,), "body", "")),
        media_type=MediaType("*/*"),
    )


def with_open_bodies(tools: Toolset, globs: Iterable[str], option: str = "open_body") -> Toolset:
    """Return the tools; those without a body whose name fits a glob take any body.

    Args:
        tools: The tools.
        globs: Globs of names of tools.
        option: How messages call the option that the globs were given with.

    Raises:
        InvalidOption: No tool without a body has a name that fits.
    """
    opened: list[Tool] = []
    for glob in globs:
        called = [tool for tool in tools.values() if tool.is_called(glob)]
        found = [tool for tool in called if tool.media_type is None]
        if not found:
            closed = [tool.name for tool in tools.values() if lacks_body(tool)]
            names = ", ".join(closed[:_MAX_LISTED])
            raise InvalidOption(
                f"{option}: no tool without a declared body is called {glob!r}. "
                f"Writes without one: {names or 'none'}."
            )
        opened += map(open_body, found)
    return tools.replaced(opened)
