"""The values of an XML document, as JSON has them: shorter, and with names to choose by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from openapi2tools.model import Json, JsonObject

_MAX_ELEMENTS: Final = 100_000
_MAX_NESTING: Final = 100
_TEXT: Final = "#text"


def xml_values(document: str) -> Json:
    """Return the values of a document; None for one that cannot be read, or that has its own rules.

    An element is an object of its attributes (`@name`) and its elements, a text where it has
    neither; elements of one name are a list. Namespaces are left out of names.
    """
    if "<!DOCTYPE" in document or "<!ENTITY" in document or document.count("<") > _MAX_ELEMENTS:
        return None
    _, declaration_end, rest = document.partition("?>")
    text = rest if document.lstrip().startswith("<?xml") and declaration_end else document
    try:
        root = ET.fromstring(text.strip())  # noqa: S314 -- as above
    except (ET.ParseError, ValueError):
        return None
    return {_local(root.tag): _value(root, _MAX_NESTING)}


def _value(element: ET.Element, levels: int) -> Json:
    text = (element.text or "").strip()
    if not levels:
        return "".join(element.itertext())
    fields: JsonObject = {f"@{_local(name)}": value for name, value in element.attrib.items()}
    for child in element:
        name, value = _local(child.tag), _value(child, levels - 1)
        text = f"{text} {(child.tail or '').strip()}".strip()
        if name not in fields:
            fields[name] = value
        elif isinstance(fields[name], _Repeated):
            fields[name].append(value)
        else:
            fields[name] = _Repeated([fields[name], value])
    if not fields:
        return text
    return {**fields, _TEXT: text} if text else fields


class _Repeated(list["Json"]):
    """The values of elements of one name."""


def _local(name: str) -> str:
    return name.rpartition("}")[2]
