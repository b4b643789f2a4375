"""What Swagger 2.0 and OpenAPI 3.0, 3.1 and 3.2 say differently, expressed in 3.x's words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, cast

from openapi2tools.errors import UnsupportedVersion
from openapi2tools.spec.other_formats import guess_by_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.model import Json, JsonObject, Style

_METHODS: Final = frozenset(("get", "put", "post", "delete", "options", "head", "patch", "trace"))
_SUPPORTED: Final = re.compile(r"(2\.0|3\.0|3\.1|3\.2)(?:\.|-|$)")
ADVICE: Final = "Swagger 2.0 and OpenAPI 3.0, 3.1 and 3.2 can be read."

# --- versions ---


def dialect_of(document: JsonObject, address: str | None = None) -> str:
    """Return `2.0`, `3.0`, `3.1` or `3.2`.

    Raises UnsupportedVersion, which says what the document seems to be.
    """
    version = document.get("openapi", document.get("swagger"))
    if version is None or isinstance(version, (dict, list, bool)):
        message = f"{guess_by_keys(document)} {ADVICE}"
        raise UnsupportedVersion(message, address=address, pointer="")
    version_text = _version_text(version)
    if match := _SUPPORTED.match(version_text):
        return match[1]
    name = "OpenAPI" if "openapi" in document else "Swagger"
    message = f"this is {name} {version_text[:20]}, which is not supported. {ADVICE}"
    raise UnsupportedVersion(message, address=address, pointer="")


def _version_text(version: Json) -> str:
    """Write a version as the standard has it: YAML's numbers, `v3.0.0` and `3` are common slips."""
    if isinstance(version, (int, float)):
        return f"{float(version):.1f}"
    written = str(version).strip().lstrip("vV")
    return f"{written}.0" if written in ("2", "3") else written


def methods_of(dialect: str) -> frozenset[str]:
    """Return the keys of a path item that are operations, in lower case."""
    return _METHODS | {"query"} if dialect == "3.2" else _METHODS


# --- what a 2.0 parameter says about its value ---

ENUM_NOTES: Final = frozenset(
    (
        "x-enum-varnames",
        "x-enumNames",
        "x-enum-descriptions",
        "x-enumDescriptions",
        "x-enum-elements",
        "x-ms-enum",
    )
)
"""The extensions in which generators say what an enum's values mean."""

_SCHEMA_KEYWORDS: Final = ENUM_NOTES | frozenset(
    (
        "type",
        "format",
        "items",
        "default",
        "maximum",
        "exclusiveMaximum",
        "minimum",
        "exclusiveMinimum",
        "maxLength",
        "minLength",
        "pattern",
        "maxItems",
        "minItems",
        "uniqueItems",
        "enum",
        "multipleOf",
        "x-nullable",
        "nullable",
        "title",
        "properties",
        "additionalProperties",
        "allOf",
        "anyOf",
        "oneOf",
        "const",
        "example",
        "$ref",
    )
)
"""The keys of a 2.0 parameter that describe its value (Swagger 2.0, Parameter Object).

Those from `x-nullable` on are not in the standard, but in many documents.
"""


def swagger_schema(raw: JsonObject) -> JsonObject:
    """Return what a 2.0 parameter says about its value as a schema of its own."""
    return {key: value for key, value in raw.items() if key in _SCHEMA_KEYWORDS}


# --- how a parameter is written into a request ---

_STYLES: Final[Mapping[str, frozenset[str]]] = {
    "path": frozenset(("simple", "label", "matrix")),
    "query": frozenset(("form", "spaceDelimited", "pipeDelimited", "deepObject")),
    "header": frozenset(("simple",)),
    "cookie": frozenset(("form", "cookie")),
}
DEFAULT_STYLES: Final[Mapping[str, Style]] = {
    "path": "simple",
    "query": "form",
    "header": "simple",
    "cookie": "form",
    "querystring": "form",
    "formData": "form",
}
"""The style of a parameter that names none, by its location."""

_COLLECTION_STYLES: Final[Mapping[str, Style]] = {
    "ssv": "spaceDelimited",
    "tsv": "tabDelimited",
    "pipes": "pipeDelimited",
}


def legal_style(location: str, style: Json) -> Style | None:
    """Return the style if it may stand at a location, else None (OpenAPI 3.2, section 4.12.3)."""
    if isinstance(style, str) and style in _STYLES.get(location, ()):
        return cast("Style", style)
    return None


def default_explode(style: str) -> bool:
    """Return the default of `explode` for a style (OpenAPI 3.2, section 4.12.2.2)."""
    return style in ("form", "cookie")


def allows_reserved(dialect: str, location: str, style: str) -> bool:
    """Return whether `allowReserved` has a meaning (OpenAPI 3.2, section 4.12.2.2).

    It has one in queries, and in 3.2 wherever a style percent-encodes.
    """
    if location == "query":
        return True
    if dialect != "3.2":
        return False
    return location == "path" or (location == "cookie" and style == "form")


def collection_style(location: str, collection_format: Json) -> tuple[Style, bool]:
    """Return style and explode for 2.0's `collectionFormat`, whose default is csv."""
    if collection_format == "multi" and location in ("query", "formData"):
        return "form", True
    return _COLLECTION_STYLES.get(str(collection_format), DEFAULT_STYLES[location]), False
