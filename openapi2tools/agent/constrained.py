"""Tool calls from a model that makes none of its own: the server holds its words to a JSON schema; a record in, a turn out."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from openapi2tools.agent.session import Entry, Turn
    from openapi2tools.model import JsonObject, Toolset


class Complete(Protocol):
    """A connected model that only writes."""

    def __call__(self, said: Sequence[JsonObject], schema: JsonObject | None, /) -> AsyncGenerator[str | Turn, None]:
        """Ask for a text, or for JSON that fits a schema; `said` are messages of a role and a text."""
        ...


class Constrained:
    def __init__(self, tools: Toolset, instructions: str, complete: Complete) -> None:
        self._tools = tools
        self._instructions = instructions
        self._complete = complete

    async def ask(self, record: Sequence[Entry], /) -> AsyncGenerator[str | Turn, None]:
        """Ask once."""
        async with aclosing(self._complete([], None)) as pieces:
            async for piece in pieces:
                yield piece
