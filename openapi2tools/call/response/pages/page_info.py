"""What an answer says about its pages: in its body, the objects within it, and its headers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias

from openapi2tools._core.json.json_types import is_whole_number
from openapi2tools.call.response.pages.words import ITEM_COUNT_KEYS, normalized

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import httpx

    from openapi2tools.model import Json

PageInfo: TypeAlias = "Mapping[str, Json]"
"""What an answer says about pages, by the names that it uses."""
# The objects of a body, beside itself, that may say something about pages.
_WRAPPERS: Final = (
    "meta",
    "metadata",
    "pagination",
    "paging",
    "page",
    "page_info",
    "pageInfo",
    "response_metadata",
    "cursors",
    "links",
    "_links",
)
_LAST_PAGE_SIGNS: Final = {
    "has_more": False,
    "hasMore": False,
    "hasNextPage": False,
    "last": True,
}


def page_infos(data: Json) -> Iterator[PageInfo]:
    """Yield the objects of a body that may say something about pages: itself, and its wrappers."""
    if not isinstance(data, dict):
        return
    yield data
    for key in _WRAPPERS:
        if isinstance(data.get(key), dict):
            yield data[key]


def page_info_of_headers(headers: httpx.Headers) -> PageInfo:
    """Return what headers say about pages, under the names that a body has.

    `X-Total-Count: 30` is `total-count`, a number. Other headers do no harm: none has the name of
    a cursor or of a count.
    """
    return {
        name.removeprefix("x-").removeprefix("pagination-"): _header_value(text)
        for name, text in headers.items()
        if name.startswith("x-") or "next" in name or name.endswith("continuation")
    }


def _header_value(text: str) -> Json:
    return int(text) if re.fullmatch(r"0|[1-9][0-9]{0,17}", text) else text


def is_last_page(infos: Iterable[PageInfo]) -> bool:
    """Return whether an answer says that no page comes after it."""
    return any(
        page_info.get(key) is sign for page_info in infos for key, sign in _LAST_PAGE_SIGNS.items()
    )


def item_count(data: Json) -> int | None:
    """Return how many items there are in all, as a body says; None where it does not."""
    counts = (
        value
        for page_info in page_infos(data)
        for key, value in page_info.items()
        if normalized(key) in ITEM_COUNT_KEYS and normalized(key) != "count"
        if is_whole_number(value)
    )
    return next(counts, None)
