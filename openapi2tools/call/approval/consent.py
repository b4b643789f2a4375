"""Get somebody's yes to one exact request, and hold it against the request that goes out.

A yes (`Consent`) is for the facts that somebody was shown, and for a time. Whatever is sent on the
strength of it is described anew and compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal, Self, TypeAlias

from openapi2tools.call.credentials.identity import HoldsCredential
from openapi2tools.errors import ApprovalNeeded, Declined, Refused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from openapi2tools.call.approval.facts import RequestFacts, Signature
    from openapi2tools.call.policy import Policy
    from openapi2tools.call.prepared import Prepared
    from openapi2tools.model import Json

Answer: TypeAlias = "bool | Literal['later', 'tool', 'session'] | Mapping[str, Json]"
"""What an approver may say: yes, no, not now, yes to every call of this tool (in this run, or for
as long as the session is open), or other arguments, which make another request to ask about."""
Describe: TypeAlias = "Callable[[Prepared, Signature | None], Awaitable[RequestFacts]]"
"""Describes a call; what signs it is read unless it is given."""

_YES_TO_ALL: Final = ("tool", "session")
_MAX_CLOCK_DIFFERENCE: Final = timedelta(minutes=1)
_MAX_QUESTIONS: Final = 3
"""How often somebody is asked about one call whose request changes meanwhile."""


@dataclass(frozen=True, slots=True)
class Consent(HoldsCredential):
    """Somebody's yes to one request, good once.

    Attributes:
        digest: That of the facts they were shown.
        at: When they said yes (ISO 8601).
        facts: What they were shown, to tell later what differs.
        signature: What was to sign it, in the process where they were asked.
    """

    digest: str
    at: str
    facts: Mapping[str, str] = field(default_factory=dict, repr=False)
    signature: Signature | None = field(default=None, repr=False, compare=False)

    @classmethod
    def to(cls, request: RequestFacts) -> Self:
        """Return a yes of this moment."""
        return cls(request.digest, now(), request.facts, request.signature)

    def objections(self, request: RequestFacts, policy: Policy) -> tuple[str, ...]:
        """Return why this yes is not for that request, in sentences; empty where it is."""
        if not self.digest:
            return ("The yes does not say for which request it was given.",)
        if self.digest != request.digest:
            changes = request.changes_since(self.facts)
            return changes or ("The yes was given to another request.",)
        if not _is_recent(self.at, policy.approval_minutes):
            return (f"The yes holds for {policy.approval_minutes:g} minutes, which are over.",)
        return ()


async def agreed_request(
    prepared: Prepared,
    consent: Consent | None,
    policy: Policy,
    describe: Describe,
    ask: Callable[[Prepared], Awaitable[object]] | None,
) -> RequestFacts:
    """Return the request that somebody agreed to, as it is now.

    Args:
        prepared: The call that needs a yes.
        consent: The yes, where there is one already; then nobody is asked.
        policy: Says how long a yes holds.
        describe: Describes the call as it would be sent now.
        ask: Asks somebody; None where nobody can be asked.

    Raises:
        ApprovalNeeded: There is no yes, or it is for another request.
        Declined: Somebody said no.
    """
    if consent is not None:
        request = await describe(prepared, consent.signature)
        objections = consent.objections(request, policy)
        if objections:
            raise ApprovalNeeded(" ".join((prepared.reason, *objections)))
        return request
    if ask is None:
        raise ApprovalNeeded(prepared.reason)
    request = await describe(prepared, None)
    changes: tuple[str, ...] = ()
    for _ in range(_MAX_QUESTIONS):
        asked = request
        _require_yes(prepared, await ask(replace(prepared, changes=changes)))
        request = await describe(prepared, asked.signature)
        changes = request.changes_since(asked.facts)
        if not changes:
            return request
    raise ApprovalNeeded(f"{prepared.reason} It changes while somebody is asked: {changes[0]}")


def _require_yes(prepared: Prepared, answer: object) -> None:
    if is_later(answer):
        raise ApprovalNeeded(f"{prepared.reason} The question was put off.")
    if not is_yes(answer):
        raise Declined(f"{prepared.tool.name} was declined{why_no(answer)}. Nothing was sent.")


def now() -> str:
    """Return the time as a text (ISO 8601, UTC)."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def is_yes(answer: object) -> bool:
    """Return whether an approver's answer lets the call go out.

    Nothing but True does, and the words for all calls of the tool: `"no"` is a true value, too.
    """
    return answer is True or (isinstance(answer, str) and answer in _YES_TO_ALL)


def why_no(answer: object) -> str:
    """Return a remark on an answer that is no yes, where it was not meant as a no."""
    if answer is False:
        return ""
    if isinstance(answer, Mapping):
        return " (other arguments make another call)"
    return f" (approve returned {type(answer).__name__}; only True is a yes)"


def is_later(answer: object) -> bool:
    """Return whether an approver put the question off."""
    return isinstance(answer, str) and answer == "later"


def require_unchanged(prepared: Prepared, policy: Policy) -> None:
    """Refuse a call that is not as it was prepared, or was prepared under another policy.

    Raises:
        Refused: It is such a call.
    """
    if not prepared.is_unchanged:
        raise Refused(
            f"{prepared.tool.name} is not as it was prepared, and is not sent: "
            "change the arguments, and call prepare() again."
        )
    if prepared.seal is None or prepared.seal.policy != policy:
        raise Refused(
            f"{prepared.tool.name} was prepared by a client with another policy: "
            "prepare it with the client that sends it."
        )


def _is_recent(at: str, minutes: float) -> bool:
    """Return whether a time is not longer ago than that, and not to come."""
    try:
        age = datetime.now(UTC) - datetime.fromisoformat(at)
    except (ValueError, TypeError):  # no time at all, or one without a zone
        return False
    return age >= -_MAX_CLOCK_DIFFERENCE and age.total_seconds() <= minutes * 60
