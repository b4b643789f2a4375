"""A call and its response in, the call for the next page out: only where the response itself says that there is one.

Three ways are known: a link (`Link: …; rel="next"`, or a `next` URL in the body) to the same path,
whose query is turned back into arguments; a cursor in the body, for the parameter that takes it;
and totals in the body, for parameters that count pages or items.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import parse_qs, unquote, urljoin, urlsplit

from openapi2tools.call.serialization import files, styles
from openapi2tools.errors import NetworkError
from openapi2tools.tools.arguments.check import check
from openapi2tools.transport import origin

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    import httpx

    from openapi2tools.call.client import Prepared
    from openapi2tools.model import Call, Json, Tool

T = TypeVar("T")

_LINK: Final = re.compile(r"<([^<>]*)>([^<]*)")
# a word of the body, and the parameters that take it (both without case, - and _)
_CURSORS: Final = {
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
_ENDS: Final = {"has_more": False, "hasMore": False, "hasNextPage": False, "last": True}
_PAGE: Final = ("page", "pagenumber")
_PAGES: Final = ("totalpages", "pagecount", "lastpage", "pages")
_CURRENT: Final = ("page", "currentpage", "pagenumber", "number")
_OFFSET: Final = ("offset", "skip", "start")
_LIMIT: Final = ("limit", "pagesize", "perpage", "size", "count", "maxresults", "top")
_ITEMS: Final = ("total", "totalcount", "totalitems", "totalresults", "count")


def following(prepared: Prepared, response: httpx.Response, data: Json) -> Call | None:
    """Give the call for the next page, None when the response names none that this tool can ask for."""
    if prepared.request.method not in ("GET", "QUERY") or not response.is_success:
        return None
    for url in _links(response, data):
        if (call := _linked(prepared, url)) is not None:
            return call
    if any(place.get(key) is end for place in _places(data) for key, end in _ENDS.items()):
        return None
    return _by_cursor(prepared, data) or _by_count(prepared, data)


# --- links ---


def _links(response: httpx.Response, data: Json) -> Iterator[str]:
    """Find URLs of a next page, in the header (RFC 8288) and in the body."""
    for header in response.headers.get_list("link"):
        yield from (url for url, parameters in _LINK.findall(header) if _is_next(parameters))
    for place in _places(data):
        for key in (
            "next",
            "next_page",
            "next_url",
            "nextLink",
            "@odata.nextLink",
            "next_page_uri",
        ):
            link = place.get(key)
            link = link.get("href") if isinstance(link, dict) else link
            if isinstance(link, str) and ("/" in link or link.startswith("?")):
                yield link


def _is_next(parameters: str) -> bool:
    """Whether the parameters of a link say `rel="next"`, perhaps beside other relations."""
    pairs = (pair.partition("=") for pair in parameters.split(";"))
    return any(
        name.strip().lower() == "rel" and "next" in re.split(r'[\s",]', value.lower())
        for name, _, value in pairs
    )


def _linked(prepared: Prepared, link: str) -> Call | None:
    """Turn a link back into arguments: it must lead to the same place, and ask for nothing that the tool has no parameter for."""
    here = str(prepared.request.url)
    try:
        there = urljoin(here, link)
        if _place(there) != _place(here):
            return None
    except (ValueError, NetworkError):  # no URL at all
        return None
    before, after = (parse_qs(urlsplit(url).query, keep_blank_values=True) for url in (here, there))
    credentials = {name for _, name, _ in prepared.plan.fills}
    changed = {
        name: texts
        for name, texts in after.items()
        if before.get(name) != texts and name not in credentials
    }
    parameters = _query(prepared.tool)
    if not changed or not changed.keys() <= parameters.keys():
        return None
    values = {
        name: _value(prepared.tool, name, parameters[name], texts)
        for name, texts in changed.items()
    }
    return _with(prepared, values, before.keys() - after.keys())


def _place(url: str) -> tuple[str, list[str]]:
    """Give a URL's origin and the segments of its path: `%40` and `@` are the same in one, `%2F` and `/` are not."""
    return origin(url), [unquote(segment) for segment in urlsplit(url).path.split("/")]


# --- cursors and counts ---


def _by_cursor(prepared: Prepared, data: Json) -> Call | None:
    names = _plain_names(prepared)
    for place in _places(data):
        for word, value in place.items():
            name = _first(names, _CURSORS.get(_plain(word), ()))
            if (
                name is None
                or not isinstance(value, str | int)
                or isinstance(value, bool)
                or value in ("", 0, -1)
                or _is_link(word, value)
            ):
                continue
            call = _with(prepared, {name: value})
            if call is not None:
                return call if call.arguments != prepared.call.arguments else None
    return None


def _is_link(word: str, value: str | int) -> bool:
    """Tell a link from a cursor; what is called a token may be base64, which has slashes of its own."""
    text = str(value)
    return "://" in text or "?" in text or (_plain(word) in ("next", "nextpage") and "/" in text)


