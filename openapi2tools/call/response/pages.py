"""Find the call for the next page, where the response itself says that there is one.

Three ways are known:

- a link, in the header (`Link: …; rel="next"`) or in the body (a `next` URL), to the same path: its
  query is turned back into arguments;
- a cursor, in a header or in the body, for the parameter that takes it;
- totals, in headers or in the body, for parameters that count pages or items.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar
from urllib.parse import parse_qs, unquote, urljoin, urlsplit

from openapi2tools.call.credentials.masking import MASK
from openapi2tools.call.serialization import files, styles
from openapi2tools.errors import NetworkError
from openapi2tools.tools.arguments.check import check_arguments
from openapi2tools.transport import origin

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    import httpx

    from openapi2tools.call.prepared import Prepared
    from openapi2tools.model import Call, Json, Tool

T = TypeVar("T")
PageInfo: TypeAlias = "Mapping[str, Json]"
"""What an answer says about pages, by the names that it uses."""

_LINK: Final = re.compile(r"<([^<>]*)>([^<]*)")
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

# From here on, names are compared as `_normalized` writes them.
_NEXT_LINK_KEYS: Final = frozenset(
    {"next", "nextpage", "nexturl", "nextlink", "@odatanextlink", "nextpageuri", "nextpageurl"}
)
_PARAMETERS_BY_CURSOR: Final = {
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
_PAGE_PARAMETERS: Final = ("page", "pagenumber")
_OFFSET_PARAMETERS: Final = ("offset", "skip", "start")
_LIMIT_PARAMETERS: Final = (
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
_PARAMETERS_THAT_LIMIT: Final = frozenset(
    {
        *_PAGE_PARAMETERS,
        *_OFFSET_PARAMETERS,
        *_LIMIT_PARAMETERS,
        *chain.from_iterable(_PARAMETERS_BY_CURSOR.values()),
    }
)
_CURRENT_PAGE_KEYS: Final = ("page", "currentpage", "pagenumber", "number")
_PAGE_COUNT_KEYS: Final = ("totalpages", "pagecount", "lastpage", "pages")
_ITEM_COUNT_KEYS: Final = ("total", "totalcount", "totalitems", "totalresults", "count")


def next_page_call(prepared: Prepared, response: httpx.Response, data: Json) -> Call | None:
    """Return the call for the next page; None when there is none that this tool can ask for."""
    if prepared.request.method not in ("GET", "QUERY") or not response.is_success:
        return None
    if not _query_parameters(prepared.tool):
        return None  # nothing else asks for a page
    page_infos = [*_page_infos(data), _page_info_of_headers(response.headers)]
    for url in _next_links(response, page_infos):
        call = _call_from_link(prepared, url)
        if call is not None:
            return call
    if _is_last_page(page_infos):
        return None
    return _call_from_cursor(prepared, page_infos) or _call_from_count(prepared, page_infos, data)


def limits_the_answer(name: str) -> bool:
    """Whether a parameter, by its name, asks for one page, or for no more than so many items.

    The name of a field of a body is its JSON pointer.
    """
    normalized = _normalized(name.rpartition("/")[2])
    return normalized in _PARAMETERS_THAT_LIMIT


def item_count(data: Json) -> int | None:
    """Return how many items there are in all, as a body says; None where it does not."""
    counts = (
        value
        for page_info in _page_infos(data)
        for key, value in page_info.items()
        if _normalized(key) in _ITEM_COUNT_KEYS and _normalized(key) != "count"
        if _is_integer(value)
    )
    return next(counts, None)


def can_page(tool: Tool) -> bool:
    """Return whether a tool has a parameter that leads to another page."""
    leading = _PARAMETERS_THAT_LIMIT.difference(_LIMIT_PARAMETERS)
    return any(_normalized(name) in leading for name in _query_parameters(tool))


def _is_last_page(page_infos: Iterable[PageInfo]) -> bool:
    return any(
        page_info.get(key) is sign
        for page_info in page_infos
        for key, sign in _LAST_PAGE_SIGNS.items()
    )


def _page_infos(data: Json) -> Iterator[PageInfo]:
    """Yield the objects of a body that may say something about pages: itself, and its wrappers."""
    if not isinstance(data, dict):
        return
    yield data
    for key in _WRAPPERS:
        if isinstance(data.get(key), dict):
            yield data[key]


def _page_info_of_headers(headers: httpx.Headers) -> PageInfo:
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


# --- links ---


def _next_links(response: httpx.Response, page_infos: Iterable[PageInfo]) -> Iterator[str]:
    """Yield the URLs of a next page, from the header (RFC 8288) and from the body."""
    for header in response.headers.get_list("link"):
        for url, parameters in _LINK.findall(header):
            if _is_next_relation(parameters):
                yield url
    for page_info in page_infos:
        for key, value in page_info.items():
            link = _link_text(value) if _normalized(key) in _NEXT_LINK_KEYS else None
            if link is not None:
                yield link


def _link_text(value: Json) -> str | None:
    """Return the URL that a value of a body is, or has as `href`; None for a cursor or a number."""
    text = value.get("href") if isinstance(value, dict) else value
    if isinstance(text, str) and ("/" in text or text.startswith("?")):
        return text
    return None


def _is_next_relation(parameters: str) -> bool:
    """Whether the parameters of a link say `rel="next"`, perhaps beside other relations."""
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "rel" and "next" in re.split(r'[\s",]', value.lower()):
            return True
    return False


def _call_from_link(prepared: Prepared, link: str) -> Call | None:
    """Turn a link back into arguments.

    It must lead to the same path, and ask for nothing that the tool has no parameter for.
    """
    here = str(prepared.request.url)
    try:
        there = urljoin(here, link)
        if _origin_and_segments(there) != _origin_and_segments(here):
            return None
    except (ValueError, NetworkError):  # it is no URL at all
        return None
    before = parse_qs(urlsplit(here).query, keep_blank_values=True)
    after = parse_qs(urlsplit(there).query, keep_blank_values=True)
    credentials = {placeholder.name for placeholder in prepared.plan.placeholders}
    changed = {
        name: texts
        for name, texts in after.items()
        if before.get(name) != texts and name not in credentials
    }
    parameters = _query_parameters(prepared.tool)
    if not changed or not changed.keys() <= parameters.keys():
        return None
    values = {
        name: _parameter_value(prepared.tool, name, parameters[name], texts)
        for name, texts in changed.items()
    }
    return _call_with(prepared, values, left_out=before.keys() - after.keys())


def _origin_and_segments(url: str) -> tuple[str, list[str]]:
    """Return what has to be equal for two URLs to mean one path.

    Within a segment `%40` and `@` are the same; `%2F` and `/` are not.
    """
    return origin(url), [unquote(segment) for segment in urlsplit(url).path.split("/")]


# --- cursors ---


def _call_from_cursor(prepared: Prepared, page_infos: Iterable[PageInfo]) -> Call | None:
    parameters = _normalized_query_names(prepared)
    for page_info in page_infos:
        for key, value in page_info.items():
            name = _first(parameters, _PARAMETERS_BY_CURSOR.get(_normalized(key), ()))
            if name is None or not _is_cursor(key, value):
                continue
            call = _call_with(prepared, {name: _cursor_value(prepared.tool, name, value)})
            if call is not None:
                return call if call.arguments != prepared.call.arguments else None
    return None


def _cursor_value(tool: Tool, name: str, value: str | int) -> Json:
    """Return a cursor as the parameter's type has it: a header has digits where that has a text."""
    schema = _argument_schema(tool, _query_parameters(tool)[name])
    if isinstance(value, str):
        return _parse_text(value, schema)
    return str(value) if schema.get("type") == "string" else value


