"""The tables of runs and the engine that reaches them. A door of sqlalchemy."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from openapi2tools._core.files.atomic_write import OWNER_ONLY
from openapi2tools._core.installed import install_command
from openapi2tools.errors import AgentError, InvalidOption

if TYPE_CHECKING:
    from sqlalchemy import Engine, Table

_BUSY_SECONDS: Final = 30
"""How long somebody waits for who writes to a file."""


def require_extra() -> None:
    """Raise AgentError when the extra `durable` is not installed."""
    missing = [name for name in ("sqlalchemy", "dbos") if find_spec(name) is None]
    if missing:
        raise AgentError(
            f"What keeps runs in a database is not installed: {install_command('durable')}"
        )


def make_tables() -> tuple[Table, Table]:
    """Return the tables of the runs and of their entries."""
    from sqlalchemy import Boolean, Column, Integer, MetaData, String, Table, Text  # noqa: PLC0415 -- of the extra `durable`

    metadata = MetaData()
    runs = Table(
        "openapi2tools_runs",
        metadata,
        Column("id", String(32), primary_key=True),
        Column("agent", Text, nullable=False),
        Column("options", Text, nullable=False),
        Column("question", Text, nullable=False),
        Column("state", String(16), nullable=False, index=True),
        Column("text", Text, nullable=False),
        Column("created", String(40), nullable=False),
        Column("changed", String(40), nullable=False),
        Column("leg", Integer, nullable=False),
        Column("dispatched", Integer, nullable=False),
        Column("worker", String(40), nullable=False),
        Column("is_stopped", Boolean, nullable=False),
        Column("length", Integer, nullable=False),
    )
    entries = Table(
        "openapi2tools_entries",
        metadata,
        Column("run_id", String(32), primary_key=True),
        Column("position", Integer, primary_key=True, autoincrement=False),
        Column("line", Text, nullable=False),
    )
    return runs, entries


def make_engine(address: str) -> Engine:
    """Return the engine of a database.

    Raises:
        InvalidOption: It is neither SQLite's nor Postgres'.
        AgentError: Its file cannot be made.
    """
    from sqlalchemy import create_engine, event  # noqa: PLC0415 -- of the extra `durable`
    from sqlalchemy.engine import make_url  # noqa: PLC0415 -- likewise
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415 -- likewise

    try:
        url = make_url(address)
    except ArgumentError:
        url = None
    if url is None or url.get_backend_name() not in ("sqlite", "postgresql"):
        raise InvalidOption("A database of runs is sqlite:///PATH or postgresql://USER@HOST/NAME.")
    if url.get_backend_name() == "postgresql":
        return create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    if not url.database or url.database == ":memory:":
        raise InvalidOption("A database of runs outlives the program: give sqlite:///PATH.")
    _make_private_file(Path(url.database))
    engine = create_engine(url.set(drivername="sqlite"))

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        connection.execute(f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

    return engine


def _make_private_file(path: Path) -> None:
    """Make the file of a database, which its owner alone reads."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, OWNER_ONLY))
    except OSError as error:
        raise AgentError(f"Runs cannot be kept in {path}: {error.strerror}.") from None


def address_of_user() -> str:
    """Return the address of the file in the user's data directory."""
    from platformdirs import user_data_path  # noqa: PLC0415 -- only where no database is named

    return f"sqlite:///{user_data_path('openapi2tools', appauthor=False) / 'runs.sqlite'}"
