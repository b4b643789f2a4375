"""What a record says of its calls: what was decided, what went out, what nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from openapi2tools.agent.record.entries import Approval, Asked, Sent, Settled, Turn
from openapi2tools.call.approval.consent import now
from openapi2tools.call.approval.idempotency import idempotency_key_in
from openapi2tools.model import Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from openapi2tools.agent.record.entries import Entry, Outcome
    from openapi2tools.model import Call

Settlement: TypeAlias = Literal["done", "not done", "send again"]
"""What a person says of a write that nobody knows the outcome of."""
_OUTCOMES: Final[dict[Settlement, Outcome]] = {
    "done": "took_effect",
    "not done": "did_not",
    "send again": "send_again",
}
_TOLD: Final[dict[Settlement, str]] = {
    "done": "it took effect. Do not make it again",
    "not done": "it did not take effect. Make it again if it is still wanted",
    "send again": "it may be made again. Do so if it is still wanted",
}
_ABANDONED: Final = (
    "This call was given up before it was sent: the run had stopped. Make it again if it is still "
    "wanted."
)
_ABANDONED_UNDER_WAY: Final = (
    "The run broke off while this call was under way, and nobody knows what came of it. Look "
    "whether it took effect before you repeat it."
)
_NO_ANSWER: Final = (None, 502, 504)
"""The statuses of results that do not tell what became of a call: no answer, or a gateway's."""


class Decision(NamedTuple):
    """The last question about a call, and the answer to it that still counts."""

    asked: Asked | None
    approval: Approval | None


# --- calls of one turn, by the entries after it ---------------------------------------------------


def decision(call_id: str, entries: Iterable[Entry]) -> Decision:
    """Return the last question about a call, and the answer that still counts.

    A new question ends what was said before it, and a no is not taken back. A yes is spent when its
    call goes out, but for one that the API knows by its key, and acts on once, and until somebody
    says to send it again.
    """
    asked: Asked | None = None
    approval: Approval | None = None
    spent: Approval | None = None
    for entry in entries:
        if isinstance(entry, Asked) and entry.call_id == call_id:
            asked, approval = entry, None
        elif isinstance(entry, Approval) and entry.call_id == call_id:
            if approval is None or approval.approved is True:
                approval = entry
        elif _spends(entry, call_id):
            approval, spent = None, approval
        elif _gives_back(entry, call_id):
            approval = spent or approval
    return Decision(asked, approval)


def _spends(entry: Entry, call_id: str) -> bool:
    """Return whether a call goes out, for good."""
    is_sent = isinstance(entry, Sent) and entry.call_id == call_id and entry.went
    return is_sent and not entry.idempotency_key  # type: ignore[union-attr]


def _gives_back(entry: Entry, call_id: str) -> bool:
    """Return whether what was said of a call before it went out counts again."""
    match entry:
        case Sent(id_, went=False) | Settled(id_, "send_again"):
            return id_ == call_id
    return False


def was_sent(call_id: str, entries: Iterable[Entry]) -> bool:
    """Return whether a call went out, and may have done what it was to do."""
    went = False
    for entry in entries:
        match entry:
            case Sent(id_) if id_ == call_id:
                went = entry.went
            case Settled(id_, "did_not" | "send_again") if id_ == call_id:
                went = False
    return went


def settlement(call_id: str, entries: Iterable[Entry]) -> Settled | None:
    """Return what became of a call that went out without an answer; None where nobody knows."""
    settled: Settled | None = None
    for entry in entries:
        match entry:
            case Sent(id_) if id_ == call_id:
                settled = None
            case Settled(id_) if id_ == call_id and entry.outcome != "unclear":
                settled = entry
    return settled


def idempotency_key(call_id: str, entries: Sequence[Entry]) -> str:
    """Return the key that a call was shown or sent with last; empty where it has none."""
    for entry in reversed(entries):
        match entry:
            case Sent(id_) if id_ == call_id:
                return entry.idempotency_key
            case Asked(id_) if id_ == call_id:
                return idempotency_key_in(entry.request)
    return ""


