"""What an API of OpenAI's must offer to `OpenAIModel`: from a record to a request, and back.

`chat.CHAT` and `responses.RESPONSES` are the two that exist.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Final, Protocol

import orjson

from openapi2tools._core.json import exact_json
from openapi2tools.errors import AgentError
from openapi2tools.formats.reading import only_objects

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from openapi2tools.agent.events import ArgumentsDelta
    from openapi2tools.agent.record.entries import Entry, Turn
    from openapi2tools.formats.format import FormatName
    from openapi2tools.model import Call, Json, JsonObject, Tool


_ILLEGAL_IN_NAMES: Final = re.compile(r"[^a-zA-Z0-9_-]")
_MAX_NAME_CHARS: Final = 64


_CUT_CALL: Final = (
    "You were cut off at your token limit before the arguments of {name} were whole, so it was not "
    "called. Call it again with shorter arguments, and make one call at a time."
)


class NotStreamed(AgentError):
    """A stream held no answer, or not the calls that it speaks of: it is to be had whole."""


class StreamAssembler(Protocol):
    """Puts the pieces of a stream together to what a request without streaming would return."""

    def add(self, piece: JsonObject, /) -> list[str | ArgumentsDelta]:
        """Take a piece; return the text in it, and the pieces of arguments."""
        ...

    def assemble(self) -> JsonObject:
        """Return the whole answer; ModelUnavailable when the stream broke off, or held nothing."""
        ...


class ReadTurn(Protocol):
    """Reads a whole answer."""

    def __call__(self, answer: JsonObject, tools: Mapping[str, Tool], /, *, strict: bool) -> Turn:
        """Read it; AgentError when it failed, or is no answer at all."""
        ...


@dataclass(frozen=True, slots=True)
class Wire:
    """One of OpenAI's APIs.

    - `name`: its format's name in `formats`, and in `Turn.wire`.
    - `stream_options`: what a request says to have its answer streamed.
    - `make_assembler`: returns an empty `StreamAssembler`.
    - `write_request`: takes a record, the instructions and the exported tools.
    - `write_plain_request`: takes messages of a role and a text, and a JSON schema that the answer
      must fit, or None for any text.
    - `read_turn`: reads a whole answer.
    """

    name: FormatName
    stream_options: JsonObject
    make_assembler: Callable[[], StreamAssembler]
    write_request: Callable[[Sequence[Entry], str, Sequence[JsonObject]], JsonObject]
    write_plain_request: Callable[[Sequence[JsonObject], JsonObject | None], JsonObject]
    read_turn: ReadTurn


def with_unique_ids(calls: Sequence[JsonObject], key: str) -> list[JsonObject]:
    """Return calls that each have an id of their own under `key`.

    Some servers send no ids, or one id for several calls.
    """
    used_ids: set[str] = set()
    identified = []
    for call in calls:
        unique_id = _unused_id(call.get(key), used_ids)
        used_ids.add(unique_id)
        identified.append({**call, key: unique_id})
    return identified


def _unused_id(wanted: Json, used_ids: set[str]) -> str:
    if wanted and str(wanted) not in used_ids:
        return str(wanted)
    numbered = (f"{wanted or 'call'}_{number}" for number in count(len(used_ids)))
    return next(name for name in numbered if name not in used_ids)


def as_legal(function: JsonObject, call: Call) -> JsonObject:
    """Return the name and the arguments of a call as a request may hold them.

    A server may send what no server takes back: `functions.get_item`, a JSON text that is cut off,
    or one within another. Then the call as it was read takes their place.
    """
    arguments = function.get("arguments")
    is_legal = isinstance(arguments, str) and _holds_an_object(arguments)
    return {
        **function,
        "name": legal_name(call.tool),
        "arguments": arguments if is_legal else arguments_text(call),
    }


def with_cut_call(calls: tuple[Call, ...], last_arguments: Json) -> tuple[Call, ...]:
    """Return the calls of an answer that was cut off: the last one may not be whole.

    No arguments at all are none of its words yet.
    """
    is_whole = isinstance(last_arguments, str) and _holds_an_object(last_arguments)
    if is_whole or not calls:
        return calls
    *others, last = calls
    return (*others, replace(last, fault=_CUT_CALL.format(name=last.tool)))


def legal_name(name: str) -> str:
    """Return a name that the name of a function in a request may be."""
    return _ILLEGAL_IN_NAMES.sub("_", name)[:_MAX_NAME_CHARS] or "unnamed"


def _holds_an_object(text: str) -> bool:
    try:
        return isinstance(orjson.loads(text), dict)
    except orjson.JSONDecodeError:
        return False


def arguments_text(call: Call) -> str:
    """Return the arguments of a call as JSON, with whole numbers of any size and all digits."""
    text = exact_json.dumps(dict(call.arguments), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace").decode()  # half a surrogate pair cannot be sent


def text_of(content: Json) -> str:
    """Return the text of a message's content, which some servers send as a list of parts.

    Parts that are no text are left out.
    """
    if isinstance(content, str):
        return content
    values = [part.get(key) for part in only_objects(content) for key in ("text", "refusal")]
    return "".join(value for value in values if isinstance(value, str))
