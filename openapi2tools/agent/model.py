"""What a model has to do: the protocol that the loop knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from contextlib import AbstractAsyncContextManager

    from openapi2tools.agent.events import ArgumentsDelta, ModelNote
    from openapi2tools.agent.record.entries import Entry, Turn
    from openapi2tools.agent.tool_search.finder import ToolFinder
    from openapi2tools.model import Toolset

Piece: TypeAlias = "str | ArgumentsDelta | ModelNote | Turn"
"""What comes of a model that is asked once, piece by piece."""


class Ask(Protocol):
    """A connected model."""

    def __call__(self, record: Sequence[Entry], /) -> AsyncGenerator[Piece, None]:
        """Ask once about a record: yield the text piece by piece, and the whole turn at last.

        The arguments of calls may be shown as they come, too. A `ModelNote` is for the person who
        follows the run.
        """
        ...


class Model(Protocol):
    """A model that calls tools.

    It keeps nothing between turns: all it needs to know is in the record. When it raises
    `ModelUnavailable` it is asked again: twice, or as often as its `retries` says if it has that.
    `ContextTooLong` has it asked again with less of the conversation.
    """

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    def open(self, tools: Toolset, instructions: str) -> AbstractAsyncContextManager[Ask]:
        """Connect for one run; AgentError when that is impossible."""
        ...


@runtime_checkable
class SearchingModel(Model, Protocol):
    """A model with a way of its own to use tools that are found as it goes.

    Any other model gets three tools instead: to find tools, to describe one and to call one.
    """

    def open_search(
        self, finder: ToolFinder, instructions: str, *, hosted: bool
    ) -> AbstractAsyncContextManager[Ask]:
        """Connect for one run, as `open` does; `hosted` has the model's vendor search."""
        ...
