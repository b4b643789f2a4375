"""Shorten a result that is too long for a model, and say how to ask for less."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools.call.serialization import styles

if TYPE_CHECKING:
    from openapi2tools.model import Json, Tool

_MAX_NAMED_PARAMETERS: Final = 8


def shorten(data: Json, text: str, limit: int, tool: Tool) -> str:
    """Return a text of about `limit` characters, and a note on what was left out.

    The first items of the longest list are kept where that makes the text fit: what is left is
    whole JSON. Otherwise the first characters are kept.
    """
    shortened = _fewer_items(data, limit) or _fewer_characters(text, limit)
    return shortened + _advice(tool)


def _fewer_items(data: Json, limit: int) -> str | None:
    """Return `data` with as many items of its longest list as fit; None where not one does."""
    key = _longest_list(data)
    items = data if key is None else data[key]
    if not isinstance(items, list) or not items:
        return None
    empty = [] if key is None else {**data, key: []}
    remaining = limit - len(_json_text(empty))
    kept = 0
    for item in items:
        remaining -= len(_json_text(item)) + 1
        if remaining < 0:
            break
        kept += 1
    if not kept:
        return None
    shown = items[:kept] if key is None else {**data, key: items[:kept]}
    where = "" if key is None else f" of {key!r}"
    return f"{_json_text(shown)}\n(Shortened: the first {kept} of {len(items)} items{where}."


def _longest_list(data: Json) -> str | None:
    """Return the key of an object's longest list; None where `data` is no object, or empty.

    An object without a list gives its first key.
    """
    if not isinstance(data, dict):
        return None
    lengths = {
        key: len(_json_text(value)) for key, value in data.items() if isinstance(value, list)
    }
    return max(lengths, key=lambda key: lengths[key], default=next(iter(data), None))


def _fewer_characters(text: str, limit: int) -> str:
    return f"{text[:limit]}\n(Shortened: the first {limit} of {len(text)} characters."


def _advice(tool: Tool) -> str:
    names = [binding.argument[-1] for binding in tool.bindings if binding.location == "query"]
    if not names:
        return ")"
    return f" Ask for less with {', '.join(names[:_MAX_NAMED_PARAMETERS])}.)"


def _json_text(value: Json) -> str:
    return styles.json_text(value, finite=False)
