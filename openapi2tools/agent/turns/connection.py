"""The model of a run, which is connected again when it gets a tool to read on in results."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Self

from openapi2tools.agent.reading import has_more_to_read

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence
    from contextlib import AbstractAsyncContextManager

    from openapi2tools.agent.model import Ask, Piece
    from openapi2tools.agent.reading import ResultReader
    from openapi2tools.agent.record.entries import Entry
    from openapi2tools.model import Toolset


class ModelConnection:
    """Asks the model of a run.

    Args:
        open_model: Connects the model, with tools beside those that it always has.
        reader: Reads on in results: the model gets its tool once there is more to read.
        record: The record of the run.
    """

    def __init__(
        self,
        open_model: Callable[[Toolset | None], AbstractAsyncContextManager[Ask]],
        reader: ResultReader,
        record: Sequence[Entry],
    ) -> None:
        self._open_model = open_model
        self._reader = reader
        self._record = record
        self._stack = AsyncExitStack()
        self._ask: Ask | None = None
        self._can_read_on = False

    async def __aenter__(self) -> Self:
        await self.update()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._stack.aclose()

    async def update(self) -> None:
        """Connect the model, and once more when there is more to read than it has read."""
        needs_reader = not self._can_read_on and has_more_to_read(self._record)
        if self._ask is not None and not needs_reader:
            return
        await self._stack.aclose()
        self._can_read_on |= needs_reader
        beside = self._reader.tools if self._can_read_on else None
        self._ask = await self._stack.enter_async_context(self._open_model(beside))

    def __call__(self, record: Sequence[Entry], /) -> AsyncGenerator[Piece, None]:
        """Ask once, as a connected model does."""
        if self._ask is None:  # pragma: no cover -- it is entered before it is asked
            raise RuntimeError("The model is not connected.")
        return self._ask(record)
