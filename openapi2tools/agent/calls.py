"""Make the calls of one turn: check each, get the yes it needs, send it, record what came of it.

The loop decides that calls are to be made; this module decides, call by call, whether one may go
out, and writes every step into the session before it takes the next.
"""

from __future__ import annotations

import asyncio
import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING, TypeAlias

import anyio

from openapi2tools._core.json import exact_json
from openapi2tools.agent.caller import owner_of
from openapi2tools.agent.events import (
    AnswerSuspected,
    ApprovalAsked,
    ApprovalGiven,
    CallFinished,
    CallStarted,
    Event,
)
from openapi2tools.agent.files.handles import RecordFiles
from openapi2tools.agent.hooks import CallHooks
from openapi2tools.agent.record.call_history import was_abandoned
from openapi2tools.agent.record.entries import Approval, Asked
from openapi2tools.agent.repetition import (
    NOT_AGAIN,
    calls_of_last_turn,
    fails_again,
    with_repetition_note,
)
from openapi2tools.agent.settling import Settling, kept_unknown
from openapi2tools.agent.suspicion import phrases_in_answer, with_data_note
from openapi2tools.call.approval.consent import Consent, is_later, is_yes, now
from openapi2tools.call.approval.facts import RequestFacts
from openapi2tools.call.policy import Decision
from openapi2tools.call.sending.batch import finish_all
from openapi2tools.errors import CallError, MissingCredential
from openapi2tools.model import Call, Effect, Result

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

    from openapi2tools.agent.caller import Caller
    from openapi2tools.agent.record.session import Hold, Session
    from openapi2tools.agent.settling import Settle
    from openapi2tools.call.options import Approve
    from openapi2tools.call.prepared import Prepared
    from openapi2tools.model import Json

_DECLINED = (
    "The person in charge declined this call. Do not repeat it; go on without it, or say so."
)
_NOT_MADE = (
    "Not made, because {tool}, which was to be done before, did not go through. See what came of "
    "it, and call this again if it is still wanted."
)


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
_Judged: TypeAlias = tuple[Call, _Verdict]


