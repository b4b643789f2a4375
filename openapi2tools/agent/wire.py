"""What an API of OpenAI's is to the one model that speaks them all: a name, and the ways from a record to a request and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from openapi2tools.agent.session import Entry, Turn
    from openapi2tools.model import JsonObject, Tool


class Pieces(Protocol):
    """A stream on its way to the answer that a request without streaming would give."""

    def add(self, piece: JsonObject, /) -> str:
        """Take a piece; give the text in it."""
        ...

    def whole(self) -> JsonObject:
        """Give the whole answer."""
        ...


class ReadTurn(Protocol):
    """Reads a whole answer."""

    def __call__(self, whole: JsonObject, tools: Mapping[str, Tool], /, *, strict: bool) -> Turn:
        """Read it; AgentError when it is cut off, failed, or no answer at all."""
        ...


@dataclass(frozen=True, slots=True)
class Wire:
    """One API. `name` is that of its format; `streaming` is what a request says to be streamed.

    `request` takes a record, the instructions and the described tools; `plain_request` takes messages of a role and a text, and a
    JSON schema that the answer must fit, or None for any text.
    """

    name: str
    streaming: JsonObject
    pieces: Callable[[], Pieces]
    request: Callable[[Sequence[Entry], str, Sequence[JsonObject]], JsonObject]
    plain_request: Callable[[Sequence[JsonObject], JsonObject | None], JsonObject]
    read_turn: ReadTurn
