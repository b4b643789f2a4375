"""Write multipart bodies: one part for each property, or for each item of an array.

RFC 7578; OpenAPI 3.1.1, section 4.8.15.3.

A part's content type is what the document's `encoding` says, else what the value is: files in their
own type, objects as JSON, the rest as text. File names and part names are UTF-8 (RFC 7578, section
5.1), and escaped as browsers do it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from secrets import token_hex
from typing import TYPE_CHECKING, Final

from openapi2tools.call.serialization import files, styles, xml
from openapi2tools.call.serialization.body_schema import BodySchema, read_body_schema
from openapi2tools.call.serialization.media import fits_range, is_json, is_xml
from openapi2tools.call.serialization.styles import Unwritable
from openapi2tools.model import Encoding, essence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from openapi2tools.call.serialization.streams import Piece
    from openapi2tools.model import Json, JsonObject, MediaType, Parameter

_NO_ENCODING: Final = Encoding()
_OCTETS: Final = "application/octet-stream"
_BOUNDARY_BYTES: Final = 16
BOUNDARY: Final = re.compile(rf"; boundary=([0-9a-f]{{{2 * _BOUNDARY_BYTES}}})$")
"""Finds the boundary in the media type of a body that was written here: it is random."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form. Without a content type it is plain text."""

    name: str
    content: Piece
    content_type: str = ""
    filename: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def write(
    media_type: MediaType, value: Json, document: JsonObject, folders: Sequence[Path]
) -> tuple[str, tuple[Piece, ...]]:
    """Return the media type with the boundary, and the pieces of the body.

    Raises Unwritable for anything else than an object.
    """
    if not isinstance(value, Mapping):
        raise Unwritable("a multipart body is an object, one property a part")
    boundary = token_hex(_BOUNDARY_BYTES)
    # The parts of every other type are known by their name (OpenAPI 3.1.2).
    named = essence(media_type.name) != "multipart/related"
    pieces: list[Piece] = []
    for part in _Parts(media_type, document, folders).of(value):
        pieces += [
            f"--{boundary}\r\n{_head(part, named=named)}\r\n".encode(),
            part.content,
            b"\r\n",
        ]
    pieces.append(f"--{boundary}--\r\n".encode())
    return f"{essence(media_type.name)}; boundary={boundary}", tuple(pieces)


@dataclass(frozen=True, slots=True)
class _Parts:
    """Makes parts of values, as a document says."""

    media_type: MediaType
    document: JsonObject
    folders: Sequence[Path]

    def of(self, value: Mapping[str, Json]) -> Iterator[Part]:
        """Yield the parts of a form."""
        form = read_body_schema(self.media_type.schema, self.document)
        for name, each in value.items():
            schema = read_body_schema(form.properties.get(name), self.document)
            yield from self._property(
                name, each, schema, self.media_type.encoding.get(name, _NO_ENCODING)
            )

    def _property(
        self, name: str, value: Json, schema: BodySchema, encoding: Encoding
    ) -> Iterator[Part]:
        headers = self._headers(encoding)
        items = value if isinstance(value, list) else [value]
        item_schema = (
            read_body_schema(schema.items, self.document) if isinstance(value, list) else schema
        )
        # No style writes a file.
        is_file = item_schema.is_file or any(map(files.is_file, items))
        has_style = encoding.style is not None or encoding.explode is not None
        if has_style and not is_file:
            style, explode = styles.style_of(encoding)
            pairs = styles.write_styled(
                name, value, style, explode=explode, encode=str, encode_name=str
            )
            yield from (Part(key, text.encode(), headers=headers) for key, text in pairs)
            return
        declared = [text.strip() for text in (encoding.content_type or "").split(",")]
        content_types = [text for text in declared if text]
        for item in items:
            if item is not None:
                yield replace(self._part(name, item, item_schema, content_types), headers=headers)

    def _part(
        self, name: str, value: Json, schema: BodySchema, content_types: Sequence[str]
    ) -> Part:
        """Write one value; `content_types` are those that the document declares for it."""
        if _is_file(value, schema, content_types):
            return self._file(name, value, schema, content_types)
        if isinstance(value, dict | list):
            return self._structured(name, value, schema, content_types)
        if any(map(is_json, content_types)):
            return _json(name, value, content_types)
        content = styles.scalar_text(value).encode()
        declared = _choose_type("", content_types)
        if schema.is_file:
            return Part(name, content, declared or _OCTETS, name)
        is_encoded = "contentEncoding" in schema.keywords
        return Part(name, content, declared or (_OCTETS if is_encoded else ""))

    def _file(
        self, name: str, value: Json, schema: BodySchema, content_types: Sequence[str]
    ) -> Part:
        upload = files.find_file(value, self.folders)
        content_type = (
            _choose_type(upload.content_type, content_types) or schema.file_type or _OCTETS
        )
        return Part(name, upload.content, content_type, upload.filename or name)

    def _structured(
        self, name: str, value: Json, schema: BodySchema, content_types: Sequence[str]
    ) -> Part:
        xml_type = next(filter(is_xml, content_types), None)
        if xml_type is None:
            return _json(name, value, content_types)
        root = schema if schema.component else replace(schema, component=name)
        return Part(name, xml.encode(xml_type, root, value, self.document), xml_type)

    def _headers(self, encoding: Encoding) -> dict[str, str]:
        values = {parameter.name: self._fixed(parameter) for parameter in encoding.headers}
        return {name: text for name, text in values.items() if text}

    def _fixed(self, header: Parameter) -> str:
        """Return the value that the document itself gives a part's header: no argument can."""
        keywords = read_body_schema(header.schema, self.document).keywords
        choices = keywords.get("enum") or []
        single_choice = choices[0] if len(choices) == 1 else None
        value = keywords.get("const", keywords.get("default", single_choice))
        return "" if value is None else styles.require_one_line(styles.scalar_text(value))


def _is_file(value: Json, schema: BodySchema, content_types: Sequence[str]) -> bool:
    """Return whether a value is sent as a file, and not as an object with the same keys."""
    if not isinstance(value, Mapping):
        return files.is_file(value)
    if schema.is_file:
        return True
    return files.is_file(value) and (not schema.type or _only_binary(content_types))


def _only_binary(content_types: Sequence[str]) -> bool:
    return bool(content_types) and not any(
        is_json(each) or fits_range(each, "text/plain") for each in content_types
    )


def _json(name: str, value: Json, content_types: Sequence[str]) -> Part:
    content_type = next(filter(is_json, content_types), "application/json")
    return Part(name, styles.json_text(value).encode(), content_type)


def _choose_type(own: str, declared: Sequence[str]) -> str:
    """Return the file's own type if the document accepts it, else the first declared one.

    A declared range (`image/*`) is no type.
    """
    if own and (not declared or any(fits_range(own, each) for each in declared)):
        return own
    return next((each for each in declared if "*" not in each), own)


def _head(part: Part, *, named: bool) -> str:
    if named:
        disposition = f'form-data; name="{_escaped(part.name)}"'
    else:
        disposition = "attachment" if part.filename else ""
    if part.filename is not None:
        disposition += f'; filename="{_escaped(part.filename)}"'
    headers = {
        "Content-Disposition": disposition,
        "Content-Type": part.content_type,
        **part.headers,
    }
    return "".join(
        f"{styles.require_one_line(name)}: {styles.require_one_line(text)}\r\n"
        for name, text in headers.items()
        if text
    )


def _escaped(text: str) -> str:
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