def _is_cursor(key: str, value: Json) -> bool:
    if not isinstance(value, str | int) or isinstance(value, bool):
        return False
    return value not in ("", 0, -1) and not _is_link(key, str(value))


def _is_link(key: str, text: str) -> bool:
    """Whether a text is a link, not a cursor: a token may be base64, which has slashes, too."""
    if "://" in text or "?" in text:
        return True
    return "/" in text and _normalized(key) in ("next", "nextpage")


# --- counts ---


def _call_from_count(prepared: Prepared, page_infos: Iterable[PageInfo], data: Json) -> Call | None:
    """Count on, where the answer says how many pages or items there are."""
    parameters = _normalized_query_names(prepared)
    page_parameter = _first(parameters, _PAGE_PARAMETERS)
    offset_parameter = _first(parameters, _OFFSET_PARAMETERS)
    limit_parameter = _first(parameters, _LIMIT_PARAMETERS)
    for page_info in page_infos:
        numbers = {
            _normalized(key): value for key, value in page_info.items() if _is_integer(value)
        }
        page_count = _first(numbers, _PAGE_COUNT_KEYS)
        item_count = _first(numbers, _ITEM_COUNT_KEYS)
        if page_count is not None and page_parameter is not None:
            return _call_for_next_page(prepared, page_parameter, numbers, page_count)
        if item_count is not None and offset_parameter is not None:
            received = _received_items(data, _current_number(prepared, limit_parameter))
            offset = (_current_number(prepared, offset_parameter) or 0) + received
            if not received or offset >= item_count:
                return None
            return _call_with(prepared, {offset_parameter: offset})
    return None


