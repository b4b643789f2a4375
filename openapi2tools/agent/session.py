"""The record of a run: what was asked, said, called and answered, one JSON line each; a run goes on where its record ends."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Lock
from typing import TYPE_CHECKING, Any, Self, TypeAlias, overload

from openapi2tools.errors import AgentError
from openapi2tools.model import Call, JsonObject, Part, Result

if TYPE_CHECKING:
    from io import BufferedWriter

VERSION = 1


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that a model read and wrote; `cached` of those it read came out of the vendor's prompt cache."""

    read: int = 0
    written: int = 0
    cached: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.read + other.read, self.written + other.written, self.cached + other.cached
        )


@dataclass(frozen=True, slots=True)
class Question:
    """What a person asks. Bytes that were no UTF-8 (halves of surrogate pairs, in Python) are replaced: no request could hold them."""

    text: str

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "text", self.text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        )


@dataclass(frozen=True, slots=True)
class Turn:
    """What a model said once: a text, or calls, or both.

    `items` are the vendor's own words (messages, reasoning items) in the format named `wire`,
    handed back to it as they came.
    """

    text: str = ""
    calls: tuple[Call, ...] = ()
    items: tuple[JsonObject, ...] = ()
    wire: str = ""
    usage: Usage = Usage()


@dataclass(frozen=True, slots=True)
class Approval:
    """What a person says to a call that needs a yes."""

    call_id: str
    approved: bool


@dataclass(frozen=True, slots=True)
class Sent:
    """A call that goes out now, or, with `went` false, did not in the end. When no result follows, nobody knows whether it arrived."""

    call_id: str
    went: bool = True


Entry: TypeAlias = Question | Turn | Approval | Sent | Result
KINDS: dict[str, type[Entry]] = {
    "question": Question,
    "turn": Turn,
    "approval": Approval,
    "sent": Sent,
    "result": Result,
}
NAMES = {kind: name for name, kind in KINDS.items()}
_beginning = Lock()


