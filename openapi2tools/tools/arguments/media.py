"""Classify media types, and rank them as representations of a request body."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from openapi2tools.model import essence

_BINARY_PREFIXES: Final = ("image/", "audio/", "video/", "font/", "model/")
_TEXT_SUBTYPES: Final = ("javascript", "graphql", "csv", "toml", "x-sh", "sql")
_STRUCTURED_WORDS: Final = ("xml", "yaml", "ndjson", "jsonl", "json-lines", "json-seq", "json")

# The order of preference among representations; the smallest is chosen.
_JSON_RANK: Final = 0
_OTHER_JSON_RANK: Final = 2
_SPECIAL_JSON_RANKS: Final = {
    "application/merge-patch+json": 1,
    "application/json-patch+json": 3,
    "*/*": 6,
    "application/*": 6,
}
_MULTIPART_RANK: Final = 4
_OTHER_FORM_RANK: Final = 5
_JSON_SEQUENCE_RANK: Final = 7
_TEXT_RANK: Final = 8
_STRUCTURED_RANK: Final = 9
_BINARY_RANK: Final = 10


def is_json(name: str) -> bool:
    """Return whether a body of this media type is one JSON value.

    A wildcard counts as JSON, because JSON is what we send then.
    """
    media_type = essence(name)
    return media_type.endswith(("/json", "+json")) or media_type in {
        "*/*",
        "application/*",
        "text/json",
        "",
    }


def is_form(name: str) -> bool:
    """Return whether a body of this media type is a form."""
    return essence(name) == "application/x-www-form-urlencoded" or is_multipart(name)


def is_multipart(name: str) -> bool:
    """Return whether a body of this media type has parts, which may be files."""
    return essence(name).startswith("multipart/")


def is_text(name: str) -> bool:
    """Return whether a body of this media type is text."""
    media_type = essence(name)
    return (
        media_type.startswith("text/") or media_type.removeprefix("application/") in _TEXT_SUBTYPES
    )


def is_structured(name: str) -> bool:
    """Return whether a body of this media type is written from values.

    These are JSON, forms, XML, YAML, and sequences of JSON values.
    """
    if is_json(name) or is_form(name):
        return True
    last_part = essence(name).replace("+", "/").split("/")[-1]
    return any(word in last_part for word in _STRUCTURED_WORDS)


@lru_cache(maxsize=256)
def is_binary(name: str) -> bool:
    """Return whether a body of this media type is a file as a whole."""
    return essence(name).startswith(_BINARY_PREFIXES) or not (is_structured(name) or is_text(name))


@lru_cache(maxsize=256)
def representation_rank(name: str) -> int:
    """Return how well a media type suits a tool: the smallest number is best.

    The order is JSON, a form, any JSON, text, XML, any other.
    """
    media_type = essence(name)
    if media_type == "application/json":
        return _JSON_RANK
    if is_json(media_type):
        return _SPECIAL_JSON_RANKS.get(media_type, _OTHER_JSON_RANK)
    if is_form(media_type):
        return _MULTIPART_RANK if media_type == "multipart/form-data" else _OTHER_FORM_RANK
    if "json" in media_type:
        return _JSON_SEQUENCE_RANK
    if is_text(media_type):
        return _TEXT_RANK
    return _STRUCTURED_RANK if is_structured(media_type) else _BINARY_RANK
