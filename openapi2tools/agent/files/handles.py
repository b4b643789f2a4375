"""Follow handles: what calls answered and the user attached, under ids that calls may name.

A handle, `{"result": id}`, stands for such a file wherever a tool takes one, so that no bytes pass
the model. The record holds the bytes, and a run that goes on follows handles as before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeAlias

from openapi2tools.agent.record.entries import attachments
from openapi2tools.call.arguments import checked_arguments
from openapi2tools.call.serialization.files import ResultFile, handle_id
from openapi2tools.call.serialization.styles import json_text
from openapi2tools.errors import InvalidArguments
from openapi2tools.model import Part, Result
from openapi2tools.tools.arguments.handles import takes_file

if TYPE_CHECKING:
    from openapi2tools.agent.caller import Caller
    from openapi2tools.agent.record.entries import Entry
    from openapi2tools.model import Call, Json, Tool

FindFile: TypeAlias = "Callable[[str], Part | None]"
"""Returns the file under an id; None where there is none."""
_MAX_NAMED_FILES: Final = 10
_MAX_KEPT_BYTES: Final = 256 * 1024 * 1024
"""Of more bytes a record keeps no more; a folder for the files has no such limit."""
_NOT_KEPT: Final = "(The run keeps no more bytes: this file cannot be passed on.)"
_NUMBER_SIGN: Final = "#"  # the second file of a call is `id#2`


class RecordFiles:
    """The files in a record, by their ids."""

    def __init__(self, record: Iterable[Entry], max_bytes: int = _MAX_KEPT_BYTES) -> None:
        self._record = record
        self._max_bytes = max_bytes

    def offer(self, result: Result, call_id: str) -> Result:
        """Return a result whose text says under which handles its files are passed on.

        Where the record has too many bytes already, what no folder has is told to be gone.
        """
        kept = sum(len(part.data) for part in self._files().values())
        if not result.parts or kept + sum(len(p.data) for p in result.parts) <= self._max_bytes:
            return with_handle_note(result, call_id)
        bare = replace(result, parts=tuple(replace(part, data=b"") for part in result.parts))
        if all(part.path for part in bare.parts):
            return with_handle_note(bare, call_id)
        return replace(bare, text=f"{bare.text}\n{_NOT_KEPT}")

    def follow(self, call: Call, caller: Caller) -> Call:
        """Return a call whose handles lead to the files of the record.

        Raises:
            InvalidArguments: One leads nowhere.
        """
        return follow_handles(call, caller, self._find, self._names)

    def _find(self, file_id: str) -> Part | None:
        """Return a file, or else the whole text that a call answered."""
        files = self._files()
        if file_id in files:
            return files[file_id]
        for entry in self._record:
            if isinstance(entry, Result) and entry.call_id == file_id and entry.ok:
                return _text_file(entry)
        return None

    def _names(self) -> list[str]:
        return [f"{file_id} ({_what(part)})" for file_id, part in self._files().items()]

    def _files(self) -> dict[str, Part]:
        entries = list(self._record)
        files = attachments(entries)
        for entry in entries:
            if isinstance(entry, Result):
                files |= files_of(entry, entry.call_id)
        return files


def files_of(result: Result, call_id: str) -> dict[str, Part]:
    """Return the files of a result by their ids; the first has the id of the call."""
    return {
        f"{call_id}{_NUMBER_SIGN}{number}" if number > 1 else call_id: part
        for number, part in enumerate(result.parts, 1)
    }


def with_handle_note(result: Result, call_id: str) -> Result:
    """Return a result whose text says under which handles its files are passed on."""
    if not result.parts:
        return result
    handles = ", ".join(json_text({"result": each}) for each in files_of(result, call_id))
    return replace(result, text=f"{result.text}\n(To give it to another call as a file: {handles})")


def follow_handles(
    call: Call, caller: Caller, find: FindFile, names: Callable[[], list[str]] = list
) -> Call:
    """Return a call whose handles lead to files; that of a tool without files stays as it is.

    Args:
        call: The call.
        caller: What is to make it.
        find: Returns the file under an id.
        names: Returns the files that there are, for a model that named another one.

    Raises:
        InvalidArguments: A handle leads nowhere.
    """
    tool = caller.tools.get(call.tool)
    if tool is None or call.fault or not takes_file(tool):
        return call
    unknown: list[str] = []
    arguments = _followed(dict(call.arguments), find, unknown)
    followed = replace(call, arguments=arguments)
    if unknown and not _fits(tool, followed):
        known = names()[-_MAX_NAMED_FILES:]
        there_are = f" Files that there are: {', '.join(known)}." if known else ""
        raise InvalidArguments(f"There is no file {', '.join(unknown)}.{there_are}")
    return followed


def _fits(tool: Tool, call: Call) -> bool:
    """Return whether a call can be made: what looks like a handle may be an object of the API."""
    try:
        checked_arguments(tool, call)
    except InvalidArguments:
        return False
    return True


def _followed(value: Json, find: FindFile, unknown: list[str]) -> Json:
    """Return a value with its handles followed; the ids of those that lead nowhere are noted."""
    if isinstance(value, list):
        return [_followed(item, find, unknown) for item in value]
    if not isinstance(value, Mapping) or isinstance(value, ResultFile):
        return value
    file_id = handle_id(value)
    if file_id is None:
        return {key: _followed(member, find, unknown) for key, member in value.items()}
    part = find(file_id)
    if part is None:
        unknown.append(file_id)
        return value
    return ResultFile(value, part)


def _text_file(result: Result) -> Part | None:
    """Return what a call answered in words or values as a file; None where it answered nothing."""
    if result.data is None:
        return None
    if isinstance(result.data, str):
        return Part("text/plain", result.data.encode(), f"{result.tool}.txt")
    return Part(
        "application/json", json_text(result.data, finite=False).encode(), f"{result.tool}.json"
    )


def _what(part: Part) -> str:
    return ", ".join(filter(None, (part.name, part.media_type)))
