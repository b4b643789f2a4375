"""Read media types: the representations of a body, with their encodings, headers and examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from openapi2tools._core import pointer as json_pointer
from openapi2tools.model import Encoding, Json, JsonObject, MediaType, Parameter
from openapi2tools.spec.read import dialect
from openapi2tools.spec.read.values import bool_or_none, is_reference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.spec.read.source import Source

NO_ENCODING: Final[Mapping[str, Encoding]] = {}
"""One empty mapping for all parts without encodings."""


class ReadHeader(Protocol):
    """Reads a header, which is written as a parameter is, without its name and location."""

    def __call__(self, raw: JsonObject, name: str, pointer: str) -> Parameter:
        """Read the header of this name."""


class MediaTypeReader:
    """Reads the media types of parameters, request bodies and responses."""

    def __init__(self, source: Source, read_header: ReadHeader) -> None:
        self._source = source
        self._read_header = read_header

    def read_content(self, raw: Json, pointer: str) -> tuple[MediaType, ...]:
        """Read the `content` of the part at a pointer, in the document's order."""
        if raw is None:
            return ()
        content, content_pointer = self._source.as_map(raw, f"{pointer}/content", "`content`")
        return tuple(
            [
                self.read(name, value, f"{content_pointer}/{json_pointer.escape(name)}")
                for name, value in content.items()
                if not name.startswith("x-")
            ]
        )

    def read(self, name: str, raw: Json, pointer: str) -> MediaType:
        """Read one media type; where it is faulty, it says nothing but its name."""
        raw = self._source.as_object(raw, pointer, "a media type")
        if "$ref" in raw:
            target, pointer = self._source.resolve(raw, pointer)
            raw = target if isinstance(target, dict) else {}
        schema = raw.get("schema")
        if schema is not None:
            schema = self._source.as_schema(schema, f"{pointer}/schema")
        if schema is not None and len(raw) == 1:  # most have a schema and nothing else
            return MediaType(name, schema, None, NO_ENCODING, (), pointer)
        item_schema = raw.get("itemSchema")
        if item_schema is not None:
            item_schema = self._source.as_schema(item_schema, f"{pointer}/itemSchema")
        encoding = NO_ENCODING
        if "encoding" in raw:
            encoding = self._read_encodings(raw["encoding"], f"{pointer}/encoding")
        examples = self.read_examples(raw, pointer)
        return MediaType(name, schema, item_schema, encoding, examples, pointer)

    def read_examples(self, raw: JsonObject, pointer: str) -> tuple[Json, ...]:
        """Return the examples that stand beside a schema, `example` first.

        Those kept elsewhere (`externalValue`) are left out.
        """
        found = [raw["example"]] if "example" in raw else []
        examples = raw.get("examples")
        if isinstance(examples, list):  # as in JSON Schema
            found += examples
        elif isinstance(examples, dict):
            for name, example in examples.items():
                found += self._example_values(example, pointer, name)
        return tuple(found)

    def _example_values(self, example: Json, pointer: str, name: str) -> list[Json]:
        """Return the value of an Example Object, which 3.2 may give as `dataValue`."""
        if is_reference(example):
            here = json_pointer.join(pointer, "examples", name)
            example = self._source.resolve(example, here).value
        if not isinstance(example, dict):
            return []
        return [example[key] for key in ("value", "dataValue") if key in example]

    def _read_encodings(self, raw: Json, pointer: str) -> Mapping[str, Encoding]:
        encodings = self._source.as_object(raw, pointer, "`encoding`")
        return {
            name: self._read_encoding(value, json_pointer.join(pointer, name))
            for name, value in encodings.items()
            if isinstance(value, dict)
        }

    def _read_encoding(self, raw: JsonObject, pointer: str) -> Encoding:
        content_type = raw.get("contentType")
        return Encoding(
            content_type=content_type if isinstance(content_type, str) else None,
            headers=self._read_headers(raw.get("headers"), f"{pointer}/headers"),
            style=dialect.legal_style("query", raw.get("style")),
            explode=bool_or_none(raw.get("explode")),
            allow_reserved=bool_or_none(raw.get("allowReserved")),
        )

    def _read_headers(self, raw: Json, pointer: str) -> tuple[Parameter, ...]:
        """Read a part's headers; the encoding says Content-Type (OpenAPI 3.1, section 4.8.15.1)."""
        headers = []
        for name, value in self._source.as_object(raw, pointer, "`headers`").items():
            target, here = self._source.resolve(value, json_pointer.join(pointer, name))
            if isinstance(target, dict) and name.lower() != "content-type":
                headers.append(self._read_header(target, name, here))
        return tuple(headers)
