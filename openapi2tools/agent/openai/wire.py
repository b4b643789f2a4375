"""What an API of OpenAI's is to the one model that speaks them all: a name, and the ways from a record to a request and back."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Protocol

from openapi2tools.formats.reading import only_objects

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from openapi2tools.agent.entries import Entry, Turn
    from openapi2tools.model import Json, JsonObject, Tool


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

    `request` takes a record, the instructions and the described tools; `plain_request` takes
    messages of a role and a text, and a JSON schema that the answer must fit, or None for any text.
    """

    name: str
    streaming: JsonObject
    pieces: Callable[[], Pieces]
    request: Callable[[Sequence[Entry], str, Sequence[JsonObject]], JsonObject]
    plain_request: Callable[[Sequence[JsonObject], JsonObject | None], JsonObject]
    read_turn: ReadTurn


def with_own_ids(calls: Sequence[JsonObject], key: str) -> list[JsonObject]:
    """Give every call an id of its own under `key`: some servers give none, or one for several calls."""
    used: set[str] = set()
    named = []
    for call in calls:
        wanted = call.get(key)
        others = (f"{wanted or 'call'}_{number}" for number in count(len(used)))
        chosen = (
            str(wanted)
            if wanted and str(wanted) not in used
            else next(name for name in others if name not in used)
        )
        used.add(chosen)
        named.append({**call, key: chosen})
    return named


def text_of(content: Json) -> str:
    """Give the text of a message's content, which some servers give as a list of parts; what is no text is left out."""
    if isinstance(content, str):
        return content
    return "".join(
        part[key]
        for part in only_objects(content)
        for key in ("text", "refusal")
        if isinstance(part.get(key), str)
    )