def _by_count(prepared: Prepared, data: Json) -> Call | None:
    """Count on, where the body says how many pages or items there are."""
    names = _plain_names(prepared)
    page, offset = _first(names, _PAGE), _first(names, _OFFSET)
    for place in _places(data):
        totals = {
            _plain(key): value
            for key, value in place.items()
            if isinstance(value, int) and not isinstance(value, bool)
        }
        pages, items = _first(totals, _PAGES), _first(totals, _ITEMS)
        if pages is not None and page is not None:
            return _next_page(prepared, page, totals, pages)
        if items is not None and offset is not None:
            got = _received(data, _said(prepared, _first(names, _LIMIT)))
            reached = (_said(prepared, offset) or 0) + got
            return _with(prepared, {offset: reached}) if got and reached < items else None
    return None


def _next_page(prepared: Prepared, name: str, totals: Mapping[str, int], pages: int) -> Call | None:
    """Count pages on, from 0 where the parameter or the body does; `number` is Spring's word, which always does."""
    said, told = _said(prepared, name), _first(totals, _CURRENT)
    now = next((number for number in (said, told) if number is not None), 1)
    here = now if told is None else told
    from_zero = here == 0 or "number" in totals or (here == now and _default(prepared, name) == 0)
    return None if here + from_zero >= pages else _with(prepared, {name: now + 1})


def _received(data: Json, limit: int | None) -> int:
    """Say how many items came: of several lists, the one that holds no more than were asked for; 0 when nobody can tell."""
    sizes = [len(value) for value in data.values() if isinstance(value, list) and value]
    if len(sizes) > 1:
        sizes = (
            [limit]
            if limit in sizes
            else [size for size in sizes if limit is not None and size <= limit]
        )
    return sizes[0] if len(sizes) == 1 else 0


def _said(prepared: Prepared, name: str | None) -> int | None:
    """Give the number that a parameter has in this request: the one that was sent, else the one that the document says is meant."""
    if name is None:
        return None
    text = parse_qs(prepared.request.url.query.decode()).get(name, [""])[-1]
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else _default(prepared, name)


def _default(prepared: Prepared, name: str) -> int | None:
    default = _schema(prepared.tool, _query(prepared.tool)[name]).get("default")
    return default if isinstance(default, int) and not isinstance(default, bool) else None


def _first(found: Mapping[str, T], keys: Collection[str]) -> T | None:
    return next((found[key] for key in keys if key in found), None)


# --- arguments ---


def _places(data: Json) -> Iterator[Mapping[str, Json]]:
    if isinstance(data, dict):
        yield data
        yield from (data[key] for key in _WRAPPERS if isinstance(data.get(key), dict))


def _query(tool: Tool) -> dict[str, tuple[str, ...]]:
    """Give the tool's query parameters: name on the wire, and path in the argument object."""
    return {
        binding.name: binding.argument for binding in tool.bindings if binding.location == "query"
    }


def _plain_names(prepared: Prepared) -> dict[str, str]:
    return {_plain(name): name for name in _query(prepared.tool)}


def _with(
    prepared: Prepared, changes: Mapping[str, Json], dropped: Collection[str] = ()
) -> Call | None:
    """Give the same call with other arguments; None where the tool does not take them. What it must have is never dropped."""
    tool, parameters = prepared.tool, _query(prepared.tool)
    left_out = {parameters[name][0] for name in dropped if name in parameters} - set(
        tool.schema.get("required", ())
    )
    arguments = {
        name: value for name, value in prepared.call.arguments.items() if name not in left_out
    }
    for name, value in changes.items():
        arguments[parameters[name][0]] = value  # a parameter is never deeper than the first level
    if check(tool, files.set_files_aside(arguments, {})).faults:
        return None
    return replace(prepared.call, id="", arguments=arguments, caller=None)


def _schema(tool: Tool, argument: tuple[str, ...]) -> Mapping[str, Json]:
    schema = tool.schema.get("properties", {}).get(argument[0], {})
    return schema if isinstance(schema, dict) else {}


def _value(tool: Tool, name: str, argument: tuple[str, ...], texts: Sequence[str]) -> Json:
    """Read what a query says of a parameter as the parameter's type."""
    schema = _schema(tool, argument)
    if len(texts) == 1 and "array" not in _kinds(schema):
        return _read(texts[0], schema)
    style, explode = next(
        (p.style, p.explode)
        for p in tool.operation.parameters
        if (p.location, p.name) == ("query", name)
    )
    items = schema.get("items", {})
    texts = texts if explode else texts[0].split(styles.DELIMITERS.get(style, ","))
    return [_read(text, items if isinstance(items, dict) else {}) for text in texts]


def _read(text: str, schema: Mapping[str, Json]) -> Json:
    if "string" in _kinds(schema):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _kinds(schema: Mapping[str, Json]) -> Collection[str]:
    kinds = schema.get("type", "string")
    return kinds if isinstance(kinds, list) else [kinds]


def _plain(word: str) -> str:
    return re.sub(r"[-_.\[\]$]", "", word).lower()
