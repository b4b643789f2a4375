"""What a writer of bodies must know of a schema: is it a file, its properties, items, XML names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from openapi2tools._core import pointer
from openapi2tools.tools.schema.keywords import FILE_EXTENSIONS, file_type, is_file
from openapi2tools.tools.walk import COMPOSITION_KEYWORDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from openapi2tools.model import Json, JsonObject, Schema

_MAX_NESTING: Final = 32
_KEYWORDS: Final = (
    "format",
    "contentMediaType",
    "contentEncoding",
    "default",
    "const",
    "enum",
    *sorted(FILE_EXTENSIONS),
)


@dataclass(frozen=True, slots=True)
class BodySchema:
    """One schema with its references and `allOf` joined.

    What stands nearest wins. Schemas inside it are as written.
    """

    type: str = ""
    properties: Mapping[str, Schema] = field(default_factory=dict)
    items: Schema = True
    xml: Mapping[str, Json] = field(default_factory=dict)
    keywords: Mapping[str, Json] = field(default_factory=dict)
    component: str = ""  # its name under components/schemas

    @property
    def is_file(self) -> bool:
        """Whether its value is the content of a file, in any of the ways to say so."""
        return is_file({**self.keywords, "type": self.type or "string"})

    @property
    def file_type(self) -> str:
        """The media type that the schema names for a file; empty where it names none."""
        named = self.keywords.get("contentMediaType")
        named = named or file_type(self.keywords.get("format"))
        return named if isinstance(named, str) and "*" not in named else ""


def read_body_schema(schema: Schema | None, document: JsonObject) -> BodySchema:
    """Read a schema.

    Alternatives (`oneOf`, `anyOf`) add the properties that nothing nearer has.
    """
    found: JsonObject = {"properties": {}, "xml": {}, "component": ""}
    _gather(schema, document, found, 0)
    simple: JsonObject = {key: found[key] for key in _KEYWORDS if key in found}
    return BodySchema(
        _type(found),
        found["properties"],
        found.get("items", True),
        found["xml"],
        simple,
        found["component"],
    )


def _gather(schema: Schema | None, document: JsonObject, found: JsonObject, depth: int) -> None:
    if not isinstance(schema, dict) or depth > _MAX_NESTING:
        return
    _gather_keywords(schema, found)
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#"):
        target = pointer.from_fragment(reference)
        found["component"] = found["component"] or "".join(pointer.split(target)[-1:])
        _gather(pointer.lookup(document, target), document, found, depth + 1)
    for part in _parts(schema):
        component = found["component"]
        _gather(part, document, found, depth + 1)
        found["component"] = component


def _gather_keywords(schema: JsonObject, found: JsonObject) -> None:
    for key, value in schema.items():
        if key in ("properties", "xml"):
            if isinstance(value, dict):
                found[key] = {**value, **found[key]}
        elif key not in (*COMPOSITION_KEYWORDS, "$ref"):
            found.setdefault(key, value)


def _parts(schema: JsonObject) -> Iterator[Json]:
    for key in COMPOSITION_KEYWORDS:
        parts = schema.get(key)
        yield from parts if isinstance(parts, list) else [parts]


def _type(found: JsonObject) -> str:
    declared = found.get("type")
    if isinstance(declared, list):
        declared = next((each for each in declared if each != "null"), "null")
    if isinstance(declared, str):
        return declared
    if found["properties"]:
        return "object"
    return "array" if "items" in found else ""
