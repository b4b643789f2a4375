"""Keep a write from going out twice: before one does, see what became of the same one before.

A write that went out without an answer is unknown (`Session.unknown`), and blocks every call that
would send the same request, whoever asks, until it is settled: by the key that the API knows it by,
by a read that shows what became of it, or by a person.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias, get_args

import anyio
from anyio import to_thread

from openapi2tools.agent.caller import LocalCaller
from openapi2tools.agent.events import RequestSent, SettlingAsked, WriteSettled
from openapi2tools.agent.record.call_history import (
    Settlement,
    is_repeated,
    made_calls,
    settled_by_person,
)
from openapi2tools.agent.record.entries import Sent, Settled
from openapi2tools.call.approval.consent import now
from openapi2tools.call.approval.facts import write_digest
from openapi2tools.call.approval.idempotency import (
    idempotency_key_of,
    new_idempotency_key,
    with_idempotency_key,
)
from openapi2tools.call.policy import Decision
from openapi2tools.call.settle.evidence import (
    Shown,
    Verdict,
    is_whole_list,
    judge,
    read_item,
    read_list,
)
from openapi2tools.call.settle.look import find_look
from openapi2tools.call.settle.undo import Reverse, preview, reverse_of
from openapi2tools.errors import (
    AgentError,
    ApprovalNeeded,
    BlockedAddress,
    CallError,
    InvalidArguments,
    MissingCredential,
    NotRecorded,
)
from openapi2tools.model import Call, Effect, Result
from openapi2tools.transport import watched_departure

if TYPE_CHECKING:
    from openapi2tools.agent.caller import Caller
    from openapi2tools.agent.events import Event
    from openapi2tools.agent.record.entries import Entry
    from openapi2tools.agent.record.session import Session
    from openapi2tools.call.approval.consent import Consent
    from openapi2tools.call.prepared import Prepared
    from openapi2tools.call.settle.look import Look
    from openapi2tools.model import JsonObject

Settle: TypeAlias = Callable[
    [Sent, str],
    Settlement | Literal["later"] | Awaitable[Settlement | Literal["later"]],
]
"""Asked what became of a write: gets what went out, and what the API shows of it, in a sentence."""

_BROKE_OFF: Final = (
    "The run broke off while this call was under way, and nobody knows whether it took effect. "
    "It is not made again before somebody settles that. Go on without it, and say so."
)
_BLOCKED: Final = (
    "Not sent: this very request, {request}, went out at {at} already, and nobody knows whether it "
    "took effect. It is not sent again before somebody settles that. Go on without it, and say so."
)
_TOOK_EFFECT: Final = "No answer came to this request, sent at {at}, but it took effect. {how}"
_TOOK_EFFECT_BEFORE: Final = (
    "Not sent again: this very request went out at {at}, and took effect. {how}"
)
_DID_NOT: Final = "The same request went out at {at} and did not take effect. {how}"
_NO_LOOK: Final = "No read of this API shows what became of it."
_KEY_HOLDS: Final = timedelta(hours=1)
"""How long an API is taken to know a write by its key; they say a day, and more."""
_MAX_PAGES: Final = 20


class Ready(NamedTuple):
    """A call that may go out, as far as earlier ones are concerned."""

    prepared: Prepared


class Settling:
    """Looks at the writes of one run before they go out.

    Args:
        session: The record of the run.
        record: Adds to it.
        settle: Asks a person where the API does not tell; None where nobody can be asked.
    """

    def __init__(
        self, session: Session, record: Callable[[Entry], None], settle: Settle | None
    ) -> None:
        self._session = session
        self._record = record
        self._settle = settle
        self._states: dict[str, tuple[Call, JsonObject]] = {}  # by the id of the call

    def prepare(self, call: Call, caller: Caller, key: str = "") -> Prepared:
        """Prepare a call; a write has the key that the API is to know it by, where it takes one.

        Args:
            call: The call.
            caller: Makes it.
            key: The key that it was shown with, where the record does not know it.

        Raises:
            CallError: The call cannot be made.
        """
        key = key or self._session.idempotency_key(call) or new_idempotency_key()
        return _prepared_with_key(call, caller, key) or caller.prepare(call)

    async def judge(
        self, prepared: Prepared, caller: Caller, emit: Callable[[Event], None]
    ) -> Ready | Result:
        """Return the call, or what is to be told of it instead of making it.

        Raises:
            CallError: The call cannot be made.
        """
        call = prepared.call
        if _only_reads(prepared, caller):
            return Ready(prepared)
        settled = self._session.settled(call)
        if settled is not None and settled.outcome == "took_effect":
            text = f"No answer came to this call, but it took effect. {settled.how}"
            return Result(call.id, call.tool, text, caller=call.caller, sent=True)
        write = self._unknown(await _digest(prepared))
        if write is None:
            if self._session.sent(call):  # by an earlier version, which kept no digest
                return Result.failed(call, "network", _BROKE_OFF, sent=True)
            return Ready(prepared)
        if _is_known_to_api(write):
            again = _prepared_with_key(call, caller, write.idempotency_key)
            return Ready(again or prepared)
        settled = await self._settled(write, prepared, caller, emit)
        return self._after(settled, write, prepared)

    async def send(
        self,
        prepared: Prepared,
        consent: Consent | None,
        caller: Caller,
        emit: Callable[[Event], None],
    ) -> Result | None:
        """Send a call, recording before that it goes out; None when it has to be judged anew.

        After a crash that record tells that the request may have arrived, though no result did.
        """
        call = prepared.call
        if _leaves_the_run(prepared, caller):
            curl = "" if isinstance(caller, LocalCaller) else prepared.curl()
            try:
                intent = await self._intent(prepared, caller, curl)
            except CallError as error:  # a file that is gone
                return Result.failed(call, error)
            if intent is None:
                return None
            self._record(intent)
            emit(RequestSent(call, intent.method, intent.url))
        try:
            with watched_departure() as departure:
                result = await caller.asend(prepared, approved=consent or False)
        except asyncio.CancelledError:
            if departure.call_off():
                with suppress(AgentError):  # the run was left, and records nothing more
                    self._record(Sent(call.id, went=False))
            raise
        except BlockedAddress:
            # Perhaps behind a redirect that a write led to, so it stays recorded as sent.
            raise
        except (MissingCredential, NotRecorded):
            self._record(Sent(call.id, went=False))
            raise
        except ApprovalNeeded:
            self._record(Sent(call.id, went=False))
            return None
        except CallError as error:
            return Result.failed(call, error)
        return replace(result, call_id=call.id, caller=call.caller)

    async def _intent(self, prepared: Prepared, caller: Caller, curl: str) -> Sent | None:
        """Return what is to be recorded before a call goes out; None where it is blocked.

        Nothing may happen between this and the record.

        Raises:
            CallError: The call cannot be made.
        """
        request = prepared.request
        is_write = not _only_reads(prepared, caller)
        sent = Sent(
            prepared.call.id,
            curl=curl,
            digest=await _digest(prepared) if is_write else "",
            method=request.method,
            url=str(request.url),
            idempotency_key=idempotency_key_of(prepared),
            before=await self._before(prepared, caller) if is_write else None,
        )
        write = self._unknown(sent.digest)
        is_same = write is not None and write.idempotency_key == sent.idempotency_key
        if write is None or (is_same and _is_known_to_api(write)):
            return replace(sent, at=now())
        return None

    # --- what became of it -----------------------------------------------------------------------

    async def _settled(
        self, write: Sent, prepared: Prepared, caller: Caller, emit: Callable[[Event], None]
    ) -> Settled:
        """Find out what became of a write, or ask; record what comes of it."""
        verdict = await self._verdict(write, prepared, caller)
        settled = Settled(write.call_id, verdict.outcome, verdict.how, write.digest, now())
        self._record(settled)
        emit(WriteSettled(prepared.call, write, settled.outcome, settled.how))
        if settled.outcome != "unclear" or self._settle is None:
            return settled
        emit(SettlingAsked(prepared.call, write, verdict.how))
        given = self._settle(write, verdict.how)
        answer = await given if inspect.isawaitable(given) else given
        if answer not in get_args(Settlement):
            return settled
        settled = settled_by_person(write, answer, is_told=False)  # type: ignore[arg-type]
        self._record(settled)
        emit(WriteSettled(prepared.call, write, settled.outcome, settled.how))
        return settled

    async def _verdict(self, write: Sent, prepared: Prepared, caller: Caller) -> Verdict:
        """Look what became of a write; that it did not take effect takes a second look."""
        look = None if isinstance(caller, LocalCaller) else find_look(caller.tools, prepared)
        if look is None:
            return Verdict("unclear", _NO_LOOK)
        repeated = is_repeated(write, self._session)
        for seconds in (caller.policy.settle_seconds, 0.0):
            shown = await _look(look, caller)
            verdict = judge(look, write.before, shown, write.at, is_repeated=repeated)
            if verdict.outcome != "did_not":
                break
            await anyio.sleep(seconds)
        return verdict

    def _after(self, settled: Settled, write: Sent, prepared: Prepared) -> Ready | Result:
        """Return what follows for a call that would send a write again."""
        call = prepared.call
        is_own = self._session.sent(call)
        if settled.outcome == "took_effect":
            text = (_TOOK_EFFECT if is_own else _TOOK_EFFECT_BEFORE).format(
                at=write.at, how=settled.how
            )
            return Result(call.id, call.tool, text, caller=call.caller, sent=is_own)
        if settled.outcome == "did_not":
            note = _DID_NOT.format(at=write.at, how=settled.how)
            return Ready(replace(prepared, notes=(*prepared.notes, note)))
        if settled.outcome == "send_again":
            return Ready(prepared)
        if is_own:
            return Result.failed(call, "network", f"{_BROKE_OFF} {settled.how}", sent=True)
        text = _BLOCKED.format(request=f"{write.method} {write.url}", at=write.at)
        return Result.failed(call, "not_sent", f"{text} {settled.how}")

    def _unknown(self, digest: str) -> Sent | None:
        """Return the write of unknown outcome that has a digest."""
        return next((each for each in self._session.unknown if each.digest == digest), None)

    async def with_preview(self, prepared: Prepared, caller: Caller) -> Prepared:
        """Return a write with what it would change, where the policy wants that read."""
        look = self._snapshot_look(prepared, caller)
        if look is None or look.is_list:
            return prepared
        state = (await _look(look, caller)).state(look)
        self._states[prepared.call.id] = (look.call, state)
        undo = reverse_of(caller.tools, prepared, look, state)
        if undo is not None and not _can_be_prepared(undo.call, caller):
            undo = None
        return replace(prepared, preview=preview(caller.tools, look, state, undo))

    async def _before(self, prepared: Prepared, caller: Caller) -> object:
        """Return what is there before a write, where the policy wants that read.

        Which items a collection has is read just before one is made.
        """
        look = self._snapshot_look(prepared, caller)
        if look is None:
            return None
        known_look, state = self._states.get(prepared.call.id, (None, None))
        if known_look == look.call:
            return state
        return (await _look(look, caller)).state(look)

    def _snapshot_look(self, prepared: Prepared, caller: Caller) -> Look | None:
        """Return the read that shows what is there before a write; None where none is wanted."""
        is_wanted = caller.policy.snapshot and not _only_reads(prepared, caller)
        if not is_wanted or isinstance(caller, LocalCaller):
            return None
        return find_look(caller.tools, prepared)


def _leaves_the_run(prepared: Prepared, caller: Caller) -> bool:
    """Return whether a call does what a crash would leave in doubt.

    What is only read in this program leaves none.
    """
    if prepared.decision is Decision.REFUSE or caller.policy.dry_run:
        return False
    is_local = isinstance(caller, LocalCaller)
    return not (is_local and caller.policy.effect(prepared.tool) is Effect.READ)


def _can_be_prepared(call: Call, caller: Caller) -> bool:
    try:
        return caller.prepare(call).decision is not Decision.REFUSE
    except CallError:
        return False


def reverse_write(session: Session, caller: Caller, call_id: str) -> Reverse:
    """Return the call that undoes a write of a session; it is to be asked about as any other.

    Args:
        session: The record.
        caller: Makes the calls.
        call_id: The id of the call to undo.

    Raises:
        AgentError: There is no such write, or nothing undoes it; the message says why.
    """
    made = made_calls(session)
    writes = {id_: each for id_, each in made.items() if each.sent.digest}
    if call_id not in writes:
        known = ", ".join(f"{id_} ({each.call.tool})" for id_, each in writes.items()) or "none"
        raise AgentError(f"The session has no write {call_id!r} that went out. It has: {known}.")
    call, sent, result = writes[call_id]
    if any(each.digest == sent.digest for each in session.unknown):
        raise AgentError(f"Nobody knows whether {call.tool} took effect: settle that first.")
    if result is None or (result.status is not None and result.is_error):
        raise AgentError(f"{call.tool} did not take effect: there is nothing to undo.")
    try:
        prepared = caller.prepare(call)
        look = find_look(caller.tools, prepared)
        undo = look and reverse_of(caller.tools, prepared, look, sent.before, result.data)
        if undo:
            caller.prepare(undo.call)
            return undo
    except CallError as error:
        raise AgentError(f"{call.tool} cannot be undone: {error}") from None
    is_unseen = sent.before is None and sent.method != "POST"
    hint = " (what was there before was not read: --snapshot does that)" if is_unseen else ""
    raise AgentError(f"{call.tool} cannot be undone: the API has no write that does it{hint}.")


def kept_unknown(revised: Result, result: Result) -> Result:
    """Return what a program made of a result, which leaves unknown what was unknown."""
    if result.sent and result.status is None and result.is_error:
        return replace(revised, sent=True, status=None)
    return revised


async def _look(look: Look, caller: Caller) -> Shown:
    """Make the read that shows what became of a write."""
    result = await _read(look.call, caller)
    if not look.is_list:
        return read_item(result, look)
    pages = [result]
    while pages[-1].next is not None and len(pages) < _MAX_PAGES:
        pages.append(await _read(pages[-1].next, caller))
    return read_list(pages, look, complete=is_whole_list(look, pages))


async def _read(call: Call, caller: Caller) -> Result:
    """Make a read that nobody has to be asked about; one that needs a yes is not made."""
    try:
        prepared = caller.prepare(call)
        if prepared.decision is Decision.ALLOW:
            return await caller.asend(prepared)
    except CallError as error:
        return Result.failed(call, error)
    return Result.failed(call, "approval", prepared.reason)


def _prepared_with_key(call: Call, caller: Caller, key: str) -> Prepared | None:
    """Return a prepared call that has a key; None where its tool takes none, or not this one."""
    keyed = with_idempotency_key(call, caller.tools[call.tool], key)
    try:
        return None if keyed is None else caller.prepare(keyed)
    except InvalidArguments:
        return None


def _is_known_to_api(write: Sent) -> bool:
    """Return whether a write may go out again under its key: the API acts on it once."""
    if not write.idempotency_key:
        return False
    return datetime.now(UTC) - datetime.fromisoformat(write.at) < _KEY_HOLDS


def _only_reads(prepared: Prepared, caller: Caller) -> bool:
    return caller.policy.effect(prepared.tool) is Effect.READ


async def _digest(prepared: Prepared) -> str:
    return await to_thread.run_sync(write_digest, prepared)
