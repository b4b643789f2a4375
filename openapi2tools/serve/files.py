"""The files that served calls answered: kept for later calls, and for hosts that read them.

Their ids are long and random: several clients may share a server, and each knows only its own.
"""

from __future__ import annotations

from secrets import token_hex
from typing import TYPE_CHECKING, Final

from openapi2tools.agent.files.handles import files_of, with_handle_note
from openapi2tools.call.serialization.files import file_name
from openapi2tools.formats.mcp import write_result
from openapi2tools.model import Part, Result, essence

if TYPE_CHECKING:
    from openapi2tools.model import JsonObject

_SCHEME: Final = "result://"
_ID_BYTES: Final = 12
_MAX_KEPT_BYTES: Final = 256 * 1024 * 1024
_MAX_EMBEDDED_BYTES: Final = 5_000_000
_PDF: Final = "application/pdf"


class ServedFiles:
    """Files by their ids; the oldest go when there are too many bytes."""

    def __init__(self, max_bytes: int = _MAX_KEPT_BYTES) -> None:
        self._max_bytes = max_bytes
        self._part_by_id: dict[str, Part] = {}

    def find(self, file_id: str) -> Part | None:
        """Return the file under an id; None where there is none, or none any more."""
        return self._part_by_id.get(file_id)

    def at(self, uri: str) -> Part | None:
        """Return the file that a link names."""
        return self.find(uri.removeprefix(_SCHEME)) if uri.startswith(_SCHEME) else None

    def write_result(self, result: Result) -> JsonObject:
        """Keep the files of a result, and write it as a `CallToolResult` that names them.

        What a model may look at or hear stands in the result; of everything else there is a link.
        """
        call_id = token_hex(_ID_BYTES)
        files = files_of(result, call_id)
        self._keep(files)
        written: JsonObject = write_result(with_handle_note(result, call_id), _is_embedded)
        written["content"] += [
            _link(file_id, part) for file_id, part in files.items() if not _is_embedded(part)
        ]
        return written

    def _keep(self, files: dict[str, Part]) -> None:
        self._part_by_id |= files
        kept = sum(len(part.data) for part in self._part_by_id.values())
        while kept > self._max_bytes:
            oldest = self._part_by_id.pop(next(iter(self._part_by_id)))
            kept -= len(oldest.data)


def _is_embedded(part: Part) -> bool:
    """Return whether a file stands in the result itself, for the model to look at or to hear."""
    media_type = essence(part.media_type)
    is_shown = media_type.startswith(("image/", "audio/")) or media_type == _PDF
    return is_shown and len(part.data) <= _MAX_EMBEDDED_BYTES


def _link(file_id: str, part: Part) -> JsonObject:
    return {
        "type": "resource_link",
        "uri": f"{_SCHEME}{file_id}",
        "name": file_name(part),
        "mimeType": essence(part.media_type),
        "size": len(part.data),
    }
