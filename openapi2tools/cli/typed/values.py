"""Read the text of one typed value by its schema: `5` is a number where one is wanted."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from openapi2tools._core.json import exact_json
from openapi2tools._core.json.json_types import has_json_type

if TYPE_CHECKING:
    from openapi2tools.cli.typed.facts import SchemaFacts
    from openapi2tools.model import Json

BOOLEANS: Final = {"true": True, "false": False, "yes": True, "no": False}
_NUMBER: Final = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")


def read_text(text: str, facts: SchemaFacts) -> Json:
    """Return what a text means where a schema stands; a text that means nothing else stays one.

    A text is a text wherever the schema takes one. A value where a list is wanted becomes a list of
    it; values that cannot hold a comma may be listed with commas.
    """
    if facts.is_file:
        return file_at(text)
    if text in facts.values or facts.takes_text:
        return text
    scalar = _read_scalar(text.strip(), facts)
    if scalar is not None or (text.strip() == "null" and "null" in facts.types):
        return scalar
    if text.lstrip()[:1] in ("[", "{"):
        return _read_container(text, facts)
    return _read_items(text, facts.member(0)) if facts.is_list else text


def file_at(text: str) -> Json:
    """Return the argument that is the file at a path."""
    return {"path": Path(text).expanduser()}


def _read_scalar(text: str, facts: SchemaFacts) -> Json:
    """Return a boolean or a number; None where the text is none that is wanted."""
    if "boolean" in facts.types and text.lower() in BOOLEANS:
        return BOOLEANS[text.lower()]
    if {"integer", "number"}.intersection(facts.types) and _NUMBER.fullmatch(text):
        number = exact_json.loads(text)
        if any(has_json_type(number, name) for name in facts.types):
            return number
    return None


def _read_container(text: str, facts: SchemaFacts) -> Json:
    """Return the object or the list that a text writes as JSON, where one is wanted."""
    try:
        value = exact_json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if any(has_json_type(value, name) for name in facts.types) else text


def _read_items(text: str, item: SchemaFacts) -> list[Json]:
    parts = [part.strip() for part in text.split(",")]
    if "," in text and not item.takes_text:
        return [read_text(part, item) for part in parts]
    if "," in text and item.values and set(parts) <= set(item.values):
        return list(parts)
    return [read_text(text, item)]