def _call_for_next_page(
    prepared: Prepared, parameter: str, numbers: Mapping[str, int], page_count: int
) -> Call | None:
    """Count pages on, from 0 where the parameter or the body does."""
    in_request = _current_number(prepared, parameter)
    in_body = _first(numbers, _CURRENT_PAGE_KEYS)
    requested = next((number for number in (in_request, in_body) if number is not None), 1)
    current = requested if in_body is None else in_body
    counts_from_zero = (
        current == 0
        or "number" in numbers  # Spring's word, which always counts from 0
        or (current == requested and _default(prepared, parameter) == 0)
    )
    last = page_count - 1 if counts_from_zero else page_count
    return None if current >= last else _call_with(prepared, {parameter: requested + 1})


def _received_items(data: Json, limit: int | None) -> int:
    """Return how many items came; 0 when nobody can tell.

    Of several lists, it is the one that holds no more than were asked for.
    """
    if isinstance(data, list):
        return len(data)
    if not isinstance(data, dict):
        return 0
    sizes = [len(value) for value in data.values() if isinstance(value, list) and value]
    if len(sizes) > 1 and limit is not None:
        if limit in sizes:
            return limit
        sizes = [size for size in sizes if size <= limit]
    return sizes[0] if len(sizes) == 1 else 0


def _current_number(prepared: Prepared, parameter: str | None) -> int | None:
    """Return the number that a parameter has in this request: as it was sent, or by default."""
    if parameter is None:
        return None
    text = parse_qs(prepared.request.url.query.decode()).get(parameter, [""])[-1]
    if re.fullmatch(r"[0-9]{1,18}", text):
        return int(text)
    return _default(prepared, parameter)


def _default(prepared: Prepared, parameter: str) -> int | None:
    argument = _query_parameters(prepared.tool)[parameter]
    default = _argument_schema(prepared.tool, argument).get("default")
    return default if _is_integer(default) else None


def _is_integer(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


# --- arguments ---


def _query_parameters(tool: Tool) -> dict[str, tuple[str, ...]]:
    """Return the tool's query parameters: name on the wire, and path in the argument object."""
    return {
        binding.name: binding.argument for binding in tool.bindings if binding.location == "query"
    }


def _normalized_query_names(prepared: Prepared) -> dict[str, str]:
    return {_normalized(name): name for name in _query_parameters(prepared.tool)}


@lru_cache(maxsize=4096)
def _normalized(name: str) -> str:
    """Return a name without case and punctuation: `page[size]` and `pageSize` are one."""
    return re.sub(r"[-_.\[\]$]", "", name).lower()


def _first(found: Mapping[str, T], keys: Collection[str]) -> T | None:
    return next((found[key] for key in keys if key in found), None)


def _call_with(
    prepared: Prepared, changes: Mapping[str, Json], *, left_out: Collection[str] = ()
) -> Call | None:
    """Return the same call with other arguments; None where the tool does not take them.

    `changes` and `left_out` are by names on the wire. A required argument is never left out. What
    holds a masked secret leads nowhere.
    """
    if any(MASK in str(value) for value in changes.values()):
        return None
    tool = prepared.tool
    parameters = _query_parameters(tool)
    required = tool.schema.get("required", ())
    dropped = {parameters[name][0] for name in left_out if name in parameters} - set(required)
    dropped |= tool.fixed_arguments.keys()
    arguments = {
        name: value for name, value in prepared.call.arguments.items() if name not in dropped
    }
    for name, value in changes.items():
        arguments[parameters[name][0]] = value  # a parameter is never deeper than the first level
    if check_arguments(tool, files.set_files_aside(arguments, {})).faults:
        return None
    return replace(prepared.call, id="", arguments=arguments, caller=None)


def _argument_schema(tool: Tool, argument: tuple[str, ...]) -> Mapping[str, Json]:
    schema = tool.schema.get("properties", {}).get(argument[0], {})
    return schema if isinstance(schema, dict) else {}


def _parameter_value(
    tool: Tool, name: str, argument: tuple[str, ...], texts: Sequence[str]
) -> Json:
    """Read the texts that a query has for a parameter as a value of the parameter's type."""
    schema = _argument_schema(tool, argument)
    if len(texts) == 1 and "array" not in _types(schema):
        return _parse_text(texts[0], schema)
    parameter = next(
        each for each in tool.operation.parameters if (each.location, each.name) == ("query", name)
    )
    if not parameter.explode:
        texts = texts[0].split(styles.DELIMITERS.get(parameter.style, ","))
    items = schema.get("items", {})
    item_schema = items if isinstance(items, dict) else {}
    return [_parse_text(text, item_schema) for text in texts]


def _parse_text(text: str, schema: Mapping[str, Json]) -> Json:
    if "string" in _types(schema):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _types(schema: Mapping[str, Json]) -> Collection[str]:
    types = schema.get("type", "string")
    return types if isinstance(types, list) else [types]
