"""A worker: takes runs from the queue, and does a leg of each, until an answer or a question."""

from __future__ import annotations

from contextlib import aclosing
from copy import copy
from time import monotonic, sleep
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import uuid4

from openapi2tools.agent.events import Answered
from openapi2tools.agent.runs.database import Claim, LegLost, LegStopped
from openapi2tools.agent.runs.engine import LegQueue
from openapi2tools.errors import OpenAPI2ToolsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from openapi2tools.agent.events import Answer
    from openapi2tools.agent.loop import Agent
    from openapi2tools.agent.record.session import Session
    from openapi2tools.agent.runs.database import RunDatabase
    from openapi2tools.agent.runs.liveness import Presence
    from openapi2tools.agent.runs.run import Run, RunState

_STOP_POLL_SECONDS: Final = 0.1
"""How soon a worker notices that it is to stop."""


class WorkerOptions(NamedTuple):
    """How a worker works.

    Attributes:
        runs_at_once: How many runs all workers of the database act on at once.
        calls_per_api: How many calls of one API are under way at once; None for any number.
        poll_seconds: How often it looks for what is to be done.
        until_idle: Whether it ends when there is nothing to do.
        on_leg: Told of each run at the end of a leg.
    """

    runs_at_once: int = 10
    calls_per_api: int | None = None
    poll_seconds: float = 1.0
    until_idle: bool = False
    on_leg: Callable[[Run], None] | None = None


class Worker:
    """Acts on the runs of a database.

    Args:
        database: Where they are kept.
        open_agent: Opens the agent that a run is for.
        options: How it works.
    """

    def __init__(
        self,
        database: RunDatabase,
        open_agent: Callable[[Run], AbstractAsyncContextManager[Agent]],
        options: WorkerOptions,
    ) -> None:
        self._database = database
        self._open_agent = open_agent
        self._options = options
        self._id: Final = uuid4().hex
        self._active: set[str] = set()
        self._is_stopping = False

    def stop(self) -> None:
        """End when each leg has come to its next step; others take the runs up."""
        self._is_stopping = True

    def run(self) -> None:
        """Work until `stop`, or until there is nothing to do.

        Raises:
            AgentError: Another worker has the file of the database.
        """
        presence = self._database.enter(self._id)
        options = self._options
        try:
            queue = LegQueue(
                self._database.address,
                self._id,
                self._act,
                runs_at_once=options.runs_at_once,
                runs_per_api=options.calls_per_api or options.runs_at_once,
                poll_seconds=options.poll_seconds,
            )
            try:
                self._work(queue, presence)
            finally:
                self.stop()
                self._wait_for_legs()
                queue.close()
        finally:
            presence.leave()

    def _work(self, queue: LegQueue, presence: Presence) -> None:
        while not self._is_stopping:
            presence.keep()
            others = (queue.workers() | self._database.workers()) - {self._id}
            for worker in filter(presence.is_dead, others):
                self._database.take_over(worker)
                queue.take_over(worker)
            self._give_back_what_broke_off()
            for run in self._database.undispatched():
                queue.put(run.id, run.leg, run.agent)
                self._database.dispatched(run)
            if self._options.until_idle and not self._active and self._database.is_idle():
                return
            self._pause()

    def _give_back_what_broke_off(self) -> None:
        """Have a leg done again that ended without an end, as when the database was away."""
        for claim in self._database.legs_of(self._id):
            if claim.run_id not in self._active:  # it is among them before it is taken up
                self._database.give_back(claim)

    def _wait_for_legs(self) -> None:
        while self._active:
            sleep(_STOP_POLL_SECONDS)

    def _pause(self) -> None:
        """Wait for the next look, unless a signal or another thread says to stop."""
        end = monotonic() + self._options.poll_seconds
        while not self._is_stopping and (left := end - monotonic()) > 0:
            sleep(min(left, _STOP_POLL_SECONDS))

    async def _act(self, run_id: str, leg: int) -> None:
        """Do a leg of a run."""
        self._active.add(run_id)
        try:
            await self._act_on(Claim(run_id, leg, self._id))
        finally:
            self._active.discard(run_id)

    async def _act_on(self, claim: Claim) -> None:
        if self._is_stopping:
            self._database.give_back(claim)
            return
        claimed = self._database.take_up(claim, lambda: self._is_stopping)
        if claimed is None:
            return
        run, session = claimed
        try:
            state, text = await self._leg(run, session)
        except LegLost:
            return
        except LegStopped:
            self._database.give_back(claim)
            return
        except OpenAPI2ToolsError as error:
            state, text = "failed", str(error)
        except Exception as error:  # noqa: BLE001 -- what a program's own function raises ends its run, not the worker
            state, text = "failed", f"{type(error).__name__}: {error}"
        ended = self._database.finish(claim, state, text)
        if ended and self._options.on_leg:
            self._options.on_leg(ended)

    async def _leg(self, run: Run, session: Session) -> tuple[RunState, str]:
        """Act until an answer, a question or a limit; return where the run stands then."""
        async with self._open_agent(run) as opened:
            agent = copy(opened)
            if self._options.calls_per_api is not None:
                agent.parallel_calls = 1  # each of so many runs makes one call at a time
            async with aclosing(agent.stream(session=session)) as events:
                async for event in events:
                    if isinstance(event, Answered):
                        return _standing(event.answer)
        raise LegLost  # pragma: no cover -- a stream ends with Answered, or raises


def _standing(answer: Answer) -> tuple[RunState, str]:
    """Return where a run stands at the end of a leg, and what is to be said of it."""
    if answer.pending:
        return "waiting", answer.text
    unknown = answer.session.unknown
    if unknown:
        shown = ", ".join(f"{write.call_id} ({write.method} {write.url})" for write in unknown)
        return "waiting", f"Nobody knows what became of {shown}: it is to be settled. {answer.text}"
    return ("incomplete" if answer.incomplete else "answered"), answer.text
