"""Read on in a value that was cut: any part of it by its path, piece by piece.

A path is as the notes on what was cut name it: `items[3].text`. An offset counts what its value
has: the items of a list, the fields of an object, the characters of a text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from openapi2tools._core.slips import did_you_mean
from openapi2tools.call.response.fitting.cut import Cut, join_path, json_text
from openapi2tools.call.response.fitting.fit import fit

if TYPE_CHECKING:
    from openapi2tools.model import Json

_INDEX: Final = re.compile(r"\[(\d{1,18})\]")
_MAX_NAMED: Final = 8


class NoSuchPart(LookupError):
    """A path or an offset leads nowhere; the text says what there is."""


class Piece(NamedTuple):
    """A part of a value, and where it goes on.

    Attributes:
        text: The part: JSON, or text where the value is one.
        start: Where it begins.
        end: Where it ends.
        total: How much there is.
        unit: What is counted: items, fields or characters.
        cuts: What was cut inside it, by the paths of the whole.
        has_tables: Whether lists of equal objects stand as tables.
    """

    text: str
    start: int
    end: int
    total: int
    unit: str
    cuts: tuple[Cut, ...] = ()
    has_tables: bool = False


def value_at(value: Json, path: str) -> Json:
    """Return the part of a value at a path.

    Raises:
        NoSuchPart: There is none.
    """
    rest = path.strip()
    while rest:
        index = _INDEX.match(rest)
        if index and isinstance(value, list):
            if int(index[1]) >= len(value):
                raise NoSuchPart(f"{path!r}: there are {len(value)} items, from [0].")
            value, rest = value[int(index[1])], rest[index.end() :].removeprefix(".")
            continue
        name = _first_name(value, rest)
        if name is None:
            raise NoSuchPart(f"There is nothing at {path!r}.{_what_there_is(value, rest)}")
        value, rest = value[name], rest[len(name) :].removeprefix(".")
    return value


def piece(value: Json, path: str, offset: int, limit_tokens: int) -> Piece:
    """Return a part of a value, from an offset on, as much as fits into a number of tokens.

    Raises:
        NoSuchPart: The path or the offset leads nowhere.
    """
    part = value_at(value, path)
    if isinstance(part, str):
        return _text_piece(part, offset, limit_tokens)
    if not isinstance(part, dict | list):
        return Piece(json_text(part), 0, 1, 1, "values")
    total, unit = len(part), "items" if isinstance(part, list) else "fields"
    _check_offset(offset, total, unit)
    rest: Json = part[offset:] if isinstance(part, list) else dict([*part.items()][offset:])
    fitted = fit(rest, json_text(rest), limit_tokens)
    of_whole = [cut for cut in fitted.cuts if not cut.path and cut.unit == unit]
    inner = [cut for cut in fitted.cuts if cut.path]
    kept = of_whole[0].kept if of_whole else len(rest)
    cuts = tuple(cut._replace(path=_in_whole(path, cut.path, offset, unit)) for cut in inner)
    return Piece(fitted.text, offset, offset + kept, total, unit, cuts, fitted.has_tables)


def _text_piece(text: str, offset: int, limit_tokens: int) -> Piece:
    _check_offset(offset, len(text), "characters")
    rest = text[offset:]
    shown = fit(None, rest, limit_tokens).text
    return Piece(shown, offset, offset + len(shown), len(text), "characters")


def _check_offset(offset: int, total: int, unit: str) -> None:
    if offset < 0 or (offset and offset >= total):
        raise NoSuchPart(f"There are {total} {unit}: offset is 0 to {max(total - 1, 0)}.")


def _in_whole(path: str, inner: str, offset: int, unit: str) -> str:
    """Return the path of what was cut inside a piece, from the whole value."""
    index = _INDEX.match(inner)
    if unit == "items" and index:
        return f"{path}[{int(index[1]) + offset}]{inner[index.end() :]}"
    return join_path(path, inner)


def _first_name(value: Json, path: str) -> str | None:
    """Return the field that a path begins with: the longest, since names may have dots."""
    if not isinstance(value, dict):
        return None
    fitting = [
        name
        for name in value
        if path.startswith(name) and path[len(name) : len(name) + 1] in ("", ".", "[")
    ]
    return max(fitting, key=len, default=None)


def _what_there_is(value: Json, rest: str) -> str:
    if isinstance(value, list):
        return f" There is a list of {len(value)} items: [0] is the first."
    if not isinstance(value, dict):
        return ""
    names = [*value][:_MAX_NAMED]
    return did_you_mean(rest.partition(".")[0], value) or f" There are: {', '.join(names)}."
