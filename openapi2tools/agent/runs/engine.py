"""The queue of legs, and who has which: the door of dbos.

A leg of a run is one workflow without steps of its own: what a leg must not do twice is in the
record of its run, so a workflow that is run again goes on where that ends.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import TYPE_CHECKING, Any, Final

from openapi2tools.errors import AgentError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from dbos import DBOS

_QUEUE: Final = "openapi2tools_legs"
_WORKFLOW: Final = "openapi2tools_leg"
_VERSION: Final = "1"
"""What a leg is to the queue; a worker of a later version of this package takes up older ones."""
_SCHEMA: Final = "openapi2tools_dbos"
_QUIET_SECONDS: Final = 30.0
_MAX_NAMES: Final = 500
"""How many legs one statement names: databases have a limit."""


def require_sqlite(python: tuple[int, ...], sqlite: tuple[int, ...]) -> None:
    """Raise AgentError where dbos would write times in a way that this SQLite does not know."""
    if python >= (3, 12) and sqlite < (3, 42):
        raise AgentError(
            f"With Python {'.'.join(map(str, python))}, a worker on SQLite needs SQLite 3.42 or"
            f" newer, and this Python has {'.'.join(map(str, sqlite))}. Use a Python with a newer"
            " SQLite, Python 3.11, or a database on Postgres (postgresql://…)."
        )


class LegQueue:
    """Hands legs to the workers of a database, each to one of them.

    Args:
        address: The database.
        worker: Who this worker is.
        act: Does a leg of a run; it raises nothing.
        runs_at_once: How many legs all workers do at once.
        runs_per_api: How many of them are of one API.
        poll_seconds: How often the queue is looked into.
    """

    def __init__(
        self,
        address: str,
        worker: str,
        act: Callable[[str, int], Awaitable[None]],
        *,
        runs_at_once: int,
        runs_per_api: int,
        poll_seconds: float,
    ) -> None:
        if address.startswith("sqlite"):
            import sqlite3  # noqa: PLC0415 -- a Python may have none, and use Postgres

            require_sqlite(sys.version_info[:2], sqlite3.sqlite_version_info)
        from dbos import DBOS, DBOSConfig, Serializer  # noqa: PLC0415 -- it takes a second

        class AsJson(Serializer):
            """Keeps the arguments of a leg as JSON: what is read runs no code."""

            def serialize(self, data: Any) -> str:
                return json.dumps(data)

            def deserialize(self, serialized_data: str) -> Any:
                return json.loads(serialized_data)

        self._dbos: type[DBOS] = DBOS
        _leave_logging_to_the_program()
        config: DBOSConfig = {
            "name": "openapi2tools",
            "system_database_url": address,
            "dbos_system_schema": _SCHEMA,
            "application_version": _VERSION,
            "executor_id": worker,
            "log_level": "ERROR",
            "serializer": AsJson(),
            "scheduler_polling_interval_sec": _QUIET_SECONDS,
            "notification_listener_polling_interval_sec": poll_seconds,
        }
        DBOS(config=config)

        @DBOS.workflow(name=_WORKFLOW)
        async def leg(run_id: str, number: int) -> None:
            await act(run_id, number)

        self._leg = leg
        DBOS.launch()
        DBOS.register_queue(
            _QUEUE,
            global_concurrency=runs_at_once,
            partition_concurrency=min(runs_per_api, runs_at_once),
            polling_interval_sec=poll_seconds,
            on_conflict="always_update",
        )

    def put(self, run_id: str, leg: int, api: str) -> None:
        """Queue a leg; one that is in the queue already stays there once."""
        from dbos import SetEnqueueOptions, SetWorkflowID  # noqa: PLC0415 -- as above

        with SetWorkflowID(_name(run_id, leg)), SetEnqueueOptions(queue_partition_key=api):
            self._dbos.enqueue_workflow(_QUEUE, self._leg, run_id, leg)

    def workers(self) -> set[str]:
        """Return the workers that have legs."""
        pending = self._dbos.list_workflows(
            status="PENDING", queue_name=_QUEUE, load_input=False, load_output=False
        )
        return {each.executor_id for each in pending if each.executor_id}

    def take_over(self, worker: str) -> None:
        """Put the legs of a worker that died back into the queue."""
        self._dbos._recover_pending_workflows([worker])  # noqa: SLF001 -- its own way for who has no service that does it

    def close(self) -> None:
        """Take no more legs; one that was not noted as ended comes back to find its run gone on."""
        self._dbos.destroy(destroy_registry=True)


def remove_legs(address: str, legs: Iterable[tuple[str, int]]) -> None:
    """Remove legs from the queue of a database, where they are in it; no worker is needed.

    Args:
        address: The database.
        legs: The ids of their runs, and their numbers.
    """
    from dbos import DBOSClient  # noqa: PLC0415 -- as above

    _leave_logging_to_the_program()
    client = DBOSClient(
        system_database_url=address, dbos_system_schema=_SCHEMA, retry_connection_errors=False
    )
    names = [_name(*leg) for leg in legs]
    try:
        for start in range(0, len(names), _MAX_NAMES):
            client.delete_workflows(names[start : start + _MAX_NAMES])
    finally:
        client.destroy()


def _name(run_id: str, leg: int) -> str:
    """Return what a leg is called in the queue."""
    return f"{run_id}/{leg}"


def _leave_logging_to_the_program() -> None:
    """Keep dbos from writing to standard error: it does so where its logger has no handler."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