class CallRunner:
    """Makes calls and records them in a session.

    `callers` make them: each call is the first's that has its tool, and the last's where none has.
    `approve` is asked about every call whose policy says so; without it such calls stay pending.
    `settle` is asked what became of a write that nobody knows the outcome of.
    `hold` is the run's hold on the session, and one runner serves one run: a yes to all calls of a
    tool ends with it.
    """

    def __init__(
        self,
        callers: Sequence[Caller],
        session: Session,
        hold: Hold,
        approve: Approve | None,
        *,
        settle: Settle | None = None,
        hooks: CallHooks | None = None,
        parallel_calls: int | None = None,
    ) -> None:
        self._callers = callers
        self._session = session
        self._record = hold.add
        self._approve = approve
        self._hooks = hooks or CallHooks()
        self._places = anyio.CapacityLimiter(parallel_calls or math.inf)
        self._settling = Settling(session, hold.add, settle)
        self._digest_by_allowed_tool: dict[str, str] = {}
        self._changed_by_person: set[str] = set()
        self._one_question_at_a_time = asyncio.Lock()
        self._files = RecordFiles(session)

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
        """Get a verdict on every call, one after the other; then make them.

        Nothing is sent before the last question is answered, so that no request runs out of time
        while somebody ponders. Those that only read run beside each other and beside the others,
        which go out in the model's order.
        """
        for call in calls:
            emit(CallStarted(call))
        reads, writes = await self._judge_all(calls, emit)
        tasks = [
            asyncio.create_task(self._carry_out(call, verdict, emit)) for call, verdict in reads
        ]
        tasks.append(asyncio.create_task(self._carry_out_in_order(writes, emit)))
        await finish_all(tasks)

    async def _judge_all(
        self, calls: Sequence[Call], emit: Callable[[Event], None]
    ) -> tuple[list[_Judged], list[_Judged]]:
        """Return the calls that only read, and the others, with the verdicts on them.

        After one that changes something and cannot be made, nobody is asked about the others.
        """
        reads: list[_Judged] = []
        writes: list[_Judged] = []
        failed = self._failed_write()
        for call in calls:
            if failed is not None and self._is_write(call):
                writes.append((call, _not_made_after(failed, call)))
                continue
            verdict = await self._first_verdict(call, emit)
            if not self._is_write(call, verdict):
                reads.append((call, verdict))
                continue
            writes.append((call, verdict))
            if isinstance(verdict, _AnswerWithoutSending) and verdict.result.is_error:
                failed = call
        return reads, writes

    async def _carry_out_in_order(
        self, writes: Sequence[_Judged], emit: Callable[[Event], None]
    ) -> None:
        """Make each call after the one before has its outcome, up to the first that fails.

        Those behind one that waits for a yes wait, too.
        """
        failed: Call | None = None
        for call, verdict in writes:
            if failed is not None:
                verdict = _not_made_after(failed, call)  # noqa: PLW2901 -- what was decided is void
            result = await self._carry_out(call, verdict, emit)
            if result is None:
                return
            if result.is_error and failed is None:
                failed = call

    def _failed_write(self) -> Call | None:
        """Return the call of the last turn that failed in an earlier run, and stops the others."""
        for call, result in calls_of_last_turn(self._session):
            is_failure = result.is_error and not was_abandoned(result, call)
            if is_failure and self._is_write(call):
                return call
        return None

    def _is_write(self, call: Call, verdict: _Verdict | None = None) -> bool:
        """Return whether a call may change something; one of a tool that is unknown may."""
        if isinstance(verdict, _Send):
            call = verdict.prepared.call
        caller = self._caller_of(call)
        if call.tool not in caller.tools:
            return True
        return caller.policy.effect(caller.tools[call.tool]) is not Effect.READ

    def _caller_of(self, call: Call) -> Caller:
        """Return what makes a call."""
        having = (caller for caller in self._callers if call.tool in caller.tools)
        caller = next(having, self._callers[-1])
        return owner_of(caller, call.tool)

    async def _first_verdict(self, call: Call, emit: Callable[[Event], None]) -> _Verdict:
        """Decide about a call, or about what the program makes of it."""
        intercepted = await self._hooks.intercept(call)
        if isinstance(intercepted, Result):
            return _AnswerWithoutSending(intercepted)
        return await self._judge(intercepted, emit)

    async def _judge(self, call: Call, emit: Callable[[Event], None]) -> _Verdict:
        """Decide whether a call goes out, is answered here, or waits for somebody's yes."""
        if fails_again(call, self._session, self._is_write):
            return _AnswerWithoutSending(Result.failed(call, "not_sent", NOT_AGAIN))
        if call.fault:
            return _AnswerWithoutSending(Result.failed(call, "arguments", call.fault))
        if self._session.approval(call) is False:
            return _AnswerWithoutSending(Result.failed(call, "declined", _DECLINED))
        caller = self._caller_of(call)
        try:
            with_files = self._files.follow(call, caller)
            prepared = self._settling.prepare(with_files, caller)
            ready = await self._settling.judge(prepared, caller, emit)
        except MissingCredential:
            raise
        except CallError as error:
            return _AnswerWithoutSending(Result.failed(call, error))
        if isinstance(ready, Result):
            return _AnswerWithoutSending(ready)

        prepared = await self._settling.with_preview(ready.prepared, caller)
        if prepared.decision is not Decision.ASK:
            return _Send(prepared)
        try:
            async with self._one_question_at_a_time:
                return await self._get_consent(prepared, emit)
        except MissingCredential:
            raise
        except CallError as error:  # a file that is gone
            return _AnswerWithoutSending(Result.failed(call, error))

    async def _get_consent(self, prepared: Prepared, emit: Callable[[Event], None]) -> _Verdict:
        """Find the recorded yes to this very request, else ask for one and record the answer."""
        call = prepared.call
        caller = self._caller_of(call)
        request = await caller.adescribe(prepared)
        recorded = self._session.consent(call)
        if recorded is not None:
            objections = recorded.objections(request, caller.policy)
            if not objections:
                return _Send(prepared, replace(recorded, signature=request.signature))
            prepared = replace(prepared, changes=objections)
        elif self._is_allowed_tool(call.tool, request):
            return self._accept(prepared, request)
        is_new = recorded is not None or not self._is_asked_about(request, call)
        answer = await self._ask(prepared, request, emit, is_new=is_new)
        while isinstance(answer, Mapping):
            prepared, shown = self._with_arguments(prepared, answer)
            request = await caller.adescribe(prepared)
            answer = await self._ask(shown, request, emit, is_new=True)
        if is_later(answer):
            return _WaitForApproval()
        emit(ApprovalGiven(call, is_yes(answer)))
        if not is_yes(answer):
            self._record(Approval(call.id, approved=False, digest=request.digest, at=now()))
            return _AnswerWithoutSending(Result.failed(call, "declined", _DECLINED))
        if answer == "tool":
            self._digest_by_allowed_tool[call.tool] = request.tool_digest
        if answer == "session":
            self._session.allowed_tools[call.tool] = request.tool_digest
        return self._accept(prepared, request)

    async def _ask(
        self,
        prepared: Prepared,
        request: RequestFacts,
        emit: Callable[[Event], None],
        *,
        is_new: bool,
    ) -> object:
        """Ask about one request, and record that somebody is asked; "later" where nobody can be."""
        call = prepared.call
        if is_new:
            self._record(Asked(call.id, request.facts, now()))
        emit(ApprovalAsked(call, prepared))
        if self._approve is None:
            return "later"
        answer = self._approve(prepared)
        return await answer if inspect.isawaitable(answer) else answer

    def _with_arguments(
        self, prepared: Prepared, arguments: Mapping[str, Json]
    ) -> tuple[Prepared, Prepared]:
        """Return a call with the arguments that a person gave, and how it is shown.

        Where they do not fit, it is the call as it was, shown with what they lack.
        """
        call = replace(prepared.call, arguments=dict(arguments))
        try:
            caller = self._caller_of(call)
            changed = caller.prepare(self._files.follow(call, caller))
        except CallError as error:
            note = f"These arguments were not taken: {error}"
            return prepared, replace(prepared, notes=(*prepared.notes, note))
        self._changed_by_person.add(call.id)
        return changed, changed

    def _is_allowed_tool(self, tool: str, request: RequestFacts) -> bool:
        """Return whether somebody said yes to every call of this tool."""
        allowed = (self._digest_by_allowed_tool.get(tool), self._session.allowed_tools.get(tool))
        return request.tool_digest in allowed

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
    ) -> Result | None:
        """Turn a verdict into a recorded result; None where the call waits for a yes.

        A call whose request is no longer the one that was agreed to is judged anew.
        """
        began = monotonic()
        result: Result | None = None
        while result is None:
            match verdict:
                case _Send(prepared, consent):
                    caller = self._caller_of(prepared.call)
                    async with self._places:
                        result = await self._settling.send(prepared, consent, caller, emit)
                    if result and call.id in self._changed_by_person:
                        result = _with_change_note(result, prepared.call)
                    if result is None:
                        verdict = await self._judge(prepared.call, emit)
                case _AnswerWithoutSending():
                    result = verdict.result
                case _WaitForApproval():
                    return None
        result = kept_unknown(await self._hooks.revise(call, result), result)
        result = self._files.offer(await self._hooks.save(result), call.id)
        result = with_repetition_note(with_data_note(result), call, self._session)
        self._record(result)
        emit(CallFinished(call, result, monotonic() - began))
        phrases = phrases_in_answer(result)
        if phrases:
            emit(AnswerSuspected(call, phrases))
        return result


def _with_change_note(result: Result, call: Call) -> Result:
    """Add a note to the result of a call whose arguments a person changed."""
    arguments = exact_json.dumps(dict(call.arguments), ensure_ascii=False)
    note = f"(The person in charge changed the arguments of this call to {arguments}.)"
    return replace(result, text=f"{note}\n{result.text}")


def _not_made_after(failed: Call, call: Call) -> _AnswerWithoutSending:
    """Return the answer to a call that comes after one that failed."""
    text = _NOT_MADE.format(tool=failed.tool)
    return _AnswerWithoutSending(Result.failed(call, "not_sent", text))
