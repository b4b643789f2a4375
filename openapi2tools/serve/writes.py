"""Make the writes that a host asks for: one after the other, each recorded before it goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from openapi2tools.agent.record.entries import Approval, Turn
from openapi2tools.agent.settling import Settling
from openapi2tools.call.policy import Decision
from openapi2tools.model import Effect, Result

if TYPE_CHECKING:
    from openapi2tools.agent.caller import Caller
    from openapi2tools.agent.events import Event
    from openapi2tools.agent.record.session import Session
    from openapi2tools.call.approval.consent import Consent
    from openapi2tools.call.prepared import Prepared
    from openapi2tools.model import Call
    from openapi2tools.serve.questions import Person

_CHANGED = "Not sent: its request changed while it was asked about. Call it again."


class Writes:
    """The writes of one server, and the record of them.

    Args:
        session: The record; what is read only is not in it.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._one_at_a_time = anyio.Lock()

    async def make(self, call: Call, caller: Caller, person: Person) -> Result:
        """Make a call, after what has to be asked; one that only reads is not recorded.

        Raises:
            CallError: It was not made.
            InputRequired: The person has to be asked first.
        """
        settle = person.settle if person.can_be_asked else None
        settling = Settling(self._session, self._session.add, settle)
        prepared = settling.prepare(call, caller, person.idempotency_key)
        if caller.policy.effect(prepared.tool) is Effect.READ:
            consent = await _consent(prepared, caller, person)
            return await caller.asend(prepared, approved=consent or False)

        async with self._one_at_a_time:
            ready = await settling.judge(prepared, caller, _unheard)
        if isinstance(ready, Result):
            return ready
        shown = await settling.with_preview(ready.prepared, caller)
        consent = await _consent(shown, caller, person)
        async with self._one_at_a_time:
            ready = await settling.judge(shown, caller, _unheard)
            if isinstance(ready, Result):  # the same one went out meanwhile
                return ready
            return await self._send(ready.prepared, consent, caller, settling)

    async def _send(
        self, prepared: Prepared, consent: Consent | None, caller: Caller, settling: Settling
    ) -> Result:
        """Record a write, send it, and record what came of it."""
        call = prepared.call
        self._session.add(Turn(calls=(call,)))
        if consent is not None:
            self._session.add(Approval(call.id, True, consent.digest, consent.at))
        result = await settling.send(prepared, consent, caller, _unheard)
        if result is None:
            result = Result.failed(call, "approval", _CHANGED)
        self._session.add(result)
        return result


async def _consent(prepared: Prepared, caller: Caller, person: Person) -> Consent | None:
    """Return the yes to a call that needs one; None where it needs none, or its client asks."""
    if prepared.decision is Decision.ASK and caller.approve is None:
        return await person.consent(prepared, caller)
    return None


def _unheard(_: Event) -> None:
    """Nobody listens to the events of a server."""
