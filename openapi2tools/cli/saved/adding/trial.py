"""One harmless read, to see whether the server answers and takes the credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from openapi2tools.cli.console import brief
from openapi2tools.errors import CallError
from openapi2tools.model import Effect

if TYPE_CHECKING:
    from openapi2tools.call.client import Client
    from openapi2tools.model import Result, Tool, Toolset


def harmless_read(tools: Toolset) -> Tool | None:
    """Return the best tool to try: a GET that needs no arguments; None when there is none.

    One that needs a credential tells more than one that does not, and a short path is likelier to
    be a plain list.
    """
    candidates = [
        tool
        for tool in tools.values()
        if tool.operation.method == "GET"
        and tool.effect is Effect.READ
        and not tool.schema.get("required")
        and not tool.operation.deprecated
    ]
    return min(candidates, key=_rank, default=None)


class Trial(NamedTuple):
    """Whether a read went well, and a sentence about it."""

    went_well: bool
    text: str


def try_read(client: Client, tool: Tool) -> Trial:
    """Call a tool without arguments."""
    what = f"{tool.name} ({tool.operation.key})"
    try:
        result = client.call(tool.name, {})
    except CallError as error:
        return Trial(went_well=False, text=f"{what} could not be called: {error}")
    return Trial(not result.is_error, f"{what} {_outcome(result)}")


def _outcome(result: Result) -> str:
    if result.is_error:
        return f"failed: {brief(result.text, 300)}"
    if isinstance(result.data, list):
        return f"answered {result.status}, a list of {len(result.data):,}."
    if isinstance(result.data, dict):
        names = ", ".join(list(result.data)[:5]) or "nothing"
        return f"answered {result.status}, with {brief(names)}."
    return f"answered {result.status}."


def _rank(tool: Tool) -> tuple[bool, int, str]:
    needs_none = not any(tool.operation.security)
    return needs_none, tool.operation.path.count("/") + len(tool.operation.path), tool.name
