"""Make the calls of one turn: check each, get the yes it needs, send it, record what came of it.

The loop decides that calls are to be made; this module decides, call by call, whether one may go
out, and writes every step into the session before it takes the next.
"""

from __future__ import annotations

import asyncio
import inspect
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING, TypeAlias

from openapi2tools.agent.entries import Question, Sent, exchanges
from openapi2tools.agent.events import (
    ApprovalAsked,
    ApprovalGiven,
    CallFinished,
    CallStarted,
    Event,
    RequestSent,
)
from openapi2tools.call.policy import Decision
from openapi2tools.errors import BlockedAddress, CallError, MissingCredential
from openapi2tools.model import Call, Effect, Result

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from openapi2tools.agent.session import Session
    from openapi2tools.call.client import Client
    from openapi2tools.call.options import Approve
    from openapi2tools.call.prepared import Prepared

_BROKE_OFF = (
    "The run broke off while this call was under way. Look whether it took effect before you "
    "repeat it."
)
_DECLINED = (
    "The person in charge declined this call. Do not repeat it; go on without it, or say so."
)
_SEEN_BEFORE = "(This very call gave this very result before: do something else, or answer.)"


@dataclass(frozen=True, slots=True)
class _Send:
    """The call may go out."""

    prepared: Prepared
    approved: bool


@dataclass(frozen=True, slots=True)
class _AnswerWithoutSending:
    """The call cannot be made, or must not be; the result tells the model why."""

    result: Result


@dataclass(frozen=True, slots=True)
class _WaitForApproval:
    """Nobody is here to say yes or no: the call stays pending."""


_Verdict: TypeAlias = _Send | _AnswerWithoutSending | _WaitForApproval


class CallRunner:
    """Makes calls with a client and records them in a session.

    `approve` is asked about every call whose policy says so; without it such calls stay pending.
    """

    def __init__(self, client: Client, session: Session, approve: Approve | None) -> None:
        self._client = client
        self._session = session
        self._approve = approve

    async def run(self, calls: Sequence[Call]) -> AsyncGenerator[Event, None]:
        """Make calls and yield their events as they come.

        Leaving early (`aclose`) cancels what is under way. BlockedAddress and MissingCredential of
        the client are raised; every other failure of a call is a result.
        """
        if not calls:
            return
        events: asyncio.Queue[Event | None] = asyncio.Queue()
        work = asyncio.create_task(self._make_all(calls, events.put_nowait))
        work.add_done_callback(lambda _: events.put_nowait(None))
        try:
            while (event := await events.get()) is not None:
                yield event
            await work
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    async def _make_all(self, calls: Sequence[Call], emit: Callable[[Event], None]) -> None:
        """Get a verdict on every call, one after the other; then make all of them at once.

        Nothing is sent before the last question is answered, so that no request runs out of time
        while somebody ponders.
        """
        for call in calls:
            emit(CallStarted(call))
        verdicts = [await self._judge(call, emit) for call in calls]
        tasks = [
            asyncio.create_task(self._carry_out(call, verdict, emit))
            for call, verdict in zip(calls, verdicts, strict=True)
            if not isinstance(verdict, _WaitForApproval)
        ]
        try:
            await asyncio.gather(*tasks)
        finally:  # one that raises cancels the others
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _judge(self, call: Call, emit: Callable[[Event], None]) -> _Verdict:
        """Decide whether a call goes out, is answered here, or waits for somebody's yes."""
        if call.fault:
            return _AnswerWithoutSending(_error_result(call, call.fault))
        try:
            prepared = self._client.prepare(call)
        except CallError as error:
            return _AnswerWithoutSending(_error_result(call, str(error)))

        only_reads = self._client.options.policy.effect(prepared.tool) is Effect.READ
        if self._session.sent(call) and not only_reads:
            return _AnswerWithoutSending(_error_result(call, _BROKE_OFF))

        if prepared.decision is not Decision.ASK:
            return _Send(prepared, approved=False)
        match await self._get_approval(prepared, emit):
            case None:
                return _WaitForApproval()
            case False:
                return _AnswerWithoutSending(_error_result(call, _DECLINED))
            case True:
                return _Send(prepared, approved=True)

    async def _get_approval(self, prepared: Prepared, emit: Callable[[Event], None]) -> bool | None:
        """Return the recorded yes or no, else ask for one and record it; None when nobody can."""
        recorded = self._session.approval(prepared.call)
        if recorded is not None:
            return recorded
        emit(ApprovalAsked(prepared.call, prepared))
        if self._approve is None:
            return None
        reply = self._approve(prepared)
        if inspect.isawaitable(reply):
            reply = await reply
        approved = bool(reply)
        self._session.approve(prepared.call, approved=approved)
        emit(ApprovalGiven(prepared.call, approved))
        return approved

    async def _carry_out(
        self,
        call: Call,
        verdict: _Send | _AnswerWithoutSending,
        emit: Callable[[Event], None],
    ) -> None:
        """Turn a verdict into a recorded result."""
        began = monotonic()
        match verdict:
            case _Send():
                result = await self._send(verdict, emit)
            case _AnswerWithoutSending():
                result = verdict.result
        result = _with_repetition_note(result, call, self._session)
        self._session.add(result)
        emit(CallFinished(call, result, monotonic() - began))

    async def _send(self, verdict: _Send, emit: Callable[[Event], None]) -> Result:
        """Send a call, recording before that it goes out.

        After a crash that record tells that the request may have arrived, though no result did.
        """
        prepared = verdict.prepared
        call = prepared.call
        if self._reaches_the_network(prepared):
            emit(RequestSent(call, prepared.request.method, str(prepared.request.url)))
            self._session.add(Sent(call.id))
        try:
            result = await self._client.asend(prepared, approved=verdict.approved)
        except BlockedAddress:
            # Perhaps behind a redirect that a write led to, so it stays recorded as sent.
            raise
        except MissingCredential:
            self._session.add(Sent(call.id, went=False))
            raise
        except CallError as error:
            return _error_result(call, str(error))
        return replace(result, call_id=call.id, caller=call.caller)

    def _reaches_the_network(self, prepared: Prepared) -> bool:
        is_refused = prepared.decision is Decision.REFUSE
        return not is_refused and not self._client.options.policy.dry_run


def _error_result(call: Call, text: str) -> Result:
    return Result(call.id, call.tool, text, is_error=True, caller=call.caller)


def _with_repetition_note(result: Result, call: Call, session: Session) -> Result:
    """Add a note to a result that the same call had before: the model goes round in circles."""
    turns = [exchange for exchange in exchanges(session) if not isinstance(exchange, Question)]
    for turn, results in turns[:-1]:
        for earlier_call, earlier_result in zip(turn.calls, results, strict=False):
            if _is_same_call(earlier_call, call) and earlier_result.text == result.text:
                return replace(result, text=f"{result.text}\n{_SEEN_BEFORE}")
    return result


def _is_same_call(one: Call, other: Call) -> bool:
    return one.tool == other.tool and one.arguments == other.arguments
