"""The loop: a question in; the model is asked, its calls are run, their results go back, until it answers; events and the answer out."""

from __future__ import annotations

import asyncio
import inspect
from contextlib import aclosing
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple, Protocol

from openapi2tools.agent.events import (
    Answer,
    Answered,
    ApprovalAsked,
    ApprovalGiven,
    CallFinished,
    CallStarted,
    Event,
    RequestSent,
    TextDelta,
    TurnFinished,
    TurnStarted,
)
from openapi2tools.agent.session import Entry, Question, Sent, Session, Turn, exchanges
from openapi2tools.call.policy import Decision
from openapi2tools.errors import AgentError, BlockedAddress, CallError, MissingCredential
from openapi2tools.model import Call, Effect, Result, Toolset

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence
    from contextlib import AbstractAsyncContextManager

    from openapi2tools.call.client import Client
    from openapi2tools.call.options import Approve
    from openapi2tools.call.prepared import Prepared

    Emit = Callable[[Event], None]

INSTRUCTIONS = (
    "You answer by calling the tools you are given: they are the operations of an HTTP API, and what they return is all you know. "
    "Look up identifiers with a tool before you use them; never invent one. When a tool answers with an error, correct the arguments and "
    "try again, or say what is missing. Change nothing that you were not asked to change. When you are done, answer in a few words."
)


class Ask(Protocol):
    """A connected model."""

    def __call__(self, record: Sequence[Entry], /) -> AsyncGenerator[str | Turn, None]:
        """Ask once about a record: pieces of the text as they come, and the whole turn at last."""
        ...


