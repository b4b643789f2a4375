"""Writes that nobody knows the outcome of: how they are shown, and how a person settles them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools.cli.console import say
from openapi2tools.errors import AgentError

if TYPE_CHECKING:
    from openapi2tools.agent.record.call_history import Settlement
    from openapi2tools.agent.record.entries import Sent
    from openapi2tools.agent.record.session import Session

SETTLEMENTS: Final[dict[str, Settlement]] = {
    "done": "done",
    "not-done": "not done",
    "send-again": "send again",
}
"""What a person may say, as one word."""


def unknown_text(write: Sent) -> str:
    """Return what is shown of a write."""
    return f"{write.method} {write.url}, sent at {write.at} (call {write.call_id})"


def say_unknown(session: Session, name: str) -> None:
    """Say which writes nobody knows the outcome of, and how that is settled."""
    for write in session.unknown:
        say(f"Nobody knows whether this took effect: {unknown_text(write)}.")
    if session.unknown:
        say(f"`openapi2tools sessions settle {name} done` (or not-done, send-again) says it.")


def settle(session: Session, word: str, call_id: str) -> Sent:
    """Settle a write of unknown outcome by a person's word, and return it.

    Args:
        session: The record.
        word: One of `SETTLEMENTS`.
        call_id: Which call sent it; may be empty where there is only one.

    Raises:
        AgentError: There is no such write, or none was named of several.
    """
    if not call_id and len(session.unknown) > 1:
        shown = "\n".join(f"  {unknown_text(each)}" for each in session.unknown)
        raise AgentError(f"Say which one, by the id of its call:\n{shown}")
    found = [each for each in session.unknown if call_id in ("", each.call_id)]
    if not found:
        which = f" of call {call_id}" if call_id else ""
        raise AgentError(f"The session has no write{which} that nobody knows the outcome of.")
    session.settle(found[0], SETTLEMENTS[word])
    return found[0]
