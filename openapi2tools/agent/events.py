"""What happens in a run, as it happens: frozen values from the first turn to the answer.

No event holds a secret. The order within a run:

    TurnStarted, TextDelta …, TurnFinished,
        CallStarted …, ApprovalAsked, ApprovalGiven, RequestSent, CallFinished …,
    TurnStarted …, Answered

Calls of one turn run at the same time, so their events mix.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from openapi2tools.agent.entries import Turn, Usage
    from openapi2tools.agent.session import Session
    from openapi2tools.call.prepared import Prepared
    from openapi2tools.model import Call, Result


@dataclass(frozen=True, slots=True)
class TurnStarted:
    """The model is asked; turns count from 1."""

    number: int
    model: str


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the model's text."""

    text: str


@dataclass(frozen=True, slots=True)
class TurnFinished:
    """The model has spoken; `turn.calls` is what it wants called."""

    number: int
    turn: Turn


@dataclass(frozen=True, slots=True)
class CallStarted:
    """The run takes up a call: its tool and its arguments. Nothing is sent yet."""

    call: Call


@dataclass(frozen=True, slots=True)
class ApprovalAsked:
    """A call needs a person's yes; `prepared` shows the request that would go out."""

    call: Call
    prepared: Prepared


@dataclass(frozen=True, slots=True)
class CredentialMissing:
    """Tools need a credential that nobody gave: told before the model is asked for the first time.

    `text` says what to give, and where.
    """

    tools: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class ApprovalGiven:
    """A person said yes, or no."""

    call: Call
    approved: bool


@dataclass(frozen=True, slots=True)
class RequestSent:
    """The request goes out; the URL is the one without secrets."""

    call: Call
    method: str
    url: str


@dataclass(frozen=True, slots=True)
class CallFinished:
    """The result that the model will read.

    `result.status` is the HTTP status, None when nothing was sent.
    """

    call: Call
    result: Result
    seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    """The end of a run: `str(answer)` is the text.

    `pending` holds the calls that wait for a yes when the run stopped for them: say
    `session.approve(call)` and run the session again.
    """

    text: str
    turns: int
    usage: Usage
    session: Session = field(repr=False)
    pending: tuple[Call, ...] = ()

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Answered:
    """The run is over."""

    answer: Answer


Event: TypeAlias = (
    CredentialMissing
    | TurnStarted
    | TextDelta
    | TurnFinished
    | CallStarted
    | ApprovalAsked
    | ApprovalGiven
    | RequestSent
    | CallFinished
    | Answered
)
