"""Read responses; a component that many operations refer to is read once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openapi2tools._core import pointer as json_pointer
from openapi2tools._core.hints import HINTS_KEY
from openapi2tools.model import Json, JsonObject, MediaType, Response
from openapi2tools.spec.read.media_types import NO_ENCODING
from openapi2tools.spec.read.values import is_reference, text

if TYPE_CHECKING:
    from openapi2tools.spec.read.media_types import MediaTypeReader
    from openapi2tools.spec.read.source import Source


class ResponseReader:
    """Reads the responses of one document."""

    def __init__(self, source: Source, media_types: MediaTypeReader) -> None:
        self._source = source
        self._media_types = media_types
        self._known: dict[tuple[str, str, tuple[str, ...]], Response | None] = {}

    def read(
        self, status: str, raw: Json, pointer: str, produces: tuple[str, ...]
    ) -> Response | None:
        """Read a response; return None, after a report, where it cannot be used.

        `produces` are the media types of a 2.0 response, which names none itself. What only refers
        to a component is read once, so that a faulty component is reported once.
        """
        if not is_reference(raw) or len(raw) > 1:
            return self._read_new(status, raw, pointer, produces)
        key = (raw["$ref"], status, produces)
        if key not in self._known:
            self._known[key] = self._read_new(status, raw, pointer, produces)
        return self._known[key]

    def _read_new(
        self, status: str, raw: Json, pointer: str, produces: tuple[str, ...]
    ) -> Response | None:
        if not is_reference(raw):
            raw = self._source.as_object(raw, pointer, "a response")
            return self._read_object(status, raw, pointer, produces)
        if HINTS_KEY in raw:
            self._source.report_misplaced_hints(pointer)
        target = self._source.resolve(raw, pointer)
        if isinstance(target.value, dict):
            return self._read_object(status, target.value, target.pointer, produces)
        if target.value is not json_pointer.MISSING:
            self._source.as_object(target.value, pointer, "a response")
        return None

    def _read_object(
        self, status: str, raw: JsonObject, pointer: str, produces: tuple[str, ...]
    ) -> Response:
        content: tuple[MediaType, ...] = ()
        if HINTS_KEY in raw:
            self._source.report_misplaced_hints(pointer)
        if "content" in raw:
            content = self._media_types.read_content(raw["content"], pointer)
        elif "schema" in raw:
            content = self._read_swagger_content(raw, pointer, produces)
        return Response(status, text(raw.get("description")), content, pointer)

    def _read_swagger_content(
        self, raw: JsonObject, pointer: str, produces: tuple[str, ...]
    ) -> tuple[MediaType, ...]:
        """Read 2.0's content: one schema for all media types, and an example for each."""
        schema = self._source.as_schema(raw["schema"], f"{pointer}/schema")
        examples = raw.get("examples")
        if not isinstance(examples, dict):
            examples = {}
        content = []
        for name in produces:
            shown = (examples[name],) if name in examples else ()
            content.append(MediaType(name, schema, None, NO_ENCODING, shown, pointer))
        return tuple(content)
