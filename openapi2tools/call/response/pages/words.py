"""The words that APIs have for pages, in bodies, headers and parameters."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain
from typing import Final

# All are as `normalized` writes them.
NEXT_LINK_KEYS: Final = frozenset(
    {"next", "nextpage", "nexturl", "nextlink", "@odatanextlink", "nextpageuri", "nextpageurl"}
)
PARAMETERS_BY_CURSOR: Final = {
    "nextpagetoken": ("pagetoken",),
    "nexttoken": ("nexttoken", "token"),
    "nextcursor": ("cursor", "startcursor", "after"),
    "endcursor": ("after", "cursor"),
    "continuation": ("continuation", "continuationtoken", "marker"),
    "continuationtoken": ("continuationtoken",),
    "mscontinuation": ("continuationtoken", "continuation"),
    "nextmarker": ("marker",),
    "nextoffset": ("offset",),
    "nextcontinuationtoken": ("continuationtoken",),
    "continue": ("continue",),
    "nextpage": ("page", "pagenumber"),
    "next": ("cursor", "page", "offset", "after"),
    "cursor": ("cursor",),
}
PAGE_PARAMETERS: Final = ("page", "pagenumber")
OFFSET_PARAMETERS: Final = ("offset", "skip", "start")
LIMIT_PARAMETERS: Final = (
    "limit",
    "pagesize",
    "perpage",
    "size",
    "count",
    "maxresults",
    "maxitems",
    "pagelimit",
    "first",
    "top",
    "take",
)
PARAMETERS_THAT_LIMIT: Final = frozenset(
    {
        *PAGE_PARAMETERS,
        *OFFSET_PARAMETERS,
        *LIMIT_PARAMETERS,
        *chain.from_iterable(PARAMETERS_BY_CURSOR.values()),
    }
)
CURRENT_PAGE_KEYS: Final = ("page", "currentpage", "pagenumber", "number")
PAGE_COUNT_KEYS: Final = ("totalpages", "pagecount", "lastpage", "pages")
ITEM_COUNT_KEYS: Final = ("total", "totalcount", "totalitems", "totalresults", "count")


def limits_the_answer(name: str) -> bool:
    """Return whether a parameter, by its name, asks for one page, or for so many items at most.

    The name of a field of a body is its JSON pointer.
    """
    return normalized(name.rpartition("/")[2]) in PARAMETERS_THAT_LIMIT


@lru_cache(maxsize=4096)
def normalized(name: str) -> str:
    """Return a name without case and punctuation: `page[size]` and `pageSize` are one."""
    return re.sub(r"[-_.\[\]$]", "", name).lower()
