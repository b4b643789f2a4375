"""A value in, the bytes of a request body out: one codec per media type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from openapi2tools.call.serialization import files, forms, multipart, styles, xml
from openapi2tools.call.serialization.body_schema import shape
from openapi2tools.call.serialization.media import (
    charset,
    is_foreign,
    is_json,
    is_lines,
    is_sequence,
    is_xml,
    matches,
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


@dataclass(frozen=True, slots=True)
class Body:
    """The pieces of a body, and the media type that goes with them."""

    content_type: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the bodies of one client: `codecs` are the user's, by media type, `folders` those that files may be taken from."""

    codecs: Codecs = field(default_factory=dict)
    folders: tuple[Path, ...] = ()

    def write(self, media_type: MediaType, value: Json, document: JsonObject) -> Body:
        """Write a body. Raises Unwritable for a value that the media type has no form for."""
        name, kind = media_type.name, essence(media_type.name)
        if (codec := self._own(kind)) is not None:
            written = codec(value)
            return Body(name, (written.encode() if isinstance(written, str) else written,))
        if "form" not in kind and _is_file(media_type, value, document):
            return self._file(name, value)
        if kind == "application/x-www-form-urlencoded":
            return Body(name, (forms.write(media_type, value).encode(),))
        if kind.startswith("multipart/"):
            return Body(*multipart.write(media_type, value, document, self.folders))
        if isinstance(value, str) and not is_json(kind):
            return Body(
                _said_of_text(name) if "*" in name else name, (value.encode(charset(name)),)
            )
        if is_xml(kind):
            return Body(
                name, (xml.encoded(name, shape(media_type.schema, document), value, document),)
            )
        if is_lines(kind) or is_sequence(kind):
            return Body(name, (_sequence(value, b"\x1e" if is_sequence(kind) else b""),))
        if is_foreign(kind):
            raise Unwritable(
                f"a body of {kind} cannot be written here: that takes connect(codecs={{{kind!r}: a function}})"
            )
        return Body(
            "application/json" if "*" in name else name, (styles.json_text(value).encode(),)
        )

    def _own(self, kind: str) -> Codec | None:
        return next((codec for name, codec in self.codecs.items() if matches(kind, name)), None)

    def _file(self, name: str, value: Json) -> Body:
        upload = files.upload(value, self.folders)
        if "*" in name:
            name = upload.content_type or "application/octet-stream"
        return Body(name, (upload.content,))


def _is_file(media_type: MediaType, value: Json, document: JsonObject) -> bool:
    """Tell a file from an object that has words in common with one; for a binary type every object is meant as a file."""
    if not isinstance(value, Mapping) or files.is_own(value):
        return files.is_file(value)
    said = shape(media_type.schema, document)
    if is_json(essence(media_type.name)) or said.type == "object" or said.properties:
        return False
    return is_binary(media_type.name) or files.is_file(value)


def _said_of_text(name: str) -> str:
    """Give a type for a text where the document only gives a range, which no Content-Type may be (RFC 9110, section 8.3)."""
    return (
        "text/plain; charset=utf-8" if matches("text/plain", name) else "application/octet-stream"
    )


def _sequence(value: Json, start: bytes) -> bytes:
    """Write one JSON value a line; a JSON text sequence begins each with a record separator (RFC 7464)."""
    values = value if isinstance(value, list | tuple) else [value]
    return b"".join(start + styles.json_text(each).encode() + b"\n" for each in values)
