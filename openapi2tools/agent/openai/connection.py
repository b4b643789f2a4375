"""One run's way to a server that speaks like OpenAI: requests as it takes them, turns as it means.

What the server does otherwise than OpenAI's is found out once, remembered for the run, and told.
"""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar, cast

from openapi2tools._core.reader import for_reader
from openapi2tools.agent.events import ModelNote
from openapi2tools.agent.openai.failures import failure_of, vendor_words
from openapi2tools.agent.openai.fallbacks import (
    WITHOUT_STREAM,
    WITHOUT_STRICT,
    Fallback,
    find_fallback,
    rewritten,
)
from openapi2tools.agent.openai.options import as_arguments
from openapi2tools.agent.openai.wire import NotStreamed
from openapi2tools.agent.record.entries import Turn, limit_reached
from openapi2tools.errors import AgentError, ModelUnavailable
from openapi2tools.formats.written_calls import end_before_calls, read_written_calls

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    import openai

    from openapi2tools.agent.events import ArgumentsDelta
    from openapi2tools.agent.model import Piece
    from openapi2tools.agent.openai.wire import Wire
    from openapi2tools.agent.record.entries import Entry
    from openapi2tools.model import JsonObject, Toolset

_NO_CALLS: Final[JsonObject] = {"tool_choice": "none"}
T_co = TypeVar("T_co", covariant=True)
# What `Turn.wire` says of a turn whose calls stood in its text.
_WRITTEN: Final = "written"
_WRITTEN_NOTE: Final = "does not make the model's tool calls: they are read from its text. "
# A shorter key (`none`, `x`) is a word that messages use anyway, and no secret.
_MIN_SECRET_CHARS: Final = 8


