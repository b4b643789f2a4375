"""Read the request bodies of OpenAPI 3.x; a shared component is read only once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools._core import hints
from openapi2tools._core import pointer as json_pointer
from openapi2tools.model import Json, RequestBody
from openapi2tools.spec.read.source import has_siblings
from openapi2tools.spec.read.values import is_reference, is_true, text

if TYPE_CHECKING:
    from openapi2tools.spec.read.media_types import MediaTypeReader
    from openapi2tools.spec.read.source import Source

UNREADABLE: Final = RequestBody(())
"""There is a body, but nobody can know what it should be."""


class RequestBodyReader:
    """Reads the request bodies of one document."""

    def __init__(self, source: Source, media_types: MediaTypeReader) -> None:
        self._source = source
        self._media_types = media_types
        self._by_reference: dict[str, RequestBody | None] = {}

    def read(self, raw: Json, pointer: str) -> RequestBody | None:
        """Read a request body.

        Returns None where there is nothing to send, and `UNREADABLE`, after a report, where nobody
        can know what to send.
        """
        if not is_reference(raw):
            return self._read_object(raw, pointer)
        reference = raw["$ref"]
        if reference not in self._by_reference:
            target = self._source.resolve(raw, pointer)
            self._by_reference[reference] = (
                UNREADABLE
                if target.value is json_pointer.MISSING
                else self._read_object(target.value, target.pointer)
            )
        body = self._by_reference[reference]
        if body is None or body is UNREADABLE or not has_siblings(raw):
            return body
        return self._source.with_siblings(body, raw, pointer, hints.BODY_HINTS)

    def _read_object(self, raw: Json, pointer: str) -> RequestBody | None:
        if not isinstance(raw, dict):
            self._source.as_object(raw, pointer, "a request body")
            return UNREADABLE
        content = self._media_types.read_content(raw.get("content"), pointer)
        if not content and "schema" in raw:
            message = "this body has a schema but no media type: JSON is taken."
            self._source.report("no-content", message, pointer, "Put it under `content`.")
            content = (self._media_types.read("application/json", raw, pointer),)
        if not content:
            message = "this body names no media type that could be sent."
            self._source.report("no-content", message, pointer, "Add `content`.")
            return None
        return RequestBody(
            content=content,
            required=is_true(raw.get("required")),
            description=text(raw.get("description")),
            hints=self._source.hints(raw, pointer, hints.BODY_HINTS),
            pointer=pointer,
        )
