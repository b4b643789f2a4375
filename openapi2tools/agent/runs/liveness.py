"""Whether a worker lives: what it holds is let go by the system when its process ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from openapi2tools.call.oauth.storage.locks import FileLock
from openapi2tools.errors import AgentError

if TYPE_CHECKING:
    from pathlib import Path


class Presence(Protocol):
    """A worker that is present."""

    def is_dead(self, worker: str, /) -> bool:
        """Return whether another worker's process has ended."""
        ...

    def keep(self) -> None:
        """Raise where this worker is present no more, so that others may take it for dead."""
        ...

    def leave(self) -> None:
        """Be present no more."""
        ...


class PresenceByFile:
    """The one worker of a database that is a file."""

    def __init__(self, database: Path) -> None:
        self._lock = FileLock(database.with_name(f".{database.name}.worker"))
        if not self._lock.try_acquire():
            raise AgentError(
                f"Another worker has {database}: a file has one worker at a time. For several, "
                "give a database=postgresql://…"
            )

    def is_dead(self, worker: str) -> bool:  # noqa: ARG002 -- there is no other
        """Return True: while this one is here, no other lives."""
        return True

    def keep(self) -> None:
        """Do nothing: a lock on a file stays."""

    def leave(self) -> None:
        """Let go of the file."""
        self._lock.release()


class PresenceByConnection:
    """A worker's presence in Postgres: a lock that goes with the connection.

    Args:
        connection: One of sqlalchemy's, for this worker alone.
        worker: Who it is.
    """

    def __init__(self, connection: Any, worker: str) -> None:
        self._connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        self._worker = worker
        self._ask("SELECT pg_advisory_lock(%(key)s)", worker)

    def is_dead(self, worker: str) -> bool:
        """Return whether a worker has let go of its lock."""
        if not self._ask("SELECT pg_try_advisory_lock(%(key)s)", worker):
            return False
        return bool(self._ask("SELECT pg_advisory_unlock(%(key)s)", worker))

    def keep(self) -> None:
        """Raise where the connection is gone, and the lock with it."""
        self._ask("SELECT %(key)s", self._worker)

    def leave(self) -> None:
        """Let go of the lock."""
        self._connection.invalidate()
        self._connection.close()

    def _ask(self, statement: str, worker: str) -> Any:
        key = int.from_bytes(bytes.fromhex(worker)[:8], signed=True)
        return self._connection.exec_driver_sql(statement, {"key": key}).scalar()