class Model(Protocol):
    """A model that calls tools. It keeps nothing between turns: all it needs to know is in the record."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    def open(self, tools: Toolset, instructions: str) -> AbstractAsyncContextManager[Ask]:
        """Connect for one run; AgentError when that is impossible."""
        ...


class _Ready(NamedTuple):
    """A call that may go out."""

    prepared: Prepared
    approved: bool


class Agent:
    """A model and a client for an API, joined by the loop.

    `max_turns` bounds how often the model is asked in one run. `approve` (else the client's own) is
    asked about every call whose policy says so; with neither the run stops there, and
    `answer.pending` tells what it waits for.
    """

    def __init__(
        self,
        client: Client,
        model: Model,
        *,
        instructions: str | None = None,
        max_turns: int = 20,
        approve: Approve | None = None,
    ) -> None:
        self.client = client
        self.model = model
        self.instructions = INSTRUCTIONS if instructions is None else instructions
        self.max_turns = max_turns
        self.approve = approve

    def run(self, question: str | None = None, *, session: Session | None = None) -> Answer:
        """Answer a question, or go on with a session; see `stream` for what can go wrong."""

        async def whole() -> Answer:
            return await self.arun(question, session=session)

        return self.client.wait(whole)

    async def arun(self, question: str | None = None, *, session: Session | None = None) -> Answer:
        """Answer a question, or go on with a session."""
        async with aclosing(self.stream(question, session=session)) as events:
            async for event in events:
                if isinstance(event, Answered):
                    return event.answer
        raise AgentError(
            "The run ended without an answer."
        )  # pragma: no cover -- a stream ends with Answered, or raises

    async def stream(
        self, question: str | None = None, *, session: Session | None = None
    ) -> AsyncGenerator[Event, None]:
        """Give every event of a run as it happens, `Answered` at last.

        Raises AgentError when the model cannot go on, or wants more than `max_turns`, and while
        another run acts on the session; MissingCredential when the API wants one that nobody gave,
        BlockedAddress where a call leads to one. Leaving the stream early (`aclose`) cancels what
        is under way.
        """
        session = Session() if session is None else session
        with session.running():
            _begin(session, question)
            turns = 0
            async with self.model.open(self.client.tools, self.instructions) as ask:
                while True:
                    async with aclosing(self._settle(session.pending, session)) as events:
                        async for event in events:
                            yield event
                    if (end := _end(session, turns)) is not None:
                        break
                    turns += 1
                    if turns > self.max_turns:
                        raise AgentError(
                            f"No answer after {self.max_turns} turns of the model: raise max_turns, or ask for less at once."
                        )
                    async with aclosing(self._turn(ask, session, turns)) as events:
                        async for event in events:
                            yield event
        yield Answered(end)

    async def _turn(self, ask: Ask, session: Session, number: int) -> AsyncGenerator[Event, None]:
        yield TurnStarted(number, self.model.name)
        async with aclosing(ask(session)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Turn):
                    if not piece.text and not piece.calls:
                        raise AgentError(
                            f"{self.model.name} said nothing: ask again, or in other words."
                        )
                    session.add(piece)
                    yield TurnFinished(number, piece)
                else:
                    yield TextDelta(piece)

    async def _settle(self, calls: Sequence[Call], session: Session) -> AsyncGenerator[Event, None]:
        """Settle calls and give their events as they come. Leaving early cancels what is under way."""
        if not calls:
            return
        events: asyncio.Queue[Event | None] = asyncio.Queue()
        work = asyncio.create_task(self._make(calls, session, events.put_nowait))
        work.add_done_callback(lambda _: events.put_nowait(None))
        try:
            while (event := await events.get()) is not None:
                yield event
            await work
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    async def _make(self, calls: Sequence[Call], session: Session, emit: Emit) -> None:
        """Ask about every call first, one after the other, so that none runs out of time while somebody ponders; then make all at once."""
        for call in calls:
            emit(CallStarted(call))
        ready = [await self._ready(call, session, emit) for call in calls]
        tasks = [
            asyncio.create_task(self._run(call, one, session, emit))
            for call, one in zip(calls, ready, strict=True)
            if one
        ]
        try:
            await asyncio.gather(*tasks)
        finally:  # one that raises cancels the others
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _ready(self, call: Call, session: Session, emit: Emit) -> _Ready | Result | None:
        """Prepare a call and get the yes that it needs; a result when it cannot be made, None when it waits for somebody's yes."""
        if call.fault:
            return _fault(call, call.fault)
        try:
            prepared = self.client.prepare(call)
        except CallError as error:
            return _fault(call, str(error))
        if (
            session.sent(call)
            and self.client.options.policy.effect(prepared.tool) is not Effect.READ
        ):
            return _fault(
                call,
                "The run broke off while this call was under way. Look whether it took effect before you repeat it.",
            )
        approved = (
            await self._approved(prepared, session, emit)
            if prepared.decision is Decision.ASK
            else False
        )
        if approved is None:
            return None
        if prepared.decision is Decision.ASK and not approved:
            return _fault(
                call,
                "The person in charge declined this call. Do not repeat it; go on without it, or say so.",
            )
        return _Ready(prepared, approved)

    async def _run(self, call: Call, ready: _Ready | Result, session: Session, emit: Emit) -> None:
        began = monotonic()
        result = ready if isinstance(ready, Result) else await self._sent(ready, session, emit)
        result = _noted(result, call, session)
        session.add(result)
        emit(CallFinished(call, result, monotonic() - began))

    async def _sent(self, ready: _Ready, session: Session, emit: Emit) -> Result:
        prepared, call = ready.prepared, ready.prepared.call
        goes_out = (
            prepared.decision is not Decision.REFUSE and not self.client.options.policy.dry_run
        )
        if goes_out:
            emit(RequestSent(call, prepared.request.method, str(prepared.request.url)))
            session.add(Sent(call.id))
        try:
            result = await self.client.asend(prepared, approved=ready.approved)
        except BlockedAddress:  # perhaps behind a redirect, which a write led to
            raise
        except MissingCredential:
            session.add(Sent(call.id, went=False))
            raise
        except CallError as error:
            return _fault(call, str(error))
        return replace(result, call_id=call.id, caller=call.caller)

    async def _approved(self, prepared: Prepared, session: Session, emit: Emit) -> bool | None:
        said = session.approval(prepared.call)
        if said is not None:
            return said
        emit(ApprovalAsked(prepared.call, prepared))
        approve = self.approve or self.client.options.approve
        if approve is None:
            return None
        answer = approve(prepared)
        approved = bool(await answer if inspect.isawaitable(answer) else answer)
        session.approve(prepared.call, approved=approved)
        emit(ApprovalGiven(prepared.call, approved))
        return approved


def _begin(session: Session, question: str | None) -> None:
    waiting = [call for call in session.pending if session.approval(call) is None]
    if question is not None and waiting:
        raise AgentError(
            f"Calls of this session wait for approval ({waiting[0].tool}): run it without a question first."
        )
    if question is None and not len(session):
        raise AgentError("There is nothing to do: give a question, or a session that has one.")
    if question is not None:
        session.add(Question(question))


def _end(session: Session, turns: int) -> Answer | None:
    """Give the answer when the record ends with one, or with calls that wait for somebody."""
    if pending := session.pending:
        text = "Waiting for approval of " + ", ".join(call.tool for call in pending) + "."
        return Answer(text, turns, session.usage, session, pending)
    last = session[len(session) - 1]
    if isinstance(last, Turn):
        return Answer(last.text, turns, session.usage, session)
    return None


def _fault(call: Call, text: str) -> Result:
    return Result(call.id, call.tool, text, is_error=True, caller=call.caller)


def _noted(result: Result, call: Call, session: Session) -> Result:
    """Tell a model that goes round in circles that it does."""
    turns = [exchange for exchange in exchanges(session) if not isinstance(exchange, Question)]
    before = [
        (made, given)
        for turn, results in turns[:-1]
        for made, given in zip(turn.calls, results, strict=False)
    ]
    if any(_same(made, call) and given.text == result.text for made, given in before):
        return replace(
            result,
            text=f"{result.text}\n(This very call gave this very result before: do something else, or answer.)",
        )
    return result


def _same(one: Call, other: Call) -> bool:
    return one.tool == other.tool and one.arguments == other.arguments
