"""The database of runs: a row a run, and a row each entry of its record. A door of sqlalchemy.

Who acts on a run writes its entries as they come, and the row of the run is changed with each: what
belongs to a leg that was taken over, or was cancelled, is refused before anything is sent.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final

from openapi2tools.agent.record.entries import Question, Sent
from openapi2tools.agent.record.journal import read_lines, write_line
from openapi2tools.agent.record.session import Session
from openapi2tools.agent.runs.engine import remove_legs
from openapi2tools.agent.runs.liveness import Presence, PresenceByConnection, PresenceByFile
from openapi2tools.agent.runs.run import ENDED, Run
from openapi2tools.agent.runs.tables import (
    address_of_user,
    make_engine,
    make_tables,
    require_extra,
)
from openapi2tools.errors import AgentError
from openapi2tools.model import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Row

    from openapi2tools.agent.record.entries import Entry
    from openapi2tools.agent.runs.run import RunState
    from openapi2tools.model import Json

DATABASE_VARIABLE: Final = "OPENAPI2TOOLS_DATABASE"
"""The environment variable that names the database of runs."""
_SCHEMA_LOCK: Final = 0x6F326172756E73
"""Held on Postgres while the tables are made, so that two programs do not make them at once."""


class LegStopped(Exception):
    """Somebody cancelled the run: nothing more is done in it."""


class LegLost(Exception):
    """Another worker has the run: this one does nothing more in it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's right to act on a run, for one leg."""

    run_id: str
    leg: int
    worker: str


