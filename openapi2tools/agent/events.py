"""What happens in a run, as it happens: frozen values from the first turn to the answer.

No event holds a secret. The order within a run:

    TurnStarted, ModelNote …, TextDelta …, ArgumentsDelta …, TurnFinished,
        CallStarted …, WriteSettled, SettlingAsked, ApprovalAsked, ApprovalGiven, RequestSent,
        CallFinished, AnswerSuspected …,
    TurnStarted …, Answered

Calls of one turn run at the same time, so their events mix. A `TurnRetried` within a turn voids the
pieces that came of it before. `LimitReached` comes before the last turn.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final, Literal, TypeAlias, get_args

from openapi2tools._core.json.typed_json import record_schema, to_json
from openapi2tools.agent.record.entries import (
    Limit,
    Outcome,
    Sent,
    Turn,
    Usage,
)
from openapi2tools.agent.record.session import Session  # noqa: TC001 -- likewise
from openapi2tools.call.prepared import Prepared
from openapi2tools.model import Call, JsonObject, Result

EVENT_VERSION: Final = 1
"""The version of what `to_dict` returns, and `events_schema` describes."""


class _Event:
    """What all events can do."""

    __slots__ = ()

    def to_dict(self) -> JsonObject:
        """Return the event as JSON, with its `type` and the version `v`, and without secrets.

        Example:
            async for event in agent.stream(question):
                await socket.send_json(event.to_dict())
        """
        members = {each.name: _event_json(getattr(self, each.name)) for each in fields(self)}  # type: ignore[arg-type]
        return {"v": EVENT_VERSION, "type": _type_name(type(self)), **members}


@dataclass(frozen=True, slots=True)
class TurnStarted(_Event):
    """The model is asked; turns count from 1."""

    number: int
    model: str


@dataclass(frozen=True, slots=True)
class TextDelta(_Event):
    """A piece of the model's text."""

    text: str


@dataclass(frozen=True, slots=True)
class ModelNote(_Event):
    """What the model's server does otherwise than OpenAI's, and how the run goes on with it.

    A model yields it among its texts, before the first of them or after the last.
    """

    text: str


@dataclass(frozen=True, slots=True)
class ArgumentsDelta(_Event):
    """A piece of the arguments of a call, as JSON text, while the model writes them.

    `index` says which call of the turn, from 0. `tool` is the name that the model wrote.
    """

    index: int
    tool: str
    text: str


@dataclass(frozen=True, slots=True)
class TurnRetried(_Event):
    """The turn came to nothing, and the model is asked again; the pieces that came of it are void.

    Attributes:
        number: Which turn.
        attempt: How often it is asked again, from 1.
        cause: `unavailable`: the server failed, broke off, or gave no answer in time. `empty`: the
            model said nothing. `too_long`: the conversation is too long for the model, and the
            longest results are left out of it.
        text: What happened, in a sentence.
        pause: How many seconds pass before.
    """

    number: int
    attempt: int
    cause: Literal["unavailable", "empty", "too_long"]
    text: str
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class AnswerSuspected(_Event):
    """Text in the answer of a call speaks to a model; the model is told that it is data.

    `phrases` quote it, in lower case.
    """

    call: Call
    phrases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LimitReached(_Event):
    """A limit of the run is reached: the model is asked a last time, for an answer without calls.

    `text` says so, and names the option.
    """

    limit: Limit
    text: str


@dataclass(frozen=True, slots=True)
class TurnFinished(_Event):
    """The model has spoken; `turn.calls` is what it wants called, `turn.usage` its tokens."""

    number: int
    turn: Turn
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class CallStarted(_Event):
    """The run takes up a call: its tool and its arguments. Nothing is sent yet."""

    call: Call


@dataclass(frozen=True, slots=True)
class ApprovalAsked(_Event):
    """A call needs a person's yes; `prepared` shows the request that would go out."""

    call: Call
    prepared: Prepared


@dataclass(frozen=True, slots=True)
class CredentialMissing(_Event):
    """Tools need a credential that nobody gave: told before the model is asked for the first time.

    `text` says what to give, and where.
    """

    tools: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class ApprovalGiven(_Event):
    """A person said yes, or no."""

    call: Call
    approved: bool


@dataclass(frozen=True, slots=True)
class RequestSent(_Event):
    """The request goes out; the URL is the one without secrets."""

    call: Call
    method: str
    url: str


