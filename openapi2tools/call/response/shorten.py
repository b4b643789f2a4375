"""A result that is too long for a model in, a shorter one out, with a note on what was left out and how to ask for less."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openapi2tools.call.serialization import styles

if TYPE_CHECKING:
    from openapi2tools.model import Json, Tool


def fit(data: Json, text: str, limit: int, tool: Tool) -> str:
    """Keep the first items of the longest list when that makes the text fit, and whole JSON; else the first characters."""
    return (_fewer_items(data, limit) or _fewer_characters(text, limit)) + _advice(tool)


def _fewer_items(data: Json, limit: int) -> str | None:
    key = _longest(data)
    items = data if key is None else data[key]
    if not isinstance(items, list) or not items:
        return None
    room = limit - len(_text([] if key is None else {**data, key: []}))
    kept = 0
    for item in items:
        room -= len(_text(item)) + 1
        if room < 0:
            break
        kept += 1
    if not kept:
        return None
    shown = items[:kept] if key is None else {**data, key: items[:kept]}
    where = "" if key is None else f" of {key!r}"
    return f"{_text(shown)}\n(Shortened: the first {kept} of {len(items)} items{where}."


def _text(value: Json) -> str:
    return styles.json_text(value, finite=False)


def _longest(data: Json) -> str | None:
    if not isinstance(data, dict):
        return None
    lists = {key: len(_text(value)) for key, value in data.items() if isinstance(value, list)}
    return max(lists, key=lambda key: lists[key], default=next(iter(data), None))


def _fewer_characters(text: str, limit: int) -> str:
    return f"{text[:limit]}\n(Shortened: the first {limit} of {len(text)} characters."


def _advice(tool: Tool) -> str:
    names = [binding.argument[-1] for binding in tool.bindings if binding.location == "query"]
    return f" Ask for less with {', '.join(names[:8])}.)" if names else ")"
