"""Say in a list that it is all there is, so that nobody asks for a next page for ever."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from openapi2tools.model import Json, JsonObject

_NEXT: Final = re.compile(
    r"next.*|.*cursor|continuation.*|.*pagetoken|(has|is).*(more|next|truncated).*|offset|links?|_links",
    re.IGNORECASE,
)
_COUNT: Final = re.compile(
    r"(total|item|result)?_?(count|total|items|results|elements|size|hits)s?"
)
_PAGES: Final = re.compile(r"(total_?)?(page_?count|pages|last_?page)", re.IGNORECASE)
_LEFT_OUT: Final = object()


def without_more_pages(body: Json, count: int, accepts: Callable[[Json], bool]) -> Json:
    """Return what a collection answers without a next page, and with its count, where it has them.

    `accepts` says whether the document allows an answer; what it does not allow stays.
    """
    if not isinstance(body, dict):
        return body
    for name in list(body):
        inner = body[name]
        if isinstance(inner, dict) and not _NEXT.fullmatch(name):
            accepts_inner = partial(_accepts_inside, accepts, body, name)
            for key in list(inner):
                inner = _changed(inner, key, count, accepts_inner)
            body = {**body, name: inner}
        else:
            body = _changed(body, name, count, accepts)
    return body


def _accepts_inside(
    accepts: Callable[[Json], bool], body: JsonObject, name: str, inner: JsonObject
) -> bool:
    """Return whether an answer is allowed with another value of one field."""
    return accepts({**body, name: inner})


def _changed(
    holder: JsonObject, name: str, count: int, accepts: Callable[[JsonObject], bool]
) -> JsonObject:
    """Return an object whose field, if it is about pages, says that there are no more."""
    for value in _last_page_values(name, holder[name], count):
        changed = {**holder, name: value}
        if value is _LEFT_OUT:
            del changed[name]
        if accepts(changed):
            return changed
    return holder


def _last_page_values(name: str, value: Json, count: int) -> Iterator[Json]:
    if isinstance(value, bool):
        if _NEXT.fullmatch(name):
            yield False
    elif isinstance(value, int) and _PAGES.fullmatch(name):
        yield 1
    elif isinstance(value, int) and _COUNT.fullmatch(
        re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    ):
        yield count
    elif _NEXT.fullmatch(name) and isinstance(value, str | int | dict):
        yield from (_LEFT_OUT, None, "", 0, {})
