"""Shorten a result that is too long for a model, and say how to ask for less."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools.call.response.fitting.fit import fit, is_within
from openapi2tools.call.response.pages.words import limits_the_answer
from openapi2tools.model import Effect

if TYPE_CHECKING:
    from openapi2tools.model import Json, Tool

_MAX_NAMED_PARAMETERS: Final = 8
_MAX_NAMED_CUTS: Final = 5
TABLES_NOTE: Final = "Lists of equal objects stand as tables: columns, and rows."


def shorten(data: Json, text: str, limit_tokens: int, tool: Tool) -> tuple[str, bool]:
    """Return a text of so many tokens with a note on what was left out; whether anything was.

    JSON stays whole JSON: its long values are shortened, each by itself, and what is short stays.
    Of anything else the first characters are kept. Where tables make room for all, nothing is cut.
    """
    if is_within(text, limit_tokens):
        return text, False
    fitted = fit(data, text, limit_tokens)
    notes = [TABLES_NOTE] if fitted.has_tables else []
    if fitted.cuts:
        left_out = ", ".join(map(str, fitted.cuts[:_MAX_NAMED_CUTS]))
        others = ", and others" if len(fitted.cuts) > _MAX_NAMED_CUTS else ""
        notes.insert(0, f"Shortened: {left_out}{others}.")
        notes += _advice(tool)
    return f"{fitted.text}\n({' '.join(notes)})", bool(fitted.cuts)


def _advice(tool: Tool) -> list[str]:
    locations = ("query", "body") if tool.effect is Effect.READ else ("query",)
    names = [
        binding.argument[-1]
        for binding in tool.bindings
        if binding.location in locations and limits_the_answer(binding.name)
    ]
    return [f"Ask for less with {', '.join(names[:_MAX_NAMED_PARAMETERS])}."] if names else []
