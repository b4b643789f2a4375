"""Keep a write from going out twice: before one does, see what became of the same one before.

A write that went out without an answer is unknown (`Session.unknown`), and blocks every call that
would send the same request, whoever asks, until it is settled.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from anyio import to_thread

from openapi2tools.agent.entries import Sent
from openapi2tools.call.approval.consent import now
from openapi2tools.call.approval.facts import write_digest
from openapi2tools.call.approval.idempotency import (
    idempotency_key_of,
    new_idempotency_key,
    with_idempotency_key,
)
from openapi2tools.errors import InvalidArguments
from openapi2tools.model import Effect, Result

if TYPE_CHECKING:
    from openapi2tools.agent.caller import Caller
    from openapi2tools.agent.session import Session
    from openapi2tools.call.prepared import Prepared
    from openapi2tools.model import Call

_BROKE_OFF: Final = (
    "The run broke off while this call was under way. Look whether it took effect before you "
    "repeat it."
)
_BLOCKED: Final = (
    "Not sent: this very request, {request}, went out at {at} already, and nobody knows whether it "
    "took effect. It is not sent again before somebody settles that. Go on without it, and say so."
)
_TOOK_EFFECT: Final = "No answer came to this call, but it took effect. {how}"
_KEY_HOLDS: Final = timedelta(hours=1)
"""How long an API is taken to know a write by its key; they say a day, and more."""


class Ready(NamedTuple):
    """A call that may go out, as far as earlier ones are concerned."""

    prepared: Prepared


class Settling:
    """Looks at the writes of one run before they go out.

    Args:
        session: The record of the run.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def prepare(self, call: Call, caller: Caller) -> Prepared:
        """Prepare a call; a write has the key that the API is to know it by, where it takes one.

        Raises:
            CallError: The call cannot be made.
        """
        key = self._session.idempotency_key(call) or new_idempotency_key()
        return _prepared_with_key(call, caller, key) or caller.prepare(call)

    async def judge(self, prepared: Prepared, caller: Caller) -> Ready | Result:
        """Return the call, or what is to be told of it instead of making it.

        Raises:
            CallError: The call cannot be made.
        """
        call = prepared.call
        if _only_reads(prepared, caller):
            return Ready(prepared)
        settled = self._session.settled(call)
        if settled is not None and settled.outcome == "took_effect":
            text = _TOOK_EFFECT.format(how=settled.how)
            return Result(call.id, call.tool, text, caller=call.caller, sent=True)
        unknown = self._unknown(await _digest(prepared))
        if unknown is not None and _is_known_to_api(unknown):
            again = _prepared_with_key(call, caller, unknown.idempotency_key)
            return Ready(again or prepared)
        if unknown is None and self._session.sent(call):
            return Result.failed(call, "network", _BROKE_OFF, sent=True)
        return Ready(prepared) if unknown is None else self._blocked(call, unknown)

    async def intent(self, prepared: Prepared, caller: Caller, curl: str) -> Sent | None:
        """Return what is to be recorded before a call goes out; None where it is blocked.

        Nothing may happen between this and the record.

        Raises:
            CallError: The call cannot be made.
        """
        request = prepared.request
        sent = Sent(
            prepared.call.id,
            curl=curl,
            digest="" if _only_reads(prepared, caller) else await _digest(prepared),
            method=request.method,
            url=str(request.url),
            at=now(),
            idempotency_key=idempotency_key_of(request),
        )
        unknown = self._unknown(sent.digest)
        is_same = unknown is not None and unknown.idempotency_key == sent.idempotency_key
        if unknown is None or (is_same and _is_known_to_api(unknown)):
            return sent
        return None

    def _unknown(self, digest: str) -> Sent | None:
        """Return the write of unknown outcome that has a digest."""
        return next((each for each in self._session.unknown if each.digest == digest), None)

    def _blocked(self, call: Call, unknown: Sent) -> Result:
        """Return the answer to a call whose request went out before, without an answer."""
        if self._session.sent(call):
            return Result.failed(call, "network", _BROKE_OFF, sent=True)
        request = f"{unknown.method} {unknown.url}"
        text = _BLOCKED.format(request=request, at=unknown.at)
        return Result.failed(call, "not_sent", text)


def kept_unknown(revised: Result, result: Result) -> Result:
    """Return what a program made of a result, which leaves unknown what was unknown."""
    if result.sent and result.status is None:
        return replace(revised, sent=True, status=None)
    return revised


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
