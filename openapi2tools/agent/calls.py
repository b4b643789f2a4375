"""Make the calls of one turn: check each, get the yes it needs, send it, record what came of it.

The loop decides that calls are to be made; this module decides, call by call, whether one may go
out, and writes every step into the session before it takes the next.
"""

from __future__ import annotations

import asyncio
import inspect
from contextlib import suppress
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING, TypeAlias

from openapi2tools.agent.entries import Approval, Asked, Question, Sent, exchanges
from openapi2tools.agent.events import (
    ApprovalAsked,
    ApprovalGiven,
    CallFinished,
    CallStarted,
    Event,
    RequestSent,
)
from openapi2tools.call.approval.consent import Consent, is_later, is_yes, now
from openapi2tools.call.approval.facts import RequestFacts
from openapi2tools.call.policy import Decision
from openapi2tools.errors import (
    AgentError,
    ApprovalNeeded,
    BlockedAddress,
    CallError,
    MissingCredential,
)
from openapi2tools.model import Call, Effect, Result
from openapi2tools.transport import watched_departure

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from openapi2tools.agent.session import Hold, Session
    from openapi2tools.agent.tool_search.finder import ToolFinder
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
    consent: Consent | None = None


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
    `finder` answers the searches of a model that finds its tools as it goes.
    `hold` is the run's hold on the session, and one runner serves one run: a yes to all calls of a
    tool ends with it.
    """

    def __init__(
        self,
        client: Client,
        session: Session,
        hold: Hold,
        approve: Approve | None,
        finder: ToolFinder | None = None,
    ) -> None:
        self._client = client
        self._session = session
        self._record = hold.add
        self._approve = approve
        self._finder = finder
        self._digest_by_allowed_tool: dict[str, str] = {}
        self._one_question_at_a_time = asyncio.Lock()

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
        if self._finder is not None and self._finder.answers(call):
            return _AnswerWithoutSending(self._finder.answer(call))
        if self._session.approval(call) is False:
            return _AnswerWithoutSending(_error_result(call, _DECLINED))
        try:
            prepared = self._client.prepare(call)
        except CallError as error:
            return _AnswerWithoutSending(_error_result(call, str(error)))

        only_reads = self._client.options.policy.effect(prepared.tool) is Effect.READ
        if self._session.sent(call) and not only_reads:
            return _AnswerWithoutSending(_error_result(call, _BROKE_OFF))

        if prepared.decision is not Decision.ASK:
            return _Send(prepared)
        try:
            async with self._one_question_at_a_time:
                return await self._get_consent(prepared, emit)
        except MissingCredential:
            raise
        except CallError as error:  # a file that is gone
            return _AnswerWithoutSending(_error_result(call, str(error)))

    async def _get_consent(self, prepared: Prepared, emit: Callable[[Event], None]) -> _Verdict:
        """Find the recorded yes to this very request, else ask for one and record the answer."""
        call = prepared.call
        request = await self._client.adescribe(prepared)
        recorded = self._session.consent(call)
        if recorded is not None:
            objections = recorded.objections(request, self._client.options.policy)
            if not objections:
                return _Send(prepared, replace(recorded, signature=request.signature))
            prepared = replace(prepared, changes=objections)
        elif self._digest_by_allowed_tool.get(call.tool) == request.tool_digest:
            return self._accept(prepared, request)
        if recorded is not None or not self._is_asked_about(request, call):
            self._record(Asked(call.id, request.facts, now()))
        emit(ApprovalAsked(call, prepared))
        if self._approve is None:
            return _WaitForApproval()
        answer = self._approve(prepared)
        if inspect.isawaitable(answer):
            answer = await answer
        if is_later(answer):
            return _WaitForApproval()
        emit(ApprovalGiven(call, is_yes(answer)))
        if not is_yes(answer):
            self._record(Approval(call.id, approved=False, digest=request.digest, at=now()))
            return _AnswerWithoutSending(_error_result(call, _DECLINED))
        if answer == "tool":
            self._digest_by_allowed_tool[call.tool] = request.tool_digest
        return self._accept(prepared, request)

    def _accept(self, prepared: Prepared, request: RequestFacts) -> _Send:
        """Record a yes."""
        consent = Consent.to(request)
        self._record(Approval(prepared.call.id, True, consent.digest, consent.at))
        return _Send(prepared, consent)

    def _is_asked_about(self, request: RequestFacts, call: Call) -> bool:
        """Return whether the record has this very question already."""
        asked = self._session.asked(call)
        return asked is not None and RequestFacts(asked.request).digest == request.digest

    async def _carry_out(
        self,
        call: Call,
        verdict: _Verdict,
        emit: Callable[[Event], None],
    ) -> None:
        """Turn a verdict into a recorded result.

        A call whose request is no longer the one that was agreed to is judged anew.
        """
        began = monotonic()
        result: Result | None = None
        while result is None:
            match verdict:
                case _Send():
                    result = await self._send(verdict, emit)
                case _AnswerWithoutSending():
                    result = verdict.result
                case _WaitForApproval():
                    return
            if result is None:
                verdict = await self._judge(call, emit)
        result = _with_repetition_note(result, call, self._session)
        self._record(result)
        emit(CallFinished(call, result, monotonic() - began))

    async def _send(self, verdict: _Send, emit: Callable[[Event], None]) -> Result | None:
        """Send a call, recording before that it goes out; None when it needs a new yes.

        After a crash that record tells that the request may have arrived, though no result did.
        """
        prepared = verdict.prepared
        call = prepared.call
        if self._reaches_the_network(prepared):
            emit(RequestSent(call, prepared.request.method, str(prepared.request.url)))
            self._record(Sent(call.id))
        try:
            with watched_departure() as departure:
                result = await self._client.asend(prepared, approved=verdict.consent or False)
        except asyncio.CancelledError:
            if departure.call_off():
                with suppress(AgentError):  # the run was left, and records nothing more
                    self._record(Sent(call.id, went=False))
            raise
        except BlockedAddress:
            # Perhaps behind a redirect that a write led to, so it stays recorded as sent.
            raise
        except MissingCredential:
            self._record(Sent(call.id, went=False))
            raise
        except ApprovalNeeded:
            self._record(Sent(call.id, went=False))
            return None
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
