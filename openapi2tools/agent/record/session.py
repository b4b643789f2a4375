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
from typing import TYPE_CHECKING, NamedTuple, Self, get_args, overload

from openapi2tools._core.files.atomic_write import OWNER_ONLY, open_atomically
from openapi2tools.agent.record import call_history
from openapi2tools.agent.record.call_history import Settlement
from openapi2tools.agent.record.entries import (
    Approval,
    Asked,
    Entry,
    Notice,
    Sent,
    Settled,
    Turn,
    Usage,
)
from openapi2tools.agent.record.journal import JournalFile, journal_schema, read_lines, write_line
from openapi2tools.call.approval.consent import Consent, now
from openapi2tools.call.approval.facts import RequestFacts
from openapi2tools.errors import AgentError, InvalidOption
from openapi2tools.model import Call, JsonObject, Result

if TYPE_CHECKING:
    from openapi2tools.agent.record.journal import Store

# Guards `Session._hold` of every session, for the moment in which a run begins.
_run_start_lock = Lock()


class _LastTurn(NamedTuple):
    """The last turn of a record and the entries after it."""

    turn: Turn
    later_entries: list[Entry]


class Hold:
    """A run's hold on a session: while it lasts no other run begins, and only then it records.

    A run whose stream was left may have work that has not ended yet; what that work would record
    comes too late.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.is_released = False

    def release(self) -> None:
        """Let others run the session."""
        self.is_released = True

    def add(self, entry: Entry) -> None:
        """Add an entry to the session.

        Raises:
            AgentError: The run was left.
        """
        if self.is_released:
            raise AgentError("This run was left: it records nothing more.")
        self._session.add(entry)


class Session(Sequence[Entry]):
    """Entries in the order they came; none is ever changed or removed.

    A session made with `open` writes every entry to its file before the run goes on. Arguments and
    results are part of the record; headers and credentials never are.

    Args:
        entries: What the record holds already.
        store: Keeps what is added from now on; it has `entries` already.

    Example:
        with Session.open("run.jsonl") as session:
            answer = agent.run("Which pets are for sale?", session=session)
    """

    def __init__(self, entries: Iterable[Entry] = (), *, store: Store | None = None) -> None:
        self._entries: list[Entry] = []
        self._store: Store | None = None
        self._hold: Hold | None = None
        self.allowed_tools: dict[str, str] = {}
        """Tools that got a yes for all their calls, with what it is for: never kept in a file."""
        for entry in entries:
            self.add(entry)
        self._store = store

    # --- files -----------------------------------------------------------------------------------

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a saved session, without a last line that a crash cut short.

        Args:
            path: A file that `save` or `open` wrote.

        Raises:
            AgentError: The file cannot be read, or a line is no entry; the message names it.
        """
        with _file_errors("loaded from", path):
            data = Path(path).read_bytes()
        return cls(read_lines(data, str(path)))

    @classmethod
    def loads(cls, text: str | bytes) -> Self:
        """Read what `dumps` returned.

        Args:
            text: One JSON object a line.

        Raises:
            AgentError: A line is no entry; the message names it.

        Example:
            session = Session.loads(database.get(conversation))
        """
        data = text.encode(errors="surrogatepass") if isinstance(text, str) else bytes(text)
        return cls(read_lines(data, "the session's"))

    def dumps(self) -> str:
        """Return the session as text, to keep elsewhere than in a file: one JSON object a line.

        `Session.json_schema()` describes a line.
        """
        return b"".join(write_line(entry) for entry in self._entries).decode()

    @staticmethod
    def json_schema() -> JsonObject:
        """Return the JSON Schema of a line of a saved session."""
        return journal_schema()

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Go on with the session in this file, or begin one; later entries are appended to it.

        Args:
            path: The file; only its owner will be able to read it.

        Raises:
            AgentError: The file cannot be opened, or a line is no entry; the message names it.
        """
        path = Path(path)
        with _file_errors("kept in", path):
            file = open(path, "ab", opener=_open_for_owner)  # noqa: SIM115 -- the session owns it until `close`
        try:
            with _file_errors("kept in", path):
                path.chmod(OWNER_ONLY)
                session = cls.load(path)
                end_of_last_complete_line = path.read_bytes().rfind(b"\n") + 1
                file.truncate(end_of_last_complete_line)
        except BaseException:
            file.close()
            raise
        session._store = JournalFile(file)  # noqa: SLF001 -- as above
        return session

    def save(self, path: str | Path) -> None:
        """Write the session to a file that only its owner reads, replacing it in one step.

        Args:
            path: The file.

        Raises:
            AgentError: The file cannot be written.
        """
        with (
            _file_errors("saved to", path),
            open_atomically(Path(path), permissions=OWNER_ONLY) as file,
        ):
            file.writelines(write_line(entry) for entry in self._entries)

    def close(self) -> None:
        """Close the file, when there is one; the session itself can still be read."""
        if self._store is not None:
            self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- writing ---------------------------------------------------------------------------------

    @contextmanager
    def running(self, hold: Hold) -> Iterator[None]:
        """Let one run at a time act on this record: two would send one approved call twice.

        Raises:
            AgentError: Another run is under way.
        """
        with _run_start_lock:
            self._require_no_run()
            self._hold = hold
        try:
            yield
        finally:
            hold.release()

    def _require_no_run(self) -> None:
        if self._hold is not None and not self._hold.is_released:
            raise AgentError(
                "A run of this session is under way: wait for its end, or close its stream."
            )

    def add(self, entry: Entry) -> None:
        """Append an entry; a result's headers are left out, because they may hold cookies.

        Raises:
            AgentError: Two calls of a turn share an id, or the session's file was closed.
        """
        if isinstance(entry, Turn) and _share_an_id(entry.calls):
            raise AgentError(
                "Two calls of one turn have the same id, so nobody could say which of them a yes "
                "or a result is for."
            )
        recorded = replace(entry, headers={}) if isinstance(entry, Result) else entry
        if self._store is not None:
            self._store.append(recorded)
        self._entries.append(recorded)

    def approve(self, call: Call | str, *, approved: bool = True) -> None:
        """Say yes (or no) to a pending call; the next run acts on it.

        A yes is for the request that was asked about (`Asked`), good once, and for the time that
        the policy says. If another request would go out, the next run asks again.

        Args:
            call: One of `answer.pending`, or of `session.pending`; or its id.
            approved: False declines the call.

        Raises:
            AgentError: No such call waits, it was answered before, or the session's file was
                closed.
            InvalidOption: `approved` is neither True nor False.
        """
        if not isinstance(approved, bool):
            raise InvalidOption(f"approved={approved!r}: give True or False.")
        waiting = self._pending_call(call)
        decided = self._decision(waiting)
        if decided.approval is not None:
            word = "approved" if decided.approval.approved else "declined"
            raise AgentError(
                f"The call {waiting.id!r} of {waiting.tool} was {word} already: run the session."
            )
        digest = RequestFacts(decided.asked.request).digest if decided.asked else ""
        self.add(Approval(waiting.id, approved, digest, now()))

    def abandon(self, *calls: Call | str) -> None:
        """Give up pending calls, so that a new question can be asked; the model is told.

        Args:
            calls: Of `session.pending`, or their ids; all of them unless some are given.

        Raises:
            AgentError: No such call waits, a run is under way, or the session's file was closed.
        """
        self._require_no_run()
        given_up = [self._pending_call(call) for call in calls] if calls else self.pending
        for call in given_up:
            self.add(call_history.abandoned_result(call, was_sent=self.sent(call)))

    def settle(self, write: Sent | Call | str, outcome: Settlement) -> None:
        """Say what became of a write that nobody knows the outcome of; the model is told.

        Args:
            write: One of `session.unknown`, its call, or the call's id.
            outcome: `done`, `not done`, or `send again`: it may go out once more, though it may
                have taken effect.

        Raises:
            AgentError: There is no such write, or the session's file was closed.
            InvalidOption: The outcome is none of the three.

        Example:
            for write in session.unknown:
                session.settle(write, "done" if is_in_the_books(write) else "not done")
        """
        if outcome not in get_args(Settlement):
            choices = ", ".join(map(repr, get_args(Settlement)))
            raise InvalidOption(f"settle(…, {outcome!r}): the outcome is one of {choices}.")
        sent = self._unknown_write(write)
        is_pending = any(call.id == sent.call_id for call in self.pending)
        self.add(call_history.settled_by_person(sent, outcome, is_told=not is_pending))

    def _unknown_write(self, write: Sent | Call | str) -> Sent:
        """Return the write of unknown outcome that is meant."""
        call_id = write if isinstance(write, str) else getattr(write, "id", "")
        for sent in self.unknown:
            if sent == write or sent.call_id == call_id:
                return sent
        unknown = ", ".join(f"{each.call_id!r} ({each.method} {each.url})" for each in self.unknown)
        raise AgentError(
            f"The session has no write {call_id!r} that nobody knows the outcome of. "
            f"Those that it has: {unknown or 'none'}."
        )

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
        return sum((entry.usage for entry in self if isinstance(entry, Turn | Notice)), Usage())

    @property
    def waiting(self) -> tuple[Call, ...]:
        """The pending calls that somebody was asked about, and nobody has answered.

        What went out is not among them: nobody knows what came of it.
        """
        return tuple(
            call
            for call in self.pending
            if (decided := self._decision(call)).asked
            and decided.approval is None
            and not self.sent(call)
        )

    @property
    def unknown(self) -> tuple[Sent, ...]:
        """The writes that went out and whose outcome nobody knows, and no one has settled.

        None of them goes out again before it is settled, whichever call would make it.
        """
        return call_history.unknown_writes(self._entries)

    def approval(self, call: Call) -> bool | None:
        """Return what was decided about a call of the last turn; None when nothing was.

        A yes that the call was sent with counts no more.
        """
        approval = self._decision(call).approval
        return None if approval is None else approval.approved is True

    def asked(self, call: Call) -> Asked | None:
        """Return the last question about a call of the last turn."""
        return self._decision(call).asked

    def consent(self, call: Call) -> Consent | None:
        """Return the yes to a call of the last turn, and to which request it was given."""
        asked, approval = self._decision(call)
        if approval is None or approval.approved is not True:
            return None
        return Consent(approval.digest, approval.at, asked.request if asked else {})

    def _decision(self, call: Call) -> call_history.Decision:
        """Return the last question about a call, and the answer that still counts."""
        return call_history.decision(call.id, self._last_turn().later_entries)

    def _pending_call(self, call: Call | str) -> Call:
        """Return the pending call that is meant."""
        call_id = call if isinstance(call, str) else call.id
        for pending in self.pending:
            if pending.id == call_id and (isinstance(call, str) or call == pending):
                return pending
        waiting = ", ".join(f"{each.id!r} ({each.tool})" for each in self.pending)
        raise AgentError(
            f"No call {call_id!r} of this session waits for an answer. "
            f"Those that do: {waiting or 'none'}."
        )

    def sent(self, call: Call) -> bool:
        """Return whether a call of the last turn went out, and may have done what it was to do."""
        return call_history.was_sent(call.id, self._last_turn().later_entries)

    def settled(self, call: Call) -> Settled | None:
        """Return what became of a call of the last turn that went out without an answer."""
        return call_history.settlement(call.id, self._last_turn().later_entries)

    def idempotency_key(self, call: Call) -> str:
        """Return the key that a call of the last turn was shown or sent with; empty without one."""
        return call_history.idempotency_key(call.id, self._last_turn().later_entries)

    def _last_turn(self) -> _LastTurn:
        for index in range(len(self._entries) - 1, -1, -1):
            entry = self._entries[index]
            if isinstance(entry, Turn):
                return _LastTurn(entry, self._entries[index + 1 :])
        return _LastTurn(Turn(), [])


@contextmanager
def _file_errors(what: str, path: str | Path) -> Iterator[None]:
    """Raise AgentError where a file cannot be used."""
    try:
        yield
    except (OSError, ValueError) as error:  # ValueError: no path has a null byte
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise AgentError(f"The session cannot be {what} {path}: {reason}.") from error


def _share_an_id(calls: Sequence[Call]) -> bool:
    return len({call.id for call in calls}) < len(calls)


def _open_for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, OWNER_ONLY)