@dataclass(frozen=True, slots=True)
class SettlingAsked(_Event):
    """A person is asked what became of a write, before the same one may go out.

    Attributes:
        call: What would send it.
        write: What went out without an answer.
        text: What the API showed of it, in a sentence.
    """

    call: Call
    write: Sent
    text: str


@dataclass(frozen=True, slots=True)
class WriteSettled(_Event):
    """It is known what became of a write that went out without an answer, or still unclear.

    Attributes:
        call: What would send it again.
        write: What went out.
        outcome: What became of it.
        text: What shows it, in a sentence.
    """

    call: Call
    write: Sent
    outcome: Outcome
    text: str


@dataclass(frozen=True, slots=True)
class CallFinished(_Event):
    """The result that the model will read.

    `result.status` is the HTTP status, None when nothing was sent.
    """

    call: Call
    result: Result
    seconds: float


Incomplete: TypeAlias = Literal["", Limit, "cut", "empty", "unavailable", "too_long"]
"""Why an answer is not whole; empty where it is, or where calls wait for a yes.

- the name of a limit: it was reached, and the text says what is missing;
- `cut`: the model was stopped at its token limit again and again;
- `empty`, `unavailable`, `too_long`: it said nothing, could not be asked, or could not take so long
  a conversation; the text is what the calls returned.
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """The end of a run: `str(answer)` is the text.

    Attributes:
        text: What the model answered.
        turns: How often the model spoke in this run.
        usage: The tokens of the whole session.
        session: The record; a run of it goes on where this one ended.
        pending: The calls that wait for a yes when the run stopped for them: say
            `session.approve(call)` and run the session again.
        seconds: How long the run took.
        incomplete: Why the answer is not whole; empty where it is.
    """

    text: str
    turns: int
    usage: Usage
    session: Session = field(repr=False)
    pending: tuple[Call, ...] = ()
    seconds: float = 0.0
    incomplete: Incomplete = ""

    def __str__(self) -> str:
        return self.text

    def to_dict(self) -> JsonObject:
        """Return the answer as JSON, without its session, which `Session.dumps` writes."""
        return _event_json(self)  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Answered(_Event):
    """The run is over."""

    answer: Answer


Event: TypeAlias = (
    CredentialMissing
    | TurnStarted
    | ModelNote
    | TextDelta
    | ArgumentsDelta
    | TurnRetried
    | TurnFinished
    | LimitReached
    | CallStarted
    | ApprovalAsked
    | ApprovalGiven
    | RequestSent
    | SettlingAsked
    | WriteSettled
    | CallFinished
    | AnswerSuspected
    | Answered
)


@dataclass(frozen=True, slots=True)
class ShownRequest:
    """A request as people see it: `text` is HTTP, in which placeholders stand for secrets.

    `changes` say what differs from the request that somebody agreed to before, `preview` what the
    request would change, and whether that can be undone.
    """

    method: str
    url: str
    text: str
    reason: str
    changes: tuple[str, ...]
    preview: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """The end of a run, without its session; `pending` holds the calls that wait for a yes."""

    text: str
    turns: int
    usage: Usage
    pending: tuple[Call, ...]
    seconds: float
    incomplete: Incomplete


_STAND_INS: Final = {Prepared: ShownRequest, Answer: ShownAnswer}


def events_schema() -> JsonObject:
    """Return the JSON Schema of what `to_dict` of an event returns."""
    definitions: dict[str, JsonObject] = {}
    schemas = [
        record_schema(
            event_type,
            definitions,
            _STAND_INS,
            constants={"v": EVENT_VERSION, "type": _type_name(event_type)},
        )
        for event_type in get_args(Event)
    ]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"An event of a run, version {EVENT_VERSION}",
        "oneOf": schemas,
        "$defs": definitions,
    }


def _type_name(event_type: type) -> str:
    """Return the name of an event's type: `TurnStarted` is `turn_started`."""
    return re.sub(r"(?<!^)([A-Z])", r"_\1", event_type.__name__).lower()


def _event_json(value: Any) -> Any:
    match value:
        case Prepared():
            request = value.request
            shown = ShownRequest(
                request.method,
                str(request.url),
                value.http(),
                value.reason,
                value.changes,
                value.preview,
            )
            return to_json(shown)
        case Answer():
            shown_answer = ShownAnswer(
                value.text,
                value.turns,
                value.usage,
                value.pending,
                value.seconds,
                value.incomplete,
            )
            return to_json(shown_answer)
        case Result():
            return to_json(replace(value, headers={}))  # they may hold cookies
    return to_json(value)
