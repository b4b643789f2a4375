"""Session entries as lines of a file: one JSON object a line, and back."""

from __future__ import annotations

import base64
import json
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, Final

from openapi2tools.agent.entries import Approval, Entry, Question, Sent, Turn, Usage
from openapi2tools.errors import AgentError
from openapi2tools.model import Call, JsonObject, Part, Result

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMAT_VERSION: Final = 1
_ENTRY_TYPES: Final[dict[str, type[Entry]]] = {
    "question": Question,
    "turn": Turn,
    "approval": Approval,
    "sent": Sent,
    "result": Result,
}
_KIND_NAMES: Final = {entry_type: name for name, entry_type in _ENTRY_TYPES.items()}


def write_line(entry: Entry) -> bytes:
    """Return an entry as one line, its newline included.

    The standard library's JSON is used because it holds integers of any size.
    """
    document = {"v": FORMAT_VERSION, "kind": _KIND_NAMES[type(entry)], **_jsonable(entry)}
    text = json.dumps(document, default=_jsonable, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass") + b"\n"


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


def _read_line(line: bytes, location: str) -> Entry:
    try:
        document = json.loads(line)
        if document.pop("v") != FORMAT_VERSION:
            raise AgentError(
                f"{location}: this session was written by another version; begin a new one."
            )
        entry_type = _ENTRY_TYPES[document.pop("kind")]
        return entry_type(**_field_values(entry_type, document))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise AgentError(
            f"{location}: this is no entry of a session ({type(error).__name__})."
        ) from None


def _jsonable(value: Any) -> Any:
    """Return what JSON can hold of a value that is no JSON: a dataclass's fields, or base64."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    raise TypeError(f"{type(value).__name__} is no JSON")


def _field_values(entry_type: type[Entry], document: JsonObject) -> JsonObject:
    """Return an entry's fields with the values inside them as our types again."""
    if entry_type is Turn:
        return document | {
            "calls": tuple(Call(**call) for call in document["calls"]),
            "items": tuple(document["items"]),
            "usage": Usage(**document["usage"]),
        }
    if entry_type is Result:
        next_call = document["next"]
        return document | {
            "parts": tuple(_read_part(part) for part in document["parts"]),
            "notes": tuple(document["notes"]),
            "next": Call(**next_call) if next_call else None,
        }
    return document


def _read_part(part: JsonObject) -> Part:
    return Part(**{**part, "data": base64.b64decode(part["data"])})
