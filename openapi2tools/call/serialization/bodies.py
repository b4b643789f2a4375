"""Write request bodies: one codec for each media type."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from openapi2tools._core.reader import for_reader
from openapi2tools.call.serialization import files, forms, multipart, styles, xml
from openapi2tools.call.serialization.body_schema import read_body_schema
from openapi2tools.call.serialization.media import (
    charset_of,
    fits_range,
    is_json,
    is_json_lines,
    is_json_sequence,
    is_xml,
    needs_codec,
)
from openapi2tools.call.serialization.styles import Unwritable
from openapi2tools.model import essence
from openapi2tools.tools.arguments.media import is_binary

if TYPE_CHECKING:
    from pathlib import Path

    from openapi2tools.call.serialization.streams import Piece
    from openapi2tools.model import Json, JsonObject, MediaType

Codec: TypeAlias = Callable[["Json"], "bytes | str"]
Codecs: TypeAlias = Mapping[str, Codec]
_RECORD_SEPARATOR: Final = b"\x1e"  # begins each value of a JSON text sequence (RFC 7464)


@dataclass(frozen=True, slots=True)
class Body:
    """The pieces of a body, and the media type that goes with them."""

    content_type: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class BodyWriter:
    """Writes the bodies of one client.

    `codecs` are the user's, by media type; files may be taken from `folders`.
    """

    codecs: Codecs = field(default_factory=dict)
    folders: tuple[Path, ...] = ()

    def write(self, media_type: MediaType, value: Json, document: JsonObject) -> Body:
        """Write a body. Raises Unwritable for a value that the media type has no form for."""
        name, kind = media_type.name, essence(media_type.name)
        codec = self._user_codec(kind)
        if codec is not None:
            content = codec(value)
            return Body(name, (content.encode() if isinstance(content, str) else content,))
        if "form" not in kind and _is_file(media_type, value, document):
            return self._file(name, value)
        if kind == styles.FORM_MEDIA_TYPE:
            return Body(name, (forms.write(media_type, value).encode(),))
        if kind.startswith("multipart/"):
            return Body(*multipart.write(media_type, value, document, self.folders))
        if isinstance(value, str) and not is_json(kind):
            return Body(_type_of_text(name, value), (value.encode(charset_of(name)),))
        return _structured(media_type, value, document)

    def _user_codec(self, kind: str) -> Codec | None:
        return next((codec for name, codec in self.codecs.items() if fits_range(kind, name)), None)

    def _file(self, name: str, value: Json) -> Body:
        upload = files.find_file(value, self.folders)
        if "*" in name:
            name = upload.content_type or "application/octet-stream"
        return Body(name, (upload.content,))


def _structured(media_type: MediaType, value: Json, document: JsonObject) -> Body:
    """Write a value as XML, as a sequence of JSON values, or as JSON."""
    name, kind = media_type.name, essence(media_type.name)
    if is_xml(kind):
        schema = read_body_schema(media_type.schema, document)
        return Body(name, (xml.encode(name, schema, value, document),))
    if is_json_lines(kind):
        return Body(name, (_sequence(value, b""),))
    if is_json_sequence(kind):
        return Body(name, (_sequence(value, _RECORD_SEPARATOR),))
    if needs_codec(kind):
        raise Unwritable(f"a body of {kind} cannot be written here: {_what_writes_it(kind)}")
    content_type = "application/json" if "*" in name else name
    return Body(content_type, (styles.json_text(value).encode(),))


def _what_writes_it(kind: str) -> str:
    return for_reader(
        f"that takes connect(codecs={{{kind!r}: a function}})",
        "that takes a program that gives a function for it; send it as a file",
    )


def _is_file(media_type: MediaType, value: Json, document: JsonObject) -> bool:
    """Return whether a value is meant as a file, and not as an object with the same keys.

    For a binary media type every object is meant as a file.
    """
    if not isinstance(value, Mapping) or files.holds_program_file(value):
        return files.is_file(value)
    if media_type.schema is None and media_type.name == "*/*":
        # any JSON object may be meant: a file has its media type beside it
        return files.is_file(value) and "content_type" in value
    schema = read_body_schema(media_type.schema, document)
    if is_json(media_type.name) or schema.type == "object" or schema.properties:
        return False
    return is_binary(media_type.name) or files.is_file(value)


def _type_of_text(name: str, text: str) -> str:
    """Return the content type of a text; under a range that allows it, that of what it holds.

    A document may give a range, which no Content-Type may be (RFC 9110, section 8.3).
    """
    if "*" not in name:
        return name
    if not fits_range("text/plain", name):
        return "application/octet-stream"
    return "application/json" if _is_json_container(text) else "text/plain; charset=utf-8"


def _is_json_container(text: str) -> bool:
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _sequence(value: Json, start: bytes) -> bytes:
    """Write one JSON value a line, each begun by `start`."""
    values = value if isinstance(value, list | tuple) else [value]
    return b"".join(start + styles.json_text(each).encode() + b"\n" for each in values)
