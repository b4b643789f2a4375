"""How a run ends: with the model's answer, or with what its calls returned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools.agent.record.entries import Notice, Question, Turn, limit_reached
from openapi2tools.agent.turns.turn_taker import ModelSaidNothing
from openapi2tools.errors import AgentError, ContextTooLong, ModelUnavailable
from openapi2tools.formats.writing import truncate_with_note
from openapi2tools.model import Result

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openapi2tools.agent.events import Incomplete
    from openapi2tools.agent.record.entries import Entry
    from openapi2tools.agent.record.session import Session

MAX_CONTINUATIONS: Final = 3
"""How often a text that was cut off is continued."""
CUT_MARK: Final = " (cut)"
_MAX_RESULT_CHARS: Final = 1_000
_REASONS: Final[Mapping[type[AgentError], Incomplete]] = {
    ModelUnavailable: "unavailable",
    ContextTooLong: "too_long",
    ModelSaidNothing: "empty",
}
RECOVERABLE: Final = tuple(_REASONS)
"""The errors after which a run ends with what it has."""


def is_over(record: Sequence[Entry]) -> bool:
    """Return whether a record ends with an answer: a turn without calls that is not to go on."""
    last = record[-1]
    if not isinstance(last, Turn) or last.calls:
        return False
    return not last.cut or _continuations(record) >= MAX_CONTINUATIONS


def text_of_answer(record: Sequence[Entry]) -> str:
    """Return the answer with which a record ends, put together where it was cut off."""
    turns = _parts_of_answer(record)
    mark = CUT_MARK if turns and turns[-1].cut else ""
    return "".join(turn.text for turn in turns) + mark


def why_incomplete(record: Sequence[Entry]) -> Incomplete:
    """Return why the answer with which a record ends is not whole; empty where it is."""
    last = record[-1]
    if isinstance(last, Turn) and last.cut:
        return "cut"
    return limit_reached(record) or ""


def what_there_is(session: Session, error: AgentError) -> tuple[str, Incomplete] | None:
    """Return what a run ends with after an error, and why; None where nothing was learned.

    That is the part of an answer that came, or what the calls since the last question returned.
    """
    text = text_of_answer(session)
    if text:
        return text, "cut"
    results = _results_since_question(session)
    if not results:
        return None
    lines = [
        f"- {result.tool}: {truncate_with_note(result.text, _MAX_RESULT_CHARS)}"
        for result in results
    ]
    reason = next(why for kind, why in _REASONS.items() if isinstance(error, kind))
    return "\n".join([f"{error} What the calls returned:", *lines]), reason


def _parts_of_answer(record: Sequence[Entry]) -> list[Turn]:
    """Return the turn with which a record ends, and those before that were cut off."""
    parts: list[Turn] = []
    for entry in reversed(record):
        if isinstance(entry, Turn) and not entry.calls and (entry.cut or not parts):
            parts.append(entry)
        elif not isinstance(entry, Notice):
            break
    return parts[::-1]


def _continuations(record: Sequence[Entry]) -> int:
    """Return how often the text with which a record ends was continued."""
    return len(_parts_of_answer(record)) - 1


def _results_since_question(record: Sequence[Entry]) -> list[Result]:
    results: list[Result] = []
    for entry in reversed(record):
        if isinstance(entry, Question):
            break
        if isinstance(entry, Result):
            results.append(entry)
    return results[::-1]
