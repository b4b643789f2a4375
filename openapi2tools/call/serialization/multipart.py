"""An object in, a multipart body out (RFC 7578; OpenAPI 3.1.1, section 4.8.15.3): one part a property, one part an item of an array.

A part's content type is what the document's `encoding` says, else what the value is: files in their
own type, objects as JSON, the rest as text. File names and part names are UTF-8 (RFC 7578, section
5.1), and escaped as browsers do it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from secrets import token_hex
from typing import TYPE_CHECKING

from openapi2tools.call.serialization import files, styles, xml
from openapi2tools.call.serialization.body_schema import Shape, shape
from openapi2tools.call.serialization.media import is_json, is_xml, matches
from openapi2tools.call.serialization.styles import Unwritable
from openapi2tools.model import Encoding, essence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from openapi2tools.call.serialization.streams import Piece
    from openapi2tools.model import Json, JsonObject, MediaType, Parameter

_SAYS_NOTHING = Encoding()


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its name in the form, its content, and what its headers say. Without a content type it is plain text."""

    name: str
    content: Piece
    content_type: str = ""
    filename: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def write(
    media_type: MediaType, value: Json, document: JsonObject, folders: Sequence[Path]
) -> tuple[str, tuple[Piece, ...]]:
    """Write the parts, and give the media type with their boundary. Raises Unwritable for anything else than an object."""
    if not isinstance(value, Mapping):
        raise Unwritable("a multipart body is an object, one property a part")
    boundary = token_hex(16)
    # OpenAPI 3.1.2 knows the parts of every other one by their name
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
        whole = shape(self.media_type.schema, self.document)
        for name, each in value.items():
            encoding = self.media_type.encoding.get(name, _SAYS_NOTHING)
            yield from self._property(
                name, each, shape(whole.properties.get(name), self.document), encoding
            )

    def _property(self, name: str, value: Json, said: Shape, encoding: Encoding) -> Iterator[Part]:
        headers = {
            parameter.name: text
            for parameter in encoding.headers
            if (text := self._fixed(parameter))
        }
        item = shape(said.items, self.document) if isinstance(value, list) else said
        values = value if isinstance(value, list) else [value]
        is_file = item.is_file or any(map(files.is_file, values))  # which no style writes
        if not is_file and (encoding.style is not None or encoding.explode is not None):
            style = encoding.style or "form"
            explode = style == "form" if encoding.explode is None else encoding.explode
            pairs = styles.form(name, value, style, explode=explode, encode=str, encode_name=str)
            yield from (Part(key, text.encode(), headers=headers) for key, text in pairs)
            return
        wanted = [each.strip() for each in (encoding.content_type or "").split(",") if each.strip()]
        for each in values:
            if each is not None:
                yield replace(self._one(name, each, item, wanted), headers=headers)

    def _one(self, name: str, value: Json, said: Shape, wanted: Sequence[str]) -> Part:
        is_file = files.is_file(value) or (said.is_file and isinstance(value, Mapping))
        if is_file and (
            said.is_file or not said.type or not isinstance(value, Mapping) or _binary(wanted)
        ):
            upload = files.upload(value, self.folders)
            kind = (
                _choose(upload.content_type, wanted)
                or str(said.words.get("contentMediaType", ""))
                or "application/octet-stream"
            )
            return Part(name, upload.content, kind, upload.filename or name)
        if isinstance(value, dict | list) and (kind := next(filter(is_xml, wanted), "")):
            root = said if said.component else replace(said, component=name)
            return Part(name, xml.encoded(kind, root, value, self.document), kind)
        if isinstance(value, dict | list) or any(map(is_json, wanted)):
            return Part(
                name,
                styles.json_text(value).encode(),
                next(filter(is_json, wanted), "application/json"),
            )
        if said.is_file:
            return Part(
                name,
                styles.scalar(value).encode(),
                _choose("", wanted) or "application/octet-stream",
                name,
            )
        encoded = "contentEncoding" in said.words
        return Part(
            name,
            styles.scalar(value).encode(),
            _choose("", wanted) or ("application/octet-stream" if encoded else ""),
        )

    def _fixed(self, header: Parameter) -> str:
        """Give the value that the document itself gives a part's header: no argument can."""
        words = shape(header.schema, self.document).words
        only = words.get("enum") or [None]
        value = words.get("const", words.get("default", only[0] if len(only) == 1 else None))
        return "" if value is None else styles.unbroken(styles.scalar(value))


def _binary(wanted: Sequence[str]) -> bool:
    return bool(wanted) and not any(is_json(each) or matches(each, "text/plain") for each in wanted)


def _choose(known: str, wanted: Sequence[str]) -> str:
    """Take the file's own type when the document accepts it, else the first type that the document names outright."""
    if known and (not wanted or any(matches(known, each) for each in wanted)):
        return known
    return next((each for each in wanted if "*" not in each), known)


def _head(part: Part, *, named: bool) -> str:
    disposition = (
        f'form-data; name="{_escaped(part.name)}"'
        if named
        else "attachment"
        if part.filename
        else ""
    )
    if part.filename is not None:
        disposition += f'; filename="{_escaped(part.filename)}"'
    headers = {
        "Content-Disposition": disposition,
        "Content-Type": part.content_type,
        **part.headers,
    }
    return "".join(
        f"{styles.unbroken(name)}: {styles.unbroken(text)}\r\n"
        for name, text in headers.items()
        if text
    )


def _escaped(text: str) -> str:
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
