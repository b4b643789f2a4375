"""A value and its schema in, XML out, named as the schema's `xml` object says (OpenAPI 3.1.1, section 4.8.26; 3.2's nodeType)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from openapi2tools.call.serialization import styles
from openapi2tools.call.serialization.body_schema import Shape, shape
from openapi2tools.call.serialization.media import charset
from openapi2tools.call.serialization.styles import Unwritable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.model import Json, JsonObject

# a colon sets a prefix apart (XML Names, section 4)
_NAME: Final = re.compile(r"([^\W\d][\w.\-]*:)?[^\W\d][\w.\-]*")
_ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NIL: Final = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"'


@dataclass(slots=True)
class _Inside:
    """What stands in an element: its attributes and namespaces, and its content."""

    attributes: dict[str, str] = field(default_factory=dict)
    content: str = ""


def encoded(media_type: str, said: Shape, value: Json, document: JsonObject) -> bytes:
    """Write a document in the encoding that its media type says, and have it say the same (RFC 7303, section 3)."""
    encoding = charset(media_type)
    return write(said, value, document, encoding.upper()).encode(encoding)


def write(said: Shape, value: Json, document: JsonObject, encoding: str = "UTF-8") -> str:
    """Write a document; the root is named by `xml.name`, else by the component. Raises Unwritable for what XML cannot hold."""
    name = said.component or "root"
    if isinstance(value, list):
        name = str(said.xml.get("name") or name)
        content = "".join(_item(each, said, name, document) for each in value)
        body = _element(said, name, _Inside(content=content))
    else:
        body = _node(value, said, name, document)
    return f'<?xml version="1.0" encoding="{encoding}"?>\n{body}'


def _node(value: Json, said: Shape, name: str, document: JsonObject) -> str:
    """Write a value as one element."""
    inside = _Inside()
    if isinstance(value, dict):
        _properties(inside, value, said, document)
    elif isinstance(value, list):
        inside.content = "".join(_item(each, said, name, document) for each in value)
    elif value is not None:
        inside.content = _text(value)
    return (
        inside.content
        if said.xml.get("nodeType") == "none"
        else _element(said, name, inside, _NIL if value is None else "")
    )


def _properties(
    inside: _Inside, value: Mapping[str, Json], said: Shape, document: JsonObject
) -> None:
    for key, each in value.items():
        _property(inside, key, each, shape(said.properties.get(key), document), document)


def _property(inside: _Inside, name: str, value: Json, said: Shape, document: JsonObject) -> None:
    kind = said.xml.get("nodeType") or ("attribute" if said.xml.get("attribute") else "element")
    if kind == "attribute":
        if value is not None:
            inside.attributes |= {
                **_namespace(said.xml),
                _qualified(said.xml, name): _text(value, quoted=True),
            }
    elif kind in ("text", "cdata") and value is not None:
        inside.content += _text(value) if kind == "text" else _cdata(value)
    elif kind == "none" and isinstance(value, dict):  # what is in it stands in what it is in
        _properties(inside, value, said, document)
    elif isinstance(value, list):
        wrapped = said.xml.get("wrapped") or said.xml.get("nodeType") == "element"
        own = str(said.xml.get("name") or name)
        items = "".join(_item(each, said, own if wrapped else name, document) for each in value)
        inside.content += _element(said, name, _Inside(content=items)) if wrapped else items
    else:
        inside.content += _node(value, said, name, document)


def _item(value: Json, array: Shape, name: str, document: JsonObject) -> str:
    """Write an item of an array: it is named by its own schema, else as its array (section 4.8.26.1)."""
    return _node(value, shape(array.items, document), name, document)


def _element(said: Shape, name: str, inside: _Inside, more: str = "") -> str:
    tag = _qualified(said.xml, name)
    attributes = {**_namespace(said.xml), **inside.attributes}
    written = "".join(f" {key}={text}" for key, text in attributes.items()) + more
    return f"<{tag}{written}>{inside.content}</{tag}>" if inside.content else f"<{tag}{written}/>"


def _qualified(xml: Mapping[str, Json], name: str) -> str:
    name = str(xml.get("name") or name)
    if not _NAME.fullmatch(name):
        raise Unwritable(f"{name!r} cannot name an XML element")
    return f"{xml['prefix']}:{name}" if xml.get("prefix") else name


def _namespace(xml: Mapping[str, Json]) -> dict[str, str]:
    if not xml.get("namespace"):
        return {}
    return {
        f"xmlns:{xml['prefix']}" if xml.get("prefix") else "xmlns": quoteattr(str(xml["namespace"]))
    }


def _text(value: Json, *, quoted: bool = False) -> str:
    text = _legal(value)
    return (
        quoteattr(text, {"\n": "&#10;", "\t": "&#9;", "\r": "&#13;"})
        if quoted
        else escape(text, {"\r": "&#13;"})
    )


def _cdata(value: Json) -> str:
    return "<![CDATA[" + _legal(value).replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _legal(value: Json) -> str:
    text = styles.scalar(value)
    if _ILLEGAL.search(text):
        raise Unwritable("XML cannot hold control characters")
    return text