class RunDatabase:
    """Keeps runs, in SQLite or in Postgres.

    Args:
        address: `sqlite:///…` or `postgresql://…`; by default what `OPENAPI2TOOLS_DATABASE` names,
            else a file in the user's data directory.
    """

    def __init__(self, address: str | None = None) -> None:
        require_extra()
        self.address = address or os.environ.get(DATABASE_VARIABLE) or address_of_user()
        self._engine = make_engine(self.address)
        self._runs, self._entries = make_tables()
        self._make_tables()

    @property
    def shown_address(self) -> str:
        """The address without a password."""
        return self._engine.url.render_as_string(hide_password=True)

    @property
    def file(self) -> Path | None:
        """The file of the database; None where a server keeps it."""
        name = self._engine.url.database
        return Path(name) if self._engine.dialect.name == "sqlite" and name else None

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def enter(self, worker: str) -> Presence:
        """Have a worker be present, for as long as its process lives.

        Raises:
            AgentError: Another worker has this file.
        """
        file = self.file
        if file is not None:
            return PresenceByFile(file)
        return PresenceByConnection(self._engine.connect(), worker)

    # --- what people do --------------------------------------------------------------------------

    def add(self, agent: str, question: str, options: Mapping[str, Json]) -> Run:
        """Keep a new run, which the next worker takes."""
        run_id = token_hex(6)
        at = _now()
        row = {
            "id": run_id,
            "agent": agent,
            "options": json.dumps(dict(options)),
            "question": question,
            "state": "queued",
            "text": "",
            "created": at,
            "changed": at,
            "leg": 1,
            "dispatched": 0,
            "worker": "",
            "is_stopped": False,
            "length": 0,
        }
        with self._engine.begin() as connection:
            connection.execute(self._runs.insert().values(row))
            Session(store=_Added(self, connection, run_id)).add(Question(question))
        return self.run(run_id)

    def run(self, run_id: str) -> Run:
        """Return a run.

        Raises:
            AgentError: There is none.
        """
        with self._engine.connect() as connection:
            return self._run(connection, run_id)

    def list(self, states: Sequence[RunState] = ()) -> tuple[Run, ...]:
        """Return the runs, the one that was submitted last first."""
        query = self._runs.select().order_by(self._runs.c.created.desc(), self._runs.c.id)
        if states:
            query = query.where(self._runs.c.state.in_(states))
        with self._engine.connect() as connection:
            return tuple(map(_run_of, connection.execute(query)))

    def session(self, run_id: str) -> Session:
        """Return the record of a run, as far as it goes."""
        with self._engine.connect() as connection:
            self._run(connection, run_id)
            return Session(self._read_entries(connection, run_id))

    @contextmanager
    def failures(self) -> Iterator[None]:
        """Raise AgentError where the database fails."""
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 -- of the extra `durable`

        try:
            yield
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
            raise AgentError(
                f"The database of runs {self.shown_address} cannot be used: {reason}."
            ) from None

    @contextmanager
    def changing(self, run_id: str) -> Iterator[Change]:
        """Let one at a time change a run: what is added to its session, and where it stands.

        Raises:
            AgentError: There is no such run.
        """
        with self._engine.begin() as connection:
            mine = self._runs.c.id == run_id
            # It is written to first, so that whoever else would change it waits.
            connection.execute(self._runs.update().where(mine).values(changed=_now()))
            run = self._run(connection, run_id)
            store = _Added(self, connection, run_id)
            change = Change(run, Session(self._read_entries(connection, run_id), store=store))
            yield change
            if change.values:
                connection.execute(self._runs.update().where(mine).values(change.values))

    def remove(self, run_ids: Sequence[str]) -> None:
        """Remove runs that ended: their rows, their records, and what the queue knows of them.

        Raises:
            AgentError: One is not there or has not ended; then all of them stay.
        """
        with self._engine.begin() as connection:
            legs = self._legs_of_ended(connection, run_ids)
        if legs:  # before the runs: whoever is stopped between the two can say it again
            remove_legs(self.address, legs)
        with self._engine.begin() as connection:
            self._legs_of_ended(connection, run_ids)  # somebody may have had one go on
            for run_id in run_ids:
                entries = self._entries.delete().where(self._entries.c.run_id == run_id)
                connection.execute(entries)
                connection.execute(self._runs.delete().where(self._runs.c.id == run_id))

    # --- what workers do -------------------------------------------------------------------------

    def undispatched(self, limit: int = 500) -> tuple[Run, ...]:
        """Return the runs that wait for a worker, and that no queue has been told of."""
        c = self._runs.c
        query = self._runs.select().where(c.state == "queued", c.dispatched < c.leg)
        with self._engine.connect() as connection:
            return tuple(map(_run_of, connection.execute(query.order_by(c.changed).limit(limit))))

    def dispatched(self, run: Run) -> None:
        """Note that a queue was told of a run's leg."""
        c = self._runs.c
        self._update(c.id == run.id, c.leg == run.leg, dispatched=run.leg)

    def take_up(self, claim: Claim, is_stopping: Callable[[], bool]) -> tuple[Run, Session] | None:
        """Take up a leg of a run; None where there is nothing to do in it any more.

        A run that its worker died with is taken up where its record ends. Once `is_stopping`, its
        session takes nothing but what came of the calls under way.
        """
        c = self._runs.c
        due = (c.id == claim.run_id, c.leg == claim.leg, c.state.in_(("queued", "running")))
        mine: dict[str, Any] = {"state": "running", "worker": claim.worker, "changed": _now()}
        if not self._update(*due, c.is_stopped.is_(False), **mine):
            return None
        with self._engine.connect() as connection:
            run = self._run(connection, claim.run_id)
            entries = self._read_entries(connection, claim.run_id)
        store = _Claimed(self, claim, len(entries), is_stopping)
        return run, Session(entries, store=store)

    def append(self, claim: Claim, position: int, entry: Entry) -> None:
        """Write an entry for who has claimed a run.

        Raises:
            LegLost: Another worker has it.
            LegStopped: Somebody cancelled it. What came of a call is taken nevertheless.
        """
        c = self._runs.c
        values = {"length": position + 1, "changed": _now()}
        with self._engine.begin() as connection:
            held = (*self._held(claim), c.length == position)
            if not tells_what_happened(entry):
                held = (*held, c.is_stopped.is_(False))
            changed = connection.execute(self._runs.update().where(*held).values(values))
            if changed.rowcount != 1:
                stopped = self._runs.select().where(*self._held(claim), c.is_stopped.is_(True))
                raise LegStopped if connection.execute(stopped).first() else LegLost
            self.insert(connection, claim.run_id, position, entry)

    def finish(self, claim: Claim, state: RunState, text: str) -> Run | None:
        """Say where a run stands at the end of a leg; None where another worker has it."""
        values = {"state": state, "text": text, "is_stopped": False, "changed": _now()}
        with self._engine.begin() as connection:
            held = self._runs.update().where(*self._held(claim)).values(values)
            is_mine = connection.execute(held).rowcount == 1
            return self._run(connection, claim.run_id) if is_mine else None

    def give_back(self, claim: Claim) -> None:
        """End a leg before its time: others take the run up, unless somebody cancelled it."""
        c = self._runs.c
        self._give_back(c.id == claim.run_id, c.leg == claim.leg)

    def workers(self) -> set[str]:
        """Return the workers that runs are with."""
        query = self._runs.select().where(self._runs.c.state == "running")
        with self._engine.connect() as connection:
            return {row.worker for row in connection.execute(query)}

    def take_over(self, worker: str) -> None:
        """Have others take up all runs of a worker that died."""
        self._give_back(self._runs.c.worker == worker)

    def legs_of(self, worker: str) -> tuple[Claim, ...]:
        """Return the legs that a worker has taken up and not ended."""
        c = self._runs.c
        query = self._runs.select().where(c.worker == worker, c.state == "running")
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return tuple(Claim(row.id, row.leg, worker) for row in rows)

    def is_idle(self) -> bool:
        """Return whether no run waits for a worker, or is with one."""
        query = self._runs.select().where(self._runs.c.state.in_(("queued", "running"))).limit(1)
        with self._engine.connect() as connection:
            return connection.execute(query).first() is None

    # --- parts -----------------------------------------------------------------------------------

    def insert(self, connection: Connection, run_id: str, position: int, entry: Entry) -> None:
        """Write an entry, of which the place is free."""
        line = write_line(entry).decode()
        row = {"run_id": run_id, "position": position, "line": line}
        connection.execute(self._entries.insert().values(row))

    def add_entry(self, connection: Connection, run_id: str, entry: Entry) -> None:
        """Write an entry in a transaction that changes a run."""
        mine = self._runs.c.id == run_id
        position = connection.execute(self._runs.select().where(mine)).one().length
        self.insert(connection, run_id, position, entry)
        connection.execute(self._runs.update().where(mine).values(length=position + 1))

    def _held(self, claim: Claim) -> tuple[Any, ...]:
        c = self._runs.c
        is_mine = (c.leg == claim.leg, c.worker == claim.worker)
        return (c.id == claim.run_id, *is_mine, c.state == "running")

    def _give_back(self, *where: Any) -> None:
        c = self._runs.c
        is_open = c.state.in_(("queued", "running"))
        self._update(*where, is_open, c.is_stopped.is_(True), state="cancelled", is_stopped=False)
        self._update(*where, is_open, state="queued", worker="", leg=c.leg + 1)

    def _update(self, *where: Any, **values: Any) -> bool:
        with self._engine.begin() as connection:
            changed = connection.execute(self._runs.update().where(*where).values(values))
            return changed.rowcount > 0

    def _run(self, connection: Connection, run_id: str) -> Run:
        return _run_of(self._row(connection, run_id))

    def _row(self, connection: Connection, run_id: str, *, and_hold: bool = False) -> Row[Any]:
        query = self._runs.select().where(self._runs.c.id == run_id)
        row = connection.execute(query.with_for_update() if and_hold else query).first()
        if row is None:
            raise AgentError(f"There is no run {run_id!r} in {self.shown_address}.")
        return row

    def _legs_of_ended(
        self, connection: Connection, run_ids: Sequence[str]
    ) -> tuple[tuple[str, int], ...]:
        """Return the legs that the queue was told of; the runs are held meanwhile.

        Raises:
            AgentError: One of the runs has not ended.
        """
        legs = []
        for run_id in sorted(run_ids):  # in one order, so that two who hold some do not wait
            row = self._row(connection, run_id, and_hold=True)
            if row.state not in ENDED:
                how = ", which ends it at its next step" if row.state == "running" else ""
                raise AgentError(f"The run {run_id} is {row.state}: cancel it first{how}.")
            legs += [(run_id, leg) for leg in range(1, row.dispatched + 1)]
        return tuple(legs)

    def _read_entries(self, connection: Connection, run_id: str) -> tuple[Entry, ...]:
        c = self._entries.c
        query = self._entries.select().where(c.run_id == run_id).order_by(c.position)
        data = "".join(row.line for row in connection.execute(query)).encode()
        return tuple(read_lines(data, f"run {run_id}"))

    def _make_tables(self) -> None:
        from sqlalchemy import text  # noqa: PLC0415 -- of the extra `durable`

        with self.failures(), self._engine.begin() as connection:
            if self.file is None:
                lock = text("SELECT pg_advisory_xact_lock(:key)")
                connection.execute(lock, {"key": _SCHEMA_LOCK})
            self._runs.metadata.create_all(connection)


