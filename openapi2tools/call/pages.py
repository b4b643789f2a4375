"""A call and its response in, the call for the next page out: only where the response itself says that there is one.

Three ways are known: a link (`Link: …; rel="next"`, or a `next` URL in the body) to the same path, whose query is turned back into
arguments; a cursor in the body, for the parameter that takes it; and totals in the body, for parameters that count pages or items.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urljoin, urlsplit

from openapi2tools.transport import origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import httpx

    from openapi2tools.call.client import Prepared
    from openapi2tools.model import Call, Json, Tool

_LINK: Final = re.compile(r"<([^>]*)>([^<]*)")
_CURSORS: Final = {  # a word of the body, and the parameters that take it (both without case, - and _)
    "nextpagetoken": ("pagetoken",),
    "nexttoken": ("nexttoken", "token"),
    "nextcursor": ("cursor", "startcursor", "after"),
    "endcursor": ("after", "cursor"),
    "continuationtoken": ("continuationtoken",),
    "nextcontinuationtoken": ("continuationtoken",),
    "continue": ("continue",),
    "nextpage": ("page", "pagenumber"),
    "next": ("cursor", "page", "offset", "after"),
    "cursor": ("cursor",),
}
_WRAPPERS: Final = ("meta", "metadata", "pagination", "paging", "page_info", "pageInfo", "response_metadata", "cursors", "links", "_links")


def following(prepared: Prepared, response: httpx.Response, data: Json) -> Call | None:
    """Give the call for the next page, None when the response names none that this tool can ask for."""
    if prepared.request.method not in ("GET", "QUERY") or not response.is_success:
        return None
    for url in _links(response, data):
        if (call := _linked(prepared, url)) is not None:
            return call
    return _by_cursor(prepared, data) or _by_count(prepared, data)


# --- links ----------------------------------------------------------------------------------------------------------


def _links(response: httpx.Response, data: Json) -> Iterator[str]:
    """Find URLs of a next page, in the header (RFC 8288) and in the body."""
    for header in response.headers.get_list("link"):
        for url, parameters in _LINK.findall(header):
            if re.search(r"\brel\s*=\s*\"?([^\";]*\s)?next\b", parameters, re.IGNORECASE):
                yield url
    for place in _places(data):
        for key in ("next", "next_page", "next_url", "nextLink", "@odata.nextLink", "next_page_uri"):
            link = place.get(key)
            link = link.get("href") if isinstance(link, dict) else link
            if isinstance(link, str) and ("/" in link or link.startswith("?")):
                yield link


def _linked(prepared: Prepared, link: str) -> Call | None:
    """Turn a link back into arguments: it must lead to the same place, and ask for nothing that the tool has no parameter for."""
    here = str(prepared.request.url)
    there = urljoin(here, link)
    if origin(there) != origin(here) or urlsplit(there).path != urlsplit(here).path:
        return None
    before, after = (dict(parse_qsl(urlsplit(url).query, keep_blank_values=True)) for url in (here, there))
    credentials = {name for _, name, _ in prepared.plan.fills}
    changed = {name: text for name, text in after.items() if before.get(name) != text and name not in credentials}
    parameters = _query(prepared.tool)
    if not changed or not changed.keys() <= parameters.keys():
        return None
    return _with(prepared, {name: _value(prepared.tool, parameters[name], text) for name, text in changed.items()})


# --- cursors and counts -----------------------------------------------------------------------------------------------


def _by_cursor(prepared: Prepared, data: Json) -> Call | None:
    names = {_plain(name): name for name in _query(prepared.tool)}
    for place in _places(data):
        if place.get("has_more") is False or place.get("hasNextPage") is False or place.get("hasMore") is False:
            return None
        for word, value in place.items():
            takes = [names[name] for name in _CURSORS.get(_plain(word), ()) if name in names]
            if takes and isinstance(value, str | int) and not isinstance(value, bool) and value not in ("", 0, -1):
                call = _with(prepared, {takes[0]: value})
                return call if call.arguments != prepared.call.arguments else None
    return None


def _by_count(prepared: Prepared, data: Json) -> Call | None:
    """Count on, where the body says how many pages or items there are."""
    names = {_plain(name): name for name in _query(prepared.tool)}
    for place in _places(data):
        totals = {_plain(key): value for key, value in place.items() if isinstance(value, int) and not isinstance(value, bool)}
        pages = next((totals[key] for key in ("totalpages", "pagecount", "lastpage", "pages") if key in totals), None)
        page = next((names[key] for key in ("page", "pagenumber") if key in names), None)
        if pages is not None and page is not None:
            now = _given(prepared, page, totals.get("page", totals.get("currentpage", 1)))
            return _with(prepared, {page: now + 1}) if now < pages else None
        items = next((totals[key] for key in ("total", "totalcount", "totalitems", "totalresults", "count") if key in totals), None)
        offset = next((names[key] for key in ("offset", "skip", "start") if key in names), None)
        if items is not None and offset is not None:
            got = max((len(value) for value in data.values() if isinstance(value, list)), default=0)
            reached = _given(prepared, offset, 0) + got
            return _with(prepared, {offset: reached}) if got and reached < items else None
    return None


def _given(prepared: Prepared, name: str, otherwise: int) -> int:
    text = dict(parse_qsl(prepared.request.url.query.decode())).get(name, "")
    return int(text) if text.isdecimal() else otherwise


# --- arguments --------------------------------------------------------------------------------------------------------


def _places(data: Json) -> Iterator[Mapping[str, Json]]:
    if isinstance(data, dict):
        yield data
        yield from (data[key] for key in _WRAPPERS if isinstance(data.get(key), dict))


def _query(tool: Tool) -> dict[str, tuple[str, ...]]:
    """Give the tool's query parameters: name on the wire, and path in the argument object."""
    return {binding.name: binding.argument for binding in tool.bindings if binding.location == "query"}


def _with(prepared: Prepared, changes: Mapping[str, Json]) -> Call:
    parameters = _query(prepared.tool)
    arguments = dict(prepared.call.arguments)
    for name, value in changes.items():
        arguments[parameters[name][0]] = value  # a parameter is never deeper than the first level
    return replace(prepared.call, id="", arguments=arguments, caller=None)


def _value(tool: Tool, argument: tuple[str, ...], text: str) -> Json:
    """Read a query's text as the parameter's type."""
    schema = tool.schema.get("properties", {}).get(argument[0], {})
    kinds = schema.get("type", "string") if isinstance(schema, dict) else "string"
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if "string" in kinds:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _plain(word: str) -> str:
    return re.sub(r"[-_.\[\]$]", "", word).lower()