class ForStrictness(Protocol[T_co]):
    """Returns what a request holds, told whether tools are described strictly."""

    def __call__(self, *, strict: bool) -> T_co:
        """Return it."""
        ...


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What a model is to be asked.

    - `tools`: what it may call.
    - `write_request`: returns the part of the request that depends on the record.
    - `wire`: the API's shape.
    - `record`: what was said before; empty where the model is asked for something else than its
      next turn.
    """

    tools: Toolset
    write_request: ForStrictness[JsonObject]
    wire: Wire
    record: Sequence[Entry] = ()

    @property
    def allows_no_calls(self) -> bool:
        """Whether this is the last turn of a run, which is to be an answer.

        The request has the tools all the same: the history speaks of them, and a vendor's cache
        begins with them.
        """
        return bool(self.tools) and limit_reached(self.record) is not None

    @property
    def reads_written_calls(self) -> bool:
        """Whether a call in the model's text is one: not where the server makes calls itself.

        A model that does may well write of calls, and quote what an API answered.
        """
        if not self.tools or self.allows_no_calls:
            return False
        turns = (entry for entry in self.record if isinstance(entry, Turn))
        return not any(turn.calls and turn.wire == self.wire.name for turn in turns)


@dataclass
class Connection:
    """A connected client, and what its server has refused so far.

    - `create`: the SDK's method that asks.
    - `request`: what goes into each request: the model's name and options.
    """

    client: openai.AsyncOpenAI
    create: Callable[..., Any]
    request: JsonObject
    stream: bool
    strict: bool
    _fallbacks: list[Fallback] = field(default_factory=list)
    _has_noted_written_calls: bool = False

    async def ask(self, inquiry: Inquiry) -> AsyncGenerator[Piece, None]:
        """Ask once: yield text as it comes, and the whole turn at last.

        What the server refuses is left out, and it is asked again.
        """
        import openai  # noqa: PLC0415 -- importing it takes longer than most commands

        while True:
            request = self._next_request(inquiry)
            has_begun = False
            try:
                async with aclosing(self._ask_with(request, inquiry)) as pieces:
                    async for piece in pieces:
                        has_begun = True
                        yield piece
            except NotStreamed:
                fallback = WITHOUT_STREAM
            except openai.OpenAIError as error:
                found = find_fallback(vendor_words(error), request, self._fallbacks)
                if found is None or has_begun:
                    raise self._failure(error) from None
                fallback = found
            else:
                return
            self._fallbacks.append(fallback)
            yield self._note(f"{fallback.note}, for the rest of this run.")

    @property
    def _is_strict(self) -> bool:
        return self.strict and WITHOUT_STRICT not in self._fallbacks

    def _next_request(self, inquiry: Inquiry) -> JsonObject:
        stream = inquiry.wire.stream_options if self.stream else {}
        written = inquiry.write_request(strict=self._is_strict)
        last = _NO_CALLS if inquiry.allows_no_calls else {}
        return rewritten({**written, **self.request, **last, **stream}, self._fallbacks)

    async def _ask_with(self, request: JsonObject, inquiry: Inquiry) -> AsyncGenerator[Piece, None]:
        """Send a request: yield its text as it comes, and the whole turn at last.

        Text that may be a call is held back until it is known.
        """
        reads_written_calls = inquiry.reads_written_calls
        answer: JsonObject = {}
        text = ""
        shown_chars = 0
        async with aclosing(self._send(request, inquiry.wire)) as pieces:
            async for piece in pieces:
                if isinstance(piece, dict):
                    answer = piece
                    continue
                if not isinstance(piece, str):
                    yield piece
                    continue
                text += piece
                end = end_before_calls(text, shown_chars) if reads_written_calls else len(text)
                if end > shown_chars:
                    yield text[shown_chars:end]
                    shown_chars = end
        turn = inquiry.wire.read_turn(answer, inquiry.tools, strict=self._is_strict)
        if reads_written_calls and not turn.calls:
            turn = self._with_written_calls(turn, inquiry)
        if turn.wire != _WRITTEN and len(turn.text) > shown_chars:
            yield turn.text[shown_chars:]
        if turn.wire == _WRITTEN and not self._has_noted_written_calls:
            self._has_noted_written_calls = True
            advice = for_reader("tool_calls='constrained'", "--tool-calls constrained")
            yield self._note(f"{_WRITTEN_NOTE}{advice} is surer.")
        yield turn

    def _with_written_calls(self, turn: Turn, inquiry: Inquiry) -> Turn:
        """Return a turn with the calls that stand in its text."""
        written = read_written_calls(
            turn.text,
            inquiry.tools,
            strict=self._is_strict,
            id_prefix=f"call_{len(inquiry.record)}",
        )
        if not written.calls:
            return turn
        return replace(turn, text=written.text, calls=written.calls, items=(), wire=_WRITTEN)

    async def _send(
        self, request: JsonObject, wire: Wire
    ) -> AsyncGenerator[str | ArgumentsDelta | JsonObject, None]:
        """Yield the pieces of an answer's text, where it comes in pieces; then the whole answer."""
        arguments = as_arguments(self.create, request)
        has_begun = False
        try:
            if not request.get("stream"):
                yield _as_json(await self.create(**arguments))
                return
            assembler = wire.make_assembler()
            async with await self.create(**arguments) as stream:
                async for piece in stream:
                    has_begun = True
                    for shown in assembler.add(_as_json(piece)):
                        yield shown
        except ValueError:
            if has_begun:
                raise ModelUnavailable(
                    f"What {self.client.base_url} sent broke off in the middle: try again."
                ) from None
            raise AgentError(
                f"What {self.client.base_url} sent is no answer of this API: check "
                f"{for_reader('base_url', '--base-url')} (it often ends in /v1) and "
                f"{for_reader('api=', '--api')}."
            ) from None
        yield assembler.assemble()

    def _failure(self, error: openai.OpenAIError) -> AgentError:
        """Return what is raised for what the SDK raised; the key is not in it."""
        key = self.client.api_key if len(self.client.api_key) >= _MIN_SECRET_CHARS else ""
        return failure_of(error, self.request["model"], str(self.client.base_url), key)

    def _note(self, text: str) -> ModelNote:
        return ModelNote(f"{self.client.base_url} {text}")


def _as_json(answer: Any) -> JsonObject:
    """Return an SDK's object as it came; a server that sends no JSON makes the SDK give text."""
    if not hasattr(answer, "to_dict"):
        raise ValueError("no JSON")
    return cast("JsonObject", answer.to_dict(warnings=False))