def abandoned_result(call: Call, *, was_sent: bool) -> Result:
    """Return what a model is told of a call that was given up."""
    text = _ABANDONED_UNDER_WAY if was_sent else _ABANDONED
    return Result.failed(call, "network" if was_sent else "not_sent", text, sent=was_sent)


def was_abandoned(result: Result, call: Call) -> bool:
    """Return whether a result says that its call was given up."""
    return any(
        result.text == abandoned_result(call, was_sent=was_sent).text for was_sent in (True, False)
    )


# --- writes whose outcome nobody knows ------------------------------------------------------------


def unknown_writes(record: Iterable[Entry]) -> tuple[Sent, ...]:
    """Return the writes that went out and whose outcome nobody knows, the first one first.

    Such a write is the same as another by its digest. Where it goes out again under the key that
    the API knows it by, the later one stands for both.
    """
    unknown = _Unknown()
    for entry in record:
        unknown.read(entry)
    return (*unknown.earlier, *unknown.under_way.values())


class _Unknown:
    """The unknown writes at one moment of a record: those of the last turn by their call's id."""

    def __init__(self) -> None:
        self.earlier: list[Sent] = []
        self.under_way: dict[str, Sent] = {}

    def read(self, entry: Entry) -> None:
        match entry:
            case Turn():
                self.earlier += self.under_way.values()
                self.under_way = {}
            case Sent(went=False):
                self.under_way.pop(entry.call_id, None)
            case Sent() if entry.digest:
                self.earlier = [each for each in self.earlier if not _has_same_key(each, entry)]
                self.under_way[entry.call_id] = entry
            case Result():
                sent = self.under_way.pop(entry.call_id, None)
                if sent is not None and not tells_outcome(entry):
                    self.earlier.append(sent)
            case Settled() if entry.outcome != "unclear":
                self.forget(entry)

    def forget(self, settled: Settled) -> None:
        self.earlier = [each for each in self.earlier if not _is_about(settled, each)]
        sent = self.under_way.get(settled.call_id)
        if sent is not None and _is_about(settled, sent):
            del self.under_way[settled.call_id]


def tells_outcome(result: Result) -> bool:
    """Return whether a result says what became of its call.

    It does not where no answer came, or where a gateway answers that none came to it.
    """
    return not result.sent or result.status not in _NO_ANSWER


def _has_same_key(earlier: Sent, later: Sent) -> bool:
    key = later.idempotency_key
    return bool(key) and (earlier.digest, earlier.idempotency_key) == (later.digest, key)


def _is_about(settled: Settled, sent: Sent) -> bool:
    return (settled.call_id, settled.digest) == (sent.call_id, sent.digest)


class Made(NamedTuple):
    """A call that was made: what went out, and what came of it."""

    call: Call
    sent: Sent
    result: Result | None


def made_calls(record: Iterable[Entry]) -> dict[str, Made]:
    """Return the calls that went out, by their ids; of those that share one, the last."""
    made: dict[str, Made] = {}
    calls: dict[str, Call] = {}
    for entry in record:
        match entry:
            case Turn():
                calls = {call.id: call for call in entry.calls}
            case Sent(went=True) if entry.call_id in calls:
                made[entry.call_id] = Made(calls[entry.call_id], entry, None)
            case Sent():
                made.pop(entry.call_id, None)
            case Result() if entry.call_id in calls and entry.call_id in made:
                made[entry.call_id] = made[entry.call_id]._replace(result=entry)
    return made


def is_repeated(write: Sent, record: Iterable[Entry]) -> bool:
    """Return whether the request of an unknown write went out more than once."""
    same = [
        entry
        for entry in record
        if isinstance(entry, Sent) and entry.went and entry.digest == write.digest
    ]
    return len(same) > 1


def settled_by_person(write: Sent, outcome: Settlement, *, is_told: bool = True) -> Settled:
    """Return what a person says of a write; `is_told` says whether the model reads it there."""
    text = (
        f"{write.method} {write.url}, which went out at {write.at} without an answer: the person "
        f"in charge says that {_TOLD[outcome]}."
    )
    return Settled(
        write.call_id,
        _OUTCOMES[outcome],
        "The person in charge says so.",
        write.digest,
        now(),
        text if is_told else "",
    )
