"""Find the call for the next page, where the response itself says that there is one.

Three ways are known:

- a link, in the header (`Link: …; rel="next"`) or in the body (a `next` URL), to the same path: its
  query is turned back into arguments;
- a cursor, in a header or in the body, for the parameter that takes it;
- totals, in headers or in the body, for parameters that count pages or items.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import parse_qs, unquote, urljoin, urlsplit

from openapi2tools._core.json.json_types import is_whole_number
from openapi2tools.call.response.pages.page_info import (
    is_last_page,
    page_info_of_headers,
    page_infos,
)
from openapi2tools.call.response.pages.query import (
    argument_schema,
    call_with,
    parameter_value,
    parse_text,
    query_parameters,
)
from openapi2tools.call.response.pages.words import (
    CURRENT_PAGE_KEYS,
    ITEM_COUNT_KEYS,
    LIMIT_PARAMETERS,
    NEXT_LINK_KEYS,
    OFFSET_PARAMETERS,
    PAGE_COUNT_KEYS,
    PAGE_PARAMETERS,
    PARAMETERS_BY_CURSOR,
    normalized,
)
from openapi2tools.errors import NetworkError
from openapi2tools.transport import origin

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    import httpx

    from openapi2tools.call.prepared import Prepared
    from openapi2tools.call.response.pages.page_info import PageInfo
    from openapi2tools.model import Call, Json, Tool

T = TypeVar("T")
_LINK: Final = re.compile(r"<([^<>]*)>([^<]*)")


def next_page_call(prepared: Prepared, response: httpx.Response, data: Json) -> Call | None:
    """Return the call for the next page; None when there is none that this tool can ask for."""
    if prepared.request.method not in ("GET", "QUERY") or not response.is_success:
        return None
    if not query_parameters(prepared.tool):
        return None  # nothing else asks for a page
    infos = [*page_infos(data), page_info_of_headers(response.headers)]
    for url in _next_links(response, infos):
        call = _call_from_link(prepared, url)
        if call is not None:
            return call
    if is_last_page(infos):
        return None
    return _call_from_cursor(prepared, infos) or _call_from_count(prepared, infos, data)


# --- links ---


def _next_links(response: httpx.Response, infos: Iterable[PageInfo]) -> Iterator[str]:
    """Yield the URLs of a next page, from the header (RFC 8288) and from the body."""
    for header in response.headers.get_list("link"):
        for url, parameters in _LINK.findall(header):
            if _is_next_relation(parameters):
                yield url
    for page_info in infos:
        for key, value in page_info.items():
            link = _link_text(value) if normalized(key) in NEXT_LINK_KEYS else None
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
    parameters = query_parameters(prepared.tool)
    if not changed or not changed.keys() <= parameters.keys():
        return None
    values = {
        name: parameter_value(prepared.tool, name, parameters[name], texts)
        for name, texts in changed.items()
    }
    return call_with(prepared, values, left_out=before.keys() - after.keys())


def _origin_and_segments(url: str) -> tuple[str, list[str]]:
    """Return what has to be equal for two URLs to mean one path.

    Within a segment `%40` and `@` are the same; `%2F` and `/` are not.
    """
    return origin(url), [unquote(segment) for segment in urlsplit(url).path.split("/")]


# --- cursors ---


def _call_from_cursor(prepared: Prepared, infos: Iterable[PageInfo]) -> Call | None:
    parameters = _normalized_query_names(prepared)
    for page_info in infos:
        for key, value in page_info.items():
            name = _first(parameters, PARAMETERS_BY_CURSOR.get(normalized(key), ()))
            if name is None or not _is_cursor(key, value):
                continue
            call = call_with(prepared, {name: _cursor_value(prepared.tool, name, value)})
            if call is not None:
                return call if call.arguments != prepared.call.arguments else None
    return None


def _cursor_value(tool: Tool, name: str, value: str | int) -> Json:
    """Return a cursor as the parameter's type has it: a header has digits where that has a text."""
    schema = argument_schema(tool, query_parameters(tool)[name])
    if isinstance(value, str):
        return parse_text(value, schema)
    return str(value) if schema.get("type") == "string" else value


def _is_cursor(key: str, value: Json) -> bool:
    if not isinstance(value, str | int) or isinstance(value, bool):
        return False
    return value not in ("", 0, -1) and not _is_link(key, str(value))


def _is_link(key: str, text: str) -> bool:
    """Whether a text is a link, not a cursor: a token may be base64, which has slashes, too."""
    if "://" in text or "?" in text:
        return True
    return "/" in text and normalized(key) in ("next", "nextpage")


# --- counts ---


def _call_from_count(prepared: Prepared, infos: Iterable[PageInfo], data: Json) -> Call | None:
    """Count on, where the answer says how many pages or items there are."""
    parameters = _normalized_query_names(prepared)
    page_parameter = _first(parameters, PAGE_PARAMETERS)
    offset_parameter = _first(parameters, OFFSET_PARAMETERS)
    limit_parameter = _first(parameters, LIMIT_PARAMETERS)
    for page_info in infos:
        numbers = {
            normalized(key): value for key, value in page_info.items() if is_whole_number(value)
        }
        page_count = _first(numbers, PAGE_COUNT_KEYS)
        item_count = _first(numbers, ITEM_COUNT_KEYS)
        if page_count is not None and page_parameter is not None:
            return _call_for_next_page(prepared, page_parameter, numbers, page_count)
        if item_count is not None and offset_parameter is not None:
            received = _received_items(data, _current_number(prepared, limit_parameter))
            offset = (_current_number(prepared, offset_parameter) or 0) + received
            if not received or offset >= item_count:
                return None
            return call_with(prepared, {offset_parameter: offset})
    return None


def _call_for_next_page(
    prepared: Prepared, parameter: str, numbers: Mapping[str, int], page_count: int
) -> Call | None:
    """Count pages on, from 0 where the parameter or the body does."""
    in_request = _current_number(prepared, parameter)
    in_body = _first(numbers, CURRENT_PAGE_KEYS)
    requested = next((number for number in (in_request, in_body) if number is not None), 1)
    current = requested if in_body is None else in_body
    counts_from_zero = (
        current == 0
        or "number" in numbers  # Spring's word, which always counts from 0
        or (current == requested and _default(prepared, parameter) == 0)
    )
    last = page_count - 1 if counts_from_zero else page_count
    return None if current >= last else call_with(prepared, {parameter: requested + 1})


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
    argument = query_parameters(prepared.tool)[parameter]
    default = argument_schema(prepared.tool, argument).get("default")
    return default if is_whole_number(default) else None


def _normalized_query_names(prepared: Prepared) -> dict[str, str]:
    return {normalized(name): name for name in query_parameters(prepared.tool)}


def _first(found: Mapping[str, T], keys: Collection[str]) -> T | None:
    return next((found[key] for key in keys if key in found), None)
