"""Runs that are kept in a database: submitted here, acted on by workers, answered by anybody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import TYPE_CHECKING, Self, TypeAlias

from openapi2tools.agent.loop import Agent
from openapi2tools.agent.record.entries import Question
from openapi2tools.agent.runs.database import RunDatabase
from openapi2tools.agent.runs.run import STATES, Run
from openapi2tools.errors import AgentError, InvalidOption

if TYPE_CHECKING:
    from openapi2tools.agent.record.call_history import Settlement
    from openapi2tools.agent.record.session import Session
    from openapi2tools.agent.runs.database import Change
    from openapi2tools.agent.runs.run import RunState
    from openapi2tools.agent.runs.worker import Worker
    from openapi2tools.model import Call, Json

OpenAgent: TypeAlias = Callable[[Run], AbstractAsyncContextManager[Agent]]
"""Opens the agent that acts on a run, for one leg of it."""


class Runs:
    """Runs that outlive the program: each is a session in a database.

    Whoever has the database submits runs, reads them, and answers their questions. A worker
    (`work`) acts on them, in any process; on Postgres there may be many. What a run did is in its
    record before the next thing is done: a worker that dies is taken over where that ends, and no
    write goes out twice because of it. No credential is in the database: agents bring their own.

    Args:
        agents: The agents by name, or a function that opens the one of a run. Only `work` needs
            them.
        database: `postgresql://…`, or `sqlite:///PATH` for one worker; by default what the
            environment variable `OPENAPI2TOOLS_DATABASE` names, else a file in the user's data
            directory.

    Raises:
        AgentError: The database cannot be used, or the extra `durable` is not installed.
        InvalidOption: The database is neither.

    Example:
        with connect(tools) as client:
            runs = Runs({"shop": Agent(client, OpenAIModel("gpt-5.5"))})
            run = runs.submit("shop", "Order two copies of Emma for Mei.")
            runs.work(until_idle=True)
            for call in runs.session(run.id).waiting:
                runs.approve(run.id, call)
            runs.work(until_idle=True)
            print(runs.show(run.id).text)
    """

    def __init__(
        self, agents: Mapping[str, Agent] | OpenAgent | None = None, *, database: str | None = None
    ) -> None:
        self._agents = agents
        self._database = RunDatabase(database)
        self._worker: Worker | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections to the database."""
        self._database.close()

    # --- asking and reading ----------------------------------------------------------------------

    def submit(
        self, agent: str, question: str, *, options: Mapping[str, Json] | None = None
    ) -> Run:
        """Keep a question, for a worker to answer.

        Args:
            agent: The name of the agent.
            question: What to find out or to do.
            options: What a function that opens agents is to know besides: JSON, and no secret.

        Raises:
            InvalidOption: These agents have no such name.
            AgentError: The database cannot be used.
        """
        if isinstance(self._agents, Mapping) and agent not in self._agents:
            known = ", ".join(self._agents)
            raise InvalidOption(f"submit({agent!r}, …): the agents here are {known or 'none'}.")
        with self._database.failures():
            return self._database.add(agent, question, options or {})

    def list(self, *states: RunState) -> tuple[Run, ...]:
        """Return the runs, the one that was submitted last first.

        Args:
            states: Only those that stand so; all of them unless some are given.

        Raises:
            InvalidOption: There is no such state.
            AgentError: The database cannot be used.
        """
        for state in states:
            if state not in STATES:
                raise InvalidOption(f"list({state!r}): a state is one of {', '.join(STATES)}.")
        with self._database.failures():
            return self._database.list(states)

    def show(self, run_id: str) -> Run:
        """Return where a run stands.

        Raises:
            AgentError: There is no such run, or the database cannot be used.
        """
        with self._database.failures():
            return self._database.run(run_id)

    def session(self, run_id: str) -> Session:
        """Return the record of a run, as far as it goes; what is added to it is not kept.

        Raises:
            AgentError: As in `show`.
        """
        with self._database.failures():
            return self._database.session(run_id)

    # --- answering -------------------------------------------------------------------------------

    def approve(self, run_id: str, *calls: Call | str) -> Run:
        """Say yes to calls that a run waits with, to each request as it was asked about.

        A worker takes the run up once nothing of it waits any more.

        Args:
            run_id: The run.
            calls: Of `session.waiting`, or their ids; all of them unless some are given.

        Raises:
            AgentError: No such call waits, or the run is with a worker.
        """
        return self._decide(run_id, calls, approved=True)

    def deny(self, run_id: str, *calls: Call | str) -> Run:
        """Say no to calls that a run waits with; the model is told.

        Args:
            run_id: As in `approve`.
            calls: As in `approve`.

        Raises:
            AgentError: As in `approve`.
        """
        return self._decide(run_id, calls, approved=False)

    def settle(self, run_id: str, write: str, outcome: Settlement) -> Run:
        """Say what became of a write that nobody knows the outcome of; the model is told.

        Args:
            run_id: The run.
            write: The id of its call, as in `session.unknown`.
            outcome: `done`, `not done` or `send again`.

        Raises:
            AgentError: There is no such write, or the run is with a worker.
            InvalidOption: The outcome is none of the three.
        """
        with self._database.failures(), self._database.changing(run_id) as change:
            _require_rest(change.run)
            change.session.settle(write, outcome)
            _queue_unless_waiting(change)
        return self.show(run_id)

    def resume(self, run_id: str, question: str | None = None) -> Run:
        """Have a run go on that ended: at a limit, with an error, or with an answer.

        Args:
            run_id: The run.
            question: What to find out or to do next. Calls that were never made are given up.

        Raises:
            AgentError: It waits for somebody, it is with a worker, or it has nothing to do.
        """
        with self._database.failures(), self._database.changing(run_id) as change:
            _require_rest(change.run)
            if change.session.waiting:
                raise AgentError(f"The run {run_id} waits for a yes or a no: approve or deny.")
            if question is None and change.run.state == "answered":
                raise AgentError(f"The run {run_id} is answered: give another question.")
            if question is not None:
                change.session.abandon()
                change.session.add(Question(question))
                change.values["question"] = question
            change.queue()
        return self.show(run_id)

    def cancel(self, run_id: str) -> Run:
        """End a run. One that is with a worker ends at its next step.

        A call that is under way is waited for, and what came of it is recorded.

        Raises:
            AgentError: There is no such run, or it is answered.
        """
        with self._database.failures(), self._database.changing(run_id) as change:
            if change.run.state == "answered":
                raise AgentError(f"The run {run_id} is answered: there is nothing to cancel.")
            if change.run.state == "running":
                change.values["is_stopped"] = True
            else:
                change.values["state"] = "cancelled"
        return self.show(run_id)

    def remove(self, *run_ids: str) -> None:
        """Remove runs that ended: answered, incomplete, failed or cancelled.

        Nothing of them stays in the database.

        Args:
            run_ids: The runs.

        Raises:
            AgentError: One of them is not there, waits, or is about to be acted on: cancel it
                first. Then all of them stay.
        """
        with self._database.failures():
            self._database.remove(tuple(dict.fromkeys(run_ids)))

    def _decide(self, run_id: str, calls: tuple[Call | str, ...], *, approved: bool) -> Run:
        with self._database.failures(), self._database.changing(run_id) as change:
            _require_rest(change.run)
            session = change.session
            if change.run.state == "cancelled" or not session.waiting:
                raise AgentError(
                    f"No call of the run {run_id} waits for an answer: it is {change.run.state}."
                )
            for call in calls or session.waiting:
                session.approve(call, approved=approved)
            _queue_unless_waiting(change)
        return self.show(run_id)

    # --- working ---------------------------------------------------------------------------------

    def work(
        self,
        *,
        runs_at_once: int = 10,
        calls_per_api: int | None = None,
        poll_seconds: float = 1.0,
        until_idle: bool = False,
        on_leg: Callable[[Run], None] | None = None,
    ) -> None:
        """Act on runs, until `stop` is called from another thread or a signal's handler.

        Args:
            runs_at_once: How many runs all workers of the database act on at once.
            calls_per_api: How many calls of one API they have under way at once.
            poll_seconds: How often it looks whether there is something to do.
            until_idle: Whether to end when there is nothing to do.
            on_leg: Called with a run when it has come to an answer, a question or a limit.

        Raises:
            AgentError: Another worker has this file, the database cannot be used, or there are no
                agents.
            InvalidOption: A number is none from 1 on.
        """
        from openapi2tools.agent.runs.worker import Worker, WorkerOptions  # noqa: PLC0415 -- only for who works

        for name, number in (("runs_at_once", runs_at_once), ("calls_per_api", calls_per_api)):
            if number is not None and number < 1:
                raise InvalidOption(f"{name}={number!r}: give a whole number from 1 on.")
        options = WorkerOptions(runs_at_once, calls_per_api, poll_seconds, until_idle, on_leg)
        self._worker = Worker(self._database, self._opener(), options)
        with self._database.failures():
            self._worker.run()

    def stop(self) -> None:
        """Have `work` end when each run that it acts on has come to its next step."""
        if self._worker is not None:
            self._worker.stop()

    def _opener(self) -> OpenAgent:
        agents = self._agents
        if agents is None:
            raise AgentError("There is nobody to act on runs: give Runs(agents).")
        if not isinstance(agents, Mapping):
            return agents

        def open_agent(run: Run) -> AbstractAsyncContextManager[Agent]:
            if run.agent not in agents:
                raise AgentError(f"This worker has no agent {run.agent!r}.")
            return nullcontext(agents[run.agent])

        return open_agent


def _require_rest(run: Run) -> None:
    """Raise AgentError for a run that a worker has, or is about to have."""
    if run.state in ("queued", "running"):
        raise AgentError(f"The run {run.id} is {run.state}: wait until it has come to a rest.")


def _queue_unless_waiting(change: Change) -> None:
    """Have a worker take up a run that waited, once nothing of it waits any more."""
    is_open = change.session.waiting or change.session.unknown
    if change.run.state == "waiting" and not is_open:
        change.queue()
