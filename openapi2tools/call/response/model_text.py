"""What a model reads of a successful answer: the chosen fields, as far as there is room."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from openapi2tools.call.fields.select import Selected
from openapi2tools.call.response.fitting.cut import json_text
from openapi2tools.call.response.items import items_at, list_path
from openapi2tools.call.response.shorten import shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openapi2tools.call.fields.select import Selection
    from openapi2tools.model import Json, Result, Tool


class ModelText(NamedTuple):
    """A text, whether it was cut, and what it was written from where that is not the data."""

    text: str
    truncated: bool
    selected: Json
    notes: tuple[str, ...]


def model_text(
    data: Json,
    values: Json,
    text: str,
    *,
    tool: Tool,
    selection: Selection | None,
    limit_tokens: int,
) -> ModelText:
    """Return what a model reads of an answer.

    Args:
        data: What the program gets.
        values: What the text is written from.
        text: The whole of it as text.
        tool: The tool that was called.
        selection: Which fields are wanted.
        limit_tokens: How many tokens the text may have.
    """
    chosen = Selected(values, is_chosen=False)
    if selection is not None:
        chosen = selection.select(values, tool)
    if chosen.is_chosen:
        text = json_text(chosen.value)
    text, truncated = shorten(chosen.value, text, limit_tokens, tool)
    is_data = chosen.value is data or not (chosen.is_chosen or truncated)
    return ModelText(text, truncated, None if is_data else chosen.value, chosen.notes)


def joined_pages(
    pages: Sequence[Result], tool: Tool, selection: Selection | None, limit_tokens: int
) -> Result:
    """Return the results of successive pages as one: that of the first, with the items of all.

    A page that failed is told, and is the next one.
    """
    first, good = pages[0], [page for page in pages if page.ok]
    path = list_path(first.data)
    if path is None or len(good) < 2:
        return first
    items = [item for page in good for item in items_at(page.data, path)]
    data = _with_value(first.data, path, items)
    told = model_text(
        data, data, json_text(data), tool=tool, selection=selection, limit_tokens=limit_tokens
    )
    notes = [f"This answer joins {len(good)} pages."]
    if len(good) < len(pages):
        notes.append(f"Page {len(pages)} failed: {pages[-1].text.partition(chr(10))[0]}")
    return replace(
        first,
        text=told.text,
        data=data,
        selected=told.selected,
        truncated=told.truncated,
        notes=(*first.notes, *told.notes, *notes),
        next=good[-1].next,
    )


def _with_value(whole: Json, path: Sequence[str], value: Json) -> Json:
    if not path or not isinstance(whole, dict):
        return value
    return {**whole, path[0]: _with_value(whole[path[0]], path[1:], value)}
