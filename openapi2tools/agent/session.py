"""The record of a run: an append-only list of entries, which a file can follow as it grows.

A run goes on where its record ends, so the record is all the state that a run has.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, Self, overload

from openapi2tools._core.atomic_write import OWNER_ONLY, open_atomically
from openapi2tools.agent.entries import Approval, Entry, Sent, Turn, Usage
from openapi2tools.agent.journal import read_lines, write_line
from openapi2tools.errors import AgentError
from openapi2tools.model import Call, Result

if TYPE_CHECKING:
    from io import BufferedWriter

# Guards `Session._is_running` of every session, for the moment in which a run begins.
_run_start_lock = Lock()


class _LastTurn(NamedTuple):
    """The last turn of a record and the entries after it."""

    turn: Turn
    later_entries: list[Entry]


class Session(Sequence[Entry]):
    """Entries in the order they came; none is ever changed or removed.

    A session made with `open` writes every entry to its file before the run goes on. Arguments and
    results are part of the record; headers and credentials never are.

    Example:
        with Session.open("run.jsonl") as session:
            answer = agent.run("Which pets are for sale?", session=session)
    """

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._entries: list[Entry] = []
        self._file: BufferedWriter | None = None
        self._is_running = False
        for entry in entries:
            self.add(entry)

    # --- files -----------------------------------------------------------------------------------

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a saved session, without a last line that a crash cut short.

        Args:
            path: A file that `save` or `open` wrote.

        Raises:
            AgentError: A line is no entry; the message names it.
            OSError: There is no such file.
        """
        return cls(read_lines(Path(path).read_bytes(), str(path)))

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Go on with the session in this file, or begin one; later entries are appended to it.

        Args:
            path: The file; only its owner will be able to read it.

        Raises:
            AgentError: A line is no entry; the message names it.
            OSError: The file cannot be opened.
        """
        path = Path(path)
        file = open(path, "ab", opener=_open_for_owner)  # noqa: SIM115 -- the session owns it until `close`
        try:
            path.chmod(OWNER_ONLY)
            session = cls.load(path)
            end_of_last_complete_line = path.read_bytes().rfind(b"\n") + 1
            file.truncate(end_of_last_complete_line)
        except BaseException:
            file.close()
            raise
        session._file = file  # noqa: SLF001 -- as above
        return session

    def save(self, path: str | Path) -> None:
        """Write the session to a file that only its owner reads, replacing it in one step."""
        with open_atomically(Path(path), permissions=OWNER_ONLY) as file:
            file.writelines(write_line(entry) for entry in self._entries)

    def close(self) -> None:
        """Close the file, when there is one; the session itself can still be read."""
        if self._file is not None:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- writing ---------------------------------------------------------------------------------

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let one run at a time act on this record: two would send one approved call twice.

        Raises:
            AgentError: Another run is under way.
        """
        with _run_start_lock:
            if self._is_running:
                raise AgentError(
                    "A run of this session is under way: wait for its end, or close its stream."
                )
            self._is_running = True
        try:
            yield
        finally:
            self._is_running = False

    def add(self, entry: Entry) -> None:
        """Append an entry; a result's headers are left out, because they may hold cookies.

        Raises:
            AgentError: Two calls of a turn share an id, or the session's file was closed.
        """
        if self._file is not None and self._file.closed:
            raise AgentError(
                "This session's file is closed, and what comes now would be lost: open it again."
            )
        if isinstance(entry, Turn) and _share_an_id(entry.calls):
            raise AgentError(
                "Two calls of one turn have the same id, so nobody could say which of them a yes "
                "or a result is for."
            )
        recorded = replace(entry, headers={}) if isinstance(entry, Result) else entry
        self._entries.append(recorded)
        if self._file is not None:
            self._file.write(write_line(recorded))
            self._file.flush()

    def approve(self, call: Call, *, approved: bool = True) -> None:
        """Say yes (or no) to a pending call; the next run acts on it.

        Args:
            call: One of `answer.pending`, or of `session.pending`.
            approved: False declines the call.

        Raises:
            AgentError: The session's file was closed.
        """
        self.add(Approval(call.id, approved))

    # --- reading ---------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._entries)

    @overload
    def __getitem__(self, index: int) -> Entry: ...

    @overload
    def __getitem__(self, index: slice) -> list[Entry]: ...

    def __getitem__(self, index: int | slice) -> Entry | list[Entry]:
        return self._entries[index]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries)

    def __repr__(self) -> str:
        return f"Session({len(self)} entries, {len(self.pending)} calls pending)"

    @property
    def pending(self) -> tuple[Call, ...]:
        """The calls of the last turn that have no result yet."""
        turn, later_entries = self._last_turn()
        answered_ids = {entry.call_id for entry in later_entries if isinstance(entry, Result)}
        return tuple(call for call in turn.calls if call.id not in answered_ids)

    @property
    def usage(self) -> Usage:
        """The tokens of all turns."""
        return sum((entry.usage for entry in self if isinstance(entry, Turn)), Usage())

    def approval(self, call: Call) -> bool | None:
        """Return what was decided about a call of the last turn; None when nothing was."""
        decision = None
        for entry in self._last_turn().later_entries:
            if isinstance(entry, Approval) and entry.call_id == call.id:
                decision = entry.approved
        return decision

    def sent(self, call: Call) -> bool:
        """Return whether a call of the last turn went out."""
        went = False
        for entry in self._last_turn().later_entries:
            if isinstance(entry, Sent) and entry.call_id == call.id:
                went = entry.went
        return went

    def _last_turn(self) -> _LastTurn:
        for index in range(len(self._entries) - 1, -1, -1):
            entry = self._entries[index]
            if isinstance(entry, Turn):
                return _LastTurn(entry, self._entries[index + 1 :])
        return _LastTurn(Turn(), [])


def _share_an_id(calls: Sequence[Call]) -> bool:
    return len({call.id for call in calls}) < len(calls)


def _open_for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, OWNER_ONLY)
