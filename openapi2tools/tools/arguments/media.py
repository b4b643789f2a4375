"""The representations of a request body in; the one that a tool offers out."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from openapi2tools.model import essence

if TYPE_CHECKING:
    from openapi2tools.model import MediaType, RequestBody

_BINARY: Final = ("image/", "audio/", "video/", "font/", "model/")
_TEXT: Final = ("javascript", "graphql", "csv", "toml", "x-sh", "sql")


def is_json(name: str) -> bool:
    """Tell whether a body of this media type is one JSON value; a wildcard is, for JSON is what we send then."""
    kind = essence(name)
    return kind.endswith(("/json", "+json")) or kind in {"*/*", "application/*", "text/json", ""}


def is_form(name: str) -> bool:
    """Tell whether a body of this media type is a form."""
    return essence(name) == "application/x-www-form-urlencoded" or is_multipart(name)


def is_multipart(name: str) -> bool:
    """Tell whether a body of this media type has parts, which may be files."""
    return essence(name).startswith("multipart/")


def is_text(name: str) -> bool:
    """Tell whether a body of this media type is text."""
    kind = essence(name)
    return kind.startswith("text/") or kind.removeprefix("application/") in _TEXT


def is_structured(name: str) -> bool:
    """Tell whether a body of this media type is written from values: JSON, forms, XML, YAML, and sequences of JSON values."""
    kind = essence(name)
    words = ("xml", "yaml", "ndjson", "jsonl", "json-lines", "json-seq", "json")
    return (
        is_json(name)
        or is_form(name)
        or any(word in kind.replace("+", "/").split("/")[-1] for word in words)
    )


@lru_cache(maxsize=256)
def is_binary(name: str) -> bool:
    """Tell whether a body of this media type is a file as a whole."""
    return essence(name).startswith(_BINARY) or not (is_structured(name) or is_text(name))


def choose(body: RequestBody) -> MediaType | None:
    """Choose a representation that says what it is: JSON, a form, any JSON, text, XML, any other; among equals the document's first."""
    if len(body.content) < 2:
        return body.content[0] if body.content else None
    return min(
        body.content,
        key=lambda media: (not media.schema and not media.item_schema, _rank(media.name)),
    )


@lru_cache(maxsize=256)
def _rank(name: str) -> int:
    kind = essence(name)
    if kind == "application/json":
        return 0
    if is_json(kind):
        return {
            "application/merge-patch+json": 1,
            "application/json-patch+json": 3,
            "*/*": 6,
            "application/*": 6,
        }.get(kind, 2)
    if is_form(kind):
        return 4 if kind == "multipart/form-data" else 5
    if "json" in kind:
        return 7
    return 8 if is_text(kind) else 9 if is_structured(kind) else 10