class Change:
    """A run that is changed: its session, and what is to be said of it at the end."""

    def __init__(self, run: Run, session: Session) -> None:
        self.run = run
        self.session = session
        self.values: dict[str, Any] = {}

    def queue(self) -> None:
        """Have a worker take the run up."""
        self.values |= {
            "state": "queued",
            "leg": self.run.leg + 1,
            "worker": "",
            "text": "",
            "is_stopped": False,
        }


class _Added:
    """Adds entries in a transaction that changes a run."""

    def __init__(self, database: RunDatabase, connection: Connection, run_id: str) -> None:
        self._add = database.add_entry
        self._connection = connection
        self._run_id = run_id

    def append(self, entry: Entry) -> None:
        """Write an entry."""
        self._add(self._connection, self._run_id, entry)

    def close(self) -> None:
        """Do nothing: the transaction ends by itself."""


class _Claimed:
    """Writes the entries of a run as they come, for the worker that has claimed it."""

    def __init__(
        self, database: RunDatabase, claim: Claim, length: int, is_stopping: Callable[[], bool]
    ) -> None:
        self._append = database.append
        self._claim = claim
        self._length = length
        self._is_stopping = is_stopping

    def append(self, entry: Entry) -> None:
        """Write an entry: it is in the database when this returns, or nothing is done."""
        if self._is_stopping() and not tells_what_happened(entry):
            raise LegStopped
        self._append(self._claim, self._length, entry)
        self._length += 1

    def close(self) -> None:
        """Do nothing: a claim ends with its leg."""


def tells_what_happened(entry: Entry) -> bool:
    """Return whether an entry says what came of a call."""
    return isinstance(entry, Result) or (isinstance(entry, Sent) and not entry.went)


def _run_of(row: Row[Any]) -> Run:
    return Run(
        id=row.id,
        agent=row.agent,
        question=row.question,
        state=row.state,
        text=row.text,
        created=row.created,
        changed=row.changed,
        options=json.loads(row.options),
        leg=row.leg,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
