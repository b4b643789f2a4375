"""A session in words: the questions, the calls and what came of them, the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openapi2tools._core.json import exact_json
from openapi2tools.agent.record.entries import Approval, Question, Sent, Settled, Turn
from openapi2tools.cli.console import brief
from openapi2tools.cli.conversation.display import SETTLED, outcome_text
from openapi2tools.cli.conversation.unknown_writes import unknown_text
from openapi2tools.model import Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from openapi2tools.agent.record.entries import Entry
    from openapi2tools.agent.record.session import Session
    from openapi2tools.model import Call


def in_words(session: Session) -> Iterator[str]:
    """Yield the record as lines for people."""
    calls = calls_by_id(session)
    for entry in session:
        match entry:
            case Question(text, parts):
                yield f"> {text}"
                yield from (f"  attached: {part.name} ({part.media_type})" for part in parts)
            case Turn(text) if text:
                yield text
            case Approval(call_id, approved):
                yield f"  {_name(calls, call_id)}: {'approved' if approved else 'declined'}"
            case Settled(call_id, outcome, how):
                yield f"  {_name(calls, call_id)}: {SETTLED[outcome]}. {how}"
            case Result():
                yield f"  {_called(calls, entry)}: {outcome_text(entry)}{brief(entry.text)}"
            case _:
                pass
    state = state_text(session)
    if state != "answered":
        yield f"({state})"
    for write in session.unknown:
        yield f"(nobody knows whether this took effect: {unknown_text(write)})"


def state_text(session: Session) -> str:
    """Return in a few words where a session ends."""
    if not any(isinstance(entry, Question) for entry in session):
        return "writes for an MCP host"
    if session.waiting:
        return f"waits for a yes to {', '.join(call.tool for call in session.waiting)}"
    if len(session) and isinstance(session[-1], Turn) and not session.pending:
        return "answered"
    return "broke off: it can go on"


def as_curl(entries: Iterable[Entry]) -> str:
    """Return each request that went out, without secrets, below a line on what came of it."""
    return "\n\n".join(f"# {outcome}\n{curl}" for curl, outcome in _requests(entries))


def _requests(entries: Iterable[Entry]) -> Iterator[tuple[str, str]]:
    """Yield each request that went out, as a curl command without secrets, and what came of it."""
    calls: dict[str, Call] = {}
    open_requests: dict[str, str] = {}
    for entry in entries:
        match entry:
            case Turn(calls=made):
                calls = {call.id: call for call in made}
            case Sent(call_id, went=True, curl=curl) if curl:
                open_requests[call_id] = curl
            case Sent(call_id, went=False):
                open_requests.pop(call_id, None)
            case Result() if entry.call_id in open_requests:
                outcome = outcome_text(entry).removesuffix(": ")
                yield open_requests.pop(entry.call_id), f"{entry.tool}: {outcome}"
            case _:
                pass
    for call_id, curl in open_requests.items():
        yield curl, f"{_name(calls, call_id)}: nobody knows what came of it"


def calls_by_id(session: Session) -> dict[str, Call]:
    """Return the calls of a session, by their ids."""
    turns = (entry for entry in session if isinstance(entry, Turn))
    return {call.id: call for turn in turns for call in turn.calls}


def _name(calls: dict[str, Call], call_id: str) -> str:
    call = calls.get(call_id)
    return call.tool if call else call_id


def _called(calls: dict[str, Call], result: Result) -> str:
    call = calls.get(result.call_id)
    if call is None:
        return result.tool
    arguments = exact_json.dumps(dict(call.arguments), ensure_ascii=False)
    return f"{call.tool} {brief(arguments)}"
