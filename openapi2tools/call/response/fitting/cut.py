"""Cut a value to a number of characters of JSON: as whole items, and long values each by itself.

What comes of JSON is JSON again. Paths name the values that were cut, and lead back to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from openapi2tools.call.serialization import styles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openapi2tools.model import Json

_MIN_ITEM_SHARE: Final = 4
"""An item of a list is not shortened to less than this part of the list: a quarter."""
_MIN_FIELD_CHARS: Final = 40
"""A field is rather left out than shortened to less than this."""
_MAX_NESTING: Final = 16
_MAX_NAMED_FIELDS: Final = 8
_MAX_NAME_CHARS: Final = 40
ELLIPSIS: Final = "…"
"""Ends a text that was cut."""


class Cut(NamedTuple):
    """A value that was shortened: where it stands, and how much of it is left.

    `fields` names some of what is left out: the fields of an object, or those of a list's items
    where none of them is left to show its shape.
    """

    path: str
    kept: int
    total: int
    unit: str
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = f" of {self.path!r}" if self.path else ""
        text = f"the first {self.kept} of {self.total} {self.unit}{where}"
        if not self.fields:
            return text
        names = ", ".join(name[:_MAX_NAME_CHARS] for name in self.fields[:_MAX_NAMED_FIELDS])
        more = ", …" if len(self.fields) > _MAX_NAMED_FIELDS else ""
        return f"{text} ({'each has' if self.unit == 'items' else 'not'} {names}{more})"


def cut_value(value: Json, limit: int) -> tuple[Json, list[Cut]]:
    """Return as much of a value as fits into `limit` characters of JSON, and what was cut."""
    cuts: list[Cut] = []
    return _fit(value, limit, "", cuts), cuts


def _fit(value: Json, limit: int, path: str, cuts: list[Cut]) -> Json:
    """Return as much of a value as fits.

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


def _fit_text(text: str, limit: int, path: str, cuts: list[Cut]) -> str:
    written = len(json_text(text))
    if written <= limit:
        return text
    # What JSON escapes is longer when it is written.
    kept = max((limit - len(ELLIPSIS) - 2) * len(text) // written, 0)
    cuts.append(Cut(path, kept, len(text), "characters"))
    return text[:kept] + ELLIPSIS


def _fit_list(items: list[Json], limit: int, path: str, cuts: list[Cut]) -> list[Json]:
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
        first = items[0]
        shape = tuple(first) if not kept and isinstance(first, dict) else ()
        cuts.append(Cut(path, len(kept), len(items), "items", shape))
    return kept


def _lengths_that_matter(items: list[Json], least: int, remaining: int) -> list[int]:
    """Return the lengths of items, up to the first that has no room even where all are cut."""
    lengths: list[int] = []
    for item in items:
        if remaining < 0:
            break
        lengths.append(len(json_text(item)) + len(","))
        remaining -= min(lengths[-1], least)
    return lengths


def _fit_object(fields: dict[str, Json], limit: int, path: str, cuts: list[Cut]) -> dict[str, Json]:
    """Keep short fields whole, and share what is left among the long ones.

    Where there are too many, the last fields are left out.
    """
    lengths: dict[str, int] = {}
    remaining = limit - len("{}")
    kept = []
    for key, value in fields.items():
        lengths[key] = len(json_text(value))
        remaining -= len(json_text(key)) + len(":,") + min(lengths[key], _MIN_FIELD_CHARS)
        if remaining < 0:
            break
        kept.append(key)
    # Each has its least already.
    share = _share([max(lengths[key] - _MIN_FIELD_CHARS, 0) for key in kept], max(remaining, 0))
    shown = {
        key: fields[key]
        if lengths[key] <= _MIN_FIELD_CHARS + share
        else _fit(fields[key], _MIN_FIELD_CHARS + share, join_path(path, key), cuts)
        for key in kept
    }
    if len(kept) < len(fields):
        others = tuple(fields)[len(kept) : len(kept) + _MAX_NAMED_FIELDS + 1]
        cuts.append(Cut(path, len(kept), len(fields), "fields", others))
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


def join_path(path: str, key: str) -> str:
    """Return the path of a field of what stands at a path."""
    return f"{path}.{key}" if path else key


def json_text(value: Json) -> str:
    """Return a value as compact JSON, as a model reads it."""
    return styles.json_text(value, finite=False)
