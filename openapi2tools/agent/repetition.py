"""Calls that a model makes again: what came of the same call before, and when it is enough."""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from openapi2tools.agent.record.entries import Question, Settled, turns_with_results

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from openapi2tools.agent.record.entries import Entry, Exchange
    from openapi2tools.model import Call, Result

MAX_SAME_FAILURES: Final = 2
"""How often a call may fail in the same way before it is made no more."""
NOT_AGAIN: Final = (
    "This call was not made again: it failed twice in the same way. Do something else, or answer "
    "and say what is missing."
)
_SEEN_BEFORE: Final = "(This very call gave this very result before: do something else, or answer.)"


def with_repetition_note(result: Result, call: Call, record: Sequence[Entry]) -> Result:
    """Add a note to a result that the same call had before: the model goes round in circles."""
    if result.text == NOT_AGAIN:
        return result
    for earlier_call, earlier_result in _pairs(list(turns_with_results(record))[:-1]):
        if _is_same_call(earlier_call, call) and earlier_result.text == result.text:
            return replace(result, text=f"{result.text}\n{_SEEN_BEFORE}")
    return result


def fails_again(call: Call, record: Sequence[Entry], is_write: Callable[[Call], bool]) -> bool:
    """Return whether this very call failed in this very way twice since the last question.

    A call that changed something since may have changed that, too, and so may who has settled that
    a write did not take effect.

    Args:
        call: One of the last turn.
        record: The record.
        is_write: Says whether a call may change something.
    """
    failures: list[Result] = []
    for earlier, result in reversed(_calls_before_last_turn(record)):
        if not _is_same_call(earlier, call):
            if not result.is_error and is_write(earlier):
                break
            continue
        if result.text == NOT_AGAIN:
            return True
        if not result.is_error or (failures and not _is_same_failure(failures[0], result)):
            break
        failures.append(result)
    return len(failures) >= MAX_SAME_FAILURES


def calls_of_last_turn(record: Sequence[Entry]) -> list[tuple[Call, Result]]:
    """Return the calls of the last turn that have results, with them."""
    return _pairs(list(turns_with_results(record))[-1:])


def _calls_before_last_turn(record: Sequence[Entry]) -> list[tuple[Call, Result]]:
    """Return the calls since the last question, but for those of the last turn."""
    newest_first = takewhile(lambda entry: not _begins_anew(entry), reversed(record))
    since_question = list(newest_first)[::-1]
    return _pairs(list(turns_with_results(since_question))[:-1])


def _begins_anew(entry: Entry) -> bool:
    """Return whether what failed before may be tried again."""
    is_settled = isinstance(entry, Settled) and entry.outcome in ("did_not", "send_again")
    return is_settled or isinstance(entry, Question)


def _pairs(exchanges: Iterable[Exchange]) -> list[tuple[Call, Result]]:
    """Return the calls of turns with their results."""
    return [
        (call, result)
        for turn, results in exchanges
        for call in turn.calls
        for result in results
        if result.call_id == call.id
    ]


def _is_same_failure(one: Result, other: Result) -> bool:
    texts = {result.text.removesuffix(f"\n{_SEEN_BEFORE}") for result in (one, other)}
    return other.is_error and one.error == other.error and len(texts) == 1


def _is_same_call(one: Call, other: Call) -> bool:
    return one.tool == other.tool and one.arguments == other.arguments
