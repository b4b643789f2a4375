"""Shorten a result that is too long for a model, and say how to ask for less."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from openapi2tools.call.response.pages import limits_the_answer
from openapi2tools.call.serialization import styles
from openapi2tools.model import Effect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openapi2tools.model import Json, Tool

_MAX_NAMED_PARAMETERS: Final = 8
_MAX_NAMED_CUTS: Final = 5
_MIN_ITEM_SHARE: Final = 4
"""An item of a list is not shortened to less than this part of the list: a quarter."""
_MIN_FIELD_CHARS: Final = 40
"""A field is rather left out than shortened to less than this."""
_MAX_NESTING: Final = 16
_ELLIPSIS: Final = "…"


class _Cut(NamedTuple):
    """A value that was shortened: where it stands, and how much of it is left."""

    path: str
    kept: int
    total: int
    unit: str

    def __str__(self) -> str:
        where = f" of {self.path!r}" if self.path else ""
        return f"the first {self.kept} of {self.total} {self.unit}{where}"


def shorten(data: Json, text: str, limit: int, tool: Tool) -> str:
    """Return a text of about `limit` characters, and a note on what was left out.

    JSON stays whole JSON: its long values are shortened, each by itself, and what is short stays.
    Of anything else the first characters are kept.
    """
    cuts: list[_Cut] = []
    fitting: Json = None
    if isinstance(data, dict | list):
        fitting = _fit(data, limit, "", cuts)
    if fitting:
        shown = _json_text(fitting)
    else:
        shown = text[:limit]
        cuts = [_Cut("", limit, len(text), "characters")]
    left_out = ", ".join(map(str, cuts[:_MAX_NAMED_CUTS]))
    others = ", and others" if len(cuts) > _MAX_NAMED_CUTS else ""
    return f"{shown}\n(Shortened: {left_out}{others}.{_advice(tool)})"


def _fit(value: Json, limit: int, path: str, cuts: list[_Cut]) -> Json:
    """Return as much of a value as fits into `limit` characters of JSON.

    Of what is nested too deeply nothing is kept: each level costs time.
    """
    if isinstance(value, str):
        return _fit_text(value, limit, path, cuts)
    if path.count(".") + path.count("[") > _MAX_NESTING:
        limit = 0
    if isinstance(value, list):
        return _fit_list(value, limit, path, cuts)
    if isinstance(value, dict):
        return _fit_object(value, limit, path, cuts)
    return value


def _fit_text(text: str, limit: int, path: str, cuts: list[_Cut]) -> str:
    written = len(_json_text(text))
    if written <= limit:
        return text
    # What JSON escapes is longer when it is written.
    kept = max((limit - len(_ELLIPSIS) - 2) * len(text) // written, 0)
    cuts.append(_Cut(path, kept, len(text), "characters"))
    return text[:kept] + _ELLIPSIS


def _fit_list(items: list[Json], limit: int, path: str, cuts: list[_Cut]) -> list[Json]:
    """Keep the first items; one that takes the room of many others is shortened."""
    remaining = limit - len("[]")
    least = max(remaining // _MIN_ITEM_SHARE, _MIN_FIELD_CHARS)
    lengths = _lengths_that_matter(items, least, remaining)
    longest = max(_share(lengths, remaining), least)
    kept: list[Json] = []
    for item, length in zip(items, lengths, strict=False):
        remaining -= min(length, longest)
        if remaining < 0:
            break
        is_short = length <= longest
        kept.append(item if is_short else _fit(item, longest, f"{path}[{len(kept)}]", cuts))
    if len(kept) < len(items):
        cuts.append(_Cut(path, len(kept), len(items), "items"))
    return kept


def _lengths_that_matter(items: list[Json], least: int, remaining: int) -> list[int]:
    """Return the lengths of items, up to the first that has no room even where all are cut."""
    lengths: list[int] = []
    for item in items:
        if remaining < 0:
            break
        lengths.append(len(_json_text(item)) + len(","))
        remaining -= min(lengths[-1], least)
    return lengths


def _fit_object(
    fields: dict[str, Json], limit: int, path: str, cuts: list[_Cut]
) -> dict[str, Json]:
    """Keep short fields whole, and share what is left among the long ones.

    Where there are too many, the last fields are left out.
    """
    lengths: dict[str, int] = {}
    remaining = limit - len("{}")
    kept = []
    for key, value in fields.items():
        lengths[key] = len(_json_text(value))
        remaining -= len(_json_text(key)) + len(":,") + min(lengths[key], _MIN_FIELD_CHARS)
        if remaining < 0:
            break
        kept.append(key)
    # Each has its least already.
    share = _share([max(lengths[key] - _MIN_FIELD_CHARS, 0) for key in kept], max(remaining, 0))
    shown = {
        key: fields[key]
        if lengths[key] <= _MIN_FIELD_CHARS + share
        else _fit(fields[key], _MIN_FIELD_CHARS + share, _join(path, key), cuts)
        for key in kept
    }
    if len(kept) < len(fields):
        cuts.append(_Cut(path, len(kept), len(fields), "fields"))
    return shown


def _share(lengths: Sequence[int], available: int) -> int:
    """Return the length that each may have, so that together they take what is available."""
    waiting = sorted(lengths)
    for index, length in enumerate(waiting):
        share = available // (len(waiting) - index)
        if length > share:
            return share
        available -= length
    return waiting[-1] if waiting else 0


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _advice(tool: Tool) -> str:
    locations = ("query", "body") if tool.effect is Effect.READ else ("query",)
    names = [
        binding.argument[-1]
        for binding in tool.bindings
        if binding.location in locations and limits_the_answer(binding.name)
    ]
    return f" Ask for less with {', '.join(names[:_MAX_NAMED_PARAMETERS])}." if names else ""


def _json_text(value: Json) -> str:
    return styles.json_text(value, finite=False)