class Session(Sequence[Entry]):
    """Entries in the order they came; nothing is ever changed or removed.

    With `open` every entry is on disk before the run goes on. Arguments and results are in it,
    headers and credentials never are.
    """

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._entries: list[Entry] = []
        self._file: BufferedWriter | None = None
        self._running = False
        for entry in entries:
            self.add(entry)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a saved session, without a last line that a crash cut short.

        Raises AgentError that names the line that is no entry, OSError when there is no file.
        """
        lines = Path(path).read_bytes().split(b"\n")
        whole = lines[:-1] if lines[-1] else lines  # only a line with its end is whole
        return cls(
            _entry(line, f"{path} line {number}")
            for number, line in enumerate(whole, 1)
            if line.strip()
        )

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Go on with the session in this file, or begin one: from now on every entry is appended to it as it comes."""
        path = Path(path)
        file = open(path, "ab", opener=_private)  # noqa: SIM115 -- the session owns it until `close`
        try:
            path.chmod(0o600)
            session = cls.load(path)
            file.truncate(path.read_bytes().rfind(b"\n") + 1)  # a line cut short by a crash
        except BaseException:
            file.close()
            raise
        session._file = file  # noqa: SLF001 -- as above
        return session

    def save(self, path: str | Path) -> None:
        """Write the session to a file that only its owner reads, replacing it in one step."""
        path = Path(path)
        with NamedTemporaryFile(
            dir=path.parent, prefix=f"{path.name}.", suffix=".part", delete=False
        ) as beside:
            beside.writelines(_line(entry) for entry in self._entries)
        Path(beside.name).replace(path)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let one run at a time act on this record: two would send one approved call twice. AgentError for the second."""
        with _beginning:
            if self._running:
                raise AgentError(
                    "A run of this session is under way: wait for its end, or close its stream."
                )
            self._running = True
        try:
            yield
        finally:
            self._running = False

    def add(self, entry: Entry) -> None:
        """Append an entry; a result's headers stay out, they may hold cookies.

        AgentError for a turn whose calls share an id, and where the session's file was closed.
        """
        if self._file is not None and self._file.closed:
            raise AgentError(
                "This session's file is closed, and what comes now would be lost: open it again."
            )
        if isinstance(entry, Turn) and len({call.id for call in entry.calls}) < len(entry.calls):
            raise AgentError(
                "Two calls of one turn have the same id, so nobody could say which of them a yes or a result is for."
            )
        kept = replace(entry, headers={}) if isinstance(entry, Result) else entry
        self._entries.append(kept)
        if self._file is not None:
            self._file.write(_line(kept))
            self._file.flush()

    def close(self) -> None:
        """Close the file, when there is one; the session itself can still be read."""
        if self._file is not None:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

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
        turn, since = self._last_turn()
        done = {entry.call_id for entry in since if isinstance(entry, Result)}
        return tuple(call for call in turn.calls if call.id not in done)

    @property
    def usage(self) -> Usage:
        """The tokens of all turns."""
        return sum((entry.usage for entry in self if isinstance(entry, Turn)), Usage())

    def approve(self, call: Call, *, approved: bool = True) -> None:
        """Say yes (or no) to a pending call; the next run acts on it."""
        self.add(Approval(call.id, approved))

    def approval(self, call: Call) -> bool | None:
        """Tell what was said to a call of the last turn, None when nothing was."""
        said = [
            entry.approved
            for entry in self._last_turn()[1]
            if isinstance(entry, Approval) and entry.call_id == call.id
        ]
        return said[-1] if said else None

    def sent(self, call: Call) -> bool:
        """Whether a call of the last turn went out."""
        told = [
            entry.went
            for entry in self._last_turn()[1]
            if isinstance(entry, Sent) and entry.call_id == call.id
        ]
        return told[-1:] == [True]

    def _last_turn(self) -> tuple[Turn, list[Entry]]:
        for index in range(len(self._entries) - 1, -1, -1):
            if isinstance(turn := self._entries[index], Turn):
                return turn, self._entries[index + 1 :]
        return Turn(), []


def exchanges(record: Iterable[Entry]) -> Iterator[Question | tuple[Turn, tuple[Result, ...]]]:
    """Give a record the way a model reads it: questions, and turns each with its results in the order of its calls."""
    entries = list(record)
    for index, entry in enumerate(entries):
        if isinstance(entry, Question):
            yield entry
        elif isinstance(entry, Turn):
            yield entry, _results(entry, entries[index + 1 :])


def _results(turn: Turn, later: Iterable[Entry]) -> tuple[Result, ...]:
    found: dict[str, Result] = {}
    for entry in later:
        if isinstance(entry, Turn):
            break
        if isinstance(entry, Result):
            found[entry.call_id] = entry
    return tuple(found[call.id] for call in turn.calls if call.id in found)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _line(entry: Entry) -> bytes:
    """Write an entry with the standard library's JSON, for that holds whole numbers of any size."""
    told = {"v": VERSION, "kind": NAMES[type(entry)], **_fields(entry)}
    text = json.dumps(told, default=_fields, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass") + b"\n"


def _fields(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    raise TypeError(f"{type(value).__name__} is no JSON")


def _entry(line: bytes, place: str) -> Entry:
    try:
        told = json.loads(line)
        if told.pop("v") != VERSION:
            raise AgentError(
                f"{place}: this session was written by another version; begin a new one."
            )
        return _build(KINDS[told.pop("kind")], told)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise AgentError(
            f"{place}: this is no entry of a session ({type(error).__name__})."
        ) from None


def _build(kind: type[Entry], told: JsonObject) -> Entry:
    if kind is Turn:
        told["calls"] = tuple(Call(**call) for call in told["calls"])
        told["items"] = tuple(told["items"])
        told["usage"] = Usage(**told["usage"])
    if kind is Result:
        told["parts"] = tuple(
            Part(**{**part, "data": base64.b64decode(part["data"])}) for part in told["parts"]
        )
        told["notes"] = tuple(told["notes"])
        told["next"] = Call(**told["next"]) if told["next"] else None
    return kind(**told)
