"""Keep the entries of a session: as lines of a file, one JSON object a line, and back.

A file is one `Store`; another place to keep sessions in, such as a database, is another.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Final, Protocol

from openapi2tools._core.json.typed_json import NotOfThisType, from_json, record_schema, to_json
from openapi2tools.agent.record.entries import (
    Approval,
    Asked,
    Entry,
    Notice,
    Question,
    Sent,
    Settled,
    Shortened,
    Turn,
)
from openapi2tools.errors import AgentError
from openapi2tools.model import JsonObject, Result

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedWriter

FORMAT_VERSION: Final = 2
"""Version 1 had no questions, and approvals that did not say for which request they were."""
_READABLE_VERSIONS: Final = (1, FORMAT_VERSION)
_ENTRY_TYPES: Final[dict[str, type[Entry]]] = {
    "question": Question,
    "turn": Turn,
    "asked": Asked,
    "approval": Approval,
    "sent": Sent,
    "settled": Settled,
    "result": Result,
    "notice": Notice,
    "shortened": Shortened,
}
_KIND_NAMES: Final = {entry_type: name for name, entry_type in _ENTRY_TYPES.items()}


class Store(Protocol):
    """Keeps the entries of one session as they come: each before the run goes on.

    That a write happens once rests on two of them. `Sent` is the intent of a call: when `append`
    returns, it must outlive a crash of the machine, because the first byte leaves then. The
    `Result` is the outcome. A call must not be made in what a store, or who runs a session, would
    repeat: after a crash the entries are read, and the run goes on where they end.
    """

    def append(self, entry: Entry, /) -> None:
        """Keep an entry; whatever is raised keeps it out of the session, and the call in."""
        ...

    def close(self) -> None:
        """Keep nothing more; `append` raises from then on."""
        ...


class JournalFile:
    """Keeps a session in a file, to which each entry is appended."""

    def __init__(self, file: BufferedWriter) -> None:
        self._file = file

    def append(self, entry: Entry) -> None:
        """Write an entry; what is about to be sent is on the disk when this returns.

        Raises:
            AgentError: The file was closed.
        """
        if self._file.closed:
            raise AgentError(
                "This session's file is closed, and what comes now would be lost: open it again."
            )
        self._file.write(write_line(entry))
        self._file.flush()
        if isinstance(entry, Sent):
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def write_line(entry: Entry) -> bytes:
    """Return an entry as one line, its newline included.

    The standard library's JSON is used because it holds integers of any size, and writes half a
    character (a lone surrogate) as an escape.
    """
    document = {"v": FORMAT_VERSION, "kind": _KIND_NAMES[type(entry)], **to_json(entry)}
    try:
        line = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        line = json.dumps(document, separators=(",", ":")).encode()
    return line + b"\n"


def read_lines(data: bytes, name: str) -> Iterator[Entry]:
    """Yield the entries of a file's bytes, without a last line that a crash cut short.

    Raises:
        AgentError: A line is no entry; the message names the file (`name`) and the line.
    """
    lines = data.split(b"\n")
    # Only a line that has its newline was written to its end.
    complete_lines = lines[:-1]
    for number, line in enumerate(complete_lines, 1):
        if line.strip():
            yield _read_line(line, f"{name} line {number}")


def journal_schema() -> JsonObject:
    """Return the JSON Schema of one line of a saved session."""
    definitions: dict[str, JsonObject] = {}
    kinds = [
        record_schema(entry_type, definitions, {}, constants={"v": FORMAT_VERSION, "kind": kind})
        for kind, entry_type in _ENTRY_TYPES.items()
    ]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A line of a session, version {FORMAT_VERSION}",
        "oneOf": kinds,
        "$defs": definitions,
    }


def _read_line(line: bytes, location: str) -> Entry:
    try:
        document = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise AgentError(f"{location}: this is no JSON ({type(error).__name__}).") from None
    if not isinstance(document, dict):
        raise AgentError(f"{location}: this is no entry of a session, which is an object.")
    version = document.pop("v", None)
    if version not in _READABLE_VERSIONS or isinstance(version, bool):
        raise AgentError(
            f"{location}: this session was written by another version; begin a new one."
        )
    kind = document.pop("kind", None)
    entry_type = _ENTRY_TYPES.get(kind) if isinstance(kind, str) else None
    if entry_type is None:
        raise AgentError(
            f"{location}: this is no entry of a session, whose kind is one of "
            f"{', '.join(_ENTRY_TYPES)}."
        )
    try:
        return from_json(entry_type, document)  # type: ignore[no-any-return]
    except NotOfThisType as error:
        raise AgentError(f"{location}: this is no {kind} of a session: {error}.") from None
