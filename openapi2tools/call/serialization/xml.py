"""Write values as XML, named as the schema's `xml` object says.

OpenAPI 3.1.1, section 4.8.26; 3.2's `nodeType`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from openapi2tools.call.serialization import styles
from openapi2tools.call.serialization.body_schema import BodySchema, read_body_schema
from openapi2tools.call.serialization.media import charset_of
from openapi2tools.call.serialization.styles import Unwritable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.model import Json, JsonObject

# A colon sets a prefix apart (XML Names, section 4).
_NAME: Final = re.compile(r"([^\W\d][\w.\-]*:)?[^\W\d][\w.\-]*")
_ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NIL: Final = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"'


@dataclass(slots=True)
class _ElementContent:
    """The attributes (namespaces included) and the content of an element."""

    attributes: dict[str, str] = field(default_factory=dict)
    content: str = ""


def encode(media_type: str, schema: BodySchema, value: Json, document: JsonObject) -> bytes:
    """Write a document in the encoding that its media type names (RFC 7303, section 3)."""
    encoding = charset_of(media_type)
    return write(schema, value, document, encoding.upper()).encode(encoding)


def write(schema: BodySchema, value: Json, document: JsonObject, encoding: str = "UTF-8") -> str:
    """Write a document; the root is named by `xml.name`, else by the component.

    Raises Unwritable for what XML cannot hold.
    """
    name = schema.component or "root"
    if isinstance(value, list):
        name = str(schema.xml.get("name") or name)
        content = "".join(_item(each, schema, name, document) for each in value)
        body = _element(schema, name, _ElementContent(content=content))
    else:
        body = _node(value, schema, name, document)
    return f'<?xml version="1.0" encoding="{encoding}"?>\n{body}'


def _node(value: Json, schema: BodySchema, name: str, document: JsonObject) -> str:
    """Write a value as one element."""
    element = _ElementContent()
    if isinstance(value, dict):
        _properties(element, value, schema, document)
    elif isinstance(value, list):
        element.content = "".join(_item(each, schema, name, document) for each in value)
    elif value is not None:
        element.content = _text(value)
    if schema.xml.get("nodeType") == "none":
        return element.content
    return _element(schema, name, element, _NIL if value is None else "")


def _properties(
    element: _ElementContent, value: Mapping[str, Json], schema: BodySchema, document: JsonObject
) -> None:
    for key, each in value.items():
        _property(
            element, key, each, read_body_schema(schema.properties.get(key), document), document
        )


def _property(
    element: _ElementContent, name: str, value: Json, schema: BodySchema, document: JsonObject
) -> None:
    """Write a property into the element of its object, as its `nodeType` says."""
    declared = schema.xml.get("nodeType")
    match declared or ("attribute" if schema.xml.get("attribute") else "element"):
        case "attribute":
            if value is not None:
                element.attributes |= _namespace(schema.xml)
                element.attributes[_qualified(schema.xml, name)] = _text(value, quoted=True)
        case "text" if value is not None:
            element.content += _text(value)
        case "cdata" if value is not None:
            element.content += _cdata(value)
        case "none" if isinstance(value, dict):  # without an element of its own
            _properties(element, value, schema, document)
        case _ if isinstance(value, list):
            element.content += _array(value, schema, name, document)
        case _:
            element.content += _node(value, schema, name, document)


def _array(value: list[Json], schema: BodySchema, name: str, document: JsonObject) -> str:
    """Write an array, inside an element of its own where it is wrapped."""
    if not (schema.xml.get("wrapped") or schema.xml.get("nodeType") == "element"):
        return "".join(_item(each, schema, name, document) for each in value)
    item_name = str(schema.xml.get("name") or name)
    items = "".join(_item(each, schema, item_name, document) for each in value)
    return _element(schema, name, _ElementContent(content=items))


def _item(value: Json, array: BodySchema, name: str, document: JsonObject) -> str:
    """Write an item of an array, named by its own schema, else as its array (section 4.8.26.1)."""
    return _node(value, read_body_schema(array.items, document), name, document)


def _element(schema: BodySchema, name: str, element: _ElementContent, more: str = "") -> str:
    tag = _qualified(schema.xml, name)
    attributes = {**_namespace(schema.xml), **element.attributes}
    written = "".join(f" {key}={text}" for key, text in attributes.items()) + more
    if not element.content:
        return f"<{tag}{written}/>"
    return f"<{tag}{written}>{element.content}</{tag}>"


def _qualified(xml: Mapping[str, Json], name: str) -> str:
    name = str(xml.get("name") or name)
    if not _NAME.fullmatch(name):
        raise Unwritable(f"{name!r} cannot name an XML element")
    return f"{xml['prefix']}:{name}" if xml.get("prefix") else name


def _namespace(xml: Mapping[str, Json]) -> dict[str, str]:
    if not xml.get("namespace"):
        return {}
    attribute = f"xmlns:{xml['prefix']}" if xml.get("prefix") else "xmlns"
    return {attribute: quoteattr(str(xml["namespace"]))}


def _text(value: Json, *, quoted: bool = False) -> str:
    text = _legal(value)
    if quoted:
        return quoteattr(text, {"\n": "&#10;", "\t": "&#9;", "\r": "&#13;"})
    return escape(text, {"\r": "&#13;"})


def _cdata(value: Json) -> str:
    return "<![CDATA[" + _legal(value).replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _legal(value: Json) -> str:
    text = styles.scalar_text(value)
    if _ILLEGAL.search(text):
        raise Unwritable("XML cannot hold control characters")
    return text
