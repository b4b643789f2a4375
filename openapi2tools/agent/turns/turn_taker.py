"""Ask a model for one turn: again where that helps, and with less where that is needed.

Nothing of a turn that broke off enters the record.
"""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from openapi2tools._core.reader import for_reader
from openapi2tools.agent.events import (
    ArgumentsDelta,
    ModelNote,
    TextDelta,
    TurnFinished,
    TurnRetried,
    TurnStarted,
)
from openapi2tools.agent.record.entries import Notice, Question, Turn, limit_reached
from openapi2tools.agent.turns.shortening import shorten
from openapi2tools.errors import AgentError, ContextTooLong, ModelUnavailable
from openapi2tools.transport.http.retries import RetryPolicy

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from openapi2tools.agent.events import Event
    from openapi2tools.agent.model import Ask, Model
    from openapi2tools.agent.record.session import Hold, Session
    from openapi2tools.agent.tool_search.finder import ToolFinder
    from openapi2tools.agent.turns.clock import Clock

DEFAULT_RETRIES: Final = 2
_FIRST_PAUSE_SECONDS: Final = 0.5
_SAY_SOMETHING: Final = (
    "You said nothing. Make the calls that are still needed, or answer in words."
)
_BE_BRIEF: Final = (
    "You were cut off at your token limit before you said anything. Think less, and answer, or "
    "make one call, in few words."
)
_GO_ON: Final = (
    "Your answer was cut off at your token limit. Go on exactly where it stopped; repeat nothing."
)


class _Silence(Exception):
    """The model said nothing, and is asked once more."""


class ModelSaidNothing(AgentError):
    """The model said nothing, and nothing again when it was asked once more."""


class TurnTaker:
    """Asks the model of a run, and records its turns.

    Args:
        model: Says its name, and how often it is asked again (`retries`).
        ask: The connected model.
        session: The record.
        hold: The run's hold on it.
        clock: Measures time, and waits between attempts.
        finder: Says which calls are meant, where tools are found as it goes.
    """

    def __init__(
        self,
        model: Model,
        ask: Ask,
        session: Session,
        hold: Hold,
        *,
        clock: Clock,
        finder: ToolFinder | None,
    ) -> None:
        self._name = model.name
        self._retry_policy = RetryPolicy(retries_of(model), _FIRST_PAUSE_SECONDS)
        self._ask = ask
        self._session = session
        self._record = hold.add
        self._clock = clock
        self._finder = finder

    async def take(self, number: int) -> AsyncGenerator[Event, None]:
        """Ask until a turn is recorded; yield what happens.

        Raises:
            ModelUnavailable: It gave no answer, however often it was asked.
            ContextTooLong: The conversation is too long, and no result is left to shorten.
            ModelSaidNothing: It said nothing, twice.
            AgentError: It cannot be used at all.
        """
        if _is_cut(self._session):
            self._record(Notice("cut", _GO_ON))
        began = self._clock.now()
        yield TurnStarted(number, self._name)
        turn: Turn | None = None
        attempt = failures = 0
        while turn is None:
            attempt += 1
            try:
                async with aclosing(self._pieces()) as pieces:
                    async for piece in pieces:
                        if isinstance(piece, Turn):
                            turn = self._with_words(piece)
                        else:
                            yield piece
            except ModelUnavailable as error:
                pause = self._pause_after(error, failures)
                failures += 1
                yield TurnRetried(number, attempt, "unavailable", str(error), pause)
                await self._clock.sleep(pause)
            except ContextTooLong as error:
                text = self._shorten(error)
                yield TurnRetried(number, attempt, "too_long", text)
            except _Silence as silence:
                yield TurnRetried(number, attempt, "empty", str(silence))
        self._record(turn)
        yield TurnFinished(number, turn, self._clock.now() - began)

    async def _pieces(self) -> AsyncGenerator[TextDelta | ArgumentsDelta | ModelNote | Turn, None]:
        """Ask once: yield the pieces as events, and the one Turn at the end."""
        turn: Turn | None = None
        async with aclosing(self._ask(self._session)) as pieces:
            async for piece in pieces:
                match piece:
                    case str():
                        yield TextDelta(piece)
                    case ArgumentsDelta() | ModelNote():
                        yield piece
                    case Turn() if turn is None:
                        turn = piece
                    case Turn():
                        raise _model_fault(self._name, "two Turns")
                    case _:
                        raise _model_fault(self._name, f"a value of type {type(piece).__name__}")
        if turn is None:
            raise _model_fault(self._name, "no Turn")
        yield turn

    def _pause_after(self, error: ModelUnavailable, failures: int) -> float:
        """Return how long to wait before the model is asked again; raise where it is not."""
        policy = self._retry_policy
        pause = error.retry_after
        if pause is None:
            pause = policy.backoff_pause(failures)
        if failures >= policy.retries or pause > policy.longest_wait:
            raise error
        return pause

    def _shorten(self, error: ContextTooLong) -> str:
        """Leave the longest results out of what the model reads; say so."""
        shortened = shorten(self._session)
        if shortened is None:
            raise error
        self._record(shortened)
        count = len(shortened.positions)
        return (
            f"The conversation is too long for {self._name}: it is asked again without the "
            f"{'longest result' if count == 1 else f'{count} longest results'}."
        )

    def _with_words(self, turn: Turn) -> Turn:
        """Return a turn with the calls that are meant; without any where none is made any more.

        Raises:
            _Silence: It says nothing; the record says so.
            ModelSaidNothing: It said nothing before.
        """
        if turn.calls and limit_reached(self._session):
            turn = Turn(turn.text, usage=turn.usage, cut=turn.cut)
        if turn.text or turn.calls:
            return turn if self._finder is None else self._finder.real_turn(turn)
        how = (
            "was cut off at its token limit before it said anything" if turn.cut else "said nothing"
        )
        if _was_silent(self._session):
            raise ModelSaidNothing(f"{self._name} {how}: {_advice(turn)}.")
        self._record(Notice("empty", _BE_BRIEF if turn.cut else _SAY_SOMETHING, turn.usage))
        raise _Silence(f"{self._name} {how}: it is asked once more.")


def _advice(turn: Turn) -> str:
    if not turn.cut:
        return "ask again, or in other words"
    option = for_reader("max_tokens=… of the model", "--model-option max_tokens=N")
    return f"raise {option}, or ask for less at once"


def retries_of(model: Model) -> int:
    """Return how often a model is asked again when it gives no answer."""
    retries = getattr(model, "retries", DEFAULT_RETRIES)
    return retries if isinstance(retries, int) else DEFAULT_RETRIES


def _is_cut(session: Session) -> bool:
    last = session[-1]
    return isinstance(last, Turn) and last.cut and not last.calls


def _was_silent(session: Session) -> bool:
    """Return whether the model was told since its last turn that it said nothing."""
    for entry in reversed(session):
        if isinstance(entry, Turn | Question):
            return False
        if isinstance(entry, Notice) and entry.reason == "empty":
            return True
    return False


def _model_fault(name: str, what: str) -> AgentError:
    """Return what is wrong with a model that does not keep the protocol `Model`."""
    return AgentError(
        f"{name} yielded {what} when it was asked once: "
        "a model yields texts, and one Turn at the end."
    )
